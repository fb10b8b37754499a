package nn

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
)

// Regions are the settings of Faster R-CNN. A field that is zero stands for its
// default, which depends on the backbone (DefaultRegions).
type Regions struct {
	// FrozenNorm keeps the backbone's batch normalisation as it came. Set it where
	// training begins from published weights with few pictures a step, as their
	// authors did; a network that begins from nothing does not learn with it.
	FrozenNorm bool `yaml:"frozen_norm" json:"frozen_norm"`

	// AnchorSizes are √(width·height) of the anchors, pixels of the input. NASNet: all
	// at its one level; with a pyramid: one for each level (strides 4, 8, 16, 32, 64).
	AnchorSizes []float64 `yaml:"anchor_sizes" json:"anchor_sizes"`
	// AnchorAspects are height/width; each size comes in each.
	AnchorAspects []float64 `yaml:"anchor_aspects" json:"anchor_aspects"`

	First Stage `yaml:"first_stage" json:"first_stage"` // anchors, of a picture
	// While training, Second learns from proposals and the true boxes themselves.
	Second Stage `yaml:"second_stage" json:"second_stage"`

	Train       Proposed `yaml:"proposals_training" json:"proposals_training"`
	Deploy      Proposed `yaml:"proposals" json:"proposals"`
	ProposalIoU float64  `yaml:"proposal_iou" json:"proposal_iou"` // above which the weaker of two proposals goes

	Size    int `yaml:"region_cells" json:"region_cells"`     // a side, that a region's features are taken at
	Samples int `yaml:"region_samples" json:"region_samples"` // a side, of a cell

	Low  float64 `yaml:"low" json:"low"`               // a detection's score is above it
	IoU  float64 `yaml:"iou" json:"iou"`               // above which the weaker of two detections of one class goes
	Keep int     `yaml:"detections" json:"detections"` // most of a picture
}

// Proposed is how many proposals a picture has.
type Proposed struct {
	Before int `yaml:"before" json:"before"` // most of a level that enter suppression
	Keep   int `yaml:"keep" json:"keep"`     // most that leave it
}

// Stage says how a stage is taught: which boxes are examples of what, how many are
// sampled, and how their boxes are measured.
type Stage struct {
	Samples    int        `yaml:"samples" json:"samples"`       // of a picture
	Positive   float64    `yaml:"positive" json:"positive"`     // most of them that show a truth, as a share
	Foreground float64    `yaml:"foreground" json:"foreground"` // least IoU with a truth that makes one show it
	Background float64    `yaml:"background" json:"background"` // under which IoU it is background; between the two it is neither
	Scale      [4]float64 `yaml:"scale" json:"scale"`           // factors of a box's deltas (x, y, width, height)
	Beta       float64    `yaml:"beta" json:"beta"`             // where the smooth L1 loss turns from square to straight
	BoxWeight  float64    `yaml:"box_weight" json:"box_weight"` // of the box term; the other's is 1
}

func (s Stage) deltas() Deltas { return Deltas{Weights: s.Scale, MaxLog: math.Log(1000.0 / 16)} }

// DefaultRegions are a network's settings where nothing else is asked for. Those of
// ResNet-50-FPN are torchvision's (fasterrcnn_resnet50_fpn); those of NASNet are of
// TensorFlow's faster_rcnn_nas, with the numbers of proposals of Ren et al. (2015,
// section 3.3) before suppression and for training.
func DefaultRegions(network string) (Regions, error) {
	first := Stage{Samples: 256, Positive: 0.5, Foreground: 0.7, Background: 0.3}
	second := Stage{Positive: 0.25, Foreground: 0.5, Background: 0.5, Scale: [4]float64{10, 10, 5, 5}}
	r := Regions{AnchorAspects: []float64{0.5, 1, 2}, ProposalIoU: 0.7, Low: 0.01, Keep: 100}
	switch network {
	case fasterNASNetLarge, fasterNASNetMobile:
		r.AnchorSizes = []float64{64, 128, 256, 512}
		first.Scale, first.Beta, first.BoxWeight = second.Scale, 1, 2
		second.Samples, second.Beta, second.BoxWeight = 64, 1, 2
		r.Train, r.Deploy = Proposed{12000, 2000}, Proposed{6000, 300}
		r.Size, r.Samples, r.IoU = 17, 1, 0.6
	case fasterResNet50:
		r.AnchorSizes = []float64{32, 64, 128, 256, 512}
		first.Scale, first.Beta, first.BoxWeight = [4]float64{1, 1, 1, 1}, 1.0/9, 1
		second.Samples, second.Beta, second.BoxWeight = 512, 1.0/9, 1
		r.Train, r.Deploy = Proposed{2000, 2000}, Proposed{1000, 1000}
		r.Size, r.Samples, r.IoU = 7, 2, 0.5
	default:
		return Regions{}, fmt.Errorf("network %q has no regions", network)
	}
	r.First, r.Second = first, second
	return r, nil
}

// complete fills what is zero with the default.
func (r Regions) complete(network string) (Regions, error) {
	defaults, err := DefaultRegions(network)
	if err != nil {
		return r, err
	}
	r.AnchorSizes, r.AnchorAspects = slices.Clone(r.AnchorSizes), slices.Clone(r.AnchorAspects)
	complete(reflect.ValueOf(&r).Elem(), reflect.ValueOf(defaults))
	return r, r.check(network)
}

func complete(v, defaults reflect.Value) {
	if v.Kind() != reflect.Struct {
		if v.IsZero() {
			v.Set(defaults)
		}
		return
	}
	for i := range v.NumField() {
		complete(v.Field(i), defaults.Field(i))
	}
}

// check refuses what cannot be meant; all that is wrong, at once.
func (r Regions) check(network string) error {
	var errs []error
	want := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("regions: "+format, a...))
		}
	}
	positive := func(list []float64) bool {
		return len(list) > 0 && !slices.ContainsFunc(list, func(x float64) bool { return !(x > 0 && x < math.MaxInt32) })
	}
	share := func(x float64) bool { return x > 0 && x <= 1 }
	want(positive(r.AnchorSizes), "anchor_sizes %v: positive numbers of pixels are wanted", r.AnchorSizes)
	want(positive(r.AnchorAspects), "anchor_aspects %v: positive ratios are wanted", r.AnchorAspects)
	if network == fasterResNet50 {
		want(len(r.AnchorSizes) == 5, "anchor_sizes %v: one for each of the 5 levels is wanted", r.AnchorSizes)
	}
	for _, s := range []struct {
		name string
		Stage
	}{{"first_stage", r.First}, {"second_stage", r.Second}} {
		want(s.Samples > 0, "%s: samples %d: at least 1 is wanted", s.name, s.Samples)
		want(share(s.Positive), "%s: positive %g: a share, above 0 and at most 1, is wanted", s.name, s.Positive)
		want(share(s.Foreground) && share(s.Background) && s.Background <= s.Foreground, "%s: foreground %g and background %g: 0 < background <= foreground <= 1 is wanted", s.name, s.Foreground, s.Background)
		want(positive(s.Scale[:]) && s.Beta > 0 && s.BoxWeight > 0, "%s: scale %v, beta %g, box_weight %g: positive numbers are wanted", s.name, s.Scale, s.Beta, s.BoxWeight)
	}
	for _, p := range []Proposed{r.Train, r.Deploy} {
		want(0 < p.Keep && 0 < p.Before, "proposals before %d, keep %d: at least 1 is wanted", p.Before, p.Keep)
	}
	want(share(r.ProposalIoU) && share(r.IoU), "proposal_iou %g, iou %g: above 0 and at most 1 is wanted", r.ProposalIoU, r.IoU)
	want(r.Size > 0 && r.Size <= 64 && r.Samples > 0 && r.Samples <= 8, "region_cells %d, region_samples %d: 1 to 64 and 1 to 8 are wanted", r.Size, r.Samples)
	want(r.Low > 0 && r.Low < 1 && r.Keep > 0, "low %g, detections %d: a score between 0 and 1 and at least 1 are wanted", r.Low, r.Keep)
	return errors.Join(errs...)
}

// anchors are those of each level.
func (r Regions) anchors(strides []int) []Anchors {
	out := make([]Anchors, len(strides))
	for l, stride := range strides {
		sizes := r.AnchorSizes
		if len(strides) > 1 {
			sizes = sizes[l : l+1]
		}
		out[l].Stride = stride
		for _, size := range sizes {
			for _, aspect := range r.AnchorAspects {
				out[l].Sizes = append(out[l].Sizes, [2]float64{size / math.Sqrt(aspect), size * math.Sqrt(aspect)})
			}
		}
	}
	return out
}
