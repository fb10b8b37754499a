package uncertainty

import (
	"math/rand/v2"
	"sort"
)

// candidate is a Candidate made ready.
type candidate struct {
	odds          float64
	real          []float64 // chance that it is an animal, at each of the deployment's shifts
	said          Said
	drawn         bool
	runs          []span // of frames with a point, or in which a person saw it
	holes         []hole // between them
	before, after int    // how many frames it may have been there unseen, as far as looks allow
	head, tail    int    // of a draw: from when to when its animal is there
	rest          []span // of one that is no animal: its runs away from where a person said so
}

// hole is frames between two points of a candidate. there is the chance, from 0 to 1, that the animal is in it, where looks
// tell; -1: they do not.
type hole struct {
	span
	there float64
}

func (c *candidate) first() int { return c.runs[0].from }
func (c *candidate) last() int  { return c.runs[len(c.runs)-1].to }

// begin is its first frame; that of one without any comes first.
func (c *candidate) begin() int {
	if len(c.runs) == 0 {
		return -1
	}
	return c.first()
}

// point tells whether it has a point in a frame.
func (c *candidate) point(t int) bool {
	i := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].to > t })
	return i < len(c.runs) && c.runs[i].from <= t
}

// add makes a candidate ready.
func (s *sampler) add(c Candidate) {
	ready := candidate{odds: logit(c.Real), said: c.Said, drawn: c.Drawn}
	for _, t := range c.Frames {
		if t < 0 || t >= s.frames {
			continue
		}
		if c.Said != NoAnimal {
			s.points[t]++
		}
		if c.Said == Unsaid {
			s.open[t]++
		}
		if n := len(ready.runs); n > 0 && ready.runs[n-1].to == t {
			ready.runs[n-1].to++
			continue
		} else if n > 0 {
			ready.holes = append(ready.holes, hole{span{ready.runs[n-1].to, t}, -1})
		}
		ready.runs = append(ready.runs, span{t, t + 1})
	}
	if c.Said == NoAnimal {
		ready.rest = away(ready.runs, c.Denied, s.gap)
	}
	if len(ready.runs) > 0 {
		s.longest = max(s.longest, ready.last()-ready.first())
	}
	if len(ready.runs) > 0 || c.Said != Unsaid { // one that was spoken of tells of the others wherever it was
		s.list = append(s.list, ready)
	}
}

// away are the parts of runs that lie further than gap from the frames at which a person said that nothing is there; none
// where it is not known at which frame that was said.
func away(runs []span, denied []int, gap int) (rest []span) {
	if len(denied) == 0 {
		return nil
	}
	for _, r := range runs {
		parts := []span{r}
		for _, t := range denied {
			var left []span
			for _, p := range parts {
				if a := (span{p.from, min(p.to, t-gap)}); a.from < a.to {
					left = append(left, a)
				}
				if b := (span{max(p.from, t+gap+1), p.to}); b.from < b.to {
					left = append(left, b)
				}
			}
			parts = left
		}
		rest = append(rest, parts...)
	}
	return rest
}

// evidenceSamples is how many draws a mean number of arrivals is of.
const evidenceSamples = 250

// evidence is what this deployment tells of the others. It has draws of its own, so that it is the same whatever those tell: else
// two deployments would change one another's for ever.
func (s *sampler) evidence(seed uint64) Evidence {
	s.rng = rand.New(rand.NewPCG(seed, 0xe71d))
	came := 0
	for range evidenceSamples {
		s.comes, s.goes, s.overlooked = s.comes[:0], s.goes[:0], s.overlooked[:0]
		_, coming := s.found()
		came += coming
	}
	return Evidence{Found: float64(came) / evidenceSamples, Met: s.met.arrivals, Covered: s.hidden.away, Hours: s.hours}
}

// found draws which candidates are animals, and where those are. It gives those with which the machine found a visit, and how many
// arrivals these make.
func (s *sampler) found() (list []*candidate, arrivals int) {
	u := min(sort.SearchFloat64s(s.shiftTo, s.rng.Float64()*s.shiftTo[len(s.shiftTo)-1]), len(s.shiftTo)-1)
	s.real = s.real[:0]
	came := s.arrivals()
	for i := range s.list {
		c := &s.list[i]
		if len(c.runs) == 0 || c.said == Unsaid && s.rng.Float64() >= c.real[u] {
			continue
		}
		if c.said == NoAnimal {
			s.denied(c, u)
			continue
		}
		c.head, c.tail = c.first()-min(s.geometric(s.edge), c.before), c.last()+min(s.geometric(s.edge), c.after)
		piece := s.follows(c)
		s.real = append(s.real, c)
		if c.drawn || piece {
			continue
		}
		list = append(list, c)
		came.take(c)
	}
	for _, c := range s.real {
		s.around(c)
	}
	return list, came.n
}

// arrivals counts the arrivals that candidates make, which are taken in the order in which they begin.
type arrivals struct{ n, last, gap int }

func (s *sampler) arrivals() arrivals { return arrivals{last: -1 << 30, gap: s.gap} }

func (a *arrivals) take(c *candidate) {
	if c.first()-a.last > a.gap {
		a.n++
	}
	a.last = c.first()
}

// denied draws where an animal is all the same of a candidate that a person said is none.
func (s *sampler) denied(c *candidate, u int) {
	if s.reader.Added > 0 && s.rng.Float64() < s.reader.Added*c.real[u] { // it was misnamed
		for _, r := range c.runs {
			s.present(r)
			s.overlooked = append(s.overlooked, r)
		}
		return
	}
	if len(c.rest) > 0 && s.rng.Float64() < s.detectability.Stray {
		for _, r := range c.rest {
			s.present(r)
		}
	}
}

// follows draws whether a candidate is a further piece of the visit of the one that ended last before it: then the animal is not
// there twice between them.
func (s *sampler) follows(c *candidate) bool {
	var before *candidate
	for k := len(s.real) - 1; k >= 0 && s.real[k].first() >= c.first()-s.pieces-s.longest; k-- {
		if p := s.real[k]; p.last() <= c.first() && (before == nil || p.last() > before.last()) {
			before = p
		}
	}
	if before == nil || c.first()-before.last() > s.pieces || s.rng.Float64() >= s.detectability.Same {
		return false
	}
	before.tail = min(before.tail, c.first())
	c.head = max(c.head, before.tail)
	return true
}

// around puts the animal of a candidate where it is: at its points, in its holes, before and after.
func (s *sampler) around(c *candidate) {
	for _, r := range c.runs {
		s.present(r)
	}
	for _, h := range c.holes {
		chance := h.there
		if chance < 0 {
			chance = s.detectability.Hole
		}
		if s.rng.Float64() < chance {
			s.present(h.span)
		}
	}
	s.present(span{c.head, c.first()})
	s.present(span{c.last(), c.tail})
}

// companions draws visits that were missed beside those that were found. One that a look met is among those that are met.
func (s *sampler) companions(found []*candidate, each float64) {
	for range s.poisson(each * float64(len(found))) {
		if v := s.companion(found[s.rng.IntN(len(found))]); v.from < v.to && !s.looked(v) {
			s.present(v)
		}
	}
}

// companion draws a visit that was missed beside one that was found: half of them begin with the arrival, the others at any time that it lasts.
func (s *sampler) companion(c *candidate) span {
	length := s.visits[s.rng.IntN(len(s.visits))]
	from := c.first() + s.rng.IntN(2*s.gap+1) - s.gap
	if s.rng.IntN(2) == 0 {
		from = c.first() - length + 1 + s.rng.IntN(c.last()-c.first()+length-1)
	}
	return s.within(span{from, from + length})
}
