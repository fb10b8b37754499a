package train

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/eval"
	"requin/frame"
	"requin/nn"
	"requin/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samplePage is a training under way, with all that a page can show.
func samplePage(t *testing.T) Page {
	t.Helper()
	picture := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	p := Page{
		Network: "yolox-nano at 416×256", Dataset: "Cocos 2023", Fold: "fold 0 of 5 held out", Device: "CPU, 2 threads", Written: "2025-06-01 10:20 UTC",
		State: StateRunning, Step: 2400, Steps: 12000, Elapsed: 11*time.Minute + 4*time.Second, Left: 45 * time.Minute,
		Recipe: "name: laptop\nnetwork: yolox-nano\nwidth: 416\nlearning_rate:\n  base: 0.005 # <of AdamW>\n",
		Facts: []Facts{
			{"Run", [][2]string{{"dataset", "SHA-256 4c1f"}, {"seed", "1"}, {"energy", "not measured: no counter"}}},
			{"Machine", [][2]string{{"processor", "2 cores"}, {"libtorch", "1.13.1"}}},
		},
	}
	for step := 20; step <= 2400; step += 20 {
		x := float64(step) / 2400
		wave := 0.06 * math.Sin(float64(step))
		p.Curve.Points = append(p.Curve.Points, Point{Step: step, Epoch: x * 12, Rate: 0.005 * math.Min(1, 20*x) * (1 - 0.6*x), Norm: 30/(1+12*x) + 4*wave,
			Terms:     []nn.Term{{Name: "objectness", Value: 9*math.Exp(-8*x) + 1 + wave}, {Name: "box", Value: 3.2 - 1.4*x + wave}, {Name: "class", Value: 1.9*math.Exp(-2*x) + wave/2}},
			PicturesS: 36 + 20*wave, Elapsed: time.Duration(step) * 270 * time.Millisecond})
	}
	taxa := []string{"Carcharhinus amblyrhynchos", "Triaenodon obesus", "Carcharhinus melanopterus", "fish", "Epinephelus lanceolatus"}
	for i, ap := range []float64{0.12, 0.41, 0.55, 0.52} {
		v := Validation{Step: 600 * (i + 1), Pictures: 184, AP50: ap, AP: ap * 0.55, Took: 9 * time.Second}
		for k, name := range taxa {
			s := TaxonScore{Taxon: name, Studied: k < 3, Truth: []int{212, 96, 41, 530, 0}[k]}
			if s.Truth > 0 {
				s.AP50 = ap * (1.2 - 0.15*float64(k))
				s.AP, s.F, s.Threshold, s.Precision, s.Recall = s.AP50*0.55, s.AP50*1.1, 0.31, s.AP50*1.2, s.AP50
			}
			v.Taxa = append(v.Taxa, s)
		}
		p.Curve.Validations = append(p.Curve.Validations, v)
	}
	p.Best = &p.Curve.Validations[2]
	box := func(x0, y0, x1, y1 float64) frame.Box { return frame.Box{X0: x0, Y0: y0, X1: x1, Y1: y1} }
	p.Pictures = []report.Judged{
		{JPEG: picture("held-1.jpg"), Name: "Cocos_07 at 12:31.040",
			Truth: []eval.Truth{{Box: box(262, 96, 480, 220), Taxon: taxa[0]}, {Box: box(118, 116, 158, 134), Taxon: "fish"}, {Box: box(170, 42, 226, 88), Taxon: "fish", Crowd: true}},
			Found: []eval.Found{{Box: box(268, 92, 480, 214), Taxon: taxa[0], Score: 0.87}, {Box: box(172, 44, 198, 62), Taxon: "fish", Score: 0.4}, {Box: box(222, 168, 262, 196), Taxon: "fish", Score: 0.33}}},
		{JPEG: picture("held-2.jpg"), Name: "Cocos_12 at 03:02.000", W: 1920, H: 1080,
			Truth: []eval.Truth{{Box: box(1210, 548, 1920, 880), Taxon: taxa[4]}, {Box: box(920, 470, 1136, 600), Taxon: taxa[2]}},
			Found: []eval.Found{{Box: box(1230, 560, 1920, 860), Taxon: taxa[0], Score: 0.52}, {Box: box(912, 462, 1150, 600), Taxon: taxa[2], Score: 0.71}}},
	}
	return p
}

func write(t *testing.T, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := WritePage(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPageIsGolden(t *testing.T) {
	got := write(t, samplePage(t))
	golden := filepath.Join("testdata", "report.html")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed: look at it, and if it is meant, run go test ./train -run Golden -update", golden)
	}
}

func TestPageStates(t *testing.T) {
	p := samplePage(t)
	cases := []struct {
		state  State
		reason string
		want   []string
		not    []string
	}{
		{StateRunning, "", []string{`http-equiv="refresh" content="15"`, "Running: step 2,400 of 12,000, 11 min so far, about 45 min left.", "banner plain", "Best so far"}, []string{"banner grave"}},
		{StateFinished, "all steps were taken", []string{"Finished at step 2,400 of 12,000 after 11 min.", "all steps were taken"}, []string{"refresh", "so far"}},
		{StateStopped, "interrupted: the same command goes on", []string{"banner mild", "interrupted: the same command goes on"}, []string{"refresh"}},
		{StateDiverged, "the loss is NaN: try a lower rate", []string{"banner grave", "the loss is NaN: try a lower rate"}, []string{"refresh"}},
	}
	for _, c := range cases {
		p.State, p.Reason = c.state, c.reason
		got := html.UnescapeString(write(t, p))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q", c.state, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: has %q", c.state, not)
			}
		}
	}
}

// A training that has only just begun has a page too; one whose numbers are none as well.
func TestPageOfLittle(t *testing.T) {
	got := write(t, Page{Network: "yolox-nano", Dataset: "d", State: StateRunning})
	if !strings.Contains(got, "No validation yet.") || !strings.Contains(got, "nothing to show yet") || strings.Contains(got, "NaN") {
		t.Error(got)
	}
	p := samplePage(t)
	p.State = StateDiverged
	for i := range p.Curve.Points[100:] {
		p.Curve.Points[100+i].Norm = math.Inf(1)
		for k := range p.Curve.Points[100+i].Terms {
			p.Curve.Points[100+i].Terms[k].Value = math.NaN()
		}
	}
	got = write(t, p)
	if strings.Contains(got, `="NaN`) || strings.Contains(got, "LNaN") || strings.Contains(got, " NaN\"") {
		t.Error("NaN is drawn")
	}
}

// What would make the page large is left out, and it says so.
func TestPageIsSmall(t *testing.T) {
	p := samplePage(t)
	one := p.Pictures[0]
	for range 30 {
		big := one
		big.JPEG = append(append([]byte(nil), one.JPEG...), make([]byte, 100000)...) // a JPEG may be followed by anything
		p.Pictures = append(p.Pictures, big)
	}
	for step := 2420; step < 400000; step += 20 {
		x := p.Curve.Points[119]
		x.Step, x.Norm = step, 3+math.Sin(float64(step))
		p.Curve.Points = append(p.Curve.Points, x)
	}
	got := write(t, p)
	if len(got) > 2<<20 {
		t.Errorf("%d bytes", len(got))
	}
	if !strings.Contains(got, "more are not shown") {
		t.Error("it does not say that pictures are missing")
	}
}

func TestPageRefusesWhatIsNoPicture(t *testing.T) {
	p := samplePage(t)
	p.Pictures[1].JPEG = []byte("<svg>")
	var out bytes.Buffer
	if err := WritePage(&out, p); err == nil || !strings.Contains(err.Error(), "Cocos_12") || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}

func TestPictureSays(t *testing.T) {
	p := samplePage(t)
	first, err := p.Pictures[0].View()
	if err != nil {
		t.Fatal(err)
	}
	if first.Caption != "1 right, 1 wrong, 1 missed" { // the fish in the crowd is neither
		t.Error(first.Caption)
	}
	second, err := p.Pictures[1].View()
	if err != nil {
		t.Fatal(err)
	}
	// Under another name it is wrong, and the animal missed.
	if second.Caption != "1 right, 1 wrong, 1 missed" || !strings.Contains(string(second.Overlay), "E. lanceolatus") || !strings.Contains(string(second.Overlay), "C. melanopterus 0.71") {
		t.Error(second.Caption, second.Overlay)
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{"Carcharhinus amblyrhynchos": "C. amblyrhynchos", "fish": "fish", "Big shark with a hat on its head": "Big shark with a hat…",
		"Ornate wobbegong": "O. wobbegong", "Émissole x": "Émissole x", "": "", "Sphyrna spp.": "Sphyrna spp."} {
		if got := report.Abbreviate(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for d, want := range map[time.Duration]string{2345 * time.Millisecond: "2.3 s", 42 * time.Second: "42 s", 61 * time.Second: "1 min 1 s", 20*time.Minute + 40*time.Second: "21 min", 3599600 * time.Millisecond: "1 h 0 min", 96 * time.Hour: "96 h 0 min"} {
		if got := length(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

// FuzzPage: whatever a taxon, a dataset or a reason is called, it stays text.
func FuzzPage(f *testing.F) {
	f.Add("</svg><script>alert(1)</script>", 0.5)
	f.Add(`" onload="alert(1)`, 1e9)
	f.Add("]]>&amp;<!--", math.NaN())
	f.Add("{{.Recipe}}", -1.0)
	f.Add("\xff\x00", math.Inf(1))
	clean := ""
	f.Fuzz(func(t *testing.T, name string, x float64) {
		if clean == "" {
			plain := samplePage(t)
			plain.State, plain.Pictures = StateStopped, plain.Pictures[:1]
			clean = write(t, plain)
		}
		p := samplePage(t)
		p.Network, p.Dataset, p.Fold, p.Device, p.Reason, p.Recipe = name, name, name, name, name, name
		p.State = StateStopped
		p.Facts = []Facts{{name, [][2]string{{name, name}}}}
		p.Pictures = p.Pictures[:1]
		p.Pictures[0].Name = name
		p.Pictures[0].Truth[0].Taxon, p.Pictures[0].Found[1].Taxon, p.Pictures[0].Found[0].Box.X0 = name, name, x
		p.Best.Taxa[0].Taxon, p.Best.Taxa[0].AP50 = name, x
		p.Curve.Points[0].Terms[0].Name, p.Curve.Points[3].Terms[1].Value, p.Curve.Points[4].Norm = name, x, x
		var out bytes.Buffer
		if err := WritePage(&out, p); err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{"<script", "onload=\"", "<!--", "<style", "<meta", "<img", "<pre"} {
			if got, want := strings.Count(out.String(), mark), strings.Count(clean, mark); got != want && !(mark == "<pre" && strings.TrimSpace(name) == "") {
				t.Errorf("%d of %q, want %d: %q", got, mark, want, fmt.Sprintf("%.60s", name))
			}
		}
	})
}
