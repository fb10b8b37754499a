package count

import (
	"encoding/json"
	"fmt"
	"math"
)

// Acuity is how well a detector, with the tracker behind it, sees one taxon, as it was
// measured on video that it was not trained on (eval.MeasureAcuity). It speaks of
// candidates: tracks made of all detections down to the lowest score that is kept, so that
// a weak detection is not lost but weighed. As JSON it goes into a model file.
type Acuity struct {
	// The chance that a candidate is an animal of the taxon, as log odds:
	// Offset + Slope·logit(mean probability of its points) + Length·ln(number of points).
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`
	Length float64 `json:"length"`
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

// Prior is the acuity of a detector of which nothing was measured: a candidate is right as
// often as its points, one visit is missed for two that are found, and all of that may
// be otherwise by much.
func Prior() Acuity {
	return Acuity{Slope: 1, Spread: 1, Hole: 0.8, Edge: 1, Missed: 0.5, Shape: 1, Absent: 0.5, Together: 0.5, Visits: []float64{1, 1, 2, 3, 5, 8}}
}

// Measured tells whether the acuity is of this detector, or assumed.
func (a Acuity) Measured() bool { return a.Deployments > 0 }

// Real is the chance that a candidate is an animal of the taxon: points are the
// probabilities of its detections being right, 0 to 1, at least one.
func (a Acuity) Real(points []float64) float64 {
	return logistic(a.Offset + a.Slope*MeanOdds(points) + a.Length*math.Log(float64(len(points))))
}

// MeanOdds is the log odds of the mean probability of a candidate's points, kept within ±7 (1 in 1,000).
func MeanOdds(points []float64) float64 {
	sum := 0.0
	for _, p := range points {
		sum += p
	}
	return logit(sum / float64(max(len(points), 1)))
}

// logit is the log odds of a chance, kept within ±7.
func logit(p float64) float64 {
	return math.Max(-7, math.Min(7, math.Log(p/(1-p))))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// UnmarshalJSON reads an acuity and checks that it is one.
func (a *Acuity) UnmarshalJSON(text []byte) error {
	type plain Acuity
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	for _, v := range []float64{p.Slope, p.Offset, p.Length, p.Spread, p.Hole, p.Edge, p.Missed, p.Shape, p.Absent, p.Together} {
		if math.Abs(v) > 1e6 {
			return fmt.Errorf("acuity: %v is out of any range", v)
		}
	}
	if p.Spread < 0 || p.Hole < 0 || p.Hole > 1 || p.Edge < 0 || p.Edge > 1e5 || p.Missed < 0 || !(p.Shape > 0) || p.Absent < 0 || p.Together < 0 || p.Together > 1 {
		return fmt.Errorf("acuity: a chance that is not from 0 to 1, or a number below 0")
	}
	if len(p.Visits) == 0 {
		return fmt.Errorf("acuity: no length of a missed visit (visit_s)")
	}
	for _, s := range p.Visits {
		if !(s >= 0 && s < 1e6) {
			return fmt.Errorf("acuity: a visit of %v s", s)
		}
	}
	*a = Acuity(p)
	return nil
}
