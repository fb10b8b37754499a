package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"requin/eval"
)

func viewModel(m Model, id int, r eval.Rating) modelView {
	v := modelView{ID: id, Model: m.Model, About: m.About, Thresholds: m.Thresholds, Many: len(m.Trials) > 1, Confusion: viewConfusion(m.Confusion), Naming: naming(m.Naming)}
	for k, t := range m.Taxa {
		rows := taxonRows{shownTaxon: nameOf(t.Taxon), Many: v.Many}
		for i, s := range t.Scores {
			row := foldRow{Fold: intervalCell{Value: m.Trials[i]}, Boxes: strconv.Itoa(s.Truth)}
			switch {
			case t.Unknown[i]:
				row.Said = "the model does not know this taxon"
			case s.TooFew:
				row.Said = fmt.Sprintf("too few to be scored (fewer than %d)", max(r.Least, 1))
			default:
				row.Fold.Interval = "from " + decimals(s.Threshold, 3)
				row.Cells = scoreCells(s, t.Spread[i])
				if v.Many {
					row.Cells = append(row.Cells, plainCells(decimals(t.Others[i].F, 3))...)
				}
				w := t.Wrong[i]
				row.Cells = append(row.Cells, plainCells(decimals(s.BestF, 3), decimals(s.AP50, 3), decimals(s.AP, 3), strconv.Itoa(w.Duplicates), strconv.Itoa(w.Misnamed))...)
			}
			rows.Rows = append(rows.Rows, row)
		}
		f, w := t.Folds, wrongOf(t)
		rows.Mean = foldRow{Fold: intervalCell{Value: "mean ± SD"}, Boxes: strconv.Itoa(f.Truth), Cells: []intervalCell{spreadCell(f.Precision), spreadCell(f.Recall), spreadCell(f.F), spreadCell(t.OthersF), spreadCell(f.BestF), spreadCell(f.AP50), spreadCell(f.AP)}}
		if f.Folds > 0 {
			rows.Mean.Cells = append(rows.Mean.Cells, plainCells(strconv.Itoa(w.Duplicates), strconv.Itoa(w.Misnamed))...)
		} else {
			rows.Mean.Cells = append(rows.Mean.Cells, plainCells("–", "–")...)
		}
		v.Taxa = append(v.Taxa, rows)
		v.Curves = append(v.Curves, curveChart(m, t, id, k)...)
		v.Reliability = append(v.Reliability, reliabilityChart(m.Model, t, id, k)...)
		sizes := sizesRow{shownTaxon: nameOf(t.Taxon)}
		for _, s := range t.Sizes {
			sizes.Cells = append(sizes.Cells, intervalCell{Value: strconv.Itoa(s.Truth)}, shareCell(s.Recall(), s.Share), spreadCell(s.Over))
		}
		v.Sizes = append(v.Sizes, sizes)
		if u := t.Unsure; len(u.Thresholds) > 0 {
			v.Unsure = append(v.Unsure, sizesRow{nameOf(t.Taxon), plainCells(strconv.Itoa(u.Taken), share(u.ErrorBefore()), strconv.Itoa(u.Sure), share(u.ErrorAfter()),
				strconv.Itoa(u.Unsure), strconv.Itoa(u.UnsureRight), strconv.Itoa(u.LostRight))})
			last := v.Unsure[len(v.Unsure)-1].Cells
			last[1].Interval, last[3].Interval = percents(u.TakenShare), percents(u.SureShare)
		}
		learned := t.Learned
		if learned == "" {
			learned = "nothing: no other fold or deployment holds enough"
		}
		v.Calibration = append(v.Calibration, calibrationRow{nameOf(t.Taxon), []string{strconv.Itoa(t.Detections), decimals(t.ECEBefore, 3), decimals(t.ECEAfter, 3), decimals(t.BrierBefore, 3), decimals(t.BrierAfter, 3)}, learned})
	}
	return v
}

func viewConfusion(c eval.Confusion) confusionView {
	v := confusionView{Names: append(append([]string{}, c.Taxa...), "missed")}
	doubles := 0
	for i, counts := range c.Counts {
		row := confusionRow{Name: "nothing"}
		if i < len(c.Taxa) {
			row.Name = c.Taxa[i]
		}
		for _, n := range counts {
			row.Sum += n
		}
		for k, n := range counts {
			if i == len(c.Taxa) && k == len(c.Taxa) {
				continue
			}
			cell := confusionCell{N: n}
			if row.Sum > 0 && i < len(c.Taxa) {
				share := float64(n) / float64(row.Sum)
				cell.Class = fmt.Sprintf("share%d", int(share*10))
				cell.Tip = percent(share) + " of " + row.Name
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	for _, n := range c.Double {
		doubles += n
	}
	if doubles > 0 {
		v.Notes = fmt.Sprintf("Of the detections of nothing, %d lie on an animal that another detection found: a second box or a second name for it.", doubles)
	}
	return v
}

func viewDifferences(d ModelDifferences) differencesView {
	v := differencesView{A: d.A, B: d.B}
	for _, x := range d.List {
		v.Rows = append(v.Rows, differenceRow{nameOf(x.Taxon), x.Measure, []string{strconv.Itoa(x.Over.N), spread(eval.Summarise(x.A)), spread(eval.Summarise(x.B)), signed(x.Over)}})
	}
	return v
}

// signed is a mean difference with its sign, ± its standard deviation.
func signed(s eval.Summary) string {
	if s.N == 0 {
		return "–"
	}
	text := fmt.Sprintf("%+.3f", s.Mean)
	if s.N > 1 {
		text += " ± " + decimals(s.SD, 3)
	}
	return strings.Replace(text, "-", "−", 1)
}

// wrongOf are a taxon's wrong detections over the folds whose detector knows it.
func wrongOf(t eval.TaxonAssessment) (w eval.Wrong) {
	for i, x := range t.Wrong {
		if !t.Unknown[i] {
			w = w.Plus(x)
		}
	}
	return w
}

// naming says how well the names agree of the animals that were found.
func naming(k eval.Kappa) string {
	if math.IsNaN(k.Value) {
		return ""
	}
	return fmt.Sprintf("Of the %d animals that were found, whatever the name: Cohen's kappa of the names %s%s, of %s equal names (chance alone: %s). The interval takes animals as independent; those of one video are not, so it is narrower than it should be.",
		k.N, minus(decimals(k.Value, 2)), span(k.Low, k.High), percent(k.Observed), percent(k.Chance))
}

// spreadCell is a mean with its standard deviation under it.
func spreadCell(s eval.Summary) intervalCell {
	c := intervalCell{Value: decimals(s.Mean, 3)}
	if s.N > 1 {
		c.Interval = "± " + decimals(s.SD, 3)
	}
	return c
}

// plainCells are cells without intervals.
func plainCells(list ...string) []intervalCell {
	out := make([]intervalCell, len(list))
	for i, value := range list {
		out[i].Value = value
	}
	return out
}

// scoreCells are precision, recall and F, with their intervals.
func scoreCells(s eval.Score, x eval.Spread) []intervalCell {
	low, high := x.F()
	return []intervalCell{shareCell(s.Precision, x.Precision), shareCell(s.Recall, x.Recall), {decimals(s.F, 3), ends(low, high)}}
}

func shareCell(v float64, s eval.Share) intervalCell {
	return intervalCell{decimals(v, 3), ends(s.Low, s.High)}
}

// ends is an interval of shares, "" where there is none.
func ends(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return decimals(low, 2) + " to " + decimals(high, 2)
}

// percents is an interval of shares in percent.
func percents(s eval.Share) string {
	if math.IsNaN(s.Low) || math.IsNaN(s.High) {
		return ""
	}
	return decimals(100*s.Low, 0) + " to " + decimals(100*s.High, 0) + " %"
}

// share is a share in percent, a dash where there is nothing it is of.
func share(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return decimals(100*v, 1) + " %"
}
