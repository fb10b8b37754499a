package eval

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"requin/frame"
)

// square is a box of side 10 at x: two of them d apart overlap by (10−d)/(10+d).
func square(x float64) frame.Box { return frame.Box{X0: x, Y0: 0, X1: x + 10, Y1: 10} }

func shark(x float64) Truth { return Truth{Box: square(x), Taxon: "shark"} }

func hit(x, score float64) Found { return Found{Box: square(x), Taxon: "shark", Score: score} }

func TestMatchWorked(t *testing.T) {
	wide := frame.Box{X0: 0, Y0: 0, X1: 100, Y1: 10}
	cases := []struct {
		name   string
		image  Image
		iou    float64
		rules  Rules
		truth  int
		scores []float64
		right  []bool
	}{
		{"the better score chooses first", Image{Truth: []Truth{shark(0)}, Found: []Found{hit(1, 0.6), hit(2, 0.9)}}, 0.5, Rules{},
			1, []float64{0.9, 0.6}, []bool{true, false}},
		{"equal scores choose in their order", Image{Truth: []Truth{shark(0)}, Found: []Found{hit(2, 0.5), hit(1, 0.5)}}, 0.7, Rules{},
			1, []float64{0.5, 0.5}, []bool{false, true}},
		{"each takes what it overlaps most", Image{Truth: []Truth{shark(0), shark(3)}, Found: []Found{hit(2, 0.9), hit(0, 0.8)}}, 0.5, Rules{},
			2, []float64{0.9, 0.8}, []bool{true, true}},
		{"an overlap just at the least is enough", Image{Truth: []Truth{shark(0)}, Found: []Found{hit(5, 0.9)}}, 1. / 3, Rules{},
			1, []float64{0.9}, []bool{true}},
		{"another taxon is nothing", Image{Truth: []Truth{shark(0), {Box: square(50), Taxon: "ray"}}, Found: []Found{hit(0, 0.9), {square(50), "ray", 0.9}}}, 0.5, Rules{},
			1, []float64{0.9}, []bool{true}},
		{"an ignored box is taken once", Image{Truth: []Truth{{Box: square(0), Taxon: "shark", Ignore: true}}, Found: []Found{hit(0, 0.9), hit(0, 0.8)}}, 0.5, Rules{},
			0, []float64{0.8}, []bool{false}},
		{"a box to be found goes before an ignored one that fits better", Image{Truth: []Truth{{Box: square(0), Taxon: "shark", Ignore: true}, shark(3)}, Found: []Found{hit(0, 0.9)}}, 0.5, Rules{},
			1, []float64{0.9}, []bool{true}},
		{"a crowd is taken any number of times, by what lies in it", Image{Truth: []Truth{{Box: wide, Taxon: "shark", Crowd: true}}, Found: []Found{hit(0, 0.9), hit(40, 0.8), hit(94, 0.7), hit(96, 0.6)}}, 0.5, Rules{},
			0, []float64{0.6}, []bool{false}},
		{"the best few of a picture", Image{Truth: []Truth{shark(0)}, Found: []Found{hit(50, 0.5), hit(0, 0.4), hit(80, 0.6)}}, 0.5, Rules{Most: 2},
			1, []float64{0.6, 0.5}, []bool{false, false}},
		{"areas: a box outside is ignored, a stray detection outside too", Image{Truth: []Truth{shark(0), {Box: wide, Taxon: "shark"}},
			Found: []Found{hit(0, 0.9), {wide, "shark", 0.8}, {frame.Box{X0: 0, Y0: 50, X1: 40, Y1: 90}, "shark", 0.7}, hit(200, 0.6)}}, 0.5, Rules{MaxArea: 100},
			1, []float64{0.9, 0.6}, []bool{true, false}},
		{"a box that is none matches nothing", Image{Truth: []Truth{{Box: frame.Box{X0: math.NaN(), X1: 10, Y1: 10}, Taxon: "shark"}}, Found: []Found{hit(0, 0.9)}}, 0.5, Rules{},
			0, []float64{0.9}, []bool{false}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := Match([]Image{c.image}, "shark", []float64{c.iou}, c.rules)[0]
			if p.Truth != c.truth || !slices.Equal(p.Scores, c.scores) || !slices.Equal(p.Right, c.right) {
				t.Errorf("got %+v, want truth %d, scores %v, right %v", p, c.truth, c.scores, c.right)
			}
		})
	}
}

func TestPRWorked(t *testing.T) {
	p := PR{Truth: 2, Scores: []float64{0.9, 0.8, 0.7}, Right: []bool{true, false, true}}
	near(t, "AP", p.AP(), (51+50*2./3)/101)
	precision, recall, f := p.At(0.8)
	near(t, "precision", precision, 0.5)
	near(t, "recall", recall, 0.5)
	near(t, "F", f, 0.5)
	threshold, f := p.BestF()
	near(t, "threshold", threshold, 0.7)
	near(t, "best F", f, 0.8)
	if right, wrong, missed := p.Counts(0.75); right != 1 || wrong != 1 || missed != 1 {
		t.Errorf("counts %d %d %d", right, wrong, missed)
	}
	if _, _, f := p.At(0.95); f != 0 {
		t.Errorf("F of nothing found is %v", f)
	}
	// A threshold takes all detections of a score: F is best with none of the tie left out.
	tie := PR{Truth: 1, Scores: []float64{0.5, 0.5}, Right: []bool{true, false}}
	threshold, f = tie.BestF()
	near(t, "threshold", threshold, 0.5)
	near(t, "F of a tie", f, 2./3)
	near(t, "AP of a tie goes by its order", tie.AP(), 1)
	lost := PR{Truth: 3, Scores: []float64{0.5}, Right: []bool{false}}
	threshold, f = lost.BestF()
	near(t, "threshold where nothing is right", threshold, 1)
	near(t, "F where nothing is right", f, 0)
	near(t, "AP where nothing is right", lost.AP(), 0)
}

func TestWithoutTruth(t *testing.T) {
	images := []Image{{}, {Found: []Found{hit(0, 0.9)}}}
	p := PrecisionRecall(images, "shark", 0.5)
	threshold, f := p.BestF()
	precision, recall, at := p.At(0)
	for name, v := range map[string]float64{"AP": p.AP(), "threshold": threshold, "F": f, "precision": precision, "recall": recall, "F at": at,
		"COCO": COCO(images, "shark"), "COCO of nothing": COCO(nil, "shark")} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v, want NaN", name, v)
		}
	}
	if right, wrong, missed := p.Counts(0); right != 0 || wrong != 1 || missed != 0 {
		t.Errorf("counts %d %d %d", right, wrong, missed)
	}
}

func TestCOCOLevels(t *testing.T) {
	want := []float64{0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95} // numpy.linspace(.5, .95, 10)
	if got := COCOLevels(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCOCOWorked: of two sharks one is found exactly and one by IoU 7/13 = 0.538, so
// that at IoU 0.50 both are right (AP 1) and at the nine others one of two:
// 51 of 101 recalls have precision 1. COCO = (1 + 9·51/101)/10.
func TestCOCOWorked(t *testing.T) {
	images := []Image{{Truth: []Truth{shark(0), shark(100)}, Found: []Found{hit(0, 0.9), hit(103, 0.8)}}}
	near(t, "COCO", COCO(images, "shark"), (1+9*51./101)/10)
	// The 101st detection of a picture does not count.
	crowded := Image{Truth: []Truth{shark(0)}}
	for i := range 100 {
		crowded.Found = append(crowded.Found, hit(1000+20*float64(i), 0.9))
	}
	crowded.Found = append(crowded.Found, hit(0, 0.1))
	near(t, "COCO of the 101st", COCO([]Image{crowded}, "shark"), 0)
	near(t, "AP of the 101st", PrecisionRecall([]Image{crowded}, "shark", 0.5).AP(), 1./101)
}

func TestPRProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 500 {
		images := randomSet(r)
		p := PrecisionRecall(images, "shark", 0.5)
		if p.Truth == 0 {
			continue
		}
		ap := p.AP()
		if ap < 0 || ap > 1 {
			t.Fatalf("set %d: AP %v", n, ap)
		}
		threshold, best := p.BestF()
		if _, _, f := p.At(threshold); best > 0 && f != best {
			t.Fatalf("set %d: F at the best threshold %v is %v, not %v", n, threshold, f, best)
		}
		for _, point := range p.Curve() {
			if precision, recall, f := p.At(point.Threshold); precision != point.Precision || recall != point.Recall || f != point.F || f > best {
				t.Fatalf("set %d: at %+v: %v %v %v, best %v", n, point, precision, recall, f, best)
			}
		}
		// Pictures without anything, other taxa and a scale of scores that keeps their order change nothing.
		other := append(slices.Clone(images), Image{}, Image{Found: []Found{{square(0), "ray", 1}}})
		for i := range other {
			other[i].Found = slices.Clone(other[i].Found)
			for j := range other[i].Found {
				other[i].Found[j].Score = math.Sqrt(other[i].Found[j].Score)
			}
		}
		if got := PrecisionRecall(other, "shark", 0.5).AP(); got != ap {
			t.Fatalf("set %d: AP %v became %v", n, ap, got)
		}
		// One more wrong detection, at the end, changes no AP; at the front it never helps.
		worse := append(slices.Clone(images), Image{Found: []Found{hit(0, -1)}})
		if got := PrecisionRecall(worse, "shark", 0.5).AP(); got != ap {
			t.Fatalf("set %d: a wrong detection after all others made AP %v of %v", n, got, ap)
		}
		worse[len(worse)-1].Found[0].Score = 2
		if got := PrecisionRecall(worse, "shark", 0.5).AP(); got > ap {
			t.Fatalf("set %d: a wrong detection before all others made AP %v of %v", n, got, ap)
		}
		// What is true, found as it is, is all there is.
		for i := range images {
			images[i].Found = nil
			for _, b := range images[i].Truth {
				images[i].Found = append(images[i].Found, Found{b.Box, b.Taxon, 0.5})
			}
		}
		if got := PrecisionRecall(images, "shark", 1).AP(); got != 1 && !overlapsIgnored(images) {
			t.Fatalf("set %d: AP of the truth itself is %v", n, got)
		}
	}
}

// overlapsIgnored tells whether boxes lie just on one another or in a crowd, where
// finding the truth itself need not be right.
func overlapsIgnored(images []Image) bool {
	for _, i := range images {
		for a, b := range i.Truth {
			for _, c := range i.Truth[a+1:] {
				if frame.IoU(b.Box, c.Box) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// In a partial picture only what lies on an animal that is known can be wrong; of the rest nobody knows.
func TestPartial(t *testing.T) {
	i := Image{Truth: []Truth{shark(0), {Box: square(30), Taxon: "ray"}, {Box: square(60), Taxon: "shark", Ignore: true}},
		Found: []Found{hit(0, 0.9), hit(1, 0.8), hit(30, 0.7), hit(200, 0.95), {square(100), "ray", 0.9}}}
	whole := Match([]Image{i}, "shark", []float64{0.5}, Rules{})[0]
	i.Partial = true
	p := Match([]Image{i}, "shark", []float64{0.5}, Rules{})[0]
	if want := (PR{Truth: 1, Scores: []float64{0.9, 0.8, 0.7}, Right: []bool{true, false, false}}); !reflect.DeepEqual(p, want) {
		t.Errorf("partial: %+v, want %+v: the second box on the shark and the ray's name are wrong, the one far off is not known", p, want)
	}
	if len(whole.Scores) != 4 || whole.Right[0] {
		t.Errorf("whole: %+v, want a false alarm first", whole)
	}
	c := Confuse([]Image{i}, []string{"shark", "ray"}, 0.5, always(0))
	if want := [][]int{{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}; !reflect.DeepEqual(c.Counts, want) {
		t.Errorf("confusion %v, want %v", c.Counts, want)
	}
	// A bad fit stays one where more is asked for.
	bad := Image{Partial: true, Truth: []Truth{shark(0)}, Found: []Found{hit(3, 0.9)}}
	if p := Match([]Image{bad}, "shark", []float64{0.9}, Rules{})[0]; !slices.Equal(p.Right, []bool{false}) {
		t.Errorf("%+v", p)
	}
	if a := Assess("m", []Trial{{Name: "test", Images: []Image{i, bad, {}}, Groups: []string{"a", "a", "b"}}}, []string{"shark"}, nil, Rating{IoU: 0.5, Threshold: 0.1}); !slices.Equal(a.Partial, []int{2}) {
		t.Errorf("%v partial, want 2", a.Partial)
	}
}

func TestJudge(t *testing.T) {
	i := Image{
		Truth: []Truth{shark(0), {Box: square(0), Taxon: "ray"}, {Box: square(50), Taxon: "shark", Ignore: true}, shark(80)},
		Found: []Found{hit(1, 0.5), {square(0), "ray", 0.9}, hit(0, 0.8), hit(50, 0.3), {square(80), "ray", 0.7}},
	}
	got := Judge(i, 0.5)
	want := Judgement{
		Right: []bool{false, true, true, false, false}, Wrong: []bool{true, false, false, false, true},
		Took: []int{-1, 1, 0, 2, -1}, Found: []bool{true, true, true, false},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// What is judged one by one is what Match counts.
	r := rand.New(rand.NewPCG(9, 9))
	for range 300 {
		for _, image := range randomSet(r) {
			j := Judge(image, 0.5)
			for _, taxon := range []string{"shark", "ray"} {
				right, wrong, _ := PrecisionRecall([]Image{image}, taxon, 0.5).Counts(0)
				for k, f := range image.Found {
					if f.Taxon == taxon && j.Right[k] {
						right--
					}
					if f.Taxon == taxon && j.Wrong[k] {
						wrong--
					}
				}
				if right != 0 || wrong != 0 {
					t.Fatalf("%+v: %+v is not what is counted (%d, %d)", image, j, right, wrong)
				}
			}
		}
	}
}

// BenchmarkCOCO: 100,000 detections on 2,000 pictures, all ten IoUs.
func BenchmarkCOCO(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	images := make([]Image, 2000)
	for i := range images {
		for range 10 {
			t := shark(r.Float64() * 500)
			images[i].Truth = append(images[i].Truth, t)
			for range 5 {
				images[i].Found = append(images[i].Found, hit(t.X0+r.NormFloat64()*2, r.Float64()))
			}
		}
	}
	for b.Loop() {
		COCO(images, "shark")
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-9) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestClear(t *testing.T) {
	p := PR{Scores: []float64{0.9, 0.6, 0.6, 0.2}}
	for score, want := range map[float64]float64{0.9: 0.75, 0.6: 0.4, 0.2: 0.1} {
		if got := p.Clear(score); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", score, got, want)
		}
	}
}
