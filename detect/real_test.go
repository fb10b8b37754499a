package detect

import (
	"encoding/xml"
	"fmt"
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"requin/frame"
	"requin/onnx"
	"requin/realdata"
	"requin/taxon"
)

// library skips the test where ONNX Runtime is absent.
func library(t testing.TB) {
	t.Helper()
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
}

func picture(t testing.TB, path string) *frame.Frame {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, _, err := image.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	f := &frame.Frame{W: w, H: h, FullW: w, FullH: h, Pix: make([]byte, 0, 3*w*h)}
	for y := range h {
		for x := range w {
			r, g, b, _ := img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y).RGBA()
			f.Pix = append(f.Pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return f
}

func open1(t testing.TB, path string, opt Options) *Detector {
	t.Helper()
	d, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// vocTruth reads the boxes of a Pascal VOC file.
func vocTruth(t testing.TB, path string) (boxes []frame.Box) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var voc struct {
		Objects []struct {
			Box struct {
				X0 float64 `xml:"xmin"`
				Y0 float64 `xml:"ymin"`
				X1 float64 `xml:"xmax"`
				Y1 float64 `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(text, &voc); err != nil {
		t.Fatal(err)
	}
	for _, o := range voc.Objects {
		boxes = append(boxes, frame.Box(o.Box))
	}
	return boxes
}

// matched counts detections that meet a box of the truth by IoU 0.5 at least, best
// score first, each box once.
func matched(found []Detection, truth []frame.Box) (n int) {
	used := make([]bool, len(truth))
	for _, d := range found {
		best, at := 0.5, -1
		for i, b := range truth {
			if iou := frame.IoU(d.Box, b); !used[i] && iou >= best {
				best, at = iou, i
			}
		}
		if at >= 0 {
			used[at] = true
			n++
		}
	}
	return n
}

func above(list []Detection, threshold float64) (out []Detection) {
	for _, d := range list {
		if float64(d.Score) >= threshold {
			out = append(out, d)
		}
	}
	return out
}

// The fish model on the pictures of the tank that it was made for: what it finds
// must lie on the fish that a person boxed. The floors are below what was measured,
// and far above what a wrong offset, aspect or channel order leaves.
func TestFishModelFindsFish(t *testing.T) {
	library(t)
	d := open1(t, realdata.Path(t, "models", "yolox_nano_kazuhito_fish.onnx"), Options{Threads: 1})
	xmls, _ := filepath.Glob(filepath.Join(realdata.Path(t, "tank_fish_voc"), "*", "*.xml"))
	if len(xmls) == 0 {
		xmls, _ = filepath.Glob(filepath.Join(realdata.Path(t, "tank_fish_voc"), "*.xml"))
	}
	if len(xmls) == 0 {
		t.Fatal("no VOC files")
	}
	var boxes, found, hits int
	for i, path := range xmls {
		if testing.Short() && i%5 != 0 {
			continue
		}
		truth := vocTruth(t, path)
		list, err := d.Detect(picture(t, pictureOf(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		sure := above(list, d.Taxa()[0].Threshold)
		boxes, found, hits = boxes+len(truth), found+len(sure), hits+matched(sure, truth)
	}
	recall, precision := float64(hits)/float64(boxes), float64(hits)/float64(found)
	t.Logf("%d pictures, %d boxes, %d found, %d right: recall %.3f, precision %.3f", len(xmls), boxes, found, hits, recall, precision)
	if recall < 0.8 || precision < 0.8 {
		t.Errorf("recall %.3f, precision %.3f: at least 0.8 of both was expected", recall, precision)
	}
}

func pictureOf(t testing.TB, xml string) string {
	t.Helper()
	base := strings.TrimSuffix(filepath.Base(xml), ".xml")
	for _, folder := range []string{filepath.Dir(xml), filepath.Join(filepath.Dir(xml), "..", "images"), filepath.Join(filepath.Dir(xml), "..", "JPEGImages")} {
		for _, ext := range []string{".jpg", ".jpeg", ".png"} {
			if _, err := os.Stat(filepath.Join(folder, base+ext)); err == nil {
				return filepath.Join(folder, base+ext)
			}
		}
	}
	t.Fatalf("no picture for %s", xml)
	return ""
}

// Four models of three families, which letterbox at the top left, in the middle and
// not at all, on a tall photograph: each must box the penguin that stands on the
// edge and the one that swims. By hand, in parts of the picture.
func TestCOCOModelsAgree(t *testing.T) {
	library(t)
	pictures, _ := filepath.Glob(filepath.Join(realdata.Path(t, "aquarium", "images"), "IMG_2320_*.jpg"))
	if len(pictures) != 1 {
		t.Skip("IMG_2320 is not there")
	}
	f := picture(t, pictures[0])
	penguins := []frame.Box{{X0: 0.303, Y0: 0.300, X1: 0.382, Y1: 0.397}, {X0: 0.437, Y0: 0.472, X1: 0.618, Y1: 0.558}}
	for _, model := range []string{"yolox_nano_coco", "nanodet_m_320_coco", "nanodet_m_416_coco", "FastestDet_coco"} {
		d := open1(t, realdata.Path(t, "models", model+".onnx"), Options{Taxa: taxon.List{{Name: "bird"}}, Threads: 1})
		list, err := d.Detect(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range penguins {
			best := 0.0
			for _, one := range above(list, 0.3) {
				best = max(best, frame.IoU(one.Box, scaled(p, f.W, f.H)))
			}
			t.Logf("%s: penguin %d: IoU %.2f", model, i, best)
			if best < 0.6 {
				t.Errorf("%s: penguin %d: the nearest box has IoU %.2f", model, i, best)
			}
		}
	}
}

// The same frame scaled by the caller, as ffmpeg does, and by Detect gives nearly
// the same; the same frame twice gives the same to the bit.
func TestScaledFrameAgrees(t *testing.T) {
	library(t)
	d := open1(t, realdata.Path(t, "models", "yolox_nano_kazuhito_fish.onnx"), Options{Threads: 2})
	f := picture(t, realdata.Path(t, "tank_fish_voc", "images_and_voc_xml", "000001.jpg"))
	first, err := d.Detect(f)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := d.Detect(f)
	if !reflect.DeepEqual(first, again) {
		t.Error("the same frame gave two answers")
	}
	w, h := d.Size(f.W, f.H)
	if w != 416 || h != 234 {
		t.Errorf("960×540 goes into %d×%d, want 416×234", w, h)
	}
	var r frame.Resizer
	small := &frame.Frame{W: w, H: h, FullW: f.W, FullH: f.H, Pix: r.Resize(f.Pix, f.W, f.H, w, h)}
	got, err := d.Detect(small)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, got) {
		t.Errorf("scaled before: %v\nscaled inside: %v", got, first)
	}
	small.Pix = small.Pix[:len(small.Pix)-1]
	if _, err := d.Detect(small); err == nil {
		t.Error("a frame that lacks a byte: no error")
	}
}

func BenchmarkDetect(b *testing.B) {
	library(b)
	for _, model := range []string{"yolox_nano_kazuhito_fish", "yolox_nano_coco", "nanodet_m_320_coco", "nanodet_m_416_coco", "FastestDet_coco"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", model, threads), func(b *testing.B) {
				d, err := Open(realdata.Path(b, "models", model+".onnx"), Options{Threads: threads})
				if err != nil {
					b.Fatal(err)
				}
				defer d.Close()
				f := picture(b, realdata.Path(b, "tank_fish_voc", "images_and_voc_xml", "000001.jpg"))
				w, h := d.Size(f.W, f.H)
				var r frame.Resizer
				small := &frame.Frame{W: w, H: h, FullW: f.W, FullH: f.H, Pix: r.Resize(f.Pix, f.W, f.H, w, h)}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := d.Detect(small); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
