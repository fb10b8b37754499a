package plot

import (
	"math"
	"slices"
)

// Box is a box plot at a place on the x axis: quartiles, and whiskers to Least and
// Most; Points (outliers, or all there are where there are few) lie over it.
type Box struct {
	At                             float64
	Least, Lower, Mid, Upper, Most float64
	Points                         []float64
	Of                             []int // of each point, which of Kinds it is; nil: they are not told apart
	Tip                            string
}

// Boxes are box plots of one kind.
type Boxes struct {
	Name  string
	Boxes []Box
	Wide  float64  // in values of the x axis; 0: 0.5
	Kinds []string // what points may be of, each by a shape of its own: folds
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

func (b Boxes) draw(d *drawing, l look) {
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
			d.SVG.Line("whisker "+l.class, x, ends[0], x, ends[1])
			d.SVG.Line("whisker "+l.class, x, ends[3], x, ends[4])
			d.SVG.Line("whisker "+l.class, x-half/2, ends[0], x+half/2, ends[0])
			d.SVG.Line("whisker "+l.class, x-half/2, ends[4], x+half/2, ends[4])
			d.Rect("bar "+l.class, box.Tip, x-half, ends[3], 2*half, ends[1]-ends[3])
			d.SVG.Line("mid "+l.class, x-half, ends[2], x+half, ends[2])
		}
		for i, y := range box.Points {
			own, tip := l, ""
			if i < len(box.Of) {
				own.shape, tip = box.Of[i]%shapes, tipOf(b.Kinds, box.Of[i])
			}
			if d.has(XY{box.At, y}) {
				d.dot(own, "free", tip, 3.5, XY{x, d.y.Px(y)})
			}
		}
	}
}

func (b Boxes) data(c Chart, put func(kind string, x, y float64, label string)) {
	for _, box := range b.Boxes {
		for i, name := range []string{"lower whisker", "lower quartile", "median", "upper quartile", "upper whisker"} {
			put(name, box.At, []float64{box.Least, box.Lower, box.Mid, box.Upper, box.Most}[i], box.Tip)
		}
		for i, y := range box.Points {
			label := ""
			if i < len(box.Of) {
				label = tipOf(b.Kinds, box.Of[i])
			}
			put("point", box.At, y, label)
		}
	}
}

func (b Boxes) key(d *drawing, l look, x, y float64) {
	d.Rect("bar "+l.class, "", x, y-6, 20, 12)
	d.SVG.Line("mid "+l.class, x+10, y-6, x+10, y+6)
}
