package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A pickle is a program for a machine with a stack and a memo, which builds objects
// (Python's Lib/pickletools.py describes its operators, up to protocol 5). This
// machine builds lists, tuples, dicts, and the tensors that PyTorch's files hold. It
// calls nothing: what any other class or function would make is an opaque value.

type (
	pyTuple  []any
	pyList   struct{ items []any }
	pyGlobal string // module.name
	pyObject struct{ class string }
	pyLong   []byte // more than 8 bytes, little-endian
	pyDict   struct {
		keys   []string // those that are text, in order of first use
		values map[string]any
	}
)

func (d *pyDict) set(key, value any) {
	k, ok := key.(string)
	if !ok {
		return // optimisers number their states: nobody asks for those
	}
	if d.values == nil {
		d.values = map[string]any{}
	}
	if _, there := d.values[k]; !there {
		d.keys = append(d.keys, k)
	}
	d.values[k] = value
}

// mostOperators bounds what one pickle builds. A network of 2,000 tensors takes
// about 120,000.
const mostOperators = 4 << 20

var errPickle = errors.New("its pickle is damaged")

// unpickler runs one pickle.
type unpickler struct {
	b          []byte
	at         int
	stack      []any
	marks      []int
	memo       map[int]any
	work       int                                     // done besides running operators
	call       func(function string, args pyTuple) any // nil: not known
	persistent func(id any) (any, error)
}

// unpickle runs the pickle at the start of b and says where it ends.
func unpickle(b []byte, call func(string, pyTuple) any, persistent func(any) (any, error)) (value any, end int, err error) {
	u := &unpickler{b: b, memo: map[int]any{}, call: call, persistent: persistent}
	defer func() {
		if r := recover(); r != nil {
			if r != errPickle && r != errTruncated {
				panic(r)
			}
			err = r.(error)
		}
	}()
	for range mostOperators {
		op := u.bytes(1)[0]
		if op == '.' {
			return u.pop(), u.at, nil
		}
		if err := u.step(op); err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, fmt.Errorf("its pickle has more than %d operators", mostOperators)
}

// bytes takes n bytes of the program; what is not there ends it.
func (u *unpickler) bytes(n uint64) []byte {
	if n > uint64(len(u.b)-u.at) {
		panic(errTruncated)
	}
	b := u.b[u.at : u.at+int(n)]
	u.at += int(n)
	return b
}

// number is a little-endian number of n bytes.
func (u *unpickler) number(n uint64) uint64 {
	var b [8]byte
	copy(b[:], u.bytes(n))
	return binary.LittleEndian.Uint64(b[:])
}

func (u *unpickler) line() string {
	end := bytes.IndexByte(u.b[u.at:], '\n')
	if end < 0 {
		panic(errTruncated)
	}
	s := string(u.b[u.at : u.at+end])
	u.at += end + 1
	return s
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

// pop takes the topmost value, but none from below a mark.
func (u *unpickler) pop() any {
	v := u.top()
	u.stack = u.stack[:len(u.stack)-1]
	return v
}

func (u *unpickler) top() any {
	floor := 0
	if n := len(u.marks); n > 0 {
		floor = u.marks[n-1]
	}
	if len(u.stack) <= floor {
		panic(errPickle)
	}
	return u.stack[len(u.stack)-1]
}

// popMark takes all values down to the last mark.
func (u *unpickler) popMark() []any {
	n := len(u.marks)
	if n == 0 {
		panic(errPickle)
	}
	values := append([]any(nil), u.stack[u.marks[n-1]:]...)
	u.stack, u.marks = u.stack[:u.marks[n-1]], u.marks[:n-1]
	return values
}

func (u *unpickler) popText() string {
	s, ok := u.pop().(string)
	if !ok {
		panic(errPickle)
	}
	return s
}
