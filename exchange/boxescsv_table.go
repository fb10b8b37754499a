package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"

	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
	"requin/frame"
)

// longestVideo bounds the times that are read as seconds: up to here a float64 tells nanoseconds apart.
const longestVideo = 1e6 // seconds, 11 days

// fillFile creates a file, has it filled, and closes it whatever happened.
func fillFile(out Folder, name string, fill func(w *bufio.Writer) error) error {
	f, err := out.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err = fill(w); err == nil {
		err = w.Flush()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// fillTable is fillFile for a table with commas and a header.
func fillTable(out Folder, name string, header []string, fill func(w *csv.Writer) error) error {
	return fillFile(out, name, func(w *bufio.Writer) error {
		rows := csv.NewWriter(w)
		if err := rows.Write(header); err != nil {
			return err
		}
		if err := fill(rows); err != nil {
			return err
		}
		rows.Flush()
		return rows.Error()
	})
}

// streamTable opens the input's table, has it read, and ends the stream with what went wrong. read stops without an
// error when yield wants no more.
func streamTable(in Input, what string, read func(t *table, yield func(annotate.Record) bool) error) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		stopped := false
		err := withTable(in, what, func(t *table) error {
			return read(t, func(r annotate.Record) bool {
				stopped = stopped || !yield(r, nil)
				return !stopped
			})
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// withTable opens the input as a table and closes it after use; a failure of the table itself is among the errors.
func withTable(in Input, what string, use func(t *table) error) error {
	f, err := in.open()
	if err != nil {
		return err
	}
	t, err := openTable(what+" "+in.Name, f, 0)
	if err == nil {
		if err = use(t); err == nil {
			err = t.err
		}
	}
	return errors.Join(err, f.Close())
}

// word is a cell as text that can be written again: CSV makes nothing sure of carriage returns within a cell.
func (t *table) word(column int) string {
	return strings.TrimSpace(strings.ReplaceAll(t.text(column), "\r", ""))
}

// box reads two corners; nil where all four cells are missing.
func (t *table) box(xmin, ymin, xmax, ymax int) (*frame.Box, error) {
	var v [4]float64
	lacking := 0
	columns := [4]int{xmin, ymin, xmax, ymax}
	for i, column := range columns {
		n, err := t.number(column)
		if err != nil {
			return nil, err
		}
		if n == nil {
			lacking++
			continue
		}
		v[i] = *n
	}
	switch {
	case lacking == 4:
		return nil, nil
	case lacking > 0:
		for _, column := range columns {
			if missing(t.text(column)) {
				return nil, t.wrong(column, "it should be a number: a box needs all four")
			}
		}
	case v[2] < v[0]:
		return nil, t.wrong(xmax, fmt.Sprintf("it should not lie left of %s, %s", t.header[xmin], t.text(xmin)))
	case v[3] < v[1]:
		return nil, t.wrong(ymax, fmt.Sprintf("it should not lie above %s, %s", t.header[ymin], t.text(ymin)))
	}
	return &frame.Box{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3]}, nil
}

// size is a cell as a number of pixels, 0 where it is missing.
func (t *table) size(column int) (int, error) {
	if missing(t.text(column)) {
		return 0, nil
	}
	n, err := t.integer(column)
	if err != nil || n < 0 || n > 1<<20 {
		return 0, t.wrong(column, "it should be a number of pixels")
	}
	return n, nil
}

// frameNumber is a cell as a frame from 0, -1 where it is missing.
func (t *table) frameNumber(column int) (int, error) {
	if missing(t.text(column)) {
		return -1, nil
	}
	n, err := t.integer(column)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, t.wrong(column, "it should be the number of a frame, a whole number from 0")
	}
	return n, nil
}

// numberText is the shortest decimal that reads as the same number.
func numberText(v float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// countText is a number that 0 leaves unsaid.
func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// frameText is the number of a frame, "" for none.
func frameText(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// bounds is the upright box around a shape that has one.
func bounds(s annotate.Shape) frame.Box {
	b, _ := s.Bounds()
	return b
}

// markWhere says which mark is spoken of.
func markWhere(m annotate.Mark) string {
	where := m.Media
	if m.Track != "" {
		where += ", track " + m.Track
	}
	if m.ID != "" {
		where += ", mark " + m.ID
	}
	if m.Frame >= 0 {
		return fmt.Sprintf("%s, frame %d", where, m.Frame)
	}
	return where + ", at " + m.Time.String()
}

// unheld notes every field of a record that states something and is not among those a format holds. Extra is
// held as far as it is the format's own (the part before the dot).
func (l *Losses) unheld(record annotate.Record, where, format string, held ...string) {
	v := reflect.ValueOf(record)
	kind := strings.ToLower(v.Type().Name())
	for i := range v.NumField() {
		name, value := v.Type().Field(i).Name, v.Field(i)
		switch {
		case name == "Extra":
			l.extra(value.Interface().(annotate.Extra), where, format)
		case slices.Contains(held, name), value.IsZero(), value.CanInt() && value.Int() == -1:
		default:
			l.add(fmt.Sprintf("%s of a %s", strings.ToLower(name), kind), where)
		}
	}
}

// whole notes a record that a format has no place for at all.
func (l *Losses) whole(record annotate.Record) {
	v := reflect.ValueOf(record)
	where := ""
	for _, name := range []string{"OpCode", "Media", "Name"} {
		if field := v.FieldByName(name); field.IsValid() && field.String() != "" && where == "" {
			where = field.String()
		}
	}
	l.add("a "+strings.ToLower(v.Type().Name()), where)
}

// each hands the records of a stream on, up to the first error.
func each(records annotate.Records, do func(annotate.Record) error) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		if err := do(record); err != nil {
			return err
		}
	}
	return nil
}
