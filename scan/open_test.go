package scan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// broken is a video whose index never came.
func broken(t *testing.T, path string) string {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "broken.mp4")
	if err := os.WriteFile(out, whole[:300], 0o666); err != nil {
		t.Fatal(err)
	}
	return out
}

// A deployment is opened as far as it can be, and what cannot be is said.
func TestOpenChapters(t *testing.T) {
	a, b := clip(t, 3, 1), clip(t, 4, 1)
	bad := broken(t, a)
	for name, c := range map[string]struct {
		paths  []string
		files  int    // that are open
		failed string // of the error
	}{
		"one":               {[]string{a}, 1, ""},
		"two":               {[]string{a, b}, 2, ""},
		"last cannot be":    {[]string{a, b, bad}, 2, ""},
		"middle cannot be":  {[]string{a, bad, b}, 0, "the times of the chapters after it"},
		"first cannot be":   {[]string{bad, a}, 0, "the times of the chapters after it"},
		"only one, and bad": {[]string{bad}, 0, "broken.mp4"},
		"last is not there": {[]string{a, filepath.Join(t.TempDir(), "gone.mp4")}, 1, ""},
	} {
		d, err := Open(t.Context(), c.paths, frame.Rational{})
		if c.failed != "" {
			if err == nil || !strings.Contains(err.Error(), c.failed) || !strings.Contains(err.Error(), "broken.mp4") {
				t.Errorf("%s: %v, want %q and the file's name", name, err, c.failed)
			}
			continue
		}
		if err != nil || len(d.Dive.Files) != c.files {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if left := len(c.paths) - c.files; len(d.Warnings) != left || len(d.Chapters()) != c.files {
			t.Errorf("%s: warnings %q, chapters %q", name, d.Warnings, d.Chapters())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, []string{a, bad}, frame.Rational{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v: a chapter that was not read is not one that cannot be", err)
	}
}

// The way from files to frames: what is missing at the end is a gap of the deployment.
func TestDeploymentScan(t *testing.T) {
	a := clip(t, 3, 1)
	d, err := Open(t.Context(), []string{a, broken(t, a)}, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	s := Default()
	if err := d.Choose(t.Context(), s.Sampling()); err != nil {
		t.Fatal(err)
	}
	found, err := d.Scan(t.Context(), Job{Detectors: []Detector{&fake{}}, Journal: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []frame.Gap{{From: 3 * time.Second, To: 3 * time.Second, Reason: "the last chapter could not be read: broken.mp4"}}
	if len(found.Frames) != 3 || !reflect.DeepEqual(found.Gaps, want) {
		t.Errorf("%d frames, gaps %v", len(found.Frames), found.Gaps)
	}
	if modes := d.Modes(); len(modes) != 1 || modes["clip.mp4"] == "" {
		t.Errorf("modes %v", modes)
	}
	if err := os.WriteFile(a, []byte("another"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Scan(t.Context(), Job{Detectors: []Detector{&fake{}}, Journal: &memory{}}); err == nil {
		t.Error("a file that changed is no error")
	}
}

func TestChooseNothing(t *testing.T) {
	d, err := Open(t.Context(), []string{clip(t, 3, 1)}, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Choose(t.Context(), frame.Sampling{Every: time.Second, Period: frame.Period{From: time.Minute}})
	if err == nil || !strings.Contains(err.Error(), "no picture lies in the period 1m0s..; the video is 3s long") || d.Plan != nil {
		t.Errorf("%v", err)
	}
}

// A gap that touches one whose cause is known has the same cause.
func TestExplained(t *testing.T) {
	known := []frame.Gap{{From: 10, To: 20, Reason: "cut off"}}
	gaps := []frame.Gap{{From: 5, To: 10, Reason: "no picture"}, {From: 2, To: 4, Reason: "no picture"}}
	got := explained(gaps, known)
	if got[0].Reason != "cut off" || got[1].Reason != "no picture" || gaps[0].Reason != "no picture" {
		t.Errorf("%v of %v", got, gaps)
	}
}

// The key of a journal changes with what the detections depend on, and with nothing else.
func TestJournalKey(t *testing.T) {
	path := clip(t, 3, 1)
	key := func(version string, s Settings) any {
		d, err := Open(t.Context(), []string{path}, frame.Rational{})
		if err != nil {
			t.Fatal(err)
		}
		return d.JournalKey(t.Context(), version, s)
	}
	_, made, _ := before(t)
	was := key("v1", made.Settings)
	same, other := made.Settings, made.Settings
	same.Tracker.MaxGapS, same.Interval, same.Detector.Threads, same.Detector.File = 99, 7, 3, "renamed.onnx"
	same.Detector.Taxa = append(same.Detector.Taxa[:0:0], same.Detector.Taxa...)
	same.Detector.Taxa[0].Threshold = 0.9
	if !reflect.DeepEqual(key("v1", same), was) {
		t.Error("what does not change a detection changes the key")
	}
	other.Detector.SHA256 = "another"
	later := made.Settings
	later.Every *= 2
	for what, k := range map[string]any{"program": key("v2", made.Settings), "model": key("v1", other), "sampling interval": key("v1", later)} {
		if reflect.DeepEqual(k, was) {
			t.Errorf("another %s does not change the key", what)
		}
	}
	if err := os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(key("v1", made.Settings), was) {
		t.Error("a file that was written anew does not change the key")
	}
	images := filepath.Join(t.TempDir(), "a.jpg")
	before := listing([]string{images})
	if err := os.WriteFile(images, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if listing([]string{images}) == before || listing(nil) != "" {
		t.Error("an image that was written does not show")
	}
}
