package uncertainty

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestCombinedCalibration(t *testing.T) {
	a := Calibration{Kind: "isotonic", Scores: []float64{0.2, 0.8}, Probabilities: []float64{0.1, 0.7}, Right: 20, Wrong: 10}
	b := Calibration{Kind: "isotonic", Scores: []float64{0.5}, Probabilities: []float64{0.4}, Right: 4, Wrong: 6}
	c := combineCalibrations([]Calibration{a, b})
	near(t, "at 0.2", c.Probability(0.2), (30*0.1+10*0.4)/40)
	near(t, "at 0.8", c.Probability(0.8), (30*0.7+10*0.4)/40)
	if c.Right != 24 || c.Wrong != 16 {
		t.Errorf("learned from %d and %d", c.Right, c.Wrong)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Calibration
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%s became %+v: %v", text, back, err)
	}
	if one := combineCalibrations([]Calibration{b}); !reflect.DeepEqual(one, b) {
		t.Errorf("of one: %+v", one)
	}
	if none := combineCalibrations(nil); none.Probability(0.3) != 0.3 {
		t.Errorf("of none: %+v", none)
	}
	for _, wrong := range []string{`{"kind":"combined"}`, `{"kind":"combined","parts":[{"kind":"combined","parts":[{}]}]}`, `{"kind":"combined","parts":[{"kind":"magic"}]}`} {
		if json.Unmarshal([]byte(wrong), new(Calibration)) == nil {
			t.Errorf("%s was let through", wrong)
		}
	}
}

// Worked by hand: of a, 90 arrivals found and 10 missed; of b, 20 found and 80 missed.
func TestCombinedDetectability(t *testing.T) {
	a := Detectability{Slope: 1, Offset: 0.5, Length: 0.2, Company: 0, Spread: 0.4, Stray: 0.1, Hole: 0.9, Edge: 1, Same: 0.6, Recall: 0.9, Between: 0.5, Together: 0.2,
		Beside: 0.1, Shape: 2, Visits: []float64{2}, Alone: [][]float64{{2}}, Deployments: 12, Candidates: 300, Animals: 100, Arrivals: 100}
	b := Detectability{Slope: 0.6, Offset: -0.5, Length: 0.4, Company: 0.4, Spread: 0.8, Stray: 0.3, Hole: 0.5, Edge: 3, Same: 0.2, Recall: 0.2, Between: 1, Together: 0.6,
		Beside: 0.6, Shape: 1, Visits: []float64{1, 9}, Alone: [][]float64{{1}, {9, 9}}, Deployments: 12, Candidates: 100, Animals: 100, Arrivals: 100}
	d := combineDetectabilities([]Detectability{a, b})
	found, missed, beside := []float64{90. / 110, 20. / 110}, []float64{10. / 90, 80. / 90}, []float64{9. / 21, 12. / 21}
	near(t, "slope", d.Slope, 0.9)
	near(t, "offset", d.Offset, 0.25)
	near(t, "length", d.Length, 0.25)
	near(t, "company", d.Company, 0.1)
	near(t, "spread", d.Spread, math.Sqrt(0.75*(0.16+0.0625)+0.25*(0.64+0.5625)))
	near(t, "hole", d.Hole, found[0]*0.9+found[1]*0.5)
	near(t, "edge", d.Edge, found[0]+3*found[1])
	near(t, "stray", d.Stray, 0.15)
	near(t, "same", d.Same, found[0]*0.6+found[1]*0.2)
	near(t, "recall", d.Recall, 0.55)
	between := func(a Detectability) float64 {
		apart := (math.Log(a.Recall/(1-a.Recall)) - math.Log(0.55/0.45)) / 2
		return a.Between*a.Between + apart*apart
	}
	near(t, "between", d.Between, math.Sqrt((between(a)+between(b))/2))
	near(t, "beside", d.Beside, 21./110)
	variance := found[0]*(a.Beside*a.Beside*(1+1./2)) + found[1]*(b.Beside*b.Beside*(1+1)) - d.Beside*d.Beside // of the two gamma distributions as one
	near(t, "shape", d.Shape, d.Beside*d.Beside/variance)
	near(t, "together", d.Together, missed[0]*0.2+missed[1]*0.6)
	if d.Deployments != 12 || d.Candidates != 400 || d.Animals != 200 || d.Arrivals != 200 {
		t.Errorf("measured on %d, %d, %d", d.Deployments, d.Candidates, d.Animals)
	}
	share := func(length float64) float64 {
		n := 0
		for _, v := range d.Visits {
			if v == length {
				n++
			}
		}
		return float64(n) / float64(len(d.Visits))
	}
	for length, want := range map[float64]float64{1: beside[1] / 2, 2: beside[0], 9: beside[1] / 2} {
		if math.Abs(share(length)-want) > 1./mostVisits {
			t.Errorf("%v s: %.3f of the visits, want %.3f", length, share(length), want)
		}
	}
	if n := len(d.Alone); n < mostArrivals-1 || n > mostArrivals+1 || len(d.Alone[0]) != 1 || len(d.Alone[n-1]) != 2 {
		t.Errorf("arrivals %v", d.Alone)
	}
	if !slices.IsSorted(d.Visits) {
		t.Error("the lengths do not rise")
	}
	if one := combineDetectabilities([]Detectability{a}); !reflect.DeepEqual(one, a) {
		t.Errorf("of one: %+v", one)
	}
}

// Two classes of which the same was measured are as one of which it was measured.
func TestCombinedOfEqualsIsTheSame(t *testing.T) {
	a := measured(50)
	d := combineDetectabilities([]Detectability{a, a})
	near(t, "recall", d.Recall, a.Recall)
	near(t, "between", d.Between, a.Between)
	near(t, "beside", d.Beside, a.Beside)
	near(t, "shape", d.Shape, a.Shape)
	near(t, "spread", d.Spread, a.Spread)
	text, err := json.Marshal(combineDetectabilities([]Detectability{{Shape: 1, Visits: []float64{1}, Alone: [][]float64{{1}}}, {Shape: 1, Visits: []float64{3}, Alone: [][]float64{{3}}}})) // nothing found, nothing missed
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, new(Detectability)); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}
