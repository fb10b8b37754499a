package simulate

import (
	"math"
	"math/rand/v2"
)

// shadow is the soft dark patch under an animal.
type shadow struct {
	x, z, sin, cos float64
	long, broad    float64
	strong         float64
	x0, x1, z0, z1 float64
}

// cast works out the shadows of the animals in the picture.
func (c *canvas) cast(s *scene, eye frameOf) {
	c.casting = c.casting[:0]
	for i, p := range c.stances {
		if p.effort < 0 || s.animals[i].length < 0.3 {
			continue
		}
		length := s.animals[i].length
		high := p.at.y - s.bed.height(p.at.x, p.at.z)
		strong := (0.35 + 0.5*s.water.beam) * math.Exp(-high/0.75)
		if strong < 0.03 || p.at.sub(eye.at).len() > 9 {
			continue
		}
		long, broad := 0.36*length+0.2*high, 0.085*length+0.22*high
		if s.kinds[s.animals[i].kind].gait.flap > 0 {
			long, broad = 0.19*length+0.2*high, 0.19*length+0.2*high
		}
		k := high / math.Max(s.water.sun.y, 0.4)
		sin, cos := math.Sincos(p.yaw)
		sh := shadow{x: p.at.x - s.water.sun.x*k - 0.12*length*sin, z: p.at.z - s.water.sun.z*k - 0.12*length*cos, sin: sin, cos: cos, long: long, broad: broad, strong: strong}
		room := 1.5 * math.Max(long, broad)
		sh.x0, sh.x1, sh.z0, sh.z1 = sh.x-room, sh.x+room, sh.z-room, sh.z+room
		c.casting = append(c.casting, sh)
	}
}

// shade is the share of light that shadows leave at a place of the bed.
func (c *canvas) shade(x, z float64) float64 {
	left := 1.0
	for i := range c.casting {
		s := &c.casting[i]
		if x < s.x0 || x > s.x1 || z < s.z0 || z > s.z1 {
			continue
		}
		dx, dz := x-s.x, z-s.z
		along, across := (dx*s.sin+dz*s.cos)/s.long, (dx*s.cos-dz*s.sin)/s.broad
		left *= 1 - s.strong*ramp(1.4, 0.3, math.Sqrt(along*along+across*across))
	}
	return left
}

// cloud is stirred-up sediment that spreads, drifts off and settles.
type cloud struct {
	at     vec
	from   float64 // seconds
	size   float64 // metres
	strong float64
	lasts  float64 // seconds
	seed   uint32
}

// spell is a time in which the whole water turns more turbid.
type spell struct{ from, rise, lasts, strong float64 }

// flake is a speck of marine snow, in a box around the camera.
type flake struct {
	at     vec
	size   float64 // metres
	bright float64
}

// snowBox is the room that specks drift in; one that leaves it comes in at the other side.
var snowBox = vec{5, 2.6, 5}

// weather lays out what the water carries.
func (s *scene) weather(r *rand.Rand) {
	whole := s.d.Duration().Seconds()
	if s.landing > 0 {
		for range 14 {
			s.clouds = append(s.clouds, cloud{at: vec{between(r, -0.9, 0.9), between(r, 0.02, 0.2), between(r, 0.5, 1.6)}, from: s.landing + between(r, 0, 0.3), size: between(r, 0.16, 0.4), strong: between(r, 0.4, 1.2), lasts: between(r, 3, 8), seed: r.Uint32()})
		}
	}
	for t := between(r, 5, 60); t < whole; t += between(r, 30, 160) {
		s.murks = append(s.murks, spell{t, between(r, 1.5, 4), between(r, 5, 18), between(r, 0.05, 0.28) * (0.4 + s.d.Turbidity)})
	}
	for i := range s.animals { // one that works close over the bed stirs it up
		a := &s.animals[i]
		if a.length < 0.6 {
			continue
		}
		for _, v := range a.visits {
			for k := 10; k < len(v.stances); k += 9 {
				p := v.stances[k]
				low := p.at.y - s.bed.height(p.at.x, p.at.z)
				if low > 0.16*a.length || r.Float64() > 0.09 || p.at.sub(s.rest.at).len() > 7 {
					continue
				}
				from := v.from + float64(k)*pathStep
				for range 4 {
					s.clouds = append(s.clouds, cloud{at: p.at.add(vec{between(r, -0.2, 0.2), -low + 0.04, between(r, -0.2, 0.2)}), from: from, size: between(r, 0.1, 0.25), strong: between(r, 0.3, 0.9), lasts: between(r, 3, 8), seed: r.Uint32()})
				}
			}
		}
	}
	for range 700 + int(1500*s.d.Turbidity) {
		s.flakes = append(s.flakes, flake{vec{r.Float64(), r.Float64(), r.Float64()}, 0.0004 + 0.0016*sq(r.Float64()), between(r, 0.4, 1)})
	}
}

// murk is how much more light the water takes at a time, 1/m.
func (s *scene) murk(t float64) float64 {
	sum := 0.0
	for _, m := range s.murks {
		if age := t - m.from; age > 0 && age < 6*m.lasts {
			sum += m.strong * ramp(0, m.rise, age) * math.Exp(-math.Max(0, age-m.rise)/m.lasts)
		}
	}
	return sum
}

// murkAt is the same in a place of the picture: it comes in drifting patches.
func (s *scene) murkAt(x, y, t float64) float64 {
	more := s.murk(t)
	if more < 0.002 {
		return 0
	}
	return more * s.patch(x, y, t)
}

func (s *scene) patch(x, y, t float64) float64 {
	scale := 2.2 / float64(s.d.W)
	return 1 + 0.8*noise2(x*scale+0.12*t, y*scale, s.bed.seed+90)
}

// ball is a cloud as a frame shows it: where, how large in pixels, how far, how dense.
type ball struct {
	x, y, r, far, radius, depth float64
	seed                        uint32
}

// ball is false where the cloud is not in the picture.
func (s *scene) ball(eye frameOf, k *cloud, t float64) (ball, bool) {
	age := t - k.from
	if age < 0 || age > 4*k.lasts {
		return ball{}, false
	}
	radius := k.size * (1 + 1.6*(1-math.Exp(-age/2.5)) + 0.05*age)
	depth := k.strong * ramp(0, 0.5, age) * math.Exp(-age/k.lasts) * sq(k.size/radius) * 3
	local := eye.in(k.at.more(s.water.drift, age).add(vec{0, 0.25 * radius, 0}))
	x, y, ok := s.lens.project(local)
	far := local.len()
	return ball{x, y, s.lens.focal * radius / far, far, radius, depth, k.seed}, ok && far >= 0.35 && depth >= 0.01
}

// thick is the share of its depth that a cloud has at a place of the picture.
func (b *ball) thick(x, y float64) float64 {
	dx, dy := (x-b.x)/b.r, (y-b.y)/b.r
	q := dx*dx + dy*dy
	if q > 4 {
		return 0
	}
	return math.Max(0, (math.Exp(-1.4*q)-0.0037)*(1+0.7*noise2(dx*1.6+7, dy*1.6, b.seed)+0.35*noise2(dx*4, dy*4, b.seed+1)))
}

// puff lays the clouds of sediment over the picture.
func (s *scene) puff(c *canvas, eye frameOf, t float64) {
	for i := range s.clouds {
		if b, ok := s.ball(eye, &s.clouds[i], t); ok {
			s.veil(c, &b)
		}
	}
}

// veil lays one soft ball of silt over the picture, behind what is nearer.
func (s *scene) veil(c *canvas, b *ball) {
	x0, x1 := max(0, int(b.x-2*b.r)), min(s.d.W-1, int(b.x+2*b.r))
	y0, y1 := max(0, int(b.y-2*b.r)), min(s.d.H-1, int(b.y+2*b.r))
	pass := s.water.through(b.far)
	colour := s.water.silt.times(pass).add(s.water.veil.times(vec{1 - pass.x, 1 - pass.y, 1 - pass.z}))
	for py := y0; py <= y1; py++ {
		for px := x0; px <= x1; px++ {
			i := py*s.d.W + px
			hidden := ramp(b.far-b.radius, b.far+0.3*b.radius, float64(c.far[i]))
			if hidden == 0 {
				continue
			}
			if thick := b.thick(float64(px), float64(py)); thick > 0 {
				c.blend(i, 1-math.Exp(-b.depth*thick*hidden), colour)
			}
		}
	}
}

// blend mixes a colour into a pixel.
func (c *canvas) blend(i int, share float64, colour vec) {
	k := float32(share)
	c.light[3*i] += (float32(colour.x) - c.light[3*i]) * k
	c.light[3*i+1] += (float32(colour.y) - c.light[3*i+1]) * k
	c.light[3*i+2] += (float32(colour.z) - c.light[3*i+2]) * k
}

// snow draws the specks: points far off, pale discs out of focus near the lens.
func (s *scene) snow(c *canvas, eye frameOf, t float64) {
	carried := s.water.drift.mul(t).add(s.water.drift.unit().mul(0.16 * s.swing(t) * s.water.swell * s.water.period)).add(vec{0, -0.006 * t, 0})
	sink := eye.at.sub(s.rest.at)
	colour := s.water.veil.mul(0.5).add(s.water.sky.mul(0.30))
	wrap := func(x float64) float64 { return x - math.Floor(x) }
	for i := range s.flakes {
		f := &s.flakes[i]
		wobble := 0.02 * math.Sin(0.7*t+9*f.at.x)
		p := vec{
			(wrap(f.at.x+(carried.x-sink.x+wobble)/snowBox.x) - 0.5) * snowBox.x,
			(wrap(f.at.y+(carried.y-sink.y)/snowBox.y) - 0.5) * snowBox.y,
			wrap(f.at.z+(carried.z-sink.z)/snowBox.z) * snowBox.z,
		}
		x, y, ok := s.lens.project(p)
		far := p.len()
		if !ok || far < 0.07 {
			continue
		}
		sharp := s.lens.focal * f.size / far
		blur := s.lens.focal * 0.0016 * math.Abs(1/far-1/1.2)
		r := math.Hypot(math.Hypot(sharp, blur), 0.55)
		cover := math.Min(0.85, 1.6*f.bright*sq(sharp/r)+0.13*f.bright*ramp(0.6, 0.2, far)) * ramp(0.07, 0.12, far)
		cover *= math.Exp(-s.water.c.y*far) * ramp(0, 0.25, math.Min(wrapEdge(f.at.x+(carried.x-sink.x)/snowBox.x), wrapEdge(f.at.z+(carried.z-sink.z)/snowBox.z))*4)
		if cover > 0.004 {
			s.spot(c, x, y, r, far, cover, colour)
		}
	}
}

// wrapEdge is how far a place is from the side of the box that it will leave by, 0 to 0.5.
func wrapEdge(x float64) float64 {
	x -= math.Floor(x)
	return math.Min(x, 1-x)
}

// spot draws one speck as a disc with soft edges.
func (s *scene) spot(c *canvas, x, y, r, far, cover float64, colour vec) {
	for py := max(0, int(y-r-1)); py <= min(s.d.H-1, int(y+r+1)); py++ {
		for px := max(0, int(x-r-1)); px <= min(s.d.W-1, int(x+r+1)); px++ {
			i := py*s.d.W + px
			if float64(c.far[i]) < far {
				continue
			}
			d := math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			c.blend(i, cover*ramp(r+0.6, r-0.6, d), colour)
		}
	}
}
