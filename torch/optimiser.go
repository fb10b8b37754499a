package torch

import (
	"fmt"
	"strings"

	"requin/nn"
)

// Optimising says how parameters follow their gradients.
type Optimising struct {
	Kind     string  `yaml:"kind" json:"kind"` // "sgd" or "adamw"
	Momentum float64 `yaml:"momentum" json:"momentum"`
	Nesterov bool    `yaml:"nesterov" json:"nesterov"`
	Beta1    float64 `yaml:"beta1" json:"beta1"`
	Beta2    float64 `yaml:"beta2" json:"beta2"`
	Eps      float64 `yaml:"eps" json:"eps"`
	Decay    float64 `yaml:"weight_decay" json:"weight_decay"` // of weights of convolutions and full connections
}

// check says what is wrong with the settings.
func (o Optimising) check() error {
	switch {
	case o.Kind != "sgd" && o.Kind != "adamw":
		return fmt.Errorf("optimiser %q is not known: use sgd or adamw", o.Kind)
	case !(o.Decay >= 0):
		return fmt.Errorf("weight_decay is %g: use 0 or more", o.Decay)
	case o.Kind == "sgd" && !(o.Momentum >= 0 && o.Momentum < 1):
		return fmt.Errorf("momentum is %g: use 0 or more, less than 1", o.Momentum)
	case o.Kind == "sgd" && o.Nesterov && o.Momentum == 0:
		return fmt.Errorf("nesterov needs a momentum, such as 0.9")
	case o.Kind == "adamw" && !(o.Beta1 >= 0 && o.Beta1 < 1 && o.Beta2 >= 0 && o.Beta2 < 1):
		return fmt.Errorf("beta1 is %g and beta2 is %g: use 0 or more, less than 1, such as 0.9 and 0.999", o.Beta1, o.Beta2)
	case o.Kind == "adamw" && !(o.Eps > 0):
		return fmt.Errorf("eps is %g: use more than 0, such as 1e-8", o.Eps)
	}
	return nil
}

// Optimiser changes a model's parameters: stochastic gradient descent with momentum,
// or Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch has
// them. A parameter without a gradient stays as it is, and so does what is kept of it.
type Optimiser struct {
	m     *Model
	how   Optimising
	kept  []kept
	steps []int64 // of AdamW, by parameter
}

// kept is what an optimiser keeps of each parameter, and under what name.
type kept struct {
	name string
	list uintptr
}

// stepsTaken is the name under which a parameter's number of steps is kept.
const stepsTaken = "steps"

// NewOptimiser makes one with nothing behind it.
func NewOptimiser(m *Model, o Optimising) (*Optimiser, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	made := &Optimiser{m: m, how: o, steps: make([]int64, len(m.params)+1)}
	names := []string{"momentum"}
	if o.Kind == "adamw" {
		names = []string{"first_moment", "second_moment"}
	}
	for _, name := range names {
		made.kept = append(made.kept, kept{name, m.lib.ListNew(m.handle)})
	}
	return made, nil
}

// Step changes the parameters and drops the gradients.
func (o *Optimiser) Step(rate float64) (err error) {
	m, h := o.m, o.how
	m.thread.run(func() {
		if h.Kind == "adamw" {
			err = failed(m.lib.AdamW(m.handle, o.kept[0].list, o.kept[1].list, &o.steps[0], rate, h.Beta1, h.Beta2, h.Eps, h.Decay))
		} else {
			err = failed(m.lib.SGD(m.handle, o.kept[0].list, rate, h.Momentum, h.Nesterov, h.Decay))
		}
		m.lib.GradientsDrop(m.handle)
	})
	return err
}

// State copies out what the next step depends on (momentum, moments, steps taken),
// each under the parameter's name, a slash and what it is.
func (o *Optimiser) State() (state nn.Weights, err error) {
	o.m.thread.run(func() {
		state = nn.Weights{}
		for i, p := range o.m.params {
			for _, k := range o.kept {
				if !o.m.lib.ListHas(k.list, int64(i)) {
					continue
				}
				name := p.Name + "/" + k.name
				if state[name], err = o.m.read(k.list, i); err != nil {
					err = fmt.Errorf("%s: %w", name, err)
					return
				}
			}
			if o.steps[i] > 0 {
				state[p.Name+"/"+stepsTaken] = nn.Weight{Shape: []int{1}, Values: []float32{float32(o.steps[i])}}
			}
		}
	})
	return state, err
}

// Load takes such a state, and nothing of what was before stays. After an error it
// means nothing.
func (o *Optimiser) Load(state nn.Weights) error {
	fresh, err := NewOptimiser(o.m, o.how)
	if err != nil {
		return err
	}
	o.Close()
	*o = *fresh
	o.m.thread.run(func() { err = o.load(state) })
	return err
}

func (o *Optimiser) load(state nn.Weights) error {
	for name, w := range state {
		cut := strings.LastIndexByte(name, '/')
		i, known := o.m.index[name[:max(cut, 0)]]
		if cut < 0 || !known {
			return fmt.Errorf("the optimiser's state has %s: it is of another network", name)
		}
		if err := o.loadOne(i, name, name[cut+1:], w); err != nil {
			return err
		}
	}
	return nil
}

func (o *Optimiser) loadOne(i int, name, what string, w nn.Weight) error {
	for _, k := range o.kept {
		if k.name == what {
			return o.m.write(k.list, i, name, w)
		}
	}
	if what != stepsTaken || o.how.Kind != "adamw" || len(w.Values) != 1 || !(w.Values[0] >= 0) {
		return fmt.Errorf("the optimiser's state has %s, which %s does not keep so", name, o.how.Kind)
	}
	o.steps[i] = int64(w.Values[0])
	return nil
}

// Close frees it.
func (o *Optimiser) Close() {
	for _, k := range o.kept {
		o.m.lib.ListFree(k.list)
	}
	o.kept = nil
}

// Average is an exponential running average of a model's parameters and states.
type Average struct {
	m    *Model
	list uintptr
}

// NewAverage begins with the model as it is.
func NewAverage(m *Model) (*Average, error) {
	a := &Average{m: m, list: m.lib.ListNew(m.handle)}
	var err error
	m.thread.run(func() { err = failed(m.lib.ListCopy(m.handle, a.list, m.list)) })
	if err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// Update moves it: average = decay·average + (1 - decay)·model.
func (a *Average) Update(decay float64) (err error) {
	a.m.thread.run(func() { err = failed(a.m.lib.Average(a.m.handle, a.list, decay)) })
	return err
}

// Weights copies it out.
func (a *Average) Weights() (w nn.Weights, err error) {
	a.m.thread.run(func() { w, err = a.m.readAll(a.list) })
	return w, err
}

// Load takes it over.
func (a *Average) Load(w nn.Weights) (err error) {
	a.m.thread.run(func() { err = a.m.writeAll(a.list, w) })
	return err
}

// Close frees it.
func (a *Average) Close() {
	if a.list != 0 {
		a.m.lib.ListFree(a.list)
	}
	a.list = 0
}
