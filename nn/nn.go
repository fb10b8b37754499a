// Package nn's noun is a network: a Go function over Ops. It owns the networks
// (YOLOX, Faster R-CNN and their backbones), what each is taught by (assignment,
// sampling, losses with their gradients) and how its weights are named. It runs
// nothing: torch interprets Ops eagerly, with gradients; onnx writes the same
// function as a file; Describe only looks at the shapes.
//
//	network, err := nn.New(nn.Design{Network: "yolox-nano", Classes: []string{"shark"}, W: 416, H: 416})
//	about, err   := nn.Describe(network)                 // its parameters, operations
//	weights      := nn.Begin(about.Params, seed)         // as training begins
//	outputs      := network.Deploy(ops, images)          // what the model file answers
//	lesson, err  := network.Learn(eager, batch)          // loss terms, and the gradient at the network's outputs
//
// Losses are computed here, in Go, from values that the interpreter hands out, and
// their gradients with them, so that each can be checked numerically without any
// library. Shapes are batch × channels × rows × columns.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"requin/frame"
)

// Tensor is a value inside an interpreter. It belongs to the interpreter that made
// it and is valid as long as that says.
type Tensor interface {
	// Shape is the length of each dimension. It must not be changed. A graph writer
	// gives -1 for what only a run can tell (how many regions there are).
	Shape() []int
}

// Ops is what networks are made of. An interpreter panics with an Error where
// shapes do not fit or it fails; whoever runs a network turns that into an error
// (Catch). Names of layers join with dots and name their parameters: the layer
// "head.stems.0.conv" has "head.stems.0.conv.weight".
type Ops interface {
	// Conv is a convolution. Parameters: name.weight (Out × C/Groups × Kernel ×
	// Kernel) and, with Bias, name.bias (Out).
	Conv(name string, x Tensor, c Conv) Tensor
	// BatchNorm normalises each channel. Parameters: name.weight, name.bias, and the
	// states name.running_mean, name.running_var, of one number a channel.
	BatchNorm(name string, x Tensor, b BatchNorm) Tensor
	// Linear multiplies the last dimension of rows × in: name.weight (out × in),
	// name.bias (out).
	Linear(name string, x Tensor, l Linear) Tensor

	Activate(x Tensor, a Activation) Tensor
	Softmax(x Tensor, axis int) Tensor

	MaxPool(x Tensor, p Pool) Tensor // what pads never is the greatest
	AvgPool(x Tensor, p Pool) Tensor // what pads is not counted
	Mean(x Tensor) Tensor            // over rows and columns: N × C × 1 × 1

	Resize(x Tensor, h, w int) Tensor // nearest: pixel (i, j) is x at (floor(i·H/h), floor(j·W/w))
	Concat(axis int, xs ...Tensor) Tensor
	Slice(x Tensor, axis, from, to, step int) Tensor // from inclusive, to exclusive, step at least 1
	Pad(x Tensor, p Padding) Tensor                  // zeros around rows and columns; a negative number cuts off
	Reshape(x Tensor, shape ...int) Tensor           // one length may be -1
	Transpose(x Tensor, order ...int) Tensor         // dimension i is x's dimension order[i]

	Add(a, b Tensor) Tensor // of the same shape
	Scale(x Tensor, by float64) Tensor

	// RoIAlign takes regions out of features (levels of N × C × H × W, finest first,
	// each region out of the one that Level says): the mean of Samples² bilinear
	// samples in each of Size × Size cells, half-pixel corrected (He et al. 2017;
	// "aligned" in torchvision, half_pixel in ONNX). regions is R × 5: index of the
	// picture, x0, y0, x1, y1 in pixels of the input. Result: R × C × Size × Size.
	// Gradients flow into the features only.
	RoIAlign(features []Tensor, regions Tensor, r RoIAlign) Tensor
	// Propose picks regions of interest; see Proposals, which it does. Its result,
	// R × 5 as RoIAlign takes them, has no gradient.
	Propose(objectness, deltas []Tensor, p Proposing) Tensor
	// Suppress turns the second stage's answers into detections of one picture; see
	// Suppression, which it does: boxes M × 4 (x0, y0, x1, y1 in pixels of the input),
	// labels M (1 is the first class), scores M, best first. No gradient.
	Suppress(regions, scores, deltas Tensor, s Suppressing) (boxes, labels, confidence Tensor)
}

// Eager is an interpreter that computes at once: what training needs.
type Eager interface {
	Ops
	// Values copies a tensor out, row by row.
	Values(x Tensor) []float32
	// Constant copies numbers in; they have no gradient.
	Constant(values []float32, shape ...int) Tensor
}

// Conv says what a convolution is. Zero values: stride 1, dilation 1, one group.
type Conv struct {
	Out, Kernel, Stride, Dilation, Groups int
	Pad                                   Padding
	Bias                                  bool
	Init                                  Init // of the weight
	BiasInit                              Init
}

// BatchNorm says how channels are normalised: (x - mean) / √(var + Eps) · weight +
// bias, with the batch's own mean and variance while training, of which the running
// ones keep up by Momentum (new = (1 - Momentum)·old + Momentum·batch, variance
// unbiased, as PyTorch has it).
type BatchNorm struct {
	Eps, Momentum float64
	// Frozen keeps the running statistics and the affine as they are: for small batches.
	Frozen bool
}

// Linear says what a full connection is.
type Linear struct {
	Out            int
	Init, BiasInit Init
}

// Pool says how neighbours are pooled. Stride 0 is 1.
type Pool struct {
	Kernel, Stride int
	Pad            Padding
}

// Padding is what is added around rows and columns.
type Padding struct{ Top, Left, Bottom, Right int }

// Around is the same padding on all sides.
func Around(n int) Padding { return Padding{n, n, n, n} }

// Same is TensorFlow's SAME padding of a length of h × w: the result has
// ceil(h/stride) rows; of an odd number the greater half lies at bottom and right.
func Same(h, w, kernel, stride int) Padding {
	side := func(n int) (int, int) {
		all := max(0, ((n+stride-1)/stride-1)*stride+kernel-n)
		return all / 2, all - all/2
	}
	top, bottom := side(h)
	left, right := side(w)
	return Padding{Top: top, Left: left, Bottom: bottom, Right: right}
}

// Activation is a function of each number.
type Activation string

// The activations.
const (
	ReLU    Activation = "relu"
	SiLU    Activation = "silu"       // x·sigmoid(x)
	Leaky   Activation = "leaky_relu" // below 0, LeakySlope·x
	Sigmoid Activation = "sigmoid"
)

// LeakySlope is that of YOLOX.
const LeakySlope = 0.1

// RoIAlign says how regions are taken out of features.
type RoIAlign struct {
	Size    int   // cells to each side
	Samples int   // samples to each side of a cell
	Strides []int // of each level, pixels of the input; each twice the one before
}

// Level is the level that a region is taken out of: that of stride 4·2^k where
// k = floor(log2(√(w·h) / 224 · 2² + 1e-6)), or the nearest there is (Lin et al. 2017,
// eq. 1: a region of ImageNet's size comes from stride 16).
func (r RoIAlign) Level(w, h float64) int {
	if len(r.Strides) == 1 {
		return 0
	}
	k := math.Floor(math.Log2(math.Sqrt(max(0, w*h))/224*4 + 1e-6))
	first := math.Log2(float64(r.Strides[0]) / 4)
	return int(min(max(k-first, 0), float64(len(r.Strides)-1)))
}

// Init says what a parameter begins as.
type Init struct {
	Kind  InitKind
	Value float64 // of Constant the number, of Normal the standard deviation
}

// InitKind is the kind of an Init.
type InitKind int

// The kinds. The zero value is Kaiming for weights and zero for biases.
const (
	Kaiming  InitKind = iota // uniform in ±√(6 / ((1 + 5)·fan in)): what PyTorch's layers begin with (a = √5)
	HeNormal                 // normal, √(2 / fan out)
	Normal
	Constant
)

// Param is one parameter of a network.
type Param struct {
	Name  string
	Shape []int
	Init  Init
	State bool // a running statistic: not learned by gradients
	Decay bool // weight decay is for it: weights of Conv and Linear
	Fan   int  // in, of Kaiming; out, of HeNormal
}

// Count is how many numbers it holds.
func (p Param) Count() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Weight is the values of one parameter, row by row.
type Weight struct {
	Shape  []int
	Values []float32
}

// Weights are the values of a network's parameters by name.
type Weights map[string]Weight

// Output is a named result of a network, as its file has it.
type Output struct {
	Name  string
	Value Tensor
}

// Network is a detector that can be taught and deployed.
type Network interface {
	Design() Design
	// Family is the name under which detect decodes Deploy's outputs.
	Family() string
	// Deploy is what the model file answers to pictures (N × 3 × H × W, as Pixels
	// wants them).
	Deploy(o Ops, images Tensor) []Output
	// Learn computes a batch's loss.
	Learn(o Eager, b Batch) (Lesson, error)
	// Pixels is how pictures are prepared.
	Pixels() Pixels
	// Fresh says whether a parameter is always begun anew when weights for other
	// classes are loaded (the last layer's).
	Fresh(param string) bool
}

// Batch is what a network learns from at one step.
type Batch struct {
	Images Tensor
	Truth  [][]Truth  // by picture
	Rand   *rand.Rand // for what is sampled; drawn from the seed and the step
	Done   float64    // share of the training that is over, 0 to 1
}

// Truth is a box to be learned, in pixels of the input.
type Truth struct {
	frame.Box
	Class  int  // from 0
	Ignore bool // neither an example nor background
}

// Lesson is what a step has to teach.
type Lesson struct {
	Terms []Term // their weighted sum is the loss; in a fixed order
	Backs []Back
}

// Loss is the sum of the terms.
func (l Lesson) Loss() float64 {
	var sum float64
	for _, t := range l.Terms {
		sum += t.Value
	}
	return sum
}

// Term is one term of a loss, its weight multiplied in.
type Term struct {
	Name  string
	Value float64
}

// Back is the gradient of the loss at a tensor.
type Back struct {
	Of       Tensor
	Gradient []float32 // as many as Of has values
}

// Pixels says how a picture becomes an input: (v - Mean) / Std in the order of
// Channels, on a canvas of Fill; Letterbox as detect.Pixels has it.
type Pixels struct {
	Channels  string // "rgb" or "bgr"
	Mean, Std [3]float32
	Letterbox string
	Fill      uint8
}

// Design says which network, for what.
type Design struct {
	Network string   `yaml:"network" json:"network"`
	Classes []string `yaml:"-" json:"classes"`
	W       int      `yaml:"width" json:"width"` // of the input, pixels
	H       int      `yaml:"height" json:"height"`
	// Regions are the settings of Faster R-CNN; nil: its defaults.
	Regions *Regions `yaml:"regions,omitempty" json:"regions,omitempty"`
}

// Error is what an interpreter panics with.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e Error) Unwrap() error { return e.Err }

// Fail panics with an Error.
func Fail(format string, a ...any) { panic(Error{fmt.Errorf(format, a...)}) }

// Catch is deferred by whoever runs a network: it turns a panic with an Error into
// *err, and lets any other through.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case Error:
		*err = r.Err
	default:
		panic(r)
	}
}
