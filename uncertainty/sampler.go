package uncertainty

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// span is frames from one to another, the last not included.
type span struct{ from, to int }

func (s span) has(t int) bool { return s.from <= t && t < s.to }

// sampler holds what may be true of a deployment, one draw after the other.
type sampler struct {
	detectability Detectability
	reader        Reader
	rng           *rand.Rand
	pick          *rand.Rand // draws audits: the same for all draws
	frames        int
	every         float64 // the sampling interval, seconds
	hours         float64 // in which an arrival would be in the frames
	edge          float64 // frames, the mean
	gap           int     // frames within which animals of one arrival come
	pieces        int     // frames within which pieces of a visit follow one another
	longest       int     // frames that a candidate lasts, the most
	visits        []int   // lengths of visits missed beside others, frames
	longer        []int   // the same, cumulative
	looks         map[int]Look
	order         []int // the frames that were looked at, rising
	lookedTo      []int // how many frames before each were looked at by a person
	confirmed     int
	list          []candidate
	real          []*candidate // of a draw
	shiftTo       []float64    // cumulative chances of the deployment's shifts of log odds
	weightTo      []float64    // cumulative, by frame: when missed arrivals come
	hidden        hidden       // arrivals of which nothing was found, and no look met
	met           met          // what looks met of which nothing was found
	beside        distuv.Gamma
	belief        *belief
	held          map[int]cells // belief after so many arrivals were found
	usual         float64       // odds of missing as measured
	points        []int32       // of each frame
	open          []int32       // of each frame, those that nobody spoke of
	comes, goes   []int32       // of a draw: when animals come, and when they go
	overlooked    []span        // of a draw: where animals are that people overlooked in looks
}

// The fewest and the most draws.
const (
	fewestSamples = 1000
	mostSamples   = 4000
)

func newSampler(d Observations) *sampler {
	s := &sampler{detectability: d.Detectability, reader: d.reader(), rng: rand.New(rand.NewPCG(d.Seed, 0x5eed)),
		pick: rand.New(rand.NewPCG(d.Seed, uint64(len(d.Looks)))), frames: max(d.Frames, 1),
		looks: map[int]Look{}, held: map[int]cells{}}
	every := d.Every
	if !(every > 0) {
		every = 1
	}
	s.edge = d.Detectability.Edge / every
	s.gap, s.pieces = max(1, int(math.Round(ArrivalGap/every))), max(1, int(math.Round(PiecesGap/every)))
	s.every = every
	sum := 0
	for _, v := range d.Detectability.Visits {
		s.visits = append(s.visits, s.inFrames(v))
		sum += s.inFrames(v)
		s.longer = append(s.longer, sum)
	}
	if len(s.visits) == 0 {
		s.visits, s.longer = []int{1}, []int{1}
	}
	for _, l := range d.Looks {
		if l.Frame >= 0 && l.Frame < s.frames {
			s.looks[l.Frame] = l
		}
	}
	s.lookedTo = make([]int, s.frames+1)
	for t := range s.frames {
		l, ok := s.looks[t]
		s.lookedTo[t+1] = s.lookedTo[t]
		if ok {
			s.lookedTo[t+1]++
			s.order = append(s.order, t)
			s.confirmed = max(s.confirmed, l.N)
		}
	}
	s.points, s.open = make([]int32, s.frames), make([]int32, s.frames)
	for _, c := range d.Candidates {
		s.add(c)
	}
	slices.SortStableFunc(s.list, func(a, b candidate) int { return cmp.Compare(a.begin(), b.begin()) })
	s.hours = (float64(s.frames)*every + meanLength(d.Detectability.Alone)) / 3600
	s.shift()
	s.when(d.Candidates)
	s.hide()
	s.hear()
	s.belief = newBelief(d.Detectability, d.Elsewhere, d.Survey)
	r := math.Min(math.Max(d.Detectability.Recall, 0.01), 0.99)
	s.usual = (1 - r) / r
	return s
}

// inFrames is how many frames a visit of so many seconds lasts: one at least, and no more than there are.
func (s *sampler) inFrames(seconds float64) int {
	return min(s.frames, max(1, int(math.Round(seconds/s.every))))
}

// meanLength is how many seconds an arrival lasts, as a mean: its first visit.
func meanLength(arrivals [][]float64) (mean float64) {
	for _, a := range arrivals {
		mean += a[0] / float64(len(arrivals))
	}
	return mean
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
		for i := range s.list {
			c := &s.list[i]
			c.real = append(c.real, Logistic(c.odds+u))
			switch c.said {
			case Animal:
				log += math.Log(c.real[len(c.real)-1])
			case NoAnimal:
				log += math.Log(Logistic(-c.odds - u))
			}
		}
		logs = append(logs, log)
		most = math.Max(most, log)
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
		s.shiftTo = append(s.shiftTo, sum)
	}
}

// when spreads missed arrivals over the frames: Together of them with the candidates, the others evenly.
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

// looked tells whether a person looked at a frame of it.
func (s *sampler) looked(v span) bool { return s.lookedTo[v.to] > s.lookedTo[v.from] }

// geometric draws a number of frames with the mean.
func (s *sampler) geometric(mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(-s.rng.ExpFloat64() / math.Log(mean/(1+mean)))
}

// poisson draws a number, at most as many as there are frames.
func (s *sampler) poisson(mean float64) int {
	if !(mean > 0) {
		return 0
	}
	return int(distuv.Poisson{Lambda: math.Min(mean, float64(s.frames)), Src: s.rng}.Rand())
}

// present adds an animal to some frames.
func (s *sampler) present(v span) {
	v = s.within(v)
	if v.from < v.to {
		s.comes, s.goes = append(s.comes, int32(v.from)), append(s.goes, int32(v.to))
	}
}

func (s *sampler) within(v span) span { return span{max(0, v.from), min(s.frames, v.to)} }

// draw draws once: MaxN; the largest count in frames that no person looked at, or in which one may have overlooked animals; and those
// of them that have it.
func (s *sampler) draw() (most, left int, at []int32) {
	s.comes, s.goes, s.overlooked = s.comes[:0], s.goes[:0], s.overlooked[:0]
	found, coming := s.found()
	recall, shape, rate := s.cellsOf(coming).draw(s.rng.Float64())
	arrivals := distuv.Gamma{Alpha: shape, Beta: rate, Src: s.rng}.Rand()
	s.hidden.draw(s, arrivals*(1-recall)*(1-s.hidden.covered))
	odds := math.Min((1-recall)/recall/s.usual, 30)
	s.companions(found, s.detectability.Beside*odds*s.beside.Rand())
	s.met.draw(s)
	slices.Sort(s.comes)
	slices.Sort(s.goes)
	n, went := 0, 0
	for i := 0; i < len(s.comes); {
		from := s.comes[i]
		for ; i < len(s.comes) && s.comes[i] == from; i++ {
			n++
		}
		for s.goes[went] <= from { // all that went had come
			went++
			n--
		}
		to := s.goes[went]
		if i < len(s.comes) {
			to = min(to, s.comes[i])
		}
		left, at = s.more(span{int(from), int(to)}, n, left, at)
	}
	for _, v := range s.overlooked {
		left, at = s.overlookedIn(v, left, at)
	}
	return max(s.confirmed, left), left, at
}

// more takes in a stretch in which so many are there: the largest count yet in frames that nobody looked at, and, where it is
// more than confirmed, those frames.
func (s *sampler) more(v span, n, left int, at []int32) (int, []int32) {
	if n < left || v.to-v.from == s.lookedTo[v.to]-s.lookedTo[v.from] {
		return left, at
	}
	if n > left {
		left, at = n, at[:0]
	}
	if n > s.confirmed {
		for t := v.from; t < v.to; t++ {
			if s.lookedTo[t+1] == s.lookedTo[t] {
				at = append(at, int32(t))
			}
		}
	}
	return left, at
}

// overlookedIn takes in the looks at an animal that was overlooked in them: one more than was counted, or as many more as were
// overlooked there.
func (s *sampler) overlookedIn(v span, left int, at []int32) (int, []int32) {
	for t := v.from; t < v.to; t++ {
		l, ok := s.looks[t]
		if !ok {
			continue
		}
		here := l.N
		for _, o := range s.overlooked {
			if o.has(t) {
				here++
			}
		}
		if here > left {
			left, at = here, at[:0]
		}
		if here == left && here > s.confirmed && !slices.Contains(at, int32(t)) {
			at = append(at, int32(t))
		}
	}
	return left, at
}

func (s *sampler) cellsOf(found int) cells {
	c, ok := s.held[found]
	if !ok {
		c = s.belief.cells(Evidence{Found: float64(found), Met: s.met.arrivals, Covered: s.hidden.away, Hours: s.hours})
		s.held[found] = c
	}
	return c
}
