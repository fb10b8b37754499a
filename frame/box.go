package frame

import "math"

// Box is an axis-aligned rectangle in pixels of the full picture; the origin is
// the top left corner of the picture, X1 and Y1 are exclusive.
type Box struct {
	X0 float64 `json:"x0"`
	Y0 float64 `json:"y0"`
	X1 float64 `json:"x1"`
	Y1 float64 `json:"y1"`
}

// W is the width in pixels.
func (b Box) W() float64 { return b.X1 - b.X0 }

// H is the height in pixels.
func (b Box) H() float64 { return b.Y1 - b.Y0 }

// Center is the middle of the box.
func (b Box) Center() (x, y float64) { return (b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2 }

// Area is the area in square pixels, 0 for an empty or inverted box.
func (b Box) Area() float64 {
	if b.X1 <= b.X0 || b.Y1 <= b.Y0 {
		return 0
	}
	return b.W() * b.H()
}

// Clip cuts the box to a picture of w×h pixels.
func (b Box) Clip(w, h float64) Box {
	return Box{
		X0: math.Min(math.Max(b.X0, 0), w), Y0: math.Min(math.Max(b.Y0, 0), h),
		X1: math.Min(math.Max(b.X1, 0), w), Y1: math.Min(math.Max(b.Y1, 0), h),
	}
}

// Finite tells whether all four numbers are finite.
func (b Box) Finite() bool {
	s := b.X0 + b.Y0 + b.X1 + b.Y1
	return !math.IsNaN(s) && !math.IsInf(s, 0)
}

// IoU is the intersection over union of two boxes, 0 to 1; 0 where either is empty.
func IoU(a, b Box) float64 {
	inter := Box{
		X0: math.Max(a.X0, b.X0), Y0: math.Max(a.Y0, b.Y0),
		X1: math.Min(a.X1, b.X1), Y1: math.Min(a.Y1, b.Y1),
	}.Area()
	if inter == 0 {
		return 0
	}
	return inter / (a.Area() + b.Area() - inter)
}
