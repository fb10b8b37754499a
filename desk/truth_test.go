package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/review"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// swim is a track that moves 8 pixels a second in a lane of its own.
func swim(id int, name string, lane, from, to int, score float32) track.Track {
	t := track.Track{ID: id, Taxon: name}
	for i := from; i <= to; i++ {
		x := 8 * float64(i)
		at := frame.Instant{Time: time.Duration(i) * time.Second, Chapter: i / 10}
		t.Points = append(t.Points, track.Point{Instant: at, Detection: detect.Detection{Taxon: name, Score: score,
			Box: frame.Box{X0: x, Y0: 40 * float64(lane), X1: x + 40, Y1: 40*float64(lane) + 20}}})
	}
	return t
}

// filmed is a survey with one counted deployment of 20 s in two chapters, looked at each second.
func filmed(t *testing.T) *survey.Survey {
	t.Helper()
	ctx := context.Background()
	s, err := survey.Init(ctx, t.TempDir(), "reef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	rate := frame.Rational{Num: 25, Den: 1}
	d := annotate.Deployment{OpCode: "S1", Chapters: []annotate.Chapter{
		{Path: "card/GX01.MP4", W: 320, H: 180, Codec: "h264", Rate: rate, Frames: 250, Duration: 10 * time.Second},
		{Path: "card/GX02.MP4", W: 320, H: 180, Codec: "h264", Rate: rate, Frames: 250, Duration: 10 * time.Second, Offset: 10 * time.Second},
	}}
	if _, err := s.PutDeployment(ctx, d); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTaxa(ctx, taxon.List{{Name: "shark"}, {Name: "ray"}, {Name: "fish", Role: taxon.Context}}); err != nil {
		t.Fatal(err)
	}
	tracks := []track.Track{swim(1, "shark", 4, 0, 1, 0.6), swim(2, "fish", 2, 1, 1, 0.7), swim(3, "shark", 0, 8, 12, 0.9), swim(4, "ray", 3, 15, 16, 0.8)}
	in := count.Input{Tracks: tracks, Taxa: taxon.List{{Name: "shark"}, {Name: "ray"}}, Every: time.Second, Duration: 20 * time.Second}
	var frames []detect.Frame
	for i := range 20 {
		f := detect.Frame{Instant: frame.Instant{Time: time.Duration(i) * time.Second, Chapter: i / 10}}
		for _, k := range tracks {
			for _, p := range k.Points {
				if p.Time == f.Time {
					f.Detections = append(f.Detections, p.Detection)
				}
			}
		}
		frames, in.Frames = append(frames, f), append(in.Frames, f.Instant)
	}
	result, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	err = s.PutRun(ctx, survey.Run{ID: "run1", Kind: survey.CountRun, OpCode: "S1", Started: now, Finished: now, Tracks: tracks, Result: &result,
		Record: json.RawMessage(`{"settings":{"every_s":1,"taxa":[{"name":"shark","role":"studied"},{"name":"ray","role":"studied"}]}}`),
		Detections: func(yield func(detect.Frame, error) bool) {
			for _, f := range frames {
				if !yield(f, nil) {
					return
				}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var spoken = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// say gives verdicts, each "kind" and what it says as JSON.
func say(t *testing.T, s *survey.Survey, verdicts ...[2]string) {
	t.Helper()
	ctx := context.Background()
	for _, x := range verdicts {
		all, err := s.Deployments(ctx)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Open(ctx, s, all[0])
		if err != nil {
			t.Fatal(err)
		}
		said, err := review.ParseSaid([]byte(x[1]))
		if err != nil {
			t.Fatal(err)
		}
		v, err := review.Replay(d.Machine, d.Log).Draft(review.Verdict{Kind: review.Kind(x[0]), By: "anna", At: spoken, Said: said})
		if err != nil {
			t.Fatalf("%v: %v", x, err)
		}
		row, err := Kept("S1", v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AppendVerdict(ctx, row); err != nil {
			t.Fatal(err)
		}
	}
}

// told is truth in words: a line for each media, mark and look.
func told(t *testing.T, s *survey.Survey, w Wanted) (string, Tally) {
	t.Helper()
	records, sum, err := Truth(context.Background(), s, w)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for r, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		switch x := r.(type) {
		case annotate.Media:
			fmt.Fprintf(&out, "%s of %s\n", x.Name, x.Deployment)
		case annotate.Track:
			fmt.Fprintf(&out, "track %s %s\n", x.ID, annotate.Best(x.Names))
		case annotate.Mark:
			what := annotate.Best(x.Names)
			if x.Difficult {
				what += "?"
			}
			fmt.Fprintf(&out, "%d %v %s %s\n", x.Frame, x.Time, x.Track, what)
		case annotate.Look:
			fmt.Fprintf(&out, "%d %v looked\n", x.Frame, x.Time)
		}
	}
	return out.String(), sum
}

func TestTruthIsWhatPeopleConfirmed(t *testing.T) {
	s := filmed(t)
	if got, sum := told(t, s, Wanted{}); got != "" || sum != (Tally{}) {
		t.Errorf("nobody said anything, and truth is %q, %+v", got, sum)
	}
	say(t, s,
		[2]string{"accept", `{"track":"t3"}`},                               // 8 to 12 s, over two chapters
		[2]string{"relabel", `{"track":"t4","taxon":"shark"}`},              // 15 and 16 s
		[2]string{"add", `{"taxon":"ray","time_s":18,"box":[10,20,60,80]}`}, // that the machine missed
		[2]string{"draw", `{"taxon":"shark","keys":[{"time_s":5,"box":[0,0,10,10]},{"time_s":6,"box":[10,0,20,10]}]}`},
		[2]string{"looked", `{"time_s":16,"taxa":["shark"]}`},       // not for rays
		[2]string{"looked", `{"time_s":18,"taxa":["shark","ray"]}`}, // whole
		[2]string{"looked", `{"time_s":19,"taxa":["shark","ray"]}`}, // whole, and empty
	)
	want := `S1/GX01.MP4 of S1
track t3 shark
track d4 shark
200 8s t3 shark
225 9s t3 shark
125 5s d4 shark
150 6s d4 shark
S1/GX02.MP4 of S1
track t3 shark
track t4 shark
track b3 ray
0 0s t3 shark
25 1s t3 shark
50 2s t3 shark
125 5s t4 shark
150 6s t4 shark
200 8s b3 ray
200 8s looked
225 9s looked
`
	got, sum := told(t, s, Wanted{})
	if got != want {
		t.Errorf("truth is\n%swant\n%s", got, want)
	}
	if sum != (Tally{Boxes: 10, Frames: 11, Partial: 9}) {
		t.Errorf("%+v", sum)
	}
	records, _, _ := Truth(context.Background(), s, Wanted{Sources: []string{ReviewSource}})
	seen := map[string]bool{}
	for r := range records {
		switch x := r.(type) {
		case annotate.Deployment:
			seen["deployment "+x.OpCode] = true
		case annotate.Label:
			seen["label "+x.Name] = true
		case annotate.Mark:
			if x.Origin != (annotate.Origin{By: "anna", At: spoken, From: "requin review"}) || x.Names[0].Scored || !Alone(x) {
				t.Errorf("%+v", x)
			}
		}
	}
	if !reflect.DeepEqual(seen, map[string]bool{"deployment S1": true, "label shark": true, "label ray": true}) {
		t.Errorf("beside the boxes: %v", seen)
	}
	// The last word counts.
	say(t, s, [2]string{"reject", `{"track":"t3"}`})
	if got, sum := told(t, s, Wanted{}); strings.Contains(got, "t3") || sum.Boxes != 5 {
		t.Errorf("rejected, and still %d boxes:\n%s", sum.Boxes, got)
	}
}

// A frame is whole where a person looked at all of it, not where the machine's boxes are all decided; and not where more were
// counted than have boxes.
func TestWholeIsLookedAt(t *testing.T) {
	s := filmed(t)
	say(t, s, [2]string{"accept", `{"track":"t4"}`}, [2]string{"looked", `{"time_s":16,"taxa":["shark"]}`})
	if _, sum := told(t, s, Wanted{}); sum.Partial != 2 {
		t.Errorf("all boxes are decided, but a frame was looked at for sharks alone: %+v", sum)
	}
	say(t, s, [2]string{"count", `{"time_s":16,"taxon":"ray","n":2}`}) // one has no box
	if got, sum := told(t, s, Wanted{}); sum.Partial != 2 || strings.Contains(got, "looked") {
		t.Errorf("a second ray was counted, without a box: %+v\n%s", sum, got)
	}
	say(t, s, [2]string{"count", `{"time_s":16,"taxon":"ray","n":1}`})
	if got, sum := told(t, s, Wanted{}); sum.Partial != 1 || !strings.Contains(got, "150 6s looked") {
		t.Errorf("one ray was counted, and has its box: %+v\n%s", sum, got)
	}
}

// What nobody could decide about in a frame that was looked at whole is not to be judged; in other frames it is not spoken of.
func TestUndecided(t *testing.T) {
	s := filmed(t)
	say(t, s, [2]string{"accept", `{"track":"t3"}`}, [2]string{"unsure", `{"track":"t1"}`}, [2]string{"looked", `{"time_s":1,"taxa":["shark","ray"]}`})
	got, _ := told(t, s, Wanted{Undecided: true})
	for _, want := range []string{"25 1s  shark?\n", "25 1s  fish?\n", "25 1s looked\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if strings.Contains(got, "0 0s  ") || strings.Count(got, "?") != 2 {
		t.Errorf("only at 1 s:\n%s", got)
	}
	if got, _ := told(t, s, Wanted{}); strings.Contains(got, "?") {
		t.Errorf("nobody asked for what is undecided:\n%s", got)
	}
}

func imported(t *testing.T, s *survey.Survey, name, format string, records ...annotate.Record) {
	t.Helper()
	_, err := s.Import(context.Background(), survey.Source{Name: name, Format: format, At: spoken}, func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}, survey.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// An import of the same video and the review stand together, and an animal has one box.
func TestTruthIsNotDoubled(t *testing.T) {
	s := filmed(t)
	boxAt := func(number int, x, y float64) annotate.Mark {
		return annotate.Mark{Media: "GX01.MP4", Track: "t3", Frame: number, Time: annotate.None, Names: []annotate.Name{{Label: "shark"}},
			Shape: annotate.BoxShape(frame.Box{X0: x, Y0: y, X1: x + 40, Y1: y + 20})}
	}
	imported(t, s, "labels.xml", "cvat",
		annotate.Media{Name: "GX01.MP4", Deployment: "S1", Video: true, Rate: frame.Rational{Num: 25, Den: 1}},
		annotate.Track{Media: "GX01.MP4", ID: "t3", Names: []annotate.Name{{Label: "shark"}}},
		boxAt(175, 56, 0), boxAt(225, 72, 0)) // between them, at 8 s, it lies on the machine's
	imported(t, s, ReviewSource, survey.ReviewFormat, // as an earlier Requin kept it
		annotate.Media{Name: "S1/GX01.MP4", Deployment: "S1", Video: true, Rate: frame.Rational{Num: 25, Den: 1}},
		annotate.Mark{Media: "S1/GX01.MP4", Frame: 50, Time: 2 * time.Second, Names: []annotate.Name{{Label: "shark"}}, Shape: boxAt(0, 0, 0).Shape})
	say(t, s, [2]string{"accept", `{"track":"t3"}`}, [2]string{"accept", `{"track":"t1"}`})
	want := `GX01.MP4 of S1
track t3 shark
175 -1ns t3 shark
225 -1ns t3 shark
track t1 shark
0 0s t1 shark
25 1s t1 shark
S1/GX02.MP4 of S1
track t3 shark
0 0s t3 shark
25 1s t3 shark
50 2s t3 shark
`
	if got, _ := told(t, s, Wanted{}); got != want {
		t.Errorf("truth is\n%swant\n%s", got, want)
	}
	if got, _ := told(t, s, Wanted{Sources: []string{"labels.xml"}}); got != want[:strings.Index(want, "track t1")] {
		t.Errorf("of the import alone:\n%s", got)
	}
	if got, _ := told(t, s, Wanted{Sources: []string{ReviewSource}}); !strings.HasPrefix(got, "S1/GX01.MP4 of S1\ntrack t1") || strings.Contains(got, "\nGX01") {
		t.Errorf("of the review alone:\n%s", got)
	}
	if got, _ := told(t, s, Wanted{OpCodes: []string{"S1"}, Sources: []string{"labels.xml", ReviewSource}}); got != want {
		t.Errorf("of both by name:\n%s", got)
	}
	records, _, err := Truth(context.Background(), s, Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	var once, twice []annotate.Record
	for r := range records {
		once = append(once, r)
	}
	for r := range records {
		twice = append(twice, r)
	}
	if !reflect.DeepEqual(once, twice) {
		t.Error("the stream gives another the second time")
	}
}

// People who annotate every fifth frame number those; a frame between them has its time alone.
func TestNumbersInTheMediaRate(t *testing.T) {
	c := &confirmed{chapter: annotate.Chapter{Rate: frame.Rational{Num: 25, Den: 1}}}
	var got []int
	for _, rate := range []frame.Rational{{}, {Num: 25, Den: 1}, {Num: 5, Den: 1}} {
		number := c.numbers(rate)
		got = append(got, number(2*time.Second), number(2*time.Second+80*time.Millisecond))
	}
	if want := []int{50, 52, 50, 52, 10, -1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	two := &confirmed{opcode: "S1", chapter: annotate.Chapter{Path: "/disk/101GOPRO/GX01.MP4"}}
	if m := two.media(map[string]bool{"S1/GX01.MP4": true}); m.Name != "S1/101GOPRO/GX01.MP4" {
		t.Errorf("a second file of one name is called %s", m.Name)
	}
}
