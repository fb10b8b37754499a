package detect

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"requin/frame"
	"requin/onnx"
	"requin/taxon"
)

// answer is one output of a made-up model, which says the same of every picture.
type answer struct {
	name  string
	shape []int64
	f32   []float32
	i64   []int64
}

// model writes a file that answers the same whatever it is shown, and opens it.
func model(t *testing.T, opt Options, input onnx.Value, metadata map[string]string, answers ...answer) (*Detector, error) {
	t.Helper()
	library(t)
	g := onnx.Graph{Metadata: metadata}
	g.Input(input.Name, input.Type, input.Shape()...)
	for _, a := range answers {
		tensor := onnx.Tensor{Shape: a.shape, F32: a.f32, I64: a.i64}
		g.Constant("const_"+a.name, tensor)
		g.Node("Identity", []string{"const_" + a.name}, []string{a.name}, nil)
		g.Output(a.name, tensor.Type(), a.shape...)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, g.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, opt)
	if err == nil {
		t.Cleanup(func() { d.Close() })
	}
	return d, err
}

// put is a block of n rows of zeros with some rows filled in.
func put(n, width int, rows map[int][]float32) []float32 {
	all := make([]float32, n*width)
	for i, row := range rows {
		copy(all[i*width:], row)
	}
	return all
}

// Every family without a real file here, from file to boxes, on a picture of 128×64
// shown as 1280×640: scaled to 64×32 it lies at the top or in the middle (16 down)
// of a 64×64 input, or fills it.
func TestEndToEnd(t *testing.T) {
	names := map[string]string{"names": fishNames}
	nchw, nhwc := declare("images f32 1,3,64,64"), declare("image_tensor u8 1,?,?,3")
	side := make([]float32, 6*84) // v8 lies on its side
	for i, v := range []float32{32, 32, 16, 8, 0.2, 0.8} {
		side[i*84+7] = v
	}
	fastest := make([]float32, 7*16)
	fastest[5], fastest[5*16+5], fastest[6*16+5] = 1, 0.0025, 0.5 // cell column 1, row 1 of 4×4
	fastest[3*16+5], fastest[4*16+5] = -ln(3), -ln(3)
	for _, c := range []struct {
		name    string
		opt     Options
		input   onnx.Value
		answers []answer
		want    frame.Box
		score   float32
	}{
		{"yolox", Options{}, nchw, []answer{{"output", []int64{1, 84, 7}, put(84, 7, map[int][]float32{64 + 5: {0.5, 0, ln(2), 0, 1, 0, 0.9}}), nil}},
			box(8*20, 8*20, 40*20, 24*20), 0.9},
		{"v5", Options{}, nchw, []answer{{"output0", []int64{1, 252, 7}, put(252, 7, map[int][]float32{200: {32, 32, 16, 8, 0.5, 0, 0.8}}), nil}},
			box(24*20, 12*20, 40*20, 20*20), 0.4},
		{"v8", Options{}, nchw, []answer{{"output0", []int64{1, 6, 84}, side, nil}},
			box(24*20, 12*20, 40*20, 20*20), 0.8},
		{"end to end", Options{}, nchw, []answer{{"output0", []int64{1, 30, 6}, put(30, 6, map[int][]float32{0: {24, 28, 40, 36, 0.7, 1}}), nil}},
			box(24*20, 12*20, 40*20, 20*20), 0.7},
		{"rt-detr", Options{Family: "rt-detr"}, nchw, []answer{{"output0", []int64{1, 30, 6}, put(30, 6, map[int][]float32{3: {0.5, 0.5, 0.25, 0.5, 0.1, 0.6}}), nil}},
			box(480, 160, 800, 480), 0.6},
		{"detr", Options{}, nchw, []answer{
			{"logits", []int64{1, 2, 3}, []float32{0, 20, 0, 0, 0, 20}, nil},
			{"pred_boxes", []int64{1, 2, 4}, []float32{0.5, 0.5, 0.25, 0.5, 0.5, 0.5, 1, 1}, nil}},
			box(480, 160, 800, 480), 1},
		{"rf-detr", Options{}, nchw, []answer{
			{"dets", []int64{1, 2, 4}, []float32{0.5, 0.5, 0.25, 0.5, 0.5, 0.5, 1, 1}, nil},
			{"labels", []int64{1, 2, 2}, []float32{-20, 0, -20, -20}, nil}},
			box(480, 160, 800, 480), 0.5},
		{"torchvision, 3 dimensions, fixed", Options{}, declare("image f32 3,64,64"), []answer{
			{"boxes", []int64{1, 4}, []float32{24, 8, 40, 16}, nil}, {"labels", []int64{1}, nil, []int64{2}}, {"scores", []int64{1}, []float32{0.9}, nil}},
			box(480, 160, 800, 320), 0.9},
		{"torchvision, open", Options{}, declare("image f32 1,3,?,?"), []answer{
			{"boxes", []int64{1, 4}, []float32{48, 16, 80, 32}, nil}, {"labels", []int64{1}, nil, []int64{2}}, {"scores", []int64{1}, []float32{0.9}, nil}},
			box(480, 160, 800, 320), 0.9},
		{"tensorflow", Options{}, nhwc, []answer{
			{"detection_boxes:0", []int64{1, 3, 4}, []float32{0.25, 0.375, 0.5, 0.625, 0, 0, 1, 1, 0, 0, 1, 1}, nil}, {"detection_classes:0", []int64{1, 3}, []float32{2, 1, 1}, nil},
			{"detection_scores:0", []int64{1, 3}, []float32{0.9, 0.8, 0}, nil}, {"num_detections:0", []int64{1}, []float32{1}, nil}},
			box(480, 160, 800, 320), 0.9},
		{"nanodet-plus", Options{}, nchw, []answer{{"output", []int64{1, 85, 34}, put(85, 34, map[int][]float32{64 + 4 + 1: {0, 0.6}}), nil}},
			// Stride 16, column 1, row 1, its corner (16, 16), 3.5·16 = 56 each way, less the 16 above the picture.
			box(0, 0, 72*20, 56*20).Clip(1280, 640), 0.6},
		{"fastestdet", Options{}, nchw, []answer{{"out", []int64{1, 7, 4, 4}, fastest, nil}},
			// Centre 1/4, size sigmoid(-ln 3) = 1/4, in parts of the picture; 0.5^0.4.
			box(160, 80, 480, 240), float32(math.Pow(0.5, 0.4))},
	} {
		d, err := model(t, c.opt, c.input, names, c.answers...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		f := &frame.Frame{W: 128, H: 64, FullW: 1280, FullH: 640, Pix: make([]byte, 3*128*64)}
		for range 2 {
			list, err := d.Detect(f)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				break
			}
			if len(list) != 1 || list[0].Taxon != "shark" || frame.IoU(list[0].Box, c.want) < 0.9999 || math.Abs(float64(list[0].Score-c.score)) > 1e-4 {
				t.Errorf("%s: %+v, want a shark of %.4f at %v", c.name, list, c.score, c.want)
			}
		}
	}
}

// Two classes of one taxon on one animal are one detection, even from a family whose
// boxes come suppressed class by class.
func TestClassesOfOneTaxonSuppressEachOther(t *testing.T) {
	answers := []answer{
		{"boxes", []int64{2, 4}, []float32{10, 10, 50, 50, 11, 10, 51, 50}, nil}, {"labels", []int64{2}, nil, []int64{1, 2}}, {"scores", []int64{2}, []float32{0.9, 0.8}, nil}}
	input, names := declare("image f32 1,3,?,?"), map[string]string{"names": "['grey shark', 'white shark']"}
	f := &frame.Frame{W: 64, H: 64, FullW: 64, FullH: 64, Pix: make([]byte, 3*64*64)}
	for want, taxa := range map[int]taxon.List{2: nil, 1: {{Name: "shark", Classes: []string{"grey shark", "white shark"}}}} {
		d, err := model(t, Options{Taxa: taxa, OneBox: -1}, input, names, answers...)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := d.Detect(f); err != nil || len(list) != want {
			t.Errorf("%v, %v: want %d", list, err, want)
		}
	}
}

// An answer that cannot be the family's is an error, never an empty frame.
func TestBadAnswers(t *testing.T) {
	nan := float32(math.NaN())
	nans := make([]float32, 84*6)
	for i := range nans {
		nans[i] = nan
	}
	f := &frame.Frame{W: 64, H: 64, FullW: 64, FullH: 64, Pix: make([]byte, 3*64*64)}
	for name, c := range map[string]struct {
		raw  []float32
		want string
	}{
		"NaN":    {nans, "NaN"},
		"logits": {put(84, 6, map[int][]float32{3: {1, 1, 1, 1, 8, 8}}), "no probability"},
	} {
		d, err := model(t, Options{}, declare("x f32 1,3,64,64"), nil, answer{"output", []int64{1, 84, 6}, c.raw, nil})
		if err != nil {
			t.Fatal(err)
		}
		if list, err := d.Detect(f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	d, err := model(t, Options{}, declare("x f32 1,3,64,64"), nil, answer{"output", []int64{1, 84, 6}, make([]float32, 84*6), nil})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := d.Detect(f); err != nil || list == nil || len(list) != 0 {
		t.Errorf("nothing found: %v, %v", list, err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.onnx"), Options{}); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(t.TempDir(), "text.onnx")
	os.WriteFile(path, []byte("hello, this is text"), 0o644)
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "not an ONNX file") || !strings.Contains(err.Error(), path) {
		t.Errorf("a text: %v", err)
	}
}
