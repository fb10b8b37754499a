package survey

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// version1 is what testdata/v1.sql holds.
func version1() []annotate.Record {
	f := func(x float64) *float64 { return &x }
	yes := true
	origin := annotate.Origin{By: "É. Dupont", At: time.Date(2024, 5, 1, 8, 18, 54, 0, time.FixedZone("", 8*3600)), From: "a.json"}
	extra := annotate.Extra{"coco.iscrowd": "0"}
	species := annotate.Species{Family: "Carcharhinidae", Genus: "Triaenodon", Species: "obesus", CAAB: "37018038"}
	return []annotate.Record{
		annotate.Deployment{OpCode: "10", Campaign: "2024-05_Récif_stereo-BRUVs", Latitude: f(-21.5), DateTime: "2024-05-01", SuccessfulCount: &yes, Extra: extra,
			Chapters: []annotate.Chapter{{Path: "videos/GX010001.MP4", Size: 4, SHA256: "aa", Duration: time.Hour, Frames: 9, Rate: frame.Rational{Num: 30000, Den: 1001}, W: 1920, H: 1080, Codec: "h264"}},
			Periods:  []annotate.Period{{Name: "60min", From: time.Minute, To: time.Hour}, {Name: "rest", From: time.Hour, Open: true}}},
		annotate.Label{Name: "whitetip", ID: "3", Parent: "sharks", Attributes: []annotate.Attribute{{Name: "sex", Type: annotate.Choice}}},
		annotate.Media{Name: "GX010001.MP4", Deployment: "10", Video: true, W: 1920, H: 1080, Rate: frame.Rational{Num: 5, Den: 1}, Frames: 9},
		annotate.Track{Media: "GX010001.MP4", ID: "7", Names: []annotate.Name{{Label: "whitetip", Score: 0.9, Scored: true}, {Label: "grey"}}, Origin: origin},
		annotate.Mark{Media: "GX010001.MP4", Track: "7", Frame: 3, Time: annotate.None, Shape: annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 3.5, Y1: 4}), Still: true, Extra: extra},
		annotate.Mark{Media: "GX010001.MP4", ID: "9", Frame: -1, Time: time.Second, Names: []annotate.Name{{Label: "whitetip"}}, Occluded: true,
			Shape: annotate.Shape{Kind: annotate.Polygon, Points: []annotate.Point{{X: 1, Y: 1}, {X: 2, Y: 1}, {X: 2, Y: 2}}}},
		annotate.Look{Media: "GX010001.MP4", Frame: 3, Time: annotate.None},
		annotate.Sighting{OpCode: "10", Media: "GX010001.MP4", Frame: 8, Time: time.Second, Period: "60min", PeriodTime: annotate.None, Species: species, Number: 2,
			Stage: "AD", Shape: annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 5, Y: 6}}}, Origin: origin},
		annotate.Length{OpCode: "10", Frame: -1, Time: annotate.None, Species: species, Number: 1, Length: f(1234.5)},
		annotate.Count{OpCode: "10", Species: species, Value: 2, High: f(3), Time: annotate.None},
		annotate.Count{OpCode: "2", Label: "whitetip", Value: 0, Time: annotate.None},
	}
}

func version1Run() Run {
	d := detect.Detection{Box: frame.Box{X0: 1, Y0: 2, X1: 3, Y1: 4.25}, Taxon: "Triaenodon obesus", Score: 0.75, Scores: []taxon.Score{{Taxon: "Triaenodon obesus", Score: 0.75}, {Taxon: "other", Score: 0.1}}}
	maxn := 1
	start := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	return Run{ID: "run-1", Kind: CountRun, OpCode: "10", Key: "k", Folder: "runs/10", Started: start, Finished: start.Add(time.Minute), Record: json.RawMessage(`{"schema":"requin.run/1"}`),
		Detections: frames([]detect.Frame{{Instant: at(0), Detections: []detect.Detection{}}, {Instant: at(1), Detections: []detect.Detection{d}}}),
		Tracks:     []track.Track{{ID: 1, Taxon: d.Taxon, Scores: d.Scores, Points: []track.Point{{Instant: at(1), Detection: d}}}},
		Result:     &count.Result{Taxa: []count.Taxon{{Name: "Triaenodon obesus", MaxN: &maxn}}}, Unreadable: time.Second}
}

// TestMakeVersion1 made the survey that testdata/v1.sql is a dump of (sqlite3 requin.db .dump), into
// the folder that REQUIN_TEST_MAKE names. It is not to be made anew: later versions must open what version 1 left.
func TestMakeVersion1(t *testing.T) {
	folder := os.Getenv("REQUIN_TEST_MAKE")
	if folder == "" {
		t.Skip("only when a fixture is made: REQUIN_TEST_MAKE")
	}
	s := must[*Survey](t)(Init(t.Context(), filepath.Join(folder, "survey"), "Récif 2026"))
	feed(t, s, "a.json", version1()...)
	if err := s.PutRun(t.Context(), version1Run()); err != nil {
		t.Fatal(err)
	}
	must[int64](t)(s.AppendVerdict(t.Context(), Verdict{OpCode: "10", Run: "run-1", Kind: "reject", Track: 1, Before: json.RawMessage(`{"taxon":"a"}`), By: "B"}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
