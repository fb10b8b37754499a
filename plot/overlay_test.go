package plot

import (
	"strings"
	"testing"

	"requin/frame"
)

// Labels stay in the picture, and of many animals in a row none hides another.
func TestLabels(t *testing.T) {
	var animals []frame.Box
	for i := range 8 {
		animals = append(animals, frame.Box{X0: float64(i) * 118, Y0: 0, X1: float64(i)*118 + 100, Y1: 50})
	}
	o := NewOverlay("Animals", 960, 540, 960, animals)
	for _, b := range animals {
		o.Label("counted", "12 · 0.75", b)
	}
	for i, l := range o.labels {
		if l != l.Clip(960, 540) {
			t.Errorf("label %d lies out of the picture: %v", i, l)
		}
		if hides(l, o.labels[:i]) > 0 || hides(l, animals) > 0 {
			t.Errorf("label %d hides another or an animal: %v", i, l)
		}
	}
}

// Where animals lie on one another their labels do not: they go where there is room, with a line; where there is none, they
// are left out.
func TestLabelsOfACrowd(t *testing.T) {
	for _, x := range []struct{ boxes, least int }{{12, 12}, {60, 12}, {400, 12}} {
		o := NewOverlay("Animals", 640, 360, 466, nil)
		drawn := 0
		for i := range x.boxes {
			if o.Label("wrong", "C. amblyrhynchos 0.92", frame.Box{X0: 200 + float64(i%4), Y0: 150, X1: 300, Y1: 200 + float64(i%3)}) {
				drawn++
			}
		}
		for i, l := range o.labels {
			if l != l.Clip(640, 360) || hides(l, o.labels[:i]) > 0 {
				t.Errorf("%d boxes: label %d lies on another, or out of the picture: %v", x.boxes, i, l)
			}
		}
		if drawn != len(o.labels) || drawn < x.least {
			t.Errorf("%d boxes: %d of %d labels", x.boxes, drawn, len(o.labels))
		}
		if text := string(o.HTML()); !strings.Contains(text, "leader") || strings.Count(text, "<text") != drawn {
			t.Errorf("%d boxes: %d texts", x.boxes, strings.Count(text, "<text"))
		}
	}
}

func TestOverlayEscapes(t *testing.T) {
	o := NewOverlay(`"Boxes" <b>`, 100, 100, 200, nil)
	o.Outline("truth", frame.Box{X0: -20, Y0: 10, X1: 50, Y1: 300})
	o.Label(`a" onload="x`, "<script>&", frame.Box{X1: 10, Y1: 10})
	got := string(o.HTML())
	if strings.Contains(got, "<script") || strings.Contains(got, `" onload="x"`) {
		t.Error(got)
	}
	if !strings.Contains(got, `<rect class="truth" x="0" y="10" width="50" height="90">`) {
		t.Errorf("the box is not cut to the picture: %s", got)
	}
}
