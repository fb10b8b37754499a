package nn

import (
	"fmt"
	"math"
)

// resnet is ResNet-50 (He et al. 2016) with the stride in the 3 × 3 convolution, as
// torchvision has it, and torchvision's names.
type resnet struct {
	prefix string
	norm   BatchNorm
}

func resnet50(prefix string, frozen bool) resnet {
	return resnet{prefix, BatchNorm{Eps: 1e-5, Momentum: 0.1, Frozen: frozen}}
}

// levels are the results of the four stages: strides 4, 8, 16, 32, channels 256,
// 512, 1024, 2048.
func (r resnet) levels(o Ops, images Tensor) []Tensor {
	x := r.conv(o, "conv1", "bn1", images, Conv{Out: 64, Kernel: 7, Stride: 2, Pad: Around(3)})
	x = o.MaxPool(o.Activate(x, ReLU), Pool{Kernel: 3, Stride: 2, Pad: Around(1)})
	var out []Tensor
	for stage, blocks := range []int{3, 4, 6, 3} {
		for block := range blocks {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			x = r.bottleneck(o, fmt.Sprintf("layer%d.%d", stage+1, block), x, 64<<stage, stride, block == 0)
		}
		out = append(out, x)
	}
	return out
}

// bottleneck is one block; the first of a stage projects its input to 4·width channels.
func (r resnet) bottleneck(o Ops, name string, x Tensor, width, stride int, project bool) Tensor {
	y := o.Activate(r.conv(o, name+".conv1", name+".bn1", x, Conv{Out: width, Kernel: 1}), ReLU)
	y = o.Activate(r.conv(o, name+".conv2", name+".bn2", y, Conv{Out: width, Kernel: 3, Stride: stride, Pad: Around(1)}), ReLU)
	y = r.conv(o, name+".conv3", name+".bn3", y, Conv{Out: 4 * width, Kernel: 1})
	if project {
		x = r.conv(o, name+".downsample.0", name+".downsample.1", x, Conv{Out: 4 * width, Kernel: 1, Stride: stride})
	}
	return o.Activate(o.Add(x, y), ReLU)
}

func (r resnet) conv(o Ops, name, norm string, x Tensor, c Conv) Tensor {
	c.Init.Kind = HeNormal
	return o.BatchNorm(r.prefix+norm, o.Conv(r.prefix+name, x, c), r.norm)
}

// fpn is a feature pyramid on ResNet-50 (Lin et al. 2017): levels P2 to P6 of 256
// channels, the last every other pixel of the one before, with torchvision's
// names ("backbone.fpn.inner_blocks.0", as in the file it publishes) and its head
// of two full connections.
type fpn struct{ body resnet }

func (f fpn) strides() []int { return []int{4, 8, 16, 32, 64} }
func (f fpn) pooled() int    { return 4 }
func (f fpn) width() int     { return 256 }

func (f fpn) pixels() Pixels {
	return Pixels{Channels: "rgb", Mean: [3]float32{123.675, 116.28, 103.53}, Std: [3]float32{58.395, 57.12, 57.375}, Letterbox: "top-left"}
}

func (f fpn) features(o Ops, images Tensor) []Tensor {
	below := f.body.levels(o, images)
	out := make([]Tensor, len(below)+1)
	conv := func(block string, level int, x Tensor, kernel int) Tensor {
		fan := float64(x.Shape()[1] * kernel * kernel)
		return o.Conv(fmt.Sprintf("backbone.fpn.%s.%d", block, level), x, Conv{
			Out: f.width(), Kernel: kernel, Pad: Around(kernel / 2), Bias: true, Init: Init{Normal, math.Sqrt(1 / fan)},
		})
	}
	var sum Tensor
	for l := len(below) - 1; l >= 0; l-- {
		x := conv("inner_blocks", l, below[l], 1)
		if sum != nil {
			s := x.Shape()
			x = o.Add(x, o.Resize(sum, s[2], s[3]))
		}
		sum = x
		out[l] = conv("layer_blocks", l, x, 3)
	}
	out[len(below)] = o.MaxPool(out[len(below)-1], Pool{Kernel: 1, Stride: 2})
	return out
}

func (f fpn) vector(o Ops, regions Tensor) Tensor {
	s := regions.Shape()
	x := o.Reshape(regions, -1, s[1]*s[2]*s[3])
	for _, layer := range []string{"fc6", "fc7"} {
		x = o.Activate(o.Linear("roi_heads.box_head."+layer, x, Linear{Out: 1024}), ReLU)
	}
	return x
}
