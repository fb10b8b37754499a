package count

import (
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// span is frames from one to another, the last not included.
type span struct{ from, to int }

// candidate is a Candidate made ready.
type candidate struct {
	odds  float64
	said  Said
	runs  []span // of frames with a point
	holes []span // between them
}

// draws is what may be true of a deployment, one draw after the other.
type draws struct {
	acuity    Acuity
	rng       *rand.Rand
	n         int // draws
	frames    int
	edge      float64 // frames, the mean
	visits    []int   // lengths of missed visits, frames
	longer    []int   // the same, cumulative
	found     []int   // frames of missed visits that a person found
	looks     map[int]int
	lookedTo  []int // how many frames before each were looked at by a person
	confirmed int
	list      []candidate
	shifts    []float64 // the deployment's shift of log odds ...
	shiftTo   []float64 // ... and the cumulative chance of each
	weightTo  []float64 // cumulative, by frame: when missed visits come
	missed    distuv.Gamma
	points    []int32 // of each frame
	open      []int32 // of each frame, those that nobody spoke of
	diff      []int32
}

const usualDraws = 2000

func newDraws(d Doubt) *draws {
	s := &draws{acuity: d.Acuity, rng: rand.New(rand.NewPCG(d.Seed, 0x5eed)), n: d.Draws, frames: max(d.Frames, 1), found: d.Missed, looks: map[int]int{}}
	if s.n <= 0 {
		s.n = usualDraws
	}
	every := d.Every
	if !(every > 0) {
		every = 1
	}
	s.edge = d.Acuity.Edge / every
	for _, v := range d.Acuity.Visits {
		s.visits = append(s.visits, max(1, int(math.Round(v/every))))
	}
	if len(s.visits) == 0 {
		s.visits = []int{1}
	}
	sum := 0
	for _, v := range s.visits {
		sum += v
		s.longer = append(s.longer, sum)
	}
	for _, l := range d.Looks {
		if l.Frame >= 0 && l.Frame < s.frames {
			s.looks[l.Frame] = l.N
		}
	}
	s.lookedTo = make([]int, s.frames+1)
	for t := range s.frames {
		n, ok := s.looks[t]
		s.lookedTo[t+1] = s.lookedTo[t]
		if ok {
			s.lookedTo[t+1]++
			s.confirmed = max(s.confirmed, n)
		}
	}
	s.points, s.open, s.diff = make([]int32, s.frames), make([]int32, s.frames), make([]int32, s.frames+1)
	for _, c := range d.Candidates {
		s.add(c)
	}
	s.shift()
	s.when(d.Candidates)
	s.missing(d)
	return s
}

// add makes a candidate ready.
func (s *draws) add(c Candidate) {
	ready := candidate{odds: logit(c.Real), said: c.Said}
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
			ready.holes = append(ready.holes, span{ready.runs[n-1].to, t})
		}
		ready.runs = append(ready.runs, span{t, t + 1})
	}
	if len(ready.runs) > 0 || c.Said != Unsaid { // one that was spoken of tells of the others wherever it was
		s.list = append(s.list, ready)
	}
}

// shift weighs by how much the log odds of this deployment's candidates may be off, after what
// a person said of some: Spread's normal distribution, at 13 places, times the chance of what was said.
func (s *draws) shift() {
	const places = 6
	var logs []float64
	most := math.Inf(-1)
	for k := -places; k <= places; k++ {
		z := float64(k) * 0.5
		u := z * s.acuity.Spread
		log := -z * z / 2
		for _, c := range s.list {
			switch c.said {
			case Animal:
				log += math.Log(logistic(c.odds + u))
			case NoAnimal:
				log += math.Log(logistic(-c.odds - u))
			}
		}
		s.shifts = append(s.shifts, u)
		logs = append(logs, log)
		most = math.Max(most, log)
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
		s.shiftTo = append(s.shiftTo, sum)
	}
}

// when spreads missed visits over the frames: Together of them with the candidates, the others evenly.
func (s *draws) when(list []Candidate) {
	alive := make([]float64, s.frames)
	total := 0.0
	for _, c := range list {
		chance := c.Real
		switch c.Said {
		case Animal:
			chance = 1
		case NoAnimal:
			chance = 0
		}
		for _, t := range c.Frames {
			if t >= 0 && t < s.frames {
				alive[t] += chance
				total += chance
			}
		}
	}
	sum := 0.0
	for t := range alive {
		even := 1 / float64(s.frames)
		if total > 0 {
			even = (1-s.acuity.Together)/float64(s.frames) + s.acuity.Together*alive[t]/total
		}
		sum += even
		s.weightTo = append(s.weightTo, sum)
	}
}

// missing is the chance of how many visits are missed for each that is found, after what was
// looked at: missed visits come by Poisson's law, so those that a look would have met are apart from
// those that none would, and how many it did meet tells of the rate (gamma and Poisson are conjugate).
func (s *draws) missing(d Doubt) {
	const tries = 400
	met := 0
	if len(s.looks) > 0 {
		for range tries {
			if v := s.visit(); s.looked(v) {
				met++
			}
		}
	}
	found := s.acuity.Absent
	for _, c := range s.list {
		switch c.said {
		case Animal:
			found++
		case Unsaid:
			found += logistic(c.odds)
		}
	}
	shape := s.acuity.Shape
	s.missed = distuv.Gamma{Alpha: shape + float64(len(d.Missed)), Beta: shape/math.Max(s.acuity.Missed, 1e-6) + found*float64(met)/tries, Src: s.rng}
}

// visit draws when a missed visit is.
func (s *draws) visit() span {
	length := s.visits[s.rng.IntN(len(s.visits))]
	mid := sort.SearchFloat64s(s.weightTo, s.rng.Float64()*s.weightTo[s.frames-1])
	from := mid - s.rng.IntN(length)
	return span{max(0, from), min(s.frames, from+length)}
}

// around draws the visit that a person found in a frame: a long one is found more readily.
func (s *draws) around(frame int) span {
	length := s.visits[sort.SearchInts(s.longer, 1+s.rng.IntN(s.longer[len(s.longer)-1]))]
	from := frame - s.rng.IntN(length)
	return span{max(0, from), min(s.frames, from+length)}
}

// looked tells whether a person looked at a frame of it.
func (s *draws) looked(v span) bool { return s.lookedTo[v.to] > s.lookedTo[v.from] }

// geometric draws a number of frames with the mean.
func (s *draws) geometric(mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(math.Log(1-s.rng.Float64()) / math.Log(mean/(1+mean)))
}

// present adds an animal to some frames.
func (s *draws) present(v span) {
	s.diff[max(0, v.from)]++
	s.diff[min(s.frames, v.to)]--
}

// draw draws once: MaxN; the largest count in frames that no person looked at; and those of them that
// have it.
func (s *draws) draw() (most, left int, at []int32) {
	clear(s.diff)
	u := s.shifts[sort.SearchFloat64s(s.shiftTo, s.rng.Float64()*s.shiftTo[len(s.shiftTo)-1])]
	found := s.acuity.Absent
	for i := range s.list {
		c := &s.list[i]
		if c.said == NoAnimal || c.said == Unsaid && s.rng.Float64() >= logistic(c.odds+u) {
			continue
		}
		found++
		s.follow(c)
	}
	if mean := math.Min(s.missed.Rand()*found, float64(s.frames)); mean > 0 {
		for range int(distuv.Poisson{Lambda: mean, Src: s.rng}.Rand()) {
			if v := s.visit(); !s.looked(v) {
				s.present(v)
			}
		}
	}
	for _, t := range s.found {
		s.present(s.around(t))
	}
	most, n := s.confirmed, 0
	for t := range s.frames {
		n += int(s.diff[t])
		if _, ok := s.looks[t]; ok || n < left {
			continue
		}
		if n > left {
			left, at = n, at[:0]
		}
		if n > s.confirmed {
			at = append(at, int32(t))
		}
	}
	return max(most, left), left, at
}

// follow adds a candidate that is an animal.
func (s *draws) follow(c *candidate) {
	if len(c.runs) == 0 {
		return
	}
	for _, r := range c.runs {
		s.present(r)
	}
	for _, h := range c.holes {
		if s.rng.Float64() < s.acuity.Hole {
			s.present(h)
		}
	}
	first, last := c.runs[0].from, c.runs[len(c.runs)-1].to
	if e := min(s.geometric(s.edge), first); e > 0 {
		s.present(span{first - e, first})
	}
	if e := min(s.geometric(s.edge), s.frames-last); e > 0 {
		s.present(span{last, last + e})
	}
}
