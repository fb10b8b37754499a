package report

import (
	"fmt"
	"math"

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
		boxes += p.Truth
		c.Marks = append(c.Marks, line)
	}
	if len(c.Marks) == 0 {
		return nil
	}
	at := plot.Dots{Name: "at the threshold"}
	for i, s := range t.Scores {
		if !s.TooFew {
			at.Points = append(at.Points, plot.XY{X: s.Recall, Y: s.Precision})
			at.Tips = append(at.Tips, fmt.Sprintf("%s at %.3f: precision %.3f, recall %.3f, F %.3f", m.Trials[i], s.Threshold, s.Precision, s.Recall, s.F))
		}
	}
	c.Marks = append(c.Marks, at)
	c.Note = fmt.Sprintf("n = %d boxes", boxes)
	c.About = fmt.Sprintf("Precision over recall of %s. AP50 %s.", t.Taxon, spread(t.Folds.AP50))
	c.ID = chartID("pr", model, taxon)
	return []evalChart{{Title: t.Taxon, Plot: c.Draw()}}
}

// boxPlots show how measures are spread over folds; none where there are fewer than two.
func boxPlots(models []Model) []evalChart {
	var out []evalChart
	most := 0
	for _, m := range models {
		most = max(most, len(m.Trials))
	}
	if most < 2 {
		return nil
	}
	for _, measure := range []string{"precision", "recall", "F"} {
		c := plot.Chart{ID: chartID("box", measure), Title: measure + " over folds", Y: plot.Axis{Label: measure, From: 0, To: 1}}
		for i, m := range models {
			boxes := plot.Boxes{Name: m.Model, Wide: 0.7 / float64(len(models)+1)}
			for k, t := range m.Taxa {
				if i == 0 {
					c.X.Names = append(c.X.Names, Abbreviate(t.Taxon))
				}
				var list []float64
				for _, s := range t.Scores {
					if v := s.Measure(measure); !math.IsNaN(v) {
						list = append(list, v)
					}
				}
				if s := eval.Summarise(list); s.N > 0 {
					boxes.Boxes = append(boxes.Boxes, plot.Box{At: float64(k) + (float64(i)-float64(len(models)-1)/2)*0.8/float64(len(models)),
						Least: s.Least, Lower: s.Lower, Mid: s.Mid, Upper: s.Upper, Most: s.Most, Points: list, Tip: fmt.Sprintf("%s, %s: median %.3f of %d folds", m.Model, t.Taxon, s.Mid, s.N)})
				}
			}
			c.Marks = append(c.Marks, boxes)
		}
		c.About = fmt.Sprintf("Box plots of %s over folds, by taxon.", measure)
		c.Note = fmt.Sprintf("n = %d folds", most)
		out = append(out, evalChart{Title: measure, Plot: c.Draw()})
	}
	return out
}

// reliabilityChart is the share that is right over the probability stated.
func reliabilityChart(t eval.TaxonAssessment, model, taxon int) []evalChart {
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
	return []evalChart{{Title: t.Taxon, Plot: c.Draw()}}
}

// coincide spreads points that lie on one another on a spiral (golden angle), no further
// than a third of the least distance there is between counts; level: sideways alone, where
// the height is a difference that would look like one.
func coincide(points []plot.XY, most float64, level bool) []plot.XY {
	seen := map[plot.XY]int{}
	out := make([]plot.XY, len(points))
	for i, p := range points {
		n := seen[p]
		seen[p]++
		r := most * math.Min(1, math.Sqrt(float64(n))/6)
		angle := float64(n) * 2.399963229728653
		out[i] = plot.XY{X: p.X + r*math.Cos(angle), Y: p.Y + r*math.Sin(angle)}
		if level {
			out[i].Y = p.Y
		}
	}
	return out
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
		marks[k].Points = append(marks[k].Points, points[i])
		marks[k].Tips = append(marks[k].Tips, fmt.Sprintf("%s, %s: people %.4g, machine %.4g", p.Deployment, p.Taxon, p.People, p.Machine))
	}
	const most = 6 // colours there are
	var out []plot.Mark
	if len(marks) > most {
		all := plot.Dots{Name: together}
		for _, m := range marks {
			all.Points, all.Tips = append(all.Points, m.Points...), append(all.Tips, m.Tips...)
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

// regressionChart is machine over people, with the line of equality and that of least squares.
func regressionChart(a eval.Agreed, id int) evalChart {
	unit := eval.Unit(a.Measure)
	c := plot.Chart{ID: chartID("regression", id), Title: a.Measure + " by machine and by people, " + chartTitle(a), Note: pairNote(a),
		X: plot.Axis{Label: fmt.Sprintf("by people (%s)", unit), Zero: true}, Y: plot.Axis{Label: fmt.Sprintf("by machine (%s)", unit), Zero: true}}
	c.About = minus(fmt.Sprintf("Pearson's R %s, slope %s, intercept %s.", decimals(a.R, 2), decimals(a.Slope, 2), decimals(a.Intercept, 2)))
	c.Marks = append(dots(a, false, func(p eval.Compared) plot.XY { return plot.XY{X: p.People, Y: p.Machine} }), plot.Guide{Name: "equal", B: 1})
	if !math.IsNaN(a.Slope) {
		c.Marks = append(c.Marks, plot.Guide{Name: "least squares", A: a.Intercept, B: a.Slope, Strong: true})
	}
	return evalChart{Title: chartTitle(a) + ": regression", Plot: c.Draw(), Note: c.About}
}

// blandAltmanChart is the difference over the mean, with bias and limits of agreement.
func blandAltmanChart(a eval.Agreed, id int) evalChart {
	unit := eval.Unit(a.Measure)
	c := plot.Chart{ID: chartID("bland-altman", id), Title: a.Measure + ": difference over mean, " + chartTitle(a), Note: pairNote(a),
		X: plot.Axis{Label: fmt.Sprintf("mean of both (%s)", unit), Zero: true}, Y: plot.Axis{Label: fmt.Sprintf("machine − people (%s)", unit)}}
	c.About = minus(fmt.Sprintf("Bias %s, limits of agreement %s to %s.", decimals(a.Bias, 2), decimals(a.LimitLo, 2), decimals(a.LimitHi, 2)))
	c.Marks = dots(a, true, func(p eval.Compared) plot.XY { return plot.XY{X: (p.People + p.Machine) / 2, Y: p.Machine - p.People} })
	c.Marks = append(c.Marks, plot.Guide{Name: "bias", A: a.Bias, Strong: true})
	if !math.IsNaN(a.SD) {
		c.Marks = append(c.Marks, plot.Guide{Name: "limits of agreement", A: a.LimitLo}, plot.Guide{A: a.LimitHi})
	}
	return evalChart{Title: chartTitle(a) + ": Bland–Altman", Plot: c.Draw(), Note: c.About}
}
