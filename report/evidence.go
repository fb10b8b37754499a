package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"unicode/utf8"

	"requin/count"
	"requin/frame"
)

// A picture is shown at twice its size at most, and within this many pixels.
const (
	shownW, shownH = 940.0, 600.0
	mostEnlarged   = 2.0
	letterPx       = 13.0 // height of the labels on the page
	crowd          = 8    // above this many individuals the labels have no scores
)

// shownSize is how large a picture of w×h pixels stands on the page.
func shownSize(w, h float64) (float64, float64) {
	k := math.Min(mostEnlarged, math.Min(shownW/w, shownH/h))
	return math.Round(w * k), math.Round(h * k)
}

// overlay draws the counted individuals' boxes, tracks and scores, to be laid over
// the picture; its coordinates are the boxes' own.
func overlay(e Evidence, counted []count.Individual) template.HTML {
	w, h := float64(e.W), float64(e.H)
	onPage, _ := shownSize(w, h)
	o := boxes{w: w, h: h, unit: w / onPage}
	for _, i := range counted {
		o.animals = append(o.animals, i.Box.Clip(w, h))
	}
	o.open("svg", attr{"class", "boxes"}, attr{"viewBox", fmt.Sprintf("0 0 %d %d", e.W, e.H)},
		attr{"preserveAspectRatio", "none"}, attr{"aria-hidden", "true"})
	for _, i := range e.Others {
		o.outline("other", i.Box.Clip(w, h))
	}
	for _, i := range counted {
		o.outline("halo", i.Box.Clip(w, h))
		o.outline("counted", i.Box.Clip(w, h))
	}
	// Labels last: none is hidden by a box. In a crowd the score would hide animals.
	for _, i := range counted {
		text := strconv.Itoa(i.Track)
		if len(counted) <= crowd {
			text += fmt.Sprintf(" · %.2f", i.Score)
		}
		o.label("counted", text, i.Box.Clip(w, h))
	}
	o.close("svg")
	return o.html()
}

type boxes struct {
	svg
	w, h    float64
	unit    float64     // pixels of the picture in one pixel of the page
	labels  []frame.Box // where there is one already
	animals []frame.Box // which a label should not hide
}

func (o *boxes) outline(class string, b frame.Box) {
	o.rect(class, "", b.X0, b.Y0, b.W(), b.H())
}

// label puts a text by its box, at the place around it where it hides least:
// other labels least of all, then animals. A tie goes to the place named first.
func (o *boxes) label(class, text string, b frame.Box) {
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
		if hidden := 10*hides(place, o.labels) + hides(place, o.animals); hidden < least-1e-6 {
			at, least = place, hidden
		}
	}
	o.labels = append(o.labels, at)
	o.rect("labelback", "", at.X0, at.Y0, wide, high)
	o.leaf("text", text, attr{"class", class}, attr{"x", at.X0 + 4*o.unit}, attr{"y", at.Y1 - 5*o.unit},
		attr{"font-size", letterPx * o.unit}, attr{"textLength", wide - 8*o.unit}, attr{"lengthAdjust", "spacingAndGlyphs"})
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
