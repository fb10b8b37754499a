package simulate

import (
	"math"
	"math/rand/v2"
)

// newBed is a sea bed with what grows on it.
func newBed(seed uint64, habitat Habitat) *bed {
	r := draws(seed, "bed")
	b := &bed{habitat: habitat, seed: r.Uint32(), turn: between(r, 0, math.Pi), relief: 0.16, fixed: &props{}, loose: &props{}}
	if habitat == Reef || habitat == Rubble {
		b.relief = 0.34
	}
	type growth struct {
		n    int
		near float64
		far  float64
		put  func(r *rand.Rand, at vec)
	}
	var plants []growth
	add := func(n int, near, far float64, put func(*rand.Rand, vec)) {
		plants = append(plants, growth{n, near, far, put})
	}
	switch habitat {
	case Sand:
		add(r.IntN(4), 2.5, 9, b.putStone)
		add(r.IntN(5), 3, 10, b.putWhip)
		add(r.IntN(3), 5, 12, b.putHead)
	case Rubble:
		add(240, 1.3, 7, b.putRubble)
		add(6+r.IntN(6), 2.2, 12, b.putStone)
		add(2+r.IntN(3), 3, 11, b.putHead)
		add(2+r.IntN(3), 2.8, 9, b.putBush)
	case Reef:
		add(70, 1.3, 7, b.putRubble)
		add(16+r.IntN(8), 2.6, 14, b.putHead)
		add(14+r.IntN(10), 2.2, 10, b.putBush)
		add(6+r.IntN(5), 2.6, 11, b.putPlate)
		add(2+r.IntN(3), 3, 10, b.putFan)
		add(2+r.IntN(3), 2.8, 9, b.putVase)
	case Sponges:
		add(18+r.IntN(10), 1.9, 12, b.putVase)
		add(7+r.IntN(6), 2.0, 10, b.putFan)
		add(14+r.IntN(10), 2.0, 11, b.putWhip)
		add(9+r.IntN(6), 2.2, 11, b.putStone)
		add(60, 1.4, 6, b.putRubble)
	case Seagrass:
		add(230+r.IntN(120), 1.3, 8, b.putTuft)
		add(r.IntN(3), 4, 10, b.putStone)
	}
	for _, g := range plants {
		for range g.n {
			b.putOne(r, g.near, g.far, g.put)
		}
	}
	return b
}

// putOne finds a place ahead of the camera, off the bait arm, for one thing; the nearer the smaller the area.
func (b *bed) putOne(r *rand.Rand, near, far float64, put func(*rand.Rand, vec)) {
	for range 20 {
		distance := math.Sqrt(between(r, near*near, far*far))
		angle := between(r, -1.0, 1.0)
		x, z := distance*math.Sin(angle), distance*math.Cos(angle)
		if z < 2.4 && math.Abs(x) < 0.7 {
			continue
		}
		put(r, vec{x, b.height(x, z), z})
		return
	}
}

func (b *bed) occupy(at vec, radius, height float64) {
	b.rocks = append(b.rocks, rock{at.x, at.z, radius, at.y + height})
}

func (b *bed) putStone(r *rand.Rand, at vec) {
	size := between(r, 0.1, 0.32)
	b.fixed.blob(at.more(vec{0, 1, 0}, 0.1*size), vec{size * between(r, 0.8, 1.4), size * between(r, 0.5, 0.9), size}, 0.35, stone, r.Float64(), r.Uint32(), 14)
	b.occupy(at, size*1.2, size)
}

func (b *bed) putRubble(r *rand.Rand, at vec) {
	size := between(r, 0.02, 0.06)
	if r.Float64() < 0.5 {
		b.fixed.blob(at, vec{size * between(r, 0.8, 1.6), size * 0.6, size}, 0.4, stone, r.Float64(), r.Uint32(), 8)
		return
	}
	angle := between(r, 0, math.Pi)
	to := vec{math.Cos(angle), between(r, -0.05, 0.25), math.Sin(angle)}.mul(size * 2.5)
	b.fixed.tube([]vec{at, at.more(to, 0.5), at.add(to)}, []float64{size * 0.36, size * 0.32, size * 0.02}, 7, stone, r.Float64(), nil)
}

func (b *bed) putHead(r *rand.Rand, at vec) {
	size := between(r, 0.25, 0.95) * ramp(1, 5, at.len())
	size = math.Max(size, 0.2)
	tone, seed := r.Float64(), r.Uint32()
	tall := between(r, 0.6, 1.1)
	b.fixed.blob(at.more(vec{0, 1, 0}, 0.05*size), vec{size, size * tall, size * between(r, 0.8, 1.2)}, 0.28, massiveCoral, tone, seed, 26)
	for range 1 + r.IntN(4) { // what grows on it and by it
		around, q := between(r, 0, 2*math.Pi), size*between(r, 0.5, 1.1)
		beside := vec{at.x + q*math.Cos(around), 0, at.z + q*math.Sin(around)}
		beside.y = at.y + size*tall*math.Sqrt(math.Max(0, 1-sq(q/size/1.15)))*0.9
		if r.Float64() < 0.5 {
			b.fixed.bush(r, beside, size*between(r, 0.2, 0.35))
		} else {
			b.fixed.blob(beside, vec{size * 0.35, size * 0.3, size * 0.35}, 0.3, massiveCoral, r.Float64(), r.Uint32(), 14)
		}
	}
	b.occupy(at, size*1.1, size*tall*1.2)
}

func (b *bed) putBush(r *rand.Rand, at vec) {
	size := between(r, 0.16, 0.4)
	b.fixed.bush(r, at, size)
	b.occupy(at, size, size*1.1)
}

func (b *bed) putPlate(r *rand.Rand, at vec) {
	size := between(r, 0.25, 0.65)
	b.fixed.plate(r, at, size, r.Uint32())
	b.occupy(at, size, size*0.8)
}

func (b *bed) putFan(r *rand.Rand, at vec) {
	size := between(r, 0.3, 0.75)
	b.loose.fanOf(r, at, size)
	b.occupy(at, size*0.4, size)
}

func (b *bed) putWhip(r *rand.Rand, at vec) {
	for range 1 + r.IntN(4) {
		b.loose.whip(r, at.add(vec{between(r, -0.1, 0.1), 0, between(r, -0.1, 0.1)}), between(r, 0.3, 0.9))
	}
}

func (b *bed) putVase(r *rand.Rand, at vec) {
	tone, size := r.Float64(), between(r, 0.12, 0.36)
	lean := vec{between(r, -0.2, 0.2), 0, between(r, -0.2, 0.2)}
	if r.Float64() < 0.5 {
		b.fixed.vase(at, size*0.55, size*between(r, 1, 1.5), tone, lean, 11)
		b.occupy(at, size*0.6, size*1.3)
		return
	}
	for range 3 + r.IntN(4) {
		foot := at.add(vec{between(r, -0.5, 0.5) * size, 0, between(r, -0.5, 0.5) * size})
		b.fixed.vase(foot, size*0.2, size*between(r, 0.8, 1.9), tone, lean.add(vec{between(r, -0.2, 0.2), 0, between(r, -0.2, 0.2)}), 7)
	}
	b.occupy(at, size*0.8, size*1.5)
}

func (b *bed) putTuft(r *rand.Rand, at vec) {
	long := between(r, 0.16, 0.34)
	for range 16 {
		x, z := at.x+0.13*r.NormFloat64(), at.z+0.13*r.NormFloat64()
		if math.Hypot(x, z-0.6) < 1 {
			continue
		}
		b.loose.blade(r, vec{x, b.height(x, z) - 0.02, z}, long*between(r, 0.6, 1.1), between(r, 0.006, 0.012))
	}
}

// propColour is the reflectance of a prop's surface.
func propColour(h *hit, seed uint32) (vec, float64) {
	tone, a := h.skin[1], h.skin[2]
	p := h.at
	fine := noise3(p.mul(34), seed)
	rough := noise3(p.mul(9), seed+1)
	switch int(h.skin[0] + 0.5) {
	case massiveCoral:
		base := vec{0.30, 0.25, 0.13}.mix(vec{0.33, 0.20, 0.20}, ramp(0.5, 0.9, tone)).mix(vec{0.20, 0.26, 0.15}, ramp(0.35, 0.1, tone))
		brain := math.Abs(noise3(p.mul(22), seed+2))
		base = base.mul(0.72 + 0.5*ramp(0, 0.35, brain) + 0.15*fine)
		dead := ramp(0.15, 0.5, noise3(p.mul(3.1), seed+3)+0.2*rough)
		return base.mix(vec{0.23, 0.22, 0.14}.mul(1+0.4*fine), dead).mul(0.55 + 0.45*ramp(-0.5, 0.4, h.normal.y)), 0.05
	case branchCoral:
		base := vec{0.40, 0.30, 0.16}.mix(vec{0.36, 0.28, 0.42}, ramp(0.6, 0.8, tone)).mix(vec{0.22, 0.28, 0.15}, ramp(0.3, 0.1, tone))
		return base.mul(0.55+0.45*a).mix(vec{0.80, 0.76, 0.66}, 0.7*ramp(0.75, 1, a)).mul(1 + 0.15*fine), 0.05
	case plateCoral:
		base := vec{0.34, 0.28, 0.16}.mix(vec{0.24, 0.28, 0.20}, tone)
		return base.mix(vec{0.66, 0.60, 0.46}, 0.7*ramp(0.88, 1, a)).mul(1 + 0.2*rough + 0.15*fine), 0.05
	case sponge:
		base := vec{0.36, 0.16, 0.13}.mix(vec{0.58, 0.30, 0.06}, ramp(0.35, 0.6, tone)).mix(vec{0.24, 0.16, 0.30}, ramp(0.65, 0.8, tone))
		if h.skin[3] > 0.7 {
			base = base.mul(0.35)
		}
		return base.mul(0.8 + 0.3*rough + 0.25*fine), 0.04
	case fanCoral:
		base := vec{0.50, 0.14, 0.10}.mix(vec{0.60, 0.40, 0.10}, ramp(0.4, 0.6, tone)).mix(vec{0.45, 0.42, 0.36}, ramp(0.7, 0.8, tone))
		return base.mul(1 + 0.2*fine), 0.03
	case grass:
		base := vec{0.085, 0.15, 0.035}.mix(vec{0.17, 0.14, 0.06}, ramp(0.7, 1, tone))
		return base.mul(0.7+0.6*a).mix(vec{0.34, 0.31, 0.22}, 0.45*ramp(0.3, 0.8, a)*ramp(-0.2, 0.5, fine)), 0.08
	case pipe:
		tape := ramp(0.03, 0, math.Abs(math.Remainder(a*11+0.25, 1))-0.06)
		base := vec{0.66, 0.66, 0.62}.mix(vec{0.05, 0.05, 0.05}, tape)
		return base.mix(vec{0.22, 0.23, 0.12}, 0.55*ramp(0, 0.5, rough+0.4*fine)), 0.25
	case mesh:
		u, v := a*26, h.skin[3]*30
		net := math.Min(math.Abs(math.Remainder(u+v, 2)), math.Abs(math.Remainder(u-v, 2)))
		bait := vec{0.36, 0.22, 0.17}.mix(vec{0.60, 0.56, 0.52}, ramp(0, 0.5, noise3(p.mul(60), seed+4)))
		return bait.mul(0.45).mix(vec{0.05, 0.052, 0.05}.mix(vec{0.55, 0.28, 0.05}, ramp(0.5, 0.55, tone)), ramp(0.34, 0.2, net)), 0.2
	}
	base := vec{0.36, 0.33, 0.27}.mul(0.8 + 0.5*tone)
	base = base.mix(vec{0.47, 0.27, 0.28}, 0.6*ramp(0.1, 0.5, rough)).mix(vec{0.20, 0.21, 0.10}, 0.8*ramp(0.1, 0.5, noise3(p.mul(5), seed+6))*ramp(-0.1, 0.5, h.normal.y))
	return base.mul(1 + 0.25*fine), 0.03
}

// newArm is the bait arm and the bag at its end, in the camera's own frame: the arm is fixed to what the camera stands
// on. Loose corners swing with the surge.
func newArm(seed uint64) (arm *props, bait vec) {
	r := draws(seed, "arm")
	arm = &props{}
	long := between(r, 1.1, 1.5)
	foot, end := vec{between(r, -0.05, 0.05), -0.36, 0.16}, vec{between(r, -0.08, 0.08), -0.27, long}
	thick := between(r, 0.011, 0.017)
	const n = 15
	line, radius := make([]vec, n), make([]float64, n)
	for i := range n {
		t := float64(i) / (n - 1)
		line[i] = foot.mix(end, t).more(vec{0, 1, 0}, -0.03*t*t)
		radius[i] = thick
	}
	arm.tube(line, radius, 12, pipe, r.Float64(), nil)
	bait = line[n-1].add(vec{0, 0.035, -0.05})
	tone := r.Float64()
	if r.Float64() < 0.5 { // a bag of plastic mesh, bulging
		arm.blob(bait, vec{0.075, 0.095, 0.07}, 0.16, mesh, tone, r.Uint32(), 20)
		last := arm.vertices[len(arm.vertices)-20*40:]
		for i := range last { // u, v for the netting; looser below
			last[i].skin[2], last[i].skin[3] = float64(i/40)/19, float64(i%40)/39
			last[i].skin[4] = 0.05 * (1 - float64(i/40)/19)
		}
		return arm, bait
	}
	across := vec{0.115, 0, 0.02}
	can := []vec{bait.more(across, -1), bait.more(across, -0.99), bait.more(across, -0.4), bait.more(across, 0.4), bait.more(across, 0.99), bait.more(across, 1)}
	arm.tube(can, []float64{0.001, 0.055, 0.056, 0.056, 0.055, 0.001}, 20, mesh, tone, nil)
	for _, k := range []float64{-1, 1} {
		arm.tube([]vec{bait.more(across, k*1.0), bait.more(across, k*1.12)}, []float64{0.059, 0.059}, 18, pipe, 0.5, nil)
		arm.tube([]vec{bait.more(across, k*1.12), bait.more(across, k*1.121)}, []float64{0.059, 0.001}, 18, pipe, 0.5, nil)
	}
	return arm, bait
}
