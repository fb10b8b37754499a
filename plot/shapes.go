package plot

import (
	"math"
	"strings"
)

// dot draws a point by its shape, with a tooltip where one is given. r is the radius of a circle; other shapes are about as large.
func (d *drawing) dot(l look, class, tip string, r float64, at XY) {
	name, list := "circle", []Attr{A("class", strings.TrimSpace("dot "+class+" "+l.class)), A("cx", at.X), A("cy", at.Y), A("r", r)}
	if corners := corners(l.shape, r, at); corners != nil {
		var path strings.Builder
		for i, p := range corners {
			op := "L"
			if i == 0 {
				op = "M"
			}
			path.WriteString(op + Num(p.X) + " " + Num(p.Y))
		}
		name, list = "path", []Attr{list[0], A("d", path.String()+"Z")}
	}
	d.Open(name, list...)
	if tip != "" {
		d.Leaf("title", tip)
	}
	d.Close(name)
}

// corners are those of a shape: square, triangle, diamond, triangle on its tip, cross; nil of a circle.
func corners(shape int, r float64, at XY) (out []XY) {
	around := func(n int, r, from float64) (out []XY) {
		for i := range n {
			sin, cos := math.Sincos(from + 2*math.Pi*float64(i)/float64(n))
			out = append(out, XY{at.X + r*cos, at.Y + r*sin})
		}
		return out
	}
	switch shape {
	case 1:
		return around(4, 1.3*r, math.Pi/4)
	case 2:
		return around(3, 1.45*r, -math.Pi/2)
	case 3:
		return around(4, 1.45*r, 0)
	case 4:
		return around(3, 1.45*r, math.Pi/2)
	case 5:
		a, b := 0.45*r, 1.35*r
		for _, p := range []XY{{-a, -b}, {a, -b}, {a, -a}, {b, -a}, {b, a}, {a, a}, {a, b}, {-a, b}, {-a, a}, {-b, a}, {-b, -a}, {-a, -a}} {
			out = append(out, XY{at.X + p.X, at.Y + p.Y})
		}
	}
	return out
}
