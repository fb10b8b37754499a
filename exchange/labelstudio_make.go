package exchange

import (
	"math"
	"reflect"
	"strings"

	"requin/annotate"
)

// region is the result of a mark in a picture. A track in pictures is as many marks.
func (w *lsWriter) region(records []annotate.Record, media annotate.Media) []any {
	var out []any
	var names []annotate.Name
	for _, record := range records {
		m, ok := record.(annotate.Mark)
		if !ok {
			names = record.(annotate.Track).Names
			w.losses.add("a track in a picture", media.Name)
			continue
		}
		where := markWhere(m)
		w.losses.unheld(m, where, "labelstudio", "Media", "ID", "Track", "Frame", "Time", "Shape", "Names", "Origin", "Attributes")
		if len(m.Names) == 0 {
			m.Names = names
		}
		result := map[string]any{"to_name": lsKeyOf(media), "image_rotation": 0}
		kind, value, exact := lsPlace(m.Shape, float64(media.W), float64(media.H))
		if kind != "choices" {
			if media.W == 0 || media.H == 0 {
				w.losses.add("a mark in a picture whose size is not known", where)
				continue
			}
			result["original_width"], result["original_height"] = media.W, media.H
		}
		if !exact {
			w.losses.add("the exact shape of a mark", where)
		}
		out = append(out, w.named(result, kind, value, m.ID, m.Names, where)...)
		out = append(out, w.attributes(result, m.Attributes, m.ID, where)...)
	}
	return out
}

// named completes a result with its type, id, names and score.
func (w *lsWriter) named(result map[string]any, kind string, value map[string]any, id string, names []annotate.Name, where string) []any {
	var labels []string
	for _, n := range names {
		labels = append(labels, n.Label)
		if n.Scored && n == names[0] {
			result["score"] = n.Score
		}
		if n.Scored != names[0].Scored || n.Score != names[0].Score {
			w.losses.add("the scores of further names", where)
		}
	}
	result["from_name"], result["value"], result["type"] = "label", value, kind
	switch {
	case kind == "choices" || kind == "videorectangle":
		value[map[bool]string{true: "choices", false: "labels"}[kind == "choices"]] = append([]string{}, labels...)
		if kind == "choices" {
			result["from_name"] = "choice"
		}
	case len(labels) > 0:
		result["type"] = kind + "labels"
		value[kind+"labels"] = labels
	}
	if id != "" {
		result["id"] = id
	}
	return []any{result}
}

// attributes are choices of the same region, which has to have an id.
func (w *lsWriter) attributes(region map[string]any, attributes []annotate.Attribute, id, where string) []any {
	var out []any
	for _, a := range attributes {
		if id == "" {
			w.losses.add("attributes of a mark without an id", where)
			break
		}
		if a.Type != annotate.Choice && a.Type != annotate.Text {
			w.losses.add("the type of an attribute", where)
		}
		out = append(out, map[string]any{"id": id, "type": "choices", "from_name": a.Name, "to_name": region["to_name"], "value": map[string]any{"choices": []string{a.Value}}})
	}
	return out
}

// lsPlace turns a shape in pixels into percents; exact is false where Label Studio has no such shape.
func lsPlace(s annotate.Shape, w, h float64) (kind string, value map[string]any, exact bool) {
	x, y := func(v float64) float64 { return v * 100 / w }, func(v float64) float64 { return v * 100 / h }
	b, ok := s.Bounds()
	switch {
	case !ok:
		return "choices", map[string]any{}, s.Kind == annotate.WholePic
	case s.Kind == annotate.Polygon:
		var points [][2]float64
		for _, p := range s.Points {
			points = append(points, [2]float64{x(p.X), y(p.Y)})
		}
		return "polygon", map[string]any{"points": points}, len(s.Rings) == 0
	case s.Kind == annotate.Points && len(s.Points) == 1:
		return "keypoint", map[string]any{"x": x(b.X0), "y": y(b.Y0), "width": 0.5}, true
	case s.Kind == annotate.Circle, s.Kind == annotate.Ellipse && len(s.Points) >= 2:
		if s.Kind == annotate.Ellipse {
			b.X0, b.Y0, b.X1, b.Y1 = s.Points[0].X, s.Points[0].Y, s.Points[1].X, s.Points[1].Y
		}
		return "ellipse", map[string]any{"x": x((b.X0 + b.X1) / 2), "y": y((b.Y0 + b.Y1) / 2), "radiusX": x(b.W() / 2), "radiusY": y(b.H() / 2), "rotation": s.Angle}, true
	case s.Kind == annotate.Rotated && len(s.Points) >= 2:
		corner := turnedCorners(s)[0]
		return "rectangle", map[string]any{"x": x(corner.X), "y": y(corner.Y), "width": x(s.Points[1].X - s.Points[0].X), "height": y(s.Points[1].Y - s.Points[0].Y), "rotation": s.Angle}, true
	}
	return "rectangle", map[string]any{"x": x(b.X0), "y": y(b.Y0), "width": x(b.W()), "height": y(b.H()), "rotation": 0}, s.Kind == annotate.Box
}

// sequence is the result of a track, or of a mark in a video that has none.
func (w *lsWriter) sequence(d *lsDrawn, media annotate.Media) []any {
	track, ok := d.records[0].(annotate.Track)
	where := media.Name + ", track " + track.ID
	keys := []any{}
	for _, record := range d.records {
		m, isMark := record.(annotate.Mark)
		if !isMark {
			continue
		}
		if !ok { // it stands alone: its frame is all there is of it
			where = markWhere(m)
			track = annotate.Track{ID: m.ID, Names: m.Names, Attributes: m.Attributes}
			if track.ID == "" {
				track.ID = strings.ReplaceAll(where, " ", "")
			}
			if kind, value, _ := lsPlace(m.Shape, 1, 1); kind == "choices" && m.Frame < 0 && m.Time < 0 {
				return w.named(map[string]any{"to_name": lsKeyOf(media)}, kind, value, m.ID, m.Names, where)
			}
			w.losses.add("whether a mark belongs to a track", where)
			m.Still = true
		} else if len(m.Names) > 0 && len(track.Names) > 0 && !reflect.DeepEqual(m.Names, track.Names) {
			w.losses.add("names of a mark that differ from its track's", markWhere(m))
		}
		if len(track.Names) == 0 {
			track.Names = m.Names
		}
		if key := w.key(m, media); key != nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		w.losses.add("a track without marks", where)
		return nil
	}
	value := map[string]any{"sequence": keys}
	if media.Frames > 0 {
		value["framesCount"] = media.Frames
		if r := media.Rate; r.Num > 0 && r.Den > 0 {
			value["duration"] = float64(media.Frames) * float64(r.Den) / float64(r.Num)
		}
	} else if media.Rate.Num > 0 {
		w.losses.add("rate of a media whose number of frames is not known", media.Name)
	}
	result := map[string]any{"to_name": lsKeyOf(media), "original_width": media.W, "original_height": media.H}
	out := w.named(result, "videorectangle", value, track.ID, track.Names, where)
	result["from_name"] = "box"
	return append(out, w.attributes(result, track.Attributes, track.ID, where)...)
}

// key is a mark as a keyframe; nil where it cannot be one.
func (w *lsWriter) key(m annotate.Mark, media annotate.Media) map[string]any {
	l, where, rate := &w.losses, markWhere(m), media.Rate
	l.unheld(m, where, "labelstudio", "Media", "Track", "Frame", "Time", "Shape", "Names", "Still", "Outside")
	number := m.Frame
	at, timed := m.At(rate)
	if number < 0 && timed && rate.Num > 0 && rate.Den > 0 {
		number = int(math.Round(at.Seconds() * float64(rate.Num) / float64(rate.Den)))
		l.add("the time of a mark between frames", where)
	}
	kind, value, exact := lsPlace(m.Shape, float64(media.W), float64(media.H))
	switch {
	case kind == "choices":
		l.add("a mark in a video without a place", where)
		return nil
	case number < 0:
		l.add("a mark whose frame is not known", where)
		return nil
	case media.W == 0 || media.H == 0:
		l.add("a mark in a video whose size is not known", where)
		return nil
	}
	if kind != "rectangle" {
		_, value, _ = lsPlace(annotate.BoxShape(bounds(m.Shape)), float64(media.W), float64(media.H))
		exact = false
	}
	if !exact {
		l.add("the exact shape of a mark", where)
	}
	if m.Outside {
		l.add("the moment in which an animal leaves: it is drawn until then, and in that frame", where)
	}
	value["frame"], value["enabled"] = number+1, !m.Still && !m.Outside
	if timed {
		value["time"] = at.Seconds()
	}
	return value
}
