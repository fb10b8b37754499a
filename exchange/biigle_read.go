package exchange

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"requin/annotate"
)

// biigleReader reads a report in two passes: the labels of all annotations, then the shapes.
type biigleReader struct {
	t           *table
	video       bool
	at          map[string]int // columns by BIIGLE's name
	others      []int
	annotations map[[2]string]*biigleAnnotation
	media       map[string]string // id by name
	labels      map[[3]string]bool
	trees       map[string][2]string // name and hierarchy of a label
	send        func(annotate.Record) bool
}

// biigleAnnotation is what the first pass knows of an annotation.
type biigleAnnotation struct {
	labels []biigleLabel
	line   int    // of its first row
	shape  uint64 // a hash: all rows must say the same
	given  bool
}

func readBIIGLE(in Input) annotate.Records {
	return streamTable(in, "BIIGLE report", func(t *table, send func(annotate.Record) bool) error {
		r := &biigleReader{annotations: map[[2]string]*biigleAnnotation{}, media: map[string]string{}, labels: map[[3]string]bool{}, trees: map[string][2]string{}, send: send}
		if err := withTable(in, "BIIGLE report", r.collect); err != nil {
			return err
		}
		return r.rows(t)
	})
}

// biigleColumns are the columns of both reports that are read by name; shape_id follows from shape_name.
var biigleColumns = [][]string{{"video_annotation_label_id", "annotation_label_id"}, {"label_id"}, {"label_name"}, {"label_hierarchy"}, {"user_id"}, {"firstname"},
	{"lastname"}, {"video_id", "image_id"}, {"video_filename", "video_name", "filename", "image_filename"}, {"image_longitude"}, {"image_latitude"}, {"shape_id"},
	{"shape_name"}, {"points"}, {"frames"}, {"annotation_id"}, {"created_at"}, {"attributes"}}

func (r *biigleReader) columns(t *table) error {
	r.t, r.at, r.others = t, map[string]int{}, nil
	var known []int
	for _, names := range biigleColumns {
		c := t.column(names...)
		r.at[names[0]] = c
		known = append(known, c)
	}
	for _, name := range []string{"label_name", "points"} {
		if _, err := t.need(name); err != nil {
			return err
		}
	}
	if _, err := t.need("video_filename", "video_name", "filename"); err != nil {
		return err
	}
	if _, err := t.need("shape_name", "shape_id"); err != nil {
		return err
	}
	if r.at["annotation_id"] < 0 && r.at["video_annotation_label_id"] < 0 {
		_, err := t.need("annotation_id", "video_annotation_label_id", "annotation_label_id")
		return err
	}
	r.video = r.at["frames"] >= 0
	seen := map[string]bool{}
	for i, name := range t.header {
		if slices.Contains(known, i) {
			continue
		}
		if seen[fold(name)] || fold(name) == "" || t.column(name) != i {
			return fmt.Errorf("%s, line 1: column %d is called %q, which is no name or the name of another column", t.what, i+1, name)
		}
		seen[fold(name)] = true
		r.others = append(r.others, i)
	}
	return nil
}

// key is the annotation of the row.
func (r *biigleReader) key() ([2]string, error) {
	media, id := r.cell("video_filename"), r.cell("annotation_id")
	if media == "" {
		return [2]string{}, r.t.wrong(r.at["video_filename"], "it should be the name of a file")
	}
	if id == "" { // reports of old had none
		id = r.cell("video_annotation_label_id")
	}
	if id == "" {
		return [2]string{}, r.t.wrong(max(r.at["annotation_id"], 0), "it should be the id of an annotation")
	}
	return [2]string{media, id}, nil
}

func (r *biigleReader) cell(name string) string { return r.t.word(r.at[name]) }

// collect is the first pass.
func (r *biigleReader) collect(t *table) error {
	if err := r.columns(t); err != nil {
		return err
	}
	for t.next() {
		key, err := r.key()
		if err != nil {
			return err
		}
		l := biigleLabel{ID: r.cell("video_annotation_label_id"), LabelID: r.cell("label_id"), Name: r.cell("label_name"), UserID: r.cell("user_id"),
			First: r.cell("firstname"), Last: r.cell("lastname"), At: r.cell("created_at"), hierarchy: r.cell("label_hierarchy")}
		if l.Name == "" {
			return t.wrong(r.at["label_name"], "it should be the name of a label")
		}
		if err := r.oneLabel(t, l); err != nil {
			return err
		}
		if _, ok := parseBIIGLETime(l.At); !ok {
			return t.wrong(r.at["created_at"], "it should be a date and time such as 2023-06-05 16:21:15")
		}
		for _, column := range r.others {
			if cell := t.word(column); cell != "" {
				name := fold(t.header[column])
				if name == fold(statusName) && isStatus(cell) {
					l.status = cell
					continue
				}
				if l.Other == nil {
					l.Other = map[string]string{}
				}
				l.Other[name] = cell
			}
		}
		hash := fnv.New64a()
		for _, name := range []string{"shape_name", "shape_id", "points", "frames"} {
			_, _ = fmt.Fprintf(hash, "%q", r.cell(name))
		}
		a := r.annotations[key]
		if a == nil {
			a = &biigleAnnotation{line: t.line, shape: hash.Sum64()}
			r.annotations[key] = a
		}
		if a.shape != hash.Sum64() {
			return fmt.Errorf("%s, line %d: annotation %s has another shape than on line %d: rows of one annotation should say the same", t.what, t.line, key[1], a.line)
		}
		a.labels = append(a.labels, l)
	}
	return nil
}

// oneLabel refuses a label that is another one in an earlier row: of the same id, or of the same name where ids are missing.
func (r *biigleReader) oneLabel(t *table, l biigleLabel) error {
	key := "id " + l.LabelID
	if l.LabelID == "" {
		key = "name " + l.Name
	}
	this := [2]string{l.Name, l.hierarchy}
	if before, ok := r.trees[key]; ok && before != this {
		return fmt.Errorf("%s, line %d: the label with the %s is %q (%s) here and %q (%s) before: one label should have one name and one place",
			t.what, t.line, key, l.Name, l.hierarchy, before[0], before[1])
	}
	r.trees[key] = this
	return nil
}

// rows is the second pass.
func (r *biigleReader) rows(t *table) error {
	if err := r.columns(t); err != nil {
		return err
	}
	for t.next() {
		key, err := r.key()
		if err != nil {
			return err
		}
		if more, err := r.file(key[0]); err != nil || !more {
			return err
		}
		a := r.annotations[key]
		if a == nil {
			return fmt.Errorf("%s, line %d: the file changed while it was read: try again", t.what, t.line)
		}
		if a.given {
			continue
		}
		a.given = true
		for _, l := range a.labels {
			if id := [3]string{l.LabelID, l.Name, l.hierarchy}; !r.labels[id] {
				r.labels[id] = true
				if !r.send(l.label()) {
					return nil
				}
			}
		}
		if more, err := r.annotation(key, a.labels); err != nil || !more {
			return err
		}
	}
	return nil
}

// file gives the media of the row where it comes up first.
func (r *biigleReader) file(name string) (bool, error) {
	id := r.cell("video_id")
	if have, ok := r.media[name]; ok {
		if have != id {
			return false, r.t.wrong(r.at["video_id"], fmt.Sprintf("%s has the id %q above: two files of one name cannot be told apart; read the report of each volume by itself", name, have))
		}
		return true, nil
	}
	r.media[name] = id
	m := annotate.Media{Name: name, ID: id, Video: r.video}
	extra := annotate.Extra{}
	for _, field := range []string{"attributes", "image_longitude", "image_latitude"} {
		if cell := r.cell(field); cell != "" {
			extra["biigle."+field] = cell
		}
	}
	if len(extra) > 0 {
		m.Extra = extra
	}
	var err error
	if m.W, m.H, err = biigleSize(r.cell("attributes")); err != nil {
		return false, r.t.wrong(r.at["attributes"], fmt.Sprintf("it should be a JSON object: %v", err))
	}
	return r.send(m), nil
}

// shapeName is the row's, from its number where the name is missing.
func (r *biigleReader) shapeName() (string, error) {
	name := r.cell("shape_name")
	if name == "" {
		if n, err := strconv.Atoi(r.cell("shape_id")); err == nil && n >= 1 && n <= len(biigleShapes) {
			return biigleShapes[n-1], nil
		}
	}
	if !slices.Contains(biigleShapes[:], name) {
		return "", r.t.wrong(max(r.at["shape_name"], 0), fmt.Sprintf("it should be one of %v", biigleShapes))
	}
	return name, nil
}

// annotation gives the track and its marks, or the mark of a picture.
func (r *biigleReader) annotation(key [2]string, labels []biigleLabel) (bool, error) {
	name, err := r.shapeName()
	if err != nil {
		return false, err
	}
	if !r.video {
		m := annotate.Mark{Media: key[0], ID: key[1], Names: biigleNames(labels), Origin: labels[0].origin(), Extra: biigleExtra(labels)}
		var points []float64
		if err := json.Unmarshal([]byte(r.cell("points")), &points); err != nil {
			return false, r.t.wrong(r.at["points"], fmt.Sprintf("it should be a JSON array of numbers: %v", err))
		}
		if err := r.draw(&m, name, points); err != nil {
			return false, err
		}
		return r.send(m), nil
	}
	frames, points, err := r.frames(name)
	if err != nil {
		return false, err
	}
	track := annotate.Track{Media: key[0], ID: key[1], Names: biigleNames(labels), Origin: labels[0].origin(), Extra: biigleExtra(labels)}
	if !r.send(track) {
		return false, nil
	}
	last := 0.0
	for i, at := range frames {
		if at == nil {
			continue
		}
		m := annotate.Mark{Media: key[0], Track: key[1], Frame: -1, Still: i+1 < len(frames) && frames[i+1] == nil}
		var ok bool
		if m.Time, ok = secondsOf(*at); !ok || *at < last {
			return false, r.t.wrong(r.at["frames"], fmt.Sprintf("%v is no time of a video after %v: it should be ascending seconds, up to 11 days", *at, last))
		}
		last = *at
		if err := r.draw(&m, name, points[i]); err != nil {
			return false, err
		}
		if !r.send(m) {
			return false, nil
		}
	}
	return true, nil
}

// frames reads the two lists of a video's annotation, which are as long as each other but for a whole frame.
func (r *biigleReader) frames(name string) ([]*float64, [][]float64, error) {
	var frames []*float64
	var points [][]float64
	if err := json.Unmarshal([]byte(r.cell("frames")), &frames); err != nil {
		return nil, nil, r.t.wrong(r.at["frames"], fmt.Sprintf("it should be a JSON array of seconds: %v", err))
	}
	if err := json.Unmarshal([]byte(r.cell("points")), &points); err != nil {
		return nil, nil, r.t.wrong(r.at["points"], fmt.Sprintf("it should be a JSON array of arrays of numbers: %v", err))
	}
	if len(points) == 0 && name == "WholeFrame" {
		points = make([][]float64, len(frames))
	}
	if len(frames) != len(points) {
		return nil, nil, r.t.wrong(r.at["points"], fmt.Sprintf("it has %d shapes and column frames %d times: it should be as many", len(points), len(frames)))
	}
	if !slices.ContainsFunc(frames, func(f *float64) bool { return f != nil }) {
		return nil, nil, r.t.wrong(r.at["frames"], "it should hold at least one time")
	}
	return frames, points, nil
}

// draw sets a mark's shape, and keeps its numbers where they do not follow from it.
func (r *biigleReader) draw(m *annotate.Mark, name string, points []float64) error {
	var err error
	if m.Shape, err = biigleShape(name, points); err != nil {
		return r.t.wrong(r.at["points"], err.Error())
	}
	if again, exact := biigleNumbers(name, m.Shape); !exact || biigleName(m.Shape) != name || !slices.Equal(again, points) {
		text, err := json.Marshal(points)
		if err != nil {
			return r.t.wrong(r.at["points"], err.Error())
		}
		if m.Extra == nil {
			m.Extra = annotate.Extra{}
		}
		m.Extra["biigle.points"] = name + " " + string(text)
	}
	return nil
}
