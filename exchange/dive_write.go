package exchange

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"requin/annotate"
)

// diveWriter writes the file of one video: each track as soon as its last mark came.
type diveWriter struct {
	file   io.WriteCloser
	w      *bufio.Writer
	video  annotate.Media
	scene  *scene
	ids    *numbering
	left   map[[2]string]int
	open   map[string][]annotate.Mark
	wrote  map[string]bool // tracks, by their id
	losses *Losses
	any    bool
}

func diveKeeps() keeps {
	return keeps{own: []string{"dive", "viame"}, shapes: []annotate.Kind{annotate.Polygon, annotate.Rotated, annotate.WholePic},
		names: 1 << 30, scores: true, attributes: true, between: true, trackInfo: true}
}

func writeDIVE(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	l, s, k := &Losses{}, newScene(), diveKeeps()
	ids, err := numbered(sequenced(records, nil), viameID)
	if err != nil {
		return l, err
	}
	left := map[[2]string]int{}
	unmarked := map[string][]string{} // tracks by video
	for r, err := range sequenced(records, nil) {
		if err != nil {
			return l, err
		}
		switch r := r.(type) {
		case annotate.Mark:
			left[[2]string{r.Media, r.Track}]++
		case annotate.Track:
			unmarked[r.Media] = append(unmarked[r.Media], r.ID)
			s.see(r) // a video without marks is written before its tracks come
		}
	}
	other := func(r annotate.Record) {
		s.see(r)
		if t, ok := r.(annotate.Track); ok {
			k.track(l, t)
		} else {
			k.record(l, r)
		}
	}
	return l, perMedium(sequenced(records, l), other, func(m annotate.Media) (sink, error) {
		file, err := out.Create(safeName(m.Name) + ".json")
		if err != nil {
			return nil, err
		}
		w := &diveWriter{file: file, w: bufio.NewWriter(file), video: m, scene: s, ids: ids, left: left, open: map[string][]annotate.Mark{}, wrote: map[string]bool{}, losses: l}
		for _, id := range unmarked[m.Name] {
			if left[[2]string{m.Name, id}] == 0 {
				w.open[id] = nil
			}
		}
		_, err = w.w.WriteString(`{"tracks":{`)
		return w, err
	})
}

func (w *diveWriter) mark(m annotate.Mark) error {
	diveKeeps().mark(w.losses, m, m.Names, w.video)
	number, ok := w.scene.frame(m)
	if !ok {
		w.losses.add("a mark of which no frame number is known", markPlace(m))
	} else {
		m.Frame = number
		w.open[m.Track] = append(w.open[m.Track], m)
	}
	key := [2]string{m.Media, m.Track}
	w.left[key]--
	switch {
	case m.Track == "" && ok:
		delete(w.open, "")
		return w.track(annotate.Track{}, []annotate.Mark{m})
	case m.Track != "" && w.left[key] == 0:
		marks := w.open[m.Track]
		delete(w.open, m.Track)
		return w.track(w.scene.tracks[key], marks)
	}
	return nil
}

func (w *diveWriter) close() error {
	var unmarked []string
	for id := range w.open {
		unmarked = append(unmarked, id)
	}
	slices.Sort(unmarked)
	for _, id := range unmarked {
		if err := w.track(w.scene.tracks[[2]string{w.video.Name, id}], nil); err != nil {
			return errors.Join(err, w.file.Close())
		}
	}
	var o jsonMembers
	if groups := w.video.Extra["dive.groups"]; json.Valid([]byte(groups)) {
		o.add("groups", json.RawMessage(groups))
	} else {
		o.add("groups", json.RawMessage("{}"))
	}
	version := "2"
	if v := w.video.Extra["dive.version"]; json.Valid([]byte(v)) {
		version = v
	}
	o.add("version", json.RawMessage(version))
	o.addUnknown(w.video.Extra, "dive", "groups", "version")
	_, err := w.w.WriteString("}," + o.b.String() + "}\n")
	return errors.Join(err, w.w.Flush(), w.file.Close())
}

// track writes one track; marks of one frame stay in their order.
func (w *diveWriter) track(t annotate.Track, marks []annotate.Mark) error {
	sort.SliceStable(marks, func(i, j int) bool { return marks[i].Frame < marks[j].Frame })
	marks = withoutOutside(marks)
	var id string
	if len(marks) > 0 {
		var kept bool
		if id, kept = w.ids.of(marks[0]); !kept && (marks[0].Track != "" || marks[0].ID != "") {
			w.losses.add("the id of a mark or track (DIVE numbers them)", markPlace(marks[0]))
		}
	} else if id, _ = w.ids.of(annotate.Mark{Media: t.Media, Track: t.ID}); id != t.ID {
		w.losses.add("the id of a mark or track (DIVE numbers them)", t.Media+", track "+t.ID)
	}
	if w.wrote[id] { // pictures of one id: DIVE's way of saying that it is one animal cannot be kept here
		id = strconv.FormatInt(w.ids.next, 10)
		w.ids.next++
		w.losses.add("the id of a mark or track (DIVE numbers them)", markPlace(marks[0]))
	}
	w.wrote[id] = true
	begin, end := 0, 0
	var features [][]byte
	for i, m := range marks {
		if i == 0 {
			begin = m.Frame
		}
		end = max(end, m.Frame)
		features = append(features, w.feature(m))
	}
	var o jsonMembers
	o.add("id", json.RawMessage(id))
	if _, ok := t.Extra["dive.meta"]; !ok {
		o.add("meta", json.RawMessage("{}"))
	}
	o.add("attributes", w.attributes(t.Attributes, t.Media+", track "+t.ID))
	o.add("confidencePairs", w.pairs(t, marks))
	for name, n := range map[string]int{"begin": begin, "end": end} {
		if _, ok := t.Extra["dive."+name]; !ok {
			o.add(name, json.RawMessage(strconv.Itoa(n)))
		}
	}
	o.add("features", json.RawMessage("["+string(slices.Concat(joined(features)...))+"]"))
	o.addUnknown(t.Extra, "dive")
	comma := ""
	if w.any {
		comma = ","
	}
	w.any = true
	_, err := w.w.WriteString(comma + "\n" + string(rawText(id)) + ":" + string(o.object()))
	return err
}

// joined puts commas between.
func joined(parts [][]byte) [][]byte {
	var out [][]byte
	for i, p := range parts {
		if i > 0 {
			out = append(out, []byte(",\n  "))
		}
		out = append(out, p)
	}
	return out
}

// withoutOutside says by a last box and a gap what others say by a mark that the
// animal is out of the picture from here on.
func withoutOutside(marks []annotate.Mark) []annotate.Mark {
	var out []annotate.Mark
	for _, m := range marks {
		if !m.Outside {
			out = append(out, m)
			continue
		}
		if len(out) == 0 {
			continue
		}
		last := out[len(out)-1]
		if !last.Still && last.Frame < m.Frame-1 {
			last.Frame, last.Time, last.Attributes, last.Extra = m.Frame-1, annotate.None, nil, nil
			out = append(out, last)
		}
		out[len(out)-1].Still = true
	}
	return out
}

// pairs are the track's names, or those of its first mark with any.
func (w *diveWriter) pairs(t annotate.Track, marks []annotate.Mark) json.RawMessage {
	names := t.Names
	for _, m := range marks {
		if len(names) == 0 {
			names = m.Names
		}
		if len(m.Names) == 0 || slices.Equal(m.Names, names) {
			continue
		}
		what := "the names of a mark (DIVE names tracks)"
		if slices.EqualFunc(m.Names, names, func(a, b annotate.Name) bool { return a.Label == b.Label }) {
			what = "the scores of a mark (DIVE has those of tracks)"
		}
		w.losses.add(what, markPlace(m))
	}
	var pairs []string
	for _, n := range names {
		score := "1"
		if n.Scored {
			score = numText(n.Score)
		} else {
			w.losses.add("that a name has no score (1 is written)", t.Media+", track "+t.ID)
		}
		pairs = append(pairs, "["+string(rawText(n.Label))+","+score+"]")
	}
	return json.RawMessage("[" + strings.Join(pairs, ",") + "]")
}

func (w *diveWriter) attributes(list []annotate.Attribute, place string) json.RawMessage {
	var o jsonMembers
	seen := map[string]bool{}
	for _, a := range list {
		if seen[a.Name] {
			w.losses.add("a second attribute of one name", a.Name+" of "+place)
			continue
		}
		seen[a.Name] = true
		value := jsonValue(a)
		if attributeOf(a.Name, value).Type != a.Type {
			w.losses.add("the type of an attribute", a.Name+" of "+place)
		}
		o.add(a.Name, value)
	}
	return o.object()
}

// feature writes one mark.
func (w *diveWriter) feature(m annotate.Mark) []byte {
	var o jsonMembers
	o.add("frame", json.RawMessage(strconv.Itoa(m.Frame)))
	if box, ok := diveBounds(m); ok {
		o.add("bounds", json.RawMessage("["+strings.Join([]string{numText(box.X0), numText(box.Y0), numText(box.X1), numText(box.Y1)}, ",")+"]"))
	}
	if !m.Still {
		o.add("interpolate", json.RawMessage("true"))
	}
	o.add("keyframe", json.RawMessage(strconv.FormatBool(!m.Between)))
	var attributes []annotate.Attribute
	var notes []string
	for _, a := range m.Attributes {
		switch {
		case isNote(a):
			notes = append(notes, string(rawText(a.Value)))
		default:
			if isLength(a) && m.Extra["dive.fishLength"] == "" {
				o.add("fishLength", json.RawMessage(a.Value))
			}
			attributes = append(attributes, a)
		}
	}
	if m.Shape.Kind == annotate.Rotated {
		attributes = append(attributes, annotate.Attribute{Name: "rotation", Value: numText(-m.Shape.Angle * math.Pi / 180), Type: annotate.Number})
	}
	if attributes != nil {
		o.add("attributes", w.attributes(attributes, markPlace(m)))
	}
	if notes != nil {
		o.add("notes", json.RawMessage("["+strings.Join(notes, ",")+"]"))
	}
	if figures := figuresOf(m); figures != nil {
		o.add("geometry", json.RawMessage(`{"type":"FeatureCollection","features":[`+strings.Join(figures, ",")+"]}"))
	}
	o.addUnknown(m.Extra, "dive", "geometry")
	return o.object()
}

// figuresOf are polygons, points, the line from head to tail, and what was kept as it was.
func figuresOf(m annotate.Mark) []string {
	figure := func(key, kind, coordinates string) string {
		return `{"type":"Feature","properties":{"key":` + string(rawText(key)) + `},"geometry":{"type":"` + kind + `","coordinates":` + coordinates + "}}"
	}
	var out, polygon []string
	rings, hole := ringsOf(m)
	polygons := 0
	for i, ring := range rings {
		polygon = append(polygon, "["+coordinatesText(ring)+"]")
		if i+1 < len(rings) && hole[i+1] {
			continue
		}
		key := ""
		if polygons > 0 {
			key = strconv.Itoa(polygons)
		}
		polygons++
		out = append(out, figure(key, "Polygon", "["+strings.Join(polygon, ",")+"]"))
		polygon = nil
	}
	ends := map[string]string{}
	for _, text := range stringList(m.Extra["viame.kp"]) {
		name, at, _ := strings.Cut(text, " ")
		if v, err := numbersOf(at); err == nil && len(v) == 2 {
			ends[name] = coordinatesText(pointsOf(v))
			out = append(out, figure(name, "Point", ends[name]))
		}
	}
	if ends["head"] != "" && ends["tail"] != "" {
		out = append(out, figure("HeadTails", "LineString", "["+ends["head"]+","+ends["tail"]+"]"))
	}
	for _, raw := range stringList(m.Extra["dive.geometry"]) {
		if json.Valid([]byte(raw)) {
			out = append(out, raw)
		}
	}
	return out
}

func coordinatesText(points []annotate.Point) string {
	var out []string
	for _, p := range points {
		out = append(out, "["+numText(p.X)+","+numText(p.Y)+"]")
	}
	return strings.Join(out, ",")
}
