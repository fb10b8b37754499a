package uncertainty

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// found is a missed visit that a person found: the frames from the first look that has it to the last, and
// within which frames it must lie, because looks before and after do not have it.
type found struct {
	span
	least, most int
}

// hiddenAt is a look and how many animals are in it that no candidate has there.
type hiddenAt struct{ frame, n int }

// learn takes from the looks what they tell of what is unseen: of each how many animals have no point of a
// candidate in it, hence which holes are filled, which visits were missed, and whether there is more of that
// in this deployment than usual. By how much more is gamma, with the mean 1 and the detectability's Shape; what is unseen
// comes by Poisson's law; so after looks that would meet E stretches of it as a rule and met U, it is gamma with Shape + U
// and Shape + E.
func (s *sampler) learn(gap int) {
	var looks, rest []hiddenAt
	for _, t := range slices.Sorted(maps.Keys(s.looks)) {
		n := s.looks[t] // that no candidate has, be it drawn
		drawn := 0
		var over []*hole
		for i := range s.list {
			c := &s.list[i]
			if c.said != Animal {
				continue
			}
			if slices.ContainsFunc(c.runs, func(r span) bool { return r.from <= t && t < r.to }) {
				n--
				if c.drawn {
					drawn++
				}
			}
			for k := range c.holes {
				if h := &c.holes[k]; h.from <= t && t < h.to {
					over = append(over, h)
				}
			}
		}
		n = max(0, n)
		looks = append(looks, hiddenAt{t, n + drawn})
		for _, h := range over {
			h.there = math.Max(h.there, math.Min(1, float64(n)/float64(len(over))))
		}
		rest = append(rest, hiddenAt{t, max(0, n-len(over))})
	}
	s.found = findings(rest, gap, s.frames)
	s.unseen = distuv.Gamma{Alpha: s.detectability.Shape, Beta: s.detectability.Shape, Src: s.rng}
	if len(looks) == 0 {
		return
	}
	met, usual := s.unseenIn(looks)
	shape := s.detectability.Shape
	if met > usual { // the footage is not like that which detectability was measured on: what was measured weighs less
		shape = math.Min(shape, surprised)
	}
	s.unseen.Alpha, s.unseen.Beta = shape+met, shape+usual
}

// surprised is the most that the measured detectability weighs, in unseen animals, against looks that find more of them than
// they should.
const surprised = 0.1

// unseenIn is how many unseen animals the looks found, and how many they would find as a rule, by some draws. Looks that
// lie within the length of a visit tell the same, and share one vote.
func (s *sampler) unseenIn(looks []hiddenAt) (met, usual float64) {
	const tries = 200
	there := make([]int, s.frames+1)
	for range tries {
		s.eachReal(func(*candidate) {}, func(v span, _ bool) {
			there[max(0, v.from)]++
			there[min(s.frames, v.to)]--
		}, 1)
	}
	for t := 1; t < s.frames; t++ {
		there[t] += there[t-1]
	}
	length := s.longer[len(s.longer)-1] / len(s.longer)
	for _, l := range looks {
		from, to := max(0, l.frame-length/2), min(s.frames, l.frame-length/2+length)
		vote := 1 / math.Max(1, float64(s.lookedTo[to]-s.lookedTo[from]))
		met += vote * float64(l.n)
		usual += vote * float64(there[l.frame]) / tries
	}
	return met, usual
}

// findings makes visits of what looks found that no candidate has. An animal found in a look is the one found in the look
// before, where that is at most gap frames earlier and found as many.
//
// Worked example, gap 5: looks at 10 (1 animal), 12 (2), 14 (1), 30 (1). The one of 10 goes on to 14; a second is seen at 12 alone;
// that of 30 is a third. looks are in the order of their frames.
func findings(looks []hiddenAt, gap, frames int) (all []found) {
	var open []int // visits that the look before has, the earliest first
	before := -1
	for _, l := range looks {
		if l.frame-before > gap {
			open = nil
		}
		open = open[:min(len(open), l.n)]
		for _, k := range open {
			all[k].to = l.frame + 1
		}
		for len(open) < l.n {
			open = append(open, len(all))
			all = append(all, found{span{l.frame, l.frame + 1}, before + 1, frames})
		}
		before = l.frame
	}
	for k := range all { // each ends before the next look that does not have it
		for _, l := range looks {
			if l.frame >= all[k].to && l.frame < all[k].most {
				all[k].most = l.frame
			}
		}
	}
	return all
}

// auditCells is into how many stretches of equal length a deployment is cut, in each of which somebody has to look at a frame
// without a detection: that is where a detector that misses animals is found out, for the suggestions go where it saw something.
const auditCells = 5

// audits are the frames still to be looked at for that, the ones nearest to the middle of their stretch that have
// no candidate. A stretch that has candidates in all frames needs none.
func (s *sampler) audits() (out []Suggestion) {
	for cell := range auditCells {
		from, to := s.frames*cell/auditCells, s.frames*(cell+1)/auditCells
		best, done := -1, from == to
		for t := from; t < to; t++ {
			if s.points[t] > 0 {
				continue
			}
			if _, looked := s.looks[t]; looked {
				done = true
			}
			if middle := (from + to) / 2; best < 0 || max(t-middle, middle-t) < max(best-middle, middle-best) {
				best = t
			}
		}
		if !done && best >= 0 {
			out = append(out, Suggestion{Frame: best, Open: int(s.open[best])})
		}
	}
	return out
}
