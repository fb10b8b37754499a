package nn

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Description is what can be told of a network without running it.
type Description struct {
	Params  []Param // in the order of their first use
	Learned int     // numbers learned: what papers call parameters
	MACs    int64   // multiplications with additions, of one picture, in convolutions and full connections; of Faster R-CNN's second stage for the most regions
	Outputs []Output
}

// Describe looks at a network that answers one picture.
func Describe(n Network) (d Description, err error) {
	defer Catch(&err)
	design := n.Design()
	o := &describer{names: map[string]bool{}}
	outputs := n.Deploy(o, shaped{1, 3, design.H, design.W})
	d = o.Description
	d.Outputs = outputs
	for _, p := range d.Params {
		if !p.State {
			d.Learned += p.Count()
		}
	}
	return d, nil
}

// Begin is the weights that training begins with: each parameter's depends on the
// seed and its name alone.
func Begin(params []Param, seed uint64) Weights {
	w := make(Weights, len(params))
	for _, p := range params {
		h := fnv.New64a()
		h.Write([]byte(p.Name))
		r := rand.New(rand.NewPCG(seed, h.Sum64()))
		v := make([]float32, p.Count())
		fan := float64(max(1, p.Fan))
		for i := range v {
			switch p.Init.Kind {
			case Kaiming:
				bound := math.Sqrt(1 / fan)
				v[i] = float32((2*r.Float64() - 1) * bound)
			case HeNormal:
				v[i] = float32(r.NormFloat64() * math.Sqrt(2/fan))
			case Normal:
				v[i] = float32(r.NormFloat64() * p.Init.Value)
			case Constant:
				v[i] = float32(p.Init.Value)
			}
		}
		w[p.Name] = Weight{Shape: slices.Clone(p.Shape), Values: v}
	}
	return w
}

// shaped is a tensor of which only the shape is known.
type shaped []int

func (s shaped) Shape() []int { return s }

// Shapes is an interpreter that knows shapes alone.
func Shapes() Ops { return &describer{names: map[string]bool{}} }

// Shaped is a tensor for Shapes.
func Shaped(shape ...int) Tensor { return shaped(shape) }

// describer interprets Ops by shapes alone.
type describer struct {
	Description
	names map[string]bool
}

func (o *describer) params(ps []Param) {
	for _, p := range ps {
		if o.names[p.Name] {
			continue // a layer that is used more than once
		}
		o.names[p.Name] = true
		o.Params = append(o.Params, p)
	}
}

func (o *describer) Conv(name string, x Tensor, c Conv) Tensor {
	in := x.Shape()
	out := ConvShape(name, in, c)
	o.params(c.Params(name, in[1]))
	o.MACs += macs(out[0], c.Out, in[1]/max(1, c.Groups), c.Kernel*c.Kernel, out[2]*out[3])
	return shaped(out)
}

func (o *describer) BatchNorm(name string, x Tensor, b BatchNorm) Tensor {
	o.params(b.Params(name, x.Shape()[1]))
	return x
}

func (o *describer) Linear(name string, x Tensor, l Linear) Tensor {
	in := x.Shape()
	if len(in) != 2 {
		Fail("%s: a full connection needs rows × numbers, not %v", name, in)
	}
	o.params(l.Params(name, in[1]))
	o.MACs += macs(in[0], l.Out, in[1])
	return shaped{in[0], l.Out}
}

func macs(rows int, of ...int) int64 {
	n := int64(max(1, rows))
	for _, d := range of {
		n *= int64(d)
	}
	return n
}

func (o *describer) Activate(x Tensor, _ Activation) Tensor { return x }
func (o *describer) Softmax(x Tensor, _ int) Tensor         { return x }
func (o *describer) Scale(x Tensor, _ float64) Tensor       { return x }
func (o *describer) MaxPool(x Tensor, p Pool) Tensor        { return shaped(PoolShape(x.Shape(), p)) }
func (o *describer) AvgPool(x Tensor, p Pool) Tensor        { return shaped(PoolShape(x.Shape(), p)) }
func (o *describer) Pad(x Tensor, p Padding) Tensor         { return shaped(PadShape(x.Shape(), p)) }

func (o *describer) Mean(x Tensor) Tensor { return shaped{x.Shape()[0], x.Shape()[1], 1, 1} }

func (o *describer) Resize(x Tensor, h, w int) Tensor {
	return shaped{x.Shape()[0], x.Shape()[1], h, w}
}

func (o *describer) Concat(axis int, xs ...Tensor) Tensor {
	shapes := make([][]int, len(xs))
	for i, x := range xs {
		shapes[i] = x.Shape()
	}
	return shaped(ConcatShape(axis, shapes...))
}

func (o *describer) Slice(x Tensor, axis, from, to, step int) Tensor {
	return shaped(SliceShape(x.Shape(), axis, from, to, step))
}

func (o *describer) Reshape(x Tensor, shape ...int) Tensor {
	return shaped(ReshapeShape(x.Shape(), shape))
}

func (o *describer) Transpose(x Tensor, order ...int) Tensor {
	return shaped(TransposeShape(x.Shape(), order))
}

func (o *describer) Add(a, b Tensor) Tensor {
	if !slices.Equal(a.Shape(), b.Shape()) {
		panic(Error{fmt.Errorf("cannot add %v and %v", a.Shape(), b.Shape())})
	}
	return a
}

func (o *describer) RoIAlign(features []Tensor, regions Tensor, r RoIAlign) Tensor {
	return shaped{regions.Shape()[0], features[0].Shape()[1], r.Size, r.Size}
}

func (o *describer) Propose(_, _ []Tensor, p Proposing) Tensor { return shaped{p.Keep, 5} }

func (o *describer) Suppress(_, _, _ Tensor, s Suppressing) (boxes, labels, confidence Tensor) {
	return shaped{s.Keep, 4}, shaped{s.Keep}, shaped{s.Keep}
}
