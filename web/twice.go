package web

import (
	"math"

	"requin/count"
	"requin/review"
)

// twiceJSON is two confirmed animals of one taxon that lie on one another, of which nobody said whether they are one.
type twiceJSON struct {
	A      string  `json:"a"`
	B      string  `json:"b"`
	Frame  int     `json:"frame"`  // where they overlap most
	Frames int     `json:"frames"` // in how many they overlap so
	IoU    float64 `json:"iou"`    // in frame
	Taxon  string  `json:"taxon"`
}

// standing completes what is known of taxa with how far each number may be trusted, and gives the questions "the same animal?" that nobody
// has answered. A disputed taxon has no certificate. The desk is held.
func (k *seat) standing(v *view, taxa []TaxonState) []twiceJSON {
	pairs := []twiceJSON{}
	twice := map[string]int{}
	for _, t := range v.state.CountedTwice(review.AskTwice) {
		pairs = append(pairs, twiceJSON{t.A, t.B, t.Frame, t.Frames, math.Round(1000*t.IoU) / 1000, t.Taxon})
		twice[t.Taxon]++
	}
	var names []string
	certified := map[string]bool{}
	for _, t := range taxa {
		names = append(names, t.Taxon)
		certified[t.Taxon] = t.Certified
	}
	disputed := func(name string) bool { // blind, only once one's own part is done: before that others' words are not for one's ears
		return k.barred(v, name) && (v.whose == "" || v.assessed[name].Certified)
	}
	status := review.Statuses(review.Seen(k.Log, v.whose, v.whose != ""), names, disputed, func(name string) bool { return certified[name] })
	for i := range taxa {
		t := &taxa[i]
		t.Status, t.Twice = string(status[t.Taxon]), twice[t.Taxon]
	}
	return pairs
}

// Told is the statement with what may make it wrong.
func (t TaxonState) Told() string {
	text := t.Statement
	if t.Status == string(count.Disputed) {
		text += "; two readers contradict each other"
	}
	switch {
	case t.Twice == 1:
		text += "; may count one animal twice"
	case t.Twice > 1:
		text += "; may count animals twice"
	}
	return text
}
