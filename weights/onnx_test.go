package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"requin/nn"
	"requin/onnx"
	"requin/realdata"
)

// message is a protocol buffer of pairs: number, then an int, string, []byte or float32.
func message(pairs ...any) (b []byte) {
	for i := 0; i < len(pairs); i += 2 {
		n := protowire.Number(pairs[i].(int))
		switch v := pairs[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
		case float32:
			b = protowire.AppendFixed32(protowire.AppendTag(b, n, protowire.Fixed32Type), math.Float32bits(v))
		case float64:
			b = protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), math.Float64bits(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
		}
	}
	return b
}

func packed(vs ...uint64) (b []byte) {
	for _, v := range vs {
		b = protowire.AppendVarint(b, v)
	}
	return b
}

// initialisers is a file that holds these, all of shape 2.
func initialisers(tensors ...[]byte) []byte {
	var graph []byte
	for _, t := range tensors {
		graph = append(graph, message(5, t)...)
	}
	return message(1, 8, 7, graph)
}

// All the ways in which exporters write numbers.
func TestInitialisers(t *testing.T) {
	folder := t.TempDir()
	le := binary.LittleEndian
	f32 := le.AppendUint32(le.AppendUint32(nil, math.Float32bits(1)), math.Float32bits(-2))
	file := initialisers(
		message(1, 2, 2, 1, 8, "raw", 9, f32),
		message(1, packed(2), 2, 1, 4, f32, 8, "packed"),
		message(1, 2, 2, 1, 4, float32(1), 4, float32(-2), 8, "one by one"),
		message(1, 2, 2, 10, 5, packed(0x3c00, 0xc000), 8, "half, in the list"),
		message(1, 2, 2, 10, 8, "half, raw", 9, []byte{0x00, 0x3c, 0x00, 0xc0}),
		message(1, 2, 2, 16, 8, "bfloat16", 9, []byte{0x80, 0x3f, 0x00, 0xc0}),
		message(1, 2, 2, 11, 10, 1.0, 10, -2.0, 8, "double"),
		message(1, 2, 2, 1, 8, "outside", 13, message(1, "location", 2, "m.data"), 13, message(1, "offset", 2, "4"), 13, message(1, "length", 2, "8"), 14, 1),
		message(1, 2, 2, 7, 7, packed(5, 6), 8, "a shape, no weight"),
	)
	path := filepath.Join(folder, "m.onnx")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("m.onnx", file)
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "copy both") {
		t.Errorf("without the second file: %v", err)
	}
	write("m.data", append([]byte{9, 9, 9, 9}, f32[:4]...))
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("with half of it: %v", err)
	}
	write("m.data", append([]byte{9, 9, 9, 9}, f32...))
	w, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(w) != 8 {
		t.Errorf("%d tensors, want 8", len(w))
	}
	for name, v := range w {
		if !slices.Equal(v.Values, []float32{1, -2}) || !slices.Equal(v.Shape, []int{2}) {
			t.Errorf("%s: %+v", name, v)
		}
	}
	twice := message(1, 2, 2, 1, 8, "outside", 13, message(1, "location", 2, "m.data"), 14, 1)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"too few":       {initialisers(message(1, 3, 2, 1, 8, "w", 9, f32)), `"w"`},
		"too many":      {initialisers(message(1, 1, 2, 1, 8, "w", 9, f32)), `"w"`},
		"negative":      {initialisers(message(1, -1, 2, 1, 8, "w", 9, f32)), `"w"`},
		"elsewhere":     {initialisers(message(1, 2, 2, 1, 8, "w", 13, message(1, "location", 2, "../m.data"), 14, 1)), "outside its folder"},
		"before":        {initialisers(message(1, 2, 2, 1, 8, "w", 13, message(1, "offset", 2, "-4"), 14, 1)), `"w"`},
		"more than all": {initialisers(message(1, 3, 2, 1, 8, "a", 13, message(1, "location", 2, "m.data"), 14, 1), twice), "smaller than its tensors"},
		"none":          {initialisers(), "no weights"},
		"cut":           {file[:len(file)-3], "damaged"},
		"no network":    {message(1, 8), "no network"},
	} {
		write("bad.onnx", c.file)
		if _, err := Read(filepath.Join(folder, "bad.onnx")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestReadONNXFiles(t *testing.T) {
	for file, numbers := range map[string]int{ // those of the networks' descriptions, about
		"yolox_nano_coco.onnx": 910_000, "FastestDet_coco.onnx": 240_000, "nanodet_m_416_coco.onnx": 940_000,
	} {
		w, err := Read(realdata.Path(t, "models", file))
		if err != nil {
			t.Error(err)
			continue
		}
		n := 0
		for _, v := range w {
			n += len(v.Values)
		}
		if n < numbers*9/10 || n > numbers*11/10 {
			t.Errorf("%s: %d numbers, want about %d", file, n, numbers)
		}
		finite(t, file, w)
	}
}

// twin is a network whose two branches differ only in what they lead to, with a full
// connection at its end.
type twin struct {
	nn.Network
	classes int
}

func (twin) Design() nn.Design { return nn.Design{Network: "twin", W: 8, H: 8} }

func (n twin) Fresh(name string) bool { return strings.HasPrefix(name, "class.") }

func (n twin) Deploy(o nn.Ops, x nn.Tensor) []nn.Output {
	bn := nn.BatchNorm{Eps: 1e-3}
	conv := func(name string, x nn.Tensor, out int) nn.Tensor {
		return o.Activate(o.BatchNorm(name+".bn", o.Conv(name, x, nn.Conv{Out: out, Kernel: 3, Pad: nn.Around(1)}), bn), nn.SiLU)
	}
	stem := conv("stem", x, 4)
	a := conv("a.second", conv("a.first", stem, 4), 4)
	b := conv("b.first", stem, 4)
	plain := o.BatchNorm("plain", o.Activate(o.Concat(1, a, b), nn.ReLU), bn) // follows no convolution
	mean := o.Reshape(o.Mean(o.Add(plain, o.Concat(1, b, a))), 1, 8)
	return []nn.Output{
		{Name: "class", Value: o.Linear("class", mean, nn.Linear{Out: n.classes})},
		{Name: "box", Value: o.Linear("box", mean, nn.Linear{Out: 4})},
	}
}

func begun(t *testing.T, n nn.Network) ([]nn.Param, nn.Weights) {
	t.Helper()
	about, err := nn.Describe(n)
	if err != nil {
		t.Fatal(err)
	}
	w := nn.Begin(about.Params, 7)
	for name, v := range w { // nothing is as it begins
		for i := range v.Values {
			v.Values[i] += float32(i+len(name)) / 64
		}
	}
	return about.Params, w
}

// Without its names a file's layers are found by how they lie, whatever their order.
func TestLayersAreFoundByHowTheyLie(t *testing.T) {
	network := twin{classes: 3}
	_, w := begun(t, network)
	file, err := onnx.Write(network, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := openModel("", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	anonymous(m)
	got, folded, err := m.named(network)
	if err != nil || !folded {
		t.Fatal(folded, err)
	}
	again, err := onnx.Write(network, got, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, again) {
		t.Error("the weights are not where they were")
	}
	// Of 5 classes: all but the last layer.
	params, _ := begun(t, twin{classes: 5})
	if got, _, err = m.named(twin{classes: 5}); err != nil {
		t.Fatal(err)
	}
	fit, report, err := Match(params, got, twin{}.Fresh)
	if err != nil || len(report.Fresh) != 2 || len(fit) != len(params)-2 {
		t.Errorf("%s, %v", report, err)
	}
	if fit["box.bias"].Values[1] != w["box.bias"].Values[1] {
		t.Error("the layer beside the classes was taken for theirs")
	}
}

// anonymous takes the names of layers off a file, and reverses the order of its
// branches where that makes no difference.
func anonymous(m *model) {
	names := map[string]string{}
	for i, name := range m.order {
		m.order[i] = fmt.Sprint(i)
		m.numbers[name].name = m.order[i]
		m.numbers[m.order[i]] = m.numbers[name]
		delete(m.numbers, name)
		names[name] = m.order[i]
	}
	done := map[string]bool{"images": true, "": true}
	var nodes []node
	for len(nodes) < len(m.nodes) {
		for i := len(m.nodes) - 1; i >= 0; i-- {
			n := m.nodes[i]
			ready := n.out != nil
			for _, in := range n.in {
				ready = ready && (done[in] || names[in] != "")
			}
			if !ready {
				continue
			}
			for _, out := range n.out {
				done[out] = true
			}
			m.nodes[i].out = nil
			in := slices.Clone(n.in)
			for k := range in {
				if names[in[k]] != "" {
					in[k] = names[in[k]]
				}
			}
			n.in = in
			nodes = append(nodes, n)
			break
		}
	}
	m.nodes = nodes
}

// A file whose batch normalisations are not folded, with biases before them, another
// eps, and weights the other way round, gives the network the same.
func TestUnfoldedFile(t *testing.T) {
	var g onnx.Graph
	values := func(n int, from float32) onnx.Tensor {
		v := onnx.Tensor{Shape: []int64{int64(n)}, F32: make([]float32, n)}
		for i := range v.F32 {
			v.F32[i] = from + float32(i)/8
		}
		return v
	}
	shaped := func(v onnx.Tensor, shape ...int64) onnx.Tensor { v.Shape = shape; return v }
	g.Input("x", onnx.Float32, 1, 3, 8, 8)
	g.Constant("1", shaped(values(6, 0.5), 2, 3, 1, 1))
	g.Constant("2", values(2, 3))
	for i, name := range []string{"3", "4", "5", "6"} {
		g.Constant(name, values(2, float32(i+1)))
	}
	g.Constant("7", shaped(values(6, -1), 2, 3))
	g.Constant("8", shaped(values(3, 1), 3))
	g.Node("Conv", []string{"x", "1", "2"}, []string{"c"}, onnx.Attributes{"kernel_shape": []int64{1, 1}})
	g.Node("BatchNormalization", []string{"c", "3", "4", "5", "6"}, []string{"n"}, onnx.Attributes{"epsilon": float32(0.5)})
	g.Node("GlobalAveragePool", []string{"n"}, []string{"p"}, nil)
	g.Node("Flatten", []string{"p"}, []string{"f"}, nil)
	g.Node("Gemm", []string{"f", "7", "8"}, []string{"y"}, nil)
	g.Output("y", onnx.Float32, 1, 3)
	file := g.Bytes()
	m, err := openModel("", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	network := sketch(func(o nn.Ops, x nn.Tensor) nn.Tensor {
		c := o.BatchNorm("bn", o.Conv("conv", x, nn.Conv{Out: 2, Kernel: 1}), nn.BatchNorm{Eps: 0.25})
		return o.Linear("fc", o.Reshape(o.Mean(c), 1, 2), nn.Linear{Out: 3})
	})
	w, folded, err := m.named(network)
	if err != nil || folded {
		t.Fatal(folded, err)
	}
	for name, want := range map[string][]float32{
		"bn.weight": {1, 1.125}, "bn.bias": {2, 2.125}, "bn.running_mean": {0, 0}, // less the bias before it
		"bn.running_var": {4.25, 4.375},
		"fc.weight":      {-1, -0.625, -0.875, -0.5, -0.75, -0.375}, "fc.bias": {1, 1.125, 1.25}, "conv.weight": {0.5, 0.625, 0.75, 0.875, 1, 1.125},
	} {
		if !slices.Equal(w[name].Values, want) {
			t.Errorf("%s is %v, want %v", name, w[name].Values, want)
		}
	}
	for name, c := range map[string]struct {
		f    func(o nn.Ops, x nn.Tensor) nn.Tensor
		want string
	}{
		"fewer layers": {func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Conv("conv", x, nn.Conv{Out: 2, Kernel: 1}) }, "2 convolutions and full connections, the network 1"},
		"another form": {func(o nn.Ops, x nn.Tensor) nn.Tensor {
			c := o.BatchNorm("bn", o.Conv("conv", x, nn.Conv{Out: 2, Kernel: 3}), nn.BatchNorm{})
			return o.Linear("fc", o.Reshape(o.Mean(c), 1, 2), nn.Linear{Out: 3})
		}, `no counterpart of the layer "conv"`},
		"no normalisation": {func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Linear("fc", o.Reshape(o.Mean(o.Conv("conv", x, nn.Conv{Out: 2, Kernel: 1})), 1, 2), nn.Linear{Out: 3})
		}, "normalises"},
	} {
		if _, _, err := m.named(sketch(c.f)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// net is a network of one function.
type net struct {
	nn.Network
	f func(o nn.Ops, x nn.Tensor) nn.Tensor
}

func sketch(f func(o nn.Ops, x nn.Tensor) nn.Tensor) nn.Network { return net{f: f} }

func (net) Design() nn.Design { return nn.Design{Network: "sketch", W: 8, H: 8} }

func (n net) Deploy(o nn.Ops, x nn.Tensor) []nn.Output {
	return []nn.Output{{Name: "y", Value: n.f(o, x)}}
}

// Whatever the bytes: no panic, and no more memory than they call for.
func FuzzFromONNX(f *testing.F) {
	network := twin{classes: 3}
	about, err := nn.Describe(network)
	if err != nil {
		f.Fatal(err)
	}
	file, err := onnx.Write(network, nn.Begin(about.Params, 1), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(initialisers(message(1, packed(2), 2, 1, 4, float32(1), 8, "packed")))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "m.onnx")
		frugal(t, len(b), func() {
			m, err := openModel(path, bytes.NewReader(b), int64(len(b)))
			if err != nil {
				return
			}
			m.named(network)
			readONNX(path, bytes.NewReader(b), int64(len(b)))
		})
	})
}
