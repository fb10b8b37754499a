package video

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"requin/frame"
)

// second is one picture a second.
var second = frame.Sampling{Every: time.Second}

// indexFile makes a file of nothing but an index, in milliseconds.
func indexFile(start int64, duration time.Duration, packets ...Packet) *File {
	f := &File{Path: "dive.mp4", Container: "mkv", Codec: "h264", Base: frame.Rational{Num: 1, Den: 1000}, Start: start}
	f.sortPackets(packets)
	f.setPackets(packets)
	if duration > 0 {
		f.Duration = duration
	}
	return f
}

// steady are n packets, each step milliseconds long, with a key frame every gop.
func steady(start int64, n, gop int, step int64) []Packet {
	out := make([]Packet, n)
	for i := range out {
		out[i] = Packet{PTS: start + int64(i)*step, Duration: step, Pos: int64(i), Key: i%gop == 0}
	}
	return out
}

func TestKnownGaps(t *testing.T) {
	uneven := steady(0, 300, 15, 40)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range uneven { // 8 to 25 frames/s, as river cameras do
		uneven[i].PTS += rng.Int64N(35)
	}
	paused := append(steady(0, 100, 10, 40), steady(9000, 100, 10, 40)...)
	cut := steady(0, 250, 10, 40)
	for i := 150; i < 250; i++ {
		cut[i].Missing = true
	}
	twice := append(steady(0, 100, 10, 40), steady(1000, 1, 1, 40)...)
	for _, c := range []struct {
		name string
		file *File
		want []frame.Gap
	}{
		{"steady", indexFile(0, 0, steady(0, 250, 10, 40)...), nil},
		{"uneven", indexFile(0, 0, uneven...), nil},
		{"a picture every 5 s", indexFile(0, 0, steady(0, 20, 1, 5000)...), nil},
		{"a single picture", indexFile(0, 0, steady(0, 1, 1, 40)...), nil},
		{"a single picture without duration", indexFile(0, 0, Packet{Key: true}), nil},
		{"negative times", indexFile(-3000, 0, steady(-3000, 100, 10, 40)...), nil},
		{"beyond 26 hours", indexFile(100_000_000, 0, steady(100_000_000, 100, 10, 40)...), nil},
		{"a time stamp twice", indexFile(0, 0, twice...), nil},
		{"a pause", indexFile(0, 0, paused...), []frame.Gap{{From: 4025 * time.Millisecond, To: 9 * time.Second}}},
		{"cut off", indexFile(0, 0, cut...), []frame.Gap{{From: 6 * time.Second, To: 10 * time.Second}}},
		{"promises more", indexFile(0, 20*time.Second, steady(0, 250, 10, 40)...), []frame.Gap{{From: 10 * time.Second, To: 20 * time.Second}}},
	} {
		d := Join(c.file)
		plan, err := d.plan(t.Context(), second, 2*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		near := func(a, b frame.Gap) bool {
			return (a.From-b.From).Abs() < 40*time.Millisecond && (a.To-b.To).Abs() < 40*time.Millisecond && a.Reason != ""
		}
		if !slices.EqualFunc(plan.Gaps, c.want, near) {
			t.Errorf("%s: gaps %v, want %v", c.name, plan.Gaps, c.want)
		}
		if plan.Expected == 0 {
			t.Errorf("%s: nothing to look at", c.name)
		}
	}
}

// Segments lie end to end, hold each pick once, and are the same whatever was read before.
func TestSegments(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 200 {
		a := indexFile(0, 0, steady(0, 1+rng.IntN(600), 1+rng.IntN(60), 1+rng.Int64N(80))...)
		b := indexFile(500, 0, steady(500, 1+rng.IntN(600), 1+rng.IntN(60), 1+rng.Int64N(80))...)
		d := Join(a, b)
		s := frame.Sampling{Every: time.Duration(1+rng.IntN(2000)) * time.Millisecond}
		if rng.IntN(2) == 0 {
			s.Period = frame.Period{From: time.Duration(rng.IntN(9000)) * time.Millisecond, To: 20 * time.Second}
		}
		plan, err := d.plan(t.Context(), s, time.Duration(1+rng.IntN(8000))*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		last, n := int64(-1), 0
		var end time.Duration
		for _, seg := range plan.Segments {
			if seg.From < end-time.Microsecond || seg.To < seg.From {
				t.Fatalf("a segment of %v to %v after %v", seg.From, seg.To, end)
			}
			end = seg.To
			for _, p := range seg.picks {
				at := d.Time(seg.Chapter, d.Files[seg.Chapter].packets[p.packet].PTS)
				if p.cell <= last || s.Cell(at) != p.cell || at < seg.From || !s.Period.Contains(at) {
					t.Fatalf("pick of cell %d after %d, at %v in a segment from %v", p.cell, last, at, seg.From)
				}
				last = p.cell
			}
			n += seg.Expected()
		}
		if n != plan.Expected {
			t.Fatalf("%d in segments, %d expected", n, plan.Expected)
		}
	}
}

// Key frames alone are read only where none is missed for more than an interval.
func TestMode(t *testing.T) {
	for _, c := range []struct {
		gop  int
		want Mode
	}{{25, KeyFrames}, {26, AllFrames}, {1, KeyFrames}, {250, AllFrames}} {
		if got := indexFile(0, 0, steady(0, 500, c.gop, 40)...).mode(time.Second); got != c.want {
			t.Errorf("a key frame every %d pictures: %s", c.gop, got)
		}
	}
	late := steady(0, 100, 10, 40)
	for i := range 40 {
		late[i].Key = false
	}
	if got := indexFile(0, 0, late...).mode(time.Second); got != AllFrames {
		t.Errorf("no key frame at the start: %s", got)
	}
}

// Real clips are sound: whatever their decoders mutter, they have no gaps, and give the pictures of a plain decode.
func TestRealClips(t *testing.T) {
	for _, pattern := range []string{"tank_fish_voc/tank.mp4", "river_counter/*.mp4", "deepfish/clips/*.mp4"} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			needFFmpeg(t)
			paths, err := filepath.Glob(filepath.Join(data(t, filepath.Dir(pattern)), filepath.Base(pattern)))
			if err != nil || len(paths) == 0 {
				t.Fatal("no clips", err)
			}
			for _, path := range paths {
				d := open(t, path)
				f := d.Files[0]
				all := reference(t, path, f.Stream, 64, 36)
				for _, s := range []frame.Sampling{second, {Every: 200 * time.Millisecond}} {
					got := watch(t, d, s, 4*time.Second, 64, 36)
					want := sampled(all, f.Base, f.Start, s, f.mode(s.Every) != AllFrames)
					w, h := within(64, 36)(f.W, f.H)
					if w == 64 && h == 36 {
						same(t, got.pictures, want)
					} else if len(got.pictures) != len(want) {
						t.Errorf("%d pictures, want %d", len(got.pictures), len(want))
					}
					if len(got.gaps) > 0 || t.Failed() {
						t.Fatalf("%s every %v: gaps %v", fmt.Sprint(filepath.Base(path)), s.Every, got.gaps)
					}
				}
			}
		})
	}
}
