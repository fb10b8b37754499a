package exchange

import (
	"path"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

func TestVOCReal(t *testing.T) {
	const samples = "formats/datumaro_samples/tests/assets/voc_dataset/"
	for _, c := range []struct {
		folder                         string
		pictures, looks, marks, labels int
	}{
		{samples + "voc_dataset1", 2, 1, 2, 0},
		{samples + "voc_dataset2", 5, 5, 4, 22},
		{samples + "voc_dataset3", 1, 1, 1, 0},
		{"tank_fish_voc/images_and_voc_xml", 50, 50, 276, 0},
	} {
		t.Run(path.Base(c.folder), func(t *testing.T) {
			dir := realdata.Path(t, c.folder)
			records := roundTripBoxes(t, VOC(), Input{FS: dirBoxes(dir), Name: "."})
			marks, media, looks := ofBoxes[annotate.Mark](records), ofBoxes[annotate.Media](records), ofBoxes[annotate.Look](records)
			if len(media) != c.pictures || len(looks) != c.looks || len(marks) != c.marks || len(ofBoxes[annotate.Label](records)) != c.labels {
				t.Errorf("%d pictures, %d looks, %d marks", len(media), len(looks), len(marks))
			}
		})
	}
}
