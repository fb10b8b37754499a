package exchange

import (
	"reflect"
	"testing"
	"time"

	"requin/annotate"
)

func TestKW18Real(t *testing.T) {
	for _, c := range []struct {
		file          string
		tracks, marks int // grep -vc '^#'; distinct column 1
		scored        int // column 19 that is not -1, or the last of 18 after its -1
	}{
		{"formats/viame/annotation_and_visualization__example_detections.kw18", 904, 904, 904},
		{"formats/viame/scoring_and_roc_generation__detections.kw18", 904, 904, 904},
		{"formats/viame/scoring_and_roc_generation__groundtruth.kw18", 12, 12, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			records := roundTracks(t, KW18(), c.file, Input{})
			_, tracks, marks := countTracks(records)
			scored := 0
			for _, r := range records {
				if m, ok := r.(annotate.Mark); ok && len(m.Names) > 0 {
					scored++
					if s := m.Names[0].Score; !(s >= 0 && s <= 1) {
						t.Errorf("score %v", s)
					}
				}
			}
			if tracks != c.tracks || marks != c.marks || scored != c.scored {
				t.Errorf("%d tracks, %d marks, %d scored, want %+v", tracks, marks, scored, c)
			}
		})
	}
}

// TestKW18 reads one line of each kind by hand.
func TestKW18(t *testing.T) {
	const text = "#1:Track-id 2:Track-length\n" +
		"0 1 0 0  0 0 0 279.5 293.5 148 264 411 323 15517 0 0 0 -10.801197\n" + // glued
		"7 2 3 0 0 0 0 277.5 315.0 196 280 359 350 -1 444 444 0 1.5 -1\n" +
		"7 2 20 1 2 3 4 10 10 0 0 20 20 400 0 0 0 0 0.25\n"
	got, err := readTracks(KW18(), "dive.kw18", text)
	if err != nil {
		t.Fatal(err)
	}
	box := func(a, b, c, d float64) annotate.Shape {
		return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: a, Y: b}, {X: c, Y: d}}}
	}
	unknown := func(score float64) []annotate.Name {
		return []annotate.Name{{Label: "unknown", Score: score, Scored: true}}
	}
	want := []annotate.Record{
		annotate.Media{Name: "dive", Video: true},
		annotate.Track{Media: "dive", ID: "0", Names: unknown(0.801197)},
		annotate.Mark{Media: "dive", Track: "0", Time: annotate.None, Shape: box(148, 264, 411, 323), Names: unknown(0.801197), Still: true},
		annotate.Track{Media: "dive", ID: "7"},
		annotate.Mark{Media: "dive", Track: "7", Frame: 3, Time: 1500 * time.Millisecond, Shape: box(196, 280, 359, 350), Still: true,
			Extra: annotate.Extra{"kw18.columns": "0 0 0 0 277.5 315 -1 444 444 0"}},
		annotate.Mark{Media: "dive", Track: "7", Frame: 20, Time: annotate.None, Shape: box(0, 0, 20, 20), Names: unknown(0.25), Still: true,
			Extra: annotate.Extra{"kw18.columns": "1 2 3 4 10 10 400 0 0 0"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	refusedTracks(t, KW18(), "a.kw18", map[string]string{
		"1 2 3\n": "line 1: 3 columns: it should have 18 or 19",
		"0 1 0 0  0 0 0 279.5 x 148 264 411 323 15517 0 0 0 0\n":                "line 1: column 9 is \"x\"",
		"#\n0.5 1 0 0  0 0 0 279.5 1 148 264 411 323 15517 0 0 0 0\n":           "line 2: column 1 is 0.5",
		"0 1 -2 0  0 0 0 279.5 1 148 264 411 323 15517 0 0 0 0\n":               "line 1: column 3 is -2",
		"0 1 2 0  0 0 0 279.5 1 148 264 411 323 15517 0 0 0 -7\n":               "line 1: column 18 is -7",
		"0 1 2 0  0 0 0 279.5 1 148 264 411 323 15517 0 0 0 0 nan\n":            "line 1: column 19",
		"0 1 2 0  0 0 0 279.5 1 148 264 411 323 15517 0 0 0 0 0 0 0 0 0 0 0 0 ": "line 1: 26 columns",
	})
}

func FuzzKW18(f *testing.F) {
	for _, s := range []string{
		"0 1 0 0  0 0 0 279.5 293.5 148 264 411 323 15517 0 0 0 -10.801197\n", "7 2 3 0 0 0 0 277.5 315.0 196 280 359 350 -1 444 444 0 1.5 -1\n",
		"0 1 -1 0 0 0 0 1 1 9 9 1 1 5 0 0 0 1467e6 1\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, KW18(), "file.kw18", data) })
}
