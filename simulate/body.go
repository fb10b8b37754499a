package simulate

import "math"

// part is a part of an animal, or of the things that stand in the scene.
type part uint8

const (
	trunk part = iota
	dorsal
	dorsal2
	pectoral
	pelvic
	anal
	upperTail
	lowerTail
)

// section is a slice across a body: where along it, how far it reaches above and
// below the axis and to each side, and by how much the axis itself is raised. All as shares of the total length.
type section struct{ s, top, bottom, side, lift float64 }

// row is a line across a fin at a height above (or beside) its base: from the leading
// to the trailing edge. All as shares of the total length.
type row struct{ height, lead, trail float64 }

// fin is a thin plate. A median fin stands on the back or hangs from the belly (down),
// a paired one goes out to both sides, dropping by its angle.
type fin struct {
	part   part
	rows   []row
	down   bool
	paired bool
	drop   float64 // radians, of a paired fin
	at     float64 // height on the body at which a paired fin starts: -1 belly, 1 back
	thick  float64 // share of the total length at the base
}

// plan is the shape of a species.
type plan struct {
	sections []section
	square   float64 // 1: the slices are ellipses; below: fuller
	fins     []fin
	rings    int
	sides    int
	disc     bool // a ray: its sides beat up and down
}

// corner is a vertex of a body at rest: along it, to the right, up, as shares of the length.
type corner struct {
	s, side, up float64
	hold        float64 // the place along the body that carries it: fins on the sides move as one piece
	normal      vec     // x to the right, y up, z towards the tail
	skin        [5]float64
}

// body is a mesh at rest.
type body struct {
	corners   []corner
	triangles []triangle
}

// spline goes smoothly through values at rising places.
func spline(n int, place func(int) float64, value func(int) float64, x float64) float64 {
	i := 0
	for i < n-2 && place(i+1) < x {
		i++
	}
	x0, x1 := place(i), place(i+1)
	t := clamp((x-x0)/(x1-x0), 0, 1)
	slope := func(k int) float64 {
		a, b := max(k-1, 0), min(k+1, n-1)
		return (value(b) - value(a)) / (place(b) - place(a))
	}
	d := x1 - x0
	a, b := value(i), value(i+1)
	t2, t3 := t*t, t*t*t
	return a*(2*t3-3*t2+1) + slope(i)*d*(t3-2*t2+t) + b*(3*t2-2*t3) + slope(i+1)*d*(t3-t2)
}

// slice is the body's section at a place along it.
func (p *plan) slice(s float64) section {
	n := len(p.sections)
	get := func(value func(section) float64) float64 {
		return spline(n, func(i int) float64 { return p.sections[i].s }, func(i int) float64 { return value(p.sections[i]) }, s)
	}
	return section{s, math.Max(0, get(func(c section) float64 { return c.top })), math.Max(0, get(func(c section) float64 { return c.bottom })),
		math.Max(0, get(func(c section) float64 { return c.side })), get(func(c section) float64 { return c.lift })}
}

// build makes the mesh of a plan.
func (p *plan) build() *body {
	b := &body{}
	end := p.sections[len(p.sections)-1].s
	grid := func(i, j int) corner {
		t := float64(i) / float64(p.rings-1)
		s := end * (0.55*t*t + 0.45*t) // closer at the head
		c := p.slice(s)
		sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(p.sides))
		shape := func(x float64) float64 { return math.Copysign(math.Pow(math.Abs(x), p.square), x) }
		up := shape(cos) * c.top
		if cos < 0 {
			up = shape(cos) * c.bottom
		}
		return corner{s: s, side: c.side * shape(sin), up: c.lift + up, hold: s, skin: [5]float64{s, up, c.side * shape(sin), shape(cos), 0}}
	}
	b.sheet(p.rings, p.sides+1, trunk, false, grid)
	for _, f := range p.fins {
		p.addFin(b, f)
	}
	return b
}

// sheet adds a grid of corners and the triangles between them; normals follow from the grid.
func (b *body) sheet(rows, cols int, of part, flip bool, at func(i, j int) corner) {
	first := int32(len(b.corners))
	place := func(i, j int) vec {
		c := at(clampInt(i, rows-1), clampInt(j, cols-1))
		return vec{c.side, c.up, c.s}
	}
	for i := range rows {
		for j := range cols {
			c := at(i, j)
			along, around := place(i+1, j).sub(place(i-1, j)), place(i, j+1).sub(place(i, j-1))
			c.normal = along.cross(around)
			if of == trunk && (j == 0 || j == cols-1) { // the seam lies on the back
				c.normal.x = 0
			}
			if c.normal.len() < 1e-12 {
				c.normal = vec{0, 0, -1}
			}
			c.normal = c.normal.unit()
			if flip {
				c.normal = c.normal.mul(-1)
			}
			b.corners = append(b.corners, c)
		}
	}
	for i := range int32(rows - 1) {
		for j := range int32(cols - 1) {
			k := first + i*int32(cols) + j
			p, q, r, s := k, k+1, k+int32(cols), k+int32(cols)+1
			if flip {
				p, q, r, s = q, p, s, r
			}
			b.triangles = append(b.triangles, triangle{a: p, b: q, c: r, part: of, thin: of != trunk}, triangle{a: q, b: s, c: r, part: of, thin: of != trunk})
		}
	}
}

func clampInt(i, most int) int { return min(max(i, 0), most) }

// addFin adds both faces of a fin, on both sides where it is paired.
func (p *plan) addFin(b *body, f fin) {
	rows, cols := 11, 7
	sides := []float64{1}
	if f.paired {
		sides = []float64{1, -1}
	}
	for _, side := range sides {
		for _, face := range []float64{1, -1} {
			b.sheet(rows, cols, f.part, face*side < 0, func(i, j int) corner {
				return p.finCorner(f, side, face, float64(i)/float64(rows-1), float64(j)/float64(cols-1))
			})
		}
	}
}

// finCorner is a place on a face of a fin, u from its base to its tip, v from its leading to its trailing edge.
func (p *plan) finCorner(f fin, side, face, u, v float64) corner {
	n := len(f.rows)
	place := func(i int) float64 { return f.rows[i].height }
	height := f.rows[0].height + u*(f.rows[n-1].height-f.rows[0].height)
	lead := spline(n, place, func(i int) float64 { return f.rows[i].lead }, height)
	trail := spline(n, place, func(i int) float64 { return f.rows[i].trail }, height)
	s := mix(lead, trail, v)
	thick := face * f.thick * (0.62 - 0.5*u) * math.Sqrt(math.Max(0, v*(1-v))) * (1.6 - v)
	c := corner{s: s, hold: s, skin: [5]float64{s, 0, side, u, v}}
	if f.paired {
		base := p.slice(f.rows[0].lead)
		sin, cos := math.Sincos(f.drop)
		up := base.lift + f.at*base.top
		if f.at < 0 {
			up = base.lift + f.at*base.bottom
		}
		root := base.side * math.Sqrt(math.Max(0, 1-f.at*f.at)) * 0.9
		c.side, c.up = side*(root+height*cos+thick*sin), up-height*sin+thick*cos
		c.hold = f.rows[0].lead
		return c
	}
	foot := p.slice(clamp(s, f.rows[0].lead, f.rows[0].trail))
	c.side, c.up = thick, foot.lift+foot.top*0.92+height
	if f.down {
		c.up = foot.lift - foot.bottom*0.92 - height
	}
	if f.part == upperTail || f.part == lowerTail {
		c.up = height
		if f.down {
			c.up = -height
		}
	}
	return c
}
