package count

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"requin/frame"
)

// Kind says why a stretch of the period was not looked at.
type Kind string

const (
	NotAnalysed Kind = "not_analysed" // the video could not be read there
	NotFilmed   Kind = "not_filmed"   // the period goes on, the video does not
)

// Gap is a stretch of the period that was not looked at, and why. One without
// length marks a place where something of unknown length is missing.
type Gap struct {
	Span
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
}

// effort cuts the gaps to the period, joins those that overlap and adds the
// part of the period that lies after the video's end.
//
// Worked example: period 2m30s..62m30s, video 58m10s, gaps 1m..3m, 2m50s..4m:
// the gaps become 2m30s..4m, and 58m10s..62m30s as not filmed; 5m50s of 60m were
// not analysed.
func effort(in Input, span Span, frames int) Effort {
	from, to := span.From.Duration(), span.To.Duration()
	var cut []frame.Gap
	for _, g := range in.Gaps {
		marker := g.From == g.To // something of unknown length is missing here
		g.From, g.To = max(g.From, from), min(g.To, to)
		if g.From < g.To || marker && g.From == g.To {
			cut = append(cut, g)
		}
	}
	gaps := []Gap{}
	for _, g := range merge(cut) {
		gaps = append(gaps, Gap{Span: in.spanOf(g.From, g.To), Kind: NotAnalysed, Reason: g.Reason})
	}
	end := in.end()
	switch {
	case to == from && len(gaps) == 0:
		gaps = append(gaps, Gap{
			Span: in.spanOf(from, to), Kind: NotFilmed,
			Reason: fmt.Sprintf("period begins at %s, the video ends at %s", short(from), short(end)),
		})
	case to > end:
		gaps = append(gaps, Gap{
			Span: in.spanOf(max(from, end), to), Kind: NotFilmed,
			Reason: fmt.Sprintf("period ends at %s, the video at %s", short(to), short(end)),
		})
	}
	if frames == 0 {
		gaps = fill(in, span, gaps)
	}
	e := Effort{Frames: frames, Gaps: gaps}
	for _, g := range gaps {
		e.NotAnalysed += g.Length()
	}
	e.Analysed = span.Length() - e.NotAnalysed
	e.Fraction = 1
	if span.Length() > 0 {
		e.Fraction = float64(e.NotAnalysed) / float64(span.Length())
	}
	return e
}

// fill makes gaps of what lies between the gaps, where no frame of the whole
// period was looked at: what was not looked at is never taken for analysed.
func fill(in Input, span Span, gaps []Gap) []Gap {
	var out []Gap
	at := span.From
	rest := func(to Seconds) {
		if to > at {
			between := in.spanOf(at.Duration(), to.Duration())
			out = append(out, Gap{Span: between, Kind: NotAnalysed, Reason: "no frame was looked at"})
		}
	}
	for _, g := range gaps {
		rest(g.From)
		out = append(out, g)
		at = max(at, g.To)
	}
	rest(span.To)
	return out
}

// merge joins gaps that overlap, and those that touch and have the same reason.
func merge(gaps []frame.Gap) []frame.Gap {
	slices.SortFunc(gaps, func(a, b frame.Gap) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Reason, b.Reason))
	})
	var out []frame.Gap
	for _, g := range gaps {
		if n := len(out) - 1; n >= 0 && (g.From < out[n].To || g.From == out[n].To && g.Reason == out[n].Reason) {
			out[n].To = max(out[n].To, g.To)
			if !slices.Contains(strings.Split(out[n].Reason, "; "), g.Reason) {
				out[n].Reason += "; " + g.Reason
			}
			continue
		}
		out = append(out, g)
	}
	return out
}

// short writes a time as people do: 58m10s, 1h2m30s, 850ms.
func short(d time.Duration) string {
	s := d.Round(time.Millisecond).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// intervals cuts the period into stretches of equal length from its start; the
// last one ends with the period. looked are the frames within the period.
func intervals(span Span, length time.Duration, looked []frame.Instant, gaps []Gap) []Interval {
	out := []Interval{}
	for from := span.From; from < span.To; from += Seconds(length) {
		to := min(from+Seconds(length), span.To)
		iv := Interval{Span: Span{From: from, To: to, PeriodFrom: from - span.From, PeriodTo: to - span.From}}
		for _, g := range gaps {
			iv.NotAnalysed += max(0, min(g.To, to)-max(g.From, from))
		}
		out = append(out, iv)
	}
	for _, f := range looked {
		if i := intervalOf(f.Time, span, length, len(out)); i >= 0 {
			out[i].Frames++
		}
	}
	return out
}

// intervalOf is the index of the interval that t lies in. A frame exactly at the
// end of an open period is in the last one; -1 where there are none.
func intervalOf(t time.Duration, span Span, length time.Duration, n int) int {
	return min(int((t-span.From.Duration())/length), n-1)
}

// uncounted lists what was tracked within the period but is not studied.
func uncounted(in Input) []Uncounted {
	tracks := map[string]int{}
	studied := in.Taxa.Studied()
	for _, t := range in.Tracks {
		if _, ok := studied.Find(t.Taxon); ok {
			continue
		}
		for _, p := range t.Points {
			if in.Period.Contains(p.Time) {
				tracks[t.Taxon]++
				break
			}
		}
	}
	out := []Uncounted{}
	for name, n := range tracks {
		out = append(out, Uncounted{Taxon: name, Tracks: n})
	}
	slices.SortFunc(out, func(a, b Uncounted) int { return cmp.Compare(a.Taxon, b.Taxon) })
	return out
}
