package onnx_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"requin/detect"
	"requin/frame"
	"requin/nn"
	"requin/onnx"
)

// bright is a network in YOLOX's form that finds what is bright: one class, its score
// the mean of the three channels over a cell.
type bright struct{ nn.Network }

func (bright) Design() nn.Design {
	return nn.Design{Network: "bright", Classes: []string{"lamp"}, W: 64, H: 64}
}

func (bright) Deploy(o nn.Ops, x nn.Tensor) []nn.Output {
	var levels []nn.Tensor
	for _, stride := range []int{8, 16, 32} {
		mean := o.AvgPool(x, nn.Pool{Kernel: stride, Stride: stride})
		cells := o.Conv("head", mean, nn.Conv{Out: 6, Kernel: 1, Bias: true})
		levels = append(levels, o.Reshape(cells, 1, 6, -1))
	}
	return []nn.Output{{Name: "output", Value: o.Transpose(o.Concat(2, levels...), 0, 2, 1)}}
}

// detect reads what Write wrote, and its metadata.
func TestDetectReadsTheFile(t *testing.T) {
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
	// Half a cell from its corner, one cell wide and high; objectness 1; score the mean.
	third := float32(1. / 3)
	file, err := onnx.Write(bright{}, nn.Weights{
		"head.weight": {Shape: []int{6, 3, 1, 1}, Values: []float32{15: third, 16: third, 17: third}},
		"head.bias":   {Shape: []int{6}, Values: []float32{0.5, 0.5, 0, 0, 1, 0}},
	}, map[string]string{
		"requin.family": "yolox", "requin.classes": `["lamp"]`, "requin.decoded": "false",
		"requin.normalisation": `{"channels":"rgb","mean":[0,0,0],"std":[255,255,255],"letterbox":"top-left","fill":0}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bright.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := detect.Open(path, detect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f := &frame.Frame{W: 64, H: 64, FullW: 64, FullH: 64, Pix: make([]byte, 64*64*3)}
	for y := 16; y < 24; y++ {
		for x := 40; x < 48; x++ {
			copy(f.Pix[3*(y*64+x):], []byte{255, 255, 255})
		}
	}
	found, err := d.Detect(f)
	if err != nil {
		t.Fatal(err)
	}
	// A cell of stride 8 is all lamp, the one of stride 16 around it a quarter.
	want := []frame.Box{{X0: 40, Y0: 16, X1: 48, Y1: 24}, {X0: 32, Y0: 16, X1: 48, Y1: 32}}
	if len(found) != 2 {
		t.Fatalf("found %+v, want lamps in %v", found, want)
	}
	for i, score := range []float64{1, 0.25} {
		if d := found[i]; d.Box != want[i] || d.Taxon != "lamp" || math.Abs(float64(d.Score)-score) > 1e-5 {
			t.Errorf("found %+v, want a lamp in %v with %g", d, want[i], score)
		}
	}
}
