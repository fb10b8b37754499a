package uncertainty

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// sure is a detector that misses nothing and follows well.
func sure() Detectability {
	return Detectability{Slope: 1, Hole: 1, Missed: 0, Shape: 1, Visits: []float64{3}, Deployments: 1}
}

func frames(from, to int) (list []int) {
	for t := from; t < to; t++ {
		list = append(list, t)
	}
	return list
}

func TestPosteriorWithoutDoubt(t *testing.T) {
	d := Observations{Frames: 100, Every: 1, Detectability: sure(), Candidates: []Candidate{
		{ID: 1, Said: Animal, Real: 0.5, Frames: frames(10, 20)},
		{ID: 2, Said: Animal, Real: 0.5, Frames: append(frames(5, 12), frames(18, 30)...)},
		{ID: 3, Said: NoAnimal, Real: 0.9, Frames: frames(0, 100)},
	}}
	a := d.Posterior(0.05)
	if a.Estimate != 2 || a.Low != 2 || a.High != 2 || a.More(1) != 1 || a.More(2) != 0 {
		t.Errorf("two animals together for certain: %+v", a)
	}
	if a.Confirmed != 0 || a.Risk != 1 || a.Certified {
		t.Errorf("nobody looked: %+v", a)
	}
	if len(a.Next) != 1 || a.Next[0].Gain != 1 || a.Next[0].Frame < 10 || a.Next[0].Frame >= 20 {
		t.Errorf("one frame shows all: %+v", a.Next)
	}
	d.Looks = []Look{{Frame: a.Next[0].Frame, N: 2}}
	if a = d.Posterior(0.05); a.Confirmed != 2 || a.Risk != 0 || a.Certified || a.Looked != 1 || len(a.Next) != auditCells || a.Next[0].Gain != 0 {
		t.Errorf("after the look, frames without a detection are to be looked at: %+v", a)
	}
	for _, n := range a.Next {
		d.Looks = append(d.Looks, Look{Frame: n.Frame})
	}
	if a = d.Posterior(0.05); !a.Certified || a.Risk != 0 || a.Looked != 1+auditCells || len(a.Next) != 0 {
		t.Errorf("after all looks: %+v", a)
	}
}

// Candidates at different times: MaxN is at least 1 with the chance that one of them is real.
func TestPosteriorChances(t *testing.T) {
	d := Observations{Frames: 100, Every: 1, Detectability: sure(), Samples: 40000, Candidates: []Candidate{
		{ID: 1, Real: 0.3, Frames: frames(10, 20)},
		{ID: 2, Real: 0.6, Frames: frames(40, 50)},
		{ID: 3, Real: 0.5, Frames: frames(45, 60)},
	}}
	a := d.Posterior(0.05)
	for n, want := range []float64{0.7 * 0.4 * 0.5, 1 - 0.14 - 0.3, 0.3} {
		if math.Abs(a.Chance[n]-want) > 0.01 {
			t.Errorf("P(MaxN = %d) = %.3f, want %.3f", n, a.Chance[n], want)
		}
	}
	if a.Low != 0 || a.High != 2 || a.Estimate != 1 {
		t.Errorf("interval %d to %d around %d", a.Low, a.High, a.Estimate)
	}
}

// Visits that leave no candidate come by Poisson's law: with Shape large P(none) = exp(-Missed·(found + Absent)).
func TestPosteriorMissed(t *testing.T) {
	detectability := Detectability{Slope: 1, Missed: 0.5, Shape: 1e6, Absent: 1, Visits: []float64{1}, Deployments: 1}
	d := Observations{Frames: 1000, Every: 1, Detectability: detectability, Samples: 40000}
	if a := d.Posterior(0.05); math.Abs(a.Chance[0]-math.Exp(-0.5)) > 0.01 {
		t.Errorf("P(nothing) = %.3f, want %.3f", a.Chance[0], math.Exp(-0.5))
	}
	// Half of the frames looked at, and nothing found: with a rate that is known, the rest is as likely as before.
	for i := range 500 {
		d.Looks = append(d.Looks, Look{Frame: 2 * i})
	}
	if a := d.Posterior(0.05); math.Abs(a.Risk-(1-math.Exp(-0.25))) > 0.01 {
		t.Errorf("risk %.3f, want %.3f", a.Risk, 1-math.Exp(-0.25))
	}
	// With one that is not, it falls further: the rate is gamma, so P(none) = (β/(β+x))^α.
	d.Detectability.Shape = 1
	if a, want := d.Posterior(0.05), 1-(2+0.5)/(2+0.5+0.5); math.Abs(a.Risk-want) > 0.015 {
		t.Errorf("risk %.3f, want %.3f", a.Risk, want)
	}
}

// What a person says of some candidates of a deployment tells of the others where deployments differ.
func TestPosteriorLearns(t *testing.T) {
	detectability := sure()
	detectability.Spread = 1.5
	d := Observations{Frames: 1000, Every: 1, Detectability: detectability}
	for i := range 20 {
		d.Candidates = append(d.Candidates, Candidate{ID: i, Real: 0.5, Frames: frames(40*i, 40*i+10)})
	}
	before := d.Posterior(0.05)
	for i := range 19 {
		d.Candidates[i].Said = NoAnimal
	}
	if after := d.Posterior(0.05); before.More(0) < 0.8 || after.More(0) > 0.2 {
		t.Errorf("P(MaxN > 0) %.2f, after 19 of 20 were rejected %.2f", before.More(0), after.More(0))
	}
}

// More looking never raises the risk by more than the draws' own scatter, and looking at all ends it.
func TestPosteriorEnds(t *testing.T) {
	d := Observations{Frames: 60, Every: 1, Detectability: Prior(), Candidates: []Candidate{
		{ID: 1, Real: 0.5, Frames: frames(3, 9)}, {ID: 2, Real: 0.2, Frames: frames(5, 30)}, {ID: 3, Real: 0.9, Frames: []int{50}},
	}}
	last := 1.0
	for {
		a := d.Posterior(0.05)
		if a.Risk > last+0.03 {
			t.Fatalf("after %d looks the risk went from %.3f to %.3f", a.Looked, last, a.Risk)
		}
		last = a.Risk
		if a.Certified {
			if a.Looked == 0 || a.Looked >= 60 {
				t.Errorf("certified after %d looks", a.Looked)
			}
			break
		}
		if slices.ContainsFunc(d.Looks, func(l Look) bool { return l.Frame == a.Next[0].Frame }) {
			t.Fatal("a frame was suggested twice")
		}
		d.Looks = append(d.Looks, Look{Frame: a.Next[0].Frame})
		for i, c := range d.Candidates {
			if slices.Contains(c.Frames, a.Next[0].Frame) {
				d.Candidates[i].Said = NoAnimal
			}
		}
	}
	d.Looks = nil
	for i := range 60 {
		d.Looks = append(d.Looks, Look{Frame: i, N: i % 3})
	}
	if a := d.Posterior(0.05); a.Risk != 0 || !a.Certified || a.Confirmed != 2 || a.Low != 2 || a.High != 2 {
		t.Errorf("all looked at: %+v", a)
	}
}

func TestMiddle(t *testing.T) {
	for _, c := range []struct {
		chance            []float64
		median, low, high int
	}{
		{[]float64{1}, 0, 0, 0},
		{[]float64{0.03, 0.94, 0.03}, 1, 1, 1}, // 0.94 and half of 0.03 is over 0.95
		{[]float64{0.11, 0.78, 0.11}, 1, 0, 2},
		{[]float64{0.88, 0.12}, 0, 0, 1}, // 0.88 + 0.06 is not
		{[]float64{0, 0.02, 0.5, 0.45, 0.03}, 2, 2, 3},
	} {
		if m, l, h := middle(c.chance, 0.05); m != c.median || l != c.low || h != c.high {
			t.Errorf("%v: %d, %d to %d; want %d, %d to %d", c.chance, m, l, h, c.median, c.low, c.high)
		}
	}
}

func TestAcuityJSON(t *testing.T) {
	text, err := json.Marshal(Prior())
	if err != nil {
		t.Fatal(err)
	}
	var back Detectability
	if err := json.Unmarshal(text, &back); err != nil || back.Missed != Prior().Missed || len(back.Visits) != len(Prior().Visits) || back.Measured() {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{`{}`, `{"shape":1,"visit_s":[]}`, `{"shape":1,"hole":2,"visit_s":[1]}`, `{"shape":1,"visit_s":[-1]}`, `{"shape":-1,"visit_s":[1]}`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken for an detectability", bad)
		}
	}
}

func FuzzAcuity(f *testing.F) {
	f.Add([]byte(`{"slope":1,"hole":0.5,"missed":0.2,"shape":2,"visit_s":[1,2]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Detectability
		if json.Unmarshal(text, &a) != nil {
			return
		}
		got := Observations{Frames: 20, Every: 1, Detectability: a, Samples: 5, Candidates: []Candidate{{ID: 1, Real: 0.5, Frames: []int{3, 5}}}}.Posterior(0.05)
		if got.Risk < 0 || got.Risk > 1 || got.Low > got.High {
			t.Errorf("%+v", got)
		}
	})
}

func BenchmarkAssess(b *testing.B) {
	d := Observations{Frames: 3600, Every: 1, Detectability: Prior()}
	for i := range 2000 {
		d.Candidates = append(d.Candidates, Candidate{ID: i, Real: 0.3, Frames: frames(i, i+10)})
	}
	for b.Loop() {
		d.Posterior(0.05)
	}
}

func TestFindings(t *testing.T) {
	looks := []hiddenAt{{10, 1}, {12, 2}, {14, 1}, {20, 0}, {30, 1}}
	got := findings(looks, 5, 100)
	want := []found{{span{10, 15}, 0, 20}, {span{12, 13}, 11, 14}, {span{30, 31}, 21, 100}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
