package exchange

import (
	"math"
	"strconv"

	"requin/annotate"
	"requin/frame"
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// farthest is what no place in a picture exceeds, in pixels, where a format counts in shares of it.
const farthest = 1 << 20

// onGrid rounds pixels to 2^-30, a billionth. Formats that count in shares of a
// picture, or from its centre, cannot say every number of pixels exactly; what they can say differs
// by less than that, so that a place written and read again is the same place.
func onGrid(v float64) float64 { return math.Round(v*(1<<30))/(1<<30) + 0 } // + 0: no negative zero

// digits writes a number with at least so many decimals, and as few more as same takes to agree.
func digits(v float64, least int, same func(float64) bool) string {
	for n := least; n < 18; n++ {
		text := strconv.FormatFloat(v, 'f', n, 64)
		if back, err := strconv.ParseFloat(text, 64); err == nil && same(back) {
			return text
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// digitsOf writes numbers that together mean a place, as digits does for one.
func digitsOf(exact []float64, least int, same func([]float64) bool) []string {
	text, back := make([]string, len(exact)), make([]float64, len(exact))
	for n := least; n < 18; n++ {
		for i, v := range exact {
			text[i] = strconv.FormatFloat(v, 'f', n, 64)
			back[i], _ = strconv.ParseFloat(text[i], 64) // it was just written
		}
		if same(back) {
			break
		}
	}
	return text
}

// extent is the width w with from + w = to, in the fewest digits that give it; what rounding leaves
// no such width for, it gives to the last bit but one.
func extent(from, to float64) float64 {
	d := to - from
	for n := 1; n < 18; n++ {
		w, err := strconv.ParseFloat(strconv.FormatFloat(d, 'g', n, 64), 64)
		if err == nil && from+w == to {
			return w
		}
	}
	for _, w := range []float64{math.Nextafter(d, 0), math.Nextafter(d, math.Inf(1))} {
		if from+w == to {
			return w
		}
	}
	return d
}

// boxAround is the upright box around a mark's shape; false for the whole picture and for single points.
func boxAround(m annotate.Mark) (frame.Box, bool) {
	box, ok := m.Shape.Bounds()
	if ok && m.Shape.Kind != annotate.Box && box.Area() == 0 {
		return frame.Box{}, false
	}
	return box, ok
}

// cornersOf are the four corners of a turned box, clockwise from the top left one before turning.
func cornersOf(s annotate.Shape) []annotate.Point {
	a, b := s.Points[0], s.Points[1]
	cx, cy := (a.X+b.X)/2, (a.Y+b.Y)/2
	sin, cos := math.Sincos(s.Angle * math.Pi / 180)
	turn := func(x, y float64) annotate.Point {
		return annotate.Point{X: cx + (x-cx)*cos - (y-cy)*sin, Y: cy + (x-cx)*sin + (y-cy)*cos}
	}
	return []annotate.Point{turn(a.X, a.Y), turn(b.X, a.Y), turn(b.X, b.Y), turn(a.X, b.Y)}
}
