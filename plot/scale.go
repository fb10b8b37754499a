package plot

import (
	"math"
	"strconv"
	"strings"
)

// Scale maps the values From to To to the pixels At to End.
type Scale struct {
	From, To, At, End float64
	Log               bool // by the logarithm; values must be above 0
}

// Px is the pixel of a value.
func (s Scale) Px(v float64) float64 {
	from, to := s.From, s.To
	if s.Log {
		from, to, v = math.Log10(from), math.Log10(to), math.Log10(v)
	}
	if to == from {
		return s.At
	}
	return s.At + (v-from)/(to-from)*(s.End-s.At)
}

// Ticks gives the multiples of step within the scale.
func (s Scale) Ticks(step float64) []float64 {
	var out []float64
	first, last := math.Ceil(s.From/step-1e-9), math.Floor(s.To/step+1e-9)
	for k := range int(min(last-first, 1e6)) + 1 { // not from first to last: far from 0 one more is not more
		out = append(out, (first+float64(k))*step)
	}
	return out
}

// Step is the first of the steps that makes at most most ticks; the last one is
// multiplied by ten as often as it takes.
func (s Scale) Step(most int, steps ...float64) float64 {
	for _, step := range steps {
		if (s.To-s.From)/step <= float64(most) {
			return step
		}
	}
	step := steps[len(steps)-1]
	for (s.To-s.From)/step > float64(most) {
		step *= 10
	}
	return step
}

// nice is the least of 1, 2 or 5 times a power of ten that makes at most most steps
// of a range.
func nice(span float64, most int) float64 {
	if !(span > 0) {
		return 1
	}
	raw := span / float64(most)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, k := range []float64{1, 2, 5} {
		if k*unit >= raw*(1-1e-9) {
			return k * unit
		}
	}
	return 10 * unit
}

// decades gives the ticks of a logarithmic scale: 1, 2 and 5 of each decade where
// there are few, else the powers of ten, at most about most of them.
func (s Scale) decades(most int) []float64 {
	first, last := math.Floor(math.Log10(s.From)+1e-9), math.Ceil(math.Log10(s.To)-1e-9)
	every := math.Max(1, math.Ceil((last-first)/float64(most)))
	within := []float64{1}
	if 3*(last-first) <= float64(most)+3 {
		within = []float64{1, 2, 5}
	}
	var out []float64
	for e := first; e <= last; e += every {
		for _, k := range within {
			if v := k * math.Pow(10, e); v >= s.From*(1-1e-9) && v <= s.To*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

// tick writes the value at a tick: as many decimals as step has, thousands parted
// by commas, very small ones by their exponent.
func tick(v, step float64) string {
	if step < 1e-3 {
		digits, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 3, 64), "e")
		n, _ := strconv.Atoi(exponent)
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
		if strings.Trim(digits, "-0") == "" {
			return "0"
		}
		text := strings.Replace(digits, "-", "−", 1)
		if n != 0 {
			text += "e" + strconv.Itoa(n)
		}
		return text
	}
	decimals := 0
	if step < 1 {
		decimals = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, rest, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if strings.HasPrefix(text, "-") && strings.Trim(text, "-0.") != "" {
		return "−" + whole
	}
	return whole
}
