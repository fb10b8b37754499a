package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"requin/annotate"
	"requin/frame"
)

// mark is a feature as a mark, without media and track.
func (f diveFeature) mark() (annotate.Mark, error) {
	m := annotate.Mark{Time: annotate.None, Shape: annotate.Shape{Kind: annotate.WholePic}}
	number := json.Number("none")
	if err := field(f, "frame", &number, "a number"); err != nil {
		return m, err
	}
	n, err := number.Int64()
	if err != nil || n < 0 || n > math.MaxInt32 {
		return m, fmt.Errorf("frame is %.40s: it should be a whole number from 0", f["frame"])
	}
	m.Frame = int(n)
	var interpolate, keyframe *bool
	var bounds []float64
	for _, err := range []error{
		field(f, "interpolate", &interpolate, "true or false"),
		field(f, "keyframe", &keyframe, "true or false"),
		field(f, "bounds", &bounds, "[x0, y0, x1, y1]"),
	} {
		if err != nil {
			return m, err
		}
	}
	m.Still = interpolate == nil || !*interpolate
	m.Between = keyframe != nil && !*keyframe
	if bounds != nil {
		if len(bounds) != 4 {
			return m, fmt.Errorf("bounds are %.60s: they should be [x0, y0, x1, y1]", f["bounds"])
		}
		m.Shape = annotate.BoxShape(cornersBox(bounds[0], bounds[1], bounds[2], bounds[3]))
	}
	if err := f.geometry(&m); err != nil {
		return m, err
	}
	if err := f.attributes(&m); err != nil {
		return m, err
	}
	unknownFields(&m.Extra, "dive", f, "frame", "interpolate", "keyframe", "bounds", "attributes", "notes", "fishLength", "geometry", "head", "tail")
	return m, nil
}

// attributes reads attributes, length, rotation and notes.
func (f diveFeature) attributes(m *annotate.Mark) error {
	var attributes map[string]json.RawMessage
	var length *float64
	var notes []string
	for _, err := range []error{
		field(f, "attributes", &attributes, "an object"),
		field(f, "fishLength", &length, "a number"),
		field(f, "notes", &notes, "a list of texts"),
	} {
		if err != nil {
			return err
		}
	}
	if raw, ok := attributes["rotation"]; ok && m.Shape.Kind == annotate.Box {
		var radians float64
		err := unmarshal(raw, &radians)
		angle := roundTo(-radians*180/math.Pi, 1e9)
		if err == nil && angle != 0 && math.Abs(angle) < 1e5 {
			m.Shape.Kind, m.Shape.Angle = annotate.Rotated, angle
			delete(attributes, "rotation")
		}
	}
	m.Attributes = attributesOf(attributes)
	if length != nil && *length > 0 {
		a := annotate.Attribute{Name: "length", Value: numText(*length), Type: annotate.Number}
		i := slices.IndexFunc(m.Attributes, func(a annotate.Attribute) bool { return a.Name == "length" })
		if i >= 0 && m.Attributes[i].Type == annotate.Number && sameNumber(m.Attributes[i].Value, a.Value) {
			m.Attributes[i] = a
		} else if i < 0 {
			m.Attributes = append(m.Attributes, a)
		} else {
			setExtra(&m.Extra, "dive.fishLength", a.Value)
		}
	}
	for _, note := range notes {
		m.Attributes = append(m.Attributes, annotate.Attribute{Name: "note", Value: note})
	}
	slices.SortStableFunc(m.Attributes, func(a, b annotate.Attribute) int { return attributeRank(a) - attributeRank(b) })
	return nil
}

func sameNumber(a, b string) bool {
	x, err1 := parseNumber(a)
	y, err2 := parseNumber(b)
	return err1 == nil && err2 == nil && x == y
}

// roundTo keeps a number to a part of one: 1e9 for nine digits behind the point.
func roundTo(v, part float64) float64 { return math.Round(v*part) / part }

// geoFeature is a feature of GeoJSON.
type geoFeature struct {
	Type       string `json:"type"`
	Properties struct {
		Key any `json:"key"`
	} `json:"properties"`
	Geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
	raw json.RawMessage
}

// polygon adds its rings; those after the first are holes.
func (g geoFeature) polygon(to *polygonRings) error {
	var rings [][][]float64
	if err := unmarshal(g.Geometry.Coordinates, &rings); err != nil {
		return fmt.Errorf("the coordinates of a polygon are %.60s: they should be [[[x, y], ...], ...]", g.Geometry.Coordinates)
	}
	for n, ring := range rings {
		at, err := geoPoints(ring)
		if err != nil || len(at) < 3 {
			return fmt.Errorf("a ring of a polygon should be at least three points [x, y]")
		}
		to.add(at, n > 0)
	}
	return nil
}

// joins tells whether a line goes from head to tail, and so follows from them.
func (g geoFeature) joins(head, tail *annotate.Point) bool {
	var at [][]float64
	if head == nil || tail == nil || unmarshal(g.Geometry.Coordinates, &at) != nil {
		return false
	}
	line, err := geoPoints(at)
	return err == nil && slices.Equal(line, []annotate.Point{*head, *tail})
}

// geometry reads polygons and points; any other figure is kept as it is.
func (f diveFeature) geometry(m *annotate.Mark) error {
	var collection struct {
		Features []json.RawMessage `json:"features"`
	}
	if err := field(f, "geometry", &collection, "a FeatureCollection of GeoJSON"); err != nil {
		return err
	}
	var polygons polygonRings
	var points, others []string
	ends := map[string]*annotate.Point{}
	for _, name := range []string{"head", "tail"} {
		var at []float64
		if err := field(f, name, &at, "[x, y]"); err != nil {
			return err
		}
		if len(at) == 2 {
			ends[name] = &annotate.Point{X: at[0], Y: at[1]}
			points = append(points, name+" "+pointsText([]annotate.Point{*ends[name]}))
		}
	}
	var lines []geoFeature
	for i, raw := range collection.Features {
		var g geoFeature
		if err := unmarshal(raw, &g); err != nil {
			return fmt.Errorf("geometry, feature %d: %w", i+1, err)
		}
		key, _ := g.Properties.Key.(string)
		switch {
		case g.Geometry.Type == "Polygon":
			if err := g.polygon(&polygons); err != nil {
				return fmt.Errorf("geometry, feature %d: %w", i+1, err)
			}
		case g.Geometry.Type == "Point" && key != "" && len(numbersIn(key)) == 0:
			var at []float64
			if err := unmarshal(g.Geometry.Coordinates, &at); err != nil || len(at) < 2 {
				return fmt.Errorf("geometry, feature %d: the coordinates of a point are %.60s: they should be [x, y]", i+1, g.Geometry.Coordinates)
			}
			p := annotate.Point{X: at[0], Y: at[1]}
			if have := ends[key]; have == nil || *have != p {
				ends[key] = &p
				points = append(points, key+" "+pointsText([]annotate.Point{p}))
			}
		case g.Geometry.Type == "LineString" && key == "HeadTails":
			g.raw = raw
			lines = append(lines, g)
		default:
			others = append(others, compact(raw))
		}
	}
	for _, line := range lines {
		if !line.joins(ends["head"], ends["tail"]) {
			others = append(others, compact(line.raw))
		}
	}
	polygons.onto(m)
	setList(&m.Extra, "viame.kp", points)
	setList(&m.Extra, "dive.geometry", others)
	return nil
}

// numbersIn finds spaces in a point's name, which VIAME's CSV cannot hold.
func numbersIn(key string) []int {
	var at []int
	for i, r := range key {
		if r == ' ' || r == '\t' || r == '\n' {
			at = append(at, i)
		}
	}
	return at
}

func geoPoints(list [][]float64) ([]annotate.Point, error) {
	out := make([]annotate.Point, len(list))
	for i, p := range list {
		if len(p) < 2 {
			return nil, fmt.Errorf("a point of %d numbers: it should be [x, y]", len(p))
		}
		out[i] = annotate.Point{X: p[0], Y: p[1]}
	}
	return out, nil
}

// diveBounds is the upright box that a feature has, which for a rotated one is the box before it is turned.
func diveBounds(m annotate.Mark) (frame.Box, bool) {
	s := m.Shape
	if s.Kind == annotate.Rotated && len(s.Points) == 2 {
		return cornersBox(s.Points[0].X, s.Points[0].Y, s.Points[1].X, s.Points[1].Y), true
	}
	if kept, err := numbersOf(m.Extra["viame.box"]); err == nil && len(kept) == 4 && s.Kind == annotate.Polygon {
		return cornersBox(kept[0], kept[1], kept[2], kept[3]), true
	}
	return ringsBounds(s)
}
