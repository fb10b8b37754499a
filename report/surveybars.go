package report

import (
	"fmt"
	"html/template"
	"math"

	"requin/count"
	"requin/plot"
)

// The plot of a taxon's MaxN over the deployments, in pixels of its own picture.
const (
	barsW, barsLeft, barsRight = 920.0, 46.0, 10.0
	barsTop, barsHigh          = 14.0, 130.0
	barLetters                 = 24   // of a deployment's name
	barWide                    = 34.0 // a bar is not wider
	barName                    = 12.0 // room that an upright name takes
)

type bars struct {
	plot.SVG
	y     plot.Scale
	slot  float64 // width for each deployment
	floor float64
}

// bars draws MaxN of a taxon in each deployment, with its interval, so that its status is seen without colour.
func (s Survey) bars(name string, id int) template.HTML {
	top, high := 1, 0.0
	for _, d := range s.Deployments {
		high = max(high, width(last(s.label(d), barLetters)))
		if x, ok := d.of(name); ok && x.MaxN != nil {
			top = max(top, *x.MaxN)
			if b := x.Bounds(); b != nil {
				top = max(top, b.High)
			}
		}
	}
	p := &bars{floor: barsTop + barsHigh, slot: (barsW - barsLeft - barsRight) / float64(len(s.Deployments))}
	p.y = plot.Scale{From: 0, To: float64(top) * 1.12, At: p.floor, End: barsTop}
	titleID, aboutID := fmt.Sprintf("bars-%d-title", id), fmt.Sprintf("bars-%d-desc", id)
	p.Open("svg", plot.A("class", "plot bars"), plot.A("viewBox", fmt.Sprintf("0 0 %g %s", barsW, plot.Num(p.floor+16+high))),
		plot.A("role", "img"), plot.A("aria-labelledby", titleID+" "+aboutID))
	p.Leaf("title", "MaxN of "+name+" in each deployment", plot.A("id", titleID))
	p.Leaf("desc", s.occupancy(name).words(), plot.A("id", aboutID))
	for _, v := range p.y.Ticks(p.y.Step(5, 1, 2, 5, 10, 20, 50, 100)) {
		p.Line("grid", barsLeft, p.y.Px(v), barsW-barsRight, p.y.Px(v))
		p.Text("tick end", plot.Num(v), barsLeft-7, p.y.Px(v)+4)
	}
	p.Leaf("text", "MaxN", plot.A("class", "label middle"), plot.A("transform", fmt.Sprintf("translate(12 %s) rotate(-90)", plot.Num((barsTop+p.floor)/2))))
	every := int(math.Ceil(barName / p.slot))
	for i, d := range s.Deployments {
		x := barsLeft + p.slot*(float64(i)+0.5)
		p.bar(s.label(d), d, name, x)
		if i%every == 0 {
			p.Leaf("text", last(s.label(d), barLetters), plot.A("class", "tick end"), plot.A("transform", fmt.Sprintf("translate(%s %s) rotate(-90)", plot.Num(x+4), plot.Num(p.floor+10))))
		}
	}
	p.Line("axis", barsLeft, p.floor, barsW-barsRight, p.floor)
	p.Close("svg")
	return p.HTML()
}

// bar draws one deployment's.
func (p *bars) bar(label string, d Deployment, name string, x float64) {
	t, ok := d.of(name)
	half := min(p.slot*0.72, barWide) / 2
	if !ok || t.MaxN == nil {
		p.Rect("gap", label+": "+d.blank(name), x-half, p.floor-8, 2*half, 8)
		return
	}
	tip := fmt.Sprintf("%s: MaxN %d, %s", label, *t.MaxN, t.Standing())
	y := p.y.Px(float64(*t.MaxN))
	if *t.MaxN == 0 {
		y = p.floor - 2.5
	}
	class := string(t.Status())
	p.Rect("maxn "+class, tip, x-half, y, 2*half, p.floor-y)
	if t.Status() == count.Disputed && *t.MaxN > 0 {
		p.Line("cross", x-half, p.floor, x+half, y)
		p.Line("cross", x-half, y, x+half, p.floor)
	}
	if b := t.Bounds(); b != nil && b.Low < b.High {
		p.Line("range", x, p.y.Px(float64(b.Low)), x, p.y.Px(float64(b.High)))
		for _, n := range []int{b.Low, b.High} {
			p.Line("range", x-3, p.y.Px(float64(n)), x+3, p.y.Px(float64(n)))
		}
	}
}
