package track

import (
	"strings"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// sighted is a detection that bears one name, at a place that does not move.
func sighted(at time.Duration, name string, score float32) detect.Frame {
	return detect.Frame{Instant: frame.Instant{Time: at}, Detections: []detect.Detection{{
		Box: frame.Box{X0: 100, Y0: 100, X1: 200, Y1: 140}, Taxon: name, Score: score,
		Scores: []taxon.Score{{Taxon: name, Score: score}},
	}}}
}

// followNames tracks one box whose name changes from second to second; a letter is a name.
func followNames(t *testing.T, cfg Config, step time.Duration, names string) []Track {
	t.Helper()
	tracker := New(cfg, func(string) float32 { return 0.3 })
	for i, n := range names {
		f := sighted(time.Duration(i)*step, string(n), 0.9)
		if n == ' ' { // looked at, not seen
			f.Detections = nil
		}
		tracker.Update(f)
	}
	return tracker.Finish()
}

func TestSplitWhereTheNameChangesForGood(t *testing.T) {
	for _, c := range []struct {
		why, names string
		step       time.Duration
		want       []string
	}{
		{"one name", "AAAAAAAA", time.Second, []string{"A"}},
		{"five at the end are another animal", "AAAAAAAABBBBB", time.Second, []string{"A", "B"}},
		{"four at the end are slips", "AAAAAAAABBBB", time.Second, []string{"A"}},
		{"a slip in the middle", "AAAAABBBAAAAA", time.Second, []string{"A"}},
		{"a third animal between", "AAAAAAAAAAAABBBBBBBBBBBBCCCCCCCCCCCC", time.Second, []string{"A", "B", "C"}},
		{"one after three seconds out of sight", "AAAAAAAA  B", time.Second, []string{"A", "B"}},
		{"the same name after three seconds out of sight", "AAAAAAAA  A", time.Second, []string{"A"}},
		{"a second of slips at 25 frames/s", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBBBBBBBBBB", 40 * time.Millisecond, []string{"A"}},
	} {
		got := followNames(t, Default(), c.step, c.names)
		var names []string
		points, seen := 0, len(c.names)-strings.Count(c.names, " ")
		for i, tr := range got {
			names = append(names, tr.Taxon)
			points += len(tr.Points)
			if tr.ID != i+1 {
				t.Errorf("%s: track %d has the ID %d", c.why, i+1, tr.ID)
			}
		}
		if len(names) != len(c.want) || points != seen {
			t.Errorf("%s: %q gave %v with %d points, want %v with %d", c.why, c.names, names, points, c.want, seen)
			continue
		}
		for i := range names {
			if names[i] != c.want[i] {
				t.Errorf("%s: got %v, want %v", c.why, names, c.want)
			}
		}
	}
}

func TestSplitSwitchedOff(t *testing.T) {
	cfg := Default()
	cfg.ChangeOdds = 1
	if got := followNames(t, cfg, time.Second, "AAAAAAAABBBBBBBBBBBB"); len(got) != 1 {
		t.Errorf("got %d tracks, want 1", len(got))
	}
}
