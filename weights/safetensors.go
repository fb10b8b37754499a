package weights

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"requin/nn"
)

// A safetensors file is the length of a header (8 bytes, little-endian), the header
// (JSON: name to dtype, shape and where its bytes lie), and the bytes, without holes.
// https://huggingface.co/docs/safetensors

// metadataName is the header's entry that is no tensor.
const metadataName = "__metadata__"

// mostHeader is the format's own limit.
const mostHeader = 100_000_000

// entry is a tensor in a header.
type entry struct {
	DType   dtype    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // from the end of the header: first, and behind the last
}

// ReadSafetensors reads a safetensors file of size bytes. F32, F16, BF16 and F64 come
// as float32, as do the whole numbers of I64, I32, I16 and BOOL where float32 holds
// them; other types are an error.
func ReadSafetensors(r io.ReaderAt, size int64) (File, error) {
	head, err := read(r, 0, 8, size)
	if err != nil {
		return File{}, err
	}
	length := binary.LittleEndian.Uint64(head)
	if length > mostHeader || int64(length) > size-8 {
		return File{}, errTruncated
	}
	start := 8 + int64(length)
	text, err := read(r, 8, int64(length), size)
	if err != nil {
		return File{}, err
	}
	file, entries, err := header(text)
	if err != nil {
		return File{}, fmt.Errorf("is a damaged safetensors file: %w", err)
	}
	names := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return cmp.Or(slices.Compare(x[:], y[:]), cmp.Compare(a, b))
	})
	at := int64(0)
	for _, name := range names {
		e := entries[name]
		if e.Offsets[0] != at || e.Offsets[1] < at {
			return File{}, fmt.Errorf("is a damaged safetensors file: the bytes of %q do not follow those before", name)
		}
		at = e.Offsets[1]
		if at > size-start {
			return File{}, errTruncated
		}
		if file.Weights[name], err = e.weight(r, start, size); err != nil {
			return File{}, fmt.Errorf("%q: %w", name, err)
		}
	}
	if at != size-start {
		return File{}, errors.New("is a damaged safetensors file: bytes are left over")
	}
	return file, nil
}

// header reads the JSON.
func header(text []byte) (file File, entries map[string]entry, err error) {
	file.Weights = nn.Weights{}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return file, nil, err
	}
	entries = make(map[string]entry, len(all))
	for name, raw := range all {
		if name == metadataName {
			if err := json.Unmarshal(raw, &file.Metadata); err != nil {
				return file, nil, err
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return file, nil, fmt.Errorf("%q: %w", name, err)
		}
		entries[name] = e
	}
	return file, entries, nil
}

// weight reads one tensor.
func (e entry) weight(r io.ReaderAt, start, size int64) (nn.Weight, error) {
	each := int64(e.DType.size())
	if each == 0 {
		return nn.Weight{}, e.DType.refuse()
	}
	length := e.Offsets[1] - e.Offsets[0]
	n, err := count(e.Shape, length/each)
	if err != nil {
		return nn.Weight{}, err
	}
	if int64(n)*each != length {
		return nn.Weight{}, fmt.Errorf("its shape %v does not fit its %d bytes", e.Shape, length)
	}
	raw, err := read(r, start+e.Offsets[0], length, size)
	if err != nil {
		return nn.Weight{}, err
	}
	values, err := e.DType.values(raw)
	return nn.Weight{Shape: e.Shape, Values: values}, err
}

// Write writes weights and metadata as safetensors of float32, in order of name: the
// same content gives the same bytes.
func Write(w io.Writer, f File) error {
	names := slices.Sorted(maps.Keys(f.Weights))
	all := make(map[string]any, len(names)+1)
	at := int64(0)
	for _, name := range names {
		weight := f.Weights[name]
		n, err := count(weight.Shape, math.MaxInt64/4)
		switch {
		case err == nil && n != len(weight.Values):
			err = fmt.Errorf("its shape %v wants %d values, not %d", weight.Shape, n, len(weight.Values))
		case name == metadataName || !utf8.ValidString(name):
			err = errors.New("safetensors does not allow that name")
		}
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		next := at + 4*int64(n)
		all[name] = entry{DType: "F32", Shape: append([]int{}, weight.Shape...), Offsets: [2]int64{at, next}}
		at = next
	}
	for key, value := range f.Metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("the metadata %q is no text (UTF-8)", key)
		}
	}
	if len(f.Metadata) > 0 {
		all[metadataName] = f.Metadata
	}
	text, err := json.Marshal(all) // in order of name
	if err != nil {
		return err
	}
	if pad := -len(text) & 7; pad > 0 { // the numbers begin at a multiple of 8
		text = append(text, bytes.Repeat([]byte{' '}, pad)...)
	}
	if len(text) > mostHeader {
		return fmt.Errorf("names and metadata take %d bytes; safetensors allows %d", len(text), mostHeader)
	}
	return put(w, text, names, f.Weights)
}

// put writes header and numbers.
func put(w io.Writer, text []byte, names []string, weights nn.Weights) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
	out.Write(text)
	var number [4]byte
	for _, name := range names {
		for _, v := range weights[name].Values {
			binary.LittleEndian.PutUint32(number[:], math.Float32bits(v))
			if _, err := out.Write(number[:]); err != nil {
				return err
			}
		}
	}
	return out.Flush() // with the first error of any write
}
