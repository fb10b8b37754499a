package plot

import (
	"math"
	"slices"
	"strings"
)

// Colours and dashes there are; the style sheet has them.
const inks, dashes = 6, 3

// Mark is a piece of a chart.
type Mark interface {
	name() string // in the legend; empty: not in it
	cover(e *extent)
	draw(d *drawing, ink string)
	key(d *drawing, ink string, x, y float64) // in the legend
}

// XY is a point, in the values of the axes.
type XY struct{ X, Y float64 }

// Line joins points in their order. One that is no number parts it.
type Line struct {
	Name   string
	Points []XY
	Dotted bool // a dot at each point: where there are few
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
func (l Line) draw(d *drawing, ink string) {
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
		d.Leaf("path", "", A("class", "line "+ink), A("d", path.String()))
	}
	if l.Dotted || len(dots) == 1 { // a line of one point is not seen
		for _, p := range dots {
			d.dot(ink, "", p)
		}
	}
}

func (l Line) key(d *drawing, ink string, x, y float64) {
	d.SVG.Line("line "+ink, x, y, x+20, y)
	if l.Dotted {
		d.dot(ink, "", XY{x + 10, y})
	}
}

// Dots are points that are not joined.
type Dots struct {
	Name   string
	Points []XY
	Tips   []string // of each, or none
}

func (p Dots) name() string { return p.Name }

func (p Dots) cover(e *extent) {
	for _, at := range p.Points {
		e.add(at.X, at.Y)
	}
}

func (p Dots) draw(d *drawing, ink string) {
	for i, at := range p.Points {
		if !d.has(at) {
			continue
		}
		tip := ""
		if i < len(p.Tips) {
			tip = p.Tips[i]
		}
		d.dot("free "+ink, tip, XY{d.x.Px(at.X), d.y.Px(at.Y)})
	}
}

func (p Dots) key(d *drawing, ink string, x, y float64) { d.dot("free "+ink, "", XY{x + 10, y}) }

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

func (b Bars) draw(d *drawing, ink string) {
	for _, bar := range b.Bars {
		if !d.has(XY{bar.From, bar.Y}) || !d.has(XY{bar.To, bar.Y}) {
			continue
		}
		foot := d.bottom
		if !d.y.Log {
			foot = d.y.Px(math.Min(math.Max(0, d.y.From), d.y.To))
		}
		x, y := d.x.Px(bar.From), d.y.Px(bar.Y)
		d.Rect("bar "+ink, bar.Tip, x, math.Min(y, foot), d.x.Px(bar.To)-x, math.Abs(foot-y))
	}
}

func (b Bars) key(d *drawing, ink string, x, y float64) { d.Rect("bar "+ink, "", x, y-6, 20, 12) }

// Box is a box plot at a place on the x axis: quartiles, and whiskers to Least and
// Most; Points (outliers, or all there are where there are few) lie over it.
type Box struct {
	At                             float64
	Least, Lower, Mid, Upper, Most float64
	Points                         []float64
	Tip                            string
}

// Boxes are box plots of one kind.
type Boxes struct {
	Name  string
	Boxes []Box
	Wide  float64 // in values of the x axis; 0: 0.5
}

func (b Boxes) name() string { return b.Name }

func (b Boxes) wide() float64 {
	if b.Wide > 0 {
		return b.Wide
	}
	return 0.5
}

func (b Boxes) cover(e *extent) {
	for _, box := range b.Boxes {
		for _, y := range append([]float64{box.Least, box.Most}, box.Points...) {
			e.add(box.At, y)
		}
	}
}

func (b Boxes) draw(d *drawing, ink string) {
	for _, box := range b.Boxes {
		if !drawable(box.At, d.x.Log) {
			continue
		}
		x := d.x.Px(box.At)
		half := math.Abs(d.x.Px(box.At+b.wide()/2) - x)
		ends := []float64{box.Least, box.Lower, box.Mid, box.Upper, box.Most}
		if !slices.ContainsFunc(ends, func(v float64) bool { return !drawable(v, d.y.Log) }) {
			for i, v := range ends { // in pixels, cut to the chart
				ends[i] = d.y.Px(min(max(v, d.y.From), d.y.To))
			}
			d.SVG.Line("whisker "+ink, x, ends[0], x, ends[1])
			d.SVG.Line("whisker "+ink, x, ends[3], x, ends[4])
			d.SVG.Line("whisker "+ink, x-half/2, ends[0], x+half/2, ends[0])
			d.SVG.Line("whisker "+ink, x-half/2, ends[4], x+half/2, ends[4])
			d.Rect("bar "+ink, box.Tip, x-half, ends[3], 2*half, ends[1]-ends[3])
			d.SVG.Line("mid "+ink, x-half, ends[2], x+half, ends[2])
		}
		for _, y := range box.Points {
			if d.has(XY{box.At, y}) {
				d.dot("free "+ink, "", XY{x, d.y.Px(y)})
			}
		}
	}
}

func (b Boxes) key(d *drawing, ink string, x, y float64) {
	d.Rect("bar "+ink, "", x, y-6, 20, 12)
	d.SVG.Line("mid "+ink, x+10, y-6, x+10, y+6)
}

// Guide is a straight line across the chart, y = A + B·x, or, Upright, x = A. Only a
// level one stretches an axis.
type Guide struct {
	Name    string // in the legend
	Text    string // at its end
	A, B    float64
	Upright bool
	Strong  bool // what the data say, rather than what they are held against
}

func (g Guide) name() string { return g.Name }

func (g Guide) cover(e *extent) {
	if g.B == 0 && !g.Upright && drawable(g.A, e.yLog) {
		e.y = [2]float64{min(e.y[0], g.A), max(e.y[1], g.A)}
	}
}

func (g Guide) class() string {
	if g.Strong {
		return "guide strong"
	}
	return "guide"
}

func (g Guide) draw(d *drawing, _ string) {
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
		Line{Points: points}.draw(d, g.class())
	} else {
		d.SVG.Line(g.class(), d.x.Px(from), d.y.Px(g.A+g.B*from), d.x.Px(to), d.y.Px(g.A+g.B*to))
	}
	if g.Text != "" {
		d.Text("mark end", g.Text, d.right-2, d.y.Px(g.A+g.B*to)-5)
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

func (g Guide) key(d *drawing, _ string, x, y float64) { d.SVG.Line(g.class(), x, y, x+20, y) }

// has tells whether a point lies in the chart.
func (d *drawing) has(p XY) bool {
	return drawable(p.X, d.x.Log) && drawable(p.Y, d.y.Log) && p.X >= d.x.From && p.X <= d.x.To && p.Y >= d.y.From && p.Y <= d.y.To
}

// dot draws one, with a tooltip where one is given.
func (d *drawing) dot(class, tip string, at XY) {
	d.Open("circle", A("class", "dot "+class), A("cx", at.X), A("cy", at.Y), A("r", 3))
	if tip != "" {
		d.Leaf("title", tip)
	}
	d.Close("circle")
}
