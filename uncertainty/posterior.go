// Package uncertainty says how far a MaxN may be trusted. It owns what a model's scores are worth (Calibration), how
// well a detector sees a taxon (Detectability), and what follows of them: candidates, the posterior of a MaxN, its
// interval, the certificate and the frame to look at next. It does not count (count), hears no verdict (review) and
// measures nothing itself (eval does, on held-out video).
//
// The flow:
//
//	measured, err := uncertainty.ReadMeasurements(detector.Card())
//	basis := measured.Of(taxon) // measured or assumed: the one rule
//	proposed, err := uncertainty.Propose(frames, uncertainty.Least)
//	d := uncertainty.Observations{Frames: len(frames), Every: 1, Detectability: basis.Detectability}
//	d.Candidates = basis.Candidates(uncertainty.Trails(proposed, taxon.Name, at))
//	d.Looks = []uncertainty.Look{{Frame: 812, N: 2}} // what people saw
//	p := d.Posterior(uncertainty.Limit)
//	fmt.Println(p.Statement(basis, 0), p.Next)
//
// How the numbers are derived and what they assume: docs/science/uncertainty.md.
package uncertainty

import (
	"cmp"
	"math"
	"slices"
)

// Said is what a person said of a candidate.
type Said int8

// What a person may have said.
const (
	NoAnimal Said = -1 // it is none, or one of another taxon
	Unsaid   Said = 0
	Animal   Said = 1 // it is an animal of the taxon
)

// Candidate is a track of one taxon as chance has it.
type Candidate struct {
	ID     int
	Real   float64 // chance that it is an animal of the taxon, before anybody said so (Detectability.Real)
	Traits Traits  // by which that is told
	Said   Said
	Drawn  bool  // by a person, or taken for another taxon by the machine, which had missed it so
	Frames []int // of its points: indices into the frames that were looked at by the machine, rising; at least one
	Denied []int // frames in which a person said that this animal is not there, rising: a box cut out there, or where the whole was rejected
}

// Look is a frame that a person looked at, all of it: N animals of the taxon are in it.
type Look struct{ Frame, N int }

// Observations is what is known, and what is not, of one taxon's MaxN in one deployment:
// what the machine found, how well it sees, and what a person has looked at since.
// MaxN is that over the frames that the machine looked at; time that could not be
// looked at is another matter (Effort).
type Observations struct {
	Frames        int     // that the machine looked at, within the period
	Every         float64 // the sampling interval, seconds
	Candidates    []Candidate
	Looks         []Look // in any order; of one frame given twice the later counts
	Detectability Detectability
	Seed          uint64 // the same seed gives the same answer
	Samples       int    // 0: 2,000
}

// Posterior is what can be said of the MaxN.
type Posterior struct {
	Chance    []float64    // that MaxN is 0, 1, 2 ...; they add up to 1
	Estimate  int          // the middle: MaxN is at most this with a chance of one half or more
	Low, High int          // the interval: MaxN lies in it with a chance of 1 - limit
	Confirmed int          // the largest count in a frame that a person looked at; 0 where there is none
	Looked    int          // frames that a person looked at
	Frames    int          // that the machine looked at
	Limit     float64      // what was left to chance
	Risk      float64      // chance that a frame nobody looked at holds more than Confirmed
	Certified bool         // Risk is under the limit, and frames in which nothing was found were looked at too: nothing left to look at can raise the MaxN
	Next      []Suggestion // the frames to look at, the best first
}

// More is the chance that MaxN is greater than n.
func (a Posterior) More(n int) float64 {
	sum := 0.0
	for k := max(n+1, 0); k < len(a.Chance); k++ {
		sum += a.Chance[k]
	}
	return math.Min(1, sum)
}

// Suggestion is a frame to look at: Gain is by how much the risk falls, as a mean, if
// nothing but this frame is looked at.
type Suggestion struct {
	Frame int
	Gain  float64 // 0: an audit, a frame in which nothing was found
	Open  int     // candidates in it that nobody spoke of
}

// Posterior weighs it all, by drawing what may be true some thousand times:
//
//	a deployment's own shift of the candidates' log odds, as far as what was said of them tells;
//	which candidates are animals; whether those were there between and around their detections;
//	how many visits left no candidate, when and for how long, of which no look found any.
//
// Each draw has a count for each frame, hence a MaxN. limit is what is left to chance, 0.05
// for "at least 95 %". How the numbers are derived and what they assume: docs/science/uncertainty.md.
func (d Observations) Posterior(limit float64) Posterior {
	s := newSampler(d)
	a := Posterior{Looked: len(s.looks), Frames: d.Frames, Limit: limit, Confirmed: s.confirmed}
	var most []int        // of each draw, its MaxN
	var settles [][]int32 // of each draw in which more than the confirmed is left, the frames that would show it
	for range s.n {
		m, left, at := s.draw()
		most = append(most, m)
		if left > s.confirmed {
			settles = append(settles, at)
		}
	}
	a.Chance = make([]float64, slices.Max(most)+1)
	for _, m := range most {
		a.Chance[m]++
	}
	for n := range a.Chance {
		a.Chance[n] /= float64(s.n)
	}
	a.Estimate, a.Low, a.High = middle(a.Chance, limit)
	a.Risk = float64(len(settles)) / float64(s.n)
	audits := s.audits()
	a.Certified = a.Risk < limit && len(audits) == 0
	if a.Risk >= limit {
		a.Next = s.suggest(settles)
	} else {
		a.Next = audits
	}
	return a
}

// middle is the median of chances, and the shortest run of numbers around the likeliest that
// holds 1 - limit. A number at an end is in it where more than half of its chance is needed:
// with whole numbers no interval holds just so much, and this one does on the average
// (the mid-P rule: Lancaster 1961, JASA 56:223; Agresti & Gottard 2005, Stat. Sci. 20:367).
func middle(chance []float64, limit float64) (median, low, high int) {
	sum := 0.0
	for n, p := range chance {
		if sum += p; sum >= 0.5 {
			median = n
			break
		}
	}
	for n, p := range chance {
		if p > chance[low] {
			low = n
		}
	}
	high = low
	for have := chance[low]; ; {
		next, at := 0.0, -1
		if low > 0 {
			next, at = chance[low-1], low-1
		}
		if high+1 < len(chance) && chance[high+1] > next {
			next, at = chance[high+1], high+1
		}
		if at < 0 || have+next/2 >= 1-limit {
			return median, low, high
		}
		have += next
		low, high = min(low, at), max(high, at)
	}
}

// mostSuggested is how many frames are suggested at a time.
const mostSuggested = 12

// suggest orders frames by how many draws each would settle: looking at it would show all
// that there is. The next one is for the draws that those before it leave unsettled.
func (s *sampler) suggest(settles [][]int32) []Suggestion {
	var out []Suggestion
	gain := make([]int, s.frames)
	for len(settles) > 0 && len(out) < mostSuggested {
		clear(gain)
		for _, at := range settles {
			for _, t := range at {
				gain[t]++
			}
		}
		best := 0
		better := func(t, than int) int { // a frame in which more was detected shows more of it, for the same gain
			return cmp.Or(cmp.Compare(gain[t], gain[than]), cmp.Compare(s.points[t], s.points[than]))
		}
		for t := range gain {
			if better(t, best) > 0 {
				best = t
			}
		}
		out = append(out, Suggestion{Frame: best, Gain: float64(gain[best]) / float64(s.n), Open: int(s.open[best])})
		settles = slices.DeleteFunc(settles, func(at []int32) bool { return slices.Contains(at, int32(best)) })
	}
	return out
}
