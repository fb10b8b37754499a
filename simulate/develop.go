package simulate

import "math"

// develop turns the light of a frame into what a camera would have written: more haze while the
// water is stirred up, rays of the sun, clouds, specks, the softness of distance, the lens, the sensor.
func (s *scene) develop(c *canvas, eye frameOf, t float64, number int, pix []byte) {
	s.haze(c, eye, t)
	s.puff(c, eye, t)
	s.snow(c, eye, t)
	s.soften(c)
	s.expose(c, number, pix)
}

// haze adds passing turbidity, in drifting patches, and the rays of the sun.
func (s *scene) haze(c *canvas, eye frameOf, t float64) {
	w, h := s.d.W, s.d.H
	more := s.murk(t)
	rays := 0.22 * s.water.beam * ramp(22, 5, s.water.depth)
	if more < 0.002 && rays < 0.01 {
		return
	}
	sun := eye.in(eye.at.add(s.water.sun))
	sx, sy := float64(w)/2+float64(w)*0.9*sun.x/math.Max(0.3, math.Abs(sun.y)), -1.1*float64(h)
	colour := s.water.veil.mul(0.7).add(s.water.silt.mul(0.3))
	for y := range h {
		top := ramp(0.75, 0, float64(y)/float64(h))
		for x := range w {
			i := y*w + x
			far := math.Min(float64(c.far[i]), 30)
			if more >= 0.002 {
				c.blend(i, 1-math.Exp(-more*s.patch(float64(x), float64(y), t)*math.Min(far, 9)), colour)
			}
			if rays >= 0.01 && top > 0 {
				angle := math.Atan2(float64(x)-sx, float64(y)-sy)
				ray := noise2(angle*15, 0.35*t, s.bed.seed+91) + 0.5*noise2(angle*37, 0.6*t, s.bed.seed+92) + 0.25
				if ray <= 0 {
					continue
				}
				k := rays * top * ray * (1 - math.Exp(-0.25*far))
				c.light[3*i] += float32(k * s.water.above.x)
				c.light[3*i+1] += float32(k * s.water.above.y)
				c.light[3*i+2] += float32(k * s.water.above.z)
			}
		}
	}
}

// soften blurs what is far: light scattered forwards on its long way smears fine detail.
func (s *scene) soften(c *canvas) {
	w, h := s.d.W, s.d.H
	for y := range h { // 1 4 6 4 1 across, then down
		row := c.light[3*y*w : 3*(y+1)*w]
		out := c.soft[3*y*w : 3*(y+1)*w]
		for x := range w {
			for k := range 3 {
				a, b := row[3*max(x-2, 0)+k]+row[3*min(x+2, w-1)+k], row[3*max(x-1, 0)+k]+row[3*min(x+1, w-1)+k]
				out[3*x+k] = (a + 4*b + 6*row[3*x+k]) / 16
			}
		}
	}
	for y := range h {
		rows := [5][]float32{}
		for k := range rows {
			v := clampInt(max(y+k-2, 0), h-1)
			rows[k] = c.soft[3*v*w : 3*(v+1)*w]
		}
		for x := range w {
			k := 0.32 + 0.68*float32(ramp(0.5, 11, float64(c.far[y*w+x])))
			i := 3 * (y*w + x)
			for j := range 3 {
				x3 := 3*x + j
				blurred := (rows[0][x3] + rows[4][x3] + 4*(rows[1][x3]+rows[3][x3]) + 6*rows[2][x3]) / 16
				c.light[i+j] += (blurred - c.light[i+j]) * k
			}
		}
	}
}

// toneTop is the light at which the tone curve ends.
const toneTop = 2.5

// toneCurve is what the camera makes of light: nearly straight, with a soft shoulder, then sRGB's own curve.
func (s *scene) toneCurve() {
	exposure := 0.33 / math.Max(0.06, 0.55*s.water.veil.luminance()+0.45*0.4*s.water.sky.luminance())
	exposure = math.Pow(exposure, 0.75)
	for i := range s.tone {
		x := exposure * toneTop * float64(i) / float64(len(s.tone)-1)
		x = (1 - math.Exp(-1.25*x)) * 1.08
		y := 1.055*math.Pow(x, 1/2.4) - 0.055
		if x < 0.0031308 {
			y = 12.92 * x
		}
		y = mix(y, y*y*(3-2*y), 0.55) // a little contrast, as cameras add
		s.tone[i] = float32(255 * clamp(0.012+0.985*y, 0, 1))
	}
}

// expose writes the pixels: corners darker, the curve, the sensor's grain.
func (s *scene) expose(c *canvas, number int, pix []byte) {
	w, h := s.d.W, s.d.H
	grain := float32(1.1 + 0.8*ramp(0.2, 0.03, s.water.veil.luminance()))
	frame := mixBits(s.d.Seed ^ uint64(number)*0x9e3779b97f4a7c15)
	last := float32(len(s.tone) - 1)
	half := float64(w*w+h*h) / 4
	for y := range h {
		for x := range w {
			i := y*w + x
			q := (sq(float64(x)-float64(w)/2) + sq(float64(y)-float64(h)/2)) / half
			dim := float32(1-0.30*q*q) * last / toneTop
			bits := mixBits(frame + uint64(i))
			shared := speck(bits) * grain
			for k := range 3 {
				v := s.tone[int(min(max(c.light[3*i+k]*dim, 0), last))]
				v += shared + 0.5*grain*speck(bits>>(16*(k+1)))
				pix[3*i+k] = byte(min(max(v+0.5, 0), 255))
			}
		}
	}
}

// speck is nearly normal noise of standard deviation 1 from 16 random bits.
func speck(bits uint64) float32 {
	sum := int(bits&15) + int(bits>>4&15) + int(bits>>8&15) + int(bits>>12&15)
	return (float32(sum) - 30) / 9.2
}
