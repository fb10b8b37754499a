package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"requin/annotate"
)

// result is an element of a results file.
func (c *cocoReader) result(e jsonElement) error {
	if !e.item || e.key != "" {
		return nil
	}
	f, err := fieldsOf(e.raw)
	if err != nil {
		return err
	}
	image, err := f.id("image_id")
	if err != nil {
		return err
	}
	category, err := (jsonFields{"category_id": f["category_id"]}).id("category_id")
	if err != nil {
		return err
	}
	if image == "" || category == "" {
		return errors.New("a result needs an image_id and a category_id")
	}
	if _, known := c.pictures[image]; !known {
		c.pictures[image] = cocoFrame{media: image}
		if err := c.emit(annotate.Media{Name: image, ID: image, Extra: annotate.Extra{"coco.results": cocoResults}}); err != nil {
			return err
		}
	}
	if _, known := c.labels[category]; !known {
		c.labels[category] = cocoLabel{category, category}
		c.names[category] = category
		if err := c.emit(annotate.Label{Name: category, ID: category}); err != nil {
			return err
		}
	}
	m := annotate.Mark{Media: image}
	if m.ID, err = f.id("id"); err != nil {
		return err
	}
	if err := c.fill(&m, f); err != nil {
		return err
	}
	return c.emit(m)
}

// fill reads what annotations and results have in common.
func (c *cocoReader) fill(m *annotate.Mark, f jsonFields) error {
	category, err := f.id("category_id")
	if err != nil {
		return err
	}
	label, known := c.labels[category]
	switch {
	case category == "":
		return errors.New("it has no category_id: say what it is (captions and panoptic files are not read)")
	case !known:
		return fmt.Errorf("there is no category %s in categories: add it, or correct the category_id", category)
	}
	name := annotate.Name{Label: label.name}
	if name.Score, name.Scored, err = f.number("score"); err != nil {
		return err
	}
	m.Names = []annotate.Name{name}
	if m.Crowd, err = f.flag("iscrowd"); err != nil {
		return err
	}
	if m.Shape, err = cocoShape(f); err != nil {
		return err
	}
	if raw := f["attributes"]; len(raw) > 0 && raw[0] == '{' {
		delete(f, "attributes")
		if err := cocoAttributes(m, raw); err != nil {
			return err
		}
	}
	if area, there, err := f.number("area"); err != nil {
		return err
	} else if box, _ := m.Shape.Bounds(); there && math.Abs(area-box.W()*box.H()) > 1e-9*math.Abs(area) {
		f["area"] = json.RawMessage(decimal(area))
	}
	m.Extra = f.extra("coco.")
	if c.names[label.name] != label.id { // two categories have this name
		if m.Extra == nil {
			m.Extra = annotate.Extra{}
		}
		m.Extra["coco.category_id"] = jsonID(label.id)
	}
	return nil
}

// cocoShape is the bbox, else the box around the polygons, else the whole picture.
// The segmentation stays among the fields.
func cocoShape(f jsonFields) (annotate.Shape, error) {
	if segmentation := compact(f["segmentation"]); segmentation == "[]" || segmentation == "null" {
		delete(f, "segmentation")
	}
	raw := f.take("bbox")
	if raw == nil {
		return aroundPolygons(f["segmentation"])
	}
	var b []float64
	if err := json.Unmarshal(raw, &b); err != nil || len(b) != 4 {
		if len(b) == 0 && err == nil {
			return aroundPolygons(f["segmentation"])
		}
		return annotate.Shape{}, fmt.Errorf("bbox is %.80s: it should be [x, y, width, height] in pixels", raw)
	}
	if b[2] < 0 || b[3] < 0 {
		return annotate.Shape{}, fmt.Errorf("bbox is %.80s: the width and height, which come third and fourth, should not be below 0", raw)
	}
	shape := annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: b[0], Y: b[1]}, {X: b[0] + b[2], Y: b[1] + b[3]}}}
	if box, _ := shape.Bounds(); !box.Finite() || !finite(box.W()*box.H()) {
		return annotate.Shape{}, fmt.Errorf("bbox is %.80s: no picture is that large", raw)
	}
	return shape, nil
}

func aroundPolygons(raw json.RawMessage) (annotate.Shape, error) {
	var rings [][]float64
	if raw == nil || json.Unmarshal(raw, &rings) != nil {
		return annotate.Shape{Kind: annotate.WholePic}, nil
	}
	var all annotate.Shape
	for _, ring := range rings {
		for i := 0; i+1 < len(ring); i += 2 {
			all.Points = append(all.Points, annotate.Point{X: ring[i], Y: ring[i+1]})
		}
	}
	box, ok := all.Bounds()
	if !ok {
		return annotate.Shape{Kind: annotate.WholePic}, nil
	}
	if !box.Finite() || !finite(box.W()*box.H()) {
		return annotate.Shape{}, errors.New("the segmentation is larger than any picture")
	}
	box.X1, box.Y1 = box.X0+extent(box.X0, box.X1), box.Y0+extent(box.Y0, box.Y1) // what a bbox can say
	return annotate.BoxShape(box), nil
}

// cocoAttributes reads the object "attributes" in its order.
func cocoAttributes(m *annotate.Mark, raw json.RawMessage) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, err := dec.Token()
	for err == nil && dec.More() {
		var name json.Token
		var value json.RawMessage
		if name, err = dec.Token(); err != nil {
			break
		}
		if err = dec.Decode(&value); err != nil {
			break
		}
		a := annotate.Attribute{Value: compact(value)}
		a.Name, _ = name.(string)
		switch value[0] {
		case '"':
			_ = json.Unmarshal(value, &a.Value) // it was just read as a text
		case 't', 'f':
			a.Type = annotate.Boolean
		case '[', '{', 'n':
			a.Type = annotate.JSON
		default:
			a.Type = annotate.Number
		}
		if a.Name == "occluded" && a.Type == annotate.Boolean {
			m.Occluded = a.Value == "true"
			continue
		}
		m.Attributes = append(m.Attributes, a)
	}
	if err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	return nil
}
