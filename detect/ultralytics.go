package detect

import "requin/frame"

// decodeV5 reads the head of YOLOv5 (and v7): rows of cx, cy, w, h in pixels of the
// input, objectness and the classes, three for each cell. A score is objectness
// times class.
//
// Worked example, two classes: 100 60 40 20 0.5 0.8 0.1 is the box 80 50 120 70 with
// the scores 0.4 and 0.05.
func decodeV5(raw []float32, into *candidates) {
	for width := 5 + into.classes; len(raw) >= width; raw = raw[width:] {
		if !into.skip(raw[4]) {
			into.add(sized(raw[0], raw[1], raw[2], raw[3]), raw[5:width], raw[4])
		}
	}
}

// decodeV8 reads the head of YOLOv8, v9 and v11, which lies on its side: n values
// each of cx, cy, w, h in pixels of the input, then of every class. There is no
// objectness.
//
// Worked example, n 2 and one class: 100 10, 60 10, 40 4, 20 4, 0.8 0.3 are the
// boxes 80 50 120 70 of score 0.8 and 8 8 12 12 of score 0.3.
func decodeV8(raw []float32, n int, into *candidates) {
	scores := make([]float32, into.classes)
	best := make([]float32, n) // found class by class, the way the memory lies
	for k := range into.classes {
		for i, s := range raw[(4+k)*n : (5+k)*n] {
			if s > best[i] || s != s {
				best[i] = s
			}
		}
	}
	for i := range n {
		if into.skip(best[i]) {
			continue
		}
		for k := range scores {
			scores[k] = raw[(4+k)*n+i]
		}
		into.add(sized(raw[i], raw[n+i], raw[2*n+i], raw[3*n+i]), scores, 1)
	}
}

// decodeEndToEnd reads heads that need no suppression (YOLOv10, YOLO26, and exports
// with nms=True): rows of x0, y0, x1, y1 in pixels of the input, score and class
// number. Rows without a box score 0.
//
// Worked example: 80 50 120 70 0.9 2 is class 2, score 0.9.
func decodeEndToEnd(raw []float32, into *candidates) {
	for ; len(raw) >= 6; raw = raw[6:] {
		box := frame.Box{X0: float64(raw[0]), Y0: float64(raw[1]), X1: float64(raw[2]), Y1: float64(raw[3])}
		into.addOne(box, raw[5], raw[4])
	}
}

// decodeRTDETR reads RT-DETR as Ultralytics exports it: rows of cx, cy, w, h in
// parts of the input, 0 to 1, and the classes' scores.
//
// Worked example, input 640×640, one class: 0.5 0.25 0.1 0.1 0.7 is the box 288 128
// 352 192 of score 0.7.
func decodeRTDETR(raw []float32, w, h int, into *candidates) {
	for width := 4 + into.classes; len(raw) >= width; raw = raw[width:] {
		into.add(scaled(sized(raw[0], raw[1], raw[2], raw[3]), w, h), raw[4:width], 1)
	}
}
