package method

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// counted is a survey with a video, a model and a count whose tracks and numbers follow from its detections.
func counted(t *testing.T) *survey.Survey {
	t.Helper()
	ctx := t.Context()
	s, err := survey.Init(ctx, filepath.Join(t.TempDir(), "reef"), "Reef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	file := func(name, content string) string {
		path := filepath.Join(s.Folder(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		sum, err := record.HashFile(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	video, model := file("dive.mp4", "video"), file("models/m/model.onnx", "model")
	training := file("models/m/run.json", `{"schema":"requin.run/1","kind":"train"}`)
	card, _ := json.Marshal(map[string]string{"run_sha256": training})
	taxa := taxon.List{{Name: "shark", Role: taxon.Studied, Threshold: 0.5}}
	var frames []detect.Frame
	for i := range 20 {
		f := detect.Frame{Instant: frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}}, Detections: []detect.Detection{}}
		for n := range i % 3 {
			x := float64(100*n + i)
			f.Detections = append(f.Detections, detect.Detection{Box: frame.Box{X0: x, Y0: 10, X1: x + 50, Y1: 40}, Taxon: "shark", Score: 0.9, Scores: []taxon.Score{{Taxon: "shark", Score: 0.9}}})
		}
		frames = append(frames, f)
	}
	settings := map[string]any{"every_s": count.Seconds(time.Second), "period": "0s..", "interval_s": count.Seconds(5 * time.Minute), "taxa": taxa, "tracker": track.Default()}
	r := survey.Run{ID: "r1", Kind: survey.CountRun, OpCode: "D1", Folder: "runs/D1", Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Result: &count.Result{Duration: count.Seconds(20 * time.Second)},
		Detections: func(yield func(detect.Frame, error) bool) {
			for _, f := range frames {
				if !yield(f, nil) {
					return
				}
			}
		}}
	r.Record, _ = json.Marshal(record.Record{Schema: record.Schema, Kind: record.Count, Settings: settings, Outcome: map[string]any{"gaps": []int{}}})
	tracks, counts, err := derive(r, frames)
	if err != nil {
		t.Fatal(err)
	}
	if *counts.Taxa[0].MaxN != 2 {
		t.Fatalf("MaxN %d", *counts.Taxa[0].MaxN)
	}
	r.Tracks, r.Result = tracks, &counts
	_, err = s.PutDeployment(ctx, annotate.Deployment{OpCode: "D1", Chapters: []annotate.Chapter{{Path: filepath.Join(s.Folder(), "dive.mp4"), Size: 5, SHA256: video}}})
	for _, err := range []error{err, s.SetTaxa(ctx, taxa), s.PutRun(ctx, r), s.PutModel(ctx, survey.Model{Name: "m", Path: filepath.Join(s.Folder(), "models", "m", "model.onnx"), SHA256: model, Card: card})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	file("runs/D1/run.json", string(r.Record))
	if _, err := s.AppendVerdict(ctx, survey.Verdict{OpCode: "D1", Run: "r1", Kind: "accept", Track: 1, By: "B", At: time.Unix(3, 0)}); err != nil {
		t.Fatal(err)
	}
	return s
}

// alter changes the survey by another program.
func alter(t *testing.T, s *survey.Survey, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.Folder(), "requin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, st := range statements {
		if _, err := db.Exec(st); err != nil {
			t.Fatalf("%s: %v", st, err)
		}
	}
}

// Each thing that a survey rests on is altered in turn, and is found and named.
func TestVerify(t *testing.T) {
	overwrite := func(name, content string) func(*testing.T, *survey.Survey) {
		return func(t *testing.T, s *survey.Survey) {
			if err := os.WriteFile(filepath.Join(s.Folder(), filepath.FromSlash(name)), []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	sqlite := func(statements ...string) func(*testing.T, *survey.Survey) {
		return func(t *testing.T, s *survey.Survey) { alter(t, s, statements...) }
	}
	for name, c := range map[string]struct {
		alter func(*testing.T, *survey.Survey)
		want  []string // in one finding
	}{
		"nothing":    {func(*testing.T, *survey.Survey) {}, nil},
		"video":      {overwrite("dive.mp4", "other"), []string{"altered video D1 dive.mp4", "when it was added"}},
		"no video":   {func(t *testing.T, s *survey.Survey) { _ = os.Remove(filepath.Join(s.Folder(), "dive.mp4")) }, []string{"missing video D1 dive.mp4"}},
		"weights":    {overwrite("models/m/model.onnx", "Model"), []string{"altered model m models/m/model.onnx", "when it was trained"}},
		"training":   {overwrite("models/m/run.json", "{}"), []string{"altered model m models/m/run.json", "the record of its training"}},
		"setting":    {overwrite("runs/D1/run.json", `{"schema":"requin.run/1","kind":"count","settings":{"every_s":3}}`), []string{"altered run r1 runs/D1/run.json, settings.every_s", "it says 3; the survey's record says 1.000"}},
		"kept":       {sqlite("UPDATE runs SET record = replace(record, '1.000', '2.000')"), []string{"altered run r1 requin.db", "record"}},
		"verdict":    {sqlite("DROP TRIGGER verdicts_not_changed", "UPDATE verdicts SET kind = 'reject'"), []string{"altered verdict 1 requin.db"}},
		"detections": {sqlite("UPDATE run_frames SET detections = x'' WHERE position = 2"), []string{"altered run r1 requin.db", "detections"}},
		"MaxN":       {sqlite("UPDATE runs SET result = replace(result, '\"maxn\":2', '\"maxn\":3')"), []string{"altered run r1 counts, shark", "follows MaxN 2; 3 was kept"}},
		"label":      {sqlite("UPDATE taxa SET threshold = 0.4"), []string{"altered taxa  requin.db", "list"}},
		"deployment": {sqlite("UPDATE chapters SET sha256 = substr(sha256, 2) || 'f'"), []string{"altered deployment D1 requin.db", "videos"}},
		"a run more": {sqlite("INSERT INTO runs (nr, id, kind, run_key, folder, started, finished, unreadable_ns) VALUES (9, 'x', 'count', '', '', '', '', 0)"), []string{"unknown run x requin.db", "no line in the ledger"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := counted(t)
			c.alter(t, s)
			v, err := Verify(t.Context(), s, false, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == nil {
				if len(v.Findings) != 0 || v.Checked["video"] != 1 || v.Checked["count"] != 1 || v.Checked["model"] != 1 || len(v.Head) != 64 {
					t.Errorf("%+v", v)
				}
				return
			}
			if !slices.ContainsFunc(v.Findings, func(f Finding) bool {
				text := strings.Join([]string{string(f.Severity), f.Kind, f.Name, f.Where}, " ") + ": " + f.What
				return strings.Contains(text, c.want[0]) && strings.Contains(text, c.want[len(c.want)-1])
			}) {
				t.Errorf("%q is not among %+v", c.want, v.Findings)
			}
		})
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"a": {"b": [1, 2.50, "x<y"]}, "c": null}`))
	f.Add([]byte(`[[[[1]]]]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, field := range record.Fields(text) {
			if !json.Valid([]byte(field.Value)) {
				t.Errorf("%+v", field)
			}
		}
		_, _ = NewKept("x", "count", text)
	})
}
