package onnx

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/realdata"
)

// library skips the test where ONNX Runtime is absent.
func library(t testing.TB) {
	t.Helper()
	if _, err := Library(); err != nil {
		t.Skip(err)
	}
}

func run(t *testing.T, s *Session, in ...Tensor) []Tensor {
	t.Helper()
	out, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRun(t *testing.T) {
	library(t)
	s, err := OpenBytes(double().Bytes(), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x := []float32{1, 2.5, -3}
	out := run(t, s, Tensor{Shape: []int64{1, 3}, F32: x})
	if !slices.Equal(out[0].F32, []float32{2, 5, -6}) || !slices.Equal(out[0].Shape, []int64{1, 3}) {
		t.Errorf("got %+v", out[0])
	}
	x[0] = 10 // the same memory again; the first result stays as it was
	if again := run(t, s, Tensor{Shape: []int64{1, 3}, F32: x}); again[0].F32[0] != 20 || out[0].F32[0] != 2 {
		t.Errorf("again %v, first %v", again[0].F32, out[0].F32)
	}
	if s.Version() == "" {
		t.Error("no version")
	}
	for _, bad := range [][]Tensor{
		{},
		{{Shape: []int64{1, 3}, F32: x[:2]}},
		{{Shape: []int64{1, -3}, F32: x}},
		{{Shape: []int64{3}, F32: x}}, // rank
		{{Shape: []int64{1, 3}, U8: []byte{1, 2, 3}}}, // type
	} {
		if _, err := s.Run(bad); err == nil {
			t.Errorf("input %v: no error", bad)
		}
	}
}

// All the types that detectors use, an output without elements among them.
func TestTypes(t *testing.T) {
	library(t)
	var g Graph
	g.Input("x", Uint8, 1, 2)
	g.Output("f", Float32, 1, 2)
	g.Output("i", Int64, 1, 2)
	g.Output("i32", Int32, 1, 2)
	g.Output("d", Float64, 1, 2)
	g.Output("u", Uint8, 1, 2)
	g.Output("none", Float32, -1, 2)
	for name, kind := range map[string]Type{"f": Float32, "i": Int64, "i32": Int32, "d": Float64} {
		g.Node("Cast", []string{"x"}, []string{name}, Attributes{"to": int64(kind)})
	}
	g.Node("Identity", []string{"x"}, []string{"u"}, nil)
	g.Constant("zero", Tensor{Shape: []int64{1}, I64: []int64{0}})
	g.Node("Slice", []string{"f", "zero", "zero", "zero"}, []string{"none"}, nil)
	s, err := OpenBytes(g.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := run(t, s, Tensor{Shape: []int64{1, 2}, U8: []byte{7, 255}})
	want := []float32{7, 255}
	for i, o := range out[:5] {
		got := o.F32
		for _, v := range o.I64 {
			got = append(got, float32(v))
		}
		for _, v := range o.U8 {
			got = append(got, float32(v))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", s.Outputs[i].Name, got, want)
		}
	}
	if !slices.Equal(out[5].Shape, []int64{0, 2}) || len(out[5].F32) != 0 {
		t.Errorf("an empty output came as %+v", out[5])
	}
}

func TestAttributesReachTheRuntime(t *testing.T) {
	library(t)
	var g Graph
	g.Input("x", Float32, 1, 1, 2, 2)
	g.Constant("w", Tensor{Shape: []int64{1, 1, 2, 2}, F32: []float32{1, 2, 3, 4}})
	g.Node("Conv", []string{"x", "w"}, []string{"c"}, Attributes{
		"kernel_shape": []int64{2, 2}, "pads": []int64{0, 0, 1, 1}, "auto_pad": "NOTSET", "group": 1})
	g.Node("LeakyRelu", []string{"c"}, []string{"l"}, Attributes{"alpha": float32(0.5)})
	g.Node("Constant", nil, []string{"one"}, Attributes{"value": Tensor{Shape: []int64{1}, F32: []float32{1}}})
	g.Node("Constant", nil, []string{"pair"}, Attributes{"value_floats": []float32{0, 10}})
	g.Node("Add", []string{"l", "one"}, []string{"a"}, nil)
	g.Node("Add", []string{"a", "pair"}, []string{"y"}, nil)
	g.Output("y", Float32, 1, 1, 2, 2)
	s, err := OpenBytes(g.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := run(t, s, Tensor{Shape: []int64{1, 1, 2, 2}, F32: []float32{1, 0, 0, -1}})
	// Padded below and to the right: 1·1+4·(-1) = -3; 3·(-1) = -3; 2·(-1) = -2;
	// 1·(-1) = -1, halved where negative, plus one, plus 0 and 10 by column.
	if want := []float32{-0.5, 9.5, 0, 10.5}; !slices.Equal(out[0].F32, want) {
		t.Errorf("got %v, want %v", out[0].F32, want)
	}
}

func TestOpenErrors(t *testing.T) {
	library(t)
	var g Graph
	g.Input("x", Float32, 1)
	g.Output("y", Float32, 1)
	g.Node("NoSuchOperator", []string{"x"}, []string{"y"}, nil)
	if _, err := OpenBytes(g.Bytes(), Options{}); err == nil || !strings.Contains(err.Error(), "NoSuchOperator") {
		t.Errorf("unknown operator: %v", err)
	}
	if _, err := OpenBytes(double().Bytes(), Options{Device: "abacus"}); err == nil || !strings.Contains(err.Error(), "cpu or cuda") {
		t.Errorf("unknown device: %v", err)
	}
	if s, err := OpenBytes(double().Bytes(), Options{Device: "cuda"}); err == nil {
		s.Close()
		t.Log("this library has CUDA")
	} else if !strings.Contains(err.Error(), "--device cpu") {
		t.Errorf("no CUDA: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.onnx"), nil, Options{}); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
	s, err := OpenBytes(double().Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error("closing twice:", err)
	}
	if _, err := s.Run([]Tensor{{Shape: []int64{1, 1}, F32: []float32{1}}}); err == nil {
		t.Error("a closed network ran")
	}
}

func TestExternalWeightsRun(t *testing.T) {
	library(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "with space é.onnx")
	os.WriteFile(path, external("m.data"), 0o644)
	os.WriteFile(filepath.Join(folder, "m.data"), []byte{0, 0, 0, 0, 0, 0, 0, 64}, 0o644)
	s, err := Open(path, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if out := run(t, s, Tensor{Shape: []int64{1, 1}, F32: []float32{4}}); out[0].F32[0] != 8 {
		t.Errorf("got %v", out[0].F32)
	}
}

// Two networks at once in one process, and the same input giving the same bits
// however many threads there are.
func TestTwoSessionsAndDeterminism(t *testing.T) {
	library(t)
	path := realdata.Path(t, "models", "yolox_nano_kazuhito_fish.onnx")
	input := Tensor{Shape: []int64{1, 3, 416, 416}, F32: make([]float32, 3*416*416)}
	for i := range input.F32 {
		input.F32[i] = float32(i * 2654435761 % 256)
	}
	var results [][]float32
	for _, threads := range []int{1, 2, 2} {
		s, err := Open(path, nil, Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range 2 {
			results = append(results, run(t, s, input)[0].F32)
		}
	}
	for i, r := range results {
		for j := range r {
			if math.Float32bits(r[j]) != math.Float32bits(results[0][j]) {
				t.Fatalf("run %d differs at %d: %g, %g", i, j, r[j], results[0][j])
			}
		}
	}
}
