package detect

import "math"

// decodeFastestDet reads FastestDet's single map of gw×gh cells, plane by plane:
// objectness, tx, ty, tw, th and the classes (objectness and classes are
// probabilities already).
//
//	centre = (tanh(t) + column or row) / grid   size = sigmoid(t)   in parts of the picture
//	score  = objectness^0.6 · class^0.4
//
// Worked example, grid and picture 22 cells of 352 pixels, cell column 11, row 5, tx
// = ty = 0, tw = th = 0: centre (11·16, 5·16) = (176, 80), size (176, 176).
// Objectness 0.5 and class 0.5 score 0.5.
//
// github.com/dog-qiuqiu/FastestDet: handle_preds, which its evaluation uses.
func decodeFastestDet(raw []float32, gw, gh, w, h int, into *candidates) {
	n := gw * gh
	scores := make([]float32, into.classes)
	for i := range n {
		if raw[i] < 0 || raw[i] > 1+slack || raw[i] != raw[i] {
			into.skip(raw[i])
			continue
		}
		factor := math.Pow(float64(raw[i]), 0.6)
		if into.skip(float32(factor)) {
			continue
		}
		for k := range scores {
			scores[k] = float32(math.Pow(float64(raw[(5+k)*n+i]), 0.4))
		}
		cx := (math.Tanh(float64(raw[n+i])) + float64(i%gw)) / float64(gw)
		cy := (math.Tanh(float64(raw[2*n+i])) + float64(i/gw)) / float64(gh)
		box := sized(float32(cx), float32(cy), sigmoid(raw[3*n+i]), sigmoid(raw[4*n+i]))
		into.add(scaled(box, w, h), scores, float32(factor))
	}
}
