package scan

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// bright sees as many sharks as a picture's second tells, and one more between two pictures of the sampling interval in one of them.
type bright struct {
	seen int
	stop func() // at picture 30; may be nil
}

func (d *bright) Detect(f *frame.Frame) ([]detect.Detection, error) {
	if d.seen++; d.seen == 30 && d.stop != nil {
		d.stop()
	}
	n := 0
	if f.Time >= 20*time.Second && f.Time < 40*time.Second {
		n = 1
	}
	if f.Time > 33*time.Second && f.Time < 34*time.Second {
		n = 2
	}
	var out []detect.Detection
	for i := range n {
		out = append(out, detect.Detection{Box: frame.Box{X0: float64(40 * i), Y0: 10, X1: float64(40*i + 20), Y1: 30}, Taxon: "shark", Score: 0.9})
	}
	return out, nil
}

func TestLookBetween(t *testing.T) {
	ctx := t.Context()
	d, err := Open(ctx, []string{clip(t, 60, 1)}, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	s := Default()
	s.Taxa = taxon.List{{Name: "shark", Role: taxon.Studied, Threshold: 0.5}}
	if err := d.Choose(ctx, s.Sampling()); err != nil {
		t.Fatal(err)
	}
	j := &memory{}
	found, err := d.Scan(ctx, Job{Detectors: []Detector{&bright{}}, Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	before := len(found.Frames)
	s.Between = NewBetween(100*time.Millisecond, 30*time.Second, time.Second)
	look := func(ctx context.Context, b *bright) (count.Between, error) {
		return d.LookBetween(ctx, s, found, Job{Detectors: []Detector{b}, Journal: j})
	}
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	if _, err := look(stopped, &bright{stop: stop}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	again := &bright{}
	b, err := look(ctx, again)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Looked) != 3 || b.Stretches != 6 || len(found.Frames) != before || b.Looked[0].Why == count.All {
		t.Fatalf("%+v", b)
	}
	// The stretch from 30 to 40 s is one of the two with a shark, and one of them is the busiest that is chosen.
	x := b.Taxa[0]
	looked := false
	for i, l := range b.Looked {
		if l.From == count.Seconds(30*time.Second) {
			looked = true
			if x.Sparse[i] != 1 || x.Dense[i] != 2 {
				t.Errorf("from 30 s: %d and %d", x.Sparse[i], x.Dense[i])
			}
		}
	}
	if x.MaxN != 1 || looked != (x.Seen == 2) || x.Low > 2 || x.High < 2 {
		t.Errorf("%+v", x)
	}
	// All is in the journal: nothing is looked at, and the same comes out.
	none := &bright{}
	same, err := look(ctx, none)
	if err != nil || none.seen != 0 || !reflect.DeepEqual(same, b) {
		t.Errorf("%v, %d pictures, %+v", err, none.seen, same)
	}
	if all, err := Kept(j); err != nil || len(all.Frames) != before {
		t.Errorf("the journal of the samples holds %d frames, %v", len(all.Frames), err)
	}
	// Derived anew: of what the journal holds, and of the record alone; and found out where the record is another.
	kept, ok, err := ReadBetween(j)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for name, k := range map[string]*KeptBetween{"journal": &kept, "record": nil} {
		anew, err := AgainBetween(s, found, d.Dive.Duration(), b, k)
		if err != nil || !reflect.DeepEqual(anew.Taxa, b.Taxa) {
			t.Errorf("%s: %v, %+v; want %+v", name, err, anew.Taxa, b.Taxa)
		}
	}
	short := b
	short.Looked = b.Looked[1:]
	if _, err := AgainBetween(s, found, d.Dive.Duration(), short, nil); err == nil || !strings.Contains(err.Error(), "2 stretches") {
		t.Errorf("other stretches: %v", err)
	}
	// Another denser interval is looked at anew.
	s.Between = NewBetween(200*time.Millisecond, 30*time.Second, time.Second)
	if _, err := look(ctx, none); err != nil || none.seen == 0 {
		t.Errorf("%v, %d pictures", err, none.seen)
	}
}

// Windows reach back to the sample before, and as far around as the tracker looks for support; those that touch are one.
func TestWindows(t *testing.T) {
	s := Default()
	s.Period = Period{From: 5 * time.Second, To: 100 * time.Second}
	at := func(from, to int) count.Look {
		return count.Look{Span: count.Span{From: count.Seconds(from) * count.Seconds(time.Second), To: count.Seconds(to) * count.Seconds(time.Second)}}
	}
	got := s.windows([]count.Look{at(5, 15), at(16, 26), at(50, 60), at(95, 100)})
	want := []frame.Period{{From: 5 * time.Second, To: 26550 * time.Millisecond}, {From: 48450 * time.Millisecond, To: 60550 * time.Millisecond}, {From: 93450 * time.Millisecond, To: 100 * time.Second}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
