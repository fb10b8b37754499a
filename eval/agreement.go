package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Pair is one deployment's (or clip's) number of a taxon, by people and by machine:
// MaxN, MeanCount, or a time (tMaxN, TFS) where both have one.
type Pair struct {
	Deployment      string
	People, Machine float64
}

// Agreement is how well two ways of counting agree over pairs. What the pairs cannot
// tell is NaN: all of it of no pair, R of two, slope where people saw the same everywhere.
type Agreement struct {
	N     int // pairs
	Zeros int // of them, both 0: where nothing was, agreement is easy

	R         float64 // Pearson's
	R2        float64 // R², the share of variance that the line explains
	Slope     float64 // of machine on people, by least squares
	Intercept float64

	Bias    float64 // mean of machine − people
	SD      float64 // of machine − people, with n − 1
	LimitLo float64 // Bland and Altman's limits of agreement, Bias ± 1.96·SD
	LimitHi float64

	MAE    float64 // mean of |machine − people|
	RMSE   float64 // root of the mean of (machine − people)²
	Exact  float64 // share of pairs that are equal
	Within float64 // share of pairs at most so far apart
}

// Agree compares pairs. within is how far apart two numbers may be that agree
// but for little: 1 for MaxN.
//
//	R      = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²)      (Pearson 1896)
//	slope  = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)²,  x people, y machine
//	limits = mean ± 1.96·SD of y − x                  (Bland & Altman 1986, Lancet 327:307)
//
// Worked example: people 1, 2, 3, 4, machine 1, 2, 2, 5. x̄ = ȳ = 2.5, Σ(x−x̄)² = 5,
// Σ(y−ȳ)² = 9, Σ(x−x̄)(y−ȳ) = 6: R = 6/√45 = 0.894, slope 1.2, intercept −0.5.
// Differences 0, 0, −1, 1: bias 0, SD √(2/3), limits ±1.600, MAE 0.5, exact 0.5, within one 1.
func Agree(pairs []Pair, within float64) Agreement {
	n := float64(len(pairs))
	a := Agreement{N: len(pairs)}
	var x, y, absolute, squares, exact, close float64
	differences := make([]float64, 0, len(pairs))
	for _, p := range pairs {
		x, y = x+p.People/n, y+p.Machine/n
		d := p.Machine - p.People
		differences = append(differences, d)
		absolute, squares = absolute+math.Abs(d), squares+d*d
		if d == 0 {
			exact++
		}
		if math.Abs(d) <= within {
			close++
		}
		if p.People == 0 && p.Machine == 0 {
			a.Zeros++
		}
	}
	var xx, yy, xy float64
	for _, p := range pairs {
		xx, yy, xy = xx+(p.People-x)*(p.People-x), yy+(p.Machine-y)*(p.Machine-y), xy+(p.People-x)*(p.Machine-y)
	}
	a.R = math.NaN()
	if n > 2 { // two points always lie on a line
		a.R = min(max(ratio(xy, math.Sqrt(xx*yy)), -1), 1)
	}
	a.R2 = a.R * a.R
	a.Slope = ratio(xy, xx)
	a.Intercept = y - a.Slope*x
	a.Bias, a.SD = meanSD(differences)
	a.LimitLo, a.LimitHi = a.Bias-1.96*a.SD, a.Bias+1.96*a.SD
	a.MAE, a.RMSE = ratio(absolute, n), math.Sqrt(ratio(squares, n))
	a.Exact, a.Within = ratio(exact, n), ratio(close, n)
	return a
}

// measures are the numbers of an agreement that have intervals, in a fixed order.
func (a *Agreement) measures() []*float64 {
	return []*float64{&a.R, &a.R2, &a.Slope, &a.Intercept, &a.Bias, &a.SD, &a.LimitLo, &a.LimitHi, &a.MAE, &a.RMSE, &a.Exact, &a.Within}
}

// Intervals is where the measures lie if other deployments like these had been made:
// low and high are the ends of the 95 % intervals, each by itself. Deployments are
// drawn with replacement, each with all its pairs, rounds times (2,000 are enough; the
// same seed gives the same), and the ends are the 2.5 and 97.5 percentiles of what is
// found (Efron & Tibshirani 1993, ch. 13). Draws that cannot tell a measure are left
// out; where half of them cannot, or there is only one deployment, its ends are NaN.
func Intervals(pairs []Pair, within float64, rounds int, seed uint64) (low, high Agreement) {
	of := map[string]int{}
	var groups [][]Pair // in the order given
	for _, p := range pairs {
		i, known := of[p.Deployment]
		if !known {
			i = len(groups)
			of[p.Deployment] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	random := rand.New(rand.NewPCG(seed, uint64(len(pairs))))
	found := make([][]float64, len(low.measures()))
	var drawn []Pair
	for range rounds {
		drawn = drawn[:0]
		for range groups {
			drawn = append(drawn, groups[random.IntN(len(groups))]...)
		}
		a := Agree(drawn, within)
		for k, v := range a.measures() {
			if !math.IsNaN(*v) {
				found[k] = append(found[k], *v)
			}
		}
	}
	all := Agree(pairs, within)
	low, high = all, all
	lows, highs := low.measures(), high.measures()
	for k, list := range found {
		slices.Sort(list)
		*lows[k], *highs[k] = quantile(list, 0.025), quantile(list, 0.975)
		if len(groups) < 2 || 2*len(list) < rounds {
			*lows[k], *highs[k] = math.NaN(), math.NaN()
		}
	}
	return low, high
}
