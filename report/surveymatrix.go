package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"requin/count"
)

// matrixAcross is how many taxa stand beside each other, to fit a printed page; more than uprightFrom have upright names.
const (
	matrixAcross = 14
	uprightFrom  = 5
)

// matrix is a table of MaxN, deployments by taxa.
type matrix struct {
	Upright bool // the names stand upright
	Heads   []taxonLine
	Rows    []matrixRow
}

type matrixRow struct {
	Label, Campaign, Details string
	Why                      string // there is no count: one cell says so
	Across                   int
	Cells                    []matrixCell
}

// matrixCell is a number and, in a letter, how far it may be trusted.
type matrixCell struct{ Number, Letter, Class, Tip string }

// unseen is a taxon that was nowhere seen.
type unseen struct {
	Name, Common, Text string
	Latin              bool
}

// matrices are the tables of the taxa that were seen, or are disputed, and the list of the others.
func (s Survey) matrices() (out []matrix, never []unseen) {
	var shown []count.Taxon
	for _, t := range s.studied() {
		o := s.occupancy(t.Name)
		if o.seen > 0 || o.statuses[count.Disputed] > 0 {
			shown = append(shown, t)
			continue
		}
		text := "nowhere looked for"
		if o.of > 0 {
			text = fmt.Sprintf("0 in %s: %s", plural(o.of, "deployment", "deployments"), Totals{Counts: o.statuses}.Tally())
		}
		never = append(never, unseen{t.Name, t.Common, text, Latin(t.Name)})
	}
	for some := range slices.Chunk(shown, matrixAcross) {
		m := matrix{Upright: len(some) > uprightFrom}
		for _, t := range some {
			m.Heads = append(m.Heads, taxonLine{Name: t.Name, Common: t.Common, Latin: Latin(t.Name)})
		}
		for _, d := range s.Deployments {
			m.Rows = append(m.Rows, s.matrixRow(d, some))
		}
		out = append(out, m)
	}
	return out, never
}

func (s Survey) matrixRow(d Deployment, taxa []count.Taxon) matrixRow {
	row := matrixRow{Label: s.label(d), Campaign: d.Campaign, Details: d.Details, Across: len(taxa)}
	if d.Counts == nil {
		row.Why = d.Why
		return row
	}
	for _, t := range taxa {
		x, ok := d.of(t.Name)
		tip := fmt.Sprintf("%s, %s: ", row.Label, t.Name)
		switch {
		case !ok:
			row.Cells = append(row.Cells, matrixCell{"–", "", "blank", tip + d.blank(t.Name)})
		case x.MaxN == nil:
			row.Cells = append(row.Cells, matrixCell{"n.a.", "", "blank", tip + d.blank(t.Name)})
		default:
			class := string(x.Status())
			if *x.MaxN == 0 {
				class += " zero"
			}
			row.Cells = append(row.Cells, matrixCell{count.Number(x.MaxN), strings.ToUpper(string(x.Status())[:1]), class, tip + "MaxN " + count.Number(x.MaxN) + ", " + x.Standing()})
		}
	}
	return row
}

// reviewLine is what people looked at of a deployment, and what is still open.
type reviewLine struct {
	Label, Details, Counts, Looked, By, At, Open string
}

func (s Survey) reviewLine(d Deployment) reviewLine {
	c := *d.Counts
	out := reviewLine{Label: s.label(d), Details: d.Details, By: "nobody", At: "–"}
	out.Counts = Survey{Deployments: []Deployment{d}}.Totals().Tally()
	least, most, sampled := -1, 0, c.Effort.Frames
	var by []string
	open := c
	open.Taxa = nil
	for _, t := range c.Taxa {
		looked := 0
		if r := t.Review; r != nil {
			looked, sampled = r.Looked, r.Frames
			for _, name := range r.By {
				if !slices.Contains(by, name) {
					by = append(by, name)
				}
			}
			out.At = r.At.UTC().Format("2006-01-02 15:04")
		}
		if least < 0 {
			least = looked
		}
		least, most = min(least, looked), max(most, looked)
		if t.Status() != count.Certified {
			open.Taxa = append(open.Taxa, t)
		}
	}
	if len(by) > 0 {
		out.By = strings.Join(by, ", ")
		out.Looked = fmt.Sprintf("%s of %s", humanize.Comma(int64(most)), humanize.Comma(int64(sampled)))
		if least < most {
			out.Looked = fmt.Sprintf("%s to %s", humanize.Comma(int64(least)), out.Looked)
		}
	} else {
		out.Looked = "0 of " + humanize.Comma(int64(sampled))
	}
	if out.Open = "nothing"; len(open.Taxa) > 0 {
		out.Open = Standings(open)
	}
	return out
}

// site is a place by its name, and what was done there.
type site struct {
	Name, Location string
	Deployments    []string
	Analysed       string
	Seen           int // taxa
	Sum            int // of MaxN
}

// sites lists where the deployments were, in the order in which they come.
func (s Survey) sites() (out []site) {
	at := map[[2]string]int{}
	var members [][]Deployment
	for _, d := range s.Deployments {
		key := [2]string{d.Site, d.Location}
		i, known := at[key]
		if !known {
			i = len(members)
			at[key] = i
			members = append(members, nil)
			name := d.Site
			if name == "" {
				name = "no site stated"
			}
			out = append(out, site{Name: name, Location: d.Location})
		}
		members[i] = append(members[i], d)
	}
	for i, of := range members {
		t := Survey{Deployments: of}.Totals()
		out[i].Analysed, out[i].Seen = "–", t.Seen
		if t.Counted > 0 {
			out[i].Analysed = hours(t.Analysed)
		}
		for _, d := range of {
			out[i].Deployments = append(out[i].Deployments, s.label(d))
			out[i].Sum += d.sum()
		}
	}
	return out
}
