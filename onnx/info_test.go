package onnx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/realdata"
)

// double is the worked example of Graph: y = 2x.
func double() *Graph {
	g := &Graph{Name: "double", Metadata: map[string]string{"names": "{0: 'fish'}", "empty": ""}}
	g.Input("x", Float32, 1, -1)
	g.Constant("two", Tensor{Shape: []int64{1}, F32: []float32{2}})
	g.Node("Mul", []string{"x", "two"}, []string{"y"}, nil)
	g.Output("y", Float32, 1, -1)
	return g
}

func TestReadInfoOfWhatGraphWrote(t *testing.T) {
	file := double().Bytes()
	info, err := ReadInfo(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	want := &Info{
		IR: 8, Opset: 16, Producer: "requin", Graph: "double",
		Inputs:   []Value{{Name: "x", Type: Float32, Dims: []Dim{{Size: 1}, {Size: -1}}}},
		Outputs:  []Value{{Name: "y", Type: Float32, Dims: []Dim{{Size: 1}, {Size: -1}}}},
		Metadata: map[string]string{"names": "{0: 'fish'}", "empty": ""},
		Ops:      map[string]int{"Mul": 1},
		SHA256:   hex.EncodeToString(sum[:]),
	}
	if !reflect.DeepEqual(info, want) {
		t.Errorf("got  %+v\nwant %+v", info, want)
	}
	if !bytes.Equal(file, double().Bytes()) {
		t.Error("the same graph gave other bytes")
	}
	if got := info.Inputs[0].String(); got != "x float32[1,?]" {
		t.Errorf("an input reads %q", got)
	}
}

// Older exporters list initialisers among the inputs.
func TestInitialisersAreNoInputs(t *testing.T) {
	g := double()
	g.Input("two", Float32, 1)
	info, err := ReadInfo(bytes.NewReader(g.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Inputs) != 1 || info.Inputs[0].Name != "x" {
		t.Errorf("inputs %v, want x alone", info.Inputs)
	}
}

func TestReadErrorsSayWhatToDo(t *testing.T) {
	file := double().Bytes()
	for _, c := range []struct {
		name string
		data string
		want string
	}{
		{"empty", "", "is empty"},
		{"zip", "PK\x03\x04rest of a checkpoint", "PyTorch"},
		{"lfs", "version https://git-lfs.github.com/spec/v1\n", "Git LFS"},
		{"jpeg", "\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"},
		{"text", "hello, this is no network at all", "not an ONNX file"},
		{"zeros", strings.Repeat("\x00", 100), "not an ONNX file"},
		{"cut", string(file[:len(file)/2]), "truncated"},
		{"no network", string(file[:2]), "holds no network"},
		{"damaged", string(file[:20]) + strings.Repeat("\xff", len(file)-20), "ONNX file"},
		{"lying length", "\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\x7f", "truncated"},
	} {
		_, err := ReadInfo(strings.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	// Every cut is an error, but for one that leaves only metadata out.
	for n := range len(file) {
		info, err := ReadInfo(bytes.NewReader(file[:n]))
		if err == nil && len(info.Outputs) == 0 {
			t.Errorf("cut after %d bytes: no error and no outputs", n)
		}
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

// external is double with the weight in a second file, as onnx.save_model writes it.
func external(location string) []byte {
	g := double()
	w := number(nil, 1, 1)
	w = number(w, 2, int64(Float32))
	w = text(w, 8, "two")
	for _, kv := range [][2]string{{"location", location}, {"offset", "4"}, {"length", "4"}} {
		w = message(w, 13, text(text(nil, 1, kv[0]), 2, kv[1]))
	}
	g.weights = [][]byte{number(w, 14, 1)}
	return g.Bytes()
}

func TestExternalWeights(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "m.onnx")
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("m.onnx", external("m.data"))
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "copy both") {
		t.Errorf("missing weights: %v", err)
	}
	write("m.data", []byte{1, 2, 3, 4})
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("short weights: %v", err)
	}
	weights := []byte{0, 0, 0, 0, 0, 0, 0, 64} // 2.0 at offset 4
	write("m.data", weights)
	info, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(weights)
	if len(info.External) != 1 || info.External[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("external %+v", info.External)
	}
	write("m.onnx", external("../m.data"))
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "outside its folder") {
		t.Errorf("weights outside: %v", err)
	}
}

func TestReadRealFiles(t *testing.T) {
	for _, c := range []struct{ file, in, out string }{
		{"yolox_nano_coco.onnx", "images float32[1,3,416,416]", "output float32[1,3549,85]"},
		{"yolox_nano_kazuhito_fish.onnx", "images float32[1,3,416,416]", "output float32[1,3549,6]"},
	} {
		info, err := Read(realdata.Path(t, "models", c.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(info.Inputs) != 1 || info.Inputs[0].String() != c.in {
			t.Errorf("%s: inputs %v, want %s", c.file, info.Inputs, c.in)
		}
		if len(info.Outputs) != 1 || info.Outputs[0].String() != c.out {
			t.Errorf("%s: outputs %v, want %s", c.file, info.Outputs, c.out)
		}
		if info.Ops["Conv"] < 50 || info.Ops["Exp"] != 0 || info.Opset < 9 {
			t.Errorf("%s: opset %d, operators %v", c.file, info.Opset, info.Ops)
		}
	}
	info, err := Read(realdata.Path(t, "models", "nanodet_m_416_coco.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(info.Outputs, func(v Value) bool { return strings.HasPrefix(v.String(), "dis_pred_stride_8 float32") }) {
		t.Errorf("outputs %v", info.Outputs)
	}
	t.Log(info.Inputs, info.Outputs, info.Ops, info.Producer, info.Metadata)
}

// Whatever the bytes: no panic, no more memory than the bytes call for, and what is
// read is within the limits.
func FuzzReadInfo(f *testing.F) {
	f.Add(double().Bytes())
	f.Add(external("w.bin"))
	f.Add([]byte("\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := ReadInfo(bytes.NewReader(b))
		if err != nil {
			return
		}
		sum := sha256.Sum256(b)
		if info.SHA256 != hex.EncodeToString(sum[:]) {
			t.Error("the hash is not of the whole file")
		}
		for _, v := range append(info.Inputs, info.Outputs...) {
			for _, d := range v.Shape() {
				if d == 0 || d < -1 {
					t.Errorf("dimension %d", d)
				}
			}
		}
	})
}
