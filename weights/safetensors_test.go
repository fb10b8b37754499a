package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"requin/nn"
	"requin/realdata"
)

func example() File {
	return File{
		Weights: nn.Weights{
			"b.weight": {Shape: []int{2, 1}, Values: []float32{1.5, float32(math.Inf(-1))}},
			"a":        {Shape: []int{}, Values: []float32{-0.25}},
			"none":     {Shape: []int{0, 3}, Values: []float32{}},
			"é \"q\"":  {Shape: []int{3}, Values: []float32{1e-45, 3e38, 0}},
		},
		Metadata: map[string]string{"requin.state": `{"step": 3}`, "a": "ü"},
	}
}

func encode(t testing.TB, f File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(b []byte) (File, error) { return ReadSafetensors(bytes.NewReader(b), int64(len(b))) }

func TestSafetensorsComesBack(t *testing.T) {
	file := encode(t, example())
	got, err := decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, example()) {
		t.Errorf("got  %+v\nwant %+v", got, example())
	}
	if !bytes.Equal(file, encode(t, example())) {
		t.Error("the same content gave other bytes")
	}
	if n := binary.LittleEndian.Uint64(file); n%8 != 0 {
		t.Errorf("the header of %d bytes leaves the numbers unaligned", n)
	}
	if got, err := decode(encode(t, File{})); err != nil || len(got.Weights) != 0 {
		t.Errorf("an empty file: %+v, %v", got, err)
	}
}

// raw is a file of a header and bytes.
func raw(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

func TestTypesOfNumbers(t *testing.T) {
	f64 := binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.1))
	for _, c := range []struct {
		kind string
		data []byte
		want []float32
	}{
		{"F16", []byte{0x01, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00, 0x00, 0x80, 0xff, 0x83}, []float32{1 + 1./1024, -2, 65504, 1. / (1 << 24), 0, -1023. / (1 << 24)}},
		{"F16", []byte{0x00, 0x7c, 0x00, 0xfc}, []float32{float32(math.Inf(1)), float32(math.Inf(-1))}},
		{"BF16", []byte{0x80, 0x3f, 0x49, 0xc0}, []float32{1, -3.140625}},
		{"F64", f64, []float32{0.1}},
		{"I64", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []float32{-1}},
		{"I32", []byte{0, 0, 0, 1}, []float32{1 << 24}},
		{"I16", []byte{0xfe, 0xff}, []float32{-2}},
		{"BOOL", []byte{1, 0}, []float32{1, 0}},
	} {
		got, err := dtype(c.kind).values(c.data)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v (%v), want %v", c.kind, got, err, c.want)
		}
	}
	if v := half(0x7e00); v == v {
		t.Errorf("half's not-a-number is %g", v)
	}
	for _, kind := range []string{"I8", "U8", "F8_E4M3", "", "I64"} {
		if _, err := dtype(kind).values([]byte{1, 0, 0, 1, 0, 0, 0, 0}); err == nil {
			t.Errorf("%s was read", kind)
		}
	}
}

func TestSafetensorsErrors(t *testing.T) {
	good := encode(t, example())
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":          {nil, "truncated"},
		"cut":              {good[:len(good)-1], "truncated"},
		"longer":           {append(slices.Clone(good), 0), "left over"},
		"a lying header":   {binary.LittleEndian.AppendUint64(nil, 1<<60), "truncated"},
		"a huge header":    {append(binary.LittleEndian.AppendUint64(nil, 90_000_000), '{'), "truncated"},
		"no JSON":          {raw("{]"), "damaged"},
		"a hole":           {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 0, 0, 0, 0, 0, 0, 0, 0), "do not follow"},
		"overlapping":      {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "do not follow"},
		"other shape":      {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `"a"`},
		"a huge shape":     {raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `"a"`},
		"negative":         {raw(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "negative"},
		"backwards":        {raw(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,-4]}}`), "do not follow"},
		"quantised":        {raw(`{"a.weight":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 7), "quantised"},
		"metadata, a tree": {raw(`{"__metadata__":{"a":{}}}`), "damaged"},
	} {
		if _, err := decode(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	for name, f := range map[string]File{
		"too few values":    {Weights: nn.Weights{"w": {Shape: []int{2}, Values: []float32{1}}}},
		"a reserved name":   {Weights: nn.Weights{"__metadata__": {}}},
		"a name of no text": {Weights: nn.Weights{"\xff": {Shape: []int{0}}}},
		"metadata of none":  {Metadata: map[string]string{"a": "\xff"}},
	} {
		if err := Write(&bytes.Buffer{}, f); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if err := Write(full{}, example()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReadSafetensorsFiles(t *testing.T) {
	for file, c := range map[string]struct {
		tensors int
		name    string
		shape   []int
	}{
		"mobilenet_v1_1.0_224_imagenet_no_pw13.safetensors": {136, "conv1/kernel", []int{3, 3, 3, 32}},
		"squeezenet1.1_imagenet_from_ncnn_fp16.safetensors": {52, "conv1.weight", []int{64, 3, 3, 3}},
	} {
		w, err := Read(realdata.Path(t, "models", file))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(w) != c.tensors || !slices.Equal(w[c.name].Shape, c.shape) {
			t.Errorf("%s: %d tensors, %s %v", file, len(w), c.name, w[c.name].Shape)
		}
		finite(t, file, w)
	}
}

// finite holds that there are weights which a network may have.
func finite(t *testing.T, file string, w nn.Weights) {
	t.Helper()
	for name, v := range w {
		sum := 0.0
		for _, x := range v.Values {
			sum += math.Abs(float64(x))
		}
		if mean := sum / float64(max(1, len(v.Values))); math.IsNaN(mean) || mean > 1e4 && !strings.HasSuffix(name, "num_batches_tracked") {
			t.Errorf("%s: %s is %g in the mean", file, name, mean)
		}
	}
}

func TestReadTellsWhatAFileIs(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct{ data, want string }{
		"empty":    {"", "is empty"},
		"lfs":      {"version https://git-lfs.github.com/spec/v1\n", "Git LFS"},
		"keras.h5": {"\x89HDF\r\n\x1a\n", "HDF5"},
		"text":     {"hello there", "no file of weights"},
		"tar":      {"pickle" + strings.Repeat("\x00", 251) + "ustar", "tar"},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Read(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(folder, "named.pth") // by content, not by name
	if err := os.WriteFile(path, encode(t, example()), 0o644); err != nil {
		t.Fatal(err)
	}
	if w, err := Read(path); err != nil || !slices.Equal(slices.Sorted(maps.Keys(w)), slices.Sorted(maps.Keys(example().Weights))) {
		t.Errorf("safetensors by another name: %v, %v", w, err)
	}
}

// frugal holds that a reader takes no more memory than a file of that size calls for.
func frugal(t *testing.T, size int, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(1<<20+2000*size) {
		t.Errorf("a file of %d bytes took %d", size, took)
	}
}

func FuzzReadSafetensors(f *testing.F) {
	f.Add(encode(f, example()))
	f.Add(raw(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<40))
	f.Fuzz(func(t *testing.T, b []byte) {
		frugal(t, len(b), func() {
			file, err := decode(b)
			if err != nil {
				return
			}
			again, err := decode(encode(t, file))
			if err != nil || len(again.Weights) != len(file.Weights) || !maps.Equal(again.Metadata, file.Metadata) {
				t.Errorf("read, written and read again: %v", err)
			}
		})
	})
}
