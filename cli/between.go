package cli

import (
	"context"
	"fmt"

	"requin/count"
	"requin/scan"
	"requin/survey"
)

// lookBetween looks at some stretches of a deployment that is counted, more densely, where that was asked for.
func (c *counting) lookBetween(ctx context.Context, journal *survey.Journal, res *results) error {
	s := c.settings()
	if s.Between == nil {
		return nil
	}
	bar := newProgress(c.stderr, c.rec.name+" between samples", s.Between.Every.Duration())
	b, err := c.opened.LookBetween(ctx, s, scan.Part{Frames: res.frames, Gaps: res.gaps}, scan.Job{
		Detectors: scan.Detectors(c.detector, c.opt.workers()), Journal: journal, Size: c.detector.Size, Progress: bar.update,
	})
	if err != nil {
		bar.clear()
		return err
	}
	bar.done()
	res.between = &b
	return nil
}

// printBetween says what was missed between samples.
func (c *counting) printBetween(res results) {
	b := res.between
	if b == nil {
		return
	}
	fmt.Fprintf(c.stdout, "  %s\n", b.Said(res.counts.Every))
	never, range0 := 0, ""
	for _, s := range b.Taxa {
		if s.MaxN == 0 && s.Seen == 0 {
			never++
			range0 = s.Range()
			continue
		}
		fmt.Fprintf(c.stdout, "    %s: MaxN %d at %v; at %v estimated %d (95 %% %s)%s\n", s.Taxon, s.MaxN, c.opt.every(), b.Every.Duration(), s.Estimate, s.Range(), seenAt(s))
		for _, more := range []string{s.Fewer(), s.Said(res.counts.Every, b.Every, b.Stretch)} {
			if more != "" {
				fmt.Fprintf(c.stdout, "      %s\n", more)
			}
		}
	}
	if never > 0 {
		fmt.Fprintf(c.stdout, "    %d never seen: 0 at %v; at %v estimated 0 (95 %% %s)\n", never, c.opt.every(), b.Every.Duration(), range0)
	}
}

// seenAt says which is the greatest count that a denser look saw.
func seenAt(s count.Shortfall) string {
	if s.SeenAt == nil {
		return "; none seen in what was looked at"
	}
	return fmt.Sprintf("; %d seen at %s", s.Seen, clock(s.SeenAt))
}
