package nn

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func manyClasses(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strings.Repeat("c", i+1)
	}
	return names
}

// The figures are those of the table in the published README, for 80 classes at the
// published input size. Its FLOPs were counted with normalisation and activations
// included, hence a little more than twice our multiplications.
func TestYOLOXSizes(t *testing.T) {
	for _, want := range []struct {
		name    string
		size    int
		million float64 // parameters, as printed
		digits  float64
		gflops  float64
	}{
		{"yolox-nano", 416, 0.91, 0.01, 1.08},
		{"yolox-tiny", 416, 5.06, 0.01, 6.45},
		{"yolox-s", 640, 9.0, 0.1, 26.8},
		{"yolox-m", 640, 25.3, 0.1, 73.8},
		{"yolox-l", 640, 54.2, 0.1, 155.6},
	} {
		n, err := New(Design{Network: want.name, Classes: manyClasses(80), W: want.size, H: want.size})
		if err != nil {
			t.Fatal(err)
		}
		d, err := Describe(n)
		if err != nil {
			t.Fatal(err)
		}
		million := float64(d.Learned) / 1e6
		gflops := 2 * float64(d.MACs) / 1e9
		t.Logf("%s: %.4f M parameters, %.2f GFLOPs", want.name, million, gflops)
		if math.Abs(million-want.million) > want.digits/2 {
			t.Errorf("%s has %.4f M parameters, published are %v M", want.name, million, want.million)
		}
		if gflops > want.gflops || gflops < 0.94*want.gflops {
			t.Errorf("%s: %.3f GFLOPs, published are %v", want.name, gflops, want.gflops)
		}
	}
}

func TestYOLOXOutput(t *testing.T) {
	n, err := New(Design{Network: "yolox-nano", Classes: manyClasses(80), W: 416, H: 416})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Describe(n)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Outputs) != 1 || d.Outputs[0].Name != "output" || !slices.Equal(d.Outputs[0].Value.Shape(), []int{1, 3549, 85}) {
		t.Errorf("outputs are %v", d.Outputs)
	}
	if n.Family() != "yolox" {
		t.Errorf("family %q", n.Family())
	}
}

func TestYOLOXNames(t *testing.T) {
	names := func(network string) map[string][]int {
		n, err := New(Design{Network: network, Classes: []string{"shark", "ray"}, W: 64, H: 96})
		if err != nil {
			t.Fatal(err)
		}
		d, err := Describe(n)
		if err != nil {
			t.Fatal(err)
		}
		shapes := map[string][]int{}
		for _, p := range d.Params {
			shapes[p.Name] = p.Shape
		}
		return shapes
	}
	nano, small := names("yolox-nano"), names("yolox-s")
	for name, shape := range map[string][]int{
		"backbone.backbone.stem.conv.conv.weight":           {16, 12, 3, 3},
		"backbone.backbone.stem.conv.bn.running_var":        {16},
		"backbone.backbone.dark2.0.dconv.conv.weight":       {16, 1, 3, 3},
		"backbone.backbone.dark2.0.pconv.conv.weight":       {32, 16, 1, 1},
		"backbone.backbone.dark3.1.m.2.conv2.dconv.bn.bias": {32},
		"backbone.backbone.dark5.1.conv2.conv.weight":       {256, 512, 1, 1},
		"backbone.backbone.dark5.2.m.0.conv1.conv.weight":   {128, 128, 1, 1},
		"backbone.lateral_conv0.conv.weight":                {128, 256, 1, 1},
		"backbone.C3_p4.conv3.conv.weight":                  {128, 128, 1, 1},
		"backbone.bu_conv1.dconv.conv.weight":               {128, 1, 3, 3},
		"head.stems.0.conv.weight":                          {64, 64, 1, 1},
		"head.cls_convs.0.0.dconv.conv.weight":              {64, 1, 3, 3},
		"head.reg_convs.2.1.pconv.bn.running_mean":          {64},
		"head.cls_preds.0.weight":                           {2, 64, 1, 1},
		"head.reg_preds.1.bias":                             {4},
		"head.obj_preds.2.weight":                           {1, 64, 1, 1},
	} {
		if !slices.Equal(nano[name], shape) {
			t.Errorf("yolox-nano: %s is %v, not %v", name, nano[name], shape)
		}
	}
	for name, shape := range map[string][]int{
		"backbone.backbone.dark2.0.conv.weight": {64, 32, 3, 3},
		"head.cls_convs.0.0.conv.weight":        {128, 128, 3, 3},
	} {
		if !slices.Equal(small[name], shape) {
			t.Errorf("yolox-s: %s is %v, not %v", name, small[name], shape)
		}
	}
}

func TestYOLOXBegins(t *testing.T) {
	n, err := New(Design{Network: "yolox-nano", Classes: []string{"shark"}, W: 64, H: 64})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Describe(n)
	if err != nil {
		t.Fatal(err)
	}
	weights := Begin(d.Params, 1)
	for _, name := range []string{"head.cls_preds.1.bias", "head.obj_preds.2.bias"} {
		if p := sigmoid(float64(weights[name].Values[0])); math.Abs(p-0.01) > 1e-6 {
			t.Errorf("%s begins at a probability of %v", name, p)
		}
	}
	var fresh []string
	for _, p := range d.Params {
		if n.Fresh(p.Name) {
			fresh = append(fresh, p.Name)
		}
	}
	want := "head.cls_preds.0.weight head.cls_preds.0.bias head.cls_preds.1.weight head.cls_preds.1.bias head.cls_preds.2.weight head.cls_preds.2.bias"
	if strings.Join(fresh, " ") != want {
		t.Errorf("begun anew: %v", fresh)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		design Design
		want   string
	}{
		{Design{Network: "yolox-xl", Classes: []string{"a"}, W: 64, H: 64}, "choose one of yolox-nano, yolox-tiny, yolox-s, yolox-m, yolox-l"},
		{Design{Network: "yolox-s", W: 64, H: 64}, "at least one class"},
		{Design{Network: "yolox-s", Classes: []string{"a", "b", "a"}, W: 64, H: 64}, `class "a" is named twice`},
		{Design{Network: "yolox-s", Classes: []string{"a"}, W: 400, H: 300}, "multiples of 32, not 400×300: try 416×288"},
		{Design{Network: "yolox-s", Classes: []string{"a"}}, "try 32×32"},
	} {
		if _, err := New(c.design); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.design, err, c.want)
		}
	}
}
