package uncertainty

import (
	"math"
	"slices"
)

// combineCalibrations gives the calibration of a taxon that merges several classes: which of them a detection is of is no longer
// known, so its probability is the mean of theirs, each weighed by the detections it was learned from.
func combineCalibrations(parts []Calibration) Calibration {
	switch len(parts) {
	case 0:
		return Calibration{}
	case 1:
		return parts[0]
	}
	c := Calibration{Kind: "combined", Parts: parts}
	for _, p := range parts {
		c.Right += p.Right
		c.Wrong += p.Wrong
	}
	return c
}

// cases is how many detections it was learned from; one where its file does not say.
func (c Calibration) cases() float64 { return math.Max(1, float64(c.Right+c.Wrong)) }

// combineDetectabilities gives the detectability of a taxon that merges several classes, as if they had been
// measured as one, as far as their numbers tell. What is said of candidates weighs as many as each has; what is said of
// animals, as many as were found, which are the visits less those missed:
//
//	Slope, Offset, Length, Company   mean, by candidates
//	Spread                           standard deviation of the mixture: how the classes differ adds to how deployments do
//	Hole, Edge                       mean, by visits found
//	Missed                           missed visits together for found visits together
//	Shape                            of the mixture: mean and variance of the classes' gamma distributions
//	Absent                           such that what an empty deployment holds of each class adds up
//	Together, Visits                 by missed visits
//
// Worked example: of one class 100 visits, none missed; of another 100, of which 90 were missed (Missed 9): together 90 for 110
// found, 0.82, not the mean of 0 and 9.
func combineDetectabilities(parts []Detectability) Detectability {
	if len(parts) == 1 {
		return parts[0]
	}
	n := len(parts)
	candidates, found, missed := make([]float64, n), make([]float64, n), make([]float64, n)
	var d Detectability
	for i, p := range parts {
		candidates[i] = float64(p.Candidates)
		found[i] = math.Max(float64(p.Animals), 0.5) / (1 + p.Missed) // one without any weighs as half a visit
		missed[i] = found[i] * p.Missed
		d.Deployments = max(d.Deployments, p.Deployments)
		d.Candidates += p.Candidates
		d.Animals += p.Animals
	}
	shares(candidates)
	shares(found)
	shares(missed)
	mean := func(weights []float64, of func(Detectability) float64) (sum float64) {
		for i, p := range parts {
			sum += weights[i] * of(p)
		}
		return sum
	}
	d.Slope = mean(candidates, func(p Detectability) float64 { return p.Slope })
	d.Offset = mean(candidates, func(p Detectability) float64 { return p.Offset })
	d.Length = mean(candidates, func(p Detectability) float64 { return p.Length })
	d.Company = mean(candidates, func(p Detectability) float64 { return p.Company })
	d.Spread = math.Sqrt(mean(candidates, func(p Detectability) float64 {
		return p.Spread*p.Spread + (p.Offset-d.Offset)*(p.Offset-d.Offset)
	}))
	d.Hole = mean(found, func(p Detectability) float64 { return p.Hole })
	d.Edge = mean(found, func(p Detectability) float64 { return p.Edge })
	d.Missed = mean(found, func(p Detectability) float64 { return p.Missed })
	d.Shape = 1 / mean(found, func(p Detectability) float64 { return 1 / p.Shape })
	d.Absent = mean(found, func(p Detectability) float64 { return p.Absent })
	if d.Missed > 0 {
		d.Shape = 1 / mean(found, func(p Detectability) float64 {
			r := p.Missed / d.Missed
			return r*r/p.Shape + (r-1)*(r-1)
		})
		d.Absent = 0
		for _, p := range parts {
			d.Absent += p.Missed * p.Absent / d.Missed
		}
	}
	d.Together = mean(missed, func(p Detectability) float64 { return p.Together })
	d.Visits = combineVisits(parts, missed)
	return d
}

// shares makes weights add up to 1; where all are 0 each weighs the same.
func shares(weights []float64) {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for i, w := range weights {
		if sum > 0 {
			weights[i] = w / sum
		} else {
			weights[i] = 1 / float64(len(weights))
		}
	}
}

// mostVisits is how many lengths of missed visits stand for those of several classes.
const mostVisits = 48

// combineVisits gives lengths of which each is as likely as another: those at even steps of the classes' lengths, each
// class weighing its share.
func combineVisits(parts []Detectability, shares []float64) []float64 {
	type visit struct{ length, weight float64 }
	var all []visit
	for i, p := range parts {
		for _, length := range p.Visits {
			all = append(all, visit{length, shares[i] / float64(len(p.Visits))})
		}
	}
	slices.SortStableFunc(all, func(a, b visit) int {
		switch {
		case a.length < b.length:
			return -1
		case a.length > b.length:
			return 1
		}
		return 0
	})
	out := make([]float64, mostVisits)
	at, sum := 0, 0.0
	for i := range out {
		for want := (float64(i) + 0.5) / mostVisits; at < len(all)-1 && sum+all[at].weight < want; at++ {
			sum += all[at].weight
		}
		out[i] = all[at].length
	}
	return out
}
