package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"requin/nn"
)

// Write writes a network with its weights as a file that anyone can run: operator set
// 16, one picture, an input "images" of float32 1 × 3 × H × W as the design says, and
// the outputs that Deploy names. A batch normalisation right after a convolution or
// full connection is folded into it where nothing else uses what that gives. What is
// the same is written once: weights of a layer used twice, constants, and nodes that
// do the same to the same. The same network and weights give the same bytes.
//
// Weights must hold every parameter that Deploy uses; the error names the one that is
// missing or of another shape.
func Write(network nn.Network, weights nn.Weights, metadata map[string]string) (file []byte, err error) {
	defer nn.Catch(&err)
	design := network.Design()
	w := newWriter(weights)
	images := &edge{id: w.next(), hint: "images", shape: []int{1, 3, design.H, design.W}, kind: Float32}
	outputs := network.Deploy(w, images)
	if len(outputs) == 0 {
		return nil, fmt.Errorf("%s answers nothing", design.Network)
	}
	g := &Graph{Name: design.Network, Metadata: maps.Clone(metadata)}
	w.finish(g, images, outputs)
	return g.Bytes(), nil
}

// writer is nn.Ops as a graph. It notes what is asked for, since only at the end is it
// known who uses what; finish then folds and puts it down.
type writer struct {
	weights nn.Weights
	ids     int
	nodes   []*node
	same    map[string]*node // nodes by what they do
	fixed   map[string]*edge // constants by what they hold, parameters by name
}

// edge is what flows between nodes: nn.Tensor for networks.
type edge struct {
	id    int
	hint  string // what it is called if nothing else is
	shape []int  // -1: only a run can tell
	kind  Type
	from  *node   // nil: a constant, or the input
	fixed *Tensor // of a constant
	uses  int     // by nodes and outputs that matter
	name  string  // in the file
}

func (v *edge) Shape() []int { return v.shape }

// node is one operator to be written.
type node struct {
	op         string
	layer      string // the name of the layer it is, if any
	in, out    []*edge
	attributes Attributes
}

func newWriter(weights nn.Weights) *writer {
	return &writer{weights: weights, same: map[string]*node{}, fixed: map[string]*edge{}}
}

func (w *writer) next() int {
	w.ids++
	return w.ids
}

// node notes an operator with outputs that the caller shapes. An operator that does
// the same as one before is that one.
func (w *writer) node(op string, attributes Attributes, outputs int, in ...*edge) []*edge {
	key := []byte(op)
	for _, v := range in {
		id := 0
		if v != nil {
			id = v.id
		}
		key = binary.AppendVarint(key, int64(id))
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		key = append(key, attribute(name, attributes[name])...)
	}
	n := w.same[string(key)]
	if n == nil {
		n = &node{op: op, in: in, attributes: attributes}
		for range outputs {
			n.out = append(n.out, &edge{id: w.next(), hint: strings.ToLower(op), kind: Float32, from: n})
		}
		w.same[string(key)] = n
		w.nodes = append(w.nodes, n)
	}
	return n.out
}

// do notes an operator of one output.
func (w *writer) do(op string, attributes Attributes, kind Type, shape []int, in ...*edge) *edge {
	out := w.node(op, attributes, 1, in...)[0]
	out.kind, out.shape = kind, shape
	return out
}

// layer notes an operator that is a layer of the network.
func (w *writer) layer(name, op string, attributes Attributes, shape []int, in ...*edge) *edge {
	out := w.do(op, attributes, Float32, shape, in...)
	out.from.layer, out.hint = name, name
	return out
}

// floats is a constant of float32; without a shape it is a scalar.
func (w *writer) floats(values []float32, shape ...int) *edge {
	return w.constant(Tensor{Shape: wide(shape), F32: values})
}

// ints is a constant list of int64.
func (w *writer) ints(values ...int) *edge {
	return w.constant(Tensor{Shape: []int64{int64(len(values))}, I64: wide(values)})
}

// float is a constant scalar of float32.
func (w *writer) float(v float64) *edge { return w.floats([]float32{float32(v)}) }

func (w *writer) constant(t Tensor) *edge {
	return w.hold("constant "+string(tensor("", t)), "constant", func() Tensor { return t })
}

// hold gives the one constant of a key.
func (w *writer) hold(key, hint string, make func() Tensor) *edge {
	v := w.fixed[key]
	if v == nil {
		t := make()
		v = &edge{id: w.next(), hint: hint, shape: narrow(t.Shape), kind: t.Type(), fixed: &t}
		w.fixed[key] = v
	}
	return v
}

// param is a parameter of the network.
func (w *writer) param(p nn.Param) *edge {
	return w.hold("parameter "+p.Name, p.Name, func() Tensor {
		have, ok := w.weights[p.Name]
		switch {
		case !ok:
			nn.Fail("the weights lack %q (%v): are they of another network?", p.Name, p.Shape)
		case !slices.Equal(have.Shape, p.Shape) || len(have.Values) != p.Count():
			nn.Fail("the weight %q is %v with %d values, but the network wants %v: is it of another network, or for other classes?", p.Name, have.Shape, len(have.Values), p.Shape)
		}
		return Tensor{Shape: wide(p.Shape), F32: have.Values}
	})
}

func (w *writer) params(ps []nn.Param) []*edge {
	out := make([]*edge, len(ps))
	for i, p := range ps {
		out[i] = w.param(p)
	}
	return out
}

func wide(shape []int) []int64 {
	out := make([]int64, len(shape))
	for i, d := range shape {
		out[i] = int64(d)
	}
	return out
}

func narrow(shape []int64) []int {
	out := make([]int, len(shape))
	for i, d := range shape {
		out[i] = int(d)
	}
	return out
}
