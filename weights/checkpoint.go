package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"requin/nn"
)

// checkpoint is what a PyTorch file holds.
type checkpoint struct {
	root    any
	load    func(s *storage) ([]byte, error)
	size    int64 // of the file
	loaded  map[string][]float32
	bytes   int64 // loaded so far
	numbers int64 // handed out so far
}

// tensors counts those that lie directly in a dict.
func (d *pyDict) tensors() (n int) {
	for _, v := range d.values {
		if _, ok := v.(*view); ok {
			n++
		}
	}
	return n
}

// candidate is a dict of tensors in a file.
type candidate struct {
	dict    *pyDict
	average bool
}

// mostDepth is how deep dicts of weights lie in others, mostKey how long their names
// there are.
const mostDepth, mostKey = 16, 256

// search finds the dicts of tensors in what was saved, but for an optimiser's.
func search(v any, average bool, depth int, seen map[any]bool, into *[]candidate) {
	if depth == mostDepth {
		return
	}
	switch v := v.(type) {
	case *pyDict:
		if seen[v] {
			return
		}
		seen[v] = true
		if v.tensors() > 0 {
			*into = append(*into, candidate{v, average})
		}
		for _, key := range v.keys {
			if len(key) > mostKey {
				continue
			}
			lower := strings.ToLower(key)
			ema := slices.Contains(strings.FieldsFunc(lower, func(r rune) bool { return r == '_' || r == '-' || r == '.' }), "ema")
			if !strings.Contains(lower, "optim") {
				search(v.values[key], average || ema, depth+1, seen, into)
			}
		}
	case *pyList:
		if seen[v] {
			return
		}
		seen[v] = true
		for _, x := range v.items {
			search(x, average, depth+1, seen, into)
		}
	case pyTuple:
		for _, x := range v {
			if _, nested := x.(pyTuple); !nested {
				search(x, average, depth+1, seen, into)
			}
		}
	}
}

// weights picks the model out of what was saved: of the dicts that hold at least half
// as many tensors as the fullest, the one of averaged weights ("ema" in a name on the
// way to it), else the first.
func (c *checkpoint) weights() (nn.Weights, error) {
	var all []candidate
	search(c.root, false, 0, map[any]bool{}, &all)
	most := 0
	for _, x := range all {
		most = max(most, x.dict.tensors())
	}
	all = slices.DeleteFunc(all, func(x candidate) bool { return 2*x.dict.tensors() < most })
	if len(all) == 0 {
		return nil, c.nothing()
	}
	chosen := all[max(0, slices.IndexFunc(all, func(x candidate) bool { return x.average }))].dict
	w := nn.Weights{}
	for _, name := range chosen.keys {
		v, ok := chosen.values[name].(*view)
		if !ok {
			continue
		}
		values, err := c.values(v)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		w[name] = nn.Weight{Shape: v.size, Values: values}
	}
	return w, nil
}

// nothing says what there is where there are no weights.
func (c *checkpoint) nothing() error {
	object := func(v any) string {
		if o, ok := v.(*pyObject); ok {
			return o.class
		}
		return ""
	}
	class := object(c.root)
	if d, ok := c.root.(*pyDict); ok {
		for _, key := range d.keys {
			if class == "" {
				class = object(d.values[key])
			}
		}
	}
	if class != "" {
		return fmt.Errorf("holds an object of the program that made it (%s), not weights: there, save model.state_dict(), or export the model to ONNX", class)
	}
	return errors.New("holds no weights: save model.state_dict() with torch.save")
}

// values copies a tensor's numbers out of its storage, row by row.
func (c *checkpoint) values(v *view) ([]float32, error) {
	all, err := c.storage(v.of)
	if err != nil {
		return nil, err
	}
	n, err := count(v.size, int64(len(all)))
	if err != nil {
		return nil, err
	}
	// Storages may be shared, but not so that a small file becomes a large network.
	if c.numbers += int64(n); c.numbers > c.size {
		return nil, errors.New("its tensors together are larger than the file")
	}
	if n == 0 {
		return []float32{}, nil
	}
	last := v.offset
	for i, d := range v.size {
		by := v.stride[i]
		if by < 0 || d > 1 && by > int64(len(all)) || last < 0 || last > int64(len(all)) {
			return nil, errTruncated
		}
		last += int64(d-1) * by // both are at most the length of all
	}
	if last < 0 || last >= int64(len(all)) {
		return nil, errTruncated
	}
	out := make([]float32, n)
	place := make([]int, len(v.size))
	at := v.offset
	for i := range out {
		out[i] = all[at]
		for d := len(place) - 1; d >= 0; d-- {
			if place[d]++; place[d] < v.size[d] {
				at += v.stride[d]
				break
			}
			at -= int64(place[d]-1) * v.stride[d]
			place[d] = 0
		}
	}
	return out, nil
}

// storage reads a storage, once.
func (c *checkpoint) storage(s *storage) ([]float32, error) {
	if all, ok := c.loaded[s.key]; ok {
		return all, nil
	}
	if s.kind.size() == 0 {
		return nil, s.kind.refuse()
	}
	raw, err := c.load(s)
	if err != nil {
		return nil, err
	}
	if c.bytes += int64(len(raw)); c.bytes > c.size {
		return nil, errors.New("its parts together are larger than the file")
	}
	if int64(len(raw))/int64(s.kind.size()) < s.count {
		return nil, errTruncated
	}
	all, err := s.kind.values(raw)
	if err == nil {
		c.loaded[s.key] = all
	}
	return all, err
}
