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

// The counts are Python's csv.DictReader's: rows, distinct files, distinct ids, rows with a centre.
func TestBoxesCSVRealFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		want string
		kind map[annotate.Kind]int
	}{
		{"formats/fishid_tracks/MOSSE_tracking-mosse-processed.csv", "map[Mark:89 Media:1 Track:89]", map[annotate.Kind]int{annotate.Points: 47, annotate.WholePic: 42}},
		{"formats/fishid_tracks/SEQNMS_processed.csv", "map[Mark:58 Media:1 Track:1]", map[annotate.Kind]int{annotate.Points: 58}},
		{"formats/fishid_tracks/SIAMMASK_tracking-siammask-processed.csv", "map[Mark:110 Media:1]", map[annotate.Kind]int{annotate.Points: 58, annotate.WholePic: 52}},
		{"formats/luderick_coco/dataset_images.csv", "map[Media:4280]", nil},
		{"formats/luderick_coco/luderick_seagrass_tallebudgera.csv", "map[Mark:1066 Media:764]", map[annotate.Kind]int{annotate.Box: 1066}},
		{"deepfish/clips/dev_7117_caranx_sexfasciatus_juvenile_360x360.boxes.csv", "map[Mark:2095 Media:1]", map[annotate.Kind]int{annotate.Box: 2095}},
		{"deepfish/clips/dev_7426_no_fish.frames.csv", "map[Look:105 Media:1]", nil},
		{"deepfish/clips/dev_7585_F1.frames.csv", "map[Look:25 Media:1]", nil},
		{"deepfish/clips/dev_7623_F2.frames.csv", "map[Look:36 Media:1]", nil},
		{"deepfish/clips/dev_9866_acanthopagrus_and_caranx.frames.csv", "map[Look:43 Media:1]", nil},
		{"deepfish/clips/dev_9870_gerres.frames.csv", "map[Look:45 Media:1]", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := roundTables(t, BoxesCSV(), realTables(t, strings.Split(c.name, "/")...))
			if n := fmt.Sprint(countTables(got)); n != c.want {
				t.Errorf("%s, want %s", n, c.want)
			}
			kinds := map[annotate.Kind]int{}
			for _, r := range got {
				if m, ok := r.(annotate.Mark); ok {
					kinds[m.Shape.Kind]++
				}
			}
			if fmt.Sprint(kinds) != fmt.Sprint(c.kind) && len(kinds)+len(c.kind) > 0 {
				t.Errorf("%v, want %v", kinds, c.kind)
			}
		})
	}
}

// Single rows of real files, worked out by hand.
func TestBoxesCSVRealRows(t *testing.T) {
	first := func(name ...string) (m annotate.Mark) {
		got, err := readTables(t, BoxesCSV(), realTables(t, name...))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			if m, ok := r.(annotate.Mark); ok {
				return m
			}
		}
		return m
	}
	// 0,luderick,1,20190618_1.mov_5fps_000001.jpg,0,0,76,624,1003,625872
	if m := first("formats", "luderick_coco", "luderick_seagrass_tallebudgera.csv"); m.ID != "0" || m.Track != "" || m.Frame != 0 || m.Media != "20190618_1.mov_5fps_000001.jpg" ||
		bounds(m.Shape) != (frame.Box{X0: 0, Y0: 76, X1: 624, Y1: 1079}) || annotate.Best(m.Names) != "luderick" || m.Extra["csv.area"] != "625872" {
		t.Errorf("%+v", m)
	}
	// frames of the clip count from 1
	if m := first("deepfish", "clips", "dev_7117_caranx_sexfasciatus_juvenile_360x360.boxes.csv"); m.Media != "dev_7117_caranx_sexfasciatus_juvenile_360x360" || m.Frame != 0 ||
		m.Time != annotate.None || bounds(m.Shape) != (frame.Box{X0: 151.5, Y0: 86.5, X1: 194.5, Y1: 129.5}) || m.Extra["csv.source_frame"] != "0" {
		t.Errorf("%+v", m)
	}
	// 0.23021 of 1920, 0.4787 of 1080; the timestamp counts milliseconds
	if m := first("formats", "fishid_tracks", "MOSSE_tracking-mosse-processed.csv"); m.Track != "klcInE5Tao" || m.Time != 0 ||
		math.Abs(m.Shape.Points[0].X-442.0032) > 1e-6 || math.Abs(m.Shape.Points[0].Y-516.996) > 1e-6 || m.Names[0].Score != 0.86 {
		t.Errorf("%+v", m)
	}
	if m := first("formats", "fishid_tracks", "SEQNMS_processed.csv"); m.Track != "13" || m.Time != 2335*time.Millisecond || m.Shape.Points[0] != (annotate.Point{X: 825, Y: 540}) {
		t.Errorf("%+v", m)
	}
}

func TestBoxesCSVOrdinary(t *testing.T) {
	box := annotate.BoxShape(frame.Box{X0: 10, Y0: 20, X1: 40, Y1: 60})
	for _, c := range []struct {
		text string
		want []annotate.Record
	}{
		{"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,640,480,shark,10,20,40,60\nb.jpg,640,480,,,,,\n", []annotate.Record{
			annotate.Media{Name: "a.jpg", W: 640, H: 480},
			annotate.Mark{Media: "a.jpg", Shape: box, Names: []annotate.Name{{Label: "shark"}}},
			annotate.Media{Name: "b.jpg", W: 640, H: 480}, annotate.Look{Media: "b.jpg"}}},
		{"Image;X;Y;Width;Height;Species;Score\nd\\a.png;10;20;30;40;Ray;0,5\n", []annotate.Record{
			annotate.Media{Name: "d/a.png"},
			annotate.Mark{Media: "d/a.png", Shape: box, Names: []annotate.Name{{Label: "Ray", Score: 0.5, Scored: true}}}}},
		{"video\tframe\ttime\tx1\ty1\tx2\ty2\tid\tlabel\tfps\na.mp4\t3\t00:01:02.5\t10\t20\t40\t60\t7\tshark\t29.97\n", []annotate.Record{
			annotate.Media{Name: "a.mp4", Video: true, Rate: frame.Rational{Num: 2997, Den: 100}}, annotate.Track{Media: "a.mp4", ID: "7"},
			annotate.Mark{Media: "a.mp4", Track: "7", Frame: 3, Time: 62500 * time.Millisecond, Shape: box, Names: []annotate.Name{{Label: "shark"}}}}},
		{"file,time_ms,label,sea state\na.mov,1500,shark,3\n", []annotate.Record{
			annotate.Media{Name: "a.mov", Video: true},
			annotate.Mark{Media: "a.mov", Frame: -1, Time: 1500 * time.Millisecond, Shape: annotate.Shape{Kind: annotate.WholePic}, Names: []annotate.Name{{Label: "shark"}},
				Extra: annotate.Extra{"csv.sea state": "3"}}}},
		{"file,frame,x,y,w,h\na.jpg,5,10,20,30,40\n", []annotate.Record{
			annotate.Media{Name: "a.jpg"}, annotate.Mark{Media: "a.jpg", Shape: box, Extra: annotate.Extra{"csv.frame": "5"}}}},
	} {
		in := textTables(c.text)
		sameTables(t, c.want, roundTables(t, BoxesCSV(), in))
	}
}

func TestBoxesCSVErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"empty"}},
		{"alpha,beta\n1,2\n", []string{"line 1", "wanted are file, frame or time, xmin", "alpha, beta"}},
		{"file,xmin,xmax\n", []string{"line 1", "xmin or ymin", "file, xmin, xmax"}},
		{"file,x,y\n", []string{"line 1", "x,y,w,h", "file, x, y"}},
		{"file,xmin,ymin,xmax,ymax\na.jpg,1,2,3,4\na.jpg,1,2,three,4\n", []string{"line 3", "column xmax", `"three"`, "number"}},
		{"file,xmin,ymin,xmax,ymax\na.jpg,9,2,3,4\n", []string{"line 2", "column xmax", "left of xmin"}},
		{"file,x,y,w,h\na.jpg,9,2,-3,4\n", []string{"line 2", "column w", "below 0"}},
		{"file,frame,xmin,ymin,xmax,ymax\na.mp4,-1,1,2,3,4\n", []string{"line 2", "column frame", "from 0"}},
		{"clip_frame,xmin,ymin,xmax,ymax\n0,1,2,3,4\n", []string{"line 2", "column clip_frame", "from 1"}},
		{"file,time,xmin,ymin,xmax,ymax\na.mp4,noon,1,2,3,4\n", []string{"line 2", "column time", "hours:minutes:seconds"}},
		{"file,fps,xmin,ymin,xmax,ymax\na.mp4,0,1,2,3,4\n", []string{"line 2", "column fps", "30000/1001"}},
		{"file,shape,xmin,ymin,xmax,ymax\na.jpg,blob,1,2,3,4\n", []string{"line 2", "column shape", "whole"}},
		{"file,frame,weather\na.mp4,1,sun\n", []string{"line 1", "weather"}},
		{"file_name,width\na.jpg,4\na.jpg,4\n", []string{"line 3", "above"}},
		{"file,a b,A_b,xmin,ymin,xmax,ymax\n", []string{"line 1", "A_b"}},
	} {
		_, err := readTables(t, BoxesCSV(), textTables(c.text))
		for _, want := range append(c.want, "in.csv") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: nothing of %q", c.text, err, want)
			}
		}
	}
}

func TestBoxesCSVLosses(t *testing.T) {
	box := annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 3, Y1: 4})
	_, losses, _ := againTables(t, BoxesCSV(), []annotate.Record{
		annotate.Deployment{OpCode: "d"},
		annotate.Label{Name: "shark"},
		annotate.Media{Name: "a.mp4", Video: true, Deployment: "d", Split: "train"},
		annotate.Track{Media: "a.mp4", ID: "1", Names: []annotate.Name{{Label: "a"}, {Label: "b"}}, Origin: annotate.Origin{By: "Ada"}},
		annotate.Track{Media: "a.mp4", ID: "2"},
		annotate.Mark{Media: "a.mp4", Track: "1", Frame: 1, Time: annotate.None, Shape: box, Still: true},
		annotate.Mark{Media: "a.mp4", Track: "1", Frame: 2, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.Polygon, Points: []annotate.Point{{X: 1}, {X: 2, Y: 3}, {X: 4}}}},
		annotate.Mark{Media: "a.mp4", Track: "1", Frame: 3, Time: annotate.None, Shape: box, Outside: true},
	}, Input{})
	want := strings.Join([]string{"a deployment", "a label", "a mark where the animal is out of the picture", "a track without marks", "further names of a mark",
		"origin of a track", "split of a media", "still of a mark", "the shape of a mark that is no box"}, "\n")
	if s := lossesTables(losses); s != want {
		t.Errorf("lost:\n%s\nwant:\n%s", s, want)
	}
}

// A CSV of boxes is what is left when no other format knows the file.
func TestBoxesCSVSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top float64
	}{
		{"filename,xmin,ymin,xmax,ymax,class\n", 0.15, 0.3},
		{"video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id\n", 0.15, 0.3},
		{"file_name,height,width,lat\n", 0.05, 0.15},
		{"alpha,beta\n", 0, 0},
		{"", 0, 0},
	} {
		if s := BoxesCSV().Sniff("x.csv", []byte(c.head)); s < c.low || s > c.top {
			t.Errorf("%q: %v", c.head, s)
		}
	}
}

func FuzzBoxesCSV(f *testing.F) {
	f.Add("filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,640,480,shark,10,20,40,60\nb.jpg,640,480,,,,,\n")
	f.Add("Image;X;Y;Width;Height;Species;Score;fps;opcode\na.png;10;20;30;40;Ray;0,5;29.97;d\n")
	f.Add("video\tframe\ttime\tx1\ty1\tx2\ty2\tid\tlabel\na.mp4\t3\t00:01:02.5\t10\t20\t40\t60\t7\tshark\n")
	f.Add("class,timestamp,trackerType,tracker_center_x,tracker_center_y,width,height,id\nBream,66,mosse,0.5,0.25,1920,1080,k\n")
	f.Add("clip_frame,source_frame,n_boxes,source_image\n1,7,0,a.jpg\n")
	f.Add("file,shape,xmin,ymin,xmax,ymax,weather\na.jpg,point,1,2,1,2,sun\nb.jpg,media,,,,,x\nc.jpg,look,,,,,\n")
	f.Fuzz(func(t *testing.T, text string) { fuzzTables(t, BoxesCSV(), textTables(text)) })
}
