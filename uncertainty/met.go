package uncertainty

import (
	"math"
	"slices"
	"sort"
)

// meeting is a look that has animals which no candidate has, or one before or after such.
type meeting struct {
	frame, n int
	stays    []float64 // cumulative chances that 0, 1 ... of those in the meeting before are still there
}

// met is what looks found that the machine did not.
type met struct {
	list     []meeting
	arrivals float64 // how many arrivals they are, beside which nothing was found
	lengths  []int   // of visits, frames; a long one is met more readily
	longer   []int   // cumulative
	shapes   [][]int // of arrivals: the lengths of their visits, frames
	longest  int
	sizes    []float64              // chances that an arrival is of 1, 2 ... animals: index 0 is of one
	drawn    []int                  // the arrival that was drawn last
	schooled []int                  // lengths of visits of arrivals of several animals; of any where there are none
	ways     map[comingKey][]coming // in which animals that looks met may have come
}

// hear takes from the looks what they tell of what the machine did not find: of each how many animals have no point of a
// candidate in it. Those are, first, candidates' own animals, in a hole or before or after their points; then
// companions, where a candidate is there; then arrivals of which nothing was found.
func (s *sampler) hear() {
	s.bound()
	var companions float64
	var list []meeting
	for _, t := range s.order {
		n := s.looks[t].N
		for i := range s.list {
			if c := &s.list[i]; c.said == Animal && len(c.runs) > 0 && c.point(t) {
				n--
			}
		}
		n = s.inHoles(t, max(0, n))
		n = s.atEnds(t, n)
		list = append(list, meeting{frame: t, n: n})
	}
	s.met.list = list
	s.met.prepare(s)
	for i := range list {
		if fresh := s.met.fresh(i); s.isBeside(list[i].frame) {
			companions += fresh
		} else {
			s.met.arrivals += math.Min(1, fresh)
		}
	}
	drawn := s.arrivals()
	for i := range s.list {
		if c := &s.list[i]; c.drawn && c.said == Animal && len(c.runs) > 0 {
			drawn.take(c)
		}
	}
	s.met.arrivals += float64(drawn.n)
	s.learn(companions)
}

// isBeside tells whether an animal that a look at the frame meets, and that the machine did not find, may be beside one that it found.
func (s *sampler) isBeside(t int) bool {
	return slices.ContainsFunc(s.list, func(c candidate) bool {
		return c.said == Animal && !c.drawn && len(c.runs) > 0 && c.first()-s.gap <= t && t < c.last()+s.gap
	})
}

// bound says how far before its first point and after its last a candidate's animal may be there: to the next look.
func (s *sampler) bound() {
	looks := s.order
	for i := range s.list {
		c := &s.list[i]
		if len(c.runs) == 0 {
			continue
		}
		k, _ := slices.BinarySearch(looks, c.first())
		if c.before = c.first(); k > 0 {
			c.before = c.first() - looks[k-1] - 1
		}
		k, _ = slices.BinarySearch(looks, c.last())
		if c.after = s.frames - c.last(); k < len(looks) {
			c.after = looks[k] - c.last()
		}
	}
}

// inHoles puts animals that a look has into the holes of candidates that run through it, as many as there are; it gives the rest.
func (s *sampler) inHoles(t, n int) int {
	var over []*hole
	for i := range s.list {
		if c := &s.list[i]; c.said == Animal {
			for k := range c.holes {
				if h := &c.holes[k]; h.has(t) {
					over = append(over, h)
				}
			}
		}
	}
	for _, h := range over {
		h.there = math.Max(h.there, math.Min(1, float64(n)/float64(len(over))))
	}
	return max(0, n-len(over))
}

// atEnds takes animals that a look has for those of candidates that begin soon after it or ended shortly before.
func (s *sampler) atEnds(t, n int) int {
	reach := int(3*s.edge) + 1
	for i := range s.list {
		c := &s.list[i]
		if n == 0 || c.said != Animal || c.drawn || len(c.runs) == 0 {
			continue
		}
		if d := c.first() - t; d > 0 && d <= reach {
			c.runs[0].from, c.before = t, max(0, c.before-d)
			n--
		} else if d := t - c.last(); d >= 0 && d < reach {
			c.runs[len(c.runs)-1].to, c.after = t+1, max(0, c.after-d-1)
			n--
		}
	}
	return n
}

// surprised is the most that the measured number of companions weighs against looks that find more of them than they should.
const surprised = 0.3

// learn weighs how many visits are missed beside others in this deployment: gamma, with as many met and expected more (gamma and
// Poisson are conjugate).
func (s *sampler) learn(companions float64) {
	shape := s.detectability.Shape
	found := 0
	expected := 0.0
	const tries = 50
	for i := range s.list {
		c := &s.list[i]
		if c.said != Animal || c.drawn || len(c.runs) == 0 {
			continue
		}
		found++
		for range tries {
			if v := s.companion(c); v.from < v.to && s.looked(v) {
				expected += s.detectability.Beside / tries
			}
		}
	}
	if companions > expected {
		shape = math.Min(shape, surprised)
	}
	s.beside.Alpha, s.beside.Beta, s.beside.Src = shape+companions, shape+expected, s.rng
}

// prepare works out how many of those in one look may be still there in the next.
func (m *met) prepare(s *sampler) {
	m.ways = map[comingKey][]coming{}
	for _, shape := range m.shapes {
		m.lengths = append(m.lengths, shape...)
		m.longest = max(m.longest, slices.Max(shape))
	}
	m.lengths = append(m.lengths, s.visits...)
	sum, together := 0, 0
	for _, l := range m.lengths {
		sum += l
		m.longer = append(m.longer, sum)
	}
	for i, l := range m.list { // each look is of the frames that lie nearer to it than to any other: looks are many where animals were met
		from, to := 0, s.frames
		if i > 0 {
			from = (m.list[i-1].frame + l.frame + 1) / 2
		}
		if i+1 < len(m.list) {
			to = (l.frame + m.list[i+1].frame + 1) / 2
		}
		together += l.n * (to - from)
	}
	usual := (float64(together)/float64(s.frames)*float64(len(m.list)) + 0.5) / float64(len(m.list)+1)
	for i := 1; i < len(m.list); i++ {
		a, b := m.list[i-1], &m.list[i]
		stay := 0.0
		for _, l := range m.lengths {
			stay += math.Max(0, float64(l-(b.frame-a.frame))) / float64(sum)
		}
		b.stays = staying(a.n, b.n, stay, freshly(usual*(1-stay), m.sizes, b.n))
	}
}

// freshly gives the chances that 0, 1 ... most animals came, so many as a mean, in arrivals that come by Poisson's law and have these sizes:
// compound Poisson (Panjer 1981, ASTIN Bull. 12:22).
//
// Worked example: as a mean 0.4 in pairs are 0.2 arrivals: none with e^-0.2, one never, two with 0.2·e^-0.2.
func freshly(mean float64, sizes []float64, most int) []float64 {
	size := 0.0
	for k, q := range sizes {
		size += float64(k+1) * q
	}
	rate := mean / math.Max(size, 1)
	out := make([]float64, most+1)
	out[0] = math.Exp(-rate)
	for n := 1; n <= most; n++ {
		for k := 1; k <= min(n, len(sizes)); k++ {
			out[n] += rate / float64(n) * float64(k) * sizes[k-1] * out[n-k]
		}
	}
	return out
}

// staying gives the cumulative chances that 0, 1 ... of n animals are among those m that are there later, where each stays with
// a chance, and 0, 1 ... others came with the chances fresh.
//
// Worked example: 1 and then 1, stay 0.9, fresh e^-0.05 and 0.05·e^-0.05: stayed 0.9·e^-0.05, or went and another came 0.1·0.05·e^-0.05: 0.994 and 0.006.
func staying(n, m int, stay float64, fresh []float64) []float64 {
	most := min(n, m)
	out := make([]float64, most+1)
	sum := 0.0
	for k := range out {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		log := a - b - c + math.Log(math.Max(fresh[m-k], 1e-12)) +
			float64(k)*math.Log(math.Max(stay, 1e-9)) + float64(n-k)*math.Log(math.Max(1-stay, 1e-9))
		sum += math.Exp(log)
		out[k] = sum
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}

// fresh is how many of a meeting were not in the one before, as a mean.
func (m *met) fresh(i int) float64 {
	l := m.list[i]
	stayed := 0.0
	for k := 1; k < len(l.stays); k++ {
		stayed += 1 - l.stays[k-1]
	}
	return float64(l.n) - stayed
}

// draw draws where the animals are that looks met.
func (m *met) draw(s *sampler) {
	var open []int // since when each is there
	before := -1
	for i, l := range m.list {
		next := math.MaxInt // frame of the next look
		if i+1 < len(m.list) {
			next = m.list[i+1].frame
		}
		if l.n == 0 && len(open) == 0 {
			before = l.frame
			continue
		}
		stayed := 0
		if len(l.stays) > 0 {
			stayed = sort.SearchFloat64s(l.stays, s.rng.Float64())
			stayed = min(stayed, len(l.stays)-1)
		}
		for len(open) > stayed {
			k := s.rng.IntN(len(open))
			s.present(span{open[k], before + 1 + m.piece(s, l.frame-before-1)})
			open[k] = open[len(open)-1]
			open = open[:len(open)-1]
		}
		if fresh := l.n - len(open); fresh > 0 {
			c := m.came(s, fresh, l.frame-before-1)
			for _, v := range c.gone {
				s.present(span{l.frame + v.from, l.frame + v.to})
			}
			for _, v := range c.later {
				if l.frame+v.to <= next { // else the next look counts it
					s.present(span{l.frame + v.from, l.frame + v.to})
				}
			}
			for range fresh {
				open = append(open, l.frame+c.from)
			}
		}
		before = l.frame
	}
	for _, from := range open {
		s.present(span{from, before + 1 + m.piece(s, s.frames-before-1)})
	}
}

// piece draws how many frames before a look, or after it, an animal is there that was met in it: fewer than most.
func (m *met) piece(s *sampler, most int) int {
	if most <= 0 {
		return 0
	}
	for range 8 {
		length := m.lengths[sort.SearchInts(m.longer, 1+s.rng.IntN(m.longer[len(m.longer)-1]))]
		if k := s.rng.IntN(length); k <= most {
			return k
		}
	}
	return s.rng.IntN(most + 1)
}
