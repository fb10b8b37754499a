package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"requin/uncertainty"
)

// Trial is one detector on pictures that it did not learn from: those that its fold held
// out, or a test set.
type Trial struct {
	Name       string // of the side: "fold 0", "test"
	Images     []Image
	Groups     []string                           // of each image, the deployment it is of
	Thresholds map[string]float64                 // of the detector, by taxon
	Unknown    []string                           // taxa that the detector cannot name
	Calibrated map[string]uncertainty.Calibration // by taxon, learned on other pictures; nil: none is at hand
}

// Rating says how trials are judged.
type Rating struct {
	IoU       float64
	Threshold float64 // of all taxa; NaN: each detector's own
	Least     int     // true boxes under which a taxon is not scored
}

// threshold is the least score of a taxon's detections that count in a trial.
func (r Rating) threshold(t Trial, taxon string) float64 {
	if !math.IsNaN(r.Threshold) {
		return r.Threshold
	}
	return t.Thresholds[taxon]
}

// Assessment is how the detectors of one model, one a fold, did.
type Assessment struct {
	Model     string
	Trials    []string // their names
	Pictures  []int    // of each
	Partial   []int    // of each, how many pictures are partial
	Taxa      []TaxonAssessment
	Confusion Confusion // over all trials, context taxa too
	Naming    Kappa     // of the names of the animals that were found
}

// TaxonAssessment is how they did on one studied taxon.
type TaxonAssessment struct {
	Taxon   string
	Unknown []bool   // of each trial, whether its detector cannot name the taxon: then it is not scored
	Scores  []Score  // of each trial
	Spread  []Spread // of each trial, the intervals of its precision, recall and F
	Wrong   []Wrong  // of each trial, at its threshold
	// Others are the scores at the threshold that has the best F on the other trials: what was
	// chosen without having seen these pictures. NaN with fewer than two trials.
	Others  []Score
	Folds   Folds
	OthersF Summary
	Curves  []PR // of each trial
	Sizes   []SizeScores
	Unsure  UnsureScore
	Reliability
}

// Assess judges the detectors of one model. Studied taxa are scored; context taxa are
// in the confusion only.
func Assess(model string, trials []Trial, studied, context []string, r Rating) Assessment {
	a := Assessment{Model: model}
	var confusions []Confusion
	for _, t := range trials {
		a.Trials = append(a.Trials, t.Name)
		a.Pictures = append(a.Pictures, len(t.Images))
		partial := 0
		for _, image := range t.Images {
			if image.Partial {
				partial++
			}
		}
		a.Partial = append(a.Partial, partial)
		c := Confuse(t.Images, slices.Concat(studied, context), r.IoU, func(taxon string) float64 { return r.threshold(t, taxon) })
		confusions = append(confusions, c)
	}
	for _, taxon := range studied {
		t := assess(trials, taxon, r)
		for _, c := range confusions {
			t.Wrong = append(t.Wrong, c.wrongOf(taxon))
		}
		a.Taxa = append(a.Taxa, t)
	}
	for i, c := range confusions {
		if i == 0 {
			a.Confusion = c
		} else {
			a.Confusion.plus(c)
		}
	}
	if len(confusions) > 0 {
		a.Naming = a.Confusion.NamingKappa()
	}
	return a
}

// plus adds the counts of another confusion of the same taxa.
func (c *Confusion) plus(o Confusion) {
	for i := range c.Counts {
		for k := range c.Counts[i] {
			c.Counts[i][k] += o.Counts[i][k]
		}
	}
	for i := range c.Double {
		c.Double[i] += o.Double[i]
	}
}

func assess(trials []Trial, taxon string, r Rating) TaxonAssessment {
	out := TaxonAssessment{Taxon: taxon}
	var scored []Score
	for _, t := range trials {
		unknown := slices.Contains(t.Unknown, taxon)
		s := ScoreTaxon(t.Images, taxon, Scoring{IoU: r.IoU, Threshold: r.threshold(t, taxon), Least: r.Least})
		if unknown {
			truth, pictures := s.Truth, s.Pictures
			s = ScoreTaxon(nil, taxon, Scoring{})
			s.Truth, s.Pictures = truth, pictures
		} else {
			scored = append(scored, s)
		}
		out.Unknown = append(out.Unknown, unknown)
		out.Scores = append(out.Scores, s)
		out.Spread = append(out.Spread, spreadOf(t, taxon, r.IoU, s.Threshold))
		out.Curves = append(out.Curves, PrecisionRecall(t.Images, taxon, r.IoU))
	}
	out.Folds = OverFolds(scored)
	out.Folds.Taxon = taxon
	out.others(r)
	out.Sizes = sizes(trials, taxon, r, out.Unknown)
	out.Reliability = reliability(trials, taxon, r, out)
	out.Unsure = scoreUnsure(out.parts(trials, r))
	return out
}

// parts are the scored trials; of a single one, its deployments, in at most five.
func (t TaxonAssessment) parts(trials []Trial, r Rating) []PR {
	var parts []PR
	for i, p := range t.Curves {
		if !t.Unknown[i] && !t.Scores[i].TooFew {
			parts = append(parts, p)
		}
	}
	if len(parts) == 1 {
		return byDeployment(trials, t.Taxon, r, t)
	}
	return parts
}

// others scores each trial at the threshold that the other ones choose.
func (t *TaxonAssessment) others(r Rating) {
	var fs []float64
	for i, s := range t.Scores {
		o := Score{Taxon: s.Taxon, Truth: s.Truth, Pictures: s.Pictures, TooFew: true, Threshold: math.NaN(), Precision: math.NaN(), Recall: math.NaN(), F: math.NaN()}
		var rest []PR
		for k, p := range t.Curves {
			if k != i && !t.Unknown[k] && !t.Scores[k].TooFew {
				rest = append(rest, p)
			}
		}
		if p := PoolCurves(rest...); !s.TooFew && !t.Unknown[i] && p.Truth > 0 {
			o.TooFew = false
			o.Threshold, _ = p.BestF()
			o.Precision, o.Recall, o.F = t.Curves[i].At(o.Threshold)
		}
		t.Others = append(t.Others, o)
		fs = append(fs, o.F)
	}
	t.OthersF = Summarise(fs)
}

// PoolCurves puts the detections of several tests together, as if they were of one.
func PoolCurves(list ...PR) PR {
	type detection struct {
		score float64
		right bool
	}
	var all []detection
	var out PR
	for _, p := range list {
		out.Truth += p.Truth
		for i, s := range p.Scores {
			all = append(all, detection{s, p.Right[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b detection) int { return cmp.Compare(b.score, a.score) })
	for _, d := range all {
		out.Scores, out.Right = append(out.Scores, d.score), append(out.Right, d.right)
	}
	return out
}

// Reliability is what scores are worth as probabilities of being right, before and after
// they are calibrated. The calibration was learned on pictures other than those it is
// measured on.
type Reliability struct {
	Learned                 string // on what, in words; "": there was nothing to learn from
	Detections              int
	Before, After           []Bin
	ECEBefore, ECEAfter     float64
	BrierBefore, BrierAfter float64
}

const reliabilityBins = 10

func reliability(trials []Trial, taxon string, r Rating, a TaxonAssessment) Reliability {
	no := math.NaN()
	out := Reliability{ECEBefore: no, ECEAfter: no, BrierBefore: no, BrierAfter: no}
	var parts []PR
	var given []*uncertainty.Calibration
	for i, t := range trials {
		if a.Unknown[i] || a.Scores[i].TooFew {
			continue
		}
		parts = append(parts, a.Curves[i])
		var c *uncertainty.Calibration
		if have, ok := t.Calibrated[taxon]; ok {
			c = &have
		}
		given = append(given, c)
	}
	all := PoolCurves(parts...)
	if out.Detections = len(all.Scores); out.Detections == 0 {
		return out
	}
	out.Before, out.ECEBefore, out.BrierBefore = judged(all)
	var after PR
	switch {
	case !slices.Contains(given, nil):
		for i, c := range given {
			parts[i] = calibrated(parts[i], *c)
		}
		out.Learned, after = "the pictures on which the model was validated, as its file has it", PoolCurves(parts...)
		if n := len(given[0].Parts); n > 1 {
			out.Learned += fmt.Sprintf(", combined from %d classes", n)
		}
	case len(parts) > 1:
		out.Learned, after = fmt.Sprintf("the %d other folds", len(parts)-1), crossed(parts)
		if len(parts) == 2 {
			out.Learned = "the other fold"
		}
	default:
		if parts = byDeployment(trials, taxon, r, a); len(parts) < 2 {
			return out
		}
		out.Learned, after = fmt.Sprintf("other deployments of the same fold, in %d parts", len(parts)), crossed(parts)
	}
	if len(after.Scores) != len(all.Scores) {
		out.Learned = "" // some part had nothing to learn from
		return out
	}
	out.After, out.ECEAfter, out.BrierAfter = judged(after)
	return out
}

// judged is what probabilities that stand in the place of scores are worth.
func judged(p PR) (bins []Bin, ece, brier float64) {
	bins = p.Reliability(nil, reliabilityBins)
	return bins, ECE(bins), p.Brier(nil)
}

// crossed calibrates each part by what the others say; parts whose others say nothing
// are left out.
func crossed(parts []PR) PR {
	var out []PR
	for i, p := range parts {
		c, err := PoolCurves(slices.Concat(parts[:i], parts[i+1:])...).Calibrate()
		if err == nil {
			out = append(out, calibrated(p, c))
		}
	}
	return PoolCurves(out...)
}

// calibrated has probabilities in the place of scores.
func calibrated(p PR, c uncertainty.Calibration) PR {
	out := PR{Truth: p.Truth, Right: p.Right}
	for _, s := range p.Scores {
		out.Scores = append(out.Scores, c.Probability(s))
	}
	return out
}

// byDeployment parts the one trial that was scored by its deployments, in at most five.
func byDeployment(trials []Trial, taxon string, r Rating, a TaxonAssessment) []PR {
	const most = 5
	for i, t := range trials {
		if a.Unknown[i] || a.Scores[i].TooFew {
			continue
		}
		names := slices.Compact(slices.Sorted(slices.Values(t.Groups)))
		n := min(most, len(names))
		images := make([][]Image, n)
		for k, group := range t.Groups {
			at := slices.Index(names, group) % n
			images[at] = append(images[at], t.Images[k])
		}
		var parts []PR
		for _, list := range images {
			parts = append(parts, PrecisionRecall(list, taxon, r.IoU))
		}
		return parts
	}
	return nil
}
