package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChooseUnsure(t *testing.T) {
	worked := PR{Truth: 3, Scores: []float64{0.9, 0.8, 0.6, 0.5, 0.2}, Right: []bool{true, true, false, true, false}}
	if u := worked.ChooseUnsure(); u != (Unsure{0.5, 0.8}) {
		t.Errorf("%+v", u)
	}
	never := PR{Truth: 1, Scores: []float64{0.9, 0.9, 0.3}, Right: []bool{false, true, false}} // a tie is not parted
	if u := never.ChooseUnsure(); !math.IsInf(u.High, 1) || u.Low != 0.9 {
		t.Errorf("nothing is sure: %+v", u)
	}
	if u := (PR{}).ChooseUnsure(); !math.IsInf(u.High, 1) {
		t.Errorf("of nothing: %+v", u)
	}
}

// On parts alike, few that are taken are wrong and few right ones are lost.
func TestScoreUnsure(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var parts []PR
	for range 4 {
		p := PR{Truth: 1000}
		for range 2000 {
			p.Scores = append(p.Scores, rng.Float64())
		}
		slices.Sort(p.Scores)
		slices.Reverse(p.Scores)
		for _, s := range p.Scores {
			p.Right = append(p.Right, rng.Float64() < s)
		}
		parts = append(parts, p)
	}
	s := scoreUnsure(parts)
	if e := s.ErrorAfter(); e > 0.07 || s.ErrorBefore() < 0.2 {
		t.Errorf("errors %.3f, with two thresholds %.3f", s.ErrorBefore(), e)
	}
	if lost := float64(s.LostRight) / 4000; lost > 0.07 || s.Unsure == 0 {
		t.Errorf("%.3f of the right ones are lost, %d unsure", lost, s.Unsure)
	}
}
