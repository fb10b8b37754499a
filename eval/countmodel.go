package eval

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The families of a CountModel.
const (
	Poisson          = "Poisson"
	NegativeBinomial = "negative binomial"
)

// CountModel says what people count where the machine counts so many, as counts are spread: not by the same at 1 and
// at 30, and never below 0. It is fitted to pairs:
//
//	people ~ Poisson(μ) or negative binomial(μ, θ),  μ = exp(A)·(machine + 1)^B
//
// By the logarithm of machine + 1, for that of 0 there is none. B = 1 would say that people see so many times what the machine
// does. It is fitted by maximum likelihood (McCullagh & Nelder 1989, ch. 6; θ: Venables & Ripley 2002, ch. 7.4).
type CountModel struct {
	Family           string
	A, B             float64 // intercept and slope on log(machine + 1)
	ALow, AHigh      float64 // ends of the 95 % intervals
	BLow, BHigh      float64
	Theta            float64 // of the negative binomial, whose variance is μ + μ²/θ; +Inf of Poisson
	Dispersion       float64 // Pearson's chi-squared of the Poisson fit over its degrees of freedom: 1 as Poisson says
	Over, P          float64 // the test of overdispersion: a standard normal number, and the chance of so high a one
	Least, Most      float64 // the machine's counts it was fitted to; beyond them it says nothing
	N                int
	DegreesOfFreedom int
}

// At is what people count on average where the machine counts so many; ok is false beyond the counts it was fitted to,
// where the count is given back as it is.
func (m CountModel) At(count float64) (people float64, ok bool) {
	if !(count >= m.Least && count <= m.Most) {
		return count, false
	}
	return math.Exp(m.A + m.B*math.Log(count+1)), true
}

// overLevel is the chance under which counts are called overdispersed.
const overLevel = 0.05

// FitCounts fits a Poisson regression and, where it is overdispersed, a negative binomial one.
//
// Whether it is: T = Σ((y − μ)² − y) / √(2·Σμ²) is standard normal where it is not (Dean & Lawless 1989, JASA 84:467). The intervals of a
// Poisson fit are widened, or narrowed, by what its counts are spread by (quasi-Poisson: √dispersion, Student's t with n − 2; where two ways
// of counting agree they are spread by far less than Poisson's); those of a negative binomial are normal.
//
// It fails of fewer than 5 pairs, where either side is the same everywhere, and where people saw none wherever the machine saw few: no
// finite slope says that.
func FitCounts(pairs []Pair) (CountModel, error) {
	if err := numbers(pairs); err != nil {
		return CountModel{}, err
	}
	const least = 5
	if len(pairs) < least {
		return CountModel{}, errors.New("a regression of counts wants 5 deployments or more: count more of them")
	}
	n := len(pairs)
	m := CountModel{Family: Poisson, Theta: math.Inf(1), Least: pairs[0].Machine, Most: pairs[0].Machine, N: n, DegreesOfFreedom: n - 2}
	x, y, sum := make([]float64, n), make([]float64, n), 0.0
	for i, p := range pairs {
		if p.Machine < 0 || p.People < 0 {
			return CountModel{}, errors.New("a count under 0 is none: leave it out")
		}
		x[i], y[i] = math.Log(p.Machine+1), p.People
		m.Least, m.Most = min(m.Least, p.Machine), max(m.Most, p.Machine)
		sum += p.People
	}
	if sum == 0 {
		return CountModel{}, errors.New("people saw none anywhere: there is nothing to fit")
	}
	fit, err := logLinear(x, y, m.Theta)
	if err != nil {
		return CountModel{}, err
	}
	var pearson, over, squares float64
	for i, mu := range fit.mu {
		d := y[i] - mu
		pearson, over, squares = pearson+d*d/mu, over+d*d-y[i], squares+mu*mu
	}
	m.Dispersion = pearson / float64(n-2)
	m.Over = over / math.Sqrt(2*squares)
	m.P = distuv.UnitNormal.Survival(m.Over)
	by, scale := student(float64(n-2)), math.Sqrt(m.Dispersion)
	if m.P < overLevel {
		if wide, theta, err := fitOverdispersed(x, y, fit); err == nil {
			m.Family, m.Theta, fit, by, scale = NegativeBinomial, theta, wide, gauss(), 1
		}
	}
	m.A, m.B = fit.a, fit.b
	m.ALow, m.AHigh, _ = telling(m.A-by*scale*fit.seA, m.A+by*scale*fit.seA, "")
	m.BLow, m.BHigh, _ = telling(m.B-by*scale*fit.seB, m.B+by*scale*fit.seB, "")
	return m, nil
}

// fitted is a regression by the logarithm: coefficients, their standard errors at the family's own spread, and means.
type fitted struct {
	a, b, seA, seB float64
	mu             []float64
}

// logLinear fits log μ = a + b·x by iterated weighted least squares, for counts whose variance is μ + μ²/θ.
func logLinear(x, y []float64, theta float64) (f fitted, err error) {
	no := errors.New("no regression fits these counts: people or machine counted the same everywhere, or people saw none wherever the machine saw few")
	f.mu = make([]float64, len(y))
	for i := range y {
		f.mu[i] = y[i] + 0.1
	}
	last := math.Inf(1)
	for range 200 {
		var w, wx, wxx, wz, wxz float64
		for i, mu := range f.mu {
			weight := mu / (1 + mu/theta)
			z := math.Log(mu) + (y[i]-mu)/mu
			w, wx, wxx = w+weight, wx+weight*x[i], wxx+weight*x[i]*x[i]
			wz, wxz = wz+weight*z, wxz+weight*x[i]*z
		}
		whole := w*wxx - wx*wx
		if !(whole > 1e-9*w*wxx) {
			return f, no
		}
		f.a, f.b = (wxx*wz-wx*wxz)/whole, (w*wxz-wx*wz)/whole
		f.seA, f.seB = math.Sqrt(wxx/whole), math.Sqrt(w/whole)
		var deviance float64
		for i := range f.mu {
			f.mu[i] = math.Exp(f.a + f.b*x[i])
			deviance += unitDeviance(y[i], f.mu[i], theta)
		}
		if !(math.Abs(f.a)+math.Abs(f.b) < 50) {
			return f, no
		}
		if math.Abs(deviance-last) < 1e-13*(math.Abs(deviance)+0.1) {
			return f, nil
		}
		last = deviance
	}
	return f, no
}

// unitDeviance is twice what a count's likelihood falls short of the best.
func unitDeviance(y, mu, theta float64) float64 {
	var own float64 // of the count itself; 0 of 0
	if y > 0 {
		own = y * math.Log(y/mu)
	}
	if math.IsInf(theta, 1) {
		return 2 * (own - (y - mu))
	}
	return 2 * (own - (y+theta)*math.Log((y+theta)/(mu+theta)))
}

// fitOverdispersed fits both in turn, the line and θ, from a Poisson fit on.
func fitOverdispersed(x, y []float64, from fitted) (f fitted, theta float64, err error) {
	f = from
	last := math.Inf(1)
	for range 100 {
		theta = bestTheta(y, f.mu)
		if theta >= mostTheta {
			return f, theta, errors.New("the counts are not overdispersed")
		}
		if f, err = logLinear(x, y, theta); err != nil {
			return f, theta, err
		}
		if math.Abs(theta-last) < 1e-10*theta {
			return f, theta, nil
		}
		last = theta
	}
	return f, theta, nil
}

// mostTheta is where a negative binomial is Poisson's.
const mostTheta = 1e6

// bestTheta is the θ of the greatest likelihood at given means: where its derivative by θ is 0, found by halving its logarithm.
func bestTheta(y, mu []float64) float64 {
	slope := func(theta float64) (sum float64) {
		for i := range y {
			sum += digammaStep(theta, y[i]) + math.Log(theta/(theta+mu[i])) + (mu[i]-y[i])/(theta+mu[i])
		}
		return sum
	}
	low, high := math.Log(1e-4), math.Log(mostTheta)
	if slope(mostTheta) > 0 {
		return mostTheta
	}
	for range 100 {
		middle := (low + high) / 2
		if slope(math.Exp(middle)) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp((low + high) / 2)
}

// digammaStep is ψ(θ + y) − ψ(θ): 1/θ + 1/(θ+1) + ... of a whole y.
func digammaStep(theta, y float64) (sum float64) {
	for k := range int(y) {
		sum += 1 / (theta + float64(k))
	}
	return sum
}

// TriedModel is a CountModel and what it is worth on deployments that it was not fitted to.
type TriedModel struct {
	CountModel
	MAE, RMSE float64 // each deployment corrected by what the others say
}

// TryModel fits it, leaving out one deployment after the other; nil where the counts are too few.
func TryModel(pairs []Pair) *TriedModel {
	model, err := FitCounts(pairs)
	if err != nil {
		return nil
	}
	held, enough := leaveOut(pairs, func(others []Pair) (func(float64) float64, error) {
		m, err := FitCounts(others)
		return func(count float64) float64 {
			people, _ := m.At(count)
			return people
		}, err
	})
	if !enough {
		return nil
	}
	a := Agree(held, Judging{})
	return &TriedModel{model, a.MAE, a.RMSE}
}
