package weights

import "requin/nn"

// wanted is a layer of a network and what it needs.
type wanted struct {
	layer    // its shape is the weight's
	bias     bool
	norm     string // the name of the batch normalisation right after it, or of itself
	eps      float64
	channels int
}

// recorder is nn.Ops that notes a network's structure.
type recorder struct {
	nn.Ops // shapes
	structure
	wanted []wanted
}

// seen is a tensor: its shape and where it comes from.
type seen struct {
	nn.Tensor
	value  int
	direct int // the layer whose result it is, untouched; -1: of none
}

// record notes the structure of a network.
func record(network nn.Network) (r *recorder, err error) {
	defer nn.Catch(&err)
	r = &recorder{Ops: nn.Shapes(), structure: newStructure()}
	d := network.Design()
	network.Deploy(r, seen{nn.Shaped(1, 3, d.H, d.W), 0, -1})
	for i := range r.wanted {
		r.wanted[i].layer = r.layers[i]
	}
	return r, nil
}

func under(x nn.Tensor) nn.Tensor { return x.(seen).Tensor }

func unders(xs []nn.Tensor) []nn.Tensor {
	out := make([]nn.Tensor, len(xs))
	for i, x := range xs {
		out[i] = under(x)
	}
	return out
}

// same is a value in another shape.
func same(x, shape nn.Tensor) nn.Tensor { return seen{shape, x.(seen).value, -1} }

// of is what comes of several.
func of(how func(...int) (int, error), shape nn.Tensor, xs ...nn.Tensor) nn.Tensor {
	values := make([]int, len(xs))
	for i, x := range xs {
		values[i] = x.(seen).value
	}
	v, err := how(values...)
	if err != nil {
		nn.Fail("%w", err)
	}
	return seen{shape, v, -1}
}

func (r *recorder) note(x, shape nn.Tensor, form string, w wanted, weight []int, name string) nn.Tensor {
	v := r.add(layer{form: form, shape: weight, in: x.(seen).value, name: name})
	w.channels = weight[0]
	r.wanted = append(r.wanted, w)
	return seen{shape, v, len(r.layers) - 1}
}

func (r *recorder) Conv(name string, x nn.Tensor, c nn.Conv) nn.Tensor {
	weight := c.Params(name, x.Shape()[1])[0].Shape
	form := convForm(c.Kernel, c.Kernel, max(1, c.Stride), max(1, c.Dilation), max(1, c.Groups))
	return r.note(x, r.Ops.Conv(name, under(x), c), form, wanted{bias: c.Bias}, weight, name)
}

func (r *recorder) Linear(name string, x nn.Tensor, l nn.Linear) nn.Tensor {
	return r.note(x, r.Ops.Linear(name, under(x), l), linearForm, wanted{bias: true}, []int{l.Out, x.Shape()[1]}, name)
}

func (r *recorder) BatchNorm(name string, x nn.Tensor, b nn.BatchNorm) nn.Tensor {
	t := x.(seen)
	if t.direct >= 0 && r.wanted[t.direct].norm == "" {
		r.wanted[t.direct].norm, r.wanted[t.direct].eps = name, b.Eps
		return seen{t.Tensor, t.value, -1}
	}
	out := r.note(x, t.Tensor, normForm, wanted{norm: name, eps: b.Eps}, []int{x.Shape()[1]}, name)
	return seen{out.(seen).Tensor, out.(seen).value, -1}
}

func (r *recorder) Activate(x nn.Tensor, a nn.Activation) nn.Tensor {
	return same(x, r.Ops.Activate(under(x), a))
}
func (r *recorder) Softmax(x nn.Tensor, axis int) nn.Tensor {
	return same(x, r.Ops.Softmax(under(x), axis))
}
func (r *recorder) MaxPool(x nn.Tensor, p nn.Pool) nn.Tensor {
	return same(x, r.Ops.MaxPool(under(x), p))
}
func (r *recorder) AvgPool(x nn.Tensor, p nn.Pool) nn.Tensor {
	return same(x, r.Ops.AvgPool(under(x), p))
}
func (r *recorder) Mean(x nn.Tensor) nn.Tensor { return same(x, r.Ops.Mean(under(x))) }
func (r *recorder) Resize(x nn.Tensor, h, w int) nn.Tensor {
	return same(x, r.Ops.Resize(under(x), h, w))
}
func (r *recorder) Slice(x nn.Tensor, axis, from, to, step int) nn.Tensor {
	return same(x, r.Ops.Slice(under(x), axis, from, to, step))
}
func (r *recorder) Pad(x nn.Tensor, p nn.Padding) nn.Tensor { return same(x, r.Ops.Pad(under(x), p)) }
func (r *recorder) Reshape(x nn.Tensor, shape ...int) nn.Tensor {
	return same(x, r.Ops.Reshape(under(x), shape...))
}
func (r *recorder) Transpose(x nn.Tensor, order ...int) nn.Tensor {
	return same(x, r.Ops.Transpose(under(x), order...))
}
func (r *recorder) Scale(x nn.Tensor, by float64) nn.Tensor {
	return same(x, r.Ops.Scale(under(x), by))
}

func (r *recorder) Concat(axis int, xs ...nn.Tensor) nn.Tensor {
	return of(r.join, r.Ops.Concat(axis, unders(xs)...), xs...)
}

func (r *recorder) Add(a, b nn.Tensor) nn.Tensor {
	return of(r.meet, r.Ops.Add(under(a), under(b)), a, b)
}

func (r *recorder) RoIAlign(features []nn.Tensor, regions nn.Tensor, a nn.RoIAlign) nn.Tensor {
	return of(r.meet, r.Ops.RoIAlign(unders(features), under(regions), a), append([]nn.Tensor{regions}, features...)...)
}

func (r *recorder) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	return of(r.meet, r.Ops.Propose(unders(objectness), unders(deltas), p), append(objectness[:len(objectness):len(objectness)], deltas...)...)
}

func (r *recorder) Suppress(regions, scores, deltas nn.Tensor, s nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	b, l, c := r.Ops.Suppress(under(regions), under(scores), under(deltas), s)
	return of(r.meet, b, regions, scores, deltas), of(r.meet, l, regions, scores, deltas), of(r.meet, c, regions, scores, deltas)
}
