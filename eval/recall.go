package eval

import (
	"math"
	"slices"

	"requin/uncertainty"
)

// arrival is visits that begin within a few seconds of each other: by index, in the order in which they begin.
type arrival struct{ visits []int }

// found tells whether a candidate has any of it.
func (a arrival) found(f *followed) bool {
	return slices.ContainsFunc(a.visits, func(v int) bool { return !f.visits[v].missed() })
}

// arrivals puts the visits of each stretch of video together that arrive together (uncertainty.ArrivalGap).
//
// Worked example, one frame a second: visits that begin at 3, 7, 30 and 33 s are two arrivals, of 3 and 7, and of 30 and 33.
func arrivals(all []*followed) (came [][]arrival) {
	for _, f := range all {
		var list []arrival
		order := make([]int, len(f.visits))
		for v := range order {
			order[v] = v
		}
		slices.SortStableFunc(order, func(a, b int) int { return f.visits[a].frames[0] - f.visits[b].frames[0] })
		for i, v := range order {
			if i > 0 && float64(f.visits[v].frames[0]-f.visits[order[i-1]].frames[0])*f.every <= uncertainty.ArrivalGap {
				last := &list[len(list)-1]
				last.visits = append(last.visits, v)
				continue
			}
			list = append(list, arrival{[]int{v}})
		}
		came = append(came, list)
	}
	return came
}

// fitRecall fits the chance that an arrival leaves a candidate: binomial in each deployment, its log odds normal from deployment to
// deployment. Mean and standard deviation are the likeliest of a grid, by quadrature over the deployment's own; beforehand any mean
// share is as likely as another (as if two arrivals more had come, one of them found), and the standard deviation is about 0.7, within
// a factor of 3.
func fitRecall(a *uncertainty.Detectability, all []*followed, came [][]arrival) {
	type tally struct{ found, missed int }
	var tallies []tally
	for d, list := range came {
		t := tally{}
		for _, arrived := range list {
			if arrived.found(all[d]) {
				t.found++
			} else {
				t.missed++
			}
		}
		tallies = append(tallies, t)
	}
	most := math.Inf(-1)
	for mean := -6.0; mean <= 6; mean += 0.1 {
		p := uncertainty.Logistic(mean)
		for _, sd := range []float64{0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.3, 1.6, 2, 2.5, 3} {
			log := math.Log(p) + math.Log(1-p) - 0.5*math.Pow(math.Log(sd/0.7)/math.Log(3), 2)
			for _, t := range tallies {
				log += math.Log(math.Max(foundChance(mean, sd, t.found, t.missed), 1e-300))
			}
			if log > most {
				most, a.Recall, a.Between = log, p, sd
			}
		}
	}
}

// foundChance is the chance that so many arrivals are found and missed in one order, over a deployment's log odds, which are normal.
func foundChance(mean, sd float64, found, missed int) float64 {
	sum, weight := 0.0, 0.0
	for k := -8; k <= 8; k++ {
		z := float64(k) / 2
		p := uncertainty.Logistic(mean + z*sd)
		w := math.Exp(-z * z / 2)
		sum += w * math.Exp(float64(found)*math.Log(p)+float64(missed)*math.Log(1-p))
		weight += w
	}
	return sum / weight
}

// fitBeside measures how many visits are missed beside those that are found, in arrivals of which something was found, and pieces
// of visits that no candidate has: in each deployment Poisson, of a mean in proportion to the visits found, by a factor that is
// gamma; together negative binomial. And how long those last, and what missed arrivals consist of.
func fitBeside(a *uncertainty.Detectability, all []*followed, came [][]arrival) {
	var found, missed []float64
	var beside []float64
	var alone, any [][]float64
	for d, f := range all {
		lone := len(beside)
		visits := 0.0
		for _, arrived := range came[d] {
			var lengths []float64
			for _, v := range arrived.visits {
				lengths = append(lengths, f.seconds(f.visits[v].frames))
				if !f.visits[v].missed() {
					visits++
				} else if arrived.found(f) {
					beside = append(beside, f.seconds(f.visits[v].frames))
				}
			}
			any = append(any, lengths)
			if !arrived.found(f) {
				alone = append(alone, lengths)
			}
		}
		for _, piece := range f.pieces {
			beside = append(beside, f.seconds(piece))
		}
		found, missed = append(found, visits), append(missed, float64(len(beside)-lone))
	}
	fitNegativeBinomial(a, found, missed)
	prior := uncertainty.Prior()
	a.Visits = picked(withAtLeast(beside, len(prior.Visits), spread(any), prior.Visits), func(x, y float64) bool { return x < y })
	a.Alone = picked(withAtLeast(alone, len(prior.Alone), any, prior.Alone), func(x, y []float64) bool { return x[0] < y[0] })
}

func (f *followed) seconds(frames []int) float64 {
	return float64(frames[len(frames)-1]-frames[0]+1) * f.every
}

func spread(arrivals [][]float64) (list []float64) {
	for _, a := range arrivals {
		list = append(list, a...)
	}
	return list
}

// withAtLeast adds what was seen of others, and where there is nothing else of the prior, to a list of fewer than least.
func withAtLeast[T any](list []T, least int, others, prior []T) []T {
	if len(list) < least {
		list = slices.Concat(list, others)
	}
	if len(list) == 0 {
		return slices.Clone(prior)
	}
	return list
}

// mostLengths is how many missed visits, and arrivals, a model's file carries.
const mostLengths = 24

// picked are evenly picked ones of a list, in order, where there are many.
func picked[T any](list []T, less func(a, b T) bool) []T {
	slices.SortStableFunc(list, func(a, b T) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	if len(list) <= mostLengths {
		return list
	}
	out := make([]T, mostLengths)
	for i := range out {
		out[i] = list[(2*i+1)*len(list)/(2*mostLengths)]
	}
	return out
}

// fitNegativeBinomial fits Beside and Shape: the likeliest of a grid, each value as likely beforehand as in the priors below.
func fitNegativeBinomial(a *uncertainty.Detectability, found, missed []float64) {
	prior := uncertainty.Prior()
	visits, total := 0.0, 0.0
	for d := range found {
		visits, total = visits+found[d], total+missed[d]
	}
	a.Beside = (total + 0.5) / (visits + 0.5/prior.Beside)
	most, between := math.Inf(-1), prior.Shape
	for _, shape := range []float64{0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 15, 30} {
		log := -0.5 * math.Pow(math.Log(shape/2)/1.5, 2)
		for d, m := range missed {
			if found[d] > 0 {
				log += negativeBinomial(m, a.Beside*found[d], shape)
			}
		}
		if log > most {
			most, between = log, shape
		}
	}
	a.Shape = 1 / (1/between + 1/(total+0.5)) // what differs between deployments, and what is not known of the mean
}

// negativeBinomial is the logarithm of the chance of k, for a mean and the shape of the gamma distribution of it.
func negativeBinomial(k, mean, shape float64) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	return lg(k+shape) - lg(shape) - lg(k+1) + shape*math.Log(shape/(shape+mean)) + k*math.Log(mean/(shape+mean))
}
