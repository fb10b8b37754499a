package torch

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"requin/nn"
)

// two is a network of one weight, of which weights decay, and one bias; the gradient
// at each is 2.
func two() net {
	return net{back: []float32{2}, f: func(o nn.Ops, images nn.Tensor) nn.Tensor { return variable(o, images, "x", 1) }}
}

func TestOptimisersByHand(t *testing.T) {
	for _, c := range []struct {
		name         string
		how          Optimising
		scales       []float64 // of the gradient, step by step
		weight, bias []float32 // after each step; they begin as 1 and 0
	}{
		{"sgd", Optimising{Kind: "sgd", Decay: 0.5}, []float64{1, 1},
			[]float32{1 - 0.1*2.5, 0.75 - 0.1*2.375}, []float32{-0.2, -0.4}},
		// The decay joins the gradient: 2 + 0.5·1 = 2.5, then 2.375; momentum 2.5, then 0.9·2.5 + 2.375.
		{"momentum", Optimising{Kind: "sgd", Momentum: 0.9, Decay: 0.5}, []float64{1, 1},
			[]float32{0.75, 0.2875}, []float32{-0.2, -0.58}},
		// 2.5 + 0.9·2.5 = 4.75; then 2 + 0.5·0.525 = 2.2625, 0.9·2.5 + 2.2625 = 4.5125, 2.2625 + 0.9·4.5125.
		{"nesterov", Optimising{Kind: "sgd", Momentum: 0.9, Nesterov: true, Decay: 0.5}, []float64{1, 1},
			[]float32{0.525, -0.107375}, []float32{-0.38, -0.38 - 0.1*(2+0.9*3.8)}},
		// The weight decays by 0.05 of itself; moments 0.2 and 0.004, corrected 2 and 4: a move of 0.1·2/2.
		// Then the gradient is -1: 0.08 and 0.004996, corrected 0.421053 and 2.499250: 0.1·0.266337.
		{"adamw", Optimising{Kind: "adamw", Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.5}, []float64{1, -0.5},
			[]float32{0.85, 0.7808663}, []float32{-0.1, -0.1266337}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newModel(t, two(), map[string][]float32{"x.weight": {1}, "x.bias": {0}})
			o, err := NewOptimiser(m, c.how)
			check(t, err)
			defer o.Close()
			for i, scale := range c.scales {
				_, err := m.Learn(two(), pixel, nil, Step{Scale: scale})
				check(t, err)
				check(t, o.Step(0.1))
				w, err := m.Weights()
				check(t, err)
				near(t, "weight", w["x.weight"].Values, c.weight[i:i+1], 1e-6)
				near(t, "bias", w["x.bias"].Values, c.bias[i:i+1], 1e-6)
			}
		})
	}
}

func TestStepWithoutGradients(t *testing.T) {
	m := newModel(t, two(), nil)
	before, err := m.Weights()
	check(t, err)
	o, err := NewOptimiser(m, Optimising{Kind: "sgd", Momentum: 0.9, Decay: 0.5})
	check(t, err)
	defer o.Close()
	check(t, o.Step(0.1))
	after, err := m.Weights()
	check(t, err)
	same(t, after, before)
	norm, err := m.Clip(1)
	check(t, err)
	if norm != 0 {
		t.Errorf("the norm of no gradients is %g", norm)
	}
}

func TestSettings(t *testing.T) {
	m := newModel(t, two(), nil)
	for _, c := range []struct {
		how  Optimising
		says string
	}{
		{Optimising{Kind: "adam"}, "sgd or adamw"},
		{Optimising{Kind: "sgd", Momentum: 1}, "momentum"},
		{Optimising{Kind: "sgd", Nesterov: true}, "nesterov"},
		{Optimising{Kind: "sgd", Decay: math.NaN()}, "weight_decay"},
		{Optimising{Kind: "adamw", Beta1: 0.9, Beta2: 1.5, Eps: 1}, "beta"},
		{Optimising{Kind: "adamw", Beta1: 0.9, Beta2: 0.9}, "eps"},
	} {
		if _, err := NewOptimiser(m, c.how); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.how, err, c.says)
		}
	}
}

func TestClip(t *testing.T) {
	n := net{back: []float32{3, 4}, f: func(o nn.Ops, images nn.Tensor) nn.Tensor { return variable(o, images, "x", 2) }}
	m := newModel(t, n, nil)
	learn := func(scale float64) {
		_, err := m.Learn(n, pixel, nil, Step{Scale: scale})
		check(t, err)
	}
	learn(1)
	norm, err := m.Clip(5) // weights and biases: √(2·(9 + 16))
	check(t, err)
	near(t, "norm", []float32{float32(norm)}, []float32{float32(math.Sqrt(50))}, 1e-5)
	norm, err = m.Clip(0)
	check(t, err)
	near(t, "norm after", []float32{float32(norm)}, []float32{5}, 1e-5)
	g := gradients(t, m)
	near(t, "clipped", g["x.weight"].Values, []float32{3 * 5 / 7.0710678, 4 * 5 / 7.0710678}, 1e-5)
	learn(0.1)
	norm, err = m.Clip(5)
	check(t, err)
	near(t, "small norm", []float32{float32(norm)}, []float32{0.70710678}, 1e-6)
	near(t, "not clipped", gradients(t, m)["x.bias"].Values, []float32{0.3, 0.4}, 1e-6)
	learn(math.NaN())
	norm, err = m.Clip(5)
	check(t, err)
	if !math.IsNaN(norm) {
		t.Errorf("the norm of NaN is %g", norm)
	}
}

func TestAverage(t *testing.T) {
	m := newModel(t, two(), map[string][]float32{"x.weight": {1}, "x.bias": {4}})
	a, err := NewAverage(m)
	check(t, err)
	defer a.Close()
	o, err := NewOptimiser(m, Optimising{Kind: "sgd"})
	check(t, err)
	defer o.Close()
	_, err = m.Learn(two(), pixel, nil, Step{Scale: 1})
	check(t, err)
	check(t, o.Step(0.5)) // by -1: 0 and 3
	check(t, a.Update(0.75))
	w, err := a.Weights()
	check(t, err)
	near(t, "weight", w["x.weight"].Values, []float32{0.75}, 1e-7)
	near(t, "bias", w["x.bias"].Values, []float32{3.75}, 1e-7)
	check(t, a.Update(0))
	w, err = a.Weights()
	check(t, err)
	near(t, "all of it", w["x.bias"].Values, []float32{3}, 0)
}

// deep is a network with most of what networks have, of a picture of 16 × 16.
func deep() net {
	return net{h: 16, w: 16, f: func(o nn.Ops, x nn.Tensor) nn.Tensor {
		norm := nn.BatchNorm{Eps: 1e-3, Momentum: 0.03}
		x = o.Activate(o.BatchNorm("b1", o.Conv("c1", x, nn.Conv{Out: 8, Kernel: 3, Stride: 2, Pad: nn.Around(1)}), norm), nn.SiLU)
		y := o.Activate(o.BatchNorm("b2", o.Conv("c2", x, nn.Conv{Out: 8, Kernel: 3, Pad: nn.Around(1), Groups: 8}), norm), nn.ReLU)
		x = o.Add(x, o.Conv("c3", y, nn.Conv{Out: 8, Kernel: 1, Bias: true}))
		x = o.Concat(1, o.MaxPool(x, nn.Pool{Kernel: 5, Pad: nn.Around(2)}), o.Resize(o.AvgPool(x, nn.Pool{Kernel: 2, Stride: 2}), 8, 8))
		x = o.Reshape(o.Mean(x), x.Shape()[0], 16)
		return o.Softmax(o.Linear("l", x, nn.Linear{Out: 5}), 1)
	}}
}

// noise is pictures of 16 × 16, different for each step.
func noise(n, step int) Input {
	r := rand.New(rand.NewPCG(3, uint64(step)))
	in := Input{Values: make([]float32, n*3*16*16), N: n, H: 16, W: 16}
	for i := range in.Values {
		in.Values[i] = float32(r.NormFloat64())
	}
	return in
}

// training is a model with all that hangs on it.
type training struct {
	m *Model
	o *Optimiser
	a *Average
}

func begin(t testing.TB, how Optimising) training {
	m := newModel(t, deep(), nil)
	o, err := NewOptimiser(m, how)
	check(t, err)
	t.Cleanup(o.Close)
	a, err := NewAverage(m)
	check(t, err)
	t.Cleanup(a.Close)
	return training{m, o, a}
}

func (tr training) step(t testing.TB, i int) {
	_, err := tr.m.Learn(deep(), noise(4, i), nil, Step{Scale: 1})
	check(t, err)
	_, err = tr.m.Clip(0.5)
	check(t, err)
	check(t, tr.o.Step(0.05))
	check(t, tr.a.Update(0.9))
}

// all is everything that a training is.
func (tr training) all(t testing.TB) (model, optimiser, average nn.Weights) {
	model, err := tr.m.Weights()
	check(t, err)
	optimiser, err = tr.o.State()
	check(t, err)
	average, err = tr.a.Weights()
	check(t, err)
	return model, optimiser, average
}

// TestInterrupted holds a training that was saved and taken up again against one that
// was not, bit by bit.
func TestInterrupted(t *testing.T) {
	for _, how := range []Optimising{
		{Kind: "sgd", Momentum: 0.9, Nesterov: true, Decay: 1e-3},
		{Kind: "adamw", Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.05},
	} {
		t.Run(how.Kind, func(t *testing.T) {
			whole, first, second := begin(t, how), begin(t, how), begin(t, how)
			for i := range 8 {
				whole.step(t, i)
			}
			for i := range 4 {
				first.step(t, i)
			}
			m, o, a := first.all(t)
			second.step(t, 99) // what was before is gone
			check(t, second.m.Load(m))
			check(t, second.o.Load(o))
			check(t, second.a.Load(a))
			for i := range 4 {
				second.step(t, 4+i)
			}
			m, o, a = second.all(t)
			wantM, wantO, wantA := whole.all(t)
			same(t, m, wantM)
			same(t, o, wantO)
			same(t, a, wantA)
			begun, err := newModel(t, deep(), nil).Weights()
			check(t, err)
			if near := begun["c1.weight"].Values[0] - wantM["c1.weight"].Values[0]; math.Abs(float64(near)) < 1e-4 {
				t.Error("nothing was learned: the test shows nothing")
			}
			for name := range o {
				o["other/"+name[strings.LastIndexByte(name, '/')+1:]] = o[name]
				break
			}
			if err := second.o.Load(o); err == nil || !strings.Contains(err.Error(), "another network") {
				t.Errorf("another network's state: %v", err)
			}
		})
	}
}

// same fails where two sets of weights differ in any bit.
func same(t testing.TB, got, want nn.Weights) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d weights, want %d", len(got), len(want))
	}
	for name, w := range want {
		g := got[name]
		if len(g.Values) != len(w.Values) {
			t.Errorf("%s: %d numbers, want %d", name, len(g.Values), len(w.Values))
			continue
		}
		for i := range w.Values {
			if math.Float32bits(g.Values[i]) != math.Float32bits(w.Values[i]) {
				t.Errorf("%s[%d] is %g, want %g", name, i, g.Values[i], w.Values[i])
				break
			}
		}
	}
}
