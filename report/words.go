package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"requin/count"
)

// clock writes a time of the deployment as minutes and seconds, as a player
// shows it: 12:31, 62:30. Fractions are cut off, never rounded up to a second
// that the frame is not in.
func clock(s count.Seconds) string {
	sign := ""
	if s < 0 {
		sign, s = "-", -s
	}
	whole := int64(s.Duration() / time.Second)
	return fmt.Sprintf("%s%02d:%02d", sign, whole/60, whole%60)
}

// exactClock is clock with milliseconds.
func exactClock(s count.Seconds) string {
	ms := s.Duration().Abs().Milliseconds() % 1000
	return fmt.Sprintf("%s.%03d", clock(s), ms)
}

// words writes a length of time for people: 0.04 s, 12 s, 4 min 10 s, 1 h 2 min.
func words(s count.Seconds) string {
	d := s.Duration()
	if d < 10*time.Second {
		text := s.Text(2)
		if d > 0 && d < 5*time.Millisecond {
			return "less than 0.01 s"
		}
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " s"
	}
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.length
		}
	}
	return strings.Join(parts, " ")
}

// percent writes a share so that only none is 0 % and only all is 100 %.
func percent(share float64) string {
	p := math.Round(share * 100)
	switch {
	case share > 0 && p == 0:
		return "less than 1 %"
	case share < 1 && p == 100:
		return "more than 99 %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// plural writes a number and the noun that goes with it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// chapter is the name of a file of the deployment.
func chapter(names []string, i int) string {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("file %d", i+1)
}

// doubt says how far a MaxN may be trusted; "" where that was not measured.
func doubt(t count.Taxon) string {
	if t.Bounds() == nil {
		return ""
	}
	more := 0.0
	if u := t.Uncertainty; t.Review != nil {
		more = t.Review.Risk
	} else if *t.MaxN < len(u.More) {
		more = u.More[*t.MaxN]
	}
	return fmt.Sprintf("95 %% interval %s; the chance of more than %d is %s", t.Range(), *t.MaxN, percent(more))
}

// width is about how many pixels a text of 12 takes: a page has no way to measure it, and capitals are wide.
func width(text string) (w float64) {
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			w += 8.6
		case unicode.IsDigit(r):
			w += 7.7
		default:
			w += 6.8
		}
	}
	return w
}

// bolder is how much wider letters are that are set bold.
const bolder = 1.12

// last keeps the end of a name, which tells one opcode from another.
func last(name string, letters int) string {
	if r := []rune(name); len(r) > letters {
		return "…" + string(r[len(r)-letters+1:])
	}
	return name
}
