package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"

	"requin/count"
	"requin/frame"
	"requin/plot"
)

// A picture is shown at twice its size at most, and within this many pixels.
const (
	shownW, shownH = 940.0, 600.0
	mostEnlarged   = 2.0
	crowd          = 8 // above this many individuals the labels have no scores
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
	var animals []frame.Box
	for _, i := range counted {
		animals = append(animals, i.Box.Clip(w, h))
	}
	o := plot.NewOverlay("Boxes of "+e.Taxon, e.W, e.H, onPage, animals)
	for _, i := range e.Others {
		o.Outline("other", i.Box)
	}
	for _, i := range counted {
		o.Outline("halo", i.Box)
		o.Outline("counted", i.Box)
	}
	// Labels last: none is hidden by a box. In a crowd the score would hide animals.
	for _, i := range counted {
		text := strconv.Itoa(i.Track)
		if len(counted) <= crowd {
			text += fmt.Sprintf(" · %.2f", i.Score)
		}
		o.Label("counted", text, i.Box)
	}
	return o.HTML()
}
