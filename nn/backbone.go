package nn

import "fmt"

// backbone is what Faster R-CNN looks with.
type backbone interface {
	// features are the levels that regions are proposed in, finest first.
	features(o Ops, images Tensor) []Tensor
	// strides are the levels', in pixels of the input.
	strides() []int
	// pooled is how many of the levels, from the finest, regions are taken out of.
	pooled() int
	// width is how many channels the first stage's convolution has.
	width() int
	// vector turns the features of regions, R × C × size × size, into R × F.
	vector(o Ops, regions Tensor) Tensor
	// pixels is how it wants its pictures.
	pixels() Pixels
}

// The networks with a second stage.
const (
	fasterNASNetLarge  = "faster-rcnn-nasnet-a-large"
	fasterNASNetMobile = "faster-rcnn-nasnet-a-mobile"
	fasterResNet50     = "faster-rcnn-resnet-50-fpn"
)

func fasterNames() []string {
	return []string{fasterNASNetMobile, fasterNASNetLarge, fasterResNet50}
}

func newBackbone(network string, frozen bool) (backbone, error) {
	switch network {
	case fasterNASNetLarge:
		return nasnetLarge("backbone.", frozen), nil
	case fasterNASNetMobile:
		return nasnetMobile("backbone.", frozen), nil
	case fasterResNet50:
		return fpn{resnet50("backbone.body.", frozen)}, nil
	}
	return nil, fmt.Errorf("network %q has no regions", network)
}
