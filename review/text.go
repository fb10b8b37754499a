package review

import (
	"fmt"
	"strings"
	"time"
)

// Text is a verdict as a sentence: "accepted t17 as Triaenodon obesus".
func (v Verdict) Text() string {
	s := v.Said
	at := ""
	if s.Time != nil {
		at = " at " + clock(s.Time.Duration())
	}
	what := s.Track
	if what == "" && s.Time != nil {
		what = "the frame" + at
	}
	text := ""
	switch v.Kind {
	case Accept:
		text = "accepted " + what + " as " + s.Taxon
	case Reject:
		text = "rejected " + what
	case Absent:
		text = "said that " + s.Track + " is no animal in the frame" + at + ", of its other frames nothing"
	case Relabel:
		text = "named " + what + " " + s.Taxon
	case Unsure:
		text = "was unsure of " + what
	case Flag:
		text = "flagged " + what
	case Unflag:
		text = "took the flag off " + what
	case Add:
		text = "added a box of " + s.Taxon + at
		if s.Track != "" {
			text = "added a box to " + s.Track + at
		}
	case Edit:
		text = "moved the box of " + s.Track + at
	case Delete:
		text = "deleted " + s.Track
	case Split:
		text = "split " + s.Track + at
	case Merge:
		text = "merged " + s.With + " into " + s.Track
	case Apart:
		text = "set " + s.Track + " and " + s.With + " apart: two animals"
	case Draw:
		text = fmt.Sprintf("drew a track of %s by %d key frames", s.Taxon, len(s.Keys))
	case Looked:
		text = "looked at all of the frame" + at + " for " + strings.Join(s.Taxa, ", ")
	case Count:
		text = fmt.Sprintf("counted %d of %s%s", number(s.N), s.Taxon, at)
		switch {
		case s.Again && s.Blind:
			text = fmt.Sprintf("looked again%s, with the boxes hidden, and counted %d of %s", at, number(s.N), s.Taxon)
		case s.Again:
			text = fmt.Sprintf("said that %d of %s is right%s", number(s.N), s.Taxon, at)
		case s.Blind:
			text += ", with the boxes hidden"
		}
	case Note:
		text = "noted" + at
	case Undo, Redo:
		return fmt.Sprintf("%s verdict %d", map[Kind]string{Undo: "took back", Redo: "put in force again"}[v.Kind], s.Of)
	default:
		text = string(v.Kind)
	}
	if s.Note != "" {
		text += ": " + s.Note
	}
	if s.Reconciled {
		text += " (reconciled)"
	}
	return text
}

// number is what was counted.
func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// clock is a time as people read it.
func clock(d time.Duration) string {
	d = d.Round(100 * time.Millisecond)
	text := fmt.Sprintf("%02d:%04.1f", int(d.Minutes())%60, (d % time.Minute).Seconds())
	if d >= time.Hour {
		text = fmt.Sprintf("%d:%s", int(d.Hours()), text)
	}
	return text
}
