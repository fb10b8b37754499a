package count

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

// Said says of what the numbers are: where was looked more densely, or why there are none.
func (b Between) Said(every Seconds) string {
	if b.None != "" {
		return fmt.Sprintf("Between samples at %s: no estimate, since %s", short(b.Every.Duration()), b.None)
	}
	return fmt.Sprintf("Between samples: %s of the period (%d of %d stretches of %s) looked at every %s besides every %s, %s frames more",
		short(b.Length().Duration().Round(time.Second)), len(b.Looked), b.Stretches, short(b.Stretch.Duration()), short(b.Every.Duration()), short(every.Duration()), humanize.Comma(int64(b.Frames)))
}

// Range writes the interval: "4 to 5", "3" where it is one number.
func (s Shortfall) Range() string {
	if s.Low == s.High {
		return strconv.Itoa(s.Low)
	}
	return fmt.Sprintf("%d to %d", s.Low, s.High)
}

// Fewer says why fewer may be seen in more frames; "" where it is not so.
func (s Shortfall) Fewer() string {
	if s.Estimate >= s.MaxN {
		return ""
	}
	return "fewer, since where frames are close a sighting counts only if the moments around it show the animal too"
}

// Said says how MaxN at the denser interval compares with that at the sampling interval, stretch by stretch.
func (s Shortfall) Said(every, denser, stretch Seconds) string {
	where := "with it"
	if s.MaxN == 0 {
		where = "without it"
	}
	m := s.Mean
	low, high := m.Low, m.High
	var text string
	switch value := hundredths(m.Value); {
	case value > 0:
		text = fmt.Sprintf("falls short of that at %s by %s", short(denser.Duration()), Decimal(value, 2))
	case value < 0:
		text = fmt.Sprintf("exceeds that at %s by %s", short(denser.Duration()), Decimal(-value, 2))
		low, high = -m.High, -m.Low
	default:
		text = fmt.Sprintf("falls short of that at %s by 0", short(denser.Duration()))
	}
	if high > low {
		text += fmt.Sprintf(" (95 %% %s to %s)", Decimal(hundredths(low), 2), Decimal(hundredths(high), 2))
	}
	return fmt.Sprintf("in a stretch of %s %s, MaxN at %s on average %s; %d of %d looked at", short(stretch.Duration()), where, short(every.Duration()), text, m.Stretches, m.Of)
}

// Text is the mean in words: "0.12 (-0.03 to 0.30)".
func (a Average) Text() string {
	if a.Low == a.High {
		return Decimal(hundredths(a.Value), 2)
	}
	return fmt.Sprintf("%s (%s to %s)", Decimal(hundredths(a.Value), 2), Decimal(hundredths(a.Low), 2), Decimal(hundredths(a.High), 2))
}

// hundredths rounds, and knows no zero below zero.
func hundredths(f float64) float64 { return math.Round(f*100)/100 + 0 }
