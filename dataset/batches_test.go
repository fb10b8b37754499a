package dataset

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/realdata"
)

// painted builds a dataset of pictures in which each box is red on a blue ground.
func painted(t testing.TB, n int) (string, *Manifest) {
	t.Helper()
	dir := t.TempDir()
	var list []annotate.Record
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 200+10*(i%3), 150))
		for p := 0; p < len(img.Pix); p += 4 {
			img.Pix[p+2], img.Pix[p+3] = 200, 255
		}
		name := fmt.Sprintf("d%d/%d.png", i%4, i)
		list = append(list, annotate.Media{Name: name})
		for k := range 3 {
			b := image.Rect(10+60*k, 10+7*i%40, 30+60*k+i%17, 70+i%29)
			for y := b.Min.Y; y < b.Max.Y; y++ {
				for x := b.Min.X; x < b.Max.X; x++ {
					img.SetRGBA(x, y, color.RGBA{220, 0, 0, 255})
				}
			}
			list = append(list, annotate.Mark{Media: name, Names: []annotate.Name{{Label: "ray"}},
				Shape: annotate.BoxShape(frame.Box{X0: float64(b.Min.X), Y0: float64(b.Min.Y), X1: float64(b.Max.X), Y1: float64(b.Max.Y)})})
		}
		put(t, dir, name, pngOf(t, img))
	}
	out := filepath.Join(t.TempDir(), "set")
	m, err := Build(context.Background(), out, Source{Records: records(list...), Taxa: sharkAndRay, Files: files(dir)}, plain(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return out, m
}

func all(m *Manifest) []int {
	var out []int
	for i := range m.Pictures {
		out = append(out, i)
	}
	return out
}

// geometry is augmentation of places alone.
func geometry() Augment {
	a := DefaultAugment()
	return Augment{Mosaic: 0.4, MosaicSize: a.MosaicSize, Flip: 0.5, Scale: a.Scale, Shift: 0.2, MinVisible: 0.3}
}

// What was painted in a box lies in the box that comes of it, to half a pixel and what bilinear sampling softens, and
// nothing of it lies outside all boxes.
func TestBoxesMoveWithThePicture(t *testing.T) {
	dir, m := painted(t, 24)
	o := DefaultLoading(160, 128)
	o.Augment, o.Batch = geometry(), 5
	l, err := NewLoader(dir, m, all(m), o)
	if err != nil {
		t.Fatal(err)
	}
	boxes, flips := 0, 0
	for epoch := range 2 {
		for b, err := range l.Batches(t.Context(), epoch, 0) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				img := l.picture(b, i)
				red := func(x, y int) bool { c := img.RGBAAt(x, y); return c.R > 130 && c.B < 100 && c.G < 60 }
				for y := range b.H {
					for x := range b.W {
						in, near := false, false
						for _, k := range b.Labels[i] {
							px, py := float64(x)+0.5, float64(y)+0.5
							in = in || px > k.X0+1.2 && px < k.X1-1.2 && py > k.Y0+1.2 && py < k.Y1-1.2
							near = near || px > k.X0-1 && px < k.X1+1 && py > k.Y0-1 && py < k.Y1+1
						}
						if in && !red(x, y) || red(x, y) && !near {
							t.Fatalf("epoch %d, picture %v: (%d, %d) is %v; boxes %v", epoch, b.Pictures[i], x, y, img.RGBAAt(x, y), b.Labels[i])
						}
					}
				}
				boxes += len(b.Labels[i])
				for _, k := range b.Labels[i] {
					if k.Class != 1 || k.Box.Clip(160, 128) != k.Box || k.Area() == 0 {
						t.Fatalf("label %+v", k)
					}
					if k.Ignore {
						flips++
					}
				}
			}
		}
	}
	if boxes < 100 || flips == 0 {
		t.Errorf("%d boxes of which %d are mostly out of the picture: the test saw too little", boxes, flips)
	}
}

// Without augmentation the picture lies in the letterbox as detect lays it, in the order of the manifest.
func TestPlainBatches(t *testing.T) {
	dir, m := painted(t, 7)
	o := DefaultLoading(100, 90).Plain() // 200×150 becomes 100×75 at top 7; 210×150 100×71 at top 9
	o.Batch, o.Channels, o.Mean, o.Std = 3, "bgr", [3]float32{10, 20, 30}, [3]float32{2, 4, 5}
	l, err := NewLoader(dir, m, all(m), o)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	sizes := []int{}
	for b, err := range l.Batches(t.Context(), 3, 0) {
		if err != nil {
			t.Fatal(err)
		}
		seen, sizes = append(seen, b.Pictures...), append(sizes, b.N)
		for i, picture := range b.Pictures {
			p := m.Pictures[picture]
			w, h := frame.Fit(p.W, p.H, 100, 90)
			top := (90 - h) / 2
			image := b.Images[3*i*9000 : 3*(i+1)*9000]
			if image[0] != (114-10)/2.0 || image[9000] != (114-20)/4.0 || image[18000+8999] != (114-30)/5.0 {
				t.Fatalf("the grey is %v", image[0])
			}
			if blue := image[(top+1)*100+1]; blue != (200-10)/2.0 {
				t.Fatalf("blue is %v at the corner of the picture", blue)
			}
			for k, label := range b.Labels[i] {
				own := p.Boxes[k]
				want := frame.Box{X0: own.X0 * 100 / float64(p.W), Y0: own.Y0*float64(h)/float64(p.H) + float64(top), X1: own.X1 * 100 / float64(p.W), Y1: own.Y1*float64(h)/float64(p.H) + float64(top)}
				if w != 100 || frame.IoU(label.Box, want) < 1-1e-9 {
					t.Fatalf("label %v, want %v", label.Box, want)
				}
			}
		}
	}
	if !slices.Equal(seen, all(m)) || !slices.Equal(sizes, []int{3, 3, 1}) || l.Len() != 3 {
		t.Errorf("pictures %v in batches of %v", seen, sizes)
	}
}

// The same batches come whatever the number of workers, from a cache or not, and wherever the epoch is begun.
func TestBatchesAreTheSame(t *testing.T) {
	dir, m := painted(t, 17)
	cache := t.TempDir()
	load := func(workers, ahead, memory int, cache string, seed uint64, epoch, from int) []Batch {
		o := DefaultLoading(64, 48)
		o.Batch, o.Workers, o.Ahead, o.Memory, o.Cache, o.Seed = 3, workers, ahead, memory, cache, seed
		l, err := NewLoader(dir, m, all(m), o)
		if err != nil {
			t.Fatal(err)
		}
		var out []Batch
		for b, err := range l.Batches(t.Context(), epoch, from) {
			if err != nil {
				t.Fatal(err)
			}
			c := *b
			c.Images, c.Pictures, c.Labels = slices.Clone(b.Images), slices.Clone(b.Pictures), nil
			for _, labels := range b.Labels {
				c.Labels = append(c.Labels, append([]Label{}, labels...))
			}
			out = append(out, c)
		}
		return out
	}
	want := load(1, 0, 0, "", 1, 5, 0)
	if len(want) != 6 {
		t.Fatalf("%d batches", len(want))
	}
	for _, c := range []struct {
		workers, ahead, memory int
		cache                  string
	}{{4, 3, 512, ""}, {2, 1, 0, cache}, {3, 0, 0, cache}} {
		if got := load(c.workers, c.ahead, c.memory, c.cache, 1, 5, 0); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: other batches", c)
		}
	}
	if got := load(3, 2, 512, "", 1, 5, 4); !reflect.DeepEqual(got, want[4:]) {
		t.Error("other batches from the fifth on")
	}
	if reflect.DeepEqual(load(1, 0, 0, "", 2, 5, 0), want) || reflect.DeepEqual(load(1, 0, 0, "", 1, 6, 0), want) {
		t.Error("another seed or epoch gives the same")
	}
	// A damaged file of the cache is made again.
	entries, _ := os.ReadDir(cache)
	if len(entries) != 17 {
		t.Fatalf("%d files in the cache", len(entries))
	}
	put(t, cache, entries[0].Name(), []byte("damaged"))
	if got := load(2, 1, 0, cache, 1, 5, 0); !reflect.DeepEqual(got, want) {
		t.Error("a damaged cache changes batches")
	}
}

// A loop that is left, a context that ends and a picture that was altered leave no goroutine behind.
func TestBatchesEnd(t *testing.T) {
	dir, m := painted(t, 16)
	o := DefaultLoading(64, 48)
	o.Batch = 2
	before := runtime.NumGoroutine()
	l, err := NewLoader(dir, m, all(m), o)
	if err != nil {
		t.Fatal(err)
	}
	for range l.Batches(t.Context(), 0, 0) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for b, err := range l.Batches(ctx, 0, 0) {
		last = err
		if err == nil && b.Number == 1 {
			cancel()
		}
	}
	if last != context.Canceled {
		t.Errorf("cancelled: %v", last)
	}
	put(t, dir, m.Pictures[3].File, pngOf(t, scene(200, 150, 3)))
	if l, err = NewLoader(dir, m, all(m), o); err != nil {
		t.Fatal(err)
	}
	for _, err = range l.Batches(t.Context(), 0, 0) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), m.Pictures[3].File+" is not the picture") {
		t.Errorf("altered: %v", last)
	}
	for range 2000 { // on a busy machine it takes a while
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(ms(5))
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestLoadingErrors(t *testing.T) {
	dir, m := painted(t, 4)
	for want, change := range map[string]func(*Loading){
		"input of 0":  func(o *Loading) { o.W = 0 },
		"batches":     func(o *Loading) { o.Batch = 0 },
		"letterbox":   func(o *Loading) { o.Letterbox = "left" },
		"std":         func(o *Loading) { o.Std[1] = 0 },
		"flip":        func(o *Loading) { o.Augment.Flip = math.NaN() },
		"scale":       func(o *Loading) { o.Augment.Scale = Range{2, 1} },
		`type "10C"`:  func(o *Loading) { o.Augment.Water.Types = []string{"10C"} },
		"min_side_px": func(o *Loading) { o.Augment.MinSide = -1 },
	} {
		o := DefaultLoading(64, 48)
		change(&o)
		if _, err := NewLoader(dir, m, all(m), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := NewLoader(dir, m, nil, DefaultLoading(64, 48)); err == nil {
		t.Error("no pictures and no error")
	}
}

// Water of type II, 5 m of column and none of path: the worked example of water.go.
func TestWater(t *testing.T) {
	white := &tile{w: 40, h: 30, pix: make([]byte, 3600), other: make([]byte, 3600)}
	for i := range white.pix {
		white.pix[i] = 255
	}
	o := Water{P: 1, Types: []string{"II"}, Column: Range{5, 5}}
	o.add(white, newTestRand())
	for k, want := range []float64{math.Pow(0.8, 5), math.Pow(0.925, 5), math.Pow(0.94, 5)} {
		if got := linear(float64(white.pix[k])); math.Abs(got-want) > 0.01 {
			t.Errorf("colour %d: %.3f is left, want %.3f", k, got, want)
		}
	}
	// Through very much water only the veil is left, bluer than red.
	o = Water{P: 1, Types: []string{"II"}, Path: Range{100, 100}, Near: 1, Veil: Range{0.3, 0.3}}
	veil := o.add(white, newTestRand())
	for k := range 3 {
		if got := float64(white.pix[3*600+k]) / 255; math.Abs(got-veil[k]) > 0.01 {
			t.Errorf("colour %d: %.3f, the veil has %.3f", k, got, veil[k])
		}
	}
	if veil[0] >= veil[1] || math.Abs(linear(255*max(veil[1], veil[2]))-0.3) > 1e-6 {
		t.Errorf("the veil is %v", veil)
	}
	// The camera makes up for all that is lost.
	for i := range white.pix {
		white.pix[i] = 90
	}
	before := linear(90)
	o = Water{P: 1, Types: []string{"1C"}, Column: Range{4, 4}, Exposure: Range{1, 1}}
	o.add(white, newTestRand())
	sum := 0.0
	for k := range 3 {
		sum += linear(float64(white.pix[k])) / 3
	}
	if math.Abs(sum/before-1) > 0.03 {
		t.Errorf("the mean was %.3f and is %.3f", before, sum)
	}
}

// A sheet of real pictures; with REQUIN_SHEET set it is kept there, to be looked at.
func TestSheet(t *testing.T) {
	data := realdata.Path(t, "aquarium")
	classes := []string{"fish", "jellyfish", "penguin", "puffin", "shark", "starfish", "stingray"}
	source := Source{Records: some(yolo(t, data, classes), 8), Files: files(filepath.Join(data, "images")), Deployment: func(m annotate.Media) string { return m.Name[:8] }}
	s := plain()
	s.Unknown = "context"
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, source, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(dir, m, all(m), DefaultLoading(320, 320))
	if err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("REQUIN_SHEET")
	if path == "" {
		path = filepath.Join(t.TempDir(), "sheet.png")
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := l.WriteSheet(t.Context(), f, 0, 8, 4); err != nil {
		t.Fatal(err)
	}
	if p, _, err := readStill(path); err != nil || p.w != 4*324+4 || p.h != 2*324+4 {
		t.Errorf("%v", err)
	}
}

// some are the records of the first n media, of every fifth.
func some(all annotate.Records, n int) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		media := 0
		for r, err := range all {
			if _, ok := r.(annotate.Media); ok {
				media++
			}
			if media > 5*n {
				return
			}
			if media%5 == 0 && !yield(r, err) {
				return
			}
		}
	}
}
