package uncertainty

import (
	"cmp"
	"math"
	"sort"
)

// Evidence is what one deployment tells of how well its survey is seen, and of how many animals come.
type Evidence struct {
	Found   float64 `json:"found"`   // arrivals of which the detector found something
	Met     float64 `json:"met"`     // arrivals of which it found nothing, and that a person met in looking
	Covered float64 `json:"covered"` // chance that the looks meet an arrival of which it found nothing
	Hours   float64 `json:"hours"`   // 0: one; in which an arrival would be in the frames: the time that was sampled, and as much before as visits last
	Reread          // what it tells of the readers
}

// Places at which recall and the mean number of arrivals in a deployment are weighed.
const (
	recallPlaces = 25 // log odds from -6 to 6
	manyPlaces   = 16 // 0.02 · 2^k arrivals an hour
	arrivalShape = 3
)

// unseen is the chance that what comes is unlike any of so many that were seen (Laplace's rule for something not yet seen); a tenth where none was.
// A survey that is unlike the measured ones has any recall. An arrival that is unlike them is as large as two: else no school could be larger than
// the largest that was measured.
func unseen(n int) float64 {
	if n <= 0 {
		return 0.1
	}
	return 1 / float64(n+2)
}

func recallOdds(k int) float64 { return float64(k-recallPlaces/2) / 2 }
func manyAt(k int) float64     { return 0.02 * math.Exp2(float64(k)) }

// usualMany is from how many arrivals an hour on more of them are less likely.
const usualMany = 20

// manyWeight is how likely so many arrivals an hour are before anything is known: rather more than less, up to usualMany.
func manyWeight(m float64) float64 { return math.Sqrt(m) / (1 + math.Pow(m/usualMany, 1.5)) }

// belief is what is held of a deployment's recall R and of the mean number of arrivals an hour M in the survey, before the
// deployment itself is heard: weight[r][m], of which only the proportions count.
//
// Recall is of two levels: the survey's own is normal in log odds about the measured one, with the standard deviation between deployments and what
// is not known of the mean; with a small chance (unseen, of as many deployments as were measured, or as many sites where those
// are others) the survey is unlike those measured, and any recall is as likely as another. A deployment's is normal about the survey's. How many arrive in a
// deployment is gamma with the shape 3 and the mean M, of which little is known before, and rather more than less: a shape that lets many deployments
// be empty would take an empty one for rare animals where it is luck.
type belief struct {
	weight [recallPlaces][manyPlaces]float64
}

func newBelief(a Detectability, elsewhere bool, survey []Evidence) *belief {
	var site [recallPlaces]float64
	n := float64(max(a.Arrivals, 1))
	r := math.Min(math.Max(a.Recall, 0.5/(n+1)), 1-0.5/(n+1))
	middle := math.Log(r / (1 - r))
	unknown := 1 / (n*r*(1-r) + 0.25)
	sd := math.Sqrt(a.Between*a.Between + unknown)
	unlike := unseen(a.Deployments)
	if elsewhere && a.Measured() {
		unlike = unseen(max(1, len(a.Sites)))
	}
	alike, any := 0.0, 0.0
	for k := range site {
		alike += normal(recallOdds(k)-middle, sd)
		p := Logistic(recallOdds(k))
		any += p * (1 - p)
	}
	for k := range site {
		p := Logistic(recallOdds(k))
		site[k] = (1-unlike)*normal(recallOdds(k)-middle, sd)/alike + unlike*p*(1-p)/any
	}
	if a.Recall == 0 { // it has no class for it
		clear(site[1:])
	}
	var within [recallPlaces][recallPlaces]float64 // of a deployment's recall, given its survey's
	for s := range within {
		sum := 0.0
		for d := range within[s] {
			within[s][d] = normal(recallOdds(d)-recallOdds(s), math.Max(a.Between, 0.3))
			sum += within[s][d]
		}
		for d := range within[s] {
			within[s][d] /= sum
		}
	}
	var both [recallPlaces][manyPlaces]float64 // of the survey's recall and M
	for s := range both {
		for m := range both[s] {
			both[s][m] = math.Log(math.Max(site[s], 1e-300)) + math.Log(manyWeight(manyAt(m)))
		}
	}
	for _, e := range survey {
		for m := range manyPlaces {
			var chance [recallPlaces]float64
			for d := range chance {
				chance[d] = math.Exp(e.log(d, m))
			}
			for s := range both {
				sum := 0.0
				for d, c := range chance {
					sum += within[s][d] * c
				}
				both[s][m] += math.Log(math.Max(sum, 1e-300))
			}
		}
	}
	most := math.Inf(-1)
	for s := range both {
		for _, l := range both[s] {
			most = math.Max(most, l)
		}
	}
	b := &belief{}
	for s := range both {
		for m, l := range both[s] {
			w := math.Exp(l - most)
			for d := range b.weight {
				b.weight[d][m] += w * within[s][d]
			}
		}
	}
	return b
}

func normal(x, sd float64) float64 { return math.Exp(-x * x / (2 * sd * sd)) }

// scale is the rate of the gamma distribution of how many arrive in the deployment, of which M is the mean an hour.
func (e Evidence) scale(m int) float64 {
	return arrivalShape / (manyAt(m) * cmp.Or(math.Max(e.Hours, 0), 1))
}

// log is the logarithm of the chance of the evidence, but for what does not depend on recall and M: found and met arrivals are Poisson,
// their rate gamma.
func (e Evidence) log(r, m int) float64 {
	recall := Logistic(recallOdds(r))
	b := e.scale(m)
	n := arrivalShape + e.Found + e.Met
	log := e.Found*math.Log(recall) + arrivalShape*math.Log(b) - n*math.Log(b+recall+(1-recall)*e.Covered)
	if e.Met > 0 {
		log += e.Met * math.Log((1-recall)*math.Max(e.Covered, 1e-3))
	}
	lg, _ := math.Lgamma(n)
	return log + lg
}

// cells is what is held of R and M after the deployment's evidence, ready to be drawn from.
type cells struct {
	e  Evidence
	to []float64 // cumulative
}

func (b *belief) cells(e Evidence) cells {
	c := cells{e: e, to: make([]float64, 0, recallPlaces*manyPlaces)}
	most := math.Inf(-1)
	var logs []float64
	for r := range b.weight {
		for m, w := range b.weight[r] {
			l := math.Log(math.Max(w, 1e-300)) + e.log(r, m)
			logs = append(logs, l)
			most = math.Max(most, l)
		}
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
		c.to = append(c.to, sum)
	}
	return c
}

// draw gives a recall, and the shape and the rate of the gamma distribution of how many arrive, given u from 0 to 1.
func (c cells) draw(u float64) (recall, shape, rate float64) {
	at := sort.SearchFloat64s(c.to, u*c.to[len(c.to)-1])
	at = min(at, len(c.to)-1)
	recall = Logistic(recallOdds(at / manyPlaces))
	return recall, arrivalShape + c.e.Found + c.e.Met, c.e.scale(at%manyPlaces) + recall + (1-recall)*c.e.Covered
}

// mean is the mean of f over R, the shape and the rate.
func (c cells) mean(f func(recall, shape, rate float64) float64) float64 {
	sum, before := 0.0, 0.0
	for at, to := range c.to {
		if w := to - before; w > 0 {
			recall := Logistic(recallOdds(at / manyPlaces))
			sum += w * f(recall, arrivalShape+c.e.Found+c.e.Met, c.e.scale(at%manyPlaces)+recall+(1-recall)*c.e.Covered)
		}
		before = to
	}
	return sum / c.to[len(c.to)-1]
}
