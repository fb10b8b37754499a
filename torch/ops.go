package torch

import (
	"slices"
	"unsafe"

	"requin/nn"
)

func (e *eager) Conv(name string, x nn.Tensor, c nn.Conv) nn.Tensor {
	nn.ConvShape(name, x.Shape(), c) // fails with the layer's name
	weight, bias := e.param(name+".weight"), int64(-1)
	if c.Bias {
		bias = e.param(name + ".bias")
	}
	in := e.id(x)
	settings := [...]int64{int64(max(1, c.Stride)), int64(max(1, c.Dilation)), int64(max(1, c.Groups)),
		int64(c.Pad.Top), int64(c.Pad.Left), int64(c.Pad.Bottom), int64(c.Pad.Right)}
	return e.make(func(into *made) string { return e.m.lib.Conv(e.m.handle, in, weight, bias, &settings[0], into) })
}

func (e *eager) BatchNorm(name string, x nn.Tensor, b nn.BatchNorm) nn.Tensor {
	in := e.id(x)
	params := [...]int64{e.param(name + ".weight"), e.param(name + ".bias"), e.param(name + ".running_mean"), e.param(name + ".running_var")}
	if e.unfolding && !b.Frozen && !e.unfolded[name] && e.folded(name) {
		e.unfolded[name] = true
		e.must(e.m.lib.Unfold(e.m.handle, in, &params[0], b.Eps))
	}
	return e.make(func(into *made) string {
		return e.m.lib.BatchNorm(e.m.handle, in, &params[0], e.training && !b.Frozen, b.Eps, b.Momentum, into)
	})
}

// folded says whether a normalisation does nothing but add its bias. The variance may
// be 1 less what the normalisation adds to it.
func (e *eager) folded(name string) bool {
	all := func(what string, least, most float32) bool {
		w, err := e.m.read(e.m.list, int(e.param(name+what)))
		if err != nil {
			panic(nn.Error{Err: err})
		}
		return slices.Min(w.Values) >= least && slices.Max(w.Values) <= most
	}
	return all(".weight", 1, 1) && all(".running_mean", 0, 0) && all(".running_var", 0.98, 1)
}

func (e *eager) Linear(name string, x nn.Tensor, l nn.Linear) nn.Tensor {
	in, weight, bias := e.id(x), e.param(name+".weight"), e.param(name+".bias")
	return e.make(func(into *made) string { return e.m.lib.Linear(e.m.handle, in, weight, bias, into) })
}

func (e *eager) Activate(x nn.Tensor, a nn.Activation) nn.Tensor {
	kind := slices.Index([]nn.Activation{nn.ReLU, nn.SiLU, nn.Leaky, nn.Sigmoid}, a)
	if kind < 0 {
		nn.Fail("activation %q is not known", a)
	}
	in := e.id(x)
	return e.make(func(into *made) string { return e.m.lib.Activate(e.m.handle, in, int64(kind), into) })
}

func (e *eager) Softmax(x nn.Tensor, axis int) nn.Tensor {
	in := e.id(x)
	return e.make(func(into *made) string { return e.m.lib.Softmax(e.m.handle, in, int64(axis), into) })
}

func (e *eager) MaxPool(x nn.Tensor, p nn.Pool) nn.Tensor { return e.pool(x, p, true) }
func (e *eager) AvgPool(x nn.Tensor, p nn.Pool) nn.Tensor { return e.pool(x, p, false) }

func (e *eager) pool(x nn.Tensor, p nn.Pool, greatest bool) nn.Tensor {
	nn.PoolShape(x.Shape(), p)
	in := e.id(x)
	settings := [...]int64{int64(p.Kernel), int64(max(1, p.Stride)),
		int64(p.Pad.Top), int64(p.Pad.Left), int64(p.Pad.Bottom), int64(p.Pad.Right)}
	return e.make(func(into *made) string { return e.m.lib.Pool(e.m.handle, in, greatest, &settings[0], into) })
}

func (e *eager) Mean(x nn.Tensor) nn.Tensor {
	in := e.id(x)
	return e.make(func(into *made) string { return e.m.lib.Mean(e.m.handle, in, into) })
}

func (e *eager) Resize(x nn.Tensor, h, w int) nn.Tensor {
	in := e.id(x)
	return e.make(func(into *made) string { return e.m.lib.Resize(e.m.handle, in, int64(h), int64(w), into) })
}

func (e *eager) Concat(axis int, xs ...nn.Tensor) nn.Tensor {
	ids := make([]int64, len(xs))
	shapes := make([][]int, len(xs))
	for i, x := range xs {
		ids[i], shapes[i] = e.id(x), x.Shape()
	}
	nn.ConcatShape(axis, shapes...)
	return e.make(func(into *made) string {
		return e.m.lib.Concat(e.m.handle, &ids[0], int64(len(ids)), int64(axis), into)
	})
}

func (e *eager) Slice(x nn.Tensor, axis, from, to, step int) nn.Tensor {
	nn.SliceShape(x.Shape(), axis, from, to, step)
	in := e.id(x)
	return e.make(func(into *made) string {
		return e.m.lib.Slice(e.m.handle, in, int64(axis), int64(from), int64(to), int64(step), into)
	})
}

func (e *eager) Pad(x nn.Tensor, p nn.Padding) nn.Tensor {
	nn.PadShape(x.Shape(), p)
	in := e.id(x)
	pad := [...]int64{int64(p.Top), int64(p.Left), int64(p.Bottom), int64(p.Right)}
	return e.make(func(into *made) string { return e.m.lib.Pad(e.m.handle, in, &pad[0], into) })
}

func (e *eager) Reshape(x nn.Tensor, shape ...int) nn.Tensor {
	in, lengths := e.id(x), int64s(nn.ReshapeShape(x.Shape(), shape))
	return e.make(func(into *made) string {
		return e.m.lib.Reshape(e.m.handle, in, unsafe.SliceData(lengths), int64(len(lengths)), into)
	})
}

func (e *eager) Transpose(x nn.Tensor, order ...int) nn.Tensor {
	nn.TransposeShape(x.Shape(), order)
	in, by := e.id(x), int64s(order)
	return e.make(func(into *made) string {
		return e.m.lib.Transpose(e.m.handle, in, unsafe.SliceData(by), int64(len(by)), into)
	})
}

func (e *eager) Add(a, b nn.Tensor) nn.Tensor {
	if !slices.Equal(a.Shape(), b.Shape()) {
		nn.Fail("cannot add %v and %v", a.Shape(), b.Shape())
	}
	first, second := e.id(a), e.id(b)
	return e.make(func(into *made) string { return e.m.lib.Add(e.m.handle, first, second, into) })
}

func (e *eager) Scale(x nn.Tensor, by float64) nn.Tensor {
	in := e.id(x)
	return e.make(func(into *made) string { return e.m.lib.Scale(e.m.handle, in, by, into) })
}
