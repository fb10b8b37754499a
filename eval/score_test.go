package eval

import (
	"math"
	"slices"
	"testing"
)

func TestScoreTaxon(t *testing.T) {
	images := []Image{{Truth: []Truth{shark(0), shark(100)}, Found: []Found{hit(0, 0.9), hit(103, 0.8), hit(300, 0.7)}}, {Truth: []Truth{shark(0)}}, {}}
	s := ScoreTaxon(images, "shark", Scoring{Threshold: 0.85, Least: 3})
	if s.Truth != 3 || s.Pictures != 2 || s.TooFew {
		t.Errorf("%+v", s)
	}
	near(t, "precision", s.Precision, 1)
	near(t, "recall", s.Recall, 1./3)
	near(t, "F", s.F, 0.5)
	near(t, "best threshold", s.BestThreshold, 0.8)
	near(t, "best F", s.BestF, 0.8)
	near(t, "AP50", s.AP50, 67./101) // recalls up to 2/3
	near(t, "AP", s.AP, (67+9*34)/101./10)
	best := ScoreTaxon(images, "shark", Scoring{Threshold: math.NaN()})
	near(t, "F at the best threshold", best.F, 0.8)
	loose := ScoreTaxon(images, "shark", Scoring{Threshold: math.NaN(), IoU: 0.6})
	near(t, "F at IoU 0.6", loose.F, 0.5)
	for _, few := range []Score{ScoreTaxon(images, "shark", Scoring{Least: 4}), ScoreTaxon(images, "ray", Scoring{})} {
		if !few.TooFew || !math.IsNaN(few.F) || !math.IsNaN(few.AP) || !math.IsNaN(few.Precision) {
			t.Errorf("too few, but %+v", few)
		}
	}
}

func TestSummariseWorked(t *testing.T) {
	// numpy.quantile(..., [.25, .5, .75]) = 0.7175, 0.77, 0.8225; std(ddof=1) = 0.24929233
	s := Summarise([]float64{0.71, 0.74, math.NaN(), 0.8, 0.83, 0.88, 0.2})
	if s.N != 6 || !slices.Equal(s.Outside, []float64{0.2}) {
		t.Errorf("%+v", s)
	}
	near(t, "mean", s.Mean, 4.16/6)
	near(t, "SD", s.SD, 0.24929233174461396)
	near(t, "lower", s.Lower, 0.7175)
	near(t, "mid", s.Mid, 0.77)
	near(t, "upper", s.Upper, 0.8225)
	near(t, "least", s.Least, 0.71)
	near(t, "most", s.Most, 0.88)
	one := Summarise([]float64{0.5})
	if one.Mean != 0.5 || !math.IsNaN(one.SD) || one.Least != 0.5 || one.Most != 0.5 {
		t.Errorf("of one: %+v", one)
	}
	none := Summarise(nil)
	if none.N != 0 || !math.IsNaN(none.Mean) || !math.IsNaN(none.SD) || !math.IsNaN(none.Mid) {
		t.Errorf("of none: %+v", none)
	}
}

func TestOverFolds(t *testing.T) {
	few := ScoreTaxon(nil, "shark", Scoring{})
	got := OverFolds([]Score{{Taxon: "shark", Truth: 40, F: 0.6, AP50: 0.5}, {Taxon: "shark", Truth: 30, F: 0.8, AP50: 0.9}, few})
	if got.Taxon != "shark" || got.Truth != 70 || got.Folds != 2 || got.TooFew != 1 || got.F.N != 2 {
		t.Errorf("%+v", got)
	}
	near(t, "mean F", got.F.Mean, 0.7)
	near(t, "SD of F", got.F.SD, math.Sqrt(0.02))
	near(t, "mean AP50", got.AP50.Mean, 0.7)
}
