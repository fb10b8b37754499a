package simulate

import "math"

// vec is a place or a direction in metres: x to the right, y up, z ahead of the camera.
// As a colour it is linear red, green and blue.
type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec             { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec             { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) mul(k float64) vec         { return vec{a.x * k, a.y * k, a.z * k} }
func (a vec) times(b vec) vec           { return vec{a.x * b.x, a.y * b.y, a.z * b.z} }
func (a vec) dot(b vec) float64         { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) len() float64              { return math.Sqrt(a.dot(a)) }
func (a vec) more(b vec, k float64) vec { return vec{a.x + k*b.x, a.y + k*b.y, a.z + k*b.z} }
func (a vec) mix(b vec, k float64) vec  { return a.mul(1 - k).add(b.mul(k)) }

func (a vec) cross(b vec) vec {
	return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}

func (a vec) unit() vec {
	if l := a.len(); l > 0 {
		return a.mul(1 / l)
	}
	return vec{0, 1, 0}
}

// luminance is how bright a linear colour looks (Rec. 709).
func (a vec) luminance() float64 { return 0.2126*a.x + 0.7152*a.y + 0.0722*a.z }

// frameOf is a place with three directions at right angles.
type frameOf struct{ at, right, up, ahead vec }

// out takes a place from the frame into the world, in brings one from the world into it.
func (f frameOf) out(p vec) vec {
	return f.at.more(f.right, p.x).more(f.up, p.y).more(f.ahead, p.z)
}

func (f frameOf) in(p vec) vec {
	d := p.sub(f.at)
	return vec{d.dot(f.right), d.dot(f.up), d.dot(f.ahead)}
}

// turned is the frame at a place that looks by yaw to the right, by pitch upwards, then rolls clockwise.
func turned(at vec, yaw, pitch, roll float64) frameOf {
	sy, cy := math.Sincos(yaw)
	sp, cp := math.Sincos(pitch)
	sr, cr := math.Sincos(roll)
	ahead := vec{sy * cp, sp, cy * cp}
	right := vec{cy, 0, -sy}
	up := ahead.cross(right)
	return frameOf{at, right.mul(cr).more(up, -sr), up.mul(cr).more(right, sr), ahead}
}

func mix(a, b, k float64) float64 { return a + (b-a)*k }

func clamp(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }

// ramp rises smoothly from 0 at a to 1 at b.
func ramp(a, b, x float64) float64 {
	t := clamp((x-a)/(b-a), 0, 1)
	return t * t * (3 - 2*t)
}

// wrapAngle brings an angle into -π to π.
func wrapAngle(a float64) float64 { return math.Remainder(a, 2*math.Pi) }
