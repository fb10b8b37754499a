package onnx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// errWire says that the bytes are not protocol buffers.
var errWire = errors.New("not a protocol buffer")

// most is how many bytes of names and metadata are kept of one file. Weights are
// never kept, so that a file of any size is read in this much memory.
const most = 32 << 20

// wire reads protocol buffers off a stream, skipping what nobody asks for. It exists
// because protowire wants the whole message in memory and a network's weights may be
// gigabytes. A length is believed only as far as bytes follow.
type wire struct {
	r    *bufio.Reader
	at   int64 // bytes read so far
	kept int64 // bytes that stay in memory
}

// field is one field of a message. Varint is its value where Type is VarintType; End
// is where its bytes end where Type is BytesType.
type field struct {
	Number protowire.Number
	Type   protowire.Type
	Varint uint64
	End    int64
}

// message calls each for every field up to end; what each leaves unread of a field
// is skipped. End is unlimited at the top level, where the stream's end ends the
// message.
func (w *wire) message(end int64, each func(field) error) error {
	for w.at < end {
		tag, err := w.varint(end)
		if err == io.EOF && end == math.MaxInt64 {
			return nil
		}
		if err != nil {
			return noEOF(err)
		}
		number, kind := protowire.DecodeTag(tag)
		f := field{Number: number, Type: kind, End: w.at}
		if number < protowire.MinValidNumber || number > protowire.MaxValidNumber {
			return errWire
		}
		switch kind {
		case protowire.VarintType:
			if f.Varint, err = w.varint(end); err != nil {
				return noEOF(err)
			}
			f.End = w.at
		case protowire.Fixed32Type:
			f.End += 4
		case protowire.Fixed64Type:
			f.End += 8
		case protowire.BytesType:
			n, err := w.varint(end)
			if err != nil {
				return noEOF(err)
			}
			if n > math.MaxInt64-uint64(w.at) {
				return errWire
			}
			f.End = w.at + int64(n)
		default: // groups are of an older syntax that ONNX never used
			return errWire
		}
		if f.End > end {
			return fmt.Errorf("a field runs %d bytes over its message: %w", f.End-end, errWire)
		}
		if err := each(f); err != nil {
			return err
		}
		if err := w.skip(f.End); err != nil {
			return err
		}
	}
	if w.at != end {
		return errWire
	}
	return nil
}

// text hands out the bytes of a field.
func (w *wire) text(f field) (string, error) {
	if f.Type != protowire.BytesType {
		return "", errWire
	}
	n := f.End - w.at
	if err := w.keep(n); err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(w.r, n)) // grows as bytes come, whatever n claims
	w.at += int64(len(b))
	if err == nil && int64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return string(b), err
}

// keep accounts for n bytes that stay in memory.
func (w *wire) keep(n int64) error {
	if n > most || w.kept+n > most {
		return fmt.Errorf("names and metadata of more than %d MB: %w", most>>20, errWire)
	}
	w.kept += n
	return nil
}

// varint reads one varint that must end before end. io.EOF: none begins here.
func (w *wire) varint(end int64) (uint64, error) {
	var v uint64
	for i := 0; i < 10; i++ {
		if w.at >= end {
			return 0, errWire
		}
		b, err := w.r.ReadByte()
		if err != nil {
			if i > 0 {
				err = noEOF(err)
			}
			return 0, err
		}
		w.at++
		if i == 9 && b > 1 {
			return 0, errWire
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, errWire
}

func (w *wire) skip(to int64) error {
	for w.at < to {
		n, err := w.r.Discard(int(min(to-w.at, 1<<20)))
		w.at += int64(n)
		if err != nil {
			return noEOF(err)
		}
	}
	return nil
}

// noEOF: an end inside a message is a truncation.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
