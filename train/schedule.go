package train

import "math"

// At is the learning rate of a step, of all steps. It rises evenly from Base/Warmup to Base
// over the warm-up, then stays (constant), or falls as half a cosine to Base·Final
// (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).
//
// Worked example: Base 0.008, Warmup 2, Final 0, 6 steps. Steps 0 and 1 are 0.004 and
// 0.008. Four are left: step 2 is 0.008·(1 + cos 0)/2 = 0.008, step 4, half way, 0.004.
func (r Rate) At(step, all int) float64 {
	if step < r.Warmup {
		return r.Base * float64(step+1) / float64(r.Warmup)
	}
	if r.Schedule == "constant" {
		return r.Base
	}
	left := math.Min(1, float64(step-r.Warmup)/math.Max(1, float64(all-r.Warmup)))
	return r.Base * (r.Final + (1-r.Final)*(1+math.Cos(math.Pi*left))/2)
}

// At is the decay after a number of steps: small while the weights still move fast.
func (a Averaging) At(step int) float64 {
	return a.Decay * (1 - math.Exp(-float64(step)/a.Ramp))
}
