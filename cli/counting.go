package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/scan"
	"requin/survey"
	"requin/track"
	"requin/uncertainty"
	"requin/video"
)

// counting is one deployment being counted.
type counting struct {
	*app
	opt       countOptions
	rec       recording
	out       string
	detector  *detect.Detector
	started   time.Time
	energy    func() record.Energy
	surveyKey string // in a survey: stands for the videos, the model and every setting

	dive     *video.Deployment
	plan     *video.Plan
	warnings []string
	lost     []frame.Gap // chapters that could not be read: of unknown length
}

// results is what one deployment comes to.
type results struct {
	frames  []detect.Frame
	gaps    []frame.Gap
	tracks  []track.Track
	counts  count.Result
	hashes  []string // of the files, in order
	resumed int      // frames that an earlier run had looked at
}

// run counts the deployment and writes its folder.
func (c *counting) run(ctx context.Context) error {
	c.started, c.energy = time.Now(), record.MeterAlong()
	defer c.energy()
	if err := c.open(ctx); err != nil {
		return err
	}
	folder, err := survey.OpenFolder(c.out)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := c.sameVideo(folder); err != nil {
		return err
	}
	journal, fresh, err := folder.Begin(c.key(ctx))
	if err != nil {
		return err
	}
	if fresh {
		c.logf("%s holds a count with other settings, model or video: counting anew", c.out)
	}
	var res results
	if err := c.scan(ctx, journal, &res); err != nil {
		return err
	}
	if err := c.unaltered(res.hashes); err != nil {
		return err
	}
	if err := c.tally(&res); err != nil {
		return err
	}
	if err := c.write(ctx, folder, res); err != nil {
		return err
	}
	if err := c.print(res); err != nil {
		return err
	}
	if c.opt.done != nil {
		if err := c.opt.done(c, res); err != nil {
			return err
		}
	}
	unread := func(g count.Gap) bool { return g.Kind == count.NotAnalysed }
	if len(c.warnings) > 0 || slices.ContainsFunc(res.counts.Effort.Gaps, unread) {
		return errUnreadable
	}
	return nil
}

// open probes the chapters and plans which pictures are looked at.
func (c *counting) open(ctx context.Context) error {
	var files []*video.File
	for i, p := range c.rec.paths {
		f, err := video.Probe(ctx, p, c.opt.rate)
		if err == nil {
			err = f.Index(ctx)
		}
		if err != nil && i > 0 && i == len(c.rec.paths)-1 && ctx.Err() == nil {
			// A camera whose battery died leaves its last chapter unfinished.
			c.warn("The last chapter could not be read, so the count ends before it: %v", err)
			end := video.Join(files...).Duration()
			c.lost = append(c.lost, frame.Gap{From: end, To: end, Reason: "the last chapter could not be read: " + filepath.Base(p)})
			break
		}
		if err != nil && len(c.rec.paths) > 1 && ctx.Err() == nil {
			return fmt.Errorf("%w; without it the times of the chapters after it are not known: copy it again, or count the others by themselves", err)
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
	if plan.Expected == 0 && len(plan.Gaps) > 0 {
		return fmt.Errorf("%s: none of its pictures can be read (%s)", c.rec.name, plan.Gaps[0].Reason)
	}
	if plan.Expected == 0 {
		return fmt.Errorf("%s: no picture lies in the period %v; the video is %v long: give another --period",
			c.rec.name, c.opt.sampling.Period, c.dive.Duration().Round(time.Millisecond))
	}
	c.plan = plan
	return nil
}

func (c *counting) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.warnings = append(c.warnings, text)
	c.logf("Warning: %s", text)
}

// scan finds animals in every wanted picture; the videos' hashes are computed meanwhile.
func (c *counting) scan(ctx context.Context, journal *survey.Journal, res *results) error {
	sums := c.hash(ctx, journal)
	defer sums.stop()
	bar := newProgress(c.stderr, c.rec.name, c.opt.every())
	job := scan.Job{
		Dive: c.dive, Segments: c.plan.Segments, Detectors: c.detectors(), Journal: journal,
		Size: c.detector.Size, Progress: bar.update,
	}
	found, err := job.Run(ctx)
	if err != nil {
		bar.clear()
		return err
	}
	bar.done()
	for _, f := range c.dive.Files { // a video that grew meanwhile was not read whole
		if err := f.Unchanged(); err != nil {
			return err
		}
	}
	res.frames, res.resumed = found.Frames, bar.last.Resumed
	res.gaps = frame.MergeGaps(slices.Concat(c.plan.Gaps, explained(found.Gaps, c.plan.Gaps), c.lost))
	res.hashes, err = sums.wait(c.logf)
	return err
}

// explained gives gaps that run into one whose cause is known from the index the
// same reason: a decoder stumbles over the end of a file that is cut off.
func explained(gaps, known []frame.Gap) []frame.Gap {
	out := slices.Clone(gaps)
	for i, g := range out {
		for _, k := range known {
			if g.From <= k.To && k.From <= g.To {
				out[i].Reason = k.Reason
			}
		}
	}
	return out
}

// detectors look at pictures side by side: small networks gain more by that
// than by sharing out one picture.
func (c *counting) detectors() []scan.Detector {
	out := []scan.Detector{c.detector}
	for range c.opt.workers() - 1 {
		out = append(out, c.detector.Twin())
	}
	return out
}

// tally follows the animals and counts them.
func (c *counting) tally(res *results) error {
	var err error
	if res.tracks, err = track.Follow(c.opt.track, c.threshold, scan.Part{Frames: res.frames}.Stream()); err != nil {
		return err
	}
	outlook, err := c.outlook(res.frames)
	if err != nil {
		return err
	}
	res.counts, err = count.Of(count.Input{
		Tracks: res.tracks, Frames: instants(res.frames), Gaps: res.gaps, Taxa: c.opt.taxa,
		Period: c.opt.sampling.Period, Every: c.opt.every(), Interval: time.Duration(c.opt.interval), Duration: c.dive.Duration(),
		Outlook: outlook,
	})
	return err
}

// outlook is how far the counts may be trusted, as far as the model's file tells. It was measured with detections
// down to uncertainty.Least, so where weaker ones only are at hand it cannot be told.
func (c *counting) outlook(frames []detect.Frame) (uncertainty.Outlook, error) {
	sight, err := uncertainty.ReadMeasurements(c.detector.Card().Metadata)
	if err != nil || len(sight.Detectability) == 0 || c.opt.low > uncertainty.Least {
		return uncertainty.Outlook{}, err
	}
	proposed, err := uncertainty.Propose(scan.Part{Frames: frames}.Stream(), uncertainty.Least)
	return uncertainty.Outlook{Proposed: proposed, Detectability: sight.Of, Probability: sight.Probability}, err
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
