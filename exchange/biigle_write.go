package exchange

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// biigleWriter holds all annotations: a row needs every mark of its track.
type biigleWriter struct {
	losses Losses
	video  bool
	media  map[string]annotate.Media
	byID   map[string]annotate.Label
	byName map[string]annotate.Label
	order  []*biigleDrawn
	tracks map[[2]string]*biigleDrawn
	others map[string]bool
	unique int
}

// biigleDrawn is an annotation to be written.
type biigleDrawn struct {
	media, id string
	names     []annotate.Name
	origin    annotate.Origin
	extra     annotate.Extra
	marks     []annotate.Mark
}

// status is how far an annotation may be trusted that came out of a count of Requin's.
func (d *biigleDrawn) status() string { return d.extra[annotate.StatusKey] }

func (d *biigleDrawn) where() string { return d.media + ", annotation " + d.id }

func writeBIIGLE(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &biigleWriter{media: map[string]annotate.Media{}, byID: map[string]annotate.Label{}, byName: map[string]annotate.Label{},
		tracks: map[[2]string]*biigleDrawn{}, others: map[string]bool{}}
	err := each(records, func(record annotate.Record) error {
		if m, ok := record.(annotate.Media); ok {
			w.media[m.Name] = m
			w.video = w.video || m.Video
		}
		return nil
	})
	if err == nil {
		err = each(records, w.survey)
	}
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, d := range w.order {
		if d.status() != "" {
			w.others[statusName] = true
		}
		if len(d.marks) == 0 {
			w.losses.add("a track without marks", d.where())
		}
		for _, l := range biigleLabels(w.named(d), d.origin, d.extra) {
			for name := range l.Other {
				w.others[name] = true
			}
		}
		used[d.media] = used[d.media] || len(d.marks) > 0
	}
	for _, name := range slices.Sorted(maps.Keys(w.media)) {
		if !used[name] {
			w.losses.add("a media without annotations", name)
		}
	}
	return &w.losses, w.write(out, opt.Name)
}

// survey gathers a record.
func (w *biigleWriter) survey(record annotate.Record) error {
	l := &w.losses
	switch r := record.(type) {
	case annotate.Media:
		l.unheld(r, r.Name, "biigle", "Name", "ID", "Video", "W", "H")
	case annotate.Label:
		l.unheld(r, r.Name, "biigle", "Name", "ID", "Parent")
		if _, ok := w.byID[r.ID]; !ok && r.ID != "" {
			w.byID[r.ID] = r
		}
		if _, ok := w.byName[r.Name]; !ok {
			w.byName[r.Name] = r
		}
	case annotate.Track:
		l.unheld(r, r.Media+", track "+r.ID, "biigle", "Media", "ID", "Names", "Origin")
		d := w.track(r.Media, r.ID)
		d.names, d.origin, d.extra = r.Names, r.Origin, r.Extra
	case annotate.Mark:
		w.mark(r)
	default:
		l.whole(record)
	}
	return nil
}

// track is the annotation of a track.
func (w *biigleWriter) track(media, id string) *biigleDrawn {
	key := [2]string{media, id}
	if w.tracks[key] == nil {
		w.tracks[key] = &biigleDrawn{media: media, id: id}
		w.order = append(w.order, w.tracks[key])
	}
	return w.tracks[key]
}

// mark adds a mark to its track, or as an annotation of its own.
func (w *biigleWriter) mark(m annotate.Mark) {
	l, where := &w.losses, markWhere(m)
	t, timed := m.At(w.media[m.Media].Rate)
	switch {
	case biigleName(m.Shape) == "":
		l.add("a mark without a shape", where)
		return
	case w.media[m.Media].Video != w.video:
		l.add("a mark of a picture: a report is of videos or of pictures, not of both", where)
		return
	case w.video && (!timed || t > longestVideo*time.Second):
		l.add("a mark whose time is not known", where)
		return
	}
	held := []string{"Media", "ID", "Track", "Frame", "Time", "Shape", "Names", "Origin", "Still", "Outside"}
	if w.video {
		held = slices.DeleteFunc(held, func(name string) bool { return name == "Origin" && m.Track != "" || name == "ID" && m.Track != "" })
		if m.Frame >= 0 {
			l.add("frame of a mark", where)
		}
	}
	l.unheld(m, where, "biigle", held...)
	if m.Shape.Kind == annotate.Mask {
		l.add("the pixels of a mask", where)
	}
	if m.Outside {
		l.add("the moment in which an animal leaves: it is drawn until then, and in that frame", where)
		m.Still = true
	}
	m.Time = t
	if m.Track != "" && w.video {
		d := w.track(m.Media, m.Track)
		if len(m.Names) > 0 && len(d.names) > 0 && !reflect.DeepEqual(m.Names, d.names) {
			l.add("names of a mark that differ from its track's", where)
		}
		d.marks = append(d.marks, m)
		return
	}
	if w.video || m.Track != "" {
		l.add("whether a mark belongs to a track", where)
	}
	id := m.ID
	for ; id == "" || w.video && w.tracks[[2]string{m.Media, id}] != nil; id = "m" + strconv.Itoa(w.unique) {
		w.unique++
	}
	d := &biigleDrawn{media: m.Media, id: id, names: m.Names, origin: m.Origin, extra: m.Extra, marks: []annotate.Mark{m}}
	if w.video {
		w.tracks[[2]string{m.Media, id}] = d
	}
	w.order = append(w.order, d)
}

// named are the names of an annotation: its own, or those of its marks.
func (w *biigleWriter) named(d *biigleDrawn) []annotate.Name {
	names := d.names
	for _, m := range d.marks {
		if len(names) == 0 {
			names = m.Names
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(n annotate.Name) bool { return n.Label == "" })
}

func (w *biigleWriter) write(out Folder, name string) error {
	header := []string{"annotation_label_id", "label_id", "label_name", "label_hierarchy", "user_id", "firstname", "lastname", "image_id", "filename",
		"image_longitude", "image_latitude", "shape_id", "shape_name", "points", "attributes", "annotation_id", "created_at"}
	if w.video {
		header = []string{"video_annotation_label_id", "label_id", "label_name", "label_hierarchy", "user_id", "firstname", "lastname", "video_id", "video_filename",
			"shape_id", "shape_name", "points", "frames", "annotation_id", "created_at", "attributes"}
	}
	header = append(header, slices.Sorted(maps.Keys(w.others))...)
	return fillTable(out, name, header, func(rows *csv.Writer) error {
		for _, d := range w.order {
			if len(d.marks) == 0 {
				continue
			}
			if err := w.rows(rows, header, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// rows writes an annotation, one row a label.
func (w *biigleWriter) rows(rows *csv.Writer, header []string, d *biigleDrawn) error {
	names := w.named(d)
	if len(names) == 0 {
		w.losses.add("an annotation without a name", d.where())
		return nil
	}
	status := d.status()
	for _, m := range d.marks {
		if own := m.Extra[annotate.StatusKey]; own != status {
			w.losses.add(lostStatus(own), markWhere(m))
		}
	}
	media := w.media[d.media]
	shape, points, frames := w.drawn(d)
	cells := map[string]string{"filename": d.media, "video_filename": d.media, "image_id": media.ID, "video_id": media.ID, "annotation_id": d.id,
		"shape_id": strconv.Itoa(slices.Index(biigleShapes[:], shape) + 1), "shape_name": shape, "points": points, "frames": frames,
		"attributes": biigleAttributes(media), "image_longitude": media.Extra["biigle.image_longitude"], "image_latitude": media.Extra["biigle.image_latitude"]}
	for i, l := range biigleLabels(names, d.origin, d.extra) {
		if names[i].Scored {
			w.losses.add("the score of a name", d.where())
		}
		label, ok := w.byID[l.LabelID]
		if !ok || label.Name != l.Name {
			label = w.byName[l.Name]
			if label.Name == "" {
				label.Name = l.Name
			}
		}
		if l.LabelID == "" {
			l.LabelID = label.ID
		}
		cells["video_annotation_label_id"], cells["annotation_label_id"], cells["label_id"], cells["label_name"] = l.ID, l.ID, l.LabelID, l.Name
		cells["label_hierarchy"], cells["user_id"], cells["firstname"], cells["lastname"], cells["created_at"] = biigleHierarchy(label), l.UserID, l.First, l.Last, l.At
		row := make([]string, len(header))
		for i, name := range header {
			if row[i] = cells[name]; w.others[name] {
				row[i] = l.Other[name]
			}
			if name == statusName && status != "" {
				row[i] = status
			}
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// drawn is an annotation's shape name, its points and its frames.
func (w *biigleWriter) drawn(d *biigleDrawn) (name, points, frames string) {
	slices.SortStableFunc(d.marks, func(a, b annotate.Mark) int { return int(min(max(a.Time-b.Time, -1), 1)) })
	for i, m := range d.marks {
		own, _ := biigleRead(m)
		if i > 0 && own != name {
			w.losses.add("different kinds of shapes in one track: all are drawn as rectangles", d.where())
			name = "Rectangle"
			break
		}
		name = own
	}
	var shapes, times []string
	for _, m := range d.marks {
		own, numbers := biigleRead(m)
		if own != name || numbers == nil {
			exact := false
			if numbers, exact = biigleNumbers(name, m.Shape); !exact {
				w.losses.add("the exact shape of a mark", markWhere(m))
			}
		}
		shapes, times = append(shapes, numbersJSON(numbers)), append(times, secondsText(m.Time))
		if m.Still {
			shapes, times = append(shapes, "[]"), append(times, "null")
		}
	}
	if !w.video {
		return name, shapes[0], ""
	}
	if name == "WholeFrame" {
		shapes = nil
	}
	return name, "[" + strings.Join(shapes, ",") + "]", "[" + strings.Join(times, ",") + "]"
}

// biigleRead is the shape of a mark and its numbers as they were read, where that still holds; otherwise its
// shape alone.
func biigleRead(m annotate.Mark) (string, []float64) {
	name, text, _ := strings.Cut(m.Extra["biigle.points"], " ")
	var numbers []float64
	if slices.Contains(biigleShapes[:], name) && json.Unmarshal([]byte(text), &numbers) == nil {
		if s, err := biigleShape(name, numbers); err == nil && reflect.DeepEqual(s, m.Shape) {
			return name, numbers
		}
	}
	return biigleName(m.Shape), nil
}

// numbersJSON is a JSON array.
func numbersJSON(v []float64) string {
	var out []string
	for _, x := range v {
		out = append(out, numberText(x))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// biigleAttributes are a media's as they were read, or its size.
func biigleAttributes(m annotate.Media) string {
	read := m.Extra["biigle.attributes"]
	if w, h, err := biigleSize(read); err == nil && w == m.W && h == m.H {
		return read
	}
	return `{"width":` + strconv.Itoa(m.W) + `,"height":` + strconv.Itoa(m.H) + `}`
}
