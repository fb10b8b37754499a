package exchange

import (
	"reflect"
	"testing"
	"time"

	"requin/annotate"
)

// TestBoxTableReal: counts by python3's csv module: lines, distinct files, lines with a point.
func TestBoxTableReal(t *testing.T) {
	for _, c := range []struct {
		file                         string
		media, tracks, marks, placed int
	}{
		{"formats/fishid_tracks/MOSSE_tracking-mosse-processed.csv", 1, 0, 89, 47},
		{"formats/fishid_tracks/SIAMMASK_tracking-siammask-processed.csv", 1, 0, 110, 58},
		{"formats/fishid_tracks/SEQNMS_processed.csv", 1, 1, 58, 58},
		{"formats/luderick_coco/luderick_seagrass_tallebudgera.csv", 764, 0, 1066, 1066},
		{"formats/luderick_coco/dataset_images.csv", 4280, 0, 0, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			records := roundTracks(t, BoxTable(), c.file, Input{})
			media, tracks, marks := countTracks(records)
			placed, splits, labels := 0, map[string]int{}, map[string]int{}
			for _, r := range records {
				switch r := r.(type) {
				case annotate.Mark:
					if _, ok := r.Shape.Bounds(); ok {
						placed++
					}
					labels[annotate.Best(r.Names)]++
				case annotate.Media:
					splits[r.Split]++
				}
			}
			if media != c.media || tracks != c.tracks || marks != c.marks || placed != c.placed {
				t.Errorf("%d media, %d tracks, %d marks, %d placed, want %+v", media, tracks, marks, placed, c)
			}
			if c.media == 4280 && !reflect.DeepEqual(splits, map[string]int{"train": 2673, "test": 843, "novel_test": 764}) {
				t.Errorf("splits %v", splits)
			}
			if c.media == 764 && !reflect.DeepEqual(labels, map[string]int{"luderick": 1023, "bream": 43}) {
				t.Errorf("labels %v", labels)
			}
		})
	}
}

func TestBoxTable(t *testing.T) {
	const text = "Filename;Class;Detection Score;timestamp;width;height;tracker_center_x;tracker_center_y;duration\n" +
		"a.avi;Bream;0,86;66;1920;1080;0,25;0,5;0,21\n" +
		"a.avi;Bream;0,9;;1920;1080;;;\n"
	got, err := readTracks(BoxTable(), "t.csv", text)
	if err != nil {
		t.Fatal(err)
	}
	name := func(score float64) []annotate.Name {
		return []annotate.Name{{Label: "Bream", Score: score, Scored: true}}
	}
	want := []annotate.Record{
		annotate.Media{Name: "a.avi", Video: true, W: 1920, H: 1080},
		annotate.Mark{Media: "a.avi", Frame: -1, Time: 66 * time.Millisecond, Shape: annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 480, Y: 540}}},
			Names: name(0.86), Still: true, Extra: annotate.Extra{"table.duration": "0,21"}},
		annotate.Mark{Media: "a.avi", Frame: -1, Time: annotate.None, Shape: annotate.Shape{Kind: annotate.WholePic}, Names: name(0.9), Still: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	header := "file,label,frame,time,xmin,ymin,xmax,ymax,segmentation,width,height,tracker_center_x,tracker_center_y\n"
	refusedTracks(t, BoxTable(), "t.csv", map[string]string{
		"a,b\n":                                  "line 1: there is no column file_name or filename",
		header + ",l,,,,,,,,,,,\n":               "line 2: column file is \"\"",
		header + "a.mp4,l,-1,,,,,,,,,,\n":        "line 2: column frame is \"-1\"",
		header + "a.mp4,l,,soon,,,,,,,,,\n":      "line 2: column time is \"soon\"",
		header + "a.mp4,l,,,1,2,3,,,,,,\n":       "line 2: column xmin is \"1\": of it and the 3 columns",
		header + "a.mp4,l,,,1,2,3,x,,,,,\n":      "line 2: column ymax is \"x\": it should be a number",
		header + "a.mp4,l,,,,,,,\"[[1]]\",,,,\n": "line 2: column segmentation",
		header + "a.mp4,l,,,,,,,,0,,,\n":         "line 2: column width is \"0\"",
		header + "a.mp4,l,,,,,,,,,,0.5,0.5\n":    "line 2: column tracker_center_x is \"0.5\": it is a share",
		"file\na\na\n":                           "line 3: column file is \"a\"",
	})
}

func FuzzBoxTable(f *testing.F) {
	for _, s := range []string{
		"class,detection_score,duration,filename,height,id,timestamp,tracker_center_x,tracker_center_y,width\nB,0.86,0.21,v.avi,1080,kl,66,0.23,0.47,1920\nB,0.86,0.21,v.avi,1080,kl2,66,,,1920\n",
		"id,category,category_id,image,image_id,bbox_x,bbox_y,bbox_w,bbox_h,area,segmentation\n0,l,1,a.jpg,0,0,76,624,1003,625872,\"[[5, 76, 154, 80, 409, 76]]\"\n1,l,1,a.jpg,0,0,76,624,1003,625872,\n",
		"file_name,height,width,suggested_use,deployment,x\na.jpg,1080,1920,test,1,y\n",
		"video,track,frame,time,label,xmin,ymin,xmax,ymax\nv,t1,4,00:00:12.5,a,1,2,3,4\nv,t1,5,13,,1,2,3,4\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, BoxTable(), "t.csv", data) })
}
