package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// A list of tasks as the guide shows them, with what the tags' pages say of each kind of region.
const labelStudioTables = `[
 {"id": 1, "created_at": "2021-03-09T21:52:49.513742Z", "project": 83, "data": {"image": "/data/upload/1.jpg", "site": "A"},
  "annotations": [{"id": 1001, "completed_by": {"id": 10, "email": "ada@reef.org"}, "created_at": "2021-03-09T22:16:08.728353Z", "lead_time": 4.288, "was_cancelled": false, "result": [
    {"id": "r1", "type": "rectanglelabels", "from_name": "tag", "to_name": "img", "original_width": 200, "original_height": 100, "image_rotation": 0,
     "value": {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["shark", "grey reef"]}},
    {"id": "r2", "type": "rectanglelabels", "original_width": 200, "original_height": 100, "value": {"x": 50, "y": 20, "width": 10, "height": 40, "rotation": 90, "rectanglelabels": ["ray"]}},
    {"id": "r3", "type": "polygonlabels", "original_width": 200, "original_height": 100, "value": {"points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["bait"]}},
    {"id": "r4", "type": "ellipselabels", "original_width": 200, "original_height": 100, "value": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5, "rotation": 30, "ellipselabels": ["ray"]}},
    {"id": "r5", "type": "keypointlabels", "original_width": 200, "original_height": 100, "value": {"x": 25, "y": 75, "width": 0.4, "keypointlabels": ["eye"]}},
    {"id": "r6", "type": "brushlabels", "original_width": 200, "original_height": 100, "value": {"format": "rle", "rle": [0, 1, 2], "brushlabels": ["sand"]}},
    {"id": "r1", "type": "choices", "from_name": "sex", "to_name": "img", "value": {"choices": ["male"]}},
    {"id": "c1", "type": "choices", "from_name": "quality", "to_name": "img", "value": {"choices": ["clear"]}}]}],
  "predictions": [{"model_version": "m1", "score": 0.25, "result": [
    {"id": "r1", "type": "rectanglelabels", "score": 0.75, "original_width": 200, "original_height": 100, "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["shark"]}}]}]},
 {"id": 2, "data": {"image": "/data/upload/2.jpg"}, "annotations": [{"completed_by": 7, "result": []}], "predictions": []},
 {"id": 3, "data": {"video": "reef.mp4"}, "annotations": [{"completed_by": 7, "result": [
    {"id": "v1", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": {"framesCount": 300, "duration": 10, "labels": ["shark"], "sequence": [
      {"frame": 1, "enabled": true, "rotation": 0, "x": 10, "y": 10, "width": 20, "height": 20, "time": 0.033},
      {"frame": 31, "enabled": false, "rotation": 0, "x": 20, "y": 10, "width": 20, "height": 20, "time": 1.033}]}}]}]}
]
`

func labelStudioInputTables(text string) Input {
	in := textTables(text)
	in.Size = func(name string) (int, int, error) {
		if strings.HasSuffix(name, ".mp4") {
			return 1000, 500, nil
		}
		return 0, 0, errors.New("no such file")
	}
	return in
}

func TestLabelStudio(t *testing.T) {
	got := roundTables(t, LabelStudio(), labelStudioInputTables(labelStudioTables))
	if n := fmt.Sprint(countTables(got)); n != "map[Look:1 Mark:10 Media:3 Track:1]" {
		t.Error(n)
	}
	ada := annotate.Origin{By: "ada@reef.org", At: time.Date(2021, 3, 9, 22, 16, 8, 728353000, time.UTC)}
	type point = annotate.Point
	want := map[string]annotate.Mark{
		"r1": {Shape: annotate.BoxShape(frame.Box{X0: 20, Y0: 20, X1: 80, Y1: 60}), Names: []annotate.Name{{Label: "shark"}, {Label: "grey reef"}},
			Attributes: []annotate.Attribute{{Name: "sex", Value: "male", Type: annotate.Choice}}},
		// 20 by 40 pixels, turned about 100, 20 by a quarter: it covers 60 to 100, 20 to 40
		"r2": {Shape: annotate.Shape{Kind: annotate.Rotated, Points: []point{{X: 70, Y: 10}, {X: 90, Y: 50}}, Angle: 90}, Names: []annotate.Name{{Label: "ray"}}},
		"r3": {Shape: annotate.Shape{Kind: annotate.Polygon, Points: []point{{}, {X: 100}, {X: 100, Y: 50}}}, Names: []annotate.Name{{Label: "bait"}}},
		"r4": {Shape: annotate.Shape{Kind: annotate.Ellipse, Points: []point{{X: 80, Y: 45}, {X: 120, Y: 55}}, Angle: 30}, Names: []annotate.Name{{Label: "ray"}}},
		"r5": {Shape: annotate.Shape{Kind: annotate.Points, Points: []point{{X: 50, Y: 75}}}, Names: []annotate.Name{{Label: "eye"}}},
		"r6": {Shape: annotate.Shape{Kind: annotate.Mask}, Names: []annotate.Name{{Label: "sand"}}},
		"c1": {Shape: annotate.Shape{Kind: annotate.WholePic}, Names: []annotate.Name{{Label: "clear"}}},
	}
	var keys []string
	for _, r := range got {
		switch r := r.(type) {
		case annotate.Mark:
			switch {
			case r.Track != "":
				keys = append(keys, fmt.Sprint(r.Frame, " ", r.Time, " ", bounds(r.Shape), " ", r.Still))
			case r.Origin.By == "m1":
				if !r.Names[0].Scored || r.Names[0].Score != 0.75 || bounds(r.Shape) != (frame.Box{X0: 2, Y0: 2, X1: 8, Y1: 6}) {
					t.Errorf("prediction %+v", r)
				}
			default:
				w := want[r.ID]
				delete(want, r.ID)
				for i, p := range r.Shape.Points {
					if len(r.Shape.Points) != len(w.Shape.Points) || math.Hypot(p.X-w.Shape.Points[i].X, p.Y-w.Shape.Points[i].Y) > 1e-9 {
						t.Errorf("%s: %+v, want %+v", r.ID, r.Shape, w.Shape)
						break
					}
				}
				if r.Shape.Kind != w.Shape.Kind || r.Shape.Angle != w.Shape.Angle || r.Origin != ada || fmt.Sprint(r.Names, r.Attributes) != fmt.Sprint(w.Names, w.Attributes) {
					t.Errorf("%s: %+v, want %+v", r.ID, r, w)
				}
			}
		case annotate.Media:
			if r.Name == "reef.mp4" && (!r.Video || r.Frames != 300 || r.Rate != (frame.Rational{Num: 30, Den: 1}) || r.W != 1000) {
				t.Errorf("%+v", r)
			}
		case annotate.Look:
			if r.Media != "/data/upload/2.jpg" {
				t.Errorf("%+v", r)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("there is no %v", want)
	}
	if s := strings.Join(keys, "; "); s != "0 -1ns {100 50 300 150} false; 30 -1ns {200 50 400 150} true" {
		t.Error(s)
	}
}

// JSON-MIN says the same in other words.
func TestLabelStudioMin(t *testing.T) {
	got := roundTables(t, LabelStudio(), labelStudioInputTables(`[{"id": 5, "image": "a.jpg", "annotator": 3, "annotation_id": 9, "created_at": "2021-03-09T22:16:08Z", "site": "B",
		"tag": [{"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["shark"], "original_width": 200, "original_height": 100}]}]`))
	if n := fmt.Sprint(countTables(got)); n != "map[Mark:1 Media:1]" {
		t.Fatal(n)
	}
	if m := got[1].(annotate.Mark); bounds(m.Shape) != (frame.Box{X0: 20, Y0: 20, X1: 80, Y1: 60}) || annotate.Best(m.Names) != "shark" || m.Origin.By != "3" || m.Origin.At.IsZero() {
		t.Errorf("%+v", m)
	}
	if m := got[0].(annotate.Media); m.ID != "5" || m.Extra["labelstudio.data"] != `{"site":"B"}` {
		t.Errorf("%+v", m)
	}
}

// What others drew is written, and read again as it was.
func TestLabelStudioFromElsewhere(t *testing.T) {
	rate := frame.Rational{Num: 25, Den: 1}
	box := annotate.BoxShape(frame.Box{X0: 10, Y0: 20, X1: 50, Y1: 60})
	tilted := annotate.Shape{Kind: annotate.Rotated, Points: []annotate.Point{{X: 10, Y: 20}, {X: 50, Y: 40}}, Angle: 30}
	got, losses, out := againTables(t, LabelStudio(), []annotate.Record{
		annotate.Deployment{OpCode: "d"},
		annotate.Media{Name: "a.jpg", W: 100, H: 80, Split: "train"},
		annotate.Mark{Media: "a.jpg", ID: "1", Shape: box, Names: []annotate.Name{{Label: "shark", Score: 0.5, Scored: true}}, Origin: annotate.Origin{By: "Ada"}, Occluded: true,
			Attributes: []annotate.Attribute{{Name: "sex", Value: "f", Type: annotate.Choice}}},
		annotate.Mark{Media: "a.jpg", ID: "2", Shape: tilted, Names: []annotate.Name{{Label: "ray"}}},
		annotate.Mark{Media: "a.jpg", ID: "3", Shape: annotate.Shape{Kind: annotate.Line, Points: []annotate.Point{{}, {X: 5, Y: 5}}}},
		annotate.Media{Name: "b.jpg"}, annotate.Look{Media: "b.jpg"},
		annotate.Media{Name: "c.jpg"}, annotate.Mark{Media: "c.jpg", Shape: box},
		annotate.Media{Name: "v.mp4", Video: true, W: 100, H: 80, Rate: rate, Frames: 250},
		annotate.Track{Media: "v.mp4", ID: "t", Names: []annotate.Name{{Label: "shark"}}},
		annotate.Mark{Media: "v.mp4", Track: "t", Frame: 0, Time: annotate.None, Shape: box},
		annotate.Mark{Media: "v.mp4", Track: "t", Frame: 25, Time: time.Second, Shape: box, Outside: true},
		annotate.Mark{Media: "v.mp4", Track: "t", Frame: -1, Time: annotate.None, Shape: box},
	}, Input{})
	if !json.Valid(out["out"].Bytes()) {
		t.Fatalf("no JSON: %s", out["out"])
	}
	var lines []string
	for _, r := range got {
		if m, ok := r.(annotate.Mark); ok {
			b := bounds(m.Shape)
			want, _ := map[string]annotate.Shape{"2": tilted, "3": annotate.BoxShape(frame.Box{X1: 5, Y1: 5})}[m.ID], 0
			if want.Kind == "" {
				want = box
			}
			if e := bounds(want); m.Shape.Kind != want.Kind || math.Abs(b.X0-e.X0)+math.Abs(b.Y0-e.Y0)+math.Abs(b.X1-e.X1)+math.Abs(b.Y1-e.Y1) > 1e-9 {
				t.Errorf("%+v is %+v", want, m.Shape)
			}
			lines = append(lines, fmt.Sprint(m.Media, m.ID, m.Frame, m.Still, m.Names, m.Attributes, m.Origin.By))
		}
	}
	want := "a.jpg10 false [{shark 0.5 true}] [{sex f choice}]Ada\na.jpg20 false [{ray 0 false}] []\na.jpg30 false [] []\nv.mp40 false [] []\nv.mp425 true [] []"
	if s := strings.Join(lines, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	lost := strings.Join([]string{"a deployment", "a mark in a picture whose size is not known", "a mark whose frame is not known", "occluded of a mark", "split of a media",
		"the exact shape of a mark", "the moment in which an animal leaves: it is drawn until then, and in that frame"}, "\n")
	if s := lossesTables(losses); s != lost {
		t.Errorf("lost:\n%s\nwant:\n%s", s, lost)
	}
}

func TestLabelStudioErrors(t *testing.T) {
	region := func(s string) string {
		return "[\n" + `{"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"result": [{"id": "r", "type": "rectanglelabels", ` + s + `}]}]}` + "\n]"
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"empty"}},
		{"{}", []string{"list of tasks"}},
		{"[\n{\"data\": {\"image\": \"a.jpg\"}},\n{\"data\": }]", []string{"line 3", "task 2"}},
		{"[{\"data\": {\"image\": \"a.jpg\"}}", []string{"line 1"}},
		{"[1]", []string{"task 1"}},
		{"[{\"data\": {\"text\": \"hello\"}, \"annotations\": []}]", []string{"task 1", "image", "text"}},
		{"[{\"data\": {\"image\": \"a.jpg\"}},\n {\"data\": {\"image\": \"a.jpg\"}}]", []string{"line 2", "task 2", "a.jpg has a task already"}},
		{region(`"value": {"x": 1, "y": 2, "width": 3, "height": 4}`), []string{"line 2", "task 1", `"r"`, "original_width", "give the pictures"}},
		{region(`"value": {"x": "1"}`), []string{"line 2", "result 1"}},
		{region(`"original_width": 9, "original_height": 9, "value": {"sequence": [{"frame": 0}]}`), []string{"line 2", "from 1"}},
		{"[] []", []string{"more after"}},
	} {
		_, err := readTables(t, LabelStudio(), textTables(c.text))
		for _, want := range append(c.want, "in.csv") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: nothing of %q", c.text, err, want)
			}
		}
	}
	in := labelStudioInputTables(region(`"value": {"x": 1, "y": 2, "width": 3, "height": 4}`))
	if _, err := readTables(t, LabelStudio(), in); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a size that cannot be had: %v", err)
	}
	if s := LabelStudio().Sniff("x.json", []byte(labelStudioTables)); s < 0.9 {
		t.Error("not known", s)
	}
	if s := LabelStudio().Sniff("x.json", []byte(`{"images": [], "annotations": []}`)); s != 0 {
		t.Error("COCO taken for Label Studio", s)
	}
}

func FuzzLabelStudio(f *testing.F) {
	f.Add(labelStudioTables)
	f.Add(`[{"id": "x", "video": "a.mp4", "annotator": 3, "box": [{"sequence": [{"frame": 2, "x": 1, "y": 2, "width": 3, "height": 4, "time": 0.5}], "labels": ["a"]}], "q": [{"x": 1, "y": 2, "keypointlabels": ["e"]}]}]`)
	f.Add(`[{"data": {"image": "a.jpg"}, "annotations": [{}, {"was_cancelled": true}, {"result": [{"type": "choices", "value": {"choices": ["a"]}}]}], "predictions": [{"score": 1}]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		in := textTables(text)
		in.Size = func(string) (int, int, error) { return 640, 480, nil }
		fuzzTables(t, LabelStudio(), in)
	})
}
