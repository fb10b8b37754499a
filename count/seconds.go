package count

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"requin/frame"
)

// Seconds is a length of time that is written to JSON as a number of seconds
// with 3 decimals, more where it takes more to be exact: 751.000, 0.033366667.
// Reading gives back the same nanoseconds.
type Seconds time.Duration

// Duration is the same as Go's type.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// Text is the seconds with a fixed number of decimals, 0 to 9, rounded to the
// nearest (halves away from zero), without going through floating point.
func (s Seconds) Text(decimals int) string {
	unit := int64(1)
	for range 9 - decimals {
		unit *= 10
	}
	sign, n := "", int64(s)
	if n < 0 {
		sign, n = "-", -n
	}
	n = (n + unit/2) / unit
	perSecond := int64(time.Second) / unit
	if n == 0 {
		sign = ""
	}
	if decimals == 0 {
		return fmt.Sprintf("%s%d", sign, n)
	}
	return fmt.Sprintf("%s%d.%0*d", sign, n/perSecond, decimals, n%perSecond)
}

// String is the shortest exact number, with at least 3 decimals.
func (s Seconds) String() string {
	text := s.Text(9)
	for strings.HasSuffix(text, "0") && len(text)-strings.IndexByte(text, '.')-1 > 3 {
		text = text[:len(text)-1]
	}
	return text
}

// MarshalJSON writes a number of seconds.
func (s Seconds) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalJSON reads a number of seconds, to the nanosecond.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	number := string(text)
	if number == "null" {
		return nil
	}
	if strings.ContainsAny(number, "eE") { // written by another program
		f, err := strconv.ParseFloat(number, 64)
		if err != nil || f > 9e9 || f < -9e9 {
			return fmt.Errorf("%s is not a number of seconds", number)
		}
		*s = Seconds(f * float64(time.Second))
		return nil
	}
	d, err := time.ParseDuration(number + "s")
	if err != nil || strings.ContainsAny(number, "hmµunds") {
		return fmt.Errorf("%s is not a number of seconds", number)
	}
	*s = Seconds(d)
	return nil
}

// Span is a stretch of a deployment, From inclusive, To exclusive.
type Span struct {
	From       Seconds `json:"from_s"`        // from the start of the deployment
	To         Seconds `json:"to_s"`          // from the start of the deployment
	PeriodFrom Seconds `json:"period_from_s"` // from the start of the period
	PeriodTo   Seconds `json:"period_to_s"`   // from the start of the period
}

// Length is To less From.
func (s Span) Length() Seconds { return s.To - s.From }

// Moment is one frame and when it was: in the deployment, in the period, and
// exactly as its file says.
type Moment struct {
	Time       Seconds        `json:"time_s"`        // from the start of the deployment, chapters joined
	PeriodTime Seconds        `json:"period_time_s"` // from the start of the period
	Chapter    int            `json:"chapter"`       // index of the file it lies in
	PTS        int64          `json:"pts"`           // presentation time stamp in that file, in ticks of Base
	Base       frame.Rational `json:"base"`          // seconds per tick
}

func moment(i frame.Instant, periodStart Seconds) Moment {
	return Moment{
		Time: Seconds(i.Time), PeriodTime: Seconds(i.Time) - periodStart,
		Chapter: i.Chapter, PTS: i.PTS, Base: i.Base,
	}
}

// Instant is the frame, as the other rooms name it.
func (m Moment) Instant() frame.Instant {
	return frame.Instant{Time: m.Time.Duration(), Chapter: m.Chapter, PTS: m.PTS, Base: m.Base}
}

// Number writes a count for people: "not analysed" where it is null.
func Number(n *int) string {
	if n == nil {
		return "not analysed"
	}
	return strconv.Itoa(*n)
}

// Decimal writes a number with a fixed number of decimals.
func Decimal(f float64, decimals int) string { return strconv.FormatFloat(f, 'f', decimals, 64) }
