package plot

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A figure that left its page has its colours in it, and its picture shows them.
func TestFigures(t *testing.T) {
	for _, c := range gallery() {
		f, err := NewFigure(c.Draw(), "", house, CSS)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		svg := f.SVG()
		checkSVG(t, template.HTML(svg))
		for _, bad := range []string{"var(", "--", "class=\"line", "class=\"tick"} {
			if bytes.Contains(svg, []byte(bad)) {
				t.Errorf("%s: the file has %q", c.ID, bad)
			}
		}
		if !bytes.Contains(svg, []byte("<title")) || !bytes.Contains(svg, []byte(`xmlns="http://www.w3.org/2000/svg"`)) {
			t.Errorf("%s: no title, or no SVG by itself", c.ID)
		}
		if again, _ := NewFigure(c.Draw(), "", house, CSS); !bytes.Equal(again.SVG(), svg) {
			t.Errorf("%s: other bytes the second time", c.ID)
		}
		picture, err := f.PNG(3)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		if *update {
			if err := os.WriteFile(filepath.Join(os.TempDir(), "gallery-"+c.ID+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := png.Decode(bytes.NewReader(picture))
		if err != nil || got.Bounds().Dx() != int(3*c.width()) || got.Bounds().Dy() != int(3*c.height()) {
			t.Fatalf("%s: %v, %v", c.ID, got.Bounds(), err)
		}
		seen := map[color.Color]int{}
		for y := range got.Bounds().Dy() {
			for x := range got.Bounds().Dx() {
				r, g, b, _ := got.At(x, y).RGBA()
				seen[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}]++
			}
		}
		white, axis, first := seen[color.RGBA{255, 255, 255, 255}], seen[color.RGBA{0x5a, 0x68, 0x75, 255}], seen[color.RGBA{0x0a, 0x6c, 0x94, 255}]
		if white < 100_000 || axis < 1000 || c.ID != "none" && first < 30 && c.ID != "regression" && c.ID != "bland" && c.ID != "short" {
			t.Errorf("%s: %d white, %d of the axes, %d of the first mark", c.ID, white, axis, first)
		}
	}
}

// Where a stroke lies, and how wide it is, in dots.
func TestPictureOfShapes(t *testing.T) {
	const css = `.plot text { fill: #000 } .a { stroke: #f00; stroke-width: 2 } .b { fill: #0000ff80; stroke: none } .c { fill: none; stroke: #080; stroke-width: 2; stroke-dasharray: 4 4 }
		.gap { fill: url(#hatch) } .back { fill: #ffffff } .over { stroke: #000; stroke-width: 2 } @media print { .a { stroke: #fff } } .a:hover { stroke: #fff } .out .a { stroke: #fff } .in .d { fill: #123456 }`
	const svg = `<svg class="plot" viewBox="0 0 60 40"><line class="a" x1="10" y1="10" x2="30" y2="10"></line><rect class="b" x="40" y="5" width="10" height="10"></rect>` +
		`<path class="c" d="M10 20H30"></path><g class="in"><path class="d" d="M10 30A5 5 0 0 0 20 30Z"></path></g><rect class="gap" x="40" y="20" width="14" height="14"></rect></svg>`
	const defs = `<svg><defs><pattern id="hatch" width="7" height="7"><rect class="back" width="7" height="7"/><line class="over" x1="0" y1="0" x2="0" y2="7"/></pattern></defs></svg>`
	f, err := NewFigure(svg, defs, css)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := f.PNG(2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	at := func(x, y int) string {
		r, g, b, _ := got.At(x, y).RGBA()
		return fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)
	}
	for _, x := range []struct {
		what string
		x, y int
		want string
	}{
		{"on the line", 40, 19, "ff0000"}, {"on its other side", 40, 20, "ff0000"}, {"over it", 40, 16, "ffffff"}, {"before it", 17, 20, "ffffff"},
		{"half seen through", 90, 20, "7f7fff"}, {"in a dash", 22, 40, "008800"}, {"between dashes", 31, 40, "ffffff"},
		{"under the middle of the half disc", 30, 66, "123456"}, {"over it", 30, 56, "ffffff"},
	} {
		if c := at(x.x, x.y); c != x.want {
			t.Errorf("%s: %s, want %s", x.what, c, x.want)
		}
	}
	black := 0
	for x := 80; x < 108; x++ {
		if at(x, 54) == "000000" {
			black++
		}
	}
	if black < 4 || black > 16 {
		t.Errorf("%d of 28 dots of a hatched row are black", black)
	}
	if !strings.Contains(string(f.SVG()), "<pattern") {
		t.Error("the file lacks its pattern")
	}
}

func TestNoFigure(t *testing.T) {
	for svg, want := range map[string]string{
		"":                                    "begins with <svg>",
		"<svg":                                "not well-formed",
		"<g></g>":                             "begins with <svg>",
		`<svg viewBox="1 1 5 5"></svg>`:       "viewBox",
		`<svg viewBox="0 0 0 5"></svg>`:       "viewBox",
		`<svg viewBox="0 0 5 x"></svg>`:       "viewBox",
		`<svg viewBox="0 0 5 5"><a></svg>`:    "not well-formed",
		`<svg viewBox="0 0 9 9"></svg></svg>`: "not well-formed",
	} {
		if _, err := NewFigure(template.HTML(svg), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", svg, err)
		}
	}
	for inside, want := range map[string]string{
		`<image/>`:                                "<image>",
		`<path d="C1 2"/>`:                        "path",
		`<path d="L1 2"/>`:                        "path",
		`<path d="M1 x"/>`:                        "path",
		`<g transform="skewX(3)"></g>`:            "transform",
		`<g transform="rotate(x)"></g>`:           "invalid syntax",
		`<rect width="2" height="2" fill="red"/>`: "colour",
	} {
		f, err := NewFigure(template.HTML(`<svg viewBox="0 0 5 5">`+inside+`</svg>`), "")
		if err == nil {
			_, err = f.PNG(1)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", inside, err)
		}
	}
	f, _ := NewFigure(`<svg viewBox="0 0 50000 50000"></svg>`, "")
	if _, err := f.PNG(3); err == nil {
		t.Error("a picture of 22 gigapixels")
	}
}

func TestData(t *testing.T) {
	c := Chart{X: Axis{Label: "MaxN by people", Names: nil}, Y: Axis{Label: "MaxN by machine"}, Marks: []Mark{
		Dots{Name: "rays", Points: []XY{{1.2, 2.1}}, Values: []XY{{1, 2}}, Tips: []string{"D1"}}, Guide{Name: "equal", B: 1},
		Line{Name: "fold 0", Points: []XY{{0, 1}}, Marked: []XY{{0, 1}}, Tips: []string{"threshold"}}}}
	got := fmt.Sprint(c.Data())
	for _, want := range []string{"[kind series MaxN by people MaxN by machine label]", "[point rays 1 2 D1]", "[guide equal ", "[line fold 0 0 1 ]", "[marked fold 0 0 1 threshold]"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	boxes := Chart{X: Axis{Names: []string{"C. amblyrhynchos"}}, Y: Axis{Label: "F", From: 0, To: 1}, Marks: []Mark{
		Boxes{Name: "all", Kinds: []string{"fold 0", "fold 1"}, Boxes: []Box{{Least: 0.1, Lower: 0.2, Mid: 0.3, Upper: 0.4, Most: 0.5, Points: []float64{0.1, 0.5}, Of: []int{0, 1}}}}, Symbol{Name: "fold 0"}}}
	got = fmt.Sprint(boxes.Data())
	for _, want := range []string{"[median all C. amblyrhynchos 0.3 ]", "[point all C. amblyrhynchos 0.5 fold 1]"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

// No two marks look alike without colour until there are more than shapes and dashes.
func TestLooksAreToldApartWithoutColour(t *testing.T) {
	seen := map[string]bool{}
	for n := range shapes {
		l := lookOf(n)
		_, dash, _ := strings.Cut(l.class, " ")
		for _, key := range []string{dash, fmt.Sprint(l.shape)} {
			if seen[key] {
				t.Errorf("mark %d: %s is another's", n, key)
			}
			seen[key] = true
		}
	}
	all := map[look]bool{}
	for n := range 36 {
		all[lookOf(n)] = true
	}
	if len(all) != 36 {
		t.Errorf("%d looks of 36 marks", len(all))
	}
}
