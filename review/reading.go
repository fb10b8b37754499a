package review

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// numbers are two looks' numbers, and how often they occurred. right is -1 where the true number is not known.
type numbers struct{ first, second, right int }

// measured completes a reading with what its looks tell (SecondLooks).
func (r Reading) measured() Reading {
	pairs, most := map[numbers]float64{}, 0
	for _, l := range r.Looks {
		p := numbers{l.First, l.Second, -1}
		right := max(l.First, l.Second)
		switch {
		case l.Right != nil:
			right = *l.Right
			p.right = right
		case l.First != l.Second:
			r.Open++
			p.right = right
		}
		r.Animals += right
		most = max(most, right)
		pairs[p]++
	}
	if r.Frames = len(r.Looks); r.Frames == 0 {
		return r
	}
	e := estimate{missed: 0.1, added: 0.1, holds: make([]float64, most+beyond+1)}
	for n := range e.holds {
		e.holds[n] = 1 / float64(len(e.holds))
	}
	for range mostSteps {
		next := e.step(pairs, float64(r.Frames))
		done := math.Abs(next.missed-e.missed)+math.Abs(next.added-e.added) < 1e-9
		if e = next; done {
			break
		}
	}
	r.Missed, r.Added = settledZero(e.missed), settledZero(e.added)
	return r
}

const (
	beyond    = 4    // as many more animals than anybody saw may be in a frame
	mostSteps = 2000 // of the EM algorithm
)

// settledZero is a number that the steps only ever come nearer to 0, as 0.
func settledZero(v float64) float64 {
	if v < 1e-6 {
		return 0
	}
	return v
}

// estimate is what is held of readers and frames at a step.
type estimate struct {
	missed, added float64
	holds         []float64 // share of frames that hold 0, 1, 2 ... animals
}

// step is the estimate that is likelier than e: the means over what may have been, weighed by e.
func (e estimate) step(pairs map[numbers]float64, frames float64) estimate {
	next := estimate{holds: make([]float64, len(e.holds))}
	animals, missed, added := 0.0, 0.0, 0.0
	ordered := sortedPairs(pairs) // sums of floats depend on their order
	for _, p := range ordered {
		weights, sum := make([]float64, len(e.holds)), 0.0
		seen := make([][2]float64, len(e.holds)) // of both looks together: animals missed, added
		for n := range e.holds {
			if p.right >= 0 && n != p.right {
				continue
			}
			chance := e.holds[n]
			if p.right >= 0 {
				chance = 1
			}
			for _, x := range []int{p.first, p.second} {
				likely, m, a := e.look(x, n)
				chance *= likely
				seen[n][0], seen[n][1] = seen[n][0]+m, seen[n][1]+a
			}
			weights[n], sum = chance, sum+chance
		}
		if sum == 0 {
			continue
		}
		for n, w := range weights {
			w *= pairs[p] / sum
			next.holds[n] += w / frames
			animals += 2 * float64(n) * w
			missed += seen[n][0] * w
			added += seen[n][1] * w
		}
	}
	if animals > 0 {
		next.missed = missed / animals
	}
	next.added = added / (2 * frames)
	return next
}

// look is how likely a look is to give x where n animals are, and how many of them it then missed and added, as means.
func (e estimate) look(x, n int) (likely, missed, added float64) {
	for k := range min(x, n) + 1 { // seen of the n
		p := binomial(n, k) * math.Pow(1-e.missed, float64(k)) * math.Pow(e.missed, float64(n-k)) * poisson(e.added, x-k)
		likely += p
		missed += p * float64(n-k)
		added += p * float64(x-k)
	}
	if likely == 0 {
		return 0, 0, 0
	}
	return likely, missed / likely, added / likely
}

func binomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c)
}

func poisson(mean float64, k int) float64 {
	if mean == 0 {
		if k == 0 {
			return 1
		}
		return 0
	}
	a, _ := math.Lgamma(float64(k + 1))
	return math.Exp(float64(k)*math.Log(mean) - mean - a)
}

func sortedPairs(pairs map[numbers]float64) []numbers {
	return slices.SortedFunc(maps.Keys(pairs), func(a, b numbers) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second), cmp.Compare(a.right, b.right))
	})
}
