package video

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// paintedSea fills a picture with a gradient that moves with the number of the frame.
func paintedSea(pix []byte, w, number int) {
	for i := range pix {
		p := i / 3
		pix[i] = byte(60 + (p%w+3*number)%120 + 20*(i%3))
	}
}

// encodeSea writes n pictures and returns where they lie.
func encodeSea(t *testing.T, n int, o EncodeOptions) string {
	t.Helper()
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), "GX010001.MP4")
	w, err := Create(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	pix := make([]byte, 3*o.W*o.H)
	for i := range n {
		paintedSea(pix, o.W, i)
		if err := w.Write(pix); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file has its name before it is whole")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// What was written is read back: pictures, rate, key frames, metadata and the note.
func TestCreate(t *testing.T) {
	o := EncodeOptions{W: 160, H: 96, Rate: frame.Rational{Num: 30000, Den: 1001}, Quality: 12, Note: "synthetic - a test",
		Metadata: map[string]string{"title": "a: title, with 'quotes'", "comment": "seed 7"}}
	path := encodeSea(t, 40, o)
	f := probe(t, path)
	if err := f.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.W != 160 || f.H != 96 || f.Codec != "h264" || len(f.packets) != 40 {
		t.Errorf("%dx%d %s, %d packets", f.W, f.H, f.Codec, len(f.packets))
	}
	if want := (frame.Rational{Num: 1001, Den: 30000}).Seconds(40); (f.Duration - want).Abs() > time.Millisecond {
		t.Errorf("it lasts %v, want %v", f.Duration, want)
	}
	pictures := reference(t, path, 0, 160, 96)
	if len(pictures) != 40 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for i, p := range pictures {
		if p.key != (i%15 == 0) {
			t.Errorf("picture %d: key frame %v", i, p.key)
		}
		want := make([]byte, len(p.pix))
		paintedSea(want, 160, i)
		if mean, _ := difference(p.pix, want); mean > 6 {
			t.Errorf("picture %d differs by %.1f on average", i, mean)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(content), o.Note); n != 3 {
		t.Errorf("the note stands %d times in the stream, want once for each of 3 key frames", n)
	}
	said, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format_tags:stream=color_space,color_transfer,color_primaries,color_range,pix_fmt", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TAG:title=a: title, with 'quotes'", "TAG:comment=seed 7", "color_space=bt709", "color_transfer=bt709", "color_primaries=bt709", "color_range=tv", "pix_fmt=yuv420p"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("no %s in\n%s", want, said)
		}
	}
}

// The same pictures are the same file.
func TestCreateSame(t *testing.T) {
	o := EncodeOptions{W: 64, H: 64, Rate: frame.Rational{Num: 10, Den: 1}}
	a, err1 := os.ReadFile(encodeSea(t, 12, o))
	b, err2 := os.ReadFile(encodeSea(t, 12, o))
	if err1 != nil || err2 != nil || string(a) != string(b) {
		t.Errorf("%d and %d bytes that differ (%v, %v)", len(a), len(b), err1, err2)
	}
}

// Whatever goes wrong, nothing is left.
func TestCreateLeavesNothing(t *testing.T) {
	needFFmpeg(t)
	o := EncodeOptions{W: 64, H: 64, Rate: frame.Rational{Num: 10, Den: 1}}
	pix := make([]byte, 3*64*64)
	for name, end := range map[string]func(*Writer, context.CancelFunc) error{
		"cancelled": func(w *Writer, stop context.CancelFunc) error {
			stop()
			if err := w.Write(pix); !errors.Is(err, context.Canceled) {
				t.Errorf("writing after the end: %v", err)
			}
			return w.Close()
		},
		"empty": func(w *Writer, _ context.CancelFunc) error { w.frames = 0; return w.Close() },
		"aborted": func(w *Writer, _ context.CancelFunc) error {
			w.Abort()
			return errors.Join(errors.New("aborted"), w.Close())
		},
	} {
		dir := t.TempDir()
		ctx, stop := context.WithCancel(t.Context())
		w, err := Create(ctx, filepath.Join(dir, "a.mp4"), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(pix); err != nil {
			t.Error(name, err)
		}
		if err := w.Write(pix[1:]); err == nil {
			t.Error(name, "a short picture passes")
		}
		if err := end(w, stop); err == nil {
			t.Error(name, "no error")
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left[0].Name())
		}
		stop()
	}
}

func TestCreateRefuses(t *testing.T) {
	good := EncodeOptions{W: 64, H: 64, Rate: frame.Rational{Num: 10, Den: 1}}
	for want, spoil := range map[string]func(*EncodeOptions){
		"even":            func(o *EncodeOptions) { o.W = 63 },
		"16384":           func(o *EncodeOptions) { o.H = 0 },
		"frames a second": func(o *EncodeOptions) { o.Rate.Den = 0 },
		"quality 52":      func(o *EncodeOptions) { o.Quality = 52 },
		"negative":        func(o *EncodeOptions) { o.GOP = -1 },
		"colon":           func(o *EncodeOptions) { o.Note = "a:b" },
		"metadata":        func(o *EncodeOptions) { o.Metadata = map[string]string{"a=b": "c"} },
	} {
		o := good
		spoil(&o)
		if _, err := Create(t.Context(), filepath.Join(t.TempDir(), "a.mp4"), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	needFFmpeg(t)
	if _, err := Create(t.Context(), filepath.Join(t.TempDir(), "nowhere", "a.mp4"), good); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// An ffmpeg without libx264 is named as the cause.
func TestCreateWithoutX264(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho \"Unknown encoder 'libx264'\" >&2\nexit 1\n"
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	w, err := Create(t.Context(), filepath.Join(t.TempDir(), "a.mp4"), EncodeOptions{W: 64, H: 64, Rate: frame.Rational{Num: 10, Den: 1}})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Write(make([]byte, 3*64*64))
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "libx264") {
		t.Errorf("got %v", err)
	}
}
