package review

import (
	"math"
	"slices"
)

// FewItems is how many things two people must have judged for an interval of kappa to be stated: under that its large-sample
// variance means nothing, and the answer is "too few".
const FewItems = 10

// Concord is how far two people's judgements of the same things agree. What is not defined is NaN.
type Concord struct {
	N         int
	Percent   float64 // of N on which they agree, 0 to 100
	Kappa     float64 // Cohen's
	Low, High float64 // its 95 % interval; NaN under FewItems
	// Of a taxon: each judgement taken as yes, it is one, or no.
	Prevalence float64 // prevalence index: share of both yes less that of both no, -1 to 1
	Bias       float64 // bias index: share of yes of the first less that of the second, -1 to 1
	PABAK      float64 // kappa as it would be without prevalence and bias: 2·po - 1
}

// Concordance compares two people's judgements of the same things. Kappa is (po - pe) / (1 - pe): po the share on which they agree, pe
// that on which they would if each gave their judgements as often, but by chance (Cohen 1960, Educational and Psychological
// Measurement 20:37-46). Its interval is kappa ± 1.96 standard errors by the large-sample variance of Fleiss, Cohen & Everitt
// (1969, Psychological Bulletin 72:323-327),
//
//	{ Σ pii [(1-pe) - (pi. + p.i)(1-po)]² + (1-po)² ΣΣ(i≠j) pij (p.i + pj.)² - (po·pe - 2·pe + po)² } / (n (1-pe)⁴)
//
// within -1 and 1. That is 0 where they always agree, which no sample shows: then the lower end is that of the exact (Clopper-Pearson) interval
// of po, 0.025^(1/n), put in po's place. Prevalence index, bias index and PABAK are of the table of yes and no: Byrt, Bishop & Carlin
// (1993, J Clin Epidemiol 46:423-429).
//
// Worked example: yes yes no no and yes no no no: po = 3/4, pe = 1/2·1/4 + 1/2·3/4 = 1/2, kappa = 1/2; prevalence (1-2)/4,
// bias (2-1)/4, PABAK 1/2.
func Concordance(a, b []string, yes string) Concord {
	nan := math.NaN()
	c := Concord{N: len(a), Percent: nan, Kappa: nan, Low: nan, High: nan, Prevalence: nan, Bias: nan, PABAK: nan}
	if c.N == 0 {
		return c
	}
	n := float64(c.N)
	var both, neither, onlyA, onlyB float64
	for i := range a {
		switch x, y := a[i] == yes, b[i] == yes; {
		case x && y:
			both++
		case x:
			onlyA++
		case y:
			onlyB++
		default:
			neither++
		}
	}
	c.Prevalence, c.Bias, c.PABAK = (both-neither)/n, (onlyA-onlyB)/n, 2*(both+neither)/n-1
	cells, rows, columns := crossed(a, b)
	po, chance := 0.0, 0.0
	for i := range cells {
		po += cells[i][i]
		chance += rows[i] * columns[i]
	}
	pe := chance / (n * n)
	c.Percent = 100 * po / n
	if chance == n*n {
		return c
	}
	c.Kappa = (po/n - pe) / (1 - pe)
	if c.N >= FewItems {
		c.Low, c.High = interval(cells, rows, columns, po/n, pe, c.Kappa)
	}
	return c
}

// crossed counts the judgements by what the one and the other said.
func crossed(a, b []string) (cells [][]float64, rows, columns []float64) {
	names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
	rows, columns = make([]float64, len(names)), make([]float64, len(names))
	for range names {
		cells = append(cells, make([]float64, len(names)))
	}
	for k := range a {
		i, _ := slices.BinarySearch(names, a[k])
		j, _ := slices.BinarySearch(names, b[k])
		cells[i][j]++
		rows[i]++
		columns[j]++
	}
	return cells, rows, columns
}

// interval is the 95 % interval of a kappa.
func interval(cells [][]float64, rows, columns []float64, po, pe, kappa float64) (low, high float64) {
	n := 0.0
	for _, x := range rows {
		n += x
	}
	if po == 1 {
		return (math.Pow(0.025, 1/n) - pe) / (1 - pe), 1
	}
	sum := 0.0
	for i := range cells {
		for j, x := range cells[i] {
			if i == j {
				d := (1 - pe) - (rows[i]+columns[i])/n*(1-po)
				sum += x / n * d * d
				continue
			}
			d := (columns[i] + rows[j]) / n
			sum += x / n * (1 - po) * (1 - po) * d * d
		}
	}
	d := po*pe - 2*pe + po
	half := 1.959964 * math.Sqrt(math.Max(0, sum-d*d)/n) / ((1 - pe) * (1 - pe))
	return math.Max(-1, kappa-half), math.Min(1, kappa+half)
}
