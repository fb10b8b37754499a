package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// longestLine is what no line of a table exceeds: a longer one is another kind of file.
const longestLine = 4 << 20

// table reads delimited text with a header, row by row.
//
//	t, err := openTable("Points", r, '\t')
//	number := t.column("Number")     // -1 where there is none
//	for t.next() {
//		n, err := t.integer(number)  // an error names file, line and column
//	}
//	err = t.err
type table struct {
	what    string   // "Points file": begins every error
	header  []string // as written, spaces around taken off
	row     []string // of the latest next; overwritten by the one after
	line    int      // its number in the file, from 1
	err     error    // what ended the rows, nil at the end of the file
	comma   rune
	csv     *csv.Reader    // separated by anything but tabs: quotes mean something
	lines   *bufio.Scanner // separated by tabs: quotes are letters
	columns map[string]int
}

// openTable reads the header. comma separates the columns; 0 finds out from the
// header which of tab, comma and semicolon does. Rows of blanks alone are skipped.
func openTable(what string, r io.Reader, comma rune) (*table, error) {
	text := bufio.NewReaderSize(utf8Text(r), 64<<10)
	t := &table{what: what, comma: comma}
	if comma == 0 {
		t.comma = ','
		head, _ := text.Peek(16 << 10)
		first, _, _ := strings.Cut(strings.TrimLeft(string(head), "\r\n"), "\n")
		for _, c := range []rune{'\t', ';'} {
			if strings.Count(first, string(c)) > strings.Count(first, string(t.comma)) {
				t.comma = c
			}
		}
	}
	if t.comma == '\t' {
		t.lines = bufio.NewScanner(text)
		t.lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	} else {
		t.csv = csv.NewReader(text)
		t.csv.Comma, t.csv.LazyQuotes, t.csv.FieldsPerRecord, t.csv.ReuseRecord = t.comma, true, -1, true
	}
	if !t.next() {
		if t.err == nil {
			t.err = fmt.Errorf("%s: the file is empty: there is not even a line of column names", what)
		}
		return nil, t.err
	}
	t.columns = map[string]int{}
	for i, name := range t.row {
		name = strings.TrimSpace(name)
		t.header = append(t.header, name)
		if key := fold(name); key != "" {
			if _, twice := t.columns[key]; !twice {
				t.columns[key] = i
			}
		}
	}
	return t, nil
}

// fold makes column names comparable: case, spaces, dots and underscores do not matter.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '.', '_', '-':
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}

// next moves to the next row; false at the end or at an error (t.err).
func (t *table) next() bool {
	for t.err == nil {
		if !t.advance() {
			return false
		}
		for _, cell := range t.row {
			if strings.TrimSpace(cell) != "" {
				return true
			}
		}
	}
	return false
}

func (t *table) advance() bool {
	if t.csv != nil {
		row, err := t.csv.Read()
		var syntax *csv.ParseError
		switch {
		case err == io.EOF:
			return false
		case errors.As(err, &syntax):
			t.err = fmt.Errorf("%s, line %d: %w", t.what, syntax.StartLine, syntax.Err)
			return false
		case err != nil:
			t.err = fmt.Errorf("%s, after line %d: %w", t.what, t.line, err)
			return false
		}
		t.row = row
		t.line, _ = t.csv.FieldPos(0)
		return true
	}
	if !t.lines.Scan() {
		if err := t.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			t.err = fmt.Errorf("%s, line %d is longer than %d bytes: this is no table", t.what, t.line+1, longestLine)
		} else if err != nil {
			t.err = fmt.Errorf("%s, after line %d: %w", t.what, t.line, err)
		}
		return false
	}
	t.line++
	t.row = t.row[:0]
	for rest, more := t.lines.Text(), true; more; {
		var cell string
		cell, rest, more = strings.Cut(rest, "\t")
		t.row = append(t.row, cell)
	}
	return true
}

// column is the place of the first of these names that the header has, -1 if none.
func (t *table) column(names ...string) int {
	for _, name := range names {
		if i, ok := t.columns[fold(name)]; ok {
			return i
		}
	}
	return -1
}

// need is column, and an error that lists the header where there is none.
func (t *table) need(names ...string) (int, error) {
	if i := t.column(names...); i >= 0 {
		return i, nil
	}
	return -1, fmt.Errorf("%s, line 1: there is no column %s; the columns are %.400s", t.what, strings.Join(names, " or "), strings.Join(t.header, ", "))
}

// text is a cell of the row without the spaces around it, "" where the row or table has no such column.
func (t *table) text(column int) string {
	if column < 0 || column >= len(t.row) {
		return ""
	}
	return strings.TrimSpace(t.row[column])
}

// wrong is an error at a cell.
func (t *table) wrong(column int, want string) error {
	name := strconv.Itoa(column + 1)
	if column >= 0 && column < len(t.header) {
		name = t.header[column]
	}
	return fmt.Errorf("%s, line %d: column %s is %.60q: %s", t.what, t.line, name, t.text(column), want)
}

// missing tells whether a cell holds nothing, or a word that stands for it.
func missing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "na", "n/a", "nan", "null", "none":
		return true
	}
	return false
}

// number is a cell as a finite number; nil where it is missing. A decimal comma is
// understood unless commas separate the columns and the cell was not quoted.
func (t *table) number(column int) (*float64, error) {
	cell := t.text(column)
	if missing(cell) {
		return nil, nil
	}
	v, err := parseNumber(cell)
	if err != nil {
		return nil, t.wrong(column, "it should be a number")
	}
	return &v, nil
}

// integer is a cell as a whole number; an error where it is missing.
func (t *table) integer(column int) (int, error) {
	v, err := t.number(column)
	if err != nil {
		return 0, err
	}
	if v == nil || *v != math.Trunc(*v) || math.Abs(*v) > 1<<53 {
		return 0, t.wrong(column, "it should be a whole number")
	}
	return int(*v), nil
}

// parseNumber reads a finite number with a decimal point or a decimal comma.
func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		v, err = strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	}
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}
