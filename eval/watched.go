package eval

import (
	"slices"
	"strconv"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/track"
	"requin/uncertainty"
)

// Watched is a stretch of held-out video: what is true of each frame that was looked at, and what
// the detector found there.
type Watched struct {
	Name   string
	Site   string         // where it was filmed; "": not known
	Every  time.Duration  // the sampling interval
	Frames []WatchedFrame // in time order
}

// WatchedFrame is one frame of it.
type WatchedFrame struct {
	Time  time.Duration
	Truth []Animal
	Found []detect.Detection
}

// Animal is a true box, and which animal it is of: its number in the video, "" where nobody said.
type Animal struct {
	Truth
	ID string
}

// visitGap is the absence after which an animal's return is another visit. It is the tracker's.
func visitGap() time.Duration { return time.Duration(track.Default().MaxGapS * float64(time.Second)) }

// animalIoU is the overlap from which a detection counts for an animal. Less than for a
// measure of boxes: who reviews a count does not mind how well a box fits.
const animalIoU = 0.3

// visit is one stay of an animal in the picture.
type visit struct {
	frames  []int // in which it is seen, rising
	matched []int // of each, the candidate that has it, by index; -1: none
}

// followed is one taxon of one Watched: visits and candidates, each knowing the other.
type followed struct {
	every      float64 // seconds
	frames     int
	visits     []visit
	candidates []*suspect
	pieces     [][]int // frames of pieces of found visits that no candidate has (fitThere)
}

// suspect is a candidate held against truth.
type suspect struct {
	uncertainty.Candidate
	right   int   // points on an animal
	ignored int   // points on what is neither right nor wrong
	visits  []int // those it has points of
}

func (s *suspect) judged() bool { return s.ignored < len(s.Frames) }
func (s *suspect) last() int    { return s.Frames[len(s.Frames)-1] }
func (s *suspect) real() bool   { return 2*s.right >= len(s.Frames)-s.ignored }

// follow makes candidates of what was found, visits of what is true, and holds one against the other.
func (w Watched) follow(taxon string, least float64, probability func(float64) float64) (*followed, error) {
	proposed, err := uncertainty.Propose(func(yield func(detect.Frame, error) bool) {
		for _, f := range w.Frames {
			if !yield(detect.Frame{Instant: frame.Instant{Time: f.Time}, Detections: f.Found}, nil) {
				return
			}
		}
	}, least)
	if err != nil {
		return nil, err
	}
	out := &followed{every: w.Every.Seconds(), frames: len(w.Frames)}
	visitOf, err := w.visits(taxon, out)
	if err != nil {
		return nil, err
	}
	at := func(p track.Point) (int, bool) { return w.at(p.Time), true }
	for _, c := range uncertainty.Gather(uncertainty.Trails(proposed, taxon, at), probability) {
		out.candidates = append(out.candidates, &suspect{Candidate: c})
	}
	type place struct{ frame, track int }
	boxes := map[place]frame.Box{}
	for _, t := range proposed {
		for _, p := range t.Points {
			boxes[place{w.at(p.Time), t.ID}] = p.Box
		}
	}
	here := make([][]int, len(w.Frames)) // candidates with a point in each frame
	for i, s := range out.candidates {
		for _, at := range s.Frames {
			here[at] = append(here[at], i)
		}
	}
	for at, list := range here {
		var found []frame.Box
		for _, i := range list {
			found = append(found, boxes[place{at, out.candidates[i].ID}])
		}
		w.match(out, taxon, at, list, found, visitOf[at])
	}
	return out, nil
}

// at is the number of the frame of a time.
func (w Watched) at(t time.Duration) int {
	i, _ := slices.BinarySearchFunc(w.Frames, t, func(f WatchedFrame, t time.Duration) int { return int(f.Time - t) })
	return i
}

// visits finds the visits of a taxon, and of each frame's true boxes which visit they are of (-1: they do not count).
func (w Watched) visits(taxon string, into *followed) ([][]int, error) {
	names, err := w.names(taxon)
	if err != nil {
		return nil, err
	}
	type stay struct{ visit, frame int }
	last := map[string]stay{}
	of := make([][]int, len(w.Frames))
	for at, f := range w.Frames {
		of[at] = make([]int, len(f.Truth))
		for k, a := range f.Truth {
			of[at][k] = -1
			if a.Taxon != taxon || a.Ignore || a.Crowd {
				continue
			}
			name := names[at][k]
			l, ok := last[name]
			if !ok || f.Time-w.Frames[l.frame].Time > visitGap() {
				l.visit = len(into.visits)
				into.visits = append(into.visits, visit{})
			}
			v := &into.visits[l.visit]
			if n := len(v.frames); n == 0 || v.frames[n-1] != at {
				v.frames, v.matched = append(v.frames, at), append(v.matched, -1)
				of[at][k] = l.visit
			}
			last[name] = stay{l.visit, at}
		}
	}
	return of, nil
}

// names gives each true box of a taxon the name of its animal. Where nobody named them, the tracker
// follows the true boxes.
func (w Watched) names(taxon string) ([][]string, error) {
	out := make([][]string, len(w.Frames))
	stream := func(yield func(detect.Frame, error) bool) {
		for _, f := range w.Frames {
			frame := detect.Frame{Instant: frame.Instant{Time: f.Time}}
			for _, a := range f.Truth {
				if a.Taxon == taxon && a.ID == "" && !a.Ignore && !a.Crowd {
					frame.Detections = append(frame.Detections, detect.Detection{Box: a.Box, Taxon: taxon, Score: 1})
				}
			}
			if !yield(frame, nil) {
				return
			}
		}
	}
	tracks, err := track.Follow(track.Default(), nil, stream)
	if err != nil {
		return nil, err
	}
	type place struct {
		frame int
		box   frame.Box
	}
	name := map[place]string{}
	for _, t := range tracks {
		for _, p := range t.Points {
			name[place{w.at(p.Time), p.Box}] = "followed " + strconv.Itoa(t.ID)
		}
	}
	for at, f := range w.Frames {
		out[at] = make([]string, len(f.Truth))
		for k, a := range f.Truth {
			if out[at][k] = a.ID; a.ID == "" {
				out[at][k] = name[place{at, a.Box}]
			}
		}
	}
	return out, nil
}

// match pairs the candidates' boxes in a frame with its animals, the greatest overlap first.
func (w Watched) match(f *followed, taxon string, at int, list []int, found []frame.Box, visitOf []int) {
	type pair struct {
		overlap     float64
		here, truth int
	}
	var pairs []pair
	truth := w.Frames[at].Truth
	for h, box := range found {
		for k, a := range truth {
			if a.Taxon == taxon && (visitOf[k] >= 0 || a.Ignore || a.Crowd) {
				if o := frame.IoU(box, a.Box); o >= animalIoU || a.Crowd && o > 0 {
					pairs = append(pairs, pair{o, h, k})
				}
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		ignoredA, ignoredB := visitOf[a.truth] < 0, visitOf[b.truth] < 0
		switch {
		case ignoredA != ignoredB && ignoredB, ignoredA == ignoredB && a.overlap > b.overlap:
			return -1
		case ignoredA == ignoredB && a.overlap == b.overlap:
			return 0
		}
		return 1
	})
	tookHere, tookTruth := map[int]bool{}, map[int]bool{}
	for _, p := range pairs {
		v := visitOf[p.truth]
		if tookHere[p.here] || v >= 0 && tookTruth[p.truth] {
			continue
		}
		tookHere[p.here], tookTruth[p.truth] = true, true
		s := f.candidates[list[p.here]]
		if v < 0 {
			s.ignored++
			continue
		}
		s.right++
		i, _ := slices.BinarySearch(f.visits[v].frames, at)
		f.visits[v].matched[i] = list[p.here]
		if !slices.Contains(s.visits, v) {
			s.visits = append(s.visits, v)
		}
	}
}

// MaxN is the most animals of a taxon that are true of one frame.
func (w Watched) MaxN(taxon string) (most int) {
	for _, f := range w.Frames {
		n := 0
		for _, a := range f.Truth {
			if a.Taxon == taxon && !a.Ignore && !a.Crowd {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
