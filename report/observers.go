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

// readersLine is what the readers of one count make of it by themselves; a line for each two of them.
type readersLine struct {
	Deployment, Name                  string
	Latin                             bool
	MaxN, Tracks, Agree, Kappa        string
	Prevalence, Bias, PABAK, Disputed string
}

// readers are the counts that several people read.
func (s Survey) readers() (out []readersLine) {
	for _, d := range s.Deployments {
		if d.Counts == nil {
			continue
		}
		for _, t := range d.Counts.Taxa {
			if t.Review == nil || len(t.Review.Observers) < 2 {
				continue
			}
			line := readersLine{Deployment: s.label(d), Name: t.Name, Latin: Latin(t.Name), Disputed: strings.Join(t.Review.Disputes, "; ")}
			var numbers []string
			for _, o := range t.Review.Observers {
				numbers = append(numbers, o.Name+" "+strconv.Itoa(o.MaxN))
			}
			line.MaxN = strings.Join(numbers, ", ")
			if len(t.Review.Agreement) == 0 {
				out = append(out, line)
			}
			for _, c := range t.Review.Agreement {
				out = append(out, line.with(c, len(t.Review.Observers) > 2))
			}
		}
	}
	return out
}

// with is the line with an agreement; named: it says of which two.
func (l readersLine) with(c count.Concord, named bool) readersLine {
	number := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return count.Decimal(*v, 2)
	}
	if l.Tracks = strconv.Itoa(c.N); named {
		l.Tracks = c.A + ", " + c.B + ": " + l.Tracks
	}
	if c.Percent != nil {
		l.Agree = count.Decimal(*c.Percent, 0) + " %"
	}
	switch {
	case c.TooFew:
		l.Kappa = "too few"
	case c.Low != nil && c.High != nil:
		l.Kappa = number(c.Kappa) + " (" + number(c.Low) + " to " + number(c.High) + ")"
	default:
		l.Kappa = number(c.Kappa)
	}
	l.Prevalence, l.Bias, l.PABAK = number(c.Prevalence), number(c.Bias), number(c.PABAK)
	return l
}
