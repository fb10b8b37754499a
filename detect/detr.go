package detect

import "math"

// decodeDETR reads the two outputs of DETR and its descendants: for each query a row
// of logits, and cx, cy, w, h in parts of the picture, 0 to 1.
//
// DETR's own (softmax) has one column more than classes, the last, which means "no
// object". Its scores are the softmax over all columns, without that one. Deformable
// DETR, RF-DETR and most others score each class by itself, by the sigmoid of its
// logit; columns beyond the classes have no name and are left out.
//
// Worked example, softmax, picture 100×50: logits ln 3, 0, 0 are the probabilities
// 0.6, 0.2 and "no object" 0.2; the box 0.5 0.5 0.2 0.4 is 40 15 60 35. With sigmoid
// the same logits score 0.75, 0.5, 0.5.
//
// Carion et al. 2020, arXiv:2005.12872; Zhu et al. 2020, arXiv:2010.04159.
func decodeDETR(logits, boxes []float32, columns, w, h int, softmax bool, into *candidates) {
	scores := make([]float32, columns)
	for ; len(boxes) >= 4; boxes, logits = boxes[4:], logits[columns:] {
		if softmax {
			normalise(scores, logits)
		} else {
			for i := range scores {
				scores[i] = sigmoid(logits[i])
			}
		}
		box := scaled(sized(boxes[0], boxes[1], boxes[2], boxes[3]), w, h)
		into.add(box, scores[:into.classes], 1)
	}
}

// normalise writes the softmax of logits, as many as there are scores.
func normalise(scores, logits []float32) {
	top := math.Inf(-1)
	for _, x := range logits[:len(scores)] {
		top = max(top, float64(x)) // NaN if one is
	}
	sum := 0.0
	for _, x := range logits[:len(scores)] {
		sum += math.Exp(float64(x) - top)
	}
	for i, x := range logits[:len(scores)] {
		scores[i] = float32(math.Exp(float64(x)-top) / sum)
	}
}
