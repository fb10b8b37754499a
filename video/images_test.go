package video

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"requin/frame"
)

// A folder of stills is shown the same way up to all who look, however the camera was held: here the white quarter lies at the top left of
// what is shown, in a picture that is wider than high, and is stored in each of the eight ways.
func TestStillsAreUpright(t *testing.T) {
	dir := t.TempDir()
	shows := func(x, y int) bool { return x < 48 && y < 32 } // in 96×64
	for o := frame.Orientation(1); o <= 8; o++ {
		w, h := o.Size(96, 64) // turning twice the sizes is no change
		stored := image.NewGray(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				b := o.Box(frame.Box{X0: float64(x), Y0: float64(y), X1: float64(x + 1), Y1: float64(y + 1)}, float64(w), float64(h))
				if shows(int(b.X0), int(b.Y0)) {
					stored.Set(x, y, color.White)
				}
			}
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, stored, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		app := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
		app[4+6+8+2+9] = byte(o)
		content := bytes.Join([][]byte{file.Bytes()[:2], app, file.Bytes()[2:]}, nil)
		if err := os.WriteFile(filepath.Join(dir, "G"+string(rune('0'+o))+".JPG"), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	needFFmpeg(t)
	f, err := Probe(t.Context(), dir, frame.Rational{Num: 1, Den: 1})
	if err != nil {
		t.Fatal(err)
	}
	if f.W != 96 || f.H != 64 {
		t.Errorf("%d×%d", f.W, f.H)
	}
	d := Join(f)
	check := func(who string, pix []byte, w, h int) {
		t.Helper()
		if w*64 != h*96 {
			t.Errorf("%s: %d×%d", who, w, h)
			return
		}
		for i, want := range []bool{true, false, false, false} {
			at := 3 * ((h/4+i/2*h/2)*w + w/4 + i%2*w/2)
			if white := pix[at] > 128; white != want {
				t.Errorf("%s: quarter %d is white: %v", who, i, white)
			}
		}
	}
	got := watch(t, d, second, 1000000000, 48, 48)
	if len(got.pictures) != 8 {
		t.Fatalf("%d pictures, gaps %v", len(got.pictures), got.gaps)
	}
	for i, p := range got.pictures {
		g := got.frames[i]
		if g.FullW != 96 || g.FullH != 64 {
			t.Errorf("orientation %d: of %d×%d", i+1, g.FullW, g.FullH)
		}
		check("counted", p.pix, g.W, g.H)
		still, err := d.Still(t.Context(), g.Instant)
		if err != nil {
			t.Fatal(err)
		}
		check("evidence", rgbOf(still, still.Rect.Dx(), still.Rect.Dy()), still.Rect.Dx(), still.Rect.Dy())
		text, err := d.JPEG(t.Context(), g.Instant, 48)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := jpeg.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		check("review", rgbOf(shown, shown.Bounds().Dx(), shown.Bounds().Dy()), shown.Bounds().Dx(), shown.Bounds().Dy())
		if w, h, err := ImageSize(f.Images()[i]); err != nil || w != 96 || h != 64 {
			t.Errorf("size %d×%d, %v", w, h, err)
		}
	}
}

// A folder of links to images is a folder of images.
func TestLinkedImages(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs rights there")
	}
	needFFmpeg(t)
	root := t.TempDir()
	lay(t, root, "links/b.jpg -> ../raw/1.jpg", "links/a.jpg -> ../raw/1.jpg", "raw/")
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, 32, 16)), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "raw", "1.jpg"), file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Probe(t.Context(), filepath.Join(root, "links"), frame.Rational{Num: 1, Den: 1})
	if err != nil || len(f.Images()) != 2 || f.W != 32 {
		t.Errorf("%+v, %v", f, err)
	}
}
