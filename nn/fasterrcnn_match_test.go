package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/frame"
)

var strict = Stage{Samples: 8, Positive: 0.5, Foreground: 0.7, Background: 0.3}

func boxes(list ...[4]float32) (out []float32) {
	for _, b := range list {
		out = append(out, b[:]...)
	}
	return out
}

func TestMatchByHand(t *testing.T) {
	truth := examples{boxes: []frame.Box{{X1: 10, Y1: 10}, {X0: 20, Y0: 0, X1: 60, Y1: 40}}}
	list := boxes(
		[4]float32{0, 0, 10, 12},  // 100/120 of the first
		[4]float32{0, 0, 10, 20},  // 100/200
		[4]float32{5, 5, 15, 15},  // 25/175
		[4]float32{20, 0, 60, 16}, // 640/1600 of the second: 0.4, the most there is
		[4]float32{24, 0, 60, 10}, // 360/1600: 0.225
	)
	if got := strict.match(list, truth, false); !slices.Equal(got, []int{0, neither, background, neither, background}) {
		t.Errorf("%v", got)
	}
	if got := strict.match(list, truth, true); !slices.Equal(got, []int{0, neither, background, 1, background}) {
		t.Errorf("with at least one each: %v", got)
	}

	// At the thresholds: 70 and 30 of 100.
	square := examples{boxes: []frame.Box{{X1: 10, Y1: 10}}}
	if got := strict.match(boxes([4]float32{0, 0, 10, 7}, [4]float32{0, 0, 10, 3}), square, false); !slices.Equal(got, []int{0, neither}) {
		t.Errorf("at the thresholds: %v", got)
	}

	// Three boxes cover a small truth equally; the middle one has the nearer centre.
	small := examples{boxes: []frame.Box{{X0: 18, Y0: 18, X1: 22, Y1: 22}}}
	cover := boxes([4]float32{0, 0, 32, 32}, [4]float32{8, 8, 40, 40}, [4]float32{4, 4, 36, 36})
	if got := strict.match(cover, small, true); !slices.Equal(got, []int{background, background, 0}) {
		t.Errorf("of equals: %v", got)
	}

	// One box is the best of two truths: it shows the one that it overlaps more.
	two := examples{boxes: []frame.Box{{X1: 10, Y1: 4}, {X1: 10, Y1: 6}}}
	if got := strict.match(boxes([4]float32{0, 0, 10, 10}), two, true); !slices.Equal(got, []int{1}) {
		t.Errorf("the best of two: %v", got)
	}
	two.boxes[0], two.boxes[1] = two.boxes[1], two.boxes[0]
	if got := strict.match(boxes([4]float32{0, 0, 10, 10}), two, true); !slices.Equal(got, []int{0}) {
		t.Errorf("the best of two, otherwise round: %v", got)
	}

	// A truth that no box touches has no example; without truth all is background.
	far := examples{boxes: []frame.Box{{X0: 90, Y0: 90, X1: 95, Y1: 95}}}
	if got := strict.match(list, far, true); !slices.Equal(got, []int{-1, -1, -1, -1, -1}) {
		t.Errorf("nothing near: %v", got)
	}
	if got := strict.match(list, examples{}, true); !slices.Equal(got, []int{-1, -1, -1, -1, -1}) {
		t.Errorf("no truth: %v", got)
	}
}

// Of a box of 10 × 10, 29 hundredths lie in an ignored one: background; 30: neither.
// A box that shows a truth stays what it is.
func TestIgnoredIsNeither(t *testing.T) {
	e := examples{boxes: []frame.Box{{X0: 50, X1: 60, Y1: 10}}, ignored: []frame.Box{{X0: 7, Y0: 0, X1: 100, Y1: 100}}}
	list := boxes([4]float32{0, 0, 10, 10}, [4]float32{-0.1, 0, 9.9, 10}, [4]float32{50, 0, 60, 9}, [4]float32{80, 80, 85, 85})
	if got := strict.match(list, e, true); !slices.Equal(got, []int{neither, background, 0, neither}) {
		t.Errorf("%v", got)
	}
}

func TestSampling(t *testing.T) {
	matches := make([]int, 200)
	for i := range matches {
		matches[i] = background
		if i%10 == 0 {
			matches[i] = neither
		}
	}
	matches[3], matches[5] = 0, 1
	rng := rand.New(rand.NewPCG(1, 1))
	drawn := map[int]int{}
	for range 2000 {
		got := strict.sample(matches, rng)
		if len(got) != 8 || !slices.Contains(got[:2], 3) || !slices.Contains(got[:2], 5) {
			t.Fatalf("both of what shows a truth and 6 of background: %v", got)
		}
		for _, i := range got[2:] {
			if matches[i] != background {
				t.Fatalf("%d is %d", i, matches[i])
			}
			drawn[i]++
		}
		if slices.Sort(got); len(slices.Compact(got)) != 8 {
			t.Fatal("one was drawn twice")
		}
	}
	// 2000·6/178 = 67 times each; a standard deviation is 8.
	for i, n := range drawn {
		if len(drawn) != 178 || n < 30 || n > 110 {
			t.Errorf("%d of 178 drawn, number %d %d times", len(drawn), i, n)
		}
	}
	for i := range 100 {
		matches[i] = 0
	}
	got := strict.sample(matches, rng)
	if n := len(got); n != 8 || matches[got[3]] != 0 || matches[got[4]] != background {
		t.Errorf("half of 8 show a truth: %v", got)
	}
	a := strict.sample(matches, rand.New(rand.NewPCG(5, 5)))
	if b := strict.sample(matches, rand.New(rand.NewPCG(5, 5))); !slices.Equal(a, b) {
		t.Errorf("the same draw gives %v and %v", a, b)
	}
	if got := strict.sample([]int{neither, 0, background}, rng); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("all there are: %v", got)
	}
}

func TestDeltasRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	random := func() frame.Box {
		x, y := rng.Float64()*100, rng.Float64()*100
		return frame.Box{X0: x, Y0: y, X1: x + 1 + rng.Float64()*50, Y1: y + 1 + rng.Float64()*50}
	}
	for _, scale := range [][4]float64{{1, 1, 1, 1}, {10, 10, 5, 5}} {
		d := Stage{Scale: scale}.deltas()
		for range 1000 {
			from, box := random(), random()
			var deltas [4]float32
			for k, v := range d.encode(from, box) {
				deltas[k] = float32(v)
			}
			anchor := []float32{float32(from.X0), float32(from.Y0), float32(from.X1), float32(from.Y1)}
			got := d.decode(anchor, deltas[:])
			for k, want := range [4]float64{box.X0, box.Y0, box.X1, box.Y1} {
				if math.Abs(float64(got[k])-want) > 1e-3 {
					t.Fatalf("%v from %v comes back as %v", box, from, got)
				}
			}
		}
	}
}

func TestLearnable(t *testing.T) {
	e, err := learnable([]Truth{
		{Box: frame.Box{X0: -5, Y0: 5, X1: 10, Y1: 10}, Class: 1},
		{Box: frame.Box{X0: 99.5, Y0: 5, X1: 120, Y1: 10}},           // half a pixel of it is in
		{Box: frame.Box{X0: 110, Y0: 5, X1: 120, Y1: 10}},            // outside
		{Box: frame.Box{X1: 50, Y1: 50}, Class: -1, Ignore: true},    // of no class that is learned
		{Box: frame.Box{X0: 20, Y0: 20, X1: 30, Y1: 90}, Class: 0},   // below the edge
		{Box: frame.Box{X0: 40, Y0: 20, X1: 30, Y1: 40}, Class: 0},   // inverted
		{Box: frame.Box{X0: 40, Y0: 20, X1: 40.5, Y1: 40}, Class: 0}, // half a pixel wide
	}, 2, 100, 50)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.boxes, []frame.Box{{X0: 0, Y0: 5, X1: 10, Y1: 10}, {X0: 20, Y0: 20, X1: 30, Y1: 50}}) || !slices.Equal(e.classes, []int{1, 0}) || len(e.ignored) != 3 {
		t.Errorf("%+v", e)
	}
	for _, bad := range []Truth{{Class: 2, Box: frame.Box{X1: 5, Y1: 5}}, {Class: -1, Box: frame.Box{X1: 5, Y1: 5}}, {Box: frame.Box{X1: math.NaN(), Y1: 5}}} {
		if _, err := learnable([]Truth{bad}, 2, 100, 50); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
