package exchange

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// fullTracks is records with something of everything, for what a format has no place for.
func fullTracks() []annotate.Record {
	box := annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 30, Y1: 40})
	by := annotate.Origin{By: "Ada Lovelace", At: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)}
	other := annotate.Extra{"other.field": "x"}
	return []annotate.Record{
		annotate.Deployment{OpCode: "D1"},
		annotate.Label{Name: "shark", ID: "7", Parent: "fish", Attributes: []annotate.Attribute{{Name: "a"}}, Extra: other},
		annotate.Media{Name: "v.mp4", ID: "5", Deployment: "D1", Video: true, W: 640, H: 480, Rate: frame.Rational{Num: 10, Den: 1}, Frames: 99, Split: "train", Extra: other},
		annotate.Media{Name: "broken.mp4", Video: true, Failure: "cannot be opened"},
		annotate.Track{Media: "v.mp4", ID: "left shark", Names: []annotate.Name{{Label: "shark", Score: 0.5, Scored: true}, {Label: "ray", Score: 0.25, Scored: true}},
			Attributes: []annotate.Attribute{{Name: "sex", Value: "f", Type: annotate.Choice}}, Origin: by, Extra: other},
		annotate.Mark{Media: "v.mp4", ID: "m1", Track: "left shark", Frame: 1, Time: 123456789, Shape: box, Occluded: true, Truncated: true, Difficult: true, Crowd: true,
			Visibility: 0.5, Attributes: []annotate.Attribute{{Name: "my note", Value: "x"}}, Origin: by, Extra: other},
		annotate.Mark{Media: "v.mp4", Track: "left shark", Frame: 3, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.Ellipse, Points: box.Points, Angle: 30}, Still: true, Between: true},
		annotate.Mark{Media: "v.mp4", Track: "left shark", Frame: 5, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.Mask, Points: box.Points}, Still: true},
		annotate.Mark{Media: "v.mp4", Frame: 4, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.WholePic}, Names: []annotate.Name{{Label: "rock"}}},
		annotate.Mark{Media: "v.mp4", Frame: -1, Time: annotate.None, Shape: box, Names: []annotate.Name{{Label: "rock", Score: 1, Scored: true}}},
		annotate.Look{Media: "v.mp4", Frame: 6, Time: annotate.None},
		annotate.Sighting{OpCode: "D1"}, annotate.Length{OpCode: "D1"}, annotate.Count{OpCode: "D1", Label: "shark", Value: 2},
	}
}

// TestLossesTracks: whatever a format has no place for is listed; whatever it has a place for is not.
func TestLossesTracks(t *testing.T) {
	everywhere := []string{"a deployment", "a sighting", "a length", "a count", "that everything in a frame was marked", "which deployment a video belongs to",
		"the field other.field", "that a mark is occluded", "that a mark is truncated", "that a mark is of a crowd", "the shape of a mark (the box around it is written): mask"}
	for _, c := range []struct {
		format Format
		lost   string // beyond the above, some of what is peculiar
		kept   string
	}{
		{VIAME(), "spaces in the name of an attribute|the id of a mark or track|that a mark has no|the type of an attribute|a mark that has no place|a list of labels|the width and height|why a picture|who made a track", "the frame rate|the score of a name|further names|the attribute"},
		{KW18(), "the name of a mark|further names|the id of a mark|the attribute my note|the attribute sex|the frame rate|the id of a track", "the time of a mark"},
		{DIVE(), "the time of a mark|that a mark is difficult|the type of an attribute|the id of a mark|a mark of which no frame number|that a name has no score|the frame rate", "further names|the attribute sex|that a mark lies between"},
		{MOT(), "the time of a mark|further names|a mark of which no frame number|the parent of a label|the id of a track|a mark that has no place", "the visibility|that a mark is difficult|the frame rate|how many frames"},
		{MegaDetector(), "which track a mark belongs to|the frame of a mark is not known|that a name has no score|that a mark has no place|the parent of a label", "why a picture|the width|the frame rate|the id of a label"},
	} {
		t.Run(c.format.Name, func(t *testing.T) {
			losses, err := c.format.Write(folderTracks{}, streamTracks(fullTracks()...), Options{Name: "out"})
			if err != nil {
				t.Fatal(err)
			}
			text := losses.String()
			want := everywhere
			for _, w := range strings.Split(c.lost, "|") {
				if w != "that a mark has no" {
					want = append(want, w)
				}
			}
			for _, w := range want {
				if w == "the shape of a mark (the box around it is written): mask" && c.format.Name == "biigle" {
					w = "the shape of a mark"
				}
				if !strings.Contains(text, w) {
					t.Errorf("%q is not listed in\n%s", w, text)
				}
			}
			for _, k := range strings.Split(c.kept, "|") {
				if strings.Contains(text, k) {
					t.Errorf("%q is listed in\n%s", k, text)
				}
			}
		})
	}
}

// TestWriteErrorsTracks: an error of the stream or of the folder ends every writer.
func TestWriteErrorsTracks(t *testing.T) {
	broken := errors.New("the stream broke")
	for _, f := range []Format{VIAME(), KW18(), DIVE(), MOT(), MegaDetector(), BIIGLE(), SharkTrack()} {
		records := func(yield func(annotate.Record, error) bool) {
			for _, r := range fullTracks()[:6] {
				if !yield(r, nil) {
					return
				}
			}
			yield(nil, broken)
		}
		if _, err := f.Write(folderTracks{}, records, Options{Name: "out"}); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", f.Name, err)
		}
	}
}

// TestDrawnTracks: what lies between key frames is in the formats of one line a frame; what comes after the animal left is not.
func TestDrawnTracks(t *testing.T) {
	mark := func(n int, x float64) annotate.Mark {
		return annotate.Mark{Media: "v", Track: "1", Frame: n, Time: annotate.None, Shape: annotate.BoxShape(frame.Box{X0: x, Y0: 0, X1: x + 10, Y1: 10})}
	}
	still, out := mark(4, 40), mark(9, 0)
	still.Still, out.Outside = true, true
	records := streamTracks(annotate.Media{Name: "v", Video: true}, annotate.Track{Media: "v", ID: "1", Names: []annotate.Name{{Label: "a"}}}, mark(1, 10), still, mark(7, 70), out)
	for _, c := range []struct {
		format Format
		want   map[int]float64
	}{
		{MOT(), map[int]float64{1: 10, 2: 20, 3: 30, 4: 40, 7: 70, 8: 70}},
		{DIVE(), map[int]float64{1: 10, 4: 40, 7: 70, 8: 70}},
	} {
		back, _, _ := backTracks(t, c.format, records, "v", Input{})
		got := map[int]float64{}
		for _, r := range back {
			if m, ok := r.(annotate.Mark); ok {
				b, _ := m.Shape.Bounds()
				got[m.Frame] = b.X0
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.format.Name, got, c.want)
		}
		for n, x := range c.want {
			if got[n] != x {
				t.Errorf("%s: frame %d at %v, want %v", c.format.Name, n, got[n], x)
			}
		}
	}
	far := streamTracks(annotate.Media{Name: "v", Video: true}, mark(1, 10), mark(3_000_000, 10))
	if _, err := MOT().Write(folderTracks{}, far, Options{}); err == nil || !strings.Contains(err.Error(), "frames on") {
		t.Errorf("a gap of three million frames: %v", err)
	}
}

// TestStreamTracks: a long file is not held.
func TestStreamTracks(t *testing.T) {
	const lines = 200_000
	line := "1,v.mp4,%,10,20,30,40,0.5,-1,shark,0.5\n"
	var text strings.Builder
	for i := range lines {
		text.WriteString(strings.Replace(line, "%", strconv.Itoa(i), 1))
	}
	in := Input{FS: fsTracks("a.csv", text.String()), Name: "a.csv"}
	var before, at runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range VIAME().Read(in) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == lines { // nearly at the end
			runtime.GC()
			runtime.ReadMemStats(&at)
		}
	}
	if held := int64(at.HeapAlloc) - int64(before.HeapAlloc); n != lines+2 || held > 4<<20 {
		t.Errorf("%d records, %d bytes held", n, held)
	}
}
