package exchange

import (
	"fmt"
	"slices"
	"time"

	"requin/annotate"
)

// keeps says what a format has a place for. A writer asks it of every record, and
// what it has no place for is a loss.
type keeps struct {
	own        []string        // the parts before the dot of the fields of Extra that it writes
	shapes     []annotate.Kind // the others are written as the box around them
	names      int             // how many names a mark may have
	scores     bool
	markID     bool
	attributes bool
	times      bool // and not only frame numbers
	between    bool // which marks were drawn by hand and which lie between
	occluded   bool
	truncated  bool
	difficult  bool
	visibility bool
	origin     bool
	trackID    bool // any text; otherwise numbers
	trackInfo  bool // a track's own attributes
	mediaID    bool
	size       bool // width and height of media
	rate       bool
	frames     bool // number of frames of media
	failure    bool
	split      bool
	labelID    bool
	parent     bool
	labels     bool // lists its labels
	looks      bool
	untracked  bool // marks belong to no track
}

// markPlace names a mark in a loss.
func markPlace(m annotate.Mark) string {
	place := m.Media
	switch {
	case m.Frame > 0:
		place += fmt.Sprintf(", frame %d", m.Frame)
	case m.Time > 0:
		place += ", " + m.Time.String()
	}
	if m.Track != "" {
		place += ", track " + m.Track
	}
	if m.ID != "" {
		place += ", mark " + m.ID
	}
	return place
}

// mark notes what is lost of a mark with its names (its own or its track's).
func (k keeps) mark(l *Losses, m annotate.Mark, names []annotate.Name, media annotate.Media) {
	lost := func(is bool, what string) {
		if is {
			l.add(what, markPlace(m))
		}
	}
	lost(m.Shape.Kind == annotate.WholePic && !slices.Contains(k.shapes, annotate.WholePic), "a mark that has no place in the picture")
	lost(k.untracked && m.Track != "", "which track a mark belongs to")
	lost(!k.markID && m.ID != "", "the id of a mark")
	if m.Shape.Kind != annotate.Box && m.Shape.Kind != annotate.WholePic && !slices.Contains(k.shapes, m.Shape.Kind) {
		l.add("the shape of a mark (the box around it is written): "+string(m.Shape.Kind), markPlace(m))
	}
	lost(!k.times && media.Video && m.Time >= 0 && !sameTime(m, media), "the time of a mark")
	lost(len(names) > k.names, "further names of a mark")
	if !k.scores {
		lost(slices.ContainsFunc(names[:min(len(names), k.names)], func(n annotate.Name) bool { return n.Scored }), "the score of a name")
	}
	lost(!k.between && m.Between, "that a mark lies between two key frames")
	lost(!k.occluded && m.Occluded, "that a mark is occluded")
	lost(!k.truncated && m.Truncated, "that a mark is truncated")
	lost(!k.difficult && m.Difficult, "that a mark is difficult")
	lost(m.Crowd, "that a mark is of a crowd")
	lost(!k.visibility && m.Visibility > 0, "the visibility of a mark")
	if !k.attributes {
		for _, a := range m.Attributes {
			l.add("the attribute "+a.Name+" of a mark", markPlace(m))
		}
	}
	lost(!k.origin && m.Origin != annotate.Origin{}, "who made a mark and when")
	l.extra(m.Extra, markPlace(m), k.own...)
}

// sameTime tells whether a mark's time is that of its frame number.
func sameTime(m annotate.Mark, media annotate.Media) bool {
	t, ok := annotate.Mark{Frame: m.Frame, Time: annotate.None}.At(media.Rate)
	return ok && (t-m.Time).Abs() < 2*time.Microsecond
}

// track notes what is lost of a track.
func (k keeps) track(l *Losses, t annotate.Track) {
	place := t.Media + ", track " + t.ID
	if !k.trackInfo {
		for _, a := range t.Attributes {
			l.add("the attribute "+a.Name+" of a track", place)
		}
	}
	if !k.origin && t.Origin != (annotate.Origin{}) {
		l.add("who made a track and when", place)
	}
	l.extra(t.Extra, place, k.own...)
}

// record notes what is lost of the other records.
func (k keeps) record(l *Losses, r annotate.Record) {
	switch r := r.(type) {
	case annotate.Media:
		lost := func(is bool, what string) {
			if is {
				l.add(what, r.Name)
			}
		}
		lost(!k.mediaID && r.ID != "", "the id of a picture or video")
		lost(r.Deployment != "", "which deployment a video belongs to")
		lost(!k.size && (r.W != 0 || r.H != 0), "the width and height of a picture or video")
		lost(!k.rate && rated(r.Rate), "the frame rate of a video")
		lost(!k.frames && r.Frames != 0, "how many frames a video has")
		lost(!k.failure && r.Failure != "", "why a picture or video could not be looked at")
		lost(!k.split && r.Split != "", "the split (train, val, test)")
		l.extra(r.Extra, r.Name, k.own...)
	case annotate.Label:
		if !k.labels {
			l.add("a list of labels (only those in use are written)", r.Name)
			return
		}
		if !k.labelID && r.ID != "" {
			l.add("the id of a label", r.Name)
		}
		if !k.parent && r.Parent != "" {
			l.add("the parent of a label", r.Name)
		}
		if len(r.Attributes) > 0 {
			l.add("the attributes of a label", r.Name)
		}
		l.extra(r.Extra, r.Name, k.own...)
	case annotate.Look:
		if !k.looks {
			l.add("that everything in a frame was marked", fmt.Sprintf("%s, frame %d", r.Media, r.Frame))
		}
	case annotate.Deployment:
		l.add("a deployment", r.OpCode)
	case annotate.Sighting:
		l.add("a sighting", r.OpCode)
	case annotate.Length:
		l.add("a length", r.OpCode)
	case annotate.Count:
		l.add("a count", r.OpCode+r.Media+" "+r.Label+r.Species.Scientific())
	}
}
