package uncertainty

import (
	"math"
	"testing"
)

func TestReaderOf(t *testing.T) {
	if r := ReaderOf(); r.Measured() || r != (Reader{}) {
		t.Errorf("nothing was looked at twice: %+v", r)
	}
	if r := ReaderOf(Reread{Added: 1}); r.Measured() {
		t.Errorf("no animal was there: %+v", r)
	}
	r := ReaderOf(Reread{Seen: 100, Overlooked: 4}, Reread{Seen: 80, Overlooked: 6, Added: 10})
	if r.Animals != 90 || math.Abs(r.Missed-0.05) > 1e-12 || math.Abs(r.Added-0.05) > 1e-12 {
		t.Errorf("%+v", r)
	}
	if r := ReaderOf(Reread{Seen: 2, Overlooked: 1}); r.Missed > 0.05 {
		t.Errorf("one error in the first second look is no measurement yet: %+v", r)
	}
	if got := (Reader{Animals: 4}).Words(); got != "readers overlook 0 % and misname 0 %, assumed more than measured: only 4 animals looked at twice" {
		t.Error(got)
	}
}

// What second looks tell is pooled over the survey, and what a deployment's own tell goes to the others.
func TestSecondLooksArePooled(t *testing.T) {
	d := Observations{Frames: 600, Every: 1, Detectability: Prior(), Reread: Reread{Seen: 30, Overlooked: 1}, Looks: []Look{{Frame: 10, N: 1}}}
	alone := d.Posterior(0.05)
	d.Survey = []Evidence{{Reread: Reread{Seen: 150, Overlooked: 29}}}
	pooled := d.Posterior(0.05)
	if pooled.Reader.Missed != 0.15 || alone.Reader.Missed != 0.02 || pooled.Evidence.Reread != d.Reread {
		t.Errorf("alone %+v, pooled %+v, which tells %+v", alone.Reader, pooled.Reader, pooled.Evidence.Reread)
	}
	if pooled.Evidence.Covered >= alone.Evidence.Covered+1e-9 {
		t.Errorf("looks of readers who overlook more meet no less: %v, %v", pooled.Evidence.Covered, alone.Evidence.Covered)
	}
}
