package track

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
)

// anything makes frames without regard to sense: animals in crowds and alone,
// scores on both sides of the thresholds and just at them, near-identical boxes
// under two names, boxes of no extent, uneven times, now and then the same or backwards.
func anything(rng *rand.Rand) []detect.Frame {
	frames := make([]detect.Frame, rng.IntN(30))
	var now time.Duration
	for i := range frames {
		switch rng.IntN(10) {
		case 0: // the same time again
		case 1:
			now -= time.Duration(rng.IntN(3000)) * time.Millisecond
		default:
			now += time.Duration(1+rng.IntN(3000)) * time.Millisecond
		}
		frames[i].Time, frames[i].PTS = now, int64(i)
		for range rng.IntN(12) {
			x, y := 400*rng.Float64(), 400*rng.Float64()
			b := frame.Box{X0: x, Y0: y, X1: x + 80*rng.Float64(), Y1: y + 40*rng.Float64()}
			switch rng.IntN(20) {
			case 0:
				b = frame.Box{X0: x, Y0: y, X1: x, Y1: y}
			case 1:
				b.X1 = math.Inf(1)
			case 2:
				b.X0 = -math.MaxFloat64
			}
			d := detect.Detection{Box: b, Taxon: string(rune('A' + rng.IntN(3))), Score: float32(rng.IntN(11)) / 10}
			frames[i].Detections = append(frames[i].Detections, d)
			if rng.IntN(4) == 0 { // the same animal again, under another name or the same
				d.Taxon = string(rune('A' + rng.IntN(3)))
				d.Score = float32(rng.IntN(11)) / 10
				frames[i].Detections = append(frames[i].Detections, d)
			}
		}
	}
	return frames
}

// TestInvariants holds the promises of the package comment on frames made of anything.
func TestInvariants(t *testing.T) {
	thresholds := map[string]float32{"A": 0.3, "B": 0.5, "C": 0.05}
	threshold := func(name string) float32 { return thresholds[name] }
	apart := whole()
	apart.SameAnimal = 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 9))
		frames := anything(rng)
		for _, cfg := range []Config{apart, whole(), Default()} {
			tr := New(cfg, threshold)
			for _, f := range frames {
				tr.Update(f)
			}
			tracks := tr.Finish()
			if cfg == Default() {
				checkSettled(t, threshold, frames, tracks)
			} else {
				check(t, cfg, threshold, frames, tracks)
			}

			again := New(cfg, threshold)
			for _, f := range frames {
				f.Detections = append([]detect.Detection(nil), f.Detections...)
				rng.Shuffle(len(f.Detections), func(i, j int) {
					f.Detections[i], f.Detections[j] = f.Detections[j], f.Detections[i]
				})
				again.Update(f)
			}
			if other := again.Finish(); !reflect.DeepEqual(tracks, other) {
				t.Fatalf("seed %d: in another order the same detections gave other tracks", seed)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func check(t *testing.T, cfg Config, threshold func(string) float32, frames []detect.Frame, tracks []Track) {
	t.Helper()
	// Points by frame (PTS is the frame's number here), and that there is one of
	// a track in a frame.
	inFrame := map[int64][]detect.Detection{}
	order := int64(-1)
	for i, tr := range tracks {
		if tr.ID != i+1 || len(tr.Points) == 0 {
			t.Errorf("track %d: ID %d, %d points", i, tr.ID, len(tr.Points))
			continue
		}
		if tr.First().PTS < order {
			t.Errorf("track %d was seen before the one of the earlier ID", tr.ID)
		}
		order = tr.First().PTS
		if first := tr.First(); first.Score < threshold(first.Taxon) {
			t.Errorf("track %d begins with a score of %v under the threshold of %s", tr.ID, first.Score, first.Taxon)
		}
		last := int64(-1)
		for _, p := range tr.Points {
			if p.PTS <= last {
				t.Errorf("track %d has two points in frame %d, or they are out of order", tr.ID, p.PTS)
			}
			last = p.PTS
			inFrame[p.PTS] = append(inFrame[p.PTS], p.Detection)
		}
	}
	for n, f := range frames {
		points := inFrame[int64(n)]
		for _, d := range f.Detections {
			if d.Score < threshold(d.Taxon) {
				continue
			}
			found := 0
			for _, p := range points {
				if carries(p, d, cfg.SameAnimal) {
					found++
				}
			}
			// Equal detections may stand in for each other, so at least one is asked
			// for here and the numbers are compared below.
			if found == 0 {
				t.Errorf("frame %d: %s %v at %v is in no track", n, d.Taxon, d.Score, d.Box)
			}
		}
		if cfg.SameAnimal == 0 {
			compareNumbers(t, n, threshold, f.Detections, points)
		}
	}
}

// carries tells whether a point is that detection, or one joined with it.
func carries(p, d detect.Detection, same float64) bool {
	if p.Taxon == d.Taxon && p.Score == d.Score && sameBox(p.Box, d.Box) {
		return true
	}
	if same == 0 || frame.IoU(p.Box, d.Box) < same {
		return false
	}
	for _, s := range p.Scores {
		if s.Taxon == d.Taxon && s.Score >= d.Score {
			return true
		}
	}
	return false
}

func sameBox(a, b frame.Box) bool { return a == b || (!a.Finite() && !b.Finite()) }

// compareNumbers asks that each taxon has just as many strong points as strong
// detections: each is in one track, none in two, none made up.
func compareNumbers(t *testing.T, n int, threshold func(string) float32, in, points []detect.Detection) {
	t.Helper()
	strong := map[string]int{}
	for _, d := range in {
		if d.Score >= threshold(d.Taxon) {
			strong[d.Taxon]++
		}
	}
	for _, p := range points {
		if p.Score >= threshold(p.Taxon) {
			strong[p.Taxon]--
		}
	}
	for name, left := range strong {
		if left != 0 {
			t.Errorf("frame %d: %d detections of %s more than points", n, left, name)
		}
	}
}

// checkSettled holds what settling promises: nothing is made up, and no two of a name lie on one another.
func checkSettled(t *testing.T, threshold func(string) float32, frames []detect.Frame, tracks []Track) {
	t.Helper()
	type sight struct {
		taxon string
		box   frame.Box
	}
	before, here := map[int64][]frame.Box{}, map[int64][]sight{}
	followed := New(whole(), threshold)
	for _, f := range frames {
		followed.Update(f)
	}
	for _, tr := range followed.Finish() {
		for _, p := range tr.Points {
			before[p.PTS] = append(before[p.PTS], p.Box)
		}
	}
	for i, tr := range tracks {
		if tr.ID != i+1 || len(tr.Points) == 0 || tr.Scores[0].Taxon != tr.Taxon {
			t.Errorf("track %d: ID %d, %d points, named %s by %v", i, tr.ID, len(tr.Points), tr.Taxon, tr.Scores)
		}
		for _, p := range tr.Points {
			if !slices.ContainsFunc(before[p.PTS], func(b frame.Box) bool { return sameBox(b, p.Box) }) {
				t.Errorf("track %d has a point in frame %d that was not followed", tr.ID, p.PTS)
			}
			for _, o := range here[p.PTS] {
				if o.taxon == tr.Taxon && frame.IoU(o.box, p.Box) > Default().OneTaxon {
					t.Errorf("frame %d: two of %s overlap by %v", p.PTS, tr.Taxon, frame.IoU(o.box, p.Box))
				}
			}
			here[p.PTS] = append(here[p.PTS], sight{tr.Taxon, p.Box})
		}
	}
}

// TestTimeNotFrames: seen at 25, 5 or 1 frames/s, a shark's predicted place
// after a gap is equally uncertain, within what more sightings tell of its course.
func TestTimeNotFrames(t *testing.T) {
	cfg := Default()
	b := box(100, 100, 100, 30)
	for _, gap := range []float64{0.2, 1, 4} {
		whole := cfg.after(cfg.begin(b), gap)
		steps := cfg.begin(b)
		for range 100 {
			steps = cfg.after(steps, gap/100)
		}
		for _, v := range [][2]float64{{whole.x.x, steps.x.x}, {whole.x.pxx, steps.x.pxx}, {whole.x.pxv, steps.x.pxv}, {whole.x.pvv, steps.x.pvv}, {whole.w.p, steps.w.p}} {
			if math.Abs(v[0]-v[1]) > 1e-6*(1+math.Abs(v[0])) {
				t.Errorf("over %v s, one step gives %v and 100 steps %v", gap, v[0], v[1])
			}
		}
	}
}

// TestCostExample is the worked example of cost.
func TestCostExample(t *testing.T) {
	cfg := Default()
	first, second := box(0, 0, 100, 1), box(60, 0, 100, 1)
	m := cfg.after(cfg.begin(first), 1)
	l := length(first)
	if v := m.x.pxx / (l * l); math.Abs(v-0.43) > 0.01 {
		t.Errorf("variance %v bl², want 0.43", v)
	}
	place := surprise(60-m.x.x, m.x.pxx, 0, m.y.pxx)
	if p := math.Exp(-place) * l * l * cfg.Room; p < 90 || p > 120 {
		t.Errorf("by its place the pair is %v times likelier, want about 100", p)
	}
	names := scoreboard{{"A", 0.9}}
	same, other := det("A", 0.9, second), det("B", 0.9, second)
	if a, b := cfg.cost(m, first, 1, names, same), cfg.cost(m, first, 1, names, other); math.Abs(b-a+math.Log(cfg.TaxonDoubt)) > 1e-9 {
		t.Errorf("another name costs %v more, want %v", b-a, -math.Log(cfg.TaxonDoubt))
	}
	grown := det("A", 0.9, box(60, 0, 100, 4))
	if a, b := cfg.cost(m, first, 1, names, same), cfg.cost(m, first, 1, names, grown); b <= a {
		t.Errorf("a box four times as high costs %v, the same height %v", b, a)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"0", 0}, {"1", 1}, {"20", 20}, {"500", 500}} {
		b.Run(size.name, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(5, 6))
			frames := make([]detect.Frame, 60)
			for i := range frames {
				frames[i].Time = time.Duration(i) * time.Second
				for k := range size.n {
					x := float64(k%25)*80 + 30*rng.NormFloat64()
					y := float64(k/25)*60 + 20*rng.NormFloat64()
					frames[i].Detections = append(frames[i].Detections, det("A", 0.9, box(x, y, 60, 30)))
				}
			}
			for b.Loop() {
				tr := New(Default(), half)
				for _, f := range frames {
					tr.Update(f)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(frames)), "µs/frame")
		})
	}
}
