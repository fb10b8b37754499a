package exchange

import (
	"bufio"
	"encoding/json"
	"reflect"
	"time"

	"requin/annotate"
)

// lsWriter holds all records by their file: a task needs all of its own.
type lsWriter struct {
	losses Losses
	files  map[string]*lsFile
	order  []*lsFile
}

// lsFile is a task to be written.
type lsFile struct {
	media   annotate.Media
	look    bool
	regions []*lsDrawn
	tracks  map[string]*lsDrawn
}

// lsDrawn is a region to be written: a track and its marks, or one mark.
type lsDrawn struct{ records []annotate.Record }

func writeLabelStudio(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &lsWriter{files: map[string]*lsFile{}}
	if err := each(records, func(record annotate.Record) error {
		w.survey(record)
		return nil
	}); err != nil {
		return nil, err
	}
	return &w.losses, fillFile(out, opt.Name, func(b *bufio.Writer) error {
		for i, file := range w.order {
			before := ",\n"
			if i == 0 {
				before = "[\n"
			}
			if _, err := b.WriteString(before + lsJSON(w.task(file))); err != nil {
				return err
			}
		}
		after := "\n]\n"
		if len(w.order) == 0 {
			after = "[]\n"
		}
		_, err := b.WriteString(after)
		return err
	})
}

func (w *lsWriter) file(name string) *lsFile {
	if w.files[name] == nil {
		w.files[name] = &lsFile{media: annotate.Media{Name: name}, tracks: map[string]*lsDrawn{}}
		w.order = append(w.order, w.files[name])
	}
	return w.files[name]
}

// survey gathers a record, and notes what of it is lost.
func (w *lsWriter) survey(record annotate.Record) {
	l := &w.losses
	switch r := record.(type) {
	case annotate.Media:
		w.file(r.Name).media = r
		l.unheld(r, r.Name, "labelstudio", "Name", "ID", "Video", "W", "H", "Rate", "Frames")
	case annotate.Look:
		f := w.file(r.Media)
		if f.media.Video {
			l.add("a look at a frame of a video", r.Media)
			return
		}
		f.look = true
	case annotate.Track:
		f := w.file(r.Media)
		d := &lsDrawn{records: []annotate.Record{r}}
		f.tracks[r.ID] = d
		f.regions = append(f.regions, d)
		l.unheld(r, r.Media+", track "+r.ID, "labelstudio", "Media", "ID", "Names", "Origin", "Attributes")
	case annotate.Mark:
		f := w.file(r.Media)
		if d := f.tracks[r.Track]; r.Track != "" && d != nil {
			d.records = append(d.records, r)
			return
		}
		f.regions = append(f.regions, &lsDrawn{records: []annotate.Record{r}})
	default:
		l.whole(record)
	}
}

// lsGroup is an annotation or a prediction to be written.
type lsGroup struct {
	about      map[string]json.RawMessage
	results    []any
	prediction bool
}

// task is a task as it is written.
func (w *lsWriter) task(f *lsFile) map[string]any {
	m := f.media
	var groups []*lsGroup
	byKey := map[string]*lsGroup{}
	for _, d := range f.regions {
		about, prediction, key := lsAbout(d.records[0])
		results := w.results(d, m, about, prediction)
		if results == nil {
			continue
		}
		if byKey[key] == nil {
			byKey[key] = &lsGroup{about: about, prediction: prediction}
			groups = append(groups, byKey[key])
		}
		byKey[key].results = append(byKey[key].results, results...)
	}
	var empty []struct {
		Prediction bool                       `json:"prediction"`
		About      map[string]json.RawMessage `json:"about"`
	}
	if json.Unmarshal([]byte(m.Extra["labelstudio.empty"]), &empty) != nil {
		empty = nil
	}
	said := false
	for _, e := range empty {
		groups = append(groups, &lsGroup{about: e.About, prediction: e.Prediction})
		said = said || !e.Prediction && string(e.About["was_cancelled"]) != "true"
	}
	if f.look && !said {
		groups = append(groups, &lsGroup{})
	}
	annotations, predictions := []any{}, []any{}
	for _, g := range groups {
		one := map[string]any{"result": []any{}}
		if g.results != nil {
			one["result"] = g.results
		}
		for key, raw := range g.about {
			one[key] = raw
		}
		if g.prediction {
			predictions = append(predictions, one)
		} else {
			annotations = append(annotations, one)
		}
	}
	task := lsFields(m.Extra["labelstudio.task"])
	task["data"], task["annotations"], task["predictions"] = lsData(m), annotations, predictions
	if m.ID != "" {
		task["id"] = lsID(m.ID)
	}
	return task
}

// lsFields are the fields of a JSON object.
func lsFields(text string) map[string]any {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(text), &fields) != nil {
		fields = nil
	}
	out := map[string]any{}
	for key, raw := range fields {
		out[key] = raw
	}
	return out
}

// lsKeyOf is the name under which a task's data name its file.
func lsKeyOf(m annotate.Media) string {
	switch {
	case m.Extra["labelstudio.key"] != "":
		return m.Extra["labelstudio.key"]
	case m.Video:
		return "video"
	}
	return "image"
}

func lsData(m annotate.Media) map[string]any {
	data := lsFields(m.Extra["labelstudio.data"])
	data[lsKeyOf(m)] = m.Name
	return data
}

// lsAbout is what an annotation says of itself, and what tells it from others of the task.
func lsAbout(record annotate.Record) (about map[string]json.RawMessage, prediction bool, key string) {
	origin, extra := lsStated(record)
	for _, name := range []string{"labelstudio.annotation", "labelstudio.prediction"} {
		text := extra[name]
		if text != "" && json.Unmarshal([]byte(text), &about) == nil && about != nil && lsOrigin(about) == origin {
			return about, name == "labelstudio.prediction", name + text + "\n" + extra["labelstudio.nth"]
		}
	}
	about = map[string]json.RawMessage{}
	if origin.By != "" {
		about["created_username"] = json.RawMessage(lsJSON(origin.By))
	}
	if !origin.At.IsZero() {
		about["created_at"] = json.RawMessage(lsJSON(origin.At.Format(time.RFC3339Nano)))
	}
	return about, false, lsJSON(about)
}

// lsStated are the origin and the extra of a track or a mark.
func lsStated(record annotate.Record) (annotate.Origin, annotate.Extra) {
	if t, ok := record.(annotate.Track); ok {
		return t.Origin, t.Extra
	}
	m := record.(annotate.Mark)
	return m.Origin, m.Extra
}

// results are those of a region: as they were read where they still say the same, or made anew; nil where Label
// Studio cannot hold it.
func (w *lsWriter) results(d *lsDrawn, media annotate.Media, about map[string]json.RawMessage, prediction bool) []any {
	_, extra := lsStated(d.records[0])
	var raw []json.RawMessage
	if json.Unmarshal([]byte(extra["labelstudio.results"]), &raw) == nil {
		if regions, err := lsRegions(raw); err == nil && len(regions) == 1 {
			c := (lsAnnotation{prediction: prediction, about: about}).context(media, map[string]int{})
			if nth := extra["labelstudio.nth"]; nth != "" {
				c.extra["labelstudio.nth"] = nth
			}
			if t, ok := d.records[0].(annotate.Track); ok {
				c.track = t.ID
			}
			if again, err := regions[0].records(c); err == nil && reflect.DeepEqual(again, d.records) {
				out := make([]any, len(raw))
				for i := range raw {
					out[i] = raw[i]
				}
				return out
			}
		}
	}
	if media.Video {
		return w.sequence(d, media)
	}
	return w.region(d.records, media)
}
