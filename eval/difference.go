package eval

import (
	"math"
	"slices"
)

// Difference is how far one measure of two models is apart on the same folds.
type Difference struct {
	Taxon, Measure string
	Folds          []string
	A, B           []float64 // of each fold
	Over           Summary   // of B − A, fold by fold
}

// Measures are those of a Score that models are compared by.
func Measures() []string { return []string{"precision", "recall", "F", "AP50", "AP"} }

// Measure is one of them.
func (s Score) Measure(name string) float64 {
	switch name {
	case "precision":
		return s.Precision
	case "recall":
		return s.Recall
	case "F":
		return s.F
	case "AP50":
		return s.AP50
	case "AP":
		return s.AP
	}
	return math.NaN()
}

// Differences compares two models, fold by fold: what makes one fold harder than another
// is so for both, and drops out. Folds that one of them lacks, or on which a taxon has
// too few examples, do not count.
//
// Worked example: F of A 0.60 and 0.80, of B 0.70 and 0.86 on the same two folds. The
// differences 0.10 and 0.06 have a mean of 0.08 and a standard deviation of 0.028,
// though the folds themselves are 0.14 apart.
func Differences(a, b Assessment) []Difference {
	var out []Difference
	for _, ta := range a.Taxa {
		at := slices.IndexFunc(b.Taxa, func(t TaxonAssessment) bool { return t.Taxon == ta.Taxon })
		if at < 0 {
			continue
		}
		for _, measure := range Measures() {
			d := Difference{Taxon: ta.Taxon, Measure: measure}
			var apart []float64
			for i, fold := range a.Trials {
				k := slices.Index(b.Trials, fold)
				if k < 0 {
					continue
				}
				va, vb := ta.Scores[i].Measure(measure), b.Taxa[at].Scores[k].Measure(measure)
				if math.IsNaN(va) || math.IsNaN(vb) {
					continue
				}
				d.Folds, d.A, d.B = append(d.Folds, fold), append(d.A, va), append(d.B, vb)
				apart = append(apart, vb-va)
			}
			d.Over = Summarise(apart)
			out = append(out, d)
		}
	}
	return out
}
