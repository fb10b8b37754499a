package torch

import (
	"math"
	"slices"
	"testing"

	"requin/nn"
)

// sample is the bilinear interpolation of a plane at a point (in cells, centres at
// whole numbers): 0 more than a cell outside, else as at the border.
func sample(plane []float32, h, w int, y, x float64) float64 {
	if y < -1 || y > float64(h) || x < -1 || x > float64(w) {
		return 0
	}
	y, x = min(max(y, 0), float64(h-1)), min(max(x, 0), float64(w-1))
	top, left := int(y), int(x)
	bottom, right := min(top+1, h-1), min(left+1, w-1)
	fy, fx := y-float64(top), x-float64(left)
	at := func(y, x int) float64 { return float64(plane[y*w+x]) }
	return (1-fy)*((1-fx)*at(top, left)+fx*at(top, right)) + fy*((1-fx)*at(bottom, left)+fx*at(bottom, right))
}

// aligned is RoIAlign one sample at a time.
func aligned(features [][]float32, shapes [][]int, regions []float32, r nn.RoIAlign) (out []float32) {
	for ; len(regions) > 0; regions = regions[5:] {
		level := r.Level(float64(regions[3]-regions[1]), float64(regions[4]-regions[2]))
		c, h, w := shapes[level][1], shapes[level][2], shapes[level][3]
		stride := float64(r.Strides[level])
		x0, y0 := float64(regions[1])/stride-0.5, float64(regions[2])/stride-0.5
		cw, ch := float64(regions[3]-regions[1])/stride/float64(r.Size), float64(regions[4]-regions[2])/stride/float64(r.Size)
		for k := range c {
			plane := features[level][(int(regions[0])*c+k)*h*w:][:h*w]
			for i := range r.Size * r.Size {
				var sum float64
				for s := range r.Samples * r.Samples {
					fy := (float64(s/r.Samples) + 0.5) / float64(r.Samples)
					fx := (float64(s%r.Samples) + 0.5) / float64(r.Samples)
					sum += sample(plane, h, w, y0+(float64(i/r.Size)+fy)*ch, x0+(float64(i%r.Size)+fx)*cw)
				}
				out = append(out, float32(sum/float64(r.Samples*r.Samples)))
			}
		}
	}
	return out
}

// constant is a tensor without a gradient. nn.Describe wants its shape alone.
func constant(o nn.Ops, values []float32, shape ...int) nn.Tensor {
	if e, ok := o.(nn.Eager); ok {
		return e.Constant(values, shape...)
	}
	return shapeOnly(shape)
}

type shapeOnly []int

func (s shapeOnly) Shape() []int { return s }

func TestRoIAlignByHand(t *testing.T) {
	// A plane that rises by 1 a cell to the right and 10 a cell down: sampling inside
	// it gives what stands at the point, and a cell the mean, which is at its centre.
	n := net{f: func(o nn.Ops, images nn.Tensor) nn.Tensor {
		plane := variable(o, images, "x", 1, 1, 3, 3)
		// 8 to 40 pixels of stride 16 are 0 to 2 in cells' centres: two cells of 1.
		return o.RoIAlign([]nn.Tensor{plane}, constant(o, []float32{0, 8, 8, 40, 40}, 1, 5), nn.RoIAlign{Size: 2, Samples: 2, Strides: []int{16}})
	}}
	given := map[string][]float32{"x.weight": {0, 1, 2, 10, 11, 12, 20, 21, 22}}
	m := newModel(t, n, given)
	got, err := m.Deploy(n, pixel)
	check(t, err)
	near(t, "regions", got[0].Values, []float32{5.5, 6.5, 15.5, 16.5}, 1e-5)
}

func TestRoIAlign(t *testing.T) {
	for samples := 1; samples <= 2; samples++ {
		checkRoIAlign(t, nn.RoIAlign{Size: 2, Samples: samples, Strides: []int{4, 8}})
	}
}

func checkRoIAlign(t *testing.T, r nn.RoIAlign) {
	t.Helper()
	regions := []float32{
		1, 3, 2, 21, 19, // in the finer level
		0, -9, -5, 7, 11, // partly outside
		1, 10, 20, 700, 800, // in the coarser, far over its edge
		0, 4, 4, 4, 4, // nothing at all
		0, 1.5, 2.5, 13.25, 17.75,
	}
	shapes := [][]int{{2, 2, 6, 5}, {2, 2, 3, 3}}
	n := net{f: func(o nn.Ops, images nn.Tensor) nn.Tensor {
		levels := []nn.Tensor{variable(o, images, "a", shapes[0]...), variable(o, images, "b", shapes[1]...)}
		return o.RoIAlign(levels, constant(o, regions, len(regions)/5, 5), r)
	}}
	given := map[string][]float32{}
	for i, name := range []string{"a.weight", "b.weight"} {
		v := factors(count(shapes[i]))
		slices.Reverse(v) // not the factors of the loss
		given[name] = v
	}
	m := newModel(t, n, given)
	got, err := m.Deploy(n, pixel)
	check(t, err)
	want := aligned([][]float32{given["a.weight"], given["b.weight"]}, shapes, regions, r)
	if slices.IndexFunc(want, func(v float32) bool { return math.Abs(float64(v)) > 0.1 }) < 0 {
		t.Fatal("the test's regions show nothing")
	}
	near(t, "regions", got[0].Values, want, 1e-5)
	if !slices.Equal(got[0].Shape, []int{5, 2, 2, 2}) {
		t.Errorf("shape %v", got[0].Shape)
	}
	checkGradients(t, n, given, pixel)
}

func TestNoRegions(t *testing.T) {
	none := net{f: func(o nn.Ops, images nn.Tensor) nn.Tensor {
		return o.RoIAlign([]nn.Tensor{variable(o, images, "x", 1, 2, 3, 3)}, constant(o, nil, 0, 5), nn.RoIAlign{Size: 7, Samples: 2, Strides: []int{4}})
	}}
	m := newModel(t, none, nil)
	empty, err := m.Deploy(none, pixel)
	check(t, err)
	if !slices.Equal(empty[0].Shape, []int{0, 2, 7, 7}) {
		t.Errorf("no regions: %v", empty[0].Shape)
	}
	_, err = m.Learn(none, pixel, nil, Step{Scale: 1})
	check(t, err)
}
