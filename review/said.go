package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"requin/count"
	"requin/frame"
)

// Said is what a verdict says. Which fields mean something depends on its kind.
type Said struct {
	Track string         `json:"track,omitempty"`  // id of a track or box
	With  string         `json:"with,omitempty"`   // of merge and apart: the other track
	Taxon string         `json:"taxon,omitempty"`  //
	Taxa  []string       `json:"taxa,omitempty"`   // of looked
	Time  *count.Seconds `json:"time_s,omitempty"` // of the frame, from the start of the deployment
	Box   *Box           `json:"box,omitempty"`    // of add and edit
	N     *int           `json:"n,omitempty"`      // of count
	Note  string         `json:"note,omitempty"`   //
	Keys  []Key          `json:"keys,omitempty"`   // of draw, rising in time
	Of    int64          `json:"of,omitempty"`     // of undo and redo: the ID of the other verdict

	// Blind says of a count that the boxes were hidden, and Again that it is of a frame that was looked at before. A blind second number never
	// replaces the first; one that is Again and not Blind says which of two is right.
	Blind bool `json:"blind,omitempty"`
	Again bool `json:"again,omitempty"`
	// Alone says of any verdict that it was given without sight of what others had said.
	Alone bool `json:"alone,omitempty"`
	// Saw says of a look, by taxon, which tracks and boxes stood confirmed in the frame: whoever looked agrees to them there.
	Saw     map[string][]string `json:"saw,omitempty"`
	Numbers map[string]int      `json:"numbers,omitempty"` // of a look, by taxon: how many stood counted there, where that is not the number of Saw
	// Reconciled marks what two people agreed on: on that track, box, pair or number it stands above all others.
	Reconciled bool    `json:"reconciled,omitempty"`
	SeenS      float64 `json:"seen_s,omitempty"` // seconds that the person spent
	// Spares says of a look that what was open in the frame is denied there alone where the track is doubtful (State.Doubtful). A log of
	// before that does not have it: its looks rejected whole tracks.
	Spares bool   `json:"spares,omitempty"`
	Nonce  string `json:"nonce,omitempty"` // of whoever sent it: what is sent twice is kept once

	// Animal is where the track lay when the verdict was given, and Other the one it is merged with or set apart from: all sightings
	// where something was confirmed, some of them otherwise. By them it is found again.
	Animal []Sight `json:"animal,omitempty"`
	Other  []Sight `json:"other,omitempty"`
}

// Was is what stood there before a verdict.
type Was struct {
	Taxon    string   `json:"taxon,omitempty"`
	Standing Standing `json:"state,omitempty"`
	By       string   `json:"by,omitempty"`
	Box      *Box     `json:"box,omitempty"`
	N        *int     `json:"n,omitempty"`
	Note     string   `json:"note,omitempty"`
	Keys     []Key    `json:"keys,omitempty"`
	Gone     string   `json:"with,omitempty"` // the taxon of the track that went into another
}

// Box is a box as the log and the API write it: [x0, y0, x1, y1] in pixels of the full picture.
type Box frame.Box

// MarshalJSON writes four numbers with at most 2 decimals.
func (b Box) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]float64{cents(b.X0), cents(b.Y0), cents(b.X1), cents(b.Y1)})
}

// UnmarshalJSON reads four numbers.
func (b *Box) UnmarshalJSON(text []byte) error {
	var n []float64
	if err := json.Unmarshal(text, &n); err != nil || len(n) != 4 {
		return errors.New("a box is [x1, y1, x2, y2] in pixels")
	}
	*b = Box{X0: n[0], Y0: n[1], X1: n[2], Y1: n[3]}
	return nil
}

// cents rounds to hundredths, so that what is applied at once is what is read back later.
func cents(v float64) float64 { return math.Round(v*100) / 100 }

func rounded(b frame.Box) frame.Box {
	return frame.Box{X0: cents(b.X0), Y0: cents(b.Y0), X1: cents(b.X1), Y1: cents(b.Y1)}
}

// Sight is where an animal was at a time. As JSON it is [time_s, x0, y0, x1, y1].
type Sight struct {
	Time count.Seconds
	Box  frame.Box
}

// MarshalJSON writes five numbers, the time to the nanosecond.
func (s Sight) MarshalJSON() ([]byte, error) {
	box, err := Box(s.Box).MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append([]byte("["+s.Time.String()+","), box[1:]...), nil
}

// UnmarshalJSON reads five numbers.
func (s *Sight) UnmarshalJSON(text []byte) error {
	var n []json.RawMessage
	bad := errors.New("a sighting is [time_s, x1, y1, x2, y2]")
	if json.Unmarshal(text, &n) != nil || len(n) != 5 || s.Time.UnmarshalJSON(n[0]) != nil {
		return bad
	}
	for i, p := range []*float64{&s.Box.X0, &s.Box.Y0, &s.Box.X1, &s.Box.Y1} {
		if json.Unmarshal(n[i+1], p) != nil {
			return bad
		}
	}
	return nil
}

// Key is a box that a person drew on a track; between two the track lies on the straight line.
type Key struct {
	Time    count.Seconds `json:"time_s"`
	Box     Box           `json:"box"`
	Outside bool          `json:"outside,omitempty"` // the animal is out of the picture from here on
}

// The most that one verdict may hold.
const (
	mostSights = 100_000
	mostKeys   = 10_000
	mostTaxa   = 1000
	mostText   = 10_000 // bytes
	mostNumber = 1_000_000
	mostNonce  = 100 // bytes
)

// ParseSaid reads what a verdict says. Unknown fields are left alone: a later Requin may have written them.
func ParseSaid(text []byte) (Said, error) {
	var s Said
	if len(bytes.TrimSpace(text)) == 0 {
		return s, nil
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if err := in.Decode(&s); err != nil {
		return Said{}, fmt.Errorf("the verdict cannot be read: %w", err)
	}
	if _, err := in.Token(); err != io.EOF {
		return Said{}, errors.New("the verdict cannot be read: something stands after it")
	}
	return s, s.check()
}

// check refuses what no person can have said.
func (s Said) check() error {
	switch {
	case s.Box != nil && !proper(frame.Box(*s.Box)):
		return errors.New("the box has no area, or lies nowhere: draw it anew")
	case s.N != nil && (*s.N < 0 || *s.N > mostNumber):
		return fmt.Errorf("%d animals: give a number from 0 to %d", *s.N, mostNumber)
	case s.Time != nil && *s.Time < 0:
		return errors.New("a frame lies before the start of the deployment")
	case len(s.Taxa) > mostTaxa || len(s.Keys) > mostKeys || len(s.Animal) > mostSights || len(s.Other) > mostSights ||
		len(s.Note) > mostText || len(s.Taxon) > mostText || len(s.Track) > mostText || len(s.With) > mostText || len(s.Nonce) > mostNonce || len(s.Saw) > mostTaxa || len(s.Numbers) > mostTaxa:
		return errors.New("the verdict holds more than one verdict may")
	case !(s.SeenS >= 0 && s.SeenS < 1e7):
		return errors.New("seen_s: give the seconds that were spent")
	case !slices.IsSortedFunc(s.Keys, func(a, b Key) int { return int(min(max(a.Time-b.Time, -1), 1)) }):
		return errors.New("key frames must rise in time")
	}
	for i, k := range s.Keys {
		if !k.Outside && !proper(frame.Box(k.Box)) || k.Time < 0 || i > 0 && k.Time == s.Keys[i-1].Time {
			return fmt.Errorf("key frame %d has no box, or lies where another does", i+1)
		}
	}
	for _, a := range slices.Concat(s.Animal, s.Other) {
		if !a.Box.Finite() || a.Time < 0 {
			return errors.New("a sighting lies nowhere")
		}
	}
	return nil
}

// proper tells a box that something can lie in.
func proper(b frame.Box) bool {
	return b.Finite() && b.W() > 0 && b.H() > 0 && math.Abs(b.X0)+math.Abs(b.Y0)+math.Abs(b.X1)+math.Abs(b.Y1) < 1e6
}
