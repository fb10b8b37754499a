package uncertainty

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// sure is a detector that misses nothing and follows well.
func sure() Detectability {
	return Detectability{Slope: 1, Hole: 1, Recall: 1, Shape: 1, Visits: []float64{3}, Alone: [][]float64{{3}}, Deployments: 5000, Animals: 1e6, Arrivals: 1e6}
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
	if a.Next[0].Gain != 1 || a.Next[0].Frame < 10 || a.Next[0].Frame >= 20 || a.Next[0].Audit {
		t.Errorf("one frame shows all: %+v", a.Next)
	}
	d.Looks = []Look{{Frame: a.Next[0].Frame, N: 2}}
	if a = d.Posterior(0.05); a.Confirmed != 2 || a.Risk > 0.005 || !a.Certified || a.Looked != 1 || len(a.Next) != 0 || a.Draws != fewestSamples {
		t.Errorf("after the look nothing is left to doubt: %+v", a)
	}
	d.Detectability.Animals = EnoughVisits - 1
	if a = d.Posterior(0.05); a.Certified {
		t.Error("certified on a detectability measured on too few visits")
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

// Where nothing was found and nothing seen, the risk is the chance that some arrival is left: as many arrive as a gamma distribution says, the
// share 1 - recall of them leaves no candidate, of those the share 1 - covered is met by no look.
func TestPosteriorOfNothing(t *testing.T) {
	for _, looks := range []int{0, 10, 40, 200} {
		a := Prior()
		a.Deployments, a.Animals, a.Arrivals, a.Recall, a.Between, a.Alone = 20, 50, 50, 0.8, 0.5, [][]float64{{60}}
		d := Observations{Frames: 3600, Every: 1, Detectability: a, Samples: 20000}
		for i := range looks {
			d.Looks = append(d.Looks, Look{Frame: (2*i + 1) * 1800 / looks})
		}
		p := d.Posterior(0.05)
		covered := math.Min(1, 60*float64(looks)/3600)
		if math.Abs(p.Evidence.Covered-covered) > 0.02 {
			t.Errorf("%d looks cover %.3f of visits of a minute, want %.3f", looks, p.Evidence.Covered, covered)
		}
		want := newBelief(a, false, nil).cells(p.Evidence).mean(func(recall, shape, rate float64) float64 {
			return 1 - math.Pow(rate/(rate+(1-recall)*(1-p.Evidence.Covered)), shape)
		})
		if math.Abs(p.Risk-want) > 0.01 {
			t.Errorf("%d looks: risk %.3f, want %.3f", looks, p.Risk, want)
		}
		if ahead := p.Ahead; ahead > 0 == p.Certified {
			t.Errorf("%d looks: %d more, certified %v", looks, ahead, p.Certified)
		}
	}
}

// A detector that is blind to the taxon, or of which nothing is known, certifies nothing on a few looks: only on as many as visits last.
func TestBlindDoesNotCertify(t *testing.T) {
	blind := Prior()
	blind.Deployments, blind.Animals, blind.Arrivals, blind.Recall, blind.Between, blind.Alone = 20, 50, 50, 0.01, 0.3, [][]float64{{50}, {60}, {70}}
	for name, c := range map[string]struct {
		detectability Detectability
		certifies     int // with so many looks that find nothing; 0: with none short of all
	}{"measured": {blind, 72}, "assumed": {Prior(), 0}, "no class": {Blind(), 0}} {
		for _, looks := range []int{5, 20, 40, 72, 1800, 3600} {
			d := Observations{Frames: 3600, Every: 1, Detectability: c.detectability}
			for i := range looks {
				d.Looks = append(d.Looks, Look{Frame: (2*i + 1) * 1800 / looks})
			}
			want := looks == 3600 || c.certifies > 0 && looks >= c.certifies
			if p := d.Posterior(0.05); p.Certified != want {
				t.Errorf("%s: certified %v after %d looks; risk %.3f", name, p.Certified, looks, p.Risk)
			}
		}
	}
}

// Nobody vouches for what nobody looked at, however small the risk: a frame drawn at random is asked for first.
func TestNoLookNoCertificate(t *testing.T) {
	d := Observations{Frames: 100, Every: 1, Detectability: sure()}
	p := d.Posterior(0.05)
	if p.Certified || p.Risk > 0.01 || len(p.Next) == 0 || !p.Next[0].Audit || p.Ahead != 1 {
		t.Fatalf("nobody looked: %+v", p)
	}
	d.Looks = []Look{{Frame: p.Next[0].Frame}}
	if p = d.Posterior(0.05); !p.Certified {
		t.Errorf("after a look: %+v", p)
	}
}

// What the survey's other deployments tell lowers the number of looks, or raises it.
func TestPosteriorPools(t *testing.T) {
	a := Prior()
	a.Deployments, a.Animals, a.Arrivals, a.Recall, a.Between, a.Alone = 20, 50, 50, 0.9, 0.5, [][]float64{{60}}
	risk := func(e Evidence) float64 {
		d := Observations{Frames: 3600, Every: 1, Detectability: a}
		for range 20 {
			d.Survey = append(d.Survey, e)
		}
		return d.Posterior(0.05).Risk
	}
	alone := Observations{Frames: 3600, Every: 1, Detectability: a}.Posterior(0.05).Risk
	rare, blind := risk(Evidence{Covered: 0.2}), risk(Evidence{Met: 1, Covered: 0.3})
	if rare > alone/3 || blind < 2*alone {
		t.Errorf("risk %.3f, %.3f where others hold nothing, %.3f where looks met what was not found", alone, rare, blind)
	}
}

// People who overlook animals leave them to chance, and those who misname some need a second look.
func TestPosteriorReaders(t *testing.T) {
	d := Observations{Frames: 100, Every: 1, Detectability: sure(), Looks: []Look{{Frame: 12, N: 2}}, Reader: Reader{Added: 0.03, Animals: 100},
		Candidates: []Candidate{{ID: 1, Said: Animal, Real: 0.9, Frames: frames(10, 20)}, {ID: 2, Said: Animal, Real: 0.9, Frames: frames(12, 13)}}}
	p := d.Posterior(0.05)
	if want := 1 - 0.97*0.97; p.Certified || math.Abs(p.Fewer-want) > 1e-9 || !p.Next[0].Again || p.Next[0].Frame != 12 {
		t.Errorf("two animals, each misnamed with 3 %%: %+v", p)
	}
	d.Looks[0].Again = 1
	if p = d.Posterior(0.05); !p.Certified || math.Abs(p.Fewer-(1-math.Pow(1-0.0009, 2))) > 1e-9 {
		t.Errorf("a second look agrees: %+v", p)
	}
	e := Observations{Frames: 100, Every: 1, Detectability: Blind()}
	e.Detectability.Alone = [][]float64{{1}}
	for i := range 100 {
		e.Looks = append(e.Looks, Look{Frame: i})
	}
	e.Reader = Reader{Missed: 0.5, Animals: 100}
	if p = e.Posterior(0.05); p.Certified || p.Risk == 0 {
		t.Errorf("every frame looked at by somebody who overlooks half: %+v", p)
	}
}

// A rejected track says nothing of frames far from where it was rejected.
func TestRejectedElsewhere(t *testing.T) {
	stray := sure()
	stray.Stray = 0.4
	d := Observations{Frames: 200, Every: 1, Detectability: stray, Samples: 20000, Candidates: []Candidate{{ID: 1, Said: NoAnimal, Real: 0.5, Frames: frames(50, 150), Denied: []int{60}}}}
	if a := d.Posterior(0.05); math.Abs(a.More(0)-0.4) > 0.02 {
		t.Errorf("the chance of an animal in the rest is %.3f, want 0.4", a.More(0))
	}
	d.Candidates[0].Frames = frames(56, 66)
	if a := d.Posterior(0.05); a.More(0) > 0.01 {
		t.Errorf("nothing is left of it, and the chance of an animal is %.3f", a.More(0))
	}
	if got, want := away([]span{{0, 10}, {20, 40}}, []int{5, 30}, 3), []span{{0, 2}, {9, 10}, {20, 27}, {34, 40}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
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
	measured := Prior()
	measured.Deployments, measured.Animals, measured.Arrivals, measured.Recall, measured.Between = 20, 100, 100, 0.9, 0.5
	d := Observations{Frames: 60, Every: 1, Detectability: measured, Candidates: []Candidate{
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
	if err := json.Unmarshal(text, &back); err != nil || back.Recall != Prior().Recall || len(back.Visits) != len(Prior().Visits) || back.Measured() {
		t.Errorf("%+v, %v", back, err)
	}
	before := `{"slope":1,"hole":0.5,"edge_s":1,"missed":0.25,"shape":2,"absent":0.3,"together":0.5,"visit_s":[1,2],"deployments":9,"visits":40}`
	if err := json.Unmarshal([]byte(before), &back); err != nil || back.Recall != 0.8 || len(back.Alone) != 2 || !back.Enough(false) || back.Enough(true) {
		t.Errorf("one of an earlier version is %+v, %v", back, err)
	}
	for _, bad := range []string{`{}`, `{"shape":1,"visit_s":[1],"missed_arrivals_s":[[]]}`, `{"shape":1,"visit_s":[1],"missed_arrivals_s":[[1]],"recall":2}`, `{"shape":1,"visit_s":[1],"missed":-2}`, `{"shape":1,"visit_s":[]}`, `{"shape":1,"hole":2,"visit_s":[1]}`, `{"shape":1,"visit_s":[-1]}`, `{"shape":-1,"visit_s":[1]}`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken for an detectability", bad)
		}
	}
}

func FuzzAcuity(f *testing.F) {
	f.Add([]byte(`{"slope":1,"hole":0.5,"missed":0.2,"shape":2,"visit_s":[1,2]}`))
	f.Add([]byte(`{"slope":1,"hole":0.5,"recall":0.2,"between":1,"shape":2,"visit_s":[1,2],"missed_arrivals_s":[[1,2],[3]],"deployments":5,"arrivals":-3}`))
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

func TestStaying(t *testing.T) {
	got := staying(1, 1, 0.9, freshly(0.05, []float64{1}, 1))
	if want := 0.005 / 0.905; math.Abs(got[0]-want) > 1e-9 || got[1] != 1 {
		t.Errorf("%v, want %v and 1", got, want)
	}
	if got := staying(0, 3, 0.5, freshly(1, []float64{1}, 3)); len(got) != 1 || got[0] != 1 {
		t.Errorf("none can stay: %v", got)
	}
	if got := freshly(0.4, []float64{0, 1}, 3); math.Abs(got[0]-math.Exp(-0.2)) > 1e-12 || got[1] != 0 || math.Abs(got[2]-0.2*math.Exp(-0.2)) > 1e-12 || got[3] != 0 {
		t.Errorf("in pairs: %v", got)
	}
}

// One animal that looks meet again and again is one, not one for each look.
func TestOneVisitManyLooks(t *testing.T) {
	a := Prior()
	a.Deployments, a.Animals, a.Arrivals, a.Recall, a.Alone = 20, 50, 50, 0.01, [][]float64{{600}}
	d := Observations{Frames: 3600, Every: 1, Detectability: a}
	for t := 100; t < 3600; t += 60 {
		l := Look{Frame: t}
		if t > 1000 && t < 1600 {
			l.N = 1
		}
		d.Looks = append(d.Looks, l)
	}
	if p := d.Posterior(0.05); p.Evidence.Met < 0.9 || p.Evidence.Met > 1.5 || p.Estimate != 1 {
		t.Errorf("met %.2f arrivals, estimate %d; one was there for ten minutes", p.Evidence.Met, p.Estimate)
	}
}

// What a deployment tells of the others does not depend on what those tell: two would change one another's for ever.
func TestEvidenceIsItsOwn(t *testing.T) {
	a := Prior()
	a.Deployments, a.Animals, a.Arrivals = 20, 50, 50
	d := Observations{Frames: 600, Every: 1, Detectability: a, Looks: []Look{{Frame: 20, N: 1}, {Frame: 300}}, Candidates: []Candidate{
		{ID: 1, Said: Animal, Real: 0.9, Frames: frames(10, 40)}, {ID: 2, Real: 0.5, Frames: frames(100, 110)}, {ID: 3, Real: 0.4, Frames: frames(115, 130)}}}
	alone := d.Posterior(0.05)
	d.Survey = []Evidence{{Found: 2, Met: 9, Covered: 0.4}, {Met: 5, Covered: 0.2}}
	among := d.Posterior(0.05)
	if alone.Risk == among.Risk {
		t.Fatal("what the others tell makes no difference")
	}
	if alone.Evidence != among.Evidence || alone.Evidence.Found <= 1 || alone.Evidence.Found >= 3 {
		t.Errorf("alone it tells %+v, among others %+v", alone.Evidence, among.Evidence)
	}
}

// Where no certificate rests on the detectability, the one that can be had takes a look at every frame, and so it is said.
func TestAheadWithoutMeasurement(t *testing.T) {
	for name, a := range map[string]Detectability{"assumed": Prior(), "no class": Blind()} {
		d := Observations{Frames: 60, Every: 1, Detectability: a}
		for i := range 60 {
			p := d.Posterior(0.05)
			if p.Certified || p.Ahead != 60-i || p.Lookahead() == "" {
				t.Fatalf("%s, %d of 60 frames looked at: certified %v, %d ahead", name, i, p.Certified, p.Ahead)
			}
			d.Looks = append(d.Looks, Look{Frame: i})
		}
		if p := d.Posterior(0.05); !p.Certified || p.Ahead != 0 || p.Lookahead() != "" {
			t.Errorf("%s, all frames looked at: %+v", name, p)
		}
	}
}
