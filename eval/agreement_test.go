package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// counting is how MaxN is compared.
var counting = Judging{Close: 1, Counts: true}

func pairsOf(people, machine []float64) []Pair {
	var out []Pair
	for i := range people {
		out = append(out, Pair{fmt.Sprint("site ", i), people[i], machine[i]})
	}
	return out
}

func TestAgreeWorked(t *testing.T) {
	a := Agree(pairsOf([]float64{1, 2, 3, 4}, []float64{1, 2, 2, 5}), counting)
	near(t, "R", a.R, 6/math.Sqrt(45))
	near(t, "R2", a.R2, 0.8)
	near(t, "slope", a.Slope, 1.2)
	near(t, "intercept", a.Intercept, -0.5)
	near(t, "bias", a.Bias, 0)
	near(t, "upper limit", a.LimitHi, 1.96*math.Sqrt(2./3))
	near(t, "lower limit", a.LimitLo, -1.96*math.Sqrt(2./3))
	near(t, "MAE", a.MAE, 0.5)
	near(t, "RMSE", a.RMSE, math.Sqrt(0.5))
	near(t, "exact", a.Exact, 0.5)
	near(t, "within", a.Within, 1)
}

// Numbers that NumPy gives: corrcoef, polyfit(x, y, 1), std(ddof=1).
var (
	byPeople  = []float64{13, 16, 0, 16, 9, 10, 12, 5, 19, 1, 5, 7, 11, 8, 2}
	byMachine = []float64{13, 16, 0, 13, 8, 12, 12, 3, 15, 0, 5, 7, 10, 9, 2}
)

func TestAgreeLikeNumPy(t *testing.T) {
	a := Agree(pairsOf(byPeople, byMachine), counting)
	near(t, "R", a.R, 0.9655975235578146)
	near(t, "slope", a.Slope, 0.89846019742)
	near(t, "intercept", a.Intercept, 0.3070889018)
	near(t, "bias", a.Bias, -0.6)
	near(t, "SD", a.SD, 1.5023790657297034)
	near(t, "MAE", a.MAE, 1)
	near(t, "RMSE", a.RMSE, 1.570562531918633)
	near(t, "exact", a.Exact, 7./15)
	near(t, "within one", a.Within, 11./15)
	if a.N != 15 || a.Zeros != 1 {
		t.Errorf("n %d, zeros %d", a.N, a.Zeros)
	}
}

func TestAgreeOfLittle(t *testing.T) {
	none := Agree(nil, counting)
	for _, v := range none.measures() {
		if !math.IsNaN(*v) {
			t.Errorf("of no pair: %+v", none)
			break
		}
	}
	two := Agree(pairsOf([]float64{1, 2}, []float64{1, 2}), counting)
	if !math.IsNaN(two.R) || two.Slope != 1 || two.Exact != 1 {
		t.Errorf("of two: %+v", two)
	}
	flat := Agree(pairsOf([]float64{2, 2, 2}, []float64{1, 2, 3}), counting)
	if !math.IsNaN(flat.R) || !math.IsNaN(flat.Slope) || flat.Bias != 0 {
		t.Errorf("of one count: %+v", flat)
	}
}

func TestAgreeProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 3 + r.IntN(20)
		people, machine := make([]float64, n), make([]float64, n)
		for i := range n {
			people[i], machine[i] = float64(r.IntN(15)), float64(r.IntN(15))
		}
		a, b := Agree(pairsOf(people, machine), counting), Agree(pairsOf(machine, people), counting)
		if math.Abs(a.R-b.R) > 1e-12 || a.MAE != b.MAE || a.Exact != b.Exact || math.Abs(a.Bias+b.Bias) > 1e-12 {
			t.Fatalf("not the same from both sides: %+v, %+v", a, b)
		}
		if a.Exact > a.Within || a.MAE > a.RMSE+1e-12 || math.Abs(a.Bias) > a.MAE+1e-12 {
			t.Fatalf("%+v", a)
		}
	}
}

func TestIntervalsOfIndependentPairs(t *testing.T) {
	pairs := pairsOf(byPeople, byMachine)
	low, high, by := Intervals(pairs, counting, 0, 0)
	a := Agree(pairs, counting)
	lows, highs := low.measures(), high.measures()
	for k, v := range a.measures() {
		if !(*lows[k] < *v && *v < *highs[k]) || by[k] == "" || by[k] == ByBootstrap {
			t.Errorf("%s: %v is not within %v to %v (%s)", measureNames[k], *v, *lows[k], *highs[k], by[k])
		}
	}
}

// clustered are three taxa of each deployment.
func clustered(n int) (out []Pair) {
	r := rand.New(rand.NewPCG(9, 9))
	for d := range n {
		for range 3 {
			people := float64(r.IntN(8))
			out = append(out, Pair{fmt.Sprint(d), people, max(0, people+float64(r.IntN(3)-1))})
		}
	}
	return out
}

func TestIntervalsOfPairsThatHangTogether(t *testing.T) {
	pairs := clustered(12)
	low, high, by := Intervals(pairs, counting, 2000, 7)
	again, _, _ := Intervals(pairs, counting, 2000, 7)
	if !reflect.DeepEqual(low, again) {
		t.Error("the same seed gives another interval")
	}
	other, _, _ := Intervals(pairs, counting, 2000, 8)
	if reflect.DeepEqual(low, other) {
		t.Error("another seed gives the same interval")
	}
	a := Agree(pairs, counting)
	lows, highs := low.measures(), high.measures()
	for k, v := range a.measures() {
		if !(*lows[k] <= *v && *v <= *highs[k] && *lows[k] < *highs[k]) || by[k] == "" {
			t.Errorf("%s: %v is not within %v to %v", measureNames[k], *v, *lows[k], *highs[k])
		}
	}
	// All pairs of a deployment go together: one deployment says nothing of others, and four say too little.
	if low, high, _ := Intervals(clustered(1), counting, 100, 1); !math.IsNaN(low.Bias) || !math.IsNaN(high.R) || !math.IsNaN(high.Exact) {
		t.Errorf("of one deployment: %+v to %+v", low, high)
	}
	if low, high, _ := Intervals(clustered(4), counting, 100, 1); !math.IsNaN(low.Bias) || !math.IsNaN(high.R) || math.IsNaN(high.Exact) {
		t.Errorf("of four deployments: %+v to %+v", low, high)
	}
	if low, _, _ := Intervals(nil, counting, 100, 1); !math.IsNaN(low.Bias) {
		t.Errorf("of none: %+v", low)
	}
}

// TestNoIntervalIsAPoint: where all pairs are equal, or none is, whatever the number of them and however they hang
// together, an interval is either wide or not there.
func TestNoIntervalIsAPoint(t *testing.T) {
	for _, perDeployment := range []int{1, 3} {
		for _, apart := range []float64{0, 2} {
			var pairs []Pair
			for i := range 6 * perDeployment {
				people := float64(i % 4)
				pairs = append(pairs, Pair{fmt.Sprint(i / perDeployment), people, people + apart})
			}
			low, high, by := Intervals(pairs, counting, 500, 1)
			lows, highs := low.measures(), high.measures()
			for k := range lows {
				if *lows[k] == *highs[k] || math.IsNaN(*lows[k]) != math.IsNaN(*highs[k]) || (by[k] == "") != math.IsNaN(*lows[k]) {
					t.Errorf("%d a deployment, %v apart: %s from %v to %v by %q", perDeployment, apart, measureNames[k], *lows[k], *highs[k], by[k])
				}
			}
			if apart > 0 && (low.Exact != 0 || math.Abs(high.Exact-0.4593) > 1e-4) {
				t.Errorf("none of 6 deployments equal: %v to %v", low.Exact, high.Exact)
			}
		}
	}
}

// TestIntervalsCover: of surveys whose true bias is known, the interval holds it in about 95 of 100, also where
// deployments are few. Pairs within a deployment hang together, so that drawing single pairs would cover far fewer.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const surveys, bias = 200, -0.4
	for _, x := range []struct{ deployments, pairs, rounds int }{{40, 3, 300}, {8, 3, 1000}, {6, 1, 1}} {
		held, correlations := 0, 0
		for n := range surveys {
			var pairs []Pair
			for d := range x.deployments {
				site := r.NormFloat64()
				for range x.pairs {
					people := 5 + 3*r.NormFloat64()
					pairs = append(pairs, Pair{fmt.Sprint(d), people, people + bias + site + 0.3*r.NormFloat64()})
				}
			}
			low, high, _ := Intervals(pairs, Judging{Close: 1}, x.rounds, uint64(n))
			if low.Bias <= bias && bias <= high.Bias {
				held++
			}
			if rho := 3 / math.Sqrt(9+1+0.09); low.R <= rho && rho <= high.R {
				correlations++
			}
		}
		t.Logf("%d deployments of %d pairs: the interval held the true bias in %d of %d surveys, the true R in %d", x.deployments, x.pairs, held, surveys, correlations)
		for _, n := range []int{held, correlations} {
			if share := float64(n) / surveys; share < 0.9 || share > 0.995 {
				t.Errorf("%+v: the interval held the truth in %.1f %% of surveys", x, 100*share)
			}
		}
	}
}

func TestCorrectionLikeNumPy(t *testing.T) {
	want := [][]float64{ // numpy.polyfit(machine, people, degree), lowest first
		{0.2854026845637595, 1.0377516778523486},
		{0.8084143566132557, 0.7835075671412147, 0.016633313938950164},
		{0.5955844763750934, 1.066021966062285, -0.030603876718450426, 0.001984636905310713},
	}
	for i, coefficients := range want {
		c, err := FitCorrection(pairsOf(byPeople, byMachine), i+1)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range coefficients {
			if math.Abs(c.Coefficients[k]-v) > 1e-9 {
				t.Errorf("degree %d: %v, want %v", i+1, c.Coefficients, coefficients)
			}
		}
		if c.Least != 0 || c.Most != 16 || c.N != 15 {
			t.Errorf("%+v", c)
		}
	}
	line := Correction{Coefficients: []float64{-1, 2}, Least: 0, Most: 10}
	for _, x := range []struct {
		count, want float64
		ok          bool
	}{{3, 5, true}, {0, 0, true}, {10, 19, true}, {11, 11, false}, {math.NaN(), math.NaN(), false}} {
		if got, ok := line.Apply(x.count); ok != x.ok || got != x.want && !math.IsNaN(x.want) {
			t.Errorf("%v became %v, %v", x.count, got, ok)
		}
	}
	if got, ok := (Correction{}).Apply(3); got != 3 || ok {
		t.Errorf("no correction made %v of 3, %v", got, ok)
	}
}

func TestTryCorrections(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	// A machine that over-counts where there are many (as Connolly et al. found over 15 fish).
	var crowded, fair []Pair
	for i := range 80 {
		people := float64(r.IntN(30))
		name := fmt.Sprint(i)
		crowded = append(crowded, Pair{name, people, math.Round(people + 0.018*people*people + 0.5*r.NormFloat64())})
		fair = append(fair, Pair{name, people, people})
	}
	tried, err := TryCorrections(crowded)
	if err != nil || len(tried) != 4 {
		t.Fatalf("%v, %v", tried, err)
	}
	best := BestCorrection(tried)
	if best.Degree < 2 || best.RMSE > tried[0].RMSE/3 {
		t.Errorf("best %+v of %+v", best, tried)
	}
	corrected, ok := best.Correction.Apply(math.Round(25 + 0.018*625))
	if !ok || math.Abs(corrected-25) > 1.5 {
		t.Errorf("25 animals became %v", corrected)
	}
	tried, err = TryCorrections(fair)
	if err != nil {
		t.Fatal(err)
	}
	if best := BestCorrection(tried); best.Degree != 0 {
		t.Errorf("a machine that is always right is corrected: %+v", best)
	}
}

func TestCorrectionOfLittle(t *testing.T) {
	two := pairsOf([]float64{1, 2}, []float64{1, 2})
	if _, err := FitCorrection(two, 1); err == nil {
		t.Error("a line through two counts")
	}
	if _, err := FitCorrection(pairsOf(byPeople, byMachine), 4); err == nil {
		t.Error("degree 4")
	}
	bad := append(pairsOf(byPeople, byMachine), Pair{"x", math.NaN(), 1})
	if _, err := FitCorrection(bad, 1); err == nil {
		t.Error("a count that is none")
	}
	if _, err := TryCorrections(bad); err == nil {
		t.Error("a count that is none, tried")
	}
	if _, err := TryCorrections(nil); err == nil {
		t.Error("no pairs")
	}
	tried, err := TryCorrections(two)
	if err != nil || len(tried) != 1 || tried[0].Degree != 0 {
		t.Errorf("%+v, %v", tried, err)
	}
}
