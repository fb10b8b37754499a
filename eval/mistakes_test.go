package eval

import (
	"math"
	"testing"

	"requin/frame"
)

func TestWorst(t *testing.T) {
	large := frame.Box{X1: 200, Y1: 100}
	trial := Trial{Thresholds: map[string]float64{"shark": 0.5, "fish": 0.1}, Unknown: []string{"ray"}, Images: []Image{
		{Truth: []Truth{{Box: box(0), Taxon: "shark"}}, Found: []Found{{box(0), "shark", 0.9}, {box(300), "shark", 0.6}, {box(400), "shark", 0.7}}},
		{Found: []Found{{box(0), "shark", 0.4}, {box(100), "fish", 0.9}}},                        // under the threshold; of a context taxon
		{Truth: []Truth{{Box: box(0), Taxon: "shark"}, {Box: large, Taxon: "shark"}}},            // both missed
		{Truth: []Truth{{Box: large, Taxon: "ray"}, {Box: large, Taxon: "fish"}}},                // unknown; context
		{Truth: []Truth{{Box: large, Taxon: "shark", Ignore: true}}},                             // not to be judged
		{Truth: []Truth{{Box: box(0), Taxon: "shark"}}, Found: []Found{{box(0), "shark", 0.45}}}, // missed at this threshold
		{Found: []Found{{box(0), "shark", 0.8}}},
	}}
	studied := []string{"shark", "ray"}
	same := func(_, image int) int { return image }
	rating := Rating{IoU: 0.5, Threshold: math.NaN()}
	got := Worst([]Trial{trial}, studied, rating, 4, same)
	want := []struct {
		image  int
		missed bool
		score  float64
		box    frame.Box
	}{{6, false, 0.8, box(0)}, {0, false, 0.7, box(400)}, {2, true, 0, large}, {5, true, 0, box(0)}}
	if len(got) != len(want) {
		t.Fatalf("%d mistakes, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if m := got[i]; m.Image != w.image || m.Missed != w.missed || m.Score != w.score || m.Box != w.box || m.Taxon != "shark" {
			t.Errorf("mistake %d: %+v, want %+v", i, m, w)
		}
	}
	if n := len(got[3].Judged.Found); n != 0 {
		t.Errorf("a detection under the threshold is shown")
	}
	rating.Threshold = 0.3 // of all taxa: what was missed is found, and another false alarm counts
	got = Worst([]Trial{trial}, studied, rating, 10, same)
	if len(got) != 4 || got[2].Image != 1 || got[2].Missed || got[3].Image != 2 {
		t.Errorf("at 0.3: %+v", got)
	}
	// Two models on one test set: a picture is shown once, whichever model it is of.
	if got = Worst([]Trial{trial, trial}, studied, rating, 10, same); len(got) != 4 {
		t.Errorf("%d mistakes of the same pictures twice, want 4", len(got))
	}
}
