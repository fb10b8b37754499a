package exchange

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"requin/frame"
)

// The endings of videos and of pictures.
var (
	boxesVideo   = regexp.MustCompile(`(?i)\.(mp4|avi|mov|mkv|mpe?g|m4v|mts|m2ts|webm|wmv|flv|lrv|360|ts)$`)
	boxesPicture = regexp.MustCompile(`(?i)\.(jpe?g|png|tiff?|bmp|gif|webp|heic|dng|raw)$`)
)

// parseRate reads frames a second.
func parseRate(s string) (frame.Rational, bool) {
	top, bottom, fraction := strings.Cut(s, "/")
	if fraction {
		n, errN := strconv.ParseInt(strings.TrimSpace(top), 10, 32)
		d, errD := strconv.ParseInt(strings.TrimSpace(bottom), 10, 32)
		return frame.Rational{Num: n, Den: d}, errN == nil && errD == nil && n > 0 && d > 0
	}
	v, err := parseNumber(s)
	if err != nil || !(v > 0.0005 && v < 1e6) {
		return frame.Rational{}, false
	}
	r := frame.Rational{Num: int64(math.Round(v * 1000)), Den: 1000}
	for _, p := range []int64{2, 2, 2, 5, 5, 5} {
		if r.Num%p == 0 && r.Den%p == 0 {
			r.Num, r.Den = r.Num/p, r.Den/p
		}
	}
	return r, true
}

var boxesClock = regexp.MustCompile(`^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:\.\d+)?)$`)

// boxesTime reads seconds, milliseconds or a clock.
func boxesTime(s string, ms bool) (time.Duration, bool) {
	if m := boxesClock.FindStringSubmatch(s); m != nil && !ms {
		h, _ := strconv.Atoi(m[1]) // four digits, or none
		min, _ := strconv.Atoi(m[2])
		sec, err := strconv.ParseFloat(m[3], 64)
		if err != nil || sec >= 60 {
			return 0, false
		}
		return secondsOf(float64(h)*3600 + float64(min)*60 + sec)
	}
	v, err := parseNumber(s)
	if err != nil {
		return 0, false
	}
	if ms {
		v /= 1000
	}
	return secondsOf(v)
}
