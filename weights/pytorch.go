package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"requin/nn"
)

// storage is a block of numbers that tensors are views of.
type storage struct {
	kind  dtype
	key   string
	count int64 // numbers
}

// view is a tensor: element (i, j ...) is number offset + i·stride[0] + j·stride[1]
// ... of its storage.
type view struct {
	of     *storage
	offset int64
	size   []int
	stride []int64
}

// mostPickle bounds the pickle of a zip; its numbers lie beside it.
const mostPickle = 64 << 20

// readPyTorch reads the weights of what torch.save wrote.
func readPyTorch(f format, r io.ReaderAt, size int64) (nn.Weights, error) {
	c := &checkpoint{size: size, loaded: map[string][]float32{}}
	var err error
	if f == zipped {
		err = c.openZip(r, size)
	} else {
		err = c.openStream(r, size)
	}
	if err != nil {
		return nil, err
	}
	return c.weights()
}

// openZip reads the layout of PyTorch 1.6 and later: a zip, uncompressed, of
// data.pkl and one file for each storage.
func (c *checkpoint) openZip(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("is a damaged zip, or cut off: copy or download it again (%w)", err)
	}
	at := map[string]*zip.File{}
	folder, found := "", false
	for _, f := range z.File {
		at[f.Name] = f
		if before, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && !found {
			folder, found = before, true
		}
	}
	if !found {
		return errors.New("is a zip, but none that torch.save wrote")
	}
	open := func(name string, most int64) ([]byte, error) {
		f := at[folder+name]
		if f == nil {
			return nil, fmt.Errorf("lacks its part %q: copy or download it again", name)
		}
		if f.Method != zip.Store || f.UncompressedSize64 > uint64(most) {
			return nil, fmt.Errorf("has a part %q that is compressed or too large: save it again with torch.save", name)
		}
		part, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer part.Close()
		b, err := io.ReadAll(io.LimitReader(part, int64(f.UncompressedSize64)+1)) // one more: its end is checked
		if err != nil {
			return nil, fmt.Errorf("its part %q is damaged: copy or download it again (%w)", name, err)
		}
		return b, nil
	}
	if at[folder+"byteorder"] != nil {
		if order, err := open("byteorder", 16); err != nil || string(order) != "little" {
			return errors.New("was written on a big-endian machine: save it again on another")
		}
	}
	text, err := open("data.pkl", mostPickle)
	if err != nil {
		return err
	}
	c.load = func(s *storage) ([]byte, error) { return open("data/"+s.key, size) }
	c.root, _, err = unpickle(text, call, persistent(map[string]*storage{}))
	return err
}

// magic is with which PyTorch before 1.6 begins, as a pickled number.
var magic = pyLong{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

// openStream reads the layout before 1.6: five pickles (magic number, version, system,
// what was saved, keys of the storages), then of each storage how many numbers it
// has, and they.
func (c *checkpoint) openStream(r io.ReaderAt, size int64) error {
	b, err := read(r, 0, size, size)
	if err != nil {
		return err
	}
	storages := map[string]*storage{}
	parts := make([]any, 5)
	for i := range parts {
		v, n, err := unpickle(b, call, persistent(storages))
		if err != nil {
			return err
		}
		if first, _ := v.(pyLong); i == 0 && !bytes.Equal(first, magic) {
			return errors.New("is a pickle, but none that torch.save wrote: save the weights with torch.save(model.state_dict(), ...)")
		}
		parts[i], b = v, b[n:]
	}
	if system, ok := parts[2].(*pyDict); !ok || system.values["little_endian"] != true {
		return errors.New("was written on a big-endian machine: save it again on another")
	}
	keys, _ := items(parts[4])
	raw := map[string][]byte{}
	for _, k := range keys {
		key, _ := k.(string)
		s := storages[key]
		if s == nil {
			return errPickle
		}
		each := uint64(s.kind.size())
		if each == 0 {
			return fmt.Errorf("%w", s.kind.refuse())
		}
		if len(b) < 8 {
			return errTruncated
		}
		n := binary.LittleEndian.Uint64(b)
		if b = b[8:]; n > uint64(len(b))/each {
			return errTruncated
		}
		raw[key], b = b[:n*each], b[n*each:]
	}
	c.root = parts[3]
	c.load = func(s *storage) ([]byte, error) {
		part, ok := raw[s.key]
		if !ok {
			return nil, errTruncated
		}
		return part, nil
	}
	return nil
}

// persistent makes the storages that a pickle names: ("storage", type, key, device,
// count), before 1.6 with a view of it that is None.
func persistent(storages map[string]*storage) func(id any) (any, error) {
	return func(id any) (any, error) {
		t, ok := id.(pyTuple)
		if !ok || len(t) < 5 || t[0] != "storage" {
			return nil, errPickle
		}
		class, ok1 := t[1].(pyGlobal)
		key, ok2 := t[2].(string)
		n, ok3 := t[4].(int64)
		if !ok1 || !ok2 || !ok3 || n < 0 {
			return nil, errPickle
		}
		if len(t) > 5 && t[5] != nil {
			return nil, errors.New("holds views of storages as PyTorch before 0.4 wrote them: load and save it again with a newer one")
		}
		if s := storages[key]; s != nil {
			return s, nil
		}
		s := &storage{kind: storageKind(string(class)), key: key, count: n}
		storages[key] = s
		return s, nil
	}
}

func storageKind(class string) dtype {
	name := strings.TrimSuffix(class[strings.LastIndexByte(class, '.')+1:], "Storage")
	kinds := map[string]dtype{"Float": "F32", "Half": "F16", "BFloat16": "BF16", "Double": "F64", "Long": "I64", "Int": "I32", "Short": "I16", "Bool": "BOOL"}
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return dtype(class)
}

// call is the functions of PyTorch that pickles of weights call; nil for any other.
func call(function string, args pyTuple) any {
	switch function {
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		if len(args) < 4 {
			return nil
		}
		s, ok1 := args[0].(*storage)
		offset, ok2 := args[1].(int64)
		size, ok3 := items(args[2])
		stride, ok4 := items(args[3])
		const mostDimensions = 64 // PyTorch's own
		if !ok1 || !ok2 || !ok3 || !ok4 || len(size) != len(stride) || len(size) > mostDimensions {
			return nil
		}
		v := &view{of: s, offset: offset}
		for i := range size {
			d, ok1 := size[i].(int64)
			by, ok2 := stride[i].(int64)
			if !ok1 || !ok2 {
				return nil
			}
			v.size, v.stride = append(v.size, int(d)), append(v.stride, by)
		}
		return v
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(args) > 0 {
			return args[0]
		}
	}
	return nil
}
