package report

import (
	"fmt"
	"html/template"

	"requin/count"
	"requin/plot"
)

// The strips of what was filmed and analysed, in pixels of their own picture.
const (
	stripW, stripRight = 920.0, 22.0
	stripRow, stripH   = 20.0, 12.0
	stripTop           = 8.0
	stripFoot          = 44.0
	stripLetters       = 34 // of a name
	stripMany          = 36 // strips in one picture: as many as fit a printed page
)

// stripPicture is the strips of some deployments.
type stripPicture struct {
	drawing template.HTML
	of      []Deployment
}

// strips draws a strip for each deployment: what was filmed, what counts, what of it was analysed and what was not.
func (s Survey) strips() []stripPicture {
	var longest count.Seconds
	var shown []Deployment
	wide := 0.0
	for _, d := range s.Deployments {
		if d.Filmed == 0 && d.Counts == nil {
			continue // there is nothing to draw; the page says why
		}
		shown = append(shown, d)
		wide = max(wide, width(last(s.label(d), stripLetters)))
		longest = max(longest, d.Filmed)
		if d.Counts != nil {
			longest = max(longest, d.Counts.Duration, d.Counts.Period.To)
		}
	}
	var out []stripPicture
	pictures := (len(shown) + stripMany - 1) / stripMany
	for i := range pictures { // of about as many strips each
		from, to := i*len(shown)/pictures, (i+1)*len(shown)/pictures
		x := plot.Scale{From: 0, To: max(longest.Duration().Seconds(), 1), At: 10 + wide, End: stripW - stripRight}
		out = append(out, stripPicture{s.stripPicture(shown[from:to], x, i+1), shown[from:to]})
	}
	return out
}

type strip struct {
	plot.SVG
	x plot.Scale
}

func (s Survey) stripPicture(some []Deployment, x plot.Scale, id int) template.HTML {
	p := &strip{x: x}
	bottom := stripTop + stripRow*float64(len(some))
	titleID, aboutID := fmt.Sprintf("strips-%d-title", id), fmt.Sprintf("strips-%d-desc", id)
	p.Open("svg", plot.A("class", "plot strips"), plot.A("viewBox", fmt.Sprintf("0 0 %g %g", stripW, bottom+stripFoot)),
		plot.A("role", "img"), plot.A("aria-labelledby", titleID+" "+aboutID))
	p.Leaf("title", "What was filmed and what was analysed", plot.A("id", titleID))
	analysed, not := count.Seconds(0), count.Seconds(0)
	for _, d := range some {
		if d.Counts != nil {
			analysed, not = analysed+d.Counts.Effort.Analysed, not+d.Counts.Effort.NotAnalysed
		}
	}
	p.Leaf("desc", fmt.Sprintf("%s, %s to %s: %s analysed, %s of the periods not.", plural(len(some), "deployment", "deployments"),
		s.label(some[0]), s.label(some[len(some)-1]), words(analysed), words(not)), plot.A("id", aboutID))
	step := x.Step(10, 1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
	for _, v := range x.Ticks(step) {
		p.Line("grid", x.Px(v), stripTop-4, x.Px(v), bottom)
		p.Text("tick middle", clock(seconds(v)), x.Px(v), bottom+16)
	}
	p.Text("label middle", "time of the deployment (mm:ss)", (x.At+x.End)/2, bottom+36)
	for i, d := range some {
		p.row(s.label(d), d, stripTop+stripRow*float64(i))
	}
	p.Close("svg")
	return p.HTML()
}

// row draws one deployment's strip.
func (p *strip) row(label string, d Deployment, top float64) {
	p.Text("tick end", last(label, stripLetters), p.x.At-6, top+stripH)
	y := top + (stripRow-stripH)/2
	span := func(class, tip string, from, to count.Seconds, y, h float64) {
		x0, x1 := p.x.Px(from.Duration().Seconds()), p.x.Px(to.Duration().Seconds())
		if x1-x0 < narrowest {
			x0 = min(x0, p.x.End-narrowest)
			x1 = x0 + narrowest
		}
		p.Rect(class, tip, x0, y, x1-x0, h)
	}
	filmed := d.Filmed
	if d.Counts != nil {
		filmed = max(filmed, d.Counts.Duration)
	}
	if filmed > 0 {
		tip := label + ": filmed for " + words(filmed)
		if d.Counts == nil {
			tip += "; not counted: " + d.Why
		}
		span("filmed", tip, 0, filmed, y, stripH)
	}
	if d.Counts == nil {
		return
	}
	c := d.Counts
	span("analysed", fmt.Sprintf("%s: period %s to %s, %s analysed", label, clock(c.Period.From), clock(c.Period.To), words(c.Effort.Analysed)), c.Period.From, c.Period.To, y, stripH)
	for _, g := range c.Effort.Gaps {
		class := "gap"
		if g.Kind == count.NotFilmed {
			class = "unfilmed"
		}
		span("blank", "", g.From, g.To, y, stripH)
		span(class, fmt.Sprintf("%s: %s %s to %s: %s", label, kindWords(g.Kind), clock(g.From), clock(g.To), g.Reason), g.From, g.To, y, stripH)
	}
	for _, at := range []count.Seconds{c.Period.From, c.Period.To} {
		x := p.x.Px(at.Duration().Seconds())
		p.Line("periodend", x, y-3, x, y+stripH+3)
	}
}
