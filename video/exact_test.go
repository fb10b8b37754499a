package video

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"requin/frame"
)

// Of every kind of file, the pictures that are asked for come, and no others.
func TestExact(t *testing.T) {
	for n, k := range kinds {
		if n%3 != 0 && os.Getenv("REQUIN_VIDEO_SEEDS") == "" {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			if testing.Short() && k.mode != KeyPackets {
				t.Skip("short: only what is read by packets")
			}
			t.Parallel()
			path := clip(t, k.name, k.args...)
			d := open(t, path)
			if err := d.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			f := d.Files[0]
			all := reference(t, path, f.Stream, fitW, fitH)
			for _, numbers := range [][]int{{0}, {7, 8, 31}, {3, 70, 71, len(all) - 1}} {
				var wanted []frame.Instant
				var want []picture
				for _, i := range numbers {
					p := all[i]
					p.at = f.Base.Seconds(p.pts - f.Start)
					at, ok := d.Nearest(p.at + time.Millisecond)
					if !ok || at.PTS != p.pts {
						t.Fatalf("picture %d at %v: nearest is %+v, want pts %d", i, p.at, at, p.pts)
					}
					wanted, want = append(wanted, at), append(want, p)
				}
				got, gaps := exactly(t, d, wanted)
				same(t, got, want)
				if len(gaps) > 0 {
					t.Errorf("gaps %v", gaps)
				}
			}
			if at, ok := d.Nearest(f.Duration + time.Second); ok {
				t.Errorf("a picture after the end: %v", at)
			}
		})
	}
}

// exactly reads the wanted pictures.
func exactly(t *testing.T, d *Deployment, wanted []frame.Instant) (got []picture, gaps []frame.Gap) {
	t.Helper()
	plan, err := d.PlanExact(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	gaps = plan.Gaps
	for _, seg := range plan.Segments {
		r := d.Read(t.Context(), seg, within(fitW, fitH))
		for f, err := range r.Frames() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, picture{pts: f.PTS, at: f.Time, pix: bytes.Clone(f.Pix)})
		}
		gaps = append(gaps, r.Gaps()...)
	}
	return got, gaps
}

// A file that lacks its second half gives what it has; the rest is a gap by name.
func TestExactCutOff(t *testing.T) {
	path := clip(t, "h264-gop15.mp4", kinds[0].args...)
	fast := clip(t, "h264-front.mp4", []string{"-i", path, "-c", "copy", "-movflags", "+faststart"})
	b, err := os.ReadFile(fast)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.mp4")
	if err := os.WriteFile(cut, b[:len(b)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	d := open(t, cut)
	var wanted []frame.Instant
	for _, at := range []time.Duration{500 * time.Millisecond, 4500 * time.Millisecond} {
		i, _ := d.Nearest(at)
		wanted = append(wanted, i)
	}
	got, gaps := exactly(t, d, wanted)
	if len(got) != 1 || got[0].at != 500*time.Millisecond || len(gaps) != 1 || gaps[0].From != 4500*time.Millisecond {
		t.Errorf("%d pictures, gaps %v", len(got), gaps)
	}
}
