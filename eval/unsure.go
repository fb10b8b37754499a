package eval

import (
	"math"
	"slices"
)

// Unsure is two thresholds that part detections into three: those that are taken, from High
// on; those that are not, under Low; and between them the unsure, which are a person's to judge (Villon et
// al. 2020, Sci. Rep. 10:10972, who so went from 22 % of errors to 2.98 %).
type Unsure struct{ Low, High float64 }

// The unsure class leaves so many of a hundred detections wrong that are taken, and so many of a hundred
// right ones under it.
const (
	sureWrong = 0.05
	lostRight = 0.05
)

// ChooseUnsure chooses them: High is the lowest score from which on at most one detection of 20 is wrong (+Inf where
// there is none), Low the highest under which at most one right detection of 20 lies, but never above High.
//
// Worked example: scores 0.9 right, 0.8 right, 0.6 wrong, 0.5 right, 0.2 wrong. From 0.8 on all are right, from 0.6 on
// a third is wrong: High is 0.8. Below 0.5 no right one lies: Low is 0.5. The wrong one at 0.6 and the right one at 0.5
// are unsure.
func (p PR) ChooseUnsure() Unsure {
	u := Unsure{Low: math.Inf(1), High: math.Inf(1)}
	right := 0
	for i, s := range p.Scores {
		if p.Right[i] {
			right++
		}
		last := i+1 == len(p.Scores) || p.Scores[i+1] < s
		if last && float64(i+1-right) <= sureWrong*float64(i+1) {
			u.High = s
		}
	}
	under := 0
	for i, s := range slices.Backward(p.Scores) {
		if p.Right[i] {
			under++
		}
		if float64(under) > lostRight*float64(right) {
			u.Low = s
			break
		}
	}
	u.Low = math.Min(u.Low, u.High)
	return u
}

// UnsureScore is what the two thresholds are worth on pictures on which they were not chosen.
type UnsureScore struct {
	Thresholds []Unsure // of each part of the test, as the others chose them; empty: there was nothing to choose from
	// With one threshold, that of the best F on the others:
	Taken, TakenWrong int
	// With two:
	Sure, SureWrong     int
	Unsure, UnsureRight int
	LostRight           int // right ones under Low

	TakenShare, SureShare Share // that are wrong of those taken and of the sure, by the parts of the test
}

// ErrorBefore is the share of detections that are wrong with one threshold, NaN where there are none.
func (s UnsureScore) ErrorBefore() float64 { return float64(s.TakenWrong) / float64(s.Taken) }

// ErrorAfter is the share of those that are taken with two.
func (s UnsureScore) ErrorAfter() float64 { return float64(s.SureWrong) / float64(s.Sure) }

// scoreUnsure chooses the thresholds for each part on the others, and counts.
func scoreUnsure(parts []PR) (out UnsureScore) {
	var taken, sure []Part
	for i, p := range parts {
		rest := PoolCurves(slices.Concat(parts[:i], parts[i+1:])...)
		if rest.Truth == 0 || len(rest.Scores) == 0 {
			continue
		}
		one, _ := rest.BestF()
		u := rest.ChooseUnsure()
		out.Thresholds = append(out.Thresholds, u)
		before := out
		for k, s := range p.Scores {
			wrong, right := 1, 0
			if p.Right[k] {
				wrong, right = 0, 1
			}
			if s >= one {
				out.Taken++
				out.TakenWrong += wrong
			}
			switch {
			case s >= u.High:
				out.Sure++
				out.SureWrong += wrong
			case s >= u.Low:
				out.Unsure++
				out.UnsureRight += right
			default:
				out.LostRight += right
			}
		}
		taken = append(taken, Part{float64(out.TakenWrong - before.TakenWrong), float64(out.Taken - before.Taken)})
		sure = append(sure, Part{float64(out.SureWrong - before.SureWrong), float64(out.Sure - before.Sure)})
	}
	out.TakenShare, out.SureShare = ClusteredShare(taken), ClusteredShare(sure)
	return out
}
