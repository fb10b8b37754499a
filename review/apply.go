package review

import (
	"slices"
	"strconv"

	"requin/count"
	"requin/frame"
)

// sameAnimal is the least overlap (IoU) of two boxes of one animal.
const sameAnimal = 0.5

// Apply lets a verdict take effect. It is to come after all with lower IDs, and it is for those that Draft made or a log
// holds: one that speaks of nothing that is there changes nothing. Undo and redo are not applied: replay the log.
func (s *State) Apply(v Verdict) {
	switch v.Kind {
	case Accept, Relabel:
		s.confirm(v)
	case Reject, Unsure, Flag, Unflag:
		s.doubt(v)
	case Absent:
		s.absent(v)
	case Add:
		s.add(v)
	case Edit:
		s.edit(v)
	case Delete:
		if t, ok := s.byID[v.Said.Track]; ok && t.Drawn {
			s.drop(t)
		}
	case Split:
		s.split(v)
	case Merge:
		s.merge(v)
	case Apart:
		s.setApart(v)
	case Draw:
		s.draw(v)
	default:
		s.remark(v)
	}
}

// name is the id of what a verdict brought in.
func name(letter string, v Verdict) string { return letter + strconv.FormatInt(v.ID, 10) }

// frameOf is the frame that a verdict speaks of.
func (s *State) frameOf(v Verdict) (int, bool) {
	if v.Said.Time == nil {
		return 0, false
	}
	return s.FrameAt(v.Said.Time.Duration())
}

// judge gives a track a standing, unless what two people agreed on stands there.
func (s *State) judge(t *Track, standing Standing, taxon string, v Verdict) {
	if t.reconciled && !v.Said.Reconciled {
		return
	}
	t.Standing, t.By, t.At, t.reconciled = standing, v.By, v.At, v.Said.Reconciled
	if standing == Accepted {
		t.refused = nil
	}
	if taxon != "" {
		t.Taxon = taxon
	}
}

// confirm accepts an animal. Where no track has it, its boxes stay as the person's own.
func (s *State) confirm(v Verdict) {
	takes, rest := s.find(v, v.Said.Track, v.Said.Animal)
	for _, t := range takes {
		s.judge(t, Accepted, v.Said.Taxon, v)
		for _, p := range t.Points {
			s.reopen(t.Taxon, p.Frame)
		}
	}
	s.own(name("o", v), v, rest)
}

// doubt rejects an animal, leaves it unsure, or flags it.
func (s *State) doubt(v Verdict) {
	if v.Said.Track == "" {
		if i, ok := s.frameOf(v); ok && v.Kind == Flag {
			s.flags[i] = Remark{Frame: i, Kind: Flag, By: v.By, Note: v.Said.Note}
		} else if ok {
			delete(s.flags, i)
		}
		return
	}
	takes, _ := s.find(v, v.Said.Track, v.Said.Animal)
	for _, t := range takes {
		switch v.Kind {
		case Reject:
			if i, ok := s.frameOf(v); ok {
				t.refuse(i)
			}
			s.judge(t, Rejected, "", v)
		case Unsure:
			s.judge(t, Uncertain, "", v)
		default:
			t.Flagged, t.Note = v.Kind == Flag, v.Said.Note
		}
	}
}

// add takes in a box that the machine has not.
func (s *State) add(v Verdict) {
	i, ok := s.frameOf(v)
	if !ok || v.Said.Box == nil {
		return
	}
	s.reopen(v.Said.Taxon, i)
	p := Point{i, frame.Box(*v.Said.Box), 1}
	if takes, _ := s.find(v, v.Said.Track, v.Said.Animal); v.Said.Track != "" && len(takes) > 0 {
		if _, there := takes[0].at(i); !there {
			s.cut([]Point{p}, false)
			takes[0].set(p)
			takes[0].undeny(i)
		}
		return
	}
	s.cut([]Point{p}, false)
	s.put(&Track{ID: name("b", v), Taxon: v.Said.Taxon, Standing: Accepted, By: v.By, At: v.At, Points: []Point{p}, Drawn: true, Single: true})
}

// set puts a point in its place.
func (t *Track) set(p Point) {
	i, ok := t.at(p.Frame)
	if !ok {
		t.Points = slices.Insert(slices.Clone(t.Points), i, p)
		return
	}
	t.Points = slices.Clone(t.Points)
	t.Points[i] = p
}

// edit moves a box.
func (s *State) edit(v Verdict) {
	i, ok := s.frameOf(v)
	if !ok || v.Said.Box == nil {
		return
	}
	p := Point{i, frame.Box(*v.Said.Box), 1}
	takes, _ := s.find(v, v.Said.Track, v.Said.Animal)
	switch {
	case len(takes) > 0 && len(takes[0].Keys) > 0:
		t := takes[0]
		at := count.Seconds(s.Frames[i].Time)
		t.Keys = slices.DeleteFunc(slices.Clone(t.Keys), func(k Key) bool { return k.Time == at })
		t.Keys = append(t.Keys, Key{Time: at, Box: *v.Said.Box})
		slices.SortFunc(t.Keys, func(a, b Key) int { return int(min(max(a.Time-b.Time, -1), 1)) })
		t.Points = s.between(t.Keys)
	case len(takes) > 0:
		if n, there := takes[0].at(i); there {
			p.Score = takes[0].Points[n].Score
			takes[0].set(p)
		}
	case v.Was.Standing == Accepted:
		s.cut([]Point{p}, true)
		s.put(&Track{ID: name("o", v), Taxon: v.Said.Taxon, Standing: Accepted, By: v.By, At: v.At, Points: []Point{p}, Drawn: true})
	}
}

// split makes another animal of a track from a frame on.
func (s *State) split(v Verdict) {
	if v.Said.Time == nil {
		return
	}
	takes, _ := s.find(v, v.Said.Track, v.Said.Animal)
	for _, t := range takes {
		n := slices.IndexFunc(t.Points, func(p Point) bool { return s.Frames[p.Frame].Time >= v.Said.Time.Duration() })
		switch {
		case n == 0: // another count split it there, too
			s.byID[name("s", v)] = t
			return
		case n > 0:
			later := *t
			later.ID, later.Points, later.Keys = name("s", v), slices.Clone(t.Points[n:]), nil
			before := func(p Point) bool { return s.Frames[p.Frame].Time < v.Said.Time.Duration() }
			later.Denied = slices.DeleteFunc(slices.Clone(t.Denied), before)
			t.Denied = slices.DeleteFunc(slices.Clone(t.Denied), func(p Point) bool { return !before(p) })
			t.Points, t.Keys = slices.Clone(t.Points[:n]), nil
			s.put(&later)
			s.parted(t, &later)
			return
		}
	}
}

// merge makes one animal of two. Where both are in a frame the first one's box is kept; if a
// person confirmed either, that holds for both.
func (s *State) merge(v Verdict) {
	s.paired = append(s.paired, v)
	into, _ := s.find(v, v.Said.Track, v.Said.Animal)
	with, _ := s.find(v, v.Said.With, v.Said.Other)
	if len(into) == 0 || len(with) == 0 || into[0] == with[0] {
		return
	}
	t, o := into[0], with[0]
	s.joined(t, o)
	s.drop(o)
	for _, p := range o.Points {
		if _, there := t.at(p.Frame); !there {
			t.set(p)
		}
	}
	for _, p := range o.Denied {
		t.deny(p)
	}
	t.Keys, t.Single = nil, false
	if o.Standing == Accepted && t.Standing != Accepted {
		t.Standing, t.Taxon, t.By, t.At = Accepted, o.Taxon, o.By, o.At
	}
	t.Flagged = t.Flagged || o.Flagged
}

// draw takes in a track by its key frames, or others in their place.
func (s *State) draw(v Verdict) {
	points := s.between(v.Said.Keys)
	if len(points) == 0 {
		return
	}
	t, ok := s.byID[v.Said.Track]
	s.cut(points, false)
	if !ok || !t.Drawn {
		s.put(&Track{ID: name("d", v), Taxon: v.Said.Taxon, Standing: Accepted, By: v.By, At: v.At, Points: points, Keys: v.Said.Keys, Drawn: true})
		return
	}
	t.Points, t.Keys, t.Single = points, v.Said.Keys, false
	s.judge(t, Accepted, v.Said.Taxon, v)
}

// between is where a track drawn by key frames is: at a key frame its box; between two on the straight line from
// one to the other, corner by corner; nowhere before the first, after the last and while it is outside. (The rule of
// annotate.Between, in time.)
func (s *State) between(keys []Key) []Point {
	var out []Point
	for i, f := range s.Frames {
		at := count.Seconds(f.Time)
		after, _ := slices.BinarySearchFunc(keys, at, func(k Key, at count.Seconds) int {
			if k.Time > at {
				return 1
			}
			return -1
		})
		if after == 0 {
			continue
		}
		from := keys[after-1]
		switch {
		case from.Outside:
			continue
		case from.Time == at:
			out = append(out, Point{i, frame.Box(from.Box), 1})
			continue
		case after == len(keys):
			continue
		}
		to := keys[after]
		if to.Outside {
			to.Box = from.Box
		}
		share := float64(at-from.Time) / float64(to.Time-from.Time)
		out = append(out, Point{i, rounded(blend(frame.Box(from.Box), frame.Box(to.Box), share)), 1})
	}
	return out
}

// blend is the box that lies the share of the way from one to another.
func blend(a, b frame.Box, share float64) frame.Box {
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	return frame.Box{X0: mix(a.X0, b.X0), Y0: mix(a.Y0, b.Y0), X1: mix(a.X1, b.X1), Y1: mix(a.Y1, b.Y1)}
}

// remark notes what is said of a frame.
func (s *State) remark(v Verdict) {
	i, ok := s.frameOf(v)
	if !ok {
		return
	}
	switch v.Kind {
	case Looked:
		for _, taxon := range v.Said.Taxa {
			if s.looked[taxon] == nil {
				s.looked[taxon] = map[int]string{}
			}
			s.looked[taxon][i] = v.By
			s.endorse(taxon, i, v)
		}
		for _, t := range s.tracks {
			if n, here := t.at(i); here && t.Standing == Open && slices.Contains(v.Said.Taxa, t.Taxon) && !s.endorsed(t, i) {
				s.overlooked(t, n, v)
			}
		}
	case Count:
		if v.Said.N == nil {
			return
		}
		if v.Said.Again && v.Said.Blind {
			s.again(i, v)
			return
		}
		delete(s.seconds[v.Said.Taxon], i) // which is right is said
		if s.counted[v.Said.Taxon] == nil {
			s.counted[v.Said.Taxon] = map[int]Remark{}
		}
		if s.counted[v.Said.Taxon][i].agreed && !v.Said.Reconciled {
			return
		}
		delete(s.saw[v.Said.Taxon], i) // their own number
		s.counted[v.Said.Taxon][i] = Remark{Frame: i, Kind: Count, By: v.By, Taxon: v.Said.Taxon, N: *v.Said.N, settled: v.Said.Reconciled || v.Said.Again, agreed: v.Said.Reconciled}
	case Note:
		s.notes = append(s.notes, Remark{Frame: i, Kind: Note, By: v.By, Note: v.Said.Note})
	}
}

// reopen lets a frame's boxes count again beside the number that one person settled on, for one was confirmed there since.
func (s *State) reopen(taxon string, i int) {
	if r, ok := s.counted[taxon][i]; ok && r.settled && !r.agreed {
		r.settled = false
		s.counted[taxon][i] = r
	}
}

// overlooked is what a look says of an open track's n-th point: it is none, here or, where the verdict means the whole, at all.
func (s *State) overlooked(t *Track, n int, v Verdict) {
	p := t.Points[n]
	if v.Said.Spares && s.Doubtful(t) != "" {
		t.deny(p)
		t.Points = slices.Delete(slices.Clone(t.Points), n, n+1)
		return
	}
	t.refuse(p.Frame)
	s.judge(t, Rejected, "", v)
}
