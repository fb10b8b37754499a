package weights_test

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"requin/nn"
	"requin/onnx"
	"requin/realdata"
	"requin/weights"
)

func yolox(t *testing.T, classes int) (nn.Network, []nn.Param) {
	t.Helper()
	d := nn.Design{Network: "yolox-nano", W: 416, H: 416}
	for i := range classes {
		d.Classes = append(d.Classes, fmt.Sprint("class ", i))
	}
	network, err := nn.New(d)
	if err != nil {
		t.Fatal(err)
	}
	about, err := nn.Describe(network)
	if err != nil {
		t.Fatal(err)
	}
	return network, about.Params
}

// pictures are random numbers and photographs, as YOLOX wants its pixels.
func pictures(t *testing.T) []onnx.Tensor {
	t.Helper()
	const side = 416
	fill := func(f func(c, y, x int) float32) onnx.Tensor {
		out := onnx.Tensor{Shape: []int64{1, 3, side, side}, F32: make([]float32, 3*side*side)}
		for i := range out.F32 {
			out.F32[i] = f(i/(side*side), i/side%side, i%side)
		}
		return out
	}
	r := rand.New(rand.NewPCG(1, 2))
	list := []onnx.Tensor{fill(func(int, int, int) float32 { return float32(r.IntN(256)) })}
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "aquarium"), "*", "*.jpg"))
	if more, _ := filepath.Glob(filepath.Join(realdata.Path(t, "aquarium"), "*.jpg")); err == nil {
		files = append(files, more...)
	}
	if len(files) < 2 {
		t.Fatal("no photographs in aquarium")
	}
	for _, path := range files[:2] {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		img, _, err := image.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		list = append(list, fill(func(c, y, x int) float32 {
			r, g, b, _ := img.At(x*size.X/side, y*size.Y/side).RGBA()
			return float32([]uint32{b, g, r}[c] >> 8)
		}))
	}
	return list
}

// Our network with a published file's weights, written out anew, gives the file's own
// outputs: the layers are the same and the weights are where they belong.
func TestYOLOXGivesTheFilesOutputs(t *testing.T) {
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
	for file, classes := range map[string]int{"yolox_nano_coco.onnx": 80, "yolox_nano_kazuhito_fish.onnx": 1} {
		path := realdata.Path(t, "models", file)
		network, params := yolox(t, classes)
		w, folded, err := weights.FromONNX(path, network)
		if err != nil {
			t.Fatal(err)
		}
		if !folded {
			t.Errorf("%s: its batch normalisations are folded, which was not noticed", file)
		}
		if len(w) != len(params) {
			t.Errorf("%s: %d of %d parameters", file, len(w), len(params))
		}
		ours, err := onnx.Write(network, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		theirSession, err := onnx.Open(path, nil, onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer theirSession.Close()
		ourSession, err := onnx.OpenBytes(ours, onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer ourSession.Close()
		for i, picture := range pictures(t) {
			a, err := theirSession.Run([]onnx.Tensor{picture})
			if err != nil {
				t.Fatal(err)
			}
			b, err := ourSession.Run([]onnx.Tensor{picture})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a[0].Shape, b[0].Shape) {
				t.Fatalf("%s: %v, want %v", file, b[0].Shape, a[0].Shape)
			}
			worst, most := 0.0, 0.0
			for k, v := range a[0].F32 {
				worst = max(worst, math.Abs(float64(v-b[0].F32[k])))
				most = max(most, math.Abs(float64(v)))
			}
			t.Logf("%s, picture %d: greatest difference %.2g, greatest value %.3g", file, i, worst, most)
			if !(worst < 1e-3) {
				t.Errorf("%s, picture %d: differs by %g", file, i, worst)
			}
		}
	}
}

// A file of 80 classes fits a network of 3, but for what names the classes; and what
// Write wrote comes back by name.
func TestFitYOLOX(t *testing.T) {
	network, params := yolox(t, 3)
	have, folded, report, err := weights.Fit(realdata.Path(t, "models", "yolox_nano_coco.onnx"), network, params)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if !folded || len(report.Fresh) != 6 || len(report.Loaded) != len(params)-6 || len(have) != len(report.Loaded) || len(report.Missing)+len(report.Other)+len(report.Left) > 0 {
		t.Errorf("folded %v: %s", folded, report)
	}
	all := nn.Begin(params, 1)
	for name, w := range have {
		all[name] = w
	}
	file, err := onnx.Write(network, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ours.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	again, folded, err := weights.FromONNX(path, network)
	if err != nil || !folded {
		t.Fatal(folded, err)
	}
	second, err := onnx.Write(network, again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, second) {
		t.Error("written, read and written again, the file is another")
	}
	tiny, err := nn.New(nn.Design{Network: "yolox-tiny", Classes: []string{"shark"}, W: 416, H: 416})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := weights.Fit(path, tiny, params); err == nil {
		t.Error("yolox-nano's weights fit yolox-tiny")
	} else {
		t.Log(err)
	}
}

// A file that Write wrote of a network with regions comes back by name.
func TestOwnFilesComeBack(t *testing.T) {
	network, err := nn.New(nn.Design{Network: "faster-rcnn-nasnet-a-mobile", Classes: []string{"shark", "ray"}, W: 128, H: 128})
	if err != nil {
		t.Fatal(err)
	}
	about, err := nn.Describe(network)
	if err != nil {
		t.Fatal(err)
	}
	file, err := onnx.Write(network, nn.Begin(about.Params, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ours.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	w, folded, err := weights.FromONNX(path, network)
	if err != nil || !folded || len(w) != len(about.Params) {
		t.Fatalf("%d of %d parameters, folded %v: %v", len(w), len(about.Params), folded, err)
	}
	again, err := onnx.Write(network, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, again) {
		t.Error("written, read and written again, the file is another")
	}
	have, _, report, err := weights.Fit(path, network, about.Params)
	if err != nil || len(have) != len(about.Params)-len(report.Fresh) || len(report.Fresh) != 4 {
		t.Errorf("%s: %v", report, err)
	}
}
