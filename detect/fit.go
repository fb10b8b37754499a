package detect

import (
	"errors"
	"fmt"

	"requin/onnx"
)

// This file fits each family to a file: which outputs are read, how many classes
// they hold, and how the decoder is called. Shapes are checked again on what the
// network answers, so that no answer can be read past its end.

// name settles the classes once their number is known; 0 is not known.
func (p *plan) name(count int, fromOne bool) error {
	if count > mostClasses {
		return fmt.Errorf("%d classes", count)
	}
	var err error
	p.classes, p.classesFrom, err = settle(p.named, p.namedUnder, count, fromOne)
	return err
}

// block checks an answer of rows of a width, whatever dimensions of 1 it has, and
// gives its number of rows.
func block(t onnx.Tensor, width int) (rows int, err error) {
	if t.F32 == nil && len(t.I64)+len(t.U8) > 0 {
		return 0, fmt.Errorf("an output of %s, where float32 is expected", t.Type())
	}
	if width <= 0 || len(t.F32)%width != 0 || len(t.Shape) == 0 || len(t.F32) > 0 && width > 1 && t.Shape[len(t.Shape)-1] != int64(width) {
		return 0, fmt.Errorf("an output of shape %v, where rows of %d are expected", t.Shape, width)
	}
	return len(t.F32) / width, nil
}

// single is the first output, of rank 3; others must not be masks.
func (p *plan) single() (rows, columns int, err error) {
	o := p.info.Outputs
	if len(o) == 0 || len(o[0].Dims) != 3 || o[0].Dims[0].Size > 1 {
		return 0, 0, errors.New("its first output should have 3 dimensions, the first of them 1")
	}
	for _, other := range o[1:] {
		if s := other.Shape(); len(s) == 4 {
			return 0, 0, fmt.Errorf("%s looks like the masks of a segmentation model; export a model of the task detect", other)
		}
	}
	p.outputs = []int{0}
	return int(o[0].Dims[1].Size), int(o[0].Dims[2].Size), nil
}

// classesOf is how many of a row's columns are classes, after the first few; 0 where
// the file leaves the number open.
func classesOf(columns, before int) (int, error) {
	if columns > 0 && columns <= before {
		return 0, fmt.Errorf("rows of %d have no room for a class after %d values", columns, before)
	}
	return max(columns-before, 0), nil
}

func fitYOLOX(p *plan) error {
	rows, columns, err := p.single()
	if err != nil {
		return err
	}
	if rows > 0 {
		if _, err := grid(p.w, p.h, rows); err != nil {
			return err
		}
	}
	classes, err := classesOf(columns, 5)
	if err != nil {
		return err
	}
	if err := p.name(classes, false); err != nil {
		return err
	}
	decoded := p.info.Ops["Exp"] > 0 // nothing else in a YOLOX network takes an exponential
	if said := p.info.Metadata["requin.decoded"]; said != "" {
		decoded = said == "true"
	}
	p.head = "[1,N,5+C], not decoded"
	if decoded {
		p.head = "[1,N,5+C], decoded in the file"
	}
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		if _, err := block(out[0], 5+into.classes); err != nil {
			return err
		}
		return decodeYOLOX(out[0].F32, w, h, decoded, into)
	}
	return nil
}

// fitUltralytics tells the three heads of Ultralytics' models apart.
func fitUltralytics(p *plan) error {
	rows, columns, err := p.single()
	if err != nil {
		return err
	}
	_, cells := levels(p.w, p.h, false)
	_, deep := levels(p.w, p.h, true)
	named := len(p.named)
	onSide := columns == cells || columns == deep || columns == -1 && (rows > 6 || rows == 4+named)
	switch {
	case rows == 3*cells || rows == 3*deep || rows == -1 && columns > 5 && (columns != 6 || named == 1):
		return p.fitV5(columns)
	case onSide && rows != cells && rows != deep || onSide && rows == 4+named:
		return p.fitV8(rows)
	case columns == 6:
		p.family.nms = 0
		if err := p.name(0, false); err != nil {
			return err
		}
		p.head = "[1,K,6], end to end"
		p.decode = func(out []onnx.Tensor, _, _ int, into *candidates) error {
			_, err := block(out[0], 6)
			if err == nil {
				decodeEndToEnd(out[0].F32, into)
			}
			return err
		}
		return nil
	}
	return fmt.Errorf("a %d×%d input has %d cells at strides 8, 16, 32, and %d with 64: [1,4+C,cells], [1,3·cells,5+C] or [1,K,6] are expected", p.w, p.h, cells, deep)
}

func (p *plan) fitV5(columns int) error {
	classes, err := classesOf(columns, 5)
	if err != nil {
		return err
	}
	p.head = "[1,N,5+C], v5"
	p.decode = func(out []onnx.Tensor, _, _ int, into *candidates) error {
		_, err := block(out[0], 5+into.classes)
		if err == nil {
			decodeV5(out[0].F32, into)
		}
		return err
	}
	return p.name(classes, false)
}

func (p *plan) fitV8(rows int) error {
	classes, err := classesOf(rows, 4)
	if err != nil {
		return err
	}
	p.head = "[1,4+C,N], v8"
	p.decode = func(out []onnx.Tensor, _, _ int, into *candidates) error {
		s := out[0].Shape
		if len(s) != 3 || s[1] != int64(4+into.classes) {
			return fmt.Errorf("an output of shape %v, where [1,%d,N] is expected", s, 4+into.classes)
		}
		if _, err := block(out[0], int(s[2])); err != nil {
			return err
		}
		decodeV8(out[0].F32, int(s[2]), into)
		return nil
	}
	return p.name(classes, false)
}

func fitRTDETR(p *plan) error {
	_, columns, err := p.single()
	if err != nil {
		return err
	}
	classes, err := classesOf(columns, 4)
	if err != nil {
		return err
	}
	p.head = "[1,K,4+C]"
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		_, err := block(out[0], 4+into.classes)
		if err == nil {
			decodeRTDETR(out[0].F32, w, h, into)
		}
		return err
	}
	return p.name(classes, false)
}

func fitDETR(p *plan) error   { return p.fitQueries(true) }
func fitRFDETR(p *plan) error { return p.fitQueries(false) }

// fitQueries fits the two outputs of DETR and RF-DETR. A softmax has a column for no
// object; RF-DETR has one more column than classes where it was fine-tuned, which
// has no name.
func (p *plan) fitQueries(softmax bool) error {
	logits, boxes := p.queries()
	if p.has("dets", "labels") {
		logits, boxes = p.output("labels"), p.output("dets")
	}
	if logits < 0 || boxes < 0 {
		return errors.New("one output of logits (logits, pred_logits or labels) and one of boxes (pred_boxes or dets) are expected")
	}
	for _, v := range p.info.Outputs {
		if len(v.Dims) == 4 {
			return fmt.Errorf("%s looks like the masks of a segmentation model; export a detection model", v)
		}
	}
	columns := int(last(p.info.Outputs[logits]))
	if columns < 1 {
		return fmt.Errorf("%s leaves the number of classes open", p.info.Outputs[logits])
	}
	classes := columns
	p.head = "sigmoid"
	if softmax {
		classes, p.head = columns-1, "softmax with a column for no object"
	} else if len(p.named) == columns-1 {
		classes = columns - 1
	}
	p.outputs = []int{logits, boxes}
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		queries, err := block(out[0], columns)
		if err != nil {
			return err
		}
		if n, err := block(out[1], 4); err != nil || n != queries {
			return fmt.Errorf("boxes of shape %v for logits of shape %v", out[1].Shape, out[0].Shape)
		}
		decodeDETR(out[0].F32, out[1].F32, columns, w, h, softmax, into)
		return nil
	}
	if classes < 1 {
		return errors.New("a single column of logits is no class but the one for no object")
	}
	return p.name(classes, false)
}

func fitTorchvision(p *plan) error {
	p.outputs = []int{p.output("boxes"), p.output("labels"), p.output("scores")}
	if !p.has("boxes", "labels", "scores") {
		if !p.looksTorchvision() {
			return errors.New("boxes, labels and scores are expected")
		}
		p.outputs = []int{0, 1, 2}
	}
	p.head = "boxes, labels, scores"
	p.decode = func(out []onnx.Tensor, _, _ int, into *candidates) error {
		labels, _, err := listed(out)
		if err != nil {
			return err
		}
		decodeTorchvision(out[0].F32, labels, out[2].F32, into)
		return nil
	}
	return p.name(0, true)
}

func fitTensorFlow(p *plan) error {
	if !p.has("detection_boxes", "detection_classes", "detection_scores") {
		return errors.New("detection_boxes, detection_classes and detection_scores are expected")
	}
	p.outputs = []int{p.output("detection_boxes"), p.output("detection_classes"), p.output("detection_scores")}
	if p.has("num_detections") {
		p.outputs = append(p.outputs, p.output("num_detections"))
	}
	classes := 0 // the second generation also gives the scores of all classes, the background first
	if i := p.output("raw_detection_scores"); i >= 0 {
		classes = max(0, int(last(p.info.Outputs[i])))
	}
	p.head = "detection_boxes, detection_classes, detection_scores"
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		classes, n, err := listed(out)
		if err != nil {
			return err
		}
		if len(out) == 4 {
			if said := floats(out[3]); len(said) > 0 && said[0] >= 0 && said[0] < float32(n) {
				n = int(said[0])
			}
		}
		decodeTensorFlow(out[0].F32, classes, out[2].F32, n, w, h, into)
		return nil
	}
	return p.name(classes, true)
}

// listed checks that boxes, labels and scores are lists of one length, and gives
// the labels as numbers and the length.
func listed(out []onnx.Tensor) (labels []float32, n int, err error) {
	labels = floats(out[1])
	if n, err = block(out[0], 4); err != nil {
		return nil, 0, err
	}
	if len(labels) != n || len(out[2].F32) != n {
		return nil, 0, fmt.Errorf("%d boxes, %d labels and %d scores", n, len(labels), len(out[2].F32))
	}
	return labels, n, nil
}

// floats gives labels as numbers, whatever type a file writes them in.
func floats(t onnx.Tensor) []float32 {
	list := append([]float32(nil), t.F32...)
	for _, v := range t.I64 {
		list = append(list, float32(v))
	}
	for _, v := range t.U8 {
		list = append(list, float32(v))
	}
	return list
}

func fitNanoDet(p *plan) error {
	if scores, distances := p.strided("cls"), p.strided("dis"); scores != nil {
		return p.fitStrided(scores, distances)
	}
	rows, columns, err := p.single()
	if err != nil {
		return err
	}
	if rows > 0 {
		if _, err := grid(p.w, p.h, rows); err != nil {
			return err
		}
	}
	classes, err := classesOf(columns, 4*bins)
	if err != nil {
		return err
	}
	p.head = "[1,N,C+32]"
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		width := into.classes + 4*bins
		rows, err := block(out[0], width)
		if err != nil {
			return err
		}
		grids, err := grid(w, h, rows)
		if err != nil {
			return err
		}
		shift := 0.5
		if len(grids) == 4 {
			shift = 0 // NanoDet-Plus
		}
		raw := out[0].F32
		for _, g := range grids {
			decodeNanoDet(raw, raw[into.classes:], width, width, g, shift, into)
			raw = raw[min(len(raw), g.w*g.h*width):]
			if len(raw) == 0 {
				break
			}
		}
		return nil
	}
	return p.name(classes, false)
}

// fitStrided fits the older NanoDet, which has two outputs for each stride.
func (p *plan) fitStrided(scores, distances []strideOutput) error {
	if len(distances) != len(scores) {
		return fmt.Errorf("%d outputs of classes and %d of distances", len(scores), len(distances))
	}
	for i, s := range scores {
		if distances[i].stride != s.stride {
			return errors.New("classes and distances of different strides")
		}
		p.outputs = append(p.outputs, s.output, distances[i].output)
	}
	classes := int(last(p.info.Outputs[scores[0].output]))
	if classes < 1 {
		return errors.New("the number of classes is left open")
	}
	p.head = "[1,N,C] and [1,N,32] for each stride"
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		for i, s := range scores {
			g := level{s.stride, (w + s.stride - 1) / s.stride, (h + s.stride - 1) / s.stride}
			for k, width := range []int{into.classes, 4 * bins} {
				if n, err := block(out[2*i+k], width); err != nil || n != g.w*g.h {
					return fmt.Errorf("stride %d: an output of shape %v, where %d rows of %d are expected", s.stride, out[2*i+k].Shape, g.w*g.h, width)
				}
			}
			decodeNanoDet(out[2*i].F32, out[2*i+1].F32, into.classes, 4*bins, g, 0.5, into)
		}
		return nil
	}
	return p.name(classes, false)
}

func fitFastestDet(p *plan) error {
	o := p.info.Outputs
	if len(o) != 1 || len(o[0].Dims) != 4 || o[0].Dims[0].Size > 1 {
		return errors.New("one output of 4 dimensions, the first of them 1, is expected")
	}
	classes, err := classesOf(int(o[0].Dims[1].Size), 5)
	if err != nil {
		return err
	}
	p.head, p.outputs = "[1,5+C,H/16,W/16]", []int{0}
	p.decode = func(out []onnx.Tensor, w, h int, into *candidates) error {
		s := out[0].Shape
		if len(s) != 4 || s[1] != int64(5+into.classes) || out[0].F32 == nil {
			return fmt.Errorf("an output of shape %v, where [1,%d,rows,columns] is expected", s, 5+into.classes)
		}
		decodeFastestDet(out[0].F32, int(s[3]), int(s[2]), w, h, into)
		return nil
	}
	return p.name(classes, false)
}
