package exchange

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// CountRow is one row of a table of counts: what somebody, or a machine, counted of one
// taxon in one deployment.
type CountRow struct {
	Deployment string
	Taxon      string
	MaxN       *float64 // nil: the cell is blank, so nothing was counted; not the same as 0
	MeanCount  *float64 // mean of the counts over all frames that were looked at
	TMaxN, TFS *time.Duration
	Length     *time.Duration // of what was counted, where the table says
	Status     string         // machine, reviewed, certified or disputed, where the table says
}

// The names that a column of a table of counts may have, compared as fold has them.
var countColumns = map[string][]string{
	"deployment": {"deployment", "opcode", "sample", "station", "deployment_id", "drop", "drop_id", "video", "file", "filename"},
	"taxon":      {"taxon", "scientific_name", "scientific", "species_name", "label", "class", "taxa"},
	"maxn":       {"maxn", "max_n", "count", "n"},
	"mean":       {"mean_count", "mean_n", "meancount"},
	"tmaxn":      {"tmaxn_s", "tmaxn", "time_maxn", "time_of_maxn", "maxn_time"},
	"tfs":        {"tfs_s", "tfs", "time_first_seen", "first_seen", "time_of_first_arrival", "t1st"},
	"length":     {"duration_s", "duration", "length_s"},
	"status":     {"count_status", "status"},
	"from":       {"period_from_s"},
	"to":         {"period_to_s"},
}

// countTable is a table of counts with its columns found.
type countTable struct {
	*table
	at                     map[string]int // by the names of countColumns
	family, genus, species int
}

func openCounts(name string, r io.Reader) (*countTable, error) {
	t, err := openTable(name, r, 0)
	if err != nil {
		return nil, err
	}
	c := &countTable{table: t, at: map[string]int{}, family: t.column("family"), genus: t.column("genus"), species: t.column("species")}
	for what, names := range countColumns {
		c.at[what] = t.column(names...)
	}
	for _, what := range []string{"deployment", "maxn"} {
		if _, err := t.need(countColumns[what]...); err != nil {
			return nil, err
		}
	}
	if c.at["taxon"] < 0 && c.species < 0 {
		return nil, fmt.Errorf("%s, line 1: there is no column %s, nor genus and species; the columns are %.400s", t.what, strings.Join(countColumns["taxon"], " or "), strings.Join(t.header, ", "))
	}
	if i := t.column("pointindex", "imageptpair", "period_time"); i >= 0 {
		return nil, fmt.Errorf("%s, line 1: column %s: these are points, not counts", t.what, t.header[i])
	}
	return c, nil
}

// IsCounts tells from the beginning of a file whether it is a table that ReadCounts reads.
func IsCounts(head []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), []byte("\n"))
	_, err := openCounts("", bytes.NewReader(line))
	return err == nil
}

// ReadCounts reads a table of counts with a row for each deployment and taxon, separated
// by commas, semicolons or tabs. Headers compare without regard to case, spaces, dots,
// hyphens and underscores:
//
//	deployment  deployment, opcode, sample, station, deployment_id, drop, drop_id, video, file, filename
//	taxon       taxon, scientific_name, scientific, species_name, label, class, taxa; or genus and species (and family)
//	MaxN        maxn, max_n, count, n
//	mean count  mean_count, mean_n
//	tMaxN, TFS  tmaxn_s, tmaxn, time_maxn, time_of_maxn, maxn_time; tfs_s, tfs, time_first_seen, first_seen ...
//	length      duration_s, duration, length_s; or period_from_s and period_to_s
//	status      count_status, status, where it is one of Requin's words
//
// The first three are needed, and the rest of the columns is passed over. Times are
// seconds, minutes:seconds or hours:minutes:seconds. A blank cell is not a zero. Requin's
// own maxn.csv is such a table. An error names line and column, and is the last thing
// that is given.
func ReadCounts(name string, r io.Reader) iter.Seq2[CountRow, error] {
	return func(yield func(CountRow, error) bool) {
		t, err := openCounts(name, r)
		if err != nil {
			yield(CountRow{}, err)
			return
		}
		for t.next() {
			row, err := t.count()
			if !yield(row, err) || err != nil {
				return
			}
		}
		if t.err != nil {
			yield(CountRow{}, t.err)
		}
	}
}

// count is the row at hand.
func (t *countTable) count() (row CountRow, err error) {
	row.Deployment = unquoted(t.text(t.at["deployment"]))
	if row.Deployment == "" {
		return row, t.wrong(t.at["deployment"], "the deployment should be named")
	}
	if status := t.text(t.at["status"]); isStatus(status) {
		row.Status = status
	}
	row.Taxon = t.taxon()
	if row.Taxon == "" {
		return row, t.wrong(max(t.at["taxon"], t.species), "the taxon should be named")
	}
	if row.MaxN, err = t.amount("maxn"); err != nil {
		return row, err
	}
	if row.MeanCount, err = t.amount("mean"); err != nil {
		return row, err
	}
	for what, into := range map[string]**time.Duration{"tmaxn": &row.TMaxN, "tfs": &row.TFS, "length": &row.Length} {
		if *into, err = t.time(t.at[what]); err != nil {
			return row, err
		}
	}
	from, err1 := t.time(t.at["from"])
	to, err2 := t.time(t.at["to"])
	switch {
	case err1 != nil:
		return row, err1
	case err2 != nil:
		return row, err2
	case from != nil && to != nil && row.Length == nil:
		length := *to - *from
		row.Length = &length
	}
	return row, nil
}

// taxon is the name in one column, or put together of genus and species.
func (t *countTable) taxon() string {
	if name := unquoted(t.text(t.at["taxon"])); name != "" {
		return name
	}
	if t.genus < 0 {
		return unquoted(t.text(t.species)) // one column that bears both words
	}
	return annotate.Species{Family: t.text(t.family), Genus: t.text(t.genus), Species: t.text(t.species)}.Scientific()
}

// amount is a cell as a number of at least 0; nil where it is blank.
func (t *countTable) amount(what string) (*float64, error) {
	v, err := t.number(t.at[what])
	if err == nil && v != nil && *v < 0 {
		return nil, t.wrong(t.at[what], "it should not be below 0")
	}
	return v, err
}

// time is a cell as a time: seconds, or parts separated by colons; nil where it is blank.
func (t *countTable) time(column int) (*time.Duration, error) {
	cell := t.text(column)
	if missing(cell) {
		return nil, nil
	}
	seconds := 0.0
	parts := strings.Split(cell, ":")
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.Replace(part, ",", ".", 1), 64)
		if err != nil || !(v >= 0 && v < 1e9) || len(parts) > 3 || i > 0 && v >= 60 {
			return nil, t.wrong(column, "it should be a time: seconds, minutes:seconds or hours:minutes:seconds")
		}
		seconds = 60*seconds + v
	}
	if seconds > 1e9 {
		return nil, t.wrong(column, "it should be a time of at most thirty years")
	}
	d := time.Duration(seconds * float64(time.Second))
	return &d, nil
}

// unquoted takes off the apostrophe that Requin's own tables put before a name that a
// spreadsheet would run as a formula.
func unquoted(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" && strings.ContainsRune("=+-@\t\r\n'", rune(rest[0])) {
		return rest
	}
	return s
}
