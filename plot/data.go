package plot

import (
	"cmp"
	"math"
	"strconv"
)

// Data is what a chart shows, as rows under a header: which mark (kind and name), where (in the values of the axes; the
// name of a place) and what its tooltip says. Points that are drawn beside one another stand where they belong; an empty cell is no
// number.
func (c Chart) Data() [][]string {
	write := func(v float64) string {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 10, 64)
	}
	place := func(a Axis, v float64) string {
		if at := int(math.Round(v)); at >= 0 && at < len(a.Names) {
			return a.Names[at]
		}
		return write(v)
	}
	out := [][]string{{"kind", "series", cmp.Or(c.X.Label, "place"), cmp.Or(c.Y.Label, "place"), "label"}}
	for _, m := range c.Marks {
		m.data(c, func(kind string, x, y float64, label string) {
			out = append(out, []string{kind, m.name(), place(c.X, x), place(c.Y, y), label})
		})
	}
	return out
}
