package review

import (
	"slices"
	"testing"

	"requin/frame"
	"requin/track"
	"requin/uncertainty"
)

// jumping is a shark that goes over to something else far off at frame 30.
func jumping() track.Track {
	t := swims(5, "shark", 4, 25, 35)
	for i := range t.Points {
		if t.Points[i].Time >= 30e9 {
			t.Points[i].Box.X0, t.Points[i].Box.X1 = t.Points[i].Box.X0+400, t.Points[i].Box.X1+400
		}
	}
	return t
}

func TestNotHereLeavesTheRest(t *testing.T) {
	m := reef()
	d := begin(t, m)
	d.says("anna", Absent, Said{Track: "t1", Time: at(5)})
	one, _ := d.state.Track("t1")
	if _, here := one.In(5); here || one.Standing != Open || len(one.Points) != 17 || !slices.Equal(one.DeniedIn(), []int{5}) {
		t.Fatalf("cut out of frame 5: %s, %d points, denied %v", one.Standing, len(one.Points), one.DeniedIn())
	}
	if _, err := d.state.Draft(Verdict{Kind: Absent, Said: Said{Track: "t1", Time: at(5)}}); err == nil {
		t.Error("what is not there can be denied again")
	}
	var c uncertainty.Candidate
	for _, w := range d.state.Candidates("shark", uncertainty.Measurements{}.Named("shark")) {
		if w.Track == one {
			c = w.Candidate
		}
	}
	if c.Said != uncertainty.Unsaid || slices.Contains(c.Frames, 5) || !slices.Equal(c.Denied, []int{5}) {
		t.Errorf("as a candidate: %+v", c)
	}
	d.says("anna", Accept, Said{Track: "t1"})
	if n := d.state.Confirmed("shark"); n[4] != 1 || n[5] != 0 || n[6] != 1 {
		t.Errorf("accepted after that: %v", n[:8])
	}
	d.back("anna", Undo)
	d.back("anna", Undo)
	if got := picture(d.state); got != picture(Begin(m)) {
		t.Errorf("taken back, and left is\n%s", got)
	}
	d.back("anna", Redo)
	if one, _ = d.state.Track("t1"); !slices.Equal(one.DeniedIn(), []int{5}) {
		t.Error("done again, and nothing is denied")
	}
	d.says("anna", Absent, Said{Track: "t4", Time: at(15)}) // its only box
	if four, _ := d.state.Track("t4"); four.Standing != Rejected || !slices.Equal(four.DeniedIn(), []int{15}) {
		t.Errorf("nothing is left of t4, and it is %s, %v", four.Standing, four.DeniedIn())
	}
}

// The count has what the machine counted without the box that was denied.
func TestNotHereInTheCount(t *testing.T) {
	b := basis(t)
	d := begin(t, b.Machine)
	d.says("anna", Absent, Said{Track: "t4", Time: at(15)})
	if n := b.of(t, d.log, "shark"); *n.MaxN != 2 {
		t.Errorf("without the rock: %d", *n.MaxN)
	}
	d.says("anna", Absent, Said{Track: "t1", Time: at(15)})
	if n := b.of(t, d.log, "shark"); *n.MaxN != 2 || n.TMaxN.Time.Duration() != 10e9 {
		t.Errorf("t1 is still there in other frames: %d at %v", *n.MaxN, n.TMaxN.Time)
	}
}

func TestNotHereUnderANewCount(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Absent, Said{Track: "t1", Time: at(5)})
	other := Machine{Run: "two", Frames: seconds(60), Tracks: []track.Track{swims(7, "shark", 0, 0, 30), swims(8, "shark", 5, 0, 30)}}
	s := Replay(other, d.log)
	seven, _ := s.Track("t7")
	eight, _ := s.Track("t8")
	if !slices.Equal(seven.DeniedIn(), []int{5}) || len(seven.Points) != 30 || len(eight.DeniedIn()) != 0 {
		t.Errorf("denied by where it lay: %v and %v", seven.DeniedIn(), eight.DeniedIn())
	}
}

func TestARejectionKeepsWhereItWasSaid(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Reject, Said{Track: "t1", Time: at(8)})
	one, _ := d.state.Track("t1")
	if !slices.Equal(one.DeniedIn(), []int{8}) || len(one.Points) != 18 {
		t.Errorf("rejected at frame 8: %v", one.DeniedIn())
	}
	d.says("anna", Looked, Said{Time: at(12), Taxa: []string{"shark"}})
	if two, _ := d.state.Track("t2"); two.Standing != Rejected || !slices.Equal(two.DeniedIn(), []int{12}) {
		t.Errorf("by a look at frame 12: %s %v", two.Standing, two.DeniedIn())
	}
	d.says("anna", Accept, Said{Track: "t1"})
	if len(one.DeniedIn()) != 0 {
		t.Error("accepted, and still denied")
	}
}

// What a look does not find on a doubtful track is not there; of its other frames the look says nothing. Logs of before mean what they meant.
func TestALookSparesADoubtfulTrack(t *testing.T) {
	m := reef()
	m.Tracks = append(m.Tracks, jumping())
	d := begin(t, m)
	five, _ := d.state.Track("t5")
	if why := d.state.Doubtful(five); why != "it jumps by 4.6 body lengths in 1.0 s at 00:30.0" {
		t.Fatalf("t5: %q", why)
	}
	v := d.says("anna", Looked, Said{Time: at(32), Taxa: []string{"shark"}})
	if five.Standing != Open || !slices.Equal(five.DeniedIn(), []int{32}) {
		t.Errorf("after a look: %s %v", five.Standing, five.DeniedIn())
	}
	v.Said.Spares = false
	if old, _ := Replay(m, []Verdict{v}).Track("t5"); old.Standing != Rejected {
		t.Errorf("of an older log: %s", old.Standing)
	}
}

func TestDoubtful(t *testing.T) {
	box := func(x, w float64) frame.Box { return frame.Box{X0: x - 0.3*w, X1: x + 0.3*w, Y0: 0, Y1: 0.8 * w} } // 30 by 40 where w is 50
	track := func(points ...Point) *Track { return &Track{ID: "t1", Points: points} }
	s := Begin(Machine{Frames: seconds(20)})
	for name, c := range map[string]struct {
		track *Track
		why   string
	}{
		"it swims fast":        {track(Point{0, box(100, 50), 0.5}, Point{1, box(210, 50), 0.5}), ""},
		"it jumps":             {track(Point{0, box(100, 50), 0.5}, Point{1, box(230, 50), 0.5}), "it jumps by 2.6 body lengths in 1.0 s at 00:01.0"},
		"farther in more time": {track(Point{0, box(100, 50), 0.5}, Point{2, box(230, 50), 0.5}), ""},
		"it comes nearer":      {track(Point{0, box(100, 50), 0.5}, Point{1, box(100, 98), 0.5}), ""},
		"it is another":        {track(Point{0, box(100, 50), 0.5}, Point{1, box(100, 110), 0.5}), "its box changes 4.8-fold in area at 00:01.0"},
		"it is lost":           {track(Point{0, box(100, 50), 0.5}, Point{4, box(100, 50), 0.5}), "it is lost for 4.0 s before 00:04.0"},
		"it is missed for 3 s": {track(Point{0, box(100, 50), 0.5}, Point{3, box(100, 50), 0.5}), ""},
		"it is weak":           {track(Point{0, box(100, 50), 0.1}, Point{1, box(100, 50), 0.15}, Point{2, box(100, 50), 0.9}), "most of its detections are weak"},
		"half of it is weak":   {track(Point{0, box(100, 50), 0.1}, Point{1, box(100, 50), 0.9}), ""},
		"it is one box":        {track(Point{0, box(100, 50), 0.1}), ""},
	} {
		if why := s.Doubtful(c.track); why != c.why {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
	if why := s.Doubtful(&Track{Drawn: true, Points: []Point{{0, box(0, 50), 1}, {9, box(900, 50), 1}}}); why != "" {
		t.Errorf("a person drew it: %q", why)
	}
}
