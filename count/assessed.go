package count

import (
	"fmt"
	"slices"
	"strings"
)

// IntervalNotes say what the intervals of MaxN rest on, and why some taxa have none; taxa of which the same is to be
// said are named together.
func (r Result) IntervalNotes() []string {
	type note struct {
		what, text string
		taxa       []string
	}
	var notes []note
	for _, t := range r.Taxa {
		n := note{"no 95 % interval", t.NoInterval, []string{t.Name}}
		if t.Uncertainty != nil {
			n.what, n.text = "95 % interval", t.Uncertainty.Basis
		}
		i := slices.IndexFunc(notes, func(o note) bool { return o.what == n.what && o.text == n.text })
		switch {
		case n.text == "":
		case i < 0:
			notes = append(notes, n)
		default:
			notes[i].taxa = append(notes[i].taxa, t.Name)
		}
	}
	const most = 8
	var out []string
	for _, n := range notes {
		of := " of " + strings.Join(n.taxa[:min(most, len(n.taxa))], ", ")
		switch {
		case len(n.taxa) == len(r.Taxa):
			of = ""
		case len(n.taxa) > most:
			of += fmt.Sprintf(" and %d more", len(n.taxa)-most)
		}
		out = append(out, n.what+of+": "+n.text)
	}
	return out
}

// Unassessed is the result without what is said of how far it may be trusted: what follows from the
// detections and the settings alone.
func (r Result) Unassessed() Result {
	r.Taxa = slices.Clone(r.Taxa)
	for i := range r.Taxa {
		r.Taxa[i].Uncertainty, r.Taxa[i].NoInterval = nil, ""
	}
	return r
}
