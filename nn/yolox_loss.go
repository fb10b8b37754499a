package nn

import (
	"math"

	"requin/frame"
)

// The terms of YOLOX's loss, in the order in which a Lesson has them. Each is a sum
// over cells, divided by the number of cells of the batch that learn a truth:
//
//	iou         1 - IoU² of those cells' boxes, times 5
//	objectness  cross entropy at all cells but those of ignored boxes
//	class       cross entropy at those cells; the true class counts as their IoU
//	l1          |what the cell writes - what it should|, towards the end of training
const (
	termIoU = iota
	termObject
	termClass
	termL1
	terms
)

// termWeights are those of the published code.
func termWeights(done float64) (weights [terms]float64) {
	weights = [terms]float64{termIoU: 5, termObject: 1, termClass: 1}
	if done >= Settling {
		weights[termL1] = 1
	}
	return weights
}

func termNames() [terms]string { return [terms]string{"iou", "objectness", "class", "l1"} }

// number is what values are computed from: float32 from an interpreter; float64 lets
// a test take differences.
type number interface{ float32 | float64 }

// yoloxValues is what the cells of one grid answer to one picture, 4, 1 and classes
// × rows × columns; or the gradient at that.
type yoloxValues[F number] struct{ box, object, class []F }

// yoloxPicture is one picture's share of a batch.
type yoloxPicture[F number] struct {
	grids   []grid
	values  []yoloxValues[F] // of each grid
	classes int
	truth   []Truth
	matches []match // by cell
	skip    []bool  // by cell: no background; nil where nothing is ignored
}

// place is where a cell's values are.
func (p *yoloxPicture[F]) place(cell int) (g, i int) {
	for g = len(p.grids) - 1; p.grids[g].first > cell; g-- {
	}
	return g, cell - p.grids[g].first
}

// written is the box as a cell writes it.
func (p *yoloxPicture[F]) written(cell int) (w [4]float64) {
	g, i := p.place(cell)
	size := p.grids[g].w * p.grids[g].h
	for j := range w {
		w[j] = float64(p.values[g].box[j*size+i])
	}
	return w
}

// corner is a cell's column and row and the length of its sides.
func (p *yoloxPicture[F]) corner(cell int) (column, row, stride float64) {
	g, i := p.place(cell)
	return float64(i % p.grids[g].w), float64(i / p.grids[g].w), float64(p.grids[g].stride)
}

// box is the box that a cell predicts.
func (p *yoloxPicture[F]) box(cell int) frame.Box {
	raw := p.written(cell)
	column, row, s := p.corner(cell)
	x, y := (raw[0]+column)*s, (raw[1]+row)*s
	w, h := math.Exp(raw[2])*s/2, math.Exp(raw[3])*s/2
	return frame.Box{X0: x - w, Y0: y - h, X1: x + w, Y1: y + h}
}

// learn adds up the terms times their weights, and adds their gradient times by to
// into, which has the shape of the values.
func (p *yoloxPicture[F]) learn(into []yoloxValues[F], by float64, weights [terms]float64) (sums [terms]float64) {
	for _, m := range p.matches {
		g, i := p.place(m.cell)
		size := p.grids[g].w * p.grids[g].h
		raw, truth := p.written(m.cell), p.truth[m.truth]
		column, row, s := p.corner(m.cell)

		boxes, byBox := boxLoss(raw, column, row, s, truth.Box)
		writing, byWriting := writingLoss(raw, column, row, s, truth.Box)
		sums[termIoU] += weights[termIoU] * boxes
		sums[termL1] += weights[termL1] * writing
		for j := range raw {
			into[g].box[j*size+i] += F(by * (weights[termIoU]*byBox[j] + weights[termL1]*byWriting[j]))
		}
		for c := range p.classes {
			target := 0.0
			if c == truth.Class {
				target = m.iou
			}
			loss, grad := crossEntropy(float64(p.values[g].class[c*size+i]), target)
			sums[termClass] += weights[termClass] * loss
			into[g].class[c*size+i] += F(by * weights[termClass] * grad)
		}
	}
	sums[termObject] = weights[termObject] * p.object(into, by*weights[termObject])
	return sums
}

// object is the term of objectness: 1 at the cells that learn a truth, 0 elsewhere.
func (p *yoloxPicture[F]) object(into []yoloxValues[F], by float64) (sum float64) {
	next := p.matches
	for g, values := range p.values {
		for i, v := range values.object {
			cell, target := p.grids[g].first+i, 0.0
			if len(next) > 0 && next[0].cell == cell {
				target, next = 1, next[1:]
			} else if p.skip != nil && p.skip[cell] {
				continue
			}
			loss, grad := crossEntropy(float64(v), target)
			sum += loss
			into[g].object[i] += F(by * grad)
		}
	}
	return sum
}

// crossEntropy is that of sigmoid(x) with a target from 0 to 1, and its derivative.
func crossEntropy(x, target float64) (loss, grad float64) {
	e := math.Exp(-math.Abs(x))
	loss = max(x, 0) - x*target + math.Log(1+e)
	if x >= 0 {
		return loss, 1/(1+e) - target
	}
	return loss, e/(1+e) - target
}

// boxLoss is 1 - IoU² of the box that a cell writes with the truth, and its gradient
// by the four numbers written. Boxes that do not meet have none.
func boxLoss(raw [4]float64, column, row, stride float64, t frame.Box) (loss float64, grad [4]float64) {
	x, w := (raw[0]+column)*stride, math.Exp(raw[2])*stride
	y, h := (raw[1]+row)*stride, math.Exp(raw[3])*stride
	iw, iwByX, iwByW := covers(x, w, t.X0, t.X1)
	ih, ihByY, ihByH := covers(y, h, t.Y0, t.Y1)
	if iw <= 0 || ih <= 0 {
		return 1, grad
	}
	inter := iw * ih
	union := w*h + t.Area() - inter
	iou := inter / union
	byInter := -2 * iou * (union + inter) / (union * union)
	byArea := 2 * iou * inter / (union * union) // of the box written
	return 1 - iou*iou, [4]float64{
		byInter * iwByX * ih * stride,
		byInter * ihByY * iw * stride,
		(byInter*iwByW*ih + byArea*h) * w,
		(byInter*ihByH*iw + byArea*w) * h,
	}
}

// covers is how much of from..to a length of size around middle covers, and how
// that changes with middle and size.
func covers(middle, size, from, to float64) (length, byMiddle, bySize float64) {
	low, high := middle-size/2, middle+size/2
	if high < to {
		byMiddle, bySize = byMiddle+1, bySize+0.5
	} else {
		high = to
	}
	if low > from {
		byMiddle, bySize = byMiddle-1, bySize+0.5
	} else {
		low = from
	}
	return high - low, byMiddle, bySize
}

// writingLoss is the distance of what a cell writes from what would be the truth.
func writingLoss(raw [4]float64, column, row, stride float64, t frame.Box) (loss float64, grad [4]float64) {
	x, y := t.Center()
	want := [4]float64{x/stride - column, y/stride - row, math.Log(t.W()/stride + 1e-8), math.Log(t.H()/stride + 1e-8)}
	for j := range raw {
		d := raw[j] - want[j]
		loss += math.Abs(d)
		switch {
		case d > 0:
			grad[j] = 1
		case d < 0:
			grad[j] = -1
		}
	}
	return loss, grad
}
