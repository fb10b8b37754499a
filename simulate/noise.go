package simulate

import (
	"math"
	"math/rand/v2"
)

// mixBits turns a number into one that looks random (the finaliser of SplitMix64).
func mixBits(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draws is a source of random numbers for one purpose: adding a purpose changes no other.
func draws(seed uint64, purpose string) *rand.Rand {
	h := mixBits(seed)
	for _, c := range []byte(purpose) {
		h = mixBits(h ^ uint64(c))
	}
	return rand.New(rand.NewPCG(h, mixBits(h)))
}

// between is a number between low and high.
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// lattice is the random number, -1 to 1, of a corner of the noise's grid.
func lattice(x, y, z int32, seed uint32) float64 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ uint32(z)*0xcb1ab31f ^ seed*0x9e3779b1
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return float64(int32(h)) * (1.0 / (1 << 31))
}

func fade(t float64) float64 { return t * t * t * (t*(t*6-15) + 10) }

// noise2 is smooth noise, -1 to 1, that changes over lengths of about 1.
func noise2(x, y float64, seed uint32) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int32(fx), int32(fy)
	u, v := fade(x-fx), fade(y-fy)
	return mix(mix(lattice(ix, iy, 0, seed), lattice(ix+1, iy, 0, seed), u),
		mix(lattice(ix, iy+1, 0, seed), lattice(ix+1, iy+1, 0, seed), u), v)
}

// noise3 is noise2 in space.
func noise3(p vec, seed uint32) float64 {
	fx, fy, fz := math.Floor(p.x), math.Floor(p.y), math.Floor(p.z)
	ix, iy, iz := int32(fx), int32(fy), int32(fz)
	u, v, w := fade(p.x-fx), fade(p.y-fy), fade(p.z-fz)
	layer := func(z int32) float64 {
		return mix(mix(lattice(ix, iy, z, seed), lattice(ix+1, iy, z, seed), u),
			mix(lattice(ix, iy+1, z, seed), lattice(ix+1, iy+1, z, seed), u), v)
	}
	return mix(layer(iz), layer(iz+1), w)
}

// rough2 adds octaves of noise, each half as strong at about half the length.
func rough2(x, y float64, octaves int, seed uint32) float64 {
	sum, amp := 0.0, 0.5
	for o := range octaves {
		sum += amp * noise2(x, y, seed+uint32(o)*101)
		x, y = 1.62*x+1.21*y+7.3, 1.62*y-1.21*x+3.1 // turned, so that the grids do not line up
		amp /= 2
	}
	return sum
}

// cells is the distance to the nearest and the second nearest of points strewn at
// about one a unit of area, and the random number of the nearest.
func cells(x, y float64, seed uint32) (first, second, which float64) {
	ix, iy := int32(math.Floor(x)), int32(math.Floor(y))
	first, second = 9, 9
	for dy := int32(-1); dy <= 1; dy++ {
		for dx := int32(-1); dx <= 1; dx++ {
			cx, cy := ix+dx, iy+dy
			px := float64(cx) + 0.5 + 0.45*lattice(cx, cy, 1, seed)
			py := float64(cy) + 0.5 + 0.45*lattice(cx, cy, 2, seed)
			d := math.Hypot(px-x, py-y)
			if d < first {
				first, second, which = d, first, lattice(cx, cy, 3, seed)
			} else if d < second {
				second = d
			}
		}
	}
	return first, second, which
}

// blotch is noise without a grain: two fields at an angle to each other and to the axes.
func blotch(p vec, seed uint32) float64 {
	a := vec{0.80*p.x + 0.36*p.y + 0.48*p.z, -0.60*p.x + 0.48*p.y + 0.64*p.z, -0.80*p.y + 0.60*p.z}
	b := vec{0.36*p.x - 0.80*p.y + 0.48*p.z, 0.48*p.x + 0.60*p.y + 0.64*p.z, -0.80*p.x + 0.60*p.z}
	return 0.72*noise3(a, seed) + 0.72*noise3(b.mul(1.13), seed+57)
}
