package simulate

import (
	"math"

	"requin/frame"
)

// count gathers what a frame shows of an animal.
type count struct {
	samples  int
	contrast float64
	pixels   int
	x0, y0   int
	x1, y1   int // exclusive; 0 until it is seen
}

// sample takes note of one sample: the animal's luminance and that of what lies behind it.
func (c *count) sample(own, behind float64) {
	c.samples++
	c.contrast += math.Abs(own-behind) / math.Max(behind, 1e-4)
}

// tallyPixel takes note of a pixel for each animal that is seen in it. Its box goes around every
// pixel it is seen in at all, so that a thin tail belongs to it.
func tallyPixel(tally []count, mine [4]int16, x, y int) {
	for k, thing := range mine {
		if thing < 0 {
			continue
		}
		n, earlier := 0, false
		for j, other := range mine {
			if other == thing {
				n++
				earlier = earlier || j < k
			}
		}
		if earlier {
			continue
		}
		c := &tally[thing]
		if c.x1 == 0 {
			c.x0, c.y0 = x, y
		}
		c.x0, c.x1, c.y0, c.y1 = min(c.x0, x), max(c.x1, x+1), min(c.y0, y), max(c.y1, y+1)
		if n >= 2 {
			c.pixels++
		}
	}
}

// findings puts together what a frame shows of each animal.
func (s *scene) findings(c *canvas, eye frameOf, t0 float64, tally []count) []finding {
	var out []finding
	for i := range tally {
		t := &tally[i]
		if t.samples == 0 {
			continue
		}
		f := finding{animal: i, pixels: t.pixels, contrast: t.contrast / float64(t.samples), distance: c.stances[i].at.sub(eye.at).len()}
		f.box = frame.Box{X0: float64(t.x0), Y0: float64(t.y0), X1: float64(t.x1), Y1: float64(t.y1)}
		f.contrast *= s.clear(eye, t0, f)
		var alone int
		alone, f.whole = c.silhouette(int16(i))
		f.cut = f.whole.X0 < 0 || f.whole.Y0 < 0 || f.whole.X1 > float64(s.d.W) || f.whole.Y1 > float64(s.d.H)
		f.share = math.Min(1, float64(t.samples)/4/math.Max(float64(alone), 1))
		out = append(out, f)
	}
	return out
}

// clear is the share of an animal's contrast that passing turbidity and clouds of silt leave, the mean
// of five places of its box.
func (s *scene) clear(eye frameOf, t float64, f finding) float64 {
	sum := 0.0
	for _, at := range [][2]float64{{0.5, 0.5}, {0.2, 0.5}, {0.8, 0.5}, {0.5, 0.2}, {0.5, 0.8}} {
		x, y := mix(f.box.X0, f.box.X1, at[0]), mix(f.box.Y0, f.box.Y1, at[1])
		depth := s.murkAt(x, y, t) * math.Min(f.distance, 9)
		for i := range s.clouds {
			if b, ok := s.ball(eye, &s.clouds[i], t); ok {
				depth += b.depth * b.thick(x, y) * ramp(b.far-b.radius, b.far+0.3*b.radius, f.distance)
			}
		}
		sum += math.Exp(-depth)
	}
	return sum / 5
}

// silhouette counts the pixels that an animal would cover if nothing hid it, and gives the box around all of it.
func (c *canvas) silhouette(thing int16) (pixels int, whole frame.Box) {
	r := c.raster
	mark := int32(thing) + 1
	clear(c.stamp)
	whole = frame.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for i := range r.triangles {
		t := &r.triangles[i]
		if t.thing != thing {
			continue
		}
		a, b, d := &r.vertices[t.a], &r.vertices[t.b], &r.vertices[t.c]
		if a.near == 0 || b.near == 0 || d.near == 0 {
			continue
		}
		x0, x1 := math.Min(a.x, math.Min(b.x, d.x)), math.Max(a.x, math.Max(b.x, d.x))
		y0, y1 := math.Min(a.y, math.Min(b.y, d.y)), math.Max(a.y, math.Max(b.y, d.y))
		whole = frame.Box{X0: math.Min(whole.X0, x0), Y0: math.Min(whole.Y0, y0), X1: math.Max(whole.X1, x1), Y1: math.Max(whole.Y1, y1)}
		area := edge(a.x, a.y, b.x, b.y, d.x, d.y)
		if area == 0 {
			continue
		}
		for y := max(0, int(math.Ceil(y0-0.5))); y <= min(r.h-1, int(math.Floor(y1-0.5))); y++ {
			for x := max(0, int(math.Ceil(x0-0.5))); x <= min(r.w-1, int(math.Floor(x1-0.5))); x++ {
				px, py := float64(x)+0.5, float64(y)+0.5
				wb, wc := edge(d.x, d.y, a.x, a.y, px, py)/area, edge(a.x, a.y, b.x, b.y, px, py)/area
				if wb < 0 || wc < 0 || wb+wc > 1 || c.stamp[y*r.w+x] == mark {
					continue
				}
				c.stamp[y*r.w+x] = mark
				pixels++
			}
		}
	}
	return pixels, whole
}
