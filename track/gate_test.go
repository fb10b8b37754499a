package track

import (
	"math"
	"testing"
)

// TestSpeedGate: nothing is faster than MaxSpeed, whatever the motion model thinks.
func TestSpeedGate(t *testing.T) {
	cfg := Default()
	cfg.CruiseSpeed = 50
	from := box(0, 0, 100, 1) // 100 px long, near enough
	for _, c := range []struct {
		gap, x float64
		reach  bool
	}{{1, 540, true}, {1, 560, false}, {0.2, 145, true}, {0.2, 160, false}} {
		m := cfg.after(cfg.begin(from), c.gap)
		cost := cfg.cost(m, from, c.gap, scoreboard{{"A", 1}}, det("A", 0.9, box(c.x, 0, 100, 1)))
		if math.IsInf(cost, 1) == c.reach {
			t.Errorf("%v px in %v s at up to 5 bl/s and half a length: cost %v", c.x, c.gap, cost)
		}
	}
}

// TestWeakNeedsMore: where a strong detection is only just taken for the
// track's animal, a weak one is not.
func TestWeakNeedsMore(t *testing.T) {
	cfg := whole()
	from := box(0, 0, 100, 30)
	m := cfg.after(cfg.begin(from), 1)
	names := scoreboard{{"A", 0.9}}
	limit := -math.Log(cfg.LowOdds)
	x := 0.0
	for cfg.cost(m, from, 1, names, det("A", 0.9, box(x, 0, 100, 30))) < limit {
		x++
	}
	first, edge := at(0, det("A", 0.9, from)), box(x, 0, 100, 30)
	if got := run(cfg, first, at(1, det("A", 0.6, edge))); len(got) != 1 || len(got[0].Points) != 2 {
		t.Errorf("%v px away the strong one should continue the track: tracks of %v points", x, lengths(got))
	}
	if got := run(cfg, first, at(1, det("A", 0.4, edge))); len(got) != 1 || len(got[0].Points) != 1 {
		t.Errorf("%v px away the weak one should not: tracks of %v points", x, lengths(got))
	}
	if got := run(cfg, first, at(1, det("A", 0.4, box(x-5, 0, 100, 30)))); len(got) != 1 || len(got[0].Points) != 2 {
		t.Errorf("%v px away the weak one should: tracks of %v points", x-5, lengths(got))
	}
}
