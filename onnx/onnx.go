// Package onnx's noun is an ONNX file: a network that anyone can run. It owns
// reading a file's facts without loading it (Read), writing one (Graph), finding
// ONNX Runtime's library (Library) and running a file with it (Session). It does not
// know what a network is for: detect does.
//
// The format is onnx.proto of ONNX 1.11 (IR version 8, operator set 16).
package onnx

import (
	"fmt"
	"strconv"
	"strings"
)

// Type is the type of a tensor's elements, as onnx.proto's TensorProto.DataType
// numbers them.
type Type int32

const (
	Float32 Type = 1
	Uint8   Type = 2
	Int32   Type = 6
	Int64   Type = 7
	Bool    Type = 9
	Float16 Type = 10
	Float64 Type = 11
)

func (t Type) String() string {
	switch t {
	case Float32:
		return "float32"
	case Uint8:
		return "uint8"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	case Bool:
		return "bool"
	case Float16:
		return "float16"
	case Float64:
		return "float64"
	}
	return fmt.Sprintf("type %d", int32(t))
}

// Dim is one dimension of a declared shape. Size is -1 where the file leaves it
// open; Name is then what the file calls it, if anything.
type Dim struct {
	Size int64  `json:"size"`
	Name string `json:"name,omitempty"`
}

// Value is a declared input or output of a network.
type Value struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	// Dims is nil where no shape is declared, empty for a scalar.
	Dims []Dim `json:"dims"`
}

// Shape is the dimensions' sizes, -1 for each that is open.
func (v Value) Shape() []int64 {
	shape := make([]int64, len(v.Dims))
	for i, d := range v.Dims {
		shape[i] = d.Size
	}
	return shape
}

// String writes a value as "images float32[1,3,height,width]".
func (v Value) String() string {
	if v.Dims == nil {
		return fmt.Sprintf("%s %s[no shape]", v.Name, v.Type)
	}
	dims := make([]string, len(v.Dims))
	for i, d := range v.Dims {
		switch {
		case d.Size >= 0:
			dims[i] = strconv.FormatInt(d.Size, 10)
		case d.Name != "":
			dims[i] = d.Name
		default:
			dims[i] = "?"
		}
	}
	return fmt.Sprintf("%s %s[%s]", v.Name, v.Type, strings.Join(dims, ","))
}

// Tensor is a block of numbers, row by row. Exactly one of F32, U8 and I64 holds
// them, and says the type.
type Tensor struct {
	Shape []int64
	F32   []float32
	U8    []uint8
	I64   []int64
}

// elements is the product of a shape, an error where it is negative or too large to
// be meant.
func elements(shape []int64) (int, error) {
	const most = 1 << 31
	n := int64(1)
	for _, d := range shape {
		if d < 0 || d > most {
			return 0, fmt.Errorf("shape %v: a dimension of %d", shape, d)
		}
		if n *= d; n > most {
			return 0, fmt.Errorf("shape %v: more than %d elements", shape, int64(most))
		}
	}
	return int(n), nil
}

// Type is the type of the elements.
func (t Tensor) Type() Type {
	switch {
	case t.U8 != nil:
		return Uint8
	case t.I64 != nil:
		return Int64
	}
	return Float32
}
