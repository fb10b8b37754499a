package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// cells reads the cells of a table's rows and remembers the first that is wrong,
// so that a row can be read in one go:
//
//	c := newCells(t, "eventmeasure.")
//	for c.next() {
//		p := point{Frame: c.count(frame), Time: c.minutes(time)}
//		if c.err != nil { ... }
//	}
type cells struct {
	*table
	prefix string // of the keys of extra
	err    error  // of this row
	extra  annotate.Extra
	others []otherColumn
	same   map[string]string // strings that come again and again
	loose  bool              // the header does not tell how many columns there are
}

// otherColumn is a column that the format's makers did not think of, and people added.
type otherColumn struct {
	at  int
	key string // in Extra
}

func newCells(t *table, prefix string) *cells {
	return &cells{table: t, prefix: prefix, same: map[string]string{}}
}

// rest makes all columns but these the others, under their headers; one
// without a header, or whose header was there before, is told by its number.
func (c *cells) rest(used ...int) {
	taken := map[string]bool{}
	for i, name := range c.header {
		key := fold(name)
		mine := slices.Contains(used, i)
		if !mine {
			if name == "" {
				name = fmt.Sprintf("column %d", i+1)
			} else if taken[key] {
				name = fmt.Sprintf("%s (column %d)", name, i+1)
			}
			c.others = append(c.others, otherColumn{i, c.prefix + tidy(name)})
		}
		taken[key], taken[fold(name)] = true, true
	}
}

// canonical spells the other columns that are in the list as they are there.
func (c *cells) canonical(columns []string) {
	for i, o := range c.others {
		for _, name := range columns {
			if fold(strings.TrimPrefix(o.key, c.prefix)) == fold(name) {
				c.others[i].key = c.prefix + name
			}
		}
	}
}

// next moves to the next row, with no Extra yet, and no error unless it has more cells than there
// are columns.
func (c *cells) next() bool {
	c.err, c.extra = nil, nil
	if !c.table.next() {
		return false
	}
	for i := len(c.header); i < len(c.row) && !c.loose; i++ {
		if cell := strings.TrimSpace(c.row[i]); cell != "" {
			c.err = fmt.Errorf("%s, line %d: the row has %d cells but there are %d columns, and %.40q is in none: a text with a separator in it should be in quotes",
				c.what, c.line, len(c.row), len(c.header), cell)
			break
		}
	}
	return true
}

// reach makes it an error if the row ends before this column: a file may be cut off.
func (c *cells) reach(column int) {
	if column >= len(c.row) && c.err == nil {
		c.err = fmt.Errorf("%s, line %d: the row has %d cells and ends before the column %s: it is cut off; export the file again",
			c.what, c.line, len(c.row), c.header[column])
	}
}

func (c *cells) fail(column int, want string) {
	if c.err == nil {
		c.err = c.wrong(column, want)
	}
}

// text is a cell without what would break a line of a table.
func (c *cells) text(column int) string { return tidy(c.table.text(column)) }

// name is a text that many rows share: one copy is kept, not the lines it stood in.
func (c *cells) name(column int) string {
	s := c.text(column)
	if s == "" {
		return ""
	}
	if one, ok := c.same[s]; ok {
		return one
	}
	if len(c.same) >= 1<<16 { // names do not come in such numbers
		clear(c.same)
	}
	s = strings.Clone(s)
	c.same[s] = s
	return s
}

// code is the opcode or another name that there must be.
func (c *cells) code(column int, what string) string {
	s := c.name(column)
	if s == "" {
		c.fail(column, what)
	}
	return s
}

// keep puts a cell into Extra, unless it is blank.
func (c *cells) keep(key string, column int) {
	if s := c.text(column); s != "" {
		c.put(key, s)
	}
}

func (c *cells) put(key, value string) {
	if c.extra == nil {
		c.extra = annotate.Extra{}
	}
	c.extra[key] = value
}

// keepOthers puts the cells of the other columns into Extra; blank ones too where all
// says so, which keeps the column.
func (c *cells) keepOthers(all bool) {
	for _, o := range c.others {
		if s := c.text(o.at); s != "" || all {
			c.put(o.key, s)
		}
	}
}

// number is a finite number, nil where nothing stands.
func (c *cells) number(column int) *float64 {
	v, err := c.table.number(column)
	if err != nil && c.err == nil {
		c.err = err
	}
	return v
}

// between is a number in a range, nil where nothing stands.
func (c *cells) between(column int, least, most float64) *float64 {
	v := c.number(column)
	if v != nil && (*v < least || *v > most) {
		c.fail(column, fmt.Sprintf("it should lie between %g and %g", least, most))
		return nil
	}
	return v
}

// most is what no count of frames or animals reaches.
const most = math.MaxInt32

// count is a whole number from 0; blank is what stands for a blank cell.
func (c *cells) count(column, blank int) int {
	s := c.text(column)
	if missing(s) {
		return blank
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		v, bad := parseNumber(s)
		n = int(v)
		if bad != nil || v != math.Trunc(v) || v > most {
			n = -1
		}
	}
	if n < 0 || n > most {
		c.fail(column, "it should be a whole number from 0")
		return blank
	}
	return n
}

// minutes is a time in minutes from 0; None where the cell is blank.
func (c *cells) minutes(column int) time.Duration {
	s := c.text(column)
	if missing(s) {
		return annotate.None
	}
	d, ok := parseMinutes(s)
	if !ok {
		c.fail(column, "it should be minutes from 0, as 12.34567")
		return annotate.None
	}
	return d
}

// longest is what no recording exceeds, in minutes.
const longest = 100_000

// parseMinutes reads minutes to the nanosecond: the 5 decimals that EventMeasure
// writes are whole microseconds, and up to 11 decimals come back as minutes writes them.
func parseMinutes(s string) (time.Duration, bool) {
	whole, decimals, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || !digits(decimals) || whole == "" || len(whole) > 6 || len(decimals) > 11 { // 1e2, +1, more decimals
		v, err := parseNumber(s)
		if err != nil || v < 0 || v >= longest {
			return 0, false
		}
		return time.Duration(math.Round(v * 60e9)), true
	}
	n, _ := strconv.ParseInt(whole, 10, 64)
	if n >= longest {
		return 0, false
	}
	part, _ := strconv.ParseInt((decimals + "00000000000")[:11], 10, 64)
	return time.Duration(n)*time.Minute + time.Duration((part*6+5)/10), true
}

// minutes writes a time as EventMeasure does, with 5 decimals of a minute, or with as many
// as tell it apart.
func minutes(d time.Duration) string {
	const step = 600 * time.Microsecond // the fifth decimal
	if d%step == 0 {
		return fmt.Sprintf("%d.%05d", d/time.Minute, d%time.Minute/step)
	}
	part := (int64(d%time.Minute)*10 + 3) / 6
	return strings.TrimRight(fmt.Sprintf("%d.%011d", d/time.Minute, part), "0")
}

// fiveDecimals writes a number with 5 decimals as EventMeasure does, or with as many as tell it apart.
func fiveDecimals(v float64) string {
	if math.Abs(v) < 1e15 {
		s := strconv.FormatFloat(v, 'f', 5, 64)
		if back, _ := strconv.ParseFloat(s, 64); back == v {
			return s
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// shortest writes a number with as few digits as tell it apart; nothing for nil.
func shortest(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// tidy is a text on one line, without what separates columns in tables.
func tidy(s string) string {
	if strings.IndexFunc(s, breaks) < 0 {
		return s
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if breaks(r) {
			return ' '
		}
		return r
	}, s))
}

func breaks(r rune) bool { return r < ' ' || r == 0x7f || r == '\u0085' || r == '\ufeff' }

// tableFile writes a table. Cells are put on one line; what went wrong is told by close.
type tableFile struct {
	file io.WriteCloser
	buf  *bufio.Writer
	csv  *csv.Writer // nil: tabs separate
	err  error
}

// createTable creates a file in the folder and writes the header. comma is ',' or '\t'.
func createTable(out Folder, name string, comma rune, header []string) (*tableFile, error) {
	file, err := out.Create(name)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", name, err)
	}
	t := &tableFile{file: file, buf: bufio.NewWriterSize(file, 64<<10)}
	if comma != '\t' {
		t.csv = csv.NewWriter(t.buf)
		t.csv.Comma = comma
	}
	t.row(slices.Clone(header)...)
	return t, nil
}

// row writes one line; the cells are overwritten.
func (t *tableFile) row(row ...string) {
	if t.err != nil {
		return
	}
	for i, cell := range row {
		row[i] = tidy(cell)
	}
	if t.csv != nil {
		t.err = t.csv.Write(row)
		return
	}
	for i, cell := range row {
		if i > 0 {
			_ = t.buf.WriteByte('\t') // bufio keeps the error for Flush
		}
		_, _ = t.buf.WriteString(cell)
	}
	_ = t.buf.WriteByte('\n')
}

func (t *tableFile) close() error {
	if t.csv != nil {
		t.csv.Flush()
		t.err = errors.Join(t.err, t.csv.Error())
	}
	return errors.Join(t.err, t.buf.Flush(), t.file.Close())
}
