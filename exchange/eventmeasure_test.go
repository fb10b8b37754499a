package exchange

import (
	"fmt"
	"io"
	"os"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/realdata"
)

// readCounts reads everything; records that came before an error are given too.
func readCounts(records annotate.Records) (out []annotate.Record, err error) {
	for record, e := range records {
		if e != nil {
			if err != nil {
				panic("a record after an error")
			}
			err = e
			continue
		}
		if err != nil {
			panic("a record after an error")
		}
		out = append(out, record)
	}
	return out, err
}

// filesCounts makes a folder of names and texts.
func filesCounts(pairs ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return files
}

const pointsCounts = "OpCode\tPointIndex\tFilename\tFrame\tTime\tPeriod\tPeriodTime\tImageCol\tImageRow\tRectWidth\tRectHeight\tFamily\tGenus\tSpecies\tCode\tNumber\tStage\tActivity\tComment\tAttribute9\tAttribute10\n" +
	"A1\t0\tL1.mp4\t11347\t25.71152\tbottom time\t0.33422\t463.20000\t669.60000\t0.00000\t0.00000\tLabridae\tCoris\tauricularis\t37384045\t2\tAD\tPassing\tà côté\t\t\n" +
	"A1\t1\tL1.mp4\t200\t30.5\t\t-1.00000\t1\t2\t10.5\t20\t\t\t\t\t\t\t\tSync\tx\t\n"

// Two points by hand: minutes, a box, a blank number, what is outside of any period.
func TestEventMeasurePoints(t *testing.T) {
	got, err := readCounts(EventMeasure().Read(Input{FS: filesCounts("a_Points.txt", pointsCounts), Name: "a_Points.txt"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []annotate.Record{
		annotate.Sighting{OpCode: "A1", Media: "L1.mp4", Frame: 11347, Time: 25*time.Minute + 42691200*time.Microsecond, Period: "bottom time",
			PeriodTime: 20053200 * time.Microsecond, Species: annotate.Species{Family: "Labridae", Genus: "Coris", Species: "auricularis", CAAB: "37384045"},
			Number: 2, Stage: "AD", Activity: "Passing", Comment: "à côté",
			Shape: annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 463.2, Y: 669.6}}}, Extra: annotate.Extra{"eventmeasure.PointIndex": "0"}},
		annotate.Sighting{OpCode: "A1", Media: "L1.mp4", Frame: 200, Time: 30*time.Minute + 30*time.Second, PeriodTime: annotate.None, Comment: "Sync",
			Shape: annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: 1, Y: 2}, {X: 11.5, Y: 22}}},
			Extra: annotate.Extra{"eventmeasure.PointIndex": "1", "eventmeasure.Attribute9": "x", "eventmeasure.RectWidth": "10.5", "eventmeasure.RectHeight": "20"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// encodingsCounts gives a text in the encodings and ways met in the field.
func encodingsCounts(text string) map[string]string {
	wide := func(s string, big bool) string {
		var b strings.Builder
		for _, r := range s {
			hi, lo := byte(r>>8), byte(r)
			if !big {
				hi, lo = lo, hi
			}
			b.WriteByte(hi)
			b.WriteByte(lo)
		}
		return b.String()
	}
	return map[string]string{
		"UTF-8": text, "with a mark": "\ufeff" + text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"Latin-1":  strings.NewReplacer("à", "\xe0", "ô", "\xf4", "é", "\xe9").Replace(text),
		"UTF-16LE": "\xff\xfe" + wide(text, false), "UTF-16BE": "\xfe\xff" + wide(text, true), "UTF-16 without a mark": wide(text, false),
	}
}

func TestEventMeasureEncodings(t *testing.T) {
	texts := encodingsCounts(pointsCounts)
	semicolons := strings.ReplaceAll(pointsCounts, "\t", ";")
	texts["semicolons"] = semicolons
	texts["decimal commas"] = strings.NewReplacer("25.71152", "25,71152", "0.33422", "0,33422", "463.20000", "463,2", "669.60000", "669,6", "30.5", "30,5", "10.5", "10,5").Replace(semicolons)
	want, err := readCounts(EventMeasure().Read(Input{FS: filesCounts("a_Points.txt", pointsCounts), Name: "a_Points.txt"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		got, err := readCounts(EventMeasure().Read(Input{FS: filesCounts("a_Points.txt", text), Name: "a_Points.txt"}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got[1].(annotate.Sighting).Extra["eventmeasure.RectWidth"] = "10.5" // kept as it was written: 10,5
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, got, want)
		}
	}
}

// An error names file, line, column, what stands there and what should; nothing comes after it.
func TestEventMeasureErrors(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(pointsCounts, old, new, 1) }
	const period = "OpCode\tPeriodIndex\tPeriod\tFilenameStart\tFrameStart\tTimeStart\tFilenameEnd\tFrameEnd\tTimeEnd\tHasEnd\n"
	const movies = "OpCode\tCamera\tMovieSeqIndex\tStartTimeOffset\tFormat\tFilename\tFrames\tRate\n"
	for _, c := range []struct{ file, text, want string }{
		{"a_Points.txt", swap("25.71152", "abc"), `a_Points.txt, line 2: column Time is "abc": it should be minutes`},
		{"a_Points.txt", swap("25.71152", "-3"), "it should be minutes from 0"},
		{"a_Points.txt", swap("25.71152", "200000"), "it should be minutes from 0"},
		{"a_Points.txt", swap("\t2\tAD", "\t2.5\tAD"), `line 2: column Number is "2.5": it should be a whole number`},
		{"a_Points.txt", swap("\t2\tAD", "\t6\\\tAD"), "column Number"},
		{"a_Points.txt", swap("\t11347", "\t-5"), "column Frame"},
		{"a_Points.txt", swap("463.20000", "left"), "column ImageCol"},
		{"a_Points.txt", swap("A1\t1", "\t1"), `line 3: column OpCode is "": every row needs`},
		{"a_Points.txt", swap("Number", "Nummer"), "there is no column Number"},
		{"a_Points.txt", pointsCounts[:strings.LastIndex(pointsCounts, "20")], "line 3: the row has 11 cells and ends before the column Number: it is cut off"},
		{"a_Points.txt", swap("à côté\t\t", "à\tcôté\t\tx"), `line 2: the row has 22 cells but there are 21 columns, and "x" is in none`},
		{"a_Points.txt", "", "is no text export of EventMeasure"},
		{"a_Period.txt", period + "A\t0\t1\tf\t1\t\tf\t2\t3\t1\n", "column TimeStart"},
		{"a_Period.txt", period + "A\t0\t1\tf\t1\t5\tf\t2\t3\t1\n", "it should not be before TimeStart"},
		{"a_MovieSeq.txt", movies + "A\t0\t0\t0\t0\tf\t1e12\t25\n", "column Frames"},
		{"a_MovieSeq.txt", movies + "A\t0\t0\t0\t0\tf\t100\t-1\n", "column Rate"},
		{"a_MovieSeq.txt", movies + "A\t0\t0\t0\t0\tf\t2000000000\t0.01\n", "longer than two months"},
		{"a_ImagePtPair.txt", "OpCode\tImagePtPair\tIndex\tLx\tLy\tRx\tRy\nA\t0\t0\t1\t2\t3\t4\n", "only together with _Lengths.txt"},
		{"x.txt", "Dot Point Measurements\n\nGenerated: today\n", "TransectMeasure"},
		{"m.csv", "opcode,latitude,longitude\nA,1,2\n", "read it as globalarchive"},
		{".", "", "there is no file that ends in _Points.txt"},
	} {
		files := filesCounts(c.file, c.text)
		if c.file == "." {
			files = filesCounts("other.md", "")
		}
		_, err := readCounts(EventMeasure().Read(Input{FS: files, Name: c.file}))
		if err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(strings.ReplaceAll(err.Error(), "last longer", "longer"), c.want) {
			t.Errorf("%s %.60q: %v, want %q", c.file, c.text, err, c.want)
		}
	}
	two := filesCounts("a_Points.txt", pointsCounts, "b_Points.txt", pointsCounts)
	if _, err := readCounts(EventMeasure().Read(Input{FS: two, Name: "."})); err == nil || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("two sets in a folder: %v", err)
	}
	if got, err := readCounts(EventMeasure().Read(Input{FS: two, Name: "b"})); err != nil || len(got) != 2 {
		t.Errorf("one of two sets: %d, %v", len(got), err)
	}
}

// Times do not lose a digit, neither EventMeasure's 5 nor a nanosecond.
func TestMinutes(t *testing.T) {
	for _, s := range []string{"0.00000", "25.71152", "85.37724", "67.11093", "99999.99999", "0.00001"} {
		if d, ok := parseMinutes(s); !ok || minutes(d) != s {
			t.Errorf("%s becomes %v and %s", s, d, minutes(d))
		}
	}
	for d := time.Duration(0); d < 5*time.Hour; d = d*3/2 + 7 {
		if back, ok := parseMinutes(minutes(d)); !ok || back != d {
			t.Errorf("%d is written %s and becomes %d", d, minutes(d), back)
		}
	}
	for _, s := range []string{"", "-1", "x", "1e9", "100000", "1.2.3", "NaN"} {
		if d, ok := parseMinutes(s); ok {
			t.Errorf("%q is %v", s, d)
		}
	}
}

func TestSniffCounts(t *testing.T) {
	for _, c := range []struct {
		format     Format
		name, head string
		least      float64
	}{
		{EventMeasure(), "x_Points.txt", pointsCounts, 0.9},
		{EventMeasure(), "export.txt", pointsCounts, 0.8},
		{CheckEM(), "x_Points.txt", pointsCounts, 0.4},
		{GlobalArchive(), "c_count.csv", "campaignid,opcode,family,genus,species,count\n", 0.9},
		{GlobalArchive(), "c.csv", "\"Sample\",\"Latitude\",\"Longitude\"\n", 0.6},
		{CamtrapDP(), "datapackage.json", `{"profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json"}`, 0.9},
		{OBIS(), "meta.xml", metaXML(dwcOccurrences()), 0.9},
	} {
		if got := c.format.Sniff(c.name, []byte(c.head)); got < c.least {
			t.Errorf("%s of %s: %v", c.format.Name, c.name, got)
		}
		for _, other := range []string{"", "frame,id,x,y,w,h", "{}", "video_path,video_name,frame"} {
			if got := c.format.Sniff("other.csv", []byte(other)); got != 0 {
				t.Errorf("%s of %q: %v", c.format.Name, other, got)
			}
		}
	}
}

// FuzzEventMeasure: whatever files of a set are read without an error are written and read again the same.
func FuzzEventMeasure(f *testing.F) {
	lengths := strings.Join(emColumns(emLengths), "\t") + "\nA1\t0\tL\t1\tR\t2\t1.5\t1\t0.5\t102.1\t1.5\t0.7\t1371.1\t24.8\t1\t0.9\t572\t59\t-12\tLabridae\tCoris\tspp\t\t1\tAD\t\t\t\t\n"
	threeD := strings.Join(emColumns(em3D), "\t") + "\nA1\t1\tL\t1\tR\t2\t1.5\t1\t0.5\t1\t2\t3\t4\t5\t6\t7\t8\t9\tLabridae\tCoris\tspp\t\t6\\\tAD\t\t\t\t\n"
	period := strings.Join(emColumns(emPeriods), "\t") + "\nA1\t0\t1\tL\t1\t0.5\tL\t2\t60.5\t1\nA1\t1\t2\tL\t1\t70\t\t\t\t0\n"
	movies := strings.Join(emColumns(emMovies), "\t") + "\nA1\t0\t0\t0.00000\t0\tL\t81122\t59.94006\nA1\t1\t0\t0.00000\t0\tR\t\t\n"
	f.Add(pointsCounts, lengths, period, movies)
	f.Add(pointsCounts, threeD, period, movies)
	f.Add(strings.ReplaceAll(pointsCounts, "\t", ";"), strings.Join(emColumns(emInfo), "\t")+"\nA1\tAnna\t3\n", "OpCode\tImagePtPair\tIndex\tLx\tLy\tRx\tRy\nA1\t0\t0\t1\t2\t3\t4\n", "Sample,Latitude,x\nA1,-3,\n")
	f.Add("\xff\xfeO\x00", strings.Join(emColumns(emCamera), "\t")+"\nA1\t1\tx\n", strings.Join(emColumns(emSource), "\t")+"\nA1\t1\tx\n", "")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		files := filesCounts()
		for _, text := range []string{a, b, c, d} {
			head, _, err := peek(strings.NewReader(text))
			if err != nil {
				continue
			}
			kind, end := emKindOf(head), ".txt"
			for _, column := range emColumns(kind) { // a column that is not there is written with what is usual in it
				if !slices.Contains(strings.FieldsFunc(head, func(r rune) bool { return r == '\t' || r == ';' || r == ',' }), column) {
					return
				}
			}
			if kind == "" && gaKind(head) == "metadata" {
				kind, end = emMeta, ".csv"
			}
			if kind != "" {
				files["x_"+string(kind)+end] = &fstest.MapFile{Data: []byte(text)}
			}
		}
		againCounts(t, EventMeasure(), Input{FS: files, Name: "."})
	})
}

// againCounts reads, writes and reads again, and wants the same.
func againCounts(t *testing.T, format Format, in Input) {
	t.Helper()
	first, err := readCounts(format.Read(in))
	if err != nil {
		return
	}
	out := &memoryCounts{}
	if _, err := format.Write(out, format.Read(in), Options{Name: "x"}); err != nil {
		t.Fatalf("read, but not written: %v\n%+v", err, first)
	}
	second, err := readCounts(format.Read(Input{FS: out.fs(), Name: "."}))
	if err != nil {
		t.Fatalf("written, but not read: %v\n%s", err, out)
	}
	if a, b := linesCounts(first), linesCounts(second); a != b {
		t.Fatalf("first\n%s\nagain\n%s\nfiles\n%s", a, b, out)
	}
}

// String is every file, for messages.
func (m *memoryCounts) String() string {
	var b strings.Builder
	for name, text := range m.files {
		fmt.Fprintf(&b, "--- %s\n%s\n", name, text)
	}
	return b.String()
}

// BenchmarkPoints reads the 19 MB of points of a real campaign.
func BenchmarkPoints(b *testing.B) {
	in := realSetsCounts(b)["exmouth"]
	in.Name += "_Points.txt"
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range EventMeasure().Read(in) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 114713 {
			b.Fatalf("%d points", n)
		}
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys)/1e6, "MB-heap")
}

// A writer that fails is an error, and so is a reader.
func TestEventMeasureFails(t *testing.T) {
	in := Input{FS: filesCounts("a_Points.txt", pointsCounts), Name: "."}
	if _, err := EventMeasure().Write(brokenCounts{}, EventMeasure().Read(in), Options{}); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("a full disk: %v", err)
	}
	for _, f := range []Format{EventMeasure(), CheckEM(), GlobalArchive(), CamtrapDP(), OBIS()} {
		if _, err := f.Write(&memoryCounts{}, failed(io.ErrUnexpectedEOF), Options{}); err == nil {
			t.Errorf("%s: a stream that fails is written", f.Name)
		}
		if _, err := readCounts(f.Read(Input{FS: filesCounts("a", ""), Name: path.Join("none", "here")})); err == nil {
			t.Errorf("%s: a file that is not there is read", f.Name)
		}
	}
}

type brokenCounts struct{}

func (brokenCounts) Create(string) (io.WriteCloser, error) { return brokenCounts{}, nil }
func (brokenCounts) Write([]byte) (int, error)             { return 0, fmt.Errorf("the disk is full") }
func (brokenCounts) Close() error                          { return nil }

// Real files that hold no counts are told apart: the error says what they are.
func TestEventMeasureOtherReal(t *testing.T) {
	root := os.DirFS(realdata.Path(t, "eventmeasure"))
	for name, want := range map[string]string{
		"transectmeasure/2023-03_SwC_stereo-BRUVs_Forwards_Dot Point Measurements.txt":        "TransectMeasure",
		"transectmeasure/2023-03_SwC_stereo-BRUVs_Forwards_Relief_Dot Point Measurements.txt": "TransectMeasure",
		"tasman_fracture_2021-03/Tasman_Fracture_202103_Habitat_Dot Point Measurements.txt":   "TransectMeasure",
		"life_history/CAAB_20231109.txt":                                 "species list with CAAB codes",
		"life_history/trophic_levels.csv":                                "no text export of EventMeasure",
		"globalarchive_generic/2022-05_PtCloates_stereo-BRUVS_count.csv": "read it as globalarchive",
	} {
		if _, err := readCounts(EventMeasure().Read(Input{FS: root, Name: name})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	in := Input{FS: root, Name: "tasman_fracture_2021-03/Tasman_Fracture_202103_hack_file_do_not_use_Camera.txt"}
	got, err := readCounts(EventMeasure().Read(in)) // 188 rows, two cameras each
	if err != nil || len(got) != 94 {
		t.Errorf("the cameras: %d, %v", len(got), err)
	}
	againCounts(t, EventMeasure(), in)
}

// failed is a stream that only fails.
func failed(err error) annotate.Records {
	return func(yield func(annotate.Record, error) bool) { yield(nil, err) }
}
