package review

import (
	"math"
	"slices"
	"time"

	"requin/count"
)

// sameVisit is the longest time between two boxes that a person added one by one which are taken for
// one animal's visit.
const sameVisit = 10 * time.Second

// Weighed is a track and what count makes of it.
type Weighed struct {
	*Track
	count.Candidate
}

// Candidates are the tracks that are, were or may be animals of a taxon, as chance has them. probability turns a
// score into the chance that a detection is right.
func (s *State) Candidates(taxon string, a count.Acuity, probability func(score float64) float64) []Weighed {
	var out []Weighed
	var frames [][]int
	var chances [][]float64
	for _, t := range s.tracks {
		if t.Machine != taxon {
			continue
		}
		c := Weighed{t, count.Candidate{ID: len(out), Said: t.said(taxon)}}
		var points []float64
		for _, p := range t.Points {
			c.Frames = append(c.Frames, p.Frame)
			points = append(points, probability(p.Score))
		}
		out, frames, chances = append(out, c), append(frames, c.Frames), append(chances, points)
	}
	for i, traits := range count.TraitsOf(frames, chances) {
		out[i].Real = a.Real(traits)
	}
	for _, t := range s.tracks { // the machine took them for something else, or a person drew them frame by frame
		if t.Machine != taxon && t.Taxon == taxon && !t.Single && t.Standing != Rejected {
			c := Weighed{t, count.Candidate{ID: len(out), Said: t.said(taxon), Real: 1}}
			for _, p := range t.Points {
				c.Frames = append(c.Frames, p.Frame)
			}
			out = append(out, c)
		}
	}
	return out
}

// said is what a person said of the track, as of a taxon.
func (t *Track) said(taxon string) count.Said {
	switch {
	case t.Standing == Accepted && t.Taxon == taxon:
		return count.Animal
	case t.Standing == Accepted || t.Standing == Rejected:
		return count.NoAnimal
	}
	return count.Unsaid
}

// Doubt is what is known, and what is not, of a taxon's MaxN: the machine's tracks with what was said of them, the frames
// that were looked at whole, and the visits that people found where the machine had nothing.
func (s *State) Doubt(taxon string, a count.Acuity, every time.Duration, probability func(score float64) float64) count.Doubt {
	d := count.Doubt{Frames: len(s.Frames), Every: every.Seconds(), Acuity: a, Missed: s.missed(taxon)}
	for _, c := range s.Candidates(taxon, a, probability) {
		d.Candidates = append(d.Candidates, c.Candidate)
	}
	frames, numbers := s.Looks(taxon)
	for i := range frames {
		d.Looks = append(d.Looks, count.Look{Frame: frames[i], N: numbers[i]})
	}
	return d
}

// missed gives a frame of each visit that people added box by box. Boxes that follow one another belong to one visit; two in one
// frame to two.
func (s *State) missed(taxon string) []int {
	var boxes []int
	for _, t := range s.tracks {
		if t.Single && t.Taxon == taxon && t.Standing == Accepted {
			boxes = append(boxes, t.Points[0].Frame)
		}
	}
	slices.Sort(boxes)
	var first, last []int // of each visit
	for _, i := range boxes {
		best := -1
		for k := range last {
			if last[k] < i && s.Frames[i].Time-s.Frames[last[k]].Time <= sameVisit && (best < 0 || last[k] > last[best]) {
				best = k
			}
		}
		if best < 0 {
			first, last = append(first, i), append(last, i)
			continue
		}
		last[best] = i
	}
	return first
}

// AsScored takes a detector's scores for chances: where nobody measured what they are worth.
func AsScored(score float64) float64 { return math.Min(math.Max(score, 0), 1) }
