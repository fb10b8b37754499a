package exchange

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/frame"
)

// The counts are awk's: rows without the header, distinct chapter_path or video_path, distinct pairs with track_id.
func TestSharkTrackRealFiles(t *testing.T) {
	for _, c := range []struct {
		name                         string
		media, tracks, marks, counts int
	}{
		{"test-output/output.csv", 6, 17, 875, 0},
		{"test_output_v2/output_label_column.csv", 6, 22, 802, 0},
		{"test_output_v2/output_class_column.csv", 6, 22, 802, 0},
		{"misc/tset_raw_detections.csv", 1, 2, 581, 0},
		{"misc/max_n.csv", 6, 0, 0, 6},
		{"misc/max_n_single.csv", 1, 0, 0, 1},
		{"test_output_v2/overview.csv", 7, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := realTables(t, "sharktrack", c.name)
			n := countTables(roundTables(t, SharkTrack(), in))
			if n["Media"] != c.media || n["Track"] != c.tracks || n["Mark"] != c.marks || n["Count"] != c.counts {
				t.Errorf("%v, want %+v", n, c)
			}
		})
	}
}

// In the first generation frames are sampled at 5 a second, so every time must be frame / 5; in the second, with the
// rate given, too, and without it the second in which it lies.
func TestSharkTrackTimesOfRealFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		rate frame.Rational
		step time.Duration
	}{
		{"test-output/output.csv", frame.Rational{}, 0},
		{"misc/tset_raw_detections.csv", frame.Rational{}, 0},
		{"test_output_v2/output_label_column.csv", frame.Rational{Num: 5, Den: 1}, 0},
		{"test_output_v2/output_label_column.csv", frame.Rational{}, time.Second},
	} {
		in := realTables(t, "sharktrack", c.name)
		in.Rate = c.rate
		records, err := readTables(t, SharkTrack(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			m, ok := r.(annotate.Mark)
			if !ok {
				continue
			}
			want := time.Duration(m.Frame) * time.Second / 5
			if c.step > 0 {
				want = want.Truncate(c.step)
			}
			if m.Time != want {
				t.Fatalf("%s, frame %d: %v, want %v", c.name, m.Frame, m.Time, want)
			}
		}
	}
}

func TestSharkTrackTimes(t *testing.T) {
	for _, c := range []struct {
		in    string
		want  time.Duration
		exact bool
		ok    bool
	}{
		{"00:00:60", 600 * time.Millisecond, true, true},
		{"00:01:20", 1200 * time.Millisecond, true, true},
		{"11:47:00", 707 * time.Second, true, true},
		{"75:00:05", 75*time.Minute + 50*time.Millisecond, true, true},
		{"00h:00m:01s:333ms", 1333 * time.Millisecond, true, true},
		{"01h:02m:03s", 3723 * time.Second, false, true},
		{"00h:60m:00s", time.Hour, false, true},
		{"00:60:00", 0, false, false},
		{"1.5", 0, false, false},
		{"00h:00m:61s", 0, false, false},
		{"9999h:60m:00s", 0, false, false},
	} {
		got, exact, ok := parseSharkTime(c.in)
		if ok != c.ok || ok && (got != c.want || exact != c.exact) {
			t.Errorf("%s: %v %v %v", c.in, got, exact, ok)
		}
		if ok {
			if again, _, _ := parseSharkTime(sharkTime(got)); again != got {
				t.Errorf("%s is written as %s", c.in, sharkTime(got))
			}
		}
	}
}

// A folder: the overview's long paths are the videos of the other tables, the size is known before the marks.
func TestSharkTrackFolder(t *testing.T) {
	in := Input{Name: ".", FS: fstest.MapFS{
		"overview.csv": {Data: []byte("video_path,tracks_found\n/data/in/a/one.mp4,1\n/data/in/a/empty.mp4,0\n")},
		"output.csv": {Data: []byte("video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id,folder1,extra\n" +
			"a/one.mp4,one.mp4,8.0,00h:00m:00s:320ms,1,2,30.5,40,1280,720,0.75,shark,/data/in/a/one.mp4/3,0,a,\n" +
			"a/one.mp4,other.mp4,9,00h:00m:00s:360ms,1,2,30.5,40,1280,720,,shark,/data/in/a/one.mp4/3,0,a,0.5\n")},
		"maxn.csv": {Data: []byte("video_path,video_name,frame,label,folder1,time,n,tracks_in_maxn\na/one.mp4,one.mp4,8,shark,a,00h:00m:00s:320ms,1,[0]\n")},
	}}
	got := roundTables(t, SharkTrack(), in)
	one := "/data/in/a/one.mp4"
	box := annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 30.5, Y1: 40})
	sameTables(t, []annotate.Record{
		annotate.Media{Name: one, Video: true, W: 1280, H: 720, Extra: annotate.Extra{"sharktrack.tracks_found": "1"}},
		annotate.Media{Name: "/data/in/a/empty.mp4", Video: true, Extra: annotate.Extra{"sharktrack.tracks_found": "0"}},
		annotate.Track{Media: one, ID: "0", Extra: annotate.Extra{"sharktrack.track_metadata": one + "/3"}},
		annotate.Mark{Media: one, Track: "0", Frame: 8, Time: 320 * time.Millisecond, Shape: box, Names: []annotate.Name{{Label: "shark", Score: 0.75, Scored: true}},
			Extra: annotate.Extra{"sharktrack.folder1": "a"}},
		annotate.Mark{Media: one, Track: "0", Frame: 9, Time: 360 * time.Millisecond, Shape: box, Names: []annotate.Name{{Label: "shark"}},
			Extra: annotate.Extra{"sharktrack.folder1": "a", "sharktrack.video_name": "other.mp4", "sharktrack.extra": "0.5"}},
		annotate.Count{Media: one, Label: "shark", Value: 1, Time: 320 * time.Millisecond,
			Extra: annotate.Extra{"sharktrack.folder1": "a", "sharktrack.frame": "8", "sharktrack.tracks_in_maxn": "[0]"}},
	}, got)
}

func TestSharkTrackErrors(t *testing.T) {
	const header = "video_path,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_id\n"
	const good = "a.mp4,1,00h:00m:01s,1,2,3,4,10,10,0.5,shark,0\n"
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"empty"}},
		{"a,b\n1,2\n", []string{"line 1", "video_path", "a, b"}},
		{"video_path,b\n1,2\n", []string{"line 1", "xmin", "tracks_found"}},
		{header + good + "a.mp4,x,00h:00m:01s,1,2,3,4,10,10,0.5,shark,0\n", []string{"line 3", "column frame", `"x"`, "from 0"}},
		{header + "a.mp4,1,soon,1,2,3,4,10,10,0.5,shark,0\n", []string{"line 2", "column time", `"soon"`, "00h:00m:01s:333ms"}},
		{header + "a.mp4,1,00h:00m:01s,1,2,0,4,10,10,0.5,shark,0\n", []string{"line 2", "column xmax", "left of xmin"}},
		{header + "a.mp4,1,00h:00m:01s,1,2,,4,10,10,0.5,shark,0\n", []string{"line 2", "column xmax"}},
		{header + ",1,00h:00m:01s,1,2,3,4,10,10,0.5,shark,0\n", []string{"line 2", "column video_path"}},
		{header + "a.mp4,,,1,2,3,4,10,10,0.5,shark,0\n", []string{"line 2", "neither the frame nor the time"}},
		{header + "a.mp4,1,00h:00m:01s,1,2,3,4,-1,10,0.5,shark,0\n", []string{"line 2", "column w", "pixels"}},
		{"chapter_path,time_sample,class,n\na.mp4,00:00:20,shark,many\n", []string{"line 2", "column n", "whole number"}},
		{"video_path,tracks_found\na.mp4,-1\n", []string{"line 2", "column tracks_found"}},
	} {
		_, err := readTables(t, SharkTrack(), textTables(c.text))
		if err == nil {
			t.Errorf("%q: no error", c.text)
			continue
		}
		for _, want := range append(c.want, "in.csv") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: nothing of %q", c.text, err, want)
			}
		}
	}
	in := textTables(header + good)
	in.Rate = frame.Rational{Num: 30, Den: 1}
	if _, err := readTables(t, SharkTrack(), in); err == nil || !strings.Contains(err.Error(), "frames a second") {
		t.Errorf("a rate that cannot be: %v", err)
	}
}

func TestSharkTrackLosses(t *testing.T) {
	depth := 3.0
	losses, err := SharkTrack().Write(memoryTables{}, recordsTables(
		annotate.Deployment{OpCode: "d", Depth: &depth},
		annotate.Media{Name: "a.mp4", Video: true, ID: "7", Deployment: "d", Rate: frame.Rational{Num: 30, Den: 1}},
		annotate.Media{Name: "b.jpg", W: 5, H: 5},
		annotate.Track{Media: "a.mp4", ID: "1", Origin: annotate.Origin{By: "Ada"}, Extra: annotate.Extra{"cvat.z_order": "1"}},
		annotate.Track{Media: "a.mp4", ID: "2"},
		annotate.Mark{Media: "a.mp4", Track: "1", Frame: 1, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.Circle, Points: []annotate.Point{{X: 5, Y: 5}}, Radius: 2},
			Occluded: true, Names: []annotate.Name{{Label: "a"}, {Label: "b"}}},
		annotate.Mark{Media: "a.mp4", Track: "1", Frame: 2, Shape: annotate.Shape{Kind: annotate.WholePic}},
		annotate.Look{Media: "a.mp4", Frame: 3},
		annotate.Count{OpCode: "d", Label: "shark", Value: 2},
	), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{"a count that is no MaxN of one video and class", "a deployment", "a look",
		"a mark without a box, without a time and a frame, or where the animal is out of the picture", "a track without marks",
		"deployment of a media", "further names of a mark", "id of a media", "occluded of a mark", "origin of a track", "rate of a media",
		"that a media is a picture", "the field cvat.z_order", "the part of a time below a millisecond", "the shape of a mark that is no box", "the size of a video without marks"}, "\n")
	if got := lossesTables(losses); got != want {
		t.Errorf("lost:\n%s\nwant:\n%s", got, want)
	}
}

func TestSharkTrackSniff(t *testing.T) {
	for head, want := range map[string]bool{
		"video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id\n": true,
		",chapter_path,frame,time,track_metadata,track_id,xmin,ymin,xmax,ymax,confidence,class\n":             true,
		"chapter_path,time_sample,class,n\r\n":                                                                true,
		"video_path,tracks_found\n":                                                                           true,
		"filename,xmin,ymin,xmax,ymax,class\n":                                                                false,
		"OpCode\tFilename\tFrame\tTime\tPeriod\n":                                                             false,
	} {
		if got := SharkTrack().Sniff("x.csv", []byte(head)); (got > 0.5) != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func FuzzSharkTrack(f *testing.F) {
	f.Add("video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id,folder1\na/b.mp4,b.mp4,8,00h:00m:01s:333ms,1,2,3,4,10,10,0.5,shark,a/b.mp4/1,0,a\n")
	f.Add(",chapter_path,frame,time,track_metadata,track_id,xmin,ymin,xmax,ymax,confidence,class\n7,b.mp4,3,00:00:60,b.mp4/1,5,1,2,3,4,0.5,shark\n")
	f.Add("video_path,time,label,n,tracks_in_maxn\na.mp4,00h:00m:01s,shark,2,\"[1, 2]\"\n")
	f.Add("video_path,tracks_found\na.mp4,2\nb.mp4,0\n")
	f.Fuzz(func(t *testing.T, text string) { fuzzTables(t, SharkTrack(), textTables(text)) })
}

func FuzzSharkTrackFolder(f *testing.F) {
	f.Add("video_path,tracks_found\n/d/a/one.mp4,1\n/d/empty.mp4,0\n", "video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,label,track_metadata,track_id\na/one.mp4,one.mp4,8,00h:00m:00s:320ms,1,2,3,4,10,10,shark,x/3,0\n",
		"video_path,frame,label,time,n\na/one.mp4,8,shark,00h:00m:00s:320ms,1\n")
	f.Fuzz(func(t *testing.T, overview, output, maxn string) {
		fuzzTables(t, SharkTrack(), Input{Name: ".", FS: fstest.MapFS{"overview.csv": {Data: []byte(overview)}, "output.csv": {Data: []byte(output)}, "maxn.csv": {Data: []byte(maxn)}}})
	})
}
