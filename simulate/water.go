package simulate

import "math"

// water is what light goes through. Radiance that a surface sends out falls on its way
// to the camera as exp(-c·distance), colour by colour, and the veil of light that the water itself
// scatters takes its place (McGlamery 1980; Jaffe 1990, without the halo of a lamp).
type water struct {
	depth  float64
	murk   float64 // 0 clear to 1 very turbid
	c      vec     // beam attenuation, 1/m, red green blue
	veil   vec     // radiance of the water seen level, after the camera's white balance
	above  vec     // the same seen steeply upwards
	below  vec
	sky    vec     // irradiance from above, as the white balance leaves it
	beam   float64 // share of the light that comes from the sun as a beam: 0 on a dull day or deep down
	sun    vec     // towards the refracted sun
	drift  vec     // current, m/s
	silt   vec     // colour of stirred-up sediment in this light
	swell  float64 // amplitude of the surge, m/s
	period float64 // seconds of the swell
}

// newWater is water of a depth and murkiness at a site.
func newWater(seed uint64, depth, murk float64) water {
	r := draws(seed, "water")
	green := clamp(between(r, -0.15, 0.5)+murk*0.65, 0, 1)
	deep := ramp(4, 45, depth)
	w := water{depth: depth, murk: murk}
	w.c = vec{0.30, 0.075, 0.062}.mix(vec{0.40, 0.11, 0.15}, green).more(vec{0.26, 0.26, 0.30}, murk*murk*1.3)
	blue := vec{0.022, 0.215, 0.385}.mix(vec{0.006, 0.070, 0.185}, deep)
	coast := vec{0.085, 0.27, 0.24}.mix(vec{0.018, 0.10, 0.095}, deep)
	w.veil = blue.mix(coast, green).mul(mix(1, 1.12, murk))
	w.above = w.veil.mul(1.75).add(vec{0.03, 0.09, 0.10}.mul(1 - deep))
	w.below = w.veil.mul(0.62)
	w.sky = vec{1.02, 1.0, 0.93}.mix(vec{0.46, 0.78, 0.90}, deep).mul(mix(1.08, 0.72, deep))
	w.beam = clamp((0.62-0.55*ramp(3, 24, depth))*(1-0.6*murk)*between(r, 0.55, 1), 0, 1)
	around := between(r, 0, 2*math.Pi)
	tilt := between(r, 0.1, 0.5)
	w.sun = vec{math.Sin(around) * tilt, 1, math.Cos(around)*tilt + 0.2}.unit()
	flow := between(r, 0, 2*math.Pi)
	w.drift = vec{math.Cos(flow), 0, math.Sin(flow)}.mul(between(r, 0.04, 0.16))
	w.silt = w.veil.mul(0.75).add(vec{0.17, 0.16, 0.12}.times(w.sky).mul(mix(1, 0.5, deep)))
	w.swell = between(r, 0.02, 0.12) * (1 - 0.8*ramp(8, 35, depth))
	w.period = between(r, 6, 11)
	return w
}

// through is the share of light, by colour, that comes over a distance.
func (w *water) through(distance float64) vec {
	return vec{math.Exp(-w.c.x * distance), math.Exp(-w.c.y * distance), math.Exp(-w.c.z * distance)}
}

// glow is the radiance of endless water in a direction.
func (w *water) glow(dir vec) vec {
	up := dir.y
	g := w.veil
	if up > 0 {
		g = g.mix(w.above, ramp(0, 0.75, up))
	} else {
		g = g.mix(w.below, ramp(0, 0.6, -up))
	}
	toward := dir.x*w.sun.x + dir.z*w.sun.z // the water is brighter towards the sun
	return g.mul(1 + 0.16*toward)
}

// lit is the light on a surface of a normal: from above, a little back from the bed, and the sun's beam, which
// the waves gather by focus (1 on average). hidden is how much of what is above is shaded.
func (w *water) lit(n vec, focus, hidden float64) vec {
	open := (0.5 + 0.5*n.y) * (1 - 0.8*hidden)
	ambient := (1 - w.beam) * (0.30 + 0.70*open)
	bounce := 0.20 * (0.5 - 0.5*n.y)
	beam := w.beam * math.Max(0, n.dot(w.sun)) * focus * (1 - hidden)
	return w.sky.mul(ambient + beam).add(w.sky.times(vec{1, 0.95, 0.86}).mul(bounce * (0.5 + w.beam)))
}

// rippleSize is the number of places on a side of a tile of the pattern of light, and rippleSpan its metres.
const (
	rippleSize = 128
	rippleSpan = 2.6
)

// ripples is the pattern that waves throw on the bed at a moment; it repeats every rippleSpan metres.
type ripples [rippleSize * rippleSize]float32

// newRipples works out the pattern at a time, seconds: light gathers in lines where
// the wandering wave fronts cross zero. Its mean is 1.
func newRipples(w *water, t float64) *ripples {
	p := &ripples{}
	if w.beam < 0.02 {
		for i := range p {
			p[i] = 1
		}
		return p
	}
	blur := mix(0.10, 0.34, ramp(2, 18, w.depth))
	sum := 0.0
	for j := range rippleSize {
		y := 2 * math.Pi * float64(j) / rippleSize
		for i := range rippleSize {
			x := 2 * math.Pi * float64(i) / rippleSize
			wx := x + 0.55*math.Sin(2*y+1.1*t) + 0.34*math.Sin(x+3*y-1.7*t) + 0.2*math.Sin(5*x-2*y+2.3*t)
			wy := y + 0.55*math.Sin(2*x-1.3*t+1) + 0.34*math.Sin(3*x-y+1.5*t) + 0.2*math.Sin(2*x+5*y-2.1*t)
			a := math.Sin(2*wx+0.9*t) + math.Sin(2*wy-0.7*t) + 0.6*math.Sin(3*(wx+wy)+0.5*t)
			b := math.Sin(3*wx-wy-1.2*t+2) + math.Sin(3*wy+wx+0.8*t) + 0.5*math.Sin(4*wx-2*t)
			light := blur/(blur+a*a) + 0.8*blur/(blur+b*b)
			p[j*rippleSize+i] = float32(light)
			sum += light
		}
	}
	mean := float32(sum / (rippleSize * rippleSize))
	for i := range p {
		p[i] /= mean
	}
	return p
}

// at is the light at a place on the bed, bilinear.
func (p *ripples) at(x, z float64) float64 {
	u, v := x/rippleSpan, z/rippleSpan
	u, v = (u-math.Floor(u))*rippleSize, (v-math.Floor(v))*rippleSize
	i, j := int(u), int(v)
	fu, fv := u-float64(i), v-float64(j)
	const mask = rippleSize - 1
	row, next := (j&mask)*rippleSize, ((j+1)&mask)*rippleSize
	a, b := float64(p[row+i&mask]), float64(p[row+(i+1)&mask])
	c, d := float64(p[next+i&mask]), float64(p[next+(i+1)&mask])
	return mix(mix(a, b, fu), mix(c, d, fu), fv)
}

// focus is how much of the sun's beam the waves gather at a place, for a camera at a distance: the
// pattern blurs into its mean far away.
func (p *ripples) focus(at vec, w *water, distance float64) float64 {
	k := at.y / math.Max(w.sun.y, 0.3)
	return mix(p.at(at.x-w.sun.x*k, at.z-w.sun.z*k), 1, ramp(3, 14, distance))
}
