package weights

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"requin/nn"
)

// FromONNX gives the weights of an ONNX file the names that a network has for them.
// Exporters fold batch normalisation into the convolution before it and name what
// comes of it by a number, so the names say little: the file's layers are paired with
// the network's by their names where all have them, and by how they lie to one another
// where not. Where a batch normalisation was folded, the network's becomes one that
// only adds what the folded bias adds (weight 1, mean 0, variance 1 - eps), and folded
// is true: torch.Model.Unfold gives it its meaning back.
//
// The network is to be of the file's input channels; the classes may differ: the
// layers that lead out of the network then come in the file's shapes, which Match
// leaves out.
func FromONNX(path string, network nn.Network) (w nn.Weights, folded bool, err error) {
	err = open(path, func(f format, r io.ReaderAt, size int64) error {
		if f != onnxFile {
			return errors.New("is not an ONNX file")
		}
		m, err := openModel(path, r, size)
		if err != nil {
			return err
		}
		w, folded, err = m.named(network)
		return err
	})
	return w, folded, err
}

// named pairs the file's layers with the network's.
func (m *model) named(network nn.Network) (nn.Weights, bool, error) {
	ours, err := record(network)
	if err != nil {
		return nil, false, err
	}
	theirs, err := m.structure()
	if err != nil {
		return nil, false, err
	}
	pairs := byName(ours.layers, theirs.layers)
	if pairs == nil {
		if pairs, err = pair(&ours.structure, &theirs.structure); err != nil {
			return nil, false, err
		}
	}
	w, folded := nn.Weights{}, false
	for i, j := range pairs {
		f, err := m.take(w, ours.wanted[i], theirs.given[j])
		if err != nil {
			return nil, false, fmt.Errorf("its weights of the layer %q: %w", ours.layers[i].name, err)
		}
		folded = folded || f
	}
	return w, folded, nil
}

// byName pairs layers by name; nil where one has no namesake of its form.
func byName(ours, theirs []layer) []int {
	at := map[string]int{}
	for j, l := range theirs {
		at[l.form+" "+l.name] = j
	}
	pairs := make([]int, len(ours))
	for i, l := range ours {
		j, ok := at[l.form+" "+l.name]
		if !ok {
			return nil
		}
		pairs[i] = j
	}
	return pairs
}

// given is a layer of a file and its numbers.
type given struct {
	weight, bias *numbers   // bias nil: none
	flipped      bool       // the weight is in × out
	norm         []*numbers // of the batch normalisation right after it, or of itself: scale, shift, mean, variance
	eps          float64
}

// laid is a file's structure.
type laid struct {
	structure
	given  []given
	values map[string]int // by name
	direct map[string]int // names that are a layer's result, untouched
}

const linearForm, normForm = "full connection", "batch normalisation"

func convForm(h, w, stride, dilation, groups int) string {
	return fmt.Sprintf("convolution %d×%d, stride %d, dilation %d, %d groups", h, w, stride, dilation, groups)
}

// structure reads how the file's layers lie. What is computed of shapes and constants
// alone is no value.
func (m *model) structure() (*laid, error) {
	s := &laid{structure: newStructure(), values: map[string]int{}, direct: map[string]int{}}
	for name := range m.inputs {
		if m.numbers[name] == nil {
			s.values[name] = 0
		}
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		v, ok, err := m.place(s, n)
		if err != nil {
			return nil, fmt.Errorf("its node %d (%s): %w", i, n.op, err)
		}
		if ok {
			for _, out := range n.out {
				s.values[out] = v
			}
		}
	}
	return s, nil
}

// place finds the value that a node gives; false: none.
func (m *model) place(s *laid, n *node) (int, bool, error) {
	var of []int
	for _, in := range n.in {
		if v, ok := s.values[in]; ok {
			of = append(of, v)
		}
	}
	if len(of) == 0 || n.op == "Shape" || n.op == "Size" {
		return 0, false, nil
	}
	switch n.op {
	case "Conv", "Gemm":
		v, err := m.layer(s, n)
		return v, true, err
	case "BatchNormalization":
		v, err := m.norm(s, n)
		return v, true, err
	case "Concat":
		v, err := s.join(of...)
		return v, true, err
	}
	v, err := s.meet(of...)
	return v, true, err
}

// constant is the i-th input, which must lie in the file.
func (m *model) constant(n *node, i int) (*numbers, error) {
	if i >= len(n.in) || m.numbers[n.in[i]] == nil {
		return nil, fmt.Errorf("its input %d is computed, not a weight that lies in the file: export or simplify the model anew", i)
	}
	return m.numbers[n.in[i]], nil
}

func (m *model) layer(s *laid, n *node) (int, error) {
	weight, err := m.constant(n, 1)
	if err != nil {
		return 0, err
	}
	in, ok := s.values[n.in[0]]
	if !ok {
		return 0, errors.New("it looks at a constant")
	}
	g := given{weight: weight}
	if len(n.in) > 2 && n.in[2] != "" {
		if g.bias, err = m.constant(n, 2); err != nil {
			return 0, err
		}
	}
	l := layer{form: linearForm, shape: weight.shape, in: in, name: strings.TrimSuffix(weight.name, ".weight")}
	if n.op == "Gemm" {
		if alpha, ok := n.floats["alpha"]; ok && alpha != 1 || n.int("transA", 0) != 0 || len(weight.shape) != 2 {
			return 0, errors.New("it is no full connection of rows")
		}
		if g.flipped = n.int("transB", 0) == 0; g.flipped {
			l.shape = []int{weight.shape[1], weight.shape[0]}
		}
	} else {
		if len(weight.shape) != 4 {
			return 0, fmt.Errorf("a convolution with weights of %v", weight.shape)
		}
		l.form = convForm(weight.shape[2], weight.shape[3], n.int("strides", 1), n.int("dilations", 1), n.int("group", 1))
	}
	s.given = append(s.given, g)
	if len(n.out) > 0 {
		s.direct[n.out[0]] = len(s.layers)
	}
	return s.add(l), nil
}

// int is an attribute, or the first number of one.
func (n *node) int(name string, without int) int {
	if v := n.ints[name]; len(v) > 0 {
		return int(v[0])
	}
	return without
}

func (m *model) norm(s *laid, n *node) (int, error) {
	var ts []*numbers
	for i := 1; i <= 4; i++ {
		t, err := m.constant(n, i)
		if err != nil {
			return 0, err
		}
		ts = append(ts, t)
	}
	in, ok := s.values[n.in[0]]
	if !ok {
		return 0, errors.New("it looks at a constant")
	}
	eps := 1e-5
	if v, ok := n.floats["epsilon"]; ok {
		eps = float64(v)
	}
	if i, ok := s.direct[n.in[0]]; ok && s.given[i].norm == nil {
		s.given[i].norm, s.given[i].eps = ts, eps
		return in, nil
	}
	if len(ts[0].shape) != 1 {
		return 0, fmt.Errorf("a scale of %v", ts[0].shape)
	}
	s.given = append(s.given, given{norm: ts, eps: eps})
	return s.add(layer{form: normForm, shape: ts[0].shape, in: in, name: strings.TrimSuffix(ts[0].name, ".weight")}), nil
}

// take puts the numbers of a layer of the file under the names of ours.
func (m *model) take(w nn.Weights, ours wanted, theirs given) (folded bool, err error) {
	var bias []float32
	if theirs.weight != nil {
		weight, err := m.weight(theirs.weight)
		if err != nil {
			return false, err
		}
		if theirs.flipped {
			weight = flip(weight)
		}
		out := weight.Shape[0]
		if bias, err = m.vector(theirs.bias, out); err != nil {
			return false, err
		}
		w[ours.name+".weight"] = weight
		if ours.bias {
			w[ours.name+".bias"] = nn.Weight{Shape: []int{out}, Values: bias}
			bias = make([]float32, out)
		}
	}
	switch {
	case ours.norm == "" && theirs.norm != nil:
		return false, errors.New("the file normalises its result, the network does not")
	case ours.norm == "" && slices.ContainsFunc(bias, func(v float32) bool { return v != 0 }):
		return false, errors.New("the file adds a bias, the network does not")
	case ours.norm == "":
		return false, nil
	case theirs.norm == nil:
		identity(w, ours, bias)
		return true, nil
	}
	return false, m.takeNorm(w, ours, theirs, bias)
}

// identity is a batch normalisation that only adds.
func identity(w nn.Weights, ours wanted, bias []float32) {
	n := len(bias)
	fill := func(v float64) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(v)
		}
		return out
	}
	for what, values := range map[string][]float32{"weight": fill(1), "bias": bias, "running_mean": fill(0), "running_var": fill(1 - ours.eps)} {
		w[ours.norm+"."+what] = nn.Weight{Shape: []int{n}, Values: values}
	}
}

// takeNorm takes a batch normalisation over; a bias before it moves its mean, another
// eps its variance.
func (m *model) takeNorm(w nn.Weights, ours wanted, theirs given, bias []float32) error {
	for i, what := range []string{"weight", "bias", "running_mean", "running_var"} {
		n := len(bias)
		if bias == nil {
			n = ours.channels
		}
		values, err := m.vector(theirs.norm[i], n)
		if err != nil {
			return err
		}
		for k := range values {
			switch what {
			case "running_mean":
				if bias != nil {
					values[k] -= bias[k]
				}
			case "running_var":
				if theirs.eps != ours.eps && float32(theirs.eps) != float32(ours.eps) {
					values[k] = float32(float64(values[k]) + theirs.eps - ours.eps)
				}
			}
		}
		w[ours.norm+"."+what] = nn.Weight{Shape: []int{n}, Values: values}
	}
	return nil
}

// vector reads n numbers; zeros where there are none.
func (m *model) vector(t *numbers, n int) ([]float32, error) {
	if t == nil {
		return make([]float32, n), nil
	}
	v, err := m.weight(t)
	if err == nil && len(v.Values) != n {
		err = fmt.Errorf("%q has %d numbers for %d channels", t.name, len(v.Values), n)
	}
	return slices.Clone(v.Values), err
}

func flip(w nn.Weight) nn.Weight {
	rows, columns := w.Shape[0], w.Shape[1]
	out := nn.Weight{Shape: []int{columns, rows}, Values: make([]float32, len(w.Values))}
	for i := range rows {
		for j := range columns {
			out.Values[j*rows+i] = w.Values[i*columns+j]
		}
	}
	return out
}
