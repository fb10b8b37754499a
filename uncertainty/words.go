package uncertainty

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Told is what a statement says besides of the posterior: what it is of, and by whom.
type Told struct {
	Every   time.Duration // the sampling interval
	Readers int           // people who looked
	Unread  time.Duration // of the period, not analysed

	Survey       float64 // chance that any certificate of the survey is wrong; 0: none was asked for
	Certificates int     // of the survey that stand
	Withheld     bool    // it is certified by itself, and Survey has no room for it
}

// Statement is what may be published of a taxon: its MaxN and of what, how sure that is, how much was looked at and by how many, and
// what was assumed.
//
//	MaxN 3 among the 3,600 frames sampled one a second; chance of more under 5 %; 14 frames looked at by one reader; 2m10s not analysed
func (p Posterior) Statement(g Grounds, t Told) string {
	of := fmt.Sprintf("among the %s frames sampled %s", humanize.Comma(int64(p.Frames)), pace(t.Every))
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	interval := fmt.Sprintf("%s (%s%s)", Range(&Interval{Low: p.Low, High: p.High}), percent(1-p.Limit), map[bool]string{true: ", assumed"}[p.Assumed(g)])
	switch {
	case p.Certified:
		add("MaxN %d %s", p.Confirmed, of)
		add("chance of more under %s", percent(p.Limit))
	case p.Looked == 0:
		add("MaxN %s %s, %s", interval, of, map[bool]string{false: "nobody looked", true: "no look at a whole frame counts yet"}[t.Readers > 0])
	default:
		add("MaxN %d seen %s, not certified", p.Confirmed, of)
		add("MaxN %s", interval)
	}
	if p.Looked > 0 {
		add("%s looked at by %s", counted(p.Looked, "frame"), readers(t.Readers))
	}
	if p.Looked > 0 && p.Reader.Measured() {
		add("%s", p.Reader.Words())
	}
	switch {
	case p.Certified && t.Survey > 0:
		add("survey-wide: %s", Together(t.Certificates, t.Survey))
	case t.Withheld:
		add("certified by itself, but not among all of the survey, at %s", percent(t.Survey))
	}
	if t.Unread > 0 {
		add("%s not analysed", t.Unread.Round(time.Second))
	}
	switch {
	case p.Assumed(g):
		add("%s", g.assumed())
	case !p.Certified && p.Looked < p.Frames && !g.Detectability.Enough(g.Elsewhere):
		add("%s", g.tooFew())
	}
	return strings.Join(parts, "; ")
}

// Basis says what a posterior rests on, for people: its grounds and, where somebody looked, what is known of the readers.
func (p Posterior) Basis(g Grounds) string {
	switch {
	case p.Looked == 0:
		return g.Words()
	case p.Looked >= p.Frames:
		return "a look at every frame; " + p.Reader.Words()
	}
	return g.Words() + "; " + p.Reader.Words()
}

// Assumed tells whether it rests on a detectability that is assumed: it was not measured, and not all was looked at.
func (p Posterior) Assumed(g Grounds) bool { return !g.Measured() && p.Looked < p.Frames }

// tooFew says why no certificate rests on a detectability that was measured.
func (g Grounds) tooFew() string {
	if g.Detectability.Enough(false) {
		return fmt.Sprintf("no certificate rests on a detectability measured elsewhere, at %s: it takes %d, or video of this site that a person boxed",
			counted(max(1, len(g.Detectability.Sites)), "other site"), EnoughSites)
	}
	return fmt.Sprintf("no certificate rests on a detectability measured on %s in %s of held-out video: it takes %d in %d",
		counted(g.Detectability.Animals, "visit"), counted(g.Detectability.Deployments, "stretch"), EnoughVisits, EnoughDeployments)
}

// pace writes a sampling interval for people: "one a second", "one every 200ms".
func pace(every time.Duration) string {
	if every == time.Second || every <= 0 {
		return "one a second"
	}
	return "one every " + every.String()
}

// Together says what a survey's limit means: "chance that any of the 23 certificates is wrong under 5 %".
func Together(certificates int, limit float64) string {
	if certificates == 1 {
		return "chance that the one certificate is wrong under " + percent(limit)
	}
	return fmt.Sprintf("chance that any of the %s is wrong under %s", counted(certificates, "certificate"), percent(limit))
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(1000*share)/10, 'g', -1, 64) + " %"
}

func readers(n int) string {
	if n <= 1 {
		return "one reader"
	}
	return fmt.Sprintf("%d readers", n)
}

// counted writes a number of things: "1 frame", "3,600 frames".
func counted(n int, of string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(of, "ch"):
		of += "es"
	default:
		of += "s"
	}
	return humanize.Comma(int64(n)) + " " + of
}

// Why says why a frame is suggested.
func (p Posterior) Why(s Suggestion) string {
	switch {
	case s.Again:
		return "a second look, without the first: people misname animals, and this frame decides"
	case s.Audit:
		return "drawn at random: an animal that was missed would show"
	case s.Open == 0:
		return fmt.Sprintf("most likely to hold more than %d: an animal of a frame near it may still be here", p.Confirmed)
	case s.Open == 1:
		return fmt.Sprintf("most likely to hold more than %d: 1 animal here is undecided", p.Confirmed)
	}
	return fmt.Sprintf("most likely to hold more than %d: %d animals here are undecided", p.Confirmed, s.Open)
}

// Lookahead says how many looks a certificate takes, before one begins; "" where there is nothing to say.
func (p Posterior) Lookahead() string {
	switch {
	case p.Certified || p.Ahead <= 0:
		return ""
	case p.Looked+p.Ahead >= p.Frames:
		return "a certificate takes a look at every frame: no fewer tell what the model may have missed"
	}
	return fmt.Sprintf("a certificate takes about %s more, at most, if they find nothing new", counted(p.Ahead, "look"))
}

// Riskiest is which of several taxa of a deployment is to be looked at next, by index: the one of which least is certain, one
// that is not certified before all that are. -1 where there are none.
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
