package review

import (
	"math"
	"slices"
	"time"

	"requin/uncertainty"
)

// Weighed is a track and what count makes of it.
type Weighed struct {
	*Track
	uncertainty.Candidate
}

// Candidates are the tracks that are, were or may be animals of a taxon, as chance has them. probability turns a
// score into the chance that a detection is right.
func (s *State) Candidates(taxon string, a uncertainty.Detectability, probability func(score float64) float64) []Weighed {
	var out []Weighed
	var frames [][]int
	var chances [][]float64
	for _, t := range s.tracks {
		if t.Machine != taxon {
			continue
		}
		c := Weighed{t, uncertainty.Candidate{ID: len(out), Said: t.said(taxon)}}
		var points []float64
		for _, p := range t.Points {
			c.Frames = append(c.Frames, p.Frame)
			points = append(points, probability(p.Score))
		}
		out, frames, chances = append(out, c), append(frames, c.Frames), append(chances, points)
	}
	for i, traits := range uncertainty.TraitsOf(frames, chances) {
		out[i].Real = a.Real(traits)
	}
	looks, _ := s.Looks(taxon)   // single boxes in them are in their numbers
	for _, t := range s.tracks { // the machine took them for something else, or a person drew them
		if t.Machine != taxon && t.Taxon == taxon && t.Standing != Rejected && !(t.Single && slices.Contains(looks, t.Points[0].Frame)) {
			c := Weighed{t, uncertainty.Candidate{ID: len(out), Said: t.said(taxon), Real: 1, Drawn: true}}
			for _, p := range t.Points {
				c.Frames = append(c.Frames, p.Frame)
			}
			out = append(out, c)
		}
	}
	return out
}

// said is what a person said of the track, as of a taxon.
func (t *Track) said(taxon string) uncertainty.Said {
	switch {
	case t.Standing == Accepted && t.Taxon == taxon:
		return uncertainty.Animal
	case t.Standing == Accepted || t.Standing == Rejected:
		return uncertainty.NoAnimal
	}
	return uncertainty.Unsaid
}

// Doubt is what is known, and what is not, of a taxon's MaxN: the machine's tracks with what was said of them, the frames
// that were looked at whole.
func (s *State) Doubt(taxon string, a uncertainty.Detectability, every time.Duration, probability func(score float64) float64) uncertainty.Observations {
	d := uncertainty.Observations{Frames: len(s.Frames), Every: every.Seconds(), Detectability: a}
	for _, c := range s.Candidates(taxon, a, probability) {
		d.Candidates = append(d.Candidates, c.Candidate)
	}
	frames, numbers := s.Looks(taxon)
	for i := range frames {
		d.Looks = append(d.Looks, uncertainty.Look{Frame: frames[i], N: numbers[i]})
	}
	return d
}

// AsScored takes a detector's scores for chances: where nobody measured what they are worth.
func AsScored(score float64) float64 { return math.Min(math.Max(score, 0), 1) }
