package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

var errLSSize = errors.New("the size of the picture is not known: there is no original_width and original_height; give the pictures or videos themselves, so that their size can be read")

// lsReader gives tasks one by one.
type lsReader struct {
	in    Input
	names map[string]bool
	send  func(annotate.Record) bool
}

func readLabelStudio(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		stopped := false
		r := &lsReader{in: in, names: map[string]bool{}, send: func(record annotate.Record) bool {
			stopped = stopped || !yield(record, nil)
			return !stopped
		}}
		if err := r.read(); err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (r *lsReader) read() error {
	f, err := r.in.open()
	if err != nil {
		return err
	}
	at, err := r.tasks(json.NewDecoder(utf8Text(f)))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s %s, line %d: %w", "Label Studio file", r.in.Name, r.line(at), err)
	}
	return nil
}

// line is the line of a byte of the text.
func (r *lsReader) line(offset int64) int {
	f, err := r.in.open()
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }() // it was read before
	text := io.LimitReader(utf8Text(f), offset)
	line, block := 1, make([]byte, 64<<10)
	for {
		n, err := text.Read(block)
		line += bytes.Count(block[:n], []byte("\n"))
		if err != nil {
			return line
		}
	}
}

// tasks reads the list; at is where it stopped.
func (r *lsReader) tasks(d *json.Decoder) (at int64, err error) {
	first, err := d.Token()
	if err == io.EOF {
		return 0, errors.New("the file is empty: it should be a JSON list of tasks")
	}
	if err != nil {
		return d.InputOffset(), err
	}
	if first != json.Delim('[') {
		return d.InputOffset(), errors.New("it should be a JSON list of tasks, [{...}, ...], as Label Studio exports it as JSON or JSON-MIN")
	}
	for n := 1; d.More(); n++ {
		var fields map[string]json.RawMessage
		if err := d.Decode(&fields); err != nil {
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) {
				return syntax.Offset, fmt.Errorf("task %d: %w", n, err)
			}
			return d.InputOffset(), fmt.Errorf("task %d: %w", n, err)
		}
		more, err := r.task(fields)
		if err != nil {
			return d.InputOffset(), fmt.Errorf("task %d: %w", n, err)
		}
		if !more {
			return 0, nil
		}
	}
	if _, err := d.Token(); err != nil {
		return d.InputOffset(), err
	}
	if _, err := d.Token(); err != io.EOF {
		return d.InputOffset(), errors.New("there is more after the list of tasks")
	}
	return 0, nil
}

// parseLSTask sorts a task's fields.
func parseLSTask(fields map[string]json.RawMessage) (*lsTask, error) {
	if fields["data"] == nil && fields["annotations"] == nil && fields["predictions"] == nil {
		fields = lsFull(fields)
	}
	t := &lsTask{other: map[string]json.RawMessage{}}
	var id any
	if err := json.Unmarshal(fields["data"], &t.data); err != nil || t.data == nil {
		return nil, errors.New(`it has no "data": it should be an object such as {"data": {"image": "reef.jpg"}, "annotations": [...]}`)
	}
	if raw := fields["id"]; raw != nil {
		if err := json.Unmarshal(raw, &id); err != nil {
			return nil, err
		}
		t.id = lsName(id)
	}
	for name, raw := range fields {
		switch name {
		case "id", "data":
		case "annotations", "completions", "predictions":
			var list []map[string]json.RawMessage
			if err := json.Unmarshal(raw, &list); err != nil && len(raw) > 0 {
				if lsNumbers(raw) { // a task without its annotations lists their ids
					t.other[name] = raw
					continue
				}
				return nil, fmt.Errorf("%s should be a list of objects: %w", name, err)
			}
		default:
			t.other[name] = compactLS(raw)
		}
	}
	for _, name := range []string{"annotations", "completions", "predictions"} {
		var list []map[string]json.RawMessage
		if t.other[name] != nil || fields[name] == nil || json.Unmarshal(fields[name], &list) != nil {
			continue
		}
		for i, about := range list {
			a := lsAnnotation{prediction: name == "predictions", about: map[string]json.RawMessage{}}
			if raw := about["result"]; raw != nil {
				if err := json.Unmarshal(raw, &a.results); err != nil {
					return nil, fmt.Errorf("%s, number %d: result should be a list: %w", name, i+1, err)
				}
			}
			for key, raw := range about {
				if key != "result" {
					a.about[key] = compactLS(raw)
				}
			}
			for i := range a.results {
				a.results[i] = compactLS(a.results[i])
			}
			t.annotations = append(t.annotations, a)
		}
	}
	return t, t.name()
}

// lsNumbers tells whether a list holds no objects.
func lsNumbers(raw json.RawMessage) bool {
	var ids []float64
	return json.Unmarshal(raw, &ids) == nil
}

// compactLS is JSON as it is written again.
func compactLS(raw json.RawMessage) json.RawMessage { return json.RawMessage(lsJSON(raw)) }

// lsFiles are the data that name a task's file, the likeliest first.
var lsFiles = []string{"video", "image", "img", "picture", "photo", "video_url", "image_url", "url", "file"}

// name finds the file.
func (t *lsTask) name() error {
	keys := slices.Sorted(maps.Keys(t.data))
	text := func(key string) (s string) {
		if json.Unmarshal(t.data[key], &s) != nil {
			return ""
		}
		return s
	}
	for _, key := range append(slices.Clone(lsFiles), keys...) {
		file := text(key)
		if file == "" || key == "" || !slices.Contains(lsFiles, key) && !boxesVideo.MatchString(file) && !boxesPicture.MatchString(file) {
			continue
		}
		t.key, t.file = key, file
		return nil
	}
	return fmt.Errorf("its data name no picture or video: it should have one of %s; it has %s", strings.Join(lsFiles, ", "), strings.Join(keys, ", "))
}

// lsFull makes a task of JSON-MIN a full one: lists of regions are results, the rest data.
func lsFull(fields map[string]json.RawMessage) map[string]json.RawMessage {
	data, about := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	results := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var regions []map[string]json.RawMessage
		switch key {
		case "id":
			continue
		case "annotator", "annotation_id", "created_at", "updated_at", "lead_time":
			name := key
			if full := map[string]string{"annotator": "completed_by", "annotation_id": "id"}[key]; full != "" {
				name = full
			}
			about[name] = fields[key]
			continue
		}
		if json.Unmarshal(fields[key], &regions) != nil || len(regions) == 0 {
			data[key] = fields[key]
			continue
		}
		for _, value := range regions {
			kind := "region"
			for _, name := range slices.Sorted(maps.Keys(value)) {
				if strings.HasSuffix(name, "labels") {
					kind = name
				}
			}
			if value["sequence"] != nil {
				kind = "videorectangle"
			}
			result := map[string]any{"type": kind, "from_name": key, "value": value}
			for _, name := range []string{"original_width", "original_height", "id", "score"} {
				if value[name] != nil {
					result[name] = value[name]
					delete(value, name)
				}
			}
			results = append(results, result)
		}
	}
	about["result"] = json.RawMessage(lsJSON(results))
	return map[string]json.RawMessage{"id": fields["id"], "data": json.RawMessage(lsJSON(data)), "annotations": json.RawMessage(lsJSON([]any{about}))}
}

// task gives a task's records.
func (r *lsReader) task(fields map[string]json.RawMessage) (bool, error) {
	t, err := parseLSTask(fields)
	if err != nil {
		return false, err
	}
	if r.names[t.file] {
		return false, fmt.Errorf("%s has a task already: give each picture and video one, with all its annotations", t.file)
	}
	r.names[t.file] = true
	regions := make([][]*lsRegion, len(t.annotations))
	for i, a := range t.annotations {
		if regions[i], err = lsRegions(a.results); err != nil {
			return false, err
		}
	}
	media, look := t.media(regions)
	if media.Rate.Num == 0 {
		media.Rate = r.in.Rate
	}
	if err := r.size(&media, regions); err != nil {
		return false, err
	}
	if !r.send(media) || look && !r.send(annotate.Look{Media: media.Name}) {
		return false, nil
	}
	tracks, seen := map[string]bool{}, map[string]int{}
	for i, a := range t.annotations {
		if len(a.results) == 0 {
			continue
		}
		c := a.context(media, seen)
		for _, region := range regions[i] {
			c.track = region.id
			for n := 2; c.track == "" || tracks[c.track]; n++ {
				c.track = region.id + "~" + strconv.Itoa(n)
			}
			records, err := region.records(c)
			if err != nil {
				return false, fmt.Errorf("region %q: %w", region.id, err)
			}
			if _, ok := records[0].(annotate.Track); ok {
				tracks[c.track] = true
			}
			for _, record := range records {
				if !r.send(record) {
					return false, nil
				}
			}
		}
	}
	return true, nil
}

// context is what the regions of an annotation need to know; seen counts annotations that say the same of themselves.
func (a lsAnnotation) context(media annotate.Media, seen map[string]int) lsContext {
	c := lsContext{media: media, origin: lsOrigin(a.about), extra: annotate.Extra{}}
	key := "labelstudio.annotation"
	if a.prediction {
		key = "labelstudio.prediction"
		if json.Unmarshal(a.about["score"], &c.score) != nil {
			c.score = nil
		}
	}
	c.extra[key] = lsJSON(a.about)
	seen[key+c.extra[key]]++
	if n := seen[key+c.extra[key]]; n > 1 {
		c.extra["labelstudio.nth"] = strconv.Itoa(n)
	}
	return c
}

// media is the task's file; look tells whether somebody said that there is nothing in the picture.
func (t *lsTask) media(regions [][]*lsRegion) (m annotate.Media, look bool) {
	m = annotate.Media{Name: t.file, ID: t.id, Extra: annotate.Extra{"labelstudio.key": t.key}}
	m.Video = strings.HasPrefix(t.key, "video") || boxesVideo.MatchString(t.file)
	for _, region := range slices.Concat(regions...) {
		for _, r := range region.results {
			m.Video = m.Video || r.Values.Sequence != nil
			if r.W >= 1 && r.H >= 1 && r.W <= 1<<20 && r.H <= 1<<20 && m.W == 0 {
				m.W, m.H = int(r.W), int(r.H)
			}
			if v := r.Values; m.Frames == 0 && v.Frames >= 1 && v.Frames < 1<<31 {
				m.Frames = int(v.Frames)
				if v.Duration > 0 {
					m.Rate, _ = rateOf(numberText(v.Frames / v.Duration))
				}
			}
		}
	}
	other := maps.Clone(t.data)
	delete(other, t.key)
	if len(other) > 0 {
		m.Extra["labelstudio.data"] = lsJSON(other)
	}
	if len(t.other) > 0 {
		m.Extra["labelstudio.task"] = lsJSON(t.other)
	}
	var empty []map[string]any
	for _, a := range t.annotations {
		if len(a.results) > 0 {
			continue
		}
		said := map[string]any{"prediction": a.prediction, "about": a.about}
		plain := !a.prediction && len(a.about) == 0
		look = look || !m.Video && !a.prediction && string(a.about["was_cancelled"]) != "true"
		if m.Video || !plain {
			empty = append(empty, said)
		}
	}
	if len(empty) > 0 {
		m.Extra["labelstudio.empty"] = lsJSON(empty)
	}
	if t.key == "image" && !m.Video || t.key == "video" {
		delete(m.Extra, "labelstudio.key")
	}
	if len(m.Extra) == 0 {
		m.Extra = nil
	}
	return m, look
}

// size asks for the size where a region needs it and says none.
func (r *lsReader) size(m *annotate.Media, regions [][]*lsRegion) error {
	for _, region := range slices.Concat(regions...) {
		for _, result := range region.results {
			if m.W > 0 || !result.placed() || r.in.Size == nil {
				continue
			}
			w, h, err := r.in.Size(m.Name)
			if err != nil {
				return fmt.Errorf("the size of %s: %w", m.Name, err)
			}
			m.W, m.H = w, h
		}
	}
	return nil
}
