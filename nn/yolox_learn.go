package nn

import (
	"fmt"
	"math"
	"sync"

	"requin/frame"
)

// Settling is the share of a training after which pictures should come without
// strong augmentation; from there on YOLOX also learns what a cell writes as such
// (the last 15 of 300 epochs, as published).
const Settling = 0.95

// ignoredShare is how much of a predicted box may lie in an ignored one before it is
// no longer called background.
const ignoredShare = 0.5

// Learn assigns truth to cells and computes the loss of a batch and its gradient at
// the network's raw answers. An ignored box keeps the cells in it, and those that
// predict a box in it, from learning that there is nothing; a truth inside it is
// learned all the same.
func (y yolox) Learn(o Eager, b Batch) (lesson Lesson, err error) {
	defer Catch(&err)
	shape := b.Images.Shape()
	if err := yoloxFits(shape[3], shape[2]); err != nil {
		return Lesson{}, err
	}
	if err := y.check(b.Truth, shape[0]); err != nil {
		return Lesson{}, err
	}
	answers := y.answers(o, b.Images)
	values, grads := make([]yoloxValues[float32], len(answers)), make([]yoloxValues[float32], len(answers))
	for i, a := range answers {
		values[i] = yoloxValues[float32]{o.Values(a.box), o.Values(a.object), o.Values(a.class)}
		grads[i] = values[i].zeros()
	}
	grids := yoloxGrids(shape[3], shape[2])
	sums := yoloxLearn(grids, len(y.design.Classes), b.Truth, values, grads, termWeights(b.Done))
	for i, name := range termNames() {
		lesson.Terms = append(lesson.Terms, Term{name, sums[i]})
	}
	for i, a := range answers {
		lesson.Backs = append(lesson.Backs, Back{a.box, grads[i].box}, Back{a.object, grads[i].object}, Back{a.class, grads[i].class})
	}
	return lesson, nil
}

// check refuses truth that cannot be learned.
func (y yolox) check(truth [][]Truth, pictures int) error {
	if len(truth) != pictures {
		return fmt.Errorf("truth of %d pictures for a batch of %d", len(truth), pictures)
	}
	for i, boxes := range truth {
		for _, t := range boxes {
			if !t.Finite() || t.Area() == 0 {
				return fmt.Errorf("picture %d of the batch: box %v is none", i, t.Box)
			}
			if !t.Ignore && (t.Class < 0 || t.Class >= len(y.design.Classes)) {
				return fmt.Errorf("picture %d of the batch: class %d of %d", i, t.Class, len(y.design.Classes))
			}
		}
	}
	return nil
}

func yoloxGrids(w, h int) []grid {
	var grids []grid
	first := 0
	for _, s := range yoloxStrides() {
		g := grid{stride: s, w: w / s, h: h / s, first: first}
		grids = append(grids, g)
		first += g.w * g.h
	}
	return grids
}

func (v yoloxValues[F]) zeros() yoloxValues[F] {
	return yoloxValues[F]{make([]F, len(v.box)), make([]F, len(v.object)), make([]F, len(v.class))}
}

// of is the values of one of n pictures.
func (v yoloxValues[F]) of(picture, n int) yoloxValues[F] {
	part := func(all []F) []F {
		size := len(all) / n
		return all[picture*size : (picture+1)*size]
	}
	return yoloxValues[F]{part(v.box), part(v.object), part(v.class)}
}

// yoloxLearn is the loss of a batch, term by term. Pictures are worked on side by
// side; sums are taken in their order.
func yoloxLearn[F number](grids []grid, classes int, truth [][]Truth, values, grads []yoloxValues[F], weights [terms]float64) (sums [terms]float64) {
	n := len(truth)
	pictures := make([]*yoloxPicture[F], n)
	sideBySide(n, func(i int) {
		p := &yoloxPicture[F]{grids: grids, classes: classes, truth: truth[i]}
		for _, v := range values {
			p.values = append(p.values, v.of(i, n))
		}
		p.assign()
		pictures[i] = p
	})
	positives := 0
	for _, p := range pictures {
		positives += len(p.matches)
	}
	by := 1 / float64(max(1, positives))
	parts := make([][terms]float64, n)
	sideBySide(n, func(i int) {
		var into []yoloxValues[F]
		for _, g := range grads {
			into = append(into, g.of(i, n))
		}
		parts[i] = pictures[i].learn(into, by, weights)
	})
	for _, part := range parts {
		for t := range sums {
			sums[t] += by * part[t]
		}
	}
	return sums
}

func sideBySide(n int, do func(i int)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { do(i) })
	}
	wait.Wait()
}

// assign finds out what each cell learns.
func (p *yoloxPicture[F]) assign() {
	if len(p.truth) == 0 {
		return
	}
	last := p.grids[len(p.grids)-1]
	cells := last.first + last.w*last.h
	costs := newClassCosts(p, cells)
	p.matches = simOTA{grids: p.grids, box: p.box, cost: costs.of}.assign(p.truth)
	for _, t := range p.truth {
		if !t.Ignore {
			continue
		}
		if p.skip == nil {
			p.skip = make([]bool, cells)
		}
		for cell := range cells {
			p.skip[cell] = p.skip[cell] || p.ignored(cell, t.Box)
		}
	}
}

// ignored tells whether a cell, or what it predicts, lies in an ignored box.
func (p *yoloxPicture[F]) ignored(cell int, b frame.Box) bool {
	column, row, s := p.corner(cell)
	if inside(b, (column+0.5)*s, (row+0.5)*s) {
		return true
	}
	box := p.box(cell)
	common := frame.Box{X0: max(box.X0, b.X0), Y0: max(box.Y0, b.Y0), X1: min(box.X1, b.X1), Y1: min(box.Y1, b.Y1)}
	return common.Area() > ignoredShare*box.Area()
}

// classCosts is the cross entropy of the classes at cells, of √(class · objectness)
// with a truth's class, as assignment counts it. A logarithm is at least -100, as in
// PyTorch.
type classCosts[F number] struct {
	picture *yoloxPicture[F]
	none    []float64 // by cell: the cost if no class were true; NaN: not known yet
}

func newClassCosts[F number](p *yoloxPicture[F], cells int) classCosts[F] {
	c := classCosts[F]{p, make([]float64, cells)}
	for i := range c.none {
		c.none[i] = math.NaN()
	}
	return c
}

// leastFactor is the least that a logarithm is taken of, e^-100.
const leastFactor = 3.72e-44

func (c classCosts[F]) of(cell, class int) float64 {
	g, i := c.picture.place(cell)
	values, size := c.picture.values[g], c.picture.grids[g].w*c.picture.grids[g].h
	object := sigmoid(float64(values.object[i]))
	share := func(class int) float64 { return math.Sqrt(object * sigmoid(float64(values.class[class*size+i]))) }
	if math.IsNaN(c.none[cell]) {
		// The logarithm of a product is cheaper than many logarithms.
		sum, product := 0.0, 1.0
		for j := range c.picture.classes {
			product *= max(1-share(j), leastFactor)
			if product < 1e-200 {
				sum, product = sum-math.Log(product), 1
			}
		}
		c.none[cell] = sum - math.Log(product)
	}
	p := share(class)
	return c.none[cell] + math.Log(max(1-p, leastFactor)) - math.Log(max(p, leastFactor))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
