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
//
// Animals that come within a few seconds of each other (ArrivalGap) are one arrival: a school arrives together, and is found or
// missed together.
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
	// Stray: of the frames of a candidate that is no animal, the share in which it lies on one all the same.
	Stray float64 `json:"stray"`

	Hole float64 `json:"hole"`   // chance that the animal is there between two points of its candidate, where it was not detected
	Edge float64 `json:"edge_s"` // seconds, the mean, that it is there before its first detection, and after its last

	// Same is the chance that a candidate that begins within PiecesGap after another ended is of the same visit: visits come in pieces.
	Same float64 `json:"same"`

	Recall   float64     `json:"recall"`            // chance that an arrival leaves a candidate
	Between  float64     `json:"between"`           // standard deviation, from deployment to deployment, of its log odds
	Together float64     `json:"together"`          // share of the missed arrivals that fall in with the candidates; the others come at any time
	Alone    [][]float64 `json:"missed_arrivals_s"` // arrivals, of each the lengths of its visits in seconds; each as likely as another to be one that is missed

	// Beside is how many visits are missed beside each that is found: of the same arrival, or pieces of it that no candidate has. In a
	// deployment it is gamma, with the shape Shape.
	Beside float64   `json:"beside"`
	Shape  float64   `json:"shape"`
	Visits []float64 `json:"visit_s"` // lengths of those, seconds, rising; each as likely as another

	// What it was measured on; 0 deployments: on nothing, it is Prior.
	Deployments int      `json:"deployments"`
	Candidates  int      `json:"candidates"`
	Animals     int      `json:"visits"`
	Arrivals    int      `json:"arrivals"`
	Sites       []string `json:"sites,omitempty"` // where those are, each once; none: not known
}

// ArrivalGap is how far apart, in seconds, animals of one arrival come.
const ArrivalGap = 5

// PiecesGap is how many seconds apart pieces of one visit may be.
const PiecesGap = 30

// Prior is the detectability of a detector of which nothing was measured: a candidate is right as
// often as its points, half of the arrivals are found, give or take much, and visits last from a second to ten minutes.
func Prior() Detectability {
	return Detectability{Slope: 1, Spread: 1, Stray: 0.1, Hole: 0.8, Edge: 1, Same: 0.5, Recall: 0.5, Between: 1, Together: 0.5,
		Alone:  [][]float64{{1}, {2}, {4}, {8}, {15}, {30}, {60, 60}, {120}, {300, 300, 200}, {600}},
		Beside: 0.25, Shape: 0.5, Visits: []float64{1, 2, 4, 8, 15, 30, 60, 120, 300, 600}}
}

// Blind is the detectability of a taxon that the detector has no class for: it finds nothing of it, and only looks do.
func Blind() Detectability {
	d := Prior()
	d.Recall, d.Between = 0, 0
	return d
}

// Measured tells whether the detectability is of this detector, or assumed.
func (a Detectability) Measured() bool { return a.Deployments > 0 }

// Fewer visits, or fewer deployments, than these say too little of a detectability for a certificate to rest on it; so do fewer sites,
// where it is to hold at another one.
const (
	EnoughVisits      = 10
	EnoughDeployments = 3
	EnoughSites       = 5
)

// Enough tells whether a certificate may rest on it: it was measured, on enough video with enough visits; where it is to hold
// elsewhere, on so many sites that it is known how sites differ.
func (a Detectability) Enough(elsewhere bool) bool {
	return a.Deployments >= EnoughDeployments && a.Animals >= EnoughVisits && (!elsewhere || len(a.Sites) >= EnoughSites)
}

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

// earlier is what files of earlier versions say in the place of Recall and its kin: Missed visits for each that is found, as
// many in a deployment in which nothing was found as in one in which Absent were.
type earlier struct {
	Missed *float64 `json:"missed"`
	Absent float64  `json:"absent"`
}

// UnmarshalJSON reads a detectability and checks that it is one. One of an earlier version becomes what it comes nearest to.
func (a *Detectability) UnmarshalJSON(text []byte) error {
	type plain Detectability
	var p plain
	var before earlier
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &before); err != nil {
		return err
	}
	if before.Missed != nil {
		if !(*before.Missed >= 0 && *before.Missed < 1e6 && before.Absent >= 0 && p.Shape > 0) {
			return fmt.Errorf("detectability: a number below 0, or out of any range")
		}
		p.Recall, p.Between = 1/(1+*before.Missed), math.Min(3, 1/math.Sqrt(p.Shape))
		p.Beside, p.Stray, p.Same, p.Arrivals = *before.Missed/2, Prior().Stray, Prior().Same, p.Animals
		for _, v := range p.Visits {
			p.Alone = append(p.Alone, []float64{v})
		}
	}
	if err := Detectability(p).check(); err != nil {
		return err
	}
	*a = Detectability(p)
	return nil
}

// Bounds of what a file may hold.
const mostMembers = 1000

func (a Detectability) check() error {
	for _, v := range []float64{a.Slope, a.Offset, a.Length, a.Company, a.Spread, a.Stray, a.Hole, a.Edge, a.Same, a.Recall, a.Between, a.Together, a.Beside, a.Shape} {
		if math.Abs(v) > 1e6 {
			return fmt.Errorf("detectability: %v is out of any range", v)
		}
	}
	for _, share := range []float64{a.Stray, a.Hole, a.Same, a.Recall, a.Together} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("detectability: a chance of %v is not from 0 to 1", share)
		}
	}
	if a.Spread < 0 || a.Edge < 0 || a.Edge > 1e5 || a.Between < 0 || a.Between > 10 || a.Beside < 0 || a.Beside > 1e4 || !(a.Shape > 0) {
		return fmt.Errorf("detectability: a number below 0, or out of any range")
	}
	if len(a.Visits) == 0 || len(a.Alone) == 0 {
		return fmt.Errorf("detectability: no length of a missed visit (visit_s, missed_arrivals_s)")
	}
	if len(a.Sites) > mostMembers || a.Deployments < 0 || a.Animals < 0 || a.Arrivals < 0 || a.Candidates < 0 {
		return fmt.Errorf("detectability: a number below 0, or more than %d sites", mostMembers)
	}
	if len(a.Visits) > mostMembers || len(a.Alone) > mostMembers {
		return fmt.Errorf("detectability: more than %d missed visits or arrivals", mostMembers)
	}
	for _, list := range append([][]float64{a.Visits}, a.Alone...) {
		if len(list) == 0 || len(list) > mostMembers {
			return fmt.Errorf("detectability: an arrival of %d visits", len(list))
		}
		for _, s := range list {
			if !(s >= 0 && s < 1e6) {
				return fmt.Errorf("detectability: a visit of %v s", s)
			}
		}
	}
	return nil
}
