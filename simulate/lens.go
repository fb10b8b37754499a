package simulate

import "math"

// lens is a wide action camera behind a port. A ray at angle θ from the axis meets the
// picture at the radius focal·tan(bend·θ)/bend: bend 1 is a pinhole, 0 would be equidistant; between them straight lines
// bow outwards a little, as they do in such footage.
type lens struct {
	w, h   float64
	focal  float64 // pixels
	margin float64 // pixels that the picture is larger on each side than what is shown
}

const bend = 0.72

// newLens sees fov radians from side to side of a picture of w×h pixels.
func newLens(w, h int, fov float64) lens {
	return lens{w: float64(w), h: float64(h), focal: float64(w) / 2 * bend / math.Tan(bend*fov/2)}
}

// project is where a place before the camera falls in the picture; false for what lies behind or far aside.
func (l lens) project(p vec) (x, y float64, ok bool) {
	side := math.Hypot(p.x, p.y)
	angle := math.Atan2(side, p.z)
	if angle > 1.45 {
		return 0, 0, false
	}
	k := l.focal
	if side > 1e-9 {
		k = l.focal * math.Tan(bend*angle) / bend / side
	} else {
		k /= math.Max(p.z, 1e-9)
	}
	return l.w/2 + k*p.x, l.h/2 - k*p.y, true
}

// ray is the direction, of length 1, that a place of the picture looks in.
func (l lens) ray(x, y float64) vec {
	dx, dy := x-l.w/2, l.h/2-y
	r := math.Hypot(dx, dy)
	if r < 1e-9 {
		return vec{0, 0, 1}
	}
	sin, cos := math.Sincos(math.Atan(bend*r/l.focal) / bend)
	return vec{sin * dx / r, sin * dy / r, cos}
}
