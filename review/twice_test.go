package review

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"requin/track"
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
	list(AskTwice, Twice{"t1", "t5", "shark", 11, 0.778, 6})
	list(0.7, Twice{"t1", "t5", "shark", 11, 0.778, 1})
	list(0.8)
	d.says("anna", Relabel, Said{Track: "t5", Taxon: "ray"})
	list(AskTwice)
	d.back("anna", Undo)
	list(AskTwice, Twice{"t1", "t5", "shark", 11, 0.778, 6})

	// Merging answers.
	d.says("anna", Merge, Said{Track: "t1", With: "t5"})
	list(AskTwice)
}

// beside is a track that lies on t1 of the reef, moved down.
func beside(id, from, to int, down float64) track.Track {
	t := swims(id, "shark", 0, from, to)
	for i := range t.Points {
		b := &t.Points[i].Box
		b.Y0, b.Y1 = b.Y0+down, b.Y1+down
	}
	return t
}

// pairsOf are the pairs that are asked about.
func pairsOf(s *State) (out []string) {
	for _, p := range s.CountedTwice(AskTwice) {
		out = append(out, p.A+" "+p.B)
	}
	return out
}

func TestSetApartIsNotAskedAgain(t *testing.T) {
	m := reef()
	m.Tracks = append(m.Tracks, beside(5, 8, 14, 10), beside(6, 12, 18, -10))
	d := begin(t, m)
	asked := func(what string, s *State, want ...string) {
		t.Helper()
		if got := pairsOf(s); !slices.Equal(got, want) {
			t.Errorf("%s: asked about %q, want %q", what, got, want)
		}
	}
	for _, id := range []string{"t1", "t5", "t6"} {
		d.says("anna", Accept, Said{Track: id})
	}
	asked("nothing said", d.state, "t1 t5", "t1 t6")
	v := d.says("anna", Apart, Said{Track: "t5", With: "t1"})
	if got := v.Text(); got != "set t5 and t1 apart: two animals" {
		t.Errorf("%q", got)
	}
	if len(v.Said.Animal) != 7 || len(v.Said.Other) != 18 || v.Was.Taxon != "shark" || v.Was.Gone != "shark" {
		t.Errorf("the verdict rests on %d and %d sightings of %+v", len(v.Said.Animal), len(v.Said.Other), v.Was)
	}
	asked("set apart", d.state, "t1 t6")
	if n := d.state.Confirmed("shark")[12]; n != 3 {
		t.Errorf("%d sharks in frame 12, want 3", n)
	}
	d.back("anna", Undo)
	asked("taken back", d.state, "t1 t5", "t1 t6")
	d.back("anna", Redo)

	// Both parts of a track are apart from what the whole was apart from, and so is what it is merged into.
	s := d.says("anna", Split, Said{Track: "t1", Time: at(11)})
	asked("split", d.state, fmt.Sprintf("t6 s%d", s.ID))
	d.says("anna", Merge, Said{Track: fmt.Sprintf("s%d", s.ID), With: "t1"})
	asked("joined again", d.state, fmt.Sprintf("t6 s%d", s.ID))
	d.says("anna", Merge, Said{Track: fmt.Sprintf("s%d", s.ID), With: "t5"}) // after all
	d.says("anna", Accept, Said{Track: "t2"})
	asked("merged after all", d.state, fmt.Sprintf("t6 s%d", s.ID))

	// Another count: other numbers, boxes a little elsewhere, one of them in pieces.
	next := Machine{Run: "two", Frames: seconds(60), Tracks: []track.Track{beside(1, 8, 14, 11), beside(2, 3, 11, 1), beside(3, 12, 20, -1), beside(4, 12, 18, -12)}}
	log := d.log[:4] // up to where t5 and t1 are apart
	asked("another count", Replay(next, log), "t3 t4")
	asked("another count, nothing set apart", Replay(next, log[:3]), "t1 t2", "t1 t3", "t3 t4")
	one := Machine{Run: "three", Frames: seconds(60), Tracks: []track.Track{beside(1, 3, 20, 0)}}
	asked("a count that sees one of them", Replay(one, log))
}

// TestALogWithoutApart is a log of before there was such a verdict: the two animals are asked about, and nothing else has changed.
func TestALogWithoutApart(t *testing.T) {
	m := reef()
	m.Tracks = append(m.Tracks, beside(5, 8, 14, 10))
	said, err := ParseSaid([]byte(`{"track":"t1","taxon":"shark","animal":[[8,80,0,160.12,40]]}`))
	if err != nil {
		t.Fatal(err)
	}
	log := []Verdict{{ID: 1, Kind: Accept, By: "anna", Run: "one", Said: said}, {ID: 2, Kind: Accept, By: "anna", Run: "one", Said: Said{Track: "t5", Taxon: "shark"}},
		{ID: 3, Kind: "a kind of tomorrow", By: "anna", Run: "one", Said: Said{Track: "t1", With: "t5"}}}
	if got := pairsOf(Replay(m, log)); !slices.Equal(got, []string{"t1 t5"}) {
		t.Errorf("asked about %q", got)
	}
	if hash := LogHash(log[:2]); hash != "7e3e7db6925aa8710e7f5fad0ae952104808adb61732856492a28724a15ad40c" {
		t.Errorf("the hash of an old log is %s", hash)
	}
}
