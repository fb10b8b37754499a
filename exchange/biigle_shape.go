package exchange

import (
	"fmt"
	"math"

	"requin/annotate"
)

// biigleShapes are BIIGLE's shapes by their numbers.
func biigleShapes() map[string]string {
	return map[string]string{"1": "Point", "2": "LineString", "3": "Polygon", "4": "Circle", "5": "Rectangle", "6": "Ellipse", "7": "WholeFrame"}
}

// biigleShape is the shape that BIIGLE has for a figure.
func biigleShape(s annotate.Shape) string {
	switch s.Kind {
	case annotate.Points:
		return "Point"
	case annotate.Line:
		return "LineString"
	case annotate.Polygon:
		return "Polygon"
	case annotate.Circle:
		return "Circle"
	case annotate.Ellipse:
		return "Ellipse"
	case annotate.WholePic:
		return "WholeFrame"
	}
	return "Rectangle"
}

// biigleFigure makes a figure of its numbers; the error says what they should be.
func biigleFigure(shape string, v []float64) (annotate.Shape, error) {
	for _, x := range v {
		if math.Abs(x) > 1e12 {
			return annotate.Shape{}, fmt.Errorf("its numbers should be pixels")
		}
	}
	s := annotate.Shape{Points: pointsOf(v)}
	want := func(ok bool, kind annotate.Kind, what string) (annotate.Shape, error) {
		if !ok {
			return annotate.Shape{}, fmt.Errorf("a %s should have %s, and it has %d numbers", shape, what, len(v))
		}
		s.Kind = kind
		return s, nil
	}
	switch shape {
	case "Point":
		return want(len(v) == 2, annotate.Points, "x and y")
	case "LineString":
		return want(len(v) >= 4 && len(v)%2 == 0, annotate.Line, "x and y of at least two points")
	case "Polygon":
		return want(len(v) >= 6 && len(v)%2 == 0, annotate.Polygon, "x and y of at least three points")
	case "Circle":
		if len(v) == 3 {
			return annotate.Shape{Kind: annotate.Circle, Points: []annotate.Point{{X: v[0], Y: v[1]}}, Radius: v[2]}, nil
		}
		return want(false, "", "x, y and the radius")
	case "WholeFrame":
		return annotate.Shape{Kind: annotate.WholePic}, nil
	case "Rectangle":
		if len(v) == 8 {
			return rectangleOf(s.Points), nil
		}
		return want(false, "", "x and y of its four corners")
	}
	if len(v) == 8 { // an ellipse
		p := s.Points
		return turned(annotate.Ellipse, p, sub(p[1], p[0]), sub(p[3], p[2]), sub(add(p[0], p[1]), add(p[2], p[3]))), nil
	}
	return want(false, "", "x and y of the ends of its axes, four points")
}

func sub(a, b annotate.Point) annotate.Point { return annotate.Point{X: a.X - b.X, Y: a.Y - b.Y} }
func add(a, b annotate.Point) annotate.Point { return annotate.Point{X: a.X + b.X, Y: a.Y + b.Y} }

// rectangleOf is the box or the rotated box that has these corners, in their order around it.
func rectangleOf(p []annotate.Point) annotate.Shape {
	box, _ := annotate.Shape{Kind: annotate.Polygon, Points: p}.Bounds()
	upright := p[0].X == p[1].X && p[1].Y == p[2].Y && p[2].X == p[3].X && p[3].Y == p[0].Y ||
		p[0].Y == p[1].Y && p[1].X == p[2].X && p[2].Y == p[3].Y && p[3].X == p[0].X
	if upright {
		return annotate.BoxShape(box)
	}
	s := turned(annotate.Rotated, p, sub(p[1], p[0]), sub(p[2], p[1]), sub(add(p[0], p[2]), add(p[1], p[3])))
	if s.Kind == annotate.Rotated && math.Mod(s.Angle, 90) == 0 {
		return annotate.BoxShape(box)
	}
	return s
}

// turned is the box or ellipse with these two sides or axes, which is turned by the
// angle of the first, to the millionth of a pixel and of a degree. Where the four points make no such figure to about a
// pixel (off is how far the middles of their diagonals are apart, twice), it is the polygon of them.
func turned(kind annotate.Kind, p []annotate.Point, u, v, off annotate.Point) annotate.Shape {
	w, h := math.Hypot(u.X, u.Y), math.Hypot(v.X, v.Y)
	skew := math.Abs(u.X*v.X+u.Y*v.Y) / max(w, h, 1)
	c := annotate.Point{X: (p[0].X + p[1].X + p[2].X + p[3].X) / 4, Y: (p[0].Y + p[1].Y + p[2].Y + p[3].Y) / 4}
	if !(w >= 1 && h >= 1 && skew <= 1 && math.Hypot(off.X, off.Y) <= 2 && math.Abs(c.X)+w+h < 1e6 && math.Abs(c.Y) < 1e6) {
		return annotate.Shape{Kind: annotate.Polygon, Points: p}
	}
	angle := roundTo(math.Atan2(u.Y, u.X)*180/math.Pi, 1e6)
	if angle == -180 {
		angle = 180
	}
	at := func(x, y float64) annotate.Point { return annotate.Point{X: roundTo(x, 1e6), Y: roundTo(y, 1e6)} }
	return annotate.Shape{Kind: kind, Points: []annotate.Point{at(c.X-w/2, c.Y-h/2), at(c.X+w/2, c.Y+h/2)}, Angle: angle + 0} // no -0
}

// biigleNumbers are the numbers of a figure, as a shape of BIIGLE.
func biigleNumbers(s annotate.Shape) []float64 {
	flat := func(points ...annotate.Point) []float64 {
		var out []float64
		for _, p := range points {
			out = append(out, p.X, p.Y)
		}
		return out
	}
	switch s.Kind {
	case annotate.WholePic:
		return []float64{}
	case annotate.Points:
		return flat(s.Points[:min(1, len(s.Points))]...)
	case annotate.Line, annotate.Polygon:
		return flat(s.Points...)
	case annotate.Circle:
		return append(flat(s.Points[:min(1, len(s.Points))]...), s.Radius)
	case annotate.Rotated, annotate.Ellipse:
		if len(s.Points) == 2 {
			a, b := s.Points[0], s.Points[1]
			cx, cy, w, h := (a.X+b.X)/2, (a.Y+b.Y)/2, (b.X-a.X)/2, (b.Y-a.Y)/2
			sin, cos := math.Sincos(s.Angle * math.Pi / 180)
			at := func(x, y float64) annotate.Point {
				return annotate.Point{X: cx + x*cos - y*sin, Y: cy + x*sin + y*cos}
			}
			if s.Kind == annotate.Ellipse {
				return flat(at(-w, 0), at(w, 0), at(0, -h), at(0, h))
			}
			return flat(at(-w, -h), at(w, -h), at(w, h), at(-w, h))
		}
	}
	box, ok := s.Bounds()
	if !ok {
		return nil
	}
	return []float64{box.X0, box.Y0, box.X1, box.Y0, box.X1, box.Y1, box.X0, box.Y1}
}
