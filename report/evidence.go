package report

import (
	"fmt"
	"html/template"
	"math"
	"unicode/utf8"

	"requin/count"
	"requin/frame"
)

// A picture is shown at twice its size at most, and within this many pixels.
const (
	shownW, shownH = 940.0, 600.0
	mostEnlarged   = 2.0
	letterPx       = 13.0 // height of the labels on the page
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
	o.open("svg", attr{"class", "boxes"}, attr{"viewBox", fmt.Sprintf("0 0 %d %d", e.W, e.H)},
		attr{"preserveAspectRatio", "none"}, attr{"aria-hidden", "true"})
	for _, i := range e.Others {
		o.outline("other", i.Box.Clip(w, h))
	}
	for _, i := range counted {
		o.outline("halo", i.Box.Clip(w, h))
		o.outline("counted", i.Box.Clip(w, h))
	}
	// Labels last: none is hidden by a box.
	for _, i := range counted {
		o.label("counted", fmt.Sprintf("%d · %.2f", i.Track, i.Score), i.Box.Clip(w, h))
	}
	o.close("svg")
	return o.html()
}

type boxes struct {
	svg
	w, h   float64
	unit   float64     // pixels of the picture in one pixel of the page
	labels []frame.Box // where there is one already
}

func (o *boxes) outline(class string, b frame.Box) {
	o.rect(class, "", b.X0, b.Y0, b.W(), b.H())
}

// label puts a text by its box: over it, else under it, else inside, wherever it
// stays in the picture and hides no other label.
func (o *boxes) label(class, text string, b frame.Box) {
	high := (letterPx + 5) * o.unit
	wide := (float64(utf8.RuneCountInString(text))*letterPx*0.56 + 8) * o.unit
	var at frame.Box
	for _, y := range []float64{b.Y0 - high, b.Y1, b.Y0, b.Y1 - high, b.Y0 - 2*high, b.Y1 + high} {
		x := math.Max(0, math.Min(b.X0, o.w-wide))
		y = math.Max(0, math.Min(y, o.h-high))
		at = frame.Box{X0: x, Y0: y, X1: x + wide, Y1: y + high}
		if o.free(at) {
			break
		}
	}
	o.labels = append(o.labels, at)
	o.rect("labelback", "", at.X0, at.Y0, wide, high)
	o.leaf("text", text, attr{"class", class}, attr{"x", at.X0 + 4*o.unit}, attr{"y", at.Y1 - 5*o.unit},
		attr{"font-size", letterPx * o.unit}, attr{"textLength", wide - 8*o.unit}, attr{"lengthAdjust", "spacingAndGlyphs"})
}

func (o *boxes) free(at frame.Box) bool {
	for _, l := range o.labels {
		if frame.IoU(at, l) > 0 {
			return false
		}
	}
	return true
}
