package plot

import (
	"fmt"
	"html/template"
	"math"
	"unicode/utf8"

	"requin/frame"
)

const letterPx = 13.0 // height of the labels on the page

// Overlay is boxes and labels to be laid over a picture, which stays as it is. Its
// coordinates are those of the picture.
type Overlay struct {
	svg    SVG
	w, h   float64
	unit   float64     // pixels of the picture in one pixel of the page
	labels []frame.Box // where there is one already
	clear  []frame.Box // what a label should not hide
}

// NewOverlay begins one over a picture of w × h pixels that is shown onPage pixels
// wide. Labels keep clear of the boxes given, where they can.
func NewOverlay(w, h int, onPage float64, clear []frame.Box) *Overlay {
	o := &Overlay{w: float64(w), h: float64(h), unit: float64(w) / onPage, clear: clear}
	o.svg.Open("svg", A("class", "boxes"), A("viewBox", fmt.Sprintf("0 0 %d %d", w, h)), A("preserveAspectRatio", "none"), A("aria-hidden", "true"))
	return o
}

// Outline draws a box, cut to the picture.
func (o *Overlay) Outline(class string, b frame.Box) {
	b = b.Clip(o.w, o.h)
	o.svg.Rect(class, "", b.X0, b.Y0, b.W(), b.H())
}

// Label puts a text by a box, at the place around it where it hides least: other
// labels least of all, then what is to be kept clear. A tie goes to the place named
// first.
func (o *Overlay) Label(class, text string, b frame.Box) {
	b = b.Clip(o.w, o.h)
	high := (letterPx + 5) * o.unit
	wide := (float64(utf8.RuneCountInString(text))*letterPx*0.6 + 8) * o.unit
	places := [][2]float64{
		{b.X0, b.Y0 - high}, {b.X1 - wide, b.Y0 - high}, {b.X0, b.Y1}, {b.X1 - wide, b.Y1},
		{b.X1, b.Y0}, {b.X0 - wide, b.Y0}, {b.X1, b.Y1 - high}, {b.X0 - wide, b.Y1 - high},
		{b.X0, b.Y0 - 2*high}, {b.X0, b.Y1 + high}, {b.X0, b.Y0},
	}
	var at frame.Box
	least := math.Inf(1)
	for _, p := range places {
		x := math.Max(0, math.Min(p[0], o.w-wide))
		y := math.Max(0, math.Min(p[1], o.h-high))
		place := frame.Box{X0: x, Y0: y, X1: x + wide, Y1: y + high}
		if hidden := 10*hides(place, o.labels) + hides(place, o.clear); hidden < least-1e-6 {
			at, least = place, hidden
		}
	}
	o.labels = append(o.labels, at)
	o.svg.Rect("labelback", "", at.X0, at.Y0, wide, high)
	o.svg.Leaf("text", text, A("class", class), A("x", at.X0+4*o.unit), A("y", at.Y1-5*o.unit),
		A("font-size", letterPx*o.unit), A("textLength", wide-8*o.unit), A("lengthAdjust", "spacingAndGlyphs"))
}

// HTML ends the overlay and gives it.
func (o *Overlay) HTML() template.HTML {
	o.svg.Close("svg")
	return o.svg.HTML()
}

// hides is the area of the boxes that a label at this place covers.
func hides(place frame.Box, boxes []frame.Box) float64 {
	sum := 0.0
	for _, b := range boxes {
		sum += frame.Box{
			X0: math.Max(place.X0, b.X0), Y0: math.Max(place.Y0, b.Y0),
			X1: math.Min(place.X1, b.X1), Y1: math.Min(place.Y1, b.Y1),
		}.Area()
	}
	return sum
}
