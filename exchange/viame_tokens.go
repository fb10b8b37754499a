package exchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// rest reads the columns from first on: pairs of species and confidence, and tokens.
// It gives the attributes of the track.
func (v *viameReader) rest(m *annotate.Mark, first int) (of []annotate.Attribute, err error) {
	var polygons polygonRings
	var points, others []string
	for column := first; column <= len(v.cells); column++ {
		cell := v.cell(column)
		token, value := splitToken(cell)
		switch token {
		case "(kp)":
			name, xy, _ := strings.Cut(value, " ")
			if at, err := numbersOf(xy); err == nil && len(at) == 2 && name != "" {
				points = append(points, name+" "+pointsText(pointsOf(at)))
				continue
			}
			return nil, v.errorf(column, "a point should be (kp) name x y")
		case "(atr)", "(trk-atr)":
			name, text, _ := strings.Cut(value, " ")
			if name == "" {
				return nil, v.errorf(column, "an attribute should be %s name value", token)
			}
			a := textAttribute(name, strings.TrimSpace(text))
			if mm, err := parseNumber(a.Value); name == "length" && a.Type == annotate.Number && err == nil {
				a.Value = numText(mm)
			}
			if token == "(trk-atr)" {
				of = append(of, a)
			} else if !slices.Contains(m.Attributes, a) { // DIVE states a length twice
				m.Attributes = append(m.Attributes, a)
			}
		case "(poly)", "(+poly)", "(hole)", "(-poly)":
			if err := v.ring(&polygons, column, token, value); err != nil {
				return nil, err
			}
		case "(note)":
			m.Attributes = append(m.Attributes, annotate.Attribute{Name: "note", Value: value})
		default:
			if cell == "" {
				continue
			}
			score, err := parseNumber(v.cell(column + 1))
			if err != nil && strings.HasPrefix(cell, "(") {
				others = append(others, cell) // a token of another program's
				continue
			}
			if err != nil {
				return nil, v.errorf(column+1, "after the species %.60q its confidence should come, a number", cell)
			}
			m.Names = append(m.Names, annotate.Name{Label: cell, Score: score, Scored: true})
			column++
		}
	}
	slices.SortStableFunc(m.Names, func(a, b annotate.Name) int { return cmp.Compare(b.Score, a.Score) })
	polygons.onto(m)
	// The length has a column and notes come last: in this order they are written and read again.
	slices.SortStableFunc(m.Attributes, func(a, b annotate.Attribute) int { return cmp.Compare(attributeRank(a), attributeRank(b)) })
	setList(&m.Extra, "viame.kp", points)
	setList(&m.Extra, "viame.other", others)
	return of, nil
}

// ring reads one polygon, or a hole in the one before.
func (v *viameReader) ring(polygons *polygonRings, column int, token, value string) error {
	at, err := numbersOf(value)
	if err != nil || len(at) < 6 || len(at)%2 != 0 {
		return v.errorf(column, "a polygon should be %s x y x y x y ..., at least three points", token)
	}
	hole := token == "(hole)" || token == "(-poly)"
	if hole && len(polygons.rings) == 0 {
		return v.errorf(column, "a hole should come after the (poly) that it is in")
	}
	polygons.add(pointsOf(at), hole)
	return nil
}

// attributeRank orders a mark's attributes: its length, all others, notes.
func attributeRank(a annotate.Attribute) int {
	switch {
	case isLength(a):
		return 0
	case isNote(a):
		return 2
	}
	return 1
}

// isLength tells the attribute for which VIAME CSV has a column.
func isLength(a annotate.Attribute) bool {
	v, err := parseNumber(a.Value)
	return a.Name == "length" && a.Type == annotate.Number && err == nil && v > 0 && numText(v) == a.Value
}

// isNote tells a note from other attributes.
func isNote(a annotate.Attribute) bool { return a.Name == "note" && a.Type == annotate.Text }

// listText is a list of texts as JSON.
func listText(list []string) string {
	text, _ := json.Marshal(list) // strings always marshal
	return string(text)
}

// setList keeps a list, where there is one.
func setList(extra *annotate.Extra, key string, list []string) {
	if len(list) > 0 {
		setExtra(extra, key, listText(list))
	}
}

// stringList is listText backwards; nothing where it is none.
func stringList(text string) []string {
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// splitToken takes "(kp) head 1 2" apart; any other cell has no token.
func splitToken(cell string) (token, value string) {
	if !strings.HasPrefix(cell, "(") {
		return "", ""
	}
	end := strings.IndexByte(cell, ')')
	if end < 0 {
		return "", ""
	}
	switch token = cell[:end+1]; token {
	case "(kp)", "(atr)", "(trk-atr)", "(poly)", "(+poly)", "(hole)", "(-poly)", "(note)":
		return token, strings.TrimSpace(cell[end+1:])
	}
	return "", ""
}

// textAttribute tells a value's type from its text, as DIVE does.
func textAttribute(name, value string) annotate.Attribute {
	a := annotate.Attribute{Name: name, Value: value}
	switch value {
	case "true", "false":
		a.Type = annotate.Boolean
	default:
		if json.Valid([]byte(value)) && value != "" && value != "null" {
			switch value[0] {
			case '"':
			case '{', '[':
				a.Type = annotate.JSON
			default:
				a.Type = annotate.Number
			}
		}
	}
	return a
}

// polygonRings gathers the polygons of one mark: several outer rings, and holes in them.
type polygonRings struct {
	rings [][]annotate.Point
	holes []string // numbers of rings, from 0
}

func (p *polygonRings) add(ring []annotate.Point, hole bool) {
	if hole {
		p.holes = append(p.holes, strconv.Itoa(len(p.rings)))
	}
	p.rings = append(p.rings, ring)
}

// onto makes the polygons the mark's shape and keeps its box where it is another.
func (p *polygonRings) onto(m *annotate.Mark) {
	if len(p.rings) == 0 {
		return
	}
	box := m.Shape
	m.Shape = annotate.Shape{Kind: annotate.Polygon, Points: p.rings[0], Rings: p.rings[1:]}
	if len(p.rings) == 1 {
		m.Shape.Rings = nil
	}
	if around, ok := ringsBounds(m.Shape); box.Kind == annotate.Box && (!ok || annotate.BoxShape(around).Points[0] != box.Points[0] || annotate.BoxShape(around).Points[1] != box.Points[1]) {
		setExtra(&m.Extra, "viame.box", pointsText(box.Points))
	}
	if p.holes != nil {
		setExtra(&m.Extra, "viame.holes", strings.Join(p.holes, " "))
	}
}

// ringsOf is polygonRings backwards; hole tells of each ring whether it is one.
func ringsOf(m annotate.Mark) (rings [][]annotate.Point, hole []bool) {
	if m.Shape.Kind != annotate.Polygon {
		return nil, nil
	}
	rings = append([][]annotate.Point{m.Shape.Points}, m.Shape.Rings...)
	hole = make([]bool, len(rings))
	for number := range strings.FieldsSeq(m.Extra["viame.holes"]) {
		if i, err := strconv.Atoi(number); err == nil && i > 0 && i < len(hole) {
			hole[i] = true
		}
	}
	return rings, hole
}
