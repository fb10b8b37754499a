package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"requin/count"
)

// The columns, and how to read them, are in docs/formats/run-folder.md. A column is added at the end, never renamed.
var observersHeader = []string{
	"deployment", "taxon", "observer", "maxn", "tmaxn_s", "frames_looked_at", "frames_sampled", "status", "maxn_agreed",
	"other", "tracks_both_judged", "agree_percent", "kappa", "kappa_low", "kappa_high", "prevalence_index", "bias_index", "pabak", "note", "disputes",
}

// Observers writes observers.csv: what each reader makes of each taxon by their own verdicts alone, one row for each other reader with
// whom they can be compared, and one row where there is none. maxn_agreed is the number of the deployment.
func Observers(w io.Writer, run Run, r count.Result) error {
	t := newTable(w, observersHeader)
	for _, x := range r.Taxa {
		if x.Review == nil {
			continue
		}
		for _, o := range x.Review.Observers {
			tmaxn := ""
			if o.TMaxN != nil {
				tmaxn = o.TMaxN.Text(6)
			}
			row := []string{text(run.Deployment), text(x.Name), text(o.Name), strconv.Itoa(o.MaxN), tmaxn, strconv.Itoa(o.Looked), strconv.Itoa(x.Review.Frames),
				string(x.Status()), whole(x.MaxN)}
			with := compared(o.Name, x.Review.Agreement)
			if len(with) == 0 {
				t.row(append(row, "", "", "", "", "", "", "", "", "", "", text(strings.Join(x.Review.Disputes, "; ")))...)
			}
			for _, c := range with {
				t.row(append(slices.Clone(row), append(c.cells(), text(strings.Join(x.Review.Disputes, "; ")))...)...)
			}
		}
	}
	return t.done()
}

// comparison is how far a reader agrees with another, seen from the one.
type comparison struct{ count.Concord }

// compared are a reader's comparisons: A is the reader, B the other.
func compared(name string, all []count.Concord) (out []comparison) {
	for _, c := range all {
		switch {
		case c.A == name:
			out = append(out, comparison{c})
		case c.B == name:
			if c.A, c.B = c.B, c.A; c.Bias != nil {
				turned := 0 - *c.Bias
				c.Bias = &turned
			}
			out = append(out, comparison{c})
		}
	}
	return out
}

// cells are the columns from other to note.
func (c comparison) cells() []string {
	number := func(v *float64, decimals int) string {
		if v == nil {
			return ""
		}
		return count.Decimal(*v, decimals)
	}
	return []string{text(c.B), strconv.Itoa(c.N), number(c.Percent, 1), number(c.Kappa, 4), number(c.Low, 4), number(c.High, 4),
		number(c.Prevalence, 4), number(c.Bias, 4), number(c.PABAK, 4), c.note()}
}

// note says why there is no interval of kappa.
func (c comparison) note() string {
	switch {
	case c.TooFew:
		return "too few tracks for an interval"
	case c.Kappa == nil:
		return "kappa is not defined: both always said the same one thing"
	}
	return ""
}
