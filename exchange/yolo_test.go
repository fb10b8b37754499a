package exchange

import (
	"path"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

func TestYOLOReal(t *testing.T) {
	const samples = "formats/datumaro_samples/tests/assets/yolo_dataset/"
	for _, c := range []struct {
		folder                         string
		pictures, looks, marks, labels int
		split                          string
		kind                           annotate.Kind
	}{
		{samples + "yolo", 1, 1, 2, 10, "train", annotate.Box},
		{samples + "yolov8_detection", 1, 1, 2, 10, "train", annotate.Box},
		{samples + "yolov8_detection_with_list_of_imgs", 1, 1, 2, 10, "train", annotate.Box},
		{samples + "yolov8_detection_with_list_of_names", 1, 1, 2, 10, "train", annotate.Box},
		{samples + "yolov8_detection_with_subset_txt", 1, 1, 2, 10, "train", annotate.Box},
		{samples + "yolov8_oriented_boxes", 1, 1, 2, 10, "train", annotate.Polygon},
		{samples + "yolov8_segmentation", 1, 1, 2, 10, "train", annotate.Polygon},
		{samples + "yolov8_pose", 1, 1, 1, 1, "train", annotate.Box},
		{samples + "yolov8_pose_two_values_per_point", 1, 1, 1, 1, "train", annotate.Box},
		{samples + "yolov8_classification", 3, 0, 3, 2, "train", annotate.WholePic},
		{"aquarium", 389, 389, 2830, 7, "", annotate.Box},
		{"deepfish", 487, 487, 1009, 1, "", annotate.Box},
	} {
		t.Run(path.Base(c.folder), func(t *testing.T) {
			dir := realdata.Path(t, c.folder)
			records := roundTripBoxes(t, YOLO(), Input{FS: dirBoxes(dir), Name: "."})
			marks, media, looks := ofBoxes[annotate.Mark](records), ofBoxes[annotate.Media](records), ofBoxes[annotate.Look](records)
			if len(media) != c.pictures || len(looks) != c.looks || len(marks) != c.marks || len(ofBoxes[annotate.Label](records)) != c.labels {
				t.Errorf("%d pictures, %d looks, %d marks", len(media), len(looks), len(marks))
			}
			for _, m := range media {
				if m.Split != c.split || m.W == 0 {
					t.Errorf("%+v", m)
				}
			}
			sharks := 0
			for _, m := range marks {
				if m.Shape.Kind != c.kind {
					t.Errorf("%+v", m)
				}
				if annotate.Best(m.Names) == "shark" {
					sharks++
				}
			}
			if c.folder == "aquarium" && sharks != 256 {
				t.Errorf("%d sharks", sharks)
			}
		})
	}
}
