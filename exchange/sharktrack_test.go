package exchange

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
)

func TestSharkTrackReal(t *testing.T) {
	for _, c := range []struct {
		file                 string
		media, tracks, marks int // python3: distinct paths and (path, track_id), lines
	}{
		{"sharktrack/test-output/output.csv", 6, 17, 875},
		{"sharktrack/misc/tset_raw_detections.csv", 1, 2, 581},
		{"sharktrack/test_output_v2/output_class_column.csv", 7, 22, 802}, // the seventh, without a track, is in overview.csv
		{"sharktrack/test_output_v2/output_label_column.csv", 7, 22, 802},
		{"sharktrack/test_output_v2/overview.csv", 7, 0, 0},
		{"sharktrack/misc/max_n.csv", 6, 0, 0},
		{"sharktrack/misc/max_n_single.csv", 1, 0, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			records := roundTracks(t, SharkTrack(), c.file, Input{})
			if media, tracks, marks := countTracks(records); media != c.media || tracks != c.tracks || marks != c.marks {
				t.Errorf("%d media, %d tracks, %d marks, want %+v", media, tracks, marks, c)
			}
			for _, r := range records { // all of these files are of 5 frames a second
				if m, ok := r.(annotate.Mark); ok && m.Time != time.Duration(m.Frame)*200*time.Millisecond {
					t.Fatalf("frame %d is at %v", m.Frame, m.Time)
				}
			}
		})
	}
	found := map[string]string{}
	for _, r := range roundTracks(t, SharkTrack(), "sharktrack/test_output_v2/output_label_column.csv", Input{}) {
		if m, ok := r.(annotate.Media); ok {
			found[m.Name[strings.LastIndex(m.Name, "/")+1:]] = m.Extra["sharktrack.tracks_found"]
		}
	}
	want := map[string]string{"val1_medium1.mp4": "2", "val1_easy1.mp4": "5", "val1_difficult2.mp4": "7", "val1_difficult1.mp4": "3", "empty_background.mp4": "0", "val1_medium2.mp4": "3", "val1_easy2.mp4": "2"}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("tracks found %v, want %v", found, want)
	}
	counts := map[string]annotate.Count{}
	for _, r := range roundTracks(t, SharkTrack(), "sharktrack/misc/max_n.csv", Input{}) {
		if c, ok := r.(annotate.Count); ok {
			counts[c.Media[strings.LastIndex(c.Media, "/")+1:]] = c
		}
	}
	if c := counts["val1_difficult2.mp4"]; c.Value != 4 || c.Label != "elasmobranch" || c.Time != 5200*time.Millisecond || len(counts) != 6 {
		t.Errorf("MaxN %+v of %d", c, len(counts))
	}
}

func TestSharkClock(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"00:01:20": 1200 * time.Millisecond, "11:47:00": 11*time.Minute + 47*time.Second, "75:00:05": 75*time.Minute + 50*time.Millisecond,
		"00h:00m:01s": time.Second, "01h:60m:00s": 2 * time.Hour, "00h:00m:01s:333ms": 1333 * time.Millisecond,
	} {
		if got, _, ok := sharkClock(text); !ok || got != want {
			t.Errorf("%s is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "1:2", "00:01:-2", "a:b:c", "00h:01:02", "1:2:3:4", "00h:00m:01s:333", "99999999:0:0"} {
		if got, _, ok := sharkClock(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestSharkTrack reads the latest generation, and times that are cut off, with and without a rate that fits.
func TestSharkTrack(t *testing.T) {
	const text = "video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id,folder1,folder2\n" +
		"site/drop1/GX01.mp4,GX01.mp4,40,00h:00m:01s:333ms,1,2,3,4,1920,1080,0.5,elasmobranch,/data/site/drop1/GX01.mp4/1,0,site,drop1\n" +
		"site/drop1/GX01.mp4,GX01.mp4,50,00h:00m:01s:667ms,2,2,4,4,1920,1080,0.75,elasmobranch,/data/site/drop1/GX01.mp4/1,0,site,drop1\n"
	got, err := readTracks(SharkTrack(), "output.csv", text)
	if err != nil {
		t.Fatal(err)
	}
	box := func(a, b, c, d float64) annotate.Shape {
		return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: a, Y: b}, {X: c, Y: d}}}
	}
	name := func(score float64) []annotate.Name {
		return []annotate.Name{{Label: "elasmobranch", Score: score, Scored: true}}
	}
	const video = "site/drop1/GX01.mp4"
	want := []annotate.Record{
		annotate.Media{Name: video, Video: true, W: 1920, H: 1080},
		annotate.Track{Media: video, ID: "0", Names: name(0.5), Extra: annotate.Extra{"sharktrack.track_metadata": "/data/" + video + "/1"}},
		annotate.Mark{Media: video, Track: "0", Frame: 40, Time: 1333 * time.Millisecond, Shape: box(1, 2, 3, 4), Names: name(0.5), Still: true},
		annotate.Mark{Media: video, Track: "0", Frame: 50, Time: 1667 * time.Millisecond, Shape: box(2, 2, 4, 4), Names: name(0.75), Still: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	in := Input{FS: fstest.MapFS{"output.csv": &fstest.MapFile{Data: []byte(text)}}, Name: "."}
	_, out, losses := backTracks(t, SharkTrack(), SharkTrack().Read(in), "", Input{})
	if out["output.csv"].String() != text || losses.String() != "" {
		t.Errorf("written as\n%s\n%s", out["output.csv"], losses)
	}
	cut := "video_path,video_name,frame,time,xmin,ymin,xmax,ymax,class,track_id\n" + "a.mp4,a.mp4,8,00h:00m:01s,1,2,3,4,x,1\n"
	if got, err = readTracks(SharkTrack(), "output.csv", cut); err != nil || got[2].(annotate.Mark).Time != time.Second {
		t.Errorf("5, 6, 7 or 8 frames a second: %+v, %v", got, err)
	}
	cut += "a.mp4,a.mp4,9,00h:00m:01s,1,2,3,4,x,1\na.mp4,a.mp4,10,00h:00m:02s,1,2,3,4,x,1\n"
	if got, err = readTracks(SharkTrack(), "output.csv", cut); err != nil || got[2].(annotate.Mark).Time != 1600*time.Millisecond {
		t.Errorf("5 frames a second: %+v, %v", got, err)
	}
	header := "video_path,frame,time,xmin,ymin,xmax,ymax,label,track_id\n"
	refusedTracks(t, SharkTrack(), "output.csv", map[string]string{
		"video_path,frame\n":                        "line 1: there is no column xmin",
		"frame,xmin,ymin,xmax,ymax\n":               "line 1: there is no column video_path",
		header + "a,1,00:00:20,x,2,3,4,l,1\n":       "line 2: column xmin is \"x\"",
		header + "a,1,00:00:20,,2,3,4,l,1\n":        "line 2: column xmin is \"\"",
		header + "a,1,later,1,2,3,4,l,1\n":          "line 2: column time is \"later\": it should be a time, as",
		header + "a,1.5,00:00:20,1,2,3,4,l,1\n":     "line 2: column frame",
		header + "a,-1,00:00:20,1,2,3,4,l,1\n":      "line 2: column frame",
		header + "a,1,00:00:20,1,2,3,4,l,seven\n":   "line 2: column track_id",
		header + "\n,1,00:00:20,1,2,3,4,l,1\n":      "line 3: column video_path",
		"video_path,tracks_found\na,x\n":            "line 2: column tracks_found",
		"video_path,time,n\na,00:00:20,1\n":         "line 1: there is no column label or class",
		"video_path,time,label,n\na,00:00:20,l,-\n": "line 2: column n",
	})
}

func FuzzSharkTrack(f *testing.F) {
	for _, s := range []string{
		",chapter_path,frame,time,track_metadata,track_id,xmin,ymin,xmax,ymax,confidence,class\n99013,AXA/L.mp4,3,00:00:60,AXA/L.mp4/1,523,1211.8,294.8,1313.0,368.6,0.5,elasmobranch\n",
		"video_path,video_name,frame,time,xmin,ymin,xmax,ymax,w,h,confidence,label,track_metadata,track_id,folder1,z\nv/a.mp4,a.mp4,8,00h:00m:01s,1,2,3,4,1280,720,0.6,e,/v/a.mp4/1,0,v,x\nv/a.mp4,a.mp4,9,00h:00m:01s:333ms,1,2,3,4,1280,720,,,/v/a.mp4/2,0,w,\n",
		"chapter_path,time_sample,class,n\na.mp4,06:54:80,shark,1\n", "video_path,tracks_found\na.mp4,2\nb.mp4,0\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, SharkTrack(), "output.csv", data) })
}
