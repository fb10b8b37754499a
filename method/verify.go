package method

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"requin/dataset"
	"requin/record"
	"requin/survey"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Altered Severity = "altered" // it is not what was recorded
	Missing Severity = "missing" // it is not there, so nothing can be said of it
	Unknown Severity = "unknown" // nothing was recorded that it could be compared with
)

// Finding is something that is not as it was recorded.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"`  // video, model, dataset, run, verdict, deployment, import, taxa, declaration, ledger
	Name     string   `json:"name"`  // the run's id, the deployment's opcode, the model's name ...
	Where    string   `json:"where"` // file, field, or part
	What     string   `json:"what"`  // what was recorded, and what is
}

// Verified is what came of it.
type Verified struct {
	Findings []Finding      `json:"findings"`
	Checked  map[string]int `json:"checked"` // how many of each kind were looked at
	Head     string         `json:"ledger_head"`
	Lines    int            `json:"ledger_lines"`
}

// Worst tells whether something was altered, and whether something is missing.
func (v Verified) Worst() (altered, missing int) {
	for _, f := range v.Findings {
		switch f.Severity {
		case Altered:
			altered++
		case Missing:
			missing++
		}
	}
	return altered, missing
}

// Watch is told what is being looked at, and how many bytes of it are done; it may be nil.
type Watch func(what string, done, of int64)

// Verify holds everything in a survey against what was recorded of it: the rows of its database against the ledger,
// files against their hashes, records against those in the folders, and counts against what follows from the
// detections that were kept. Videos are read whole, unless skipVideos.
func Verify(ctx context.Context, s *survey.Survey, skipVideos bool, watch Watch) (Verified, error) {
	if watch == nil {
		watch = func(string, int64, int64) {}
	}
	v := &verifying{ctx: ctx, s: s, watch: watch, out: Verified{Findings: []Finding{}, Checked: map[string]int{}}}
	steps := []func() error{v.ledger, v.runs, v.reviewed, v.models, v.datasets}
	if !skipVideos {
		steps = append(steps, v.videos)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return Verified{}, err
		}
	}
	return v.out, nil
}

type verifying struct {
	ctx   context.Context
	s     *survey.Survey
	watch Watch
	out   Verified
}

func (v *verifying) found(s Severity, kind, name, where, format string, args ...any) {
	v.out.Findings = append(v.out.Findings, Finding{s, kind, name, where, fmt.Sprintf(format, args...)})
}

// ledger compares the database with the hashes that were kept when it was written.
func (v *verifying) ledger() error {
	ledger, err := v.s.Audit(v.ctx)
	if err != nil {
		return err
	}
	v.out.Head, v.out.Lines = ledger.Head, ledger.Lines
	for _, d := range ledger.Altered {
		switch {
		case d.Gone:
			v.found(Altered, d.Kind, d.Name, "requin.db", "it was kept, and was taken away by another program")
		case d.Kind == "ledger":
			v.found(Altered, d.Kind, d.Name, "requin.db", "%s", d.What[0])
		default:
			v.found(Altered, d.Kind, d.Name, "requin.db", "changed by another program since it was kept: %s", strings.Join(d.What, ", "))
		}
	}
	for _, d := range ledger.Unkept {
		v.found(Unknown, d.Kind, d.Name, "requin.db", "it has no line in the ledger: kept by a Requin without one, or written by another program")
	}
	return nil
}

// hash computes a file's SHA-256; ok is false where it is missing, which is noted.
func (v *verifying) hash(kind, name, stored string) (sum string, ok bool, err error) {
	path := v.s.Path(stored)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		v.found(Missing, kind, name, stored, "there is no such file; requin relink finds videos that were moved")
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	sum, err = record.HashFileProgress(v.ctx, path, func(done int64) { v.watch(filepath.Base(path), done, info.Size()) })
	if err != nil && v.ctx.Err() == nil {
		v.found(Missing, kind, name, stored, "it cannot be read: %v", err)
		return "", false, nil
	}
	return sum, err == nil, err
}

func (v *verifying) videos() error {
	deployments, err := v.s.Deployments(v.ctx)
	if err != nil {
		return err
	}
	for _, d := range deployments {
		for _, c := range d.Chapters {
			if len(c.SHA256) != 64 { // named by an annotation file, or added without its hash
				v.found(Unknown, "video", d.OpCode, c.Path, "its SHA-256 was not recorded")
				continue
			}
			v.out.Checked["video"]++
			sum, ok, err := v.hash("video", d.OpCode, c.Path)
			switch {
			case err != nil:
				return err
			case ok && sum != c.SHA256:
				v.found(Altered, "video", d.OpCode, c.Path, "its SHA-256 is %s; it was %s when it was added", sum, c.SHA256)
			}
		}
	}
	return nil
}

func (v *verifying) models() error {
	models, err := v.s.Models(v.ctx)
	if err != nil {
		return err
	}
	for _, m := range models {
		v.out.Checked["model"]++
		sum, ok, err := v.hash("model", m.Name, m.Path)
		if err != nil {
			return err
		}
		if ok && sum != m.SHA256 {
			v.found(Altered, "model", m.Name, m.Path, "its SHA-256 is %s; it was %s when it was trained", sum, m.SHA256)
		}
		var card struct {
			Run string `json:"run_sha256"`
		}
		if json.Unmarshal(m.Card, &card) != nil || card.Run == "" {
			continue
		}
		made := filepath.Join(filepath.Dir(v.s.Path(m.Path)), survey.RunFile)
		if sum, err := record.HashFile(v.ctx, made); err == nil && sum != card.Run {
			v.found(Altered, "model", m.Name, v.s.Stored(made), "the record of its training has SHA-256 %s; the model's card says %s", sum, card.Run)
		}
	}
	return v.ctx.Err()
}

func (v *verifying) datasets() error {
	list, err := v.s.Datasets(v.ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		v.out.Checked["dataset"]++
		dir := v.s.Path(d.Path)
		m, err := dataset.Load(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.found(Missing, "dataset", d.Name, d.Path, "its manifest is not there")
			continue
		case err != nil:
			v.found(Altered, "dataset", d.Name, d.Path, "its manifest cannot be read: %v", err)
			continue
		case m.Hash() != d.Manifest:
			v.found(Altered, "dataset", d.Name, d.Path, "its manifest has SHA-256 %s; it was %s when it was frozen", m.Hash(), d.Manifest)
		}
		altered := new(dataset.Altered)
		switch err := dataset.Verify(v.ctx, dir, m); {
		case errors.As(err, &altered):
			for i, n := range altered.Pictures {
				v.found(Altered, "dataset", d.Name, d.Path+"/"+m.Pictures[n].File, "%s", altered.Reasons[i])
			}
		case err != nil:
			return err
		}
	}
	return nil
}

// runs compares the records that were kept with those in the folders, and counts with what follows from the detections.
func (v *verifying) runs() error {
	list, err := v.s.Runs(v.ctx, "")
	if err != nil {
		return err
	}
	latest := map[string]string{} // of each folder: only its latest run's files are there
	for _, r := range list {
		latest[r.Folder] = r.ID
	}
	for _, info := range list {
		v.out.Checked["run"]++
		r, err := v.s.Run(v.ctx, info.ID)
		if err != nil {
			v.found(Altered, "run", info.ID, "requin.db", "it cannot be read: %v", err)
			continue
		}
		v.record(r, latest[info.Folder] == info.ID)
		if r.Kind == survey.CountRun && r.Result != nil {
			v.out.Checked["count"]++
			if err := v.counted(r, latest[info.Folder] == info.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// record compares the record of a run with its id, which is the beginning of its hash, and with the file in its folder.
func (v *verifying) record(r survey.Run, latest bool) {
	if len(r.Record) == 0 {
		v.found(Unknown, "run", r.ID, "record", "it has none")
		return
	}
	path := filepath.Join(v.s.Path(r.Folder), survey.RunFile)
	file, err := os.ReadFile(path)
	if r.Folder == "" || !latest || errors.Is(err, fs.ErrNotExist) || bytes.Equal(bytes.TrimSpace(file), bytes.TrimSpace(r.Record)) {
		return
	}
	if err != nil {
		v.found(Missing, "run", r.ID, v.s.Stored(path), "it cannot be read: %v", err)
		return
	}
	var kept, there record.Record
	if json.Unmarshal(r.Record, &kept) == nil && json.Unmarshal(file, &there) == nil && (there.Kind != kept.Kind && there.Kind != "" || !there.Times.Started.Equal(kept.Times.Started)) {
		return // of another run in the same folder, which the survey was not told of
	}
	differences := differing(r.Record, file)
	for _, d := range differences {
		v.found(Altered, "run", r.ID, v.s.Stored(path)+", "+d.Field, "it says %s; the survey's record says %s", d.There, d.Kept)
	}
	if len(differences) == 0 {
		v.found(Altered, "run", r.ID, v.s.Stored(path), "it is written otherwise than the survey's record, and says the same")
	}
}

// difference is a field in which two records differ.
type difference struct{ Field, Kept, There string }

// differing lists the fields in which two records differ, at most a few.
func differing(kept, there []byte) []difference {
	const most = 20
	a, b := record.Fields(kept), record.Fields(there)
	other := map[string]string{}
	for _, f := range b {
		other[f.Path] = f.Value
	}
	var out []difference
	seen := map[string]bool{}
	for _, f := range a {
		seen[f.Path] = true
		if value, ok := other[f.Path]; !ok || value != f.Value {
			out = append(out, difference{f.Path, f.Value, cmp.Or(value, "nothing")})
		}
	}
	for _, f := range b {
		if !seen[f.Path] {
			out = append(out, difference{f.Path, "nothing", f.Value})
		}
	}
	return out[:min(len(out), most)]
}
