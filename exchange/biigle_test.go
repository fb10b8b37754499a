package exchange

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
)

const biigleVideoTracks = `video_annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,video_id,video_filename,shape_id,shape_name,points,frames,annotation_id,created_at,attributes
1,7,Carcharhinus,Animalia > Carcharhinidae > Carcharhinus,3,Ada,Lovelace,5,GX01.mp4,5,Rectangle,"[[10,20,30,20,30,60,10,60],[],[0,10,10,0,20,10,10,20],[1,2,5,2,5,8,1,8]]","[0.5,null,1.25,2]",100,2024-05-01 10:00:00,"{""width"":1920,""height"":1080,""size"":12}"
2,8,Rock,Rock,3,Ada,Lovelace,5,GX01.mp4,1,Point,"[[1.5,2.5]]",[3],101,2024-05-01 10:01:00,"{""width"":1920,""height"":1080,""size"":12}"
3,9,unsure,unsure,4,Grace,Hopper,5,GX01.mp4,5,Rectangle,"[[10,20,30,20,30,60,10,60],[],[0,10,10,0,20,10,10,20],[1,2,5,2,5,8,1,8]]","[0.5,null,1.25,2]",100,2024-05-02 11:00:00,"{""width"":1920,""height"":1080,""size"":12}"
4,8,Rock,Rock,,,,5,GX01.mp4,7,WholeFrame,[],"[4,5]",102,,"{""width"":1920,""height"":1080,""size"":12}"
5,8,Rock,Rock,,,,5,GX01.mp4,4,Circle,"[[1,2,3]]",[6],103,,"{""width"":1920,""height"":1080,""size"":12}"
6,8,Rock,Rock,,,,5,GX01.mp4,6,Ellipse,"[[0,10,20,10,10,5,10,15]]",[6],104,,"{""width"":1920,""height"":1080,""size"":12}"
7,8,Rock,Rock,,,,5,GX01.mp4,2,LineString,"[[0,10,20,10,10,5]]",[6],105,,"{""width"":1920,""height"":1080,""size"":12}"
8,8,Rock,Rock,,,,5,GX01.mp4,5,Rectangle,"[[0,0,20,10,20,30,0,1],[1,2,5,2,5,8,1,8]]","[6,7]",106,,"{""width"":1920,""height"":1080,""size"":12}"
`

func TestBIIGLEVideo(t *testing.T) {
	got, err := readTracks(BIIGLE(), "report.csv", biigleVideoTracks)
	if err != nil {
		t.Fatal(err)
	}
	orderTracks(t, got)
	tracks, marks := map[string]annotate.Track{}, map[string][]annotate.Mark{}
	var labels []annotate.Label
	for _, r := range got {
		switch r := r.(type) {
		case annotate.Track:
			tracks[r.ID] = r
		case annotate.Mark:
			marks[r.Track] = append(marks[r.Track], r)
		case annotate.Label:
			labels = append(labels, r)
		}
	}
	if want := (annotate.Media{Name: "GX01.mp4", ID: "5", Video: true, W: 1920, H: 1080, Extra: annotate.Extra{"biigle.attributes": `{"width":1920,"height":1080,"size":12}`}}); !reflect.DeepEqual(got[0], want) {
		t.Errorf("video %+v", got[0])
	}
	if want := []annotate.Label{{Name: "Carcharhinus", ID: "7", Parent: "Animalia/Carcharhinidae"}, {Name: "Rock", ID: "8"}, {Name: "unsure", ID: "9"}}; !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %+v", labels)
	}
	first := tracks["100"]
	if !reflect.DeepEqual(first.Names, []annotate.Name{{Label: "Carcharhinus"}, {Label: "unsure"}}) ||
		first.Origin != (annotate.Origin{By: "Ada Lovelace", At: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)}) || !strings.Contains(first.Extra["biigle.labels"], "Grace") {
		t.Errorf("track 100 is %+v", first)
	}
	pt := func(v ...float64) []annotate.Point { return pointsOf(v) }
	for id, want := range map[string][]annotate.Shape{
		"100": {{Kind: annotate.Box, Points: pt(10, 20, 30, 60)}, {Kind: annotate.Rotated, Points: pt(2.928932, 2.928932, 17.071068, 17.071068), Angle: -45}, {Kind: annotate.Box, Points: pt(1, 2, 5, 8)}},
		"101": {{Kind: annotate.Points, Points: pt(1.5, 2.5)}},
		"102": {{Kind: annotate.WholePic}, {Kind: annotate.WholePic}},
		"103": {{Kind: annotate.Circle, Points: pt(1, 2), Radius: 3}},
		"104": {{Kind: annotate.Ellipse, Points: pt(0, 5, 20, 15)}},
		"105": {{Kind: annotate.Line, Points: pt(0, 10, 20, 10, 10, 5)}},
		"106": {{Kind: annotate.Polygon, Points: pt(0, 0, 20, 10, 20, 30, 0, 1)}, {Kind: annotate.Box, Points: pt(1, 2, 5, 8)}},
	} {
		var shapes []annotate.Shape
		for _, m := range marks[id] {
			shapes = append(shapes, m.Shape)
		}
		if id == "100" { // the last corner is off by what rounding to 2 digits leaves
			if m := marks[id]; len(m) != 3 || !m[0].Still || m[1].Still || m[0].Time != 500*time.Millisecond || m[1].Time != 1250*time.Millisecond || m[0].Frame != -1 {
				t.Errorf("marks of 100 are %+v", m)
			}
		}
		if !reflect.DeepEqual(shapes, want) {
			t.Errorf("%s is %+v, want %+v", id, shapes, want)
		}
	}
	in := Input{FS: fstest.MapFS{"r.csv": &fstest.MapFile{Data: []byte(biigleVideoTracks)}}, Name: "r.csv"}
	back, _, losses := backTracks(t, BIIGLE(), BIIGLE().Read(in), "", Input{})
	sameTracks(t, back, got)
	if s := losses.String(); s != "" {
		t.Error(s)
	}
}

const biigleImageTracks = `annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,image_id,filename,image_longitude,image_latitude,shape_id,shape_name,points,attributes,annotation_id,created_at
1,7,Carcharhinus,Carcharhinus,3,Ada,Lovelace,5,a.jpg,10.5,-20.25,5,Rectangle,"[10,20,30,20,30,60,10,60]","{""width"":4000,""height"":3000}",100,2024-05-01 10:00:00
2,8,Rock,Rock,3,Ada,,6,b.jpg,,,3,Polygon,"[0,0,5,0,5,5]",,101,2024-05-01 10:00:00
`

func TestBIIGLEImages(t *testing.T) {
	got, err := readTracks(BIIGLE(), "report.csv", biigleImageTracks)
	if err != nil {
		t.Fatal(err)
	}
	if media, tracks, marks := countTracks(got); media != 2 || tracks != 0 || marks != 2 {
		t.Errorf("%d media, %d tracks, %d marks", media, tracks, marks)
	}
	m := got[2].(annotate.Mark)
	if b, _ := m.Shape.Bounds(); m.ID != "100" || m.Media != "a.jpg" || m.Frame != 0 || m.Time != 0 || b.X1 != 30 || annotate.Best(m.Names) != "Carcharhinus" {
		t.Errorf("mark %+v", m)
	}
	in := Input{FS: fstest.MapFS{"r.csv": &fstest.MapFile{Data: []byte(biigleImageTracks)}}, Name: "r.csv"}
	back, out, losses := backTracks(t, BIIGLE(), BIIGLE().Read(in), "", Input{})
	sameTracks(t, back, got)
	if out["image_annotations.csv"].String() != biigleImageTracks || losses.String() != "" {
		t.Errorf("written as\n%s%s", out["image_annotations.csv"], losses)
	}
}

func TestBIIGLERefused(t *testing.T) {
	header := "video_annotation_label_id,label_id,label_name,video_filename,shape_name,points,frames,annotation_id\n"
	refusedTracks(t, BIIGLE(), "r.csv", map[string]string{
		"a,b\n":                                                                 "line 1: there is no column",
		header + "1,1,,v,Point,[],[],1\n":                                       "line 2: column label_name",
		header + "1,1,l,,Point,[],[],1\n":                                       "line 2: column video_filename",
		header + "1,1,l,v,Star,[],[],1\n":                                       "line 2: column shape_name is \"Star\"",
		header + "1,1,l,v,Point,[],[],1\n":                                      "line 2: column frames is \"[]\"",
		header + "1,1,l,v,Point,[],[1],1\n":                                     "line 2: column points is \"[]\": it has 0 places for 1 times",
		header + "1,1,l,v,Point,[[1]],[1],1\n":                                  "a Point should have x and y, and it has 1 numbers",
		header + "1,1,l,v,Point,[[1;2]],[1],1\n":                                "line 2: column points",
		header + "1,1,l,v,Point,\"[[1,2],[1,2]]\",\"[2,1]\",1\n":                "line 2: column frames",
		header + "1,1,l,v,Point,\"[[1,2]]\",[null],1\n":                         "line 2: column frames",
		header + "1,1,l,v,Circle,\"[[1,2]]\",[1],1\n":                           "a Circle should have x, y and the radius",
		header + "1,1,l,v,Point,\"[[1,2]]\",[1],1\n2,1,m,v,Point,[[1]],[1],1\n": "line 3: column points is \"[[1]]\": it should be the same",
	})
}

func FuzzBIIGLE(f *testing.F) {
	f.Add([]byte(biigleVideoTracks))
	f.Add([]byte(biigleImageTracks))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, BIIGLE(), "r.csv", data) })
}
