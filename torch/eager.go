package torch

import (
	"runtime"
	"unsafe"

	"requin/nn"
)

// eager runs nn.Ops on a model for the time of one step, on the model's thread.
type eager struct {
	m         *Model
	training  bool // batch normalisation uses and follows the batch
	gradients bool
	half      bool
	unfolding bool
	unfolded  map[string]bool

	ended  bool
	pinned runtime.Pinner // what the shim reads without copying it
}

// tensor is a tensor of a step.
type tensor struct {
	of    *eager
	id    int64
	shape []int
}

func (t *tensor) Shape() []int { return t.shape }

func (e *eager) begin() {
	e.must(e.m.lib.Begin(e.m.handle, e.gradients, e.half))
	e.unfolded = map[string]bool{}
}

// end frees all tensors of the step.
func (e *eager) end() {
	e.m.lib.End(e.m.handle)
	e.pinned.Unpin()
	e.ended = true
}

func (e *eager) must(text string) {
	if err := failed(text); err != nil {
		panic(nn.Error{Err: err})
	}
}

// id is the shim's number of a tensor.
func (e *eager) id(x nn.Tensor) int64 {
	t, ok := x.(*tensor)
	if !ok || t.of != e || e.ended {
		nn.Fail("a tensor of another step: tensors are valid during the step that made them")
	}
	return t.id
}

// make runs what makes a tensor.
func (e *eager) make(f func(into *made) string) nn.Tensor {
	var into made
	e.must(f(&into))
	t := &tensor{of: e, id: into.id, shape: make([]int, into.dims)}
	for i := range t.shape {
		t.shape[i] = int(into.shape[i])
	}
	return t
}

// param is the shim's number of a parameter.
func (e *eager) param(name string) int64 {
	i, ok := e.m.index[name]
	if !ok {
		nn.Fail("the model has no parameter %s: it was made for another network", name)
	}
	return int64(i)
}

func (e *eager) input(in Input) nn.Tensor {
	if len(in.Values) != in.N*3*in.H*in.W || len(in.Values) == 0 {
		nn.Fail("%d numbers are not %d pictures of 3 × %d × %d", len(in.Values), in.N, in.H, in.W)
	}
	e.pinned.Pin(&in.Values[0])
	return e.constant(in.Values, []int{in.N, 3, in.H, in.W}, false)
}

func (e *eager) constant(values []float32, shape []int, copied bool) nn.Tensor {
	lengths := int64s(shape)
	return e.make(func(into *made) string {
		return e.m.lib.Constant(e.m.handle, unsafe.SliceData(values), unsafe.SliceData(lengths), int64(len(lengths)), copied, into)
	})
}

// Constant copies numbers in; they have no gradient.
func (e *eager) Constant(values []float32, shape ...int) nn.Tensor {
	if len(values) != count(shape) {
		nn.Fail("%d numbers do not fit %v", len(values), shape)
	}
	return e.constant(values, shape, true)
}

// Values copies a tensor out, row by row.
func (e *eager) Values(x nn.Tensor) []float32 {
	values := make([]float32, count(x.Shape()))
	e.must(e.m.lib.Values(e.m.handle, e.id(x), unsafe.SliceData(values)))
	return values
}

// backward runs from the tensors that the network's loss is computed from.
func (e *eager) backward(backs []nn.Back, scale float64) {
	if len(backs) == 0 {
		return
	}
	of := make([]int64, len(backs))
	gradients := make([]*float32, len(backs))
	for i, b := range backs {
		if len(b.Gradient) != count(b.Of.Shape()) {
			nn.Fail("a gradient of %d numbers at a tensor %v", len(b.Gradient), b.Of.Shape())
		}
		of[i] = e.id(b.Of)
		gradients[i] = unsafe.SliceData(b.Gradient)
		if gradients[i] != nil {
			e.pinned.Pin(gradients[i]) // a pointer to pointers
		}
	}
	e.must(e.m.lib.Backward(e.m.handle, &of[0], &gradients[0], int64(len(of)), scale))
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
