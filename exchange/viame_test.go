package exchange

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

func TestVIAMEReal(t *testing.T) {
	for _, c := range []struct {
		file         string
		media, marks int // awk -F, '!/^#/ && NF' ...: distinct column 2, lines
	}{
		{"formats/viame/example_detections.csv", 20, 992},
		{"formats/viame/fish_no_fish.csv", 21, 21},
		{"formats/viame/habcam.csv", 3243, 4910},
		{"formats/viame/scoring_and_evaluation__detections.csv", 20, 110},
		{"formats/viame/scoring_and_evaluation__groundtruth.csv", 16, 51},
		{"formats/viame/scoring_and_roc_generation__groundtruth.csv", 3, 5},
		{"sharktrack/test-output/viame.csv", 17, 17},
	} {
		t.Run(c.file, func(t *testing.T) {
			media, _, marks := countTracks(roundTracks(t, VIAME(), c.file, Input{}))
			if media != c.media || marks != c.marks {
				t.Errorf("%d media, %d marks, want %d, %d", media, marks, c.media, c.marks)
			}
		})
	}
}

func FuzzVIAME(f *testing.F) {
	for _, s := range []string{
		"0,1.png,0,884.66,510,1219.66,737.66,1,-1,ignored,0.98\n",
		"# metadata,fps: 5,media: a.mp4,\"dataset_info: {}\"\n0,00:00:01.2,6,1,2,3,4,.5,12,shark,.5,(kp) head 1 2,(atr) a b c,(trk-atr) x true\n0,,7,1,2,3,4,.5,12\n",
		"2,v.mp4,3,10,50,20,35,1,-1,type3,0.765,(poly) 0 0 1 0 1 1,(hole) 0 0 1 0 1 1,(note) \"a\nb\"\n",
		"1,a.png,1042.6,495.75,1136,647.75,1.0,Fish(1001),1.0   # box\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, VIAME(), "file.csv", data) })
}

// TestVIAMEVideo reads a video's lines by hand: times, a second video, what DIVE adds.
func TestVIAMEVideo(t *testing.T) {
	const text = "# 1: Detection or Track-id,2: Video or Image Identifier\n" +
		"# metadata,fps: 5,\"exported_by: \"\"A User\"\"\",\"dataset_info: {\"\"site\"\": \"\"2024TXN012\"\"}\"\n" +
		"3,00:00:01.200000,6,30,40,10,20,.5,12.50,ray,.25,shark,.5,(kp) head 1 2,(atr) depth 10.5,(trk-atr) sex f,(note) near, \n" +
		"3,00:00:01.400000,7,10,20,30,40,.5,-1,shark,.5,(trk-atr) sex f,(trk-atr) seen true,(mask) 1 2 3\n" +
		"4,other.mp4,7,10,20,30,40,.5,0\n"
	got, err := readTracks(VIAME(), "drop1/GX01.csv", text)
	if err != nil {
		t.Fatal(err)
	}
	names := []annotate.Name{{Label: "shark", Score: 0.5, Scored: true}, {Label: "ray", Score: 0.25, Scored: true}}
	box := annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: 10, Y: 20}, {X: 30, Y: 40}}}
	sex := []annotate.Attribute{{Name: "sex", Value: "f"}}
	want := []annotate.Record{
		annotate.Media{Name: "drop1/GX01", Video: true, Rate: frame.Rational{Num: 5, Den: 1}, Extra: annotate.Extra{"viame.dataset_info": `{"site": "2024TXN012"}`}},
		annotate.Track{Media: "drop1/GX01", ID: "3", Names: names, Attributes: sex},
		annotate.Mark{Media: "drop1/GX01", Track: "3", Frame: 6, Time: 1200 * time.Millisecond, Shape: box, Names: names, Still: true,
			Attributes: []annotate.Attribute{{Name: "length", Value: "12.5", Type: annotate.Number}, {Name: "depth", Value: "10.5", Type: annotate.Number}, {Name: "note", Value: "near"}},
			Extra:      annotate.Extra{"viame.kp": `["head 1 2"]`}},
		annotate.Mark{Media: "drop1/GX01", Track: "3", Frame: 7, Time: 1400 * time.Millisecond, Shape: box, Names: names[:1], Still: true,
			Extra: annotate.Extra{"viame.trk-atr": `["seen true"]`, "viame.other": `["(mask) 1 2 3"]`}},
		annotate.Media{Name: "other.mp4", Video: true, Rate: frame.Rational{Num: 5, Den: 1}},
		annotate.Track{Media: "other.mp4", ID: "4", Names: []annotate.Name{{Label: "unknown", Score: 0.5, Scored: true}}},
		annotate.Mark{Media: "other.mp4", Track: "4", Frame: 7, Time: annotate.None, Shape: box, Names: []annotate.Name{{Label: "unknown", Score: 0.5, Scored: true}}, Still: true},
	}
	if !reflect.DeepEqual(got, want) {
		for i := range got {
			if i >= len(want) || !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("record %d: %#v", i, got[i])
			}
		}
	}
	back, out, losses := backTracks(t, VIAME(), streamTracks(got...), "again.csv", Input{})
	sameTracks(t, back, want)
	if s := losses.String(); s != "" {
		t.Error(s)
	}
	first := "3,00:00:01.200000,6,10,20,30,40,0.5,12.5,shark,0.5,ray,0.25,(kp) head 1 2,(atr) depth 10.5,(trk-atr) sex f,(note) near\n"
	if s := out["again.csv"].String(); !strings.HasPrefix(s, viameHeader+"# metadata,fps: 5,") || !strings.Contains(s, first) {
		t.Errorf("written as\n%s", s)
	}
}

func TestVIAMERefused(t *testing.T) {
	refusedTracks(t, VIAME(), "a.csv", map[string]string{
		"0,1.png,0,1,2\n":                                                    "line 1: 5 columns: it should have at least 9",
		"#\nx,1.png,0,1,2,3,4,1,-1\n":                                        `line 2, column 1 is "x": the id of a detection or track should be a whole number`,
		"0,1.png,-1,1,2,3,4,1,-1\n":                                          `line 1, column 3 is "-1": the frame should be`,
		"0,1.png,0,1,2,3,NaN,1,-1\n":                                         `line 1, column 7 is "NaN": corners`,
		"0,1.png,0,1,2,3,4,,-1\n":                                            `line 1, column 8 is "": the confidence`,
		"0,1.png,0,1,2,3,4,1,long,a,1\n":                                     `line 1, column 9 is "long": the length`,
		"0,1.png,0,1,2,3,4,1,-1,fish\n":                                      `line 1, column 11 is "": after the species "fish" its confidence`,
		"0,1.png,0,1,2,3,4,1,-1,fish,1,(kp) head 1":                          `line 1, column 12 is "(kp) head 1": a point should be`,
		"0,1.png,0,1,2,3,4,1,-1,fish,1,(poly) 1 2 3":                         `line 1, column 12 is "(poly) 1 2 3": a polygon should be`,
		"0,1.png,0,1,2,3,4,1,-1,f,1,(hole) 1 2 3 4 5 6":                      `line 1, column 12 is "(hole) 1 2 3 4 5 6": a hole should come after`,
		"0,1.png,0,1,2,3,4,1,-1,f,1,(atr)":                                   `line 1, column 12 is "(atr)": an attribute`,
		"# metadata,fps: fast\n0,1.png,0,1,2,3,4,1,-1,f,1":                   `line 1, column 2 is "fps: fast"`,
		"0,v.mp4,1,2,3,4,1,f,1":                                              `line 1, column 2 is "v.mp4": without a column for the frame`,
		"0,1.png,0,1,2,3,4,1,-1,f,1\n1,\"1.png" + strings.Repeat("a", 9<<20): "a quote that is never closed",
	})
	refusedTracks(t, DIVE(), "a.json", map[string]string{
		"{{}}":                              "near line 1",
		"[]":                                "here should be an object",
		"{\"tracks\":\n{\"a\":{}}}":         `track "a": its id is "a"`,
		`{"0":{"id":1},"1":{"id":1}}`:       "two tracks with the id 1",
		`{"0":{"features":[{}]}}`:           "feature 1: frame is",
		`{"0":{"features":[{"frame":-1}]}}`: "feature 1: frame is -1",
		`{"0":{"features":[{"frame":1,"bounds":[1,2]}]}}`:                                                                  "feature 1: bounds are [1,2]",
		`{"0":{"features":[{"frame":1,"keyframe":"yes"}]}}`:                                                                `keyframe is "yes": it should be true or false`,
		`{"0":{"confidencePairs":[["fish"]]}}`:                                                                             "confidencePairs hold [fish]",
		`{"0":{"features":[{"frame":1,"geometry":{"features":[{"geometry":{"type":"Polygon","coordinates":[[[1]]]}}]}}]}}`: "a ring of a polygon",
		`{"0":null}`:    "it is null",
		`{"0":{}`:       "the file ends in the middle",
		`{"version":2}`: `there is no "tracks"`,
		`{} 1`:          "something follows",
	})
}
