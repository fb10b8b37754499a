package eval

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"requin/uncertainty"
)

// MeasureDetectability measures how well a detector sees a taxon, on video that it was not trained
// on: how often its candidates are animals, how long an animal is there unseen, how many
// visits leave no candidate. least is the lowest score of a candidate's detections, probability that of
// a detection being right (Calibration.Probability). It fails where the video holds neither an
// animal nor a candidate.
//
// Few deployments tell little: each number starts from what uncertainty.Prior holds, as if a few more had been seen.
// docs/science/uncertainty.md has the formulas.
func MeasureDetectability(watched []Watched, taxon string, least float64, probability func(score float64) float64) (uncertainty.Detectability, error) {
	var all []*followed
	a := uncertainty.Prior()
	for _, w := range watched {
		f, err := w.follow(taxon, least, probability)
		if err != nil {
			return a, err
		}
		all = append(all, f)
		a.Candidates += len(f.candidates)
		a.Animals += len(f.visits)
	}
	if a.Candidates+a.Animals == 0 {
		return a, errors.New("there is no " + taxon + " in the held-out video, and nothing was taken for one: how well it is seen cannot be measured")
	}
	a.Deployments = len(watched)
	for _, w := range watched {
		if w.Site != "" && !slices.Contains(a.Sites, w.Site) {
			a.Sites = append(a.Sites, w.Site)
		}
	}
	slices.Sort(a.Sites)
	fitReal(&a, all)
	fitThere(&a, all)
	came := arrivals(all)
	for _, list := range came {
		a.Arrivals += len(list)
	}
	fitRecall(&a, all, came)
	fitBeside(&a, all, came)
	fitWhen(&a, all, came)
	return a, nil
}

// priorReal is how sure it is beforehand that a candidate is right as often as its points are: the
// standard deviations of Offset, Slope, Length and Company.
var priorReal = [4]float64{1, 0.5, 0.5, 0.5}

// fitReal fits the chance that a candidate is an animal: logistic regression on the log odds of its points
// and the logarithm of their number, by Newton's method, held to the prior (MacKay 1992's Laplace
// approximation is not needed: what matters is the mode). Then how deployments differ.
func fitReal(a *uncertainty.Detectability, all []*followed) {
	b := [4]float64{0, 1, 0, 0}
	mean := b
	for range 50 {
		h := mat.NewSymDense(4, nil)
		g := mat.NewVecDense(4, nil)
		for i := range b {
			h.SetSym(i, i, 1/(priorReal[i]*priorReal[i]))
			g.SetVec(i, (mean[i]-b[i])/(priorReal[i]*priorReal[i]))
		}
		for _, f := range all {
			for _, s := range f.candidates {
				if !s.judged() {
					continue
				}
				v := s.Traits.Values()
				x := [4]float64{1, v[0], v[1], v[2]}
				p := uncertainty.Logistic(dot(b, x))
				y := 0.0
				if s.real() {
					y = 1
				}
				for i := range x {
					g.SetVec(i, g.AtVec(i)+(y-p)*x[i])
					for k := i; k < 4; k++ {
						h.SetSym(i, k, h.At(i, k)+p*(1-p)*x[i]*x[k])
					}
				}
			}
		}
		var step mat.VecDense
		if step.SolveVec(h, g) != nil {
			break
		}
		for i := range b {
			b[i] += math.Max(-2, math.Min(2, step.AtVec(i)))
		}
		if mat.Norm(&step, 2) < 1e-8 {
			break
		}
	}
	a.Offset, a.Slope, a.Length, a.Company = b[0], b[1], b[2], b[3]
	a.Spread = fitSpread(a, all)
}

func dot(a, b [4]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3] }

// fitSpread is the standard deviation of the deployments' own shifts of log odds that makes what was seen
// likeliest, after as much as two deployments would say for uncertainty.Prior's.
func fitSpread(a *uncertainty.Detectability, all []*followed) float64 {
	prior := uncertainty.Prior().Spread
	odds, real := make([][]float64, len(all)), make([][]bool, len(all)) // of each deployment's candidates
	for i, f := range all {
		for _, s := range f.candidates {
			if s.judged() {
				p := a.Real(s.Traits)
				odds[i], real[i] = append(odds[i], math.Log(p/(1-p))), append(real[i], s.real())
			}
		}
	}
	best, most := prior, math.Inf(-1)
	for sd := 0.1; sd <= 3; sd += 0.1 {
		log := -2 * math.Pow(math.Log(sd/prior), 2)
		for i := range all {
			log += math.Log(math.Max(shiftedChance(odds[i], real[i], sd), 1e-300))
		}
		if log > most {
			best, most = sd, log
		}
	}
	return math.Round(best*10) / 10
}

// shiftedChance is the chance of what a deployment's candidates were, over its shifts of log odds, which are normal with a standard
// deviation of sd.
func shiftedChance(odds []float64, real []bool, sd float64) float64 {
	sum, weight := 0.0, 0.0
	for k := -6; k <= 6; k++ {
		z := float64(k) / 2
		l := 0.0
		for i, x := range odds {
			if x += z * sd; !real[i] {
				x = -x
			}
			l += math.Log(uncertainty.Logistic(x))
		}
		sum += math.Exp(l - z*z/2)
		weight += math.Exp(-z * z / 2)
	}
	return sum / weight
}

// fitThere measures how often an animal is there between its candidate's points, and how long before
// and after them. What is left of visits that were found is of nobody's: pieces of visits that no
// candidate has, as where a candidate went over to another animal.
func fitThere(a *uncertainty.Detectability, all []*followed) {
	const weight = 4 // holes, ends and candidates that the prior counts for
	there, holes := a.Hole*weight, float64(weight)
	edge, ends := a.Edge*weight, float64(weight)
	for _, f := range all {
		inHole := map[[2]int]bool{} // visit and frame
		for _, s := range f.candidates {
			if !s.judged() || !s.real() {
				continue
			}
			ends += 2
			for i := 1; i < len(s.Frames); i++ {
				if from, to := s.Frames[i-1]+1, s.Frames[i]; from < to {
					holes++
					there += f.inHole(s, from, to, inHole)
				}
			}
		}
		for v := range f.visits {
			if !f.visits[v].missed() {
				edge += f.every * f.edges(v, inHole)
			}
		}
	}
	a.Hole, a.Edge = there/holes, edge/ends
	stray, points := a.Stray*weight, float64(weight)
	for _, f := range all {
		for _, s := range f.candidates {
			if s.judged() && !s.real() {
				stray += float64(s.right) / float64(len(s.Frames)-s.ignored)
				points++
			}
		}
	}
	a.Stray = stray / points
	a.Same = fitSame(a.Same, all)
}

// fitSame is how often a candidate that begins soon after another ended is of the same visit, after as much as four such pairs
// for the prior.
func fitSame(prior float64, all []*followed) float64 {
	const weight = 4
	same, pairs := prior*weight, float64(weight)
	for _, f := range all {
		var real []*suspect
		for _, s := range f.candidates {
			if s.judged() && s.real() {
				real = append(real, s)
			}
		}
		slices.SortStableFunc(real, func(a, b *suspect) int { return a.Frames[0] - b.Frames[0] })
		for i, s := range real {
			var before *suspect
			for _, p := range real[:i] {
				if p.last() < s.Frames[0] && (before == nil || p.last() > before.last()) {
					before = p
				}
			}
			if before == nil || float64(s.Frames[0]-before.last())*f.every > uncertainty.PiecesGap {
				continue
			}
			if pairs++; slices.ContainsFunc(s.visits, func(v int) bool { return slices.Contains(before.visits, v) }) {
				same++
			}
		}
	}
	return same / pairs
}

// inHole is for which share of a hole of a candidate one of its animals was there, no candidate having it.
func (f *followed) inHole(s *suspect, from, to int, in map[[2]int]bool) float64 {
	seen := 0
	for _, v := range s.visits {
		x := f.visits[v]
		for k, at := range x.frames {
			if at >= from && at < to && x.matched[k] < 0 {
				seen++
				in[[2]int{v, at}] = true
			}
		}
	}
	return math.Min(1, float64(seen)/float64(to-from))
}

// edges is how many frames of a visit lie right before the first point of a candidate that has it then, or
// right after the last one. Other stretches that no candidate has are put to the missed pieces.
func (f *followed) edges(v int, inHole map[[2]int]bool) (edge float64) {
	x := f.visits[v]
	for from := 0; from < len(x.frames); {
		if x.matched[from] >= 0 || inHole[[2]int{v, x.frames[from]}] {
			from++
			continue
		}
		to := from
		for to < len(x.frames) && x.matched[to] < 0 && !inHole[[2]int{v, x.frames[to]}] {
			to++
		}
		before := from > 0 && x.matched[from-1] >= 0 && f.ends(x.matched[from-1], x.frames[from-1], false)
		after := to < len(x.frames) && x.matched[to] >= 0 && f.ends(x.matched[to], x.frames[to], true)
		if before || after || float64(to-from)*f.every <= uncertainty.ArrivalGap {
			edge += float64(to - from)
		} else {
			f.pieces = append(f.pieces, x.frames[from:to])
		}
		from = to
	}
	return edge
}

// ends tells whether a frame has a candidate's first point, or its last.
func (f *followed) ends(candidate, frame int, first bool) bool {
	list := f.candidates[candidate].Frames
	if first {
		return list[0] == frame
	}
	return list[len(list)-1] == frame
}

// missed tells that no candidate has any of it.
func (v visit) missed() bool {
	return !slices.ContainsFunc(v.matched, func(c int) bool { return c >= 0 })
}

// fitWhen fits which share of the missed arrivals falls in with the candidates, the others coming at any time: a
// mixture, by expectation and maximisation, beginning with as much as four arrivals for one half.
func fitWhen(a *uncertainty.Detectability, all []*followed, came [][]arrival) {
	var ratio []float64 // how much likelier the middle of a missed visit is if it falls in with the candidates
	for d, f := range all {
		alive, total := make([]float64, f.frames), 0.0
		for _, s := range f.candidates {
			p := a.Real(s.Traits)
			for _, at := range s.Frames {
				alive[at] += p
				total += p
			}
		}
		for _, arrived := range came[d] {
			if v := f.visits[arrived.visits[0]].frames; total > 0 && !arrived.found(f) {
				ratio = append(ratio, alive[v[len(v)/2]]/total*float64(f.frames))
			}
		}
	}
	w := 0.5
	for range 100 {
		sum := 2.0
		for _, r := range ratio {
			sum += w * r / (w*r + 1 - w)
		}
		w = sum / (4 + float64(len(ratio)))
	}
	a.Together = w
}
