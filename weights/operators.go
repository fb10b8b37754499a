package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// step runs one operator.
func (u *unpickler) step(op byte) error {
	switch {
	case u.literal(op), u.container(op), u.memory(op), u.object(op):
		return nil
	case op == 'Q', op == 'P': // an id of something outside
		id := any(nil)
		if op == 'Q' {
			id = u.pop()
		} else {
			id = u.line()
		}
		v, err := u.persistent(id)
		u.push(v)
		return err
	}
	return fmt.Errorf("its pickle has an operator %#x that Requin does not know", op)
}

// literal runs the operators that push a number or text.
func (u *unpickler) literal(op byte) bool {
	switch op {
	case 'N':
		u.push(nil)
	case 0x88, 0x89:
		u.push(op == 0x88)
	case 'J':
		u.push(int64(int32(u.number(4))))
	case 'K':
		u.push(int64(u.number(1)))
	case 'M':
		u.push(int64(u.number(2)))
	case 0x8a, 0x8b: // of n bytes
		n := uint64(1)
		if op == 0x8b {
			n = 4
		}
		u.push(long(u.bytes(u.number(n))))
	case 'I', 'L', 'F': // as text
		u.push(decimal(op, u.line()))
	case 'G':
		u.push(math.Float64frombits(binary.BigEndian.Uint64(u.bytes(8))))
	case 'S', 'V':
		u.push(u.line())
	case 'U', 0x8c:
		u.push(string(u.bytes(u.number(1))))
	case 'T', 'X':
		u.push(string(u.bytes(u.number(4))))
	case 0x8d:
		u.push(string(u.bytes(u.number(8))))
	case 'C':
		u.push(u.bytes(u.number(1)))
	case 'B':
		u.push(u.bytes(u.number(4)))
	case 0x8e, 0x96:
		u.push(u.bytes(u.number(8)))
	default:
		return false
	}
	return true
}

// long is a whole number in two's complement.
func long(b []byte) any {
	if len(b) > 8 {
		return pyLong(b)
	}
	v := uint64(0)
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 {
		v |= math.MaxUint64 << (8 * n)
	}
	return int64(v)
}

func decimal(op byte, s string) any {
	if op == 'F' {
		v, _ := strconv.ParseFloat(s, 64) // a number that is none is nobody's weight
		return v
	}
	if op == 'L' && len(s) > 0 && s[len(s)-1] == 'L' {
		s = s[:len(s)-1]
	}
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return v
	}
	return pyLong(s)
}

// container runs the operators of lists, tuples, dicts and sets.
func (u *unpickler) container(op byte) bool {
	switch op {
	case '(':
		u.marks = append(u.marks, len(u.stack))
	case ']':
		u.push(&pyList{})
	case '}':
		u.push(&pyDict{})
	case ')':
		u.push(pyTuple{})
	case 0x8f:
		u.push(&pyObject{class: "set"})
	case 'l':
		u.push(&pyList{u.popMark()})
	case 't':
		u.push(pyTuple(u.popMark()))
	case 0x91:
		u.popMark()
		u.push(&pyObject{class: "frozenset"})
	case 'd':
		d := &pyDict{}
		fill(d, u.popMark())
		u.push(d)
	case 0x85, 0x86, 0x87: // of 1, 2, 3
		t := make(pyTuple, op-0x84)
		for i := len(t) - 1; i >= 0; i-- {
			t[i] = u.pop()
		}
		u.push(t)
	case 'a':
		v := u.pop()
		extend(u.top(), []any{v})
	case 'e':
		vs := u.popMark()
		extend(u.top(), vs)
	case 's':
		v, k := u.pop(), u.pop()
		fill(u.top(), []any{k, v})
	case 'u':
		vs := u.popMark()
		fill(u.top(), vs)
	case 0x90: // into a set
		u.popMark()
		u.top()
	default:
		return false
	}
	return true
}

// extend adds to a list; an object's own list is nobody's weight.
func extend(to any, values []any) {
	if l, ok := to.(*pyList); ok {
		l.items = append(l.items, values...)
	}
}

// fill adds keys and values to a dict.
func fill(to any, pairs []any) {
	if len(pairs)%2 != 0 {
		panic(errPickle)
	}
	if d, ok := to.(*pyDict); ok {
		for i := 0; i < len(pairs); i += 2 {
			d.set(pairs[i], pairs[i+1])
		}
	}
}

// memory runs the operators of stack and memo.
func (u *unpickler) memory(op byte) bool {
	index := func() int {
		switch op {
		case 'q', 'h':
			return int(u.number(1))
		case 'r', 'j':
			return int(u.number(4))
		}
		n, err := strconv.Atoi(u.line())
		if err != nil {
			panic(errPickle)
		}
		return n
	}
	switch op {
	case 0x80: // protocol
		u.number(1)
	case 0x95: // a frame, which only helps who reads from a disk
		u.number(8)
	case '0':
		if n := len(u.marks); n > 0 && u.marks[n-1] == len(u.stack) {
			u.popMark()
			break
		}
		u.pop()
	case '1':
		u.popMark()
	case '2':
		u.push(u.top())
	case 'q', 'r', 'p':
		u.memo[index()] = u.top()
	case 0x94:
		u.memo[len(u.memo)] = u.top()
	case 'h', 'j', 'g':
		v, ok := u.memo[index()]
		if !ok {
			panic(errPickle)
		}
		u.push(v)
	default:
		return false
	}
	return true
}

// object runs the operators that would import and call something.
func (u *unpickler) object(op byte) bool {
	switch op {
	case 'c':
		module := u.line()
		u.push(pyGlobal(module + "." + u.line()))
	case 0x93:
		name := u.popText()
		u.push(pyGlobal(u.popText() + "." + name))
	case 'R', 0x81:
		args := u.pop()
		u.make(u.pop(), args)
	case 0x92: // with keywords
		u.pop()
		args := u.pop()
		u.make(u.pop(), args)
	case 'i':
		module := u.line()
		class := pyGlobal(module + "." + u.line())
		u.make(class, pyTuple(u.popMark()))
	case 'o':
		vs := u.popMark()
		if len(vs) == 0 {
			panic(errPickle)
		}
		u.make(vs[0], pyTuple(vs[1:]))
	case 'b':
		u.pop() // what an opaque object has inside stays there
		u.top()
	default:
		return false
	}
	return true
}

// make pushes what a class or function would make of its arguments.
func (u *unpickler) make(of, args any) {
	function, ok := of.(pyGlobal)
	list, isTuple := args.(pyTuple)
	if !ok || !isTuple {
		u.push(&pyObject{class: "unknown"})
		return
	}
	if function == "collections.OrderedDict" {
		d := &pyDict{}
		if len(list) == 1 {
			if pairs, ok := list[0].(*pyList); ok { // as Python 2 wrote them
				if u.work += len(pairs.items); u.work > mostOperators {
					panic(errPickle)
				}
				for _, p := range pairs.items {
					if kv, ok := items(p); ok && len(kv) == 2 {
						d.set(kv[0], kv[1])
					}
				}
			}
		}
		u.push(d)
		return
	}
	if v := u.call(string(function), list); v != nil {
		u.push(v)
		return
	}
	u.push(&pyObject{class: string(function)})
}

// items are those of a list or tuple.
func items(v any) ([]any, bool) {
	switch v := v.(type) {
	case *pyList:
		return v.items, true
	case pyTuple:
		return v, true
	}
	return nil, false
}
