package frame

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBox(t *testing.T) {
	b := Box{10, 20, 40, 60}
	if b.W() != 30 || b.H() != 40 || b.Area() != 1200 {
		t.Errorf("%v: %v by %v, area %v", b, b.W(), b.H(), b.Area())
	}
	if x, y := b.Center(); x != 25 || y != 40 {
		t.Errorf("centre %v %v", x, y)
	}
	if got := b.Clip(30, 100); got != (Box{10, 20, 30, 60}) {
		t.Errorf("clipped to %v", got)
	}
	if got := (Box{-5, -5, -1, -1}).Clip(30, 30); got.Area() != 0 {
		t.Errorf("a box outside clips to %v", got)
	}
	if (Box{40, 60, 10, 20}).Area() != 0 {
		t.Error("an inverted box has an area")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if (Box{0, bad, 1, 1}).Finite() {
			t.Errorf("%v passes for finite", bad)
		}
	}
	if (Box{math.Inf(1), 0, math.Inf(-1), 1}).Finite() || !b.Finite() {
		t.Error("Finite")
	}
}

func TestIoUWorked(t *testing.T) {
	a := Box{0, 0, 10, 10}
	for _, c := range []struct {
		b    Box
		want float64
	}{
		{a, 1},
		{Box{5, 0, 15, 10}, 1.0 / 3},
		{Box{0, 0, 5, 5}, 0.25},
		{Box{10, 0, 20, 10}, 0},
		{Box{}, 0},
		{Box{10, 10, 0, 0}, 0},
	} {
		if got := IoU(a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("IoU(%v, %v) = %v, want %v", a, c.b, got, c.want)
		}
	}
	if IoU(Box{}, Box{}) != 0 {
		t.Error("two empty boxes overlap")
	}
}

// What holds of any two boxes: the order does not matter, moving both changes
// nothing, it lies in 0 to 1, and equals what counting pixels gives.
func TestIoUProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() Box {
		x, y := rng.IntN(20), rng.IntN(20)
		return Box{float64(x), float64(y), float64(x + rng.IntN(12)), float64(y + rng.IntN(12))}
	}
	for range 2000 {
		a, b := random(), random()
		got := IoU(a, b)
		if got != IoU(b, a) || got < 0 || got > 1 {
			t.Fatalf("IoU(%v, %v) = %v, turned round %v", a, b, got, IoU(b, a))
		}
		shift := func(b Box) Box { return Box{b.X0 + 7, b.Y0 - 3, b.X1 + 7, b.Y1 - 3} }
		if moved := IoU(shift(a), shift(b)); math.Abs(moved-got) > 1e-12 {
			t.Fatalf("IoU(%v, %v) = %v, moved %v", a, b, got, moved)
		}
		if a.Area() > 0 && IoU(a, a) != 1 {
			t.Fatalf("IoU(%v, itself) = %v", a, IoU(a, a))
		}
		both, any := 0, 0
		for x := 0.5; x < 32; x++ {
			for y := 0.5; y < 32; y++ {
				inA, inB := x > a.X0 && x < a.X1 && y > a.Y0 && y < a.Y1, x > b.X0 && x < b.X1 && y > b.Y0 && y < b.Y1
				if inA && inB {
					both++
				}
				if inA || inB {
					any++
				}
			}
		}
		if want := float64(both) / math.Max(float64(any), 1); math.Abs(got-want) > 1e-12 {
			t.Fatalf("IoU(%v, %v) = %v, pixels say %v", a, b, got, want)
		}
		if c := a.Clip(15, 15); c.X0 < 0 || c.Y0 < 0 || c.X1 > 15 || c.Y1 > 15 || c.Area() > a.Area() {
			t.Fatalf("%v clips to %v", a, c)
		}
	}
}

// Ticks become the nearest nanosecond, exactly, as far as a duration reaches.
func TestRationalSeconds(t *testing.T) {
	for _, c := range []struct {
		base  Rational
		ticks int64
		want  time.Duration
	}{
		{Rational{1, 30}, 1, 33333333},
		{Rational{1, 30}, 2, 66666667},
		{Rational{1001, 30000}, 30000, 1001 * time.Second},
		{Rational{1, 2_000_000_000}, 1, 1}, // half a nanosecond, away from zero
		{Rational{1, 2_000_000_000}, -1, -1},
		{Rational{1, 90000}, 1 << 33, 95443717688889},
		{Rational{1, 0}, 5, 0},
		{Rational{}, 5, 0},
		{Rational{5, 1}, -3, -15 * time.Second},
	} {
		if got := c.base.Seconds(c.ticks); got != c.want {
			t.Errorf("%d ticks of %v = %d, want %d", c.ticks, c.base, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	half := big.NewRat(1, 2)
	for range 5000 {
		base := Rational{1 + rng.Int64N(2000), 1 + rng.Int64N(100000)}
		ticks := rng.Int64N(1<<36) - 1<<35
		exact := new(big.Rat).Mul(big.NewRat(base.Num, base.Den), new(big.Rat).SetInt64(ticks))
		exact.Mul(exact, new(big.Rat).SetInt64(int64(time.Second)))
		if new(big.Rat).Abs(exact).Cmp(big.NewRat(math.MaxInt64, 2)) > 0 {
			continue
		}
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(base.Seconds(ticks))))
		if off.Abs(off).Cmp(half) > 0 {
			t.Fatalf("%d ticks of %v = %v, off by %v ns", ticks, base, base.Seconds(ticks), off)
		}
	}
	if got := (Rational{1001, 30000}).String(); got != "1001/30000" {
		t.Error(got)
	}
}

func TestMergeGapsWorked(t *testing.T) {
	got := MergeGaps([]Gap{{5, 7, "c"}, {1, 3, "a"}, {2, 4, "b"}, {7, 8, "c"}, {8, 9, "d"}})
	want := []Gap{{1, 4, "a"}, {5, 8, "c"}, {8, 9, "d"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if MergeGaps(nil) != nil {
		t.Error("something came of nothing")
	}
}

// Merging changes no moment: what lay in a gap does, what did not does not. It
// is sorted, parts do not overlap, its argument is left alone, and doing it again changes nothing.
func TestMergeGapsProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	in := func(gaps []Gap, at time.Duration) bool {
		return slices.ContainsFunc(gaps, func(g Gap) bool { return at >= g.From && at < g.To })
	}
	for range 2000 {
		var gaps []Gap
		for range rng.IntN(8) {
			from := time.Duration(rng.IntN(30))
			gaps = append(gaps, Gap{from, from + time.Duration(1+rng.IntN(6)), string(rune('a' + rng.IntN(2)))})
		}
		kept := slices.Clone(gaps)
		merged := MergeGaps(gaps)
		if !slices.Equal(gaps, kept) {
			t.Fatalf("the argument changed from %v to %v", kept, gaps)
		}
		for at := range time.Duration(40) {
			if in(gaps, at) != in(merged, at) {
				t.Fatalf("%v and %v differ at %d", gaps, merged, at)
			}
		}
		for i := 1; i < len(merged); i++ {
			if merged[i].From < merged[i-1].To {
				t.Fatalf("%v overlap", merged)
			}
		}
		if !slices.Equal(MergeGaps(merged), merged) {
			t.Fatalf("%v merges to %v", merged, MergeGaps(merged))
		}
	}
}
