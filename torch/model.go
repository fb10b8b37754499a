package torch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"unsafe"

	"requin/nn"
)

// Input is pictures as a network wants them: N × 3 × H × W.
type Input struct {
	Values  []float32
	N, H, W int
}

// Step says how one step is run.
type Step struct {
	Rand  *rand.Rand // what is sampled
	Done  float64    // share of the training that is over
	Scale float64    // factor of the gradients: 1/(steps added up × devices)
	Half  bool       // mixed precision (bfloat16)
}

// Result is an output of a network, copied out.
type Result struct {
	Name   string
	Shape  []int
	Values []float32
}

// Model is a network's parameters on one device, and their gradients.
type Model struct {
	lib    *shim
	handle uintptr
	list   uintptr // of the parameters
	params []nn.Param
	index  map[string]int
	thread thread
}

// NewModel puts weights on a device: "cpu", "cuda", "cuda:1". weights must hold
// every parameter.
func NewModel(params []nn.Param, weights nn.Weights, device string) (*Model, error) {
	lib, err := load()
	if err != nil {
		return nil, err
	}
	m := &Model{lib: lib, params: slices.Clone(params), index: make(map[string]int, len(params)), thread: newThread()}
	m.thread.run(func() { err = m.fill(weights, device) })
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Model) fill(weights nn.Weights, device string) error {
	if err := failed(m.lib.ModelNew(device, &m.handle)); err != nil {
		return fmt.Errorf("device %q: %w", device, err)
	}
	for i, p := range m.params {
		m.index[p.Name] = i
		shape := int64s(p.Shape)
		if err := failed(m.lib.ModelAdd(m.handle, &shape[0], int64(len(shape)), !p.State, p.Decay)); err != nil {
			return fmt.Errorf("parameter %s: %w", p.Name, err)
		}
	}
	m.list = m.lib.ModelParams(m.handle)
	return m.writeAll(m.list, weights)
}

// Close frees it.
func (m *Model) Close() {
	if m.thread.work == nil {
		return
	}
	if m.handle != 0 {
		m.thread.run(func() { m.lib.ModelFree(m.handle) })
	}
	close(m.thread.work)
	m.thread.work, m.handle, m.list = nil, 0, 0
}

// Learn runs a batch forward and back, and adds its gradients to the model's.
// Running statistics follow the batch. After an error they and the gradients mean
// nothing.
func (m *Model) Learn(network nn.Network, in Input, truth [][]nn.Truth, s Step) (lesson nn.Lesson, err error) {
	m.thread.run(func() {
		defer nn.Catch(&err)
		e := &eager{m: m, training: true, gradients: true, half: s.Half}
		e.begin()
		defer e.end()
		lesson, err = network.Learn(e, nn.Batch{Images: e.input(in), Truth: truth, Rand: s.Rand, Done: s.Done})
		if err == nil {
			e.backward(lesson.Backs, s.Scale)
		}
	})
	return lesson, err
}

// Deploy is what the network's file would answer.
func (m *Model) Deploy(network nn.Network, in Input) (results []Result, err error) {
	m.thread.run(func() {
		defer nn.Catch(&err)
		e := &eager{m: m}
		e.begin()
		defer e.end()
		for _, o := range network.Deploy(e, e.input(in)) {
			results = append(results, Result{Name: o.Name, Shape: slices.Clone(o.Value.Shape()), Values: e.Values(o.Value)})
		}
	})
	return results, err
}

// Unfold gives back their meaning to batch normalisations whose weights came folded
// into the convolutions before them (weight 1, mean 0, variance 1): mean and variance
// become those of the pictures given, weight and bias what leaves the result as it was.
func (m *Model) Unfold(network nn.Network, in Input) (err error) {
	m.thread.run(func() {
		defer nn.Catch(&err)
		e := &eager{m: m, unfolding: true}
		e.begin()
		defer e.end()
		network.Deploy(e, e.input(in))
	})
	return err
}

// Weights copies all parameters and states out.
func (m *Model) Weights() (w nn.Weights, err error) {
	m.thread.run(func() { w, err = m.readAll(m.list) })
	return w, err
}

// Load copies parameters and states in: all of them.
func (m *Model) Load(w nn.Weights) (err error) {
	m.thread.run(func() { err = m.writeAll(m.list, w) })
	return err
}

// AddGradients adds another model's gradients (of any device) to m's and drops the
// other's.
func (m *Model) AddGradients(from *Model) (err error) {
	if err := m.same(from); err != nil {
		return err
	}
	m.thread.run(func() {
		err = failed(m.lib.GradientsAdd(m.handle, from.handle))
		m.lib.GradientsDrop(from.handle)
	})
	return err
}

// CopyFrom takes over another model's parameters and states.
func (m *Model) CopyFrom(from *Model) (err error) {
	if err := m.same(from); err != nil {
		return err
	}
	m.thread.run(func() { err = failed(m.lib.ListCopy(m.handle, m.list, from.list)) })
	return err
}

// Clip scales the gradients down to a norm of at most most (0: does not) and gives
// their norm before; NaN or infinite where they are, and then they stay as they are.
func (m *Model) Clip(most float64) (norm float64, err error) {
	m.thread.run(func() { err = failed(m.lib.Clip(m.handle, most, &norm)) })
	return norm, err
}

// same checks that two models are of one network.
func (m *Model) same(other *Model) error {
	if len(m.params) != len(other.params) {
		return fmt.Errorf("models of %d and of %d parameters", len(m.params), len(other.params))
	}
	for i, p := range m.params {
		if o := other.params[i]; p.Name != o.Name || !slices.Equal(p.Shape, o.Shape) {
			return fmt.Errorf("models of different networks: %s %v and %s %v", p.Name, p.Shape, o.Name, o.Shape)
		}
	}
	return nil
}

// read copies out what a list has for a parameter.
func (m *Model) read(list uintptr, i int) (nn.Weight, error) {
	p := m.params[i]
	w := nn.Weight{Shape: slices.Clone(p.Shape), Values: make([]float32, p.Count())}
	return w, failed(m.lib.ListRead(list, int64(i), unsafe.SliceData(w.Values)))
}

// write copies a parameter's numbers into a list.
func (m *Model) write(list uintptr, i int, name string, w nn.Weight) error {
	p := m.params[i]
	if !slices.Equal(w.Shape, p.Shape) || len(w.Values) != p.Count() {
		return fmt.Errorf("%s: %d numbers of shape %v do not fit %v", name, len(w.Values), w.Shape, p.Shape)
	}
	return failed(m.lib.ListWrite(m.handle, list, int64(i), unsafe.SliceData(w.Values)))
}

func (m *Model) readAll(list uintptr) (nn.Weights, error) {
	all := make(nn.Weights, len(m.params))
	for i, p := range m.params {
		w, err := m.read(list, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		all[p.Name] = w
	}
	return all, nil
}

func (m *Model) writeAll(list uintptr, all nn.Weights) error {
	for i, p := range m.params {
		w, ok := all[p.Name]
		if !ok {
			return fmt.Errorf("the weights have no %s: they are of another network", p.Name)
		}
		if err := m.write(list, i, p.Name, w); err != nil {
			return err
		}
	}
	return nil
}

func int64s(of []int) []int64 {
	list := make([]int64, len(of), max(1, len(of)))
	for i, v := range of {
		list[i] = int64(v)
	}
	return list
}
