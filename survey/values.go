package survey

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"requin/annotate"
	"requin/frame"
)

// row collects the values of one row or more, in the order of a table's columns.
// What cannot be kept as it is becomes the row's error.
type row struct {
	values []any
	err    error
}

func (r *row) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *row) text(texts ...string) {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			r.fail(fmt.Errorf("the text %q is not UTF-8", s))
		}
		r.values = append(r.values, s)
	}
}

func (r *row) whole(numbers ...int64) {
	for _, n := range numbers {
		r.values = append(r.values, n)
	}
}

func (r *row) flags(flags ...bool) {
	for _, f := range flags {
		r.values = append(r.values, f)
	}
}

// number keeps finite numbers: a database has no others.
func (r *row) number(numbers ...float64) {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			r.fail(fmt.Errorf("%v is no finite number", x))
		}
		r.values = append(r.values, x)
	}
}

// maybe keeps numbers that may not have been stated.
func (r *row) maybe(numbers ...*float64) {
	for _, x := range numbers {
		if x == nil {
			r.values = append(r.values, nil)
		} else {
			r.number(*x)
		}
	}
}

func (r *row) maybeFlags(flags ...*bool) {
	for _, f := range flags {
		if f == nil {
			r.values = append(r.values, nil)
		} else {
			r.flags(*f)
		}
	}
}

// known keeps numbers of which -1 means not stated: frames, and times (annotate.None).
func (r *row) known(numbers ...int64) {
	for _, n := range numbers {
		if n == -1 {
			r.values = append(r.values, nil)
		} else {
			r.values = append(r.values, n)
		}
	}
}

// json keeps a list or an object.
func (r *row) json(v any) {
	b, err := toJSON(v)
	if err != nil {
		r.fail(err)
	}
	if b == nil {
		r.values = append(r.values, nil)
	} else {
		r.values = append(r.values, string(b))
	}
}

func (r *row) rational(x frame.Rational) { r.whole(x.Num, x.Den) }

func (r *row) origin(o annotate.Origin) {
	at, err := stated(o.At)
	if err != nil {
		r.fail(err)
	}
	r.text(o.By, at, o.From)
}

func (r *row) species(s annotate.Species) { r.text(s.Family, s.Genus, s.Species, s.CAAB) }

// toJSON writes a value; nil for an empty list, map or pointer.
func toJSON(v any) ([]byte, error) {
	if x := reflect.ValueOf(v); !x.IsValid() || (x.Kind() == reflect.Slice || x.Kind() == reflect.Map) && x.Len() == 0 || x.Kind() == reflect.Pointer && x.IsNil() {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		var value *json.UnsupportedValueError
		if errors.As(err, &value) {
			return nil, fmt.Errorf("%s is no finite number", value.Str)
		}
		return nil, err
	}
	if bytes.Contains(b, []byte(`\ufffd`)) { // what the writer makes of bytes that are not UTF-8, or a text that says so
		back := reflect.New(reflect.TypeOf(v))
		if err := json.Unmarshal(b, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), v) {
			return nil, fmt.Errorf("%.100q holds text that is not UTF-8", b)
		}
	}
	return b, nil
}

// fromJSON reads a JSON column; an empty one leaves the value as it is.
type fromJSON struct{ into any }

func (f fromJSON) Scan(src any) error {
	switch b := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(b), f.into)
	case []byte:
		return json.Unmarshal(b, f.into)
	}
	return fmt.Errorf("a %T where JSON should be", src)
}

// rawJSON reads a JSON column as it is.
type rawJSON struct{ into *json.RawMessage }

func (r rawJSON) Scan(src any) error {
	switch b := src.(type) {
	case nil:
		*r.into = nil
	case string:
		*r.into = json.RawMessage(b)
	case []byte:
		*r.into = bytes.Clone(b)
	default:
		return fmt.Errorf("a %T where JSON should be", src)
	}
	return nil
}

// raw keeps JSON that others made, as it is.
func (r *row) raw(what string, b json.RawMessage) {
	switch {
	case len(b) == 0:
		r.values = append(r.values, nil)
	case !json.Valid(b) || !utf8.Valid(b):
		r.fail(fmt.Errorf("%s is not JSON", what))
	default:
		r.values = append(r.values, string(b))
	}
}

// stated writes a moment with the zone it was stated in; "" for none.
func stated(t time.Time) (string, error) {
	if t.IsZero() {
		return "", nil
	}
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC() // a zone of before there were zones, which ISO 8601 cannot write
	}
	if y := t.Year(); y < 0 || y > 9999 {
		return "", fmt.Errorf("the year %d of a statement cannot be meant", y)
	}
	return t.Format(time.RFC3339Nano), nil
}

// moments are all of one length, so that texts sort as times do.
const moments = "2006-01-02T15:04:05.000000000Z"

// moment writes when something was done; "" for not yet.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(moments)
}

// fromTime reads what stated or moment wrote.
type fromTime struct{ into *time.Time }

func (f fromTime) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("a %T where a time should be", src)
	}
	*f.into = time.Time{}
	if s == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	*f.into = t
	return err
}

// frameCell reads the number of a frame, -1 where it is not stated.
type frameCell struct{ into *int }

func (c frameCell) Scan(src any) error {
	n, err := orNone(src)
	*c.into = int(n)
	return err
}

// timeCell reads a time, annotate.None where it is not stated.
type timeCell struct{ into *time.Duration }

func (c timeCell) Scan(src any) error {
	n, err := orNone(src)
	*c.into = time.Duration(n)
	return err
}

func orNone(src any) (int64, error) {
	switch n := src.(type) {
	case nil:
		return -1, nil
	case int64:
		return n, nil
	}
	return 0, fmt.Errorf("a %T where a whole number should be", src)
}

// scanRow reads a row into several lists of cells, one after the other.
func scanRow(rows *sql.Rows, cells ...[]any) error { return rows.Scan(slices.Concat(cells...)...) }

// names are the three columns of what an animal was called: the best name and its
// score, and all names where that does not say it all.
func (r *row) names(names []annotate.Name) {
	r.text(annotate.Best(names))
	plain := len(names) == 1 && (names[0].Scored || names[0].Score == 0)
	if len(names) > 0 && names[0].Scored {
		r.number(names[0].Score)
	} else {
		r.values = append(r.values, nil)
	}
	if plain && (names[0].Label != "" || names[0].Scored) || len(names) == 0 {
		r.values = append(r.values, nil)
	} else {
		r.json(names)
	}
}

// nameCells receives those columns.
type nameCells struct {
	label string
	score *float64
	all   []annotate.Name
}

func (c *nameCells) cells() []any { return []any{&c.label, &c.score, fromJSON{&c.all}} }

func (c *nameCells) names() []annotate.Name {
	switch {
	case c.all != nil:
		return c.all
	case c.score != nil:
		return []annotate.Name{{Label: c.label, Score: *c.score, Scored: true}}
	case c.label != "":
		return []annotate.Name{{Label: c.label}}
	}
	return nil
}

// shape are the six columns of a shape: its kind, the box around it, and all of it
// where it is neither a box nor a point.
func (r *row) shape(s annotate.Shape) {
	r.text(string(s.Kind))
	b, ok := s.Bounds()
	if ok {
		r.number(b.X0, b.Y0, b.X1, b.Y1)
	} else {
		r.values = append(r.values, nil, nil, nil, nil)
	}
	if reflect.DeepEqual(s, annotate.Shape{Kind: s.Kind}) || ok && reflect.DeepEqual(s, plainShape(s.Kind, b)) {
		r.values = append(r.values, nil)
	} else {
		r.json(s)
	}
}

// plainShape is the shape of a kind that its bounds say all of.
func plainShape(kind annotate.Kind, b frame.Box) annotate.Shape {
	switch kind {
	case annotate.Box:
		return annotate.BoxShape(b)
	case annotate.Points:
		return annotate.Shape{Kind: kind, Points: []annotate.Point{{X: b.X0, Y: b.Y0}}}
	}
	return annotate.Shape{}
}

// shapeCells receives those columns.
type shapeCells struct {
	kind           string
	x0, y0, x1, y1 *float64
	whole          *annotate.Shape
}

func (c *shapeCells) cells() []any {
	return []any{&c.kind, &c.x0, &c.y0, &c.x1, &c.y1, fromJSON{&c.whole}}
}

func (c *shapeCells) shape() annotate.Shape {
	switch kind := annotate.Kind(c.kind); {
	case c.whole != nil:
		return *c.whole
	case c.x0 != nil && c.y0 != nil && c.x1 != nil && c.y1 != nil:
		return plainShape(kind, frame.Box{X0: *c.x0, Y0: *c.y0, X1: *c.x1, Y1: *c.y1})
	default:
		return annotate.Shape{Kind: kind}
	}
}

func originCells(o *annotate.Origin) []any { return []any{&o.By, fromTime{&o.At}, &o.From} }

func speciesCells(s *annotate.Species) []any {
	return []any{&s.Family, &s.Genus, &s.Species, &s.CAAB}
}
