package torch

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"requin/frame"
	"requin/nn"
)

func TestLoad(t *testing.T) {
	info := needShim(t)
	if info.Version == "" || info.Path == "" || info.Threads < 1 {
		t.Errorf("%+v", info)
	}
	for _, name := range info.CUDA {
		if name == "" {
			t.Errorf("a graphics processor without a name: %q", info.CUDA)
		}
	}
	if err := SetThreads(0); err == nil {
		t.Error("0 threads are not refused")
	}
	check(t, SetThreads(info.Threads))
}

func TestNotThere(t *testing.T) {
	t.Setenv("REQUIN_TORCH", t.TempDir())
	_, err := library().Find()
	if err == nil || !strings.Contains(err.Error(), "REQUIN_TORCH") {
		t.Errorf("a wrong REQUIN_TORCH: %v", err)
	}
	if get := library().Get; !strings.Contains(get, "make torch") || !strings.Contains(get, "TORCH_DIR") || strings.Contains(get, "\n") {
		t.Errorf("how to get it: %s", get)
	}
}

func TestDevices(t *testing.T) {
	info := needShim(t)
	params, w := begun(t, deep(), nil)
	for _, device := range []string{"gpu", "", fmt.Sprintf("cuda:%d", len(info.CUDA)), "cuda:-1"} {
		if m, err := NewModel(params, w, device); err == nil {
			t.Errorf("device %q is taken", device)
			m.Close()
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("device %q: more than a line: %v", device, err)
		}
	}
}

func TestWeightsOfAnotherNetwork(t *testing.T) {
	needShim(t)
	params, w := begun(t, deep(), nil)
	delete(w, "l.bias")
	if _, err := NewModel(params, w, "cpu"); err == nil || !strings.Contains(err.Error(), "l.bias") {
		t.Errorf("a weight is missing: %v", err)
	}
	w["l.bias"] = nn.Weight{Shape: []int{3}, Values: make([]float32, 3)}
	if _, err := NewModel(params, w, "cpu"); err == nil || !strings.Contains(err.Error(), "l.bias") {
		t.Errorf("a weight is of another shape: %v", err)
	}
	m, other := newModel(t, deep(), nil), newModel(t, two(), nil)
	if err := m.CopyFrom(other); err == nil {
		t.Error("another network's weights are copied")
	}
	if err := m.AddGradients(other); err == nil {
		t.Error("another network's gradients are added")
	}
	if _, err := other.Deploy(deep(), noise(1, 1)); err == nil || !strings.Contains(err.Error(), "c1.weight") {
		t.Errorf("another network is run: %v", err)
	}
}

// faulty is a network that goes wrong while it learns.
type faulty struct {
	net
	learn func(o nn.Eager, b nn.Batch) (nn.Lesson, error)
}

func (f faulty) Learn(o nn.Eager, b nn.Batch) (nn.Lesson, error) { return f.learn(o, b) }

func TestFaults(t *testing.T) {
	m := newModel(t, deep(), nil)
	var kept nn.Tensor
	reason := errors.New("a reason")
	for name, c := range map[string]struct {
		learn func(o nn.Eager, b nn.Batch) (nn.Lesson, error)
		says  string
	}{
		"the network's own error": {func(o nn.Eager, b nn.Batch) (nn.Lesson, error) { return nn.Lesson{}, reason }, "a reason"},
		"shapes that do not fit": {func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
			return nn.Lesson{}, errors.Join(nil, fmt.Errorf("%v", o.Add(b.Images, o.Mean(b.Images))))
		}, "cannot add"},
		"what only libtorch refuses": {func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
			o.Softmax(b.Images, 9)
			return nn.Lesson{}, nil
		}, "libtorch: Dimension out of range"},
		"a tensor of another step": {func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
			if kept == nil {
				kept = b.Images
				return nn.Lesson{}, reason
			}
			o.Mean(kept)
			return nn.Lesson{}, nil
		}, ""},
		"a gradient that does not fit": {func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
			return nn.Lesson{Backs: []nn.Back{{Of: b.Images, Gradient: []float32{1}}}}, nil
		}, "a gradient of 1 numbers"},
	} {
		_, err := m.Learn(faulty{deep(), c.learn}, noise(1, 1), nil, Step{Scale: 1})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	_, err := m.Learn(faulty{deep(), func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
		o.Mean(kept)
		return nn.Lesson{}, nil
	}}, noise(1, 1), nil, Step{Scale: 1})
	if err == nil || !strings.Contains(err.Error(), "another step") {
		t.Errorf("a tensor of another step: %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "a bug" {
				t.Errorf("a network's panic comes out as %v", r)
			}
		}()
		m.Learn(faulty{deep(), func(nn.Eager, nn.Batch) (nn.Lesson, error) { panic("a bug") }}, noise(1, 1), nil, Step{Scale: 1})
	}()
	if _, err := m.Deploy(deep(), Input{Values: make([]float32, 7), N: 1, H: 16, W: 16}); err == nil {
		t.Error("a picture of 7 numbers is taken")
	}
	_, err = m.Deploy(deep(), noise(1, 1)) // all of it harmed nothing
	check(t, err)
}

func TestAddGradients(t *testing.T) {
	n := deep()
	n.f = frozen(n.f)
	one, first, second := newModel(t, n, nil), newModel(t, n, nil), newModel(t, n, nil)
	for i := range 2 {
		_, err := one.Learn(n, noise(4, i), nil, Step{Scale: 0.5})
		check(t, err)
		_, err = []*Model{first, second}[i].Learn(n, noise(4, i), nil, Step{Scale: 0.5})
		check(t, err)
	}
	check(t, first.AddGradients(second))
	want, got := gradients(t, one), gradients(t, first)
	for name := range want {
		near(t, name, got[name].Values, want[name].Values, 1e-6)
	}
	for _, w := range gradients(t, second) {
		near(t, "what was added is gone", w.Values, make([]float32, len(w.Values)), 0)
	}
	check(t, second.AddGradients(one)) // neither has any
	w, err := one.Weights()
	check(t, err)
	w["l.bias"].Values[2] = 77
	check(t, one.Load(w))
	check(t, second.CopyFrom(one))
	copied, err := second.Weights()
	check(t, err)
	same(t, copied, w)
}

// frozen is a network whose normalisations do not depend on the batch.
func frozen(f func(o nn.Ops, x nn.Tensor) nn.Tensor) func(o nn.Ops, x nn.Tensor) nn.Tensor {
	return func(o nn.Ops, x nn.Tensor) nn.Tensor { return f(freezing{o}, x) }
}

type freezing struct{ nn.Ops }

func (o freezing) BatchNorm(name string, x nn.Tensor, b nn.BatchNorm) nn.Tensor {
	b.Frozen = true
	return o.Ops.BatchNorm(name, x, b)
}

// TestSideBySide holds models that learn at the same time against each alone.
func TestSideBySide(t *testing.T) {
	how := Optimising{Kind: "sgd", Momentum: 0.9}
	alone := begin(t, how)
	together := []training{begin(t, how), begin(t, how), begin(t, how)}
	for i := range 5 {
		alone.step(t, i)
	}
	var wait sync.WaitGroup
	for _, tr := range together {
		wait.Go(func() {
			for i := range 5 {
				if _, err := tr.m.Learn(deep(), noise(4, i), nil, Step{Scale: 1}); err != nil {
					t.Error(err)
				}
				_, err := tr.m.Clip(0.5)
				if err := errors.Join(err, tr.o.Step(0.05), tr.a.Update(0.9)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	want, _, average := alone.all(t)
	for _, tr := range together {
		got, _, a := tr.all(t)
		same(t, got, want)
		same(t, a, average)
	}
}

// TestUnfold: normalisations that do nothing get the pictures' mean and variance, and
// the network answers as before, also as it learns.
func TestUnfold(t *testing.T) {
	m := newModel(t, deep(), map[string][]float32{"b1.bias": factors(8), "b2.bias": factors(8)})
	in := noise(8, 1)
	before, err := m.Deploy(deep(), in)
	check(t, err)
	check(t, m.Unfold(deep(), in))
	after, err := m.Deploy(deep(), in)
	check(t, err)
	near(t, "deployed", after[0].Values, before[0].Values, 1e-5)
	w, err := m.Weights()
	check(t, err)
	for name, plain := range map[string]float32{"b1.weight": 1, "b1.running_mean": 0, "b1.running_var": 1, "b2.running_mean": 0} {
		if w[name].Values[0] == plain {
			t.Errorf("%s is still %g", name, plain)
		}
	}
	lesson, err := m.Learn(deep(), in, nil, Step{Scale: 1})
	check(t, err)
	var want float64
	for i, c := range factors(len(before[0].Values)) {
		want += float64(c) * float64(before[0].Values[i])
	}
	// The running variance is the unbiased one.
	near(t, "loss while learning", []float32{float32(lesson.Loss())}, []float32{float32(want)}, 1e-2)
	learned, err := m.Weights()
	check(t, err)
	near(t, "mean", learned["b1.running_mean"].Values, w["b1.running_mean"].Values, 1e-5)
	check(t, m.Unfold(deep(), in)) // nothing is folded any more
	again, err := m.Weights()
	check(t, err)
	same(t, again, learned)
}

func TestHalf(t *testing.T) {
	m := newModel(t, deep(), nil)
	in := noise(8, 1)
	learn := func(half bool) (float32, nn.Weights) {
		lesson, err := m.Learn(deep(), in, nil, Step{Scale: 1, Half: half})
		check(t, err)
		return float32(lesson.Loss()), gradients(t, m)
	}
	loss, want := learn(false)
	halved, got := learn(true)
	near(t, "loss", []float32{halved}, []float32{loss}, 2e-2)
	if halved == loss {
		t.Error("the same loss to the last digit: nothing ran in bfloat16")
	}
	// bfloat16 has 8 bits; how their errors add up is the processor's affair, so that single numbers near nothing may change
	// their sign. A gradient points the right way all the same: without bfloat16 units the farthest is off by 0.08.
	for name := range want {
		if off := distance(got[name].Values, want[name].Values); !(off < 0.15) {
			t.Errorf("%s: the gradient in bfloat16 is off by %.2f of its length (%v, want %v)", name, off, got[name].Values, want[name].Values)
		}
	}
}

// distance is how far a vector is from another, as a part of that one's length.
func distance(got, want []float32) float64 {
	var off, length float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		off, length = off+d*d, length+float64(w)*float64(w)
	}
	if off == 0 {
		return 0 // running means have no gradient
	}
	return math.Sqrt(off / length)
}

// TestNetworks takes a step of each kind of network, in both precisions.
func TestNetworks(t *testing.T) {
	for name, size := range map[string]int{"yolox-nano": 96, "faster-rcnn-nasnet-a-mobile": 64, "faster-rcnn-resnet-50-fpn": 64} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("slow")
			}
			network, err := nn.New(nn.Design{Network: name, Classes: []string{"shark", "ray"}, W: size, H: size})
			check(t, err)
			m := newModel(t, network, nil)
			in := Input{Values: make([]float32, 2*3*size*size), N: 2, H: size, W: size}
			for i := range in.Values {
				in.Values[i] = float32(i%251) / 251
			}
			truth := [][]nn.Truth{{{Box: frame.Box{X0: 10, Y0: 20, X1: 70, Y1: 60}, Class: 1}}, nil}
			for _, half := range []bool{false, true} {
				lesson, err := m.Learn(network, in, truth, Step{Rand: rand.New(rand.NewPCG(1, 1)), Scale: 1, Half: half})
				check(t, err)
				norm, err := m.Clip(0)
				check(t, err)
				if loss := lesson.Loss(); !(loss > 0) || math.IsInf(loss, 0) || !(norm > 0) || math.IsInf(norm, 0) {
					t.Errorf("loss %g, norm of the gradients %g", loss, norm)
				}
			}
			_, err = m.Deploy(network, Input{Values: in.Values[:len(in.Values)/2], N: 1, H: size, W: size})
			check(t, err)
		})
	}
}
