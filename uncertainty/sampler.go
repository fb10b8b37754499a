package uncertainty

import (
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"requin/track"
)

// span is frames from one to another, the last not included.
type span struct{ from, to int }

// candidate is a Candidate made ready.
type candidate struct {
	odds  float64
	said  Said
	drawn bool
	runs  []span // of frames with a point
	holes []hole // between them
}

// hole is frames between two points of a candidate. there is the chance, from 0 to 1, that the animal is in it, where looks
// tell; -1: they do not.
type hole struct {
	span
	there float64
}

// sampler holds what may be true of a deployment, one draw after the other.
type sampler struct {
	detectability Detectability
	rng           *rand.Rand
	n             int // draws
	frames        int
	edge          float64 // frames, the mean
	visits        []int   // lengths of missed visits, frames
	longer        []int   // the same, cumulative
	looks         map[int]int
	lookedTo      []int   // how many frames before each were looked at by a person
	found         []found // visits that a person found and no candidate has
	confirmed     int
	list          []candidate
	shifts        []float64    // the deployment's shift of log odds ...
	shiftTo       []float64    // ... and the cumulative chance of each
	weightTo      []float64    // cumulative, by frame: when missed visits come
	unseen        distuv.Gamma // how many times as much is unseen in this deployment as usual
	points        []int32      // of each frame
	open          []int32      // of each frame, those that nobody spoke of
	diff          []int32
}

const usualSamples = 2000

func newSampler(d Observations) *sampler {
	s := &sampler{detectability: d.Detectability, rng: rand.New(rand.NewPCG(d.Seed, 0x5eed)), n: d.Samples, frames: max(d.Frames, 1), looks: map[int]int{}}
	if s.n <= 0 {
		s.n = usualSamples
	}
	every := d.Every
	if !(every > 0) {
		every = 1
	}
	s.edge = d.Detectability.Edge / every
	for _, v := range d.Detectability.Visits {
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
	s.learn(max(1, int(track.Default().MaxGapS/every))) // an absence that ends a track ends a visit
	return s
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
	if len(ready.runs) > 0 || c.Said != Unsaid { // one that was spoken of tells of the others wherever it was
		s.list = append(s.list, ready)
	}
}

// shift weighs by how much the log odds of this deployment's candidates may be off, after what
// a person said of some: Spread's normal distribution, at 13 places, times the chance of what was said.
func (s *sampler) shift() {
	const places = 6
	var logs []float64
	most := math.Inf(-1)
	for k := -places; k <= places; k++ {
		z := float64(k) * 0.5
		u := z * s.detectability.Spread
		log := -z * z / 2
		for _, c := range s.list {
			switch c.said {
			case Animal:
				log += math.Log(Logistic(c.odds + u))
			case NoAnimal:
				log += math.Log(Logistic(-c.odds - u))
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
func (s *sampler) when(list []Candidate) {
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
			even = (1-s.detectability.Together)/float64(s.frames) + s.detectability.Together*alive[t]/total
		}
		sum += even
		s.weightTo = append(s.weightTo, sum)
	}
}

// visit draws when a missed visit is.
func (s *sampler) visit() span {
	length := s.visits[s.rng.IntN(len(s.visits))]
	mid := sort.SearchFloat64s(s.weightTo, s.rng.Float64()*s.weightTo[s.frames-1])
	from := mid - s.rng.IntN(length)
	return span{max(0, from), min(s.frames, from+length)}
}

// around draws the visit that a person found: a long one is found more readily. It reaches no further than to the looks
// that did not find it.
func (s *sampler) around(f found) span {
	length := s.visits[sort.SearchInts(s.longer, 1+s.rng.IntN(s.longer[len(s.longer)-1]))]
	from := f.from
	if more := length - (f.to - f.from); more > 0 {
		from -= s.rng.IntN(more + 1)
		return span{max(f.least, from), min(f.most, from+length)}
	}
	return f.span
}

// looked tells whether a person looked at a frame of it.
func (s *sampler) looked(v span) bool { return s.lookedTo[v.to] > s.lookedTo[v.from] }

// geometric draws a number of frames with the mean.
func (s *sampler) geometric(mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(math.Log(1-s.rng.Float64()) / math.Log(mean/(1+mean)))
}

// present adds an animal to some frames.
func (s *sampler) present(v span) {
	s.diff[max(0, v.from)]++
	s.diff[min(s.frames, v.to)]--
}

// draw draws once: MaxN; the largest count in frames that no person looked at; and those of them that
// have it.
func (s *sampler) draw() (most, left int, at []int32) {
	clear(s.diff)
	unseen := s.unseen.Rand()
	s.eachReal(func(c *candidate) {
		for _, r := range c.runs {
			s.present(r)
		}
	}, func(v span, missed bool) {
		if !missed || !s.looked(v) {
			s.present(v)
		}
	}, unseen)
	for _, f := range s.found {
		s.present(s.around(f))
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

// eachReal draws which candidates are animals, and gives them; and where animals are that were not detected: in holes, before
// and after, and in visits that left no candidate (missed). unseen is how many times as much of that there is as usual.
func (s *sampler) eachReal(seen func(*candidate), hidden func(v span, missed bool), unseen float64) {
	u := s.shifts[sort.SearchFloat64s(s.shiftTo, s.rng.Float64()*s.shiftTo[len(s.shiftTo)-1])]
	found := s.detectability.Absent
	for i := range s.list {
		c := &s.list[i]
		if c.said == NoAnimal || c.said == Unsaid && s.rng.Float64() >= Logistic(c.odds+u) {
			continue
		}
		found++
		if len(c.runs) > 0 {
			seen(c)
			s.beside(c, unseen, hidden)
		}
	}
	if mean := math.Min(s.detectability.Missed*unseen*found, float64(s.frames)); mean > 0 {
		for range int(distuv.Poisson{Lambda: mean, Src: s.rng}.Rand()) {
			hidden(s.visit(), true)
		}
	}
}

// beside draws where the animal of a candidate is besides its points.
func (s *sampler) beside(c *candidate, unseen float64, hidden func(v span, missed bool)) {
	usual := 1 - math.Pow(1-s.detectability.Hole, unseen)
	for _, h := range c.holes {
		chance := h.there
		if chance < 0 {
			chance = usual
		}
		if s.rng.Float64() < chance {
			hidden(h.span, false)
		}
	}
	first, last := c.runs[0].from, c.runs[len(c.runs)-1].to
	if e := min(s.geometric(s.edge*unseen), first); e > 0 {
		hidden(span{first - e, first}, false)
	}
	if e := min(s.geometric(s.edge*unseen), s.frames-last); e > 0 {
		hidden(span{last, last + e}, false)
	}
}
