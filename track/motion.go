package track

import (
	"math"

	"requin/frame"
)

// axis is the motion of one coordinate of the centre: position x (pixels) and
// velocity v (pixels/s) with their covariance.
//
// The velocity is an Ornstein-Uhlenbeck process: it forgets its course over
// persistence seconds and has the standard deviation speed in the long run. That is
// the continuous-time correlated random walk used for tagged animals
// (Johnson et al. 2008, Ecology 89:1208). With it the elapsed time, not the
// number of frames, decides how far an animal may be: after a short step it
// lies on its course, after a long one within a circle that grows as the
// square root of time instead of running out of the picture.
type axis struct {
	x, v          float64
	pxx, pxv, pvv float64
}

// newAxis starts at a measured position; the velocity is unknown, its spread
// the long-run one.
func newAxis(x, noise, speed float64) axis {
	return axis{x: x, pxx: noise * noise, pvv: speed * speed}
}

// after is the state dt seconds later, dt >= 0.
func (a axis) after(dt, speed, persistence float64) axis {
	beta := 1 / persistence
	e := math.Exp(-beta * dt)
	reach := (1 - e) / beta // seconds of the present velocity still to come
	s2 := speed * speed
	return axis{
		x: a.x + reach*a.v,
		v: e * a.v,
		pxx: a.pxx + 2*reach*a.pxv + reach*reach*a.pvv +
			math.Max(0, 2*s2/beta*(dt-2*reach+(1-e*e)/(2*beta))),
		pxv: e*(a.pxv+reach*a.pvv) + s2/beta*(1-e)*(1-e),
		pvv: e*e*a.pvv + s2*(1-e*e),
	}
}

// seen is the state after a measurement at z with the given standard deviation
// (the Kalman filter's update).
func (a axis) seen(z, noise float64) axis {
	s := a.pxx + noise*noise
	kx, kv := a.pxx/s, a.pxv/s
	r := z - a.x
	return axis{
		x: a.x + kx*r, v: a.v + kv*r,
		pxx: (1 - kx) * a.pxx, pxv: (1 - kx) * a.pxv, pvv: a.pvv - kv*a.pxv,
	}
}

// extent is the logarithm of a box's width or height as a random walk.
type extent struct{ log, p float64 }

func (e extent) after(dt, change float64) extent {
	return extent{log: e.log, p: e.p + change*change*dt}
}

func (e extent) seen(log, noise float64) extent {
	k := e.p / (e.p + noise*noise)
	return extent{log: e.log + k*(log-e.log), p: (1 - k) * e.p}
}

// motion is where an animal's box is and is going.
type motion struct {
	x, y axis
	w, h extent
}

// sides gives width and height of at least one pixel, so that a box of no
// extent has a scale too.
func sides(b frame.Box) (w, h float64) { return math.Max(b.W(), 1), math.Max(b.H(), 1) }

// length is the animal's length in the picture, in pixels: the diagonal of its
// box, which is the body length of a thin animal at any angle in the picture plane.
func length(b frame.Box) float64 {
	w, h := sides(b)
	return math.Hypot(w, h)
}

// axisSpeed is the spread of one component of the velocity of an animal of
// length l, pixels/s: two components make the speed.
func (c *Config) axisSpeed(l float64) float64 { return c.CruiseSpeed * l / math.Sqrt2 }

func (c *Config) begin(b frame.Box) motion {
	w, h := sides(b)
	cx, cy := b.Center()
	s := c.axisSpeed(length(b))
	n := c.BoxNoise
	return motion{
		x: newAxis(cx, n*w, s), y: newAxis(cy, n*h, s),
		w: extent{math.Log(w), n * n}, h: extent{math.Log(h), n * n},
	}
}

// after is the motion dt seconds later.
func (c *Config) after(m motion, dt float64) motion {
	s := c.axisSpeed(math.Hypot(math.Exp(m.w.log), math.Exp(m.h.log)))
	return motion{
		x: m.x.after(dt, s, c.PersistenceS), y: m.y.after(dt, s, c.PersistenceS),
		w: m.w.after(dt, c.ShapeChange), h: m.h.after(dt, c.ShapeChange),
	}
}

// seen is the motion after its animal was seen in box b.
func (c *Config) seen(m motion, b frame.Box) motion {
	w, h := sides(b)
	cx, cy := b.Center()
	n := c.BoxNoise
	return motion{
		x: m.x.seen(cx, n*w), y: m.y.seen(cy, n*h),
		w: m.w.seen(math.Log(w), n), h: m.h.seen(math.Log(h), n),
	}
}
