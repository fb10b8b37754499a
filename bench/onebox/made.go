package main

import (
	"math"
	"math/rand/v2"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// madeThreshold is the least score that counts of the made-up detector.
const madeThreshold = 0.4

// wander is a normal number that forgets itself over a time: the errors of a detector hang together, because the same animal at the
// same place looks the same in the next frame.
type wander struct{ slow float64 }

func (w *wander) next(rng *rand.Rand, gap, forgets float64, first bool) float64 {
	keep := math.Exp(-gap / forgets)
	if first {
		keep = 0
	}
	w.slow = keep*w.slow + math.Sqrt(1-keep*keep)*rng.NormFloat64()
	return w.slow
}

// animal is how the made-up detector sees one true animal or one thing that it takes for one.
type animal struct {
	mood, x, y, w, h wander
	base             float64 // logit of its usual score
	started          bool
	twin             float64 // seconds of a second box that are left
	twinAt           [4]float64
	box              frame.Box
}

// made looks at scenes whose pictures are not at hand as a detector of fair quality would: about four of five animals a frame over the
// threshold; scores, corners and misses that hang together over half a second and flicker as well; a second box, half of the time under another name,
// on one animal in ten at any time, for 0.6 s; two places a video that are taken for an animal again and again, and one flicker in two seconds.
func made(s scene, seed uint64) scene {
	rng := rand.New(rand.NewPCG(seed, 17))
	ids := identities(s)
	seen := map[int]*animal{}
	var rocks []*animal
	for range 2 {
		w := 0.05 * s.W * (1 + rng.Float64())
		x, y := rng.Float64()*(s.W-w), rng.Float64()*(s.H-w/2)
		rocks = append(rocks, &animal{base: -1.8, box: frame.Box{X0: x, Y0: y, X1: x + w, Y1: y + w/2}})
	}
	out := s
	out.Frames = nil
	before := time.Duration(-1)
	for i, f := range s.Frames {
		gap := 1e9
		if before >= 0 {
			gap = (f.Time - before).Seconds()
		}
		before = f.Time
		next := looked{Time: f.Time, Truth: f.Truth}
		put := func(b frame.Box, name string, logit float64) {
			if score := float32(1 / (1 + math.Exp(-logit))); score >= 0.1 {
				next.Found = append(next.Found, detect.Detection{Box: b.Clip(s.W, s.H), Taxon: name, Score: score})
			}
		}
		for k, b := range f.Truth {
			a := seen[ids[i][k]]
			if a == nil {
				a = &animal{base: 1.2 + 0.8*rng.NormFloat64()}
				seen[ids[i][k]] = a
			}
			logit, box := a.look(rng, gap, b)
			put(box, "fish", logit)
			a.twins(rng, gap)
			if a.twin > 0 {
				name := "fish"
				if a.twinAt[3] > 0 {
					name = "other"
				}
				second := frame.Box{X0: box.X0 + a.twinAt[0]*b.W(), Y0: box.Y0 + a.twinAt[1]*b.H(), X1: box.X1 + a.twinAt[2]*b.W(), Y1: box.Y1}
				put(second, name, logit-0.7+0.5*rng.NormFloat64())
			}
		}
		for _, r := range rocks {
			logit, box := r.look(rng, gap, r.box)
			put(box, "fish", logit)
		}
		if rng.Float64() < 0.5*math.Min(gap, s.Step.Seconds()) {
			w := 0.05 * s.W * (1 + rng.Float64())
			x, y := rng.Float64()*(s.W-w), rng.Float64()*(s.H-w/2)
			put(frame.Box{X0: x, Y0: y, X1: x + w, Y1: y + w/2}, "fish", rng.NormFloat64())
		}
		next.Found = suppressed(next.Found)
		out.Frames = append(out.Frames, next)
	}
	return out
}

// look is the logit and the box that the detector gives an animal in the next frame.
func (a *animal) look(rng *rand.Rand, gap float64, b frame.Box) (logit float64, box frame.Box) {
	first := !a.started
	a.started = true
	logit = a.base + 0.9*a.mood.next(rng, gap, 0.5, first) + 0.6*rng.NormFloat64()
	shift := func(w *wander, side float64) float64 {
		return side * (0.04*w.next(rng, gap, 0.5, first) + 0.02*rng.NormFloat64())
	}
	return logit, frame.Box{X0: b.X0 + shift(&a.x, b.W()), Y0: b.Y0 + shift(&a.y, b.H()), X1: b.X1 + shift(&a.w, b.W()), Y1: b.Y1 + shift(&a.h, b.H())}
}

// twins begins and ends the spells of a second box.
func (a *animal) twins(rng *rand.Rand, gap float64) {
	a.twin -= math.Min(gap, 10)
	if a.twin <= 0 && rng.Float64() < 0.17*math.Min(gap, 1) {
		a.twin = 0.6 * rng.ExpFloat64()
		a.twinAt = [4]float64{0.3 * rng.Float64(), 0.3 * rng.Float64(), 0.2 * (rng.Float64() - 0.7), rng.Float64() - 0.5}
	}
}

// suppressed leaves out what a detector's own suppression would: boxes of one taxon that overlap a better one by more than 0.45.
func suppressed(list []detect.Detection) []detect.Detection {
	var out []detect.Detection
next:
	for _, d := range byScore(list) {
		for _, k := range out {
			if k.Taxon == d.Taxon && frame.IoU(k.Box, d.Box) > 0.45 {
				continue next
			}
		}
		out = append(out, d)
	}
	return out
}

// identities tells the true boxes of each frame apart by number, as the tracker follows them.
func identities(s scene) [][]int {
	tracker := track.New(track.Default(), nil)
	type place struct {
		at  time.Duration
		box frame.Box
	}
	number := map[place]int{}
	for _, f := range s.Frames {
		in := detect.Frame{Instant: frame.Instant{Time: f.Time}}
		for _, b := range f.Truth {
			in.Detections = append(in.Detections, detect.Detection{Box: b, Taxon: "fish", Score: 1, Scores: []taxon.Score{{Taxon: "fish", Score: 1}}})
		}
		tracker.Update(in)
	}
	for _, t := range tracker.Finish() {
		for _, p := range t.Points {
			number[place{p.Time, p.Box}] = t.ID
		}
	}
	out := make([][]int, len(s.Frames))
	for i, f := range s.Frames {
		for _, b := range f.Truth {
			out[i] = append(out[i], number[place{f.Time, b}])
		}
	}
	return out
}
