package onnx

import (
	"math"
	"slices"

	"requin/nn"
)

// slow is nn.Ops computed as their comments say, one number at a time: what files
// are held against.
type slow struct{ weights nn.Weights }

// array is a tensor with its values.
type array struct {
	shape  []int
	values []float64
}

func (a *array) Shape() []int { return a.shape }

func zeros(shape ...int) *array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return &array{slices.Clone(shape), make([]float64, n)}
}

// at is where an element lies.
func (a *array) at(place ...int) int {
	n := 0
	for i, p := range place {
		n = n*a.shape[i] + p
	}
	return n
}

// build makes an array of a function of the place.
func build(shape []int, f func(p []int) float64) *array {
	out := zeros(shape...)
	place := make([]int, len(shape))
	for i := range out.values {
		rest := i
		for d := len(shape) - 1; d >= 0; d-- {
			place[d] = rest % shape[d]
			rest /= shape[d]
		}
		out.values[i] = f(place)
	}
	return out
}

func (s slow) param(p nn.Param) []float32 { return s.weights[p.Name].Values }

func (s slow) Conv(name string, x nn.Tensor, c nn.Conv) nn.Tensor {
	in := x.(*array)
	params := c.Params(name, in.shape[1])
	weight := s.param(params[0])
	groups, stride, dilation := max(1, c.Groups), max(1, c.Stride), max(1, c.Dilation)
	per, out := in.shape[1]/groups, c.Out/groups
	return build(nn.ConvShape(name, in.shape, c), func(p []int) float64 {
		sum := 0.0
		if c.Bias {
			sum = float64(s.param(params[1])[p[1]])
		}
		for k := range per {
			for i := range c.Kernel {
				for j := range c.Kernel {
					y, x := p[2]*stride-c.Pad.Top+i*dilation, p[3]*stride-c.Pad.Left+j*dilation
					if y < 0 || x < 0 || y >= in.shape[2] || x >= in.shape[3] {
						continue
					}
					w := weight[((p[1]*per+k)*c.Kernel+i)*c.Kernel+j]
					sum += float64(w) * in.values[in.at(p[0], p[1]/out*per+k, y, x)]
				}
			}
		}
		return sum
	})
}

func (s slow) BatchNorm(name string, x nn.Tensor, b nn.BatchNorm) nn.Tensor {
	in := x.(*array)
	p := b.Params(name, in.shape[1])
	weight, bias, mean, variance := s.param(p[0]), s.param(p[1]), s.param(p[2]), s.param(p[3])
	return build(in.shape, func(at []int) float64 {
		c := at[1]
		return (in.values[in.at(at...)]-float64(mean[c]))/math.Sqrt(float64(variance[c])+b.Eps)*float64(weight[c]) + float64(bias[c])
	})
}

func (s slow) Linear(name string, x nn.Tensor, l nn.Linear) nn.Tensor {
	in := x.(*array)
	p := l.Params(name, in.shape[1])
	weight, bias := s.param(p[0]), s.param(p[1])
	return build([]int{in.shape[0], l.Out}, func(at []int) float64 {
		sum := float64(bias[at[1]])
		for k := range in.shape[1] {
			sum += float64(weight[at[1]*in.shape[1]+k]) * in.values[in.at(at[0], k)]
		}
		return sum
	})
}

func each(x nn.Tensor, f func(float64) float64) nn.Tensor {
	in := x.(*array)
	out := zeros(in.shape...)
	for i, v := range in.values {
		out.values[i] = f(v)
	}
	return out
}

func (s slow) Activate(x nn.Tensor, a nn.Activation) nn.Tensor {
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	return each(x, map[nn.Activation]func(float64) float64{
		nn.ReLU:    func(v float64) float64 { return max(0, v) },
		nn.Leaky:   func(v float64) float64 { return max(v, nn.LeakySlope*v) },
		nn.Sigmoid: sigmoid,
		nn.SiLU:    func(v float64) float64 { return v * sigmoid(v) },
	}[a])
}

func (s slow) Scale(x nn.Tensor, by float64) nn.Tensor {
	return each(x, func(v float64) float64 { return v * by })
}

func (s slow) Softmax(x nn.Tensor, axis int) nn.Tensor {
	in := x.(*array)
	return build(in.shape, func(p []int) float64 {
		q, sum := slices.Clone(p), 0.0
		for i := range in.shape[axis] {
			q[axis] = i
			sum += math.Exp(in.values[in.at(q...)])
		}
		return math.Exp(in.values[in.at(p...)]) / sum
	})
}

// pool hands each window's values to f, without what pads.
func pool(x nn.Tensor, p nn.Pool, f func([]float64) float64) nn.Tensor {
	in := x.(*array)
	stride := max(1, p.Stride)
	return build(nn.PoolShape(in.shape, p), func(at []int) float64 {
		var window []float64
		for i := range p.Kernel {
			for j := range p.Kernel {
				y, x := at[2]*stride-p.Pad.Top+i, at[3]*stride-p.Pad.Left+j
				if y >= 0 && x >= 0 && y < in.shape[2] && x < in.shape[3] {
					window = append(window, in.values[in.at(at[0], at[1], y, x)])
				}
			}
		}
		return f(window)
	})
}

func mean(vs []float64) float64 {
	sum := 0.0
	for _, v := range vs {
		sum += v
	}
	return sum / float64(len(vs))
}

func (s slow) MaxPool(x nn.Tensor, p nn.Pool) nn.Tensor { return pool(x, p, slices.Max[[]float64]) }
func (s slow) AvgPool(x nn.Tensor, p nn.Pool) nn.Tensor { return pool(x, p, mean) }

func (s slow) Mean(x nn.Tensor) nn.Tensor {
	in := x.(*array)
	area := in.shape[2] * in.shape[3]
	return build([]int{in.shape[0], in.shape[1], 1, 1}, func(p []int) float64 {
		at := in.at(p[0], p[1], 0, 0)
		return mean(in.values[at : at+area])
	})
}

func (s slow) Resize(x nn.Tensor, h, w int) nn.Tensor {
	in := x.(*array)
	return build([]int{in.shape[0], in.shape[1], h, w}, func(p []int) float64 {
		return in.values[in.at(p[0], p[1], p[2]*in.shape[2]/h, p[3]*in.shape[3]/w)]
	})
}

func (s slow) Concat(axis int, xs ...nn.Tensor) nn.Tensor {
	shapes := make([][]int, len(xs))
	for i, x := range xs {
		shapes[i] = x.Shape()
	}
	return build(nn.ConcatShape(axis, shapes...), func(p []int) float64 {
		q := slices.Clone(p)
		for _, x := range xs {
			in := x.(*array)
			if q[axis] < in.shape[axis] {
				return in.values[in.at(q...)]
			}
			q[axis] -= in.shape[axis]
		}
		panic("past the end")
	})
}

func (s slow) Slice(x nn.Tensor, axis, from, to, step int) nn.Tensor {
	in := x.(*array)
	return build(nn.SliceShape(in.shape, axis, from, to, step), func(p []int) float64 {
		q := slices.Clone(p)
		q[axis] = from + p[axis]*step
		return in.values[in.at(q...)]
	})
}

func (s slow) Pad(x nn.Tensor, p nn.Padding) nn.Tensor {
	in := x.(*array)
	return build(nn.PadShape(in.shape, p), func(at []int) float64 {
		y, x := at[2]-p.Top, at[3]-p.Left
		if y < 0 || x < 0 || y >= in.shape[2] || x >= in.shape[3] {
			return 0
		}
		return in.values[in.at(at[0], at[1], y, x)]
	})
}

func (s slow) Reshape(x nn.Tensor, shape ...int) nn.Tensor {
	in := x.(*array)
	return &array{nn.ReshapeShape(in.shape, shape), in.values}
}

func (s slow) Transpose(x nn.Tensor, order ...int) nn.Tensor {
	in := x.(*array)
	return build(nn.TransposeShape(in.shape, order), func(p []int) float64 {
		q := make([]int, len(p))
		for i, o := range order {
			q[o] = p[i]
		}
		return in.values[in.at(q...)]
	})
}

func (s slow) Add(a, b nn.Tensor) nn.Tensor {
	x, y := a.(*array), b.(*array)
	return build(x.shape, func(p []int) float64 { return x.values[x.at(p...)] + y.values[y.at(p...)] })
}

// RoIAlign has no features beyond a cell outside a level, and repeats its border
// within (He et al. 2017; torchvision's roi_align).
func (s slow) RoIAlign(features []nn.Tensor, regions nn.Tensor, r nn.RoIAlign) nn.Tensor {
	rs := regions.(*array)
	return build([]int{rs.shape[0], features[0].Shape()[1], r.Size, r.Size}, func(p []int) float64 {
		box := rs.values[5*p[0]:][:5]
		level := r.Level(box[3]-box[1], box[4]-box[2])
		f, scale := features[level].(*array), 1/float64(r.Strides[level])
		cell := func(lo, hi float64) float64 { return (hi - lo) * scale / float64(r.Size) }
		sum := 0.0
		for i := range r.Samples {
			for j := range r.Samples {
				at := func(lo, hi float64, cells, sample int) float64 {
					return lo*scale - 0.5 + cell(lo, hi)*(float64(cells)+(float64(sample)+0.5)/float64(r.Samples))
				}
				sum += f.between(int(box[0]), p[1], at(box[2], box[4], p[2], i), at(box[1], box[3], p[3], j))
			}
		}
		return sum / float64(r.Samples*r.Samples)
	})
}

// between interpolates.
func (a *array) between(n, c int, y, x float64) float64 {
	h, w := a.shape[2], a.shape[3]
	if y < -1 || x < -1 || y > float64(h) || x > float64(w) {
		return 0
	}
	split := func(v float64, n int) (int, int, float64) {
		v = min(max(v, 0), float64(n-1))
		lo := int(v)
		return lo, min(lo+1, n-1), v - float64(lo)
	}
	y0, y1, dy := split(y, h)
	x0, x1, dx := split(x, w)
	v := func(y, x int) float64 { return a.values[a.at(n, c, y, x)] }
	return (v(y0, x0)*(1-dx)+v(y0, x1)*dx)*(1-dy) + (v(y1, x0)*(1-dx)+v(y1, x1)*dx)*dy
}

func (a *array) floats() []float32 {
	out := make([]float32, len(a.values))
	for i, v := range a.values {
		out[i] = float32(v)
	}
	return out
}

func rowsOf(values []float32, columns int) *array {
	return build([]int{len(values) / columns, columns}, func(p []int) float64 { return float64(values[p[0]*columns+p[1]]) })
}

func (s slow) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	var os, ds [][]float32
	var shapes [][]int
	for l := range objectness {
		os, ds = append(os, objectness[l].(*array).floats()), append(ds, deltas[l].(*array).floats())
		shapes = append(shapes, objectness[l].Shape())
	}
	return rowsOf(nn.Proposals(os, ds, shapes, p), 5)
}

func (s slow) Suppress(regions, scores, deltas nn.Tensor, p nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	b, l, c := nn.Suppression(regions.(*array).floats(), scores.(*array).floats(), deltas.(*array).floats(), p)
	vector := func(v []float32) *array {
		a := rowsOf(v, 1)
		a.shape = a.shape[:1]
		return a
	}
	return rowsOf(b, 4), vector(l), vector(c)
}
