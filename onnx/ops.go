package onnx

import (
	"slices"

	"requin/nn"
)

// as gives the writer's own value.
func as(x nn.Tensor) *edge { return x.(*edge) }

func all(xs []nn.Tensor) []*edge {
	out := make([]*edge, len(xs))
	for i, x := range xs {
		out[i] = as(x)
	}
	return out
}

// pads are a padding as ONNX has it: begins, then ends.
func pads(what string, p nn.Padding) []int64 {
	if min(p.Top, p.Left, p.Bottom, p.Right) < 0 {
		nn.Fail("%s: its padding %v is negative: cut with Pad", what, p)
	}
	return []int64{int64(p.Top), int64(p.Left), int64(p.Bottom), int64(p.Right)}
}

func square(n int) []int64 { return []int64{int64(n), int64(n)} }

func (w *writer) Conv(name string, x nn.Tensor, c nn.Conv) nn.Tensor {
	in := x.Shape()
	shape := nn.ConvShape(name, in, c)
	return w.layer(name, "Conv", Attributes{
		"kernel_shape": square(c.Kernel),
		"strides":      square(max(1, c.Stride)),
		"dilations":    square(max(1, c.Dilation)),
		"group":        max(1, c.Groups),
		"pads":         pads(name, c.Pad),
	}, shape, append([]*edge{as(x)}, w.params(c.Params(name, in[1]))...)...)
}

func (w *writer) BatchNorm(name string, x nn.Tensor, b nn.BatchNorm) nn.Tensor {
	shape := x.Shape()
	return w.layer(name, "BatchNormalization", Attributes{"epsilon": float32(b.Eps)}, shape,
		append([]*edge{as(x)}, w.params(b.Params(name, shape[1]))...)...)
}

func (w *writer) Linear(name string, x nn.Tensor, l nn.Linear) nn.Tensor {
	in := x.Shape()
	if len(in) != 2 {
		nn.Fail("%s: a full connection needs rows × numbers, not %v", name, in)
	}
	return w.layer(name, "Gemm", Attributes{"transB": 1}, []int{in[0], l.Out},
		append([]*edge{as(x)}, w.params(l.Params(name, in[1]))...)...)
}

// unary notes an operator that keeps the shape.
func (w *writer) unary(op string, attributes Attributes, x *edge) *edge {
	return w.do(op, attributes, Float32, x.shape, x)
}

func (w *writer) Activate(x nn.Tensor, a nn.Activation) nn.Tensor {
	v := as(x)
	switch a {
	case nn.ReLU:
		return w.unary("Relu", nil, v)
	case nn.Leaky:
		return w.unary("LeakyRelu", Attributes{"alpha": float32(nn.LeakySlope)}, v)
	case nn.Sigmoid:
		return w.unary("Sigmoid", nil, v)
	case nn.SiLU:
		return w.do("Mul", nil, Float32, v.shape, v, w.unary("Sigmoid", nil, v))
	}
	nn.Fail("activation %q is not known", a)
	return nil
}

func (w *writer) Softmax(x nn.Tensor, axis int) nn.Tensor {
	return w.unary("Softmax", Attributes{"axis": axis}, as(x))
}

func (w *writer) MaxPool(x nn.Tensor, p nn.Pool) nn.Tensor {
	return w.do("MaxPool", pooling(p), Float32, nn.PoolShape(x.Shape(), p), as(x))
}

func (w *writer) AvgPool(x nn.Tensor, p nn.Pool) nn.Tensor {
	attributes := pooling(p)
	attributes["count_include_pad"] = 0
	return w.do("AveragePool", attributes, Float32, nn.PoolShape(x.Shape(), p), as(x))
}

func pooling(p nn.Pool) Attributes {
	return Attributes{"kernel_shape": square(p.Kernel), "strides": square(max(1, p.Stride)), "pads": pads("pooling", p.Pad)}
}

func (w *writer) Mean(x nn.Tensor) nn.Tensor {
	in := x.Shape()
	return w.do("GlobalAveragePool", nil, Float32, []int{in[0], in[1], 1, 1}, as(x))
}

// Resize is ONNX's where each row and column is repeated the same number of times.
// Elsewhere the rows and columns are named one by one, since ONNX Runtime finds them
// in float32, which can miss floor(i·H/h) by one.
func (w *writer) Resize(x nn.Tensor, h, width int) nn.Tensor {
	in := x.Shape()
	if len(in) != 4 || h < 1 || width < 1 {
		nn.Fail("%v cannot be resized to %d×%d", in, width, h)
	}
	if h%in[2] == 0 && width%in[3] == 0 {
		scales := w.floats([]float32{1, 1, float32(h / in[2]), float32(width / in[3])}, 4)
		return w.do("Resize", Attributes{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
			Float32, []int{in[0], in[1], h, width}, as(x), nil, scales)
	}
	rows := w.gather(as(x), 2, w.ints(nearest(in[2], h)...))
	return w.gather(rows, 3, w.ints(nearest(in[3], width)...))
}

func nearest(from, to int) []int {
	at := make([]int, to)
	for i := range at {
		at[i] = i * from / to
	}
	return at
}

// gather takes rows of a dimension by a list of their places.
func (w *writer) gather(x *edge, axis int, at *edge) *edge {
	shape := slices.Clone(x.shape)
	shape[axis] = at.shape[0]
	return w.do("Gather", Attributes{"axis": axis}, x.kind, shape, x, at)
}

func (w *writer) Concat(axis int, xs ...nn.Tensor) nn.Tensor { return w.concat(axis, all(xs)...) }

func (w *writer) concat(axis int, xs ...*edge) *edge {
	shapes := make([][]int, len(xs))
	for i, x := range xs {
		shapes[i] = x.shape
	}
	return w.do("Concat", Attributes{"axis": axis}, xs[0].kind, nn.ConcatShape(axis, shapes...), xs...)
}

func (w *writer) Slice(x nn.Tensor, axis, from, to, step int) nn.Tensor {
	v := as(x)
	return w.do("Slice", nil, v.kind, nn.SliceShape(v.shape, axis, from, to, step),
		v, w.ints(from), w.ints(to), w.ints(axis), w.ints(step))
}

func (w *writer) Pad(x nn.Tensor, p nn.Padding) nn.Tensor {
	return w.do("Pad", nil, Float32, nn.PadShape(x.Shape(), p),
		as(x), w.ints(0, 0, p.Top, p.Left, 0, 0, p.Bottom, p.Right))
}

func (w *writer) Reshape(x nn.Tensor, shape ...int) nn.Tensor {
	v := as(x)
	return w.do("Reshape", nil, v.kind, nn.ReshapeShape(v.shape, shape), v, w.ints(shape...))
}

func (w *writer) Transpose(x nn.Tensor, order ...int) nn.Tensor {
	v := as(x)
	return w.do("Transpose", Attributes{"perm": wide(order)}, v.kind, nn.TransposeShape(v.shape, order), v)
}

func (w *writer) Add(a, b nn.Tensor) nn.Tensor {
	if !slices.Equal(a.Shape(), b.Shape()) {
		nn.Fail("cannot add %v and %v", a.Shape(), b.Shape())
	}
	return w.do("Add", nil, Float32, a.Shape(), as(a), as(b))
}

func (w *writer) Scale(x nn.Tensor, by float64) nn.Tensor {
	return w.do("Mul", nil, Float32, x.Shape(), as(x), w.float(by))
}
