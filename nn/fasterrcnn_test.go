package nn

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// classifier is a backbone as it classifies ImageNet.
type classifier struct {
	w, h   int
	logits func(o Ops, images Tensor) Tensor
}

func (c classifier) Design() Design                     { return Design{W: c.w, H: c.h} }
func (c classifier) Family() string                     { return "" }
func (c classifier) Pixels() Pixels                     { return Pixels{} }
func (c classifier) Fresh(string) bool                  { return false }
func (c classifier) Learn(Eager, Batch) (Lesson, error) { return Lesson{}, nil }
func (c classifier) Deploy(o Ops, images Tensor) []Output {
	return []Output{{"logits", c.logits(o, images)}}
}

// numbers are those learned and the running statistics.
func numbers(d Description) (learned, states int) {
	for _, p := range d.Params {
		if p.State {
			states += p.Count()
		}
	}
	return d.Learned, states
}

// The published counts. Keras: NASNetLarge 88,949,818 of which 196,668 running
// statistics, NASNetMobile 5,326,716 of which 36,738. torchvision: resnet50
// 25,557,032, without running statistics.
func TestClassifierCounts(t *testing.T) {
	thousand := func(x nasnet) func(Ops, Tensor) Tensor {
		return func(o Ops, images Tensor) Tensor {
			return o.Linear("last_linear", x.vector(o, x.features(o, images)[0]), Linear{Out: 1000})
		}
	}
	resnet := func(o Ops, images Tensor) Tensor {
		x := o.Mean(resnet50("", false).levels(o, images)[3])
		return o.Linear("fc", o.Reshape(x, -1, 2048), Linear{Out: 1000})
	}
	for _, c := range []struct {
		name       string
		net        classifier
		learned    int
		states     int
		gmacs, tol float64
	}{
		{"NASNet-A 6@4032", classifier{331, 331, thousand(nasnetLarge("", false))}, 88_949_818 - 196_668, 196_668, 23.8, 0.1},
		{"NASNet-A 4@1056", classifier{224, 224, thousand(nasnetMobile("", false))}, 5_326_716 - 36_738, 36_738, 0.564, 0.02},
		{"ResNet-50", classifier{224, 224, resnet}, 25_557_032, 53_120, 4.09, 0.01},
	} {
		d, err := Describe(c.net)
		if err != nil {
			t.Fatal(err)
		}
		learned, states := numbers(d)
		t.Logf("%s: %d learned, %d running statistics, %.3f GMACs", c.name, learned, states, float64(d.MACs)/1e9)
		if learned != c.learned || states != c.states {
			t.Errorf("%s: %d learned and %d running statistics, not %d and %d", c.name, learned, states, c.learned, c.states)
		}
		if g := float64(d.MACs) / 1e9; g < c.gmacs-c.tol || g > c.gmacs+c.tol {
			t.Errorf("%s: %.3f GMACs, not %.3f", c.name, g, c.gmacs)
		}
		if s := d.Outputs[0].Value.Shape(); !slices.Equal(s, []int{1, 1000}) {
			t.Errorf("%s answers %v", c.name, s)
		}
	}
}

func detector(t *testing.T, d Design, classes int) Network {
	t.Helper()
	for i := range classes {
		d.Classes = append(d.Classes, fmt.Sprint("taxon ", i))
	}
	n, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// torchvision's fasterrcnn_resnet50_fpn has 41,755,286 with COCO's 91 classes, one of
// them the background; its batch normalisation is frozen and not counted. Of
// NASNet the classifier goes, and the first stage and two predictors come.
func TestDetectorCounts(t *testing.T) {
	nasnet := func(classifier, channels, classes int) int {
		first := channels*512*9 + 512 + 512*12 + 12 + 512*48 + 48
		return classifier - (channels+1)*1000 + first + (channels+1)*5*(classes+1)
	}
	for _, c := range []struct {
		design  Design
		classes int
		learned int
	}{
		{Design{Network: fasterResNet50, Regions: &Regions{FrozenNorm: true}}, 90, 41_755_286},
		{Design{Network: fasterResNet50}, 90, 41_755_286 + 53_120},
		{Design{Network: fasterNASNetLarge}, 27, nasnet(88_753_150, 4032, 27)},
		{Design{Network: fasterNASNetMobile}, 27, nasnet(5_289_978, 1056, 27)},
	} {
		d, err := Describe(detector(t, c.design, c.classes))
		if err != nil {
			t.Fatal(err)
		}
		if d.Learned != c.learned {
			t.Errorf("%s: %d learned, not %d", c.design.Network, d.Learned, c.learned)
		}
		t.Logf("%s, %d classes: %d learned, %.0f GMACs at 1333×800", c.design.Network, c.classes, d.Learned, float64(d.MACs)/1e9)
	}
}

// The names of files that others publish.
func TestPublishedNames(t *testing.T) {
	for network, want := range map[string][]string{
		fasterResNet50: {
			"backbone.body.conv1.weight", "backbone.body.bn1.running_var", "backbone.body.layer1.0.downsample.0.weight",
			"backbone.body.layer1.0.downsample.1.bias", "backbone.body.layer4.2.conv3.weight", "backbone.fpn.inner_blocks.0.bias",
			"backbone.fpn.layer_blocks.3.weight", "rpn.head.conv.weight", "rpn.head.cls_logits.bias", "rpn.head.bbox_pred.weight",
			"roi_heads.box_head.fc6.weight", "roi_heads.box_head.fc7.bias", "roi_heads.box_predictor.cls_score.weight",
			"roi_heads.box_predictor.bbox_pred.bias",
		},
		fasterNASNetLarge: {
			"backbone.conv0.conv.weight", "backbone.conv0.bn.running_mean", "backbone.cell_stem_0.conv_1x1.conv.weight",
			"backbone.cell_stem_0.comb_iter_0_right.separable_1.depthwise_conv2d.weight", "backbone.cell_stem_1.path_1.conv.weight",
			"backbone.cell_0.final_path_bn.weight", "backbone.cell_1.conv_prev_1x1.bn.bias", "backbone.reduction_cell_0.conv_prev_1x1.conv.weight",
			"backbone.cell_17.comb_iter_4_left.separable_2.pointwise_conv2d.weight", "backbone.cell_12.comb_iter_1_right.bn_sep_2.running_var",
		},
		fasterNASNetMobile: {"backbone.cell_3.conv_1x1.bn.weight", "backbone.cell_6.path_2.conv.weight", "backbone.cell_15.comb_iter_0_left.bn_sep_1.weight"},
	} {
		n := detector(t, Design{Network: network, W: 128, H: 128}, 2)
		d, err := Describe(n)
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, p := range d.Params {
			have[p.Name] = true
			if got := n.Fresh(p.Name); got != (strings.Contains(p.Name, "cls_score") || strings.Contains(p.Name, "box_predictor.bbox_pred")) {
				t.Errorf("%s: fresh %v", p.Name, got)
			}
		}
		for _, name := range want {
			if !have[name] {
				t.Errorf("%s: no %s", network, name)
			}
		}
	}
}

// Every size works; levels are what the strides make of it.
func TestDetectorShapes(t *testing.T) {
	for _, network := range []string{fasterNASNetLarge, fasterNASNetMobile, fasterResNet50} {
		for _, size := range [][2]int{{64, 64}, {160, 128}, {320, 256}, {257, 193}, {1333, 800}} {
			n := detector(t, Design{Network: network, W: size[0], H: size[1]}, 3).(*fasterRCNN)
			keep := n.regions.Deploy.Keep
			o := &watcher{describer: describer{names: map[string]bool{}}}
			outputs := n.Deploy(o, shaped{1, 3, size[1], size[0]})
			var names []string
			var shapes [][]int
			for _, out := range outputs {
				names, shapes = append(names, out.Name), append(shapes, out.Value.Shape())
			}
			if !slices.Equal(names, []string{"boxes", "labels", "scores"}) || !reflect.DeepEqual(shapes, [][]int{{100, 4}, {100}, {100}}) {
				t.Errorf("%s answers %v of %v", network, names, shapes)
			}
			for l, stride := range n.backbone.strides() {
				a := len(n.anchors[l].Sizes)
				cells := func(n int) int { return (n + stride - 1) / stride }
				if network != fasterResNet50 { // its first convolution pads nothing
					cells = func(n int) int { return ((n-1)/2 + 7) / 8 }
				}
				rows, columns := cells(size[1]), cells(size[0])
				if s := o.objectness[l].Shape(); !slices.Equal(s, []int{1, a, rows, columns}) {
					t.Errorf("%s at %v: objectness of stride %d %v, not %d×%d", network, size, stride, s, rows, columns)
				}
				if s := o.deltas[l].Shape(); !slices.Equal(s, []int{1, 4 * a, rows, columns}) {
					t.Errorf("%s at %v: deltas of stride %d %v", network, size, stride, s)
				}
			}
			if s := o.scores.Shape(); !slices.Equal(s, []int{keep, 4}) {
				t.Errorf("%s: scores %v", network, s)
			}
			if s := o.boxes.Shape(); !slices.Equal(s, []int{keep, 16}) {
				t.Errorf("%s: boxes %v", network, s)
			}
		}
	}
}

// watcher keeps what comes to the operations on regions.
type watcher struct {
	describer
	objectness, deltas []Tensor
	scores, boxes      Tensor
}

func (o *watcher) Propose(objectness, deltas []Tensor, p Proposing) Tensor {
	o.objectness, o.deltas = objectness, deltas
	return o.describer.Propose(objectness, deltas, p)
}

func (o *watcher) Suppress(regions, scores, deltas Tensor, s Suppressing) (a, b, c Tensor) {
	o.scores, o.boxes = scores, deltas
	return o.describer.Suppress(regions, scores, deltas, s)
}

func TestFasterRefuses(t *testing.T) {
	one := []string{"shark"}
	for want, d := range map[string]Design{
		"not known":      {Network: "faster-rcnn-vgg", Classes: one},
		"one class":      {Network: fasterResNet50},
		"64×64":          {Network: fasterResNet50, Classes: one, W: 63, H: 200},
		"5 levels":       {Network: fasterResNet50, Classes: one, Regions: &Regions{AnchorSizes: []float64{32}}},
		"anchor_aspects": {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{AnchorAspects: []float64{1, -1}}},
		"first_stage":    {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{First: Stage{Background: 0.8}}},
		"second_stage":   {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{Second: Stage{Positive: 1.5}}},
		"keep -1":        {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{Deploy: Proposed{Keep: -1}}},
		"region_cells":   {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{Size: 100}},
		"proposal_iou":   {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{ProposalIoU: 2}},
		"low":            {Network: fasterNASNetLarge, Classes: one, Regions: &Regions{Low: 1}},
	} {
		if _, err := New(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// What is not asked for is the default, and the design says all.
func TestDefaultsFillIn(t *testing.T) {
	n := detector(t, Design{Network: fasterNASNetLarge, Regions: &Regions{FrozenNorm: true, Second: Stage{Samples: 16}}}, 1)
	want, err := DefaultRegions(fasterNASNetLarge)
	if err != nil {
		t.Fatal(err)
	}
	want.FrozenNorm, want.Second.Samples = true, 16
	if d := n.Design(); !reflect.DeepEqual(*d.Regions, want) || d.W != 1333 || d.H != 800 {
		t.Errorf("%+v\n%+v", *d.Regions, want)
	}
	if _, err := DefaultRegions("yolox-nano"); err == nil {
		t.Error("regions of a network without")
	}
}

// The anchors of both publications: 64 to 512 (a base of 256, scales 0.25 to 2) at
// stride 16; 32 to 512 at strides 4 to 64. Aspect 0.5 is twice as wide as high.
func TestAnchorSizes(t *testing.T) {
	large := detector(t, Design{Network: fasterNASNetLarge}, 1).(*fasterRCNN).anchors
	if len(large) != 1 || large[0].Stride != 16 || len(large[0].Sizes) != 12 {
		t.Fatalf("%v", large)
	}
	close := func(got, want [2]float64) bool {
		return math.Abs(got[0]-want[0]) < 0.01 && math.Abs(got[1]-want[1]) < 0.01
	}
	for i, want := range map[int][2]float64{0: {90.51, 45.25}, 1: {64, 64}, 2: {45.25, 90.51}, 7: {256, 256}, 11: {362.04, 724.08}} {
		if !close(large[0].Sizes[i], want) {
			t.Errorf("anchor %d: %v, not %v", i, large[0].Sizes[i], want)
		}
	}
	pyramid := detector(t, Design{Network: fasterResNet50}, 1).(*fasterRCNN).anchors
	for l, a := range pyramid {
		if side := float64(int(32) << l); a.Stride != 4<<l || len(a.Sizes) != 3 || !close(a.Sizes[1], [2]float64{side, side}) {
			t.Errorf("level %d: %v", l, a)
		}
	}
}
