package uncertainty

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Grounds is what the assessment of one taxon rests on: how well it is seen and what scores are worth, and
// whether that was measured or is assumed (Measurements.Of).
type Grounds struct {
	Detectability Detectability // Prior where it was not measured
	Calibration   Calibration   // its zero value, which takes scores as they are, where they were not calibrated
	Elsewhere     bool          // detectability was measured at other sites than this one (At)

	measured, calibrated []string // under which names; none: it was not
	without              []string // classes of the taxon of which detectability was not measured, where others were
	reason               string   // why detectability was not measured
}

// Measured tells whether detectability was measured, or is assumed.
func (g Grounds) Measured() bool { return len(g.measured) > 0 }

// Calibrated tells whether it was measured what scores are worth.
func (g Grounds) Calibrated() bool { return len(g.calibrated) > 0 }

// At is the grounds of a deployment: at a site, "" where it is not known; own tells that the model was trained and measured on
// video of the same survey.
func (g Grounds) At(site string, own bool) Grounds {
	g.Elsewhere = !own && (site == "" || !slices.Contains(g.Detectability.Sites, site))
	return g
}

// Combined are the classes whose detectability was combined; none where it was measured of the taxon as it is.
func (g Grounds) Combined() []string {
	if len(g.measured) < 2 {
		return nil
	}
	return g.measured
}

// Reason says why detectability is assumed; "" where it was measured.
func (g Grounds) Reason() string { return g.reason }

// Words say what the assessment rests on, for people.
func (g Grounds) Words() string {
	text := g.assumed()
	switch {
	case g.Measured() && g.Detectability.Deployments == 1:
		text = "detectability measured on one stretch of held-out video"
	case g.Measured():
		text = fmt.Sprintf("detectability measured on %d stretches of held-out video", g.Detectability.Deployments)
	}
	if n := len(g.Detectability.Sites); g.Measured() && n > 0 {
		text += " of " + counted(n, "site")
		if g.Elsewhere {
			text += ", not of this one"
		}
	}
	if len(g.measured) > 1 {
		text += "; combined from " + listed(g.measured)
	}
	if len(g.without) > 0 {
		text += "; not measured of " + strings.Join(g.without, ", ")
	}
	switch {
	case !g.Calibrated():
		text += "; scores not calibrated"
	case len(g.calibrated) > 1 && !slices.Equal(g.measured, g.calibrated):
		text += "; calibration combined from " + listed(g.calibrated)
	}
	return text
}

// AssumedWords begin what a basis says (Grounds.Words) where detectability is assumed.
const AssumedWords = "detectability assumed: "

// assumed says why detectability is assumed.
func (g Grounds) assumed() string { return AssumedWords + g.reason }

// listed names classes: "2 classes (grey reef shark, whitetip)".
func listed(classes []string) string {
	return fmt.Sprintf("%d classes (%s)", len(classes), strings.Join(classes, ", "))
}

// Candidates makes a taxon's trails in one deployment candidates, and weighs them.
func (g Grounds) Candidates(trails []Trail) []Candidate {
	out := Gather(trails, g.Calibration.Probability)
	for i := range out {
		out[i].Real = g.Detectability.Real(out[i].Traits)
	}
	return out
}

// Interval is what of a posterior may be published where nobody has looked yet or some have. Where detectability was not measured it
// is marked as assumed.
func (g Grounds) Interval(p Posterior) *Interval {
	out := &Interval{Estimate: p.Estimate, Low: p.Low, High: p.High, Level: 1 - p.Limit, More: []float64{}, Measured: g.Detectability.Deployments,
		Assumed: p.Assumed(g), Basis: p.Basis(g), Combined: g.Combined()}
	for n := range len(p.Chance) - 1 {
		out.More = append(out.More, math.Round(1e4*p.More(n))/1e4)
	}
	return out
}
