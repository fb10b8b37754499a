package exchange

import (
	"path"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

func TestCOCOReal(t *testing.T) {
	const samples = "formats/datumaro_samples/tests/assets/coco_dataset/coco_instances/annotations"
	for _, c := range []struct {
		file                  string
		pictures, marks, kind int // kind: labels
	}{
		{samples + "/instances_train.json", 1, 1, 3},
		{samples + "/instances_val.json", 1, 2, 3},
		{"formats/luderick_coco/luderick_seagrass_tallebudgera.json", 764, 1066, 2},
	} {
		t.Run(path.Base(c.file), func(t *testing.T) {
			dir := realdata.Path(t, path.Dir(c.file))
			records := roundTripBoxes(t, COCO(), Input{FS: dirBoxes(dir), Name: path.Base(c.file)})
			marks, media, looks := ofBoxes[annotate.Mark](records), ofBoxes[annotate.Media](records), ofBoxes[annotate.Look](records)
			if len(media) != c.pictures || len(looks) != c.pictures || len(marks) != c.marks || len(ofBoxes[annotate.Label](records)) != c.kind {
				t.Errorf("%d pictures, %d looks, %d marks", len(media), len(looks), len(marks))
			}
		})
	}
}
