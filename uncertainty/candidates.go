package uncertainty

import (
	"iter"
	"math"
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

// Trail is where something was detected that may be one animal: the points of a proposed track, or of one as a
// review leaves it.
type Trail struct {
	ID     int
	Frames []int     // as Candidate has them
	Scores []float64 // of the detection in each
}

// Trails are those of a taxon among proposed tracks. at gives a point's place among the frames
// that were looked at, false for one that does not count (out of the period). A track of which no point counts is left out.
func Trails(proposed []track.Track, taxon string, at func(track.Point) (int, bool)) (out []Trail) {
	for _, t := range proposed {
		if t.Taxon != taxon {
			continue
		}
		trail := Trail{ID: t.ID}
		for _, p := range t.Points {
			if i, ok := at(p); ok {
				trail.Frames, trail.Scores = append(trail.Frames, i), append(trail.Scores, float64(p.Score))
			}
		}
		if len(trail.Frames) > 0 {
			out = append(out, trail)
		}
	}
	return out
}

// Gather makes candidates of a taxon's trails in one deployment, all of them, for company tells. probability turns a score
// into the chance that the detection is right. How likely each is an animal is yet to be said (Grounds.Candidates).
func Gather(trails []Trail, probability func(score float64) float64) []Candidate {
	all := map[int]float64{} // of each frame, the probabilities together
	chances := make([][]float64, len(trails))
	for i, t := range trails {
		for k, score := range t.Scores {
			p := probability(score)
			chances[i] = append(chances[i], p)
			all[t.Frames[k]] += p
		}
	}
	out := make([]Candidate, len(trails))
	for i, t := range trails {
		own, others := 0.0, 0.0
		for k, p := range chances[i] {
			own += p
			others += all[t.Frames[k]] - p
		}
		n := float64(max(len(t.Frames), 1))
		out[i] = Candidate{ID: t.ID, Frames: t.Frames, Traits: Traits{Odds: logit(own / n), Points: len(t.Frames), Company: math.Max(0, others) / n}}
	}
	return out
}
