package uncertainty

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Statement is what may be published of a taxon: its MaxN, how sure that is, how much was looked at, and that
// detectability is assumed where it was not measured. unread is how much of the video could not be read.
func (p Posterior) Statement(g Grounds, unread time.Duration) string {
	sure := strconv.FormatFloat(math.Round(1000*(1-p.Limit))/10, 'g', -1, 64) + " %"
	var text string
	switch {
	case p.Certified:
		text = fmt.Sprintf("MaxN %d, at least %s", p.Confirmed, sure)
	case !g.Measured():
		text = fmt.Sprintf("MaxN %d or more, not certified", p.Confirmed)
	case p.Low == p.High:
		text = fmt.Sprintf("MaxN %d (%s), not certified", p.Estimate, sure)
	default:
		text = fmt.Sprintf("MaxN %d, %d to %d (%s), not certified", p.Estimate, p.Low, p.High, sure)
	}
	text += fmt.Sprintf("; %s of %s frames looked at", thousands(p.Looked), thousands(p.Frames))
	if unread > 0 {
		text += "; " + unread.Round(time.Second).String() + " of the video could not be read"
	}
	if !g.Measured() {
		text += "; " + g.assumed()
	}
	return text
}

// thousands writes a number with commas: 3,600.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Why says why a frame is suggested.
func (p Posterior) Why(s Suggestion) string {
	switch {
	case s.Open == 0:
		return "nothing undecided here, but an animal that was missed would show"
	case s.Open == 1:
		return fmt.Sprintf("most likely to hold more than %d: 1 animal here is undecided", p.Confirmed)
	}
	return fmt.Sprintf("most likely to hold more than %d: %d animals here are undecided", p.Confirmed, s.Open)
}

// Riskiest is which of several taxa of a deployment is to be looked at next, by index: the one of which least is certain, one
// that is not certified before all that are, for it may lack but frames without a detection. -1 where there are none.
func Riskiest(list []Posterior) int {
	at, most := -1, -1.0
	for i, p := range list {
		risk := p.Risk
		if !p.Certified {
			risk++
		}
		if risk > most {
			at, most = i, risk
		}
	}
	return at
}
