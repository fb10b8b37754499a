package onnx

import (
	"fmt"
	"math"

	"requin/nn"
)

// finish puts down what the outputs need, and nothing else.
func (w *writer) finish(g *Graph, images *edge, outputs []nn.Output) {
	ends := make([]*edge, len(outputs))
	for i, o := range outputs {
		ends[i] = o.Value.(*edge)
		ends[i].uses++
	}
	w.prune()
	w.fold()

	taken := map[string]bool{images.hint: true}
	images.name = images.hint
	g.Input(images.name, Float32, wide(images.shape)...)
	for i, o := range outputs {
		if o.Name == "" || taken[o.Name] {
			nn.Fail("an output may not be called %q: outputs need different names", o.Name)
		}
		taken[o.Name] = true
		if ends[i].from != nil && ends[i].name == "" {
			ends[i].name = o.Name
		}
		g.Output(o.Name, ends[i].kind, wide(ends[i].shape)...)
	}
	p := &put{g: g, taken: taken}
	for _, n := range w.nodes {
		g.Node(n.op, p.names(n.in), p.names(n.out), n.attributes)
	}
	for i, o := range outputs {
		if ends[i].name != o.Name { // the same twice, or not computed at all
			g.Node("Identity", p.names(ends[i:i+1]), []string{o.Name}, nil)
		}
	}
}

// put names values as they are put down.
type put struct {
	g     *Graph
	taken map[string]bool
}

func (p *put) names(values []*edge) []string {
	out := make([]string, len(values))
	for i, v := range values {
		if v == nil { // an optional input that is left out
			continue
		}
		if v.name == "" {
			v.name = p.unused(v.hint)
			if v.fixed != nil {
				p.g.Constant(v.name, *v.fixed)
			}
		}
		out[i] = v.name
	}
	return out
}

func (p *put) unused(hint string) string {
	name := hint
	for i := 1; p.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", hint, i)
	}
	p.taken[name] = true
	return name
}

// prune drops the nodes that no output needs and counts the uses of values by the
// others. Nodes are in the order in which they run.
func (w *writer) prune() {
	kept := len(w.nodes)
	for i := len(w.nodes) - 1; i >= 0; i-- {
		n := w.nodes[i]
		used := false
		for _, v := range n.out {
			used = used || v.uses > 0
		}
		if !used {
			continue
		}
		for _, v := range n.in {
			if v != nil {
				v.uses++
			}
		}
		kept--
		w.nodes[kept] = n
	}
	w.nodes = w.nodes[kept:]
}

// fold multiplies batch normalisations into the convolutions and full connections
// right before them, where nothing else uses those.
func (w *writer) fold() {
	kept := w.nodes[:0]
	for _, n := range w.nodes {
		before := n.in[0].from
		if n.op != "BatchNormalization" || before == nil || n.in[0].uses != 1 || before.op != "Conv" && before.op != "Gemm" {
			kept = append(kept, n)
			continue
		}
		w.absorb(before, n)
		before.out = n.out
		n.out[0].from = before
	}
	w.nodes = kept
}

// absorb changes the weight and bias of a layer so that it gives what normalising its
// result gave: weight·s and (bias - mean)·s + shift, s = scale / √(var + eps).
func (w *writer) absorb(layer, norm *node) {
	weight := layer.in[1]
	scale, shift, mean, variance := norm.in[1].fixed.F32, norm.in[2].fixed.F32, norm.in[3].fixed.F32, norm.in[4].fixed.F32
	eps := float64(norm.attributes["epsilon"].(float32))
	factor := make([]float64, len(scale))
	for i := range factor {
		factor[i] = float64(scale[i]) / math.Sqrt(float64(variance[i])+eps)
	}
	key := fmt.Sprintf("folded %v %g", ids(layer.in[1:], norm.in[1:]), eps)
	folded := w.hold(key, layer.layer+".weight", func() Tensor {
		t := Tensor{Shape: weight.fixed.Shape, F32: make([]float32, len(weight.fixed.F32))}
		each := len(t.F32) / len(factor)
		for i, v := range weight.fixed.F32 {
			t.F32[i] = float32(float64(v) * factor[i/each])
		}
		return t
	})
	bias := w.hold(key+", bias", layer.layer+".bias", func() Tensor {
		t := Tensor{Shape: []int64{int64(len(factor))}, F32: make([]float32, len(factor))}
		for i := range factor {
			before := 0.0
			if len(layer.in) > 2 {
				before = float64(layer.in[2].fixed.F32[i])
			}
			t.F32[i] = float32((before-float64(mean[i]))*factor[i] + float64(shift[i]))
		}
		return t
	})
	layer.in = []*edge{layer.in[0], folded, bias}
}

func ids(lists ...[]*edge) (out []int) {
	for _, list := range lists {
		for _, v := range list {
			out = append(out, v.id)
		}
	}
	return out
}
