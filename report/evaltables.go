package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"requin/eval"
)

// The headers are a contract, documented in docs/formats/eval-folder.md: a column is
// added at the end, never renamed.
var (
	detectionHeader = []string{"model", "fold", "taxon", "boxes", "pictures", "too_few", "unknown_to_model", "threshold", "precision", "recall", "f",
		"best_threshold", "best_f", "ap50", "ap", "others_threshold", "others_precision", "others_recall", "others_f",
		"precision_low", "precision_high", "recall_low", "recall_high", "f_low", "f_high", "deployments", "duplicates", "misnamed", "on_nothing", "named_otherwise"}
	curvesHeader      = []string{"model", "fold", "taxon", "threshold", "precision", "recall", "f"}
	confusionHeader   = []string{"model", "true_taxon", "found_as", "boxes", "doubles"}
	sizesHeader       = []string{"model", "taxon", "size", "boxes", "found", "recall", "ap_mean", "ap_sd", "folds", "recall_low", "recall_high"}
	reliabilityHeader = []string{"model", "taxon", "calibrated", "from", "to", "detections", "probability", "right"}
	unsureHeader      = []string{"model", "taxon", "part", "low", "high", "taken", "taken_wrong", "sure", "sure_wrong", "unsure", "unsure_right", "lost_right",
		"taken_wrong_low", "taken_wrong_high", "sure_wrong_low", "sure_wrong_high"}
	differencesHeader = []string{"model_a", "model_b", "taxon", "measure", "folds", "mean_a", "mean_b", "difference", "difference_sd"}
	countsHeader      = []string{"measure", "among", "unit", "deployment", "taxon", "people", "machine", "machine_low", "machine_high"}
	agreementHeader   = []string{"measure", "among", "unit", "taxon", "n", "zeros", "close", "statistic", "value", "low", "high", "interval_by", "deployments"}
	modelHeader       = []string{"measure", "among", "taxon", "n", "family", "constant", "constant_low", "constant_high", "exponent", "exponent_low", "exponent_high",
		"theta", "dispersion", "overdispersed_p", "least", "most", "mae", "rmse"}
)

// background stands where no animal answers for a detection, or none was found.
const background = "background"

// figure writes a number, empty where it is none.
func figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 6, 64)
}

func yes(b bool) string { return strconv.FormatBool(b) }

// EvaluationTable is one of the tables that stand beside the report.
type EvaluationTable struct {
	Name  string // of its file
	Write func(io.Writer) error
}

// Tables are the tables of what was evaluated.
func (e Evaluation) Tables() []EvaluationTable {
	var out []EvaluationTable
	add := func(name string, header []string, rows func(t table)) {
		out = append(out, EvaluationTable{name, func(w io.Writer) error {
			t := newTable(w, header)
			rows(t)
			return t.done()
		}})
	}
	if len(e.Models) > 0 {
		add("detection.csv", detectionHeader, e.detectionRows)
		add("curves.csv", curvesHeader, e.curveRows)
		add("confusion.csv", confusionHeader, e.confusionRows)
		add("sizes.csv", sizesHeader, e.sizeRows)
		add("reliability.csv", reliabilityHeader, e.reliabilityRows)
		add("unsure.csv", unsureHeader, e.unsureRows)
	}
	if len(e.Models) > 1 {
		add("differences.csv", differencesHeader, e.differenceRows)
	}
	if len(e.Counts) > 0 {
		add("counts.csv", countsHeader, e.countRows)
		add("agreement.csv", agreementHeader, e.agreementRows)
	}
	if slices.ContainsFunc(e.Counts, func(a eval.Agreed) bool { return a.Model != nil }) {
		add("count-models.csv", modelHeader, e.modelRows)
	}
	return out
}

// EvaluationFiles are the names of all tables there may be.
func EvaluationFiles() []string {
	return []string{"detection.csv", "curves.csv", "confusion.csv", "sizes.csv", "reliability.csv", "unsure.csv", "differences.csv", "counts.csv", "agreement.csv", "count-models.csv"}
}

// eachScore ranges over models, taxa and folds.
func (e Evaluation) eachScore(do func(m Model, t eval.TaxonAssessment, fold int)) {
	for _, m := range e.Models {
		for _, t := range m.Taxa {
			for i := range t.Scores {
				do(m, t, i)
			}
		}
	}
}

func (e Evaluation) detectionRows(t table) {
	e.eachScore(func(m Model, x eval.TaxonAssessment, i int) {
		s, o := x.Scores[i], x.Others[i]
		low, high := x.Spread[i].F()
		scored := func(list ...string) []string { // nothing of what is not scored
			if s.TooFew || x.Unknown[i] {
				clear(list)
			}
			return list
		}
		p, r, w := x.Spread[i].Precision, x.Spread[i].Recall, x.Wrong[i]
		t.row(append([]string{text(m.Model), m.Trials[i], text(x.Taxon), strconv.Itoa(s.Truth), strconv.Itoa(s.Pictures), yes(s.TooFew && !x.Unknown[i]), yes(x.Unknown[i]),
			figure(s.Threshold), figure(s.Precision), figure(s.Recall), figure(s.F), figure(s.BestThreshold), figure(s.BestF), figure(s.AP50), figure(s.AP),
			figure(o.Threshold), figure(o.Precision), figure(o.Recall), figure(o.F)},
			scored(figure(p.Low), figure(p.High), figure(r.Low), figure(r.High), figure(low), figure(high), strconv.Itoa(r.Groups),
				strconv.Itoa(w.Duplicates), strconv.Itoa(w.Misnamed), strconv.Itoa(w.Nothing), strconv.Itoa(w.Renamed))...)...)
	})
}

func (e Evaluation) curveRows(t table) {
	e.eachScore(func(m Model, x eval.TaxonAssessment, i int) {
		if x.Scores[i].TooFew {
			return
		}
		for _, p := range x.Curves[i].Curve() {
			t.row(text(m.Model), m.Trials[i], text(x.Taxon), figure(p.Threshold), figure(p.Precision), figure(p.Recall), figure(p.F))
		}
	})
}

func (e Evaluation) confusionRows(t table) {
	for _, m := range e.Models {
		names := append(append([]string{}, m.Confusion.Taxa...), background)
		for i, row := range m.Confusion.Counts {
			for k, n := range row {
				double := ""
				if i == len(m.Confusion.Taxa) && k < len(m.Confusion.Double) {
					double = strconv.Itoa(m.Confusion.Double[k])
				}
				if i < len(m.Confusion.Taxa) || k < len(m.Confusion.Taxa) {
					t.row(text(m.Model), text(names[i]), text(names[k]), strconv.Itoa(n), double)
				}
			}
		}
	}
}

func (e Evaluation) sizeRows(t table) {
	for _, m := range e.Models {
		for _, x := range m.Taxa {
			for _, s := range x.Sizes {
				t.row(text(m.Model), text(x.Taxon), s.Name, strconv.Itoa(s.Truth), strconv.Itoa(s.Found), figure(s.Recall()), figure(s.Over.Mean), figure(s.Over.SD), strconv.Itoa(s.Over.N), figure(s.Share.Low), figure(s.Share.High))
			}
		}
	}
}

func (e Evaluation) reliabilityRows(t table) {
	for _, m := range e.Models {
		for _, x := range m.Taxa {
			for when, bins := range [][]eval.Bin{x.Before, x.After} {
				for _, b := range bins {
					t.row(text(m.Model), text(x.Taxon), yes(when == 1), figure(b.From), figure(b.To), strconv.Itoa(b.N), figure(b.Probability), figure(b.Right))
				}
			}
		}
	}
}

// unsureRows has a row for the thresholds of each part, and one, with an empty part, for what they come to.
func (e Evaluation) unsureRows(t table) {
	for _, m := range e.Models {
		for _, x := range m.Taxa {
			u := x.Unsure
			for i, th := range u.Thresholds {
				t.row(text(m.Model), text(x.Taxon), strconv.Itoa(i+1), figure(th.Low), figure(th.High), "", "", "", "", "", "", "", "", "", "", "")
			}
			t.row(text(m.Model), text(x.Taxon), "", "", "", strconv.Itoa(u.Taken), strconv.Itoa(u.TakenWrong), strconv.Itoa(u.Sure), strconv.Itoa(u.SureWrong),
				strconv.Itoa(u.Unsure), strconv.Itoa(u.UnsureRight), strconv.Itoa(u.LostRight),
				figure(u.TakenShare.Low), figure(u.TakenShare.High), figure(u.SureShare.Low), figure(u.SureShare.High))
		}
	}
}

func (e Evaluation) differenceRows(t table) {
	for _, d := range e.Differences() {
		for _, x := range d.List {
			t.row(text(d.A), text(d.B), text(x.Taxon), x.Measure, strconv.Itoa(x.Over.N), figure(eval.Summarise(x.A).Mean), figure(eval.Summarise(x.B).Mean), figure(x.Over.Mean), figure(x.Over.SD))
		}
	}
}

// single tells whether a comparison is of one taxon by itself: those of all together hold
// the same pairs again.
func single(list []eval.Agreed, a eval.Agreed) bool {
	if a.Taxon != "" {
		return true
	}
	for _, o := range list {
		if o.Measure == a.Measure && o.Among == a.Among && o.Taxon != "" {
			return false
		}
	}
	return true
}

func (e Evaluation) countRows(t table) {
	for _, a := range e.Counts {
		if !single(e.Counts, a) {
			continue
		}
		for _, p := range a.Pairs {
			low, high := "", ""
			if u := p.Uncertainty; u != nil {
				low, high = strconv.Itoa(u.Low), strconv.Itoa(u.High)
			}
			t.row(a.Measure, a.Among, eval.Unit(a.Measure), text(p.Deployment), text(p.Taxon), figure(p.People), figure(p.Machine), low, high)
		}
	}
}

func (e Evaluation) agreementRows(t table) {
	for _, a := range e.Counts {
		row := func(taxon string, s eval.Statistic) {
			t.row(a.Measure, a.Among, eval.Unit(a.Measure), text(taxon), strconv.Itoa(a.N), strconv.Itoa(a.Zeros), fmt.Sprint(eval.Close(a.Measure)),
				s.Name, figure(s.Value), figure(s.Low), figure(s.High), s.By, strconv.Itoa(a.Deployments))
		}
		for _, s := range a.Statistics() {
			row(a.Taxon, s)
		}
		if m := a.Mix; m.Taxa > 1 {
			row("", eval.Statistic{Name: "r_within_taxa", Value: m.Within, Low: m.Low, High: m.High, By: m.By})
		}
	}
}

// modelRows has people's counts by a regression, where there is one.
func (e Evaluation) modelRows(t table) {
	for _, a := range e.Counts {
		if m := a.Model; m != nil {
			t.row(a.Measure, a.Among, text(a.Taxon), strconv.Itoa(m.N), m.Family, figure(m.A), figure(m.ALow), figure(m.AHigh), figure(m.B), figure(m.BLow), figure(m.BHigh),
				figure(m.Theta), figure(m.Dispersion), figure(m.P), figure(m.Least), figure(m.Most), figure(m.MAE), figure(m.RMSE))
		}
	}
}
