package exchange

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf16"

	"requin/annotate"
	"requin/frame"
)

// emobsBytes writes an EMObs file piece by piece, from the layout in emobs.md and not from the reader.
type emobsBytes []byte

func (b emobsBytes) tag(letters string, version byte) emobsBytes {
	return append(append(b, letters...), version)
}
func (b emobsBytes) int(values ...int) emobsBytes {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(v)))
	}
	return b
}
func (b emobsBytes) float(values ...float64) emobsBytes {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}
func (b emobsBytes) text(texts ...string) emobsBytes {
	for _, text := range texts {
		units := utf16.Encode([]rune(text))
		b = b.int(-len(units))
		for _, u := range units {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
	}
	return b
}
func (b emobsBytes) texts(texts ...string) emobsBytes {
	return b.tag("MAT", 0).int(len(texts), 1).text(texts...)
}
func (b emobsBytes) frame(camera, number int, file string) emobsBytes {
	return b.tag("FRA", 1).int(camera, number).text(file)
}
func (b emobsBytes) point(x, y float64) emobsBytes { return b.tag("CPT", 0).float(x, y) }
func (b emobsBytes) camera(parameters [16]float64, rows, columns int) emobsBytes {
	b = append(b.tag("CCC", 0), 0).int(1).tag("CAM", 1).text("Camera", "Derived").float(0.003, 0.003).int(rows, columns)
	b = b.tag("MAT", 0).int(16, 1).float(parameters[:]...).tag("MAT", 0).int(16, 1)
	b = append(b, make([]byte, 16)...)
	return b.tag("MAT", 0).int(16, 1).float(make([]float64, 16)...).int(0).text("mm", "micron").int(0, 0, columns, rows)
}

// emobsLeft and emobsRight stand 600 mm apart and look straight ahead; 2000 pixels are 6 mm wide behind 6 mm.
var (
	emobsLeft  = [16]float64{2: 6, 10: -300}
	emobsRight = [16]float64{2: 6, 10: 300}
)

// emobsSample is one file: a point, a length and a 3-D point in one frame, a point outside periods, two periods.
func emobsSample() []byte {
	b := emobsBytes{}.tag("EBS", 5).text(`D:\é🦈\`).tag("CIN", 0)
	b = b.texts("OpCode", "TapeReader", "Depth", "Comment", "Lights", "").texts("A1", "Ann", "12.5", "calm", "blue", "")
	b = b.tag("PTN", 0).texts("Family", "Genus", "Species", "Code", "Number", "Stage", "Activity", "Comment", "", "Sure")
	shark := []string{"Carcharhinidae", "Carcharhinus", "amblyrhynchos", "37018030", "2", "AD", "Passing", "big", "nine", "yes"}
	blank := []string{"", "", "", "not a code", "1", "", "", "", "", ""}
	b = b.int(2)
	b = b.tag("IDA", 5).frame(0, 150, "L2.mp4").int(1).tag("PDA", 1).point(100.5, 200.25).texts(shark...).float(-1, -1)
	b = b.float(2.5, 1.5).text("bottom").int(1).tag("PDL", 1)
	// 3000 mm away a pixel is 1.5 mm: from 0, 0 to 300, 0.
	b = b.int(2).point(1200, 500).point(1400, 500).int(2).point(800, 500).point(1000, 500).frame(1, 151, "R2.mp4").texts(shark...)
	b = b.int(1).tag("PD3", 0).point(1200, 500).point(800, 500).frame(1, 151, "R2.mp4").texts(blank...).int(0, 0, 0, 0)
	b = b.tag("IDA", 5).frame(0, 3, "L1.mp4").int(1).tag("PDA", 1).point(1, 2).texts(blank...).float(30, 40).float(0.002, -1).text("").int(0, 0, 0, 0, 0, 0)
	b = b.float(1).tag("CMS", 1).int(2).tag("MSI", 0).text("L1.mp4").int(3600, 0).float(30000/1001.0).tag("MSI", 0).text("L2.mp4").int(1500, 0).float(25).float(0).int(1)
	b = b.tag("PER", 1).int(2).tag("PED", 0).text("bottom").float(1, 61)
	b = append(b, 0).frame(0, 1798, "L1.mp4").frame(0, 9, "L2.mp4")
	b = append(b.tag("PED", 0).text("extra").float(61, -1), 1).frame(0, 9, "L2.mp4").frame(0, 0, "").int(0)
	b = b.camera(emobsLeft, 1000, 2000).camera(emobsRight, 1000, 2000)
	return b.tag("CMS", 1).int(0).float(0).int(1)
}

func emobsRead(data []byte) (out []annotate.Record, err error) {
	in := Input{FS: fstest.MapFS{"a.EMObs": {Data: data}}, Name: "a.EMObs"}
	for record, e := range EMObs().Read(in) {
		if e != nil {
			return out, e
		}
		out = append(out, record)
	}
	return out, nil
}

func TestEMObsWorked(t *testing.T) {
	got, err := emobsRead(emobsSample())
	if err != nil || len(got) != 5 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	depth := 12.5
	shark := annotate.Species{Family: "Carcharhinidae", Genus: "Carcharhinus", Species: "amblyrhynchos", CAAB: "37018030"}
	ann := annotate.Origin{By: "Ann", From: "a.EMObs"}
	form := annotate.Extra{"eventmeasure.Format": "1"}
	point := func(x, y float64) annotate.Shape {
		return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: x, Y: y}}}
	}
	want := []annotate.Record{
		annotate.Deployment{OpCode: "A1", Depth: &depth,
			Chapters: []annotate.Chapter{
				{Path: "L1.mp4", Frames: 3600, Rate: frame.Rational{Num: 30000, Den: 1001}, Duration: 120120 * time.Millisecond, Extra: form},
				{Path: "L2.mp4", Frames: 1500, Rate: frame.Rational{Num: 25, Den: 1}, Offset: 120120 * time.Millisecond, Duration: time.Minute, Extra: form},
			},
			Periods: []annotate.Period{
				{Name: "bottom", From: time.Minute, To: 61 * time.Minute, Extra: annotate.Extra{"eventmeasure.PeriodIndex": "0",
					"eventmeasure.FilenameStart": "L1.mp4", "eventmeasure.FrameStart": "1798", "eventmeasure.FilenameEnd": "L2.mp4", "eventmeasure.FrameEnd": "9"}},
				{Name: "extra", From: 61 * time.Minute, Open: true, Extra: annotate.Extra{"eventmeasure.PeriodIndex": "1",
					"eventmeasure.FilenameStart": "L2.mp4", "eventmeasure.FrameStart": "9"}},
			},
			Extra: annotate.Extra{"eventmeasure.PictureDirectory": `D:\é🦈\`, "eventmeasure.TapeReader": "Ann", "eventmeasure.Comment": "calm",
				"eventmeasure.Info5Name": "Lights", "eventmeasure.Info5Value": "blue"},
		},
		annotate.Sighting{OpCode: "A1", Media: "L2.mp4", Frame: 150, Time: 150 * time.Second, Period: "bottom", PeriodTime: 90 * time.Second,
			Species: shark, Number: 2, Stage: "AD", Activity: "Passing", Comment: "big", Shape: point(100.5, 200.25), Origin: ann,
			Extra: annotate.Extra{"eventmeasure.PointIndex": "0", "eventmeasure.Attribute9": "nine", "eventmeasure.Sure": "yes"}},
		got[2], got[3], // below
		annotate.Sighting{OpCode: "A1", Media: "L1.mp4", Frame: 3, Time: 120 * time.Millisecond, PeriodTime: annotate.None, Number: 1, Shape: point(1, 2), Origin: ann,
			Extra: annotate.Extra{"eventmeasure.PointIndex": "1", "eventmeasure.Code": "not a code", "eventmeasure.RectWidth": "30.00000", "eventmeasure.RectHeight": "40.00000"}},
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("record %d: got %+v\nwant %+v", i, got[i], want[i])
		}
	}
	length, spot := got[2].(annotate.Length), got[3].(annotate.Length)
	for _, c := range []struct {
		name string
		got  *float64
		want float64
	}{
		{"length", length.Length, 300}, {"range", length.Range, math.Hypot(150, 3000)}, {"rms", length.RMS, 0},
		{"range of the 3-D point", spot.Range, 3000}, {"rms of the 3-D point", spot.RMS, 0},
	} {
		if c.got == nil || math.Abs(*c.got-c.want) > 1e-6 {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if spot.Length != nil || spot.Extra["eventmeasure.Z"] != "-3000.00000" || length.Extra["eventmeasure.MidX"] != "150.00000" {
		t.Errorf("%+v, %+v", length, spot)
	}
	if e := length.Extra; e["eventmeasure.Lx"] != "1200.00000 1400.00000" || e["eventmeasure.Ry"] != "500.00000 500.00000" || e["eventmeasure.FrameRight"] != "151" {
		t.Errorf("%+v", length)
	}
}

// TestEMObsRefused: what is not understood is an error at its byte.
func TestEMObsRefused(t *testing.T) {
	put := func(find string, at int, bytes ...byte) func([]byte) []byte {
		return func(b []byte) []byte {
			i := strings.Index(string(b), find)
			copy(b[i+at:], bytes)
			return b
		}
	}
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"another version", put("EBS", 3, 6), "byte 3: EBS is of version 6, only 5 is known; export its text files"},
		{"another kind", put("EBS", 0, 'X'), `byte 0: expected the tag EBS, found "XBS"`},
		{"letters of one byte", put("EBS", 4, 5, 0, 0, 0), "byte 4: expected the length of the picture directory, 0 or less, found 5"},
		{"a text longer than the file", put("EBS", 4, 0, 0, 0, 0x80), "byte 8: the file ends in the picture directory"},
		{"half a letter", put("EBS", 8+2*4, 'x', 0), "byte 18: the picture directory is no valid UTF-16"},
		{"half a letter after a whole one", put("EBS", 8+2*6+1, 0xdc), "byte 20: the picture directory is no valid UTF-16"},
		{"too many points", put("FRA", 28, 0xff, 0xff, 0xff, 0x7f), "expected the number of points, found 2147483647"},
		{"a number that is none", put("CPT", 4, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f), "expected the column, a finite number, found NaN"},
		{"a third camera", put("FRA", 4, 2), "expected the camera, 0 or 1, found 2"},
		{"an unknown list", put("CMS", -12, 1), "expected the fourth count after the 3-D points of an image to be 0, as in every file seen, found 1"},
		{"a factor", put("CMS", -1, 0x40), "expected the number after the images to be 1, as in every file seen"},
		{"a rate", put("MSI", 35, 0x7f), "expected the frame rate"},
		{"other columns", put("G\x00e\x00n\x00u\x00s", 0, 'g'), `expected fields named ["Family" "Genus"`},
		{"more bytes", func(b []byte) []byte { return append(b, 0) }, "expected the end of the file, found 1 more bytes"},
		{"no number", put("3\x007\x000\x001\x008\x000\x003\x000\x00\xff\xff\xff\xff", 20, 'x'), "expected attributes with a whole number as their Number"},
		{"empty", func([]byte) []byte { return nil }, "byte 0: the file ends in the tag EBS"},
	} {
		got, err := emobsRead(c.change(emobsSample()))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "a.EMObs, byte ") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if len(got) != 0 {
			t.Errorf("%s: %d records came with the error", c.name, len(got))
		}
	}
}

func TestEMObsSniff(t *testing.T) {
	sample := emobsSample()
	for _, c := range []struct {
		name string
		head []byte
		want float64
	}{
		{"a.EMObs", sample, 1}, {"a.emobs", sample[:8], 1}, {"a.bin", sample, 0.9}, {"a.EMObs", []byte("EBS\x06abcd"), 1},
		{"a.EMObs", []byte("OpCode\tPointIndex"), 0}, {"a.txt", []byte("EBS5 is a text"), 0}, {"a.EMObs", nil, 0},
	} {
		if got := EMObs().Sniff(c.name, c.head); got != c.want {
			t.Errorf("%s %.8q: %v, want %v", c.name, c.head, got, c.want)
		}
	}
}

// TestEMObsRig: a place that two distorting, turned cameras see is found again from where they see it.
func TestEMObsRig(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	camera := func(x, phi float64) emobsCamera {
		return emobsCamera{pixel: [2]float64{0.003, 0.003}, rows: 1080, columns: 1920, unit: "mm",
			parameters: []float64{-0.07, 0.03, 6, 2e-3, 5e-4, 1e-6, 3e-4, -9e-4, 1e-4, 5e-4, x, 10, -5, 0.4, phi, -1.5}}
	}
	rig, ok := newEMObsRig(camera(-325, -8), camera(325, 7))
	if !ok {
		t.Fatal("no rig")
	}
	for range 200 {
		at := emobsVector{random.Float64()*1000 - 500, random.Float64()*800 - 400, -1000 - 6000*random.Float64()}
		var clicked [2]annotate.Point
		for i := range rig.eyes {
			u, v := rig.eyes[i].see(at)
			clicked[i] = annotate.Point{X: 960 + u, Y: 540 - v}
		}
		place, ok := rig.place(clicked[0], clicked[1])
		local := at.plus(-1, rig.origin)
		want := emobsVector{rig.axes[0].dot(local), rig.axes[1].dot(local), rig.axes[2].dot(local)}
		if !ok || place.at.plus(-1, want).length() > 1e-5 || place.rms > 1e-5 {
			t.Fatalf("%v is found at %v, rms %v, %v", want, place.at, place.rms, ok)
		}
	}
	if _, ok := newEMObsRig(camera(1, 0), camera(1, 0)); ok {
		t.Error("two cameras in one place")
	}
	if _, ok := newEMObsRig(emobsCamera{unit: "mm", parameters: make([]float64, 16)}, camera(1, 0)); ok {
		t.Error("a camera without a calibration")
	}
}

func FuzzEMObs(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("EBS\x05"))
	f.Add(emobsSample())
	f.Add(emobsSample()[:700])
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := emobsRead(data)
		again, err2 := emobsRead(data)
		if len(got) != len(again) || (err == nil) != (err2 == nil) {
			t.Fatalf("%d records and %v, then %d and %v", len(got), err, len(again), err2)
		}
		if err != nil && len(got) > 0 {
			t.Fatalf("%d records before %v", len(got), err)
		}
		for _, record := range got {
			switch r := record.(type) {
			case annotate.Deployment:
				for _, c := range r.Chapters {
					if c.Rate.Num <= 0 || c.Rate.Den <= 0 || c.Offset < 0 || c.Duration < 0 {
						t.Fatalf("%+v", c)
					}
				}
			case annotate.Length:
				if r.Length != nil && (math.IsNaN(*r.Length) || math.IsInf(*r.Length, 0)) {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}
