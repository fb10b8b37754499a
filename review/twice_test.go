package review

import (
	"reflect"
	"testing"
)

func TestCountedTwice(t *testing.T) {
	m := reef()
	twin := swims(5, "shark", 0, 8, 14) // on t1, moved down
	for i := range twin.Points {
		b := &twin.Points[i].Box
		b.Y0, b.Y1 = b.Y0+10, b.Y1+10 // IoU 30/50
	}
	twin.Points[3].Box.Y0, twin.Points[3].Box.Y1 = 5, 45 // in frame 11 IoU 35/45
	twin.Points[4].Box.Y0, twin.Points[4].Box.Y1 = 30, 70
	m.Tracks = append(m.Tracks, twin)
	d := begin(t, m)
	list := func(most float64, want ...Twice) {
		t.Helper()
		got := d.state.CountedTwice(most)
		for i := range got {
			got[i].IoU = float64(int(1000*got[i].IoU+0.5)) / 1000
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	d.says("anna", Accept, Said{Track: "t1"})
	list(AskTwice) // the other is not accepted
	d.says("anna", Accept, Said{Track: "t5"})
	list(AskTwice, Twice{"t1", "t5", 11, 0.778, 6})
	list(0.7, Twice{"t1", "t5", 11, 0.778, 1})
	list(0.8)
	d.says("anna", Relabel, Said{Track: "t5", Taxon: "ray"})
	list(AskTwice)
	d.back("anna", Undo)
	list(AskTwice, Twice{"t1", "t5", 11, 0.778, 6})

	// Merging answers.
	d.says("anna", Merge, Said{Track: "t1", With: "t5"})
	list(AskTwice)
}
