package report_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/report"
	"requin/taxon"
	"requin/track"
	"requin/uncertainty"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(seconds float64) frame.Instant {
	ticks := int64(seconds * 1000)
	return frame.Instant{Time: time.Duration(ticks) * time.Millisecond, PTS: ticks, Base: frame.Rational{Num: 1, Den: 1000}}
}

// swim is an animal that is seen every second from first to last.
func swim(id int, name string, first, last int) track.Track {
	t := track.Track{ID: id, Taxon: name}
	for s := first; s <= last; s++ {
		x := float64(20*id + s%7)
		t.Points = append(t.Points, track.Point{Instant: at(float64(s)), Detection: detect.Detection{
			Box: frame.Box{X0: x, Y0: 12, X1: x + 18, Y1: 24}, Taxon: name, Score: 0.5 + float32(s%5)/10,
			Scores: []taxon.Score{{Taxon: name, Score: 0.5 + float32(s%5)/10}, {Taxon: "Sphyrna lewini", Score: 0.05}},
		}})
	}
	return t
}

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(20 + x%40), uint8(90 + y%60), 150, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func input() count.Input {
	in := count.Input{
		Tracks: []track.Track{
			swim(1, "Galeocerdo cuvier", 40, 90), swim(2, "Galeocerdo cuvier", 70, 120), swim(3, "Lutjanus bohar", 10, 30),
			swim(4, "Carcharhinus amblyrhynchos", 200, 210),
		},
		Taxa: taxon.List{
			{Name: "Galeocerdo cuvier", Common: "tiger shark", CAAB: "37018022", AphiaID: 105799, Threshold: 0.4},
			{Name: "Carcharhinus amblyrhynchos", Common: "grey reef shark"},
			{Name: "Sphyrna lewini", Common: "scalloped hammerhead"},
			{Name: "Lutjanus bohar", Role: taxon.Context},
		},
		Gaps:   []frame.Gap{{From: 140 * time.Second, To: 170 * time.Second, Reason: "12 damaged pictures"}},
		Period: frame.Period{From: 30 * time.Second, To: 330 * time.Second},
		Every:  time.Second, Interval: time.Minute, Duration: 300 * time.Second,
	}
	for s := range 300 {
		if s < 140 || s >= 170 {
			in.Frames = append(in.Frames, at(float64(s)))
		}
	}
	return in
}

// counted counts, and says of some taxa how far that may be trusted.
func counted(t testing.TB, in count.Input) count.Result {
	t.Helper()
	r, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Taxa {
		switch x := &r.Taxa[i]; x.Name {
		case "Galeocerdo cuvier":
			x.Uncertainty = &uncertainty.Interval{Estimate: 2, Low: 2, High: 3, Level: 0.95, More: []float64{1, 0.98, 0.21}, Measured: 12,
				Basis: "detectability measured on 12 stretches of held-out video; combined from 2 classes (tiger, tiger_juvenile)", Combined: []string{"tiger", "tiger_juvenile"}}
		case "Carcharhinus amblyrhynchos", "Sphyrna lewini":
			x.NoInterval = "how many of it the model misses was not measured"
		}
	}
	return r
}

func sample(t testing.TB) report.Report {
	jpg, err := os.ReadFile(filepath.Join("testdata", "evidence.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	return report.Report{
		Deployment: "Cocos_07", Chapters: []string{"GX010042.MP4", "GX020042.MP4"}, Counts: counted(t, input()),
		Evidence: []report.Evidence{{
			Taxon: "Galeocerdo cuvier", JPEG: jpg, W: 160, H: 90,
			Others: []count.Individual{{Track: 9, Box: frame.Box{X0: 100, Y0: 50, X1: 150, Y1: 80}, Taxon: "Lutjanus bohar", Score: 0.4}},
		}},
		Warnings:   []string{"The model was made for another site."},
		Provenance: []report.Section{{Title: "Model", Rows: [][2]string{{"file", "sharks.onnx"}, {"sha256", strings.Repeat("ab12", 16)}}}},
	}
}

func write(t testing.TB, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = withoutFiles(got) // they are checked where they are made
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed; look at it, and if it is meant, run go test ./report -update", path)
	}
}

func TestReportIsGoldenAndTheSameTwice(t *testing.T) {
	page := write(t, sample(t))
	if page != write(t, sample(t)) {
		t.Error("the same report gives other bytes")
	}
	golden(t, "report.html", page)
}

// The page is well-formed enough for an XML reader in its HTML mode, loads
// nothing, and has what a reader who cannot see it needs.
func TestStructure(t *testing.T) {
	page := write(t, sample(t))
	for _, want := range []string{
		`<html lang="en">`, "<h1>Cocos_07</h1>", "default-src 'none'", "<i>Galeocerdo cuvier</i> (tiger shark): MaxN 2 at 01:10, first seen at 00:40",
		"1 min (20 %) of the period were not analysed. A MaxN there may be higher", "02:20 to 02:50: 12 damaged pictures",
		"period ends at 5m30s, the video at 5m", `class="gap"`, ">not filmed<", "The model was made for another site.",
		`alt="Video frame at 01:10 with 2 individuals of Galeocerdo cuvier`, "1 other studied taxon was never seen: MaxN 0",
		"GX010042.MP4, time stamp 70000 × 1/1000 s", "There is no picture of this MaxN", "Lutjanus bohar (1 track)", strings.Repeat("ab12", 16),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "//cdn", "@import", " style=", "ZgotmplZ", "NaN", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n, m := strings.Count(page, "<table"), strings.Count(page, "<caption"); n != m {
		t.Errorf("%d tables, %d captions", n, m)
	}
	wellFormed(t, page)
}

// wellFormed reads a page as XML in its HTML mode: everything that is opened is closed, no id stands twice, and no picture comes from
// elsewhere.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids := map[string]bool{}
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			for _, a := range e.Attr {
				if a.Name.Local == "id" && ids[a.Value] {
					t.Errorf("id %q stands twice", a.Value)
				} else if a.Name.Local == "id" {
					ids[a.Value] = true
				}
				if a.Name.Local == "src" && !strings.HasPrefix(a.Value, "data:image/jpeg;base64,") {
					t.Errorf("source %.40q", a.Value)
				}
			}
		case xml.EndElement:
			if open[len(open)-1] != e.Name.Local {
				t.Fatalf("</%s> closes <%s>", e.Name.Local, open[len(open)-1])
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
}

func TestNamesAreEscaped(t *testing.T) {
	const evil = `<script>alert("1")</script> & 'é' \u202e`
	long := strings.Repeat("Añadido", 60)
	in := input()
	for i := range in.Tracks {
		in.Tracks[i].Taxon = evil
		for k := range in.Tracks[i].Points {
			in.Tracks[i].Points[k].Taxon = "</svg><b>other"
		}
	}
	in.Taxa = taxon.List{{Name: evil, Common: "<i>c", CAAB: "<b>"}, {Name: long}}
	in.Gaps[0].Reason = "<img src=x onerror=alert(1)>"
	r := sample(t)
	r.Counts = counted(t, in)
	r.Deployment, r.Chapters = evil, []string{`"><script>`}
	r.Evidence[0].Taxon = evil
	r.Warnings = []string{evil}
	r.Provenance = []report.Section{{Title: evil, Rows: [][2]string{{evil, evil}}}}
	page := write(t, r)
	for _, bad := range []string{"<script", "<i>c", "<b>", "<img src=x", "</svg><b"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q unescaped", bad)
		}
	}
	if !strings.Contains(page, "é") || !strings.Contains(page, long) {
		t.Error("a name was changed")
	}
}

func TestNothingSeen(t *testing.T) {
	in := input()
	in.Tracks = nil
	in.Taxa = nil
	for i := range 80 {
		in.Taxa = append(in.Taxa, taxon.Taxon{Name: "class " + string(rune('A'+i/26)) + string(rune('a'+i%26))})
	}
	page := write(t, report.Report{Deployment: "empty", Counts: counted(t, in)})
	for _, want := range []string{"None of the 80 studied taxa was seen: MaxN 0.", "<details>", "class Aa", "class Db"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, "<strong>0</strong>"); n != 80 {
		t.Errorf("%d zeros stand in the table, want 80", n)
	}
}

func TestNothingReadable(t *testing.T) {
	in := input()
	in.Tracks, in.Frames = nil, nil
	in.Gaps = []frame.Gap{{From: 0, To: 300 * time.Second, Reason: "no moov box: the recording was cut off"}}
	page := write(t, report.Report{Deployment: "dark", Counts: counted(t, in)})
	for _, want := range []string{"Nothing was analysed", "not a count of zero", "no moov box", "<strong>not analysed</strong>", `class="banner grave"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "MaxN 0") {
		t.Error("a taxon has MaxN 0 though nothing was looked at")
	}
	in.Gaps, in.Period, in.Duration = []frame.Gap{{Reason: "empty file"}}, frame.Period{}, 0
	if page := write(t, report.Report{Counts: counted(t, in)}); !strings.Contains(page, "empty file") {
		t.Error("a video of no length has no reason on the page")
	}
	write(t, report.Report{}) // and nothing at all is a page, too
}

func TestRefusesWrongPictures(t *testing.T) {
	for name, c := range map[string]struct {
		e    []report.Evidence
		says string
	}{
		"not a JPEG":  {[]report.Evidence{{Taxon: "Galeocerdo cuvier", JPEG: []byte("<svg>")}}, "not a readable JPEG"},
		"other taxon": {[]report.Evidence{{Taxon: "Lutjanus bohar", JPEG: picture(t, 8, 8)}}, "for no other"},
	} {
		r := sample(t)
		r.Evidence = c.e
		var b bytes.Buffer
		if err := report.Write(&b, r); err == nil || !strings.Contains(err.Error(), c.says) || b.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes, want one that says %q and none", name, err, b.Len(), c.says)
		}
	}
}

// An hour at 25 frames a second that changes at every frame still makes a page
// that a browser opens at once: the plot does not grow with the frames.
func TestLongSeriesStaysSmall(t *testing.T) {
	in := count.Input{Taxa: taxon.List{{Name: "fish"}}, Every: 40 * time.Millisecond, Duration: time.Hour}
	fish := track.Track{ID: 1, Taxon: "fish"}
	for i := range 90000 {
		f := at(float64(i) / 25)
		in.Frames = append(in.Frames, f)
		if i%2 == 0 {
			fish.Points = append(fish.Points, track.Point{Instant: f})
		}
	}
	in.Tracks = []track.Track{fish}
	if n := len(write(t, report.Report{Counts: counted(t, in)})); n > 500_000 { // half of it the picture and the data behind their links
		t.Errorf("the page has %d bytes", n)
	}
}
