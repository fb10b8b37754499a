package uncertainty

import (
	"fmt"
	"strconv"

	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// Limit is what an interval, and a certificate, leave to chance unless told otherwise: it is one of 95 %.
const Limit = 0.05

// Outlook is what the counts cannot tell by themselves: how far MaxN may be trusted.
type Outlook struct {
	Proposed      []track.Track                              // the candidates, of all taxa (Propose)
	Detectability func(t taxon.Taxon) (Detectability, bool)  // of a taxon; false where it was not measured
	Probability   func(t taxon.Taxon, score float64) float64 // that a detection is right
}

// Interval is the distribution of a MaxN over the frames that were looked at, from calibrated scores,
// tracks and the recall that was measured on held-out video.
type Interval struct {
	Estimate int       `json:"estimate"` // the median
	Low      int       `json:"low"`
	High     int       `json:"high"`
	Level    float64   `json:"level"`    // of the interval from Low to High: 0.95
	More     []float64 `json:"p_more"`   // P(MaxN > 0), P(MaxN > 1) ... until it is 0
	Measured int       `json:"measured"` // deployments that detectability was measured on
}

// Of assesses a studied taxon. frames are those looked at within the period. The result is nil where
// the detectability was not measured.
func (o Outlook) Of(t taxon.Taxon, frames []frame.Instant, every float64) *Interval {
	if o.Detectability == nil || len(frames) == 0 {
		return nil
	}
	detectability, ok := o.Detectability(t)
	if !ok {
		return nil
	}
	place := make(map[frame.Instant]int, len(frames))
	for i, f := range frames {
		place[f] = i
	}
	at := func(p track.Point) (int, bool) { i, ok := place[p.Instant]; return i, ok }
	d := Observations{Frames: len(frames), Every: every, Detectability: detectability, Seed: 1}
	d.Candidates = detectability.Weigh(o.Proposed, t.Name, at, func(score float64) float64 { return o.Probability(t, score) })
	a := d.Posterior(Limit)
	u := &Interval{Estimate: a.Estimate, Low: a.Low, High: a.High, Level: 1 - Limit, Measured: detectability.Deployments, More: []float64{}}
	for n := range len(a.Chance) - 1 {
		u.More = append(u.More, a.More(n))
	}
	return u
}

// Range writes the interval for people: "2 to 4", "3" where it is one number, "-" where there is none.
func Range(u *Interval) string {
	switch {
	case u == nil:
		return "-"
	case u.Low == u.High:
		return strconv.Itoa(u.Low)
	}
	return fmt.Sprintf("%d to %d", u.Low, u.High)
}
