package count

import (
	"fmt"
	"slices"
	"strings"

	"requin/uncertainty"
)

// Bounds are the ends of the interval of a MaxN, and the chance with which that lies in it.
type Bounds struct {
	Low, High int
	Level     float64
}

// Bounds are those of the best count there is: of what people left of the doubt where they looked, else the machine's. nil: there are
// none, and Basis says why.
func (t Taxon) Bounds() *Bounds {
	switch r, u := t.Review, t.Uncertainty; {
	case t.MaxN == nil:
		return nil
	case r != nil && r.Low != nil && r.High != nil:
		return &Bounds{*r.Low, *r.High, 1 - r.Limit}
	case r == nil && u != nil:
		return &Bounds{u.Low, u.High, u.Level}
	}
	return nil
}

// Range writes the bounds for people: "2 to 4", "3" where they are one number, "1 to 5 assumed", "none".
func (t Taxon) Range() string {
	b := t.Bounds()
	if b == nil {
		return uncertainty.Range(nil)
	}
	text := uncertainty.Range(&uncertainty.Interval{Low: b.Low, High: b.High})
	if t.Assumed() {
		text += " assumed"
	}
	return text
}

// noInterval begins what Basis says where there is none.
const noInterval = "none: "

// AssumedBy tells whether what Basis says is that detectability is assumed; in files of earlier versions, that there is no interval.
func AssumedBy(basis string) bool {
	return strings.HasPrefix(basis, uncertainty.AssumedWords) || strings.HasPrefix(basis, noInterval)
}

// Assumed tells whether the bounds rest on an assumed detectability.
func (t Taxon) Assumed() bool {
	switch r, u := t.Review, t.Uncertainty; {
	case r != nil:
		return r.Assumed
	case u != nil:
		return u.Assumed
	}
	return t.NoInterval != ""
}

// Basis says what the bounds rest on, in words, or why there are none; "" in results of earlier versions.
func (t Taxon) Basis() string {
	switch r := t.Review; {
	case r != nil && r.Low == nil: // of an earlier version
		return noInterval + r.Basis
	case r != nil:
		return r.Basis
	case t.Uncertainty != nil:
		return t.Uncertainty.Basis
	case t.NoInterval != "":
		return noInterval + t.NoInterval
	}
	return ""
}

// IntervalNotes say what the intervals of MaxN rest on, and why some taxa have none; taxa of which the same is to be
// said are named together.
func (r Result) IntervalNotes() []string {
	type note struct {
		what, how, text string
		taxa            []string
	}
	var notes []note
	for _, t := range r.Taxa {
		n := note{what: "no 95 % interval", text: t.NoInterval, taxa: []string{t.Name}}
		if t.Uncertainty != nil {
			n.what, n.text = "95 % interval", t.Uncertainty.Basis
			if t.Uncertainty.Assumed {
				n.how, n.text = ", assumed", strings.TrimPrefix(n.text, uncertainty.AssumedWords)
			}
		}
		i := slices.IndexFunc(notes, func(o note) bool { return o.what == n.what && o.how == n.how && o.text == n.text })
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
		out = append(out, n.what+of+n.how+": "+n.text)
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
