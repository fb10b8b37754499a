package torch_test

import (
	"fmt"
	"image"
	_ "image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"

	"requin/detect"
	"requin/frame"
	"requin/nn"
	"requin/onnx"
	"requin/realdata"
	"requin/torch"
	"requin/weights"
)

// beside runs several networks on the same input and keeps by how much what they
// answer differs from the first's.
type beside struct {
	detect.Runner // the first
	others        map[string]run
	apart         map[string]float64
	runs          int
}

// run is a network with one output.
type run func(in onnx.Tensor) (shape string, values []float32, err error)

func (b *beside) Run(in []onnx.Tensor) ([]onnx.Tensor, error) {
	want, err := b.Runner.Run(in)
	if err != nil {
		return nil, err
	}
	for name, run := range b.others {
		shape, got, err := run(in[0])
		if err != nil {
			return nil, err
		}
		if shape != fmt.Sprint(want[0].Shape) {
			return nil, fmt.Errorf("%s answers %s, the file %v", name, shape, want[0].Shape)
		}
		for i, v := range want[0].F32 {
			b.apart[name] = max(b.apart[name], math.Abs(float64(v-got[i])))
		}
	}
	b.runs++
	return want, nil
}

// A published file's weights in our network give the file's own answers, run by torch
// and written out anew.
func TestPublishedYOLOX(t *testing.T) {
	for name, classes := range map[string]int{"yolox_nano_coco": 80, "yolox_nano_kazuhito_fish": 1} {
		t.Run(name, func(t *testing.T) {
			path := realdata.Path(t, "models", name+".onnx")
			if _, err := torch.Load(); err != nil {
				t.Skip(err)
			}
			if _, err := onnx.Library(); err != nil {
				t.Skip(err)
			}
			info, err := onnx.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := onnx.Open(path, info, onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := &beside{Runner: theirs, others: ours(t, path, classes), apart: map[string]float64{}}
			d, err := detect.New(info, b, detect.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			found := 0
			for _, picture := range photographs(t) {
				boxes, err := d.Detect(picture)
				if err != nil {
					t.Fatal(err)
				}
				found += len(boxes)
			}
			for what, apart := range b.apart {
				t.Logf("%s: %d pictures, %d detections, at most %.2g apart", what, b.runs, found, apart)
				if !(apart < 1e-3) || found == 0 {
					t.Errorf("%s: %v apart on %d pictures with %d detections", what, apart, b.runs, found)
				}
			}
		})
	}
}

// ours is YOLOX-nano with a file's weights, as torch runs it and as it is written.
func ours(t *testing.T, path string, classes int) map[string]run {
	t.Helper()
	design := nn.Design{Network: "yolox-nano", W: 416, H: 416}
	for i := range classes {
		design.Classes = append(design.Classes, fmt.Sprint("class ", i))
	}
	network, err := nn.New(design)
	if err != nil {
		t.Fatal(err)
	}
	about, err := nn.Describe(network)
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := weights.FromONNX(path, network)
	if err != nil {
		t.Fatal(err)
	}
	file, err := onnx.Write(network, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err := onnx.OpenBytes(file, onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	model, err := torch.NewModel(about.Params, w, "cpu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	return map[string]run{
		"written": func(in onnx.Tensor) (string, []float32, error) {
			out, err := session.Run([]onnx.Tensor{in})
			if err != nil {
				return "", nil, err
			}
			return fmt.Sprint(out[0].Shape), out[0].F32, nil
		},
		"torch": func(in onnx.Tensor) (string, []float32, error) {
			out, err := model.Deploy(network, torch.Input{Values: in.F32, N: 1, H: design.H, W: design.W})
			if err != nil {
				return "", nil, err
			}
			return fmt.Sprint(out[0].Shape), out[0].Values, nil
		},
	}
}

// photographs are one of each of the real sets.
func photographs(t *testing.T) (frames []*frame.Frame) {
	t.Helper()
	for _, folder := range []string{"aquarium/images", "deepfish/images", "tank_fish_voc/images_and_voc_xml"} {
		files, err := filepath.Glob(filepath.Join(realdata.Path(t, folder), "*.jpg"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d pictures, %v", folder, len(files), err)
		}
		frames = append(frames, photograph(t, files[len(files)/2]))
	}
	return frames
}

func photograph(t *testing.T, path string) *frame.Frame {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	out := &frame.Frame{W: b.Dx(), H: b.Dy(), FullW: b.Dx(), FullH: b.Dy(), Pix: make([]byte, 0, 3*b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			out.Pix = append(out.Pix, byte(r>>8), byte(g>>8), byte(bl>>8))
		}
	}
	return out
}
