package exchange

import (
	"fmt"
	"slices"
	"strconv"

	"requin/annotate"
)

// heldMarks is how many marks a writer holds at a time while it puts those of one picture or track together.
const heldMarks = 100_000

// What formats of boxes may not be able to hold, as Losses name it.
const (
	lostTrack      = "the track of a mark"
	lostTrackSays  = "what is said of a track"
	lostEmptyTrack = "a track without marks"
	lostLook       = "that everything in a frame of a video was marked"
	lostVideo      = "a mark in a video"
	lostOutside    = "a mark that says the animal is out of the picture"
	lostBetween    = "that a mark lies between two key frames"
	lostStill      = "that a track is not drawn on after a key frame"
	lostOccluded   = "that an animal is partly hidden"
	lostTruncated  = "that an animal is cut by the edge of the picture"
	lostDifficult  = "that a mark is not to be judged"
	lostCrowd      = "that a shape is around several animals"
	lostVisibility = "the visible share of an animal"
	lostAttributes = "an attribute"
	lostScore      = "the score of a name"
	lostNames      = "the second and further names"
	lostMarkID     = "the id of a mark"
	lostOrigin     = "who made a mark, when and from what"
	lostTime       = "the time of a mark"
	lostWhole      = "a name of the whole picture"
	lostMediaID    = "the id of a picture or video"
	lostDeployment = "the deployment of a picture or video"
	lostRate       = "the frame rate of a video"
	lostFrames     = "the number of frames of a video"
	lostFailure    = "why a picture could not be looked at"
	lostSplit      = "the split of a picture"
	lostSize       = "the size of a picture"
	lostUnlooked   = "a picture that nobody looked at"
	lostPartly     = "that a picture was not wholly marked"
	lostLabelID    = "the id of a label"
	lostParent     = "the parent of a label"
	lostLabelSays  = "an attribute of a label"
)

// reach is what a format of boxes can hold.
type reach struct {
	own    string          // its name in Extra
	holds  []string        // of the list above
	shapes []annotate.Kind // others are written as the box around them
	xml    bool            // it is XML, which cannot say every character
}

// inventory is what the first pass over the records finds out: everything but marks.
type inventory struct {
	reach
	losses  *Losses
	labels  []annotate.Label // as listed, then what only marks and tracks name
	media   []annotate.Media // as listed, then what only marks and looks name
	tracks  []annotate.Track
	named   map[string]int // label's place by its name, the first of equal ones
	stored  map[string]int // media's place by its name
	looked  map[string]bool
	marks   map[string]int                // by media
	frames  map[string]map[int]bool       // looked at or marked, by video
	placed  map[string]bool               // media with a mark that has a place
	called  map[[2]string][]annotate.Name // tracks, by media and id
	late    []string                      // names of marks and tracks, each once
	waiting map[string]bool               // those
	listed  int                           // labels that records list
	tracked map[[2]string]int             // marks by media and track
	topID   int64                         // the greatest number that is a mark's id
}

func takeInventory(records annotate.Records, r reach) (*inventory, error) {
	inv := &inventory{reach: r, losses: &Losses{}, named: map[string]int{}, stored: map[string]int{},
		looked: map[string]bool{}, marks: map[string]int{}, frames: map[string]map[int]bool{}, tracked: map[[2]string]int{}, called: map[[2]string][]annotate.Name{}, placed: map[string]bool{}, waiting: map[string]bool{}}
	for record, err := range records {
		if err == nil {
			err = inv.add(record)
		}
		if err != nil {
			return nil, err
		}
	}
	inv.listed = len(inv.labels)
	for _, name := range inv.late {
		if _, listed := inv.named[name]; !listed {
			inv.named[name] = len(inv.labels)
			inv.labels = append(inv.labels, annotate.Label{Name: name})
		}
	}
	for _, t := range inv.tracks {
		inv.lost(inv.tracked[[2]string{t.Media, t.ID}] == 0, lostEmptyTrack, t.Media+", track "+t.ID)
	}
	for _, m := range inv.media {
		if !m.Video && inv.placed[m.Name] && !inv.looked[m.Name] {
			inv.lost(true, lostPartly, m.Name)
		}
	}
	return inv, nil
}

// add takes one record into the inventory.
func (inv *inventory) add(record annotate.Record) error {
	switch r := record.(type) {
	case annotate.Label:
		if _, twice := inv.named[r.Name]; !twice {
			inv.named[r.Name] = len(inv.labels)
		}
		inv.labels = append(inv.labels, r)
		inv.labelLosses(r)
	case annotate.Media:
		if err := inv.addMedia(r); err != nil {
			return err
		}
	case annotate.Track:
		key := [2]string{r.Media, r.ID}
		if _, known := inv.called[key]; known {
			return fmt.Errorf("%s: track %s is described after its marks, or twice: it comes once, before them", r.Media, r.ID)
		}
		inv.tracks = append(inv.tracks, r)
		inv.called[key] = r.Names
		inv.unlisted(r.Names)
		inv.trackLosses(r)
	case annotate.Mark:
		if err := inv.addMark(r); err != nil {
			return err
		}
		inv.unlisted(r.Names)
	case annotate.Look:
		inv.looked[r.Media] = true
		inv.frame(r.Media, r.Frame)
		inv.lost(inv.media[inv.stored[r.Media]].Video, lostLook, r.Media)
	case annotate.Deployment:
		inv.losses.add("a deployment", r.OpCode)
	case annotate.Sighting:
		inv.losses.add("a sighting", r.OpCode)
	case annotate.Length:
		inv.losses.add("a length", r.OpCode)
	case annotate.Count:
		inv.losses.add("a count", r.OpCode)
	}
	return nil
}

// unlisted notes a name that may be no label's.
func (inv *inventory) unlisted(names []annotate.Name) {
	if best := annotate.Best(names); best != "" && !inv.waiting[best] {
		inv.waiting[best] = true
		inv.late = append(inv.late, best)
	}
}

// nameOf is what a mark is called: by itself, else by its track; false where nobody said, which is a loss.
func (inv *inventory) nameOf(m annotate.Mark) (annotate.Name, bool) {
	names := m.Names
	if len(names) == 0 {
		names = inv.called[[2]string{m.Media, m.Track}]
	}
	if len(names) == 0 {
		inv.losses.add("a mark without a name", placeOf(m))
		return annotate.Name{}, false
	}
	return names[0], true
}

// lost notes a loss unless the format can hold it.
func (inv *inventory) lost(there bool, what, where string) {
	if there && !slices.Contains(inv.holds, what) {
		inv.losses.add(what, where)
	}
}

// say notes texts that XML cannot say; U+FFFD stands for what is left out.
func (inv *inventory) say(where string, texts ...string) {
	if inv.xml && slices.ContainsFunc(texts, func(s string) bool { return !xmlCan(s) }) {
		inv.losses.add("a character that XML cannot say", where)
	}
}

// frame notes that a frame of a video was looked at or marked.
func (inv *inventory) frame(media string, number int) {
	if _, known := inv.stored[media]; !known {
		inv.stored[media] = len(inv.media)
		inv.media = append(inv.media, annotate.Media{Name: media, Video: number != 0})
	}
	if !inv.media[inv.stored[media]].Video {
		return
	}
	if inv.frames[media] == nil {
		inv.frames[media] = map[int]bool{}
	}
	inv.frames[media][number] = true
}

func (inv *inventory) addMedia(m annotate.Media) error {
	if place, known := inv.stored[m.Name]; known {
		if inv.media[place].Name == m.Name && (inv.marks[m.Name] > 0 || inv.looked[m.Name]) {
			return fmt.Errorf("%s is described after its marks, or twice: a picture or video comes once, before its marks", m.Name)
		}
		return fmt.Errorf("two pictures or videos are called %s: give each its own name", m.Name)
	}
	inv.stored[m.Name] = len(inv.media)
	inv.media = append(inv.media, m)
	inv.say(m.Name, m.Name, m.ID, m.Split)
	inv.lost(m.ID != "", lostMediaID, m.Name)
	inv.lost(m.Deployment != "", lostDeployment, m.Name)
	inv.lost(m.Rate.Num != 0, lostRate, m.Name)
	inv.lost(m.Frames != 0, lostFrames, m.Name)
	inv.lost(m.Failure != "", lostFailure, m.Name)
	inv.lost(m.Split != "", lostSplit, m.Name)
	inv.lost(m.W != 0 || m.H != 0, lostSize, m.Name)
	inv.losses.extra(m.Extra, m.Name, inv.own)
	return nil
}

func (inv *inventory) labelLosses(l annotate.Label) {
	inv.say(l.Name, l.Name, l.Parent)
	inv.lost(l.ID != "", lostLabelID, l.Name)
	inv.lost(l.Parent != "", lostParent, l.Name)
	inv.lost(len(l.Attributes) > 0, lostLabelSays, l.Name)
	inv.losses.extra(l.Extra, l.Name, inv.own)
}

func (inv *inventory) trackLosses(t annotate.Track) {
	where := t.Media + ", track " + t.ID
	inv.say(where, t.ID, annotate.Best(t.Names))
	inv.lost(len(t.Attributes) > 0, lostTrackSays, where)
	inv.lost(t.Origin != annotate.Origin{}, lostOrigin, where)
	inv.lost(len(t.Names) > 0 && t.Names[0].Scored, lostScore, where)
	inv.lost(len(t.Names) > 1, lostNames, where)
	inv.losses.extra(t.Extra, where, inv.own)
}

func (inv *inventory) addMark(m annotate.Mark) error {
	where := placeOf(m)
	for _, p := range m.Shape.Points {
		if !finite(p.X) || !finite(p.Y) {
			return fmt.Errorf("%s: the shape has a point at %v, %v: it should be two finite numbers", where, p.X, p.Y)
		}
	}
	if box := m.Shape; box.Kind == annotate.Box && len(box.Points) != 2 {
		return fmt.Errorf("%s: the box has %d corners, not 2", where, len(box.Points))
	}
	inv.frame(m.Media, m.Frame)
	inv.marks[m.Media]++
	if m.Shape.Kind != annotate.WholePic {
		inv.placed[m.Media] = true
	}
	if key := [2]string{m.Media, m.Track}; m.Track != "" {
		inv.tracked[key]++
		if _, known := inv.called[key]; !known { // no record describes it
			inv.called[key] = m.Names
			inv.tracks = append(inv.tracks, annotate.Track{Media: m.Media, ID: m.Track, Names: m.Names})
		}
	}
	if n, err := strconv.ParseInt(m.ID, 10, 64); err == nil {
		inv.topID = max(inv.topID, n)
	}
	inv.markLosses(m, where)
	return nil
}

func (inv *inventory) markLosses(m annotate.Mark, where string) {
	video := inv.media[inv.stored[m.Media]].Video
	inv.say(where, annotate.Best(m.Names))
	for _, a := range m.Attributes {
		inv.say(where, a.Name, a.Value)
	}
	inv.lost(video, lostVideo, where)
	inv.lost(m.Track != "", lostTrack, where)
	inv.lost(m.Outside, lostOutside, where)
	inv.lost(m.Between, lostBetween, where)
	inv.lost(m.Still, lostStill, where)
	inv.lost(m.Occluded, lostOccluded, where)
	inv.lost(m.Truncated, lostTruncated, where)
	inv.lost(m.Difficult, lostDifficult, where)
	inv.lost(m.Crowd, lostCrowd, where)
	inv.lost(m.Visibility != 0, lostVisibility, where)
	inv.lost(len(m.Attributes) > 0, lostAttributes, where)
	inv.lost(len(m.Names) > 0 && m.Names[0].Scored, lostScore, where)
	inv.lost(len(m.Names) > 1, lostNames, where)
	inv.lost(m.ID != "", lostMarkID, where)
	inv.lost(m.Origin != annotate.Origin{}, lostOrigin, where)
	inv.lost(m.Time > 0, lostTime, where)
	if kind := m.Shape.Kind; kind == annotate.WholePic || kind == "" {
		inv.lost(true, lostWhole, where)
	} else if !slices.Contains(inv.shapes, kind) {
		inv.losses.add("the shape "+string(kind)+" (its box is written)", where)
	}
	inv.losses.extra(m.Extra, where, inv.own)
}

// placeOf names a mark for people.
func placeOf(m annotate.Mark) string {
	where := m.Media
	if m.Frame > 0 {
		where += ", frame " + strconv.Itoa(m.Frame)
	}
	if m.ID != "" {
		where += ", mark " + m.ID
	}
	return where
}
