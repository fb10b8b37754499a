package exchange

import (
	"math"
	"reflect"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// One picture of two annotators, with a region that has a choice of its own, and a task that nobody did.
const studioImages = `[
 {"id": 7, "project": 3, "data": {"image": "/data/upload/1/a.jpg", "site": "Ningaloo"},
  "annotations": [
   {"id": 11, "completed_by": {"id": 1, "email": "ana@reef.org"}, "was_cancelled": false, "created_at": "2024-05-01T08:00:00.5Z", "lead_time": 4.25,
    "result": [
     {"id": "r1", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 600, "original_height": 400, "image_rotation": 0, "origin": "manual",
      "value": {"x": 10, "y": 25, "width": 50, "height": 12.5, "rotation": 0, "rectanglelabels": ["shark"]}},
     {"id": "r1", "type": "choices", "from_name": "stage", "to_name": "image", "value": {"x": 10, "y": 25, "width": 50, "height": 12.5, "choices": ["juvenile"]}},
     {"id": "r2", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 600, "original_height": 400,
      "value": {"x": 50, "y": 50, "width": 10, "height": 30, "rotation": 90, "rectanglelabels": ["ray", "fish"]}},
     {"id": "r3", "type": "ellipselabels", "from_name": "e", "to_name": "image", "original_width": 600, "original_height": 400,
      "value": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 5, "rotation": 30, "ellipselabels": ["ray"]}},
     {"id": "r4", "type": "polygonlabels", "from_name": "p", "to_name": "image", "original_width": 600, "original_height": 400,
      "value": {"points": [[0, 0], [33.333333333333336, 0], [0, 10]], "closed": true, "polygonlabels": ["ray"]}},
     {"id": "r5", "type": "keypointlabels", "from_name": "k", "to_name": "image", "original_width": 600, "original_height": 400,
      "value": {"x": 1, "y": 2, "width": 0.4, "keypointlabels": ["eye"]}},
     {"id": "r6", "type": "brushlabels", "from_name": "b", "to_name": "image", "original_width": 600, "original_height": 400,
      "value": {"format": "rle", "rle": [0, 1, 2], "brushlabels": ["ray"]}},
     {"id": "c1", "type": "choices", "from_name": "choice", "to_name": "image", "value": {"choices": ["murky"]}},
     {"from_id": "r1", "to_id": "r2", "type": "relation", "direction": "right"}]}],
  "predictions": [{"model_version": "m1", "score": 0.5, "result": [
     {"id": "r1", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 600, "original_height": 400, "score": 0.75,
      "value": {"x": 0, "y": 0, "width": 100, "height": 100, "rotation": 0, "rectanglelabels": ["shark"]}}]}]},
 {"id": 8, "data": {"image": "b.jpg"}, "annotations": [], "predictions": []},
 {"id": 9, "data": {"image": "c.jpg"}, "annotations": [{"id": 12, "completed_by": 1, "was_cancelled": true, "result": []}]},
 {"id": 10, "data": {"image": "d.jpg"}, "annotations": [{"id": 13, "completed_by": 1, "result": []}]}
]`

const studioVideo = `[{"id": 1, "data": {"video": "/data/reef.mp4"}, "annotations": [{"id": 5, "completed_by": 2, "result": [
 {"id": "t1", "type": "videorectangle", "from_name": "box", "to_name": "video", "original_width": 200, "original_height": 100, "origin": "manual",
  "value": {"framesCount": 131, "duration": 5.24, "labels": ["shark"], "sequence": [
   {"frame": 1, "enabled": true, "rotation": 0, "x": 20.5, "y": 10, "width": 25, "height": 50, "time": 0.04},
   {"frame": 11, "enabled": false, "rotation": 0, "x": 30, "y": 10, "width": 25, "height": 50, "time": 0.44}]}}]}]}]`

func TestLabelStudioImages(t *testing.T) {
	records := roundTripBoxes(t, LabelStudio(), textBoxes("tasks.json", studioImages))
	media, marks, looks := ofBoxes[annotate.Media](records), ofBoxes[annotate.Mark](records), ofBoxes[annotate.Look](records)
	if len(media) != 4 || media[0].W != 600 || media[0].H != 400 || media[0].ID != "7" {
		t.Errorf("%+v", media)
	}
	if want := []annotate.Look{{Media: "/data/upload/1/a.jpg"}, {Media: "d.jpg"}}; !reflect.DeepEqual(looks, want) {
		t.Errorf("looked at %+v", looks)
	}
	if len(marks) != 8 {
		t.Fatalf("%d marks", len(marks))
	}
	first := marks[0]
	if !reflect.DeepEqual(first.Shape, annotate.BoxShape(frame.Box{X0: 60, Y0: 100, X1: 360, Y1: 150})) || first.ID != "r1" ||
		first.Origin.By != "ana@reef.org" || !first.Origin.At.Equal(time.Date(2024, 5, 1, 8, 0, 0, 5e8, time.UTC)) ||
		!reflect.DeepEqual(first.Attributes, []annotate.Attribute{{Name: "stage", Value: "juvenile", Type: annotate.Choice}}) {
		t.Errorf("%+v", first)
	}
	// 60 wide and 120 high, turned by 90 degrees about 300, 200: it reaches from 180 to 300 and from 200 to 260.
	if box, ok := marks[1].Shape.Bounds(); !ok || math.Abs(box.X0-180) > 1e-6 || math.Abs(box.X1-300) > 1e-6 || math.Abs(box.Y0-200) > 1e-6 || math.Abs(box.Y1-260) > 1e-6 {
		t.Errorf("turned: %+v", box)
	}
	for i, kind := range []annotate.Kind{annotate.Box, annotate.Rotated, annotate.Ellipse, annotate.Polygon, annotate.Points, annotate.Mask, annotate.WholePic, annotate.Box} {
		if marks[i].Shape.Kind != kind {
			t.Errorf("mark %d: %+v", i, marks[i])
		}
	}
	if last := marks[7]; last.Origin.By != "m1" || last.Names[0] != (annotate.Name{Label: "shark", Score: 0.75, Scored: true}) || last.Extra[studioPath] != "predictions/0" {
		t.Errorf("%+v", last)
	}
}

func TestLabelStudioVideo(t *testing.T) {
	records := roundTripBoxes(t, LabelStudio(), textBoxes("tasks.json", studioVideo))
	media, tracks, marks := ofBoxes[annotate.Media](records), ofBoxes[annotate.Track](records), ofBoxes[annotate.Mark](records)
	if len(media) != 1 || !media[0].Video || media[0].Frames != 131 || media[0].Rate != (frame.Rational{Num: 25, Den: 1}) {
		t.Errorf("%+v", media)
	}
	if len(tracks) != 1 || tracks[0].ID != "t1" || annotate.Best(tracks[0].Names) != "shark" || len(marks) != 2 {
		t.Fatalf("%+v %+v", tracks, marks)
	}
	if m := marks[1]; m.Frame != 10 || !m.Still || !reflect.DeepEqual(m.Shape, annotate.BoxShape(frame.Box{X0: 60, Y0: 10, X1: 110, Y1: 60})) {
		t.Errorf("%+v", m)
	}
}

func TestLabelStudioMin(t *testing.T) {
	const text = `[{"id": 3, "image": "a.jpg", "annotator": 1, "annotation_id": 9, "created_at": "2024-05-01T08:00:00Z", "lead_time": 1.5,
	 "label": [{"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["shark"], "original_width": 100, "original_height": 200}]}]`
	records := roundTripBoxes(t, LabelStudio(), textBoxes("min.json", text))
	marks := ofBoxes[annotate.Mark](records)
	if len(marks) != 1 || !reflect.DeepEqual(marks[0].Shape, annotate.BoxShape(frame.Box{X0: 10, Y0: 40, X1: 40, Y1: 120})) || marks[0].Origin.By != "1" {
		t.Errorf("%+v", marks)
	}
}
