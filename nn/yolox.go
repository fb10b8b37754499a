package nn

import (
	"fmt"
	"math"
)

// YOLOX looks for animals at every cell of three grids, of strides 8, 16 and 32:
// each cell says whether an animal's centre is near (objectness), of which class it
// is, and where its box lies. Layers and names are those of the published code, so
// that its weights fit.
//
// Ge et al. 2021, "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430.
type yolox struct {
	design    Design
	depth     float64 // factor of the number of blocks
	width     float64 // factor of the number of channels
	depthwise bool    // 3×3 convolutions in two steps: each channel alone, then 1×1
}

// yoloxSizes are the published ones, smallest first.
func yoloxSizes() []yolox {
	sized := func(name string, depth, width float64, depthwise bool) yolox {
		return yolox{design: Design{Network: name}, depth: depth, width: width, depthwise: depthwise}
	}
	return []yolox{
		sized("yolox-nano", 0.33, 0.25, true),
		sized("yolox-tiny", 0.33, 0.375, false),
		sized("yolox-s", 0.33, 0.5, false),
		sized("yolox-m", 0.67, 0.75, false),
		sized("yolox-l", 1, 1, false),
	}
}

func yoloxNames() []string {
	var names []string
	for _, y := range yoloxSizes() {
		names = append(names, y.design.Network)
	}
	return names
}

func newYOLOX(d Design) (Network, error) {
	if err := yoloxFits(d.W, d.H); err != nil {
		return nil, fmt.Errorf("network %q: %w", d.Network, err)
	}
	for _, y := range yoloxSizes() {
		if y.design.Network == d.Network {
			y.design = d
			return y, nil
		}
	}
	return nil, fmt.Errorf("network %q is no YOLOX", d.Network)
}

func yoloxFits(w, h int) error {
	const coarsest = 32
	if w <= 0 || h <= 0 || w%coarsest != 0 || h%coarsest != 0 {
		return fmt.Errorf("width and height must be multiples of %d, not %d×%d: try %d×%d", coarsest, w, h, nearest(w, coarsest), nearest(h, coarsest))
	}
	return nil
}

// nearest is the multiple of a step that is nearest, at least one.
func nearest(n, step int) int { return max(1, (n+step/2)/step) * step }

func (y yolox) Design() Design { return y.design }
func (y yolox) Family() string { return "yolox" }

// Pixels: blue first, 0 to 255, the picture at the top left of a grey canvas.
func (y yolox) Pixels() Pixels {
	return Pixels{Channels: "bgr", Std: [3]float32{1, 1, 1}, Letterbox: "top-left", Fill: 114}
}

// Fresh: only the layers that name the classes depend on them.
func (y yolox) Fresh(param string) bool {
	for i := range yoloxStrides() {
		at := at("head.cls_preds", i)
		if param == at+".weight" || param == at+".bias" {
			return true
		}
	}
	return false
}

// Deploy answers "output", N × cells × (5 + classes): the box as the cell writes it
// (centre in cells from the cell's corner, logarithm of the size in cells),
// objectness and classes as probabilities; strides 8, 16, 32, each row by row.
func (y yolox) Deploy(o Ops, images Tensor) []Output {
	var levels []Tensor
	for _, a := range y.answers(o, images) {
		n := a.box.Shape()
		rows := o.Concat(1, a.box, o.Activate(a.object, Sigmoid), o.Activate(a.class, Sigmoid))
		levels = append(levels, o.Reshape(rows, n[0], 5+len(y.design.Classes), n[2]*n[3]))
	}
	return []Output{{Name: "output", Value: o.Transpose(o.Concat(2, levels...), 0, 2, 1)}}
}

// yoloxStrides are those of the three grids.
func yoloxStrides() []int { return []int{8, 16, 32} }

// yoloxAnswer is what the cells of one stride say: N × 4, 1 and classes × rows ×
// columns. Nothing is decoded, no sigmoid is taken.
type yoloxAnswer struct{ box, object, class Tensor }

// answers runs the network. Layers run in the order of the published code, which is
// the order of the numbers in files whose names are lost.
func (y yolox) answers(o Ops, images Tensor) []yoloxAnswer {
	l := yoloxLayers{o, y}
	features := l.neck(l.backbone(images))
	var answers []yoloxAnswer
	for i, x := range features {
		answers = append(answers, l.head(i, x))
	}
	return answers
}

// channels is a number of channels at the network's width.
func (y yolox) channels(full int) int { return int(float64(full) * y.width) }

// blocks is a number of blocks at the network's depth.
func (y yolox) blocks(full int) int { return max(1, int(math.Round(float64(full)*y.depth))) }
