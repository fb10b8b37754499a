package dataset

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Row is one line of the table of what each side holds.
type Row struct {
	Name   string
	Counts []int // by side
	Sum    int
	Note   string
}

// Table is how many deployments, pictures and boxes of each taxon each side holds: the folds, then the test set if
// there is one.
func (m *Manifest) Table() (sides []string, rows []Row) {
	var folds []int
	for f := range max(m.Settings.Folds, 1) {
		folds, sides = append(folds, f), append(sides, fmt.Sprintf("fold %d", f))
	}
	if m.Settings.Folds == 0 {
		sides[0] = "training"
	}
	if m.hasTest() {
		folds, sides = append(folds, Test), append(sides, "test")
	}
	add := func(name string, count func(fold int) int, note string) {
		r := Row{Name: name, Note: note}
		for _, f := range folds {
			r.Counts = append(r.Counts, count(f))
			r.Sum += count(f)
		}
		rows = append(rows, r)
	}
	of := func(value func(Deployment) int) func(int) int {
		return func(fold int) (sum int) {
			for _, d := range m.Deployments {
				if d.Fold == fold {
					sum += value(d)
				}
			}
			return sum
		}
	}
	add("deployments", of(func(Deployment) int { return 1 }), "")
	add("pictures", of(func(d Deployment) int { return d.Pictures }), "")
	if some := m.partialOf(); len(some) > 0 {
		add("  of them partial", of(func(d Deployment) int { return some[d.Name] }), "not everything in them was marked")
	}
	for _, x := range m.Taxa {
		note := string(x.Role)
		if x.TooFew || x.TooFewTest {
			note += ", too few to be scored"
		}
		add(x.Name, func(fold int) int {
			switch {
			case fold == Test:
				return x.Test
			case fold < len(x.Folds):
				return x.Folds[fold]
			}
			return x.Boxes - x.Test
		}, note)
	}
	return sides, rows
}

// partialOf is how many pictures of each deployment that has any are partial.
func (m *Manifest) partialOf() map[string]int {
	out := map[string]int{}
	for _, p := range m.Pictures {
		if p.Partial {
			out[p.Deployment]++
		}
	}
	return out
}

// WriteTable writes Table as text.
func (m *Manifest) WriteTable(w io.Writer) error {
	sides, rows := m.Table()
	wide := 0
	for _, r := range rows {
		wide = max(wide, utf8.RuneCountInString(r.Name))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-*s", wide, "")
	for _, side := range append(sides, "all") {
		fmt.Fprintf(&out, "  %8s", side)
	}
	for _, r := range rows {
		line := fmt.Sprintf("%-*s", wide, r.Name)
		for _, n := range append(r.Counts, r.Sum) {
			line += fmt.Sprintf("  %8d", n)
		}
		out.WriteString("\n" + strings.TrimRight(line+"  "+r.Note, " "))
	}
	_, err := io.WriteString(w, out.String()+"\n")
	return err
}
