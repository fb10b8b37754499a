package video

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"requin/frame"
)

// What is read where certain pictures are wanted, rather than one in each interval: those that
// people drew boxes in.

const (
	exactCell = time.Millisecond // shorter than the time between any two pictures: each is its own cell
	exactMost = 64               // pictures in a segment: what is kept in memory, and done again after an interruption
	exactLeap = 2 * time.Second  // over a longer stretch without a wanted picture it pays to seek
)

// Nearest is the picture whose time is nearest to t, the earlier of two; false
// where the deployment has none within one and a half of its usual steps. Index comes first.
func (d *Deployment) Nearest(t time.Duration) (frame.Instant, bool) {
	var best frame.Instant
	found := false
	for chapter, f := range d.Files {
		i := sort.Search(len(f.packets), func(i int) bool { return d.Time(chapter, f.packets[i].PTS) >= t })
		for _, j := range []int{i - 1, i} {
			if j < 0 || j >= len(f.packets) {
				continue
			}
			at := d.instant(chapter, f.packets[j].PTS)
			slack := max(f.usualStep()*3/2, 20*time.Millisecond)
			if off := (at.Time - t).Abs(); off <= slack && (!found || off < (best.Time-t).Abs()) {
				best, found = at, true
			}
		}
	}
	return best, found
}

// PlanExact reads the named pictures and no others, each once, in few passes:
// the instants are what Nearest or a Reader gave. A Reader of its segments gives the
// pictures in order of time; those that could not be decoded are gaps of 1 ms at their times.
func (d *Deployment) PlanExact(ctx context.Context, wanted []frame.Instant) (*Plan, error) {
	if err := d.Index(ctx); err != nil {
		return nil, err
	}
	picks := make([]map[int]bool, len(d.Files))
	for _, at := range wanted {
		i, err := d.packet(at)
		if err != nil {
			return nil, err
		}
		if picks[at.Chapter] == nil {
			picks[at.Chapter] = map[int]bool{}
		}
		picks[at.Chapter][i] = true
	}
	plan := &Plan{}
	for chapter, f := range d.Files {
		var present []pick
		for i, p := range f.packets {
			at := d.Time(chapter, p.PTS)
			cell := frame.Sampling{Every: exactCell}.Cell(at)
			switch {
			case !picks[chapter][i]:
			case p.Missing:
				plan.Gaps = append(plan.Gaps, frame.Gap{From: at, To: at + exactCell,
					Reason: "the file is cut off: " + filepath.Base(f.Path) + " ends before this picture"})
			default:
				present = append(present, pick{cell, i})
			}
		}
		plan.Expected += len(present)
		plan.Segments = append(plan.Segments, d.cutExact(chapter, present)...)
	}
	return plan, nil
}

// cutExact divides the wanted pictures of a chapter into segments.
func (d *Deployment) cutExact(chapter int, picks []pick) []Segment {
	f := d.Files[chapter]
	mode := AllFrames
	keys := !slices.ContainsFunc(picks, func(p pick) bool { return !f.packets[p.packet].Key })
	switch {
	case f.Container == "images":
		mode = Images
	case len(picks) > 0 && keys && f.byPackets():
		mode = KeyPackets
	}
	s := frame.Sampling{Every: exactCell}
	at := func(i int) time.Duration { return d.Time(chapter, f.packets[picks[i].packet].PTS) }
	var out []Segment
	for start, i := 0, 1; i <= len(picks); i++ {
		if i < len(picks) && i-start < exactMost &&
			(mode != AllFrames || at(i)-at(i-1) < exactLeap || !f.keyBetween(picks[i-1].packet, picks[i].packet)) {
			continue
		}
		out = append(out, Segment{Chapter: chapter, Mode: mode, From: at(start), To: at(i-1) + exactCell, sampling: s, picks: picks[start:i], exact: true})
		start = i
	}
	return out
}

// exactly keeps the segment's pictures by their time stamps.
func (r *Reader) exactly() string {
	terms := make([]string, len(r.seg.picks))
	for i, p := range r.seg.picks {
		terms[i] = fmt.Sprintf("eq(pts,%d)", r.file.packets[p.packet].PTS)
	}
	return "select='" + strings.Join(terms, "+") + "'"
}
