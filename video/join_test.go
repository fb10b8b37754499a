package video

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// A file cut into chapters, as cameras do, gives the same pictures at the same times as the whole.
func TestChaptersEqualTheWhole(t *testing.T) {
	for i, c := range []struct {
		rate string
		gop  int
		b    int
	}{{"25", 25, 0}, {"30000/1001", 15, 2}, {"30", 30, 3}, {"30", 90, 2}} {
		t.Run(fmt.Sprintf("%s gop %d b %d", strings.ReplaceAll(c.rate, "/", ":"), c.gop, c.b), func(t *testing.T) {
			t.Parallel()
			whole := clip(t, fmt.Sprintf("whole%d.mp4", i), sea(c.rate, 9), x264(c.gop, c.b))
			dir := t.TempDir()
			out, err := exec.Command("ffmpeg", "-v", "error", "-i", whole, "-c", "copy", "-f", "segment", "-segment_time", "3",
				"-reset_timestamps", "1", filepath.Join(dir, "GX%02d0042.MP4")).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			chapters, err := filepath.Glob(filepath.Join(dir, "*.MP4"))
			if err != nil || len(chapters) < 3 {
				t.Fatalf("%d chapters: %v", len(chapters), err)
			}
			for _, s := range []frame.Sampling{second, {Every: 300 * time.Millisecond, Period: frame.Period{From: 2 * time.Second, To: 7 * time.Second}}} {
				want := watch(t, open(t, whole), s, time.Minute, 80, 45)
				got := watch(t, open(t, chapters...), s, time.Minute, 80, 45)
				if len(got.gaps) > 0 {
					t.Errorf("gaps %v", got.gaps)
				}
				for i := range got.pictures { // time stamps are the chapter's own
					if i < len(want.pictures) {
						got.pictures[i].pts = want.pictures[i].pts
					}
				}
				same(t, got.pictures, want.pictures)
			}
		})
	}
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"a", "img1", "img2", "img02", "img10", "img10b", "img11", "img99999999999999999999999", "imh"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		if naturalLess(a, b) {
			return -1
		}
		return 1
	})
	if !slices.Equal(got, want) {
		t.Error(got)
	}
	for _, a := range want {
		for _, b := range want {
			if naturalLess(a, b) && naturalLess(b, a) {
				t.Errorf("%s and %s each come before the other", a, b)
			}
		}
	}
}

func TestFolderOfImages(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=1:d=12", filepath.Join(dir, "f%d.png")).CombinedOutput()
	if err != nil {
		t.Skipf("ffmpeg is missing: %v %s", err, out)
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("f5.png", "no image")
	write("notes.txt", "no image")
	write(".hidden.png", "no image")
	if out, err := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=100x100:d=1", "-frames:v", "1", filepath.Join(dir, "f7.png")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	f, err := Probe(t.Context(), dir, frame.Rational{Num: 2, Den: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Images()) != 12 || f.W != 64 || f.H != 36 || f.Duration != 6*time.Second || filepath.Base(f.Images()[9]) != "f10.png" {
		t.Errorf("%d images of %dx%d, %v, tenth %s", len(f.Images()), f.W, f.H, f.Duration, f.Images()[9])
	}
	d := Join(f)
	got := watch(t, d, second, 2*time.Second, 32, 32)
	var times []time.Duration
	for _, g := range got.frames {
		times = append(times, g.Time)
		want := [4]int{32, 18, 64, 36}
		if g.Time == 3*time.Second { // f7 is square and larger
			want = [4]int{32, 32, 100, 100}
		}
		if got := [4]int{g.W, g.H, g.FullW, g.FullH}; got != want {
			t.Errorf("at %v: %v, want %v", g.Time, got, want)
		}
	}
	// f5 is shown at 2 s.
	if want := []time.Duration{0, time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second}; !slices.Equal(times, want) {
		t.Errorf("pictures at %v", times)
	}
	if len(got.gaps) != 1 || got.gaps[0].From != 2*time.Second || got.gaps[0].To != 3*time.Second || !strings.Contains(got.gaps[0].Reason, "f5.png") {
		t.Errorf("gaps %v", got.gaps)
	}
	full := watch(t, d, second, time.Minute, 0, 0)
	if g := full.frames[0]; g.W != 64 || g.H != 36 {
		t.Errorf("unscaled: %dx%d", g.W, g.H)
	}
	still, err := d.Still(t.Context(), full.frames[2].Instant)
	if err != nil || still.Bounds().Dx() != 100 {
		t.Errorf("still: %v", err)
	}
	if _, err := Probe(t.Context(), dir, frame.Rational{}); err == nil || !strings.Contains(err.Error(), "--rate") {
		t.Errorf("without a rate: %v", err)
	}
	if _, err := Probe(t.Context(), t.TempDir(), frame.Rational{Num: 1, Den: 1}); err == nil || !strings.Contains(err.Error(), "without images") {
		t.Errorf("an empty folder: %v", err)
	}
}
