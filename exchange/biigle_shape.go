package exchange

import (
	"fmt"
	"math"
	"slices"

	"requin/annotate"
	"requin/frame"
)

// biigleShapes are the names of BIIGLE's shapes; shape_id counts from 1 in this order.
var biigleShapes = [...]string{"Point", "LineString", "Polygon", "Circle", "Rectangle", "Ellipse", "WholeFrame"}

// biigleShape reads the numbers of a shape: x,y of a point; x,y,r of a circle; x,y,x,y,... of a line and a
// polygon; the four corners of a rectangle in turn, which may be rotated; the ends of an ellipse's axes in turn
// (major, minor, major, minor); none of a whole frame.
func biigleShape(name string, v []float64) (annotate.Shape, error) {
	want := "an even number of them, x and y in turn"
	ok := len(v)%2 == 0
	switch name {
	case "Point":
		ok, want = len(v) == 2, "2: x, y"
	case "Circle":
		ok, want = len(v) == 3 && v[2] >= 0, "3: x, y and a radius that is not below 0"
	case "Rectangle":
		ok, want = len(v) == 8, "8: x and y of its corners in turn"
	case "Ellipse":
		ok, want = len(v) == 8, "8: x and y of the ends of its axes in turn"
	case "WholeFrame":
		ok, want = len(v) == 0, "none"
	case "LineString":
		ok, want = ok && len(v) >= 4, "4 or more: x and y in turn"
	case "Polygon":
		ok, want = ok && len(v) >= 6, "6 or more: x and y in turn"
	}
	for _, x := range v {
		ok = ok && math.Abs(x) < 1e9
	}
	if !ok {
		return annotate.Shape{}, fmt.Errorf("a %s has %d numbers: it should have %s, each within a picture", name, len(v), want)
	}
	switch name {
	case "Circle":
		return annotate.Shape{Kind: annotate.Circle, Points: pairs(v[:2]), Radius: v[2]}, nil
	case "Rectangle":
		return biigleRectangle(v), nil
	case "Ellipse":
		p := pairs(v)
		return turned(annotate.Ellipse, p, math.Hypot(p[2].X-p[0].X, p[2].Y-p[0].Y), math.Hypot(p[3].X-p[1].X, p[3].Y-p[1].Y), p[0], p[2]), nil
	case "WholeFrame":
		return annotate.Shape{Kind: annotate.WholePic}, nil
	}
	kind := map[string]annotate.Kind{"Point": annotate.Points, "LineString": annotate.Line, "Polygon": annotate.Polygon}[name]
	return annotate.Shape{Kind: kind, Points: pairs(v)}, nil
}

// biigleRectangle is a box where the sides are upright, a rotated box otherwise, and what
// was stated, a polygon, where the four corners are no rectangle.
func biigleRectangle(v []float64) annotate.Shape {
	p := pairs(v)
	if p[0].Y == p[1].Y && p[2].Y == p[3].Y && p[0].X == p[3].X && p[1].X == p[2].X || p[0].X == p[1].X && p[2].X == p[3].X && p[0].Y == p[3].Y && p[1].Y == p[2].Y {
		b := bounds(annotate.Shape{Kind: annotate.Polygon, Points: p})
		return annotate.BoxShape(b)
	}
	s := turned(annotate.Rotated, p, math.Hypot(p[1].X-p[0].X, p[1].Y-p[0].Y), math.Hypot(p[3].X-p[0].X, p[3].Y-p[0].Y), p[0], p[1])
	for i, q := range turnedCorners(s) {
		if math.Hypot(q.X-p[i].X, q.Y-p[i].Y) > 1 {
			return annotate.Shape{Kind: annotate.Polygon, Points: p}
		}
	}
	return s
}

// turned is a shape of width w and height h about the middle of p, its width along the line from a to b.
func turned(kind annotate.Kind, p []annotate.Point, w, h float64, a, b annotate.Point) annotate.Shape {
	cx, cy := (p[0].X+p[1].X+p[2].X+p[3].X)/4, (p[0].Y+p[1].Y+p[2].Y+p[3].Y)/4
	return annotate.Shape{Kind: kind, Points: []annotate.Point{{X: cx - w/2, Y: cy - h/2}, {X: cx + w/2, Y: cy + h/2}},
		Angle: math.Atan2(b.Y-a.Y, b.X-a.X) * 180 / math.Pi}
}

// turnedCorners are the corners of a rotated box, from its top left one before it was turned, clockwise.
func turnedCorners(s annotate.Shape) []annotate.Point {
	a, b := s.Points[0], s.Points[1]
	cx, cy, w, h := (a.X+b.X)/2, (a.Y+b.Y)/2, (b.X-a.X)/2, (b.Y-a.Y)/2
	sin, cos := math.Sincos(s.Angle * math.Pi / 180)
	var out []annotate.Point
	for _, d := range [][2]float64{{-w, -h}, {w, -h}, {w, h}, {-w, h}} {
		out = append(out, annotate.Point{X: cx + d[0]*cos - d[1]*sin, Y: cy + d[0]*sin + d[1]*cos})
	}
	return out
}

// biigleName is the shape that BIIGLE would draw; "" where it has none for it.
func biigleName(s annotate.Shape) string {
	kinds := []annotate.Kind{annotate.Points, annotate.Line, annotate.Polygon, annotate.Circle, annotate.Box, annotate.Ellipse, annotate.WholePic}
	if s.Kind == annotate.Rotated || s.Kind == annotate.Mask {
		return "Rectangle"
	}
	if i := slices.Index(kinds, s.Kind); i >= 0 && (len(s.Points) > 0 || s.Kind == annotate.WholePic) {
		return biigleShapes[i]
	}
	return ""
}

// biigleNumbers are the numbers of a shape drawn as the one named; exact is false where that is not what it is.
func biigleNumbers(name string, s annotate.Shape) (v []float64, exact bool) {
	corners := len(s.Points) >= 2
	switch {
	case name == "WholeFrame":
		return nil, s.Kind == annotate.WholePic
	case name == "Circle" && s.Kind == annotate.Circle:
		return []float64{s.Points[0].X, s.Points[0].Y, s.Radius}, true
	case name == "Rectangle" && s.Kind == annotate.Rotated && corners:
		return flat(turnedCorners(s)), true
	case name == "Rectangle" && s.Kind == annotate.Polygon && len(s.Points) == 4:
		return flat(s.Points), len(s.Rings) == 0
	case name == "Ellipse" && s.Kind == annotate.Ellipse && corners:
		c := turnedCorners(s)
		middle := func(a, b annotate.Point) annotate.Point {
			return annotate.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}
		}
		return flat([]annotate.Point{middle(c[0], c[3]), middle(c[0], c[1]), middle(c[1], c[2]), middle(c[2], c[3])}), true
	case name == biigleName(s) && name != "Rectangle":
		if name == "Point" {
			return flat(s.Points[:1]), len(s.Points) == 1
		}
		return flat(s.Points), len(s.Rings) == 0
	}
	b, ok := s.Bounds()
	if !ok {
		return nil, false
	}
	return biigleCorners(b), s.Kind == annotate.Box
}

// biigleCorners are the corners of a box in turn.
func biigleCorners(b frame.Box) []float64 {
	return []float64{b.X0, b.Y0, b.X1, b.Y0, b.X1, b.Y1, b.X0, b.Y1}
}

// pairs takes x and y in turn for points.
func pairs(v []float64) []annotate.Point {
	var out []annotate.Point
	for i := 0; i+1 < len(v); i += 2 {
		out = append(out, annotate.Point{X: v[i], Y: v[i+1]})
	}
	return out
}

// flat is the reverse of pairs.
func flat(points []annotate.Point) []float64 {
	var out []float64
	for _, p := range points {
		out = append(out, p.X, p.Y)
	}
	return out
}
