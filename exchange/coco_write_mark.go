package exchange

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"requin/annotate"
)

func (w *cocoWriter) annotations(records annotate.Records) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		m, ok := record.(annotate.Mark)
		if !ok || m.Outside {
			continue
		}
		name, known := w.nameOf(m)
		if !known {
			continue
		}
		m.Names = []annotate.Name{name}
		if err := w.annotation(m); err != nil {
			return fmt.Errorf("%s: %w", placeOf(m), err)
		}
	}
	return nil
}

func (w *cocoWriter) annotation(m annotate.Mark) error {
	place := w.stored[m.Media]
	image := w.mediaIDs[place]
	if w.media[place].Video {
		var known bool
		if image, known = w.frameIDs[m.Media][m.Frame]; !known {
			w.losses.add("a mark of which only the time is known", placeOf(m))
			return nil
		}
	}
	box, placed := boxAround(m)
	if !placed && m.Shape.Kind != annotate.WholePic {
		w.losses.add("a shape without extent", placeOf(m))
		return nil
	}
	var o jsonObject
	if !w.results || m.ID != "" {
		o.id("id", w.annotationID(m))
	}
	o.id("image_id", image)
	if own := m.Extra["coco.category_id"]; own != "" && w.isCategory(own, m.Names[0].Label) {
		o.raw("category_id", own)
	} else {
		o.id("category_id", w.labelIDs[w.named[m.Names[0].Label]])
	}
	if placed {
		width, height := extent(box.X0, box.X1), extent(box.Y0, box.Y1)
		o.list("bbox", []string{decimal(box.X0), decimal(box.Y0), decimal(width), decimal(height)})
		if m.Extra["coco.area"] == "" && !w.results {
			o.number("area", width*height)
		}
	}
	if m.Names[0].Scored {
		o.number("score", m.Names[0].Score)
	}
	if !w.results || m.Crowd {
		o.whole("iscrowd", int(map[bool]int{true: 1}[m.Crowd]))
	}
	if m.Extra["coco.segmentation"] == "" && !w.results {
		o.list("segmentation", rings(m.Shape))
	}
	if track := m.Track; track != "" && w.media[place].Video && m.Extra["coco.instance_id"] != jsonID(track) {
		o.id("track_id", track)
	} else if track != "" && !w.media[place].Video {
		w.losses.add(lostTrack, placeOf(m))
	}
	w.attributes(&o, m)
	if err := o.extra(m.Extra, "coco.", "category_id"); err != nil {
		return err
	}
	w.element(&o)
	return nil
}

// annotationID keeps a mark's id unless one before it has it.
func (w *cocoWriter) annotationID(m annotate.Mark) string {
	id := m.ID
	if w.used[id] {
		w.losses.add(lostMarkID, placeOf(m))
		id = ""
	}
	if id == "" {
		w.nextID++
		id = strconv.FormatInt(w.nextID, 10)
	}
	w.used[id] = true
	return id
}

// isCategory tells whether one of the categories of this name has this id.
func (w *cocoWriter) isCategory(id, name string) bool {
	for i, l := range w.labels {
		if l.Name == name && jsonID(w.labelIDs[i]) == id {
			return true
		}
	}
	return false
}

// rings is a polygon as COCO writes its segmentation.
func rings(s annotate.Shape) (out []string) {
	if s.Kind != annotate.Polygon {
		return nil
	}
	for _, ring := range append([][]annotate.Point{s.Points}, s.Rings...) {
		var numbers []string
		for _, p := range ring {
			numbers = append(numbers, decimal(p.X), decimal(p.Y))
		}
		out = append(out, "["+strings.Join(numbers, ",")+"]")
	}
	return out
}

func (w *cocoWriter) attributes(o *jsonObject, m annotate.Mark) {
	var a jsonObject
	if m.Occluded {
		a.flag("occluded", true)
	}
	for _, attribute := range m.Attributes {
		value := jsonText(attribute.Value)
		switch attribute.Type {
		case annotate.Number, annotate.Boolean, annotate.JSON:
			if json.Valid([]byte(attribute.Value)) {
				value = attribute.Value
			}
		}
		a.raw(attribute.Name, value)
	}
	if text := a.String(); text != "{}" {
		o.raw("attributes", text)
	}
}
