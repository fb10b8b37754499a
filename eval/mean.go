package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Fewer deployments than leastDeployments, or fewer that are not 0 than leastSeen, do not tell how their numbers vary.
const leastDeployments, leastSeen = 10, 5

// MeanInterval is where the mean of a number lies if other deployments like these had been made: the ends of its 95 % interval
// by the bootstrap-t (Efron & Tibshirani 1993, ch. 12.5). Deployments are drawn with replacement, rounds times (2,000 are enough;
// the same seed gives the same); with t = (drawn mean − mean) / (standard error of the draw),
//
//	low, high = mean − t(0.975)·SE, mean − t(0.025)·SE
//
// The numbers are counts. Those of rare animals are mostly zeros and a few schools: there the symmetric interval of Student's t
// holds the true mean too seldom; TestMeanIntervalCovers measures both. It takes the deployments to be drawn
// independently of each other. ok is false, and there is no interval, of fewer than 10 deployments, of fewer than 5 that are not 0,
// and where all are the same.
func MeanInterval(values []float64, rounds int, seed uint64) (low, high float64, ok bool) {
	seen := 0
	for _, v := range values {
		if v != 0 {
			seen++
		}
	}
	mean, sd := meanSD(values)
	if len(values) < leastDeployments || seen < leastSeen || sd == 0 {
		return 0, 0, false
	}
	random := rand.New(rand.NewPCG(seed, uint64(len(values))))
	root := math.Sqrt(float64(len(values)))
	var found []float64
	drawn := make([]float64, len(values))
	for range rounds {
		for i := range drawn {
			drawn[i] = values[random.IntN(len(values))]
		}
		if m, s := meanSD(drawn); s > 0 { // one of equal numbers has no t
			found = append(found, (m-mean)/(s/root))
		}
	}
	slices.Sort(found)
	low, high = mean-quantile(found, 0.975)*sd/root, mean-quantile(found, 0.025)*sd/root
	return max(low, 0), high, true
}
