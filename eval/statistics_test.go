package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// about compares with what is printed in the literature, to so many decimals.
func about(t *testing.T, what string, got, want float64, decimals int) {
	t.Helper()
	if !(math.Abs(got-want) <= 0.5000001*math.Pow(10, -float64(decimals))) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestExactShare(t *testing.T) {
	none := ExactShare(0, 6)
	about(t, "low of none of 6", none.Low, 0, 9)
	about(t, "high of none of 6", none.High, 1-math.Pow(0.025, 1./6), 9)
	all := ExactShare(6, 6)
	near(t, "all of 6 mirrors none", all.Low, 1-none.High)
	near(t, "high of all", all.High, 1)
	// Newcombe 1998, Stat. Med. 17:857, table I, method 5: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
	for _, x := range []struct {
		hits, n   int
		low, high float64
	}{{81, 263, 0.2527, 0.3676}, {15, 148, 0.0578, 0.1617}, {0, 20, 0, 0.1684}, {1, 29, 0.0009, 0.1776}} {
		s := ExactShare(x.hits, x.n)
		about(t, fmt.Sprint(x.hits, " of ", x.n, ", low"), s.Low, x.low, 4)
		about(t, fmt.Sprint(x.hits, " of ", x.n, ", high"), s.High, x.high, 4)
	}
	if s := ExactShare(0, 0); !math.IsNaN(s.Low) || !math.IsNaN(s.Value()) {
		t.Errorf("of nothing: %+v", s)
	}
}

func TestClusteredShare(t *testing.T) {
	s := ClusteredShare([]Part{{4, 4}, {0, 4}, {4, 4}})
	near(t, "share", s.Value(), 2./3)
	about(t, "effective", s.Effective, 0.523, 3)
	if !(s.Low < 0.1 && s.High > 0.99) {
		t.Errorf("three videos: %+v", s)
	}
	alone := ClusteredShare([]Part{{1, 1}, {0, 1}, {1, 1}, {0, 1}, {0, 0}})
	exact := ExactShare(2, 4)
	if alone.Low != exact.Low || alone.High != exact.High || alone.Groups != 4 {
		t.Errorf("one thing each: %+v, exact %+v", alone, exact)
	}
	all := ClusteredShare([]Part{{50, 50}, {70, 70}})
	near(t, "all of two videos, as two things", all.Low, ExactShare(2, 2).Low)
	if one := ClusteredShare([]Part{{50, 60}}); !math.IsNaN(one.Low) || one.Value() != 50./60 {
		t.Errorf("of one video: %+v", one)
	}
}

// TestClusteredShareCovers: where sites differ, the interval holds the true share about as often as it says; the exact interval
// of as many independent things does not.
func TestClusteredShareCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const surveys, deployments, each = 1000, 12, 20
	held, naive := 0, 0
	for range surveys {
		var groups []Part
		hits := 0
		for range deployments {
			p := 0.6 + 0.4*(r.Float64()-0.2) // mean 0.72
			g := Part{Of: each}
			for range each {
				if r.Float64() < p {
					g.Hits++
				}
			}
			hits += int(g.Hits)
			groups = append(groups, g)
		}
		if s := ClusteredShare(groups); s.Low <= 0.72 && 0.72 <= s.High {
			held++
		}
		if s := ExactShare(hits, deployments*each); s.Low <= 0.72 && 0.72 <= s.High {
			naive++
		}
	}
	t.Logf("held %d of %d, taken as independent %d", held, surveys, naive)
	if held < 930 || held > 995 || naive >= held {
		t.Errorf("held %d, as independent %d", held, naive)
	}
}

func TestFisherZ(t *testing.T) {
	low, high := FisherZ(6/math.Sqrt(45), 4, 0)
	about(t, "low", low, -0.47, 2)
	about(t, "high", high, 1, 2)
	if low, _ := FisherZ(0.5, 3, 0); !math.IsNaN(low) {
		t.Errorf("of three pairs: %v", low)
	}
	if low, _ := FisherZ(1, 30, 0); !math.IsNaN(low) {
		t.Errorf("of a line: %v", low)
	}
}

func TestWithinTaxa(t *testing.T) {
	of := func(taxon string, people, machine float64) Compared {
		return Compared{Taxon: taxon, Pair: Pair{Deployment: fmt.Sprint(taxon, people), People: people, Machine: machine}}
	}
	list := []Compared{of("ray", 0, 1), of("ray", 1, 0), of("fish", 10, 11), of("fish", 11, 10)}
	near(t, "within", within(list), -1)
	m := mixed(list)
	if m.Taxa != 2 || !math.IsNaN(m.Low) || !math.IsNaN(m.P) {
		t.Errorf("%+v", m)
	}
	// Correlations 0.5 of 23 pairs and 0.8 of 28 (z 0.549 and 1.099, w 20 and 25): z̄ 0.854, Q = 20·0.305² + 25·0.244² = 3.353.
	q, p, df := sameCorrelation([]float64{math.Atanh(0.5), math.Atanh(0.8)}, []float64{20, 25})
	about(t, "Q", q, 3.353, 2)
	about(t, "P", p, 0.067, 3)
	if df != 1 {
		t.Errorf("degrees of freedom %d", df)
	}
}

// Peak expiratory flow by two meters, of 17 people: Bland & Altman 1986, Lancet 327:307, table.
var (
	wright = []float64{494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427}
	mini   = []float64{512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451}
)

func TestBlandAndAltmans(t *testing.T) {
	pairs := pairsOf(mini, wright) // their difference is Wright less mini
	a := Agree(pairs, Judging{})
	about(t, "bias", a.Bias, -2.1, 1)
	about(t, "SD", a.SD, 38.8, 1)
	about(t, "R", a.R, 0.94, 2)
	low, high, by := Intervals(pairs, Judging{}, 0, 0)
	about(t, "bias, low", low.Bias, -22.0, 1) // the paper's −2.1 ± 2.12·9.4, unrounded
	about(t, "bias, high", high.Bias, 17.8, 1)
	// The paper's approximation for the upper limit is 73.9 ± 34.6: the exact interval is further out on both sides.
	if !(high.LimitHi > 73.9+34.6 && low.LimitHi > 73.9-34.6 && low.LimitHi < 73.9) {
		t.Errorf("upper limit %v to %v", low.LimitHi, high.LimitHi)
	}
	for k, name := range measureNames {
		if kappa := k >= len(measureNames)-4; kappa != (by[k] == "") && name != "within_close" {
			t.Errorf("%s: interval by %q", name, by[k])
		}
	}
}

// Against the approximation where n is large: Bland & Altman 1999 give SE(limit) = √(1/n + 1.96²/2(n−1))·SD.
func TestLimitIntervalsOfMany(t *testing.T) {
	lower, upper := LimitIntervals(0, 1, 5000)
	se := math.Sqrt(1./5000 + 1.96*1.96/2/4999)
	if math.Abs(upper[0]-(1.96-1.96*se)) > 1e-3 || math.Abs(upper[1]-(1.96+1.96*se)) > 1e-3 || lower[0] != -upper[1] {
		t.Errorf("%v, %v", lower, upper)
	}
}

func TestConcordance(t *testing.T) {
	a := Agree(pairsOf([]float64{1, 2, 3}, []float64{2, 3, 4}), Judging{})
	near(t, "CCC", a.CCC, 4./7)
	near(t, "R", a.R, 1)
}

func TestIntraclassOfShroutAndFleiss(t *testing.T) {
	icc, low, high := Intraclass([][]float64{{9, 2, 5, 8}, {6, 1, 3, 2}, {8, 4, 6, 8}, {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}})
	about(t, "ICC(2,1)", icc, 0.29, 2)
	about(t, "low", low, 0.02, 2)
	about(t, "high", high, 0.76, 2)
	if icc, _, _ := Intraclass([][]float64{{1, 1}, {1, 1}}); !math.IsNaN(icc) {
		t.Errorf("of one number: %v", icc)
	}
	pairs := pairsOf(byPeople, byMachine)
	var rows [][]float64
	for _, p := range pairs {
		rows = append(rows, []float64{p.People, p.Machine})
	}
	icc, low, high = Intraclass(rows)
	a, b, c := momentsOf(pairs).intraclass()
	near(t, "ICC by moments", a, icc)
	near(t, "low by moments", b, low)
	near(t, "high by moments", c, high)
}

func TestKappa(t *testing.T) {
	k := WeightedKappa([][]float64{{20, 5}, {10, 15}}, Same)
	near(t, "kappa", k.Value, 0.4)
	// Cohen 1968, p. 215: 3 diagnoses of 200 patients; disagreement 0 to 6.
	cohen := [][]float64{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}
	weights := [][]float64{{0, 1, 3}, {1, 0, 6}, {3, 6, 0}}
	about(t, "Cohen's kappa", WeightedKappa(cohen, Same).Value, 0.492, 3)
	about(t, "weighted", WeightedKappa(cohen, func(i, j int) float64 { return 1 - weights[i][j]/6 }).Value, 0.348, 3)
	if k := WeightedKappa([][]float64{{10, 0}, {0, 5}}, Same); k.Value != 1 || !math.IsNaN(k.Low) {
		t.Errorf("all agree: %+v", k)
	}
	if k := WeightedKappa([][]float64{{10, 0}, {0, 0}}, Same); !math.IsNaN(k.Value) || k.Observed != 1 {
		t.Errorf("one class: %+v", k)
	}
	if k := WeightedKappa(nil, Same); !math.IsNaN(k.Value) {
		t.Errorf("of nothing: %+v", k)
	}
}

// Quadratic kappa of numbers as classes is their concordance (with 1/n): two ways to the same number that share no code.
func TestQuadraticKappaIsConcordance(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 100 {
		var pairs []Pair
		for i := range 3 + r.IntN(30) {
			people := r.IntN(9)
			pairs = append(pairs, Pair{fmt.Sprint(i), float64(people), float64(max(0, people+r.IntN(5)-2))})
		}
		a := Agree(pairs, counting)
		if math.IsNaN(a.CCC) != math.IsNaN(a.KappaQuadratic) || math.Abs(a.CCC-a.KappaQuadratic) > 1e-9 {
			t.Fatalf("CCC %v, kappa %v of %v", a.CCC, a.KappaQuadratic, pairs)
		}
	}
	for _, pairs := range [][]Pair{{{"a", 0.5, 1}, {"b", 2, 2}, {"c", 3, 2}}, {{"a", -1, 1}, {"b", 2, 2}}} {
		if k := KappasOf(pairs); !math.IsNaN(k.Same.Value) || !math.IsNaN(k.Presence.Value) {
			t.Errorf("kappas of what are no counts: %+v", k)
		}
	}
}

func TestDeming(t *testing.T) {
	near(t, "slope", deming(5, 9, 6), (4+math.Sqrt(160))/12)
	// Turned round it is the same line, which least squares' is not.
	a, b := Agree(pairsOf(byPeople, byMachine), counting), Agree(pairsOf(byMachine, byPeople), counting)
	near(t, "turned round", a.DemingSlope, 1/b.DemingSlope)
	if a.Slope > 1/b.Slope-0.01 {
		t.Errorf("least squares %v and %v", a.Slope, 1/b.Slope)
	}
}

func TestRatio(t *testing.T) {
	pairs := pairsOf([]float64{2, 4, 6}, []float64{1, 4, 7})
	low, high := ratioInterval(inOrder(pairs, func(p Pair) string { return p.Deployment }))
	about(t, "low", low, 0.54, 2)
	about(t, "high", high, 1.86, 2)
}

func TestCountModel(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	var poisson, wide, exact []Pair
	for i := range 200 {
		machine := float64(r.IntN(12))
		mu := 1.5 * math.Pow(machine+1, 0.8)
		poisson = append(poisson, Pair{fmt.Sprint(i), float64(draw(r, mu)), machine})
		wide = append(wide, Pair{fmt.Sprint(i), float64(draw(r, mu*r.ExpFloat64())), machine}) // θ = 1
		exact = append(exact, Pair{fmt.Sprint(i), machine, machine})
	}
	m, err := FitCounts(poisson)
	if err != nil || m.Family != Poisson || !(m.BLow < 0.8 && 0.8 < m.BHigh) || math.Abs(m.Dispersion-1) > 0.3 {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = FitCounts(wide)
	if err != nil || m.Family != NegativeBinomial || !(m.BLow < 0.8 && 0.8 < m.BHigh) || m.Theta < 0.6 || m.Theta > 1.6 {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = FitCounts(exact)
	if err != nil || m.Family != Poisson || m.Dispersion > 0.5 {
		t.Errorf("a machine that is right: %+v, %v", m, err)
	}
	if at, ok := m.At(11); !ok || math.Abs(at-11) > 0.7 {
		t.Errorf("11 became %v", at)
	}
	if at, ok := m.At(12); ok || at != 12 {
		t.Errorf("beyond: %v", at)
	}
	if tried := TryModel(wide); tried == nil || !(tried.MAE > 0 && tried.RMSE >= tried.MAE) {
		t.Errorf("%+v", tried)
	}
	for name, pairs := range map[string][]Pair{
		"few":           pairsOf([]float64{1, 2, 3}, []float64{1, 2, 3}),
		"none":          pairsOf([]float64{0, 0, 0, 0, 0, 0}, []float64{1, 2, 3, 0, 1, 2}),
		"one count":     pairsOf([]float64{1, 2, 3, 4, 5, 6}, []float64{2, 2, 2, 2, 2, 2}),
		"all or none":   pairsOf([]float64{0, 0, 0, 3, 4, 3}, []float64{0, 0, 0, 5, 5, 5}),
		"under nothing": pairsOf([]float64{1, 2, 3, 4, 5, 6}, []float64{-1, 2, 2, 2, 2, 2}),
		"no number":     pairsOf([]float64{1, 2, 3, 4, 5, math.NaN()}, []float64{1, 2, 2, 2, 2, 2}),
	} {
		if m, err := FitCounts(pairs); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
		if TryModel(pairs) != nil {
			t.Errorf("%s: tried", name)
		}
	}
}

// draw is a Poisson number.
func draw(r *rand.Rand, mu float64) (n int) {
	for at := r.ExpFloat64(); at < mu; at += r.ExpFloat64() {
		n++
	}
	return n
}

func TestWrongOf(t *testing.T) {
	c := Confusion{Taxa: []string{"shark", "ray"}, Counts: [][]int{{3, 1, 2}, {4, 5, 0}, {7, 1, 0}}, Double: []int{2, 0}}
	if w := c.wrongOf("shark"); w != (Wrong{Duplicates: 2, Misnamed: 4, Nothing: 5, Renamed: 1}) {
		t.Errorf("%+v", w)
	}
	if w := c.wrongOf("ray").Plus(c.wrongOf("fish")); w != (Wrong{Misnamed: 1, Nothing: 1, Renamed: 4}) {
		t.Errorf("%+v", w)
	}
	k := c.NamingKappa() // 13 found: 8 right; chance (4·7 + 9·6)/169
	near(t, "naming", k.Value, (8./13-82./169)/(1-82./169))
}
