package simulate

import "math"

// vertex is a corner of a mesh as it stands in the world and falls in the picture.
type vertex struct {
	at, normal vec
	x, y       float64    // in the picture, pixels
	near       float64    // 1/distance from the camera; 0: not in front of it
	skin       [5]float64 // along the body, height and side in it, and u, v of a fin: see skinAt
}

// triangle is three corners of one thing.
type triangle struct {
	a, b, c int32
	thing   int16
	part    part
	thin    bool // seen from both sides
}

// sample is what one of the four points in a pixel hits.
type sample struct {
	near   float64 // 1/distance; 0: nothing
	tri    int32   // index of the triangle
	kb, kc float32 // weights of its corners b and c, the rest is a's
}

// bandRows is how many rows of pixels are filled at a time; it keeps the samples in the cache.
const bandRows = 16

// raster finds for each of 2×2 points in every pixel the nearest triangle.
type raster struct {
	w, h      int
	vertices  []vertex
	triangles []triangle
	bands     [][]int32
	samples   []sample // of one band, 2·w by 2·bandRows
}

func newRaster(w, h int) *raster {
	return &raster{w: w, h: h, bands: make([][]int32, (h+bandRows-1)/bandRows)}
}

func (r *raster) clear() {
	r.vertices, r.triangles = r.vertices[:0], r.triangles[:0]
	for i := range r.bands {
		r.bands[i] = r.bands[i][:0]
	}
}

// edge is twice the area to the left of the line from a to b seen from p.
func edge(ax, ay, bx, by, px, py float64) float64 { return (bx-ax)*(py-ay) - (by-ay)*(px-ax) }

// sort puts the triangles that can be seen into their bands.
func (r *raster) sort() {
	for i := range r.triangles {
		t := &r.triangles[i]
		a, b, c := &r.vertices[t.a], &r.vertices[t.b], &r.vertices[t.c]
		if a.near == 0 || b.near == 0 || c.near == 0 {
			continue
		}
		area := edge(a.x, a.y, b.x, b.y, c.x, c.y)
		if area == 0 || area < 0 && !t.thin {
			continue
		}
		if area < 0 {
			t.b, t.c = t.c, t.b
		}
		x0, x1 := math.Min(a.x, math.Min(b.x, c.x)), math.Max(a.x, math.Max(b.x, c.x))
		y0, y1 := math.Min(a.y, math.Min(b.y, c.y)), math.Max(a.y, math.Max(b.y, c.y))
		if x1 < 0 || y1 < 0 || x0 >= float64(r.w) || y0 >= float64(r.h) {
			continue
		}
		from, to := max(0, int(y0))/bandRows, min(r.h-1, int(y1))/bandRows
		for band := from; band <= to; band++ {
			r.bands[band] = append(r.bands[band], int32(i))
		}
	}
}

// fill finds what the samples of a band hit.
func (r *raster) fill(band int) {
	wide := 2 * r.w
	if len(r.samples) != wide*2*bandRows {
		r.samples = make([]sample, wide*2*bandRows)
	}
	clear(r.samples)
	top := band * bandRows
	for _, i := range r.bands[band] {
		r.fillOne(i, top, wide)
	}
}

func (r *raster) fillOne(i int32, top, wide int) {
	t := r.triangles[i]
	a, b, c := &r.vertices[t.a], &r.vertices[t.b], &r.vertices[t.c]
	// in samples, whose centres lie at whole numbers plus a half
	ax, ay, bx, by, cx, cy := 2*a.x, 2*(a.y-float64(top)), 2*b.x, 2*(b.y-float64(top)), 2*c.x, 2*(c.y-float64(top))
	area := edge(ax, ay, bx, by, cx, cy)
	x0 := max(0, int(math.Ceil(math.Min(ax, math.Min(bx, cx))-0.5)))
	x1 := min(wide-1, int(math.Floor(math.Max(ax, math.Max(bx, cx))-0.5)))
	y0 := max(0, int(math.Ceil(math.Min(ay, math.Min(by, cy))-0.5)))
	y1 := min(2*bandRows-1, int(math.Floor(math.Max(ay, math.Max(by, cy))-0.5)))
	for y := y0; y <= y1; y++ {
		py := float64(y) + 0.5
		for x := x0; x <= x1; x++ {
			px := float64(x) + 0.5
			wb, wc := edge(cx, cy, ax, ay, px, py)/area, edge(ax, ay, bx, by, px, py)/area
			wa := 1 - wb - wc
			if wa < 0 || wb < 0 || wc < 0 {
				continue
			}
			near := wa*a.near + wb*b.near + wc*c.near
			if s := &r.samples[y*wide+x]; near > s.near {
				*s = sample{near, i, float32(wb * b.near / near), float32(wc * c.near / near)}
			}
		}
	}
}

// hit is a point of a surface.
type hit struct {
	at, normal vec
	skin       [5]float64
	part       part
}

// look gives the point of the surface that a sample hit.
func (r *raster) look(s sample) (h hit) {
	t := r.triangles[s.tri]
	a, b, c := &r.vertices[t.a], &r.vertices[t.b], &r.vertices[t.c]
	kb, kc := float64(s.kb), float64(s.kc)
	ka := 1 - kb - kc
	h.at = a.at.mul(ka).more(b.at, kb).more(c.at, kc)
	h.normal = a.normal.mul(ka).more(b.normal, kb).more(c.normal, kc).unit()
	for i := range h.skin {
		h.skin[i] = ka*a.skin[i] + kb*b.skin[i] + kc*c.skin[i]
	}
	h.part = t.part
	return h
}

// add puts a vertex into the picture that a camera takes and returns its number.
func (r *raster) add(eye frameOf, l lens, v vertex) int32 {
	p := eye.in(v.at)
	x, y, ok := l.project(p)
	if d := p.len(); ok && d > 0.12 {
		v.x, v.y, v.near = x+l.margin, y+l.margin, 1/d
	}
	r.vertices = append(r.vertices, v)
	return int32(len(r.vertices) - 1)
}
