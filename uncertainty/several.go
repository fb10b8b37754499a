package uncertainty

import (
	"math"
	"slices"
)

// Several is which of a survey's certificates stand, so that the chance that any of them is wrong is at most limit. risks are the
// chances that each is wrong. Those with a risk of at most the one that it gives stand: the largest set of which the risks add up to
// no more than Share of limit. Whatever one certificate being wrong says of another, the chance that any of a set is wrong is at most that sum
// (the union bound: Bonferroni 1936). Equal risks stand or fall together, so that no order decides. -1: none stands.
//
// Worked example: of 0.03, 0.001, 0.04, 0.004 and 0.01 with a limit of 0.1 stand 0.001, 0.004, 0.01 and 0.03, which add up to 0.045 and hence to no more than half of it;
// with 0.04 it would be 0.085.
func Several(risks []float64, limit float64) (most float64) {
	most = -1
	sum := 0.0
	sorted := slices.Sorted(slices.Values(risks))
	for from := 0; from < len(sorted); {
		to := from
		for ; to < len(sorted) && sorted[to] == sorted[from]; to++ {
			sum += sorted[to]
		}
		if !(sum <= Share*limit) {
			return most
		}
		most, from = sorted[from], to
	}
	return most
}

// Finest is the risk down to which those of so many certificates have to be told apart for Several at a limit: each one's equal part of it, for
// as many as the next power of two, so that it does not change with each certificate. 0 without a limit.
func Finest(certificates int, limit float64) float64 {
	if !(limit > 0) {
		return 0
	}
	n := 1
	for n < certificates {
		n *= 2
	}
	return Share * limit / float64(n)
}

// apart is the share of a risk that its standard error may have, where risks are to be told apart.
const apart = 5

// utmostSamples bounds the draws where the limit is small or risks are to be told apart.
const utmostSamples = 64_000

// mostDraws is how many draws are made at most: as many as give a risk that is the limit a standard error under a fifth of it.
func mostDraws(limit, finest float64) int {
	least := limit
	if finest > 0 {
		least = min(limit, finest)
	}
	return int(min(max(mostSamples, math.Ceil(apart*apart/least)), utmostSamples))
}

// told tells whether a posterior's draws are enough: the risk is told from the limit, and, where it is under it, from others of a
// survey (Observations.Finest).
func (a Posterior) told(finest float64) bool {
	if math.Abs(a.Risk-Share*a.Limit) <= 3*a.Error {
		return false
	}
	return finest <= 0 || a.Risk > Share*a.Limit || a.Error <= max(finest, a.Risk)/apart
}

// Gain is by how much the look that is asked for first lowers the risk, as a mean; 0 where none is.
func (a Posterior) Gain() float64 {
	if len(a.Next) == 0 {
		return 0
	}
	return a.Next[0].Gain
}

// MostGained is which of several taxa is to be looked at next so that the sum of the risks falls most, by index: one that is not certified before
// all that are. -1 where there are none.
func MostGained(list []Posterior) int {
	at, most := -1, math.Inf(-1)
	for i, p := range list {
		gain := p.Gain()
		if p.Certified {
			gain--
		}
		if gain > most {
			at, most = i, gain
		}
	}
	return at
}
