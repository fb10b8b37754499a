package eval

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"requin/frame"
)

func always(threshold float64) func(string) float64 {
	return func(string) float64 { return threshold }
}

func TestConfuseWorked(t *testing.T) {
	ray := func(x float64) Truth { return Truth{Box: square(x), Taxon: "ray"} }
	found := func(taxon string, x, score float64) Found { return Found{square(x), taxon, score} }
	cases := []struct {
		name   string
		image  Image
		counts [][]int
		double []int
	}{
		{"a ray taken for a shark", Image{Truth: []Truth{ray(0), shark(50)}, Found: []Found{found("shark", 0, 0.9), found("shark", 50, 0.8), found("ray", 200, 0.7)}},
			[][]int{{1, 0, 0}, {1, 0, 0}, {0, 1, 0}}, []int{0, 0}},
		{"what is under its threshold is not there", Image{Truth: []Truth{shark(0)}, Found: []Found{found("shark", 0, 0.2)}},
			[][]int{{0, 0, 1}, {0, 0, 0}, {0, 0, 0}}, []int{0, 0}},
		{"the right name goes before a surer wrong one", Image{Truth: []Truth{shark(0)}, Found: []Found{found("ray", 0, 0.99), found("shark", 1, 0.5)}},
			[][]int{{1, 0, 0}, {0, 0, 0}, {0, 1, 0}}, []int{0, 1}},
		{"a second box on one animal", Image{Truth: []Truth{shark(0)}, Found: []Found{found("shark", 0, 0.99), found("shark", 1, 0.5)}},
			[][]int{{1, 0, 0}, {0, 0, 0}, {1, 0, 0}}, []int{1, 0}},
		{"of two that may be meant the one it overlaps more", Image{Truth: []Truth{shark(3), shark(0)}, Found: []Found{found("ray", 1, 0.9)}},
			[][]int{{0, 1, 1}, {0, 0, 0}, {0, 0, 0}}, []int{0, 0}},
		{"an ignored box is no animal and no mistake", Image{Truth: []Truth{{Box: square(0), Taxon: "shark", Ignore: true}}, Found: []Found{found("shark", 0, 0.9), found("ray", 0, 0.8)}},
			[][]int{{0, 0, 0}, {0, 0, 0}, {0, 1, 0}}, []int{0, 0}},
		{"a taxon that is not listed is not looked at", Image{Truth: []Truth{{Box: square(0), Taxon: "turtle"}}, Found: []Found{found("turtle", 0, 0.9), found("ray", 0, 0.8)}},
			[][]int{{0, 0, 0}, {0, 0, 0}, {0, 1, 0}}, []int{0, 0}},
	}
	for _, c := range cases {
		got := Confuse([]Image{c.image}, []string{"shark", "ray"}, 0.5, always(0.3))
		if !reflect.DeepEqual(got.Counts, c.counts) || !reflect.DeepEqual(got.Double, c.double) {
			t.Errorf("%s: %v, double %v; want %v, %v", c.name, got.Counts, got.Double, c.counts, c.double)
		}
	}
}

// Rows add up to boxes, columns to detections, and the diagonal is what Counts counts.
func TestConfuseAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	taxa := []string{"shark", "ray"}
	mixed := 0
	for range 500 {
		images := randomSet(r)
		c := Confuse(images, taxa, 0.5, always(0.3))
		for i, name := range taxa {
			p := PrecisionRecall(images, name, 0.5)
			right, wrong, _ := p.Counts(0.3)
			row, column := 0, 0
			for k := range c.Counts {
				row += c.Counts[i][k]
				column += c.Counts[k][i]
			}
			if row != p.Truth || column != right+wrong || c.Counts[i][i] != right || c.Double[i] > c.Counts[2][i] {
				t.Fatalf("%s: %v of %+v; truth %d, right %d, wrong %d", name, c, images, p.Truth, right, wrong)
			}
		}
		mixed += c.Counts[0][1]
	}
	if mixed == 0 {
		t.Error("no set confused any")
	}
}

func TestRecallBy(t *testing.T) {
	far := frame.Box{X0: 200, Y0: 0, X1: 203, Y1: 3}
	images := []Image{
		{Truth: []Truth{shark(0), {Box: far, Taxon: "shark"}, {Box: square(80), Taxon: "shark", Ignore: true}}, Found: []Found{hit(0, 0.9), {far, "shark", 0.2}}},
		{Truth: []Truth{shark(0), {Box: square(0), Taxon: "ray"}}, Found: []Found{{square(0), "ray", 0.9}}},
	}
	got := RecallBy(images, "shark", 0.5, 0.5, []string{"near", "far", "murky"}, func(image, truth int) string {
		if images[image].Truth[truth].Area() < 50 {
			return "far"
		}
		return "near"
	})
	want := []Class{{"near", 2, 1}, {"far", 1, 0}, {"murky", 0, 0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got[0].Recall() != 0.5 || !math.IsNaN(got[2].Recall()) {
		t.Errorf("recall %v, %v", got[0].Recall(), got[2].Recall())
	}
}

// TestSizes: a detection of one size is no mistake in another.
func TestSizes(t *testing.T) {
	box := func(x, side float64) frame.Box { return frame.Box{X0: x, Y0: 0, X1: x + side, Y1: side} }
	images := []Image{{
		Truth: []Truth{{Box: box(0, 20), Taxon: "shark"}, {Box: box(100, 50), Taxon: "shark"}, {Box: box(300, 200), Taxon: "shark"}},
		Found: []Found{{box(0, 20), "shark", 0.9}, {box(600, 60), "shark", 0.8}, {box(300, 200), "shark", 0.7}},
	}}
	want := map[string]float64{"small": 1, "medium": 0, "large": 1}
	for _, s := range Sizes() {
		p := Match(images, "shark", []float64{0.5}, s.Rules)[0]
		if p.Truth != 1 || p.AP() != want[s.Name] {
			t.Errorf("%s: truth %d, AP %v, want 1, %v", s.Name, p.Truth, p.AP(), want[s.Name])
		}
	}
}
