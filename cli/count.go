package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"requin/detect"
	"requin/frame"
	"requin/models"
	"requin/record"
	"requin/scan"
	"requin/taxon"
	"requin/track"
)

// countFlags are the flags of requin count as they were typed.
type countFlags struct {
	model, taxa, out, period, rate, size string
	device, family                       string
	every, interval, between             duration
	betweenMinutes                       float64
	thresholds                           []string
	low, nms                             float64
	threads                              int
	json, separate, alone, noHash        bool
	survey                               string
	again                                bool
}

// countOptions are the flags, understood.
type countOptions struct {
	countFlags
	sampling frame.Sampling
	rate     frame.Rational
	taxa     taxon.List
	detect   detect.Options
	track    track.Config
	inputs   []record.Input                 // model and taxa file
	replace  bool                           // results of another video may be written over
	known    []string                       // the files' SHA-256 as the survey has them; nil outside one
	done     func(*counting, results) error // told of each deployment that is counted; may be nil
}

// every is the sampling interval.
func (opt countOptions) every() time.Duration { return opt.sampling.Every }

const countLong = `Count animals in a video and report MaxN: the most individuals of a taxon seen
together in one frame.

Several files are the chapters of one deployment, in the order given; GoPro
chapters (GX010042.MP4, GX020042.MP4 ...) are joined by themselves. A folder is
counted recording by recording; a folder of images is a video too, with --rate.

In a survey (requin init), without a video or with the names of deployments, each
deployment that is not yet counted with this model and these settings is, in
its own period, and the survey keeps the results.

The results go to a folder named after the video: report.html to read, maxn.csv,
intervals.csv, tracks.csv and detections.csv to compute with, run.json to know
where every number came from. --between 200ms tells in between.csv, too, how far MaxN
falls short of what would be seen between the samples. If the command is stopped, the same command goes
on where it stopped and gives the same results.

Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 done, but some
video could not be read (the counts are minimums); 130 stopped.`

func (a *app) countCommand() *cobra.Command {
	f := defaultFlags()
	c := &cobra.Command{
		Use:   "count VIDEO|DEPLOYMENT ...",
		Short: "Count animals in a video: MaxN and its evidence",
		Long:  countLong,
		Example: `  requin count dive.mp4
  requin count dive.mp4 --model fish.onnx
  requin count GX010042.MP4 --model sharks.onnx --taxa taxa.yaml --period 2m30s..62m30s
  requin count /media/card/DCIM/100GOPRO --model sharks.onnx --out results
  requin count stills/ --rate 1 --model fish.onnx --json
  requin count --model sharks.onnx          (in a survey: all of it)`,
		RunE: func(c *cobra.Command, args []string) error {
			done, err := a.countInSurvey(c.Context(), args, f)
			if done || err != nil {
				return err
			}
			if len(args) == 0 {
				return usagef("name a video: requin count dive.mp4 --model fish.onnx")
			}
			opt, err := f.understand()
			if err != nil {
				return err
			}
			return a.count(c.Context(), args, opt)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.model, "model", "m", "", "detector, an ONNX `file` (default: the starter model, sharks and fish)")
	fl.StringVar(&f.taxa, "taxa", "", "YAML `file` that maps the model's classes to taxa, studied or context")
	fl.StringVarP(&f.out, "out", "o", "", "`folder` for the results (default: the video's name + .requin, here)")
	fl.Var(&f.every, "every", "sampling interval: one frame is looked at in each")
	fl.Var(&f.between, "between", "look at some minutes at this shorter interval, too, and estimate what MaxN misses between samples, e.g. 200ms")
	fl.Lookup("between").DefValue = "" // none
	fl.Float64Var(&f.betweenMinutes, "between-minutes", f.betweenMinutes, "`minutes` of the period that --between looks at")
	fl.StringVar(&f.period, "period", "", "part that counts, `from..to` after the start, e.g. 2m30s..62m30s (default: all)")
	fl.Var(&f.interval, "interval", "length of the intervals that MaxN is also given for")
	fl.StringArrayVar(&f.thresholds, "threshold", nil, "least `score` of a sighting, for all taxa (0.4) or one (\"Triaenodon obesus=0.5\"); repeatable")
	fl.Float64Var(&f.low, "low", f.low, "`score` of the weakest detection that may continue a track")
	fl.Float64Var(&f.nms, "nms", 0, "`overlap` (IoU) over which two boxes of a taxon are one; -1: none (default: the model family's)")
	fl.StringVar(&f.family, "family", "", "model `family`, where the file does not tell")
	fl.StringVar(&f.size, "size", "", "input size `WxH`, where the file leaves it open")
	fl.StringVar(&f.device, "device", f.device, "`device` that runs the detector: cpu or cuda")
	fl.IntVar(&f.threads, "threads", 0, "`number` of threads for the detector (default: one for each core, at most 8)")
	fl.StringVar(&f.rate, "rate", "", "images a second (`number`), where the video is a folder of images: 1, 0.2, 30000/1001")
	fl.BoolVar(&f.separate, "separate", false, "count each recording by itself instead of joining the files")
	fl.BoolVar(&f.alone, "alone", false, "do not join the later GoPro chapters that lie beside the first")
	fl.BoolVar(&f.noHash, "no-hash", false, "do not compute the videos' SHA-256 (on slow disks it reads every byte)")
	surveyFlag(c, &f.survey)
	fl.BoolVar(&f.again, "again", false, "in a survey: count what is counted already, too")
	fl.BoolVar(&f.json, "json", false, "results as JSON lines on stdout (docs/formats/count-json.md)")
	return c
}

// understand turns flags into options, or says which is wrong.
func (f countFlags) understand() (countOptions, error) {
	opt := countOptions{countFlags: f, track: track.Default()}
	if err := f.check(); err != nil {
		return opt, err
	}
	opt.sampling.Every = time.Duration(f.every)
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
	opt.detect = detect.Options{Family: f.family, Device: f.device, Threads: f.cores() / f.workers(), Low: float32(f.low), NMS: f.nms}
	if f.size != "" {
		if opt.detect.Width, opt.detect.Height, err = parseSize(f.size); err != nil {
			return opt, err
		}
	}
	if opt.detect.Threshold, opt.detect.Thresholds, err = parseThresholds(f.thresholds); err != nil {
		return opt, err
	}
	model := record.Input{Role: "model", Path: models.StarterName, Bytes: int64(len(models.Starter()))}
	if f.model != "" {
		if model, err = input("model", f.model); err != nil {
			return opt, err
		}
	}
	opt.inputs = []record.Input{model}
	if f.taxa != "" {
		var file record.Input
		if opt.taxa, file, err = readTaxa(f.taxa); err != nil {
			return opt, err
		}
		opt.detect.Taxa = opt.taxa
		opt.inputs = append(opt.inputs, file)
	}
	return opt, nil
}

// defaultFlags are the flags of one who types none.
func defaultFlags() countFlags {
	d := scan.Default()
	return countFlags{every: duration(d.Every), interval: duration(d.Interval), low: 0.1, device: d.Device, betweenMinutes: scan.BetweenLooked.Minutes()}
}

// check refuses values that cannot be meant.
func (f countFlags) check() error {
	switch {
	case time.Duration(f.every) < time.Millisecond:
		return usagef("--every %v: give at least 1ms, for example --every 1s", &f.every)
	case f.interval < f.every:
		return usagef("--interval %v: give at least the sampling interval (--every %v), for example 5m", &f.interval, &f.every)
	case f.between != 0 && (time.Duration(f.between) < time.Millisecond || f.between >= f.every):
		return usagef("--between %v: give at least 1ms and less than the sampling interval (--every %v), for example --between 200ms", &f.between, &f.every)
	case !(f.betweenMinutes > 0 && f.betweenMinutes <= 6000):
		return usagef("--between-minutes %v: give minutes over 0, for example 6", f.betweenMinutes)
	case !(f.low > 0 && f.low <= 1):
		return usagef("--low %v: give a score over 0 and at most 1, for example 0.1", f.low)
	case !(f.nms <= 1):
		return usagef("--nms %v: give an overlap of at most 1, for example 0.45; -1 keeps every box", f.nms)
	case f.threads < 0:
		return usagef("--threads %d: give a number over 0, or leave it out for one for each core", f.threads)
	case f.device != "cpu" && f.device != "cuda":
		return usagef("--device %q: say cpu or cuda", f.device)
	}
	return nil
}

func parseThresholds(flags []string) (all float32, each map[string]float32, err error) {
	each = map[string]float32{}
	for _, s := range flags {
		name, value := "", s
		if i := strings.LastIndexByte(s, '='); i >= 0 {
			name, value = s[:i], s[i+1:]
		}
		v, err := strconv.ParseFloat(value, 32)
		if err != nil || !(v > 0 && v <= 1) || name == "" && s != value {
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
			return reduced(n, d), nil
		}
	} else if v, err := strconv.ParseFloat(s, 64); err == nil && v >= 1e-4 && v <= 1e4 {
		return reduced(int64(v*1e6+0.5), 1e6), nil
	}
	return frame.Rational{}, usagef("--rate %q: give images a second, for example 1, 0.2 or 30000/1001", s)
}

// reduced is n/d in lowest terms.
func reduced(n, d int64) frame.Rational {
	a, b := n, d
	for b != 0 {
		a, b = b, a%b
	}
	return frame.Rational{Num: n / a, Den: d / a}
}

// count counts every deployment that the arguments name.
func (a *app) count(ctx context.Context, args []string, opt countOptions) error {
	recordings, lost, err := a.gather(args, opt.separate, opt.alone)
	if err != nil {
		return err
	}
	detector, err := a.openDetector(&opt)
	if err != nil {
		return err
	}
	defer detector.Close()
	var jobs []*counting
	for _, rec := range recordings {
		jobs = append(jobs, &counting{app: a, opt: opt, rec: rec, detector: detector, out: opt.folder(rec, len(recordings))})
	}
	if err := a.countEach(ctx, jobs); err != nil {
		return err
	}
	if len(lost) > 0 {
		return errUnreadable
	}
	return nil
}

// open opens the detector in a file; without one the starter model.
func open(path string, opt detect.Options) (*detect.Detector, error) {
	if path == "" {
		return detect.OpenBytes(models.StarterName, models.Starter(), opt)
	}
	return detect.Open(path, opt)
}

// openDetector opens the detector, and puts the taxa that it will count into the options.
func (a *app) openDetector(opt *countOptions) (*detect.Detector, error) {
	detector, err := open(opt.model, opt.detect)
	if err != nil {
		return nil, err
	}
	if opt.model == "" {
		opt.model = models.StarterName
		a.logf("Counting with the starter model that comes with Requin (sharks and fish; see docs/models.md for what it is not good for). Name your own with --model.")
	}
	a.unseenAndDropped(detector.Card().Dropped, detector.Card().Unseen)
	opt.taxa = detector.Taxa()
	opt.inputs[0].SHA256 = detector.Card().SHA256
	if len(opt.taxa.Studied()) == 0 {
		classes := strings.Join(detector.Card().Classes, ", ")
		detector.Close()
		return nil, usagef("no class of %s is mapped to a studied taxon: nothing would be counted; the model's classes are %s", opt.model, classes)
	}
	return detector, nil
}

// countEach counts deployment after deployment. One that fails does not keep the others from being counted.
func (a *app) countEach(ctx context.Context, jobs []*counting) error {
	unreadable, failed := false, 0
	for _, c := range jobs {
		err := c.run(ctx)
		switch {
		case errors.Is(err, errUnreadable):
			unreadable = true
		case err != nil && (len(jobs) == 1 || ctx.Err() != nil):
			return err
		case err != nil:
			a.logf("requin: %s: %v", c.rec.name, err)
			failed++
		}
	}
	switch {
	case failed > 0 && failed == len(jobs):
		return fmt.Errorf("none of the %d deployments could be counted", failed)
	case failed > 0:
		a.logf("%d of %d deployments could not be counted", failed, len(jobs))
		return errUnreadable
	case unreadable:
		return errUnreadable
	}
	return nil
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

// cores is how many threads the detector may use in all.
func (f countFlags) cores() int {
	if f.threads > 0 {
		return f.threads
	}
	return min(runtime.NumCPU(), 8)
}

// workers is how many pictures are looked at side by side. Two keep memory
// small; a GPU takes one at a time.
func (f countFlags) workers() int {
	if f.device != "cpu" {
		return 1
	}
	return min(2, f.cores())
}
