package exchange

import (
	"testing"

	"requin/annotate"
	"requin/realdata"
)

func TestCVATReal(t *testing.T) {
	const samples = "formats/datumaro_samples/tests/assets/cvat_dataset/"
	t.Run("images", func(t *testing.T) {
		dir := realdata.Path(t, samples+"for_images")
		records := roundTripBoxes(t, CVATImages(), Input{FS: dirBoxes(dir), Name: "train.xml"})
		marks := ofBoxes[annotate.Mark](records)
		if len(marks) != 6 || len(ofBoxes[annotate.Media](records)) != 2 || len(ofBoxes[annotate.Look](records)) != 2 || len(ofBoxes[annotate.Label](records)) != 7 {
			t.Errorf("%d marks", len(marks))
		}
	})
	t.Run("video", func(t *testing.T) {
		dir := realdata.Path(t, samples+"for_video")
		records := roundTripBoxes(t, CVATVideo(), Input{FS: dirBoxes(dir), Name: "annotations.xml"})
		marks, tracks := ofBoxes[annotate.Mark](records), ofBoxes[annotate.Track](records)
		// grep -c: 3 <box, 2+11 <points, 2 <polyline, 3 <skeleton; 8 <track
		if len(marks) != 21 || len(tracks) != 8 || len(ofBoxes[annotate.Media](records)) != 1 {
			t.Errorf("%d marks, %d tracks", len(marks), len(tracks))
		}
	})
}
