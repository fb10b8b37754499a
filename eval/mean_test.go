package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestMeanInterval(t *testing.T) {
	values := []float64{0, 0, 3, 1, 0, 2, 7, 0, 1, 0, 0, 1}
	low, high, ok := MeanInterval(values, 2000, 1)
	if !ok || low < 0 || low >= 1.25 || high <= 1.25 {
		t.Errorf("mean 1.25: %v to %v, %v", low, high, ok)
	}
	// Wider above than below: a school that was not met would raise the mean, an empty drop hardly lower it.
	if high-1.25 <= 1.25-low {
		t.Errorf("%v to %v is not skewed as the counts are", low, high)
	}
	if l, h, _ := MeanInterval(values, 2000, 1); l != low || h != high {
		t.Error("the same seed gives another interval")
	}
	for name, values := range map[string][]float64{
		"none": nil, "nine": values[:9], "seen in four": {0, 0, 3, 1, 0, 2, 7, 0, 0, 0, 0, 0}, "all alike": {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2},
	} {
		if low, high, ok := MeanInterval(values, 100, 1); ok {
			t.Errorf("%s: %v to %v, want no interval", name, low, high)
		}
	}
}

// TestMeanIntervalCovers: surveys of 20 deployments are made up, of a taxon that is at 7 of 10 places and there in numbers that
// vary much (a negative binomial of mean 2 and shape 0.7). The interval holds the true mean in about 95 of 100 surveys, and more often than
// Student's.
func TestMeanIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const surveys, deployments, truth, student = 600, 20, 0.7 * 2, 2.093
	held, students, made := 0, 0, 0
	for n := range surveys {
		values := make([]float64, deployments)
		for i := range values {
			if r.Float64() < 0.7 {
				values[i] = float64(negativeBinomialDraw(r, 2, 0.7))
			}
		}
		low, high, ok := MeanInterval(values, 300, uint64(n))
		if !ok {
			continue
		}
		made++
		if low <= truth && truth <= high {
			held++
		}
		if mean, sd := meanSD(values); math.Abs(mean-truth) <= student*sd/math.Sqrt(deployments) {
			students++
		}
	}
	t.Logf("of %d surveys the interval held the true mean in %d, Student's in %d", made, held, students)
	if share := float64(held) / float64(made); share < 0.92 || share > 0.985 || held <= students || made < surveys*9/10 {
		t.Errorf("of %d surveys the interval held the true mean in %d, Student's in %d", made, held, students)
	}
}

// negativeBinomialDraw draws a number: the first at which the chances, summed from 0 on, pass a number drawn evenly from 0 to 1.
func negativeBinomialDraw(r *rand.Rand, mean, shape float64) int {
	left := r.Float64()
	p := math.Pow(shape/(shape+mean), shape)
	for k := 0; ; k++ {
		if left -= p; left < 0 || k > 1000 {
			return k
		}
		p *= (float64(k) + shape) / float64(k+1) * mean / (shape + mean)
	}
}
