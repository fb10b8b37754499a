package count

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"requin/uncertainty"
)

// Certificates is what the certificates of many counts come to. Its zero value is of none; Take takes in one count after the other.
type Certificates struct {
	N        int     `json:"certified"`
	Wrong    float64 `json:"expected_wrong"`         // of them: the sum of their risks, over uncertainty.Share
	Limit    float64 `json:"survey_limit,omitempty"` // chance that any of them is wrong, where that was asked for
	Withheld int     `json:"withheld,omitempty"`     // counts that are certified by themselves, and for which Limit has no room
}

// Take takes in a taxon's count.
func (c *Certificates) Take(t Taxon) {
	r := t.Review
	if r == nil {
		return
	}
	c.Limit = max(c.Limit, r.SurveyLimit)
	if r.Withheld {
		c.Withheld++
	}
	if t.Status() == Certified {
		c.N++
		c.Wrong += r.Risk / uncertainty.Share
	}
}

// Sentence says how many certificates are expected to be wrong, and which level was asked for of all together; "" where there is nothing to
// say.
//
//	Of 23 certificates 0.41 are expected to be wrong
//	Of 23 certificates 0.03 are expected to be wrong; survey-wide: chance that any of the 23 certificates is wrong under 5 %; 2 counts more are certified by themselves
func (c Certificates) Sentence() string {
	var parts []string
	switch {
	case c.N == 1:
		parts = append(parts, fmt.Sprintf("Of one certificate %s is expected to be wrong", c.Expected()))
	case c.N > 1:
		parts = append(parts, fmt.Sprintf("Of %s certificates %s are expected to be wrong", humanize.Comma(int64(c.N)), c.Expected()))
	}
	if c.Limit > 0 && c.N > 0 {
		parts = append(parts, "survey-wide: "+uncertainty.Together(c.N, c.Limit))
	}
	switch more := map[bool]string{true: " more"}[c.N > 0]; {
	case c.Withheld == 1:
		parts = append(parts, "1 count"+more+" is certified by itself, but not among all of the survey, at "+Chance(c.Limit))
	case c.Withheld > 1:
		parts = append(parts, fmt.Sprintf("%s counts%s are certified by themselves, but not among all of the survey, at %s", humanize.Comma(int64(c.Withheld)), more, Chance(c.Limit)))
	}
	return strings.Join(parts, "; ")
}

// Expected writes the number that is expected to be wrong.
func (c Certificates) Expected() string {
	if c.Wrong < 0.005 {
		return "less than 0.01"
	}
	return Decimal(c.Wrong, 2)
}
