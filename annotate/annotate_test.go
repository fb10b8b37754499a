package annotate

import (
	"math"
	"testing"
	"time"

	"requin/frame"
)

func key(number int, x float64) Mark {
	return Mark{Frame: number, Shape: BoxShape(frame.Box{X0: x, Y0: 0, X1: x + 10, Y1: 20})}
}

// A shark drawn in frames 10 and 20, gone at 30, back from 40 on.
func TestBetween(t *testing.T) {
	gone := key(30, 100)
	gone.Outside = true
	still := key(50, 7)
	still.Still = true
	marks := []Mark{key(10, 0), key(20, 50), gone, key(40, 0), still, key(60, 9)}
	for _, c := range []struct {
		frame int
		x     float64
		ok    bool
	}{
		{9, 0, false}, {10, 0, true}, {15, 25, true}, {20, 50, true}, {25, 50, true}, {29, 50, true},
		{30, 0, false}, {35, 0, false}, {40, 0, true}, {45, 3.5, true}, {50, 7, true}, {55, 0, false}, {60, 9, true}, {61, 0, false},
	} {
		box, ok := Between(marks, c.frame)
		if ok != c.ok || ok && (math.Abs(box.X0-c.x) > 1e-9 || box.W() != 10 || box.H() != 20) {
			t.Errorf("frame %d: %v %v, want x %v %v", c.frame, box, ok, c.x, c.ok)
		}
	}
	if _, ok := Between(nil, 3); ok {
		t.Error("a box of no marks")
	}
}

func TestBounds(t *testing.T) {
	tilted := Shape{Kind: Rotated, Points: []Point{{0, 0}, {10, 20}}, Angle: 90}
	oval := Shape{Kind: Ellipse, Points: []Point{{0, 0}, {10, 20}}, Angle: 90}
	for _, c := range []struct {
		shape Shape
		want  frame.Box
		ok    bool
	}{
		{BoxShape(frame.Box{X0: 1, Y0: 2, X1: 3, Y1: 4}), frame.Box{X0: 1, Y0: 2, X1: 3, Y1: 4}, true},
		{Shape{Kind: Polygon, Points: []Point{{5, 5}, {1, 9}, {7, 2}}}, frame.Box{X0: 1, Y0: 2, X1: 7, Y1: 9}, true},
		{Shape{Kind: Circle, Points: []Point{{5, 5}}, Radius: 2}, frame.Box{X0: 3, Y0: 3, X1: 7, Y1: 7}, true},
		{tilted, frame.Box{X0: -5, Y0: 5, X1: 15, Y1: 15}, true},
		{oval, frame.Box{X0: -5, Y0: 5, X1: 15, Y1: 15}, true},
		{Shape{Kind: Points, Points: []Point{{5, 5}}}, frame.Box{X0: 5, Y0: 5, X1: 5, Y1: 5}, true},
		{Shape{Kind: WholePic}, frame.Box{}, false},
		{Shape{}, frame.Box{}, false},
	} {
		got, ok := c.shape.Bounds()
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if ok != c.ok || !near(got.X0, c.want.X0) || !near(got.Y0, c.want.Y0) || !near(got.X1, c.want.X1) || !near(got.Y1, c.want.Y1) {
			t.Errorf("%+v: %v %v, want %v %v", c.shape, got, ok, c.want, c.ok)
		}
	}
}

// A mark's time is what was stated, else its frame in the media's rate, else unknown.
func TestAt(t *testing.T) {
	ntsc := frame.Rational{Num: 30000, Den: 1001}
	for _, c := range []struct {
		mark Mark
		rate frame.Rational
		want time.Duration
		ok   bool
	}{
		{Mark{Frame: 30000, Time: None}, ntsc, 1001 * time.Second, true},
		{Mark{Frame: 3, Time: 5}, ntsc, 5, true},
		{Mark{Frame: 3, Time: None}, frame.Rational{}, 0, false},
		{Mark{Frame: -1, Time: None}, ntsc, 0, false},
	} {
		if got, ok := c.mark.At(c.rate); got != c.want || ok != c.ok {
			t.Errorf("%+v at %v: %v %v", c.mark, c.rate, got, ok)
		}
	}
}

func TestSpecies(t *testing.T) {
	for _, c := range []struct {
		in   Species
		want string
	}{
		{Species{Family: "Carcharhinidae", Genus: "Carcharhinus", Species: "melanopterus"}, "Carcharhinus melanopterus"},
		{Species{Family: "Carcharhinidae", Genus: "Carcharhinus", Species: "spp"}, "Carcharhinus spp"},
		{Species{Family: "Carcharhinidae", Genus: "Carcharhinus"}, "Carcharhinus spp"},
		{Species{Family: "Carcharhinidae", Genus: "Unknown", Species: "spp"}, "Carcharhinidae"},
		{Species{Family: "NA"}, ""},
	} {
		if got := c.in.Scientific(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.in, got, c.want)
		}
	}
	for _, name := range []string{"Triaenodon obesus", "Carcharhinus spp", "Labridae", ""} {
		if got := SpeciesOf(name).Scientific(); got != name {
			t.Errorf("%q comes back as %q", name, got)
		}
	}
}
