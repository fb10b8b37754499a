package annotate

import (
	"math"

	"requin/frame"
)

// Kind is what a shape's points mean.
type Kind string

// The kinds of shapes.
const (
	Box      Kind = "box"     // two corners: top left, bottom right
	Polygon  Kind = "polygon" // a closed line of at least 3 points; several rings in Rings
	Line     Kind = "line"    // an open line
	Points   Kind = "points"  // one or more points, named in Extra where the format names them
	Circle   Kind = "circle"  // the centre; Radius
	Ellipse  Kind = "ellipse" // two corners of its box; Angle
	Rotated  Kind = "rotated" // two corners of the box before it is turned about its centre by Angle
	Mask     Kind = "mask"    // two corners of its box; the pixels in Extra as the format writes them
	WholePic Kind = "whole"   // the whole frame: no place is stated
)

// Point is a place in pixels of the full picture.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Shape is a figure in pixels of the full picture, the origin at its top left corner.
type Shape struct {
	Kind   Kind      `json:"kind"`
	Points []Point   `json:"points,omitempty"`
	Rings  [][]Point `json:"rings,omitempty"`  // of a polygon: the further rings
	Radius float64   `json:"radius,omitempty"` // pixels
	Angle  float64   `json:"angle,omitempty"`  // degrees, clockwise
}

// BoxShape is the shape of a box.
func BoxShape(b frame.Box) Shape {
	return Shape{Kind: Box, Points: []Point{{b.X0, b.Y0}, {b.X1, b.Y1}}}
}

// Bounds is the smallest upright box around the shape. It is empty for a single
// point; false where the shape has no place (WholePic, no points).
func (s Shape) Bounds() (frame.Box, bool) {
	if len(s.Points) == 0 || s.Kind == WholePic {
		return frame.Box{}, false
	}
	if s.Kind == Circle {
		c := s.Points[0]
		return frame.Box{X0: c.X - s.Radius, Y0: c.Y - s.Radius, X1: c.X + s.Radius, Y1: c.Y + s.Radius}, true
	}
	b := frame.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, p := range s.corners() {
		b.X0, b.Y0 = math.Min(b.X0, p.X), math.Min(b.Y0, p.Y)
		b.X1, b.Y1 = math.Max(b.X1, p.X), math.Max(b.Y1, p.Y)
	}
	return b, true
}

// corners are points whose upright box is the shape's.
func (s Shape) corners() []Point {
	if (s.Kind != Rotated && s.Kind != Ellipse) || s.Angle == 0 || len(s.Points) < 2 {
		return s.Points
	}
	a, b := s.Points[0], s.Points[1]
	cx, cy, w, h := (a.X+b.X)/2, (a.Y+b.Y)/2, math.Abs(b.X-a.X)/2, math.Abs(b.Y-a.Y)/2
	sin, cos := math.Sincos(s.Angle * math.Pi / 180)
	dx, dy := math.Abs(w*cos)+math.Abs(h*sin), math.Abs(w*sin)+math.Abs(h*cos)
	if s.Kind == Ellipse {
		dx, dy = math.Hypot(w*cos, h*sin), math.Hypot(w*sin, h*cos)
	}
	return []Point{{cx - dx, cy - dy}, {cx + dx, cy + dy}}
}
