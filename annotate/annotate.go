// Package annotate's noun is truth: what people state of a survey. It owns the
// deployments as people describe them (where, when, which periods count), the
// boxes they drew, frame by frame and along tracks, their counts, and who stated
// it, when, and from what. It owns the drawing of a track between its key frames.
// It reads no format (exchange), stores nothing (survey) and counts no machine's
// tracks (count).
//
// Everything a person or a file may state is a Record. Readers give streams of
// them and writers take such streams:
//
//	for record, err := range records {
//		switch r := record.(type) {
//		case annotate.Deployment: // a drop of a station, its chapters and periods
//		case annotate.Label:      // a class that may be named
//		case annotate.Media:      // a picture or a video
//		case annotate.Track:      // one animal in a video
//		case annotate.Mark:       // a shape in one frame
//		case annotate.Look:       // a frame in which everything was marked
//		case annotate.Sighting:   // so many of a taxon in one frame (an EventMeasure point)
//		case annotate.Length:     // a measured animal
//		case annotate.Count:      // the MaxN of a taxon in a deployment
//		}
//	}
//
// The order of a stream is: what a record refers to by name comes before it, where
// the format lets a reader know in time. A stream can be ranged over again and gives the same.
package annotate

import (
	"iter"
	"time"

	"requin/frame"
)

// Record is one statement: Deployment, Label, Media, Track, Mark, Look, Sighting, Length or Count.
type Record interface{ record() }

// Records is a stream of statements. It can be ranged over more than once and
// gives the same each time. An error is the last thing it gives: what came before it is not the whole.
type Records = iter.Seq2[Record, error]

func (Deployment) record() {}
func (Label) record()      {}
func (Media) record()      {}
func (Track) record()      {}
func (Mark) record()       {}
func (Look) record()       {}
func (Sighting) record()   {}
func (Length) record()     {}
func (Count) record()      {}

// Extra holds what only one format can say, under that format's name and the
// field's ("coco.segmentation", "cvat.z_order"), as the format writes it, so that
// nothing is lost on the way back into that format. Other formats list it as lost.
type Extra map[string]string

// Attribute is a named value that people gave a label, a track or a mark.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  Type   `json:"type,omitempty"`
}

// Type is what kind of value an attribute has; Text where nothing is said.
type Type string

// The types of attributes.
const (
	Text    Type = ""
	Number  Type = "number"
	Boolean Type = "boolean"
	Choice  Type = "choice" // one of a list
	JSON    Type = "json"   // a list or an object, as JSON
)

// Origin says who stated something, when, and from what.
type Origin struct {
	By   string    `json:"by,omitempty"`   // a person, or the model's name where a machine proposed it
	At   time.Time `json:"at,omitzero"`    // zero: not recorded
	From string    `json:"from,omitempty"` // the file or page it came from; a model's proposal that was confirmed
}

// Label is a class that may be named, as a file lists it.
type Label struct {
	Name       string      `json:"name"`
	ID         string      `json:"id,omitempty"`     // the file's own id or number of it
	Parent     string      `json:"parent,omitempty"` // the class it belongs to, "/" between several
	Attributes []Attribute `json:"attributes,omitempty"`
	Extra      Extra       `json:"extra,omitempty"`
}

// Media is a picture or a video. Its name is what other records call it by.
type Media struct {
	Name       string         `json:"name"` // file name or path as the file gives it, "/" between folders; unique in a stream
	ID         string         `json:"id,omitempty"`
	Deployment string         `json:"deployment,omitempty"` // opcode it belongs to, where that is stated
	Video      bool           `json:"video,omitempty"`      // frames are counted in it; otherwise it is one picture
	W          int            `json:"w,omitempty"`          // pixels; 0: not stated
	H          int            `json:"h,omitempty"`
	Rate       frame.Rational `json:"rate,omitzero"`     // frames a second in which Mark.Frame counts (not a time base); zero: not stated
	Frames     int            `json:"frames,omitempty"`  // 0: not stated
	Failure    string         `json:"failure,omitempty"` // why it could not be looked at: not the same as no marks
	Split      string         `json:"split,omitempty"`   // train, val, test: where the file keeps them apart
	Extra      Extra          `json:"extra,omitempty"`
}

// Name is what an animal was called and how sure of it the source is.
type Name struct {
	Label  string  `json:"label"`
	Score  float64 `json:"score"`            // 0 to 1 as a rule; of no meaning unless Scored
	Scored bool    `json:"scored,omitempty"` // a score was stated
}

// Track is one animal in a video; its marks refer to it.
type Track struct {
	Media      string      `json:"media"`
	ID         string      `json:"id"`              // unique in the media
	Names      []Name      `json:"names,omitempty"` // best first
	Attributes []Attribute `json:"attributes,omitempty"`
	Origin     Origin      `json:"origin,omitzero"`
	Extra      Extra       `json:"extra,omitempty"`
}

// Mark is a shape that was drawn, or proposed, in one frame.
//
// Frame counts from 0 in the rate of the media; -1 says that only Time tells.
// Time counts from the start of the media; -1 (None) says that only Frame tells. A picture has
// Frame 0 and Time 0. At tells the time where either is known.
type Mark struct {
	Media      string        `json:"media"`
	ID         string        `json:"id,omitempty"` // the mark's own, where it has one
	Track      string        `json:"track,omitempty"`
	Frame      int           `json:"frame"`
	Time       time.Duration `json:"time"`
	Shape      Shape         `json:"shape"`
	Names      []Name        `json:"names,omitempty"`      // best first; may be empty where the track is named
	Still      bool          `json:"still,omitempty"`      // a key frame after which the shape is not drawn between (no interpolation up to the next)
	Between    bool          `json:"between,omitempty"`    // not drawn by hand but lies between two key frames
	Outside    bool          `json:"outside,omitempty"`    // the animal is out of the picture from here on
	Occluded   bool          `json:"occluded,omitempty"`   // partly hidden
	Truncated  bool          `json:"truncated,omitempty"`  // cut by the edge of the picture
	Difficult  bool          `json:"difficult,omitempty"`  // not to be judged
	Crowd      bool          `json:"crowd,omitempty"`      // one shape around several
	Visibility float64       `json:"visibility,omitempty"` // share that is seen, 0 to 1; 0: not stated
	Attributes []Attribute   `json:"attributes,omitempty"`
	Origin     Origin        `json:"origin,omitzero"`
	Extra      Extra         `json:"extra,omitempty"`
}

// Look states that everything in a frame was marked, so that no mark means no animal.
type Look struct {
	Media string        `json:"media"`
	Frame int           `json:"frame"` // as in Mark
	Time  time.Duration `json:"time"`
}

// None is the time of a mark of which only the frame number is known.
const None = time.Duration(-1)

// At is the mark's time in its media, from its time or its frame number and the
// media's rate; false where neither tells.
func (m Mark) At(rate frame.Rational) (time.Duration, bool) { return at(m.Frame, m.Time, rate) }

// At is the look's time in its media, as Mark.At.
func (l Look) At(rate frame.Rational) (time.Duration, bool) { return at(l.Frame, l.Time, rate) }

func at(number int, t time.Duration, rate frame.Rational) (time.Duration, bool) {
	switch {
	case t >= 0:
		return t, true
	case number >= 0 && rate.Num > 0 && rate.Den > 0:
		return frame.Rational{Num: rate.Den, Den: rate.Num}.Seconds(int64(number)), true
	}
	return 0, false
}

// Best is the first name's label, "" where there is none.
func Best(names []Name) string {
	if len(names) == 0 {
		return ""
	}
	return names[0].Label
}
