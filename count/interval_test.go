package count_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// flickering is a minute of one shark at a bait, looked at every so often by a detector that finds it in nine frames of ten, doubts it
// in most of the others, and takes something else for a shark in every seventh frame, now and then two things, each time elsewhere.
func flickering(every time.Duration, seed uint64) []detect.Frame {
	rng := rand.New(rand.NewPCG(seed, 3))
	var out []detect.Frame
	for at := time.Duration(0); at < time.Minute; at += every {
		f := detect.Frame{Instant: frame.Instant{Time: at, PTS: at.Milliseconds(), Base: frame.Rational{Num: 1, Den: 1000}}}
		put := func(x, y float64, score float32) {
			b := frame.Box{X0: x, Y0: y, X1: x + 120, Y1: y + 40}
			f.Detections = append(f.Detections, detect.Detection{Box: b, Taxon: "shark", Score: score})
		}
		x := 300 + 40*at.Seconds()/10
		switch r := rng.Float64(); {
		case r < 0.9:
			put(x, 200, 0.8)
		case r < 0.98:
			put(x, 200, 0.2)
		}
		for rng.Float64() < 1.0/7 {
			put(1500*rng.Float64(), 300+500*rng.Float64(), 0.55)
		}
		out = append(out, f)
	}
	return out
}

func maxNOf(t *testing.T, cfg track.Config, frames []detect.Frame) int {
	t.Helper()
	tracker := track.New(cfg, func(string) float32 { return 0.5 })
	in := count.Input{Taxa: taxon.List{{Name: "shark", Role: taxon.Studied}}, Every: time.Millisecond}
	for _, f := range frames {
		tracker.Update(f)
		in.Frames = append(in.Frames, f.Instant)
	}
	in.Tracks = tracker.Finish()
	got := mustCount(t, in)
	if got.Taxa[0].Evidence == nil || len(got.Taxa[0].Evidence.Individuals) != *got.Taxa[0].MaxN {
		t.Fatalf("MaxN %d, and its picture shows %+v", *got.Taxa[0].MaxN, got.Taxa[0].Evidence)
	}
	return *got.Taxa[0].MaxN
}

// Looking more closely makes a count surer, not higher: one shark is one shark at every interval that has neighbours to ask. By the
// rule of before, whose records are still read, it was as many as the errors of a minute happened to make it.
func TestFinerSamplingInventsNoAnimals(t *testing.T) {
	old := track.Default()
	old.OneTaxon, old.StrongEnds, old.SupportS, old.SupportShare = 0, false, 0, 0
	now, once, before := 0, 0, 0
	for seed := range uint64(10) {
		for _, every := range []time.Duration{200 * time.Millisecond, 100 * time.Millisecond, 40 * time.Millisecond} {
			frames := flickering(every, seed)
			if n := maxNOf(t, track.Default(), frames); n != 1 {
				t.Logf("seed %d, every %v: MaxN %d of one shark", seed, every, n)
				now++
			}
			if n := maxNOf(t, old, frames); n > 1 {
				once++
				if n > 2 && every == 40*time.Millisecond {
					before++
				}
			}
		}
		// At 1 s there is no neighbour to ask: what counted, counts.
		if a, b := maxNOf(t, track.Default(), flickering(time.Second, seed)), maxNOf(t, old, flickering(time.Second, seed)); a != b {
			t.Errorf("seed %d, every second: MaxN %d, by the rule of before %d", seed, a, b)
		}
	}
	if now > 1 { // at 5 frames/s four errors in one second may once lie in a row
		t.Errorf("MaxN of one shark is not 1 in %d counts of 30", now)
	}
	if once < 25 || before < 8 {
		t.Errorf("the rule of before invented animals in %d counts of 30, two in %d of 10 at 25 frames/s: this test shows nothing", once, before)
	}
}
