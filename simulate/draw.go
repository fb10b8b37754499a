package simulate

import (
	"context"
	"fmt"
	"math"

	"requin/frame"
)

// canvas is what one goroutine draws with.
type canvas struct {
	raster  *raster
	light   []float32 // linear RGB, what reaches the camera
	far     []float32 // metres
	soft    []float32 // light, blurred
	line    []float32
	stamp   []int32
	stances []stance // of each animal, where seen
	casting []shadow
}

func (s *scene) canvas() *canvas {
	n := s.d.W * s.d.H
	return &canvas{raster: newRaster(s.d.W, s.d.H), light: make([]float32, 3*n), far: make([]float32, n), soft: make([]float32, 3*n), line: make([]float32, 3*s.d.W),
		stamp: make([]int32, n), stances: make([]stance, len(s.animals))}
}

// finding is what one frame shows of one animal.
type finding struct {
	animal   int       // index in the scene's animals
	box      frame.Box // around the pixels in which any of it is seen
	whole    frame.Box // around all of it, hidden parts and those beyond the edges too
	pixels   int       // that it covers half or more of
	share    float64   // seen of what would be seen if nothing hid it
	contrast float64   // mean over its pixels of |animal - background| / background, in luminance, less what silt takes
	distance float64   // metres
	cut      bool      // by the edge of the picture
}

// Render draws a frame into pix, W×H pixels of packed RGB. The same frame is the same
// pixels, whoever draws it and whatever was drawn before.
func (d *Deployment) Render(ctx context.Context, number int, pix []byte) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case number < 0 || number >= d.Frames:
		return fmt.Errorf("%s has no frame %d: it has %d", d.OpCode, number, d.Frames)
	case len(pix) != 3*d.W*d.H:
		return fmt.Errorf("a picture of %dx%d takes %d bytes, not %d", d.W, d.H, 3*d.W*d.H, len(pix))
	}
	s := d.made()
	s.draw(s.canvas(), number, pix, nil)
	return nil
}

// draw renders a frame and tells who is seen in it; without pix it only tells. Animals in
// skip are left out, their shadows are not.
func (s *scene) draw(c *canvas, number int, pix []byte, skip map[int]bool) []finding {
	t := s.d.Time(number).Seconds()
	eye, yaw, pitch := s.eye(t)
	s.populate(c, eye, t, skip)
	if pix == nil && !c.anyone() {
		return nil
	}
	back := s.behind(eye, t, yaw, pitch)
	waves := newRipples(&s.water, t)
	c.cast(s, eye)
	tally := make([]count, len(s.animals))
	for band := range c.raster.bands {
		c.raster.fill(band)
		for y := band * bandRows; y < min(s.d.H, (band+1)*bandRows); y++ {
			s.drawRow(c, back, waves, eye, band, y, pix != nil, tally)
		}
	}
	if pix != nil {
		s.develop(c, eye, t, number, pix)
	}
	return s.findings(c, eye, t, tally)
}

// populate puts animals, the arm and what sways into the picture.
func (s *scene) populate(c *canvas, eye frameOf, t float64, skip map[int]bool) {
	c.raster.clear()
	for i := range s.animals {
		a := &s.animals[i]
		c.stances[i].effort = -1
		p, here := a.at(t)
		if !here {
			continue
		}
		local := eye.in(p.at)
		if d := local.len(); d > s.reach*1.1 || local.z < -0.8*a.length || d > 60*a.length {
			continue
		}
		c.stances[i] = p
		if skip[i] {
			continue
		}
		c.raster.pose(eye, s.lens, s.bodies[a.kind], s.kinds[a.kind].gait, p, a.length, int16(i))
	}
	push := s.water.drift.unit().mul(s.swing(t) * clamp(s.water.swell*9, 0.15, 1))
	addProps(c.raster, eye, s.lens, s.arm, -1, func(v vertex) vec { return eye.out(v.at).more(push, v.skin[4]) })
	if eye.at.y < 4 {
		addProps(c.raster, eye, s.lens, s.bed.loose, -1, func(v vertex) vec {
			late := s.swing(t-0.35*v.at.x-0.2*v.at.z) * clamp(s.water.swell*9, 0.15, 1)
			return v.at.more(s.water.drift.unit(), v.skin[4]*(late+0.4))
		})
	}
	c.raster.sort()
}

func (c *canvas) anyone() bool {
	for _, t := range c.raster.triangles {
		if t.thing >= 0 {
			return true
		}
	}
	return false
}

// view is a backdrop as a frame looks at it.
type view struct {
	*backdrop
	scale  float64 // places to a pixel
	dx, dy float64 // places by which it is shifted
}

// behind is the backdrop of a frame: the one picture of rest, shifted as the camera trembles; while
// it sinks, one of its own, coarser, as everything is in motion and far.
func (s *scene) behind(eye frameOf, t, yaw, pitch float64) view {
	if t >= s.landing {
		b := s.still()
		return view{b, 1, float64(b.margin) + s.lens.focal*yaw, float64(b.margin) - s.lens.focal*pitch}
	}
	coarse := s.lens
	const part = 2
	coarse.w, coarse.h, coarse.focal = coarse.w/part, coarse.h/part, coarse.focal/part
	const edge = 2
	coarse.w, coarse.h = math.Floor(coarse.w), math.Floor(coarse.h)
	return view{s.paint(eye, coarse, edge), 1.0 / part, edge, edge}
}

// at is the place behind the middle of a pixel, the light between places mixed.
func (v view) at(x, y int) (lit, air vec, p *place) {
	fx, fy := (float64(x)+0.5)*v.scale+v.dx-0.5, (float64(y)+0.5)*v.scale+v.dy-0.5
	fx, fy = clamp(fx, 0, float64(v.w-2)), clamp(fy, 0, float64(v.h-2))
	ix, iy := int(fx), int(fy)
	u, w := float32(fx-float64(ix)), float32(fy-float64(iy))
	a := &v.places[iy*v.w+ix]
	b := &v.places[iy*v.w+ix+1]
	c := &v.places[(iy+1)*v.w+ix]
	d := &v.places[(iy+1)*v.w+ix+1]
	ka, kb, kc, kd := (1-u)*(1-w), u*(1-w), (1-u)*w, u*w
	blend := func(i int) (float64, float64) {
		return float64(ka*a.lit[i] + kb*b.lit[i] + kc*c.lit[i] + kd*d.lit[i]), float64(ka*a.air[i] + kb*b.air[i] + kc*c.air[i] + kd*d.air[i])
	}
	lit.x, air.x = blend(0)
	lit.y, air.y = blend(1)
	lit.z, air.z = blend(2)
	p = a
	if u > 0.5 {
		p = b
	}
	if w > 0.5 {
		if p = c; u > 0.5 {
			p = d
		}
	}
	return lit, air, p
}

// drawRow puts a row of pixels together from what the samples hit and the backdrop.
func (s *scene) drawRow(c *canvas, back view, waves *ripples, eye frameOf, band, y int, all bool, tally []count) {
	r := c.raster
	line := 2 * (y - band*bandRows) * 2 * r.w
	for x := range r.w {
		quad := [4]*sample{&r.samples[line+2*x], &r.samples[line+2*x+1], &r.samples[line+2*r.w+2*x], &r.samples[line+2*r.w+2*x+1]}
		empty := quad[0].near == 0 && quad[1].near == 0 && quad[2].near == 0 && quad[3].near == 0
		if empty && !all {
			continue
		}
		lit, air, p := back.at(x, y)
		if p.solid {
			focus := waves.focus(vec{float64(p.x), 0, float64(p.z)}, &s.water, 0)
			lit = lit.mul((1 + float64(p.beam)*(focus-1)) * c.shade(float64(p.x), float64(p.z)))
		}
		behind := lit.add(air)
		sum, near := vec{}, 1/float64(p.far)
		var mine [4]int16
		for k, smp := range quad {
			mine[k] = -1
			if smp.near*float64(p.far) < 1 {
				sum = sum.add(behind)
				continue
			}
			near = math.Max(near, smp.near)
			light := s.shadeHit(r, smp, eye, waves)
			sum = sum.add(light)
			if thing := r.triangles[smp.tri].thing; thing >= 0 {
				mine[k] = thing
				tally[thing].sample(light.luminance(), behind.luminance())
			}
		}
		tallyPixel(tally, mine, x, y)
		i := y*r.w + x
		c.light[3*i], c.light[3*i+1], c.light[3*i+2] = float32(sum.x/4), float32(sum.y/4), float32(sum.z/4)
		c.far[i] = float32(1 / near)
	}
}

// shadeHit is the light that reaches the camera from a point of an animal or a thing.
func (s *scene) shadeHit(r *raster, smp *sample, eye frameOf, waves *ripples) vec {
	h := r.look(*smp)
	away := h.at.sub(eye.at)
	far := away.len()
	dir := away.mul(1 / far)
	var albedo vec
	var gloss float64
	thing := r.triangles[smp.tri].thing
	if over := h.normal.dot(dir); over > 0 && thing >= 0 && h.part == trunk { // at the rim of a body, where normals run round it
		h.normal = h.normal.more(dir, -over).unit()
	} else if over > 0 { // the other face of a thin thing
		h.normal = h.normal.mul(-1)
	}
	if thing >= 0 {
		a := &s.animals[thing]
		albedo, gloss = s.kinds[a.kind].skin(&h, a.tone)
	} else {
		albedo, gloss = propColour(&h, s.bed.seed)
	}
	focus := 0.5 + 0.5*waves.focus(h.at, &s.water, far) // the pattern is less sharp on what moves through it
	light := albedo.times(s.water.lit(h.normal, focus, 0))
	if h.part != trunk && thing >= 0 { // light comes through fins
		light = light.add(albedo.times(s.water.sky).mul(0.07 * h.skin[3] * math.Max(0, 0.6-h.normal.y)))
	}
	if gloss > 0 {
		mirror := dir.more(h.normal, -2*h.normal.dot(dir))
		edge := 0.04 + 0.3*gloss*gloss + 0.5*math.Pow(1+h.normal.dot(dir), 5)
		light = light.add(s.water.glow(mirror).mul(gloss * edge * 0.9))
		glint := math.Pow(math.Max(0, mirror.dot(s.water.sun)), 18)
		light = light.add(s.water.sky.mul(0.5 * gloss * s.water.beam * focus * glint))
	}
	pass := s.water.through(far)
	return light.times(pass).add(s.water.glow(dir).times(vec{1 - pass.x, 1 - pass.y, 1 - pass.z}))
}
