package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"requin/annotate"
)

// span is when a deployment took place.
type span struct {
	start, end time.Time
	zoned      bool // the time zone is known; otherwise the clock's time is written as if it were UTC
	timed      bool // the time of day is known, not the date alone
}

// layouts are the forms of annotate.Deployment.DateTime, the most exact first.
var layouts = []struct {
	layout       string
	zoned, timed bool
}{
	{time.RFC3339, true, true}, {"2006-01-02T15:04Z07:00", true, true}, {"2006-01-02T15:04:05", false, true},
	{"2006-01-02T15:04", false, true}, {time.DateOnly, false, false},
}

// spanOf is when a deployment took place: from its date for as long as was filmed, or
// to the end of its last period. false where no date is stated.
func spanOf(d annotate.Deployment) (span, bool) {
	for _, l := range layouts {
		start, err := time.Parse(l.layout, d.DateTime)
		if err != nil {
			continue
		}
		return span{start, start.Add(lengthOf(d)), l.zoned, l.timed}, true
	}
	return span{}, false
}

// lengthOf is how long a deployment was filmed, as far as its chapters and periods tell.
func lengthOf(d annotate.Deployment) time.Duration {
	var length time.Duration
	for _, c := range d.Chapters {
		length = max(length, c.Offset+c.Duration)
	}
	for _, p := range d.Periods {
		if !p.Open {
			length = max(length, p.To)
		}
	}
	return length
}

// watched is the part of a deployment that counts: its first period, else all of it.
func watched(d annotate.Deployment) (from, to time.Duration) {
	if len(d.Periods) == 0 {
		return 0, lengthOf(d)
	}
	p := d.Periods[0]
	if p.Open {
		return p.From, max(lengthOf(d), p.From)
	}
	return p.From, p.To
}

// stamp writes a time with its zone, without a fraction where it has none.
func stamp(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.Format(time.RFC3339)
	}
	return t.Format("2006-01-02T15:04:05.999999999Z07:00")
}

// deploymentsOf collects the deployments of a stream by opcode, in their order.
func deploymentsOf(records annotate.Records) (order []string, by map[string]annotate.Deployment, err error) {
	by = map[string]annotate.Deployment{}
	for record, err := range records {
		if err != nil {
			return nil, nil, err
		}
		d, ok := record.(annotate.Deployment)
		if !ok {
			continue
		}
		if _, twice := by[d.OpCode]; !twice {
			order = append(order, d.OpCode)
		}
		by[d.OpCode] = d
	}
	return order, by, nil
}

// unplaced lists the deployments of which something is missing that a format must have.
func unplaced(order []string, by map[string]annotate.Deployment, lacks func(annotate.Deployment) string) error {
	var wrong []string
	for _, opcode := range order {
		if what := lacks(by[opcode]); what != "" {
			wrong = append(wrong, opcode+" has no "+what)
		}
	}
	switch n := len(wrong); {
	case n == 0:
		return nil
	case n > 5:
		wrong = append(wrong[:5], fmt.Sprintf("and %d more", n-5))
	}
	return fmt.Errorf("%s: add them with requin add --metadata FILE.csv", strings.Join(wrong, "; "))
}

// whereAndWhen says what of place and date a deployment lacks.
func whereAndWhen(d annotate.Deployment) string {
	var lacks []string
	if d.Latitude == nil || d.Longitude == nil {
		lacks = append(lacks, "latitude and longitude")
	}
	if _, ok := spanOf(d); !ok {
		lacks = append(lacks, "date")
	}
	return strings.Join(lacks, " and no ")
}

// rows writes a table of comma-separated values into a file of a folder.
type rows struct {
	file    io.WriteCloser
	csv     *csv.Writer
	columns []string
}

func newRows(out Folder, name string, columns []string) (*rows, error) {
	file, err := out.Create(name)
	if err != nil {
		return nil, err
	}
	r := &rows{file: file, csv: csv.NewWriter(file), columns: columns}
	return r, r.csv.Write(columns)
}

// write writes one row; what a column has no value for is empty.
func (r *rows) write(values map[string]string) error {
	row := make([]string, len(r.columns))
	for i, c := range r.columns {
		row[i] = values[c]
	}
	return r.csv.Write(row)
}

func (r *rows) close() error {
	r.csv.Flush()
	if err := r.csv.Error(); err != nil {
		_ = r.file.Close()
		return err
	}
	return r.file.Close()
}

// optional is digits, "" for a number that is not stated.
func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return decimal(*v)
}
