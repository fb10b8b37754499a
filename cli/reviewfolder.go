package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/record"
	"requin/scan"
	"requin/survey"
	"requin/video"
)

// countedFolder tells whether an argument is the folder of a count.
func countedFolder(arg string) bool {
	_, err := os.Stat(filepath.Join(arg, survey.RunFile))
	return err == nil
}

// reviewFolder reviews the count of one video outside of a survey: its verdicts go into a small survey in its folder. A folder that a
// survey keeps is that survey's.
func (a *app) reviewFolder(ctx context.Context, folder string, f reviewFlags) (err error) {
	folder = absolute(folder)
	if outer, ok := survey.Find(folder); ok {
		return a.inSurvey(ctx, outer, func(s *survey.Survey) error {
			all, err := s.Deployments(ctx)
			if err != nil {
				return err
			}
			for _, d := range all {
				if d.Count != nil && s.Path(d.Count.Folder) == folder {
					return a.review(ctx, s, []string{d.OpCode}, f)
				}
			}
			return fmt.Errorf("%s lies in the survey %s, which does not know it: add its video with requin add, and count it there", folder, outer)
		})
	}
	place := filepath.Join(folder, "review")
	s, err := survey.Open(ctx, place)
	if _, statErr := os.Stat(place); errors.Is(statErr, fs.ErrNotExist) {
		s, err = survey.Init(ctx, place, strings.TrimSuffix(filepath.Base(folder), ".requin"))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := a.takeIn(ctx, s, folder); err != nil {
		return err
	}
	return a.review(ctx, s, nil, f)
}

// takeIn puts a count and its video into the survey beside it, if they are not there.
func (a *app) takeIn(ctx context.Context, s *survey.Survey, folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, survey.RunFile))
	if err != nil {
		return err
	}
	var r record.Record
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s cannot be read: %w; count the video again", filepath.Join(folder, survey.RunFile), err)
	}
	made, err := scan.ReadRecord(text)
	if err != nil {
		return fmt.Errorf("%s: %w; count the video again", filepath.Join(folder, survey.RunFile), err)
	}
	counts := made.Outcome.Counts
	sum := sha256.Sum256(text)
	id := hex.EncodeToString(sum[:6])
	known, err := s.Runs(ctx, "")
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.ID == id {
			return nil
		}
	}
	found, err := scan.Kept(survey.ReadJournal(folder))
	if err != nil {
		return err
	}
	if len(found.Frames) == 0 || len(found.Frames) != counts.Effort.Frames {
		return fmt.Errorf("%s no longer holds what the detector saw (%d of %d frames): count the video again, into the same folder", folder, len(found.Frames), counts.Effort.Frames)
	}
	tracks, _, err := scan.Derive(made.Settings.Bare(), found.Frames, made.Outcome.Gaps, counts.Duration.Duration())
	if err != nil {
		return err
	}
	opcode := strings.TrimSuffix(filepath.Base(folder), ".requin")
	if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: opcode, Chapters: chaptersOf(ctx, r, made.Settings.Rate)}); err != nil {
		return err
	}
	if err := s.SetTaxa(ctx, made.Settings.Taxa); err != nil {
		return err
	}
	return s.PutRun(ctx, survey.Run{ID: id, Kind: survey.CountRun, OpCode: opcode, Key: id, Folder: folder, Started: r.Times.Started, Finished: r.Times.Finished, Record: text,
		Detections: found.Stream(), Tracks: tracks, Result: &counts, Unreadable: counts.Effort.NotAnalysed.Duration()})
}

// chaptersOf are the files that were counted. What cannot be read now is known by name: its pictures are not shown, and when the
// files after it begin is not known.
func chaptersOf(ctx context.Context, r record.Record, rate frame.Rational) []annotate.Chapter {
	var out []annotate.Chapter
	offset := time.Duration(0)
	for _, in := range r.Inputs {
		if in.Role != "video" {
			continue
		}
		path := in.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(r.Directory, path)
		}
		c := annotate.Chapter{Path: path, Size: in.Bytes, Offset: offset}
		if len(in.SHA256) == 64 {
			c.SHA256 = in.SHA256
		}
		f, err := video.Probe(ctx, path, rate)
		if err == nil {
			err = f.Index(ctx)
		}
		if err != nil {
			offset = annotate.None
		} else if c.W, c.H, c.Codec, c.Duration = f.W, f.H, f.Codec, f.Duration; offset != annotate.None {
			offset += f.Duration
		}
		out = append(out, c)
	}
	return out
}
