package simulate

import "math"

// gait is how a species moves its body.
type gait struct {
	sway    float64 // angle that the tail swings to each side, radians
	stiff   float64 // share of the body from the head that hardly bends
	waves   float64 // waves along the body
	beats   float64 // beats of the tail for each body length swum
	idle    float64 // beats a second when it hovers
	bank    float64 // radians of roll for a turn of 1 rad/s
	flap    float64 // a ray: amplitude of the sides, share of the length
	stretch float64 // most bend of the whole body in a turn, radians
}

// stance is an animal at a moment: where its middle is, where it looks, how it turns and where in its tail beat it is.
type stance struct {
	at         vec
	yaw, pitch float64
	turning    float64 // radians a second, to the right
	speed      float64 // metres a second
	phase      float64 // beats of the tail since it came
	effort     float64 // 1: cruising; more when it bursts
}

const joints = 33 // places along the body at which its bend is worked out

// spine is the bent axis of a body: a frame at each joint.
type spine [joints]frameOf

// pivot is the place along the body that follows the animal's path.
const pivot = 0.32

// bent is the axis of an animal. A wave runs from the head to the tail and grows on
// the way; in a turn the body also lies along the circle that it swims.
func (g gait) bent(p stance, length float64) *spine {
	curve := 0.0
	if p.speed > 0.05 {
		curve = clamp(p.turning/p.speed*length, -g.stretch, g.stretch)
	} else {
		curve = clamp(p.turning*2*length, -g.stretch, g.stretch)
	}
	angle := func(s float64) float64 {
		grow := ramp(g.stiff*0.4, 1.05, s)
		swing := g.sway * math.Sqrt(clamp(p.effort, 0.3, 2)) * (0.1 + 0.9*grow) * math.Sin(2*math.Pi*(p.phase-g.waves*s))
		bend := -curve * (s - pivot) * ramp(-0.4, 0.5, s)
		return swing + bend
	}
	var out spine
	step := length / (joints - 1)
	middle := frameOf{}
	flat := turned(vec{}, p.yaw, 0, 0)
	place := vec{}
	for i := range joints {
		s := float64(i) / (joints - 1)
		yaw := p.yaw + angle(s)
		if i > 0 {
			half := turned(vec{}, p.yaw+angle(s-0.5/(joints-1)), 0, 0)
			place = place.more(half.ahead, -step)
		}
		out[i] = turned(place, yaw, 0, 0)
	}
	k := pivot * (joints - 1)
	middle = out[int(k)]
	middle.at = middle.at.mix(out[int(k)+1].at, k-math.Floor(k))
	whole := turned(p.at, p.yaw, p.pitch, g.bank*p.turning)
	for i := range out { // the whole is pitched and banked about its middle
		local := frameOf{vec{}, flat.right, flat.up, flat.ahead}
		out[i].at = whole.out(local.in(out[i].at.sub(middle.at)))
		frame := whole
		frame.at = vec{}
		out[i].right = frame.out(local.in(out[i].right))
		out[i].up = frame.out(local.in(out[i].up))
		out[i].ahead = frame.out(local.in(out[i].ahead))
	}
	return &out
}

// at is the frame at a place along the body.
func (s *spine) along(where float64) frameOf {
	k := clamp(where, 0, 1) * (joints - 1)
	i := min(int(k), joints-2)
	t := k - float64(i)
	a, b := s[i], s[i+1]
	return frameOf{a.at.mix(b.at, t), a.right.mix(b.right, t), a.up.mix(b.up, t), a.ahead.mix(b.ahead, t)}
}

// pose puts a body into the picture as one thing.
func (r *raster) pose(eye frameOf, l lens, b *body, g gait, p stance, length float64, thing int16) {
	axis := g.bent(p, length)
	first := int32(len(r.vertices))
	for i := range b.corners {
		c := &b.corners[i]
		f := axis.along(c.hold)
		side, up := c.side*length, c.up*length
		if g.flap > 0 {
			lift := math.Min(1, math.Abs(c.side)/0.3)
			up += length * g.flap * lift * lift * math.Sin(2*math.Pi*(p.phase-1.3*c.s))
		}
		at := f.at.more(f.right, side).more(f.up, up).more(f.ahead, -(c.s-c.hold)*length)
		n := f.right.mul(c.normal.x).more(f.up, c.normal.y).more(f.ahead, -c.normal.z)
		r.add(eye, l, vertex{at: at, normal: n, skin: c.skin})
	}
	for _, t := range b.triangles {
		t.a, t.b, t.c, t.thing = t.a+first, t.b+first, t.c+first, thing
		r.triangles = append(r.triangles, t)
	}
}
