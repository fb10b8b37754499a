package nn

import (
	"fmt"
	"math"
)

// yoloxLayers lays YOLOX's layers.
type yoloxLayers struct {
	Ops
	yolox
}

// at is the name of one of several layers.
func at(name string, i int) string { return fmt.Sprintf("%s.%d", name, i) }

// base is a convolution, normalised, and SiLU.
func (l yoloxLayers) base(name string, x Tensor, c Conv) Tensor {
	c.Pad = Around((c.Kernel - 1) / 2)
	x = l.Conv(name+".conv", x, c)
	x = l.BatchNorm(name+".bn", x, BatchNorm{Eps: 1e-3, Momentum: 0.03})
	return l.Activate(x, SiLU)
}

// point mixes the channels of each cell.
func (l yoloxLayers) point(name string, x Tensor, out int) Tensor {
	return l.base(name, x, Conv{Out: out, Kernel: 1})
}

// spread is a 3×3 convolution, in two steps where the network is depthwise.
func (l yoloxLayers) spread(name string, x Tensor, out, stride int) Tensor {
	if !l.depthwise {
		return l.base(name, x, Conv{Out: out, Kernel: 3, Stride: stride})
	}
	in := x.Shape()[1]
	x = l.base(name+".dconv", x, Conv{Out: in, Kernel: 3, Stride: stride, Groups: in})
	return l.point(name+".pconv", x, out)
}

// csp sends half of the channels through n residual blocks and half past them
// (cross stage partial, Wang et al. 2020).
func (l yoloxLayers) csp(name string, x Tensor, out, n int, shortcut bool) Tensor {
	half := out / 2
	deep, past := l.point(name+".conv1", x, half), l.point(name+".conv2", x, half)
	for i := range n {
		block := at(name+".m", i)
		y := l.spread(block+".conv2", l.point(block+".conv1", deep, half), half, 1)
		if shortcut {
			y = l.Add(y, deep)
		}
		deep = y
	}
	return l.point(name+".conv3", l.Concat(1, deep, past), out)
}

// focus puts the four pixels of each 2×2 square behind one another as channels: top
// left, bottom left, top right, bottom right.
func (l yoloxLayers) focus(x Tensor) Tensor {
	h, w := x.Shape()[2], x.Shape()[3]
	top, bottom := l.Slice(x, 2, 0, h, 2), l.Slice(x, 2, 1, h, 2)
	return l.Concat(1,
		l.Slice(top, 3, 0, w, 2), l.Slice(bottom, 3, 0, w, 2),
		l.Slice(top, 3, 1, w, 2), l.Slice(bottom, 3, 1, w, 2))
}

// pyramid pools neighbourhoods of 5, 9 and 13 cells a side (He et al. 2015). The
// greatest of 5 greatest of 5 is that of 9, so each pooling goes on from the one
// before, at a third of the work of the three side by side.
func (l yoloxLayers) pyramid(name string, x Tensor) Tensor {
	in := x.Shape()[1]
	x = l.point(name+".conv1", x, in/2)
	all := []Tensor{x}
	for range 3 {
		x = l.MaxPool(x, Pool{Kernel: 5, Stride: 1, Pad: Around(2)})
		all = append(all, x)
	}
	return l.point(name+".conv2", l.Concat(1, all...), in)
}

// backbone is CSPDarknet: features of strides 8, 16 and 32.
func (l yoloxLayers) backbone(x Tensor) (s8, s16, s32 Tensor) {
	const name = "backbone.backbone."
	c := l.channels(64)
	x = l.base(name+"stem.conv", l.focus(x), Conv{Out: c, Kernel: 3})
	stage := func(dark string, x Tensor, out, n int) Tensor {
		return l.csp(name+dark+".1", l.spread(name+dark+".0", x, out, 2), out, n, true)
	}
	// The depth is rounded before it is tripled, as published.
	n := l.blocks(3)
	x = stage("dark2", x, c*2, n)
	s8 = stage("dark3", x, c*4, n*3)
	s16 = stage("dark4", s8, c*8, n*3)
	s32 = l.spread(name+"dark5.0", s16, c*16, 2)
	s32 = l.pyramid(name+"dark5.1", s32)
	return s8, s16, l.csp(name+"dark5.2", s32, c*16, n, false)
}

// neck takes what the coarse features know down to the fine ones and up again (path
// aggregation, Liu et al. 2018).
func (l yoloxLayers) neck(s8, s16, s32 Tensor) []Tensor {
	const name = "backbone."
	c8, c16, c32 := l.channels(256), l.channels(512), l.channels(1024)
	n := l.blocks(3)
	double := func(x Tensor) Tensor { return l.Resize(x, 2*x.Shape()[2], 2*x.Shape()[3]) }

	down32 := l.point(name+"lateral_conv0", s32, c16)
	x := l.csp(name+"C3_p4", l.Concat(1, double(down32), s16), c16, n, false)
	down16 := l.point(name+"reduce_conv1", x, c8)
	out8 := l.csp(name+"C3_p3", l.Concat(1, double(down16), s8), c8, n, false)
	x = l.spread(name+"bu_conv2", out8, c8, 2)
	out16 := l.csp(name+"C3_n3", l.Concat(1, x, down16), c16, n, false)
	x = l.spread(name+"bu_conv1", out16, c16, 2)
	out32 := l.csp(name+"C3_n4", l.Concat(1, x, down32), c32, n, false)
	return []Tensor{out8, out16, out32}
}

// head answers for the cells of one stride, class and box from features of their own.
func (l yoloxLayers) head(i int, x Tensor) (a yoloxAnswer) {
	c := l.channels(256)
	x = l.point(at("head.stems", i), x, c)
	twice := func(name string) Tensor {
		name = at(name, i)
		return l.spread(at(name, 1), l.spread(at(name, 0), x, c, 1), c, 1)
	}
	last := func(name string, x Tensor, out int, begin Init) Tensor {
		return l.Conv(at(name, i), x, Conv{Out: out, Kernel: 1, Bias: true, BiasInit: begin})
	}
	a.class = last("head.cls_preds", twice("head.cls_convs"), len(l.design.Classes), rarely())
	box := twice("head.reg_convs")
	a.box = last("head.reg_preds", box, 4, Init{})
	a.object = last("head.obj_preds", box, 1, rarely())
	return a
}

// rarely begins a bias at the logit of 1 %: most cells see nothing, and a network
// that knows it from the start is not drowned by them (Lin et al. 2017, RetinaNet).
func rarely() Init {
	const p = 0.01
	return Init{Constant, -math.Log((1 - p) / p)}
}
