package track

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// seenAt is frames at even steps, in each of which one of taxon A at rest is seen with the score of a letter: S strong, w weak, a space not.
func seenAt(step float64, letters string, b frame.Box) []detect.Frame {
	var out []detect.Frame
	for i, l := range letters {
		f := at(float64(i) * step)
		switch l {
		case 'S':
			f.Detections = []detect.Detection{det("A", 0.9, b)}
		case 'w':
			f.Detections = []detect.Detection{det("A", 0.2, b)}
		}
		out = append(out, f)
	}
	return out
}

// kept gives back the letters of the frames in which a point is left.
func kept(tracks []Track, frames []detect.Frame) string {
	out := make([]byte, len(frames))
	for i, f := range frames {
		out[i] = '.'
		for _, t := range tracks {
			if slices.ContainsFunc(t.Points, func(p Point) bool { return p.Time == f.Time }) {
				out[i] = 'x'
			}
		}
	}
	return string(out)
}

func TestSightingsAreSupported(t *testing.T) {
	for _, c := range []struct {
		why    string
		step   float64
		in, to string
	}{
		{"at 1 frame/s one sighting is enough", 1, " S  ", ".x.."},
		{"at 1 frame/s a weak one between two strong counts", 1, "SwS", "xxx"},
		{"a weak one after the last strong one does not", 1, "SSw", "xx."},
		{"at 0.6 s too there is no neighbour to ask", 0.6, " S  S ", ".x..x."},
		{"at 2 frames/s two of three", 0.5, " SS   S ", ".xx....."},
		{"at 5 frames/s a flicker", 0.2, "    S     S    ", "..............."},
		{"at 5 frames/s four of five", 0.2, "     SSSS SSSS     ", "......xxx.xxx......"},
		{"at 10 frames/s half a second is a flicker", 0.1, "          SSSSS          ", "........................."},
		{"at 10 frames/s a second is not", 0.1, "          SSSSSSSSSS          ", "............xxxxxx............"},
		{"weak ones bridge", 0.1, "          SSSwwwSSSSSS          ", "............xxxxxxxx............"},
		{"weak ones that lead nowhere", 0.1, "          SSwwwwwwwwww          ", "................................"},
		{"time that was not looked at says nothing", 0.1, "SSSS", "xxxx"},
	} {
		frames := seenAt(c.step, c.in, box(100, 100, 100, 30))
		if got := kept(run(Default(), frames...), frames); got != c.to {
			t.Errorf("%s: %q counts at %q, want %q", c.why, c.in, got, c.to)
		}
		// What an older record says is followed as it was.
		if got := kept(run(whole(), frames...), frames); got != oldRule(c.in) {
			t.Errorf("%s, by the old rule: %q counts at %q", c.why, c.in, got)
		}
	}
}

// oldRule counts every point that was followed.
func oldRule(in string) string {
	out := []byte(in)
	for i := range out {
		if out[i] = 'x'; in[i] == ' ' {
			out[i] = '.'
		}
	}
	return string(out)
}

// Two names on one shark, in turn the better: one animal, whose name is that of all scores together and not of most frames.
func TestOneAnimalOneTrack(t *testing.T) {
	first, second := box(200, 100, 100, 30), box(212, 100, 96, 30) // IoU 0.72
	both := func(name string, score float32, other string, otherScore float32, b frame.Box) detect.Detection {
		d := det(name, score, b)
		d.Scores = []taxon.Score{{Taxon: name, Score: score}, {Taxon: other, Score: otherScore}}
		return d
	}
	var frames []detect.Frame
	for i := range 9 {
		a, b := both("A", 0.95, "B", 0.05, first), both("B", 0.5, "A", 0.49, second)
		if i%3 > 0 { // B wins two frames of three, by little
			a, b = both("B", 0.52, "A", 0.5, first), both("A", 0.51, "B", 0.5, second)
		}
		frames = append(frames, at(float64(i), a, b))
	}
	old := run(whole(), frames...)
	if len(old) != 2 {
		t.Fatalf("by the old rule %d tracks, want the 2 that made MaxN too high", len(old))
	}
	got := run(Default(), frames...)
	if len(got) != 1 || got[0].Taxon != "A" || len(got[0].Points) != len(frames) {
		t.Fatalf("want one A of %d points, got %+v", len(frames), got)
	}
	// Side by side they are two.
	apart := box(260, 100, 100, 30) // IoU 0.25
	for i := range frames {
		frames[i].Detections[1].Box = apart
	}
	if got := run(Default(), frames...); len(got) != 2 {
		t.Errorf("%d tracks of two animals side by side", len(got))
	}
}

// Of two tracks of one name that meet, both stay where they are apart.
func TestTwoThatMeet(t *testing.T) {
	var frames []detect.Frame
	for i := range 9 {
		x := float64(120 + 20*i) // passes the other at 200, on it for 3 frames
		frames = append(frames, at(float64(i), det("A", 0.9, box(200, 100, 100, 30)), det("A", 0.8, box(x, 100, 100, 30))))
	}
	got := run(Default(), frames...)
	if len(got) != 2 || len(got[0].Points) != 9 || len(got[1].Points) != 6 {
		t.Errorf("tracks of %v points, want 9 and 6", lengths(got))
	}
}

// Without a threshold nothing is to be counted, so all that was followed is given.
func TestCandidatesAreWhole(t *testing.T) {
	frames := seenAt(0.1, "   S    w      SS  ", box(100, 100, 100, 30))
	frames[3].Detections = append(frames[3].Detections, det("A", 0.8, box(104, 100, 100, 30)))
	n := 0
	tr := New(Default(), nil)
	for _, f := range frames {
		tr.Update(f)
	}
	for _, one := range tr.Finish() {
		n += len(one.Points)
	}
	if n != 5 {
		t.Errorf("%d points of 5 detections", n)
	}
}

// A record of before names none of the new settings, and means the old rule.
func TestOldRecords(t *testing.T) {
	old := `{"max_gap_s":5,"low_score":0.1,"same_animal_iou":0.85,"cruise_speed_bl_per_s":1,"max_speed_bl_per_s":5,"persistence_s":2,"box_noise":0.08,
		"shape_change_per_sqrt_s":0.4,"taxon_doubt":0.05,"room_bl2":500,"low_odds":10,"change_odds":10000}`
	var c Config
	if err := json.Unmarshal([]byte(old), &c); err != nil || c != whole() || c.Validate() != nil {
		t.Errorf("%+v, %v", c, err)
	}
	text, err := json.Marshal(c)
	var fields, back map[string]any
	if err != nil || json.Unmarshal([]byte(old), &fields) != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(fields, back) {
		t.Errorf("written again it says %s", text)
	}
}
