package plot

import (
	"encoding/xml"
	"flag"
	"fmt"
	"html/template"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// gallery is a chart of each kind that the reports need.
func gallery() []Chart {
	r := rand.New(rand.NewPCG(1, 2))
	var loss, box, rate []XY
	for i := range 800 {
		x := float64(i * 250)
		loss = append(loss, XY{x, 9*math.Exp(-x/40000) + 0.6 + 0.3*r.Float64()})
		box = append(box, XY{x, 4*math.Exp(-x/60000) + 0.3 + 0.1*r.Float64()})
		rate = append(rate, XY{x, 0.008*0.5*(1+math.Cos(math.Pi*x/200000)) + 1e-7})
	}
	loss[200].Y = math.NaN()
	var pr, weak []XY
	for i := range 60 {
		x := float64(i) / 60
		pr, weak = append(pr, XY{x, 1 - x*x*x}), append(weak, XY{x * 0.7, 0.9 - x*0.6})
	}
	var reliability []Bar
	for i := range 10 {
		x := float64(i) / 10
		reliability = append(reliability, Bar{x, x + 0.1, math.Pow(x+0.05, 1.6), fmt.Sprintf("%d detections", 40+i)})
	}
	var counts, differences []XY
	for range 60 {
		people := float64(r.IntN(12))
		machine := math.Max(0, math.Round(people*0.9+r.NormFloat64()*0.9))
		counts = append(counts, XY{people, machine})
		differences = append(differences, XY{(people + machine) / 2, machine - people})
	}
	folds := []Box{
		{At: 0, Least: 0.71, Lower: 0.74, Mid: 0.8, Upper: 0.83, Most: 0.88, Points: []float64{0.71, 0.74, 0.8, 0.83, 0.88}},
		{At: 1, Least: 0.4, Lower: 0.52, Mid: 0.6, Upper: 0.61, Most: 0.7, Points: []float64{0.2}},
		{At: 2, Least: math.NaN()},
	}
	unit := Axis{From: 0, To: 1}
	recall, precision := unit, unit
	recall.Label, precision.Label = "recall", "precision"
	said, so := unit, unit
	said.Label, so.Label = "probability", "share that is right"
	return []Chart{
		{ID: "loss", Title: "Loss", About: "The loss falls from 9 to 1.", X: Axis{Label: "step", Tight: true}, Y: Axis{Label: "loss"},
			Marks: []Mark{Line{Name: "all", Points: loss}, Line{Name: "box", Points: box}}},
		{ID: "rate", Title: "Learning rate", About: "A cosine.", X: Axis{Label: "step", Tight: true}, Y: Axis{Label: "learning rate", Log: true},
			Marks: []Mark{Line{Points: rate}}},
		{ID: "pr", Title: "Precision and recall", About: "Two taxa.", Note: "IoU 0.5", X: recall, Y: precision,
			Marks: []Mark{Line{Name: "Carcharhinus amblyrhynchos (n = 310)", Points: pr}, Line{Name: "Triaenodon obesus (n = 45)", Points: weak}, Guide{Upright: true, A: 0.8, Text: "chosen"}}},
		{ID: "reliability", Title: "Reliability", About: "Scores are too sure.", Note: "n = 445", X: said, Y: so,
			Marks: []Mark{Bars{Name: "detections", Bars: reliability}, Guide{Name: "perfect", B: 1}}},
		{ID: "regression", Title: "MaxN", About: "Machine against people.", Note: "n = 60 deployments", X: Axis{Label: "MaxN by people"}, Y: Axis{Label: "MaxN by machine"},
			Marks: []Mark{Dots{Points: counts, Tips: []string{"Cocos_01"}}, Guide{Name: "fitted", A: 0.1, B: 0.9, Strong: true}, Guide{Name: "equal", B: 1}}},
		{ID: "bland", Title: "Bland and Altman", About: "Differences.", X: Axis{Label: "mean of both"}, Y: Axis{Label: "machine − people"},
			Marks: []Mark{Dots{Points: differences}, Guide{A: -0.5, Text: "bias −0.5", Strong: true}, Guide{A: 1.4, Text: "+1.96 SD"}, Guide{A: -2.4, Text: "−1.96 SD"}}},
		{ID: "folds", Title: "F over folds", About: "Box plots.", Note: "5 folds", X: Axis{Names: []string{"Carcharhinus amblyrhynchos", "Triaenodon obesus", "Nebrius ferrugineus"}}, Y: Axis{Label: "F", From: 0, To: 1},
			Marks: []Mark{Boxes{Boxes: folds}}},
		{ID: "short", Title: "AP by taxon", About: "Names on the left.", X: Axis{Label: "AP", From: 0, To: 1}, Y: Axis{Names: []string{"shark", "ray", "fish"}},
			Marks: []Mark{Dots{Points: []XY{{0.9, 0}, {0.4, 1}, {0.55, 2}}}}},
		{ID: "small", Title: "Small numbers", About: "By the logarithm on both sides.", X: Axis{Label: "detections", Log: true}, Y: Axis{Label: "error", Log: true},
			Marks: []Mark{Line{Name: "a", Dotted: true, Points: []XY{{1, 3e-5}, {10, 2e-5}, {1000, 4e-6}, {0, 1}}}, Guide{Name: "1/n", B: 1e-6}}},
		{ID: "none", Title: "Nothing", About: "Nothing yet.", X: Axis{Label: "step"}, Y: Axis{Label: "AP", From: 0, To: 1}, Marks: []Mark{Line{Name: "AP50"}}},
	}
}

const house = `:root { --paper: #fff; --ink: #17212b; --soft: #5a6875; --rule: #d5dce2; } body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); display: grid; grid-template-columns: 1fr 1fr; gap: 20px; max-width: 960px; }
@media (prefers-color-scheme: dark) { :root { --paper: #12181e; --ink: #e4eaef; --soft: #9dabb8; --rule: #33404c; } }
`

// TestGallery holds the drawings against testdata/gallery.html, which is made to be
// looked at (go test ./plot -update).
func TestGallery(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Charts</title>\n<style>" + house + CSS + "</style>\n")
	for _, c := range gallery() {
		b.WriteString("<div>" + string(c.Draw()) + "</div>\n")
	}
	golden := filepath.Join("testdata", "gallery.html")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the drawings changed: look at them, then go test ./plot -update")
	}
}

func TestWellFormed(t *testing.T) {
	for _, c := range gallery() {
		checkSVG(t, c.Draw())
	}
}

// checkSVG fails where a drawing is not well-formed or holds a coordinate that is none.
func checkSVG(t *testing.T, svg template.HTML) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			if e.Name.Local == "script" {
				t.Fatalf("a script in %s", svg)
			}
			for _, a := range e.Attr {
				if a.Name.Local != "class" && a.Name.Local != "id" && a.Name.Local != "aria-labelledby" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Fatalf("%s=%q in %s", a.Name.Local, a.Value, svg)
				}
			}
		}
	}
}

// A line of very many points is small and still shows its one peak.
func TestManyPoints(t *testing.T) {
	points := make([]XY, 300000)
	for i := range points {
		points[i] = XY{float64(i), math.Mod(float64(i)*0.7, 1)}
	}
	points[123456].Y = 40
	svg := string(Chart{ID: "a", Y: Axis{From: 0, To: 50}, X: Axis{Tight: true}, Marks: []Mark{Line{Points: points}}}.Draw())
	if len(svg) > 60000 {
		t.Errorf("%d bytes", len(svg))
	}
	c := Chart{H: 270, Y: Axis{From: 0, To: 50}, X: Axis{Tight: true}, Marks: []Mark{Line{Points: points}}}.layout()
	if peak := " " + Num(c.y.Px(40)); !strings.Contains(svg, peak) {
		t.Errorf("the peak at %s is lost", peak)
	}
}

func TestTicks(t *testing.T) {
	cases := []struct {
		axis     Axis
		from, to float64
		want     string
	}{
		{Axis{}, 0, 9.3, "0 2 4 6 8 10"},
		{Axis{}, 0.2, 0.93, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{Axis{}, 0.2, 0.83, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{Axis{}, 95, 100, "95 96 97 98 99 100"},
		{Axis{}, -3, 2, "−3 −2 −1 0 1 2"},
		{Axis{Tight: true}, 0, 200000, "0 50,000 100,000 150,000 200,000"},
		{Axis{Log: true}, 0.0002, 0.008, "1e-4 2e-4 5e-4 0.001 0.002 0.005 0.01"},
		{Axis{Log: true}, 1e-7, 1, "1e-7 1e-5 0.001 0.1"},
		{Axis{}, 3, 3, "1 2 3 4 5"},
		{Axis{}, 1e-5, 4e-5, "0 1e-5 2e-5 3e-5 4e-5"},
	}
	for _, c := range cases {
		_, ticks, step := c.axis.fit([2]float64{c.from, c.to}, 5)
		if got := strings.Join(labels(ticks, step), " "); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// Any axis gets some ticks, not many, in order, within its ends.
func TestTicksProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		a := Axis{Log: r.IntN(2) == 0, Tight: r.IntN(2) == 0}
		from := math.Pow(10, r.Float64()*16-8)
		to := from * math.Pow(10, r.Float64()*6)
		if !a.Log && r.IntN(2) == 0 {
			from = -from
		}
		s, ticks, _ := a.fit([2]float64{from, to}, 5)
		if s.From > from || s.To < to {
			t.Fatalf("%+v: %v to %v does not hold %v to %v", a, s.From, s.To, from, to)
		}
		if len(ticks) == 0 || len(ticks) > 12 {
			t.Fatalf("%+v, %v to %v: ticks %v", a, from, to, ticks)
		}
		for i, v := range ticks {
			if i > 0 && v <= ticks[i-1] || v < s.From-1e-6*math.Abs(s.From)-1e-6*(s.To-s.From) || v > s.To*(1+1e-6)+1e-6*(s.To-s.From) {
				t.Fatalf("%+v, %v to %v: ticks %v", a, from, to, ticks)
			}
		}
	}
}

// Values that are one but for rounding, and ranges beyond what is ever measured, have
// ticks too.
func TestTicksAtTheEdges(t *testing.T) {
	for _, data := range [][2]float64{{1, math.Nextafter(1, 2)}, {-1, math.Nextafter(-1, 2)}, {1e15, 1e15 + 1}, {1e9, 1e9 + 1e-6}, {1e-9, 1e90}, {-1e90, 1e90}} {
		for _, a := range []Axis{{}, {Tight: true}, {Zero: true}, {Log: true}, {Log: true, Tight: true}} {
			if a.Log && data[0] < 0 {
				continue
			}
			s, ticks, _ := a.fit(data, 5)
			if s.From > data[0] || s.To < data[1] || len(ticks) < 2 || len(ticks) > 12 {
				t.Errorf("%v, %+v: %v to %v, ticks %v", data, a, s.From, s.To, ticks)
			}
		}
	}
}

// FuzzChart: whatever the numbers and names, the drawing is well-formed and has no
// coordinate that is none.
func FuzzChart(f *testing.F) {
	f.Add("shark", 0.0, 1.0, 2.0, 3.0, false)
	f.Add("</svg><script>", math.NaN(), math.Inf(1), -1.0, 1e300, true)
	f.Add("a", 5.0, 5.0, 5.0, 5.0, true)
	f.Add("", 1e-300, 1e300, -1e300, 1.0, false)
	f.Fuzz(func(t *testing.T, name string, a, b, c, d float64, log bool) {
		for _, v := range []float64{a, b, c, d} {
			if math.Abs(v) > 1e100 || v != 0 && math.Abs(v) < 1e-100 {
				return // no measure is
			}
		}
		points := []XY{{a, b}, {c, d}, {b, a}}
		svg := Chart{ID: "x", Title: name, About: name, Note: name, X: Axis{Label: name, Log: log}, Y: Axis{Label: name, Log: log, Tight: true},
			Marks: []Mark{Line{Name: name, Points: points}, Dots{Name: name, Points: points, Tips: []string{name}},
				Bars{Name: name, Bars: []Bar{{a, b, c, name}}}, Boxes{Name: name, Boxes: []Box{{At: a, Least: a, Lower: b, Mid: c, Upper: d, Most: d, Points: []float64{b}, Tip: name}}},
				Guide{Name: name, A: a, B: b, Text: name}, Guide{A: c, Upright: true}}}.Draw()
		checkSVG(t, svg)
	})
}

// An axis of counts begins at 0, also where all are 0.
func TestAnAxisOfCountsBeginsAtZero(t *testing.T) {
	for _, x := range [][2]float64{{0, 0}, {0, 3}, {3, 3}, {7, 9}, {0, 0.2}} {
		s, ticks, _ := Axis{Zero: true}.fit(x, 5)
		if s.From != 0 || ticks[0] != 0 || s.To < x[1] || s.To == 0 {
			t.Errorf("%v: from %v to %v, ticks %v", x, s.From, s.To, ticks)
		}
	}
}
