package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/record"
	"requin/simulate"
	"requin/survey"
)

// simulateFlags are the flags of requin simulate as they were typed.
type simulateFlags struct {
	seed                             uint64
	deployments                      int
	kind, size, rate                 string
	duration, chapter, settle        duration
	depth, turbidity, sharks, others string
}

const simulateLong = `Render a survey of baited videos whose truth is known, for tests, for trying
Requin and for the demo: three reef sharks told apart by their marks, fish that
resemble them, sea bed, water, bait arm, drifting particles and passing
turbidity. It is geometry and light, not footage, and every file says so.

FOLDER becomes a survey: deployments with periods, boxes, tracks and MaxN as
truth, taxa studied and context. The same seed gives the same survey. Stopped, the
same command goes on where it stopped.`

func (a *app) simulateCommand() *cobra.Command {
	d := simulate.Defaults()
	f := simulateFlags{
		seed: d.Seed, deployments: d.Deployments, kind: string(d.Kind), size: fmt.Sprintf("%dx%d", d.W, d.H), rate: fmt.Sprint(d.Rate.Num / d.Rate.Den),
		duration: duration(d.Duration), chapter: duration(d.Chapter), settle: duration(d.Settle),
		depth: rangeText(d.Depth), turbidity: rangeText(d.Turbidity), sharks: rangeText(d.Sharks), others: rangeText(d.Context),
	}
	c := &cobra.Command{
		Use:   "simulate FOLDER",
		Short: "Render a survey of synthetic baited videos with known truth",
		Long:  simulateLong,
		Example: `  requin simulate sim
  requin simulate clips --kind clips --deployments 20 --duration 20s --settle 0s --sharks 1..2
  requin simulate station --deployments 1 --duration 62m --settle 2m --size 1920x1080 --rate 30`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one folder for the survey: requin simulate sim")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if f.kind == string(simulate.Clips) && !c.Flags().Changed("settle") {
				f.settle = 0
			}
			o, err := f.options()
			if err != nil {
				return err
			}
			return a.simulate(c.Context(), args[0], o)
		},
	}
	fl := c.Flags()
	fl.Uint64Var(&f.seed, "seed", f.seed, "the same `number` gives the same survey")
	fl.IntVarP(&f.deployments, "deployments", "n", f.deployments, "`number` of deployments")
	fl.StringVar(&f.kind, "kind", f.kind, "stations (whole deployments, with the descent) or clips (short, with animals about)")
	fl.StringVar(&f.size, "size", f.size, "`WxH` in pixels")
	fl.StringVar(&f.rate, "rate", f.rate, "frames a second (`number`)")
	fl.Var(&f.duration, "duration", "length of a deployment")
	fl.Var(&f.chapter, "chapter", "length at which the camera starts a new file")
	fl.Var(&f.settle, "settle", "from the start of the video to the start of the period")
	fl.StringVar(&f.depth, "depth", f.depth, "metres, `from..to`")
	fl.StringVar(&f.turbidity, "turbidity", f.turbidity, "0 clear to 1 very turbid, `from..to`")
	fl.StringVar(&f.sharks, "sharks", f.sharks, "individuals of each studied species that come, `from..to`")
	fl.StringVar(&f.others, "context", f.others, "other animals, times the usual, `from..to`")
	return c
}

func rangeText(r simulate.Range) string {
	return strconv.FormatFloat(r.Min, 'g', -1, 64) + ".." + strconv.FormatFloat(r.Max, 'g', -1, 64)
}

// options understands the flags.
func (f simulateFlags) options() (simulate.Options, error) {
	o := simulate.Defaults()
	o.Seed, o.Deployments, o.Kind = f.seed, f.deployments, simulate.Kind(f.kind)
	o.Duration, o.Chapter, o.Settle = time.Duration(f.duration), time.Duration(f.chapter), time.Duration(f.settle)
	var err error
	if o.W, o.H, err = parseSize(f.size); err != nil {
		return o, err
	}
	if o.Rate, err = parseRate(f.rate); err != nil {
		return o, err
	}
	for _, r := range []struct {
		flag, text string
		into       *simulate.Range
	}{{"depth", f.depth, &o.Depth}, {"turbidity", f.turbidity, &o.Turbidity}, {"sharks", f.sharks, &o.Sharks}, {"context", f.others, &o.Context}} {
		low, high, two := strings.Cut(r.text, "..")
		if !two {
			high = low
		}
		least, err1 := strconv.ParseFloat(low, 64)
		most, err2 := strconv.ParseFloat(high, 64)
		if err1 != nil || err2 != nil {
			return o, usagef("--%s %q: write it as from..to, for example 0..3", r.flag, r.text)
		}
		*r.into = simulate.Range{Min: least, Max: most}
	}
	if err := o.Check(); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// parseSize reads "640x360".
func parseSize(s string) (w, h int, err error) {
	left, right, ok := strings.Cut(s, "x")
	w, err1 := strconv.Atoi(left)
	h, err2 := strconv.Atoi(right)
	if !ok || err1 != nil || err2 != nil || w <= 0 || h <= 0 {
		return 0, 0, usagef("--size %q: write width x height in pixels, for example 640x640", s)
	}
	return w, h, nil
}

// simulate renders the survey that the options plan.
func (a *app) simulate(ctx context.Context, folder string, o simulate.Options) (err error) {
	plan, err := simulate.Plan(o)
	if err != nil {
		return err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	open := func() (*survey.Survey, error) { return survey.Init(ctx, folder, filepath.Base(folder)+" (simulated)") }
	if found, is := survey.Find(folder); is && found == folder {
		open = func() (*survey.Survey, error) { return survey.Open(ctx, folder) }
	}
	s, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.SetTaxa(ctx, simulate.Taxa()); err != nil {
		return err
	}
	known, err := knownChapters(ctx, s)
	if err != nil {
		return err
	}
	run, energy := begin(ctx, record.Simulate), record.MeterAlong()
	defer energy()
	for i, d := range plan {
		m := newMeter(a.stderr, fmt.Sprintf("%s (%d of %d)", d.OpCode, i+1, len(plan)), func(n int64) string { return fmt.Sprintf("%d frames", n) })
		err := a.render(ctx, s, d, known, m)
		m.clear()
		if err != nil {
			return err
		}
	}
	run.Settings, run.Defaults, run.Seeds = o, simulate.Defaults(), map[string]uint64{"survey": o.Seed}
	if run.Outcome, err = rendered(ctx, s, plan); err == nil {
		err = keepRecord(ctx, s, run, energy(), "", "")
	}
	if err != nil {
		return err
	}
	return a.list(ctx, s, false)
}

// rendered is what the videos of a simulation came to, for its record.
func rendered(ctx context.Context, s *survey.Survey, plan []*simulate.Deployment) (map[string]any, error) {
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	videos := []record.Input{}
	for _, d := range deployments {
		if slices.ContainsFunc(plan, func(p *simulate.Deployment) bool { return p.OpCode == d.OpCode }) {
			for _, c := range d.Chapters {
				videos = append(videos, record.Input{Role: "video", Path: c.Path, Bytes: c.Size, SHA256: c.SHA256})
			}
		}
	}
	return map[string]any{"version": simulate.Version, "deployments": len(plan), "videos": videos}, nil
}

// render writes the videos of one deployment and puts its truth into the survey.
func (a *app) render(ctx context.Context, s *survey.Survey, d *simulate.Deployment, known map[string]annotate.Chapter, m *meter) error {
	videos := filepath.Join(s.Folder(), "videos")
	left, _ := filepath.Glob(filepath.Join(videos, d.OpCode, ".*.tmp.mp4")) // of a killed process
	for _, path := range left {
		_ = os.Remove(path)
	}
	if err := d.Write(ctx, videos, func(done, of int) { m.update(int64(done), int64(of)) }); err != nil {
		return err
	}
	rec := recording{name: d.OpCode}
	for _, c := range d.Chapters {
		rec.paths = append(rec.paths, filepath.Join(videos, d.OpCode, c.Name))
	}
	chapters, err := a.chapters(ctx, s, rec, known)
	if err != nil {
		return err
	}
	truth := d.Truth(ctx)
	for record, err := range truth {
		if err != nil {
			return err
		}
		if about, ok := record.(annotate.Deployment); ok {
			about.Chapters = chapters
			if _, err := s.PutDeployment(ctx, about); err != nil {
				return err
			}
			break
		}
	}
	key, err := json.Marshal([]any{simulate.Version, d.Seed, d.W, d.H, d.Rate, d.Frames, d.Settle, d.TruthStep, chapters})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(key)
	source := survey.Source{Name: "simulate " + d.OpCode, SHA256: hex.EncodeToString(sum[:]), Format: "simulate", By: "requin simulate"}
	if sources, err := s.Sources(ctx); err != nil || slices.ContainsFunc(sources, func(have survey.SourceInfo) bool {
		return have.Name == source.Name && have.SHA256 == source.SHA256
	}) {
		return err
	}
	_, err = s.Import(ctx, source, withoutDeployments(truth), survey.ImportOptions{Replace: true})
	return err
}

// withoutDeployments are the records but for the deployments.
func withoutDeployments(records annotate.Records) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for record, err := range records {
			if _, is := record.(annotate.Deployment); is && err == nil {
				continue
			}
			if !yield(record, err) {
				return
			}
		}
	}
}
