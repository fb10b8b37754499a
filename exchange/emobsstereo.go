package exchange

import (
	"math"

	"requin/annotate"
)

// EventMeasure stores where people clicked in both pictures and the calibration of both
// cameras, not the lengths: these it works out when it exports. emobsRig does the same, so
// that a length read from an EMObs file is the exported one.
//
// A camera's sixteen parameters, in the order of the file: principal point x and y, principal
// distance (all in mm); radial distortion K3, K5, K7; decentring P1, P2; orthogonality,
// affinity; position X, Y, Z (mm); omega, phi, kappa (degrees). A picture's point is the
// collinearity equations' plus the distortion at that ideal point:
//
//	r² = x² + y²,  k = K3 r² + K5 r⁴ + K7 r⁶
//	x' = x + k x + P1 (r² + 2x²) + 2 P2 x y + affinity x + orthogonality y
//	y' = y + k y + P2 (r² + 2y²) + 2 P1 x y
//
// A point in space is the one whose two pictures are, by least squares, nearest to what was
// clicked. See D. C. Brown, Close-range camera calibration, Photogrammetric Engineering 37 (1971).
type emobsRig struct {
	eyes   [2]emobsEye
	axes   [3]emobsVector // of the exported coordinates: X from left to right, Z backwards, Y up
	origin emobsVector    // half way between the cameras
}

// emobsParameters is how many parameters a camera has.
const emobsParameters = 16

type emobsVector [3]float64

// emobsEye is a camera where it stands.
type emobsEye struct {
	emobsCamera
	turn [3]emobsVector // rows: the camera's x, y and z in space
	at   emobsVector
}

// emobsPlace is a point in the rig's coordinates, in mm.
type emobsPlace struct {
	at    emobsVector
	sigma emobsVector // standard deviations along the axes of the calibration, for one pixel in the pictures
	rms   float64     // mean distance to the two rays
}

// newEMObsRig is false where a side is not calibrated in mm or the two stand in one place.
func newEMObsRig(left, right emobsCamera) (*emobsRig, bool) {
	rig := &emobsRig{}
	for i, camera := range []emobsCamera{left, right} {
		if camera.unit != "mm" || camera.rows <= 0 || camera.columns <= 0 || !(camera.pixel[0] > 0) || !(camera.pixel[1] > 0) || !(camera.parameters[2] > 0) {
			return nil, false
		}
		rig.eyes[i] = newEMObsEye(camera)
	}
	l, r := &rig.eyes[0], &rig.eyes[1]
	rig.origin = l.at.plus(1, r.at).scale(0.5)
	x, ok := r.at.plus(-1, l.at).unit()
	// The rays through the middles of the two pictures lie level in the exported coordinates.
	back := l.ray(l.middle()).plus(1, r.ray(r.middle())).scale(-1)
	z, ok2 := back.plus(-back.dot(x), x).unit()
	rig.axes = [3]emobsVector{x, z.cross(x), z}
	return rig, ok && ok2
}

func newEMObsEye(camera emobsCamera) emobsEye {
	p := camera.parameters
	so, co := math.Sincos(p[13] * math.Pi / 180)
	sp, cp := math.Sincos(p[14] * math.Pi / 180)
	sk, ck := math.Sincos(p[15] * math.Pi / 180)
	return emobsEye{
		emobsCamera: camera,
		at:          emobsVector{p[10], p[11], p[12]},
		turn: [3]emobsVector{
			{cp * ck, co*sk + so*sp*ck, so*sk - co*sp*ck},
			{-cp * sk, co*ck - so*sp*sk, so*ck + co*sp*sk},
			{sp, -so * cp, co * cp},
		},
	}
}

func (e *emobsEye) middle() annotate.Point {
	return annotate.Point{X: float64(e.columns) / 2, Y: float64(e.rows) / 2}
}

// distortion is what the lens adds to an ideal point, in mm.
func (e *emobsEye) distortion(x, y float64) (dx, dy float64) {
	p := e.parameters
	r2 := x*x + y*y
	k := r2 * (p[3] + r2*(p[4]+r2*p[5]))
	return k*x + p[6]*(r2+2*x*x) + 2*p[7]*x*y + p[9]*x + p[8]*y, k*y + p[7]*(r2+2*y*y) + 2*p[6]*x*y
}

// ray is the direction in which the camera sees a point of its picture.
func (e *emobsEye) ray(point annotate.Point) emobsVector {
	p := e.parameters
	mx := (point.X-float64(e.columns)/2)*e.pixel[0] - p[0]
	my := (float64(e.rows)/2-point.Y)*e.pixel[1] - p[1]
	x, y := mx, my
	for range 100 { // the distortion is small beside the point: this converges
		dx, dy := e.distortion(x, y)
		x, y = mx-dx, my-dy
	}
	d, _ := e.turn[0].scale(x).plus(y, e.turn[1]).plus(-p[2], e.turn[2]).unit()
	return d
}

// see is where in its picture the camera sees a point in space, in pixels from the middle of the sensor, y up.
func (e *emobsEye) see(at emobsVector) (u, v float64) {
	p, d := e.parameters, at.plus(-1, e.at)
	depth := -d.dot(e.turn[2]) / p[2]
	x, y := d.dot(e.turn[0])/depth, d.dot(e.turn[1])/depth
	dx, dy := e.distortion(x, y)
	return (x + dx + p[0]) / e.pixel[0], (y + dy + p[1]) / e.pixel[1]
}

// place finds the point in space that was clicked in the two pictures; false where there is none.
func (rig *emobsRig) place(left, right annotate.Point) (emobsPlace, bool) {
	rays := [2]emobsVector{rig.eyes[0].ray(left), rig.eyes[1].ray(right)}
	var clicked [4]float64
	for i, point := range []annotate.Point{left, right} {
		middle := rig.eyes[i].middle()
		clicked[2*i], clicked[2*i+1] = point.X-middle.X, middle.Y-point.Y
	}
	at := rig.nearest(rays)
	var inverse [3]emobsVector
	for range 20 {
		seen := rig.see(at)
		var normal [3]emobsVector
		var right emobsVector
		var slopes [3][4]float64
		step := 1e-5 * at.plus(-1, rig.origin).length()
		for k := range slopes {
			var e emobsVector
			e[k] = step
			ahead, behind := rig.see(at.plus(1, e)), rig.see(at.plus(-1, e))
			for i := range ahead {
				slopes[k][i] = (ahead[i] - behind[i]) / (2 * step)
			}
		}
		for j := range slopes {
			for i := range seen {
				right[j] += slopes[j][i] * (clicked[i] - seen[i])
				for k := range slopes {
					normal[j][k] += slopes[j][i] * slopes[k][i]
				}
			}
		}
		inverse = emobsInverse(normal)
		at = at.plus(1, emobsVector{inverse[0].dot(right), inverse[1].dot(right), inverse[2].dot(right)})
	}
	var out emobsPlace
	local := at.plus(-1, rig.origin)
	for k, axis := range rig.axes {
		out.at[k] = axis.dot(local)
		out.sigma[k] = math.Sqrt(inverse[k][k])
	}
	for i, ray := range rays {
		d := at.plus(-1, rig.eyes[i].at)
		out.rms += d.plus(-d.dot(ray), ray).length() / 2
	}
	good := out.at.length() + out.sigma.length() + out.rms // not a number where any is none
	return out, good < math.MaxFloat64
}

// see is where both cameras see a point in space.
func (rig *emobsRig) see(at emobsVector) [4]float64 {
	a, b := rig.eyes[0].see(at)
	c, d := rig.eyes[1].see(at)
	return [4]float64{a, b, c, d}
}

// nearest is the middle of the shortest line between the two rays.
func (rig *emobsRig) nearest(rays [2]emobsVector) emobsVector {
	p, q := rig.eyes[0].at, rig.eyes[1].at
	w, b := p.plus(-1, q), rays[0].dot(rays[1])
	d, e := rays[0].dot(w), rays[1].dot(w)
	s, t := (b*e-d)/(1-b*b), (e-b*d)/(1-b*b)
	return p.plus(s, rays[0]).plus(1, q.plus(t, rays[1])).scale(0.5)
}

func (v emobsVector) dot(w emobsVector) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }
func (v emobsVector) length() float64           { return math.Sqrt(v.dot(v)) }
func (v emobsVector) scale(f float64) emobsVector {
	return emobsVector{f * v[0], f * v[1], f * v[2]}
}

// plus is v + f w.
func (v emobsVector) plus(f float64, w emobsVector) emobsVector {
	return emobsVector{v[0] + f*w[0], v[1] + f*w[1], v[2] + f*w[2]}
}

func (v emobsVector) cross(w emobsVector) emobsVector {
	return emobsVector{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

// unit is false where v has no direction.
func (v emobsVector) unit() (emobsVector, bool) {
	n := v.length()
	return v.scale(1 / n), n > 0 && n < math.MaxFloat64
}

// emobsInverse inverts a symmetric matrix; the cells are not numbers where it has no inverse.
func emobsInverse(m [3]emobsVector) [3]emobsVector {
	a, b, c := m[1].cross(m[2]), m[2].cross(m[0]), m[0].cross(m[1])
	f := 1 / m[0].dot(a)
	return [3]emobsVector{a.scale(f), b.scale(f), c.scale(f)}
}

// measure works out a length, or where a 3-D point is, and writes it into l; it
// leaves l as it is where the pictures give no point in space. A length of more than two
// points is the sum of its parts; its place and directions are those of its ends.
func (rig *emobsRig) measure(l *annotate.Length, pairs emobsPairs, length bool) {
	places := make([]emobsPlace, len(pairs.left))
	for i := range places {
		var ok bool
		if places[i], ok = rig.place(pairs.left[i], pairs.right[i]); !ok {
			return
		}
	}
	first, last := places[0], places[len(places)-1]
	middle := first.at.plus(1, last.at).scale(0.5)
	distance, rms := middle.length(), 0.0
	for _, p := range places {
		rms = max(rms, p.rms)
	}
	if !length {
		l.RMS, l.Range = &rms, &distance
		for i, axis := range []string{"X", "Y", "Z"} {
			emobsPut(l.Extra, axis, emobsDecimal(middle[i]))
			emobsPut(l.Extra, "s"+axis, emobsDecimal(first.sigma[i]))
		}
		return
	}
	sum, precision := emobsAlong(places)
	span := last.at.plus(-1, first.at)
	if math.IsNaN(precision) || span.length() == 0 {
		return
	}
	l.Length, l.Precision, l.RMS, l.Range = &sum, &precision, &rms, &distance
	for i, axis := range []string{"MidX", "MidY", "MidZ"} {
		emobsPut(l.Extra, axis, emobsDecimal(middle[i]))
	}
	emobsPut(l.Extra, "Direction", emobsDegrees(math.Acos(-middle[2]/distance)))
	emobsPut(l.Extra, "HorzDir", emobsDegrees(math.Atan2(math.Abs(span[2]), math.Abs(span[0]))))
	emobsPut(l.Extra, "VertDir", emobsDegrees(math.Asin(min(1, math.Abs(span[1])/span.length()))))
}

// emobsAlong is the length of a line through the places and its standard deviation, which
// is not a number where two of them are the same.
func emobsAlong(places []emobsPlace) (length, precision float64) {
	slopes := make([]emobsVector, len(places)) // of the length, as each place moves
	for i := 1; i < len(places); i++ {
		d := places[i].at.plus(-1, places[i-1].at)
		length += d.length()
		slopes[i-1] = slopes[i-1].plus(-1/d.length(), d)
		slopes[i] = slopes[i].plus(1/d.length(), d)
	}
	for i, slope := range slopes {
		for k := range slope {
			precision += math.Pow(slope[k]*places[i].sigma[k], 2)
		}
	}
	return length, math.Sqrt(precision)
}

func emobsDegrees(radians float64) string { return emobsDecimal(radians * 180 / math.Pi) }
