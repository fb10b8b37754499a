package report

import (
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/plot"
)

func sec(s float64) count.Seconds { return count.Seconds(s * float64(time.Second)) }

func steps(at ...float64) []count.Step {
	var out []count.Step
	for i := 0; i < len(at); i += 2 {
		out = append(out, count.Step{Moment: count.Moment{Time: sec(at[i])}, N: int(at[i+1])})
	}
	return out
}

// One pixel a second and ten an individual, from the bottom up.
func TestSteps(t *testing.T) {
	p := &timeline{x: plot.Scale{From: 0, To: 100, At: 0, End: 100}, y: plot.Scale{From: 0, To: 10, At: 100, End: 0}}
	for name, c := range map[string]struct {
		counts   []count.Step
		from, to float64
		want     string
	}{
		"a count":                     {steps(0, 0, 5, 2, 8, 0), 0, 10, "M0 100H5V100V80V80H8V100V80V100H10"},
		"nothing before a gap's end":  {steps(0, 3), 20, 30, "M20 70H30"},
		"the first frame comes later": {steps(0, 3, 20.3, 1), 20, 30, "M20.25 90H30"},
		"no frame at all":             {nil, 0, 10, ""},
		"first frame after the end":   {steps(40, 1), 0, 10, ""},
		"irregular frames":            {steps(0, 0, 0.9, 1, 1.8, 0, 2.7, 1), 0, 4, "M1 90H1.75V100V90V100H2.75V100V90V90H4"},
	} {
		if _, got := p.steps(c.counts, stretch{sec(c.from), sec(c.to)}, sec(1)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A peak of one frame in an hour at 25 frames a second is drawn to its height.
func TestAPeakOfOneFrameIsSeen(t *testing.T) {
	p := &timeline{x: plot.Scale{From: 0, To: 3600, At: 0, End: 900}, y: plot.Scale{From: 0, To: 10, At: 100, End: 0}}
	_, d := p.steps(steps(0, 0, 1800, 7, 1800.04, 0), stretch{0, sec(3600)}, sec(0.04))
	if !strings.Contains(d, "V30") {
		t.Errorf("the peak of 7 is not in %s", d)
	}
}

func TestLookedAt(t *testing.T) {
	gap := func(from, to float64) count.Gap { return count.Gap{Span: count.Span{From: sec(from), To: sec(to)}} }
	r := count.Result{
		Period: count.Span{From: sec(10), To: sec(100)},
		Effort: count.Effort{Gaps: []count.Gap{gap(10, 20), gap(40, 40), gap(50, 60), gap(90, 100)}},
	}
	want := []stretch{{sec(20), sec(40)}, {sec(40), sec(50)}, {sec(60), sec(90)}}
	got := lookedAt(r)
	if len(got) != len(want) {
		t.Fatalf("looked at %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("stretch %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct{ from, to float64 }{{0, 0.5}, {0, 1}, {150, 3750}, {0, 90000}, {3599.9, 3600.1}, {0, 1e7}} {
		s := plot.Scale{From: c.from, To: c.to, At: 0, End: 900}
		step := s.Step(11, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, halfDay)
		if n := len(s.Ticks(step)); n < 1 || n > 12 {
			t.Errorf("%v to %v: %d ticks of %v", c.from, c.to, n, step)
		}
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[count.Seconds]string{
		0: "0 s", sec(0.001): "less than 0.01 s", sec(0.04): "0.04 s", sec(1): "1 s", sec(9.5): "9.5 s", sec(12.4): "12 s", sec(59.7): "1 min",
		sec(250): "4 min 10 s", sec(3720): "1 h 2 min", sec(3600): "1 h",
	} {
		if got := words(s); got != want {
			t.Errorf("%v: %q, want %q", s, got, want)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 0.0001: "less than 1 %", 0.07: "7 %", 0.9999: "more than 99 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
	if got := clock(sec(3750.999)) + " " + exactClock(sec(751.0426)); got != "62:30 12:31.042" {
		t.Error(got)
	}
}
