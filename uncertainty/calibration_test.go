package uncertainty

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// detections are some, the highest score first, and whether each is right.
type detections struct {
	scores []float64
	right  []bool
}

// trial is n detections whose probability of being right is a known function of their score.
func trial(r *rand.Rand, n int, probability func(float64) float64) (d detections) {
	for range n {
		d.scores = append(d.scores, r.Float64())
	}
	slices.SortFunc(d.scores, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	for _, s := range d.scores {
		d.right = append(d.right, r.Float64() < probability(s))
	}
	return d
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestIsotonicWorked(t *testing.T) {
	// From below: at 0.1 right (added) and wrong, 1/2; 0.3 right and 0.5 wrong fall, pool
	// to 1/2 and join the first; 0.7 right; at 0.9 right and wrong (added), 1/2, which
	// falls and pools with 0.7 to 2/3.
	p := detections{scores: []float64{0.9, 0.7, 0.5, 0.3, 0.1}, right: []bool{true, true, false, true, false}}
	scores, probabilities := isotonic(p.scores, p.right)
	if len(scores) != 2 {
		t.Fatalf("steps at %v: %v, want two", scores, probabilities)
	}
	near(t, "first step", scores[0], (0.1+0.1+0.3+0.5)/4)
	near(t, "its share", probabilities[0], 1./2)
	near(t, "second step", scores[1], (0.7+0.9+0.9)/3)
	near(t, "its share", probabilities[1], 2./3)
	c := Calibration{Kind: "isotonic", Scores: []float64{0.2, 0.6}, Probabilities: []float64{0.1, 0.9}}
	for score, want := range map[float64]float64{0: 0.1, 0.2: 0.1, 0.3: 0.3, 0.4: 0.5, 0.6: 0.9, 1: 0.9} {
		near(t, "between corners", c.Probability(score), want)
	}
	// Equal scores are one: whichever way they are ordered.
	a, b := detections{scores: []float64{0.5, 0.5}, right: []bool{true, false}}, detections{scores: []float64{0.5, 0.5}, right: []bool{false, true}}
	for _, p := range []detections{a, b} {
		scores, probabilities := isotonic(p.scores, p.right)
		if !slices.Equal(scores, []float64{0.5}) || !slices.Equal(probabilities, []float64{0.5}) {
			t.Errorf("a tie gives %v %v", scores, probabilities)
		}
	}
}

// TestIsotonicIsLeastSquares holds the pooling against the definition: max over the
// starts of min over the ends of the mean between (Barlow et al. 1972, ch. 1).
func TestIsotonicIsLeastSquares(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := trial(r, 2+r.IntN(40), func(s float64) float64 { return s })
		y := []float64{1}
		x := []float64{p.scores[len(p.scores)-1]}
		for i := len(p.scores) - 1; i >= 0; i-- {
			v := 0.0
			if p.right[i] {
				v = 1
			}
			y, x = append(y, v), append(x, p.scores[i])
		}
		y, x = append(y, 0), append(x, p.scores[0])
		// The added ones share their neighbours' scores, so that they may not be parted.
		parted := func(i int) bool { return x[i-1] != x[i] }
		var want []float64
		for i := range y {
			best := math.Inf(-1)
			for from := 0; from <= i; from++ {
				if from > 0 && !parted(from) {
					continue
				}
				least := math.Inf(1)
				for to := i + 1; to <= len(y); to++ {
					if to < len(y) && !parted(to) {
						continue
					}
					sum := 0.0
					for _, v := range y[from:to] {
						sum += v
					}
					least = math.Min(least, sum/float64(to-from))
				}
				best = math.Max(best, least)
			}
			want = append(want, best)
		}
		_, steps := isotonic(p.scores, p.right)
		want = slices.CompactFunc(want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
		if len(want) != len(steps) {
			t.Fatalf("steps %v, want %v", steps, want)
		}
		for i := range want {
			near(t, "step", steps[i], want[i])
		}
	}
}

func TestPlattFindsTheLine(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	p := trial(r, 20000, func(s float64) float64 { return Logistic(0.6*logOdds(s) - 1.2) })
	slope, offset := platt(p.scores, p.right)
	if math.Abs(slope-0.6) > 0.03 || math.Abs(offset+1.2) > 0.05 {
		t.Errorf("slope %v, offset %v; made with 0.6, -1.2", slope, offset)
	}
}

func FuzzCalibration(f *testing.F) {
	f.Add(`{"kind":"platt","slope":0.5,"offset":-1,"right":3,"wrong":4}`, 0.3)
	f.Add(`{"kind":"isotonic","scores":[0.1,0.5],"probabilities":[0.2,0.9]}`, 0.3)
	f.Add(`{"kind":"isotonic","scores":[0.5,0.1],"probabilities":[0.2,0.9]}`, 0.3)
	f.Add(`{"kind":"isotonic","scores":[0.5],"probabilities":[]}`, 0.3)
	f.Add(`{"kind":"combined","parts":[{"kind":"platt","slope":2,"right":7},{"kind":"isotonic","scores":[0.1,0.5],"probabilities":[0.2,0.9]}]}`, 0.3)
	f.Add(`{}`, 1.5)
	f.Fuzz(func(t *testing.T, text string, score float64) {
		var c Calibration
		if json.Unmarshal([]byte(text), &c) != nil || math.IsNaN(score) {
			return
		}
		a, b := c.Probability(score), c.Probability(score+0.125)
		if !(a >= 0 && a <= 1 && b >= a) {
			t.Errorf("%s: %v at %v, %v above", text, a, score, b)
		}
	})
}
