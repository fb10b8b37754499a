package report

import (
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// svg writes SVG elements. Colours are left to the page's style sheet, by class,
// so that a drawing follows light, dark and print.
type svg struct{ b strings.Builder }

// attr is a name and a value, which may be a number or a text.
type attr struct {
	name  string
	value any
}

func (s *svg) attrs(list []attr) {
	for _, a := range list {
		s.b.WriteString(" " + a.name + `="`)
		switch v := a.value.(type) {
		case float64:
			s.b.WriteString(num(v))
		case int:
			s.b.WriteString(strconv.Itoa(v))
		case string:
			s.b.WriteString(html.EscapeString(v))
		}
		s.b.WriteString(`"`)
	}
}

func (s *svg) open(name string, list ...attr) {
	s.b.WriteString("<" + name)
	s.attrs(list)
	s.b.WriteString(">")
}

func (s *svg) close(name string) { s.b.WriteString("</" + name + ">") }

// leaf is an element with text in it, which is escaped.
func (s *svg) leaf(name, text string, list ...attr) {
	s.open(name, list...)
	s.b.WriteString(html.EscapeString(text))
	s.close(name)
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	s.leaf("line", "", attr{"class", class}, attr{"x1", x1}, attr{"y1", y1}, attr{"x2", x2}, attr{"y2", y2})
}

// rect has a tooltip where one is given.
func (s *svg) rect(class, tip string, x, y, w, h float64) {
	s.open("rect", attr{"class", class}, attr{"x", x}, attr{"y", y}, attr{"width", math.Max(w, 0)}, attr{"height", math.Max(h, 0)})
	if tip != "" {
		s.leaf("title", tip)
	}
	s.close("rect")
}

func (s *svg) text(class, text string, x, y float64) {
	s.leaf("text", text, attr{"class", class}, attr{"x", x}, attr{"y", y})
}

func (s *svg) html() template.HTML { return template.HTML(s.b.String()) }

// num writes a coordinate with at most 2 decimals.
func num(f float64) string {
	text := strconv.FormatFloat(f, 'f', 2, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

// scale maps values to pixels, linearly.
type scale struct{ from, to, at, end float64 }

func (s scale) px(v float64) float64 {
	if s.to == s.from {
		return s.at
	}
	return s.at + (v-s.from)/(s.to-s.from)*(s.end-s.at)
}

// ticks gives the multiples of step within the scale.
func (s scale) ticks(step float64) []float64 {
	var out []float64
	for k := math.Ceil(s.from/step - 1e-9); k*step <= s.to+step*1e-9; k++ {
		out = append(out, k*step)
	}
	return out
}

// step is the first of the steps that makes at most most ticks; the last one is
// multiplied by ten as often as it takes.
func (s scale) step(most int, steps ...float64) float64 {
	for _, step := range steps {
		if (s.to-s.from)/step <= float64(most) {
			return step
		}
	}
	step := steps[len(steps)-1]
	for (s.to-s.from)/step > float64(most) {
		step *= 10
	}
	return step
}
