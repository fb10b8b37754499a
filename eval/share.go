package eval

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// level is that of all intervals: 95 of a hundred hold what they are of.
const level = 0.95

// Part is how many of so many things of one deployment are as was asked: animals that were found, pairs
// that agree.
type Part struct{ Hits, Of float64 }

// Share is a share of things, with the ends of its 95 % interval; NaN: there is none.
type Share struct {
	Part
	Groups    int     // deployments that they are of
	Effective float64 // as how many independent things they weigh
	Low, High float64
}

// Value is the share; NaN of nothing.
func (s Share) Value() float64 { return ratio(s.Hits, s.Of) }

// ExactShare is a share of things that are independent of each other, with the exact interval of Clopper &
// Pearson (1934, Biometrika 26:404), which covers at least as often as it says however few things there are
// and whether or not all of them, or none, are as was asked:
//
//	low  = the 0.025 quantile of Beta(hits, n − hits + 1), 0 of no hit
//	high = the 0.975 quantile of Beta(hits + 1, n − hits), 1 where all are hits
//
// Worked example: none of 6. Low 0, high 1 − 0.025^(1/6) = 0.459. A bootstrap would say 0 to 0, for a draw
// of six misses holds no hit.
func ExactShare(hits, n int) Share {
	s := Share{Part: Part{float64(hits), float64(n)}, Groups: n, Effective: float64(n)}
	s.Low, s.High = clopperPearson(s.Hits, s.Of)
	return s
}

func clopperPearson(hits, n float64) (low, high float64) {
	if !(n > 0) {
		return math.NaN(), math.NaN()
	}
	high = 1
	if hits > 0 {
		low = mathext.InvRegIncBeta(hits, n-hits+1, (1-level)/2)
	}
	if hits < n {
		high = mathext.InvRegIncBeta(hits+1, n-hits, (1+level)/2)
	}
	return low, high
}

// ClusteredShare is a share of things that hang together by deployment: boxes of one video, frames of one
// clip. They weigh less than as many that are independent: as n' of them (Korn & Graubard 1998, Survey
// Methodology 24:193), for which the interval is Clopper and Pearson's:
//
//	p  = Σ hits / Σ of        v = D/(D−1) · Σ (hits − p·of)² / (Σ of)²      over the D deployments
//	n' = p(1−p)/v · (t(Σ of − 1) / t(D − 1))², at most Σ of                 t: the 0.975 quantile of Student's t
//
// Where all are hits or none is, v cannot be told: then n' is D, as if things of one deployment were one. Where
// each deployment has one thing it is the exact interval itself. There is none of a single deployment with
// several things: it says nothing of others.
//
// Worked example: 3 deployments with 4 of 4, 0 of 4 and 4 of 4 hits. p = 2/3, v = 1.5·(16/9 + 64/9 + 16/9)/144 =
// 1/9, p(1−p)/v = 2, and (2.201/4.303)² of it is n' = 0.523: twelve things that say less than one.
func ClusteredShare(groups []Part) Share {
	s := Share{Low: math.NaN(), High: math.NaN()}
	alone := true
	for _, g := range groups {
		if g.Of > 0 {
			s.Groups++
			s.Hits, s.Of = s.Hits+g.Hits, s.Of+g.Of
			alone = alone && g.Of == 1
		}
	}
	s.Effective = s.Of
	if !alone {
		if s.Groups < 2 {
			return s
		}
		s.Effective = effective(groups, s)
	}
	s.Low, s.High = clopperPearson(s.Hits*s.Effective/s.Of, s.Effective)
	return s
}

// effective is n'.
func effective(groups []Part, s Share) float64 {
	d, p := float64(s.Groups), s.Value()
	if p == 0 || p == 1 {
		return d
	}
	var v float64
	for _, g := range groups {
		v += (g.Hits - p*g.Of) * (g.Hits - p*g.Of)
	}
	v *= d / (d - 1) / s.Of / s.Of
	if v == 0 {
		return s.Of
	}
	t := student(s.Of-1) / student(d-1)
	return min(p*(1-p)/v*t*t, s.Of)
}

// student is the 0.975 quantile of Student's t.
func student(df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile((1 + level) / 2)
}

// gauss is that of the normal distribution: 1.96.
func gauss() float64 { return distuv.UnitNormal.Quantile((1 + level) / 2) }
