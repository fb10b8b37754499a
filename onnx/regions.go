package onnx

import (
	"math"

	"requin/nn"
)

// This file writes what happens to boxes between the stages of Faster R-CNN, as
// nn.Proposals and nn.Suppression do it. TopK puts the lower index first of equals, and
// NonMaxSuppression takes the best first, of equals the lower index, and drops what
// overlaps by more than (not at) its threshold; both as ONNX says. Its boxes are
// (y0, x0, y1, x1), but overlap is the same with x and y exchanged.

// top is the k best of a list, best first, and where they were.
func (w *writer) top(scores, k *edge, length int, largest bool) (values, at *edge) {
	direction := 0
	if largest {
		direction = 1
	}
	out := w.node("TopK", Attributes{"axis": 0, "largest": direction, "sorted": 1}, 2, scores, k)
	values, at = out[0], out[1]
	values.kind, values.shape = scores.kind, []int{length}
	at.kind, at.shape = Int64, []int{length}
	return values, at
}

// atMost is the lesser of a number and the length of a list, as a list of one.
func (w *writer) atMost(n int, list *edge) *edge {
	return w.do("Min", nil, Int64, []int{1}, w.length(list), w.ints(n))
}

// both notes an operator of two values whose shape is the first's.
func (w *writer) both(op string, a, b *edge) *edge { return w.do(op, nil, a.kind, a.shape, a, b) }

// part is columns of the last dimension.
func (w *writer) part(x *edge, from, to int) *edge {
	return as(w.Slice(x, len(x.shape)-1, from, to, 1))
}

// decode reads deltas back, relative to boxes of these centres and sizes (… × 2, which
// may be one for several): … × 4, clipped to the input.
func (w *writer) decode(d nn.Deltas, centre, size, deltas *edge, width, height int) *edge {
	weights := func(i int) *edge {
		return w.floats([]float32{float32(d.Weights[i]), float32(d.Weights[i+1])}, 2)
	}
	shift := w.both("Div", w.part(deltas, 0, 2), weights(0))
	log := w.both("Min", w.both("Div", w.part(deltas, 2, 4), weights(2)), w.float(d.MaxLog))
	centre = w.do("Add", nil, Float32, shift.shape, centre, w.both("Mul", shift, size))
	half := w.both("Mul", w.both("Mul", w.unary("Exp", nil, log), size), w.float(0.5))
	last := len(half.shape) - 1
	boxes := w.concat(last, w.both("Sub", centre, half), w.both("Add", centre, half))
	x, y := float32(width), float32(height)
	return w.both("Min", w.both("Max", boxes, w.float(0)), w.floats([]float32{x, y, x, y}, 4))
}

// columns turns what cells say (1 × A·n × H × W) into rows of n, cell by cell, row by
// row, at a cell anchor by anchor: as Anchors.Boxes counts.
func (w *writer) columns(x nn.Tensor, n int) *edge {
	cells := w.Transpose(x, 0, 2, 3, 1)
	if n == 1 {
		return as(w.Reshape(cells, -1))
	}
	return as(w.Reshape(cells, -1, n))
}

// Propose writes what nn.Proposals does to one picture.
func (w *writer) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	boxes, scores := make([]*edge, len(objectness)), make([]*edge, len(objectness))
	for l := range objectness {
		boxes[l], scores[l] = w.level(p.Anchors[l], objectness[l], deltas[l], p)
	}
	best := boxes[0]
	if len(boxes) > 1 {
		all := w.concat(0, scores...)
		_, at := w.top(all, w.atMost(p.Keep, all), -1, true)
		best = w.gather(w.concat(0, boxes...), 0, at)
	}
	// The picture's index, 0, before each.
	return w.do("Pad", nil, Float32, []int{-1, 5}, best, w.ints(0, 1, 0, 0))
}

// level picks the proposals of one level: boxes and scores, best first.
func (w *writer) level(a nn.Anchors, objectness, deltas nn.Tensor, p nn.Proposing) (boxes, scores *edge) {
	shape := objectness.Shape()
	all := w.columns(objectness, 1)
	n := all.shape[0]
	if shape[0] != 1 || shape[1] != len(a.Sizes) || n*4 != product(deltas.Shape()) {
		nn.Fail("%v and %v are not what %d anchors of one picture want", shape, deltas.Shape(), len(a.Sizes))
	}
	// What is no number comes last, and is dropped with what is too small.
	lowest := w.do("Where", nil, Float32, all.shape, w.isNaN(all), w.float(math.Inf(-1)), all)
	_, at := w.top(lowest, w.ints(min(p.Before, n)), min(p.Before, n), true)
	scores = w.gather(all, 0, at)
	from := w.gather(w.centres(a.Boxes(shape[2], shape[3])), 0, at)
	moved := w.gather(w.columns(deltas, 4), 0, at)
	boxes = w.decode(p.Decode, w.part(from, 0, 2), w.part(from, 2, 4), moved, p.W, p.H)
	side := w.do("ReduceMin", Attributes{"axes": []int64{1}, "keepdims": 0}, Float32, []int{-1}, w.both("Sub", w.part(boxes, 2, 4), w.part(boxes, 0, 2)))
	large := w.do("GreaterOrEqual", nil, Bool, []int{-1}, side, w.float(p.Least))
	said := w.concat(1, moved, w.reshape(scores, -1, 1)) // Min and Max may turn what is no number into one
	none := w.do("Cast", Attributes{"to": int(Float32)}, Float32, said.shape, w.isNaN(said))
	number := w.do("Less", nil, Bool, []int{-1}, w.do("ReduceMax", Attributes{"axes": []int64{1}, "keepdims": 0}, Float32, []int{-1}, none), w.float(0.5))
	good := w.both("And", large, number)
	compress := func(x *edge, shape ...int) *edge {
		return w.do("Compress", Attributes{"axis": 0}, Float32, shape, x, good)
	}
	boxes, scores = compress(boxes, -1, 4), compress(scores, -1)

	kept := w.do("NonMaxSuppression", nil, Int64, []int{-1, 3},
		w.reshape(boxes, 1, -1, 4), w.reshape(scores, 1, 1, -1), w.ints(p.Keep), w.float(p.IoU))
	index := w.reshape(w.part(kept, 2, 3), -1)
	return w.gather(boxes, 0, index), w.gather(scores, 0, index)
}

func (w *writer) reshape(x *edge, shape ...int) *edge { return as(w.Reshape(x, shape...)) }

func (w *writer) isNaN(x *edge) *edge { return w.do("IsNaN", nil, Bool, x.shape, x) }

// centres are boxes as a constant N × 4: centre x and y, width and height, summed in
// the order of nn's decode.
func (w *writer) centres(boxes []float32) *edge {
	out := make([]float32, len(boxes))
	for i := 0; i < len(boxes); i += 4 {
		width, height := boxes[i+2]-boxes[i], boxes[i+3]-boxes[i+1]
		out[i], out[i+1], out[i+2], out[i+3] = boxes[i]+width*0.5, boxes[i+1]+height*0.5, width, height
	}
	return w.floats(out, len(out)/4, 4)
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Suppress writes what nn.Suppression does. NonMaxSuppression's classes share their
// boxes, which these do not, so that each class is a picture to it.
func (w *writer) Suppress(regions, scores, deltas nn.Tensor, s nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	r := regions.Shape()[0]
	count := w.length(as(regions))
	scores, deltas = w.rows(as(scores), []int{r, 1 + s.Classes}, count), w.rows(as(deltas), []int{r, 4 * (1 + s.Classes)}, count)
	corner, end := w.part(as(regions), 1, 3), w.part(as(regions), 3, 5)
	size := w.both("Sub", end, corner)
	centre := w.both("Add", corner, w.both("Mul", size, w.float(0.5)))
	each := as(w.Slice(w.reshape(as(deltas), -1, 1+s.Classes, 4), 1, 1, 1+s.Classes, 1))
	decoded := w.decode(s.Decode, w.reshape(centre, -1, 1, 2), w.reshape(size, -1, 1, 2), each, s.W, s.H)
	byClass := as(w.Transpose(decoded, 1, 0, 2))                      // classes × R × 4
	rows := as(w.Transpose(w.part(as(scores), 1, 1+s.Classes), 1, 0)) // classes × R
	single := w.do("Unsqueeze", nil, Float32, []int{s.Classes, 1, r}, rows, w.ints(1))
	kept := w.do("NonMaxSuppression", nil, Int64, []int{-1, 3}, byClass, single, w.ints(s.Keep), w.float(s.IoU), w.float(s.Low))

	class := w.reshape(w.part(kept, 0, 1), -1)
	place := w.gather(kept, 1, w.ints(0, 2)) // class and region
	score := w.do("GatherND", nil, Float32, []int{-1}, rows, place)
	best, at := w.top(score, w.atMost(s.Keep, score), -1, true)
	found := w.do("GatherND", nil, Float32, []int{-1, 4}, byClass, w.gather(place, 0, at))
	return found, w.both("Add", w.gather(class, 0, at), w.ints(1)), best
}

// length is how many rows there are, as a list of one.
func (w *writer) length(rows *edge) *edge {
	return w.do("Gather", Attributes{"axis": 0}, Int64, []int{1}, w.do("Shape", nil, Int64, []int{len(rows.shape)}, rows), w.ints(0))
}

// rows is the first n rows of x, n a list of one.
func (w *writer) rows(x *edge, shape []int, n *edge) *edge {
	return w.do("Slice", nil, x.kind, shape, x, w.ints(0), n, w.ints(0))
}

// RoIAlign takes each region out of the level that nn.RoIAlign.Level says. Each level
// gives its own regions, none too, and what they give is put back into order.
//
// Where there is no region at all it gives the features of one, of no size, since ONNX
// Runtime runs some networks of convolutions only on something; Suppress leaves that out.
func (w *writer) RoIAlign(features []nn.Tensor, regions nn.Tensor, r nn.RoIAlign) nn.Tensor {
	all := as(regions)
	if all.shape[0] < 0 {
		more := w.concat(0, all, w.floats(make([]float32, 5), 1, 5))
		all = w.rows(more, all.shape, w.do("Max", nil, Int64, []int{1}, w.length(all), w.ints(1)))
	}
	boxes := w.part(all, 1, 5)
	picture := w.do("Cast", Attributes{"to": int(Int64)}, Int64, []int{-1}, w.reshape(w.part(all, 0, 1), -1))
	if len(features) == 1 {
		return w.align(as(features[0]), boxes, picture, r, 0)
	}
	level := w.levels(boxes, r)
	parts, places := make([]*edge, len(features)), make([]*edge, len(features))
	for l, f := range features {
		here := w.do("Equal", nil, Bool, []int{-1}, level, w.ints(l))
		places[l] = w.reshape(w.do("NonZero", nil, Int64, []int{1, -1}, here), -1)
		parts[l] = w.align(as(f), w.gather(boxes, 0, places[l]), w.gather(picture, 0, places[l]), r, l)
	}
	order := w.concat(0, places...)
	_, back := w.top(order, w.length(order), -1, false)
	return w.gather(w.concat(0, parts...), 0, back)
}

// levels is the level of each region. A region is of a level or a coarser one where
//
//	log2(√(w·h)/224·4 + 1e-6) >= log2(stride/4), or w·h >= ((stride/4 - 1e-6)·56)²
//
// which takes no logarithm, whose last digit would decide.
func (w *writer) levels(boxes *edge, r nn.RoIAlign) *edge {
	size := w.both("Sub", w.part(boxes, 2, 4), w.part(boxes, 0, 2))
	area := w.reshape(w.both("Mul", w.part(size, 0, 1), w.part(size, 1, 2)), -1)
	var level *edge
	for _, stride := range r.Strides[1:] {
		least := math.Pow((float64(stride)/4-1e-6)*56, 2)
		coarser := w.do("GreaterOrEqual", nil, Bool, []int{-1}, area, w.float(least))
		one := w.do("Cast", Attributes{"to": int(Int64)}, Int64, []int{-1}, coarser)
		if level == nil {
			level = one
		} else {
			level = w.both("Add", level, one)
		}
	}
	return level
}

func (w *writer) align(feature, boxes, picture *edge, r nn.RoIAlign, level int) *edge {
	return w.do("RoiAlign", Attributes{
		"coordinate_transformation_mode": "half_pixel",
		"mode":                           "avg",
		"output_height":                  r.Size,
		"output_width":                   r.Size,
		"sampling_ratio":                 r.Samples,
		"spatial_scale":                  float32(1 / float64(r.Strides[level])),
	}, Float32, []int{-1, feature.shape[1], r.Size, r.Size}, feature, boxes, picture)
}
