package review

import (
	"slices"
	"strings"
	"time"

	"requin/count"
	"requin/frame"
)

// What a verdict was given on is found again as follows. On the same tracks, and for what
// people drew, by its id. Otherwise by its sightings: a track is the animal if it has a box at least one of their times, if at
// half of the times at which it has one they overlap (IoU 0.5), and if half of its own points lie within the time of the
// sightings, so that no verdict reaches far beyond what the person saw.

const (
	mostBridge = 2 * time.Second // between two points closer than this a track is where the straight line is
	someSights = 32              // as many find a track that was not confirmed
)

// sights is where a track lies, for the log: all of it, or some that lie evenly.
func (s *State) sights(t *Track, all bool) []Sight {
	step := 1
	if !all {
		step = (len(t.Points) + someSights - 1) / someSights
	}
	var out []Sight
	for i, p := range t.Points {
		if i%step == 0 || i == len(t.Points)-1 {
			out = append(out, Sight{count.Seconds(s.Frames[p.Frame].Time), rounded(p.Box)})
		}
	}
	return out
}

// known tells whether a verdict's track is found by its id: it was given on these tracks, or a person made the track.
func (s *State) known(v Verdict, id string) bool {
	return v.Run == s.machine.Run || !strings.HasPrefix(id, "t")
}

// find gives the tracks that a verdict was given on, and those of its sightings that none of them has.
func (s *State) find(v Verdict, id string, animal []Sight) (takes []*Track, rest []Sight) {
	if t, ok := s.byID[id]; ok && s.known(v, id) {
		return []*Track{t}, nil
	}
	if len(animal) == 0 {
		return nil, nil
	}
	for _, t := range s.tracks {
		if s.is(t, animal) {
			takes = append(takes, t)
		}
	}
	for _, a := range animal {
		if !slices.ContainsFunc(takes, func(t *Track) bool {
			box, ok := s.where(t, a.Time.Duration())
			return ok && frame.IoU(box, a.Box) >= sameAnimal
		}) {
			rest = append(rest, a)
		}
	}
	return takes, rest
}

// is tells whether a track is the animal of some sightings.
func (s *State) is(t *Track, animal []Sight) bool {
	from, to := animal[0].Time.Duration(), animal[len(animal)-1].Time.Duration()
	within := 0
	for _, p := range t.Points {
		if at := s.Frames[p.Frame].Time; at >= from && at <= to {
			within++
		}
	}
	if 2*within < len(t.Points) {
		return false
	}
	met, hits := 0, 0
	for _, a := range animal {
		if box, ok := s.where(t, a.Time.Duration()); ok {
			met++
			if frame.IoU(box, a.Box) >= sameAnimal {
				hits++
			}
		}
	}
	return hits > 0 && 2*hits >= met
}

// where is a track's box at a time.
func (s *State) where(t *Track, at time.Duration) (frame.Box, bool) {
	n, ok := slices.BinarySearchFunc(t.Points, at, func(p Point, at time.Duration) int {
		return int(min(max(s.Frames[p.Frame].Time-at, -1), 1))
	})
	if ok {
		return t.Points[n].Box, true
	}
	if n == 0 || n == len(t.Points) {
		return frame.Box{}, false
	}
	a, b := s.Frames[t.Points[n-1].Frame].Time, s.Frames[t.Points[n].Frame].Time
	if b-a > mostBridge {
		return frame.Box{}, false
	}
	return blend(t.Points[n-1].Box, t.Points[n].Box, float64(at-a)/float64(b-a)), true
}

// own keeps sightings of an animal that no track has as the person's own.
func (s *State) own(id string, v Verdict, sights []Sight) {
	var points []Point
	for _, a := range sights {
		if i, ok := s.FrameAt(a.Time.Duration()); ok {
			points = append(points, Point{i, a.Box, 1})
		}
	}
	if len(points) == 0 {
		return
	}
	s.cut(points, true)
	s.put(&Track{ID: id, Taxon: v.Said.Taxon, Standing: Accepted, By: v.By, At: v.At, Points: points, Drawn: true, reconciled: v.Said.Reconciled})
}

// cut takes away the machine's boxes on which a person's own lie: they are the same animal. all: those of
// accepted tracks too.
func (s *State) cut(points []Point, all bool) {
	for _, t := range slices.Clone(s.tracks) {
		if t.Drawn || t.Standing == Accepted && !all {
			continue
		}
		kept := t.Points
		for _, p := range points {
			if n, ok := slices.BinarySearchFunc(kept, p.Frame, func(q Point, i int) int { return q.Frame - i }); ok && frame.IoU(kept[n].Box, p.Box) >= sameAnimal {
				kept = slices.Delete(slices.Clone(kept), n, n+1)
			}
		}
		switch {
		case len(kept) == len(t.Points):
		case len(kept) == 0:
			s.drop(t)
		default:
			t.Points = kept
		}
	}
}
