package eval

import (
	"math"
	"testing"

	"requin/frame"
)

func box(x float64) frame.Box { return frame.Box{X0: x, Y0: 0, X1: x + 20, Y1: 20} }

// sharks has n pictures with a shark each; the first found are found with score 0.8, and
// as many wrong detections as are asked for have score 0.3.
func sharks(name string, n, found, wrong int) Trial {
	t := Trial{Name: name, Thresholds: map[string]float64{"shark": 0.2, "ray": 0.5}}
	for i := range n {
		image := Image{Truth: []Truth{{Box: box(0), Taxon: "shark"}}}
		if i < found {
			image.Found = append(image.Found, Found{box(0), "shark", 0.8})
		}
		if i < wrong {
			image.Found = append(image.Found, Found{box(100), "shark", 0.3})
		}
		t.Images = append(t.Images, image)
		t.Groups = append(t.Groups, name+string(rune('a'+i%4)))
	}
	return t
}

func TestAssessJudgesEachFoldAtItsOwnThreshold(t *testing.T) {
	a := Assess("all", []Trial{sharks("fold 0", 10, 8, 2), sharks("fold 1", 10, 6, 6)}, []string{"shark"}, []string{"ray"}, Rating{IoU: 0.5, Threshold: math.NaN(), Least: 5})
	shark := a.Taxa[0]
	near(t, "precision", shark.Scores[0].Precision, 0.8)
	near(t, "recall", shark.Scores[1].Recall, 0.6)
	near(t, "precision over folds", shark.Folds.Precision.Mean, (0.8+0.5)/2)
	// The other fold's best F is at 0.8: then nothing wrong is left.
	near(t, "threshold of the other fold", shark.Others[0].Threshold, 0.8)
	near(t, "precision there", shark.Others[1].Precision, 1)
	near(t, "F there", shark.OthersF.Mean, (2*8.0/18+2*6.0/16)/2)
	if got := a.Confusion.Counts[0]; got[0] != 14 || got[2] != 6 {
		t.Errorf("the row of sharks is %v, want 14 found and 6 missed of both folds", got)
	}
	if got := a.Confusion.Counts[2][0]; got != 8 {
		t.Errorf("%d false alarms, want 8", got)
	}
	if s := shark.Sizes[0]; s.Name != "small" || s.Truth != 20 || s.Found != 14 {
		t.Errorf("small boxes %+v, want 14 of 20 found", s)
	}
	if shark.Learned != "the other fold" || shark.Detections != 22 || !(shark.ECEAfter < shark.ECEBefore) {
		t.Errorf("reliability %+v: calibration on the other fold should bring ECE down", shark.Reliability)
	}
}

func TestOneThresholdForAll(t *testing.T) {
	a := Assess("all", []Trial{sharks("test", 10, 8, 2)}, []string{"shark"}, nil, Rating{IoU: 0.5, Threshold: 0.5})
	near(t, "precision", a.Taxa[0].Scores[0].Precision, 1)
	if o := a.Taxa[0].Others[0]; !o.TooFew || !math.IsNaN(o.F) {
		t.Errorf("one trial has no other one to choose a threshold on, but got %+v", o)
	}
	if got := a.Taxa[0].Learned; got != "other deployments of the same fold, in 4 parts" {
		t.Errorf("calibrated on %q", got)
	}
}

func TestATaxonThatIsUnknownOrRareIsNotScored(t *testing.T) {
	blind := sharks("fold 0", 10, 0, 0)
	blind.Unknown = []string{"shark"}
	a := Assess("blind", []Trial{blind, sharks("fold 1", 3, 3, 0)}, []string{"shark"}, nil, Rating{IoU: 0.5, Threshold: math.NaN(), Least: 5})
	shark := a.Taxa[0]
	if s := shark.Scores[0]; !math.IsNaN(s.Recall) || s.Truth != 10 || !shark.Unknown[0] {
		t.Errorf("a taxon that the detector cannot name is scored: %+v", s)
	}
	if f := shark.Folds; f.Folds != 0 || f.TooFew != 1 || !math.IsNaN(f.F.Mean) {
		t.Errorf("three boxes are too few: %+v", f)
	}
	if shark.Learned != "" {
		t.Errorf("nothing was scored, but calibrated on %q", shark.Learned)
	}
}

func TestDifferencesAreOfTheSameFolds(t *testing.T) {
	r := Rating{IoU: 0.5, Threshold: 0.5}
	assess := func(name string, trials ...Trial) Assessment { return Assess(name, trials, []string{"shark"}, nil, r) }
	a := assess("a", sharks("fold 0", 10, 6, 0), sharks("fold 1", 10, 8, 0), sharks("fold 2", 10, 1, 0))
	b := assess("b", sharks("fold 1", 10, 9, 0), sharks("fold 0", 10, 9, 0))
	for _, d := range Differences(a, b) {
		if d.Measure != "recall" {
			continue
		}
		if len(d.Folds) != 2 {
			t.Fatalf("compared on %v, want the two folds that both have", d.Folds)
		}
		near(t, "mean", d.Over.Mean, (0.3+0.1)/2)
		near(t, "SD", d.Over.SD, math.Sqrt(2*0.1*0.1))
		return
	}
	t.Error("recall was not compared")
}

func TestCompareCountsGroups(t *testing.T) {
	var list []Compared
	for i, p := range []float64{1, 2, 3, 4, 0, 5} {
		for _, taxon := range []string{"shark", "ray"} {
			list = append(list, Compared{Measure: MaxN, Among: "deployments", Taxon: taxon, Pair: Pair{string(rune(97 + i)), p, 2 * p}})
		}
		list = append(list, Compared{Measure: TMaxN, Among: "deployments", Taxon: "shark", Pair: Pair{string(rune(97 + i)), p, p + 30}})
	}
	got := CompareCounts(list, 200, 1)
	if len(got) != 4 || got[0].Taxon != "" || got[0].N != 12 || got[1].Taxon != "shark" || got[1].N != 6 || got[3].Measure != TMaxN {
		t.Fatalf("groups %+v", got)
	}
	near(t, "slope", got[1].Slope, 2)
	near(t, "within a minute", got[3].Within, 1)
	if best := BestCorrection(got[1].Corrections); best.Degree != 1 || math.Abs(best.Correction.Coefficients[1]-0.5) > 1e-9 {
		t.Errorf("a machine that sees double is mended by half of it, but the best is %+v", best)
	}
	if len(got[0].Corrections) != 0 {
		t.Error("a correction is offered for all taxa together")
	}
}
