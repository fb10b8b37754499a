package review

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// Log is the verdicts on a deployment.
type Log struct {
	OpCode string
	Log    []Verdict
}

// tableHeader is a contract (docs/formats/verdicts.md): a column is added at the end, never renamed.
var tableHeader = []string{
	"id", "deployment", "kind", "track", "with", "taxon", "time_s", "x0", "y0", "x1", "y1", "n", "note", "seen_s", "by", "at",
	"undone", "reconciled", "run", "was_state", "was_taxon", "text", "blind", "again", "alone", "was_n",
}

// WriteTable writes verdicts as CSV, one row each.
func WriteTable(w io.Writer, logs []Log) error {
	out := csv.NewWriter(w)
	if err := out.Write(tableHeader); err != nil {
		return err
	}
	for _, l := range logs {
		gone := Undone(l.Log)
		for _, v := range sorted(l.Log) {
			if err := out.Write(v.row(l.OpCode, gone[v.ID])); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func (v Verdict) row(opcode string, undone bool) []string {
	s := v.Said
	taxon, at, n, seen := s.Taxon, "", "", ""
	if len(s.Taxa) > 0 {
		taxon = strings.Join(s.Taxa, "; ")
	}
	if s.Time != nil {
		at = s.Time.Text(6)
	}
	box := [4]string{}
	if s.Box != nil {
		for i, x := range []float64{s.Box.X0, s.Box.Y0, s.Box.X1, s.Box.Y1} {
			box[i] = strconv.FormatFloat(x, 'f', 2, 64)
		}
	}
	if s.N != nil {
		n = strconv.Itoa(*s.N)
	}
	wasN := ""
	if v.Was.N != nil {
		wasN = strconv.Itoa(*v.Was.N)
	}
	if s.SeenS > 0 {
		seen = strconv.FormatFloat(s.SeenS, 'f', 1, 64)
	}
	return []string{
		strconv.FormatInt(v.ID, 10), plain(opcode), string(v.Kind), s.Track, s.With, plain(taxon), at, box[0], box[1], box[2], box[3], n, plain(s.Note), seen,
		plain(v.By), v.At.UTC().Format(time.RFC3339Nano), strconv.FormatBool(undone), strconv.FormatBool(s.Reconciled), v.Run,
		string(v.Was.Standing), plain(v.Was.Taxon), plain(v.Text()),
		strconv.FormatBool(s.Blind), strconv.FormatBool(s.Again), strconv.FormatBool(s.Alone), wasN,
	}
}

// plain keeps a spreadsheet from running a text that looks like a formula (docs/formats/run-folder.md).
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n'", rune(s[0])) {
		return "'" + s
	}
	return s
}
