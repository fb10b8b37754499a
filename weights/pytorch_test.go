package weights

import (
	"archive/zip"
	"bytes"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/realdata"
)

// The files of testdata were written by PyTorch 1.13 (make.py beside them).
func TestReadPyTorch(t *testing.T) {
	want := map[string][]int{
		"conv.weight": {2, 3}, "half": {4}, "bfloat16": {4}, "double": {3}, "transposed": {3, 2}, "every second from 1": {6},
		"scalar": nil, "none": {0, 3}, "bn.num_batches_tracked": nil,
	}
	for _, file := range []string{"zip.pth", "stream.pth", "nested.pth", "nested_stream.pth", "list.pth"} {
		w, err := Read(filepath.Join("testdata", file))
		if err != nil {
			t.Error(err)
			continue
		}
		if names := slices.Sorted(maps.Keys(w)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s holds %v", file, names)
		}
		for name, v := range w {
			if !slices.Equal(v.Shape, want[name]) {
				t.Errorf("%s: %s is %v, want %v", file, name, v.Shape, want[name])
			}
			for i, x := range v.Values {
				should := float32(i) + 0.5
				if name == "bn.num_batches_tracked" {
					should = 7
				}
				if x != should {
					t.Errorf("%s: %s[%d] is %g, want %g", file, name, i, x, should)
				}
			}
		}
	}
}

// What PyTorch itself says of these files.
func TestReadPyTorchFiles(t *testing.T) {
	for file, c := range map[string]struct {
		tensors, numbers int
		sum              float64
	}{
		"FastestDet_weight_AP05_0.253207_280-epoch.pth": {420, 252938, 10225.236767877195},
		"shufflenetv2.pth": {330, 149095, 8439.022116828875},
	} {
		w, err := Read(realdata.Path(t, "models", "shufflenetv2_fastestdet", file))
		if err != nil {
			t.Error(err)
			continue
		}
		numbers, sum := 0, 0.0
		for name, v := range w {
			numbers += len(v.Values)
			for _, x := range v.Values {
				if !strings.HasSuffix(name, "num_batches_tracked") {
					sum += math.Abs(float64(x))
				}
			}
		}
		if len(w) != c.tensors || numbers != c.numbers || math.Abs(sum/c.sum-1) > 1e-9 {
			t.Errorf("%s: %d tensors of %d numbers, together %.6f; want %+v", file, len(w), numbers, sum, c)
		}
	}
}

// pickled is a zip as torch.save lays it out.
func pickled(t testing.TB, text string, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, data string) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("data.pkl", text)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		add(name, parts[name])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tensorText is a pickle of {"w": a view of storage "0" of n numbers}; view is the
// pickle of offset, size and stride.
func tensorText(class, n, view string) string {
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n" + class +
		"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + n + "tQ" + view + "\x89ccollections\nOrderedDict\n)RtRs."
}

func TestPyTorchErrors(t *testing.T) {
	numbers := map[string]string{"data/0": strings.Repeat("\x00\x00\x80\x3f", 4)}
	plain := "K\x00K\x02\x85K\x01\x85" // from 0, 2 numbers, one after another
	for name, c := range map[string]struct {
		file []byte
		want string // "": none
	}{
		"a tensor":                {pickled(t, tensorText("FloatStorage", "K\x04", plain), numbers), ""},
		"past its storage":        {pickled(t, tensorText("FloatStorage", "K\x04", "K\x03K\x02\x85K\x01\x85"), numbers), "truncated"},
		"strides past it":         {pickled(t, tensorText("FloatStorage", "K\x04", "K\x00K\x02\x85K\x04\x85"), numbers), "truncated"},
		"a huge stride":           {pickled(t, tensorText("FloatStorage", "K\x04", "K\x00K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"), numbers), "truncated"},
		"a negative offset":       {pickled(t, tensorText("FloatStorage", "K\x04", "J\xff\xff\xff\xffK\x02\x85K\x01\x85"), numbers), "truncated"},
		"a negative stride":       {pickled(t, tensorText("FloatStorage", "K\x04", "K\x01K\x02\x85J\xff\xff\xff\xff\x85"), numbers), "truncated"},
		"a negative size":         {pickled(t, tensorText("FloatStorage", "K\x04", "K\x00J\xfe\xff\xff\xff\x85K\x01\x85"), numbers), "negative"},
		"larger than its storage": {pickled(t, tensorText("FloatStorage", "K\x04", "K\x00M\x00\x40\x85K\x00\x85"), numbers), "larger than the file"},
		"a storage cut off":       {pickled(t, tensorText("FloatStorage", "K\x05", plain), numbers), "truncated"},
		"a storage missing":       {pickled(t, tensorText("FloatStorage", "K\x04", plain), nil), `lacks its part "data/0"`},
		"quantised":               {pickled(t, tensorText("QInt8Storage", "K\x04", plain), numbers), "QInt8Storage"},
		"no weights":              {pickled(t, "\x80\x02}X\x05\x00\x00\x00epochK\x03s.", nil), "holds no weights"},
		"no end":                  {pickled(t, "\x80\x02}", nil), "truncated"},
		"an empty stack":          {pickled(t, "\x80\x020.", nil), "damaged"},
		"below a mark":            {pickled(t, "\x80\x02K\x01(a.", nil), "damaged"},
		"an unknown operator":     {pickled(t, "\x80\x02\xff.", nil), "operator 0xff"},
		"big-endian":              {pickled(t, tensorText("FloatStorage", "K\x04", plain), map[string]string{"byteorder": "big", "data/0": ""}), "big-endian"},
		"a zip of other things":   {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "none that torch.save wrote"},
		"half a zip":              {pickled(t, "\x80\x02}.", nil)[:60], "damaged zip"},
	} {
		_, err := readPyTorch(zipped, bytes.NewReader(c.file), int64(len(c.file)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	if _, err := Read("testdata/object.pth"); err == nil || !strings.Contains(err.Error(), "ultralytics.nn.tasks.Mine") {
		t.Errorf("an object of a program: %v", err)
	}
	whole, err := os.ReadFile("testdata/stream.pth")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) { // every cut is an error
		if _, err := readPyTorch(stream, bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Errorf("cut after %d of %d bytes: no error", n, len(whole))
		}
	}
	if _, err := readPyTorch(stream, strings.NewReader("\x80\x02K\x01."), 5); err == nil || !strings.Contains(err.Error(), "none that torch.save wrote") {
		t.Errorf("any pickle: %v", err)
	}
}

// A pickle calls nothing: what would run a command is an opaque value.
func TestPickleRunsNothing(t *testing.T) {
	v, _, err := unpickle([]byte("cos\nsystem\n(S'touch /tmp/owned'\ntR."), call, persistent(nil))
	if o, ok := v.(*pyObject); err != nil || !ok || o.class != "os.system" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestPickledNumbers(t *testing.T) {
	for text, want := range map[string]any{
		"\x8a\x01\xff.": int64(-1), "\x8a\x02\xff\x00.": int64(255), "\x8a\x00.": int64(0), "\x8a\x02\x00\x80.": int64(-32768),
		"J\xfe\xff\xff\xff.": int64(-2), "I42\n.": int64(42), "L-7L\n.": int64(-7), "F1.5\n.": 1.5,
		"G\x3f\xf8\x00\x00\x00\x00\x00\x00.": 1.5, "N.": nil, "\x88.": true, "\x8b\x02\x00\x00\x00\x00\x01.": int64(256),
	} {
		if got, _, err := unpickle([]byte(text), call, persistent(nil)); err != nil || got != want {
			t.Errorf("%q: %v (%v), want %v", text, got, err, want)
		}
	}
}

// Whatever the bytes: no panic, and no more memory than they call for.
func FuzzReadPyTorch(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pth")
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frugal(t, len(b), func() {
			for _, format := range []format{zipped, stream} {
				w, err := readPyTorch(format, bytes.NewReader(b), int64(len(b)))
				if err == nil && len(w) == 0 {
					t.Error("no weights and no error")
				}
			}
		})
	})
}

// The pickle alone, since a zip's checksums keep fuzzing out of it.
func FuzzUnpickle(f *testing.F) {
	f.Add([]byte(tensorText("FloatStorage", "K\x04", "K\x00K\x02\x85K\x01\x85")))
	f.Add([]byte("\x80\x02}(X\x01\x00\x00\x00aK\x01h\x00u."))
	f.Add([]byte("\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01M\x02\x00\x8a\x01\xffe0cos\nsystem\n(tR."))
	f.Fuzz(func(t *testing.T, b []byte) {
		frugal(t, len(b), func() {
			root, end, err := unpickle(b, call, persistent(map[string]*storage{}))
			if err != nil {
				return
			}
			if end < 1 || end > len(b) {
				t.Errorf("it ends at %d of %d", end, len(b))
			}
			c := &checkpoint{root: root, size: int64(len(b)), loaded: map[string][]float32{}}
			c.load = func(*storage) ([]byte, error) { return b, nil }
			c.weights()
		})
	})
}
