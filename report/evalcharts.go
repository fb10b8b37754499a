package report

import (
	"fmt"
	"math"
	"slices"

	"requin/eval"
	"requin/plot"
)

// chartID makes the name of a chart, unique in the page.
func chartID(parts ...any) string {
	out := "chart"
	for _, p := range parts {
		out += fmt.Sprintf("-%v", p)
	}
	return out
}

// curveChart is precision over recall of a taxon, a line a fold; none where no fold is scored.
func curveChart(m Model, t eval.TaxonAssessment, model, taxon int) []evalChart {
	c := plot.Chart{Title: "Precision and recall of " + t.Taxon, X: plot.Axis{Label: "recall", From: 0, To: 1}, Y: plot.Axis{Label: "precision", From: 0, To: 1}}
	boxes := 0
	for i, p := range t.Curves {
		if t.Scores[i].TooFew {
			continue
		}
		line := plot.Line{Name: m.Trials[i]}
		for _, x := range p.Curve() {
			line.Points = append(line.Points, plot.XY{X: x.Recall, Y: x.Precision})
		}
		s := t.Scores[i]
		line.Marked = []plot.XY{{X: s.Recall, Y: s.Precision}}
		line.Tips = []string{fmt.Sprintf("%s at %.3f: precision %.3f, recall %.3f, F %.3f", m.Trials[i], s.Threshold, s.Precision, s.Recall, s.F)}
		boxes += p.Truth
		c.Marks = append(c.Marks, line)
	}
	if len(c.Marks) == 0 {
		return nil
	}
	c.Note = fmt.Sprintf("n = %d boxes", boxes)
	c.About = fmt.Sprintf("Precision over recall of %s. AP50 %s.", t.Taxon, spread(t.Folds.AP50))
	c.ID = chartID("pr", model, taxon)
	return []evalChart{{Title: t.Taxon, chart: c, name: m.Model + " precision recall " + t.Taxon}}
}

// boxPlots show how measures are spread over folds; none where there are fewer than two.
func boxPlots(models []Model) []evalChart {
	var out []evalChart
	var folds []string
	most := 0
	for _, m := range models {
		most = max(most, len(m.Trials))
		for _, name := range m.Trials {
			if !slices.Contains(folds, name) {
				folds = append(folds, name)
			}
		}
	}
	if most < 2 {
		return nil
	}
	for _, measure := range []string{"precision", "recall", "F"} {
		c := plot.Chart{ID: chartID("box", measure), Title: measure + " over folds", Y: plot.Axis{Label: measure, From: 0, To: 1}}
		for i, m := range models {
			boxes := plot.Boxes{Name: m.Model, Wide: 0.7 / float64(len(models)+1), Kinds: folds}
			for k, t := range m.Taxa {
				if i == 0 {
					c.X.Names = append(c.X.Names, Abbreviate(t.Taxon))
				}
				var list []float64
				var of []int
				for f, s := range t.Scores {
					if v := s.Measure(measure); !math.IsNaN(v) {
						list, of = append(list, v), append(of, slices.Index(folds, m.Trials[f]))
					}
				}
				if s := eval.Summarise(list); s.N > 0 {
					boxes.Boxes = append(boxes.Boxes, plot.Box{At: float64(k) + (float64(i)-float64(len(models)-1)/2)*0.8/float64(len(models)),
						Least: s.Least, Lower: s.Lower, Mid: s.Mid, Upper: s.Upper, Most: s.Most, Points: list, Of: of, Tip: fmt.Sprintf("%s, %s: median %.3f of %d folds", m.Model, t.Taxon, s.Mid, s.N)})
				}
			}
			c.Marks = append(c.Marks, boxes)
		}
		for i, name := range folds {
			c.Marks = append(c.Marks, plot.Symbol{Name: name, Shape: i})
		}
		c.About = fmt.Sprintf("Box plots of %s over folds, by taxon.", measure)
		c.Note = fmt.Sprintf("n = %d folds", most)
		out = append(out, evalChart{Title: measure, chart: c, name: measure + " over folds"})
	}
	return out
}

// reliabilityChart is the share that is right over the probability stated.
func reliabilityChart(name string, t eval.TaxonAssessment, model, taxon int) []evalChart {
	if t.Detections == 0 {
		return nil
	}
	c := plot.Chart{ID: chartID("reliability", model, taxon), Title: "Reliability of " + t.Taxon, Note: fmt.Sprintf("n = %d detections", t.Detections),
		X: plot.Axis{Label: "probability stated (mean of the bin)", From: 0, To: 1}, Y: plot.Axis{Label: "share that is right", From: 0, To: 1}}
	c.About = fmt.Sprintf("Calibration error %s before and %s after calibration.", decimals(t.ECEBefore, 3), decimals(t.ECEAfter, 3))
	c.Marks = append(c.Marks, plot.Guide{B: 1, Name: "as it should be"})
	for i, bins := range [][]eval.Bin{t.Before, t.After} {
		line := plot.Line{Name: []string{"score as it is", "calibrated"}[i], Dotted: true}
		for _, b := range bins {
			if b.N > 0 {
				line.Points = append(line.Points, plot.XY{X: b.Probability, Y: b.Right})
			}
		}
		if len(line.Points) > 0 {
			c.Marks = append(c.Marks, line)
		}
	}
	return []evalChart{{Title: t.Taxon, chart: c, name: name + " reliability " + t.Taxon}}
}

// coincide spreads points that lie on one another on a spiral (golden angle), no further
// than a third of the least distance there is between counts; level: sideways alone, where
// the height is a difference that would look like one. None goes below 0: a count has nothing there.
func coincide(points []plot.XY, most float64, level bool) []plot.XY {
	seen := map[plot.XY]int{}
	out := make([]plot.XY, len(points))
	for i, p := range points {
		n := seen[p]
		seen[p]++
		r := most * math.Min(1, math.Sqrt(float64(n))/6)
		angle := float64(n) * 2.399963229728653
		out[i] = plot.XY{X: aside(p.X, r*math.Cos(angle)), Y: aside(p.Y, r*math.Sin(angle))}
		if level {
			out[i].Y = p.Y
		}
	}
	return out
}

// aside moves a number that is not below 0 to one that is not either.
func aside(v, by float64) float64 {
	if v >= 0 && v+by < 0 {
		return v - by
	}
	return v + by
}

// apart is how far coinciding points are spread: a third of a count; times and means not at all.
func apart(measure string) float64 {
	switch measure {
	case eval.MaxN, eval.PerFrame:
		return 0.3
	}
	return 0
}

// dots are the pairs of a comparison, a kind a taxon where there are several and few.
func dots(a eval.Agreed, level bool, at func(eval.Compared) plot.XY) []plot.Mark {
	var pairs []eval.Compared
	for i := 0; i < len(a.Pairs); i += oneOf(a) {
		pairs = append(pairs, a.Pairs[i])
	}
	var points []plot.XY
	for _, p := range pairs {
		points = append(points, at(p))
	}
	values := points
	points = coincide(points, apart(a.Measure), level)
	names := map[string]int{}
	var marks []plot.Dots
	for i, p := range pairs {
		k, ok := names[p.Taxon]
		if !ok {
			k = len(marks)
			names[p.Taxon] = k
			marks = append(marks, plot.Dots{Name: Abbreviate(p.Taxon)})
		}
		marks[k].Points, marks[k].Values = append(marks[k].Points, points[i]), append(marks[k].Values, values[i])
		marks[k].Tips = append(marks[k].Tips, fmt.Sprintf("%s, %s: people %.4g, machine %.4g", p.Deployment, p.Taxon, p.People, p.Machine))
	}
	const most = 6 // colours there are
	var out []plot.Mark
	if len(marks) > most {
		all := plot.Dots{Name: together}
		for _, m := range marks {
			all.Points, all.Values, all.Tips = append(all.Points, m.Points...), append(all.Values, m.Values...), append(all.Tips, m.Tips...)
		}
		marks = []plot.Dots{all}
	}
	for _, m := range marks {
		if len(marks) == 1 {
			m.Name = ""
		}
		if len(m.Points) > mostTips { // the page would be large
			m.Tips = nil
		}
		out = append(out, m)
	}
	return out
}

// More pairs have no tips, and of more only some are drawn: the page would be large.
const mostTips, mostDots = 400, 3000

// oneOf is of how many pairs one is drawn.
func oneOf(a eval.Agreed) int { return max(1, (len(a.Pairs)+mostDots-1)/mostDots) }

// pairNote says how many pairs there are, and of what.
func pairNote(a eval.Agreed) string {
	text := fmt.Sprintf("n = %d %s", a.N, pairsOf(a))
	if k := oneOf(a); k > 1 {
		text += fmt.Sprintf(", one of %d drawn", k)
	}
	return text
}

func pairsOf(a eval.Agreed) string {
	if a.Taxon == "" {
		return "pairs (taxon × " + a.Among + ")"
	}
	return a.Among
}

func chartTitle(a eval.Agreed) string {
	if a.Taxon == "" {
		return together
	}
	return a.Taxon
}

// pearson names the correlation: of one taxon, or pooled.
func pearson(a eval.Agreed) string {
	if a.Taxon == "" && a.Mix.Taxa > 1 {
		return "Pooled R"
	}
	return "Pearson's R"
}

// ranged is a statistic with its interval: 0.87 (0.61 to 0.96).
func ranged(a eval.Agreed, name string) string {
	s := a.Statistic(name)
	return decimals(s.Value, 2) + span(s.Low, s.High)
}

// span is an interval in brackets; nothing where there is none.
func span(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return " (" + minus(decimals(low, 2)+" to "+decimals(high, 2)) + ")"
}

// regressionChart is machine over people, with the line of equality and that of least squares.
func regressionChart(a eval.Agreed, id int) evalChart {
	unit := eval.Unit(a.Measure)
	c := plot.Chart{ID: chartID("regression", id), Title: a.Measure + " by machine and by people, " + chartTitle(a), Note: pairNote(a),
		X: plot.Axis{Label: fmt.Sprintf("by people (%s)", unit), Zero: true}, Y: plot.Axis{Label: fmt.Sprintf("by machine (%s)", unit), Zero: true}}
	c.About = minus(fmt.Sprintf("%s %s, concordance %s. Least squares: slope %s, intercept %s; Deming: %s, %s.", pearson(a), ranged(a, "r"), ranged(a, "ccc"), decimals(a.Slope, 2), decimals(a.Intercept, 2),
		decimals(a.DemingSlope, 2), decimals(a.DemingIntercept, 2)))
	c.Marks = append(dots(a, false, func(p eval.Compared) plot.XY { return plot.XY{X: p.People, Y: p.Machine} }), plot.Guide{Name: "equal", B: 1})
	if !math.IsNaN(a.Slope) {
		c.Marks = append(c.Marks, plot.Guide{Name: "least squares", A: a.Intercept, B: a.Slope, Strong: true})
	}
	if !math.IsNaN(a.DemingSlope) {
		c.Marks = append(c.Marks, plot.Guide{Name: "Deming", A: a.DemingIntercept, B: a.DemingSlope, Dotted: true})
	}
	return evalChart{Title: chartTitle(a) + ": regression", chart: c, Note: c.About, name: a.Measure + " " + a.Among + " " + chartTitle(a) + " regression"}
}

// blandAltmanChart is the difference over the mean, with bias and limits of agreement.
func blandAltmanChart(a eval.Agreed, id int) evalChart {
	unit := eval.Unit(a.Measure)
	c := plot.Chart{ID: chartID("bland-altman", id), Title: a.Measure + ": difference over mean, " + chartTitle(a), Note: pairNote(a),
		X: plot.Axis{Label: fmt.Sprintf("mean of both (%s)", unit), Zero: true}, Y: plot.Axis{Label: fmt.Sprintf("machine − people (%s)", unit)}}
	c.About = minus(fmt.Sprintf("Bias %s; limits of agreement %s and %s.", ranged(a, "bias"), ranged(a, "limit_low"), ranged(a, "limit_high")))
	c.Marks = dots(a, true, func(p eval.Compared) plot.XY { return plot.XY{X: (p.People + p.Machine) / 2, Y: p.Machine - p.People} })
	c.Marks = append(c.Marks, plot.Guide{Name: "bias", A: a.Bias, Strong: true})
	if !math.IsNaN(a.SD) {
		c.Marks = append(c.Marks, plot.Guide{Name: "limits of agreement", A: a.LimitLo}, plot.Guide{A: a.LimitHi})
		label := "their 95 % intervals"
		for _, name := range []string{"limit_low", "limit_high"} {
			for _, end := range []float64{a.Statistic(name).Low, a.Statistic(name).High} {
				if !math.IsNaN(end) {
					c.Marks = append(c.Marks, plot.Guide{Name: label, A: end, Dotted: true})
					label = ""
				}
			}
		}
	}
	return evalChart{Title: chartTitle(a) + ": Bland–Altman", chart: c, Note: c.About, name: a.Measure + " " + a.Among + " " + chartTitle(a) + " bland altman"}
}
