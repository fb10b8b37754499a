package dataset

import (
	"math"
	"math/rand/v2"

	"requin/frame"
)

// placement is where a picture comes to lie on the network's input: its pixel (x, y) at (ax·x + bx, ay·y + by), what is
// outside of clip cut off. Places are continuous, as those of boxes: pixel i reaches from i to i+1.
type placement struct {
	ax, bx, ay, by float64
	clip           frame.Box // within the input
}

// box brings a box of the picture (in its pixels as it is stored, w×h being its fitted size over that) to the
// input, and says which share of it is visible.
func (p placement) box(b frame.Box, kx, ky float64) (at frame.Box, visible float64) {
	x0, x1 := p.ax*kx*b.X0+p.bx, p.ax*kx*b.X1+p.bx
	y0, y1 := p.ay*ky*b.Y0+p.by, p.ay*ky*b.Y1+p.by
	all := frame.Box{X0: min(x0, x1), Y0: min(y0, y1), X1: max(x0, x1), Y1: max(y0, y1)}
	at = frame.Box{X0: max(all.X0, p.clip.X0), Y0: max(all.Y0, p.clip.Y0), X1: min(all.X1, p.clip.X1), Y1: min(all.Y1, p.clip.Y1)}
	if all.Area() == 0 {
		return at, 0
	}
	return at, at.Area() / all.Area()
}

// maker makes pictures of batches, in memory that it uses again.
type maker struct {
	*Loader
	epoch int
	tile  tile
}

func newMaker(l *Loader, epoch int) *maker { return &maker{Loader: l, epoch: epoch} }

// make fills one place of a batch.
func (k *maker) make(b *Batch, slot int) error {
	picture := b.Pictures[slot]
	size := 3 * k.o.W * k.o.H
	image := b.Images[slot*size : (slot+1)*size]
	for c := range 3 {
		fill := k.table[c][k.o.Fill]
		plane := image[c*size/3 : (c+1)*size/3]
		for i := range plane {
			plane[i] = fill
		}
	}
	r := k.random(k.epoch, picture)
	pictures := []int{picture}
	if r.Float64() < k.o.Augment.Mosaic {
		for range 3 {
			pictures = append(pictures, k.pictures[r.IntN(len(k.pictures))])
		}
	}
	cx, cy := (0.3+0.4*r.Float64())*float64(k.o.W), (0.3+0.4*r.Float64())*float64(k.o.H)
	labels := b.Labels[slot][:0]
	for n, i := range pictures {
		p, err := k.store.get(k.m, i)
		if err != nil {
			return err
		}
		var at placement
		if len(pictures) == 1 {
			at = k.place(p, r)
		} else {
			at = k.quarter(p, n, math.Round(cx), math.Round(cy), r)
		}
		labels = k.label(labels, i, p, at)
		k.tile.sample(p, at)
		k.o.Augment.change(&k.tile, r)
		k.lay(image)
	}
	b.Labels[slot] = labels
	return nil
}

// place puts a picture on the input: in the letterbox, then scaled about the middle and shifted, then perhaps flipped.
func (k *maker) place(p *small, r *rand.Rand) placement {
	a, w, h := k.o.Augment, float64(k.o.W), float64(k.o.H)
	at := placement{ax: 1, ay: 1, clip: frame.Box{X1: w, Y1: h}}
	if k.o.Letterbox == "centre" {
		at.bx, at.by = float64((k.o.W-p.w)/2), float64((k.o.H-p.h)/2)
	}
	if a.Scale != (Range{}) {
		s := math.Exp(Range{math.Log(a.Scale[0]), math.Log(a.Scale[1])}.draw(r))
		at.ax, at.bx = s, s*(at.bx-w/2)+w/2
		at.ay, at.by = s, s*(at.by-h/2)+h/2
	}
	if a.Shift > 0 {
		at.bx += Range{-a.Shift, a.Shift}.draw(r) * w
		at.by += Range{-a.Shift, a.Shift}.draw(r) * h
	}
	if r.Float64() < a.Flip {
		at.ax, at.bx = -at.ax, w-at.bx
	}
	return at
}

// quarter puts the n-th of four pictures with a corner at (cx, cy).
func (k *maker) quarter(p *small, n int, cx, cy float64, r *rand.Rand) placement {
	w, h := float64(k.o.W), float64(k.o.H)
	s := k.o.Augment.MosaicSize.draw(r)
	at := placement{ax: s, bx: cx, ay: s, by: cy, clip: frame.Box{X0: cx, Y0: cy, X1: w, Y1: h}}
	if n%2 == 0 {
		at.bx, at.clip.X0, at.clip.X1 = cx-s*float64(p.w), 0, cx
	}
	if n < 2 {
		at.by, at.clip.Y0, at.clip.Y1 = cy-s*float64(p.h), 0, cy
	}
	if r.Float64() < k.o.Augment.Flip {
		at.ax, at.bx = -s, at.bx+s*float64(p.w)
	}
	return at
}

// label appends the boxes of picture i where they have come to lie. One of which too little is left is neither an
// example nor background.
func (k *maker) label(labels []Label, i int, p *small, at placement) []Label {
	kx, ky := float64(p.w)/float64(k.m.Pictures[i].W), float64(p.h)/float64(k.m.Pictures[i].H)
	for _, l := range k.labels[i] {
		box, visible := at.box(l.Box, kx, ky)
		if box.Area() == 0 {
			continue
		}
		l.Box = box
		l.Ignore = l.Ignore || visible < k.o.Augment.MinVisible || min(box.W(), box.H()) < k.o.Augment.MinSide
		labels = append(labels, l)
	}
	return labels
}

// lay writes the tile into an image of three planes.
func (k *maker) lay(image []float32) {
	t, plane := &k.tile, k.o.W*k.o.H
	for c := range 3 {
		from, table := c, &k.table[c] // of the packed RGB
		if k.o.Channels == "bgr" {
			from = 2 - c
		}
		for y := range t.h {
			row := t.pix[3*y*t.w : 3*(y+1)*t.w]
			to := image[c*plane+(t.y+y)*k.o.W+t.x:]
			for x := range t.w {
				to[x] = table[row[3*x+from]]
			}
		}
	}
}
