package uncertainty

import (
	"iter"
	"slices"

	"requin/detect"
	"requin/track"
)

// Least is the lowest score of the detections that candidates are made of, unless told otherwise.
const Least = 0.1

// Propose follows all detections with at least a score: each is in one of the tracks, and
// none is left out for being weak. These are the candidates that Detectability speaks of.
func Propose(frames iter.Seq2[detect.Frame, error], least float64) ([]track.Track, error) {
	weak := func(d detect.Detection) bool { return float64(d.Score) < least }
	return track.Follow(track.Default(), nil, func(yield func(detect.Frame, error) bool) {
		for f, err := range frames {
			if err == nil && slices.ContainsFunc(f.Detections, weak) {
				f.Detections = slices.DeleteFunc(slices.Clone(f.Detections), weak)
			}
			if !yield(f, err) {
				return
			}
		}
	})
}

// Weigh gives the proposed tracks of a taxon as candidates. at gives a point's place among the frames
// that were looked at, false for one that does not count (out of the period); probability turns a
// score into the chance that the detection is right.
func (a Detectability) Weigh(proposed []track.Track, taxon string, at func(track.Point) (int, bool), probability func(score float64) float64) []Candidate {
	var out []Candidate
	var places [][]int
	var probabilities [][]float64
	for _, t := range proposed {
		if t.Taxon != taxon {
			continue
		}
		c := Candidate{ID: t.ID}
		var points []float64
		for _, p := range t.Points {
			if i, ok := at(p); ok {
				c.Frames = append(c.Frames, i)
				points = append(points, probability(float64(p.Score)))
			}
		}
		if len(points) > 0 {
			out, places, probabilities = append(out, c), append(places, c.Frames), append(probabilities, points)
		}
	}
	for i, t := range TraitsOf(places, probabilities) {
		out[i].Real = a.Real(t)
	}
	return out
}
