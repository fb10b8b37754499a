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
	o := NewOverlay(960, 540, 960, animals)
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

func TestOverlayEscapes(t *testing.T) {
	o := NewOverlay(100, 100, 200, nil)
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
