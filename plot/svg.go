// Package plot's noun is a drawing: SVG that stands in a page, or leaves it as a file (Figure). It owns the writing of
// SVG, scales with their ticks, and charts: lines, dots, bars, box plots. It knows
// nothing of what it draws, and leaves colours to the style sheet, by class, so that a
// drawing follows light, dark and print.
//
//	svg := plot.Chart{
//		ID: "loss", Title: "Loss", About: "The loss falls from 9 to 2.",
//		X: plot.Axis{Label: "step"}, Y: plot.Axis{Label: "loss", Log: true},
//		Marks: []plot.Mark{plot.Line{Name: "box", Points: points}},
//	}.Draw()
//
// A page that shows charts embeds CSS, and gives the colours --paper, --ink, --soft and
// --rule. The same Chart gives the same bytes.
package plot

import (
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SVG writes elements one after the other. The zero value is empty.
type SVG struct{ b strings.Builder }

// Attr is an attribute.
type Attr struct {
	name  string
	value any
}

// A is an attribute's name and its value: a number or a text, which is escaped.
func A[V float64 | int | string](name string, value V) Attr { return Attr{name, value} }

func (s *SVG) attrs(list []Attr) {
	for _, a := range list {
		s.b.WriteString(" " + a.name + `="`)
		switch v := a.value.(type) {
		case float64:
			s.b.WriteString(Num(v))
		case int:
			s.b.WriteString(strconv.Itoa(v))
		case string:
			s.b.WriteString(escape(v))
		}
		s.b.WriteString(`"`)
	}
}

// escape makes any text one that may stand in a page; what is no character becomes �.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, text)
	return html.EscapeString(text)
}

// Open begins an element.
func (s *SVG) Open(name string, list ...Attr) {
	s.b.WriteString("<" + name)
	s.attrs(list)
	s.b.WriteString(">")
}

// Close ends it.
func (s *SVG) Close(name string) { s.b.WriteString("</" + name + ">") }

// Leaf is an element with text in it, which is escaped.
func (s *SVG) Leaf(name, text string, list ...Attr) {
	s.Open(name, list...)
	s.b.WriteString(escape(text))
	s.Close(name)
}

// Line is a straight one.
func (s *SVG) Line(class string, x1, y1, x2, y2 float64) {
	s.Leaf("line", "", A("class", class), A("x1", x1), A("y1", y1), A("x2", x2), A("y2", y2))
}

// Rect has a tooltip where one is given.
func (s *SVG) Rect(class, tip string, x, y, w, h float64) {
	s.Open("rect", A("class", class), A("x", x), A("y", y), A("width", math.Max(w, 0)), A("height", math.Max(h, 0)))
	if tip != "" {
		s.Leaf("title", tip)
	}
	s.Close("rect")
}

// Text stands at a point; where by it, the class says.
func (s *SVG) Text(class, text string, x, y float64) {
	s.Leaf("text", text, A("class", class), A("x", x), A("y", y))
}

// HTML is what was written, as a template takes it.
func (s *SVG) HTML() template.HTML { return template.HTML(s.b.String()) }

// Num writes a coordinate with at most 2 decimals.
func Num(f float64) string {
	text := strconv.FormatFloat(f, 'f', 2, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}
