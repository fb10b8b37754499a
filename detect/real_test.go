package detect

import (
	"encoding/xml"
	"flag"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/frame"
	"requin/onnx"
)

// data is a file or folder of the test data, or skips the test.
func data(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("REQUIN_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	full := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("no %s: set REQUIN_DATA to the folder of test data", full)
	}
	return full
}

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

// matched counts detections that meet a box of the truth by IoU 0.5 at least,
// best score first, each box once.
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

// The fish model on the pictures of the tank that it was made for: what it finds must lie
// on the fish that a person boxed. The floors are below what was measured, and far above what a
// wrong offset, aspect or channel order leaves.
func TestFishModelFindsFish(t *testing.T) {
	library(t)
	d := open1(t, data(t, "models", "yolox_nano_kazuhito_fish.onnx"), Options{Threads: 1})
	xmls, _ := filepath.Glob(filepath.Join(data(t, "tank_fish_voc"), "*", "*.xml"))
	if len(xmls) == 0 {
		xmls, _ = filepath.Glob(filepath.Join(data(t, "tank_fish_voc"), "*.xml"))
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

var drawTo = flag.String("draw", "", "folder to draw what the real models find into")

// TestDraw draws, for a person to look at: go test ./detect -run TestDraw -args -draw /tmp/x -model m.onnx -picture p.jpg
func TestDraw(t *testing.T) {
	if *drawTo == "" {
		t.Skip("no -draw folder")
	}
	library(t)
	for _, path := range strings.Split(os.Getenv("DRAW"), ",") {
		model, file, _ := strings.Cut(path, ":")
		d := open1(t, data(t, "models", model), Options{})
		f := picture(t, file)
		start := time.Now()
		list, err := d.Detect(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s on %s: %v", model, filepath.Base(file), time.Since(start))
		img := image.NewRGBA(image.Rect(0, 0, f.W, f.H))
		for i := range f.W * f.H {
			img.SetRGBA(i%f.W, i/f.W, color.RGBA{f.Pix[3*i], f.Pix[3*i+1], f.Pix[3*i+2], 255})
		}
		for _, one := range above(list, 0.3) {
			t.Logf("  %s %.2f %.0f", one.Taxon, one.Score, one.Box)
			r := image.Rect(int(one.Box.X0), int(one.Box.Y0), int(one.Box.X1), int(one.Box.Y1))
			for k := range 3 {
				inner := r.Inset(k)
				for _, side := range []image.Rectangle{
					{inner.Min, image.Pt(inner.Max.X, inner.Min.Y+1)}, {image.Pt(inner.Min.X, inner.Max.Y-1), inner.Max},
					{inner.Min, image.Pt(inner.Min.X+1, inner.Max.Y)}, {image.Pt(inner.Max.X-1, inner.Min.Y), inner.Max}} {
					draw.Draw(img, side, image.NewUniform(color.RGBA{255, 40, 40, 255}), image.Point{}, draw.Src)
				}
			}
		}
		out, err := os.Create(filepath.Join(*drawTo, strings.TrimSuffix(model, ".onnx")+"_"+strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(out, img); err != nil {
			t.Fatal(err)
		}
		out.Close()
	}
}
