package onnx

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/nn"
)

var ones = nn.Deltas{Weights: [4]float64{1, 1, 1, 1}, MaxLog: math.Log(1000.0 / 16)}

// feed is a network that takes its picture for a row of numbers and cuts tensors of
// these shapes out of it.
func feed(shapes [][]int, f func(o nn.Ops, xs []nn.Tensor) []nn.Output) sketch {
	n := 0
	for _, s := range shapes {
		n += product(s)
	}
	return sketch{h: 1, w: (n + 2) / 3, deploy: func(o nn.Ops, x nn.Tensor) []nn.Output {
		row := o.Reshape(x, 1, -1)
		xs, at := make([]nn.Tensor, len(shapes)), 0
		for i, s := range shapes {
			xs[i] = o.Reshape(o.Slice(row, 1, at, at+product(s), 1), s...)
			at += product(s)
		}
		return f(o, xs)
	}}
}

// input lays tensors out as feed cuts them.
func (s sketch) input(xs ...*array) *array {
	x := zeros(1, 3, s.h, s.w)
	at := 0
	for _, a := range xs {
		at += copy(x.values[at:], a.values)
	}
	return x
}

func normal(r *rand.Rand, scale float64, shape ...int) *array {
	return build(shape, func([]int) float64 { return float64(float32(r.NormFloat64() * scale)) })
}

// agree holds that a file's outputs are the slow computation's.
func agree(t *testing.T, what string, s *Session, n sketch, x *array, most float64) []Tensor {
	t.Helper()
	got := run(t, s, tensorOf(x))
	for i, o := range n.deploy(slow{}, x) {
		out := got[i]
		for _, v := range out.I64 {
			out.F32 = append(out.F32, float32(v))
		}
		if want := o.Value.(*array); !slices.Equal(out.Shape, wide(want.shape)) {
			t.Fatalf("%s: %s is %v, not %v", what, o.Name, out.Shape, want.shape)
		} else if d := far(t, out, want); !(d < most) {
			t.Fatalf("%s: %s differs by %g", what, o.Name, d)
		}
	}
	return got
}

func TestPropose(t *testing.T) {
	levels := []nn.Anchors{
		{Stride: 4, Sizes: [][2]float64{{8, 12}, {16, 16}}},
		{Stride: 8, Sizes: [][2]float64{{40, 24}, {20, 20}, {10, 30}}},
		{Stride: 16, Sizes: [][2]float64{{50, 50}}},
	}
	for name, c := range map[string]struct {
		levels []nn.Anchors
		p      nn.Proposing
	}{
		"three levels":          {levels, nn.Proposing{Before: 40, Keep: 30, IoU: 0.7, Least: 1e-3, Decode: ones}},
		"one level":             {levels[1:2], nn.Proposing{Before: 40, Keep: 9, IoU: 0.5, Least: 1, Decode: nn.Deltas{Weights: [4]float64{10, 10, 5, 5}, MaxLog: 4}}},
		"fewer than asked for":  {levels, nn.Proposing{Before: 6000, Keep: 3000, IoU: 0.9, Decode: ones}},
		"small ones dropped":    {levels, nn.Proposing{Before: 100, Keep: 50, IoU: 0.6, Least: 20, Decode: ones}},
		"none is large enough":  {levels, nn.Proposing{Before: 100, Keep: 50, IoU: 0.6, Least: 1000, Decode: ones}},
		"none, of one level":    {levels[2:], nn.Proposing{Before: 100, Keep: 50, IoU: 0.6, Least: 1000, Decode: ones}},
		"some levels have none": {levels, nn.Proposing{Before: 100, Keep: 500, IoU: 0.6, Least: 30, Decode: nn.Deltas{Weights: [4]float64{1, 1, 100, 100}, MaxLog: 4}}},
	} {
		c.p.Anchors, c.p.W, c.p.H = c.levels, 56, 40
		var shapes [][]int
		for _, a := range c.levels {
			h, w := 40/a.Stride, 56/a.Stride
			shapes = append(shapes, []int{1, len(a.Sizes), h, w}, []int{1, 4 * len(a.Sizes), h, w})
		}
		n := feed(shapes, func(o nn.Ops, xs []nn.Tensor) []nn.Output {
			var objectness, deltas []nn.Tensor
			for i := 0; i < len(xs); i += 2 {
				objectness, deltas = append(objectness, xs[i]), append(deltas, xs[i+1])
			}
			return []nn.Output{{Name: "regions", Value: o.Propose(objectness, deltas, c.p)}}
		})
		s := openFile(t, write(t, n, nil))
		if got := s.Outputs[0].Shape(); !slices.Equal(got, []int64{-1, 5}) {
			t.Errorf("%s: declared %v", name, got)
		}
		total := 0
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 3))
			var xs []*array
			for i, shape := range shapes {
				x := normal(r, 1, shape...)
				for k := range x.values {
					switch {
					case i%2 == 1:
						x.values[k] *= 0.4
					case seed%2 == 1: // many equals
						x.values[k] = math.Round(x.values[k])
					}
					if seed%5 == 2 && r.IntN(20) == 0 {
						x.values[k] = math.NaN()
					}
				}
				xs = append(xs, x)
			}
			total += int(agree(t, fmt.Sprint(name, ", ", seed), s, n, n.input(xs...), 1e-5)[0].Shape[0])
		}
		t.Logf("%s: %d regions", name, total)
		if none := c.p.Least == 1000; none != (total == 0) {
			t.Errorf("%s: %d regions in all", name, total)
		}
	}
}

// boxes are random regions, some of them the same.
func boxes(r *rand.Rand, n, w, h int) *array {
	out := zeros(n, 5)
	for i := range n {
		row := out.values[5*i:]
		if i > 0 && r.IntN(4) == 0 {
			copy(row, out.values[5*r.IntN(i):][:5])
			continue
		}
		x, y := r.Float64()*float64(w), r.Float64()*float64(h)
		size := math.Exp(r.NormFloat64()) * float64(w) / 4
		row[1], row[2] = x, y
		row[3], row[4] = x+size, y+size*(0.5+r.Float64())
	}
	for i, v := range out.values {
		out.values[i] = float64(float32(v))
	}
	return out
}

func TestSuppress(t *testing.T) {
	for name, c := range map[string]struct {
		regions int
		s       nn.Suppressing
	}{
		"three classes":    {60, nn.Suppressing{Classes: 3, Low: 0.1, IoU: 0.5, Keep: 20}},
		"one class":        {60, nn.Suppressing{Classes: 1, Low: 0.3, IoU: 0.3, Keep: 100}},
		"one region":       {1, nn.Suppressing{Classes: 2, Low: 0.01, IoU: 0.5, Keep: 100}},
		"nothing is found": {20, nn.Suppressing{Classes: 2, Low: 1, IoU: 0.5, Keep: 100}},
	} {
		c.s.W, c.s.H, c.s.Decode = 64, 48, nn.Deltas{Weights: [4]float64{10, 10, 5, 5}, MaxLog: 4}
		columns := 1 + c.s.Classes
		shapes := [][]int{{c.regions, 5}, {c.regions, columns}, {c.regions, 4 * columns}}
		n := feed(shapes, func(o nn.Ops, xs []nn.Tensor) []nn.Output {
			b, l, s := o.Suppress(xs[0], xs[1], xs[2], c.s)
			return []nn.Output{{Name: "boxes", Value: b}, {Name: "labels", Value: l}, {Name: "scores", Value: s}}
		})
		s := openFile(t, write(t, n, nil))
		if got := fmt.Sprint(s.Outputs); got != "[boxes float32[?,4] labels int64[?] scores float32[?]]" {
			t.Errorf("%s: declared %s", name, got)
		}
		total := 0
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 4))
			scores := slow{}.Softmax(normal(r, 2, c.regions, columns), 1).(*array)
			for i, v := range scores.values {
				if scores.values[i] = float64(float32(v)); seed%2 == 1 { // many equals
					scores.values[i] = math.Round(v*8) / 8
				}
			}
			x := n.input(boxes(r, c.regions, 64, 48), scores, normal(r, 2, c.regions, 4*columns))
			total += int(agree(t, fmt.Sprint(name, ", ", seed), s, n, x, 1e-5)[0].Shape[0])
		}
		t.Logf("%s: %d detections", name, total)
		if none := c.s.Low == 1; none != (total == 0) {
			t.Errorf("%s: %d detections in all", name, total)
		}
	}
}

func TestRoIAlign(t *testing.T) {
	const w, h = 256, 192
	for name, c := range map[string]struct {
		r       nn.RoIAlign
		regions *array
	}{
		"one level":      {nn.RoIAlign{Size: 5, Samples: 1, Strides: []int{16}}, nil},
		"three levels":   {nn.RoIAlign{Size: 3, Samples: 2, Strides: []int{4, 8, 16}}, nil},
		"coarser levels": {nn.RoIAlign{Size: 2, Samples: 2, Strides: []int{16, 32}}, nil},
		"levels of none": {nn.RoIAlign{Size: 2, Samples: 2, Strides: []int{4, 8, 16, 32}}, rowsOf([]float32{0, 10, 10, 100, 100}, 5)},
		// The area at which levels change, and one float32 less and more.
		"between levels": {nn.RoIAlign{Size: 2, Samples: 2, Strides: []int{4, 8, 16, 32}}, rowsOf([]float32{
			0, 0, 0, 112, 112, 0, 0, 0, 112, math.Nextafter32(112, 0), 0, 0, 0, 112, math.Nextafter32(112, 200),
			0, 0, 0, 224, 56, 0, 8, 8, 232, 232, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 448, 448, 0, 0, 0, 1000, 2000}, 5)},
		"outside": {nn.RoIAlign{Size: 4, Samples: 3, Strides: []int{8, 16}}, rowsOf([]float32{0, -40, -40, 30, 30, 0, 200, 100, 400, 300, 0, 300, 300, 400, 400}, 5)},
	} {
		regions := 40
		if c.regions != nil {
			regions = c.regions.shape[0]
		}
		shapes := [][]int{{regions, 5}}
		for _, s := range c.r.Strides {
			shapes = append(shapes, []int{1, 3, h / s, w / s})
		}
		n := feed(shapes, func(o nn.Ops, xs []nn.Tensor) []nn.Output {
			return []nn.Output{{Name: "cells", Value: o.RoIAlign(xs[1:], xs[0], c.r)}}
		})
		s := openFile(t, write(t, n, nil))
		for seed := range uint64(5) {
			r := rand.New(rand.NewPCG(seed, 5))
			xs := []*array{c.regions}
			if c.regions == nil {
				xs[0] = boxes(r, regions, w, h)
			}
			for _, shape := range shapes[1:] {
				xs = append(xs, normal(r, 1, shape...))
			}
			agree(t, fmt.Sprint(name, ", ", seed), s, n, n.input(xs...), 1e-4)
		}
	}
}

// Faster R-CNN, whole: from maps through regions to detections, also where no region
// is left.
func TestRegionsEndToEnd(t *testing.T) {
	for _, least := range []float64{1, 1000} {
		p := nn.Proposing{
			Anchors: []nn.Anchors{{Stride: 8, Sizes: [][2]float64{{16, 16}}}, {Stride: 16, Sizes: [][2]float64{{32, 32}}}},
			W:       64, H: 64, Before: 30, Keep: 20, IoU: 0.7, Least: least, Decode: ones,
		}
		n := sketch{h: 64, w: 64, deploy: func(o nn.Ops, x nn.Tensor) []nn.Output {
			fine := o.Activate(o.BatchNorm("bn", o.Conv("a", x, nn.Conv{Out: 32, Kernel: 8, Stride: 8}), nn.BatchNorm{Eps: 1e-3}), nn.ReLU)
			features := []nn.Tensor{fine, o.MaxPool(fine, nn.Pool{Kernel: 2, Stride: 2})}
			var objectness, deltas []nn.Tensor
			for _, f := range features {
				objectness = append(objectness, o.Conv("cls", f, nn.Conv{Out: 1, Kernel: 1, Bias: true}))
				deltas = append(deltas, o.Scale(o.Conv("box", f, nn.Conv{Out: 4, Kernel: 1}), 0.02))
			}
			regions := o.Propose(objectness, deltas, p)
			cells := o.RoIAlign(features, regions, nn.RoIAlign{Size: 3, Samples: 2, Strides: []int{8, 16}})
			// What second stages are made of, as wide as ONNX Runtime has its own layout for.
			x = o.BatchNorm("bn2", o.Conv("second", cells, nn.Conv{Out: 32, Kernel: 3, Pad: nn.Around(1)}), nn.BatchNorm{Eps: 1e-3})
			x = o.Concat(1, o.Activate(x, nn.ReLU), o.AvgPool(x, nn.Pool{Kernel: 3, Pad: nn.Around(1)}), o.MaxPool(x, nn.Pool{Kernel: 3, Pad: nn.Around(1)}))
			x = o.Slice(o.Pad(x, nn.Padding{Top: -1, Left: -1, Bottom: 1, Right: 1}), 2, 0, 3, 2)
			x = o.Add(x, o.Scale(o.BatchNorm("bn3", x, nn.BatchNorm{Eps: 1e-3}), 0.5))
			x = o.Reshape(o.Mean(o.Resize(x, 4, 6)), -1, 96)
			logits, boxes := o.Linear("fc", x, nn.Linear{Out: 3}), o.Scale(o.Linear("fb", x, nn.Linear{Out: 12}), 0.2)
			b, l, c := o.Suppress(regions, o.Softmax(o.Scale(logits, 0.1), 1), boxes, nn.Suppressing{Decode: ones, W: 64, H: 64, Classes: 2, Low: 0.2, IoU: 0.5, Keep: 10})
			return []nn.Output{{Name: "boxes", Value: b}, {Name: "labels", Value: l}, {Name: "scores", Value: c}}
		}}
		w := random(t, n, 11)
		s := openFile(t, write(t, n, w))
		found := 0
		for seed := range uint64(5) {
			x := picture(n, seed)
			got := run(t, s, tensorOf(x))
			for i, o := range n.deploy(slow{w}, x) {
				for _, v := range got[i].I64 {
					got[i].F32 = append(got[i].F32, float32(v))
				}
				if d := far(t, got[i], o.Value.(*array)); !(d < 1e-3) {
					t.Errorf("least %g, %d: %s differs by %g", least, seed, o.Name, d)
				}
			}
			found += int(got[0].Shape[0])
		}
		if (least == 1000) != (found == 0) {
			t.Errorf("least %g: %d found", least, found)
		}
	}
}
