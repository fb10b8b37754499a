package uncertainty

import (
	"math"
	"slices"
	"sort"
)

// arrival is animals that come together: where each is.
type arrival struct {
	visits []span
	looked bool // a look lies in one of them: the person overlooked it
}

// hidden are arrivals of which the detector finds nothing, as they may lie; each as likely as its weight.
type hidden struct {
	list    []arrival
	to      []float64 // cumulative weights
	covered float64   // chance that a look meets one
	away    float64   // chance that a look does at which nothing was found: what is met beside others is no arrival (isBeside)
	longest []int     // of each kind of arrival, the longest visit, frames
}

// hiddenPlaces is how many ways in which an arrival may lie are tried.
const hiddenPlaces = 2048

// hide lays out missed arrivals, evenly over the chances of when they come, and keeps those that no look meets. Where
// people overlook animals, one that they looked at is kept with that chance.
func (s *sampler) hide() {
	shapes := make([][]int, len(s.detectability.Alone))
	for i, lengths := range s.detectability.Alone {
		for _, v := range lengths {
			shapes[i] = append(shapes[i], s.inFrames(v))
		}
	}
	if len(shapes) == 0 {
		shapes = [][]int{{1}}
	}
	s.met.shapes = shapes
	for _, shape := range shapes {
		s.hidden.longest = append(s.hidden.longest, slices.Max(shape))
		if len(shape) > 1 {
			s.met.schooled = append(s.met.schooled, shape...)
		}
	}
	if len(s.met.schooled) == 0 {
		s.met.schooled = slices.Concat(shapes...)
	}
	away := s.lookedAway()
	order := s.rng.Perm(hiddenPlaces)
	sum, unmet := 0.0, 0.0
	for i := range hiddenPlaces {
		shape := s.met.sized(s, shapes[order[i]%len(shapes)])
		for len(s.met.sizes) < len(shape) {
			s.met.sizes = append(s.met.sizes, 0)
		}
		s.met.sizes[len(shape)-1] += 1.0 / hiddenPlaces
		u := (float64(i) + s.rng.Float64()) / hiddenPlaces
		mid := min(sort.SearchFloat64s(s.weightTo, u*s.weightTo[s.frames-1]), s.frames-1)
		from := mid - s.rng.IntN(shape[0])
		var a arrival
		weight, apart := 1.0, 1.0
		for k, length := range shape {
			v := span{from, from + length}
			if k > 0 {
				late := s.rng.IntN(s.gap)
				v = span{from + late, from + late + length}
			}
			if v = s.within(v); v.from >= v.to {
				continue
			}
			if s.looked(v) {
				a.looked = true
				missed := s.overlook(v)
				if weight *= missed; away[v.to] > away[v.from] {
					apart *= missed
				}
			}
			a.visits = append(a.visits, v)
		}
		if len(a.visits) > 0 {
			unmet += apart
		}
		if len(a.visits) > 0 && weight > 0 {
			sum += weight
			s.hidden.list, s.hidden.to = append(s.hidden.list, a), append(s.hidden.to, sum)
		}
	}
	s.hidden.covered = math.Max(0, 1-sum/hiddenPlaces)
	s.hidden.away = math.Max(0, 1-unmet/hiddenPlaces)
}

// lookedAway is how many frames before each were looked at where nothing was found.
func (s *sampler) lookedAway() []int {
	to := make([]int, s.frames+1)
	for t := range s.frames {
		to[t+1] = to[t]
		if _, ok := s.looks[t]; ok && !s.isBeside(t) {
			to[t+1]++
		}
	}
	return to
}

// coverage is the chance that one of so many looks a frame, evenly spread, meets an arrival.
func (h *hidden) coverage(looks float64) (sum float64) {
	for _, length := range h.longest {
		sum += math.Min(1, looks*float64(length)) / float64(len(h.longest))
	}
	return sum
}

// overlook is the chance that an animal is overlooked in all looks at it.
func (s *sampler) overlook(v span) float64 {
	if s.reader.Missed == 0 {
		return 0
	}
	chance := 1.0
	for t := v.from; t < v.to; t++ {
		if l, ok := s.looks[t]; ok {
			chance *= math.Pow(s.reader.Missed, float64(1+l.Again))
		}
	}
	return chance
}

// draw draws a Poisson number of them.
func (h *hidden) draw(s *sampler, mean float64) {
	if len(h.list) == 0 {
		return
	}
	for range s.poisson(mean) {
		a := &h.list[min(sort.SearchFloat64s(h.to, s.rng.Float64()*h.to[len(h.to)-1]), len(h.list)-1)]
		for _, v := range a.visits {
			s.present(v)
			if a.looked {
				s.overlooked = append(s.overlooked, v)
			}
		}
	}
}
