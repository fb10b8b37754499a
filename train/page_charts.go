package train

import (
	"fmt"

	"requin/plot"
	"requin/report"
)

// charts draws the curves.
func (p Page) charts() []chartView {
	charts := []plot.Chart{p.loss(), p.precision(), p.curve("Learning rate", "learning rate", false, func(x Point) float64 { return x.Rate }),
		p.curve("Gradient norm", "norm before clipping", true, func(x Point) float64 { return x.Norm }),
		p.curve("Speed", "pictures/s", false, func(x Point) float64 { return x.PicturesS })}
	if c, ok := p.byTaxon(); ok {
		charts = append(charts, c)
	}
	var out []chartView
	for i, c := range charts {
		c.ID = fmt.Sprintf("chart-%d", i)
		out = append(out, chartView{c.Title, c.Draw()})
	}
	return out
}

func steps() plot.Axis { return plot.Axis{Label: "step", Tight: true} }

// loss is its terms and their sum; by the logarithm where it falls far.
func (p Page) loss() plot.Chart {
	c := plot.Chart{Title: "Loss", X: steps(), Y: plot.Axis{Label: "loss"}}
	if len(p.Curve.Points) == 0 {
		c.About = "No step yet."
		return c
	}
	sum := plot.Line{Name: "all"}
	terms := make([]plot.Line, len(p.Curve.Points[0].Terms))
	least, most := 0.0, 0.0
	for i, x := range p.Curve.Points {
		total := 0.0
		for k, t := range x.Terms {
			total += t.Value
			if k < len(terms) {
				terms[k].Name = t.Name
				terms[k].Points = append(terms[k].Points, plot.XY{X: float64(x.Step), Y: t.Value})
			}
		}
		sum.Points = append(sum.Points, plot.XY{X: float64(x.Step), Y: total})
		if i == 0 || total < least {
			least = total
		}
		most = max(most, total)
	}
	c.Y.Log = least > 0 && most > 20*least
	if len(terms) > 1 {
		c.Marks = append(c.Marks, sum)
	}
	for _, t := range terms {
		c.Marks = append(c.Marks, t)
	}
	last := sum.Points[len(sum.Points)-1]
	c.About = fmt.Sprintf("The loss went from %.3g at step %.0f to %.3g at step %.0f.", sum.Points[0].Y, sum.Points[0].X, last.Y, last.X)
	return c
}

// precision is how validations went.
func (p Page) precision() plot.Chart {
	c := plot.Chart{Title: "Average precision on held-out pictures", About: "No validation yet.", X: steps(), Y: plot.Axis{Label: "average precision", From: 0, To: 1}}
	ap50, ap := plot.Line{Name: "AP50", Dotted: true}, plot.Line{Name: "AP", Dotted: true}
	for _, v := range p.Curve.Validations {
		ap50.Points = append(ap50.Points, plot.XY{X: float64(v.Step), Y: v.AP50})
		ap.Points = append(ap.Points, plot.XY{X: float64(v.Step), Y: v.AP})
		c.About = fmt.Sprintf("After %d validations AP50 is %.3f and AP %.3f.", len(ap.Points), v.AP50, v.AP)
		c.Note = fmt.Sprintf("n = %d pictures", v.Pictures)
	}
	if n := len(p.Curve.Points); n > 0 { // the same steps as beside it
		c.X.From, c.X.To, c.X.Tight = 0, float64(p.Curve.Points[n-1].Step), false
	}
	c.Marks = []plot.Mark{ap50, ap}
	if p.Best != nil {
		c.Marks = append(c.Marks, plot.Guide{Upright: true, A: float64(p.Best.Step), Name: "best"})
	}
	return c
}

func (p Page) curve(title, label string, log bool, of func(Point) float64) plot.Chart {
	line := plot.Line{}
	for _, x := range p.Curve.Points {
		line.Points = append(line.Points, plot.XY{X: float64(x.Step), Y: of(x)})
	}
	about := "No step yet."
	if n := len(line.Points); n > 0 {
		about = fmt.Sprintf("%s is %.3g at step %.0f.", title, line.Points[n-1].Y, line.Points[n-1].X)
	}
	return plot.Chart{Title: title, About: about, X: steps(), Y: plot.Axis{Label: label, Log: log, Zero: true}, Marks: []plot.Mark{line}}
}

// byTaxon is AP50 of each taxon with boxes, at the best validation and the last.
func (p Page) byTaxon() (plot.Chart, bool) {
	list := p.Curve.Validations
	if p.Best == nil || len(list) == 0 {
		return plot.Chart{}, false
	}
	last := list[len(list)-1]
	best, now := plot.Dots{Name: "best"}, plot.Dots{Name: "last"}
	var names []string
	for i, t := range p.Best.Taxa {
		if t.Truth == 0 || len(names) == shownTaxa {
			continue
		}
		at := float64(len(names))
		names = append(names, fmt.Sprintf("%s (%d)", report.Abbreviate(t.Taxon), t.Truth))
		best.Points = append(best.Points, plot.XY{X: t.AP50, Y: at})
		best.Tips = append(best.Tips, fmt.Sprintf("%s: %.3f", t.Taxon, t.AP50))
		if i < len(last.Taxa) && last.Taxa[i].Taxon == t.Taxon {
			now.Points = append(now.Points, plot.XY{X: last.Taxa[i].AP50, Y: at})
			now.Tips = append(now.Tips, fmt.Sprintf("%s, last: %.3f", t.Taxon, last.Taxa[i].AP50))
		}
	}
	if len(names) == 0 {
		return plot.Chart{}, false
	}
	c := plot.Chart{Title: "AP50 by taxon (boxes)", About: fmt.Sprintf("AP50 of %d taxa; the numbers are in the table.", len(names)),
		X: plot.Axis{Label: "AP50", From: 0, To: 1}, Y: plot.Axis{Names: names}, H: max(270, 76+17*float64(len(names)))}
	c.Marks = []plot.Mark{best}
	if last.Step != p.Best.Step {
		c.Marks = append(c.Marks, now)
	}
	return c, true
}
