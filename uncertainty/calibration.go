package uncertainty

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Calibration turns the score of a taxon's detections into the probability of being
// right. It never gives a higher score a lower probability. The zero value leaves
// scores as they are. As JSON it goes into a model file.
type Calibration struct {
	// Kind is "isotonic", "platt", "combined" or empty.
	Kind string `json:"kind,omitempty"`
	// Scores and Probabilities are the corners of isotonic regression, both rising.
	// Between them it is linear, beyond them constant.
	Scores        []float64 `json:"scores,omitempty"`
	Probabilities []float64 `json:"probabilities,omitempty"`
	// Slope and Offset are Platt's: the log odds are Slope·log odds of the score + Offset.
	Slope  float64 `json:"slope,omitempty"`
	Offset float64 `json:"offset,omitempty"`
	// Parts are the calibrations of the classes of which it is combined; each is one of another kind. Its probability is the mean of
	// theirs, weighed by how many detections each was learned from.
	Parts []Calibration `json:"parts,omitempty"`
	// Right and Wrong are how many detections it was learned from.
	Right int `json:"right,omitempty"`
	Wrong int `json:"wrong,omitempty"`
}

// Below these isotonic regression follows chance more than the score: Platt's two
// numbers are fitted instead (Niculescu-Mizil & Caruana 2005, fig. 6: the crossing
// lies at about 1000 cases).
const (
	isotonicCases  = 1000
	isotonicOfEach = 100
)

// Calibrate learns the probability of being right from the scores of detections, the highest first, and whether each
// was right. There is at least one.
func Calibrate(scores []float64, right []bool) Calibration {
	var c Calibration
	for _, r := range right {
		if r {
			c.Right++
		} else {
			c.Wrong++
		}
	}
	if c.Right+c.Wrong < isotonicCases || min(c.Right, c.Wrong) < isotonicOfEach {
		c.Kind = "platt"
		c.Slope, c.Offset = platt(scores, right)
		return c
	}
	c.Kind = "isotonic"
	c.Scores, c.Probabilities = isotonic(scores, right)
	return c
}

// Probability is that of a detection of a score.
func (c Calibration) Probability(score float64) float64 {
	switch c.Kind {
	case "platt":
		return Logistic(c.Slope*logOdds(score) + c.Offset)
	case "isotonic":
		i, exact := slices.BinarySearch(c.Scores, score)
		switch {
		case exact:
			return c.Probabilities[i]
		case i == 0:
			return c.Probabilities[0]
		case i == len(c.Scores):
			return c.Probabilities[i-1]
		}
		from, to := c.Probabilities[i-1], c.Probabilities[i]
		part := (score - c.Scores[i-1]) / (c.Scores[i] - c.Scores[i-1])
		return min(from+(to-from)*part, to)
	case "combined":
		sum, n := 0.0, 0.0
		for _, p := range c.Parts {
			sum += p.cases() * p.Probability(score)
			n += p.cases()
		}
		return sum / n
	}
	return min(max(score, 0), 1)
}

// UnmarshalJSON reads a calibration and checks that it is one.
func (c *Calibration) UnmarshalJSON(text []byte) error {
	type plain Calibration
	var read plain
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	if err := Calibration(read).check(); err != nil { // its parts were checked as they were read
		return fmt.Errorf("calibration: %w", err)
	}
	*c = Calibration(read)
	return nil
}

func (c Calibration) check() error {
	switch c.Kind {
	case "", "platt":
		if c.Slope < 0 {
			return fmt.Errorf("slope %v: a higher score may not mean a lower probability", c.Slope)
		}
	case "isotonic":
		if len(c.Scores) == 0 || len(c.Scores) != len(c.Probabilities) {
			return fmt.Errorf("%d scores and %d probabilities: both need the same number, at least one", len(c.Scores), len(c.Probabilities))
		}
		for i, p := range c.Probabilities {
			if p < 0 || p > 1 || i > 0 && (c.Scores[i] <= c.Scores[i-1] || p < c.Probabilities[i-1]) {
				return fmt.Errorf("corner %d (score %v, probability %v): both must rise, probabilities from 0 to 1", i, c.Scores[i], p)
			}
		}
	case "combined":
		if len(c.Parts) == 0 || slices.ContainsFunc(c.Parts, func(p Calibration) bool { return p.Kind == c.Kind }) {
			return fmt.Errorf("it is combined of %d parts: at least one is needed, and none that is combined itself", len(c.Parts))
		}
	default:
		return fmt.Errorf("kind %q is not known: isotonic, platt and combined are", c.Kind)
	}
	return nil
}

// isotonic is the rising step function nearest to right (1) and wrong (0) by least
// squares, found by pooling neighbours that fall (pool adjacent violators: Ayer et al.
// 1955; Zadrozny & Elkan 2002), given by the middles of its steps. So that no score is
// held for certain, one detection that is right is added at the lowest score and one
// that is wrong at the highest: a step of n detections at the end has r/(n+1) or
// (r+1)/(n+1) in place of r/n, as in Laplace's rule.
func isotonic(scores []float64, right []bool) (corners, probabilities []float64) {
	type step struct{ n, right, score, from, to float64 } // the first three are sums
	mean := func(s step) float64 { return s.right / s.n }
	var steps []step
	last := len(scores) - 1
	put := func(score float64, right bool, tie bool) {
		s := step{1, 0, score, score, score}
		if right {
			s.right = 1
		}
		steps = append(steps, s)
		for n := len(steps); n > 1 && (tie || mean(steps[n-2]) >= mean(steps[n-1])); n-- {
			a, b := steps[n-2], steps[n-1]
			steps = append(steps[:n-2], step{a.n + b.n, a.right + b.right, a.score + b.score, a.from, b.to})
			tie = false
		}
	}
	put(scores[last], true, false)
	for i := last; i >= 0; i-- { // from the lowest score up
		put(scores[i], right[i], i == last || scores[i] == scores[i+1])
	}
	put(scores[0], false, true)
	for _, s := range steps {
		corners = append(corners, min(max(s.score/s.n, s.from), s.to))
		probabilities = append(probabilities, mean(s))
	}
	return corners, probabilities
}

// platt fits the log odds of being right as a line in the log odds of the score
// (Platt 1999), with his targets, (right+1)/(right+2) and 1/(wrong+2), that keep it
// finite, by Newton's method with halved steps (Lin, Lin & Weng 2007). A line that
// would fall is made level.
func platt(scores []float64, right []bool) (slope, offset float64) {
	n := 0
	for _, r := range right {
		if r {
			n++
		}
	}
	high, low := float64(n+1)/float64(n+2), 1/float64(len(right)-n+2)
	x, target := make([]float64, len(scores)), make([]float64, len(scores))
	var mean float64
	for i, s := range scores {
		x[i], target[i] = logOdds(s), low
		if right[i] {
			target[i] = high
		}
		mean += target[i] / float64(len(x))
	}
	loss := func(a, b float64) float64 {
		var sum float64
		for i, v := range x {
			f := a*v + b
			sum += math.Max(f, 0) - f*target[i] + math.Log1p(math.Exp(-math.Abs(f)))
		}
		return sum
	}
	slope, offset = 0, logOdds(mean)
	at := loss(slope, offset)
	for range 100 {
		const ridge = 1e-9 // where all scores are the same
		ga, gb, haa, hab, hbb := 0.0, 0.0, ridge, 0.0, ridge
		for i, v := range x {
			q := Logistic(slope*v + offset)
			ga, gb = ga+(q-target[i])*v, gb+q-target[i]
			w := q * (1 - q)
			haa, hab, hbb = haa+w*v*v, hab+w*v, hbb+w
		}
		det := haa*hbb - hab*hab
		da, db := -(hbb*ga-hab*gb)/det, -(haa*gb-hab*ga)/det
		step := 1.0
		for step > 1e-10 && !(loss(slope+step*da, offset+step*db) < at) {
			step /= 2
		}
		if step <= 1e-10 {
			break
		}
		slope, offset = slope+step*da, offset+step*db
		at = loss(slope, offset)
	}
	if !(slope > 0) {
		return 0, logOdds(mean)
	}
	return slope, offset
}

// logOdds is ln(p/(1−p)), of a score that is neither 0 nor 1.
func logOdds(p float64) float64 {
	const edge = 1e-6
	p = min(max(p, edge), 1-edge)
	return math.Log(p) - math.Log1p(-p)
}
