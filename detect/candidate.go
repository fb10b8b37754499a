package detect

import (
	"errors"
	"fmt"
	"math"

	"requin/frame"
)

// candidates are the boxes that a network proposes for one frame, before
// suppression. Each family's decoder fills them; all else is the same for all.
type candidates struct {
	classes int
	low     float32     // a box whose best class scores less is not kept
	boxes   []frame.Box // pixels of the network's input
	scores  []float32   // classes for each box, 0 to 1

	seen, bad int     // rows that were looked at, and those of them that are no numbers
	wild      float32 // a score that is no probability, 0 if none
	outside   int     // a class number that has no name, 0 if none
}

func (c *candidates) reset() {
	*c = candidates{classes: c.classes, low: c.low, boxes: c.boxes[:0], scores: c.scores[:0]}
}

// slack is how far a probability computed in 32 bits may lie outside 0 to 1.
const slack = 1e-3

// skip says whether a row of objectness score needs no further look, and counts it
// then.
func (c *candidates) skip(score float32) bool {
	switch {
	case score != score:
		c.bad++
	case score < -slack || score > 1+slack:
		c.wild = score
		return false
	case score >= c.low:
		return false
	}
	c.seen++
	return true
}

// add keeps a box whose class scores are scores·factor, if one of them reaches low
// and all is finite.
func (c *candidates) add(box frame.Box, scores []float32, factor float32) {
	c.seen++
	best := float32(math.Inf(-1))
	for _, s := range scores {
		if s != s {
			c.bad++
			return
		}
		best = max(best, s)
	}
	if best *= factor; best != best || !box.Finite() || math.IsInf(float64(best), 0) {
		c.bad++
		return
	}
	if best < -slack || best > 1+slack {
		c.wild = best
		return
	}
	if best < c.low {
		return
	}
	c.boxes = append(c.boxes, box)
	for _, s := range scores {
		c.scores = append(c.scores, min(max(s*factor, 0), 1))
	}
}

// addOne keeps a box of a single class.
func (c *candidates) addOne(box frame.Box, class, score float32) {
	if c.skip(score) {
		return
	}
	c.seen++
	if class != class || math.IsInf(float64(class), 0) || !box.Finite() {
		c.bad++
		return
	}
	k := int(class)
	if k < 0 || k >= c.classes {
		c.outside = k
		return
	}
	if c.wild != 0 {
		return
	}
	c.boxes = append(c.boxes, box)
	at := len(c.scores)
	for range c.classes {
		c.scores = append(c.scores, 0)
	}
	c.scores[at+k] = min(max(score, 0), 1)
}

// err tells what was decoded from what cannot be this family's output: better no
// answer than a wrong one.
func (c *candidates) err() error {
	switch {
	case c.wild != 0:
		return fmt.Errorf("the network scores a box %g, which is no probability: its output is not what the family writes; name another with --family, or the pixels that it wants in its metadata", c.wild)
	case c.outside != 0:
		return fmt.Errorf("the network answers class %d, but %d classes are known: name its classes in its metadata", c.outside, c.classes)
	case c.seen > 0 && c.bad == c.seen:
		return errors.New("the network answers with nothing but NaN or infinity: the file is damaged, or wants other pixels than it was given")
	}
	return nil
}

// sized is a box from its centre and size.
func sized(cx, cy, w, h float32) frame.Box {
	x, y, halfW, halfH := float64(cx), float64(cy), float64(w)/2, float64(h)/2
	return frame.Box{X0: x - halfW, Y0: y - halfH, X1: x + halfW, Y1: y + halfH}
}

// scaled stretches a box given in parts of a picture to its pixels.
func scaled(b frame.Box, w, h int) frame.Box {
	return frame.Box{X0: b.X0 * float64(w), Y0: b.Y0 * float64(h), X1: b.X1 * float64(w), Y1: b.Y1 * float64(h)}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// level is one grid of a head: cells of stride pixels, row by row.
type level struct{ stride, w, h int }

// levels are the grids of a w×h input at strides 8, 16, 32, and 64 where deep, and
// the number of their cells.
func levels(w, h int, deep bool) (list []level, cells int) {
	strides := []int{8, 16, 32}
	if deep {
		strides = append(strides, 64)
	}
	for _, s := range strides {
		l := level{s, (w + s - 1) / s, (h + s - 1) / s}
		list = append(list, l)
		cells += l.w * l.h
	}
	return list, cells
}

// grid finds the levels whose cells number n.
func grid(w, h, n int) ([]level, error) {
	for _, deep := range []bool{false, true} {
		if list, cells := levels(w, h, deep); cells == n {
			return list, nil
		}
	}
	return nil, fmt.Errorf("%d rows do not fit a %d×%d input at strides 8, 16, 32 (64)", n, w, h)
}
