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
// arrivals, as many as came:
//
//	Slope, Offset, Length, Company, Stray   mean, by candidates
//	Spread                                  standard deviation of the mixture: how the classes differ adds to how deployments do
//	Recall                                  mean, by arrivals
//	Between                                 of the mixture, as Spread
//	Hole, Edge, Same, Beside                mean, by arrivals found
//	Shape                                   of the mixture: mean and variance of the classes' gamma distributions
//	Together, Alone                         by arrivals missed
//	Visits                                  by visits missed beside others
//
// Worked example: of one class 100 arrivals, none missed; of another 100, of which 90 were missed: together 0.55 of them are found.
func combineDetectabilities(parts []Detectability) Detectability {
	if len(parts) == 1 {
		return parts[0]
	}
	n := len(parts)
	candidates, arrivals, found, missed, beside := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var d Detectability
	for i, p := range parts {
		candidates[i] = float64(p.Candidates)
		arrivals[i] = math.Max(float64(p.Arrivals), 0.5) // one without any weighs as half an arrival
		found[i], missed[i] = arrivals[i]*p.Recall, arrivals[i]*(1-p.Recall)
		beside[i] = found[i] * p.Beside
		d.Deployments = max(d.Deployments, p.Deployments)
		d.Candidates += p.Candidates
		d.Animals += p.Animals
		d.Arrivals += p.Arrivals
		for _, site := range p.Sites {
			if !slices.Contains(d.Sites, site) {
				d.Sites = append(d.Sites, site)
			}
		}
	}
	for _, weights := range [][]float64{candidates, arrivals, found, missed, beside} {
		shares(weights)
	}
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
	d.Stray = mean(candidates, func(p Detectability) float64 { return p.Stray })
	d.Spread = math.Sqrt(mean(candidates, func(p Detectability) float64 {
		return p.Spread*p.Spread + (p.Offset-d.Offset)*(p.Offset-d.Offset)
	}))
	d.Same = mean(found, func(p Detectability) float64 { return p.Same })
	d.Hole = mean(found, func(p Detectability) float64 { return p.Hole })
	d.Edge = mean(found, func(p Detectability) float64 { return p.Edge })
	d.Recall = mean(arrivals, func(p Detectability) float64 { return p.Recall })
	d.Between = math.Sqrt(mean(arrivals, func(p Detectability) float64 {
		apart := (logit(p.Recall) - logit(d.Recall)) / 2 // two levels of recall share it
		return p.Between*p.Between + apart*apart
	}))
	d.Beside = mean(found, func(p Detectability) float64 { return p.Beside })
	d.Shape = 1 / mean(found, func(p Detectability) float64 {
		r := 1.0
		if d.Beside > 0 {
			r = p.Beside / d.Beside
		}
		return r*r/p.Shape + (r-1)*(r-1)
	})
	d.Together = mean(missed, func(p Detectability) float64 { return p.Together })
	d.Visits = combineVisits(parts, beside)
	d.Alone = combineArrivals(parts, missed)
	return d
}

// mostArrivals is how many missed arrivals stand for those of several classes.
const mostArrivals = 48

// combineArrivals takes arrivals of each class in the proportions of their shares, evenly out of those it has.
func combineArrivals(parts []Detectability, shares []float64) (out [][]float64) {
	for i, p := range parts {
		n := int(math.Round(shares[i] * mostArrivals))
		for k := range n {
			out = append(out, p.Alone[(2*k+1)*len(p.Alone)/(2*n)])
		}
	}
	return out
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
