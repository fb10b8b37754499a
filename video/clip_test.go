package video

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"path/filepath"
	"testing"
	"time"

	"requin/frame"
)

// TestClip holds the first picture of a clip against the picture of the deployment at the time that Clip tells.
func TestClip(t *testing.T) {
	needFFmpeg(t)
	for name, codec := range map[string][]string{"cut out": x264(15, 2), "encoded": x265(30, 2)} {
		t.Run(name, func(t *testing.T) {
			d := open(t, clip(t, "clips of "+name+".mp4", sea("30", 6), codec))
			ctx := context.Background()
			for _, from := range []time.Duration{0, 2200 * time.Millisecond} {
				path := filepath.Join(t.TempDir(), "clip.mp4")
				first, err := d.Clip(ctx, path, from, 2*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if first > from+17*time.Millisecond || first < from-time.Second {
					t.Errorf("from %v: begins at %v", from, first)
				}
				c := open(t, path)
				if c.Files[0].Codec != "h264" || c.Duration() < 1900*time.Millisecond || c.Duration() > 3*time.Second {
					t.Errorf("a clip of %s, %v long", c.Files[0].Codec, c.Duration())
				}
				at, _ := d.Nearest(first)
				want, err := d.Still(ctx, at)
				if err != nil {
					t.Fatal(err)
				}
				begin, ok := c.Nearest(0)
				if !ok || begin.Time > time.Millisecond {
					t.Fatalf("the first picture of the clip comes at %v", begin.Time)
				}
				got, err := c.Still(ctx, begin)
				if err != nil {
					t.Fatal(err)
				}
				if off := apart(got, want); off > 6 {
					t.Errorf("from %v: the first picture differs by %.1f from the one at %v", from, off, first)
				}
			}
		})
	}
}

// apart is the mean difference of two pictures of a size, 0 to 255.
func apart(a, b *image.RGBA) float64 {
	if a.Bounds() != b.Bounds() {
		return 255
	}
	sum := 0.0
	for i := range a.Pix {
		sum += max(float64(a.Pix[i])-float64(b.Pix[i]), float64(b.Pix[i])-float64(a.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

func TestJPEG(t *testing.T) {
	needFFmpeg(t)
	d := open(t, clip(t, "short.mp4", sea("30", 2), x264(15, 2)))
	at, ok := d.Nearest(time.Second)
	if !ok {
		t.Fatal("no picture at 1 s")
	}
	still, err := d.Still(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []int{10000, 100} {
		text, err := d.JPEG(context.Background(), at, w)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		ww, wh := frame.Fit(still.Bounds().Dx(), still.Bounds().Dy(), min(w, still.Bounds().Dx()), still.Bounds().Dy())
		if img.Bounds().Dx() != ww || img.Bounds().Dy() != wh {
			t.Errorf("asked for %d: %v, want %dx%d", w, img.Bounds(), ww, wh)
		}
		if ww == still.Bounds().Dx() {
			if off := apart(fromRGB(rgbOf(img, ww, wh), ww, wh), still); off > 6 {
				t.Errorf("the JPEG differs by %.1f from the picture", off)
			}
		}
	}
	if _, err := d.JPEG(context.Background(), frame.Instant{Chapter: 3}, 100); err == nil {
		t.Error("a chapter that is not there")
	}
}
