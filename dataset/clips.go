package dataset

import (
	"context"
	"fmt"
	"time"

	"requin/frame"
	"requin/video"
)

// clipReader takes the wanted frames of one video.
type clipReader struct {
	b     *build
	clip  *clip
	shots []int // in order of time
}

// shotAt is the shot of a picture.
func (c clipReader) shotAt(at frame.Instant) (int, bool) {
	for _, i := range c.shots {
		if own := c.b.chosen.shots[i].at; own.Chapter == at.Chapter && own.PTS == at.PTS {
			return i, true
		}
	}
	return 0, false
}

// within are the shots of a span.
func (c clipReader) within(from, to time.Duration) []int {
	var out []int
	for _, i := range c.shots {
		if at := c.b.chosen.shots[i].at.Time + time.Microsecond; at >= from && at < to {
			out = append(out, i)
		}
	}
	return out
}

// all tells whether every frame of a segment is there from an earlier run.
func (c clipReader) all(s video.Segment) bool {
	for _, i := range c.within(s.From, s.To) {
		if c.b.results[i].File == "" {
			return false
		}
	}
	return true
}

// missing notes the frames that lie in gaps.
func (c clipReader) missing(gaps []frame.Gap) {
	for _, gap := range gaps {
		for _, i := range c.within(gap.From, gap.To) {
			if c.b.results[i].gap == "" {
				c.b.results[i] = result{Shot: i, gap: gap.Reason}
				c.b.tell(1)
			}
		}
	}
}

// read takes the frames of one segment. They are written once the whole segment has been decoded, since
// only then it is known which of them are damaged.
func (c clipReader) read(ctx context.Context, segment video.Segment) error {
	type taken struct {
		result
		file []byte
		ext  string
	}
	var frames []taken
	size := func(w, h int) (int, int) { return stored(w, h, c.b.s.LongSide) }
	reader := c.clip.dive.Read(ctx, segment, size)
	for f, err := range reader.Frames() {
		if err != nil {
			return fmt.Errorf("%s: %w", c.clip.m.Name, err)
		}
		i, ok := c.shotAt(f.Instant)
		if !ok {
			return fmt.Errorf("%s: a picture at %v came that was not asked for", c.clip.m.Name, f.Time)
		}
		if c.b.results[i].File != "" {
			continue // from an earlier run
		}
		file, ext, err := encode(f.Pix, f.W, f.H, c.b.s)
		if err != nil {
			return fmt.Errorf("%s: %w", c.clip.m.Name, err)
		}
		frames = append(frames, taken{result{Shot: i, W: f.W, H: f.H, FullW: f.FullW, FullH: f.FullH, Look: lookText(look(f.Pix, f.W, f.H))}, file, ext})
	}
	// A frame of an earlier run lies in no gap: the same segment was read then.
	var gaps []frame.Gap
	for _, gap := range reader.Gaps() {
		for _, i := range c.within(gap.From, gap.To) {
			if c.b.results[i].File == "" {
				gaps = append(gaps, gap)
				break
			}
		}
	}
	c.missing(gaps)
	for _, f := range frames {
		if c.b.results[f.Shot].gap != "" {
			continue
		}
		if err := c.b.keep(f.result, f.file, f.ext); err != nil {
			return err
		}
	}
	for _, i := range c.within(segment.From, segment.To) {
		if r := c.b.results[i]; r.File == "" && r.gap == "" {
			c.b.results[i] = result{Shot: i, gap: "no picture could be decoded"}
			c.b.tell(1)
		}
	}
	return nil
}
