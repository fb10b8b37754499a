package video

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// What is not a video gets an error that says what is wrong.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(clip(t, "index-plain.mp4", indexed[0].args...))
	if err != nil {
		t.Fatal(err)
	}
	picture := clip(t, "still.jpg", sea("1", 1), []string{"-frames:v", "1"})
	for _, c := range []struct{ name, path, want string }{
		{"empty", write("empty.mp4", nil), "empty (0 bytes)"},
		{"text", write("text.mp4", []byte(strings.Repeat("this is no video\n", 100))), "not a video"},
		{"no index", write("noindex.mp4", whole[:len(whole)/2]), "no index (moov box)"},
		{"audio", clip(t, "audio.mp4", []string{"-f", "lavfi", "-i", "sine=d=1"}), "no video stream"},
		{"audio", clip(t, "audio.wav", []string{"-f", "lavfi", "-i", "sine=d=1"}), "no video stream"},
		{"an image", picture, "single image"},
		{"nothing", filepath.Join(dir, "missing.mp4"), "no such file"},
		{"a device", os.DevNull, "not a regular file"},
	} {
		f, err := Probe(t.Context(), c.path, frame.Rational{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Base(c.path)) {
			t.Errorf("%s: %v, %v", c.name, f, err)
		}
	}
	secret := write("secret.mp4", whole)
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	if r, err := os.Open(secret); err == nil {
		r.Close() // root may read everything
	} else if _, err := Probe(t.Context(), secret, frame.Rational{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
}

// A name is a name, whatever it looks like.
func TestOddNames(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"index-plain.mp4", "h264.mkv", "h264.mts"} {
		var path string
		for _, k := range kinds {
			if k.name == source {
				path = clip(t, source, k.args...)
			}
		}
		if path == "" {
			path = clip(t, source, indexed[0].args...)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		ext := filepath.Ext(source)
		dir := t.TempDir()
		want := len(watch(t, open(t, path), second, time.Minute, 32, 18).pictures)
		names := []string{"100%d", "Été à l'île 鮫 \n'\"\\"}
		if source == "index-plain.mp4" {
			names = []string{"a dive at noon", "Été à l'île 鮫", "-y", "http:dive", "100%d", "pipe:0", "new\nline", "[error] dive", "quote'\"\\"}
		}
		for _, name := range names {
			odd := filepath.Join(dir, name+ext)
			if err := os.WriteFile(odd, content, 0o600); err != nil {
				t.Fatal(err)
			}
			d := open(t, odd)
			got := watch(t, d, second, time.Minute, 32, 18)
			if len(got.pictures) != want || len(got.gaps) > 0 {
				t.Errorf("%q: %d pictures, want %d; gaps %v", name+ext, len(got.pictures), want, got.gaps)
			}
			if _, err := d.Still(t.Context(), got.frames[1].Instant); err != nil {
				t.Errorf("%q: %v", name+ext, err)
			}
		}
	}
}

// A name without a folder that starts with a dash is not taken for an option.
func TestDashInFront(t *testing.T) {
	content, err := os.ReadFile(clip(t, "index-plain.mp4", indexed[0].args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("-i.mp4", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := watch(t, open(t, "-i.mp4"), frame.Sampling{Every: 40 * time.Millisecond}, time.Minute, 32, 18); len(got.pictures) < 20 {
		t.Errorf("%d pictures", len(got.pictures))
	}
}

// copied is a clip of one's own to spoil.
func copied(t *testing.T, name string, args ...[]string) string {
	t.Helper()
	content, err := os.ReadFile(clip(t, name, args...))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file that is being written, or that goes away, is an error: a gap would be kept as the truth.
func TestFileThatChanges(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 40 * time.Millisecond} {
		grow := copied(t, "index-plain.mp4", indexed[0].args...)
		d := open(t, grow)
		w, err := os.OpenFile(grow, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString("more"); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := watchErr(t.Context(), d, frame.Sampling{Every: every}, time.Minute, 32, 18); err == nil || !strings.Contains(err.Error(), "changed") {
			t.Errorf("growing: %v", err)
		}

		gone := copied(t, "harm-key.mp4", harmed[0].args...)
		d = open(t, gone)
		plan, err := d.plan(t.Context(), frame.Sampling{Every: every}, 2*time.Second)
		if err != nil || len(plan.Segments) < 3 {
			t.Fatal(err, plan)
		}
		failed := false
		for i, seg := range plan.Segments {
			r := d.Read(t.Context(), seg, within(32, 18))
			for _, err := range r.Frames() {
				if err != nil {
					failed = true
					if !strings.Contains(err.Error(), "plug the card") {
						t.Errorf("gone: %v", err)
					}
				}
			}
			if len(r.Gaps()) > 0 {
				t.Errorf("gone: gaps %v", r.Gaps())
			}
			if i == 0 {
				if err := os.Remove(gone); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !failed {
			t.Error("the file went away and nobody noticed")
		}
	}
}

func TestNoFFmpeg(t *testing.T) {
	path := clip(t, "index-plain.mp4", indexed[0].args...)
	t.Setenv("PATH", t.TempDir())
	if _, err := Probe(t.Context(), path, frame.Rational{}); !errors.Is(err, errNoTools) {
		t.Error(err)
	}
	if _, err := Version(t.Context()); !errors.Is(err, errNoTools) {
		t.Error(err)
	}
}

// An ffmpeg that somebody ends, or that ends by itself, is no damage to the video.
func TestFFmpegEndedFromOutside(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"kill -9 $$", "ended from outside"},
		{"kill -15 $$", "ended from outside"},
		{"echo '[info] Exiting normally, received signal 15.' >&2; exit 255", "ended from outside"},
		{"echo '[error] Decoding requested, but no decoder found for: hevc' >&2; exit 1", "no decoder"},
	} {
		for _, every := range []time.Duration{time.Second, 40 * time.Millisecond} {
			d := open(t, clip(t, "index-plain.mp4", indexed[0].args...))
			fake := filepath.Join(t.TempDir(), "ffmpeg")
			if err := os.WriteFile(fake, []byte("#!/bin/sh\ncat >/dev/null\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			d.Files[0].ff = &tools{fake, fake}
			got, err := watchErr(t.Context(), d, frame.Sampling{Every: every}, time.Minute, 32, 18)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, gaps %v", c.script, err, got.gaps)
			}
		}
	}
}

// Cancelling, or looking at no more, ends ffmpeg and everything that belongs to it.
func TestCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, c := range []struct {
		name  string
		every time.Duration
	}{{"harm-key.mp4", time.Second}, {"harm-key.mp4", 40 * time.Millisecond}, {"harm.mts", 40 * time.Millisecond}} {
		var args [][]string
		for _, h := range harmed {
			if h.name == c.name {
				args = h.args
			}
		}
		d := open(t, clip(t, c.name, args...))
		ctx, cancel := context.WithCancel(t.Context())
		plan, err := d.Plan(ctx, frame.Sampling{Every: c.every})
		if err != nil {
			t.Fatal(err)
		}
		n, start, last := 0, time.Now(), error(nil)
		for _, err := range d.Read(ctx, plan.Segments[0], within(32, 18)).Frames() {
			if n++; n == 2 {
				cancel()
				start = time.Now()
			}
			last = err
		}
		cancel()
		if !errors.Is(last, context.Canceled) || time.Since(start) > 2*time.Second {
			t.Errorf("%s every %v: %v after %v", c.name, c.every, last, time.Since(start))
		}
		for range d.Read(t.Context(), plan.Segments[0], within(32, 18)).Frames() {
			break
		}
	}
	for wait := time.Now(); runtime.NumGoroutine() > before && time.Since(wait) < 2*time.Second; {
		time.Sleep(5 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if out, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid()), "ffmpeg").Output(); err == nil {
		t.Errorf("ffmpeg still runs: %s", out)
	}
}
