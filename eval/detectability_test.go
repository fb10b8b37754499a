package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/uncertainty"
)

// sea makes stretches of video that no part of the model of uncertainty.Observations was made from: animals that
// come, stay and leave in groups, seen the better the nearer they are; a detector whose misses hang together;
// deployments that are turbid by different degrees; stones that look like animals for as long as the camera runs.
type sea struct {
	rng    *rand.Rand
	frames int
	many   float64 // animals that come, the mean
	keen   float64 // log odds of a detection of an animal at a middle distance
	false_ float64 // false alarms that come and go, the mean
}

func (s sea) watch(n int) (list []Watched) {
	for i := range n {
		list = append(list, s.one(fmt.Sprint("d", i)))
	}
	return list
}

func (s sea) one(name string) Watched {
	w := Watched{Name: name, Every: time.Second, Frames: make([]WatchedFrame, s.frames)}
	for t := range w.Frames {
		w.Frames[t].Time = time.Duration(t) * time.Second
	}
	r := s.rng
	turbid := r.NormFloat64() * 0.7
	put := func(t int, box frame.Box, score float64) {
		if score >= 0.05 {
			jitter := func() float64 { return r.NormFloat64() * 2 }
			box = frame.Box{X0: box.X0 + jitter(), Y0: box.Y0 + jitter(), X1: box.X1 + jitter(), Y1: box.Y1 + jitter()}
			w.Frames[t].Found = append(w.Frames[t].Found, detect.Detection{Box: box, Taxon: "shark", Score: float32(score)})
		}
	}
	score := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for k := range int(r.ExpFloat64() * s.many) {
		middle := r.Float64() * float64(s.frames)
		if k%3 > 0 { // in company
			middle = float64(s.frames)*0.4 + r.NormFloat64()*20
		}
		stay := 2 + int(r.ExpFloat64()*12)
		far := r.NormFloat64()
		x, y, vx, vy := 300+r.NormFloat64()*200, 200+r.NormFloat64()*100, r.NormFloat64()*12, r.NormFloat64()*4
		size := 60 * math.Exp(-far*0.4)
		mood := 0.0
		for t := int(middle) - stay/2; t < int(middle)+(stay+1)/2; t++ {
			x, y = x+vx, y+vy
			mood = 0.7*mood + r.NormFloat64()
			if t < 0 || t >= s.frames {
				continue
			}
			box := frame.Box{X0: x - size, Y0: y - size/3, X1: x + size, Y1: y + size/3}
			w.Frames[t].Truth = append(w.Frames[t].Truth, Animal{Truth: Truth{Box: box, Taxon: "shark"}, ID: fmt.Sprint(k)})
			put(t, box, score(s.keen-far-turbid+mood-1))
		}
	}
	for range int(r.ExpFloat64() * s.false_) {
		x, y := r.Float64()*600, r.Float64()*400
		from, stay := r.IntN(s.frames), 1+int(r.ExpFloat64()*6)
		for t := from; t < min(s.frames, from+stay); t++ {
			put(t, frame.Box{X0: x, Y0: y, X1: x + 80, Y1: y + 30}, score(-1.5+turbid*0.5+r.NormFloat64()))
		}
	}
	return w
}

// learn measures as a training does: calibration and detectability on its held-out video.
func learn(t testing.TB, watched []Watched) (uncertainty.Calibration, uncertainty.Detectability) {
	t.Helper()
	return learnOf(t, watched, "shark")
}

func learnOf(t testing.TB, watched []Watched, taxon string) (uncertainty.Calibration, uncertainty.Detectability) {
	t.Helper()
	var images []Image
	for _, w := range watched {
		for _, f := range w.Frames {
			var i Image
			for _, a := range f.Truth {
				i.Truth = append(i.Truth, a.Truth)
			}
			for _, d := range f.Found {
				i.Found = append(i.Found, Found{Box: d.Box, Taxon: d.Taxon, Score: float64(d.Score)})
			}
			images = append(images, i)
		}
	}
	c, err := Calibrate(images, taxon, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	a, err := MeasureDetectability(watched, taxon, uncertainty.Least, c.Probability)
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

// The interval holds the truth as often as it says, whatever the detector and however many animals. bench/trust says
// it of many more, and of rendered ones.
func TestCoverage(t *testing.T) {
	var all []Foretold
	for _, c := range []struct {
		name string
		sea
	}{
		{"good detector", sea{frames: 120, many: 6, keen: 3, false_: 2}},
		{"bad detector", sea{frames: 120, many: 6, keen: 1, false_: 6}},
		{"few animals", sea{frames: 120, many: 1.5, keen: 2, false_: 4}},
		{"many animals", sea{frames: 120, many: 20, keen: 2, false_: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.rng = rand.New(rand.NewPCG(1, 2))
			probability, detectability := learn(t, c.watch(40))
			var list []Foretold
			for i, w := range c.watch(100) {
				a, err := w.Foretell(Terms{Taxon: "shark", Detectability: detectability, Probability: probability.Probability, Limit: uncertainty.Limit, Samples: 800}, uint64(i))
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, Foretold{w.Name, w.MaxN("shark"), a})
			}
			all = append(all, list...)
			open := Covered(Open(list))
			t.Logf("%.3f of the open hold the truth, claimed %.3f; %+v; %+v", open.Share(), open.Claim, open, detectability)
			if open.Share() < 0.87 {
				t.Errorf("%.3f of intervals hold the truth", open.Share())
			}
		})
	}
	if open := Covered(Open(all)); open.Share() < 0.93 || open.Width > 2.5 {
		t.Errorf("%.3f of intervals hold the truth, mean width %.2f", open.Share(), open.Width)
	}
}

// still is video with one animal that stands from one frame to another, and is found in some of them.
func still(animals [][2]int, found []int) Watched {
	w := Watched{Name: "still", Every: time.Second, Frames: make([]WatchedFrame, 60)}
	box := frame.Box{X0: 100, Y0: 100, X1: 200, Y1: 150}
	for t := range w.Frames {
		w.Frames[t].Time = time.Duration(t) * time.Second
	}
	for _, a := range animals {
		for t := a[0]; t < a[1]; t++ {
			w.Frames[t].Truth = []Animal{{Truth: Truth{Box: box, Taxon: "shark"}}}
		}
	}
	for _, t := range found {
		w.Frames[t].Found = []detect.Detection{{Box: box, Taxon: "shark", Score: 0.8}}
	}
	return w
}

func TestMeasureDetectability(t *testing.T) {
	same := func(score float64) float64 { return score }
	many := func(w Watched) (list []Watched) {
		for range 50 {
			list = append(list, w)
		}
		return list
	}
	// Two visits, one of which leaves nothing; the other has a hole of two frames and begins one frame before it is found.
	a, err := MeasureDetectability(many(still([][2]int{{10, 20}, {40, 43}}, []int{11, 12, 13, 16, 17, 18, 19})), "shark", 0.1, same)
	if err != nil {
		t.Fatal(err)
	}
	if a.Deployments != 50 || a.Candidates != 50 || a.Animals != 100 {
		t.Errorf("measured on %+v", a)
	}
	near := func(what string, have, want, by float64) {
		if math.Abs(have-want) > by {
			t.Errorf("%s %.3f, want %.3f", what, have, want)
		}
	}
	near("hole", a.Hole, 1, 0.02)
	near("edge", a.Edge, 0.5, 0.05)
	near("recall", a.Recall, 0.5, 0.05)
	if r := a.Real(uncertainty.Traits{Odds: 1.4, Points: 7}); r < 0.95 {
		t.Errorf("every candidate was an animal, but the chance is %.2f", r)
	}
	for _, v := range a.Alone {
		near("a missed visit", v[0], 3, 0)
	}
	// Candidates where nothing is.
	a, err = MeasureDetectability(many(still(nil, []int{3, 4, 5})), "shark", 0.1, same)
	if r := a.Real(uncertainty.Traits{Odds: 1.4, Points: 3}); err != nil || r > 0.05 {
		t.Errorf("no candidate was an animal, but the chance is %.2f (%v)", r, err)
	}
	if _, err := MeasureDetectability(many(still(nil, nil)), "shark", 0.1, same); err == nil {
		t.Error("a detectability was measured on nothing")
	}
}

// A certificate is right as often as it says, with a detector that finds half of the animals too.
func TestReviewHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		sea
	}{
		{"good detector", 40, sea{frames: 120, many: 6, keen: 3, false_: 2}},
		{"half of the animals", 12, sea{frames: 120, many: 6, keen: -1, false_: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.rng = rand.New(rand.NewPCG(3, 4))
			probability, detectability := learn(t, c.watch(40))
			wrong, looked, boxes, found := 0, 0, 0, 0
			for i, w := range c.watch(c.n) {
				r, err := w.Review(Terms{Taxon: "shark", Detectability: detectability, Probability: probability.Probability, Limit: uncertainty.Limit, Threshold: 0.3, Samples: 400}, uint64(i))
				if err != nil {
					t.Fatal(err)
				}
				if r.Certified && !r.Right() {
					wrong++
				}
				if !r.Certified && r.Looked < r.Frames {
					t.Errorf("%s: the review ended with nothing certified after %d of %d frames", r.Name, r.Looked, r.Frames)
				}
				looked += r.Looked
				f, err := w.follow("shark", uncertainty.Least, probability.Probability)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range f.visits {
					for _, m := range v.matched {
						boxes++
						if m >= 0 {
							found++
						}
					}
				}
			}
			t.Logf("recall %.2f; %d of %d certificates wrong; %.1f of 120 frames looked at; %+v", float64(found)/float64(boxes), wrong, c.n, float64(looked)/float64(c.n), detectability)
			if wrong > c.n/10+2 { // 5 % are expected at most
				t.Errorf("%d of %d certificates are wrong", wrong, c.n)
			}
		})
	}
}
