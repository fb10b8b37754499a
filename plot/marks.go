package plot

import (
	"fmt"
	"math"
	"strings"
)

// Colours, dashes and shapes of dots there are; the style sheet has the first two. Each mark has its own of all three, so that they are
// told apart without colour.
const inks, dashes, shapes = 6, 6, 6

// look is how a mark looks.
type look struct {
	class string // of its ink and dash
	shape int    // of its dots
}

// lookOf is that of the nth mark: after the last colour they come again with another dash and shape.
func lookOf(n int) look {
	turn := n / inks
	return look{fmt.Sprintf("ink%d dash%d", n%inks, (n+turn)%dashes), (n + turn) % shapes}
}

// Mark is a piece of a chart.
type Mark interface {
	name() string // in the legend; empty: not in it
	cover(e *extent)
	draw(d *drawing, l look)
	key(d *drawing, l look, x, y float64) // in the legend
	data(c Chart, put func(kind string, x, y float64, label string))
}

// XY is a point, in the values of the axes.
type XY struct{ X, Y float64 }

// Line joins points in their order. One that is no number parts it.
type Line struct {
	Name   string
	Points []XY
	Dotted bool // a dot at each point: where there are few
	Marked []XY // points of it that are pointed out, by the shape that is the line's own
	Tips   []string
}

func (l Line) name() string { return l.Name }

func (l Line) cover(e *extent) {
	for _, p := range l.Points {
		e.add(p.X, p.Y)
	}
}

// draw leaves out what cannot be seen: of the points that follow one another within
// half a pixel's column only the first, the lowest, the highest and the last are
// drawn, so that a line of a million points is small and looks the same.
func (l Line) draw(d *drawing, own look) {
	var path strings.Builder
	var column []XY // in pixels
	joined := false
	put := func(p XY) {
		op := "L"
		if !joined {
			op = "M"
		}
		path.WriteString(op + Num(p.X) + " " + Num(p.Y))
		joined = true
	}
	flush := func() {
		if len(column) == 0 {
			return
		}
		low, high, last := 0, 0, len(column)-1
		for i, p := range column {
			if p.Y < column[low].Y {
				low = i
			}
			if p.Y > column[high].Y {
				high = i
			}
		}
		for i, p := range column {
			if i == 0 || i == low || i == high || i == last {
				put(p)
			}
		}
		column = column[:0]
	}
	var dots []XY
	for _, p := range l.Points {
		if !d.has(p) {
			flush()
			joined = false
			continue
		}
		at := XY{d.x.Px(p.X), d.y.Px(p.Y)}
		if len(column) > 0 && math.Floor(2*at.X) != math.Floor(2*column[0].X) {
			flush()
		}
		column = append(column, at)
		dots = append(dots, at)
	}
	flush()
	if path.Len() > 0 {
		d.Leaf("path", "", A("class", "line "+own.class), A("d", path.String()))
	}
	l.dots(d, own, dots)
}

// dots draws the points that are seen by themselves.
func (l Line) dots(d *drawing, own look, dots []XY) {
	if l.Dotted || len(dots) == 1 { // a line of one point is not seen
		for _, p := range dots {
			d.dot(own, "", "", 3, p)
		}
	}
	for i, p := range l.Marked {
		if d.has(p) {
			d.dot(own, "marked", tipOf(l.Tips, i), 4.5, XY{d.x.Px(p.X), d.y.Px(p.Y)})
		}
	}
}

func (l Line) key(d *drawing, own look, x, y float64) {
	d.SVG.Line("line "+own.class, x, y, x+20, y)
	if l.Dotted || len(l.Marked) > 0 {
		d.dot(own, "", "", 3.5, XY{x + 10, y})
	}
}

func (l Line) data(_ Chart, put func(kind string, x, y float64, label string)) {
	for _, p := range l.Points {
		put("line", p.X, p.Y, "")
	}
	for i, p := range l.Marked {
		put("marked", p.X, p.Y, tipOf(l.Tips, i))
	}
}

func tipOf(tips []string, i int) string {
	if i < len(tips) {
		return tips[i]
	}
	return ""
}

// Dots are points that are not joined.
type Dots struct {
	Name   string
	Points []XY
	Values []XY     // what each stands for, where it is drawn beside it; nil: Points
	Tips   []string // of each, or none
}

func (p Dots) name() string { return p.Name }

func (p Dots) cover(e *extent) {
	for _, at := range p.Points {
		e.add(at.X, at.Y)
	}
}

func (p Dots) draw(d *drawing, l look) {
	for i, at := range p.Points {
		if d.has(at) {
			d.dot(l, "free", tipOf(p.Tips, i), 3, XY{d.x.Px(at.X), d.y.Px(at.Y)})
		}
	}
}

func (p Dots) key(d *drawing, l look, x, y float64) { d.dot(l, "free", "", 3.5, XY{x + 10, y}) }

func (p Dots) data(_ Chart, put func(kind string, x, y float64, label string)) {
	values := p.Values
	if values == nil {
		values = p.Points
	}
	for i, v := range values {
		put("point", v.X, v.Y, tipOf(p.Tips, i))
	}
}

// Bar reaches from 0 (on a logarithmic axis from its end) to Y.
type Bar struct {
	From, To, Y float64
	Tip         string
}

// Bars are bars of one kind: a histogram, or a reliability diagram.
type Bars struct {
	Name string
	Bars []Bar
}

func (b Bars) name() string { return b.Name }

func (b Bars) cover(e *extent) {
	for _, bar := range b.Bars {
		e.add(bar.From, bar.Y)
		e.add(bar.To, bar.Y)
		if !e.yLog {
			e.add(bar.From, 0)
		}
	}
}

func (b Bars) draw(d *drawing, l look) {
	for _, bar := range b.Bars {
		if !d.has(XY{bar.From, bar.Y}) || !d.has(XY{bar.To, bar.Y}) {
			continue
		}
		foot := d.bottom
		if !d.y.Log {
			foot = d.y.Px(math.Min(math.Max(0, d.y.From), d.y.To))
		}
		x, y := d.x.Px(bar.From), d.y.Px(bar.Y)
		d.Rect("bar "+l.class, bar.Tip, x, math.Min(y, foot), d.x.Px(bar.To)-x, math.Abs(foot-y))
	}
}

func (b Bars) key(d *drawing, l look, x, y float64) { d.Rect("bar "+l.class, "", x, y-6, 20, 12) }

func (b Bars) data(_ Chart, put func(kind string, x, y float64, label string)) {
	for _, bar := range b.Bars {
		put("bar from", bar.From, bar.Y, bar.Tip)
		put("bar to", bar.To, bar.Y, bar.Tip)
	}
}

// Guide is a straight line across the chart, y = A + B·x, or, Upright, x = A. Only a
// level one stretches an axis.
type Guide struct {
	Name    string // in the legend
	Text    string // at its end
	A, B    float64
	Upright bool
	Strong  bool // what the data say, rather than what they are held against
	Dotted  bool // lesser than the others: an interval's end, another way to the same line
}

func (g Guide) name() string { return g.Name }

func (g Guide) cover(e *extent) {
	if g.B == 0 && !g.Upright && drawable(g.A, e.yLog) {
		e.y = [2]float64{min(e.y[0], g.A), max(e.y[1], g.A)}
	}
}

func (g Guide) class() string {
	switch {
	case g.Strong:
		return "guide strong"
	case g.Dotted:
		return "guide dotted"
	}
	return "guide"
}

func (g Guide) draw(d *drawing, _ look) {
	if g.Upright {
		if !d.has(XY{g.A, d.y.From}) || g.A < d.x.From || g.A > d.x.To {
			return
		}
		x := d.x.Px(g.A)
		d.SVG.Line(g.class(), x, d.top, x, d.bottom)
		if g.Text != "" {
			d.Text("mark", g.Text, x+4, d.top+11)
		}
		return
	}
	from, to, ok := g.clip(d)
	if !ok {
		return
	}
	if d.x.Log || d.y.Log { // not straight there
		const steps = 64
		var points []XY
		for i := range steps + 1 {
			x := from * math.Pow(to/from, float64(i)/steps)
			if !d.x.Log {
				x = from + (to-from)*float64(i)/steps
			}
			points = append(points, XY{x, g.A + g.B*x})
		}
		Line{Points: points}.draw(d, look{class: g.class()})
	} else {
		d.SVG.Line(g.class(), d.x.Px(from), d.y.Px(g.A+g.B*from), d.x.Px(to), d.y.Px(g.A+g.B*to))
	}
	if g.Text != "" {
		d.Text("mark end", g.Text, d.right-2, d.y.Px(g.A+g.B*to)-5)
	}
}

func (g Guide) data(c Chart, put func(kind string, x, y float64, label string)) {
	d := c.layout()
	if g.Upright {
		put("guide", g.A, d.y.From, g.Text)
		put("guide", g.A, d.y.To, g.Text)
	} else if from, to, ok := g.clip(d); ok {
		put("guide", from, g.A+g.B*from, g.Text)
		put("guide", to, g.A+g.B*to, g.Text)
	}
}

// clip is between which x the line lies within the chart.
func (g Guide) clip(d *drawing) (from, to float64, ok bool) {
	from, to = d.x.From, d.x.To
	if g.B == 0 {
		return from, to, drawable(g.A, d.y.Log) && g.A >= d.y.From && g.A <= d.y.To
	}
	a, b := (d.y.From-g.A)/g.B, (d.y.To-g.A)/g.B
	from, to = math.Max(from, math.Min(a, b)), math.Min(to, math.Max(a, b))
	return from, to, from < to
}

func (g Guide) key(d *drawing, _ look, x, y float64) { d.SVG.Line(g.class(), x, y, x+20, y) }

// has tells whether a point lies in the chart.
func (d *drawing) has(p XY) bool {
	return drawable(p.X, d.x.Log) && drawable(p.Y, d.y.Log) && p.X >= d.x.From && p.X <= d.x.To && p.Y >= d.y.From && p.Y <= d.y.To
}

// Symbol is what a shape of points means, in the legend alone.
type Symbol struct {
	Name  string
	Shape int
}

func (s Symbol) name() string                                       { return s.Name }
func (s Symbol) cover(*extent)                                      {}
func (s Symbol) draw(*drawing, look)                                {}
func (s Symbol) data(Chart, func(string, float64, float64, string)) {}

func (s Symbol) key(d *drawing, _ look, x, y float64) {
	d.dot(look{"plainink", s.Shape % shapes}, "", "", 3.5, XY{x + 10, y})
}
