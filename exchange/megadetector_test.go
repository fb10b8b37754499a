package exchange

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/realdata"
)

func TestMegaDetectorReal(t *testing.T) {
	const file = "formats/megadetector/expected_output_DRAFT.json"
	for name, size := range map[string]func(string) (int, int, error){
		"without sizes": nil,
		"with sizes":    func(string) (int, int, error) { return 2048, 1365, nil },
	} {
		t.Run(name, func(t *testing.T) {
			records := roundTracks(t, MegaDetector(), file, Input{Size: size})
			media, _, marks := countTracks(records)
			if media != 31 || marks != 79 { // python3: len(images), sum(len(detections))
				t.Errorf("%d media, %d marks, want 31, 79", media, marks)
			}
			placed := 0
			for _, r := range records {
				if m, ok := r.(annotate.Mark); ok {
					if _, ok := m.Shape.Bounds(); ok {
						placed++
					}
					if m.Origin.By != "megadetector_v5_camonly_mosaic_xlarge_dist_5a_last" {
						t.Errorf("origin %+v", m.Origin)
					}
				}
			}
			if want := map[bool]int{true: 0, false: 79}[size == nil]; placed != want {
				t.Errorf("%d marks have a place, want %d", placed, want)
			}
		})
	}
	path := realdata.Path(t, file)
	in := Input{FS: os.DirFS(filepath.Dir(path)), Name: filepath.Base(path), Size: func(string) (int, int, error) { return 0, 0, fmt.Errorf("a file that is broken") }}
	if _, err := collectTracks(MegaDetector().Read(in)); err == nil {
		t.Error("a picture whose size cannot be told is no error")
	}
	in.Size = func(string) (int, int, error) { return 0, 0, fs.ErrNotExist }
	if _, err := collectTracks(MegaDetector().Read(in)); err != nil {
		t.Errorf("pictures that are not there: %v", err)
	}
}

// TestMegaDetector reads version 1.6 with all that it has, in an order in which names come after what they name.
func TestMegaDetector(t *testing.T) {
	const text = `{"images":[
 {"file":"a\\b.jpg","width":1000,"height":500,"datetime":"2020","detections":[
  {"category":"1","conf":0.926,"bbox":[0,0.2762,0.1539,0.2825],"classifications":[["3",0.9],["1",0.95]],"x":1},
  {"category":"9","conf":0.5,"bbox":[0.1,0.1,0.1,0.1]}]},
 {"file":"v.mp4","frame_rate":29.97,"frames_processed":[0,20],"detections":[{"category":"2","conf":0.8,"bbox":[0.1,0.2,0.3,0.4],"frame_number":20}]},
 {"file":"broken.jpg","failure":"Failure image access","detections":null},
 {"file":"empty.jpg","detections":[],"failure":null}],
 "detection_categories":{"1":"animal","2":"person"},"classification_categories":{"3":"bear","1":"elk"},"classification_category_descriptions":{"3":"ursus"},
 "info":{"format_version":"1.6","detector":"MDV5A","detection_completion_time":"2026-05-26 19:11:27"},"more":[1]}`
	f := MegaDetector()
	got, err := readTracks(f, "md.json", text)
	if err != nil {
		t.Fatal(err)
	}
	by := annotate.Origin{By: "MDV5A", At: time.Date(2026, 5, 26, 19, 11, 27, 0, time.UTC)}
	box := func(a, b, c, d float64) annotate.Shape {
		return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: a, Y: b}, {X: c, Y: d}}}
	}
	kind := func(kind string) annotate.Extra { return annotate.Extra{"megadetector.kind": kind} }
	want := []annotate.Record{
		annotate.Label{Name: "animal", ID: "1", Extra: kind("detection")},
		annotate.Label{Name: "person", ID: "2", Extra: kind("detection")},
		annotate.Label{Name: "elk", ID: "1", Extra: kind("classification")},
		annotate.Label{Name: "bear", ID: "3", Extra: annotate.Extra{"megadetector.kind": "classification", "megadetector.description": "ursus"}},
		annotate.Label{Name: "9", ID: "9", Extra: kind("detection")},
		annotate.Media{Name: "a/b.jpg", W: 1000, H: 500, Extra: annotate.Extra{"megadetector.datetime": `"2020"`, "megadetector.file": `{"more":[1]}`,
			"megadetector.info": `{"detection_completion_time":"2026-05-26 19:11:27","detector":"MDV5A"}`}},
		annotate.Mark{Media: "a/b.jpg", Shape: box(0, 138.1, 153.9, 279.35), Origin: by,
			Names: []annotate.Name{{Label: "elk", Score: 0.95, Scored: true}, {Label: "bear", Score: 0.9, Scored: true}},
			Extra: annotate.Extra{"megadetector.category": "animal", "megadetector.conf": "0.926", "megadetector.x": "1"}},
		annotate.Mark{Media: "a/b.jpg", Shape: box(100, 50, 200, 100), Origin: by, Names: []annotate.Name{{Label: "9", Score: 0.5, Scored: true}}},
		annotate.Media{Name: "v.mp4", Video: true, Rate: frame.Rational{Num: 2997, Den: 100}, Extra: annotate.Extra{"megadetector.frames_processed": "[0,20]"}},
		annotate.Mark{Media: "v.mp4", Frame: 20, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.WholePic}, Origin: by,
			Names: []annotate.Name{{Label: "person", Score: 0.8, Scored: true}}, Extra: annotate.Extra{"megadetector.bbox": "[0.1,0.2,0.3,0.4]"}},
		annotate.Media{Name: "broken.jpg", Failure: "Failure image access"},
		annotate.Media{Name: "empty.jpg"},
	}
	if !reflect.DeepEqual(got, want) {
		for i := range got {
			if i >= len(want) || !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("record %d: %+v", i, got[i])
			}
		}
	}
	in := Input{FS: fstest.MapFS{"md.json": &fstest.MapFile{Data: []byte(text)}}, Name: "md.json"}
	back, _, losses := backTracks(t, f, f.Read(in), "out.json", Input{})
	sameTracks(t, back, want)
	if s := losses.String(); s != "" {
		t.Error(s)
	}
	refusedTracks(t, f, "md.json", map[string]string{
		`{"info":{}}`:                                                                         `line 1, column 12: there is no "images"`,
		"{\"images\":[\n{\"file\":\"\"}]}":                                                    "near line 2",
		`{"images":[{"file":"a"},{"file":"a"}]}`:                                              "entry 2: file is \"a\"",
		`{"images":[{"file":"a","detections":[{"bbox":[0,0,1,1]}]}]}`:                         "entry 1: detection 1: it has no conf",
		`{"images":[{"file":"a","detections":[{"conf":1,"bbox":[0,0,1]}]}]}`:                  "bbox is [0,0,1]",
		`{"images":[{"file":"a","detections":[{"conf":1,"bbox":[0,0,1,1],"category":"x"}]}]}`: "category is \"x\"",
		`{"images":[],"info":{"format_version":"2.0"}}`:                                       "format_version is \"2.0\"",
		`{"images":[`:      "the file ends in the middle",
		`{"images":[]} {}`: "something follows",
	})
}

func FuzzMegaDetector(f *testing.F) {
	for _, s := range []string{
		`{"images":[{"file":"a.jpg","max_detection_conf":0.5,"detections":[{"category":"1","conf":0.926,"bbox":[0.0,0.2762,0.1539,0.2825],"classifications":[["3",0.9],["1",0.07]]}]},{"file":"v.mp4","frame_rate":20,"frames_processed":[0,20],"width":640,"height":480,"detections":[{"category":2,"conf":0.8,"bbox":[0.1,0.2,0.3,0.4],"frame_number":20}]},{"file":"b","failure":"x","detections":null}],"detection_categories":{"1":"animal"},"info":{"format_version":"1.6","detector":"d"}}`,
		`{"images":[{"file":"a"}],"z":{}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, MegaDetector(), "file.json", data) })
}
