package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"requin/annotate"
)

// studioRegion is a result, with those of the same region that say more of it.
type studioRegion struct {
	fields jsonFields
	raw    json.RawMessage
	kind   string // its type
	id     string
	more   []jsonFields
	raws   []string // of more
}

// shaped tells whether a result is a shape.
func (r *studioRegion) shaped() bool {
	return r.kind == "videorectangle" || studioKinds[strings.TrimSuffix(r.kind, "labels")] != ""
}

// results reads an annotation's results; what it gives back is neither shape nor about one.
func (t *studioTask) results(raws []json.RawMessage, place string, origin annotate.Origin) (rest []string, err error) {
	var regions []*studioRegion
	byID := map[string]*studioRegion{}
	for i, raw := range raws {
		f, err := fieldsOf(raw)
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", i+1, err)
		}
		r := &studioRegion{fields: f, raw: raw}
		_ = json.Unmarshal(f["type"], &r.kind) // without a type it is kept as it is
		if r.id, err = (jsonFields{"id": f["id"]}).id("id"); err != nil {
			return nil, fmt.Errorf("result %d: %w", i+1, err)
		}
		regions = append(regions, r)
		if r.shaped() && r.id != "" {
			if byID[r.id] != nil {
				return nil, fmt.Errorf("result %d: two shapes have the id %s: give each its own", i+1, r.id)
			}
			byID[r.id] = r
		}
	}
	for _, r := range regions {
		if shape := byID[r.id]; shape != nil && !r.shaped() {
			shape.more = append(shape.more, r.fields)
			shape.raws = append(shape.raws, compact(r.raw))
		}
	}
	for i, r := range regions {
		switch {
		case r.shaped(), byID[r.id] == nil && r.kind == "choices" && len(studioTexts(r.value()["choices"])) > 0:
			if err := t.region(r, place, origin); err != nil {
				return nil, fmt.Errorf("result %d: %w", i+1, err)
			}
		case byID[r.id] == nil:
			rest = append(rest, compact(r.raw))
		}
	}
	return rest, nil
}

func (r *studioRegion) value() jsonFields {
	var v jsonFields
	_ = json.Unmarshal(r.fields["value"], &v) // nothing where it is no object
	return v
}

// studioTexts is a list of texts; nil where it is anything else.
func studioTexts(raw json.RawMessage) []string {
	var out []string
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// region makes a mark, or a track and its marks, of a result.
func (t *studioTask) region(r *studioRegion, place string, origin annotate.Origin) error {
	f := r.fields
	delete(f, "type")
	delete(f, "id")
	value, err := fieldsOf(f.take("value"))
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	base := strings.TrimSuffix(r.kind, "labels")
	extra := annotate.Extra{studioPath: place}
	names := studioNames(r, value, extra)
	if len(names) > 0 {
		if names[0].Score, names[0].Scored, err = f.number("score"); err != nil {
			return err
		}
	}
	sizes := studioValue{fields: value, w: float64(t.media.W), h: float64(t.media.H)}
	t.usual(r, &sizes, extra)
	for _, status := range statuses {
		if extra[studioMeta] == studioNote(status) {
			extra[annotate.StatusKey] = status
			delete(extra, studioMeta)
		}
	}
	if len(r.raws) > 0 {
		extra["labelstudio.more"] = "[" + strings.Join(r.raws, ",") + "]"
	}
	if r.kind == "videorectangle" {
		return t.track(r, sizes, annotate.Track{Names: names, Attributes: studioAttributes(r.more), Origin: origin, Extra: extra})
	}
	m := annotate.Mark{Media: t.media.Name, ID: r.id, Names: names, Attributes: studioAttributes(r.more), Origin: origin}
	if r.kind == "choices" {
		m.Shape = annotate.Shape{Kind: annotate.WholePic}
	} else if m.Shape, err = sizes.shape(studioKinds[base]); err != nil {
		return err
	}
	for key, text := range value.extra("labelstudio.value/") {
		extra[key] = text
	}
	m.Extra = extra
	if usual, _ := studioType(m); m.Shape.Kind != annotate.WholePic && usual+"labels" != r.kind {
		extra["labelstudio.type"] = jsonText(r.kind)
	}
	t.records = append(t.records, m)
	return nil
}

// usual keeps the fields of a result but for those that say what nearly every
// result says, and finds the size that its percents are of.
func (t *studioTask) usual(r *studioRegion, sizes *studioValue, extra annotate.Extra) {
	f := r.fields
	if r.shaped() {
		var own studioResult
		_ = json.Unmarshal(r.raw, &own) // no size where it is none
		if w, h, ok := own.size(); ok && (w != t.media.W || h != t.media.H) {
			sizes.w, sizes.h = float64(w), float64(h) // this shape alone is in percent of another size
			extra["labelstudio.result/original_width"], extra["labelstudio.result/original_height"] = compact(f["original_width"]), compact(f["original_height"])
		}
		delete(f, "original_width")
		delete(f, "original_height")
	}
	for _, u := range [][2]string{{"from_name", studioFrom(r.kind)}, {"to_name", studioTo(r.kind == "videorectangle")}, {"origin", "manual"}} {
		if compact(f[u[0]]) == jsonText(u[1]) {
			delete(f, u[0])
		}
	}
	if string(f["image_rotation"]) == "0" {
		delete(f, "image_rotation")
	}
	maps.Copy(extra, f.extra("labelstudio.result/"))
}

// studioFrom is the usual from_name of a type of result, studioTo the usual to_name.
func studioFrom(kind string) string {
	switch kind {
	case "videorectangle":
		return "box"
	case "choices":
		return "choice"
	}
	return "label"
}

func studioTo(video bool) string {
	if video {
		return "video"
	}
	return "image"
}

// studioNames takes the names of a shape from its value, else from a result "labels" of the same region.
func studioNames(r *studioRegion, value jsonFields, extra annotate.Extra) (names []annotate.Name) {
	for _, key := range []string{studioLabelKey(r.kind), "labels"} {
		if labels := studioTexts(value[key]); len(labels) > 0 {
			delete(value, key)
			for _, label := range labels {
				names = append(names, annotate.Name{Label: label})
			}
			if key != studioLabelKey(r.kind) {
				extra["labelstudio.names"] = key
			}
			return names
		}
	}
	for _, more := range r.more {
		v := (&studioRegion{fields: more}).value()
		if labels := studioTexts(v["labels"]); len(labels) > 0 {
			for _, label := range labels {
				names = append(names, annotate.Name{Label: label})
			}
			extra["labelstudio.names"] = "more"
			return names
		}
	}
	return nil
}

// studioLabelKey is the field of a value that holds its labels.
func studioLabelKey(kind string) string {
	switch {
	case kind == "videorectangle":
		return "labels"
	case kind == "choices":
		return kind
	case strings.HasSuffix(kind, "labels"):
		return kind
	}
	return kind + "labels"
}

// studioAttributes are the choices, texts and numbers that were given for a region.
func studioAttributes(more []jsonFields) (out []annotate.Attribute) {
	for _, f := range more {
		v := (&studioRegion{fields: f}).value()
		var name string
		_ = json.Unmarshal(f["from_name"], &name)
		for _, field := range []struct {
			key  string
			kind annotate.Type
		}{{"choices", annotate.Choice}, {"text", annotate.Text}, {"number", annotate.Number}, {"rating", annotate.Number}} {
			raw := v[field.key]
			if raw == nil || name == "" {
				continue
			}
			text := compact(raw)
			if list := studioTexts(raw); list != nil {
				text = strings.Join(list, ", ")
			} else if json.Unmarshal(raw, &text) != nil {
				text = compact(raw)
			}
			out = append(out, annotate.Attribute{Name: name, Value: text, Type: field.kind})
		}
	}
	return out
}

// track reads a videorectangle's sequence.
func (t *studioTask) track(r *studioRegion, sizes studioValue, track annotate.Track) error {
	if r.id == "" {
		return errors.New("a videorectangle has no id: give it one")
	}
	track.Media, track.ID = t.media.Name, r.id
	for n := 2; t.tracks[track.ID]; n++ { // a prediction and the annotation made of it have the same
		track.ID = fmt.Sprintf("%s (%d)", r.id, n)
		track.Extra["labelstudio.id"] = jsonText(r.id)
	}
	t.tracks[track.ID] = true
	var sequence []json.RawMessage
	if raw := sizes.fields.take("sequence"); raw != nil && json.Unmarshal(raw, &sequence) != nil {
		return errors.New("sequence should be an array")
	}
	for key, text := range sizes.fields.extra("labelstudio.value/") {
		track.Extra[key] = text
	}
	t.records = append(t.records, track)
	for i, raw := range sequence {
		f, err := fieldsOf(raw)
		if err != nil {
			return err
		}
		m := annotate.Mark{Media: track.Media, Track: track.ID, Time: annotate.None, Origin: track.Origin}
		if m.Frame, err = f.whole("frame"); err == nil && m.Frame < 1 {
			err = errors.New("frame should be a whole number from 1")
		}
		m.Frame--
		if err == nil && f["enabled"] != nil {
			var enabled bool
			enabled, err = f.flag("enabled")
			m.Still = !enabled
		}
		if err == nil {
			m.Shape, err = studioValue{f, sizes.w, sizes.h}.shape(annotate.Box)
		}
		if err != nil {
			return fmt.Errorf("sequence, element %d: %w", i+1, err)
		}
		m.Extra = f.extra("labelstudio.item/")
		t.records = append(t.records, m)
	}
	return nil
}
