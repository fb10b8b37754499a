package web

import (
	"fmt"
	"slices"

	"requin/review"
)

// DisputeJSON is review.Dispute.
type DisputeJSON struct {
	Over   string   `json:"over"`
	Taxa   []string `json:"taxa"`
	Frame  int      `json:"frame"`           // to look at
	Frames []int    `json:"frames"`          // that it concerns
	Track  string   `json:"track,omitempty"` //
	With   string   `json:"with,omitempty"`  // of two tracks
	A      whoSaid  `json:"a"`
	B      whoSaid  `json:"b"`
	Text   string   `json:"text"`

	Box *review.Box `json:"box,omitempty"` // of here: the one that was denied
}

type whoSaid struct {
	Who  string `json:"who"`
	Kind string `json:"kind"` // a taxon, rejected, here, not here, one animal, two animals or a number
}

// disputes are those of a view. The desk is held.
func (k *seat) disputes(v *view) []DisputeJSON {
	out := []DisputeJSON{}
	for _, d := range v.disputes {
		x := DisputeJSON{d.Over, d.Taxa, d.Frames[len(d.Frames)/2], d.Frames, d.Track, d.With, whoSaid{d.A, d.SaidA}, whoSaid{d.B, d.SaidB}, d.Text(k.Machine.Frames), nil}
		if t, ok := v.state.Track(d.Track); ok && d.Over == review.OverHere {
			for _, p := range t.Denied {
				if p.Frame == x.Frame {
					box := review.Box(p.Box)
					x.Box = &box
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// compare completes what is known of taxa with what each reader makes of them alone. The desk is held.
func (k *seat) compare(taxa []TaxonState) {
	if len(review.People(k.Log)) < 2 {
		return
	}
	for i := range taxa {
		taxa[i].Observers = review.Observers(k.Machine, k.Log, taxa[i].Taxon)
		for _, p := range review.Agreement(k.Machine, k.Log, []string{taxa[i].Taxon}) {
			taxa[i].Agreement = append(taxa[i].Agreement, p.Stated())
		}
	}
}

// contested are the frames to look at because two readers contradict each other there over a taxon. The desk is held.
func (k *seat) contested(v *view, q asked) (out []Next) {
	for _, d := range k.disputes(v) {
		if slices.Contains(d.Taxa, q.taxon) && d.Frame != q.after {
			n := k.show(v, q.taxon, d.Frame, fmt.Sprintf("two readers contradict each other: %s", d.Text))
			if d.Track != "" && !slices.Contains(n.Tracks, d.Track) {
				n.Tracks = append(n.Tracks, d.Track)
			}
			out = append(out, n)
		}
	}
	return out
}

// settling are the kinds of verdicts by which two people may agree: on a track, a pair of tracks, a box or the number in a frame.
var settling = []review.Kind{review.Accept, review.Reject, review.Absent, review.Relabel, review.Unsure, review.Count, review.Add, review.Merge, review.Apart}
