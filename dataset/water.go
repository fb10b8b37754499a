package dataset

import (
	"math"
	"math/rand/v2"
)

// This file adds water to a picture. Light on its way through water is lost, red first, and other light
// that the water scatters into the way is added. In the form of Akkaynak & Treibitz (2018, CVPR), after McGlamery (1980) and
// Jaffe (1990), for each colour, in linear light,
//
//	I = J·exp(−b·z) + B·(1 − exp(−b·z))
//
// J is what a camera without water would see, z the way to it and B the colour of the open water. A picture that was
// taken through z1 metres and is given z2 more becomes that of z1 + z2 metres if B is the same, so that what is added to
// a real underwater picture is again one. J itself has come down through the water above: it is J0·exp(−b·d) at depth d.
//
// Worked example: water of type II keeps 0.80 of red and 0.94 of blue a metre. A white thing under 5 m more of it
// keeps 0.33 of its red and 0.73 of its blue.

// jerlov is the share of red, green and blue that is left of daylight after one metre of a type of water: I to III
// are oceanic, 1C to 9C coastal (Jerlov 1976, Marine Optics, in the three numbers a type that underwater pictures are commonly made with).
func jerlov(name string) ([3]float64, bool) {
	left, ok := map[string][3]float64{
		"I": {0.850, 0.961, 0.982}, "IA": {0.840, 0.955, 0.975}, "IB": {0.830, 0.950, 0.968}, "II": {0.800, 0.925, 0.940}, "III": {0.750, 0.885, 0.890},
		"1C": {0.750, 0.885, 0.875}, "3C": {0.710, 0.820, 0.800}, "5C": {0.670, 0.730, 0.670}, "7C": {0.620, 0.610, 0.500}, "9C": {0.550, 0.460, 0.290},
	}[name]
	return left, ok
}

const (
	ways  = 64   // steps that the way through the water is computed in
	fine  = 4096 // steps of linear light
	cells = 6    // of the unevenness of the way across the picture, to each side
)

// linear is a value of 0 to 255 in linear light, 0 to 1 (sRGB, IEC 61966-2-1).
func linear(v float64) float64 {
	v /= 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// shown is the value of linear light, 0 to 255.
func shown(v float64) float64 {
	if v <= 0.0031308 {
		return 255 * 12.92 * v
	}
	return 255 * (1.055*math.Pow(v, 1/2.4) - 0.055)
}

// light holds both ways between shown and linear values.
type light struct {
	linear [256]float32
	shown  [fine + 1]byte
}

func newLight() *light {
	var l light
	for v := range l.linear {
		l.linear[v] = float32(linear(float64(v)))
	}
	for v := range l.shown {
		l.shown[v] = byte(math.Round(shown(float64(v) / fine)))
	}
	return &l
}

// add puts water before the tile and gives the colour of the open water, as it is shown, 0 to 1.
func (o Water) add(t *tile, r *rand.Rand) [3]float64 {
	left, _ := jerlov(o.Types[r.IntN(len(o.Types))]) // checked
	column, path, veil, exposure, scatter := o.Column.draw(r), o.Path.draw(r), o.Veil.draw(r), o.Exposure.draw(r), o.Scatter.draw(r)
	var light, open [3]float64 // what is left of the light from above; the colour of open water
	most := 0.0
	for k := range 3 {
		light[k] = math.Pow(left[k], column)
		open[k] = math.Pow(left[k], column+6) // the open water is lit from above, and seen through more of itself
		most = max(most, open[k])
	}
	gain := t.exposure(light, exposure)
	var keep, add [ways][3]float64
	for n := range ways {
		for k := range 3 {
			through := math.Pow(left[k], path*float64(n)/(ways-1))
			keep[n][k] = through * light[k] * gain
			add[n][k] = (1 - through) * veil * open[k] / most
		}
	}
	if blur := scatter * (1 - math.Pow(left[1], path)); blur > 0 {
		t.blur(blur)
	}
	t.through(&keep, &add, o.Near, r)
	for k := range 3 {
		open[k] = shown(veil*open[k]/most) / 255
	}
	return open
}

// exposure is the factor by which a camera makes up for lost light, in full (share 1) or in part.
func (t *tile) exposure(light [3]float64, share float64) float64 {
	before, after := 1e-9, 1e-9
	step := 3 * max(1, len(t.pix)/3/2000) // some two thousand pixels tell enough
	for i := 0; i+2 < len(t.pix); i += step {
		for k := range 3 {
			v := linear(float64(t.pix[i+k]))
			before += v
			after += v * light[k]
		}
	}
	return math.Pow(before/after, share)
}

// through makes J·keep + add of each pixel, keep and add being those of its way through the water: from near (in parts
// of the whole) at the bottom of the picture to the whole at its top, with some unevenness.
func (t *tile) through(keep, add *[ways][3]float64, near float64, r *rand.Rand) {
	if t.light == nil {
		t.light = newLight()
	}
	toLinear, toShown := &t.light.linear, &t.light.shown
	var k, a [ways][3]float32
	for n := range ways {
		for c := range 3 {
			k[n][c], a[n][c] = float32(keep[n][c])*fine, float32(add[n][c])*fine+0.5
		}
	}
	var uneven [cells + 2][cells + 2]float64
	for y := range uneven {
		for x := range uneven[y] {
			uneven[y][x] = Range{-0.15, 0.15}.draw(r)
		}
	}
	for y := range t.h {
		down := float64(y) / float64(t.h)
		i, part := math.Modf(down * cells)
		upper, lower := &uneven[int(i)], &uneven[int(i)+1]
		far := near + (1-near)*(1-down)
		row := t.pix[3*y*t.w : 3*(y+1)*t.w]
		for x := range t.w {
			j, across := math.Modf(float64(x) / float64(t.w) * cells)
			at := int(j)
			off := (upper[at]*(1-part)+lower[at]*part)*(1-across) + (upper[at+1]*(1-part)+lower[at+1]*part)*across
			n := int(min(max(far+off, 0), 1) * (ways - 1))
			p := row[3*x : 3*x+3 : 3*x+3]
			for c := range 3 {
				p[c] = toShown[int(min(toLinear[p[c]]*k[n][c]+a[n][c], fine))]
			}
		}
	}
}

// add puts particles before the lens: soft discs a little brighter than the open water, most of them small.
func (o Snow) add(t *tile, veil [3]float64, r *rand.Rand) {
	count := int(o.Density.draw(r) * float64(t.w*t.h) / 1e4)
	for range count {
		x, y := r.Float64()*float64(t.w), r.Float64()*float64(t.h)
		u := r.Float64()
		radius := Range{o.Radius[0], o.Radius[1]}.draw(r)
		if u > 0.97 { // near the lens: large, out of focus, thin
			radius *= 4
		}
		opacity := o.Opacity.draw(r)
		if u > 0.97 {
			opacity /= 3
		}
		var colour [3]float64
		bright := 0.3 + 0.35*r.Float64()
		for k := range 3 {
			colour[k] = 255 * (veil[k] + (1-veil[k])*bright)
		}
		t.disc(x, y, radius, opacity, colour)
	}
}

// disc paints a disc whose opacity falls off as a normal distribution.
func (t *tile) disc(x, y, radius, opacity float64, colour [3]float64) {
	reach := 2 * radius
	for py := max(0, int(y-reach)); py <= min(t.h-1, int(y+reach)); py++ {
		for px := max(0, int(x-reach)); px <= min(t.w-1, int(x+reach)); px++ {
			dx, dy := float64(px)+0.5-x, float64(py)+0.5-y
			o := opacity * math.Exp(-(dx*dx+dy*dy)/(radius*radius))
			p := t.pix[3*(py*t.w+px):][:3]
			for k := range 3 {
				p[k] = byte(float64(p[k])*(1-o) + colour[k]*o)
			}
		}
	}
}
