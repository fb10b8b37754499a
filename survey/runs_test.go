package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

func frames(all []detect.Frame) iter.Seq2[detect.Frame, error] {
	return func(yield func(detect.Frame, error) bool) {
		for _, f := range all {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// hour is what a detector sees in an hour, and its tracks.
func hour(t testing.TB, seconds, perFrame int) ([]detect.Frame, []track.Track) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	taxa := []string{"Carcharhinus amblyrhynchos", "Triaenodon obesus", "Épinephelidae"}
	var out []detect.Frame
	for i := range seconds {
		f := detect.Frame{Instant: at(i), Detections: []detect.Detection{}}
		for k := range rng.IntN(2*perFrame + 1) {
			x, y := rng.Float64()*100+float64(k*150), rng.Float64()*1000
			d := detect.Detection{Box: frame.Box{X0: x, Y0: y, X1: x + 99.3, Y1: y + 50/3.}, Taxon: taxa[rng.IntN(3)], Score: rng.Float32()}
			if rng.IntN(2) == 0 {
				d.Scores = []taxon.Score{{Taxon: d.Taxon, Score: d.Score}, {Taxon: taxa[rng.IntN(3)], Score: d.Score / 3}}
			}
			f.Detections = append(f.Detections, d)
		}
		out = append(out, f)
	}
	tracks, err := track.Follow(track.Default(), func(string) float32 { return 0.3 }, frames(out))
	if err != nil {
		t.Fatal(err)
	}
	return out, tracks
}

func at(second int) frame.Instant {
	return frame.Instant{Time: time.Duration(second) * time.Second, Chapter: second / 1000, PTS: int64(second) * 30000, Base: frame.Rational{Num: 1, Den: 30000}}
}

// counted is a whole run of a count.
func counted(t testing.TB, opcode string, seconds, perFrame int) Run {
	t.Helper()
	all, tracks := hour(t, seconds, perFrame)
	var looked []frame.Instant
	for _, f := range all {
		looked = append(looked, f.Instant)
	}
	result, err := count.Of(count.Input{Tracks: tracks, Frames: looked, Every: time.Second, Duration: time.Duration(seconds) * time.Second,
		Taxa: taxon.List{{Name: "Triaenodon obesus"}, {Name: "Never seen"}}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	return Run{ID: "run-" + opcode, Kind: CountRun, OpCode: opcode, Key: "key", Folder: "runs/x", Started: start, Finished: start.Add(time.Hour),
		Record: json.RawMessage(`{"schema": "requin.run/1"}`), Detections: frames(all), Tracks: tracks, Result: &result, Unreadable: 5 * time.Second}
}

func sameRun(t testing.TB, got, want Run) {
	t.Helper()
	list := func(r Run) (out []detect.Frame) {
		if r.Detections == nil {
			return nil
		}
		for f, err := range r.Detections {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
		return out
	}
	for range 2 {
		if a, b := list(got), list(want); !reflect.DeepEqual(a, b) {
			t.Errorf("%d frames, want %d, or others", len(a), len(b))
		}
	}
	if !reflect.DeepEqual(got.Tracks, want.Tracks) {
		t.Errorf("%d tracks, want %d, or others", len(got.Tracks), len(want.Tracks))
	}
	if a, b := mustJSON(t, got.Result), mustJSON(t, want.Result); !bytes.Equal(a, b) {
		t.Errorf("result %s\nwant %s", a, b)
	}
	got.Detections, got.Tracks, got.Result, want.Detections, want.Tracks, want.Result = nil, nil, nil, nil, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRuns(t *testing.T) {
	s := fresh(t)
	for _, opcode := range []string{"10", "2", "never"} {
		if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: opcode}); err != nil {
			t.Fatal(err)
		}
	}
	run := counted(t, "2", 300, 3)
	run.Folder = filepath.Join(s.Folder(), "runs", "x")
	if err := s.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	run.Folder = "runs/x"
	sameRun(t, must[Run](t)(s.Run(t.Context(), run.ID)), run)
	info := must[[]RunInfo](t)(s.Runs(t.Context(), "2"))
	if len(info) != 1 || info[0].Frames != 300 || info[0].Tracks != len(run.Tracks) || info[0].Detections == 0 || info[0].Folder != "runs/x" {
		t.Errorf("got %+v", info)
	}
	// In place of the earlier, also where it holds less; the latest finished one tells.
	less := run
	less.Key, less.Detections, less.Tracks, less.Result, less.Record = "other", nil, nil, nil, nil
	unfinished, later, training := less, run, Run{ID: "t", Kind: "train", Started: run.Started}
	unfinished.ID, unfinished.Finished = "u", time.Time{}
	later.ID, later.Finished = "later", run.Finished.Add(time.Nanosecond)
	for _, r := range []Run{less, unfinished, later, training} {
		if err := s.PutRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		sameRun(t, must[Run](t)(s.Run(t.Context(), r.ID)), r)
	}
	if rows := rowCounts(t, s); rows["run_frames"] != 300 || rows["run_tracks"] != len(run.Tracks) || rows["run_maxn"] != 2 {
		t.Errorf("of the replaced run something was left: %v", rows)
	}
	for key, want := range map[string]string{"key": "later", "other": run.ID, "none": ""} {
		if id, ok, err := s.Counted(t.Context(), "2", key); id != want || ok != (want != "") || err != nil {
			t.Errorf("%s: %q, %v, %v", key, id, ok, err)
		}
	}
	if _, ok, err := s.Counted(t.Context(), "10", "key"); ok || err != nil {
		t.Error(ok, err)
	}
	got := must[[]Deployment](t)(s.Deployments(t.Context()))
	want := &CountState{Run: "later", Key: "key", Finished: later.Finished, Folder: "runs/x", Unreadable: run.Unreadable,
		MaxN: map[string]int{"Triaenodon obesus": *run.Result.Taxa[0].MaxN, "Never seen": 0}}
	if !reflect.DeepEqual(got[0].Count, want) || got[1].Count != nil || got[2].Count != nil {
		t.Errorf("got %+v, want %+v", got[0].Count, want)
	}
	if all := must[[]RunInfo](t)(s.Runs(t.Context(), "")); len(all) != 4 {
		t.Errorf("got %+v", all)
	}
}

// A run that cannot be kept leaves the earlier one of its ID whole.
func TestPutRunIsWholeOrNot(t *testing.T) {
	s := fresh(t)
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "2"}); err != nil {
		t.Fatal(err)
	}
	run := counted(t, "2", 100, 2)
	if err := s.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for want, change := range map[string]func(*Run){
		"broken": func(r *Run) {
			r.Detections = func(yield func(detect.Frame, error) bool) {
				_ = yield(detect.Frame{Instant: at(1)}, nil) && yield(detect.Frame{}, broken)
			}
		},
		`no deployment "3"`:      func(r *Run) { r.OpCode = "3" },
		"the record is not JSON": func(r *Run) { r.Record = json.RawMessage("{") },
		"needs an id and a kind": func(r *Run) { r.Kind = "" },
		"has no points":          func(r *Run) { r.Tracks = append(slices.Clone(r.Tracks), track.Track{ID: 999}) },
	} {
		other := run
		change(&other)
		says(t, s.PutRun(t.Context(), other), want, "run run-2")
		sameRun(t, must[Run](t)(s.Run(t.Context(), run.ID)), run)
	}
	_, err := s.Run(t.Context(), "none")
	says(t, err, `no run "none"`)
}

// Points that are none of the kept detections, in frames that were not kept, come back too.
func TestPointsApart(t *testing.T) {
	s := fresh(t)
	d := detect.Detection{Box: frame.Box{X0: math.Inf(-1), Y0: math.NaN(), X1: math.Copysign(0, -1), Y1: 5e-324}, Taxon: "", Score: float32(math.Inf(1))}
	d.Box.Y0 = 3
	joined := d
	joined.Scores = []taxon.Score{{Taxon: "a", Score: 0.5}, {Taxon: "é", Score: 0}}
	seen := []detect.Frame{{Instant: at(1), Detections: []detect.Detection{d}}, {Instant: at(2), Detections: []detect.Detection{}}, {Instant: at(3), Detections: []detect.Detection{d, joined}}}
	point := func(second int, d detect.Detection) track.Point {
		return track.Point{Instant: at(second), Detection: d}
	}
	far := track.Point{Instant: frame.Instant{Time: -5, Chapter: -1, PTS: math.MinInt64, Base: frame.Rational{Num: -1, Den: 0}}, Detection: joined}
	run := Run{ID: "r", Kind: "x", Detections: frames(seen), Tracks: []track.Track{
		{ID: 4, Taxon: "a", Points: []track.Point{point(1, d), point(2, joined), point(3, joined), point(9, d)}},
		{ID: 2, Taxon: "b", Scores: joined.Scores, Points: []track.Point{point(3, d), point(1, d), far}},
	}}
	if err := s.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	sameRun(t, must[Run](t)(s.Run(t.Context(), "r")), run)
}

// FuzzBlob: whatever bytes are kept, reading them neither fails badly nor takes much memory, and what
// is read can be kept again.
func FuzzBlob(f *testing.F) {
	all, tracks := hour(f, 20, 2)
	kept := keptFrames{index: map[frame.Instant]int{}, frames: all}
	for i, fr := range all {
		kept.index[fr.Instant] = i
		var b []byte
		for _, d := range fr.Detections {
			b = appendDetection(b, d, &kept.taxa)
		}
		f.Add(b)
	}
	for _, tr := range tracks {
		f.Add(kept.appendPoints(nil, tr.Points))
	}
	f.Add([]byte{0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	names := kept.taxa.names
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := readDetections(b, names); err == nil {
			var again []byte
			taxa := dictionary{}
			for _, n := range names {
				taxa.number(n)
			}
			for _, d := range got {
				again = appendDetection(again, d, &taxa)
			}
			if more, err := readDetections(again, names); err != nil || fmt.Sprint(more) != fmt.Sprint(got) {
				t.Errorf("%v becomes %v, %v", got, more, err)
			}
		}
		if points, err := readPoints(b, names, all); err == nil {
			if more, err := readPoints(kept.appendPoints(nil, points), names, all); err != nil || fmt.Sprint(more) != fmt.Sprint(points) {
				t.Errorf("%v becomes %v, %v", points, more, err)
			}
		}
	})
}

// FuzzJSON: whatever lies in a JSON column, reading it gives what can be kept again and is the same.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":"b"}`, `[{"name":"a","value":"1","type":"number"}]`, `{"kind":"polygon","points":[{"x":1,"y":2e3}],"rings":[[]]}`, "2024-05-01T08:18:54.5+08:00")
	f.Add(`null`, `[]`, `{"kind":"box","points":[{}]}`, "")
	f.Fuzz(func(t *testing.T, extra, attributes, shape, moment string) {
		var e annotate.Extra
		var a []annotate.Attribute
		var s shapeCells
		var at time.Time
		again := func(in any, out any) {
			b, err := toJSON(in)
			if err == nil && b != nil {
				err = fromJSON{out}.Scan(b)
			}
			if err != nil {
				t.Fatalf("%#v: %v", in, err)
			}
			if back := reflect.ValueOf(out).Elem().Interface(); b != nil && fmt.Sprint(back) != fmt.Sprint(in) {
				t.Errorf("%#v becomes %#v", in, back)
			}
		}
		if (fromJSON{&e}).Scan(extra) == nil {
			again(e, new(annotate.Extra))
		}
		if (fromJSON{&a}).Scan([]byte(attributes)) == nil {
			again(a, new([]annotate.Attribute))
		}
		if (fromJSON{&s.whole}).Scan(shape) == nil {
			again(s.shape(), new(annotate.Shape))
		}
		if (fromTime{&at}).Scan(moment) == nil {
			if text, err := stated(at); err == nil {
				var back time.Time
				if err := (fromTime{&back}).Scan(text); err != nil || !back.Equal(at) {
					t.Errorf("%v becomes %v, %v", at, back, err)
				}
			}
		}
	})
}

// BenchmarkPutRun keeps a busy hour, 20,000 detections, and reads it again.
func BenchmarkPutRun(b *testing.B) {
	run := counted(b, "A", 3600, 6)
	n := 0
	for f := range run.Detections {
		n += len(f.Detections)
	}
	for b.Loop() {
		s := fresh(b)
		if _, err := s.PutDeployment(b.Context(), annotate.Deployment{OpCode: "A"}); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if err := s.PutRun(b.Context(), run); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "put-s/op")
		start = time.Now()
		if _, err := s.Run(b.Context(), run.ID); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "get-s/op")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(s.Folder(), dbFile))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, "file-MB")
	}
	b.ReportMetric(float64(n), "detections")
}
