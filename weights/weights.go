// Package weights' noun is a file of a network's weights. It owns reading and
// writing safetensors, reading PyTorch's files (.pth, without running what they
// hold) and the numbers in ONNX files, telling which is which, and fitting what a
// file holds to a network. What the names mean is nn's.
//
//	have, folded, report, err := weights.Fit("yolox_nano.onnx", network, params)
//
// Nothing is believed that a file does not hold: no reader takes more memory than a
// few times the file's size, whatever its headers claim.
package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"requin/nn"
)

// File is weights with what is said of them.
type File struct {
	Weights  nn.Weights
	Metadata map[string]string
}

// format is how a file is laid out.
type format int

const (
	unknown format = iota
	safetensors
	zipped // PyTorch since 1.6
	stream // PyTorch before 1.6
	onnxFile
)

// Read reads the weights of a safetensors, PyTorch (.pth, .pt) or ONNX file; which it
// is, its content says. Numbers come as float32, whole numbers too where it holds
// them exactly. Of an ONNX file they are the floating-point initialisers, by name;
// see FromONNX for files whose names are numbers. Of a PyTorch file that holds more
// than weights they are those of the averaged model, if there is one, or the model.
func Read(path string) (nn.Weights, error) {
	var w nn.Weights
	err := open(path, func(f format, r io.ReaderAt, size int64) (err error) {
		switch f {
		case safetensors:
			var file File
			file, err = ReadSafetensors(r, size)
			w = file.Weights
		case onnxFile:
			w, err = readONNX(path, r, size)
		default:
			w, err = readPyTorch(f, r, size)
		}
		return err
	})
	return w, err
}

// open hands a file and its format over, and names it in errors.
func open(path string, use func(f format, r io.ReaderAt, size int64) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a folder: name the file of weights in it")
	}
	if err == nil {
		var f format
		if f, err = tell(file, info.Size()); err == nil {
			err = use(f, file, info.Size())
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// tell finds out the format by the first bytes.
func tell(r io.ReaderAt, size int64) (format, error) {
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return unknown, err
	}
	starts := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case size == 0:
		return unknown, errors.New("is empty: copy or download it again")
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= mostHeader:
		return safetensors, nil
	case starts("PK\x03\x04"):
		return zipped, nil
	case starts("version https://git-lfs"):
		return unknown, errors.New("is a Git LFS pointer: fetch the file itself (git lfs pull)")
	case starts("\x80") && len(head) > 1 && head[1] >= 2 && head[1] <= 5:
		return stream, nil
	case starts("\x89HDF"):
		return unknown, errors.New("is HDF5, perhaps of Keras: convert it to safetensors")
	case strings.Contains(string(head), "ustar"):
		return unknown, errors.New("is a tar, perhaps of PyTorch before 0.4: load and save it again with a newer PyTorch")
	case starts("\x08"): // ir_version, with which every ONNX file begins
		return onnxFile, nil
	}
	return unknown, errors.New("is no file of weights that Requin reads: give a safetensors, PyTorch (.pth, .pt) or ONNX file")
}

// count is the product of a shape; an error where a length is negative or there are
// more than most elements.
func count(shape []int, most int64) (int, error) {
	n := int64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("its shape %v is negative", shape)
		}
		if d > 0 && n > math.MaxInt64/int64(d) {
			return 0, fmt.Errorf("its shape %v is larger than the file", shape)
		}
		n *= int64(d)
	}
	if n > most {
		return 0, fmt.Errorf("its shape %v is larger than the file", shape)
	}
	return int(n), nil
}

// read reads a part of a file, which it must hold.
func read(r io.ReaderAt, from, length, size int64) ([]byte, error) {
	if from < 0 || length < 0 || from > size || length > size-from {
		return nil, errTruncated
	}
	b := make([]byte, length)
	if _, err := r.ReadAt(b, from); err != nil && !(err == io.EOF && length == 0) {
		if err == io.EOF {
			err = errTruncated
		}
		return nil, err
	}
	return b, nil
}

var errTruncated = errors.New("is truncated: copy or download it again")
