package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// BIIGLE is the CSV report of annotations of BIIGLE: of videos (video_annotation_label_id, ..., video_filename, shape_name, points,
// frames, annotation_id, created_at, attributes) and of pictures (annotation_label_id, ..., filename, shape_name, points, ...).
// A line is one label of one annotation; the lines of an annotation have its annotation_id.
//
//   - frames are seconds, each with its points; a null between them interrupts the annotation (Mark.Still on the mark before it). Between the
//     others BIIGLE draws straight on. Marks have times and no frame numbers.
//   - An annotation of a video is a track with a mark for each of its times; one of a picture is a mark. Its labels are the names, in the
//     order of the lines; the person and time of the first line are the origin. All of what the lines say of labels is kept as "biigle.labels".
//   - label_hierarchy "A > B > C" makes the label's parent "A/B".
//   - A Rectangle is a box, or a rotated one where its corners say so; four corners that make no rectangle are a polygon. An
//     Ellipse has the two ends of one axis and then of the other.
//   - attributes, the video's own, give width and height, and are kept.
//
// Written are video_annotations.csv and image_annotations.csv, whichever there is something for. Ids that are BIIGLE's
// own (of labels, people, videos) are left empty where they are not known.
func BIIGLE() Format {
	return Format{
		Name: "biigle", Title: "BIIGLE annotation CSV", Many: true,
		Sniff: func(name string, head []byte) float64 {
			line, _, _ := strings.Cut(strings.TrimLeft(string(head), "\ufeff\r\n"), "\n")
			switch {
			case !strings.Contains(line, "annotation_label_id") || !strings.Contains(line, "points"):
				return 0
			case strings.Contains(line, "label_hierarchy"):
				return 0.99
			}
			return 0.8
		},
		Read: func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error { return (&biigleReader{in: in, out: out}).run(r) })
		},
		Write: writeBIIGLE,
	}
}

// biigleLabel is what one line says of one label: the columns of that name, as texts.
type biigleLabel struct {
	Row       string `json:"row,omitempty"` // (video_)annotation_label_id
	LabelID   string `json:"label_id,omitempty"`
	Name      string `json:"name"`
	Hierarchy string `json:"hierarchy,omitempty"`
	UserID    string `json:"user_id,omitempty"`
	First     string `json:"firstname,omitempty"`
	Last      string `json:"lastname,omitempty"`
	Created   string `json:"created_at,omitempty"`
}

// biigleAnnotation is an annotation of which not all lines have come yet.
type biigleAnnotation struct {
	media, id string
	shape     string
	said      string // shape, points and frames of its first line
	marks     []annotate.Mark
	labels    []biigleLabel
}

type biigleReader struct {
	in     Input
	out    give
	video  bool
	c      map[string]int
	left   map[[2]string]int // lines of an annotation to come, by file and id
	open   map[[2]string]*biigleAnnotation
	media  map[string]bool
	labels map[[2]string]bool
}

// rows reads the table and calls row for each line.
func (b *biigleReader) rows(file io.Reader, row func(*table) error) error {
	limit := &budget{file, 2 * longestLine}
	t, err := openTable("BIIGLE report "+b.in.Name, limit, 0)
	if err != nil {
		return err
	}
	if err := b.columns(t); err != nil {
		return err
	}
	for t.next() {
		limit.left = 2 * longestLine
		if err := row(t); err != nil {
			return err
		}
	}
	if errors.Is(t.err, errTooLarge) {
		return fmt.Errorf("BIIGLE report %s, after line %d: a line of more than %d bytes, or a quote that is never closed", b.in.Name, t.line, 2*longestLine)
	}
	return t.err
}

// columns finds the columns by the names they had over the years.
func (b *biigleReader) columns(t *table) error {
	b.c = map[string]int{}
	for name, names := range map[string][]string{
		"row": {"video_annotation_label_id", "annotation_label_id", "image_annotation_label_id"}, "label_id": {"label_id"}, "hierarchy": {"label_hierarchy"},
		"user_id": {"user_id"}, "first": {"firstname"}, "last": {"lastname"}, "created": {"created_at"}, "media_id": {"video_id", "image_id"},
		"frames": {"frames"}, "attributes": {"attributes"}, "shape_id": {"shape_id"}, "longitude": {"image_longitude"}, "latitude": {"image_latitude"},
	} {
		b.c[name] = t.column(names...)
	}
	b.video = b.c["frames"] >= 0
	files := []string{"filename", "image_filename"}
	if b.video {
		files = []string{"video_filename", "video_name"}
	}
	var errs []error
	for name, names := range map[string][]string{"file": files, "name": {"label_name"}, "shape": {"shape_name"}, "points": {"points"},
		"annotation": {"annotation_id", "video_annotation_label_id", "annotation_label_id"}} {
		var err error
		b.c[name], err = t.need(names...)
		errs = append(errs, err)
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *biigleReader) run(file io.Reader) error {
	b.left, b.open, b.media, b.labels = map[[2]string]int{}, map[[2]string]*biigleAnnotation{}, map[string]bool{}, map[[2]string]bool{}
	first, err := b.in.open()
	if err != nil {
		return err
	}
	defer first.Close()
	if err := b.rows(first, func(t *table) error { b.left[b.key(t)]++; return nil }); err != nil {
		return err
	}
	return b.rows(file, b.row)
}

// key is a line's annotation.
func (b *biigleReader) key(t *table) [2]string {
	return [2]string{strings.ReplaceAll(t.text(b.c["file"]), `\`, "/"), t.text(b.c["annotation"])}
}

func (b *biigleReader) row(t *table) error {
	key := b.key(t)
	if key[0] == "" {
		return t.wrong(b.c["file"], "it should be a file's name")
	}
	if key[1] == "" {
		return t.wrong(b.c["annotation"], "it should be the annotation's number")
	}
	text := func(name string) string { return t.text(b.c[name]) }
	label := biigleLabel{text("row"), text("label_id"), text("name"), text("hierarchy"), text("user_id"), text("first"), text("last"), text("created")}
	if label.Name == "" {
		return t.wrong(b.c["name"], "it should be a label's name")
	}
	a, said := b.open[key], text("shape")+"\n"+text("frames")+"\n"+text("points")
	if a != nil && a.said != said {
		return t.wrong(b.c["points"], "it should be the same as in the other lines of annotation "+key[1])
	}
	if a == nil {
		a = &biigleAnnotation{media: key[0], id: key[1], said: said}
		if err := b.shapes(t, a); err != nil {
			return err
		}
		b.open[key] = a
	}
	if err := b.refers(t, a, label); err != nil {
		return err
	}
	a.labels = append(a.labels, label)
	if b.left[key]--; b.left[key] > 0 {
		return nil
	}
	delete(b.open, key)
	return b.give(a)
}

// refers gives the medium and the label that a line names, where it is the first to name them.
func (b *biigleReader) refers(t *table, a *biigleAnnotation, l biigleLabel) error {
	if !b.media[a.media] {
		b.media[a.media] = true
		m := annotate.Media{Name: a.media, ID: t.text(b.c["media_id"]), Video: b.video}
		if b.video {
			m.Rate = b.in.Rate
		}
		for name, column := range map[string]int{"attributes": b.c["attributes"], "longitude": b.c["longitude"], "latitude": b.c["latitude"]} {
			if text := t.text(column); text != "" {
				setExtra(&m.Extra, "biigle."+name, text)
			}
		}
		if text := m.Extra["biigle.attributes"]; text != "" {
			var size struct{ Width, Height any }
			if err := unmarshal([]byte(text), &size); err == nil {
				m.W, m.H = pixelsOf(size.Width), pixelsOf(size.Height)
			}
		}
		if err := b.out(m); err != nil {
			return err
		}
	}
	if key := [2]string{l.LabelID, l.Name}; !b.labels[key] {
		b.labels[key] = true
		parents := strings.Split(l.Hierarchy, " > ")
		return b.out(annotate.Label{Name: l.Name, ID: l.LabelID, Parent: strings.Join(parents[:len(parents)-1], "/")})
	}
	return nil
}

// pixelsOf is a width or height, 0 where it is none.
func pixelsOf(v any) int {
	number, _ := v.(json.Number)
	n, err := number.Int64()
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return int(n)
}

// give passes on an annotation all of whose lines have come.
func (b *biigleReader) give(a *biigleAnnotation) error {
	first := a.labels[0]
	origin := annotate.Origin{By: strings.TrimSpace(first.First + " " + first.Last)}
	if at, err := time.Parse(time.DateTime, first.Created); err == nil {
		origin.At = at
	}
	var names []annotate.Name
	for _, l := range a.labels {
		names = append(names, annotate.Name{Label: l.Name})
	}
	said, _ := json.Marshal(a.labels) // texts always marshal
	extra := annotate.Extra{"biigle.labels": string(said)}
	if slices.ContainsFunc(a.marks, func(m annotate.Mark) bool { return biigleShape(m.Shape) != a.shape }) {
		extra["biigle.shape"] = a.shape
	}
	if !b.video {
		m := a.marks[0]
		m.Media, m.ID, m.Names, m.Origin, m.Extra = a.media, a.id, names, origin, extra
		return b.out(m)
	}
	if err := b.out(annotate.Track{Media: a.media, ID: a.id, Names: names, Origin: origin, Extra: extra}); err != nil {
		return err
	}
	for _, m := range a.marks {
		m.Media, m.Track = a.media, a.id
		if err := b.out(m); err != nil {
			return err
		}
	}
	return nil
}

// shapes reads shape, points and frames of a line.
func (b *biigleReader) shapes(t *table, a *biigleAnnotation) error {
	if a.shape = t.text(b.c["shape"]); a.shape == "" {
		a.shape = biigleShapes()[t.text(b.c["shape_id"])]
	}
	if !slices.Contains(slices.Collect(maps.Values(biigleShapes())), a.shape) {
		return t.wrong(b.c["shape"], "it should be Point, LineString, Polygon, Circle, Rectangle, Ellipse or WholeFrame")
	}
	points := []byte(t.text(b.c["points"]))
	if !b.video {
		var flat []float64
		if err := unmarshal(points, &flat); err != nil {
			return t.wrong(b.c["points"], "it should be a list of numbers, [x, y, ...]")
		}
		s, err := biigleFigure(a.shape, flat)
		if err != nil {
			return t.wrong(b.c["points"], err.Error())
		}
		a.marks = []annotate.Mark{{Shape: s}}
		return nil
	}
	var times []*float64
	var places [][]float64
	if err := unmarshal([]byte(t.text(b.c["frames"])), &times); err != nil || len(times) == 0 {
		return t.wrong(b.c["frames"], "it should be a list of seconds, [0.04, null, 1.2]")
	}
	if err := unmarshal(points, &places); err != nil {
		return t.wrong(b.c["points"], "it should be a list with the numbers of each of the times in frames, [[x, y, ...], ...]")
	}
	if whole := a.shape == "WholeFrame"; len(places) != len(times) && !(whole && len(places) == 0) {
		return t.wrong(b.c["points"], fmt.Sprintf("it has %d places for %d times in frames: it should have one for each", len(places), len(times)))
	}
	for i, seconds := range times {
		if seconds == nil {
			if n := len(a.marks); n > 0 {
				a.marks[n-1].Still = true
			}
			continue
		}
		at, ok := secondsOf(*seconds)
		if n := len(a.marks); !ok || n > 0 && a.marks[n-1].Time > at {
			return t.wrong(b.c["frames"], "it should be a list of seconds from 0 in their order, [0.04, null, 1.2]")
		}
		m := annotate.Mark{Frame: -1, Time: at, Shape: annotate.Shape{Kind: annotate.WholePic}}
		if a.shape != "WholeFrame" {
			var err error
			if m.Shape, err = biigleFigure(a.shape, places[i]); err != nil {
				return t.wrong(b.c["points"], err.Error())
			}
		}
		a.marks = append(a.marks, m)
	}
	if n := len(a.marks); n > 0 {
		a.marks[n-1].Still = false // nothing comes after it
	} else {
		return t.wrong(b.c["frames"], "it should have at least one time")
	}
	return nil
}
