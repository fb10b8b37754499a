package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/realdata"
	"requin/report"
	"requin/taxon"
	"requin/track"
)

var sampleFile = flag.String("sample", "", "write a report with a real picture to this file, to be looked at")

// TestSample writes a made-up hour of a deployment around a real picture.
func TestSample(t *testing.T) {
	if *sampleFile == "" {
		t.Skip("writes a page to look at: go test ./report -run TestSample -sample page.html")
	}
	found, _ := filepath.Glob(filepath.Join(realdata.Path(t, "tank_fish_voc", "images_and_voc_xml"), "*.jpg"))
	if len(found) == 0 {
		t.Fatal("no pictures in tank_fish_voc")
	}
	jpg, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	in := count.Input{
		Every: time.Second, Duration: 58*time.Minute + 10*time.Second,
		Period: frame.Period{From: 150 * time.Second, To: 3750 * time.Second},
		Gaps:   []frame.Gap{{From: 1290 * time.Second, To: 1295 * time.Second, Reason: "the file is damaged"}, {From: 2000 * time.Second, To: 2400 * time.Second, Reason: "GX030042.MP4 has no pictures"}},
		Taxa: taxon.List{
			{Name: "Galeocerdo cuvier", Common: "tiger shark", CAAB: "37018022", AphiaID: 105799},
			{Name: "Carcharhinus amblyrhynchos", Common: "grey reef shark", CAAB: "37018030", AphiaID: 105794},
			{Name: "Sphyrna lewini", Common: "scalloped hammerhead", AphiaID: 105816}, {Name: "Fish"},
		},
	}
	seen := func(s int) bool { return !(s >= 1290 && s < 1295 || s >= 2000 && s < 2400) && s < 3490 }
	for s := range 3490 {
		if seen(s) {
			in.Frames = append(in.Frames, at(float64(s)))
		}
	}
	for id := 1; id <= 90; id++ {
		name := in.Taxa[1].Name
		if id%11 == 0 {
			name = in.Taxa[0].Name
		}
		first := 160 + id*37%3300
		tr := track.Track{ID: id, Taxon: name}
		for s := first; s < first+20+id*13%70; s++ {
			if seen(s) {
				x, y := float64(40+id*97%760), float64(30+id*61%420)
				tr.Points = append(tr.Points, track.Point{Instant: at(float64(s)), Detection: detect.Detection{
					Box: frame.Box{X0: x, Y0: y, X1: x + 130, Y1: y + 70}, Taxon: name, Score: 0.62 + float32(id%30)/100}})
			}
		}
		if len(tr.Points) > 0 {
			in.Tracks = append(in.Tracks, tr)
		}
	}
	r := report.Report{
		Deployment: "Cocos_2025_07", Chapters: []string{"GX010042.MP4", "GX020042.MP4", "GX030042.MP4"}, Counts: counted(t, in),
		Evidence: []report.Evidence{{Taxon: in.Taxa[1].Name, JPEG: jpg}},
		Provenance: []report.Section{
			{Title: "Video", Rows: [][2]string{{"GX010042.MP4", "sha256 " + fmt.Sprintf("%064x", 1234567)}, {"size", "1920 × 1080, H.264, 29.97 frames/s"}}},
			{Title: "Model", Rows: [][2]string{{"file", "sharks.onnx"}, {"family", "yolox"}, {"threshold", "0.35"}}},
		},
	}
	if err := os.WriteFile(*sampleFile, []byte(write(t, r)), 0o644); err != nil {
		t.Fatal(err)
	}
}
