package uncertainty

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSeveralWorkedExample(t *testing.T) {
	risks := []float64{0.03, 0.001, 0.04, 0.004, 0.01}
	for _, x := range []struct{ limit, want float64 }{{0.1, 0.03}, {0.4, 0.04}, {0.01, 0.004}, {0.001, -1}} {
		if got := Several(risks, x.limit); got != x.want {
			t.Errorf("at %v: %v, not %v", x.limit, got, x.want)
		}
	}
	if got := Several([]float64{0.03, 0.03, 0.01}, 0.1); got != 0.01 {
		t.Errorf("of two alike of which one has room both fall: %v", got)
	}
	if got := Several(nil, 0.05); got != -1 {
		t.Errorf("of none: %v", got)
	}
	if got := Several([]float64{0, 0, 0.2}, 0.05); got != 0 {
		t.Errorf("what bears no risk stands: %v", got)
	}
}

// What stands adds up to no more than the limit, does not depend on the order, and no larger set would fit.
func TestSeveralIsTheLargestSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 1))
	for range 2000 {
		risks := make([]float64, rng.IntN(40))
		for i := range risks {
			risks[i] = float64(rng.IntN(200)) / 4000 // with ties
		}
		limit := rng.Float64() * 0.2
		most := Several(risks, limit)
		sorted := slices.Sorted(slices.Values(risks))
		sum, n := 0.0, 0
		for _, r := range sorted {
			if r <= most {
				sum += r
				n++
			}
		}
		if sum > Share*limit {
			t.Fatalf("%v at %v: what stands adds up to %v", risks, limit, sum)
		}
		if n < len(sorted) { // the next, with all that are like it, does not fit
			next := sorted[n]
			for _, r := range sorted[n:] {
				if r == next {
					sum += r
				}
			}
			if sum <= Share*limit {
				t.Fatalf("%v at %v: %v would stand as well", risks, limit, next)
			}
		}
		rng.Shuffle(len(risks), func(i, j int) { risks[i], risks[j] = risks[j], risks[i] })
		if again := Several(risks, limit); again != most {
			t.Fatalf("in another order %v, not %v", again, most)
		}
		if n > 0 && most > Share*limit {
			t.Fatalf("a certificate with the risk %v stands at %v", most, limit)
		}
	}
}

func TestFinest(t *testing.T) {
	for _, x := range []struct {
		n           int
		limit, want float64
	}{{3, 0.08, 0.01}, {4, 0.08, 0.01}, {5, 0.08, 0.005}, {0, 0.08, 0.04}, {9, 0, 0}} {
		if got := Finest(x.n, x.limit); got != x.want {
			t.Errorf("%d certificates at %v: %v, not %v", x.n, x.limit, got, x.want)
		}
	}
}

// several is a deployment of ten minutes with one animal that was confirmed, and looks.
func several() Observations {
	a := Prior()
	a.Deployments, a.Animals, a.Arrivals, a.Recall, a.Between, a.Beside = 20, 200, 150, 0.9, 0.3, 0.05
	d := Observations{Frames: 600, Every: 1, Detectability: a, Seed: 1}
	at := []int{100, 101, 102, 103, 104, 105, 106, 107}
	d.Candidates = []Candidate{{ID: 1, Real: 0.99, Traits: Traits{Odds: 4, Points: 8}, Said: Animal, Frames: at}}
	for t := 20; t < 600; t += 3 {
		n := 0
		if t >= 100 && t < 108 {
			n = 1
		}
		d.Looks = append(d.Looks, Look{Frame: t, N: n})
	}
	return d
}

// A risk that a survey's limit is to be shared by is told to a fifth, or to a fifth of the finest share; a small limit of its own is, too.
func TestDrawsResolveSmallRisks(t *testing.T) {
	d := several()
	usual := d.Posterior(0.05)
	d.Finest = Finest(120, 0.05)
	fine := d.Posterior(0.05)
	if usual.Draws > mostSamples || fine.Draws <= usual.Draws || fine.Draws > utmostSamples {
		t.Errorf("%d draws, and %d where it is to be shared", usual.Draws, fine.Draws)
	}
	if fine.Draws < utmostSamples && fine.Error > max(fine.Risk, d.Finest)/apart {
		t.Errorf("a risk of %v is known to %v after %d draws", fine.Risk, fine.Error, fine.Draws)
	}
	if n := mostDraws(0.05, 0); n != mostSamples {
		t.Errorf("at most %d draws as a rule", n)
	}
	if n := mostDraws(0.001, 0); n != 25_000 {
		t.Errorf("at most %d draws for a limit of 0.001: the standard error is to be under a fifth of it", n)
	}
	if n := mostDraws(0.00001, 0); n != utmostSamples {
		t.Errorf("at most %d draws", n)
	}
}

// Where a survey's limit is asked, a certified one still says where to look: its risk is to be lowered on.
func TestSuggestsOnForASurvey(t *testing.T) {
	d := several()
	if a := d.Posterior(0.05); !a.Certified || len(a.Next) > 0 {
		t.Fatalf("certified %v, with %d frames to look at", a.Certified, len(a.Next))
	}
	d.Finest = Finest(40, 0.05)
	a := d.Posterior(0.05)
	if !a.Certified || a.Risk == 0 || len(a.Next) == 0 || a.Next[0].Gain <= 0 || a.Next[0].Gain > a.Risk {
		t.Errorf("certified %v at a risk of %v, next %+v", a.Certified, a.Risk, a.Next)
	}
}
