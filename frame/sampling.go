package frame

import (
	"fmt"
	"strings"
	"time"
)

// Period is the part of a deployment that counts, From inclusive, To exclusive.
// To = 0 means up to the end of the deployment. The zero Period is all of it.
type Period struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Contains tells whether t lies in the period.
func (p Period) Contains(t time.Duration) bool {
	return t >= p.From && (p.To == 0 || t < p.To)
}

// ParsePeriod reads "2m30s..62m30s"; either end may be left out ("2m30s..").
func ParsePeriod(s string) (Period, error) {
	from, to, ok := strings.Cut(s, "..")
	if !ok {
		return Period{}, fmt.Errorf("period %q: write it as from..to, for example 2m30s..62m30s", s)
	}
	var p Period
	for _, end := range []struct {
		text string
		into *time.Duration
	}{{from, &p.From}, {to, &p.To}} {
		text := strings.TrimSpace(end.text)
		if text == "" {
			continue
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return Period{}, fmt.Errorf("period %q: %q is not a time from the start; write for example 2m30s", s, text)
		}
		*end.into = d
	}
	if strings.TrimSpace(to) != "" && p.To <= p.From {
		return Period{}, fmt.Errorf("period %q ends before it starts", s)
	}
	return p, nil
}

func (p Period) String() string {
	if p.To == 0 {
		return p.From.String() + ".."
	}
	return p.From.String() + ".." + p.To.String()
}

// tick is the slack given to a time stamp that lies a rounding error before the
// start of its cell: sums of rounded chapter durations are off by nanoseconds.
const tick = time.Microsecond

// Sampling says which frames of a deployment are looked at: time is cut into
// cells of length Every from the start of the deployment, and the first frame
// of each cell is looked at.
//
// Worked example: Every 1s, frames at 0, 0.4, 0.8, 1.2, 1.6, 2.0: the frames at
// 0 (cell 0), 1.2 (cell 1) and 2.0 (cell 2) are looked at.
type Sampling struct {
	Every  time.Duration `json:"every"`
	Period Period        `json:"period"`
}

// Cell is the number of the cell that t lies in.
func (s Sampling) Cell(t time.Duration) int64 {
	t += tick
	c := t / s.Every
	if t < 0 && t%s.Every != 0 {
		c--
	}
	return int64(c)
}

// Start is the time at which a cell begins.
func (s Sampling) Start(cell int64) time.Duration { return time.Duration(cell) * s.Every }
