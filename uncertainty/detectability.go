package uncertainty

import (
	"encoding/json"
	"fmt"
	"math"
)

// Detectability is how well a detector, with the tracker behind it, sees one taxon, as it was
// measured on video that it was not trained on (eval.MeasureDetectability). It speaks of
// candidates: tracks made of all detections down to the lowest score that is kept, so that
// a weak detection is not lost but weighed. As JSON it goes into a model file.
type Detectability struct {
	// The chance that a candidate is an animal of the taxon, as log odds:
	// Offset + Slope·logit(mean probability of its points) + Length·ln(number of points) +
	// Company·ln(1 + others in its frames), see Traits.
	Slope   float64 `json:"slope"`
	Offset  float64 `json:"offset"`
	Length  float64 `json:"length"`
	Company float64 `json:"company"`
	// Spread: standard deviation, from deployment to deployment, of those log odds.
	Spread float64 `json:"spread"`

	Hole float64 `json:"hole"`   // chance that the animal is there between two points of its candidate, where it was not detected
	Edge float64 `json:"edge_s"` // seconds, the mean, that it is there before its first detection, and after its last

	// Missed is how many visits leave no candidate, for each that does; 1 in Chance says how sure
	// that is in a deployment: it is the mean of a gamma distribution with the shape Shape.
	Missed float64 `json:"missed"`
	Shape  float64 `json:"shape"`
	// Absent: a deployment in which nothing was found has as many missed visits as one in which so many were.
	Absent float64 `json:"absent"`
	// Together: share of the missed visits that fall in with the candidates; the others come at any time.
	Together float64   `json:"together"`
	Visits   []float64 `json:"visit_s"` // lengths of missed visits, seconds, rising; each as likely as another

	// What it was measured on; 0 deployments: on nothing, it is Prior.
	Deployments int `json:"deployments"`
	Candidates  int `json:"candidates"`
	Animals     int `json:"visits"`
}

// Prior is the detectability of a detector of which nothing was measured: a candidate is right as
// often as its points, one visit is missed for two that are found, and all of that may
// be otherwise by much.
func Prior() Detectability {
	return Detectability{Slope: 1, Spread: 1, Hole: 0.8, Edge: 1, Missed: 0.5, Shape: 1, Absent: 0.5, Together: 0.5, Visits: []float64{1, 1, 2, 3, 5, 8}}
}

// Measured tells whether the detectability is of this detector, or assumed.
func (a Detectability) Measured() bool { return a.Deployments > 0 }

// Traits is what a candidate's chance of being an animal is told by.
type Traits struct {
	Odds    float64 // log odds of the mean probability of its points being right, within ±7
	Points  int
	Company float64 // other candidates of the taxon in its frames, each as much as its points are probable; the mean over its frames
}

// Real is the chance that a candidate is an animal of the taxon.
func (a Detectability) Real(t Traits) float64 {
	x := t.Values()
	return Logistic(a.Offset + a.Slope*x[0] + a.Length*x[1] + a.Company*x[2])
}

// Values are the traits as they enter the log odds.
func (t Traits) Values() [3]float64 {
	return [3]float64{t.Odds, math.Log(float64(max(t.Points, 1))), math.Log1p(t.Company)}
}

// logit is the log odds of a chance, kept within ±7.
func logit(p float64) float64 {
	return math.Max(-7, math.Min(7, math.Log(p/(1-p))))
}

// Logistic is the chance that log odds mean.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// UnmarshalJSON reads an detectability and checks that it is one.
func (a *Detectability) UnmarshalJSON(text []byte) error {
	type plain Detectability
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	for _, v := range []float64{p.Slope, p.Offset, p.Length, p.Company, p.Spread, p.Hole, p.Edge, p.Missed, p.Shape, p.Absent, p.Together} {
		if math.Abs(v) > 1e6 {
			return fmt.Errorf("detectability: %v is out of any range", v)
		}
	}
	if p.Spread < 0 || p.Hole < 0 || p.Hole > 1 || p.Edge < 0 || p.Edge > 1e5 || p.Missed < 0 || !(p.Shape > 0) || p.Absent < 0 || p.Together < 0 || p.Together > 1 {
		return fmt.Errorf("detectability: a chance that is not from 0 to 1, or a number below 0")
	}
	if len(p.Visits) == 0 {
		return fmt.Errorf("detectability: no length of a missed visit (visit_s)")
	}
	for _, s := range p.Visits {
		if !(s >= 0 && s < 1e6) {
			return fmt.Errorf("detectability: a visit of %v s", s)
		}
	}
	*a = Detectability(p)
	return nil
}
