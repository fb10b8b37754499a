package detect

import (
	"fmt"
	"slices"
	"strings"

	"requin/onnx"
)

// guess reads the family off the names and shapes of the outputs. Where two families
// write the same, the error says which flag settles it.
func (p *plan) guess() (string, error) {
	outs := p.info.Outputs
	switch {
	case p.has("detection_boxes", "detection_scores", "detection_classes"):
		return "tensorflow", nil
	case p.has("boxes", "labels", "scores"), p.looksTorchvision():
		return "torchvision", nil
	case p.has("dets", "labels"):
		if last(outs[p.output("dets")]) == 5 {
			return "", fmt.Errorf("its outputs are %s, as MMDeploy writes them with suppression inside, which Requin does not read; export the model itself as YOLOX, RF-DETR or DETR", values(outs))
		}
		return "rf-detr", nil
	case p.strided("cls") != nil:
		return "nanodet", nil
	}
	if logits, boxes := p.queries(); logits >= 0 && boxes >= 0 {
		return p.guessDETR(logits)
	}
	if len(outs) > 0 && len(outs[0].Dims) == 3 && p.rank == 4 {
		return p.guessGrid(outs[0])
	}
	if len(outs) == 1 && p.looksFastestDet(outs[0]) {
		return "fastestdet", nil
	}
	return "", p.stranger()
}

// stranger is what is said of a file that is no detector known here.
func (p *plan) stranger() error {
	return fmt.Errorf("its outputs are %s, which no detector that Requin knows writes (%s); export a detector of one of these families, or name the family with --family", values(p.info.Outputs), familyNames())
}

func last(v onnx.Value) int64 {
	if len(v.Dims) == 0 {
		return -1
	}
	return v.Dims[len(v.Dims)-1].Size
}

// looksTorchvision knows torchvision's three outputs where the export gave them
// numbers for names: n×4 floats, n integers, n floats.
func (p *plan) looksTorchvision() bool {
	o := p.info.Outputs
	return len(o) == 3 && len(o[0].Dims) == 2 && last(o[0]) == 4 &&
		len(o[1].Dims) == 1 && o[1].Type == onnx.Int64 && len(o[2].Dims) == 1 && o[2].Type == onnx.Float32
}

func (p *plan) looksFastestDet(v onnx.Value) bool {
	s := v.Shape()
	return len(s) == 4 && s[1] > 5 && (p.w == 0 || s[3] == int64(p.w/16) || s[3] == -1) && (p.h == 0 || s[2] == int64(p.h/16) || s[2] == -1)
}

// queries are DETR's two outputs, by their names.
func (p *plan) queries() (logits, boxes int) {
	logits, boxes = -1, -1
	for i, v := range p.info.Outputs {
		switch name := strings.ToLower(v.Name); {
		case strings.Contains(name, "logits"):
			logits = i
		case strings.Contains(name, "boxes"):
			boxes = i
		}
	}
	return logits, boxes
}

// guessDETR tells DETR's softmax from its descendants' sigmoid by the number of
// columns, which the names settle: the softmax has one more.
func (p *plan) guessDETR(logits int) (string, error) {
	columns := last(p.info.Outputs[logits])
	switch {
	case p.named != nil && columns == int64(len(p.named))+1:
		return "detr", nil
	case p.named != nil && columns == int64(len(p.named)):
		return "rf-detr", nil
	}
	return "", fmt.Errorf("its outputs are %s: DETR, whose scores are a softmax with a column for no object, and Deformable DETR or RF-DETR, whose scores are sigmoids, both write that; say --family detr or --family rf-detr", values(p.info.Outputs))
}

// guessGrid tells the heads apart that answer one block of rows. Cells is the number
// of the grid's cells at strides 8, 16, 32, or with 64: YOLOX and NanoDet have a row
// for each, YOLOv5 three, YOLOv8 a column for each, and end-to-end heads a few
// hundred rows of 6.
func (p *plan) guessGrid(v onnx.Value) (string, error) {
	rows, columns := v.Dims[1].Size, v.Dims[2].Size
	_, cells := levels(p.w, p.h, false)
	_, deep := levels(p.w, p.h, true)
	known := p.w > 0 && p.h > 0
	isCells := func(n int64) bool { return known && (n == int64(cells) || n == int64(deep)) }
	isTriple := func(n int64) bool { return known && (n == 3*int64(cells) || n == 3*int64(deep)) }
	names := int64(len(p.named))
	ambiguous := func(a, b string) (string, error) {
		return "", fmt.Errorf("its output %s may be of the family %s or %s: say --family %s or --family %s, and the input size with --size where the file leaves it open", v, a, b, a, b)
	}
	switch {
	case isCells(columns) && rows > 4:
		return "ultralytics", nil
	case isTriple(rows) && columns > 5:
		return "ultralytics", nil
	case isCells(rows) && columns > 5:
		return p.guessCells(columns, ambiguous)
	case columns == 6 && rows > 0 && (known || rows <= 1000):
		return "ultralytics", nil
	case rows > 4 && columns == -1 && (names == 0 || rows == 4+names):
		return "ultralytics", nil
	case rows > 0 && columns == 4+names && names > 0, rows == 300 && columns == 84:
		return "rt-detr", nil
	case rows == -1 && p.info.Metadata["stride"] != "" && (columns == 5+names || columns == 6): // Ultralytics writes its stride
		return "ultralytics", nil
	case !known && columns > 5 && (rows > 1000 || rows == -1):
		return ambiguous("yolox", "ultralytics")
	}
	return "", p.stranger()
}

// guessCells tells YOLOX (5 + classes) from NanoDet in one output (classes + 32).
func (p *plan) guessCells(columns int64, ambiguous func(a, b string) (string, error)) (string, error) {
	classes := int64(len(p.named))
	switch {
	case classes > 0 && columns == classes+5, columns == 85, columns < 33:
		return "yolox", nil
	case classes > 0 && columns == classes+4*bins, columns == 80+4*bins:
		return "nanodet", nil
	}
	return ambiguous("yolox", "nanodet")
}

// strided lists the outputs "<kind>_pred_stride_<n>", by stride; nil if there are none.
func (p *plan) strided(kind string) (list []strideOutput) {
	for i, v := range p.info.Outputs {
		var stride int
		if _, err := fmt.Sscanf(v.Name, kind+"_pred_stride_%d", &stride); err == nil && stride > 0 {
			list = append(list, strideOutput{stride, i})
		}
	}
	slices.SortFunc(list, func(a, b strideOutput) int { return a.stride - b.stride })
	return list
}

type strideOutput struct{ stride, output int }
