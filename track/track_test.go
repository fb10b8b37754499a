package track

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// box is w×h pixels around (x, y).
func box(x, y, w, h float64) frame.Box {
	return frame.Box{X0: x - w/2, Y0: y - h/2, X1: x + w/2, Y1: y + h/2}
}

func det(name string, score float32, b frame.Box) detect.Detection {
	return detect.Detection{Box: b, Taxon: name, Score: score}
}

func at(seconds float64, ds ...detect.Detection) detect.Frame {
	return detect.Frame{Instant: frame.Instant{Time: time.Duration(seconds * float64(time.Second))}, Detections: ds}
}

func half(string) float32 { return 0.5 }

func run(cfg Config, frames ...detect.Frame) []Track {
	t := New(cfg, half)
	for _, f := range frames {
		t.Update(f)
	}
	return t.Finish()
}

// whole is the default without what settles tracks for a count: what was followed, all of it.
func whole() Config {
	c := Default()
	c.OneTaxon, c.StrongEnds, c.SupportS, c.SupportShare = 0, false, 0, 0
	return c
}

// lengths gives the number of points of each track.
func lengths(tracks []Track) []int {
	out := []int{}
	for _, t := range tracks {
		out = append(out, len(t.Points))
	}
	return out
}

func TestTracks(t *testing.T) {
	shark := func(x float64) frame.Box { return box(x, 100, 100, 30) }
	rest := shark(100)
	far := box(600, 400, 100, 30)
	for _, c := range []struct {
		name   string
		frames []detect.Frame
		want   []int // points of each track
	}{
		{"nothing", nil, []int{}},
		{"looked at and nothing found", []detect.Frame{at(0), at(1)}, []int{}},
		{"seen once", []detect.Frame{at(0), at(1, det("A", 0.9, rest)), at(2)}, []int{1}},
		{"at rest", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("A", 0.9, rest)), at(2, det("A", 0.9, rest))}, []int{3}},
		{"over a body length a second, no overlap",
			[]detect.Frame{at(0, det("A", 0.9, shark(0))), at(1, det("A", 0.9, shark(130))), at(2, det("A", 0.9, shark(260)))}, []int{3}},
		{"the same speed at 25 frames/s",
			[]detect.Frame{at(0, det("A", 0.9, shark(0))), at(0.04, det("A", 0.9, shark(5.2))), at(0.08, det("A", 0.9, shark(10.4)))}, []int{3}},
		{"a jump of three lengths in 1/25 s is another animal",
			[]detect.Frame{at(0, det("A", 0.9, shark(0))), at(0.04, det("A", 0.9, shark(300)))}, []int{1, 1}},
		{"weak ones never begin a track", []detect.Frame{at(0, det("A", 0.4, rest)), at(1, det("A", 0.4, rest))}, []int{}},
		{"weak ones continue one", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("A", 0.2, rest)), at(2, det("A", 0.9, rest))}, []int{3}},
		{"too weak even for that", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("A", 0.05, rest))}, []int{1}},
		{"a weak one elsewhere does not", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("A", 0.4, far))}, []int{1}},
		{"strong before weak", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("A", 0.4, rest), det("A", 0.6, shark(110)))}, []int{2}},
		{"a gap of 5 s is bridged", []detect.Frame{at(0, det("A", 0.9, rest)), at(5, det("A", 0.9, rest))}, []int{2}},
		{"a longer one is not", []detect.Frame{at(0, det("A", 0.9, rest)), at(5.1, det("A", 0.9, rest))}, []int{1, 1}},
		{"weak ones alone do not keep it longer",
			[]detect.Frame{at(0, det("A", 0.9, rest)), at(3, det("A", 0.2, rest)), at(6, det("A", 0.2, rest)), at(7, det("A", 0.9, rest))}, []int{2, 1}},
		{"its name may waver", []detect.Frame{at(0, det("A", 0.9, rest)), at(1, det("B", 0.9, rest)), at(2, det("A", 0.9, rest))}, []int{3}},
		{"two that keep apart",
			[]detect.Frame{at(0, det("A", 0.9, rest), det("A", 0.8, far)), at(1, det("A", 0.8, rest), det("A", 0.9, far))}, []int{2, 2}},
		{"one time twice: no time passes, nothing is lost",
			[]detect.Frame{at(1, det("A", 0.9, rest)), at(1, det("A", 0.9, rest), det("A", 0.9, far))}, []int{2, 1}},
		{"time goes back: likewise",
			[]detect.Frame{at(100, det("A", 0.9, rest)), at(0, det("A", 0.9, rest)), at(1, det("A", 0.9, rest))}, []int{3}},
		{"no extent", []detect.Frame{at(0, det("A", 0.9, frame.Box{})), at(1, det("A", 0.9, frame.Box{}))}, []int{2}},
		{"no numbers: seen, but never joined",
			[]detect.Frame{at(0, det("A", 0.9, frame.Box{X0: math.NaN()})), at(1, det("A", 0.9, frame.Box{X0: math.NaN()})), at(2, det("A", 0.9, rest))}, []int{1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tracks := run(whole(), c.frames...)
			if got := lengths(tracks); !reflect.DeepEqual(got, c.want) {
				t.Fatalf("tracks of %v points, want %v", got, c.want)
			}
			for i, tr := range tracks {
				if tr.ID != i+1 {
					t.Errorf("track %d has ID %d", i, tr.ID)
				}
			}
		})
	}
}

// TestAtThreshold: a score just at its taxon's threshold is in the first stage
// only. It begins a track, and where it continues one it is not used again.
func TestAtThreshold(t *testing.T) {
	b := box(100, 100, 100, 30)
	if got := lengths(run(Default(), at(0, det("A", 0.5, b)), at(1, det("A", 0.5, b)))); !reflect.DeepEqual(got, []int{2}) {
		t.Errorf("tracks of %v points, want one of 2", got)
	}
	under := math.Nextafter32(0.5, 0)
	if got := run(Default(), at(0, det("A", under, b))); len(got) != 0 {
		t.Errorf("just under the threshold it began a track: %v", got)
	}
	// Thresholds are per taxon.
	per := New(Default(), func(name string) float32 { return map[string]float32{"A": 0.3, "B": 0.7}[name] })
	per.Update(at(0, det("A", 0.3, b), det("B", 0.69, box(400, 100, 100, 30))))
	if got := per.Finish(); len(got) != 1 || got[0].Taxon != "A" {
		t.Errorf("want the one track of A, got %v", got)
	}
	all := New(Default(), nil)
	all.Update(at(0, det("A", 0, b)))
	if got := all.Finish(); len(got) != 1 {
		t.Errorf("no thresholds: every detection counts, got %d tracks", len(got))
	}
}

// TestCrossing: two sharks pass each other at one body length per second. At
// the middle frame their boxes are the same; their courses tell them apart.
func TestCrossing(t *testing.T) {
	for _, rate := range []float64{1, 5, 25} {
		tr := New(Default(), half)
		for n := 0.0; n <= 6*rate; n++ {
			s := n / rate
			tr.Update(at(s, det("A", 0.9, box(100*s, 100, 100, 30)), det("A", 0.9, box(600-100*s, 110, 100, 30))))
		}
		tracks := tr.Finish()
		if len(tracks) != 2 {
			t.Errorf("at %v frames/s: %d tracks, want 2", rate, len(tracks))
			continue
		}
		for _, k := range tracks {
			x0, _ := k.First().Box.Center()
			x1, _ := k.Last().Box.Center()
			if math.Abs(x1-x0) < 590 {
				t.Errorf("at %v frames/s track %d turned back: from %v to %v", rate, k.ID, x0, x1)
			}
		}
	}
}

func TestTaxonOfTrack(t *testing.T) {
	b := box(100, 100, 100, 30)
	tracks := run(Default(), at(0, det("B", 0.75, b)), at(1, det("A", 0.5, b)), at(2, det("A", 0.5, b)), at(3, det("A", 0.5, b)))
	if len(tracks) != 1 || tracks[0].Taxon != "A" {
		t.Fatalf("three of 0.5 outweigh one of 0.75: got %+v", tracks)
	}
	want := []taxon.Score{{Taxon: "A", Score: 0.375}, {Taxon: "B", Score: 0.1875}}
	if !reflect.DeepEqual(tracks[0].Scores, want) {
		t.Errorf("mean scores %v, want %v", tracks[0].Scores, want)
	}
	tie := run(Default(), at(0, det("B", 0.75, b)), at(1, det("A", 0.75, b)))
	if tie[0].Taxon != "A" {
		t.Errorf("a tie goes to the earlier name, got %s", tie[0].Taxon)
	}
	// All scores of a detection count, not the best only.
	both := detect.Detection{Box: b, Taxon: "A", Score: 0.5, Scores: []taxon.Score{{Taxon: "A", Score: 0.5}, {Taxon: "B", Score: 0.45}}}
	sum := run(Default(), at(0, both), at(1, both), at(2, det("B", 0.6, b)))
	if sum[0].Taxon != "B" {
		t.Errorf("B has 1.5, A 1.0; got %s", sum[0].Taxon)
	}
}

func TestSameAnimal(t *testing.T) {
	b := box(100, 100, 100, 30)
	near := box(101, 100, 100, 30)  // IoU 0.98
	other := box(120, 100, 100, 30) // IoU 0.67
	a, bb := det("A", 0.8, b), det("B", 0.6, near)
	scores := []taxon.Score{{Taxon: "A", Score: 0.8}, {Taxon: "B", Score: 0.6}}

	one := run(Default(), at(0, bb, a))
	if len(one) != 1 || one[0].Points[0].Taxon != "A" || one[0].Points[0].Box != b || !reflect.DeepEqual(one[0].Points[0].Scores, scores) {
		t.Errorf("want one animal, A leading, with both scores: got %+v", one)
	}
	if a.Scores != nil {
		t.Error("the detector's own detection was changed")
	}
	off := whole()
	off.SameAnimal = 0
	for _, c := range []struct {
		name string
		cfg  Config
		in   []detect.Detection
		want int
	}{
		{"switched off", off, []detect.Detection{a, bb}, 2},
		{"less overlap", whole(), []detect.Detection{a, det("B", 0.6, other)}, 2},
		{"one taxon twice is two animals", whole(), []detect.Detection{a, det("A", 0.6, near)}, 2},
		{"two of A, two of B at one place are two animals", whole(),
			[]detect.Detection{a, det("A", 0.7, near), bb, det("B", 0.55, b)}, 2},
		{"three names", whole(), []detect.Detection{a, bb, det("C", 0.7, b)}, 1},
	} {
		if got := run(c.cfg, at(0, c.in...)); len(got) != c.want {
			t.Errorf("%s: %d animals, want %d", c.name, len(got), c.want)
		}
	}
	// The name that reaches its own threshold leads, though another scores higher.
	tr := New(Default(), func(name string) float32 { return map[string]float32{"A": 0.9, "B": 0.5}[name] })
	tr.Update(at(0, a, bb))
	if got := tr.Finish(); len(got) != 1 || got[0].Points[0].Taxon != "B" || !reflect.DeepEqual(got[0].Points[0].Scores, scores) {
		t.Errorf("want B leading with both scores, got %+v", got)
	}
}

func TestFollow(t *testing.T) {
	frames := []detect.Frame{at(0, det("A", 0.9, box(1, 1, 9, 9))), at(1, det("A", 0.9, box(2, 1, 9, 9)))}
	stream := func(failure error) iter.Seq2[detect.Frame, error] {
		return func(yield func(detect.Frame, error) bool) {
			for _, f := range frames {
				if !yield(f, nil) {
					return
				}
			}
			if failure != nil {
				yield(detect.Frame{}, failure)
			}
		}
	}
	got, err := Follow(Default(), half, stream(nil))
	if err != nil || !reflect.DeepEqual(got, run(Default(), frames...)) {
		t.Errorf("got %v, %v", got, err)
	}
	broken := errors.New("the card was pulled")
	if got, err := Follow(Default(), half, stream(broken)); !errors.Is(err, broken) || got != nil {
		t.Errorf("want the stream's error and no tracks, got %v, %v", got, err)
	}
}

// TestFinishTwice: what Finish gave does not change when the tracker goes on.
func TestFinishTwice(t *testing.T) {
	b := box(100, 100, 100, 30)
	tr := New(Default(), half)
	tr.Update(at(0, det("A", 0.9, b)))
	first := tr.Finish()
	tr.Update(at(1, det("B", 0.9, b)))
	if len(first[0].Points) != 1 || len(tr.Finish()[0].Points) != 2 {
		t.Error("want 1 point before and 2 after")
	}
}

func TestConfig(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	text, err := json.Marshal(Default())
	if err != nil {
		t.Fatal(err)
	}
	var back Config
	if err := json.Unmarshal(text, &back); err != nil || back != Default() {
		t.Errorf("%s came back as %+v, %v", text, back, err)
	}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.MaxGapS = 0 }, func(c *Config) { c.PersistenceS = math.NaN() },
		func(c *Config) { c.SameAnimal = 1.1 }, func(c *Config) { c.LowScore = -1 },
		func(c *Config) { c.MaxSpeed = math.Inf(1) }, func(c *Config) { c.TaxonDoubt = 2 },
		func(c *Config) { c.OneTaxon = -1 }, func(c *Config) { c.SupportShare = math.NaN() }, func(c *Config) { c.SupportS = math.Inf(1) },
	} {
		c := Default()
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "give a number") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}
