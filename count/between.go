package count

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"requin/frame"
)

// Between is what a denser look at some stretches of the period tells of the animals that the sampling interval misses. It changes no
// count: it says how far MaxN at the sampling interval falls short of the MaxN that would be found at the denser one.
type Between struct {
	Every     Seconds     `json:"every_s"`        // the denser interval
	Stretch   Seconds     `json:"stretch_s"`      // length of a stretch; the period's last may be shorter
	Stretches int         `json:"stretches"`      // of the period, in which frames were looked at
	Looked    []Look      `json:"looked"`         // those that were looked at more densely, in order of time
	Frames    int         `json:"frames"`         // looked at besides those of the sampling interval
	Taxa      []Shortfall `json:"taxa"`           // studied, in the order of the survey's list
	None      string      `json:"none,omitempty"` // why there is no estimate; then Taxa is empty
}

// Length is how much of the period was looked at more densely.
func (b Between) Length() (sum Seconds) {
	for _, l := range b.Looked {
		sum += l.Length()
	}
	return sum
}

// Why a stretch was chosen.
type Why string

const (
	Busy   Why = "busy"   // one of those with the most animals, of some taxon
	Random Why = "random" // drawn, one of each of equal parts of the others
	All    Why = "all"    // there were no more of them than were asked for
)

// Look is one stretch that was looked at more densely.
type Look struct {
	Span
	Why    Why `json:"why"`
	Frames int `json:"frames"` // at either interval
	index  int
}

// ChooseStretches says which stretches of a period to look at more densely: n of those in which frames were looked at. r is the count
// with the stretches as its intervals.
//
// Half of them are those with the most animals, taxon by taxon in turn, since MaxN is a maximum: there it can be exceeded. Of stretches with equally
// many, chance decides. The other half is one out of each of equal parts of the rest, in order of time. The same seed draws the same.
func ChooseStretches(r Result, n int, seed uint64) []Look {
	var open []Look // not chosen yet, in order of time
	for i, iv := range r.Intervals {
		if iv.Frames > 0 {
			open = append(open, Look{Span: iv.Span, index: i})
		}
	}
	var out []Look
	take := func(i int, why Why) {
		l := open[i]
		l.Why = why
		out, open = append(out, l), slices.Delete(open, i, i+1)
	}
	if n >= len(open) {
		for len(open) > 0 {
			take(0, All)
		}
		return out
	}
	draw := rand.New(rand.NewPCG(seed, uint64(len(open))))
	lot := make([]float64, len(r.Intervals)) // decides between equals
	for i := range lot {
		lot[i] = draw.Float64()
	}
	var seen []Taxon
	for _, t := range r.Taxa {
		if t.MaxN != nil && *t.MaxN > 0 {
			seen = append(seen, t)
		}
	}
	busy := 0
	if len(seen) > 0 {
		busy = min(n, max(n/2, len(seen)))
	}
	for k := range busy {
		of := seen[k%len(seen)].PerInterval
		most := slices.MaxFunc(open, func(a, b Look) int {
			return cmp.Or(cmp.Compare(*of[a.index], *of[b.index]), cmp.Compare(lot[a.index], lot[b.index]))
		})
		take(slices.IndexFunc(open, func(l Look) bool { return l.index == most.index }), Busy)
	}
	parts, rest := n-busy, len(open)
	for k := parts - 1; k >= 0; k-- { // from the end, so that what is taken moves nothing that is still to come
		from, to := k*rest/parts, (k+1)*rest/parts
		take(from+draw.IntN(to-from), Random)
	}
	slices.SortFunc(out, func(a, b Look) int { return cmp.Compare(a.From, b.From) })
	return out
}

// Compare says how far the counts fall short between samples. sparse is the count at the sampling interval, with the stretches as its intervals, and dense that of all
// frames, those of the looks too; samples and all are the frames that they were counted in, in order of time. looks are as ChooseStretches gave them, every is
// the denser interval.
//
// A stretch begins after the last sample before it, at most a sampling interval earlier: animals that come just before it and are still there at its first sample
// belong to it.
func Compare(sparse, dense Result, samples, all []frame.Instant, looks []Look, every Seconds) Between {
	b := Between{Every: every, Stretch: sparse.Interval, Looked: []Look{}, Taxa: []Shortfall{}, Frames: dense.Effort.Frames - sparse.Effort.Frames}
	for _, iv := range sparse.Intervals {
		if iv.Frames > 0 {
			b.Stretches++
		}
	}
	var within [][]frame.Instant // frames of each look
	for _, l := range looks {
		from := max(l.From-sparse.Every, sparse.Period.From).Duration()
		if i := after(samples, l.From.Duration()); i > 0 {
			from = max(from, samples[i-1].Time+1)
		}
		frames := all[after(all, from):after(all, l.To.Duration())]
		l.Frames = len(frames)
		b.Looked, within = append(b.Looked, l), append(within, frames)
	}
	switch {
	case b.Stretches == 0:
		b.None = "no frame was looked at"
		return b
	case b.Frames == 0:
		b.None = "the video has no pictures between those that were looked at"
		return b
	}
	for i, t := range sparse.Taxa {
		s := Shortfall{Taxon: t.Name, MaxN: *t.MaxN, Sparse: []int{}, Dense: []int{}}
		for k, l := range b.Looked {
			most, at := dense.Taxa[i].most(within[k], dense.Period.From)
			if s.Sparse, s.Dense = append(s.Sparse, *t.PerInterval[l.index]), append(s.Dense, most); most > s.Seen {
				s.Seen, s.SeenAt = most, &at
			}
		}
		b.Taxa = append(b.Taxa, s.estimate(t.others(b.Looked)))
	}
	return b
}

// Again estimates anew from the MaxN of each stretch that was looked at more densely, as b has them, and from a count at the sampling interval and looks at its
// stretches. That b is of other looks or taxa is an error.
func (b Between) Again(sparse Result, looks []Look) (Between, error) {
	if b.None != "" {
		return b, nil
	}
	if len(looks) != len(b.Looked) || len(b.Taxa) != len(sparse.Taxa) {
		return Between{}, fmt.Errorf("%d stretches and %d taxa were kept; it should be %d and %d", len(b.Looked), len(b.Taxa), len(looks), len(sparse.Taxa))
	}
	b.Looked, b.Taxa = slices.Clone(b.Looked), slices.Clone(b.Taxa)
	b.Stretches = 0
	for _, iv := range sparse.Intervals {
		if iv.Frames > 0 {
			b.Stretches++
		}
	}
	for i, l := range looks {
		l.Frames = b.Looked[i].Frames
		b.Looked[i] = l
	}
	for i, t := range sparse.Taxa {
		kept := b.Taxa[i]
		if kept.Taxon != t.Name || len(kept.Dense) != len(looks) || t.MaxN == nil {
			return Between{}, fmt.Errorf("what was kept of %s is not of these stretches", t.Name)
		}
		s := Shortfall{Taxon: t.Name, MaxN: *t.MaxN, SeenAt: kept.SeenAt, Dense: kept.Dense}
		for _, l := range looks {
			s.Sparse = append(s.Sparse, *t.PerInterval[l.index])
		}
		b.Taxa[i] = s.estimate(t.others(looks))
	}
	return b, nil
}

// after is the index of the first frame at a time or later.
func after(frames []frame.Instant, t time.Duration) int {
	i, _ := slices.BinarySearchFunc(frames, t, func(f frame.Instant, t time.Duration) int { return cmp.Compare(f.Time, t) })
	return i
}

// most is the highest count in frames that follow each other, and the earliest time of it.
func (t Taxon) most(frames []frame.Instant, zero Seconds) (n int, at Moment) {
	step := 0
	for i, f := range frames {
		for step+1 < len(t.Counts) && t.Counts[step+1].Time <= Seconds(f.Time) {
			step++
		}
		if now := t.Counts[step].N; i == 0 || now > n {
			n, at = now, moment(f, zero)
		}
	}
	return n, at
}

// others are how many of the stretches that were not looked at more densely have each MaxN, from 0 on.
func (t Taxon) others(looked []Look) (levels []int) {
	for i, n := range t.PerInterval {
		if n == nil || slices.ContainsFunc(looked, func(l Look) bool { return l.index == i }) {
			continue
		}
		for len(levels) <= *n {
			levels = append(levels, 0)
		}
		levels[*n]++
	}
	return levels
}
