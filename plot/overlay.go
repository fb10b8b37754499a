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
	svg    SVG // boxes, and the lines of labels
	over   SVG // labels: none is hidden by a box
	w, h   float64
	unit   float64     // pixels of the picture in one pixel of the page
	labels []frame.Box // where there is one already
	clear  []frame.Box // what a label should not hide
}

// NewOverlay begins one over a picture of w × h pixels that is shown onPage pixels
// wide; title says what is drawn, for those who cannot see it. Labels keep clear of the boxes given, where they can.
func NewOverlay(title string, w, h int, onPage float64, clear []frame.Box) *Overlay {
	o := &Overlay{w: float64(w), h: float64(h), unit: float64(w) / onPage, clear: clear}
	o.svg.Open("svg", A("class", "boxes"), A("viewBox", fmt.Sprintf("0 0 %d %d", w, h)), A("preserveAspectRatio", "none"), A("role", "img"), A("aria-label", title))
	o.svg.Leaf("title", title)
	return o
}

// Outline draws a box, cut to the picture.
func (o *Overlay) Outline(class string, b frame.Box) {
	b = b.Clip(o.w, o.h)
	o.svg.Rect(class, "", b.X0, b.Y0, b.W(), b.H())
}

// Label puts a text by a box: at the place around it where it hides least of what is to be kept clear, and no other
// label. Where each of these lies on a label, it goes to the nearest free place in the picture, with a line to its box. A tie goes to the place
// named first. false: there is no room for it in the whole picture, and it is left out.
func (o *Overlay) Label(class, text string, b frame.Box) bool {
	b = b.Clip(o.w, o.h)
	high := (letterPx + 5) * o.unit
	wide := (float64(utf8.RuneCountInString(text))*letterPx*0.6 + 8) * o.unit
	at, by, ok := o.beside(b, wide, high)
	if !ok {
		if at, ok = o.near(b, wide, high); !ok {
			return false
		}
		by = true
	}
	if by {
		x, y := math.Max(b.X0, math.Min((at.X0+at.X1)/2, b.X1)), math.Max(b.Y0, math.Min((at.Y0+at.Y1)/2, b.Y1))
		o.svg.Line("leader", (at.X0+at.X1)/2, (at.Y0+at.Y1)/2, x, y)
	}
	o.labels = append(o.labels, at)
	o.over.Rect("labelback", "", at.X0, at.Y0, wide, high)
	o.over.Leaf("text", text, A("class", class), A("x", at.X0+4*o.unit), A("y", at.Y1-5*o.unit),
		A("font-size", letterPx*o.unit), A("textLength", wide-8*o.unit), A("lengthAdjust", "spacingAndGlyphs"))
	return true
}

// beside is the best place at the box itself; by tells that it does not touch it.
func (o *Overlay) beside(b frame.Box, wide, high float64) (at frame.Box, by, ok bool) {
	places := [][2]float64{
		{b.X0, b.Y0 - high}, {b.X1 - wide, b.Y0 - high}, {b.X0, b.Y1}, {b.X1 - wide, b.Y1},
		{b.X1, b.Y0}, {b.X0 - wide, b.Y0}, {b.X1, b.Y1 - high}, {b.X0 - wide, b.Y1 - high},
		{b.X0, b.Y0 - 2*high}, {b.X0, b.Y1 + high}, {b.X0, b.Y0},
	}
	least := math.Inf(1)
	for _, p := range places {
		place := o.place(p[0], p[1], wide, high)
		if hidden := hides(place, o.clear); hides(place, o.labels) == 0 && hidden < least-1e-6 {
			at, least, ok = place, hidden, true
		}
	}
	return at, at.Y0 > b.Y1+1e-6 || at.Y1 < b.Y0-1e-6, ok
}

// near is the free place that is nearest to a box.
func (o *Overlay) near(b frame.Box, wide, high float64) (at frame.Box, ok bool) {
	least := math.Inf(1)
	for y := 0.0; y+high <= o.h; y += high / 2 {
		for x := 0.0; x+wide <= o.w; x += wide / 4 {
			place := o.place(x, y, wide, high)
			far := math.Hypot((place.X0+place.X1-b.X0-b.X1)/2, (place.Y0+place.Y1-b.Y0-b.Y1)/2) + hides(place, o.clear)/high
			if far < least && hides(place, o.labels) == 0 {
				at, least, ok = place, far, true
			}
		}
	}
	return at, ok
}

// place is a label's, moved into the picture.
func (o *Overlay) place(x, y, wide, high float64) frame.Box {
	x, y = math.Max(0, math.Min(x, o.w-wide)), math.Max(0, math.Min(y, o.h-high))
	return frame.Box{X0: x, Y0: y, X1: x + wide, Y1: y + high}
}

// HTML ends the overlay and gives it.
func (o *Overlay) HTML() template.HTML {
	return o.svg.HTML() + o.over.HTML() + "</svg>"
}

// hides is the area of the boxes that a label at this place covers.
func hides(place frame.Box, boxes []frame.Box) float64 {
	sum := 0.0
	for _, b := range boxes {
		w, h := math.Min(place.X1, b.X1)-math.Max(place.X0, b.X0), math.Min(place.Y1, b.Y1)-math.Max(place.Y0, b.Y0)
		if w > 1e-6 && h > 1e-6 {
			sum += w * h
		}
	}
	return sum
}
