package eval

import "math"

// Pair is one deployment's (or clip's) number of a taxon, by people and by machine:
// MaxN, MeanCount, or a time (tMaxN, TFS) where both have one.
type Pair struct {
	Deployment      string
	People, Machine float64
}

// Judging says how pairs are compared.
type Judging struct {
	Close  float64 // how far apart two numbers may be that agree but for little: 1 for MaxN
	Counts bool    // they are counts of animals, and each number a class of its own
	Times  bool    // they are moments, which have no ratio
}

func (j Judging) close(p Pair) bool { return math.Abs(p.Machine-p.People) <= j.Close }

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

	CCC             float64 // Lin's concordance
	ICC             float64 // intraclass correlation ICC(A,1)
	DemingSlope     float64 // of machine on people, where both err
	DemingIntercept float64
	Ratio           float64 // Σ machine / Σ people; NaN of times

	// Kappas of counts, each number a class (KappasOf); NaN of what is no count.
	Kappa, KappaLinear, KappaQuadratic, KappaPresence float64
}

// measureNames are the measures of an agreement as tables name them, in the order of measures.
var measureNames = []string{"r", "r2", "slope", "intercept", "bias", "sd", "limit_low", "limit_high", "mae", "rmse", "exact", "within_close",
	"ccc", "icc", "deming_slope", "deming_intercept", "ratio", "kappa", "kappa_linear", "kappa_quadratic", "kappa_presence"}

// measures are the numbers of an agreement that have intervals, in a fixed order.
func (a *Agreement) measures() []*float64 {
	return []*float64{&a.R, &a.R2, &a.Slope, &a.Intercept, &a.Bias, &a.SD, &a.LimitLo, &a.LimitHi, &a.MAE, &a.RMSE, &a.Exact, &a.Within,
		&a.CCC, &a.ICC, &a.DemingSlope, &a.DemingIntercept, &a.Ratio, &a.Kappa, &a.KappaLinear, &a.KappaQuadratic, &a.KappaPresence}
}

// moments are the means of pairs, x people and y machine, and the sums of squares and products about them.
type moments struct{ n, x, y, xx, yy, xy float64 }

func momentsOf(pairs []Pair) (m moments) {
	m.n = float64(len(pairs))
	for _, p := range pairs {
		m.x, m.y = m.x+p.People/m.n, m.y+p.Machine/m.n
	}
	for _, p := range pairs {
		dx, dy := p.People-m.x, p.Machine-m.y
		m.xx, m.yy, m.xy = m.xx+dx*dx, m.yy+dy*dy, m.xy+dx*dy
	}
	return m
}

// intraclass is that of two raters, whose sums of squares the moments hold.
func (m moments) intraclass() (icc, low, high float64) {
	return intraclass((m.xx+m.yy+2*m.xy)/2, m.n*(m.y-m.x)*(m.y-m.x)/2, (m.xx+m.yy-2*m.xy)/2, m.n, 2)
}

func (m moments) deming() float64 { return deming(m.xx, m.yy, m.xy) }

// Agree compares pairs.
//
//	R      = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²)      (Pearson 1896)
//	slope  = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)²,  x people, y machine
//	limits = mean ± 1.96·SD of y − x                  (Bland & Altman 1986, Lancet 327:307)
//
// Worked example: people 1, 2, 3, 4, machine 1, 2, 2, 5. x̄ = ȳ = 2.5, Σ(x−x̄)² = 5,
// Σ(y−ȳ)² = 9, Σ(x−x̄)(y−ȳ) = 6: R = 6/√45 = 0.894, slope 1.2, intercept −0.5.
// Differences 0, 0, −1, 1: bias 0, SD √(2/3), limits ±1.600, MAE 0.5, exact 0.5, within one 1.
func Agree(pairs []Pair, j Judging) Agreement {
	m := momentsOf(pairs)
	a := Agreement{N: len(pairs)}
	var people, machine, absolute, squares, exact, close float64
	differences := make([]float64, 0, len(pairs))
	for _, p := range pairs {
		d := p.Machine - p.People
		people, machine = people+p.People, machine+p.Machine
		differences = append(differences, d)
		absolute, squares = absolute+math.Abs(d), squares+d*d
		if p.equal() {
			exact++
		}
		if j.close(p) {
			close++
		}
		if p.People == 0 && p.Machine == 0 {
			a.Zeros++
		}
	}
	a.R = math.NaN()
	if m.n > 2 { // two points always lie on a line
		a.R = min(max(ratio(m.xy, math.Sqrt(m.xx*m.yy)), -1), 1)
	}
	a.R2 = a.R * a.R
	a.Slope = ratio(m.xy, m.xx)
	a.Intercept = m.y - a.Slope*m.x
	a.Bias, a.SD = meanSD(differences)
	a.LimitLo, a.LimitHi = a.Bias-limitSDs*a.SD, a.Bias+limitSDs*a.SD
	a.MAE, a.RMSE = ratio(absolute, m.n), math.Sqrt(ratio(squares, m.n))
	a.Exact, a.Within = ratio(exact, m.n), ratio(close, m.n)
	a.CCC = concordance(m.n, m.xx, m.yy, m.xy, m.y-m.x)
	a.ICC, _, _ = m.intraclass()
	a.DemingSlope = m.deming()
	a.DemingIntercept = m.y - a.DemingSlope*m.x
	if a.Ratio = ratio(machine, people); j.Times {
		a.Ratio = math.NaN()
	}
	no := math.NaN()
	a.Kappa, a.KappaLinear, a.KappaQuadratic, a.KappaPresence = no, no, no, no
	if j.Counts {
		k := KappasOf(pairs)
		a.Kappa, a.KappaLinear, a.KappaQuadratic, a.KappaPresence = k.Same.Value, k.Linear.Value, k.Quadratic.Value, k.Presence.Value
	}
	return a
}
