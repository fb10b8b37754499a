package exchange

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

const viameHeader = "# 1: Detection or Track-id,2: Video or Image Identifier,3: Unique Frame Identifier,4-7: Img-bbox(TL_x,TL_y,BR_x,BR_y)," +
	"8: Detection or Length Confidence,9: Target Length (0 or -1 if invalid),10-11+: Repeated Species,Confidence Pairs or Attributes\n"

// viameWriter writes line by line; the header waits for the first line, which tells of which video it is.
type viameWriter struct {
	w      *csv.Writer
	raw    io.Writer
	opt    Options
	losses *Losses
	scene  *scene
	ids    *numbering
	video  string          // the one whose lines have times
	fps    string          // as it was written last
	said   map[string]bool // media that were announced
	picked map[string]int  // pictures without a frame number, numbered as they come
}

func writeVIAME(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	v := &viameWriter{opt: opt, losses: &Losses{}, scene: newScene(), picked: map[string]int{}, said: map[string]bool{}}
	var err error
	if v.ids, err = numbered(records, viameID); err != nil {
		return v.losses, err
	}
	if v.video, err = timedVideo(records); err != nil {
		return v.losses, err
	}
	return v.losses, intoFile(out, opt.Name, func(w *bufio.Writer) error {
		v.raw, v.w = w, csv.NewWriter(w)
		for r, err := range drawn(records) {
			if err != nil {
				return err
			}
			if m, ok := r.(annotate.Mark); ok {
				if err := v.mark(m); err != nil {
					return err
				}
				continue
			}
			v.scene.see(r)
			if t, ok := r.(annotate.Track); ok {
				v.keeps().track(v.losses, t)
			} else {
				v.keeps().record(v.losses, r)
			}
		}
		if len(v.said) == 0 {
			if err := v.announce(annotate.Media{}); err != nil {
				return err
			}
		}
		v.w.Flush()
		return v.w.Error()
	})
}

func (v *viameWriter) keeps() keeps {
	return keeps{own: []string{"viame"}, shapes: []annotate.Kind{annotate.Polygon}, names: 1 << 30, scores: true, markID: true, attributes: true, times: true, trackID: true, trackInfo: true, rate: true}
}

// viameID is what a mark's number is made of: its track, or its own id.
func viameID(m annotate.Mark) ([2]string, string) {
	if m.Track != "" {
		return [2]string{m.Media, m.Track}, m.Track
	}
	return [2]string{}, m.ID
}

func (v *viameWriter) mark(m annotate.Mark) error {
	media := v.scene.media[m.Media]
	names := v.scene.names(m)
	v.keeps().mark(v.losses, m, names, media)
	box, ok := m.Shape.Bounds()
	if !ok {
		return nil // noted as a loss above
	}
	if kept, err := numbersOf(m.Extra["viame.box"]); err == nil && len(kept) == 4 && m.Shape.Kind == annotate.Polygon {
		box = cornersBox(kept[0], kept[1], kept[2], kept[3])
	} else if around, ok := ringsBounds(m.Shape); ok {
		box = around
	}
	number, ok := v.number(m, media)
	if !ok {
		v.losses.add("a mark of which no frame number is known", markPlace(m))
		return nil
	}
	if !v.said[m.Media] {
		if err := v.announce(media); err != nil {
			return err
		}
	}
	id, kept := v.ids.of(m)
	if !kept && (m.Track != "" || m.ID != "") {
		v.losses.add("the id of a mark or track (VIAME numbers them)", markPlace(m))
	}
	row := []string{id, m.Media, strconv.Itoa(number), numText(box.X0), numText(box.Y0), numText(box.X1), numText(box.Y1), "1", "-1"}
	if _, clock := splitClock(m.Media); m.Media == v.video && (clock || isPicture(m.Media)) {
		row[1] = "" // its name is in the metadata, and here would be taken for something else
	}
	if m.Time >= 0 && media.Video {
		if m.Media == v.video {
			row[1] = clockText(m.Time)
			if m.Time%time.Microsecond != 0 && !sameTime(m, media) {
				v.losses.add("what is below a microsecond of the time of a mark", markPlace(m))
			}
		} else if !sameTime(m, media) {
			v.losses.add("the time of a mark in a file of several videos", markPlace(m))
		}
	}
	row = v.named(row, m, names)
	return v.w.Write(v.tokens(row, m))
}

// number is the frame of a mark; pictures have the number in their sequence that they came with, or the next one.
func (v *viameWriter) number(m annotate.Mark, media annotate.Media) (int, bool) {
	if media.Video || media.Name == "" {
		return v.scene.frame(m)
	}
	for _, extra := range []annotate.Extra{m.Extra, media.Extra} {
		if n, err := strconv.Atoi(extra["viame.frame"]); err == nil {
			return n, true
		}
	}
	n, known := v.picked[m.Media]
	if !known {
		n = len(v.picked)
		v.picked[m.Media] = n
	}
	return n, true
}

// named adds confidence, length and names.
func (v *viameWriter) named(row []string, m annotate.Mark, names []annotate.Name) []string {
	for _, n := range names {
		score := "1"
		if n.Scored {
			score = numText(n.Score)
		} else {
			v.losses.add("that a name has no score (1 is written)", markPlace(m))
		}
		label := n.Label
		if label == "" {
			label = viameUnknown
		}
		row = append(row, label, score)
	}
	if len(names) > 0 {
		row[7] = row[10]
	}
	if c, ok := m.Extra["viame.confidence"]; ok {
		row[7] = c
	}
	if i := slices.IndexFunc(m.Attributes, isLength); i >= 0 {
		row[8] = m.Attributes[i].Value
	}
	return row
}

// tokens adds points, attributes, polygons and notes.
func (v *viameWriter) tokens(row []string, m annotate.Mark) []string {
	for _, point := range stringList(m.Extra["viame.kp"]) {
		row = append(row, "(kp) "+point)
	}
	var note []string
	length := slices.IndexFunc(m.Attributes, isLength) // is in its column
	for i, a := range m.Attributes {
		switch {
		case isNote(a):
			note = append(note, "(note) "+a.Value)
		case i == length:
		default:
			row = append(row, "(atr) "+v.attribute(a, m))
		}
	}
	if m.Track != "" {
		for _, a := range v.scene.tracks[[2]string{m.Media, m.Track}].Attributes {
			row = append(row, "(trk-atr) "+v.attribute(a, m))
		}
	}
	for _, a := range stringList(m.Extra["viame.trk-atr"]) {
		row = append(row, "(trk-atr) "+a)
	}
	rings, hole := ringsOf(m)
	for i, ring := range rings {
		token := "(poly) "
		if hole[i] {
			token = "(hole) "
		}
		row = append(row, token+pointsText(ring))
	}
	row = append(row, stringList(m.Extra["viame.other"])...)
	return append(row, note...)
}

func (v *viameWriter) attribute(a annotate.Attribute, m annotate.Mark) string {
	name := strings.Join(strings.Fields(a.Name), "_")
	if name != a.Name {
		v.losses.add("spaces in the name of an attribute (_ is written)", a.Name+" of "+markPlace(m))
	}
	if back := textAttribute(a.Name, a.Value); back.Type != a.Type {
		v.losses.add("the type of an attribute", a.Name+" of "+markPlace(m))
	}
	return name + " " + a.Value
}

// announce writes the comments at the top, before the first line, and before the first
// line of a medium of which there is something else to say.
func (v *viameWriter) announce(media annotate.Media) error {
	first := len(v.said) == 0
	v.said[media.Name] = true
	fps, meta := v.fps, []string{"# metadata"}
	switch {
	case media.Extra["viame.fps"] != "":
		fps = media.Extra["viame.fps"]
		meta = append(meta, "fps: "+fps)
	case rated(media.Rate):
		if fps = rateText(media.Rate); fps != v.fps {
			meta = append(meta, "fps: "+fps)
		}
	case media.Video && v.fps != "":
		fps = ""
		meta = append(meta, "fps: 0")
	}
	v.fps = fps
	if info := media.Extra["viame.dataset_info"]; info != "" {
		meta = append(meta, "dataset_info: "+info)
	}
	if first {
		if v.video != "" {
			meta = append(meta, "media: "+v.video)
		}
		if _, err := io.WriteString(v.raw, viameHeader); err != nil {
			return err
		}
		meta = append(meta, strings.TrimSpace("exported_by: Requin "+v.opt.Version))
	}
	if len(meta) == 1 {
		return nil
	}
	return v.w.Write(meta)
}

// clockText is a time as VIAME and DIVE write it.
func clockText(t time.Duration) string {
	us := t.Round(time.Microsecond).Microseconds()
	s := us / 1e6
	return fmt.Sprintf("%02d:%02d:%02d.%06d", s/3600, s/60%60, s%60, us%1e6)
}

// numbering gives whole numbers to what is known by other names.
type numbering struct {
	key   func(annotate.Mark) ([2]string, string)
	next  int64
	given map[[2]string]string
}

// numbered goes through the records once, so that no number is given that is taken.
// key gives what marks of one number have in common, empty where each has its own, and the id that they have.
func numbered(records annotate.Records, key func(annotate.Mark) ([2]string, string)) (*numbering, error) {
	n := &numbering{key: key, given: map[[2]string]string{}}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if m, ok := r.(annotate.Mark); ok {
			_, id := key(m)
			if i, err := strconv.ParseInt(id, 10, 64); err == nil && i >= n.next && i < 1<<53 {
				n.next = i + 1
			}
		}
	}
	return n, nil
}

// of is a mark's number; kept tells that it is the one it had.
func (n *numbering) of(m annotate.Mark) (number string, kept bool) {
	group, id := n.key(m)
	if i, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(i, 10) == id {
		return id, true
	}
	if have := n.given[group]; have != "" && group != ([2]string{}) {
		return have, false
	}
	number = strconv.FormatInt(n.next, 10)
	n.next++
	n.given[group] = number
	return number, false
}

// ringsBounds is the box around all rings of a polygon.
func ringsBounds(s annotate.Shape) (frame.Box, bool) {
	box, ok := s.Bounds()
	if !ok || s.Kind != annotate.Polygon {
		return box, ok
	}
	for _, ring := range s.Rings {
		more, ok := annotate.Shape{Kind: annotate.Polygon, Points: ring}.Bounds()
		if ok {
			box = frame.Box{X0: min(box.X0, more.X0), Y0: min(box.Y0, more.Y0), X1: max(box.X1, more.X1), Y1: max(box.Y1, more.Y1)}
		}
	}
	return box, true
}
