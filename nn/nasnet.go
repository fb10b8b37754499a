package nn

import "fmt"

// nasnet is NASNet-A (Zoph et al. 2018, "Learning Transferable Architectures for
// Scalable Image Recognition"), wired as in TensorFlow's slim: two stem cells, then
// three blocks of normal cells with a reduction cell between them. Each cell takes
// the results of the two before it.
//
// For detection it is cut as TensorFlow's faster_rcnn_nas does: features are the
// second block's last two cells side by side, at stride 16; the third block, its
// reduction cell first, looks at the regions.
//
// Layers have the names of the published PyTorch weights (Cadene's
// pretrained-models.pytorch; timm): cells of the second block are counted from 6,
// of the third from 12, whatever the number in a block. Drop path, with which slim
// trains for ImageNet, is left out: Ops has nothing that is random.
type nasnet struct {
	prefix  string
	filters int // of the first block's cells; double and four times that in the others
	cells   int // normal cells in a block
	stem    int // channels of the first convolution
	// skip: a block's first cell takes as the state before the reduced one what the
	// reduction took as that; else what it reduced (slim's skip_reduction_layer_input).
	skip bool
	norm BatchNorm
}

// nasnetLarge is NASNet-A (6 @ 4032).
func nasnetLarge(prefix string, frozen bool) nasnet {
	return nasnet{prefix: prefix, filters: 168, cells: 6, stem: 96, skip: true, norm: nasnetNorm(frozen)}
}

// nasnetMobile is NASNet-A (4 @ 1056).
func nasnetMobile(prefix string, frozen bool) nasnet {
	return nasnet{prefix: prefix, filters: 44, cells: 4, stem: 32, norm: nasnetNorm(frozen)}
}

// nasnetNorm keeps up faster than slim's 0.0003 a step, which is for a million steps.
func nasnetNorm(frozen bool) BatchNorm { return BatchNorm{Eps: 1e-3, Momentum: 0.1, Frozen: frozen} }

func (n nasnet) strides() []int { return []int{16} }
func (n nasnet) pooled() int    { return 1 }
func (n nasnet) width() int     { return 512 }

func (n nasnet) pixels() Pixels {
	half := [3]float32{127.5, 127.5, 127.5}
	return Pixels{Channels: "rgb", Mean: half, Std: half, Letterbox: "top-left"}
}

func (n nasnet) features(o Ops, images Tensor) []Tensor {
	x := o.Conv(n.prefix+"conv0.conv", images, Conv{Out: n.stem, Kernel: 3, Stride: 2, Init: Init{Kind: HeNormal}})
	first := o.BatchNorm(n.prefix+"conv0.bn", x, n.norm)
	second := cell{n, o, n.prefix + "cell_stem_0", n.filters / 4}.reduction(first, nil, false)
	third := cell{n, o, n.prefix + "cell_stem_1", n.filters / 2}.reduction(second, first, true)
	last, before := n.block(o, 0, third, second)
	last, before = n.block(o, 1, last, before)
	return []Tensor{o.Concat(1, before, last)}
}

// vector runs the third block on regions, whose features are two cells' side by side.
func (n nasnet) vector(o Ops, regions Tensor) Tensor {
	both := regions.Shape()[1]
	before := o.Slice(regions, 1, 0, both/2, 1)
	last := o.Slice(regions, 1, both/2, both, 1)
	last, _ = n.block(o, 2, last, before)
	x := o.Mean(o.Activate(last, ReLU))
	return o.Reshape(x, -1, x.Shape()[1])
}

// block runs one of the three blocks on the results of the last two cells, and gives
// those of its own last two.
func (n nasnet) block(o Ops, number int, last, before Tensor) (newLast, newBefore Tensor) {
	filters := n.filters << number
	if number > 0 {
		reduced := cell{n, o, fmt.Sprintf("%sreduction_cell_%d", n.prefix, number-1), filters}.reduction(last, before, false)
		if !n.skip {
			before = last
		}
		last = reduced
	}
	for i := range n.cells {
		c := cell{n, o, fmt.Sprintf("%scell_%d", n.prefix, 6*number+i), filters}
		last, before = c.normal(last, before, i == 0), last
	}
	return last, before
}

// cell is one cell: five sums of two operations each, of which those that no other
// sum takes are joined.
type cell struct {
	nasnet
	o       Ops
	name    string
	filters int
}

// normal keeps rows and columns. larger: the state before has twice as many.
func (c cell) normal(x, before Tensor, larger bool) Tensor {
	h, p := c.squeeze("conv_1x1", x), c.fit(before, larger)
	active, activeP := c.o.Activate(h, ReLU), c.o.Activate(p, ReLU)
	mean := c.avg(p, 1)
	return c.o.Concat(1, p,
		c.o.Add(c.separable("comb_iter_0_left", active, 5, 1), c.separable("comb_iter_0_right", activeP, 3, 1)),
		c.o.Add(c.separable("comb_iter_1_left", activeP, 5, 1), c.separable("comb_iter_1_right", activeP, 3, 1)),
		c.o.Add(c.avg(h, 1), p),
		c.o.Add(mean, mean),
		c.o.Add(c.separable("comb_iter_4_left", active, 3, 1), h),
	)
}

// reduction halves rows and columns. before is nil at the very first: then it is x,
// as it is.
func (c cell) reduction(x, before Tensor, larger bool) Tensor {
	h, p := c.squeeze("conv_1x1", x), x
	if before != nil {
		p = c.fit(before, larger)
	}
	active, activeP := c.o.Activate(h, ReLU), c.o.Activate(p, ReLU)
	greatest := c.o.MaxPool(h, c.pool(h, 2))
	first := c.o.Add(c.separable("comb_iter_0_left", active, 5, 2), c.separable("comb_iter_0_right", activeP, 7, 2))
	second := c.o.Add(greatest, c.separable("comb_iter_1_right", activeP, 7, 2))
	third := c.o.Add(c.avg(h, 2), c.separable("comb_iter_2_right", activeP, 5, 2))
	return c.o.Concat(1, second, third,
		c.o.Add(c.avg(first, 1), second),
		c.o.Add(c.separable("comb_iter_4_left", c.o.Activate(first, ReLU), 3, 1), greatest),
	)
}

// squeeze brings a state to the cell's channels.
func (c cell) squeeze(name string, x Tensor) Tensor {
	x = c.conv(name+".conv", c.o.Activate(x, ReLU), Conv{Out: c.filters, Kernel: 1})
	return c.o.BatchNorm(c.name+"."+name+".bn", x, c.norm)
}

// fit brings the state before last to the cell's channels and, where it is larger, to
// half its rows and columns: one half of the channels from the even pixels, the
// other from the odd ones, so that none is left out (factorised reduction).
func (c cell) fit(x Tensor, larger bool) Tensor {
	if !larger {
		return c.squeeze("conv_prev_1x1", x)
	}
	x = c.o.Activate(x, ReLU)
	even := c.conv("path_1.conv", x, Conv{Out: c.filters / 2, Kernel: 1, Stride: 2})
	shifted := c.o.Pad(x, Padding{Top: -1, Left: -1, Bottom: 1, Right: 1})
	odd := c.conv("path_2.conv", shifted, Conv{Out: c.filters - c.filters/2, Kernel: 1, Stride: 2})
	return c.o.BatchNorm(c.name+".final_path_bn", c.o.Concat(1, even, odd), c.norm)
}

// separable is two separable convolutions, the first with the stride; x has been
// through ReLU already.
func (c cell) separable(name string, x Tensor, kernel, stride int) Tensor {
	for i := 1; i <= 2; i++ {
		if i == 2 {
			x, stride = c.o.Activate(x, ReLU), 1
		}
		s := x.Shape()
		layer := fmt.Sprintf("%s.separable_%d", name, i)
		x = c.conv(layer+".depthwise_conv2d", x, Conv{
			Out: s[1], Groups: s[1], Kernel: kernel, Stride: stride, Pad: Same(s[2], s[3], kernel, stride),
		})
		x = c.conv(layer+".pointwise_conv2d", x, Conv{Out: c.filters, Kernel: 1})
		x = c.o.BatchNorm(fmt.Sprintf("%s.%s.bn_sep_%d", c.name, name, i), x, c.norm)
	}
	return x
}

func (c cell) conv(name string, x Tensor, v Conv) Tensor {
	v.Init.Kind = HeNormal
	return c.o.Conv(c.name+"."+name, x, v)
}

func (c cell) avg(x Tensor, stride int) Tensor { return c.o.AvgPool(x, c.pool(x, stride)) }

func (c cell) pool(x Tensor, stride int) Pool {
	s := x.Shape()
	return Pool{Kernel: 3, Stride: stride, Pad: Same(s[2], s[3], 3, stride)}
}
