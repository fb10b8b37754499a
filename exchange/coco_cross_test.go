package exchange

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/realdata"
)

var formatsBoxes = []Format{COCO(), VOC(), YOLO(), CVATVideo(), CVATImages(), LabelStudio()}

// boxesOf are the boxes of pictures, as text, by what the picture is called without folders and ends.
func boxesOf(records []annotate.Record) []string {
	var out []string
	for _, m := range ofBoxes[annotate.Mark](records) {
		b, ok := m.Shape.Bounds()
		if !ok {
			continue
		}
		round := func(v float64) float64 { return math.Round(v*1e6)/1e6 + 0 }
		out = append(out, strings.Join([]string{withoutEnd(path.Base(m.Media)), annotate.Best(m.Names),
			decimal(round(b.X0)), decimal(round(b.Y0)), decimal(round(b.X1)), decimal(round(b.Y1))}, " "))
	}
	slices.Sort(out)
	return out
}

// Every format of pictures takes the boxes of every real file to a millionth of a pixel.
func TestCrossReal(t *testing.T) {
	for _, c := range []struct {
		format Format
		dir    string
		name   string
		boxes  int
	}{
		{VOC(), "tank_fish_voc/images_and_voc_xml", ".", 276},
		{YOLO(), "deepfish", ".", 1009},
		{COCO(), "formats/luderick_coco", "luderick_seagrass_tallebudgera.json", 1066},
	} {
		dir := realdata.Path(t, filepath.FromSlash(c.dir))
		in := Input{FS: os.DirFS(dir), Name: c.name}
		records, err := allBoxes(t, c.format.Read(in))
		if err != nil {
			t.Fatal(err)
		}
		want := boxesOf(records)
		if len(want) != c.boxes {
			t.Errorf("%s: %d boxes, want %d", c.dir, len(want), c.boxes)
		}
		sizes := map[string]annotate.Media{}
		for _, m := range ofBoxes[annotate.Media](records) {
			sizes[m.Name] = m
		}
		for _, f := range formatsBoxes {
			if f.Name == "cvat-video" {
				continue
			}
			in.Size = func(name string) (int, int, error) { // pictures that are not here
				if m, ok := sizes[name]; ok {
					return m.W, m.H, nil
				}
				return 0, 0, os.ErrNotExist
			}
			again, _, _ := againBoxes(t, f, in, sliceBoxes(records))
			if got := boxesOf(again); !slices.Equal(got, want) {
				t.Errorf("%s to %s: %d boxes, want %d", c.dir, f.Name, len(got), len(want))
			}
			if len(ofBoxes[annotate.Look](again)) != len(ofBoxes[annotate.Look](records)) {
				t.Errorf("%s to %s: %d looks", c.dir, f.Name, len(ofBoxes[annotate.Look](again)))
			}
		}
	}
}

// trackBoxes is a video with one animal, drawn in frames 2 and 6 and gone from 9 on, and another seen once.
func trackBoxes() []annotate.Record {
	box := func(x float64) annotate.Shape { return annotate.BoxShape(frame.Box{X0: x, Y0: 10, X1: x + 20, Y1: 40}) }
	return []annotate.Record{
		annotate.Label{Name: "shark"},
		annotate.Media{Name: "reef.mp4", Video: true, W: 640, H: 480, Frames: 100, Rate: frame.Rational{Num: 25, Den: 1}},
		annotate.Track{Media: "reef.mp4", ID: "4", Names: []annotate.Name{{Label: "shark"}}},
		annotate.Mark{Media: "reef.mp4", Track: "4", Frame: 2, Time: annotate.None, Shape: box(100)},
		annotate.Mark{Media: "reef.mp4", Track: "4", Frame: 6, Time: annotate.None, Shape: box(140)},
		annotate.Mark{Media: "reef.mp4", Track: "4", Frame: 9, Time: annotate.None, Shape: box(140), Outside: true},
		annotate.Mark{Media: "reef.mp4", Frame: 50, Time: annotate.None, Shape: box(7), Names: []annotate.Name{{Label: "ray"}}},
	}
}

// A video's track means the same wherever it is written: in the same frames the same box, and none elsewhere.
func TestCrossTracks(t *testing.T) {
	at := func(records []annotate.Record, label string) map[int]frame.Box {
		names := map[string]string{}
		for _, tr := range ofBoxes[annotate.Track](records) {
			names[tr.ID] = annotate.Best(tr.Names)
		}
		byTrack := map[string][]annotate.Mark{}
		for _, m := range ofBoxes[annotate.Mark](records) {
			if names[m.Track] == label {
				byTrack[m.Track] = append(byTrack[m.Track], m)
			}
		}
		out := map[int]frame.Box{}
		for _, marks := range byTrack {
			for n := range 100 {
				if b, ok := annotate.Between(marks, n); ok {
					out[n] = b
				}
			}
		}
		return out
	}
	records := trackBoxes()
	want := at(records, "shark")
	if len(want) != 7 || want[4].X0 != 120 || want[8].X0 != 140 {
		t.Fatalf("%v", want)
	}
	for _, f := range []Format{CVATVideo(), LabelStudio()} {
		again, losses, _ := againBoxes(t, f, Input{Size: func(string) (int, int, error) { return 640, 480, nil }}, sliceBoxes(records))
		got := at(again, "shark")
		for n, b := range want {
			if math.Abs(got[n].X0-b.X0) > 1e-6 || math.Abs(got[n].Y1-b.Y1) > 1e-6 {
				t.Errorf("%s: frame %d is %v, want %v", f.Name, n, got[n], b)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d frames, want %d", f.Name, len(got), len(want))
		}
		if ray := at(again, "ray"); len(ray) != 1 || ray[50].X0 != 7 {
			t.Errorf("%s: %v", f.Name, ray)
		}
		if text := losses.String(); strings.Contains(text, "out of the picture") {
			t.Errorf("%s: %s", f.Name, text)
		}
	}
	again, losses, _ := againBoxes(t, COCO(), Input{}, sliceBoxes(records))
	marks := ofBoxes[annotate.Mark](again)
	if len(marks) != 3 || marks[0].Track != "4" || marks[1].Frame != 6 || marks[2].Frame != 50 || marks[2].Media != "reef.mp4" {
		t.Errorf("%+v", marks)
	}
	if text := losses.String(); !strings.Contains(text, lostOutside) || !strings.Contains(text, lostRate) {
		t.Error(text)
	}
	again, losses, _ = againBoxes(t, VOC(), Input{}, sliceBoxes(records))
	if media := ofBoxes[annotate.Media](again); len(media) != 4 || media[0].Name != "reef/frame_000002.jpg" || media[0].W != 640 || !strings.Contains(losses.String(), "have to be cut from it") {
		t.Errorf("%+v %s", media, losses)
	}
}

// Everything that a format cannot hold is listed, and nothing that it can.
func TestLossesBoxes(t *testing.T) {
	score := 0.5
	mark := annotate.Mark{Media: "a.jpg", ID: "m", Track: "t", Shape: annotate.Shape{Kind: annotate.Circle, Points: []annotate.Point{{X: 30, Y: 30}}, Radius: 4},
		Names: []annotate.Name{{Label: "fish", Score: score, Scored: true}, {Label: "ray", Score: 0.1, Scored: true}}, Still: true, Between: true, Occluded: true, Truncated: true,
		Difficult: true, Crowd: true, Visibility: 0.5, Attributes: []annotate.Attribute{{Name: "a", Value: "b"}},
		Origin: annotate.Origin{By: "ana"}, Time: time.Second, Extra: annotate.Extra{"other.x": "1"}}
	outside := mark
	outside.Outside, outside.ID = true, "o"
	whole := annotate.Mark{Media: "a.jpg", Shape: annotate.Shape{Kind: annotate.WholePic}, Names: []annotate.Name{{Label: "reef"}}}
	nameless := annotate.Mark{Media: "b.jpg", Shape: mark.Shape}
	point := annotate.Mark{Media: "b.jpg", Shape: annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 1, Y: 1}}}, Names: []annotate.Name{{Label: "reef"}}}
	records := []annotate.Record{
		annotate.Deployment{OpCode: "D1"}, annotate.Sighting{OpCode: "D1"}, annotate.Length{OpCode: "D1"}, annotate.Count{OpCode: "D1"},
		annotate.Label{Name: "fish", ID: "x", Parent: "animal", Attributes: []annotate.Attribute{{Name: "q"}}, Extra: annotate.Extra{"other.l": "1"}},
		annotate.Media{Name: "a.jpg", ID: "i", Deployment: "D1", W: 100, H: 100, Rate: frame.Rational{Num: 1, Den: 1}, Frames: 1, Split: "extra", Extra: annotate.Extra{"other.m": "1"}},
		annotate.Media{Name: "b.jpg", W: 100, H: 100}, annotate.Media{Name: "c.jpg", W: 9, H: 9, Failure: "broken"},
		annotate.Look{Media: "a.jpg"},
		annotate.Track{Media: "a.jpg", ID: "t", Attributes: []annotate.Attribute{{Name: "z"}}}, annotate.Track{Media: "a.jpg", ID: "empty"},
		mark, outside, whole, nameless, point,
	}
	always := []string{"a deployment", "a sighting", "a length", "a count", lostTrack, lostTrackSays, lostOutside, lostBetween, lostStill, lostOccluded, lostTruncated,
		lostDifficult, lostCrowd, lostVisibility, lostAttributes, lostScore, lostNames, lostMarkID, lostOrigin, lostTime, lostWhole, lostMediaID,
		lostDeployment, lostRate, lostFrames, lostFailure, lostSplit, lostUnlooked, lostPartly, lostLabelID, lostParent, lostLabelSays, lostEmptyTrack,
		"the field other.x", "the field other.l", "the field other.m", "the shape circle (its box is written)", "a mark without a name", "a shape without extent"}
	can := map[string][]string{ // what a format holds of a picture, whatever else it cannot
		"coco": {lostOccluded, lostCrowd, lostAttributes, lostScore, lostMarkID, lostWhole, lostMediaID, lostLabelID, lostParent},
		"voc":  {lostOccluded, lostTruncated, lostDifficult, lostAttributes, lostSplit, lostEmptyTrack},
		"yolo": {lostScore, lostSplit, lostEmptyTrack, lostUnlooked, "a shape without extent"},
		"cvat-images": {lostOccluded, lostAttributes, lostMediaID, lostSplit, lostParent, lostLabelSays, lostWhole, lostEmptyTrack,
			"the shape circle (its box is written)", "a mark without a name", "a shape without extent"},
		"labelstudio": {lostStill, lostMarkID, lostWhole, lostMediaID, lostFrames, lostRate, lostUnlooked, lostEmptyTrack, lostScore,
			"the shape circle (its box is written)", "a mark without a name", "a shape without extent"},
	}
	for _, f := range formatsBoxes {
		if f.Name == "cvat-video" {
			continue
		}
		out := folderBoxes{}
		losses, err := f.Write(out, sliceBoxes(records), Options{Name: "x"})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		var got []string
		for _, l := range losses.List() {
			if l.Count < 1 || l.Example == "" {
				t.Errorf("%s: %+v", f.Name, l)
			}
			got = append(got, l.What)
		}
		for _, what := range always {
			if held := slices.Contains(can[f.Name], what); held == slices.Contains(got, what) {
				t.Errorf("%s: %q is lost: %v", f.Name, what, !held)
			}
		}
	}
}

func TestSniffBoxes(t *testing.T) {
	for _, c := range []struct{ format, name, head string }{
		{"coco", "a.json", `{"info": {}, "images": [{"file_name": "a", "id": 1}]`},
		{"coco", "a.JSON", `[ {"image_id": 1, "category_id": 2, "bbox": [`},
		{"voc", "a.xml", "<annotation>\n<filename>a</filename><object><bndbox>"},
		{"cvat-video", "a.xml", "<annotations><meta><task><mode>interpolation</mode>"},
		{"cvat-video", "a.xml", "<annotations><meta/><track id=\"0\">"},
		{"cvat-images", "a.xml", "<annotations><meta><task><mode>annotation</mode>"},
		{"labelstudio", "a.json", studioImages[:200]},
		{"yolo", "data.yaml", "train: x\nnames: [a]\n"},
		{"yolo", "obj.data", "classes = 1\nnames = obj.names\n"},
		{"yolo", "a.txt", "0 0.1 0.2 0.3 0.4\n1 0.1 0.2 0.3 0.4\n"},
		{"", "a.txt", "Dear all, 0.1"}, {"", "a.json", `{"a": 1}`}, {"", "a.xml", "<kml>"}, {"", "a.csv", "0 0.1 0.2 0.3 0.4"}, {"", "a.yaml", "x: 1"}, {"", "a.txt", ""},
	} {
		best, at := "", 0.3
		for _, f := range formatsBoxes {
			if s := f.Sniff(c.name, []byte(c.head)); s > at {
				best, at = f.Name, s
			} else if s < 0 || s > 1 {
				t.Errorf("%s: %v", f.Name, s)
			}
		}
		if best != c.format {
			t.Errorf("%s %.30s: %q, want %q", c.name, c.head, best, c.format)
		}
	}
}

// Files come in the encodings of the field, whatever they say of themselves.
func TestEncodingsBoxes(t *testing.T) {
	const text = "<?xml version=\"1.0\" encoding=\"ENC\"?>\r\n<annotation><filename>a.jpg</filename>\r\n<object><name>Raie à points</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"
	wide := []byte{0xff, 0xfe}
	for _, r := range strings.Replace(text, "ENC", "UTF-16", 1) {
		wide = append(wide, byte(r), byte(r>>8))
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(strings.Replace(text, "ENC", "utf-8", 1)), "with a mark": []byte("\ufeff" + strings.Replace(text, "ENC", "utf-8", 1)),
		"Latin-1": []byte(strings.NewReplacer("ENC", "ISO-8859-1", "à", "\xe0").Replace(text)), "UTF-16": wide,
		"Latin-1 that says UTF-8": []byte(strings.NewReplacer("ENC", "utf-8", "à", "\xe0").Replace(text)),
	} {
		records, err := allBoxes(t, VOC().Read(Input{FS: fstest.MapFS{"a.xml": {Data: data}}, Name: "a.xml"}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if marks := ofBoxes[annotate.Mark](records); len(marks) != 1 || marks[0].Names[0].Label != "Raie à points" {
			t.Errorf("%s: %+v", name, marks)
		}
	}
	latin := strings.ReplaceAll(`[{"image_id":"Pêche","category_id":1,"bbox":[0,0,1,1]}]`, "ê", "\xea")
	records, err := allBoxes(t, COCO().Read(textBoxes("x.json", latin)))
	if marks := ofBoxes[annotate.Mark](records); err != nil || len(marks) != 1 || marks[0].Media != "Pêche" {
		t.Errorf("%+v %v", marks, err)
	}
}

// A stream can be ranged over again and stops where its reader stops; gather takes as many passes as it needs.
func TestStreamsBoxes(t *testing.T) {
	records := LabelStudio().Read(textBoxes("t.json", studioImages))
	for range 2 {
		n := 0
		for _, err := range records {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
		}
	}
	var all []annotate.Record
	counts := map[string]int{}
	for i := range 3 * heldMarks {
		m := annotate.Mark{Media: string(rune('a' + i%5)), Frame: i}
		counts[m.Media]++
		all = append(all, m)
	}
	passes := 0
	stream := func(yield func(annotate.Record, error) bool) {
		passes++
		sliceBoxes(all)(yield)
	}
	seen := 0
	for g, err := range gather(stream, []string{"a", "none", "b", "c", "d", "e"}, counts, func(m annotate.Mark) string { return m.Media }) {
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range g.marks {
			if m.Media != g.key || i > 0 && m.Frame < g.marks[i-1].Frame {
				t.Fatalf("%+v under %s", m, g.key)
			}
		}
		seen += len(g.marks)
	}
	if seen != len(all) || passes != 5 {
		t.Errorf("%d marks in %d passes", seen, passes)
	}
}

func TestXMLCannot(t *testing.T) {
	records := []annotate.Record{annotate.Label{Name: "a\x01b"}, annotate.Media{Name: "a.jpg", W: 9, H: 9}, annotate.Look{Media: "a.jpg"}}
	for _, f := range []Format{VOC(), CVATImages()} {
		again, losses, _ := againBoxes(t, f, Input{}, sliceBoxes(records))
		if !strings.Contains(losses.String(), "a character that XML cannot say") || len(ofBoxes[annotate.Media](again)) != 1 {
			t.Errorf("%s: %s", f.Name, losses)
		}
	}
}
