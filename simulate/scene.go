package simulate

import (
	"math"
	"runtime"
	"sync"
)

// scene is a deployment made ready to be drawn. It does not change once it is made.
type scene struct {
	d       *Deployment
	bed     *bed
	water   water
	kinds   []species
	bodies  []*body
	animals []animal
	arm     *props
	bait    vec
	lens    lens
	rest    frameOf // the camera once it stands
	landing float64 // seconds at which it lands; 0: it stands from the start
	reach   float64 // metres at which an animal is lost in the haze
	clouds  []cloud
	murks   []spell
	flakes  []flake
	tone    [4096]float32
	still   func() *backdrop // what stands behind everything, once the camera stands
}

// made gives the scene, which is worked out at the first call.
func (d *Deployment) made() *scene {
	d.once.Do(func() { d.scene = newScene(d) })
	return d.scene
}

func newScene(d *Deployment) *scene {
	r := draws(d.Seed, "scene")
	s := &scene{d: d, bed: newBed(d.Seed, d.Habitat), water: newWater(d.Seed, d.Depth, d.Turbidity), kinds: bestiary()}
	for _, k := range s.kinds {
		s.bodies = append(s.bodies, k.shape().build())
	}
	fov := between(r, 88, 104) * math.Pi / 180
	s.lens = newLens(d.W, d.H, fov)
	s.lens.margin = 0
	s.rest = turned(vec{0, between(r, 0.40, 0.52), 0}, 0, between(r, -0.10, -0.02), between(r, -0.03, 0.03))
	var bait vec
	s.arm, bait = newArm(d.Seed)
	s.bait = s.rest.out(bait)
	s.landing = math.Max(0, d.Settle.Seconds()*0.7-1)
	s.reach = math.Min(17, 2.9/s.water.c.y)
	s.animals = newCast(d, &stage{bed: s.bed, bait: s.bait, eye: s.rest.at, reach: s.reach}, s.kinds)
	s.weather(draws(d.Seed, "weather"))
	s.toneCurve()
	s.still = sync.OnceValue(func() *backdrop {
		margin := math.Ceil(0.035*s.lens.focal) + 2
		return s.paint(s.rest, s.lens, int(margin))
	})
	return s
}

// swing is how far the surge has carried things at a time: -1 to 1.
func (s *scene) swing(t float64) float64 {
	return 0.8*math.Sin(2*math.Pi*t/s.water.period) + 0.2*math.Sin(2*math.Pi*t/(0.37*s.water.period)+1)
}

// eye is the camera at a time: it sinks on its rope, lands with a shake, and then only
// trembles in the surge. turn is by how much it looks away from rest.
func (s *scene) eye(t float64) (at frameOf, yaw, pitch float64) {
	base := math.Atan2(s.rest.ahead.x, s.rest.ahead.z)
	tilt := math.Asin(s.rest.ahead.y)
	roll := math.Atan2(-s.rest.right.y, s.rest.up.y)
	sway := 0.02 * s.water.swell
	yaw, pitch = sway*s.swing(t), 0.6*sway*s.swing(t+1.3)
	if t >= s.landing {
		ring := 0.018 * math.Exp(-(t-s.landing)*2.2) * ramp(0, 0.1, s.landing)
		pitch += ring * math.Sin(9*(t-s.landing))
		yaw += 0.5 * ring * math.Sin(7*(t-s.landing))
		return turned(s.rest.at, base+yaw, tilt+pitch, roll), yaw, pitch
	}
	left := s.landing - t
	up := 0.75 * left
	swing := ramp(0, 3, left)
	p := s.rest.at.add(vec{0.25 * swing * math.Sin(0.9*left), up, 0.25 * swing * math.Sin(0.7*left+1)})
	yaw += swing * (0.5*math.Sin(0.33*left) + 0.1*math.Sin(1.7*left))
	pitch += swing * (0.12*math.Sin(1.1*left+2) - 0.05)
	return turned(p, base+yaw, tilt+pitch, roll+swing*0.12*math.Sin(0.8*left)), yaw, pitch
}

// place is what lies behind a pixel: the light that comes from the bed through the water, and the water's own.
type place struct {
	lit   [3]float32 // reaches the camera
	air   [3]float32 // the veil before it
	beam  float32    // share of lit that the waves make flicker
	far   float32    // metres
	x, z  float32    // where on the bed
	solid bool
}

// backdrop is what stands still, seen from one place.
type backdrop struct {
	w, h, margin int
	places       []place
}

// paint draws the bed, what stands on it, and the water, for a camera.
func (s *scene) paint(eye frameOf, l lens, margin int) *backdrop {
	b := &backdrop{w: int(l.w) + 2*margin, h: int(l.h) + 2*margin, margin: margin}
	b.places = make([]place, b.w*b.h)
	l.margin = float64(margin)
	master := newRaster(b.w, b.h)
	addProps(master, eye, l, s.bed.fixed, -1, func(v vertex) vec { return v.at })
	master.sort()
	var group sync.WaitGroup
	bands := make(chan int, len(master.bands))
	for i := range master.bands {
		bands <- i
	}
	close(bands)
	for range runtime.GOMAXPROCS(0) { // each band is drawn for itself: who draws it does not matter
		group.Go(func() {
			own := *master
			own.samples = nil
			for band := range bands {
				own.fill(band)
				s.paintBand(b, &own, eye, l, band)
			}
		})
	}
	group.Wait()
	return b
}

func (s *scene) paintBand(b *backdrop, r *raster, eye frameOf, l lens, band int) {
	for y := band * bandRows; y < min(b.h, (band+1)*bandRows); y++ {
		for x := range b.w {
			s.paintOne(&b.places[y*b.w+x], r, eye, l, x, y, y-band*bandRows)
		}
	}
}

// paintOne fills a pixel of the backdrop: the bed is seen once, as its own detail ends at the size of
// a pixel; the things that stand on it have edges, and are seen four times.
func (s *scene) paintOne(p *place, r *raster, eye frameOf, l lens, x, y, row int) {
	local := l.ray(float64(x)-l.margin+0.5, float64(y)-l.margin+0.5)
	dir := eye.right.mul(local.x).more(eye.up, local.y).more(eye.ahead, local.z)
	ground := s.bed.meet(eye.at, dir, 40)
	glow := s.water.glow(dir)
	var light, sumLit, sumAir vec
	var share, beam, far float64
	if ground > 0 {
		light, share = s.shadeBed(eye.at.more(dir, ground), ground/l.focal)
	}
	for k := range 4 {
		smp := r.samples[(2*row+k>>1)*2*r.w+2*x+k&1]
		t, own, flicker := ground, light, share
		if smp.near > 0 && (t == 0 || 1/smp.near < t) {
			t = 1 / smp.near
			own, flicker = s.shadeProp(r, smp, dir)
		}
		if t == 0 {
			sumAir, far = sumAir.add(glow), far+60
			continue
		}
		pass := s.water.through(t)
		sumLit = sumLit.add(own.times(pass))
		sumAir = sumAir.add(glow.times(vec{1 - pass.x, 1 - pass.y, 1 - pass.z}))
		beam, far = beam+flicker*ramp(14, 4, t), far+t
		at := eye.at.more(dir, t)
		p.x, p.z, p.solid = float32(at.x-s.water.sun.x*at.y), float32(at.z-s.water.sun.z*at.y), true
	}
	p.lit = [3]float32{float32(sumLit.x / 4), float32(sumLit.y / 4), float32(sumLit.z / 4)}
	p.air = [3]float32{float32(sumAir.x / 4), float32(sumAir.y / 4), float32(sumAir.z / 4)}
	p.beam, p.far = float32(beam/4), float32(far/4)
}

// shadeBed is the light that a place of the bed sends out, and the share of it that flickers.
func (s *scene) shadeBed(at vec, grain float64) (vec, float64) {
	n := s.bed.normal(at.x, at.z, grain)
	hidden := 0.0
	for _, r := range s.bed.rocks {
		if d := math.Hypot(at.x-r.x, at.z-r.z); d < 1.9*r.radius {
			hidden = math.Max(hidden, 0.75*ramp(1.9*r.radius, 0.7*r.radius, d))
		}
	}
	return s.shine(s.bed.colour(at.x, at.z, grain), n, hidden)
}

// shine lights a dull surface in even light.
func (s *scene) shine(albedo, n vec, hidden float64) (vec, float64) {
	all := s.water.lit(n, 1, hidden)
	dull := s.water.lit(n, 0, hidden)
	return albedo.times(all), 1 - dull.luminance()/math.Max(all.luminance(), 1e-6)
}

func (s *scene) shadeProp(r *raster, smp sample, dir vec) (vec, float64) {
	h := r.look(smp)
	if h.normal.dot(dir) > 0 {
		h.normal = h.normal.mul(-1)
	}
	albedo, _ := propColour(&h, s.bed.seed)
	low := ramp(0.35, 0, h.at.y-s.bed.height(h.at.x, h.at.z))
	return s.shine(albedo, h.normal, 0.45*low)
}

// addProps puts a mesh of things into a picture.
func addProps(r *raster, eye frameOf, l lens, p *props, thing int16, move func(vertex) vec) {
	first := int32(len(r.vertices))
	for _, v := range p.vertices {
		v.at = move(v)
		r.add(eye, l, v)
	}
	for _, t := range p.triangles {
		t.a, t.b, t.c, t.thing = t.a+first, t.b+first, t.c+first, thing
		r.triangles = append(r.triangles, t)
	}
}
