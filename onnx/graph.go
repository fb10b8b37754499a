package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	irVersion = 8  // ONNX 1.10 to 1.12
	opset     = 16 // of ONNX 1.11: read by every ONNX Runtime since 1.11
	producer  = "requin"
)

// Graph builds an ONNX file, operator set 16. Values are joined by name; nodes are
// written in the order in which they are added, which must be the order in which
// they run.
//
// Worked example, y = 2x:
//
//	var g onnx.Graph
//	g.Input("x", onnx.Float32, 1, 3)
//	g.Constant("two", onnx.Tensor{Shape: []int64{1}, F32: []float32{2}})
//	g.Node("Mul", []string{"x", "two"}, []string{"y"}, nil)
//	g.Output("y", onnx.Float32, 1, 3)
//	err := os.WriteFile("double.onnx", g.Bytes(), 0o644)
type Graph struct {
	Name     string
	Metadata map[string]string // written in order of key, so that the same graph gives the same bytes
	nodes    [][]byte
	weights  [][]byte
	inputs   [][]byte
	outputs  [][]byte
}

// Attributes are the settings of a node. A value is an int64, int, float32, string,
// []int64, []float32 or Tensor; any other panics, since it is a mistake of the
// program.
type Attributes map[string]any

// Input declares an input; a dimension of -1 is left open.
func (g *Graph) Input(name string, t Type, dims ...int64) {
	g.inputs = append(g.inputs, value(name, t, dims))
}

// Output declares an output; a dimension of -1 is left open.
func (g *Graph) Output(name string, t Type, dims ...int64) {
	g.outputs = append(g.outputs, value(name, t, dims))
}

// Constant adds an initialiser: numbers that lie in the file.
func (g *Graph) Constant(name string, t Tensor) {
	g.weights = append(g.weights, tensor(name, t))
}

// Node adds an operator of the standard set.
func (g *Graph) Node(op string, inputs, outputs []string, attributes Attributes) {
	var b []byte
	for _, in := range inputs {
		b = text(b, 1, in)
	}
	for _, out := range outputs {
		b = text(b, 2, out)
	}
	b = text(b, 3, fmt.Sprintf("%s_%d", op, len(g.nodes)))
	b = text(b, 4, op)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		b = message(b, 5, attribute(name, attributes[name]))
	}
	g.nodes = append(g.nodes, b)
}

// Bytes is the file.
func (g *Graph) Bytes() []byte {
	name := g.Name
	if name == "" {
		name = "graph" // the checker wants one
	}
	parts := []struct {
		number protowire.Number
		items  [][]byte
	}{{1, g.nodes}, {2, [][]byte{[]byte(name)}}, {5, g.weights}, {11, g.inputs}, {12, g.outputs}}
	size := 0 // known before, so that weights are copied once
	for _, part := range parts {
		for _, item := range part.items {
			size += protowire.SizeTag(part.number) + protowire.SizeBytes(len(item))
		}
	}
	end := message(nil, 8, number(text(nil, 1, ""), 2, opset))
	for _, key := range slices.Sorted(maps.Keys(g.Metadata)) {
		end = message(end, 14, text(text(nil, 1, key), 2, g.Metadata[key]))
	}
	b := make([]byte, 0, size+len(end)+64)
	b = number(b, 1, irVersion)
	b = text(b, 2, producer)
	b = protowire.AppendVarint(protowire.AppendTag(b, 7, protowire.BytesType), uint64(size))
	for _, part := range parts {
		for _, item := range part.items {
			b = message(b, part.number, item)
		}
	}
	return append(b, end...)
}

// WriteTo writes the file.
func (g *Graph) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(g.Bytes())
	return int64(n), err
}

// value is a ValueInfoProto.
func value(name string, t Type, dims []int64) []byte {
	var shape []byte
	for _, d := range dims {
		var dim []byte
		if d >= 0 {
			dim = number(nil, 1, d)
		}
		shape = message(shape, 1, dim)
	}
	tensor := message(number(nil, 1, int64(t)), 2, shape)
	return message(text(nil, 1, name), 2, message(nil, 1, tensor))
}

// tensor is a TensorProto, its numbers in raw_data.
func tensor(name string, t Tensor) []byte {
	var b []byte
	for _, d := range t.Shape {
		b = number(b, 1, d)
	}
	b = number(b, 2, int64(t.Type()))
	b = text(b, 8, name)
	size := 4*len(t.F32) + 8*len(t.I64) + len(t.U8)
	b = slices.Grow(b, size+16)
	b = protowire.AppendVarint(protowire.AppendTag(b, 9, protowire.BytesType), uint64(size))
	switch t.Type() {
	case Float32:
		for _, x := range t.F32 {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	case Int64:
		for _, x := range t.I64 {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
	case Uint8:
		b = append(b, t.U8...)
	}
	return b
}

// attribute is an AttributeProto; field 20 says which kind it is.
func attribute(name string, v any) []byte {
	b := text(nil, 1, name)
	switch v := v.(type) {
	case float32:
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(v))
		return number(b, 20, 1)
	case int:
		return number(number(b, 3, int64(v)), 20, 2)
	case int64:
		return number(number(b, 3, v), 20, 2)
	case string:
		return number(text(b, 4, v), 20, 3)
	case Tensor:
		return number(message(b, 5, tensor("", v)), 20, 4)
	case []float32:
		for _, x := range v {
			b = protowire.AppendTag(b, 7, protowire.Fixed32Type)
			b = protowire.AppendFixed32(b, math.Float32bits(x))
		}
		return number(b, 20, 6)
	case []int64:
		for _, x := range v {
			b = number(b, 8, x)
		}
		return number(b, 20, 7)
	}
	panic(fmt.Sprintf("onnx: attribute %s: ONNX has no attribute of type %T", name, v))
}

func number(b []byte, n protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
}

func text(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func message(b []byte, n protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), m)
}
