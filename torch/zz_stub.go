package torch

import (
	"errors"
	"math/rand/v2"

	"requin/nn"
)

var errStub = errors.New("not yet")

// Info is what is known of the library.
type Info struct {
	Path    string   // of the shim
	Version string   // of libtorch
	CUDA    []string // names of the graphics processors
	Threads int      // that one operation may use
}

// Load finds and loads the library; the error says in one line how to get it.
func Load() (Info, error) { return Info{}, errStub }

// SetThreads sets how many threads one operation may use; the result of a step may
// depend on it in the last digits.
func SetThreads(n int) error { return errStub }

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
type Model struct{}

// NewModel puts weights on a device: "cpu", "cuda", "cuda:1". weights must hold
// every parameter.
func NewModel(params []nn.Param, weights nn.Weights, device string) (*Model, error) {
	return nil, errStub
}

// Close frees it.
func (m *Model) Close() {}

// Learn runs a batch forward and back, and adds its gradients to the model's.
// Running statistics follow the batch.
func (m *Model) Learn(network nn.Network, in Input, truth [][]nn.Truth, s Step) (nn.Lesson, error) {
	return nn.Lesson{}, errStub
}

// Deploy is what the network's file would answer.
func (m *Model) Deploy(network nn.Network, in Input) ([]Result, error) { return nil, errStub }

// Unfold gives back their meaning to batch normalisations whose weights came folded
// into the convolutions before them (weight 1, mean 0, variance 1): mean and variance
// become those of the pictures given, weight and bias what leaves the result as it was.
func (m *Model) Unfold(network nn.Network, in Input) error { return errStub }

// Weights copies all parameters and states out.
func (m *Model) Weights() (nn.Weights, error) { return nil, errStub }

// Load copies parameters and states in.
func (m *Model) Load(w nn.Weights) error { return errStub }

// AddGradients adds another model's gradients (of any device) to m's and zeroes the
// other's.
func (m *Model) AddGradients(from *Model) error { return errStub }

// CopyFrom takes over another model's parameters and states.
func (m *Model) CopyFrom(from *Model) error { return errStub }

// Clip scales the gradients down to a norm of at most most (0: does not) and gives
// their norm before; NaN or infinite where they are.
func (m *Model) Clip(most float64) (norm float64, err error) { return 0, errStub }

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

// Optimiser changes a model's parameters.
type Optimiser struct{}

// NewOptimiser makes one with nothing behind it.
func NewOptimiser(m *Model, o Optimising) (*Optimiser, error) { return nil, errStub }

// Step changes the parameters and zeroes the gradients.
func (o *Optimiser) Step(rate float64) error { return errStub }

// State copies out what the next step depends on (momentum, moments, steps taken).
func (o *Optimiser) State() (nn.Weights, error) { return nil, errStub }

// Load takes such a state.
func (o *Optimiser) Load(nn.Weights) error { return errStub }

// Close frees it.
func (o *Optimiser) Close() {}

// Average is an exponential running average of a model's parameters and states.
type Average struct{}

// NewAverage begins with the model as it is.
func NewAverage(m *Model) (*Average, error) { return nil, errStub }

// Update moves it: average = decay·average + (1 - decay)·model.
func (a *Average) Update(decay float64) error { return errStub }

// Weights copies it out.
func (a *Average) Weights() (nn.Weights, error) { return nil, errStub }

// Load takes it over.
func (a *Average) Load(nn.Weights) error { return errStub }

// Close frees it.
func (a *Average) Close() {}
