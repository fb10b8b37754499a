package review

import (
	"slices"

	"requin/frame"
)

// pairing is two tracks; which comes first means nothing, unless it is said.
type pairing struct{ a, b *Track }

// areApart tells whether a person said that two tracks are two animals.
func (s *State) areApart(a, b *Track) bool { return s.apart[pairing{a, b}] || s.apart[pairing{b, a}] }

// setApart notes that two tracks are two animals. Under a new count each may be in pieces, and both animals' boxes may find the same pieces,
// since they lay on one another: a piece is of the animal to which it lies nearer. Where nothing is left of one of them nothing is
// noted, and the question is asked again.
func (s *State) setApart(v Verdict) {
	s.paired = append(s.paired, v)
	ones, _ := s.find(v, v.Said.Track, v.Said.Animal)
	others, _ := s.find(v, v.Said.With, v.Said.Other)
	for _, t := range ones {
		for _, o := range others {
			if t == o || slices.Contains(others, t) && s.nearness(t, v.Said.Animal) < s.nearness(t, v.Said.Other) ||
				slices.Contains(ones, o) && s.nearness(o, v.Said.Animal) >= s.nearness(o, v.Said.Other) {
				continue
			}
			s.apart[pairing{t, o}] = true
		}
	}
}

// ruled is a log without the merges that two people agreed are none, and the setting apart that they agreed is none (Said.Reconciled).
func ruled(log []Verdict) []Verdict {
	var rules []Verdict
	for _, v := range log {
		if v.Said.Reconciled && (v.Kind == Merge || v.Kind == Apart) {
			rules = append(slices.DeleteFunc(rules, func(o Verdict) bool { return samePair(o, v) }), v)
		}
	}
	return slices.DeleteFunc(slices.Clone(log), func(v Verdict) bool {
		return (v.Kind == Merge || v.Kind == Apart) && slices.ContainsFunc(rules, func(o Verdict) bool { return o.Kind != v.Kind && samePair(o, v) })
	})
}

// agreeOnPair completes what two people agree on of a pair of tracks that one of them spoke of before: it may not be there any more.
func (s *State) agreeOnPair(v Verdict) (Verdict, bool) {
	for _, o := range s.paired {
		if v.Said.Reconciled && o.Run == v.Run && samePair(o, v) {
			v.Said.Track, v.Said.With = o.Said.Track, o.Said.With
			v.Said.Animal, v.Said.Other, v.Was = o.Said.Animal, o.Said.Other, o.Was
			return v, true
		}
	}
	return v, false
}

// nearness is how well a track lies on sightings: the mean overlap (IoU) at their times, 0 where it is in none.
func (s *State) nearness(t *Track, animal []Sight) float64 {
	sum, n := 0.0, 0.0
	for _, a := range animal {
		if box, ok := s.where(t, a.Time.Duration()); ok {
			sum += frame.IoU(box, a.Box)
			n++
		}
	}
	return sum / max(n, 1)
}

// parted carries over to the later part of a track from what the whole was apart.
func (s *State) parted(t, later *Track) {
	for _, o := range s.tracks {
		if o != t && o != later && s.areApart(t, o) {
			s.apart[pairing{later, o}] = true
		}
	}
}

// joined carries over to a track from what the one that goes into it was apart.
func (s *State) joined(t, gone *Track) {
	for _, o := range s.tracks {
		if o != t && o != gone && s.areApart(gone, o) {
			s.apart[pairing{t, o}] = true
		}
	}
	delete(s.apart, pairing{t, gone})
	delete(s.apart, pairing{gone, t})
}
