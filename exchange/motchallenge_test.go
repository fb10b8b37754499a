package exchange

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"requin/annotate"
	"requin/frame"
	"requin/realdata"
)

func TestReadMOT(t *testing.T) {
	const text = "\ufeff1,1,10,20,30,40\r\n" +
		"\n" +
		" 2 , 1 , 10.5 , -2 , 30 , 40 , 0\n" +
		"2,-1,0,0,1,1,0.75,3\n" +
		"2,-1,0,0,1,1,0.5,3.0,0.25\n" +
		"3,7,0,0,1,1,1,-1,-1,-1" // MOT15, no line end
	got, err := ReadMOT(strings.NewReader(text))
	want := []MOTBox{
		{1, 1, frame.Box{X0: 10, Y0: 20, X1: 40, Y1: 60}, 1, -1, -1, [3]float64{}},
		{2, 1, frame.Box{X0: 10.5, Y0: -2, X1: 40.5, Y1: 38}, 0, -1, -1, [3]float64{}},
		{2, -1, frame.Box{X1: 1, Y1: 1}, 0.75, 3, -1, [3]float64{}},
		{2, -1, frame.Box{X1: 1, Y1: 1}, 0.5, 3, 0.25, [3]float64{}},
		{3, 7, frame.Box{X1: 1, Y1: 1}, 1, -1, -1, [3]float64{-1, -1, -1}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if got, err := ReadMOT(strings.NewReader("")); err != nil || len(got) != 0 {
		t.Errorf("empty file: got %v, %v", got, err)
	}
}

// TestReadMOTErrors: the error names the line and says what to do, and the good
// line before it is not given back.
func TestReadMOTErrors(t *testing.T) {
	const good = "1,1,10,20,30,40,1,1,1\n"
	for _, c := range []struct{ line, want string }{
		{"1,2,10,20,30", "line 2: 5 columns: it should have 6 to 10"},
		{"1,2,10,20,30,40,1,1,1,1,1", "line 2: 11 columns"},
		{"1 2 10 20 30 40", "line 2: 1 columns"},
		{"1,2,x,20,30,40", `line 2: column 3 (x) is "x": it should be a number`},
		{"1,2,NaN,20,30,40", "line 2: column 3 (x)"},
		{"1,2,10,20,Inf,40", "line 2: column 5 (w)"},
		{"1,2,10,20,30,40,,1,1", `line 2: column 7 (conf) is ""`},
		{"1,2,10,20,30,40,1,a,1,1", "line 2: column 8 (X)"},
		{"0,2,10,20,30,40", "line 2: the frame is 0: frames are whole numbers from 1"},
		{"1.5,2,10,20,30,40", "line 2: the frame is 1.5"},
		{"1e300,2,10,20,30,40", "line 2: the frame is 1e+300"},
		{"1,0.5,10,20,30,40", "line 2: the id is 0.5"},
		{"1,2,10,20,0,40", "line 2: the box is 0 by 40 pixels"},
		{"1,2,10,20,30,-1", "line 2: the box is 30 by -1 pixels"},
		{"1,2,1e300,20,30,40", "line 2: the box is 30 by 40 pixels at 1e+300"},
		{"1,2,10,20,1e-200,1e-200", "line 2: the box is 1e-200 by 1e-200"},
		{"1,2,10,20,1e200,1e200", "line 2: the box is 1e+200 by 1e+200"},
		{"1,2,10,20,30,40,1,1.5", "line 2: the class is 1.5"},
		{"1,1,50,20,30,40", "line 2: id 1 already has a box in frame 1 on line 1: give each animal its own id"},
		{strings.Repeat("1", 70000), "line 2 is longer than"},
	} {
		got, err := ReadMOT(strings.NewReader(good + c.line + "\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: error %v, want %q", c.line, err, c.want)
		}
		if got != nil {
			t.Errorf("%.40s: %d boxes came with the error", c.line, len(got))
		}
	}
	broken := iotest.ErrReader(os.ErrDeadlineExceeded)
	if got, err := ReadMOT(broken); err == nil || !strings.Contains(err.Error(), "after line 0") || got != nil {
		t.Errorf("a reader that fails: %v, %v", got, err)
	}
}

// TestReadMOTReal reads files that others made: the DeepFish clips' truth and the samples of datumaro.
func TestReadMOTReal(t *testing.T) {
	for _, c := range []struct {
		path           string
		boxes, animals int
	}{
		{"deepfish/clips/dev_7426_no_fish.gt.txt", 0, 0},
		{"deepfish/clips/dev_7585_F1.gt.txt", 82, 4},
		{"deepfish/clips/dev_7623_F2.gt.txt", 72, 2},
		{"deepfish/clips/dev_9866_acanthopagrus_and_caranx.gt.txt", 111, 3},
		{"deepfish/clips/dev_9870_gerres.gt.txt", 45, 1},
		{"formats/datumaro_samples/tests/assets/mot_dataset/mot_seq/gt/gt.txt", 1, 0},
	} {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			file, err := os.Open(realdata.Path(t, filepath.FromSlash(c.path)))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			got, err := ReadMOT(file)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[int]bool{}
			for _, b := range got {
				if b.ID >= 0 {
					ids[b.ID] = true
				}
			}
			if len(got) != c.boxes || len(ids) != c.animals {
				t.Errorf("%d boxes of %d animals, want %d of %d", len(got), len(ids), c.boxes, c.animals)
			}
		})
	}
}

func FuzzReadMOT(f *testing.F) {
	for _, seed := range []string{
		"", "\n\n", "1,1,10,20,30,40,1,1,1\n", "1,-1,0,4,4,8,1,3,1.0\n", "1,1,1,1,1,1\r\n2,1,1,1,1,1,0.5\n",
		"1,2,3,4,5,6,7,8,9,10", "1,1,1e308,1,1e308,1", "0x1p4,1,1,1,1,1", "1,1,nan,1,1,1", "\ufeff1,1,1,1,1,1", "9,99999999999,1,1,1,1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		boxes, err := ReadMOT(strings.NewReader(text))
		if err != nil {
			if boxes != nil {
				t.Fatal("boxes and an error")
			}
			return
		}
		seen := map[[2]int]bool{}
		for _, b := range boxes {
			if b.Frame < 1 || b.ID < -1 || !b.Box.Finite() || !(b.Box.Area() > 0) {
				t.Fatalf("%+v cannot be", b)
			}
			key := [2]int{b.Frame, b.ID}
			if b.ID >= 0 && seen[key] {
				t.Fatalf("%+v: twice in a frame", b)
			}
			seen[key] = true
		}
	})
}

// TestMOTReal reads, writes and reads sequences again. Boxes and animals: wc -l and cut -d, -f2 | sort -u.
func TestMOTReal(t *testing.T) {
	for _, c := range []struct {
		path           string
		boxes, animals int
		media          annotate.Media
		name           string
	}{
		{"deepfish/clips/dev_7426_no_fish.gt.txt", 0, 0, annotate.Media{Name: "dev_7426_no_fish", Video: true}, ""},
		{"deepfish/clips/dev_7585_F1.gt.txt", 82, 4, annotate.Media{Name: "dev_7585_F1", Video: true}, "1"},
		{"deepfish/clips/dev_7623_F2.gt.txt", 72, 2, annotate.Media{Name: "dev_7623_F2", Video: true}, "1"},
		{"deepfish/clips/dev_9866_acanthopagrus_and_caranx.gt.txt", 111, 3, annotate.Media{Name: "dev_9866_acanthopagrus_and_caranx", Video: true}, "1"},
		{"deepfish/clips/dev_9870_gerres.gt.txt", 45, 1, annotate.Media{Name: "dev_9870_gerres", Video: true}, "1"},
		{"formats/datumaro_samples/tests/assets/mot_dataset/mot_seq/gt/gt.txt", 1, 0, annotate.Media{Name: "gt/gt", Video: true}, "label_2"},
		{"formats/datumaro_samples/tests/assets/mot_dataset/mot_seq_with_seqinfo/gt/gt.txt", 1, 0,
			annotate.Media{Name: "Test", Video: true, W: 16, H: 16, Rate: frame.Rational{Num: 10, Den: 1}, Frames: 1}, "label_2"},
	} {
		t.Run(c.path, func(t *testing.T) {
			records := roundTracks(t, MOT(), c.path, Input{})
			_, tracks, marks := countTracks(records)
			if marks != c.boxes || tracks != c.animals || !reflect.DeepEqual(records[0], c.media) {
				t.Errorf("%d marks, %d tracks of %+v, want %+v", marks, tracks, records[0], c)
			}
			for _, r := range records {
				if m, ok := r.(annotate.Mark); ok && annotate.Best(m.Names) != c.name {
					t.Errorf("name %v, want %s", m.Names, c.name)
				}
			}
		})
	}
}

func FuzzMOT(f *testing.F) {
	for _, s := range []string{"1,-1,0,4,4,8,1,3,1.0\n", "1,1,10,20,30,40,1,1,0\n2,1,1,1,1,1,0.5\n", "1,2,3,4,5,6,7,8,9,10\n", "1,3,1,1,1,1,0,0,-1\n1,4,1,1,1,1,-1,-1,-1\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, MOT(), "x.gt.txt", data) })
}
