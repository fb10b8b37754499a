package onnx

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"requin/nn"
)

// sketch is a network made of one function.
type sketch struct {
	nn.Network
	h, w   int
	deploy func(o nn.Ops, x nn.Tensor) []nn.Output
}

func (s sketch) Design() nn.Design {
	return nn.Design{Network: "sketch", W: s.w, H: s.h, Classes: []string{"shark"}}
}

func (s sketch) Deploy(o nn.Ops, x nn.Tensor) []nn.Output { return s.deploy(o, x) }

// one is a network of one output.
func one(h, w int, f func(o nn.Ops, x nn.Tensor) nn.Tensor) sketch {
	return sketch{h: h, w: w, deploy: func(o nn.Ops, x nn.Tensor) []nn.Output {
		return []nn.Output{{Name: "y", Value: f(o, x)}}
	}}
}

// random are weights for all of a network's parameters, variances positive.
func random(t testing.TB, n nn.Network, seed uint64) nn.Weights {
	t.Helper()
	about, err := nn.Describe(n)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	w := nn.Weights{}
	for _, p := range about.Params {
		v := make([]float32, p.Count())
		for i := range v {
			v[i] = float32(r.NormFloat64())
			if strings.HasSuffix(p.Name, "running_var") {
				v[i] = 0.1 + float32(r.Float64())
			}
		}
		w[p.Name] = nn.Weight{Shape: p.Shape, Values: v}
	}
	return w
}

func picture(n sketch, seed uint64) *array {
	r := rand.New(rand.NewPCG(seed, 2))
	return build([]int{1, 3, n.h, n.w}, func([]int) float64 { return float64(float32(r.NormFloat64())) })
}

func tensorOf(a *array) Tensor {
	t := Tensor{F32: make([]float32, len(a.values))}
	for _, d := range a.shape {
		t.Shape = append(t.Shape, int64(d))
	}
	for i, v := range a.values {
		t.F32[i] = float32(v)
	}
	return t
}

func write(t testing.TB, n nn.Network, w nn.Weights) []byte {
	t.Helper()
	file, err := Write(n, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func openFile(t testing.TB, file []byte) *Session {
	t.Helper()
	library(t)
	s, err := OpenBytes(file, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// far is the greatest difference, relative to the size of the numbers.
func far(t testing.TB, got Tensor, want *array) float64 {
	t.Helper()
	if !slices.Equal(got.Shape, wide(want.shape)) || len(got.F32) != len(want.values) {
		t.Fatalf("the file gives %v (%d values), not %v", got.Shape, len(got.F32), want.shape)
	}
	worst := 0.0
	for i, v := range want.values {
		d := math.Abs(float64(got.F32[i])-v) / (1 + math.Abs(v))
		if d > worst || math.IsNaN(d) {
			worst = d
		}
	}
	return worst
}

// Every operator, through ONNX Runtime, is what the slow computation says.
func TestOperators(t *testing.T) {
	type f = func(o nn.Ops, x nn.Tensor) nn.Tensor
	cases := map[string]f{
		"conv": func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Conv("c", x, nn.Conv{Out: 4, Kernel: 3}) },
		"conv, uneven padding, stride, bias": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 4, Kernel: 3, Stride: 2, Pad: nn.Padding{Top: 0, Left: 1, Bottom: 2, Right: 0}, Bias: true})
		},
		"conv, dilated": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 2, Kernel: 3, Dilation: 2, Pad: nn.Around(2)})
		},
		"conv, by channel": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 6, Kernel: 5, Groups: 3, Pad: nn.Same(9, 7, 5, 1)})
		},
		"batch norm alone": func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.BatchNorm("b", x, nn.BatchNorm{Eps: 1e-3}) },
		"conv, batch norm": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.BatchNorm("b", o.Conv("c", x, nn.Conv{Out: 4, Kernel: 3, Bias: true}), nn.BatchNorm{Eps: 1e-5, Frozen: true})
		},
		"conv by channel, batch norm": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.BatchNorm("b", o.Conv("c", x, nn.Conv{Out: 6, Kernel: 3, Groups: 3}), nn.BatchNorm{Eps: 1e-3})
		},
		"conv used twice, batch norm": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			c := o.Conv("c", x, nn.Conv{Out: 4, Kernel: 3})
			return o.Add(c, o.BatchNorm("b", c, nn.BatchNorm{Eps: 1e-3}))
		},
		"linear, batch norm": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			l := o.Linear("l", o.Reshape(x, 27, 7), nn.Linear{Out: 5})
			return o.BatchNorm("b", l, nn.BatchNorm{Eps: 1e-3})
		},
		"relu":          func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Activate(x, nn.ReLU) },
		"silu":          func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Activate(x, nn.SiLU) },
		"leaky":         func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Activate(x, nn.Leaky) },
		"sigmoid":       func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Activate(x, nn.Sigmoid) },
		"softmax":       func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Softmax(x, 1) },
		"softmax, last": func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Softmax(x, 3) },
		"max pool": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.MaxPool(o.Scale(x, -1), nn.Pool{Kernel: 3, Stride: 2, Pad: nn.Padding{Right: 1, Bottom: 2}})
		},
		"max pool, below zero": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.MaxPool(o.Scale(o.Activate(x, nn.Sigmoid), -1), nn.Pool{Kernel: 5, Pad: nn.Around(2)})
		},
		"average pool": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.AvgPool(x, nn.Pool{Kernel: 3, Stride: 2, Pad: nn.Same(9, 7, 3, 2)})
		},
		"average pool, uneven": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.AvgPool(x, nn.Pool{Kernel: 3, Pad: nn.Padding{Left: 2, Bottom: 1}})
		},
		"average of one in four": func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.AvgPool(x, nn.Pool{Kernel: 1, Stride: 2}) },
		"mean":                   func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Mean(x) },
		"twice as large":         func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Resize(x, 18, 14) },
		"larger":                 func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Resize(x, 20, 17) },
		"smaller":                func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Resize(x, 3, 4) },
		"concat":                 func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Concat(1, x, o.Scale(x, 2), x) },
		"slice":                  func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Slice(o.Slice(x, 2, 1, 9, 3), 3, 0, 7, 2) },
		"pad":                    func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Pad(x, nn.Padding{Top: 1, Right: 2}) },
		"cut": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Pad(x, nn.Padding{Top: -1, Left: 1, Bottom: 1, Right: -2})
		},
		"reshape, transpose": func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Transpose(o.Reshape(x, 1, 3, -1), 0, 2, 1)
		},
		"add, scale": func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Scale(o.Add(x, o.Activate(x, nn.ReLU)), 0.3) },
		"input":      func(o nn.Ops, x nn.Tensor) nn.Tensor { return x },
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			n := one(9, 7, cases[name])
			w := random(t, n, 3)
			x := picture(n, 4)
			s := openFile(t, write(t, n, w))
			want := n.deploy(slow{w}, x)[0].Value.(*array)
			if d := far(t, run(t, s, tensorOf(x))[0], want); !(d < 1e-5) {
				t.Errorf("differs by %g", d)
			}
			if got := s.Outputs[0].Shape(); !slices.Equal(got, wide(want.shape)) {
				t.Errorf("declared %v, gives %v", got, want.shape)
			}
		})
	}
}

// Rows are found exactly at every size, which float32 does not.
func TestResizeIsExact(t *testing.T) {
	for _, c := range [][2]int{{6, 20}, {7, 21}, {11, 58}, {13, 7}, {30, 25}, {1, 9}, {49, 50}} {
		n := one(c[0], 2, func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Resize(x, c[1], 2) })
		x := build([]int{1, 3, c[0], 2}, func(p []int) float64 { return float64(p[2]) })
		got := run(t, openFile(t, write(t, n, nil)), tensorOf(x))[0]
		for i := range c[1] {
			if want := float32(i * c[0] / c[1]); got.F32[2*i] != want {
				t.Errorf("%d to %d: row %d is %g, not %g", c[0], c[1], i, got.F32[2*i], want)
			}
		}
	}
}

func operators(t *testing.T, file []byte) *Info {
	t.Helper()
	info, err := ReadInfo(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestWhatIsTheSameIsWrittenOnce(t *testing.T) {
	conv := nn.Conv{Out: 3, Kernel: 3, Pad: nn.Around(1), Bias: true}
	n := sketch{h: 64, w: 64, deploy: func(o nn.Ops, x nn.Tensor) []nn.Output {
		unused := o.Activate(o.Conv("never.read", x, nn.Conv{Out: 300, Kernel: 3}), nn.SiLU)
		_ = unused
		a := o.BatchNorm("bn", o.Conv("shared", x, conv), nn.BatchNorm{Eps: 1e-3})
		b := o.BatchNorm("bn", o.Conv("shared", o.Scale(x, 2), conv), nn.BatchNorm{Eps: 1e-3}) // the layer again
		again := o.BatchNorm("bn", o.Conv("shared", x, conv), nn.BatchNorm{Eps: 1e-3})         // a itself
		other := o.BatchNorm("other", o.Conv("shared", o.Scale(x, 3), conv), nn.BatchNorm{Eps: 1e-3})
		return []nn.Output{{Name: "a", Value: o.Add(o.Reshape(a, 1, -1), o.Reshape(again, 1, -1))}, {Name: "b", Value: o.Reshape(b, 1, -1)}, {Name: "copy", Value: o.Reshape(b, 1, -1)}, {Name: "shared", Value: other}}
	}}
	w := random(t, n, 5)
	file := write(t, n, w)
	if again := write(t, n, w); !bytes.Equal(file, again) {
		t.Error("the same network gave other bytes")
	}
	info := operators(t, file)
	want := map[string]int{"Conv": 3, "Mul": 2, "Reshape": 2, "Add": 1, "Identity": 1}
	if !maps.Equal(info.Ops, want) {
		t.Errorf("operators %v, want %v", info.Ops, want)
	}
	// Two foldings of one weight of 81 numbers and a bias of 3, and next to nothing else.
	if numbers := 2 * 84 * 4; len(file) < numbers || len(file) > numbers+2000 {
		t.Errorf("%d bytes for %d of weights", len(file), numbers)
	}
	x := picture(n, 6)
	got := run(t, openFile(t, file), tensorOf(x))
	for i, o := range n.deploy(slow{w}, x) {
		if d := far(t, got[i], o.Value.(*array)); !(d < 1e-5) {
			t.Errorf("%s differs by %g", o.Name, d)
		}
	}
}

func TestWhatFolds(t *testing.T) {
	bn := nn.BatchNorm{Eps: 1e-3}
	conv := nn.Conv{Out: 3, Kernel: 1}
	for name, c := range map[string]struct {
		f    func(o nn.Ops, x nn.Tensor) []nn.Tensor
		left int
	}{
		"right after": {func(o nn.Ops, x nn.Tensor) []nn.Tensor {
			return []nn.Tensor{o.BatchNorm("b", o.Conv("c", x, conv), bn)}
		}, 0},
		"twice": {func(o nn.Ops, x nn.Tensor) []nn.Tensor {
			return []nn.Tensor{o.BatchNorm("b2", o.BatchNorm("b", o.Conv("c", x, conv), bn), bn)}
		}, 0},
		"after an activation": {func(o nn.Ops, x nn.Tensor) []nn.Tensor {
			return []nn.Tensor{o.BatchNorm("b", o.Activate(o.Conv("c", x, conv), nn.ReLU), bn)}
		}, 1},
		"what is an output too": {func(o nn.Ops, x nn.Tensor) []nn.Tensor {
			c := o.Conv("c", x, conv)
			return []nn.Tensor{o.BatchNorm("b", c, bn), c}
		}, 1},
		"what only a dead end uses too": {func(o nn.Ops, x nn.Tensor) []nn.Tensor {
			c := o.Conv("c", x, conv)
			o.Activate(c, nn.ReLU)
			return []nn.Tensor{o.BatchNorm("b", c, bn)}
		}, 0},
	} {
		n := sketch{h: 4, w: 4, deploy: func(o nn.Ops, x nn.Tensor) (out []nn.Output) {
			for i, v := range c.f(o, x) {
				out = append(out, nn.Output{Name: fmt.Sprint("y", i), Value: v})
			}
			return out
		}}
		w := random(t, n, 7)
		file := write(t, n, w)
		if got := operators(t, file).Ops["BatchNormalization"]; got != c.left {
			t.Errorf("%s: %d batch normalisations left, want %d", name, got, c.left)
		}
		x := picture(n, 8)
		for i, got := range run(t, openFile(t, file), tensorOf(x)) {
			if d := far(t, got, n.deploy(slow{w}, x)[i].Value.(*array)); !(d < 1e-5) {
				t.Errorf("%s: output %d differs by %g", name, i, d)
			}
		}
	}
}

func TestWriteErrors(t *testing.T) {
	n := one(4, 4, func(o nn.Ops, x nn.Tensor) nn.Tensor {
		return o.Conv("head.stem", x, nn.Conv{Out: 2, Kernel: 3, Bias: true})
	})
	good := random(t, n, 9)
	with := func(name string, w nn.Weight) nn.Weights {
		out := maps.Clone(good)
		out[name] = w
		return out
	}
	lacks := maps.Clone(good)
	delete(lacks, "head.stem.bias")
	same := func(a, b string) sketch {
		return sketch{h: 4, w: 4, deploy: func(o nn.Ops, x nn.Tensor) []nn.Output {
			return []nn.Output{{Name: a, Value: o.Scale(x, 2)}, {Name: b, Value: o.Scale(x, 3)}}
		}}
	}
	for name, c := range map[string]struct {
		network sketch
		weights nn.Weights
		want    string
	}{
		"lacks one":       {n, lacks, `"head.stem.bias"`},
		"other classes":   {n, with("head.stem.weight", nn.Weight{Shape: []int{3, 3, 3, 3}, Values: make([]float32, 81)}), `"head.stem.weight" is [3 3 3 3]`},
		"cut off":         {n, with("head.stem.bias", nn.Weight{Shape: []int{2}, Values: make([]float32, 1)}), `"head.stem.bias"`},
		"too small":       {one(2, 2, n.deploy1()), good, "does not fit"},
		"same name":       {same("y", "y"), nil, "different names"},
		"input's name":    {same("images", "y"), nil, "different names"},
		"negative border": {one(4, 4, func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.MaxPool(x, nn.Pool{Kernel: 2, Pad: nn.Around(-1)}) }), nil, "negative"},
		"no activation":   {one(4, 4, func(o nn.Ops, x nn.Tensor) nn.Tensor { return o.Activate(x, "gelu") }), nil, "gelu"},
		"no outputs":      {sketch{h: 4, w: 4, deploy: func(nn.Ops, nn.Tensor) []nn.Output { return nil }}, nil, "answers nothing"},
	} {
		if _, err := Write(c.network, c.weights, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// deploy1 is the one output's function.
func (s sketch) deploy1() func(o nn.Ops, x nn.Tensor) nn.Tensor {
	return func(o nn.Ops, x nn.Tensor) nn.Tensor { return s.deploy(o, x)[0].Value }
}
