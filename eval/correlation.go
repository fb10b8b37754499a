package eval

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastCorrelated is of how many pairs a correlation has an interval: its z has a variance of 1/(n − 3).
const leastCorrelated = 4

// FisherZ is the 95 % interval of a correlation of n independent pairs, by Fisher's z (Fisher 1921, Metron 1:3):
//
//	z = artanh(R), tanh(z ± 1.96/√(n − 3))
//
// spent is how many other numbers were fitted before (the means of taxa, but for one): they count as so many pairs
// less. There is none of fewer than 4 pairs, nor where R is 1 or −1: all points on a line say nothing of how far
// from it others lie.
//
// Worked example: R = 0.894 of 4 pairs. z = 1.444, ± 1.96: −0.516 to 3.404, R between −0.47 and 1.00.
func FisherZ(r float64, n, spent int) (low, high float64) {
	free := float64(n - spent - 3)
	if !(free >= leastCorrelated-3) || !(math.Abs(r) < 1-1e-12) {
		return math.NaN(), math.NaN()
	}
	z, by := math.Atanh(r), gauss()/math.Sqrt(free)
	return math.Tanh(z - by), math.Tanh(z + by)
}

// Mix is what a correlation over several taxa together is made of. Taxa that are common by people and by machine make
// a high R together though the two do not agree within any: so the correlation within taxa stands beside it, and
// whether the taxa have one.
type Mix struct {
	Taxa int
	// Within is the correlation of people and machine about the means of each taxon, with the ends of its 95 % interval.
	Within, Low, High float64
	By                string
	// Q is Fisher's test of one correlation in all taxa (chi-squared with DF degrees), P its probability. NaN where fewer than
	// two taxa have 4 pairs and an R of their own.
	Q, P float64
	DF   int
}

// within is the correlation about the means of each taxon:
//
//	R = ΣΣ(x−x̄ₜ)(y−ȳₜ) / √(ΣΣ(x−x̄ₜ)² ΣΣ(y−ȳₜ)²)     the partial correlation given the taxon
//
// Worked example: people 0, 1 and machine 1, 0 of one taxon, people 10, 11 and machine 11, 10 of another. Together R is
// 0.98; within taxa it is −1.
func within(list []Compared) float64 {
	type sums struct{ n, x, y float64 }
	of := map[string]sums{}
	for _, c := range list {
		s := of[c.Taxon]
		of[c.Taxon] = sums{s.n + 1, s.x + c.People, s.y + c.Machine}
	}
	var xx, yy, xy float64
	for _, c := range list {
		s := of[c.Taxon]
		dx, dy := c.People-s.x/s.n, c.Machine-s.y/s.n
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if len(list)-len(of) < 2 { // two points lie on a line
		return math.NaN()
	}
	return min(max(ratio(xy, math.Sqrt(xx*yy)), -1), 1)
}

// mixed tells what a correlation over taxa is made of.
func mixed(list []Compared) Mix {
	taxa := inOrder(list, func(c Compared) string { return c.Taxon })
	m := Mix{Taxa: len(taxa), Within: within(list)}
	groups := inOrder(list, func(c Compared) string { return c.Deployment })
	if len(groups) == len(list) {
		m.By = ByFisher
		m.Low, m.High = FisherZ(m.Within, len(list), len(taxa)-1)
	} else {
		m.By = ByJackknife
		m.Low, m.High = jackknifeZ(groups, m.Within, within)
	}
	m.Low, m.High, m.By = telling(m.Low, m.High, m.By)
	var z, weight []float64
	for _, one := range taxa {
		if r := within(one); len(one) >= leastCorrelated && math.Abs(r) < 1-1e-12 {
			z, weight = append(z, math.Atanh(r)), append(weight, float64(len(one)-3))
		}
	}
	m.Q, m.P, m.DF = sameCorrelation(z, weight)
	return m
}

// sameCorrelation tests whether correlations are one: Q = Σ w(z − z̄)² with w = n − 3 is chi-squared with one degree
// fewer than there are (Fisher 1921; Hedges & Olkin 1985, ch. 11).
func sameCorrelation(z, weight []float64) (q, p float64, df int) {
	df = len(z) - 1
	if df < 1 {
		return math.NaN(), math.NaN(), 0
	}
	var sum, of float64
	for i := range z {
		sum, of = sum+weight[i]*z[i], of+weight[i]
	}
	for i := range z {
		q += weight[i] * (z[i] - sum/of) * (z[i] - sum/of)
	}
	return q, distuv.ChiSquared{K: float64(df)}.Survival(q), df
}
