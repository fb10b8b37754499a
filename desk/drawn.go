package desk

import (
	"slices"
	"time"

	"requin/annotate"
	"requin/frame"
)

// drawn is what an import drew in a film, by frame, to tell whether an animal has a box already.
type drawn struct {
	rate     frame.Rational // of the film
	media    annotate.Media
	ids      map[string]bool // of tracks
	proposed map[string]bool // tracks that a machine proposed
	marks    map[string][]annotate.Mark
	looks    map[int]bool
}

func newDrawn(m annotate.Media, rate frame.Rational) drawn {
	return drawn{rate: rate, media: m, ids: map[string]bool{}, proposed: map[string]bool{}, marks: map[string][]annotate.Mark{}, looks: map[int]bool{}}
}

// key is a frame's number in the film, or its time in microseconds where no rate is known.
func (d drawn) key(at time.Duration) int {
	if n := numberAt(d.rate, at); n >= 0 {
		return n
	}
	return int(at / time.Microsecond)
}

// keyOf is the same of a mark or look; what states no rate counts the film's frames.
func (d drawn) keyOf(number int, at time.Duration, timed bool) int {
	if timed {
		return d.key(at)
	}
	return number
}

func (d drawn) track(t annotate.Track) {
	if d.ids != nil {
		d.ids[t.ID], d.proposed[t.ID] = true, annotate.Proposed(t.Names)
	}
}

func (d drawn) mark(m annotate.Mark) {
	if d.ids == nil || annotate.Proposed(m.Names) || len(m.Names) == 0 && d.proposed[m.Track] {
		return
	}
	at, timed := m.At(d.media.Rate)
	m.Frame = d.keyOf(m.Frame, at, timed)
	d.marks[m.Track] = append(d.marks[m.Track], m)
}

func (d drawn) look(l annotate.Look) {
	if d.ids != nil {
		at, timed := l.At(d.media.Rate)
		d.looks[d.keyOf(l.Frame, at, timed)] = true
	}
}

// sameAnimal is the least overlap (IoU) of two boxes of one animal, as in review.
const sameAnimal = 0.5

// without is what was confirmed, without the boxes and looks that the import has; a track whose id the import uses has another.
func (d drawn) without(c *confirmed) *confirmed {
	for id := range d.marks {
		slices.SortStableFunc(d.marks[id], func(a, b annotate.Mark) int { return a.Frame - b.Frame })
	}
	out := &confirmed{opcode: c.opcode, chapter: c.chapter}
	renamed, used := map[string]string{}, map[string]bool{}
	for _, m := range c.marks {
		if m.Difficult || !d.has(m) {
			used[m.Track] = true
		}
	}
	for _, t := range c.tracks {
		id := t.ID
		for d.ids[t.ID] {
			t.ID += " " + ReviewSource
		}
		if renamed[id] = t.ID; used[id] {
			out.tracks = append(out.tracks, t)
		}
	}
	for _, m := range c.marks {
		if !d.has(m) {
			m.Track = renamed[m.Track]
			out.marks = append(out.marks, m)
		}
	}
	for _, l := range c.looks {
		if !d.looks[d.key(l.Time)] {
			out.looks = append(out.looks, l)
		}
	}
	return out
}

// has tells whether a box of the import lies where a confirmed one does.
func (d drawn) has(m annotate.Mark) bool {
	key := d.key(m.Time)
	box, _ := m.Shape.Bounds()
	for id, marks := range d.marks {
		if id != "" {
			if other, ok := annotate.Between(marks, key); ok && frame.IoU(other, box) >= sameAnimal {
				return true
			}
			continue
		}
		first, _ := slices.BinarySearchFunc(marks, key, func(k annotate.Mark, key int) int { return k.Frame - key })
		for _, k := range marks[first:] {
			if k.Frame != key {
				break
			}
			if other, ok := k.Shape.Bounds(); ok && !k.Outside && frame.IoU(other, box) >= sameAnimal {
				return true
			}
		}
	}
	return false
}
