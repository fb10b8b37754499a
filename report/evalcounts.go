package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/eval"
)

// leastDrawn is how many pairs a chart is drawn of.
const leastDrawn = 3

// taxaDrawn is of how many taxa a measure has charts: of those first that were seen most.
const taxaDrawn = 24

// drawn tells of which comparisons charts are drawn.
func (v *evalView) drawn() []bool {
	out := make([]bool, len(v.Counts))
	places := map[[2]string][]int{} // of single taxa, by measure and what is compared
	for i, a := range v.Counts {
		if out[i] = a.Taxon == "" && a.N >= leastDrawn; a.Taxon != "" && a.N >= leastDrawn {
			key := [2]string{a.Measure, a.Among}
			places[key] = append(places[key], i)
		}
	}
	for _, list := range places {
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Compare(v.Counts[b].N-v.Counts[b].Zeros, v.Counts[a].N-v.Counts[a].Zeros)
		})
		for _, i := range list[:min(len(list), taxaDrawn)] {
			out[i] = true
		}
	}
	return out
}

// minus writes the sign as print has it.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// counts makes a table and charts of each measure.
func (v *evalView) counts() {
	drawn := v.drawn()
	for i, a := range v.Counts {
		n := len(v.CountViews)
		title := a.Measure + ", " + a.Among
		if n == 0 || v.CountViews[n-1].Title != title {
			v.CountViews = append(v.CountViews, countsView{Title: title, Unit: eval.Unit(a.Measure), Close: closeWords(a.Measure), Counts: eval.Unit(a.Measure) == "individuals"})
			n++
		}
		view := &v.CountViews[n-1]
		taxon := a.Taxon
		if taxon == "" {
			taxon = together
		}
		view.Rows = append(view.Rows, statisticsRow(a, taxon, agreeing(view.Counts)))
		view.Apart = append(view.Apart, statisticsRow(a, taxon, differing))
		if a.Mix.Taxa > 1 {
			view.Pooled = append(view.Pooled, mixWords(a))
		}
		if h := a.Held; h.N > 0 {
			view.Held = append(view.Held, fmt.Sprintf("%s: %d of %d (%s%s)%s; mean width %.2f.", taxon, h.In, h.N, percent(float64(h.In)/float64(h.N)), before("; 95 % interval ", percents(h.Share)), easyZeros(h), h.Width))
		}
		if drawn[i] {
			charts := []evalChart{regressionChart(a, i), blandAltmanChart(a, i)}
			if len(view.Charts) == 0 || a.Measure == eval.MaxN {
				view.Charts = append(view.Charts, charts...)
			} else {
				view.More = append(view.More, charts...)
			}
		}
		if len(a.Corrections) > 0 || a.Model != nil {
			v.Corrections = append(v.Corrections, viewCorrection(a))
		}
	}
}

// easyZeros says how many intervals hold a 0 that was easy.
func easyZeros(h eval.Held) string {
	if h.Zeros == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them 0 where the interval is 0", h.Zeros)
}

func closeWords(measure string) string {
	switch measure {
	case eval.TMaxN, eval.TFS:
		return "within a minute"
	case eval.MeanCount:
		return "within 0.1"
	}
	return "within one"
}

// agreeing are the statistics of how well two ways of counting agree, differing those of by how much they differ.
func agreeing(kappas bool) []string {
	out := []string{"r", "ccc", "icc"}
	if kappas {
		out = append(out, "kappa_linear", "kappa_quadratic", "kappa_presence")
	}
	return append(out, "exact", "within_close")
}

var differing = []string{"bias", "limit_low", "limit_high", "mae", "rmse", "ratio", "slope", "deming_slope"}

// statisticsRow are some of an agreement's statistics, with their intervals.
func statisticsRow(a eval.Agreed, taxon string, names []string) countsRow {
	row := countsRow{shownTaxon: nameOf(taxon), N: strconv.Itoa(a.N), Zeros: strconv.Itoa(a.Zeros)}
	for _, name := range names {
		row.Cells = append(row.Cells, statisticCell(a.Statistic(name)))
	}
	return row
}

// statisticCell is a statistic with its interval under it, or that it has none.
func statisticCell(s eval.Statistic) intervalCell {
	c := intervalCell{Value: minus(decimals(s.Value, 2))}
	switch {
	case math.IsNaN(s.Value):
	case s.By == "":
		c.Interval = "no interval"
	default:
		c.Interval = minus(decimals(s.Low, 2) + " to " + decimals(s.High, 2))
	}
	return c
}

// mixWords says what a correlation over several taxa is made of.
func mixWords(a eval.Agreed) string {
	m := a.Mix
	text := fmt.Sprintf("All taxa together: R %s is pooled over %d taxa, and partly says that some taxa are common by both and others rare by both. Within taxa (about the mean of each) it is %s%s",
		minus(decimals(a.R, 2)), m.Taxa, minus(decimals(m.Within, 2)), span(m.Low, m.High))
	if m.By == "" && !math.IsNaN(m.Within) {
		text += ", without an interval"
	}
	if !math.IsNaN(m.P) {
		text += fmt.Sprintf(". Whether the taxa have one R: Q = %s of %d degrees of freedom, P = %s", decimals(m.Q, 2), m.DF, probability(m.P))
	}
	return text + "."
}

// probability writes a small chance as print does.
func probability(p float64) string {
	if p < 0.001 {
		return "under 0.001"
	}
	return decimals(p, 3)
}

// before puts a word before a text that is there.
func before(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}

func viewCorrection(a eval.Agreed) correctionView {
	v := correctionView{shownTaxon: nameOf(a.Taxon), Among: a.Among}
	for _, c := range a.Corrections {
		row := [4]string{"none", decimals(c.MAE, 2), decimals(c.RMSE, 2), "as counted"}
		if c.Degree > 0 {
			row[0], row[3] = strconv.Itoa(c.Degree), formula(c.Correction)
		}
		v.Rows = append(v.Rows, row)
	}
	if m := a.Model; m != nil {
		v.Rows = append(v.Rows, [4]string{m.Family, decimals(m.MAE, 2), decimals(m.RMSE, 2), minus(fmt.Sprintf("exp(%s)·(x + 1)^%s", decimals(m.A, 3), decimals(m.B, 3)))})
		v.Model = modelWords(*m)
	}
	if len(a.Corrections) > 0 {
		v.Best = "No polynomial is better than the count as it is."
		if best := eval.BestCorrection(a.Corrections); best.Degree > 0 {
			v.Best = fmt.Sprintf("Of the polynomials, after that of degree %d the least is left: %s, for counts from %g to %g.", best.Degree, formula(best.Correction), best.Correction.Least, best.Correction.Most)
		}
	}
	return v
}

// modelWords say how counts are spread about a regression of counts.
func modelWords(m eval.TriedModel) string {
	spread := fmt.Sprintf("not more than Poisson's (P of overdispersion %s)", probability(m.P))
	if m.Family == eval.NegativeBinomial {
		spread = fmt.Sprintf("more than Poisson's (P %s), θ = %s", probability(m.P), decimals(m.Theta, 2))
	}
	return minus(fmt.Sprintf("Regression of counts (%s, by the logarithm): exponent %s%s, constant %s%s; spread %s, dispersion %s.",
		m.Family, decimals(m.B, 2), span(m.BLow, m.BHigh), decimals(m.A, 2), span(m.ALow, m.AHigh), spread, decimals(m.Dispersion, 2)))
}

// formula writes a polynomial of the count x.
func formula(c eval.Correction) string {
	var b strings.Builder
	for i, k := range c.Coefficients {
		sign := " + "
		if k < 0 {
			sign, k = " − ", -k
		}
		if i == 0 {
			sign = strings.TrimSpace(strings.Replace(sign, "+", "", 1))
		}
		b.WriteString(sign + strconv.FormatFloat(k, 'g', 3, 64) + []string{"", "·x", "·x²", "·x³"}[i])
	}
	return b.String()
}
