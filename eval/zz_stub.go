package eval

import "requin/frame"

// Image is one picture: what is true of it and what was found in it.
type Image struct {
	Truth []Truth
	Found []Found
}

// Truth is a box that a person drew.
type Truth struct {
	frame.Box
	Taxon  string
	Ignore bool // finding it is neither right nor wrong
	Crowd  bool // several animals in one box: any number of detections may lie in it; ignored too
}

// Found is a detection.
type Found struct {
	frame.Box
	Taxon string
	Score float64
}

// PR is how precision and recall of one taxon go with the score, at one IoU.
type PR struct{}

// PrecisionRecall matches the detections of a taxon with its truth as COCO does:
// best score first, each with the unmatched box it overlaps most.
func PrecisionRecall(images []Image, taxon string, iou float64) PR { return PR{} }

// AP is COCO's average precision: the mean of the precision at 101 recalls. NaN without truth.
func (p PR) AP() float64 { return 0 }

// BestF is the threshold with the greatest F = 2PR/(P+R), and that F.
func (p PR) BestF() (threshold, f float64) { return 0, 0 }

// At is precision, recall and F of the detections with at least that score.
func (p PR) At(threshold float64) (precision, recall, f float64) { return 0, 0, 0 }

// COCO is the mean of AP over IoU 0.50, 0.55 ... 0.95. NaN without truth.
func COCO(images []Image, taxon string) float64 { return 0 }

// Calibration turns a score into a probability of being right.
type Calibration struct{}

// Calibrate learns it from a taxon's detections on pictures that were not trained on.
func Calibrate(images []Image, taxon string, iou float64) (Calibration, error) {
	return Calibration{}, nil
}

// Probability is that of a detection of a score.
func (c Calibration) Probability(score float64) float64 { return 0 }
