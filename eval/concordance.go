package eval

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// concordance is Lin's concordance correlation coefficient (Lin 1989, Biometrics 45:255): how near pairs lie to the
// line of equality, where R asks for any line.
//
//	CCC = 2·s(xy) / (s(x)² + s(y)² + (x̄ − ȳ)²)     s with 1/n
//
// It is given by the sums of squares and products about the means.
//
// Worked example: people 1, 2, 3, machine 2, 3, 4. R is 1; s(xy) = s(x)² = s(y)² = 2/3, the means are 1 apart: CCC =
// (4/3)/(7/3) = 0.571.
func concordance(n, xx, yy, xy, apart float64) float64 {
	return ratio(2*xy, xx+yy+n*apart*apart)
}

// linInterval is the 95 % interval of a concordance by its z, artanh(CCC), whose variance is (Lin 1989, as corrected in Lin
// 2000, Biometrics 56:324)
//
//	1/(n−2) · [ (1−R²)C² / ((1−C²)R²) + 2C³(1−C)u² / (R(1−C²)²) − C⁴u⁴ / (2R²(1−C²)²) ],   u² = (x̄−ȳ)² / (s(x)s(y))
//
// There is none of fewer than 4 pairs, where the concordance is 1, or where R is 0 or cannot be told.
func linInterval(c, r, n, xx, yy, apart float64) (low, high float64) {
	if n < leastCorrelated || !(math.Abs(c) < 1-1e-12) || !(math.Abs(r) > 0) {
		return math.NaN(), math.NaN()
	}
	u2 := apart * apart / (math.Sqrt(xx*yy) / n)
	rest := 1 - c*c
	v := ((1-r*r)*c*c/(rest*r*r) + 2*c*c*c*(1-c)*u2/(r*rest*rest) - c*c*c*c*u2*u2/(2*r*r*rest*rest)) / (n - 2)
	if !(v >= 0) {
		return math.NaN(), math.NaN()
	}
	z, by := math.Atanh(c), gauss()*math.Sqrt(v)
	return math.Tanh(z - by), math.Tanh(z + by)
}

// Intraclass is the intraclass correlation ICC(A,1), single measures, absolute agreement, of a two-way model
// (McGraw & Wong 1996, Psychol. Methods 1:30, with their correction of 1996, 1:390; ICC(2,1) of Shrout & Fleiss 1979, Psychol. Bull.
// 86:420), with its 95 % interval by F. A row is what each of the same raters says of one thing.
//
//	ICC = (MSR − MSE) / (MSR + (k−1)·MSE + k/n·(MSC − MSE))      mean squares of n rows, k raters, and the rest
//
// Worked example: Shrout and Fleiss's four judges of six targets, MSR 11.24, MSC 32.49, MSE 1.02: ICC 0.29, 0.02 to 0.76.
//
// It is NaN where all are the same, and its interval where there are fewer than 3 rows or nothing is left of the rest (MSE 0).
func Intraclass(rows [][]float64) (icc, low, high float64) {
	icc, low, high = math.NaN(), math.NaN(), math.NaN()
	if len(rows) == 0 {
		return icc, low, high
	}
	n, k := float64(len(rows)), float64(len(rows[0]))
	var all float64
	columns := make([]float64, len(rows[0]))
	for _, row := range rows {
		for j, v := range row {
			all, columns[j] = all+v/n/k, columns[j]+v/n
		}
	}
	var between, raters, total float64
	for _, row := range rows {
		var mean float64
		for _, v := range row {
			mean, total = mean+v/k, total+(v-all)*(v-all)
		}
		between += k * (mean - all) * (mean - all)
	}
	for _, c := range columns {
		raters += n * (c - all) * (c - all)
	}
	return intraclass(between, raters, total-between-raters, n, k)
}

// intraclass is it by the sums of squares of n rows, k raters and the rest.
func intraclass(between, raters, left, n, k float64) (icc, low, high float64) {
	icc, low, high = math.NaN(), math.NaN(), math.NaN()
	total := between + raters + left
	if n < 2 || total == 0 {
		return icc, low, high
	}
	msr, msc, mse := between/(n-1), raters/(k-1), max(0, left)/((n-1)*(k-1))
	icc = (msr - mse) / (msr + (k-1)*mse + k/n*(msc-mse))
	if n < 3 || mse <= 1e-12*total {
		return icc, low, high
	}
	a, b := k*icc/(n*(1-icc)), 1+k*icc*(n-1)/(n*(1-icc))
	free := (a*msc + b*mse) * (a*msc + b*mse) / (a*msc*a*msc/(k-1) + b*mse*b*mse/((n-1)*(k-1)))
	under := distuv.F{D1: n - 1, D2: free}.Quantile((1 + level) / 2)
	over := distuv.F{D1: free, D2: n - 1}.Quantile((1 + level) / 2)
	rest := k*msc + (k*n-k-n)*mse
	return icc, n * (msr - under*mse) / (under*rest + n*msr), n * (over*msr - mse) / (rest + n*over*msr)
}
