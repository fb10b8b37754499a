package count

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Said says of what the numbers are: where was looked more densely, or why there are none.
func (b Between) Said(every Seconds) string {
	if b.None != "" {
		return fmt.Sprintf("Between samples at %s: no estimate, since %s", short(b.Every.Duration()), b.None)
	}
	return fmt.Sprintf("Between samples: %s of the period (%d of %d stretches of %s) looked at every %s besides every %s, %s frames more",
		short(b.Length().Duration().Round(time.Second)), len(b.Looked), b.Stretches, short(b.Stretch.Duration()), short(b.Every.Duration()), short(every.Duration()), Thousands(b.Frames))
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
	difference := fmt.Sprintf("falls short of that at %s by %s", short(denser.Duration()), Decimal(m.Value, 2))
	low, high := m.Low, m.High
	if m.Value < 0 {
		difference = fmt.Sprintf("exceeds that at %s by %s", short(denser.Duration()), Decimal(-m.Value, 2))
		low, high = -m.High, -m.Low
	}
	if s := math.Abs(m.High - m.Low); s > 0 {
		difference += fmt.Sprintf(" (95 %% %s to %s)", Decimal(low, 2), Decimal(high, 2))
	}
	return fmt.Sprintf("in a stretch of %s %s, MaxN at %s on average %s; %d of %d looked at", short(stretch.Duration()), where, short(every.Duration()), difference, m.Stretches, m.Of)
}
