package eval

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// How an interval was made; "": there is none.
const (
	ByFisher    = "Fisher's z"
	ByLin       = "Lin's z"
	ByF         = "F"
	ByNormal    = "normal"
	ByStudent   = "Student's t"
	ByChi       = "chi-squared"
	ByExact     = "exact"
	ByJackknife = "jackknife"
	ByBootstrap = "bootstrap"
	ByRatio     = "log ratio"
)

// leastResampled is of how many deployments a bootstrap is made: fewer make too few different draws for its ends.
const leastResampled = 5

// Intervals is where the measures lie if other deployments like these had been made: low and high are the ends of the 95 %
// intervals, each by itself, and by how each was made, in the order of MeasureNames. NaN: there is none.
//
// Where every deployment has one pair the pairs are taken as independent, and each measure has the interval of its own
// literature (independentIntervals). Where deployments have several (frames of a clip, taxa of a station) these hang together: then deployments are
// drawn with replacement, each with all its pairs, rounds times (2,000 are enough; the same seed gives the same): expanded
// says what the ends are. Shares have exact intervals in either case (ClusteredShare). No interval is a single point: where all
// draws, or all pairs, are the same, they do not tell how far others are, and there is none.
func Intervals(pairs []Pair, j Judging, rounds int, seed uint64) (low, high Agreement, by []string) {
	groups := inOrder(pairs, func(p Pair) string { return p.Deployment })
	low, high = Agree(pairs, j), Agree(pairs, j)
	by = make([]string, len(low.measures()))
	lows, highs := low.measures(), high.measures()
	for k := range by {
		*lows[k], *highs[k] = math.NaN(), math.NaN()
	}
	set := func(name string, a, b float64, how string) {
		k := slices.Index(measureNames, name)
		*lows[k], *highs[k], by[k] = telling(a, b, how)
	}
	switch {
	case len(pairs) == 0:
	case len(groups) == len(pairs):
		independentIntervals(pairs, j, set)
	default:
		found := resample(groups, rounds, seed, func(drawn []Pair) []float64 {
			a := Agree(drawn, j)
			var out []float64
			for _, v := range a.measures() {
				out = append(out, *v)
			}
			return out
		})
		for k, list := range found {
			a, b := expanded(list, len(groups), rounds)
			set(measureNames[k], a, b, ByBootstrap)
		}
		a := Agree(pairs, j)
		r, r2 := jackknifeZ(groups, a.R, func(p []Pair) float64 { return Agree(p, Judging{}).R })
		set("r", r, r2, ByJackknife)
		r, r2 = squared(r, r2)
		set("r2", r, r2, ByJackknife)
		r, r2 = jackknifeZ(groups, a.CCC, func(p []Pair) float64 { return Agree(p, Judging{}).CCC })
		set("ccc", r, r2, ByJackknife)
		r, r2 = jackknifeZ(groups, a.ICC, func(p []Pair) float64 { return Agree(p, Judging{}).ICC })
		set("icc", r, r2, ByJackknife)
	}
	for _, share := range []struct {
		name string
		of   func(Pair) bool
	}{{"exact", Pair.equal}, {"within_close", j.close}} {
		s := ClusteredShare(parts(groups, share.of))
		set(share.name, s.Low, s.High, ByExact)
	}
	if !j.Times {
		a, b := ratioInterval(groups)
		set("ratio", a, b, ByRatio)
	}
	return low, high, by
}

// telling is an interval, or none where its ends are one point or none.
func telling(low, high float64, by string) (float64, float64, string) {
	if !(high-low > 1e-9*max(1, math.Abs(low), math.Abs(high))) || math.IsInf(high-low, 0) {
		return math.NaN(), math.NaN(), ""
	}
	return low, high, by
}

func (p Pair) equal() bool { return p.People == p.Machine }

// parts counts in each group.
func parts[T any](groups [][]T, hit func(T) bool) []Part {
	out := make([]Part, len(groups))
	for i, g := range groups {
		out[i].Of = float64(len(g))
		for _, p := range g {
			if hit(p) {
				out[i].Hits++
			}
		}
	}
	return out
}

// independentIntervals are those of pairs that are independent of each other.
//
//	R, R²                Fisher's z (FisherZ); R² is 0 to the larger square where R may be 0
//	slope, intercept     least squares with Student's t, n − 2 (Draper & Smith 1998, ch. 1)
//	bias, MAE, RMSE      mean ± t(n−1)·SD/√n; of RMSE by its square
//	SD, limits           chi-squared; Carkeet (LimitIntervals)
//	CCC, ICC, kappas     Lin; McGraw and Wong; Fleiss, Cohen and Everitt
//	Deming's line        jackknife
func independentIntervals(pairs []Pair, j Judging, set func(name string, low, high float64, by string)) {
	m, a := momentsOf(pairs), Agree(pairs, j)
	n := len(pairs)
	low, high := FisherZ(a.R, n, 0)
	set("r", low, high, ByFisher)
	low, high = squared(low, high)
	set("r2", low, high, ByFisher)
	if n > 2 {
		residual := math.Sqrt(max(0, m.yy-a.Slope*m.xy) / (m.n - 2))
		t := student(m.n - 2)
		by := t * residual / math.Sqrt(m.xx)
		set("slope", a.Slope-by, a.Slope+by, ByStudent)
		by = t * residual * math.Sqrt(1/m.n+m.x*m.x/m.xx)
		set("intercept", a.Intercept-by, a.Intercept+by, ByStudent)
	}
	var differences, absolute, squares []float64
	for _, p := range pairs {
		d := p.Machine - p.People
		differences, absolute, squares = append(differences, d), append(absolute, math.Abs(d)), append(squares, d*d)
	}
	low, high = meanInterval(differences)
	set("bias", low, high, ByStudent)
	low, high = meanInterval(absolute)
	set("mae", max(low, 0), high, ByStudent)
	low, high = meanInterval(squares)
	set("rmse", math.Sqrt(max(low, 0)), math.Sqrt(high), ByStudent)
	low, high = deviationInterval(a.SD, n)
	set("sd", low, high, ByChi)
	lower, upper := LimitIntervals(a.Bias, a.SD, n)
	set("limit_low", lower[0], lower[1], ByExact)
	set("limit_high", upper[0], upper[1], ByExact)
	low, high = linInterval(a.CCC, a.R, m.n, m.xx, m.yy, m.y-m.x)
	set("ccc", low, high, ByLin)
	_, low, high = m.intraclass()
	set("icc", low, high, ByF)
	if n >= leastCorrelated {
		each := inOrder(pairs, func(p Pair) string { return p.Deployment })
		low, high = jackknife(each, a.DemingSlope, func(p []Pair) float64 { return momentsOf(p).deming() })
		set("deming_slope", low, high, ByJackknife)
		low, high = jackknife(each, a.DemingIntercept, func(p []Pair) float64 { m := momentsOf(p); return m.y - m.deming()*m.x })
		set("deming_intercept", low, high, ByJackknife)
	}
	if j.Counts {
		k := KappasOf(pairs)
		set("kappa", k.Same.Low, k.Same.High, ByNormal)
		set("kappa_linear", k.Linear.Low, k.Linear.High, ByNormal)
		set("kappa_quadratic", k.Quadratic.Low, k.Quadratic.High, ByNormal)
		set("kappa_presence", k.Presence.Low, k.Presence.High, ByNormal)
	}
}

// squared are the ends of R² where those of R are so.
func squared(low, high float64) (float64, float64) {
	least := min(low*low, high*high)
	if low < 0 && high > 0 {
		least = 0
	}
	return least, max(low*low, high*high)
}

// meanInterval is Student's of a mean.
func meanInterval(list []float64) (low, high float64) {
	mean, sd := meanSD(list)
	by := math.NaN()
	if n := float64(len(list)); n > 1 {
		by = student(n-1) * sd / math.Sqrt(n)
	}
	return mean - by, mean + by
}

// ratioInterval is the 95 % interval of Σ machine / Σ people, by its logarithm (a ratio of sums over deployments: Cochran 1977,
// Sampling Techniques, ch. 6), which holds however far counts are overdispersed:
//
//	SE(ln ratio) = √(D/(D−1) · Σ e²) / Σ machine,  e = machine − ratio·people of a deployment;  ± t(D−1)·SE
//
// Worked example: people 2, 4, 6, machine 1, 4, 7. Ratio 1, e −1, 0, 1, SE √(1.5·2)/12 = 0.144; ± 4.303·0.144: 0.54 to 1.86.
func ratioInterval(groups [][]Pair) (low, high float64) {
	d := float64(len(groups))
	var people, machine float64
	for _, p := range slices.Concat(groups...) {
		people, machine = people+p.People, machine+p.Machine
	}
	if d < 3 || !(people > 0) || !(machine > 0) {
		return math.NaN(), math.NaN()
	}
	var squares float64
	for _, g := range groups {
		var e float64
		for _, p := range g {
			e += p.Machine - machine/people*p.People
		}
		squares += e * e
	}
	by := student(d-1) * math.Sqrt(d/(d-1)*squares) / machine
	return machine / people * math.Exp(-by), machine / people * math.Exp(by)
}

// jackknife is the 95 % interval of a number by leaving out one group after the other (Efron & Tibshirani 1993, ch. 11; of single
// pairs Linnet 1993, Clin. Chem. 39:424, for Deming's line):
//
//	SE = √((D−1)/D · Σ (θ(i) − θ̄)²),  θ ± t(D−1)·SE       θ(i) without group i
//
// NaN where a group is needed to tell the number.
func jackknife[T any](groups [][]T, value float64, of func([]T) float64) (low, high float64) {
	d := float64(len(groups))
	var rest []T
	var without []float64
	for i := range groups {
		rest = rest[:0]
		for k, g := range groups {
			if k != i {
				rest = append(rest, g...)
			}
		}
		without = append(without, of(rest))
	}
	_, sd := meanSD(without)
	if d < 2 {
		return math.NaN(), math.NaN()
	}
	by := student(d-1) * sd * (d - 1) / math.Sqrt(d)
	return value - by, value + by
}

// jackknifeZ is that of a correlation or concordance, by its z: near 1 its percentiles are too narrow.
func jackknifeZ[T any](groups [][]T, value float64, of func([]T) float64) (low, high float64) {
	if len(groups) < leastResampled || !(math.Abs(value) < 1-1e-12) {
		return math.NaN(), math.NaN()
	}
	low, high = jackknife(groups, math.Atanh(value), func(list []T) float64 { return math.Atanh(of(list)) })
	return math.Tanh(low), math.Tanh(high)
}

// resample draws groups with replacement so many times, and gives what was found of each draw, by measure, without what
// a draw could not tell.
func resample[T any](groups [][]T, rounds int, seed uint64, of func([]T) []float64) [][]float64 {
	n := 0
	for _, g := range groups {
		n += len(g)
	}
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	found := make([][]float64, len(of(nil)))
	if len(groups) < leastResampled {
		return found
	}
	var drawn []T
	for range rounds {
		drawn = drawn[:0]
		for range groups {
			drawn = append(drawn, groups[random.IntN(len(groups))]...)
		}
		for k, v := range of(drawn) {
			if !math.IsNaN(v) {
				found[k] = append(found[k], v)
			}
		}
	}
	return found
}

// expanded are the ends of what draws of so many groups found: percentiles that lie as much further out as Student's t does from the
// normal distribution, and as the draws are too narrow (Hesterberg 2015, Am. Stat. 69:371, "expanded percentile interval"):
//
//	Φ(−√(D/(D−1))·t(D−1))  in the place of 0.025
//
// NaN where half of the draws could not tell the measure.
func expanded(list []float64, groups, rounds int) (low, high float64) {
	if 2*len(list) < rounds || len(list) == 0 {
		return math.NaN(), math.NaN()
	}
	d := float64(groups)
	tail := distuv.UnitNormal.CDF(-math.Sqrt(d/(d-1)) * student(d-1))
	slices.Sort(list)
	return quantile(list, tail), quantile(list, 1-tail)
}
