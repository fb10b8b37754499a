package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"requin/nn"
)

// model is what is wanted of an ONNX file: its nodes in the order in which they run,
// and the numbers that lie in it. Field numbers are those of onnx.proto.
type model struct {
	nodes   []node
	numbers map[string]*numbers // initialisers and Constant nodes
	order   []string            // their names
	inputs  map[string]bool
	outside func(location string, from, length int64) ([]byte, error) // external data
}

// node is an operator.
type node struct {
	op      string
	in, out []string
	ints    map[string][]int64 // attributes of whole numbers
	floats  map[string]float32
	value   *numbers // of a Constant
}

// most is how many nodes and how many tensors a file may have, and attributes a node:
// little bytes of a file become large things here.
const most, mostAttributes = 1 << 20, 64

// numbers are a TensorProto, read when they are asked for.
type numbers struct {
	name     string
	shape    []int
	kind     dtype
	raw      []byte
	outside  bool
	location string
	offset   int64
	length   int64 // -1: to the end
}

// readONNX reads the floating-point initialisers.
func readONNX(path string, r io.ReaderAt, size int64) (nn.Weights, error) {
	m, err := openModel(path, r, size)
	if err != nil {
		return nil, err
	}
	w := nn.Weights{}
	for _, name := range m.order {
		if t := m.numbers[name]; t.kind.float() {
			if w[name], err = m.weight(t); err != nil {
				return nil, err
			}
		}
	}
	if len(w) == 0 {
		return nil, errors.New("holds no weights")
	}
	return w, nil
}

// openModel parses a file; weights outside lie in path's folder.
func openModel(path string, r io.ReaderAt, size int64) (*model, error) {
	data, err := read(r, 0, size, size)
	if err != nil {
		return nil, err
	}
	m := &model{numbers: map[string]*numbers{}, inputs: map[string]bool{}, outside: beside(filepath.Dir(path))}
	graphs := 0
	err = fields(data, func(f field) error {
		if f.number != 7 {
			return nil
		}
		graphs++
		return fields(f.bytes, m.graph)
	})
	if err != nil {
		return nil, fmt.Errorf("is a damaged ONNX file: %w", err)
	}
	if graphs != 1 {
		return nil, errors.New("is not an ONNX file: it holds no network")
	}
	return m, nil
}

// beside reads external data, which must lie in the folder, each byte once.
func beside(folder string) func(string, int64, int64) ([]byte, error) {
	taken := map[string]int64{}
	return func(location string, from, length int64) ([]byte, error) {
		if !filepath.IsLocal(location) {
			return nil, fmt.Errorf("its weights are said to lie in %q, outside its folder: export it again with the weights beside it", location)
		}
		file, err := os.Open(filepath.Join(folder, location))
		if err != nil {
			return nil, fmt.Errorf("its weights lie in a second file, %q, which is not beside it: copy both", location)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		if length < 0 {
			length = info.Size() - from
		}
		if taken[location] += max(0, length); taken[location] > info.Size() {
			return nil, fmt.Errorf("its weights' file %q is smaller than its tensors together: copy it again", location)
		}
		b, err := read(file, from, length, info.Size())
		if err != nil {
			return nil, fmt.Errorf("its weights' file %q %w", location, err)
		}
		return b, nil
	}
}

// weight reads numbers.
func (m *model) weight(t *numbers) (nn.Weight, error) {
	fail := func(err error) (nn.Weight, error) { return nn.Weight{}, fmt.Errorf("%q: %w", t.name, err) }
	raw := t.raw
	if t.outside {
		var err error
		if raw, err = m.outside(t.location, t.offset, t.length); err != nil {
			return nn.Weight{}, err
		}
	}
	values, err := t.kind.values(raw)
	if err != nil {
		return fail(err)
	}
	n, err := count(t.shape, int64(len(values)))
	if err != nil {
		return fail(err)
	}
	if n != len(values) {
		return fail(fmt.Errorf("its shape %v does not fit its %d numbers", t.shape, len(values)))
	}
	return nn.Weight{Shape: t.shape, Values: values}, nil
}

// field is one field of a message.
type field struct {
	number protowire.Number
	varint uint64 // also of fixed fields
	bytes  []byte // nil where it is none of bytes
}

var errWire = errors.New("it is no protocol buffer")

// fields calls each for every field of a message.
func fields(b []byte, each func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		f := field{number: number}
		switch kind {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.varint = uint64(v)
		case protowire.Fixed64Type:
			f.varint, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = -1
		}
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

// ints appends a repeated whole number, packed or not.
func (f field) ints(to []int64) ([]int64, error) {
	if f.bytes == nil {
		return append(to, int64(f.varint)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, errWire
		}
		to, b = append(to, int64(v)), b[n:]
	}
	return to, nil
}

func (m *model) graph(f field) error {
	if len(m.nodes) == most || len(m.numbers) == most {
		return fmt.Errorf("it has more than %d nodes or tensors", most)
	}
	switch f.number {
	case 1:
		n := node{}
		if err := fields(f.bytes, n.field); err != nil {
			return err
		}
		if n.op == "Constant" && n.value != nil && len(n.out) == 1 {
			n.value.name = n.out[0]
			m.add(n.value)
		}
		m.nodes = append(m.nodes, n)
	case 5:
		t, err := tensor(f.bytes)
		if err != nil {
			return err
		}
		m.add(t)
	case 11:
		return fields(f.bytes, func(f field) error {
			if f.number == 1 {
				m.inputs[string(f.bytes)] = true
			}
			return nil
		})
	}
	return nil
}

func (m *model) add(t *numbers) {
	if m.numbers[t.name] == nil {
		m.order = append(m.order, t.name)
	}
	m.numbers[t.name] = t
}

func (n *node) field(f field) error {
	switch f.number {
	case 1:
		n.in = append(n.in, string(f.bytes))
	case 2:
		n.out = append(n.out, string(f.bytes))
	case 4:
		n.op = string(f.bytes)
	case 5:
		return n.attribute(f.bytes)
	}
	return nil
}

func (n *node) attribute(b []byte) error {
	name := ""
	var whole []int64
	var float *float32
	var value *numbers
	err := fields(b, func(f field) (err error) {
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			v := math.Float32frombits(uint32(f.varint))
			float = &v
		case 3, 8:
			whole, err = f.ints(whole)
		case 5:
			value, err = tensor(f.bytes)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(n.ints)+len(n.floats) == mostAttributes {
		return fmt.Errorf("a node has more than %d attributes", mostAttributes)
	}
	switch {
	case value != nil:
		n.value = value
	case float != nil:
		if n.floats == nil {
			n.floats = map[string]float32{}
		}
		n.floats[name] = *float
	default:
		if n.ints == nil {
			n.ints = map[string][]int64{}
		}
		n.ints[name] = whole
	}
	return nil
}

// tensor reads a TensorProto. Types that are no numbers of weights keep their name
// only.
func tensor(b []byte) (*numbers, error) {
	t := &numbers{length: -1}
	var dims []int64
	err := fields(b, func(f field) (err error) {
		switch f.number {
		case 1:
			dims, err = f.ints(dims)
		case 2:
			t.kind = kinds[f.varint]
		case 4, 5, 7, 10:
			return t.list(f)
		case 8:
			t.name = string(f.bytes)
		case 9:
			t.raw = slices.Clip(f.bytes) // list may append to it
		case 13:
			return t.external(f.bytes)
		case 14:
			t.outside = f.varint == 1
		}
		return err
	})
	for _, d := range dims {
		if d < 0 || d > math.MaxInt32 {
			return nil, fmt.Errorf("%q: a shape of %v", t.name, dims)
		}
		t.shape = append(t.shape, int(d))
	}
	return t, err
}

// kinds are the numbers of TensorProto.DataType.
var kinds = map[uint64]dtype{1: "F32", 5: "I16", 6: "I32", 7: "I64", 9: "BOOL", 10: "F16", 11: "F64", 16: "BF16"}

// list gathers numbers that are not written as raw bytes, packed or one by one.
// Exporters write the type before; 16-bit floats lie in the list of int32.
func (t *numbers) list(f field) error {
	le := binary.LittleEndian
	if f.number == 4 || f.number == 10 {
		if f.bytes != nil {
			t.raw = append(t.raw, f.bytes...)
		} else if f.number == 4 {
			t.raw = le.AppendUint32(t.raw, uint32(f.varint))
		} else {
			t.raw = le.AppendUint64(t.raw, f.varint)
		}
		return nil
	}
	whole, err := f.ints(nil)
	for _, v := range whole {
		switch t.kind.size() {
		case 1:
			t.raw = append(t.raw, byte(v))
		case 2:
			t.raw = le.AppendUint16(t.raw, uint16(v))
		case 4:
			t.raw = le.AppendUint32(t.raw, uint32(v))
		case 8:
			t.raw = le.AppendUint64(t.raw, uint64(v))
		}
	}
	return err
}

func (t *numbers) external(b []byte) error {
	key, value := "", ""
	err := fields(b, func(f field) error {
		switch f.number {
		case 1:
			key = string(f.bytes)
		case 2:
			value = string(f.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch key {
	case "location":
		t.location = value
	case "offset":
		t.offset, err = strconv.ParseInt(value, 10, 64)
	case "length":
		t.length, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil || t.offset < 0 || t.length < -1 {
		return fmt.Errorf("%q: where its numbers lie is not said: %q is %q", t.name, key, value)
	}
	return nil
}
