package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"requin/count"
	"requin/desk"
	"requin/report"
	"requin/scan"
	"requin/survey"
)

// reviewedSchema names the version of its form (docs/formats/run-folder.md).
const reviewedSchema = "requin.review/1"

// reviewedCount is what survey.ReviewFile holds.
type reviewedCount struct {
	Schema  string       `json:"schema"`
	Run     string       `json:"run"`
	Verdict int64        `json:"last_verdict"`
	Limit   float64      `json:"risk_limit"`
	Counts  count.Result `json:"counts"`
}

// followEvery is how often the folders are made to follow while a review goes on, and followAfter how long nobody may have said anything
// on a deployment before its folder is.
const (
	followEvery = 10 * time.Second
	followAfter = 5 * time.Second
)

// followAlong has the folders follow a review that goes on, with certificates at its limit, until stop is called, which makes all of
// them follow.
func (a *app) followAlong(ctx context.Context, s *survey.Survey, only []string, limit float64) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			if err := a.follow(ctx, s, only, limit, followAfter); err != nil && ctx.Err() == nil {
				a.logf("Warning: %v", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() error {
		cancel()
		work.Wait()
		return a.follow(context.WithoutCancel(ctx), s, only, limit, 0)
	}
}

// follow has the folders of counts say what people made of them: maxn.csv, intervals.csv, observers.csv and report.html. Folders that say so are left
// alone, and so are those on which somebody spoke less than quiet ago. limit is that of certificates; 0: that of the last review. What cannot be written is told, and is no failure: the survey has the numbers.
func (a *app) follow(ctx context.Context, s *survey.Survey, only []string, limit float64, quiet time.Duration) error {
	if s.ReadOnly() {
		return nil
	}
	level, err := s.SurveyLimit(ctx)
	if err != nil {
		return err
	}
	f := following{limit: limit, quiet: quiet}
	chosen, err := desk.Chosen(ctx, s, only)
	if err == nil && level > 0 && quiet == 0 { // what was said of one may have taken the certificate of another, or given it back
		if f.settled, err = desk.Settle(ctx, s, limit, only); err != nil {
			return err
		}
		chosen, err = desk.Chosen(ctx, s, nil)
	}
	if err != nil {
		return err
	}
	for _, d := range chosen {
		if d.Count == nil || d.Verdict == 0 {
			continue
		}
		own := f
		if len(only) > 0 && !slices.Contains(only, d.OpCode) {
			own.limit = 0
		}
		if err := a.followOne(ctx, s, d, own); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			a.logf("Warning: the folder of %s does not follow its review: %v", d.OpCode, err)
		}
	}
	return nil
}

// following is how folders are made to follow.
type following struct {
	limit   float64
	quiet   time.Duration
	settled *desk.Settled // where all deployments of a survey with a limit follow; nil: as was kept
}

// counts are those of a deployment as its folder is to have them. While people speak, other deployments are not derived anew for that.
func (f following) counts(ctx context.Context, s *survey.Survey, d survey.Deployment) (count.Result, float64, error) {
	if f.settled != nil {
		return f.settled.Counted(ctx, d, f.limit)
	}
	kept, err := desk.AsKept(ctx, s)
	if err == nil && kept.Level() > 0 {
		return kept.Counted(ctx, d, f.limit)
	}
	return desk.CountedAt(ctx, s, d, f.limit)
}

func (a *app) followOne(ctx context.Context, s *survey.Survey, d survey.Deployment, f following) error {
	path := s.Path(d.Count.Folder)
	var have reviewedCount
	text, err := os.ReadFile(filepath.Join(path, survey.ReviewFile))
	known := err == nil && json.Unmarshal(text, &have) == nil && have.Run == d.Count.Run && have.Verdict == d.Verdict
	if f.quiet > 0 && !known {
		last, err := s.VerdictsAfter(ctx, d.OpCode, d.Verdict-1)
		if err != nil || len(last) > 0 && time.Since(last[len(last)-1].At) < f.quiet {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(path, survey.RunFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no whole count: requin count %s", path, d.OpCode)
	}
	counts, limit, err := f.counts(ctx, s, d)
	if err != nil {
		return err
	}
	now, err := json.Marshal(reviewedCount{reviewedSchema, d.Count.Run, d.Verdict, limit, counts})
	if err != nil || bytes.Equal(bytes.TrimSpace(text), now) { // what the survey's other deployments tell may change it, too
		return err
	}
	p, err := a.pagesOf(ctx, s, d, counts)
	if err != nil {
		return err
	}
	folder, err := survey.OpenFolder(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	page, err := p.report(ctx)
	if err != nil {
		return err
	}
	run := p.run()
	return writeAll(ctx, folder, []resultFile{
		{"maxn.csv", func(w io.Writer) error { return report.MaxN(w, run, counts) }},
		{"intervals.csv", func(w io.Writer) error { return report.Intervals(w, run, counts) }},
		{"observers.csv", func(w io.Writer) error { return report.Observers(w, run, counts) }},
		{"report.html", func(w io.Writer) error { return report.Write(w, page) }},
		{survey.ReviewFile, func(w io.Writer) error {
			_, err := w.Write(append(now, '\n'))
			return err
		}},
	})
}

// pagesOf is what the folder of a count of before is to show.
func (a *app) pagesOf(ctx context.Context, s *survey.Survey, d survey.Deployment, counts count.Result) (pages, error) {
	run, err := s.Run(ctx, d.Count.Run)
	if err != nil {
		return pages{}, err
	}
	p := pages{app: a, name: d.OpCode, counts: counts}
	if err := json.Unmarshal(run.Record, &p.record); err != nil {
		return p, fmt.Errorf("the record of run %s cannot be read: %w", run.ID, err)
	}
	made, err := scan.ReadRecord(run.Record)
	if err != nil {
		return p, err
	}
	p.settings, p.warnings, p.record.Outcome = made.Settings, made.Outcome.Warnings, made.Outcome
	var files []string
	for _, ch := range desk.LeftChapters(d.Deployment) {
		files = append(files, s.Path(ch.Path))
	}
	if p.opened, err = scan.Open(ctx, files, made.Settings.Rate); err != nil {
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		p.opened = nil
		p.warnings = append(p.warnings, "The video was not at hand when the page was written after the review, so that it has no pictures: "+err.Error())
	}
	return p, nil
}
