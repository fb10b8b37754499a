package onnx_test

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"requin/nn"
	"requin/onnx"
	"requin/torch"
)

// Every network's file answers in ONNX Runtime what its trainer answers.
func TestNetworksAnswerAsTrained(t *testing.T) {
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
	if _, err := torch.Load(); err != nil {
		t.Skip(err)
	}
	for _, name := range nn.Networks() {
		t.Run(name, func(t *testing.T) {
			slow := name != "yolox-nano" && name != "faster-rcnn-nasnet-a-mobile"
			if slow && os.Getenv("REQUIN_VERIFY") == "" {
				t.Skip("slow: set REQUIN_VERIFY=1")
			}
			d := nn.Design{Network: name, Classes: []string{"shark", "ray"}, W: 160, H: 128}
			if strings.HasPrefix(name, "faster-rcnn") {
				d.Regions = &nn.Regions{Deploy: nn.Proposed{Before: 200, Keep: 8}}
			}
			network, err := nn.New(d)
			if err != nil {
				t.Fatal(err)
			}
			same(t, network)
		})
	}
}

func same(t *testing.T, network nn.Network) {
	about, err := nn.Describe(network)
	if err != nil {
		t.Fatal(err)
	}
	weights := used(about.Params)
	file, err := onnx.Write(network, weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	if most := 4*about.Learned + 8<<20; len(file) > most { // what is folded is no more than what is learned
		t.Errorf("a file of %d bytes for %d numbers", len(file), about.Learned)
	}
	session, err := onnx.OpenBytes(file, onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	model, err := torch.NewModel(about.Params, weights, "cpu")
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()

	d := network.Design()
	r := rand.New(rand.NewPCG(1, 2))
	in := torch.Input{Values: make([]float32, 3*d.H*d.W), N: 1, H: d.H, W: d.W}
	for i := range in.Values {
		in.Values[i] = float32(r.NormFloat64())
	}
	want, err := model.Deploy(network, in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := session.Run([]onnx.Tensor{{Shape: []int64{1, 3, int64(d.H), int64(d.W)}, F32: in.Values}})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		for _, v := range got[i].I64 {
			got[i].F32 = append(got[i].F32, float32(v))
		}
		if session.Outputs[i].Name != w.Name || len(got[i].F32) != len(w.Values) || len(w.Values) == 0 {
			t.Fatalf("%s %v of the file, %s %v of the trainer", session.Outputs[i].Name, got[i].Shape, w.Name, w.Shape)
		}
		worst, most := 0.0, 0.0
		for k, v := range w.Values {
			worst = max(worst, math.Abs(float64(v-got[i].F32[k])))
			most = max(most, math.Abs(float64(v)))
		}
		t.Logf("%s %v: greatest difference %.2g, greatest value %.3g", w.Name, w.Shape, worst, most)
		if !(worst < 1e-4*max(1, most)) {
			t.Errorf("%s differs by %g", w.Name, worst)
		}
	}
}

// used are weights as if something had been learned: what begins the same everywhere
// differs, and the variances are such that numbers neither grow nor vanish on their
// way through a deep network.
func used(params []nn.Param) nn.Weights {
	w := nn.Begin(params, 1)
	for _, p := range params {
		h := fnv.New64a()
		h.Write([]byte(p.Name))
		r := rand.New(rand.NewPCG(2, h.Sum64()))
		values := w[p.Name].Values
		if slices.ContainsFunc(values, func(v float32) bool { return v != values[0] }) {
			continue
		}
		for i := range values {
			by := 0.1 * r.NormFloat64()
			if strings.HasSuffix(p.Name, "running_var") {
				by = 2 + 2*r.Float64()
			}
			values[i] += float32(by)
		}
	}
	return w
}
