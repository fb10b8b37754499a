package exchange

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

const biigleVideoTables = `video_annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,video_id,video_filename,shape_id,shape_name,points,frames,annotation_id,created_at,attributes
1475726,222120,Other,"Biota > Sponges > Massive > Other",2156,Celia,Hanna,16365,a.mp4,5,Rectangle,"[[679.24,246.12,732.77,408.79,595.3,454.03,541.76,291.37]]",[6015.125313107339],1253045,"2023-06-05 16:21:15","{""size"":12,""width"":1920,""height"":1080,""mimetype"":""video\/mp4""}"
11,7,Shark,Animals > Shark,1,Ada,Lovelace,16365,a.mp4,5,Rectangle,"[[0,0,10,0,10,20,0,20],[50,0,60,0,60,20,50,20],[],[5,0,15,0,15,20,5,20]]","[1,2.5,null,4]",20,"2024-01-02 03:04:05","{""size"":12,""width"":1920,""height"":1080,""mimetype"":""video\/mp4""}"
12,8,Ray,Animals > Ray,2,Bo,,16365,a.mp4,4,Circle,"[[5,6,7]]",[0],21,"2024-01-02 03:04:06","{""size"":12,""width"":1920,""height"":1080,""mimetype"":""video\/mp4""}"
13,9,Silky shark,Animals > Shark > Silky shark,2,Bo,,16365,a.mp4,5,Rectangle,"[[0,0,10,0,10,20,0,20],[50,0,60,0,60,20,50,20],[],[5,0,15,0,15,20,5,20]]","[1,2.5,null,4]",20,"2024-01-02 03:04:07","{""size"":12,""width"":1920,""height"":1080,""mimetype"":""video\/mp4""}"
14,10,Bait gone,Bait gone,2,Bo,,16365,a.mp4,7,WholeFrame,[],"[3,null,9]",22,"2024-01-02 03:04:07","{""size"":12,""width"":1920,""height"":1080,""mimetype"":""video\/mp4""}"
15,10,Bait gone,Bait gone,2,Bo,,16366,b.mp4,6,Ellipse,"[[0,5,10,0,20,5,10,10]]",[3],23,"2024-01-02 03:04:07",
16,10,Bait gone,Bait gone,2,Bo,,16366,b.mp4,1,Point,"[[1,2]]",[3],24,"2024-01-02 03:04:07",
17,10,Bait gone,Bait gone,2,Bo,,16366,b.mp4,2,LineString,"[[1,2,3,4]]",[3],25,"2024-01-02 03:04:07",
18,10,Bait gone,Bait gone,2,Bo,,16366,b.mp4,3,Polygon,"[[1,2,3,4,5,0,1,2]]",[3],26,"2024-01-02 03:04:07",
`

const biigleImageTables = `annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,image_id,filename,image_longitude,image_latitude,shape_id,shape_name,points,attributes,annotation_id,created_at
1,7,Shark,Animals > Shark,1,Ada,Lovelace,3,a.jpg,153.1,-28.5,5,Rectangle,"[10,20,30,20,30,40,10,40]","{""width"":640,""height"":480}",20,"2024-01-02 03:04:05"
2,8,Ray,Animals > Ray,2,Bo,,3,a.jpg,153.1,-28.5,5,Rectangle,"[10,20,30,20,30,40,10,40]","{""width"":640,""height"":480}",20,"2024-01-02 03:04:06"
3,8,Ray,Animals > Ray,2,Bo,,4,b.jpg,,,1,Point,"[1.5,2]","[]",21,"2024-01-02 03:04:06"
`

func TestBIIGLEVideo(t *testing.T) {
	got := roundTables(t, BIIGLE(), textTables(biigleVideoTables))
	if n := fmt.Sprint(countTables(got)); n != "map[Label:5 Mark:11 Media:2 Track:8]" {
		t.Error(n)
	}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	box := func(x float64) annotate.Shape {
		return annotate.BoxShape(frame.Box{X0: x, X1: x + 10, Y1: 20})
	}
	want := map[string]bool{}
	for _, r := range []annotate.Record{
		annotate.Label{Name: "Silky shark", ID: "9", Parent: "Animals/Shark"},
		annotate.Mark{Media: "a.mp4", Track: "20", Frame: -1, Time: time.Second, Shape: box(0)},
		annotate.Mark{Media: "a.mp4", Track: "20", Frame: -1, Time: 2500 * time.Millisecond, Shape: box(50), Still: true},
		annotate.Mark{Media: "a.mp4", Track: "20", Frame: -1, Time: 4 * time.Second, Shape: box(5)},
		annotate.Mark{Media: "a.mp4", Track: "22", Frame: -1, Time: 3 * time.Second, Shape: annotate.Shape{Kind: annotate.WholePic}, Still: true},
		annotate.Mark{Media: "b.mp4", Track: "23", Frame: -1, Time: 3 * time.Second, Shape: annotate.Shape{Kind: annotate.Ellipse, Points: []annotate.Point{{X: 0, Y: 0}, {X: 20, Y: 10}}}},
		annotate.Mark{Media: "b.mp4", Track: "26", Frame: -1, Time: 3 * time.Second, Shape: annotate.Shape{Kind: annotate.Polygon, Points: []annotate.Point{{X: 1, Y: 2}, {X: 3, Y: 4}, {X: 5, Y: 0}, {X: 1, Y: 2}}}},
		annotate.Media{Name: "b.mp4", ID: "16366", Video: true},
	} {
		want[fmt.Sprintf("%T %+v", r, r)] = true
	}
	for _, r := range got {
		delete(want, fmt.Sprintf("%T %+v", r, r))
		switch r := r.(type) {
		case annotate.Track:
			if r.ID == "20" && (len(r.Names) != 2 || r.Names[1].Label != "Silky shark" || r.Origin.By != "Ada Lovelace" || !r.Origin.At.Equal(at)) {
				t.Errorf("%+v", r)
			}
		case annotate.Mark: // |AB| is the width before it is turned, its direction the angle
			if r.Track == "1253045" {
				b, _ := r.Shape.Bounds()
				if r.Shape.Kind != annotate.Rotated || math.Abs(r.Shape.Angle-71.785) > 0.01 || math.Abs(b.X0-541.76) > 0.02 || math.Abs(b.Y1-454.03) > 0.02 || r.Time != 6015125313107 {
					t.Errorf("%+v %v", r, b)
				}
			}
		case annotate.Media:
			if r.Name == "a.mp4" && (r.W != 1920 || r.H != 1080 || !strings.Contains(r.Extra["biigle.attributes"], "mimetype")) {
				t.Errorf("%+v", r)
			}
		}
	}
	for missing := range want {
		t.Errorf("there is no %s", missing)
	}
}

func TestBIIGLEImages(t *testing.T) {
	got := roundTables(t, BIIGLE(), textTables(biigleImageTables))
	if n := fmt.Sprint(countTables(got)); n != "map[Label:2 Mark:2 Media:2]" {
		t.Error(n)
	}
	if m := got[3].(annotate.Mark); m.ID != "20" || len(m.Names) != 2 || annotate.Best(m.Names) != "Shark" || m.Shape.Kind != annotate.Box || m.Frame != 0 || m.Time != 0 {
		t.Errorf("%+v", m)
	}
	if m := got[0].(annotate.Media); m.Video || m.W != 640 || m.Extra["biigle.image_latitude"] != "-28.5" {
		t.Errorf("%+v", m)
	}
}

// What a track of another source becomes: key frames, gaps, and what is lost of it.
func TestBIIGLEFromElsewhere(t *testing.T) {
	box := annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 3, Y1: 4})
	at := func(n int, m annotate.Mark) annotate.Mark {
		m.Media, m.Track, m.Frame, m.Time, m.Shape = "a.mp4", "t", n, annotate.None, box
		return m
	}
	losses, err := BIIGLE().Write(memoryTables{}, recordsTables(annotate.Sighting{OpCode: "d"}), Options{Name: "x"})
	if err != nil || lossesTables(losses) != "a sighting" {
		t.Errorf("%v %v", losses, err)
	}
	got, losses, _ := againTables(t, BIIGLE(), []annotate.Record{
		annotate.Media{Name: "a.mp4", Video: true, Rate: frame.Rational{Num: 10, Den: 1}, Frames: 99},
		annotate.Media{Name: "b.jpg"},
		annotate.Label{Name: "shark", Attributes: []annotate.Attribute{{Name: "sex"}}},
		annotate.Track{Media: "a.mp4", ID: "t", Names: []annotate.Name{{Label: "shark", Score: 0.5, Scored: true}}, Origin: annotate.Origin{By: "Ada King Lovelace"}},
		annotate.Track{Media: "a.mp4", ID: "empty"},
		at(20, annotate.Mark{Outside: true}), at(10, annotate.Mark{Occluded: true}),
		annotate.Mark{Media: "a.mp4", Frame: 5, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.Mask, Points: box.Points}, Names: []annotate.Name{{Label: "ray"}}},
		annotate.Mark{Media: "a.mp4", Frame: 6, Time: annotate.None, Shape: box},
		annotate.Mark{Media: "b.jpg", Shape: box},
	}, Input{})
	var marks []string
	for _, r := range got {
		if m, ok := r.(annotate.Mark); ok {
			marks = append(marks, fmt.Sprint(m.Track, m.Time, m.Still))
		}
	}
	if s := strings.Join(marks, " "); s != "t1s false t2s true m1500ms false" {
		t.Error(s)
	}
	want := strings.Join([]string{"a mark of a picture: a report is of videos or of pictures, not of both", "a media without annotations", "a track without marks",
		"an annotation without a name", "attributes of a label", "frame of a mark", "frames of a media", "occluded of a mark", "rate of a media",
		"the exact shape of a mark", "the moment in which an animal leaves: it is drawn until then, and in that frame", "the pixels of a mask", "the score of a name",
		"whether a mark belongs to a track"}, "\n")
	if s := lossesTables(losses); s != want {
		t.Errorf("lost:\n%s\nwant:\n%s", s, want)
	}
}

// A rotated rectangle and an ellipse come back with the corners that were stated, worked out again.
func TestBIIGLETurned(t *testing.T) {
	for name, v := range map[string][]float64{
		"Rectangle": {679.24, 246.12, 732.77, 408.79, 595.3, 454.03, 541.76, 291.37},
		"Ellipse":   {0, 0, 14, 6, 20, 20, 6, 14},
	} {
		s, err := biigleShape(name, v)
		if err != nil {
			t.Fatal(err)
		}
		again, exact := biigleNumbers(name, s)
		for i := range v {
			if !exact || math.Abs(again[i]-v[i]) > 0.02 {
				t.Fatalf("%s: %v, want %v (%+v)", name, again, v, s)
			}
		}
	}
}

func TestBIIGLEErrors(t *testing.T) {
	lines := strings.SplitAfter(biigleVideoTables, "\n")
	row := func(points, frames string) string {
		return lines[0] + `1,2,Shark,Shark,1,A,B,3,a.mp4,5,Rectangle,"` + points + `","` + frames + `",9,2024-01-02 03:04:05,` + "\n"
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"empty"}},
		{"label_name,points\n", []string{"line 1", "video_filename", "label_name, points"}},
		{row("[[1,2,3]]", "[1]"), []string{"line 2", "column points", "a Rectangle has 3 numbers"}},
		{row("[[1,2,3,4,5,6,7,8]]", "[1,2]"), []string{"line 2", "1 shapes", "2 times"}},
		{row("[]", "[]"), []string{"line 2", "column frames", "at least one"}},
		{row("{}", "[1]"), []string{"line 2", "column points", "JSON"}},
		{row("[[0,0,1,0,1,1,0,1],[0,0,1,0,1,1,0,1]]", "[2,1]"), []string{"line 2", "column frames", "ascending"}},
		{row("[[0,0,1,0,1,1,0,1]]", "[-1]"), []string{"line 2", "column frames"}},
		{lines[0] + strings.Replace(lines[2], "Rectangle", "Blob", 1), []string{"line 2", "column shape_name", "Blob", "WholeFrame"}},
		{lines[0] + lines[2] + strings.Replace(lines[4], "2.5", "2.6", 1), []string{"line 3", "annotation 20", "line 2"}},
		{lines[0] + lines[2] + strings.Replace(lines[3], "16365", "5", 1), []string{"line 3", "column video_id", "16365"}},
		{lines[0] + strings.Replace(lines[2], "2024-01-02 03:04:05", "yesterday", 1), []string{"line 2", "column created_at", "yesterday"}},
		{lines[0] + strings.Replace(lines[2], ",Shark,", ",,", 1), []string{"line 2", "column label_name"}},
	} {
		_, err := readTables(t, BIIGLE(), textTables(c.text))
		for _, want := range append(c.want, "in.csv") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: nothing of %q", c.text, err, want)
			}
		}
	}
	if s := BIIGLE().Sniff("x.csv", []byte(lines[0])); s < 0.9 {
		t.Error("video report not known", s)
	}
	if s := BIIGLE().Sniff("x.csv", []byte(biigleImageTables)); s < 0.9 {
		t.Error("image report not known", s)
	}
	if s := BIIGLE().Sniff("x.csv", []byte("filename,xmin,label\n")); s != 0 {
		t.Error("any CSV taken for BIIGLE", s)
	}
}

func FuzzBIIGLE(f *testing.F) {
	f.Add(biigleVideoTables)
	f.Add(biigleImageTables)
	f.Fuzz(func(t *testing.T, text string) { fuzzTables(t, BIIGLE(), textTables(text)) })
}
