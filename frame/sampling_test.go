package frame

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestParsePeriod(t *testing.T) {
	for _, c := range []struct {
		text string
		want Period
		ok   bool
	}{
		{"2m30s..62m30s", Period{150 * time.Second, 3750 * time.Second}, true},
		{"2m30s..", Period{From: 150 * time.Second}, true},
		{"..1h", Period{To: time.Hour}, true},
		{" 1s .. 2s ", Period{time.Second, 2 * time.Second}, true},
		{"..", Period{}, true},
		{"", Period{}, false},
		{"5m", Period{}, false},
		{"5m..2m", Period{}, false},
		{"5m..5m", Period{}, false},
		{"0s..0s", Period{}, false},
		{"-1s..5s", Period{}, false},
		{"5..10", Period{}, false},
		{"1s..2s..3s", Period{}, false},
	} {
		got, err := ParsePeriod(c.text)
		if (err == nil) != c.ok || got != c.want {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
		if err != nil {
			continue
		}
		if again, err := ParsePeriod(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q and read %v, %v", c.text, got, again, err)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2m30s..62m30s", "..", "1h..", "..x", "-1s..5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePeriod(s)
		if err != nil {
			return
		}
		if p.From < 0 || p.To < 0 || p.To > 0 && p.To <= p.From {
			t.Fatalf("%q gives %v", s, p)
		}
		if again, err := ParsePeriod(p.String()); err != nil || again != p {
			t.Fatalf("%v is read back as %v, %v", p, again, err)
		}
	})
}

func TestContains(t *testing.T) {
	p := Period{time.Second, 2 * time.Second}
	for at, want := range map[time.Duration]bool{0: false, time.Second: true, 2*time.Second - 1: true, 2 * time.Second: false} {
		if p.Contains(at) != want {
			t.Errorf("%v contains %v: %v", p, at, !want)
		}
	}
	if !(Period{}).Contains(1000*time.Hour) || (Period{}).Contains(-1) {
		t.Error("the zero period is all of the deployment")
	}
}

// The example of the doc comment.
func TestSamplingWorked(t *testing.T) {
	s := Sampling{Every: time.Second}
	var taken []time.Duration
	last := int64(-1)
	for _, at := range []time.Duration{0, 400, 800, 1200, 1600, 2000} {
		if c := s.Cell(at * time.Millisecond); c > last {
			taken = append(taken, at)
			last = c
		}
	}
	if len(taken) != 3 || taken[0] != 0 || taken[1] != 1200 || taken[2] != 2000 {
		t.Errorf("taken %v", taken)
	}
	// A picture that lies a rounding error before a cell belongs to it.
	if s.Cell(time.Second-1) != 1 || s.Cell(time.Second-2*tick) != 0 || s.Cell(-1) != 0 || s.Cell(-2*tick) != -1 {
		t.Error("rounding at the start of a cell")
	}
}

// A time lies in its cell (up to the slack), and cells do not go back.
func TestSamplingProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		s := Sampling{Every: time.Duration(1+rng.IntN(10_000)) * time.Millisecond}
		at := time.Duration(rng.Int64N(int64(30*time.Hour))) - time.Hour
		c := s.Cell(at)
		if at < s.Start(c)-tick || at >= s.Start(c+1)-tick {
			t.Fatalf("every %v: %v is in cell %d, which starts at %v", s.Every, at, c, s.Start(c))
		}
		if s.Cell(at+time.Duration(rng.Int64N(int64(time.Minute)))) < c {
			t.Fatalf("every %v: cells go back after %v", s.Every, at)
		}
		if s.Cell(s.Start(c)) != c {
			t.Fatalf("every %v: cell %d does not start in itself", s.Every, c)
		}
	}
}
