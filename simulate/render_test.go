package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// small is a survey that is quick to draw: one short station with many animals.
func small() Options {
	o := Defaults()
	o.Seed, o.Deployments, o.W, o.H, o.Rate = 11, 1, 160, 90, frame.Rational{Num: 3, Den: 1}
	o.Duration, o.Settle, o.Chapter, o.Sharks, o.Context = 36*time.Second, 8*time.Second, 30*time.Second, Range{2, 3}, Range{1, 1}
	return o
}

func planOne(t testing.TB, o Options) *Deployment {
	t.Helper()
	plan, err := Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	return plan[0]
}

// busy is the frame of a deployment that shows most animals, of those looked at.
func busy(t testing.TB, d *Deployment) int {
	t.Helper()
	s := d.made()
	c := s.canvas()
	best, most := 0, -1
	for n := d.frameAt(d.Settle); n < d.Frames; n += 4 {
		seen := 0
		for _, f := range s.draw(c, n, nil, nil) {
			if f.seen() && f.contrast > 0.1 {
				seen++
			}
		}
		if seen > most {
			best, most = n, seen
		}
	}
	if most < 3 {
		t.Fatalf("at most %d animals are seen together: choose another seed", most)
	}
	return best
}

// The same pictures come of one worker and of four, one frame at a time and in a row.
func TestSamePixels(t *testing.T) {
	o := small()
	o.W, o.H, o.Duration, o.Settle, o.Chapter = 96, 64, 4*time.Second, 2*time.Second, time.Minute
	var runs [2][][]byte
	for i, workers := range []int{1, 4} {
		before := runtime.GOMAXPROCS(workers)
		d := planOne(t, o)
		for pix, err := range d.pictures(t.Context(), d.Chapters[0]) {
			if err != nil {
				t.Fatal(err)
			}
			runs[i] = append(runs[i], bytes.Clone(pix))
		}
		runtime.GOMAXPROCS(before)
	}
	if len(runs[0]) != 12 || len(runs[1]) != 12 {
		t.Fatalf("%d and %d frames", len(runs[0]), len(runs[1]))
	}
	alone := planOne(t, o)
	pix := make([]byte, 3*96*64)
	for n := range runs[0] {
		if !bytes.Equal(runs[0][n], runs[1][n]) {
			t.Errorf("frame %d differs between one worker and four", n)
		}
		if n%6 != 0 {
			continue
		}
		if err := alone.Render(t.Context(), n, pix); err != nil || !bytes.Equal(pix, runs[0][n]) {
			t.Errorf("frame %d alone differs (%v)", n, err)
		}
	}
}

// With an animal taken away, the picture changes within its box and out to all of its sides.
func TestBoxesArePixels(t *testing.T) {
	d := planOne(t, small())
	s := d.made()
	c := s.canvas()
	with, without := make([]byte, 3*d.W*d.H), make([]byte, 3*d.W*d.H)
	number := busy(t, d)
	checked := 0
	for _, f := range s.draw(c, number, with, nil) {
		if !f.seen() {
			continue
		}
		s.draw(c, number, without, map[int]bool{f.animal: true})
		x0, y0, x1, y1 := d.W, d.H, -1, -1
		for i := range with {
			if with[i] != without[i] {
				x, y := i/3%d.W, i/3/d.W
				x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
			}
		}
		// the softness of the picture carries a change two pixels further
		got := fmt.Sprintf("%s: pixels from %d,%d to %d,%d, box %v", s.kinds[s.animals[f.animal].kind].taxon.Name, x0, y0, x1, y1, f.box)
		if float64(x0) < f.box.X0-2 || float64(y0) < f.box.Y0-2 || float64(x1) >= f.box.X1+2 || float64(y1) >= f.box.Y1+2 {
			t.Error("outside the box, ", got)
		}
		if f.contrast > 0.1 && (float64(x0) > f.box.X0+1 || float64(y0) > f.box.Y0+1 || float64(x1) < f.box.X1-2 || float64(y1) < f.box.Y1-2) {
			t.Error("short of a side, ", got)
		}
		checked++
	}
	if checked < 3 {
		t.Errorf("%d animals were checked", checked)
	}
}

// What is told without pixels is what is told with them.
func TestTruthNeedsNoPixels(t *testing.T) {
	d := planOne(t, small())
	s := d.made()
	a, b := s.canvas(), s.canvas()
	pix := make([]byte, 3*d.W*d.H)
	for n := 0; n < d.Frames; n += 23 {
		drawn, told := s.draw(a, n, pix, nil), s.draw(b, n, nil, nil)
		if fmt.Sprint(drawn) != fmt.Sprint(told) {
			t.Errorf("frame %d: drawn %v, told %v", n, drawn, told)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	d := planOne(t, small())
	pix := make([]byte, 3*d.W*d.H)
	for _, c := range []struct {
		n    int
		pix  []byte
		want string
	}{{-1, pix, "no frame"}, {d.Frames, pix, "no frame"}, {0, pix[1:], "bytes"}} {
		if err := d.Render(t.Context(), c.n, c.pix); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("frame %d: %v, want %q", c.n, err, c.want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := d.Render(ctx, 0, pix); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A place that the lens shows somewhere lies in the direction that it sees there.
func TestLens(t *testing.T) {
	l := newLens(640, 360, 95*math.Pi/180)
	for _, p := range []vec{{0, 0, 1}, {1, 0.2, 2}, {-3, 1, 4}, {0.1, -2, 3}, {2, 2, 1}} {
		x, y, ok := l.project(p)
		if d := l.ray(x, y).sub(p.unit()).len(); !ok || d > 1e-9 {
			t.Errorf("%v falls on %.2f,%.2f, where one looks along %v", p, x, y, l.ray(x, y))
		}
	}
	if x, _, _ := l.project(vec{math.Tan(47.5 * math.Pi / 180), 0, 1}); math.Abs(x-640) > 1e-6 {
		t.Errorf("half the field of view ends at %v", x)
	}
	if _, _, ok := l.project(vec{0, 0, -1}); ok {
		t.Error("it sees what is behind")
	}
}

// Light falls as Beer and Lambert say, red first; the waves only move light about.
func TestWater(t *testing.T) {
	w := newWater(3, 8, 0.2)
	a, b := w.through(2), w.through(4)
	if math.Abs(a.y*a.y-b.y) > 1e-12 || b.x >= b.y {
		t.Errorf("%v over 2 m, %v over 4 m", a, b)
	}
	if murky := newWater(3, 8, 0.9); murky.c.y <= w.c.y {
		t.Errorf("turbid water takes %v, clear %v", murky.c, w.c)
	}
	sum := 0.0
	for _, v := range newRipples(&w, 12.3) {
		sum += float64(v)
	}
	if mean := sum / (rippleSize * rippleSize); math.Abs(mean-1) > 1e-3 {
		t.Errorf("the waves leave %v of the light", mean)
	}
}

// A body keeps its length however it bends, and no step of any path is a jump.
func TestSwimming(t *testing.T) {
	for _, turning := range []float64{0, 0.5, -2} {
		axis := sharkGait.bent(stance{turning: turning, speed: 0.8, phase: 0.3, effort: 1}, 1.5)
		long := 0.0
		for i := 1; i < joints; i++ {
			long += axis[i].at.sub(axis[i-1].at).len()
		}
		if math.Abs(long-1.5) > 0.01 {
			t.Errorf("turning by %v it is %v m long", turning, long)
		}
	}
	d := planOne(t, small())
	s := d.made()
	for i := range s.animals {
		a := &s.animals[i]
		for _, v := range a.visits {
			for k := 1; k < len(v.stances); k++ {
				p, q := v.stances[k-1], v.stances[k]
				if step := q.at.sub(p.at).len(); step > pathStep*4 {
					t.Errorf("%s jumps %v m at %v s", s.kinds[a.kind].taxon.Common, step, v.from+float64(k)*pathStep)
					break
				}
				if turn := math.Abs(wrapAngle(q.yaw - p.yaw)); turn > 1.5 {
					t.Errorf("%s spins by %v at %v s", s.kinds[a.kind].taxon.Common, turn, v.from+float64(k)*pathStep)
					break
				}
				if q.at.y < s.bed.height(q.at.x, q.at.z)-0.02 {
					t.Errorf("%s is in the bed at %v", s.kinds[a.kind].taxon.Common, q.at)
					break
				}
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1280, 720}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			o := Defaults()
			o.W, o.H = size[0], size[1]
			d := planOne(b, o)
			s := d.made()
			s.still()
			c := s.canvas()
			pix := make([]byte, 3*d.W*d.H)
			number := d.frameAt(d.Settle)
			for b.Loop() {
				s.draw(c, number, pix, nil)
				if number += 11; number >= d.Frames {
					number = d.frameAt(d.Settle)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
