package nn

import "slices"

// ConvShape is the shape that a convolution gives; it fails where that is none.
func ConvShape(name string, in []int, c Conv) []int {
	if len(in) != 4 {
		Fail("%s: a convolution needs 4 dimensions, not %v", name, in)
	}
	groups := max(1, c.Groups)
	if in[1]%groups != 0 || c.Out%groups != 0 {
		Fail("%s: %d and %d channels are not divisible by %d groups", name, in[1], c.Out, groups)
	}
	kernel := (c.Kernel-1)*max(1, c.Dilation) + 1
	h, w := window(name, in, kernel, max(1, c.Stride), c.Pad)
	return []int{in[0], c.Out, h, w}
}

// PoolShape is the shape that pooling gives.
func PoolShape(in []int, p Pool) []int {
	if len(in) != 4 {
		Fail("pooling needs 4 dimensions, not %v", in)
	}
	h, w := window("pool", in, p.Kernel, max(1, p.Stride), p.Pad)
	return []int{in[0], in[1], h, w}
}

func window(name string, in []int, kernel, stride int, p Padding) (h, w int) {
	h = (in[2]+p.Top+p.Bottom-kernel)/stride + 1
	w = (in[3]+p.Left+p.Right-kernel)/stride + 1
	if in[2]+p.Top+p.Bottom < kernel || in[3]+p.Left+p.Right < kernel {
		Fail("%s: a kernel of %d does not fit on %d×%d: use a larger input", name, kernel, in[3], in[2])
	}
	return h, w
}

// ConcatShape is the shape of tensors joined along an axis.
func ConcatShape(axis int, shapes ...[]int) []int {
	if len(shapes) == 0 {
		Fail("nothing to join")
	}
	out := slices.Clone(shapes[0])
	for _, s := range shapes[1:] {
		if len(s) != len(out) {
			Fail("cannot join %v and %v", shapes[0], s)
		}
		for i := range s {
			if i != axis && s[i] != out[i] {
				Fail("cannot join %v and %v along dimension %d", shapes[0], s, axis)
			}
		}
		if out[axis] < 0 || s[axis] < 0 {
			out[axis] = -1
			continue
		}
		out[axis] += s[axis]
	}
	return out
}

// SliceShape is the shape of a slice.
func SliceShape(in []int, axis, from, to, step int) []int {
	if axis < 0 || axis >= len(in) || from < 0 || to > in[axis] || from >= to || step < 1 {
		Fail("no slice %d:%d:%d along dimension %d of %v", from, to, step, axis, in)
	}
	out := slices.Clone(in)
	out[axis] = (to - from + step - 1) / step
	return out
}

// ReshapeShape is the shape asked for, with the one that is -1 worked out where
// the input's is known.
func ReshapeShape(in []int, shape []int) []int {
	out := slices.Clone(shape)
	have, want, open := 1, 1, -1
	for _, d := range in {
		have *= d
	}
	for i, d := range shape {
		if d == -1 {
			if open >= 0 {
				Fail("two open lengths in %v", shape)
			}
			open = i
			continue
		}
		want *= d
	}
	if have < 0 { // only a run can tell
		return out
	}
	if open >= 0 && want > 0 && have%want == 0 {
		out[open] = have / want
		want *= out[open]
	}
	if have != want {
		Fail("%v does not reshape to %v", in, shape)
	}
	return out
}

// TransposeShape is the shape with its dimensions in another order.
func TransposeShape(in []int, order []int) []int {
	if len(order) != len(in) {
		Fail("order %v does not fit %v", order, in)
	}
	out := make([]int, len(in))
	for i, o := range order {
		out[i] = in[o]
	}
	return out
}

// PadShape is the shape with padding.
func PadShape(in []int, p Padding) []int {
	if len(in) != 4 {
		Fail("padding needs 4 dimensions, not %v", in)
	}
	return []int{in[0], in[1], in[2] + p.Top + p.Bottom, in[3] + p.Left + p.Right}
}

// Params are the parameters of a convolution on x channels.
func (c Conv) Params(name string, in int) []Param {
	groups := max(1, c.Groups)
	fan := in / groups * c.Kernel * c.Kernel
	w := Param{Name: name + ".weight", Shape: []int{c.Out, in / groups, c.Kernel, c.Kernel}, Init: c.Init, Decay: true, Fan: fan}
	if c.Init.Kind == HeNormal {
		w.Fan = c.Out / groups * c.Kernel * c.Kernel
	}
	if !c.Bias {
		return []Param{w}
	}
	return []Param{w, {Name: name + ".bias", Shape: []int{c.Out}, Init: bias(c.BiasInit)}}
}

// Params are the parameters of a full connection.
func (l Linear) Params(name string, in int) []Param {
	w := Param{Name: name + ".weight", Shape: []int{l.Out, in}, Init: l.Init, Decay: true, Fan: in}
	if l.Init.Kind == HeNormal {
		w.Fan = l.Out
	}
	return []Param{w, {Name: name + ".bias", Shape: []int{l.Out}, Init: bias(l.BiasInit)}}
}

// Params are the parameters and states of a normalisation.
func (b BatchNorm) Params(name string, channels int) []Param {
	of := func(what string, value float64, state bool) Param {
		return Param{Name: name + "." + what, Shape: []int{channels}, Init: Init{Constant, value}, State: state}
	}
	return []Param{of("weight", 1, b.Frozen), of("bias", 0, b.Frozen), of("running_mean", 0, true), of("running_var", 1, true)}
}

func bias(i Init) Init {
	if i.Kind == Kaiming {
		return Init{Constant, 0}
	}
	return i
}
