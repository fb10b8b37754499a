package count

import (
	"cmp"
	"math"
	"slices"
)

// Shortfall is how far the MaxN of a taxon at the sampling interval falls short of that at a denser one.
type Shortfall struct {
	Taxon    string  `json:"taxon"`
	MaxN     int     `json:"maxn"`     // at the sampling interval
	Seen     int     `json:"seen"`     // at the denser one, in the stretches that were looked at
	SeenAt   *Moment `json:"seen_at"`  // the earliest time of it there; null: never seen
	Estimate int     `json:"estimate"` // of MaxN over the period at the denser one: the median of what it may be
	Low      int     `json:"low"`
	High     int     `json:"high"`
	Level    float64 `json:"level"` // chance that it lies from Low to High
	Mean     Average `json:"mean_shortfall"`
	Sparse   []int   `json:"sparse"` // MaxN in each stretch that was looked at, at the sampling interval
	Dense    []int   `json:"dense"`  // and at the denser one
}

// Average is the mean, over the stretches in which the animal was seen at the sampling interval, of what MaxN in the stretch falls short by; where it was never
// seen, over those without it. Less than 0: fewer are seen at the denser interval.
type Average struct {
	Stretches int     `json:"stretches"` // that were looked at more densely
	Of        int     `json:"of"`        // such stretches of the period
	Value     float64 `json:"value"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// between is the level of the intervals.
const betweenLevel = 0.95

// What is assumed of excesses before any is seen, as parameters of beta distributions (docs/science/counting.md): Jeffreys' ½ and ½ for the
// chances of one, and that a further one, and a stretch that hides the animal, are seldom.
const (
	half    = 0.5
	further = 4.5
	hides   = 4.5
)

// excess is what the looks tell of how much more, or less, is seen in a stretch at the denser interval.
type excess struct {
	looks, below, above int // stretches; those with less, those with more
	sum                 int // of the excesses
	beyond              int // what the excesses are over 1, together
}

func (e *excess) add(more int) {
	e.looks++
	e.sum += more
	switch {
	case more < 0:
		e.below++
	case more > 0:
		e.above++
		e.beyond += more - 1
	}
}

// estimate puts in what Sparse and Dense tell of the others: how many stretches that were not looked at more densely have each MaxN.
//
// An excess is the MaxN of a stretch at the denser interval less that at the sampling interval. In stretches with the animal it is less than 0 with the chance
// q; else 1 or more with the chance p; and each time one more with the chance r. Those without it hide some with a chance of their own, in groups like those that show. With
// beta priors all are known from the looks, and the period's MaxN at the denser interval, M, is at most m with the chance
//
//	E ∏ (1 − P(excess > m − s)),   over the stretches not looked at, s their MaxN; 0 for an m less than what was seen
//
// the mean being over q, p and r. Nothing is drawn at random.
func (s Shortfall) estimate(others []int) Shortfall {
	var with, without excess
	var shown groups
	for i, n := range s.Sparse {
		if n > 0 {
			with.add(s.Dense[i] - n)
		} else {
			without.add(s.Dense[i])
		}
		shown.add(max(n, s.Dense[i]), 1)
		s.Seen = max(s.Seen, s.Dense[i])
	}
	occupied, empty := with.looks, without.looks
	for n, stretches := range others {
		if n > 0 {
			occupied += stretches
		} else {
			empty += stretches
		}
		shown.add(n, stretches)
	}
	b := beliefs{
		q: beta(half+float64(with.below), half+float64(with.looks-with.below)),
		p: beta(half+float64(with.above), half+float64(with.looks-with.below-with.above)),
		r: beta(half+float64(with.beyond), further+float64(with.above)),
		// Half as many stretches hide the animal as show it, or fewer: one that is never seen hardly hides between samples.
		hidden: beta(half+float64(without.above), max(float64(empty)/(float64(occupied)+half), hides)+float64(without.looks-without.above)),
		shown:  shown,
	}
	s.Level = betweenLevel
	s.Low, s.Estimate, s.High = -1, -1, -1
	for m := s.Seen; s.High < 0; m++ {
		chance := b.atMost(m, others)
		for _, end := range []struct {
			at   float64
			into *int
		}{{(1 - s.Level) / 2, &s.Low}, {0.5, &s.Estimate}, {(1 + s.Level) / 2, &s.High}} {
			if *end.into < 0 && chance >= end.at {
				*end.into = m
			}
		}
	}
	if occupied > 0 {
		s.Mean = mean(b.q, b.p, b.r, with, occupied, s.Level)
	} else {
		one := []point{{0, 1}} // hidden animals by themselves
		s.Mean = mean(one, b.hidden, one, without, empty, s.Level)
	}
	return s
}

// point is one value that something may have, and how likely.
type point struct{ value, weight float64 }

// beta is a beta distribution, as points. They are even in the arcsine of the fourth root: the density of a beta distribution with ½ and ½ is nearly flat
// there, that of others smooth, and where scarce animals make b large, so that all of it lies near 0, points are close.
func beta(a, b float64) []point {
	n := int(min(max(6*math.Sqrt(a+b), 24), 200))
	out := make([]point, n)
	logs := make([]float64, n)
	for i := range out {
		angle := (float64(i) + 0.5) / float64(n) * math.Pi / 2
		sine, cosine := math.Sincos(angle)
		root := sine * sine
		out[i].value = root * root
		logs[i] = (2*a-1)*math.Log(root) + (b-1)*math.Log1p(-root*root) + math.Log(sine*cosine)
	}
	top, sum := slices.Max(logs), 0.0
	for i := range out {
		out[i].weight = math.Exp(logs[i] - top)
		sum += out[i].weight
	}
	for i := range out {
		out[i].weight /= sum
	}
	return out
}

// beliefs are what is known of the chances: in stretches with the animal, and in those without.
type beliefs struct {
	q, p, r, hidden []point
	shown           groups
}

// groups are how many stretches show at least so many animals, from 1 on.
type groups []int

func (g *groups) add(n, stretches int) {
	for k := range n {
		if k == len(*g) {
			*g = append(*g, 0)
		}
		(*g)[k] += stretches
	}
}

// atLeast is the chance that a group that hides between samples is of k or more: such groups are as large as those that show. Larger than all of those it is
// seldom, and a further one is as seldom again.
func (g groups) atLeast(k int) float64 {
	if k <= 1 {
		return 1
	}
	all, as := 0, 0
	if len(g) > 0 {
		all = g[0]
	}
	if k <= len(g) {
		as = g[k-1]
	}
	chance := (half + float64(as)) / (half + further + float64(all))
	for range k - max(len(g), 1) - 1 {
		chance *= half / (half + further)
	}
	return chance
}

// atMost is the chance that no stretch that was not looked at more densely has more than m.
func (b beliefs) atMost(m int, others []int) float64 {
	with, without := 0.0, 0.0
	over := make([]float64, len(others)) // chance that a stretch of each level has more
	for _, r := range b.r {
		for _, p := range b.p {
			for _, q := range b.q {
				for s := range over {
					switch need := m + 1 - s; {
					case need > 0:
						over[s] = (1 - q.value) * p.value * power(r.value, need-1)
					case need == 0:
						over[s] = 1 - q.value
					default:
						over[s] = 1
					}
				}
				with += r.weight * p.weight * q.weight * none(over, others, 1)
			}
		}
	}
	if len(others) == 0 {
		return with
	}
	more := b.shown.atLeast(m + 1)
	for _, p := range b.hidden {
		without += p.weight * power(1-p.value*more, others[0])
	}
	return with * without
}

// none is the chance that none of the stretches, from a level on, has more.
func none(over []float64, others []int, from int) float64 {
	all := 1.0
	for s := from; s < len(others); s++ {
		all *= power(1-over[s], others[s])
	}
	return all
}

// power is x to the n.
func power(x float64, n int) float64 {
	all := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			all *= x
		}
		x *= x
	}
	return all
}

// mean is what is believed of the mean excess over so many stretches: of those that were looked at it is known, of the others expected.
func mean(q, p, r []point, seen excess, of int, level float64) Average {
	var all []point
	for _, r := range r {
		for _, p := range p {
			for _, q := range q {
				expected := (1-q.value)*p.value/(1-r.value) - q.value
				all = append(all, point{(float64(seen.sum) + float64(of-seen.looks)*expected) / float64(of), r.weight * p.weight * q.weight})
			}
		}
	}
	slices.SortFunc(all, func(a, b point) int { return cmp.Compare(a.value, b.value) })
	out := Average{Stretches: seen.looks, Of: of}
	sum := 0.0
	for _, x := range all {
		before := sum
		sum += x.weight
		for _, end := range []struct {
			at   float64
			into *float64
		}{{(1 - level) / 2, &out.Low}, {0.5, &out.Value}, {(1 + level) / 2, &out.High}} {
			if before < end.at && sum >= end.at {
				*end.into = thousandths(x.value)
			}
		}
	}
	return out
}

// thousandths rounds, so that processors that round the last digits otherwise give the same.
func thousandths(f float64) float64 { return math.Round(f*1000) / 1000 }
