package uncertainty

import (
	"fmt"
	"iter"
	"strconv"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// Limit is what an interval, and a certificate, leave to chance unless told otherwise: it is one of 95 %.
const Limit = 0.05

// Outlook is what the counts of a deployment cannot tell by themselves: how far MaxN may be trusted before anybody
// has looked.
type Outlook struct {
	Measurements
	Proposed []track.Track // the candidates, of all taxa (Propose)
}

// Expect makes the outlook of a deployment from what the detector found in it.
func (m Measurements) Expect(frames iter.Seq2[detect.Frame, error]) (*Outlook, error) {
	proposed, err := Propose(frames, Least)
	return &Outlook{Measurements: m, Proposed: proposed}, err
}

// Interval is the distribution of a MaxN over the frames that were looked at, from calibrated scores,
// tracks and the recall that was measured on held-out video, or assumed where it was not.
type Interval struct {
	Estimate int       `json:"estimate"` // the median
	Low      int       `json:"low"`
	High     int       `json:"high"`
	Level    float64   `json:"level"`                   // of the interval from Low to High: 0.95
	More     []float64 `json:"p_more"`                  // P(MaxN > 0), P(MaxN > 1) ... until it is 0
	Measured int       `json:"measured"`                // deployments that detectability was measured on
	Assumed  bool      `json:"assumed,omitempty"`       // it was measured on none; Basis says why
	Basis    string    `json:"basis,omitempty"`         // what it rests on, in words (Grounds.Words)
	Combined []string  `json:"combined_from,omitempty"` // the classes whose measurements were combined
}

// Assess assesses a studied taxon. frames are those looked at within the period, every the sampling interval in
// seconds. Where there is no interval it says why.
func (o *Outlook) Assess(t taxon.Taxon, frames []frame.Instant, every float64) (*Interval, string) {
	b := o.Of(t)
	if len(frames) == 0 {
		return nil, "no frame was looked at"
	}
	place := make(map[frame.Instant]int, len(frames))
	for i, f := range frames {
		place[f] = i
	}
	at := func(p track.Point) (int, bool) { i, ok := place[p.Instant]; return i, ok }
	d := Observations{Frames: len(frames), Every: every, Detectability: b.Detectability, Elsewhere: true, Seed: 1} // a count by itself does not know where it is
	d.Candidates = b.Candidates(Trails(o.Proposed, t.Name, at))
	return b.Interval(d.Posterior(Limit)), ""
}

// Range writes the interval for people: "2 to 4", "3" where it is one number, "none".
func Range(u *Interval) string {
	switch {
	case u == nil:
		return "none"
	case u.Low == u.High:
		return strconv.Itoa(u.Low)
	}
	return fmt.Sprintf("%d to %d", u.Low, u.High)
}
