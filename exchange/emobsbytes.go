package exchange

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"
)

// emobsCursor walks through the bytes of an EMObs file. The first error stays; after
// it every read gives a zero value.
type emobsCursor struct {
	name string // of the file, for errors
	data []byte
	at   int
	err  error
}

// emobsInstead is what a user can do about a file that is sound but not understood.
const emobsInstead = "export its text files from EventMeasure and read these"

// fail notes what is wrong at a byte.
func (c *emobsCursor) fail(at int, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s, byte %d: %s", c.name, at, fmt.Sprintf(format, args...))
	}
}

// take gives the next n bytes, nil after an error.
func (c *emobsCursor) take(n int, what string) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.data)-c.at {
		c.fail(c.at, "the file ends in %s, which takes %d bytes, and %d are left: it is cut off or damaged, copy it again", what, n, len(c.data)-c.at)
		return nil
	}
	c.at += n
	return c.data[c.at-n : c.at]
}

// tag reads the four bytes that open a record: three letters and its version.
func (c *emobsCursor) tag(letters string, version byte) {
	at := c.at
	b := c.take(4, "the tag "+letters)
	switch {
	case b == nil:
	case string(b[:3]) != letters:
		c.fail(at, "expected the tag %s, found %q: the file is damaged, or laid out in a way that is not known; %s", letters, b[:3], emobsInstead)
	case b[3] != version:
		c.fail(at+3, "%s is of version %d, only %d is known; %s", letters, b[3], version, emobsInstead)
	}
}

func (c *emobsCursor) octet(what string) byte {
	if b := c.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (c *emobsCursor) integer(what string) int {
	if b := c.take(4, what); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

// float is a double that must be finite.
func (c *emobsCursor) float(what string) float64 {
	at := c.at
	b := c.take(8, what)
	if b == nil {
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(b))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		c.fail(at, "expected %s, a finite number, found %v", what, v)
		return 0
	}
	return v
}

// natural is an integer from 0.
func (c *emobsCursor) natural(what string) int {
	at := c.at
	n := c.integer(what)
	if n < 0 {
		c.fail(at, "expected %s, a number from 0, found %d", what, n)
		return 0
	}
	return n
}

// count is the number of records that follow, of at least so many bytes each: never
// more than the bytes that are left can hold.
func (c *emobsCursor) count(what string, least int) int {
	at := c.at
	n := c.integer("the number of " + what)
	if n < 0 || n > (len(c.data)-c.at)/least {
		c.fail(at, "expected the number of %s, found %d, and %d bytes are left", what, n, len(c.data)-c.at)
		return 0
	}
	return n
}

// text is a string: minus the number of its UTF-16 units, then these; 0 is an empty one.
func (c *emobsCursor) text(what string) string {
	at := c.at
	n := c.integer("the length of " + what)
	if n > 0 {
		c.fail(at, "expected the length of %s, 0 or less, found %d: texts of one byte a letter are not known; %s", what, n, emobsInstead)
		return ""
	}
	b := c.take(-2*n, what)
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	runes := utf16.Decode(units)
	for i, j := 0, 0; i < len(runes); i++ {
		if runes[i] == '\ufffd' && units[j] != 0xfffd {
			c.fail(at+4+2*j, "%s is no valid UTF-16", what)
			return ""
		}
		j += utf16.RuneLen(runes[i])
	}
	return string(runes)
}

// always reads a number whose meaning is not known because every file seen holds the same.
func (c *emobsCursor) always(want int, what string) {
	at := c.at
	if n := c.integer(what); c.err == nil && n != want {
		c.fail(at, "expected %s to be %d, as in every file seen, found %d: what that means is not known; %s", what, want, n, emobsInstead)
	}
}

// emobsList reads a count and so many records.
func emobsList[T any](c *emobsCursor, what string, least int, read func(*emobsCursor) T) []T {
	n := c.count(what, least)
	var out []T
	for range n {
		if c.err != nil {
			return nil
		}
		out = append(out, read(c))
	}
	return out
}

// emobsColumn reads a matrix (MAT) of one column. least is the bytes a cell takes at least.
func emobsColumn[T any](c *emobsCursor, what string, least int, read func(*emobsCursor) T) []T {
	c.tag("MAT", 0)
	at := c.at
	rows := c.natural("the number of rows of " + what)
	columns := c.natural("the number of columns of " + what)
	if c.err == nil && (columns != 1 || rows > (len(c.data)-c.at)/least) {
		c.fail(at, "expected one column of %s, found %d rows and %d columns, and %d bytes are left", what, rows, columns, len(c.data)-c.at)
	}
	var out []T
	for range rows {
		if c.err != nil {
			return nil
		}
		out = append(out, read(c))
	}
	return out
}

// texts reads a matrix of one column of strings.
func (c *emobsCursor) texts(what string) []string {
	return emobsColumn(c, what, 4, func(c *emobsCursor) string { return c.text(what) })
}

// floats reads a matrix of one column of so many doubles.
func (c *emobsCursor) floats(what string, want int) []float64 {
	at := c.at
	out := emobsColumn(c, what, 8, func(c *emobsCursor) float64 { return c.float(what) })
	if c.err == nil && len(out) != want {
		c.fail(at, "expected %d rows of %s, found %d", want, what, len(out))
	}
	return out
}
