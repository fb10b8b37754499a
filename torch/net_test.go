package torch

import (
	"math"
	"math/rand/v2"
	"testing"

	"requin/nn"
)

// needShim skips a test where the library for training is not there.
func needShim(t testing.TB) Info {
	t.Helper()
	if _, err := library().Find(); err != nil {
		t.Skip(err)
	}
	info, err := Load()
	check(t, err)
	return info
}

// net is a network of one function, whose loss is the sum of its output's numbers,
// each times a number: back, or one that is drawn. Its picture is one white pixel, or
// h × w.
type net struct {
	f    func(o nn.Ops, images nn.Tensor) nn.Tensor
	back []float32
	h, w int
}

func (n net) Design() nn.Design { return nn.Design{W: max(1, n.w), H: max(1, n.h)} }
func (n net) Family() string    { return "test" }
func (n net) Pixels() nn.Pixels { return nn.Pixels{} }
func (n net) Fresh(string) bool { return false }
func (n net) Deploy(o nn.Ops, images nn.Tensor) []nn.Output {
	return []nn.Output{{Name: "y", Value: n.f(o, images)}}
}

func (n net) Learn(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
	y := n.f(o, b.Images)
	values := o.Values(y)
	gradient := n.back
	if gradient == nil {
		gradient = factors(len(values))
	}
	var loss float64
	for i, v := range values {
		loss += float64(v) * float64(gradient[i])
	}
	return nn.Lesson{Terms: []nn.Term{{Name: "sum", Value: loss}}, Backs: []nn.Back{{Of: y, Gradient: gradient}}}, nil
}

// factors are the same numbers each time, 0.5 to 1.5 of either sign.
func factors(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	c := make([]float32, n)
	for i := range c {
		c[i] = float32((0.5 + r.Float64()) * float64(1-2*r.IntN(2)))
	}
	return c
}

var pixel = Input{Values: []float32{1, 1, 1}, N: 1, H: 1, W: 1}

// variable is a tensor whose numbers are those of the parameter name.weight, so that
// there is a gradient at each.
func variable(o nn.Ops, images nn.Tensor, name string, shape ...int) nn.Tensor {
	one := o.Slice(o.Reshape(images, 1, 3), 1, 0, 1, 1)
	return o.Reshape(o.Linear(name, one, nn.Linear{Out: count(shape)}), shape...)
}

// begun are a network's parameters, as training begins but for those given.
func begun(t testing.TB, n nn.Network, given map[string][]float32) ([]nn.Param, nn.Weights) {
	t.Helper()
	about, err := nn.Describe(n)
	if err != nil {
		t.Fatal(err)
	}
	w := nn.Begin(about.Params, 7)
	for name, values := range given {
		have, ok := w[name]
		if !ok || len(have.Values) != len(values) {
			t.Fatalf("no parameter %s of %d numbers", name, len(values))
		}
		have.Values = values
		w[name] = have
	}
	return about.Params, w
}

func newModel(t testing.TB, n nn.Network, given map[string][]float32) *Model {
	t.Helper()
	needShim(t)
	params, w := begun(t, n, given)
	m, err := NewModel(params, w, "cpu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// gradients are those at all parameters, seen as what a step of rate 1 takes away.
func gradients(t testing.TB, m *Model) nn.Weights {
	t.Helper()
	before, err := m.Weights()
	check(t, err)
	o, err := NewOptimiser(m, Optimising{Kind: "sgd"})
	check(t, err)
	defer o.Close()
	check(t, o.Step(1))
	after, err := m.Weights()
	check(t, err)
	check(t, m.Load(before))
	for name, w := range after {
		for i := range w.Values {
			w.Values[i] = before[name].Values[i] - w.Values[i]
		}
	}
	return after
}

// checkGradients holds the gradient at each parameter against the difference that
// moving it makes to the loss.
func checkGradients(t *testing.T, n nn.Network, given map[string][]float32, in Input) {
	t.Helper()
	const move = 1e-2
	m := newModel(t, n, given)
	loss := func() float64 {
		lesson, err := m.Learn(n, in, nil, Step{Scale: 1})
		check(t, err)
		return lesson.Loss()
	}
	loss()
	got := gradients(t, m)
	w, err := m.Weights()
	check(t, err)
	for _, p := range m.params {
		if p.State {
			continue
		}
		for i, v := range w[p.Name].Values {
			at := func(x float32) float64 {
				w[p.Name].Values[i] = x
				check(t, m.Load(w))
				return loss()
			}
			want := (at(v+move) - at(v-move)) / (2 * move)
			w[p.Name].Values[i] = v
			if g := float64(got[p.Name].Values[i]); math.Abs(g-want) > 2e-3+1e-2*math.Abs(want) {
				t.Errorf("gradient at %s[%d] is %g, differences say %g", p.Name, i, g, want)
			}
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// near compares numbers.
func near(t testing.TB, what string, got, want []float32, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers %v, want %d: %v", what, len(got), got, len(want), want)
	}
	for i := range got {
		if !(math.Abs(float64(got[i]-want[i])) <= within) {
			t.Errorf("%s: number %d is %g, want %g (%v, want %v)", what, i, got[i], want[i], got, want)
			return
		}
	}
}
