package detect

import (
	"math"

	"requin/frame"
)

// bins is how many values NanoDet's distances are spread over: 0 to 7.
const bins = 8

// decodeNanoDet reads one level of a NanoDet head: for each cell the classes' scores
// (the sigmoid is inside the file) and, for left, top, right and bottom, 8 logits. A
// distance is the mean of 0 to 7 weighted by the softmax of the logits, counted in
// strides from the cell's point. Shift is where in its cell the point lies: 0.5 in
// NanoDet, 0 in NanoDet-Plus, which knows a fourth level.
//
// The rows of classes and of distances may be columns of one row: step is the length
// of a row of each.
//
// Worked example, stride 8, cell column 2, row 1, shift 0.5: the point is (20, 12).
// All logits equal give the distance 3.5·8 = 28 each way: the box -8 -16 48 40.
//
// Li et al. 2020, arXiv:2006.04388 (the distances); github.com/RangiLyu/nanodet.
func decodeNanoDet(classes, distances []float32, classStep, distanceStep int, g level, shift float64, into *candidates) {
	for i := range g.w * g.h {
		scores := classes[i*classStep : i*classStep+into.classes]
		sides := distances[i*distanceStep : i*distanceStep+4*bins]
		x := (float64(i%g.w) + shift) * float64(g.stride)
		y := (float64(i/g.w) + shift) * float64(g.stride)
		best := scores[0]
		for _, s := range scores {
			best = max(best, s) // NaN if one is
		}
		if into.skip(best) {
			continue
		}
		var d [4]float64
		for side := range d {
			d[side] = expectation(sides[side*bins:(side+1)*bins]) * float64(g.stride)
		}
		into.add(frame.Box{X0: x - d[0], Y0: y - d[1], X1: x + d[2], Y1: y + d[3]}, scores, 1)
	}
}

// expectation is the mean of 0, 1, 2 ... weighted by the softmax of logits.
func expectation(logits []float32) float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = max(top, float64(x))
	}
	sum, mean := 0.0, 0.0
	for k, x := range logits {
		p := math.Exp(float64(x) - top)
		sum += p
		mean += p * float64(k)
	}
	return mean / sum
}
