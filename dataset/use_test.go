package dataset

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"requin/detect"
	"requin/onnx"
	"requin/realdata"
)

// watcher is a network that finds nothing and remembers what it was shown.
type watcher struct {
	rows int
	seen []float32
}

func (w *watcher) Run(inputs []onnx.Tensor) ([]onnx.Tensor, error) {
	w.seen = append(w.seen[:0], inputs[0].F32...)
	return []onnx.Tensor{{Shape: []int64{1, int64(w.rows), 6}, F32: make([]float32, 6*w.rows)}}, nil
}
func (w *watcher) Version() string { return "watcher" }
func (w *watcher) Close() error    { return nil }

// detectorLike is a detector that prepares pictures as a loader is told to.
func detectorLike(t *testing.T, o Loading, w *watcher) *detect.Detector {
	t.Helper()
	pixels, err := json.Marshal(detect.Pixels{Channels: o.Channels, Mean: o.Mean, Std: o.Std, Letterbox: o.Letterbox, Fill: o.Fill})
	if err != nil {
		t.Fatal(err)
	}
	for _, stride := range []int{8, 16, 32} {
		w.rows += (o.W / stride) * (o.H / stride)
	}
	value := func(name string, sizes ...int64) onnx.Value {
		v := onnx.Value{Name: name, Type: onnx.Float32}
		for _, s := range sizes {
			v.Dims = append(v.Dims, onnx.Dim{Size: s})
		}
		return v
	}
	d, err := detect.New(&onnx.Info{
		Inputs:  []onnx.Value{value("images", 1, 3, int64(o.H), int64(o.W))},
		Outputs: []onnx.Value{value("output", 1, int64(w.rows), 6)}, Ops: map[string]int{},
		Metadata: map[string]string{"requin.normalisation": string(pixels)},
	}, w, detect.Options{Family: "yolox"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sameAsDetect checks that a network is shown the same numbers in training as in use.
func sameAsDetect(t *testing.T, dir string, m *Manifest, pictures []int, o Loading) {
	t.Helper()
	o = o.Plain()
	l, err := NewLoader(dir, m, pictures, o)
	if err != nil {
		t.Fatal(err)
	}
	var w watcher
	d := detectorLike(t, o, &w)
	for batch, err := range l.Batches(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range batch.Pictures {
			f, err := m.Frame(dir, i)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Detect(f); err != nil {
				t.Fatal(err)
			}
			size := 3 * o.W * o.H
			if got := batch.Images[k*size : (k+1)*size]; !slices.Equal(got, w.seen) {
				t.Errorf("%s at %d×%d, %s: training and use see different pixels", m.Pictures[i].File, o.W, o.H, o.Letterbox)
			}
		}
	}
}

// What a network learns from is, number by number, what it will be shown: same place, same scaling, same colours.
func TestTrainingSeesWhatUseSees(t *testing.T) {
	dir, m := painted(t, 6)
	for _, size := range [][2]int{{416, 416}, {96, 160}, {160, 96}, {192, 160}} {
		for _, letterbox := range []string{"centre", "top-left"} {
			o := DefaultLoading(size[0], size[1])
			o.Letterbox, o.Channels, o.Fill = letterbox, "bgr", 30
			o.Mean, o.Std = [3]float32{103.53, 116.28, 123.675}, [3]float32{57.375, 57.12, 58.395}
			t.Run(fmt.Sprintf("%dx%d-%s", o.W, o.H, letterbox), func(t *testing.T) { sameAsDetect(t, dir, m, all(m), o) })
		}
	}
}

// The same with photographs.
func TestTrainingSeesWhatUseSeesOfRealPictures(t *testing.T) {
	data := realdata.Path(t, "aquarium")
	s := plain()
	s.Unknown, s.Folds = "context", 0
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, Source{Records: some(yolo(t, data, []string{"fish", "jellyfish", "penguin", "puffin", "shark", "starfish", "stingray"}), 12),
		Files: files(filepath.Join(data, "images"))}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultLoading(416, 416)
	o.Letterbox, o.Channels, o.Std = "top-left", "bgr", [3]float32{1, 1, 1}
	sameAsDetect(t, dir, m, all(m), o)
}

// Other augmentation needs no other decoding: with the files gone the pictures are still there.
func TestWithOtherAugmentation(t *testing.T) {
	dir, m := painted(t, 8)
	l, err := NewLoader(dir, m, all(m), DefaultLoading(96, 96))
	if err != nil {
		t.Fatal(err)
	}
	calm, err := l.With(Augment{})
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := NewLoader(dir, m, all(m), func() Loading { o := l.o; o.Augment = Augment{}; return o }())
	if err != nil {
		t.Fatal(err)
	}
	images := func(l *Loader) (out []float32) {
		for batch, err := range l.Batches(t.Context(), 3, 0) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, batch.Images...)
		}
		return out
	}
	want := images(fresh)
	changed := images(l)
	if err := os.RemoveAll(filepath.Join(dir, imagesName)); err != nil {
		t.Fatal(err)
	}
	if got := images(calm); !slices.Equal(got, want) || slices.Equal(got, changed) {
		t.Error("not the pictures of a loader that was made so from the start")
	}
	if _, err := l.With(Augment{Flip: 2}); err == nil {
		t.Error("a probability of 2 passes")
	}
}
