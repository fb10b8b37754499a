// Package frame's noun is a picture and the video time it was taken at. It owns which way up it is shown,
// the geometry of boxes, the sampling plan (which moments are looked at) and
// the gaps (which could not be). It does not read files and knows no animal.
package frame

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Rational is a ratio of integers: seconds per tick when it is a time base.
type Rational struct {
	Num int64 `json:"num"`
	Den int64 `json:"den"`
}

// Seconds converts ticks of the time base r to a duration, rounded to the
// nearest nanosecond (halves away from zero).
func (r Rational) Seconds(ticks int64) time.Duration {
	if r.Den == 0 {
		return 0
	}
	whole := ticks / r.Den * r.Num
	rest := ticks % r.Den * r.Num // |rest| < Den·Num
	whole += rest / r.Den
	rest %= r.Den
	nano := rest * int64(time.Second)
	half := r.Den / 2
	if nano < 0 {
		half = -half
	}
	return time.Duration(whole)*time.Second + time.Duration((nano+half)/r.Den)
}

func (r Rational) String() string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }

// Instant names one picture of a deployment: its time from the start of the
// deployment, and what the file itself says of it. A frame number is never
// kept: variable frame rates and edit lists make it ambiguous.
type Instant struct {
	Time    time.Duration `json:"time"`    // from the start of the deployment, chapters joined
	Chapter int           `json:"chapter"` // index of the file it lies in
	PTS     int64         `json:"pts"`     // presentation time stamp in that file, in ticks of Base
	Base    Rational      `json:"base"`    // seconds per tick
}

// Frame is one picture. Pix holds W×H pixels of packed RGB, row by row from the
// top left, 3 bytes each. The picture may have been scaled down from FullW×FullH, the size
// the video is shown at; boxes are always in pixels of the full size.
//
// Pix belongs to the stream that gave the frame and is overwritten by the next
// one: who keeps a picture copies it.
type Frame struct {
	Instant
	W, H         int
	FullW, FullH int
	Pix          []byte
}

// Gap is a span of a deployment that could not be looked at, and why. To is
// exclusive.
type Gap struct {
	From   time.Duration `json:"from"`
	To     time.Duration `json:"to"`
	Reason string        `json:"reason"`
}

// MergeGaps sorts gaps by time and joins those that overlap or touch; a joined
// gap keeps the reason of its earliest part.
func MergeGaps(gaps []Gap) []Gap {
	if len(gaps) == 0 {
		return nil
	}
	sorted := slices.Clone(gaps)
	slices.SortStableFunc(sorted, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	out := sorted[:1]
	for _, g := range sorted[1:] {
		last := &out[len(out)-1]
		if g.From < last.To || g.From == last.To && g.Reason == last.Reason {
			last.To = max(last.To, g.To)
			continue
		}
		out = append(out, g)
	}
	return out
}
