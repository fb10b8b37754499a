package detect

import (
	"requin/frame"
)

// decodeTorchvision reads what torchvision's detectors (Faster R-CNN, RetinaNet,
// FCOS, SSD) answer: boxes x0, y0, x1, y1 in pixels of the input, labels and scores,
// already suppressed class by class. Label 0 is the background and is never
// answered, so that class k of a list that begins with it is label k.
//
// Worked example: box 8 12 40 28, label 1, score 0.9 is the first class after the
// background.
func decodeTorchvision(boxes, labels, scores []float32, into *candidates) {
	for i, score := range scores {
		b := boxes[4*i : 4*i+4]
		box := frame.Box{X0: float64(b[0]), Y0: float64(b[1]), X1: float64(b[2]), Y1: float64(b[3])}
		into.addOne(box, labels[i], score)
	}
}

// decodeTensorFlow reads what the TensorFlow Object Detection API answers (both
// generations; faster_rcnn_nas, SSD, EfficientDet ...): boxes ymin, xmin, ymax, xmax
// in parts of the picture, classes that count from 1, scores, all suppressed. Only
// the first n rows hold a detection.
//
// Worked example, picture 200×100: 0.1 0.2 0.5 0.4 is the box 40 10 80 50.
func decodeTensorFlow(boxes, classes, scores []float32, n, w, h int, into *candidates) {
	for i := range min(n, len(scores)) {
		b := boxes[4*i : 4*i+4]
		box := frame.Box{X0: float64(b[1]), Y0: float64(b[0]), X1: float64(b[3]), Y1: float64(b[2])}
		into.addOne(scaled(box, w, h), classes[i], scores[i])
	}
}
