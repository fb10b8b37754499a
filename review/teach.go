package review

import (
	"fmt"
	"slices"
)

// Lesson is a frame that teaches a detector something if its animals are marked.
type Lesson struct {
	Frame  int
	Score  float64
	Reason string
}

// What a frame teaches: of an animal that was missed between two sightings most, as much of a track that is as likely as not, and of
// what was taken for an animal as much as it was believed.
const (
	missedHere = 1.0
	unsureHere = 1.0
	wrongHere  = 1.0
	// apart is how many frames lie between two lessons at least: neighbours show the same.
	apart = 10
	// longestHole is how many frames in a row an animal may be missed and still be looked for there.
	longestHole = 5
)

// lesson is what one track adds to a frame.
type lesson struct {
	track *Track
	worth float64
	why   string
}

// Teach gives up to n frames that are worth marking, the best first: where the machine missed what it saw before and after,
// where it is uncertain (4p(1-p), p from chance), and where it was wrong. What a track teaches again and again counts half each
// time (uncertainty sampling, Lewis & Gale 1994, with a price on repetition). Frames that were looked at whole are left out.
func (s *State) Teach(n int, chance func(*Track) float64) []Lesson {
	in := make([][]lesson, len(s.Frames))
	for _, t := range s.tracks {
		s.lessons(t, chance(t), in)
	}
	done := map[int]bool{}
	for _, frames := range s.looked {
		for i := range frames {
			done[i] = true
		}
	}
	taught := map[*Track]float64{}
	weight := func(l lesson) float64 {
		if f, ok := taught[l.track]; ok {
			return l.worth * f
		}
		return l.worth
	}
	var out []Lesson
	for len(out) < n {
		best, most := -1, 0.05
		for i, list := range in {
			sum := 0.0
			for _, l := range list {
				sum += weight(l)
			}
			if sum > most && !done[i] && !slices.ContainsFunc(out, func(o Lesson) bool { return max(i-o.Frame, o.Frame-i) < apart }) {
				best, most = i, sum
			}
		}
		if best < 0 {
			return out
		}
		top := slices.MaxFunc(in[best], func(a, b lesson) int {
			switch x, y := weight(a), weight(b); {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
		out = append(out, Lesson{best, most, fmt.Sprintf("%s (%s)", top.why, top.track.Taxon)})
		for _, l := range in[best] {
			if _, ok := taught[l.track]; !ok {
				taught[l.track] = 1
			}
			taught[l.track] /= 2
		}
	}
	return out
}

// lessons adds what a track teaches to its frames.
func (s *State) lessons(t *Track, p float64, in [][]lesson) {
	if t.Drawn {
		return
	}
	for n, x := range t.Points {
		switch {
		case t.Standing == Rejected && x.Score > 0:
			in[x.Frame] = append(in[x.Frame], lesson{t, wrongHere * x.Score, "the machine was wrong here"})
		case t.Standing == Open || t.Standing == Uncertain:
			in[x.Frame] = append(in[x.Frame], lesson{t, unsureHere * 4 * p * (1 - p), "the machine is uncertain here"})
		}
		if n == 0 || t.Standing == Rejected || x.Frame-t.Points[n-1].Frame > longestHole+1 {
			continue
		}
		for i := t.Points[n-1].Frame + 1; i < x.Frame; i++ {
			in[i] = append(in[i], lesson{t, missedHere * p, "the machine missed here what it saw before and after"})
		}
	}
}
