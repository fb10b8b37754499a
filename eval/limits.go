package eval

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// spread195 is how many standard deviations the limits of agreement lie from the bias.
const limitSDs = 1.96

// LimitIntervals are the exact 95 % intervals of the limits of agreement, of normal differences (Carkeet 2015, Optom. Vis. Sci.
// 92:e71): √n(mean − limit)/SD follows Student's t that is off by δ = 1.96·√n (noncentral), so that
//
//	upper limit: mean + SD/√n · t(0.025; n−1, δ)  to  mean + SD/√n · t(0.975; n−1, δ)
//
// and the lower limit's ends mirror them. Bland & Altman (1999, Stat. Methods Med. Res. 8:135) take limit ± t·1.71·SD/√n, which is the
// same of many pairs and too symmetric of few: the limit is more likely too near to the bias than too far.
//
// Worked example: 17 differences with mean −2.1 and SD 38.8 (Bland & Altman 1986). Upper limit 73.9, exact 49.2 to
// 121.9; by the approximation 40 to 108.
//
// NaN of fewer than 3 pairs, or where all differences are the same.
func LimitIntervals(mean, sd float64, n int) (lower, upper [2]float64) {
	no := [2]float64{math.NaN(), math.NaN()}
	if n < 3 || !(sd > 0) {
		return no, no
	}
	root := math.Sqrt(float64(n))
	near, far := noncentral((1-level)/2, float64(n-1), limitSDs*root)*sd/root, noncentral((1+level)/2, float64(n-1), limitSDs*root)*sd/root
	return [2]float64{mean - far, mean - near}, [2]float64{mean + near, mean + far}
}

// noncentral is the quantile of Student's noncentral t, found by halving: its distribution is
// P(T ≤ t) = ∫ Φ(t·s − δ) f(s) ds, f the density of s = √(χ²/ν).
func noncentral(p, df, off float64) float64 {
	low, high := off-1, off+1
	for noncentralCDF(low, df, off) > p {
		low -= high - low
	}
	for noncentralCDF(high, df, off) < p {
		high += high - low
	}
	for range 80 {
		middle := (low + high) / 2
		if noncentralCDF(middle, df, off) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

func noncentralCDF(t, df, off float64) float64 {
	half, _ := math.Lgamma(df / 2)
	log := math.Log(2) + df/2*math.Log(df/2) - half
	f := func(s float64) float64 {
		if s <= 0 {
			return 0
		}
		return distuv.UnitNormal.CDF(t*s-off) * math.Exp(log+(df-1)*math.Log(s)-df*s*s/2)
	}
	// Beyond ten standard deviations of s there is nothing, and where Φ steps up the parts are as narrow as the step.
	const parts, points = 24, 24
	from, to := max(0, 1-10/math.Sqrt(2*df)), 1+10/math.Sqrt(2*df)
	var sum float64
	for i := range parts {
		sum += quad.Fixed(f, from+(to-from)*float64(i)/parts, from+(to-from)*float64(i+1)/parts, points, quad.Legendre{}, 0)
	}
	return sum
}

// deviationInterval is the 95 % interval of a standard deviation of n normal numbers: SD·√((n−1)/χ²).
func deviationInterval(sd float64, n int) (low, high float64) {
	if n < 2 || !(sd > 0) {
		return math.NaN(), math.NaN()
	}
	df := float64(n - 1)
	chi := distuv.ChiSquared{K: df}
	return sd * math.Sqrt(df/chi.Quantile((1+level)/2)), sd * math.Sqrt(df/chi.Quantile((1-level)/2))
}
