package onnx

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Info is what an ONNX file says of itself.
type Info struct {
	IR       int64             `json:"ir_version"`
	Opset    int64             `json:"opset"` // of the standard operators
	Producer string            `json:"producer"`
	Graph    string            `json:"graph"`
	Inputs   []Value           `json:"inputs"` // without those that an initialiser fills
	Outputs  []Value           `json:"outputs"`
	Metadata map[string]string `json:"metadata"`
	Ops      map[string]int    `json:"ops"` // how often each operator is used, subgraphs not counted
	// External names the files beside it that hold its weights, in order of name;
	// their SHA-256 where Read found them.
	External []External `json:"external,omitempty"`
	SHA256   string     `json:"sha256"` // of the file, hexadecimal
}

// External is a file of weights beside an ONNX file.
type External struct {
	Location string `json:"location"` // relative to the ONNX file
	SHA256   string `json:"sha256,omitempty"`
	need     int64  // bytes that the network refers to
}

// Read reads the facts of an ONNX file and hashes it, and the files of weights that
// it refers to. It does not load it: a file of any size takes little memory.
func Read(path string) (*Info, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if stat, err := file.Stat(); err == nil && stat.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name the .onnx file in it", path)
	}
	info, err := ReadInfo(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range info.External {
		if err := info.External[i].hash(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return info, nil
}

func (e *External) hash(folder string) error {
	if !filepath.IsLocal(e.Location) {
		return fmt.Errorf("its weights are said to lie in %q, outside its folder: export it again with the weights beside it", e.Location)
	}
	file, err := os.Open(filepath.Join(folder, e.Location))
	if err != nil {
		return fmt.Errorf("its weights lie in a second file, %q, which is not beside it: copy both, or export with the weights inside", e.Location)
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	if n < e.need {
		return fmt.Errorf("its weights' file %q is truncated: %d bytes of at least %d; copy it again", e.Location, n, e.need)
	}
	e.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// ReadInfo reads the facts of an ONNX file off a stream, to its end.
func ReadInfo(r io.Reader) (*Info, error) {
	sum := sha256.New()
	buffered := bufio.NewReaderSize(io.TeeReader(r, sum), 64<<10)
	head, err := buffered.Peek(32)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			return nil, err
		}
		return nil, errors.New("is empty: copy or export it again")
	}
	if what := foreign(string(head)); what != "" {
		return nil, fmt.Errorf("is not an ONNX file but %s", what)
	}
	p := &parser{wire: wire{r: buffered}, info: &Info{Metadata: map[string]string{}, Ops: map[string]int{}}}
	if err := p.message(math.MaxInt64, p.model); err != nil {
		return nil, p.explain(err)
	}
	if !p.graph {
		return nil, errors.New("is not an ONNX file: it holds no network; export the model to ONNX")
	}
	info := p.info
	info.Inputs = slices.DeleteFunc(info.Inputs, func(v Value) bool { return p.filled[v.Name] })
	for location, need := range p.external {
		info.External = append(info.External, External{Location: location, need: need})
	}
	slices.SortFunc(info.External, func(a, b External) int { return strings.Compare(a.Location, b.Location) })
	info.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return info, nil
}

// foreign names a file that people take for an ONNX file, by its first bytes.
func foreign(head string) string {
	for _, magic := range []struct{ start, what string }{
		{"PK\x03\x04", "a zip, perhaps a PyTorch checkpoint: export it to ONNX with the tool that trained it"},
		{"\x80\x02", "a Python pickle, perhaps a PyTorch checkpoint: export it to ONNX with the tool that trained it"},
		{"\x89HDF", "HDF5, perhaps a Keras model: convert it to ONNX, for example with tf2onnx"},
		{"version https://git-lfs", "a Git LFS pointer to one: fetch the file itself (git lfs pull)"},
		{"<", "a web page: download the file itself"},
		{"\xff\xd8\xff", "a JPEG picture"},
		{"\x89PNG", "a PNG picture"},
	} {
		if strings.HasPrefix(head, magic.start) {
			return magic.what
		}
	}
	if len(head) >= 8 && head[4:8] == "TFL3" {
		return "TensorFlow Lite: convert it to ONNX, for example with tf2onnx"
	}
	if len(head) >= 8 && head[4:8] == "ftyp" {
		return "a video"
	}
	return ""
}

// parser gathers Info while the stream goes by.
type parser struct {
	wire
	info     *Info
	graph    bool
	filled   map[string]bool  // names that have an initialiser
	external map[string]int64 // location to bytes needed
}

// explain says what a failure to read means for the user.
func (p *parser) explain(err error) error {
	known := p.info.IR > 0 && p.info.IR < 1000 // ir_version comes first in every exporter's files
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && known:
		return fmt.Errorf("is truncated: it ends after %d bytes, inside a field; copy or export it again", p.at)
	case errors.Is(err, errWire) && known:
		return fmt.Errorf("is a damaged ONNX file, near byte %d: copy or export it again", p.at)
	case errors.Is(err, errWire), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("is not an ONNX file: export the model to ONNX")
	}
	return err
}

func (p *parser) model(f field) (err error) {
	switch f.Number {
	case 1:
		p.info.IR = int64(f.Varint)
	case 2:
		p.info.Producer, err = p.text(f)
	case 3:
		var version string
		version, err = p.text(f)
		p.info.Producer = strings.TrimSpace(p.info.Producer + " " + version)
	case 7:
		p.graph = true
		return p.sub(f, p.network)
	case 8:
		return p.opset(f)
	case 14:
		var key, value string
		key, value, err = p.pair(f)
		p.info.Metadata[key] = value
	}
	return err
}

// sub reads a field that is a message itself.
func (p *parser) sub(f field, each func(field) error) error {
	if f.Type != protowire.BytesType {
		return errWire
	}
	if err := p.keep(64); err != nil { // what an empty message costs here, so that millions of them are refused
		return err
	}
	return p.message(f.End, each)
}

func (p *parser) opset(f field) error {
	domain, version := "", int64(0)
	err := p.sub(f, func(f field) (err error) {
		switch f.Number {
		case 1:
			domain, err = p.text(f)
		case 2:
			version = int64(f.Varint)
		}
		return err
	})
	if domain == "" || domain == "ai.onnx" {
		p.info.Opset = version
	}
	return err
}

func (p *parser) pair(f field) (key, value string, err error) {
	err = p.sub(f, func(f field) (err error) {
		switch f.Number {
		case 1:
			key, err = p.text(f)
		case 2:
			value, err = p.text(f)
		}
		return err
	})
	return key, value, err
}

func (p *parser) network(f field) (err error) {
	switch f.Number {
	case 1:
		if f.Type != protowire.BytesType {
			return errWire
		}
		return p.message(f.End, p.node)
	case 2:
		p.info.Graph, err = p.text(f)
	case 5:
		return p.initialiser(f)
	case 11, 12:
		var v Value
		if v, err = p.value(f); err != nil {
			return err
		}
		if f.Number == 11 {
			p.info.Inputs = append(p.info.Inputs, v)
		} else {
			p.info.Outputs = append(p.info.Outputs, v)
		}
	}
	return err
}

func (p *parser) node(f field) error {
	if f.Number != 4 {
		return nil
	}
	kept := p.kept
	op, err := p.text(f)
	if p.info.Ops[op]++; p.info.Ops[op] > 1 {
		p.kept = kept // the name was there already
	}
	return err
}

func (p *parser) initialiser(f field) error {
	name, location, offset, length := "", "", int64(0), int64(0)
	err := p.sub(f, func(f field) (err error) {
		switch f.Number {
		case 8:
			name, err = p.text(f)
		case 13:
			var key, value string
			if key, value, err = p.pair(f); err != nil {
				return err
			}
			switch key {
			case "location":
				location = value
			case "offset":
				_, err = fmt.Sscan(value, &offset)
			case "length":
				_, err = fmt.Sscan(value, &length)
			}
			if err != nil {
				return errWire
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if p.filled == nil {
		p.filled, p.external = map[string]bool{}, map[string]int64{}
	}
	p.filled[name] = true
	if location != "" {
		if offset < 0 || length < 0 || offset > math.MaxInt64-length {
			return errWire
		}
		p.external[location] = max(p.external[location], offset+length)
	}
	return nil
}

// value reads a ValueInfoProto: name, and type of a tensor with its shape.
func (p *parser) value(f field) (v Value, err error) {
	err = p.sub(f, func(f field) (err error) {
		switch f.Number {
		case 1:
			v.Name, err = p.text(f)
			return err
		case 2:
			return p.sub(f, func(f field) error {
				if f.Number != 1 { // a sequence, map or optional
					return nil
				}
				return p.sub(f, func(f field) error {
					switch f.Number {
					case 1:
						v.Type = Type(f.Varint)
					case 2:
						v.Dims = []Dim{}
						return p.sub(f, func(f field) error { return p.dim(f, &v) })
					}
					return nil
				})
			})
		}
		return nil
	})
	return v, err
}

func (p *parser) dim(f field, v *Value) error {
	if f.Number != 1 {
		return nil
	}
	if len(v.Dims) == 64 {
		return fmt.Errorf("a value of more than 64 dimensions: %w", errWire)
	}
	d := Dim{Size: -1}
	err := p.sub(f, func(f field) (err error) {
		switch f.Number {
		case 1:
			if d.Size = int64(f.Varint); d.Size <= 0 { // 0 is how some exporters write "any"
				d.Size = -1
			}
		case 2:
			d.Name, err = p.text(f)
		}
		return err
	})
	v.Dims = append(v.Dims, d)
	return err
}
