package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/survey"
	"requin/taxon"
	"requin/track"
	"requin/video"
)

// countFlags are the flags of requin count as they were typed.
type countFlags struct {
	model, taxa, out, period, rate, size string
	device, family                       string
	every, interval                      time.Duration
	thresholds                           []string
	low, nms                             float64
	threads                              int
	json, separate, alone, noHash        bool
}

// countOptions are the flags, understood.
type countOptions struct {
	countFlags
	sampling frame.Sampling
	rate     frame.Rational
	taxa     taxon.List
	detect   detect.Options
	track    track.Config
	done     func(count.Result) // told each deployment's counts; may be nil
}

const countLong = `Count animals in a video and report MaxN: the most individuals of a taxon seen
together in one frame.

Several files are the chapters of one deployment, in the order given; GoPro
chapters (GX010042.MP4, GX020042.MP4 ...) are joined by themselves. A folder is
counted recording by recording; a folder of images is a video too, with --rate.

The results go to a folder named after the video: report.html to read, maxn.csv,
intervals.csv, tracks.csv and detections.csv to compute with, run.json to know
where every number came from. If the command is stopped, the same command goes
on where it stopped and gives the same results.

Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 done, but some
video could not be read (the counts are minimums); 130 stopped.`

func (a *app) countCommand() *cobra.Command {
	var f countFlags
	c := &cobra.Command{
		Use:   "count VIDEO [VIDEO ...]",
		Short: "Count animals in a video: MaxN and its evidence",
		Long:  countLong,
		Example: `  requin count dive.mp4 --model fish.onnx
  requin count GX010042.MP4 --model sharks.onnx --taxa taxa.yaml --period 2m30s..62m30s
  requin count /media/card/DCIM/100GOPRO --model sharks.onnx --out results
  requin count stills/ --rate 1 --model fish.onnx --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a video: requin count dive.mp4 --model fish.onnx")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			opt, err := f.understand()
			if err != nil {
				return err
			}
			return a.count(c.Context(), args, opt)
		},
	}
	defaults := track.Default()
	fl := c.Flags()
	fl.StringVarP(&f.model, "model", "m", "", "detector, an ONNX `file`")
	fl.StringVar(&f.taxa, "taxa", "", "YAML `file` that maps the model's classes to taxa, studied or context")
	fl.StringVarP(&f.out, "out", "o", "", "`folder` for the results (default: the video's name + .requin, here)")
	fl.DurationVar(&f.every, "every", time.Second, "sampling interval: one frame is looked at in each")
	fl.StringVar(&f.period, "period", "", "part that counts, `from..to` after the start, e.g. 2m30s..62m30s (default: all)")
	fl.DurationVar(&f.interval, "interval", count.DefaultInterval, "length of the intervals that MaxN is also given for")
	fl.StringArrayVar(&f.thresholds, "threshold", nil, "least `score` of a sighting, for all taxa (0.4) or one (\"Triaenodon obesus=0.5\"); repeatable")
	fl.Float64Var(&f.low, "low", float64(defaults.LowScore), "weakest detection that may continue a track")
	fl.Float64Var(&f.nms, "nms", 0, "overlap (IoU) over which two boxes of a taxon are one (default: the model family's)")
	fl.StringVar(&f.family, "family", "", "model `family`, where the file does not tell")
	fl.StringVar(&f.size, "size", "", "input size `WxH`, where the file leaves it open")
	fl.StringVar(&f.device, "device", "cpu", "cpu or cuda")
	fl.IntVar(&f.threads, "threads", 0, "threads for the detector (default: all cores)")
	fl.StringVar(&f.rate, "rate", "", "images a second, where the video is a folder of images (1, 0.2, 30000/1001)")
	fl.BoolVar(&f.separate, "separate", false, "count each recording by itself instead of joining the files")
	fl.BoolVar(&f.alone, "alone", false, "do not join the later GoPro chapters that lie beside the first")
	fl.BoolVar(&f.noHash, "no-hash", false, "do not compute the videos' SHA-256 (on slow disks it reads every byte)")
	fl.BoolVar(&f.json, "json", false, "results as JSON lines on stdout (docs/formats/count-json.md)")
	return c
}

// understand turns flags into options, or says which is wrong.
func (f countFlags) understand() (countOptions, error) {
	opt := countOptions{countFlags: f, track: track.Default()}
	if f.model == "" {
		return opt, usagef("name a detector with --model, an ONNX file (docs/models.md says which are understood)")
	}
	if f.every < time.Millisecond {
		return opt, usagef("--every %v: give at least 1ms, for example --every 1s", f.every)
	}
	if f.interval <= 0 {
		return opt, usagef("--interval %v: give a length of time, for example 5m", f.interval)
	}
	opt.sampling.Every = f.every
	var err error
	if f.period != "" {
		if opt.sampling.Period, err = frame.ParsePeriod(f.period); err != nil {
			return opt, usageError{err}
		}
	}
	if opt.rate, err = parseRate(f.rate); err != nil {
		return opt, err
	}
	opt.track.LowScore = float32(f.low)
	if err := opt.track.Validate(); err != nil {
		return opt, usageError{err}
	}
	opt.detect = detect.Options{Family: f.family, Device: f.device, Threads: f.threads, Low: float32(f.low), NMS: f.nms}
	if f.size != "" {
		w, h, ok := strings.Cut(f.size, "x")
		opt.detect.Width, err = strconv.Atoi(w)
		if err == nil {
			opt.detect.Height, err = strconv.Atoi(h)
		}
		if !ok || err != nil || opt.detect.Width <= 0 || opt.detect.Height <= 0 {
			return opt, usagef("--size %q: write width x height in pixels, for example 640x640", f.size)
		}
	}
	if opt.detect.Threshold, opt.detect.Thresholds, err = parseThresholds(f.thresholds); err != nil {
		return opt, err
	}
	if f.taxa != "" {
		if opt.taxa, err = readTaxa(f.taxa); err != nil {
			return opt, err
		}
		opt.detect.Taxa = opt.taxa
	}
	return opt, nil
}

func parseThresholds(flags []string) (all float32, each map[string]float32, err error) {
	each = map[string]float32{}
	for _, s := range flags {
		name, value := "", s
		if i := strings.LastIndexByte(s, '='); i >= 0 {
			name, value = s[:i], s[i+1:]
		}
		v, err := strconv.ParseFloat(value, 32)
		if err != nil || !(v > 0 && v <= 1) {
			return 0, nil, usagef("--threshold %q: give a score over 0 and at most 1, as 0.4 or \"Taxon=0.4\"", s)
		}
		if name == "" {
			all = float32(v)
		} else {
			each[name] = float32(v)
		}
	}
	return all, each, nil
}

// parseRate reads images a second: 1, 0.2, 29.97, 30000/1001.
func parseRate(s string) (frame.Rational, error) {
	if s == "" {
		return frame.Rational{}, nil
	}
	if num, den, ok := strings.Cut(s, "/"); ok {
		n, err1 := strconv.ParseInt(num, 10, 32)
		d, err2 := strconv.ParseInt(den, 10, 32)
		if err1 == nil && err2 == nil && n > 0 && d > 0 {
			return frame.Rational{Num: n, Den: d}, nil
		}
	} else if v, err := strconv.ParseFloat(s, 64); err == nil && v >= 1e-4 && v <= 1e4 {
		return frame.Rational{Num: int64(v*1e6 + 0.5), Den: 1e6}, nil
	}
	return frame.Rational{}, usagef("--rate %q: give images a second, for example 1, 0.2 or 30000/1001", s)
}

// count counts every deployment that the arguments name.
func (a *app) count(ctx context.Context, args []string, opt countOptions) error {
	recordings, err := a.gather(args, opt.separate, opt.alone)
	if err != nil {
		return err
	}
	detector, err := detect.Open(opt.model, opt.detect)
	if err != nil {
		return err
	}
	defer detector.Close()
	if dropped := detector.Card().Dropped; len(dropped) > 0 {
		a.logf("No taxon means these classes of the model, so they are not counted: %s", strings.Join(dropped, ", "))
	}
	if unseen := detector.Card().Unseen; len(unseen) > 0 {
		a.logf("Warning: the model has no class for %s: a zero says nothing about them", strings.Join(unseen, ", "))
	}
	taxa := detector.Taxa()
	if len(taxa.Studied()) == 0 {
		return usagef("%s maps no class of the model to a studied taxon: nothing would be counted; the model's classes are %s",
			opt.model, strings.Join(detector.Card().Classes, ", "))
	}
	if opt.taxa, err = opt.named(taxa); err != nil {
		return err
	}
	modelHash := detector.Card().SHA256
	unreadable, failed := false, 0
	for _, rec := range recordings {
		c := &counting{app: a, opt: opt, rec: rec, detector: detector, modelHash: modelHash}
		c.out = opt.folder(rec, len(recordings))
		err := c.run(ctx)
		switch {
		case errors.Is(err, errUnreadable):
			unreadable = true
		case err != nil && (len(recordings) == 1 || ctx.Err() != nil):
			return err
		case err != nil:
			a.logf("requin: %s: %v", rec.name, err)
			failed++
		}
	}
	switch {
	case failed == len(recordings):
		return fmt.Errorf("none of the %d deployments could be counted", failed)
	case failed > 0:
		a.logf("%d of %d deployments could not be counted", failed, len(recordings))
		return errUnreadable
	case unreadable:
		return errUnreadable
	}
	return nil
}

// named checks that each --threshold names a taxon that there is.
func (opt countOptions) named(taxa taxon.List) (taxon.List, error) {
	for name := range opt.detect.Thresholds {
		if _, ok := taxa.Find(name); !ok {
			var names []string
			for _, t := range taxa {
				names = append(names, t.Name)
			}
			return nil, usagef("--threshold %q: there is no such taxon; there are %s", name, strings.Join(names, ", "))
		}
	}
	return taxa, nil
}

// folder is where the results of a deployment go.
func (opt countOptions) folder(rec recording, of int) string {
	switch {
	case opt.out == "":
		return rec.name + ".requin"
	case of > 1:
		return filepath.Join(opt.out, rec.name)
	}
	return opt.out
}

// counting is one deployment being counted.
type counting struct {
	*app
	opt       countOptions
	rec       recording
	out       string
	detector  *detect.Detector
	modelHash string
	started   time.Time

	dive     *video.Deployment
	plan     *video.Plan
	warnings []string
	hashes   func() ([]string, error)
}

// run counts the deployment and writes its folder.
func (c *counting) run(ctx context.Context) error {
	c.started = time.Now()
	if err := c.open(ctx); err != nil {
		return err
	}
	folder, err := survey.OpenFolder(c.out)
	if err != nil {
		return err
	}
	defer folder.Close()
	journal, fresh, err := folder.Begin(c.key(ctx))
	if err != nil {
		return err
	}
	if fresh {
		c.logf("%s holds a count with other settings, model or video: counting anew", c.out)
	}
	found, resumed, err := c.scan(ctx, journal)
	if err != nil {
		return err
	}
	res, err := c.tally(found)
	if err != nil {
		return err
	}
	if res.hashes, err = c.hashes(); err != nil {
		return err
	}
	if err := c.write(ctx, folder, res, resumed); err != nil {
		return err
	}
	if err := c.print(res); err != nil {
		return err
	}
	if c.opt.done != nil {
		c.opt.done(res.counts)
	}
	if len(res.gaps) > 0 || len(c.warnings) > 0 {
		return errUnreadable
	}
	return nil
}

// open probes the chapters and plans which pictures are looked at.
func (c *counting) open(ctx context.Context) error {
	var files []*video.File
	for i, p := range c.rec.paths {
		f, err := video.Probe(ctx, p, c.opt.rate)
		if err != nil && i > 0 && i == len(c.rec.paths)-1 && ctx.Err() == nil {
			// A camera whose battery died leaves its last chapter unfinished.
			c.warn("The last chapter could not be read, so the count ends before it: %v", err)
			break
		}
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	c.dive = video.Join(files...)
	plan, err := c.dive.Plan(ctx, c.opt.sampling)
	if err != nil {
		return err
	}
	if plan.Expected == 0 {
		return fmt.Errorf("%s: no picture lies in the period %v; the video is %v long", c.rec.name, c.opt.sampling.Period, c.dive.Duration().Round(time.Millisecond))
	}
	c.plan = plan
	return nil
}

func (c *counting) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.warnings = append(c.warnings, text)
	c.logf("Warning: %s", text)
}

// results is what one deployment comes to.
type results struct {
	frames []detect.Frame
	gaps   []frame.Gap
	tracks []track.Track
	counts count.Result
	hashes []string // of the files, in order
}

// chapters are the file names, in order.
func (c *counting) chapters() []string {
	var names []string
	for _, f := range c.dive.Files {
		names = append(names, filepath.Base(f.Path))
	}
	return names
}

func (c *counting) threshold(name string) float32 {
	t, _ := c.opt.taxa.Find(name)
	return float32(t.Threshold)
}

func instants(frames []detect.Frame) []frame.Instant {
	out := make([]frame.Instant, 0, len(frames))
	for _, f := range frames {
		out = append(out, f.Instant)
	}
	return slices.Clip(out)
}
