package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/scan"
	"requin/survey"
	"requin/track"
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

	opened *scan.Deployment
}

// results is what one deployment comes to.
type results struct {
	frames  []detect.Frame
	gaps    []frame.Gap
	tracks  []track.Track
	counts  count.Result
	between *count.Between // nil where nobody asked
	hashes  []string       // of the files, in order
	resumed int            // frames that an earlier run had looked at
}

// run counts the deployment and writes its folder.
func (c *counting) run(ctx context.Context) error {
	if c.rec.fault != nil {
		return c.rec.fault
	}
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
	journal, fresh, err := folder.Begin(c.opened.JournalKey(ctx, record.Version(), c.settings()))
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
	if res.tracks, res.counts, err = scan.Derive(c.settings(), res.frames, res.gaps, c.opened.Dive.Duration()); err != nil {
		return err
	}
	if err := c.lookBetween(ctx, journal, &res); err != nil {
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
	if len(c.opened.Warnings) > 0 || slices.ContainsFunc(res.counts.Effort.Gaps, unread) {
		return errUnreadable
	}
	return nil
}

// open opens the video and chooses which pictures are looked at.
func (c *counting) open(ctx context.Context) (err error) {
	if c.opened, err = scan.Open(ctx, c.rec.paths, c.opt.rate); err != nil {
		return err
	}
	for _, w := range c.opened.Warnings {
		c.logf("Warning: %s", w)
	}
	if err := c.opened.Choose(ctx, c.opt.sampling); err != nil {
		return fmt.Errorf("%s: %w", c.rec.name, err)
	}
	return nil
}

// scan finds animals in every chosen picture; the videos' hashes are computed meanwhile.
func (c *counting) scan(ctx context.Context, journal *survey.Journal, res *results) error {
	sums := c.hash(ctx, journal)
	defer sums.stop()
	bar := newProgress(c.stderr, c.rec.name, c.opt.every())
	found, err := c.opened.Scan(ctx, scan.Job{
		Detectors: scan.Detectors(c.detector, c.opt.workers()), Journal: journal, Size: c.detector.Size, Progress: bar.update,
	})
	if err != nil {
		bar.clear()
		return err
	}
	bar.done()
	res.frames, res.gaps, res.resumed = found.Frames, found.Gaps, bar.last.Resumed
	res.hashes, err = sums.wait(c.logf)
	return err
}
