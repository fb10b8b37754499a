package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/uncertainty"
)

// trial is n detections whose probability of being right is a known function of their score.
func trial(r *rand.Rand, n int, probability func(float64) float64) PR {
	p := PR{Truth: n, Scores: make([]float64, n), Right: make([]bool, n)}
	for i := range n {
		p.Scores[i] = r.Float64()
	}
	slices.SortFunc(p.Scores, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	for i, s := range p.Scores {
		p.Right[i] = r.Float64() < probability(s)
	}
	return p
}

func TestCalibrateFew(t *testing.T) {
	cases := []struct {
		name  string
		p     PR
		at    float64
		least float64
		most  float64
	}{
		{"one that is right: Platt's 2/3", PR{1, []float64{0.9}, []bool{true}}, 0.5, 0.66, 0.67},
		{"one that is wrong: Platt's 1/3", PR{1, []float64{0.9}, []bool{false}}, 0.5, 0.33, 0.34},
		{"a score that tells nothing is level", PR{2, []float64{0.5, 0.5, 0.5, 0.5}, []bool{true, false, true, false}}, 0.9, 0.49, 0.51},
		{"a score that tells the opposite is level", PR{2, []float64{0.9, 0.8, 0.2, 0.1}, []bool{false, false, true, true}}, 0.9, 0.49, 0.51},
		{"parted without error stays under 1", PR{2, []float64{0.9, 0.8, 0.2, 0.1}, []bool{true, true, false, false}}, 1, 0.75, 0.99999},
	}
	for _, c := range cases {
		got, err := c.p.Calibrate()
		if err != nil || got.Kind != "platt" {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if v := got.Probability(c.at); v < c.least || v > c.most {
			t.Errorf("%s: %v, want %v to %v (%+v)", c.name, v, c.least, c.most, got)
		}
	}
	for _, p := range []PR{{}, {Truth: 3}, {Scores: []float64{1}, Right: []bool{false}}} {
		if _, err := p.Calibrate(); err == nil {
			t.Errorf("%+v: no error", p)
		}
	}
	if _, err := Calibrate([]Image{{Truth: []Truth{shark(0)}}}, "shark", 0.5); err == nil || !strings.Contains(err.Error(), "shark") {
		t.Errorf("the error does not name the taxon: %v", err)
	}
}

// TestCalibrationHelps: over-confident scores, learned on one half, measured on others.
func TestCalibrationHelps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	steep := func(s float64) float64 { return s * s * s * 0.8 }
	for _, n := range []int{200, 5000} {
		c, err := trial(r, n, steep).Calibrate()
		if err != nil {
			t.Fatal(err)
		}
		if kind := map[int]string{200: "platt", 5000: "isotonic"}[n]; c.Kind != kind {
			t.Errorf("%d cases: kind %s, want %s", n, c.Kind, kind)
		}
		other := trial(r, 20000, steep)
		before, after := ECE(other.Reliability(nil, 15)), ECE(other.Reliability(c.Probability, 15))
		if before < 0.25 || after > 0.06 {
			t.Errorf("%d cases: ECE %v before, %v after", n, before, after)
		}
		if b, a := other.Brier(nil), other.Brier(c.Probability); a >= b {
			t.Errorf("%d cases: Brier %v before, %v after", n, b, a)
		}
		t.Logf("%d cases, %s: ECE %.3f before, %.3f after", n, c.Kind, before, after)
	}
}

func TestCalibrationIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 60 {
		p := trial(r, 1+r.IntN(3000), func(s float64) float64 { return 0.5 + 0.4*math.Sin(5*s) })
		if n%2 == 0 {
			for i := range p.Scores { // many ties
				p.Scores[i] = math.Round(p.Scores[i]*20) / 20
			}
		}
		c, err := p.Calibrate()
		if err != nil {
			t.Fatal(err)
		}
		last := 0.0
		for i := range 1001 {
			v := c.Probability(float64(i) / 1000)
			if v < last || v <= 0 || v >= 1 {
				t.Fatalf("%s at %d/1000: %v after %v", c.Kind, i, v, last)
			}
			last = v
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back uncertainty.Calibration
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c) {
			t.Fatalf("%v: %s became %+v", err, text, back)
		}
	}
}

func TestReliabilityWorked(t *testing.T) {
	p := PR{Truth: 9, Scores: []float64{1, 0.9, 0.55, 0.5, 0.1}, Right: []bool{true, false, true, true, false}}
	bins := p.Reliability(nil, 2)
	// Upper bin: scores 1, 0.9, 0.55, 0.5, mean 0.7375, 3 of 4 right; lower: 0.1, none.
	near(t, "upper mean", bins[1].Probability, 0.7375)
	near(t, "upper share", bins[1].Right, 0.75)
	near(t, "ECE", ECE(bins), 4./5*0.0125+1./5*0.1)
	near(t, "Brier", p.Brier(nil), (0+0.81+0.45*0.45+0.25+0.01)/5)
	if empty := p.Reliability(nil, 10)[3]; empty.N != 0 || !math.IsNaN(empty.Right) {
		t.Errorf("an empty bin is %+v", empty)
	}
	if !math.IsNaN(ECE(PR{}.Reliability(nil, 10))) {
		t.Error("ECE of nothing is not NaN")
	}
}
