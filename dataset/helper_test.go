package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/taxon"
)

// clips holds the videos that the tests make for themselves, each once a run.
var clips struct {
	sync.Mutex
	dir  string
	made map[string]func() error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "requin-dataset-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	clips.dir, clips.made = dir, map[string]func() error{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// numbered makes a video of 320x80 at 25 pictures a second, 10 s long, in which each picture shows its own number: bit
// i of it is the brightness of the i-th of eight fields.
func numbered(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	path := filepath.Join(clips.dir, name)
	clips.Lock()
	made, ok := clips.made[name]
	if !ok {
		made = sync.OnceValue(func() error {
			all := []string{"-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
				"color=black:s=16x8:r=25:d=10,geq=lum='40+175*mod(floor(N/pow(2,floor(X/2))),2)':cb=128:cr=128,scale=320:80:flags=neighbor,setsar=1"}
			all = append(append(all, args...), path)
			if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
		clips.made[name] = made
	}
	clips.Unlock()
	if err := made(); err != nil {
		t.Fatalf("making %s: %v", name, err)
	}
	return path
}

func x264(gop string) []string {
	return []string{"-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-g", gop, "-bf", "2", "-movflags", "+faststart"}
}

// numberOf reads the number that a picture shows.
func numberOf(t testing.TB, path string) int {
	t.Helper()
	p, _, err := readStill(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for bit := range 8 {
		x, y := (2*bit+1)*p.w/16, p.h/2
		if p.pix[3*(y*p.w+x)] > 128 {
			n |= 1 << bit
		}
	}
	return n
}

// records is a stream of given records.
func records(list ...annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

var rate25 = frame.Rational{Num: 25, Den: 1}

// mark is a box of 20×40 at x in a frame.
func mark(media, label, track string, number int, x float64) annotate.Mark {
	m := annotate.Mark{Media: media, Track: track, Frame: number, Time: annotate.None,
		Shape: annotate.BoxShape(frame.Box{X0: x, Y0: 10, X1: x + 20, Y1: 50})}
	if label != "" {
		m.Names = []annotate.Name{{Label: label}}
	}
	return m
}

var sharkAndRay = taxon.List{{Name: "Carcharhinus melanopterus", Common: "blacktip", Classes: []string{"bt"}}, {Name: "ray", Role: taxon.Context}}

// files finds media by their names in a folder.
func files(dir string) func(annotate.Media) ([]string, error) {
	return func(m annotate.Media) ([]string, error) { return []string{filepath.Join(dir, m.Name)}, nil }
}

// scene is a picture of a few shapes that no other number gives.
func scene(w, h, number int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 90 + (x*7*(number%5+1)/w+y*5*(number%7+1)/h)*12%120
			img.SetRGBA(x, y, color.RGBA{uint8(v / 2), uint8(v), uint8(220 - v/2), 255})
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// yolo reads a folder of images/ and labels/ as YOLO writes them: class, centre, width and height in parts of the
// picture.
func yolo(t testing.TB, dir string, classes []string) annotate.Records {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "images"))
	if err != nil {
		t.Fatal(err)
	}
	var list []annotate.Record
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, "images", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := image.DecodeConfig(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, annotate.Media{Name: e.Name(), W: c.Width, H: c.Height}, annotate.Look{Media: e.Name()})
		text, err := os.ReadFile(filepath.Join(dir, "labels", strings.TrimSuffix(e.Name(), ".jpg")+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var class int
			var x, y, w, h float64
			if n, err := fmt.Sscan(line, &class, &x, &y, &w, &h); n != 5 {
				t.Fatalf("%s: %q: %v", e.Name(), line, err)
			}
			fw, fh := float64(c.Width), float64(c.Height)
			list = append(list, annotate.Mark{Media: e.Name(), Names: []annotate.Name{{Label: classes[class]}},
				Shape: annotate.BoxShape(frame.Box{X0: (x - w/2) * fw, Y0: (y - h/2) * fh, X1: (x + w/2) * fw, Y1: (y + h/2) * fh})})
		}
	}
	return records(list...)
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func newTestRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// noisy is a picture of random soft spots, another for each number.
func noisy(number int) *image.RGBA {
	r := rand.New(rand.NewPCG(uint64(number), 9))
	var cells [12][12]float64
	for y := range cells {
		for x := range cells[y] {
			cells[y][x] = 40 + 150*r.Float64()
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			i, j := y/9, x/9
			py, px := float64(y%9)/9, float64(x%9)/9
			i1, j1 := min(i+1, 11), min(j+1, 11)
			v := (cells[i][j]*(1-px)+cells[i][j1]*px)*(1-py) + (cells[i1][j]*(1-px)+cells[i1][j1]*px)*py
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v), uint8(v / 2), 255})
		}
	}
	return img
}

func brighter(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = uint8(min(255, int(v)*5/4))
	}
	return out
}
