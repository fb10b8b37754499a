package exchange

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"requin/annotate"
)

// mark reads a detection.
func (f *mdFile) mark(media annotate.Media, d map[string]json.RawMessage) (annotate.Mark, float64, error) {
	m := annotate.Mark{Media: media.Name, Shape: annotate.Shape{Kind: annotate.WholePic}, Origin: f.origin}
	var conf, frame *float64
	var bbox []float64
	var classes [][]any
	for _, err := range []error{
		field(d, "conf", &conf, "a number"),
		field(d, "bbox", &bbox, "[x, y, width, height] as shares of the picture"),
		field(d, "classifications", &classes, `pairs ["3", 0.901]`),
		field(d, "frame_number", &frame, "a whole number from 0"),
	} {
		if err != nil {
			return m, 0, err
		}
	}
	if conf == nil {
		return m, 0, fmt.Errorf("it has no conf: it should be a number")
	}
	if len(bbox) != 4 || slices.ContainsFunc(bbox, func(v float64) bool { return math.Abs(v) > 100 }) {
		return m, 0, fmt.Errorf("bbox is %.60s: it should be [x, y, width, height] as shares of the picture, 0 to 1", d["bbox"])
	}
	if media.W > 0 {
		w, h := float64(media.W), float64(media.H)
		m.Shape = annotate.BoxShape(cornersBox(roundTo(bbox[0]*w, 1e6), roundTo(bbox[1]*h, 1e6), roundTo((bbox[0]+bbox[2])*w, 1e6), roundTo((bbox[1]+bbox[3])*h, 1e6)))
	} else {
		setExtra(&m.Extra, "megadetector.bbox", compact(d["bbox"]))
	}
	if media.Video {
		m.Frame, m.Time = -1, annotate.None
		if frame != nil {
			n, err := whole(*frame)
			if err != nil || n < 0 {
				return m, 0, fmt.Errorf("frame_number is %v: it should be a whole number from 0", *frame)
			}
			m.Frame = n
		}
	}
	category, err := f.category(mdDetection, d["category"])
	if err != nil {
		return m, 0, err
	}
	if m.Names, err = f.classified(classes); err != nil {
		return m, 0, err
	}
	if m.Names == nil {
		m.Names = []annotate.Name{{Label: category, Score: *conf, Scored: true}}
	} else {
		setExtra(&m.Extra, "megadetector.category", category)
		setExtra(&m.Extra, "megadetector.conf", numText(*conf))
	}
	known := []string{"category", "conf", "bbox", "classifications", "frame_number"}
	var status string
	if json.Unmarshal(d[statusName], &status) == nil && isStatus(status) {
		setExtra(&m.Extra, annotate.StatusKey, status)
		known = append(known, statusName)
	}
	unknownFields(&m.Extra, "megadetector", d, known...)
	return m, *conf, nil
}

// classified are the classes of a detection, best first.
func (f *mdFile) classified(classes [][]any) ([]annotate.Name, error) {
	var names []annotate.Name
	for _, pair := range classes {
		if len(pair) != 2 {
			return nil, fmt.Errorf(`classifications hold %.60v: they should be pairs ["3", 0.901]`, pair)
		}
		id, _ := json.Marshal(pair[0]) // it was read from JSON
		label, err := f.category(mdClassification, id)
		if err != nil {
			return nil, err
		}
		number, _ := pair[1].(json.Number)
		score, err := parseNumber(number.String())
		if err != nil {
			return nil, fmt.Errorf(`classifications hold %.60v: they should be pairs ["3", 0.901]`, pair)
		}
		names = append(names, annotate.Name{Label: label, Score: score, Scored: true})
	}
	slices.SortStableFunc(names, func(a, b annotate.Name) int { return cmp.Compare(b.Score, a.Score) })
	return names, nil
}

// category is a category's name; one that the file does not list is called by its number.
func (f *mdFile) category(kind string, raw json.RawMessage) (string, error) {
	var id string
	if json.Unmarshal(raw, &id) != nil {
		id = compact(raw) // a number, in some drafts
	}
	list := &f.detection
	if kind == mdClassification {
		list = &f.class
	}
	if name, ok := (*list)[id]; ok {
		return name, nil
	}
	if !isCategory(id) {
		return "", fmt.Errorf("the %s category is %.40q: it should be a whole number as text, which %s_categories names", kind, id, kind)
	}
	if *list == nil {
		*list = map[string]string{}
	}
	(*list)[id] = id
	return id, f.label(kind, id, id)
}
