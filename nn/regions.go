package nn

// Proposing says how regions of interest are picked out of the first stage's
// answers.
type Proposing struct {
	Anchors []Anchors // of each level
	W, H    int       // of the input; proposals are clipped to it
	Before  int       // most of a level that enter suppression
	Keep    int       // most of a picture that leave it, all levels together
	IoU     float64   // above which the weaker of two is suppressed
	Least   float64   // pixels; a smaller side is dropped
	Decode  Deltas
}

// Anchors are the anchor boxes of one level: at each cell (column, row), centred on
// ((column + 0.5)·Stride, (row + 0.5)·Stride), one of each Size.
type Anchors struct {
	Stride int
	Sizes  [][2]float64 // width, height in pixels of the input
}

// Deltas says how a box is written relative to another: (x - xa)/wa·Weights[0],
// (y - ya)/ha·Weights[1], ln(w/wa)·Weights[2], ln(h/ha)·Weights[3] (centres and
// sizes; Ren et al. 2015). ln of a size is at most MaxLog when read back.
type Deltas struct {
	Weights [4]float64
	MaxLog  float64
}

// Suppressing says how the second stage's answers become detections.
type Suppressing struct {
	Decode  Deltas
	W, H    int
	Classes int     // without the background, which is column 0 of the scores
	Low     float64 // least score
	IoU     float64 // above which the weaker of two of one class is suppressed
	Keep    int     // most detections of a picture
}

// Regions are the settings of Faster R-CNN.
type Regions struct {
	// filled in with faster-rcnn
}
