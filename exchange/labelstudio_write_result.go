package exchange

import (
	"encoding/json"
	"errors"
	"slices"

	"requin/annotate"
)

// sizeOf is the size that a result's percents are of.
func (w *studioWriter) sizeOf(m annotate.Media, extra annotate.Extra) (width, height float64, err error) {
	width, height = float64(m.W), float64(m.H)
	if own := extra["labelstudio.result/original_width"]; own != "" {
		wErr := json.Unmarshal([]byte(own), &width)
		hErr := json.Unmarshal([]byte(extra["labelstudio.result/original_height"]), &height)
		if err := errors.Join(wErr, hErr); err != nil {
			return 0, 0, err
		}
	}
	if width < 1 || height < 1 {
		return 0, 0, errors.New("its width and height are not known, and Label Studio counts in percent of them: state its size")
	}
	return width, height, nil
}

// mark writes a shape of a picture, or a name of all of it; "" where it has no place.
func (w *studioWriter) mark(m annotate.Media, mark annotate.Mark) (string, error) {
	if mark.Outside {
		w.losses.add(lostOutside, placeOf(mark))
		return "", nil
	}
	var o, value jsonObject
	id := mark.ID
	if mark.Shape.Kind == annotate.WholePic {
		if len(mark.Names) == 0 {
			w.losses.add("a mark without a name", placeOf(mark))
			return "", nil
		}
		if err := w.region(&o, m, "choices", id, mark.Extra, mark.Names); err != nil {
			return "", err
		}
		studioLabels(&value, "choices", mark.Extra, mark.Names)
	} else {
		width, height, err := w.sizeOf(m, mark.Extra)
		if err != nil {
			return "", err
		}
		base, shape := studioType(mark)
		if len(shape.Points) == 0 {
			w.losses.add("a shape without extent", placeOf(mark))
			return "", nil
		}
		if len(shape.Rings) > 0 {
			w.losses.add("the further rings of a polygon", placeOf(mark))
		}
		if mark.Shape.Kind == annotate.Points && base == "rectangle" {
			w.losses.add("the points of a mark (the box around them is written)", placeOf(mark))
		}
		kind := base + "labels"
		if err := w.region(&o, m, kind, id, mark.Extra, mark.Names); err != nil {
			return "", err
		}
		studioPlace(&value, base, shape, width, height)
		studioLabels(&value, typeOf(kind, mark.Extra), mark.Extra, mark.Names)
	}
	if err := value.extra(mark.Extra, "labelstudio.value/"); err != nil {
		return "", err
	}
	o.raw("value", value.String())
	return studioMore(mark.Extra, o.String())
}

// typeOf is the type that a result had, else this.
func typeOf(kind string, extra annotate.Extra) string {
	_ = json.Unmarshal([]byte(extra["labelstudio.type"]), &kind) // unchanged where there is none
	return kind
}

// track writes a videorectangle.
func (w *studioWriter) track(m annotate.Media, t annotate.Track, marks []annotate.Mark) (string, error) {
	where := m.Name + ", track " + t.ID
	fresh := t.Extra[studioPath] == ""
	if fresh && t.Origin != (annotate.Origin{}) {
		w.losses.add(lostOrigin, where)
	}
	w.attributesOnly(t.Attributes, t.Extra, where)
	w.namesOnly(t.Names, where)
	if fresh {
		marks = w.lifespans(marks)
	}
	var o, value jsonObject
	if err := w.region(&o, m, "videorectangle", t.ID, t.Extra, t.Names); err != nil {
		return "", err
	}
	if fresh && m.Frames > 0 {
		value.whole("framesCount", m.Frames)
		if m.Rate.Num > 0 && m.Rate.Den > 0 {
			value.number("duration", float64(m.Frames)*float64(m.Rate.Den)/float64(m.Rate.Num))
		}
	}
	var sequence []string
	for _, mark := range marks {
		if mark.Frame < 0 {
			w.losses.add("a mark of which only the time is known", placeOf(mark))
			continue
		}
		if status := mark.Extra[annotate.StatusKey]; status != t.Extra[annotate.StatusKey] {
			w.losses.add(lostStatus(status), placeOf(mark))
		}
		item, err := w.item(m, t, mark)
		if err != nil {
			return "", err
		}
		if item != "" {
			sequence = append(sequence, item)
		}
	}
	value.list("sequence", sequence)
	studioLabels(&value, "videorectangle", t.Extra, t.Names)
	if err := value.extra(t.Extra, "labelstudio.value/"); err != nil {
		return "", err
	}
	o.raw("value", value.String())
	return studioMore(t.Extra, o.String())
}

// item is a key frame.
func (w *studioWriter) item(m annotate.Media, t annotate.Track, mark annotate.Mark) (string, error) {
	width, height, err := w.sizeOf(m, t.Extra)
	if err != nil {
		return "", err
	}
	shape := mark.Shape
	if shape.Kind != annotate.Box && shape.Kind != annotate.Rotated {
		box, ok := boxAround(mark)
		if !ok {
			w.losses.add("a shape without extent", placeOf(mark))
			return "", nil
		}
		if slices.Contains(w.shapes, shape.Kind) {
			w.losses.add("the shape "+string(shape.Kind)+" in a video (its box is written)", placeOf(mark))
		}
		shape = annotate.BoxShape(box)
	}
	var o jsonObject
	o.whole("frame", mark.Frame+1)
	o.flag("enabled", !mark.Still)
	studioPlace(&o, "rectangle", shape, width, height)
	if at, ok := mark.At(m.Rate); ok && t.Extra[studioPath] == "" {
		o.number("time", at.Seconds())
	}
	err = o.extra(mark.Extra, "labelstudio.item/")
	return o.String(), err
}

// lifespans says a track of another format in Label Studio's way: it is drawn up to
// a key frame that is not enabled. A shape outside becomes such a key frame just before.
func (w *studioWriter) lifespans(marks []annotate.Mark) []annotate.Mark {
	sorted := slices.Clone(marks)
	slices.SortStableFunc(sorted, func(a, b annotate.Mark) int { return a.Frame - b.Frame })
	var out []annotate.Mark
	for _, mark := range sorted {
		if !mark.Outside {
			out = append(out, mark)
			continue
		}
		if len(out) == 0 || out[len(out)-1].Still {
			continue
		}
		last := out[len(out)-1]
		if last.Frame < mark.Frame-1 {
			last.Frame, last.Time = mark.Frame-1, annotate.None
			out = append(out, last)
		}
		out[len(out)-1].Still = true
	}
	if len(out) > 0 {
		out[len(out)-1].Still = true
	}
	return out
}
