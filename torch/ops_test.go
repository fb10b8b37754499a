package torch

import (
	"slices"
	"testing"

	"requin/nn"
)

// opCase is an operation on x, whose numbers are x's, with what it gives.
type opCase struct {
	name  string
	shape []int
	x     []float32
	f     func(o nn.Ops, x nn.Tensor) nn.Tensor
	given map[string][]float32
	want  []float32
	wantd []int // shape
}

// upTo is 1, 2 ... n.
func upTo(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i + 1)
	}
	return v
}

func opCases() []opCase {
	return []opCase{
		{"conv", []int{1, 1, 3, 3}, upTo(9), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 1, Kernel: 2, Bias: true})
		}, map[string][]float32{"c.weight": {1, 2, 3, 4}, "c.bias": {0.5}},
			// 1·1 + 2·2 + 4·3 + 5·4 = 37
			[]float32{37.5, 47.5, 67.5, 77.5}, []int{1, 1, 2, 2}},
		{"conv, uneven padding and stride", []int{1, 1, 3, 3}, upTo(9), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 1, Kernel: 2, Stride: 2, Pad: nn.Padding{Bottom: 1, Right: 1}})
		}, map[string][]float32{"c.weight": {1, 2, 3, 4}},
			[]float32{37, 3 + 18, 7 + 16, 9}, []int{1, 1, 2, 2}},
		{"conv, dilated, even padding", []int{1, 1, 3, 3}, upTo(9), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 1, Kernel: 2, Dilation: 2, Stride: 2, Pad: nn.Around(1)})
		}, map[string][]float32{"c.weight": {1, 2, 3, 4}},
			// Rows -1 and 1, columns -1 and 1: 5·4; then columns 1 and 3: 5·3; ...
			[]float32{20, 15, 10, 5}, []int{1, 1, 2, 2}},
		{"conv, a negative padding cuts off", []int{1, 1, 3, 3}, upTo(9), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 1, Kernel: 2, Pad: nn.Padding{Top: -1, Left: -1}})
		}, map[string][]float32{"c.weight": {1, 2, 3, 4}}, []float32{77}, []int{1, 1, 1, 1}},
		{"conv, groups", []int{1, 2, 1, 2}, []float32{1, 2, 3, 4}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Conv("c", x, nn.Conv{Out: 4, Kernel: 1, Groups: 2})
		}, map[string][]float32{"c.weight": {1, 2, 10, 20}},
			[]float32{1, 2, 2, 4, 30, 40, 60, 80}, []int{1, 4, 1, 2}},
		{"full connection", []int{2, 2}, upTo(4), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Linear("l", x, nn.Linear{Out: 2})
		}, map[string][]float32{"l.weight": {1, 2, 3, 4}, "l.bias": {0.5, -0.5}},
			[]float32{5.5, 10.5, 11.5, 24.5}, []int{2, 2}},
		{"relu", []int{4}, []float32{-2, -1, 1, 2}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Activate(x, nn.ReLU)
		}, nil, []float32{0, 0, 1, 2}, []int{4}},
		{"leaky relu", []int{2}, []float32{-2, 3}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Activate(x, nn.Leaky)
		}, nil, []float32{-0.2, 3}, []int{2}},
		{"sigmoid", []int{2}, []float32{-1, 2}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Activate(x, nn.Sigmoid)
		}, nil, []float32{0.26894143, 0.88079708}, []int{2}},
		{"silu", []int{2}, []float32{-1, 2}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Activate(x, nn.SiLU)
		}, nil, []float32{-0.26894143, 1.7615942}, []int{2}},
		{"softmax", []int{2, 2}, []float32{0, 1, 2, 2}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Softmax(x, 1)
		}, nil, []float32{0.26894143, 0.73105858, 0.5, 0.5}, []int{2, 2}},
		{"max pool", []int{1, 1, 3, 3}, upTo(9), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.MaxPool(x, nn.Pool{Kernel: 3, Stride: 2, Pad: nn.Around(1)})
		}, nil, []float32{5, 6, 8, 9}, []int{1, 1, 2, 2}},
		{"max pool, uneven, of negative numbers", []int{1, 1, 2, 2}, []float32{-4, -3, -2, -1}, func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.MaxPool(x, nn.Pool{Kernel: 2, Pad: nn.Padding{Bottom: 1, Right: 1}})
		}, nil, []float32{-1, -1, -1, -1}, []int{1, 1, 2, 2}},
		{"average pool", []int{1, 1, 2, 2}, upTo(4), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.AvgPool(x, nn.Pool{Kernel: 3, Pad: nn.Around(1)})
		}, nil, []float32{2.5, 2.5, 2.5, 2.5}, []int{1, 1, 2, 2}},
		{"average pool, uneven", []int{1, 1, 2, 2}, upTo(4), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.AvgPool(x, nn.Pool{Kernel: 2, Pad: nn.Padding{Bottom: 1, Right: 1}})
		}, nil, []float32{2.5, 3, 3.5, 4}, []int{1, 1, 2, 2}},
		{"mean", []int{1, 2, 2, 2}, upTo(8), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Mean(x)
		}, nil, []float32{2.5, 6.5}, []int{1, 2, 1, 1}},
		{"resize, twice", []int{1, 1, 1, 2}, upTo(2), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Resize(x, 2, 4)
		}, nil, []float32{1, 1, 2, 2, 1, 1, 2, 2}, []int{1, 1, 2, 4}},
		{"resize, not a multiple", []int{1, 1, 2, 3}, upTo(6), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Resize(x, 3, 5)
		}, nil, []float32{1, 1, 2, 2, 3, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6}, []int{1, 1, 3, 5}},
		{"resize, down", []int{1, 1, 1, 5}, upTo(5), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Resize(x, 1, 3)
		}, nil, []float32{1, 2, 4}, []int{1, 1, 1, 3}},
		{"concat", []int{1, 2, 1, 1}, upTo(2), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Concat(1, x, o.Scale(x, 10))
		}, nil, []float32{1, 2, 10, 20}, []int{1, 4, 1, 1}},
		{"slice with a step", []int{1, 6}, upTo(6), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Slice(x, 1, 1, 6, 2)
		}, nil, []float32{2, 4, 6}, []int{1, 3}},
		{"pad", []int{1, 1, 2, 2}, upTo(4), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Pad(x, nn.Padding{Top: 1, Right: 1, Bottom: -1})
		}, nil, []float32{0, 0, 0, 1, 2, 0}, []int{1, 1, 2, 3}},
		{"reshape and transpose", []int{6}, upTo(6), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Transpose(o.Reshape(x, 2, -1), 1, 0)
		}, nil, []float32{1, 4, 2, 5, 3, 6}, []int{3, 2}},
		{"add", []int{2}, upTo(2), func(o nn.Ops, x nn.Tensor) nn.Tensor {
			return o.Add(x, o.Activate(x, nn.ReLU))
		}, nil, []float32{2, 4}, []int{2}},
	}
}

func TestOps(t *testing.T) {
	needShim(t)
	for _, c := range opCases() {
		t.Run(c.name, func(t *testing.T) {
			n := net{f: func(o nn.Ops, images nn.Tensor) nn.Tensor { return c.f(o, variable(o, images, "x", c.shape...)) }}
			given := map[string][]float32{"x.weight": slices.Clone(c.x)}
			for name, values := range c.given {
				given[name] = slices.Clone(values)
			}
			m := newModel(t, n, given)
			got, err := m.Deploy(n, pixel)
			check(t, err)
			if !slices.Equal(got[0].Shape, c.wantd) {
				t.Errorf("shape %v, want %v", got[0].Shape, c.wantd)
			}
			near(t, "result", got[0].Values, c.want, 1e-5)
			about, err := nn.Describe(n)
			check(t, err)
			if shape := about.Outputs[0].Value.Shape(); !slices.Equal(shape, c.wantd) {
				t.Errorf("nn says the shape is %v, it is %v", shape, c.wantd)
			}
			checkGradients(t, n, given, pixel)
		})
	}
}

func bn(b nn.BatchNorm) net {
	return net{f: func(o nn.Ops, images nn.Tensor) nn.Tensor {
		return o.BatchNorm("b", variable(o, images, "x", 2, 1, 1, 2), b)
	}}
}

func TestBatchNorm(t *testing.T) {
	given := func() map[string][]float32 {
		return map[string][]float32{"x.weight": {1, 2, 3, 6}, "b.weight": {2}, "b.bias": {1}, "b.running_mean": {1}, "b.running_var": {4}}
	}
	b := nn.BatchNorm{Eps: 0.5, Momentum: 0.1}
	m := newModel(t, bn(b), given())
	got, err := m.Deploy(bn(b), pixel)
	check(t, err)
	// (x - 1) / √4.5 · 2 + 1
	near(t, "deployed", got[0].Values, []float32{1, 1.942809, 2.885618, 5.714045}, 1e-5)

	// The batch's mean is 3, its variance 14/4 = 3.5; unbiased 14/3.
	lesson, err := m.Learn(bn(b), pixel, nil, Step{Scale: 1})
	check(t, err)
	c := factors(4)
	want := 0.0
	for i, y := range []float64{-1, 0, 1, 4} { // (x - 3)/√4·2 + 1 = x - 2
		want += y * float64(c[i])
	}
	near(t, "loss while learning", []float32{float32(lesson.Loss())}, []float32{float32(want)}, 1e-5)
	w, err := m.Weights()
	check(t, err)
	near(t, "running mean", w["b.running_mean"].Values, []float32{0.9*1 + 0.1*3}, 1e-6)
	near(t, "running variance", w["b.running_var"].Values, []float32{0.9*4 + 0.1*14/3}, 1e-6)
	checkGradients(t, bn(b), given(), pixel)

	b.Frozen = true
	m = newModel(t, bn(b), given())
	before, err := m.Deploy(bn(b), pixel)
	check(t, err)
	_, err = m.Learn(bn(b), pixel, nil, Step{Scale: 1})
	check(t, err)
	after, err := m.Deploy(bn(b), pixel)
	check(t, err)
	near(t, "frozen", before[0].Values, got[0].Values, 1e-6)
	near(t, "frozen, after learning", after[0].Values, got[0].Values, 0)
	checkGradients(t, bn(b), given(), pixel)
}
