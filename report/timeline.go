package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"requin/count"
	"requin/plot"
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
	p := newTimeline(r, t)
	s := &p.SVG
	titleID, descID := fmt.Sprintf("plot-%d-title", id), fmt.Sprintf("plot-%d-desc", id)
	s.Open("svg", plot.A("class", "plot"), plot.A("viewBox", fmt.Sprintf("0 0 %g %g", plotW, plotH)),
		plot.A("role", "img"), plot.A("aria-labelledby", titleID+" "+descID))
	s.Leaf("title", "Count of "+t.Name+" over time", plot.A("id", titleID))
	s.Leaf("desc", sentence(t).Text+" "+gapWords(r.Effort), plot.A("id", descID))
	p.axes()
	p.outside(r)
	p.gaps(r.Effort.Gaps)
	p.series(r, t)
	p.legend(r.Effort)
	s.Close("svg")
	return s.HTML()
}

type timeline struct {
	plot.SVG
	x, y plot.Scale
}

// newTimeline fits the scales: the period with a little of what is around it, and
// room over MaxN for its label.
func newTimeline(r count.Result, t count.Taxon) *timeline {
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
	return &timeline{
		x: plot.Scale{From: from, To: to, At: plotLeft, End: plotRight},
		y: plot.Scale{From: 0, To: float64(top) * 1.25, At: plotBottom, End: plotTop},
	}
}

func (p *timeline) axes() {
	step := p.y.Step(6, 1, 2, 5, 10, 20, 50, 100)
	for _, v := range p.y.Ticks(step) {
		if v > 0 {
			p.Line("grid", plotLeft, p.y.Px(v), plotRight, p.y.Px(v))
		}
		p.Text("tick end", plot.Num(v), plotLeft-7, p.y.Px(v)+4)
	}
	xStep := p.x.Step(11, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, secondsPerMinute, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, halfDay)
	for _, v := range p.x.Ticks(xStep) {
		label := clock(seconds(v))
		if xStep < 1 {
			label = strings.TrimSuffix(exactClock(seconds(v)), "00")
		}
		p.Line("axis", p.x.Px(v), plotBottom, p.x.Px(v), plotBottom+5)
		p.Text("tick middle", label, p.x.Px(v), plotBottom+19)
	}
	p.Line("axis", plotLeft, plotBottom, plotRight, plotBottom)
	p.Line("axis", plotLeft, plotTop, plotLeft, plotBottom)
	p.Text("label middle", "time of the deployment (mm:ss)", (plotLeft+plotRight)/2, plotBottom+38)
	p.Leaf("text", "individuals", plot.A("class", "label middle"),
		plot.A("transform", fmt.Sprintf("translate(12 %s) rotate(-90)", plot.Num((plotTop+plotBottom)/2))))
}

// outside greys what is not in the period and marks its ends.
func (p *timeline) outside(r count.Result) {
	from, to := p.x.Px(r.Period.From.Duration().Seconds()), p.x.Px(r.Period.To.Duration().Seconds())
	p.Rect("outside", "before the period", plotLeft, plotTop, from-plotLeft, plotBottom-plotTop)
	p.Rect("outside", "after the period", to, plotTop, plotRight-to, plotBottom-plotTop)
	p.Line("bound", from, plotTop-4, from, plotBottom)
	p.Line("bound", to, plotTop-4, to, plotBottom)
}

func (p *timeline) gaps(gaps []count.Gap) {
	for _, g := range gaps {
		x0, x1 := p.x.Px(g.From.Duration().Seconds()), p.x.Px(g.To.Duration().Seconds())
		if x1-x0 < narrowest {
			x0 = math.Min(x0, plotRight-narrowest)
			x1 = x0 + narrowest
		}
		tip := fmt.Sprintf("%s %s to %s: %s", kindWords(g.Kind), clock(g.From), clock(g.To), g.Reason)
		p.Rect("gap", tip, x0, plotTop, x1-x0, plotBottom-plotTop)
		p.gapLabel(kindWords(g.Kind), (x0+x1)/2, x1-x0)
	}
}

// gapLabel writes what a gap is in the middle of it: across where there is room,
// else upright, else not at all (the legend and the tooltip say it).
func (p *timeline) gapLabel(text string, x, room float64) {
	wide := labelPx * float64(len(text)) / float64(len("not analysed"))
	y := (plotTop + plotBottom) / 2
	switch {
	case room >= wide:
		p.Rect("gapback", "", x-wide/2+2, y-11, wide-4, 17)
		p.Text("gaplabel middle", text, x, y+2)
	case room >= upright:
		p.Rect("gapback", "", x-8.5, y-wide/2, 17, wide)
		p.Leaf("text", text, plot.A("class", "gaplabel middle"), plot.A("transform", fmt.Sprintf("translate(%s %s) rotate(-90)", plot.Num(x+4), plot.Num(y))))
	}
}
