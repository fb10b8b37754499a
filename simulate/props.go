package simulate

import (
	"math"
	"math/rand/v2"
)

// props are the things that stand in the scene, as one mesh in the world. A corner's skin
// holds its material, a random tone, two numbers of the material, and how loose it is: how far the surge moves it.
type props struct {
	vertices  []vertex
	triangles []triangle
}

// The materials of props.
const (
	massiveCoral = iota
	branchCoral
	plateCoral
	sponge
	fanCoral
	grass
	pipe
	mesh
	stone
)

// sheet adds a grid of places; normals follow from the grid.
func (p *props) sheet(rows, cols int, thin bool, at func(i, j int) vertex) {
	first := int32(len(p.vertices))
	for i := range rows {
		for j := range cols {
			v := at(i, j)
			down := at(clampInt(i+1, rows-1), j).at.sub(at(clampInt(i-1, rows-1), j).at)
			across := at(i, clampInt(j+1, cols-1)).at.sub(at(i, clampInt(j-1, cols-1)).at)
			if n := down.cross(across); n.len() > 1e-12 {
				v.normal = n.unit()
			}
			p.vertices = append(p.vertices, v)
		}
	}
	for i := range int32(rows - 1) {
		for j := range int32(cols - 1) {
			k := first + i*int32(cols) + j
			p.triangles = append(p.triangles, triangle{a: k, b: k + 1, c: k + int32(cols), thin: thin}, triangle{a: k + 1, b: k + int32(cols) + 1, c: k + int32(cols), thin: thin})
		}
	}
}

// tube is a pipe along a line, radius by radius.
func (p *props) tube(line []vec, radius []float64, sides int, material int, tone float64, loose []float64) {
	n := len(line)
	axis := line[n-1].sub(line[0]).unit()
	side := axis.cross(vec{0.31, 0.27, 0.91}).unit()
	p.sheet(n, sides+1, true, func(i, j int) vertex {
		sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
		a := line[min(i+1, n-1)].sub(line[max(i-1, 0)]).unit()
		u := side.more(a, -side.dot(a)).unit()
		v := a.cross(u)
		skin := [5]float64{float64(material), tone, float64(i) / float64(n-1), float64(j) / float64(sides), 0}
		if loose != nil {
			skin[4] = loose[i]
		}
		return vertex{at: line[i].more(u, radius[i]*cos).more(v, radius[i]*sin), normal: u.mul(cos).more(v, sin), skin: skin}
	})
}

// blob is a knobbly ball.
func (p *props) blob(at, size vec, rough float64, material int, tone float64, seed uint32, detail int) {
	p.sheet(detail, 2*detail, true, func(i, j int) vertex {
		st, ct := math.Sincos(math.Pi * float64(i) / float64(detail-1))
		sp, cp := math.Sincos(2 * math.Pi * float64(j) / float64(2*detail-1))
		d := vec{st * cp, ct, st * sp}
		k := 1 + rough*(noise3(d.mul(1.7), seed)+0.5*noise3(d.mul(4.1), seed+1)+0.22*noise3(d.mul(9), seed+2))
		return vertex{at: at.add(d.times(size).mul(k)), normal: d, skin: [5]float64{float64(material), tone, k, ct, 0}}
	})
}

// vase is a barrel or a tube of sponge, open at the top.
func (p *props) vase(at vec, radius, height float64, tone float64, lean vec, ribs float64) {
	profile := [][2]float64{{0.55, 0}, {0.8, 0.2}, {1, 0.5}, {1.02, 0.75}, {0.92, 0.96}, {0.84, 1}, {0.7, 0.96}, {0.6, 0.7}, {0.5, 0.4}}
	p.sheet(len(profile), 21, true, func(i, j int) vertex {
		angle := 2 * math.Pi * float64(j) / 20
		sin, cos := math.Sincos(angle)
		r, h := profile[i][0]*radius*(1+0.07*math.Sin(ribs*angle)), profile[i][1]*height
		return vertex{at: at.add(vec{r * cos, h, r * sin}).more(lean, h), skin: [5]float64{sponge, tone, profile[i][1], float64(i) / 8, 0}}
	})
}

// bush is a colony of branching coral.
func (p *props) bush(r *rand.Rand, at vec, size float64) {
	tone := r.Float64()
	for range 30 {
		around, lean := between(r, 0, 2*math.Pi), math.Sqrt(r.Float64())*1.25
		dir := vec{math.Sin(lean) * math.Cos(around), math.Cos(lean), math.Sin(lean) * math.Sin(around)}
		long := size * between(r, 0.7, 1.05)
		root := at.add(vec{dir.x * size * 0.15, 0, dir.z * size * 0.15})
		tip := root.more(dir, long).more(vec{0, 1, 0}, 0.15*long)
		mid := root.more(dir, 0.5*long)
		p.tube([]vec{root, mid, tip}, []float64{0.07 * size, 0.055 * size, 0.018 * size}, 6, branchCoral, tone, nil)
		for range 2 {
			twig := dir.add(vec{between(r, -0.7, 0.7), between(r, 0, 0.6), between(r, -0.7, 0.7)}).unit()
			p.tube([]vec{mid, mid.more(twig, 0.25*long), mid.more(twig, 0.42*long)}, []float64{0.045 * size, 0.035 * size, 0.012 * size}, 5, branchCoral, tone, nil)
		}
	}
}

// plate is a table coral on its stalk.
func (p *props) plate(r *rand.Rand, at vec, size float64, seed uint32) {
	tone := r.Float64()
	tilt := vec{between(r, -0.25, 0.25), 0, between(r, -0.3, 0.05)}
	p.sheet(8, 33, true, func(i, j int) vertex {
		angle := 2 * math.Pi * float64(j) / 32
		sin, cos := math.Sincos(angle)
		rim := size * (1 + 0.16*noise2(3+2*cos, 3+2*sin, seed))
		q := []float64{0, 0.4, 0.75, 0.95, 1, 0.93, 0.28, 0.16}[i] * rim
		h := size * []float64{0.55, 0.57, 0.62, 0.66, 0.64, 0.58, 0.44, -0.05}[i]
		return vertex{at: at.add(vec{q * cos, h + tilt.x*q*cos + tilt.z*q*sin, q * sin}), skin: [5]float64{plateCoral, tone, q / size, float64(j), 0}}
	})
}

// fanOf is a sea fan: branches in one plane across the current.
func (p *props) fanOf(r *rand.Rand, at vec, size float64) {
	tone, plane := r.Float64(), between(r, -0.6, 0.6)
	across := vec{math.Cos(plane), 0, math.Sin(plane)}
	var grow func(from vec, angle, long, thick, high float64, left int)
	grow = func(from vec, angle, long, thick, high float64, left int) {
		sin, cos := math.Sincos(angle)
		to := from.more(across, long*sin).more(vec{0, 1, 0}, long*cos)
		mid := from.mix(to, 0.5).more(across, 0.06*long*between(r, -1, 1))
		p.tube([]vec{from, mid, to}, []float64{thick, thick * 0.85, thick * 0.7}, 4, fanCoral, tone, []float64{high * 0.12, high*0.12 + long*0.06, high*0.12 + long*0.12})
		if left == 0 {
			return
		}
		for _, side := range []float64{-1, 1} {
			grow(to, angle*0.75+side*between(r, 0.2, 0.6), long*between(r, 0.62, 0.85), thick*0.68, high+long, left-1)
		}
		if left > 2 {
			grow(mid, angle+between(r, -0.7, 0.7), long*0.6, thick*0.55, high+long/2, left-2)
		}
	}
	grow(at, 0, size*0.32, size*0.022, 0, 5)
}

// whip is one long loose coral, or a bundle of them.
func (p *props) whip(r *rand.Rand, at vec, long float64) {
	lean := vec{between(r, -0.35, 0.35), 1, between(r, -0.3, 0.3)}.unit()
	tone, curl := r.Float64(), vec{between(r, -0.6, 0.6), -0.25, between(r, -0.6, 0.6)}
	const n = 9
	line, radius, loose := make([]vec, n), make([]float64, n), make([]float64, n)
	for i := range n {
		t := float64(i) / (n - 1)
		line[i] = at.more(lean, long*t).more(curl, long*t*t)
		radius[i] = 0.0085 * (1 - 0.5*t)
		loose[i] = 0.3 * long * t * t
	}
	p.tube(line, radius, 5, fanCoral, tone, loose)
}

// blade is a leaf of seagrass.
func (p *props) blade(r *rand.Rand, at vec, long, broad float64) {
	around := between(r, 0, 2*math.Pi)
	across := vec{math.Cos(around), 0, math.Sin(around)}.mul(broad / 2)
	lean := vec{between(r, -0.5, 0.5), 1, between(r, -0.5, 0.5)}.unit()
	fall := vec{between(r, -0.5, 0.5), -0.25, between(r, -0.5, 0.5)}
	tone := r.Float64()
	p.sheet(5, 2, true, func(i, j int) vertex {
		t := float64(i) / 4
		side := across.mul((1 - 0.7*t*t) * float64(2*j-1))
		return vertex{at: at.more(lean, long*t).more(fall, long*t*t).add(side), skin: [5]float64{grass, tone, t, float64(j), 0.45 * long * t * t}}
	})
}
