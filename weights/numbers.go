package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// dtype is the type of a file's numbers, as safetensors calls it.
type dtype string

// size is how many bytes a number takes; 0: not a type that is read.
func (t dtype) size() int {
	switch t {
	case "F64", "I64":
		return 8
	case "F32", "I32":
		return 4
	case "F16", "BF16", "I16":
		return 2
	case "BOOL":
		return 1
	}
	return 0
}

func (t dtype) float() bool { return t == "F64" || t == "F32" || t == "F16" || t == "BF16" }

func (t dtype) refuse() error {
	return fmt.Errorf("its numbers are of type %s, which Requin does not train: give a file of float32, before it was quantised", t)
}

// values are little-endian numbers as float32. Whole numbers that it does not hold
// exactly are an error.
func (t dtype) values(raw []byte) ([]float32, error) {
	size := t.size()
	if size == 0 {
		return nil, t.refuse()
	}
	out := make([]float32, len(raw)/size)
	le := binary.LittleEndian
	for i := range out {
		b := raw[i*size:]
		whole := int64(0)
		switch t {
		case "F32":
			out[i] = math.Float32frombits(le.Uint32(b))
			continue
		case "F16":
			out[i] = half(le.Uint16(b))
			continue
		case "BF16":
			out[i] = math.Float32frombits(uint32(le.Uint16(b)) << 16)
			continue
		case "F64":
			out[i] = float32(math.Float64frombits(le.Uint64(b)))
			continue
		case "I64":
			whole = int64(le.Uint64(b))
		case "I32":
			whole = int64(int32(le.Uint32(b)))
		case "I16":
			whole = int64(int16(le.Uint16(b)))
		case "BOOL":
			whole = int64(b[0])
		}
		if out[i] = float32(whole); whole > 1<<53 || whole < -1<<53 || float64(out[i]) != float64(whole) {
			return nil, fmt.Errorf("it holds the whole number %d, which float32 does not: it is no weight of a network", whole)
		}
	}
	return out, nil
}

// half is an IEEE 754 binary16 number: 1 bit of sign, 5 of exponent, 10 of fraction.
//
// Worked example: 0x3c01 has the exponent 15 and the fraction 1: 2^0·(1 + 1/1024).
func half(b uint16) float32 {
	sign := uint32(b>>15) << 31
	exponent, fraction := uint32(b>>10&31), uint32(b&1023)
	switch exponent {
	case 0: // zero, or below the normal ones: fraction · 2^-24
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
