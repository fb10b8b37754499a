package nn

import (
	"fmt"
	"strings"
)

// fasterRCNN is Faster R-CNN (Ren et al. 2015): a first stage proposes regions that
// may show something, a second says of each what it shows and where exactly.
//
// The first stage is a 3 × 3 convolution with ReLU, then for each anchor one number,
// whose sigmoid is how surely something is there (the original has two and a
// softmax, which is the same function), and four deltas. The second stage is the
// backbone's, then a softmax over the classes with the background first, and four
// deltas for each of them. Names are torchvision's.
type fasterRCNN struct {
	design   Design
	regions  Regions
	backbone backbone
	anchors  []Anchors
}

func newFasterRCNN(d Design) (Network, error) {
	if d.W == 0 && d.H == 0 {
		d.W, d.H = 1333, 800
	}
	if d.W < 64 || d.H < 64 {
		return nil, fmt.Errorf("an input of %d×%d: %s wants at least 64×64", d.W, d.H, d.Network)
	}
	var asked Regions
	if d.Regions != nil {
		asked = *d.Regions
	}
	b, err := newBackbone(d.Network, asked.FrozenNorm)
	if err != nil {
		return nil, err
	}
	regions, err := asked.complete(d.Network)
	if err != nil {
		return nil, err
	}
	d.Regions = &regions
	return &fasterRCNN{design: d, regions: regions, backbone: b, anchors: regions.anchors(b.strides())}, nil
}

// Design has the size of the input and all regions' settings filled in.
func (n *fasterRCNN) Design() Design { return n.design }

func (n *fasterRCNN) Family() string { return "torchvision" }

func (n *fasterRCNN) Pixels() Pixels { return n.backbone.pixels() }

// Fresh: both predictors, which have a row for each class.
func (n *fasterRCNN) Fresh(param string) bool {
	return strings.HasPrefix(param, "roi_heads.box_predictor.")
}

// Deploy answers boxes M × 4 (x0, y0, x1, y1 in pixels of the input), labels M (1 is
// the first class) and scores M of one picture, best first, suppressed.
func (n *fasterRCNN) Deploy(o Ops, images Tensor) []Output {
	s := images.Shape()
	h, w := s[2], s[3]
	features := n.backbone.features(o, images)
	objectness, deltas := n.first(o, features)
	regions := o.Propose(objectness, deltas, n.proposing(n.regions.Deploy, w, h))
	logits, boxes := n.second(o, features, regions)
	found, labels, scores := o.Suppress(regions, o.Softmax(logits, 1), boxes, Suppressing{
		Decode: n.regions.Second.deltas(), W: w, H: h, Classes: len(n.design.Classes),
		Low: n.regions.Low, IoU: n.regions.IoU, Keep: n.regions.Keep,
	})
	return []Output{{"boxes", found}, {"labels", labels}, {"scores", scores}}
}

func (n *fasterRCNN) proposing(p Proposed, w, h int) Proposing {
	return Proposing{
		Anchors: n.anchors, W: w, H: h, Before: p.Before, Keep: p.Keep,
		IoU: n.regions.ProposalIoU, Least: 1e-3, Decode: n.regions.First.deltas(),
	}
}

// first is the first stage: of each level N × A × H × W and N × 4·A × H × W. All levels
// share its parameters.
func (n *fasterRCNN) first(o Ops, features []Tensor) (objectness, deltas []Tensor) {
	small := Init{Normal, 0.01}
	for l, x := range features {
		a := len(n.anchors[l].Sizes)
		x = o.Conv("rpn.head.conv", x, Conv{Out: n.backbone.width(), Kernel: 3, Pad: Around(1), Bias: true, Init: small})
		x = o.Activate(x, ReLU)
		objectness = append(objectness, o.Conv("rpn.head.cls_logits", x, Conv{Out: a, Kernel: 1, Bias: true, Init: small}))
		deltas = append(deltas, o.Conv("rpn.head.bbox_pred", x, Conv{Out: 4 * a, Kernel: 1, Bias: true, Init: small}))
	}
	return objectness, deltas
}

// second is the second stage: R × (1 + classes) before the softmax, R × 4·(1 + classes).
func (n *fasterRCNN) second(o Ops, features []Tensor, regions Tensor) (logits, deltas Tensor) {
	levels := n.backbone.pooled()
	x := n.backbone.vector(o, o.RoIAlign(features[:levels], regions, RoIAlign{
		Size: n.regions.Size, Samples: n.regions.Samples, Strides: n.backbone.strides()[:levels],
	}))
	columns := 1 + len(n.design.Classes)
	logits = o.Linear("roi_heads.box_predictor.cls_score", x, Linear{Out: columns, Init: Init{Normal, 0.01}})
	deltas = o.Linear("roi_heads.box_predictor.bbox_pred", x, Linear{Out: 4 * columns, Init: Init{Normal, 0.001}})
	return logits, deltas
}
