// Package review's noun is a verdict: what a person said of a track, a box or a
// frame. It owns the log of verdicts, which only ever grows, the tracks of a deployment as
// the log leaves them, who may see whose verdicts, and how far two people agree. It
// stores nothing (survey), draws nothing (web) and does not decide what is looked
// at next (count).
//
// The flow:
//
//	state := review.Replay(machine, review.Seen(log, "anna", blind)) // as the log leaves it
//	v, err := state.Draft(review.Verdict{Kind: review.Accept, By: "anna", Said: review.Said{Track: "t17"}})
//	...                                                              // keep v, which gives it its ID
//	state.Apply(v)
//
// What can be relied on:
//   - a state depends on the machine's tracks and the log alone, and the log is read in
//     the order of its IDs;
//   - taking back every verdict gives the state without any;
//   - nothing that a person confirmed depends on the machine's tracks: a verdict carries the boxes that it
//     was given on, finds the animal again among other tracks by them, and where it is not among
//     them the boxes stay as the person's own.
//
// docs/formats/verdicts.md has the form of a verdict and the rules of finding again.
package review

import (
	"slices"
	"time"
)

// Kind says what kind of thing was said.
type Kind string

// The kinds of verdicts.
const (
	Accept  Kind = "accept"  // the track is an animal
	Reject  Kind = "reject"  // it is none, in none of its frames
	Absent  Kind = "absent"  // it is none in this frame; of its other frames nothing is said
	Relabel Kind = "relabel" // it is one of another taxon
	Unsure  Kind = "unsure"  // it cannot be told
	Flag    Kind = "flag"    // for a second opinion
	Unflag  Kind = "unflag"
	Add     Kind = "add"    // an animal that the machine missed, or a sighting that a track lacks
	Edit    Kind = "edit"   // the box lies here
	Delete  Kind = "delete" // of what a person drew
	Split   Kind = "split"  // from a frame on it is another animal
	Merge   Kind = "merge"  // two tracks are one animal
	Apart   Kind = "apart"  // two tracks are two animals
	Draw    Kind = "draw"   // a track by key frames
	Looked  Kind = "looked" // all of a frame was looked at
	Count   Kind = "count"  // so many in a frame, without boxes
	Note    Kind = "note"
	Undo    Kind = "undo" // takes back an earlier verdict
	Redo    Kind = "redo" // puts it in force again
)

// Verdict is one entry of the log.
type Verdict struct {
	ID   int64 // rising; 0 before it is kept
	Kind Kind
	By   string
	At   time.Time
	Run  string // the count whose tracks it was given on
	Said Said
	Was  Was // what stood there before
}

// inverse tells the verdicts that speak of another verdict.
func (v Verdict) inverse() bool { return v.Kind == Undo || v.Kind == Redo }

// Seen is the part of a log that a person may see: all of it, or, blind, only what is their own.
func Seen(log []Verdict, who string, blind bool) []Verdict {
	if !blind {
		return log
	}
	return slices.DeleteFunc(slices.Clone(log), func(v Verdict) bool { return v.By != who })
}

// People are those who gave verdicts, in the order of their first.
func People(log []Verdict) []string {
	var out []string
	for _, v := range log {
		if !slices.Contains(out, v.By) {
			out = append(out, v.By)
		}
	}
	return out
}

// sorted is a log in the order of its IDs.
func sorted(log []Verdict) []Verdict {
	byID := func(a, b Verdict) int { return int(a.ID - b.ID) }
	if slices.IsSortedFunc(log, byID) {
		return log
	}
	return slices.SortedStableFunc(slices.Values(log), byID)
}

// InForce are the verdicts of a log that are not taken back, in the order of their IDs,
// without those that took back. Only who gave a verdict can take it back.
func InForce(log []Verdict) []Verdict {
	log = sorted(log)
	gone := undone(log)
	return slices.DeleteFunc(slices.Clone(log), func(v Verdict) bool { return v.inverse() || gone[v.ID] })
}

// undone tells which verdicts of a log are taken back.
func undone(log []Verdict) map[int64]bool {
	by, gone := map[int64]string{}, map[int64]bool{}
	for _, v := range log {
		switch {
		case !v.inverse():
			by[v.ID] = v.By
		case by[v.Said.Of] == v.By:
			gone[v.Said.Of] = v.Kind == Undo
		}
	}
	return gone
}

// Undone tells which verdicts of a log are taken back, by ID.
func Undone(log []Verdict) map[int64]bool { return undone(sorted(log)) }

// Back is the verdict that a person's next undo takes back, and the one that their next redo puts in
// force again; 0 where there is none. What was taken back can be had again until something new is said.
func Back(log []Verdict, who string) (undo, redo int64) {
	var done, taken []int64
	for _, v := range sorted(log) {
		switch {
		case v.By != who:
		case v.Kind == Undo && slices.Contains(done, v.Said.Of):
			done = slices.DeleteFunc(done, func(id int64) bool { return id == v.Said.Of })
			taken = append(taken, v.Said.Of)
		case v.Kind == Redo && slices.Contains(taken, v.Said.Of):
			taken = slices.DeleteFunc(taken, func(id int64) bool { return id == v.Said.Of })
			done = append(done, v.Said.Of)
		case !v.inverse():
			done, taken = append(done, v.ID), nil
		}
	}
	if n := len(done); n > 0 {
		undo = done[n-1]
	}
	if n := len(taken); n > 0 {
		redo = taken[n-1]
	}
	return undo, redo
}
