package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"requin/count"
)

// The plot of a count over time, in pixels of its own picture.
const (
	plotW, plotH              = 920.0, 250.0
	plotLeft, plotRight       = 46.0, 904.0
	plotTop, plotBottom       = 40.0, 204.0
	labelPx                   = 84.0 // room that the words "not analysed" take
	upright                   = 20.0 // room that any words take when upright
	narrowest                 = 2.0  // a gap is never too narrow to be seen
	secondsPerMinute, halfDay = 60.0, 43200.0
)

// countPlot draws the count of a taxon over time, its cumulative MaxN, MaxN, the
// gaps and the ends of the period. id makes the names within the page unique.
func countPlot(r count.Result, t count.Taxon, id int) template.HTML {
	p := newPlot(r, t)
	s := &p.svg
	titleID, descID := fmt.Sprintf("plot-%d-title", id), fmt.Sprintf("plot-%d-desc", id)
	s.open("svg", attr{"class", "plot"}, attr{"viewBox", fmt.Sprintf("0 0 %g %g", plotW, plotH)},
		attr{"role", "img"}, attr{"aria-labelledby", titleID + " " + descID})
	s.leaf("title", "Count of "+t.Name+" over time", attr{"id", titleID})
	s.leaf("desc", sentence(t).Text+" "+gapWords(r.Effort), attr{"id", descID})
	p.axes()
	p.outside(r)
	p.gaps(r.Effort.Gaps)
	p.series(r, t)
	p.legend(r.Effort)
	s.close("svg")
	return s.html()
}

type plot struct {
	svg
	x, y scale
}

// newPlot fits the scales: the period with a little of what is around it, and
// room over MaxN for its label.
func newPlot(r count.Result, t count.Taxon) *plot {
	from, to := r.Period.From.Duration().Seconds(), r.Period.To.Duration().Seconds()
	margin := (to - from) * 0.02
	from, to = math.Max(0, from-margin), to+margin
	if to <= from {
		to = from + 1
	}
	top := 1
	if t.MaxN != nil {
		top = max(1, *t.MaxN)
	}
	return &plot{
		x: scale{from, to, plotLeft, plotRight},
		y: scale{0, float64(top) * 1.25, plotBottom, plotTop},
	}
}

func (p *plot) axes() {
	step := p.y.step(6, 1, 2, 5, 10, 20, 50, 100)
	for _, v := range p.y.ticks(step) {
		if v > 0 {
			p.line("grid", plotLeft, p.y.px(v), plotRight, p.y.px(v))
		}
		p.text("tick end", num(v), plotLeft-7, p.y.px(v)+4)
	}
	xStep := p.x.step(11, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, secondsPerMinute, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, halfDay)
	for _, v := range p.x.ticks(xStep) {
		label := clock(seconds(v))
		if xStep < 1 {
			label = strings.TrimSuffix(exactClock(seconds(v)), "00")
		}
		p.line("axis", p.x.px(v), plotBottom, p.x.px(v), plotBottom+5)
		p.text("tick middle", label, p.x.px(v), plotBottom+19)
	}
	p.line("axis", plotLeft, plotBottom, plotRight, plotBottom)
	p.line("axis", plotLeft, plotTop, plotLeft, plotBottom)
	p.text("label middle", "time of the deployment (mm:ss)", (plotLeft+plotRight)/2, plotBottom+38)
	p.leaf("text", "individuals", attr{"class", "label middle"},
		attr{"transform", fmt.Sprintf("translate(12 %s) rotate(-90)", num((plotTop+plotBottom)/2))})
}

// outside greys what is not in the period and marks its ends.
func (p *plot) outside(r count.Result) {
	from, to := p.x.px(r.Period.From.Duration().Seconds()), p.x.px(r.Period.To.Duration().Seconds())
	p.rect("outside", "before the period", plotLeft, plotTop, from-plotLeft, plotBottom-plotTop)
	p.rect("outside", "after the period", to, plotTop, plotRight-to, plotBottom-plotTop)
	p.line("bound", from, plotTop-4, from, plotBottom)
	p.line("bound", to, plotTop-4, to, plotBottom)
}

func (p *plot) gaps(gaps []count.Gap) {
	for _, g := range gaps {
		x0, x1 := p.x.px(g.From.Duration().Seconds()), p.x.px(g.To.Duration().Seconds())
		if x1-x0 < narrowest {
			x0 = math.Min(x0, plotRight-narrowest)
			x1 = x0 + narrowest
		}
		tip := fmt.Sprintf("%s %s to %s: %s", kindWords(g.Kind), clock(g.From), clock(g.To), g.Reason)
		p.rect("gap", tip, x0, plotTop, x1-x0, plotBottom-plotTop)
		p.gapLabel(kindWords(g.Kind), (x0+x1)/2, x1-x0)
	}
}

// gapLabel writes what a gap is in the middle of it: across where there is room,
// else upright, else not at all (the legend and the tooltip say it).
func (p *plot) gapLabel(text string, x, room float64) {
	wide := labelPx * float64(len(text)) / float64(len("not analysed"))
	y := (plotTop + plotBottom) / 2
	switch {
	case room >= wide:
		p.rect("gapback", "", x-wide/2+2, y-11, wide-4, 17)
		p.text("gaplabel middle", text, x, y+2)
	case room >= upright:
		p.rect("gapback", "", x-8.5, y-wide/2, 17, wide)
		p.leaf("text", text, attr{"class", "gaplabel middle"}, attr{"transform", fmt.Sprintf("translate(%s %s) rotate(-90)", num(x+4), num(y))})
	}
}
