package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"requin/frame"
)

// The ways in which SharkTrack writes times, oldest first.
//
//	00:01:20            minutes, seconds and HUNDREDTHS of the first generation: its frames are sampled at 5 a
//	                    second, and frame 3 is at 00:00:60, frame 5 at 00:01:00; minutes go on past 59
//	00h:00m:01s         the second generation: the second in which the frame lies, cut off
//	00h:00m:01s:333ms   the current one: to the millisecond, cut off
var (
	sharkOld = regexp.MustCompile(`^(\d{2,5}):([0-5]\d):(\d\d)$`)
	sharkNew = regexp.MustCompile(`^(\d{2,4})h:(\d\d)m:([0-5]\d)s(?::(\d{1,3})ms)?$`)
)

const sharkTimeWant = "it should be a time as SharkTrack writes it, such as 00h:00m:01s:333ms, 00h:00m:01s or 00:01:33 (minutes, seconds, hundredths)"

// parseSharkTime reads a time; exact is false where it is cut off to the second.
func parseSharkTime(s string) (t time.Duration, exact, ok bool) {
	part := func(s string) time.Duration {
		n, _ := strconv.Atoi(s) // a few digits, or none
		return time.Duration(n)
	}
	if m := sharkOld.FindStringSubmatch(s); m != nil {
		t = part(m[1])*time.Minute + part(m[2])*time.Second + part(m[3])*10*time.Millisecond
		return t, true, true
	}
	if m := sharkNew.FindStringSubmatch(s); m != nil { // minutes may be 60: SharkTrack carries them late
		t = part(m[1])*time.Hour + part(m[2])*time.Minute + part(m[3])*time.Second + part(m[4])*time.Millisecond
		return t, m[4] != "", t < 10000*time.Hour
	}
	return 0, false, false
}

// sharkTime writes a time as the current generation does.
func sharkTime(t time.Duration) string {
	ms := t.Milliseconds()
	return fmt.Sprintf("%02dh:%02dm:%02ds:%03dms", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

// sharper finds the time of a frame within the second it is said to lie in; false where it does not lie in it.
func sharper(second time.Duration, number int, rate frame.Rational) (time.Duration, bool) {
	t := frame.Rational{Num: rate.Den, Den: rate.Num}.Seconds(int64(number)).Truncate(time.Millisecond)
	return t, t.Truncate(time.Second) == second
}
