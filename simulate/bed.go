package simulate

import "math"

// Habitat is the kind of sea bed.
type Habitat string

// The habitats.
const (
	Sand     Habitat = "sand"
	Rubble   Habitat = "rubble"
	Reef     Habitat = "reef"
	Sponges  Habitat = "sponge garden"
	Seagrass Habitat = "seagrass"
)

var habitats = []Habitat{Sand, Rubble, Reef, Sponges, Seagrass}

// bed is the sea bed: a height field, and what stands on it.
type bed struct {
	habitat Habitat
	seed    uint32
	relief  float64 // metres that it rises and falls by
	turn    float64 // direction of the ripples of sand
	fixed   *props  // what stands still
	loose   *props  // what sways
	rocks   []rock  // what animals swim around
}

// rock is the room that something tall takes up.
type rock struct{ x, z, radius, top float64 }

// height is the bed's, in metres; it is level around the camera and the bait.
func (b *bed) height(x, z float64) float64 {
	away := math.Sqrt(x*x + sq(z-0.8))
	if away < 0.8 {
		return 0
	}
	return b.relief * (noise2(x*0.22, z*0.22, b.seed) + 0.3*noise2(x*0.7, z*0.7, b.seed+1)) * ramp(0.8, 4.5, away)
}

// fine is the small relief that only light shows; size is the length below which nothing can be made out.
func (b *bed) fine(x, z, size float64) float64 {
	h := 0.0
	switch b.habitat {
	case Sand, Seagrass, Sponges:
		s, c := math.Sincos(b.turn)
		bend := 0.9*noise2(x*0.9, z*0.9, b.seed+2) + 0.35*noise2(x*3.1, z*3.1, b.seed+12)
		phase := (x*c+z*s)/0.17 + bend*1.5
		strong := 0.35 + 0.65*ramp(-0.4, 0.4, noise2(x*0.35, z*0.35, b.seed+3))
		wave := math.Sin(2 * math.Pi * phase)
		h += 0.010 * strong * (wave + 0.25*wave*wave) * ramp(0.14, 0.03, size)
		h += 0.012 * noise2(x*5, z*5, b.seed+13) * ramp(0.2, 0.05, size)
	case Rubble, Reef:
		h += 0.07 * rough2(x*2.1, z*2.1, 3, b.seed+4) * ramp(0.5, 0.1, size)
		if size < 0.06 {
			h += 0.030 * ramp(0.06, 0.02, size) * math.Abs(rough2(x*8, z*8, 2, b.seed+14))
			h += (b.piece(x, z, 9, b.seed+5)*0.022 + b.piece(x, z, 21, b.seed+6)*0.012) * ramp(0.06, 0.02, size)
		}
	}
	if size < 0.02 {
		h += 0.003 * noise2(x*40, z*40, b.seed+7) * ramp(0.02, 0.005, size)
	}
	return h
}

// piece is the height, 0 to 1, of a fragment of dead coral that lies at a place, so many a metre across.
func (b *bed) piece(x, z, many float64, seed uint32) float64 {
	wx, wz := x*many+0.5*noise2(x*many*0.7, z*many*0.7, seed+1), z*many+0.5*noise2(x*many*0.7, z*many*0.7, seed+2)
	first, _, which := cells(wx, wz, seed)
	if which < 0.1 { // nothing lies here
		return 0
	}
	return ramp(0.42, 0.2, first) * (0.5 + 0.5*which)
}

// normal is the bed's where the smallest visible length is size.
func (b *bed) normal(x, z, size float64) vec {
	e := math.Max(0.004, size*0.6)
	h := func(x, z float64) float64 { return b.height(x, z) + b.fine(x, z, size) }
	here := h(x, z)
	return vec{here - h(x+e, z), e, here - h(x, z+e)}.unit()
}

// colour is the bed's reflectance.
func (b *bed) colour(x, z, size float64) vec {
	sand := vec{0.56, 0.50, 0.40}
	speck := ramp(0.03, 0.004, size)
	grain := 1 + 0.10*rough2(x*1.3, z*1.3, 3, b.seed+20) + speck*0.16*noise2(x*130, z*130, b.seed+21) + speck*0.10*noise2(x*55, z*55, b.seed+22)
	sand = sand.mul(grain)
	dark := ramp(0.25, 0.6, noise2(x*2.3, z*2.3, b.seed+23)+0.5*noise2(x*8, z*8, b.seed+24))
	switch b.habitat {
	case Sand, Sponges:
		trough := ramp(0.002, -0.009, b.fine(x, z, size))
		sand = sand.mul(1-0.22*trough).mix(vec{0.24, 0.21, 0.15}, 0.25*dark)
		shell := blotch(vec{x * 46, 0, z * 46}, b.seed+25)
		return sand.mix(vec{0.85, 0.82, 0.76}, 0.7*ramp(0.72, 0.80, shell)*ramp(0.02, 0.006, size)).mix(vec{0.13, 0.11, 0.09}, 0.45*ramp(-0.74, -0.82, shell)*ramp(0.02, 0.006, size))
	case Seagrass:
		litter := ramp(0, 0.5, rough2(x*6, z*9, 3, b.seed+26))
		return sand.mul(0.8).mix(vec{0.13, 0.12, 0.06}, 0.75*litter)
	}
	turf := vec{0.17, 0.165, 0.085}.mix(vec{0.25, 0.20, 0.13}, ramp(-0.3, 0.3, rough2(x*0.8, z*0.8, 2, b.seed+27)))
	ground := turf.mul(0.85 + 0.5*rough2(x*5, z*5, 4, b.seed+28))
	pink := ramp(0.12, 0.32, rough2(x*3.3, z*3.3, 3, b.seed+32))
	ground = ground.mix(vec{0.42, 0.24, 0.25}, 0.55*pink)
	bare := ramp(0.02, 0.3, rough2(x*0.6, z*0.6, 4, b.seed+30))
	ground = ground.mix(sand.mul(0.92), bare)
	fade := ramp(0.06, 0.015, size)
	big, small := b.piece(x, z, 9, b.seed+5), b.piece(x, z, 21, b.seed+6)
	bone := vec{0.50, 0.46, 0.37}.mul(0.75+0.5*noise2(x*4.7, z*4.7, b.seed+33)).mix(vec{0.30, 0.29, 0.17}, 0.6*ramp(-0.1, 0.5, noise2(x*11, z*11, b.seed+34)))
	ground = ground.mix(bone, fade*0.75*math.Max(ramp(0.15, 0.4, big), 0.8*ramp(0.15, 0.4, small)))
	ground = ground.mix(bone, (1-fade)*0.25)
	return ground.mul(1 + speck*0.28*noise2(x*60, z*60, b.seed+29))
}

// meet is how far along a ray from a place the bed is met; 0 within reach of nothing.
func (b *bed) meet(from, dir vec, reach float64) float64 {
	above := from.y - b.height(from.x, from.z)
	t, before := 0.0, 0.0
	for range 48 {
		step := math.Max(0.06, 0.02*t)
		if fall := -dir.y; fall > 0 {
			step = math.Max(step, 0.6*above/(fall+0.35))
		} else {
			step = math.Max(step, 0.8*above)
		}
		before, t = t, t+step
		if t > reach {
			return 0
		}
		p := from.more(dir, t)
		above = p.y - b.height(p.x, p.z)
		if above > 0 {
			continue
		}
		for range 9 {
			half := (before + t) / 2
			p := from.more(dir, half)
			if p.y > b.height(p.x, p.z) {
				before = half
			} else {
				t = half
			}
		}
		return t
	}
	return 0
}

// floor is the height below which nothing can swim at a place.
func (b *bed) floor(x, z float64) float64 {
	h := b.height(x, z)
	for _, r := range b.rocks {
		d := math.Hypot(x-r.x, z-r.z)
		h = math.Max(h, r.top*ramp(r.radius*1.7, r.radius*0.8, d))
	}
	return h
}
