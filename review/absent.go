package review

import (
	"slices"

	"requin/frame"
)

// absent takes a track's box out of a frame, and leaves the rest of the track as it was. Where that was its only box nothing
// of it is left: it is rejected, and keeps the box by which it can be found. Under a new count the box is found by where it lay.
func (s *State) absent(v Verdict) {
	i, ok := s.frameOf(v)
	if !ok {
		return
	}
	for _, t := range s.having(v, i) {
		if t.reconciled && !v.Said.Reconciled {
			continue
		}
		n, here := t.at(i)
		if !here {
			continue
		}
		if len(t.Points) == 1 {
			t.refuse(i)
			s.judge(t, Rejected, "", v)
			continue
		}
		t.deny(t.Points[n])
		t.Points, t.Keys = slices.Delete(slices.Clone(t.Points), n, n+1), nil
	}
}

// having are the tracks that a verdict on one box speaks of: the one of its id, or those of another count whose box in that frame lies
// on the one that was seen.
func (s *State) having(v Verdict, i int) []*Track {
	if t, ok := s.byID[v.Said.Track]; ok && s.known(v, v.Said.Track) {
		return []*Track{t}
	}
	if v.Said.Box == nil {
		return nil
	}
	return slices.DeleteFunc(s.In(i), func(t *Track) bool {
		p, _ := t.In(i)
		return frame.IoU(p.Box, frame.Box(*v.Said.Box)) < sameAnimal
	})
}

// deny notes a box that a person said is none.
func (t *Track) deny(p Point) {
	t.Denied = append(slices.Clone(t.Denied), p)
	slices.SortFunc(t.Denied, func(a, b Point) int { return a.Frame - b.Frame })
}

// undeny forgets that in a frame, where somebody has put a box since.
func (t *Track) undeny(i int) {
	t.Denied = slices.DeleteFunc(slices.Clone(t.Denied), func(p Point) bool { return p.Frame == i })
}

// refuse notes the frame at which the whole track was rejected.
func (t *Track) refuse(i int) {
	if !slices.Contains(t.refused, i) {
		t.refused = append(slices.Clone(t.refused), i)
	}
}

// DeniedIn are the frames in which a person said that this is not the animal, rising: those out of which its box was cut and, while it
// is rejected, the ones at which that was said. A track that was rejected from afar has none.
func (t *Track) DeniedIn() []int {
	var out []int
	for _, p := range t.Denied {
		out = append(out, p.Frame)
	}
	if t.Standing == Rejected {
		out = append(out, t.refused...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
