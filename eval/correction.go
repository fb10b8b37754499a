package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Correction turns a machine's count into what people would have counted, by a
// polynomial that was fitted to pairs, as Connolly et al. 2021 (Front. Mar. Sci.
// 8:658135) do with a cubic for snapper. It is offered, never applied in silence: a
// corrected count stands beside the one it is made of.
type Correction struct {
	// Coefficients of 1, x, x² ..., x the machine's count.
	Coefficients []float64 `json:"coefficients"`
	// Least and Most are the ends of the counts that it was fitted to. Beyond them it
	// says nothing.
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	N     int     `json:"pairs"`
}

// mostDegree is the highest that is tried: a higher one than a cubic
// follows single deployments.
const mostDegree = 3

// FitCorrection fits people's counts as a polynomial of the machine's by least squares.
// It fails where the machine's counts are too few different ones for the degree.
func FitCorrection(pairs []Pair, degree int) (Correction, error) {
	if degree < 1 || degree > mostDegree {
		return Correction{}, fmt.Errorf("a correction of degree %d: 1 to %d are", degree, mostDegree)
	}
	if err := numbers(pairs); err != nil {
		return Correction{}, err
	}
	counts := make([]float64, len(pairs))
	for i, p := range pairs {
		counts[i] = p.Machine
	}
	slices.Sort(counts)
	if different := slices.Compact(slices.Clone(counts)); len(different) < degree+2 {
		return Correction{}, fmt.Errorf("%d different counts are too few to correct by a polynomial of degree %d: count more deployments", len(different), degree)
	}
	c := Correction{Least: counts[0], Most: counts[len(counts)-1], N: len(pairs)}
	// In x/scale, so that powers stay near 1.
	scale := max(math.Abs(c.Least), math.Abs(c.Most))
	n := degree + 1
	system := make([][]float64, n) // normal equations, with the right side in the last column
	for r := range system {
		system[r] = make([]float64, n+1)
	}
	for _, p := range pairs {
		x := p.Machine / scale
		for r := range n {
			for k := range n {
				system[r][k] += math.Pow(x, float64(r+k))
			}
			system[r][n] += math.Pow(x, float64(r)) * p.People
		}
	}
	c.Coefficients = solve(system)
	for i := range c.Coefficients {
		c.Coefficients[i] /= math.Pow(scale, float64(i))
	}
	return c, nil
}

// numbers fails where a count is none.
func numbers(pairs []Pair) error {
	for _, p := range pairs {
		if math.IsNaN(p.People+p.Machine) || math.IsInf(p.People+p.Machine, 0) {
			return fmt.Errorf("the counts of %s (%v by people, %v by machine) are not numbers: leave it out", p.Deployment, p.People, p.Machine)
		}
	}
	return nil
}

// solve solves linear equations by elimination with the greatest pivot.
func solve(a [][]float64) []float64 {
	n := len(a)
	for i := range n {
		best := i
		for r := i + 1; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[best][i]) {
				best = r
			}
		}
		a[i], a[best] = a[best], a[i]
		for r := i + 1; r < n; r++ {
			by := a[r][i] / a[i][i]
			for k := i; k <= n; k++ {
				a[r][k] -= by * a[i][k]
			}
		}
	}
	out := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		sum := a[i][n]
		for k := i + 1; k < n; k++ {
			sum -= a[i][k] * out[k]
		}
		out[i] = sum / a[i][i]
	}
	return out
}

// Apply corrects a count; a corrected count is never below 0, and not rounded. ok is
// false where the count lies beyond those that the correction was fitted to: then it
// is given back as it is.
func (c Correction) Apply(count float64) (corrected float64, ok bool) {
	if !(count >= c.Least && count <= c.Most) || len(c.Coefficients) == 0 {
		return count, false
	}
	var sum float64
	for i := len(c.Coefficients) - 1; i >= 0; i-- {
		sum = sum*count + c.Coefficients[i]
	}
	return max(sum, 0), true
}

// Tried is a correction and what it is worth on deployments that it was not fitted to.
type Tried struct {
	Degree     int // 0: none
	Correction Correction
	MAE, RMSE  float64 // each deployment corrected by what the others say
}

// TryCorrections fits the polynomials of degree 1 to 3 and holds them against no
// correction at all, leaving out one deployment after the other. The first is none;
// degrees that the counts are too few for are not there. The one to choose is the least
// RMSE, of equals the lower degree (BestCorrection).
func TryCorrections(pairs []Pair) ([]Tried, error) {
	if len(pairs) == 0 {
		return nil, errors.New("no pairs of counts: count some deployments by people")
	}
	if err := numbers(pairs); err != nil {
		return nil, err
	}
	plain := Agree(pairs, Judging{})
	out := []Tried{{MAE: plain.MAE, RMSE: plain.RMSE}}
	for degree := 1; degree <= mostDegree; degree++ {
		c, err := FitCorrection(pairs, degree)
		held, enough := leaveOut(pairs, func(others []Pair) (func(float64) float64, error) {
			fitted, err := FitCorrection(others, degree)
			return func(count float64) float64 {
				corrected, _ := fitted.Apply(count)
				return corrected
			}, err
		})
		if err != nil || !enough {
			break
		}
		a := Agree(held, Judging{})
		out = append(out, Tried{degree, c, a.MAE, a.RMSE})
	}
	return out, nil
}

// leaveOut corrects the machine's counts of each deployment by what is fitted to the others.
// enough is false where they are too few to fit.
func leaveOut(pairs []Pair, fit func(others []Pair) (func(count float64) float64, error)) (held []Pair, enough bool) {
	for _, own := range inOrder(pairs, func(p Pair) string { return p.Deployment }) {
		var others []Pair
		for _, p := range pairs {
			if p.Deployment != own[0].Deployment {
				others = append(others, p)
			}
		}
		correct, err := fit(others)
		if err != nil {
			return nil, false
		}
		for _, p := range own {
			p.Machine = correct(p.Machine)
			held = append(held, p)
		}
	}
	return held, true
}

// BestCorrection is the one with the least RMSE on deployments left out; of equals the first.
func BestCorrection(tried []Tried) Tried {
	best := tried[0]
	for _, t := range tried[1:] {
		if t.RMSE < best.RMSE {
			best = t
		}
	}
	return best
}
