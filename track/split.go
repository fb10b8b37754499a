package track

import (
	"math"
	"slices"
)

// Animals do not change their species. Where the names of a track change for
// good, two animals were joined: one left, another came in near the same
// place. Counting both under the name of the longer one would hide the other,
// so the track is cut there. Names that change for a moment are the
// detector's slips and stay.
//
// The decision is the most likely sequence of taxa through the points
// (Viterbi 1967): a point costs what its scores make its name unlikely, a
// change of name costs log(ChangeOdds) while the animal is in sight and less
// the longer it was out of sight before, since that is when animals are
// mistaken for each other. Points close in time repeat each other's
// mistakes, so a point counts the less the shorter it comes after the last.
//
// Worked example, 1 frame/s and the defaults: a point under a wrong name costs
// -log(0.05) = 3.0, weighed by 1-exp(-1/1) = 0.63: 1.9. A change costs
// log(10,000) = 9.2. So five points under another name at a track's end are
// another animal, four are slips; in the middle, with a change to it and one
// back, it takes ten. After 3 s out of sight a change costs 9.2/(1+3) = 2.3, and
// one point is enough: it follows a gap, so it weighs 0.95.

// A cut is only made at a detection that may begin a track.

// cuts gives the indexes at which a track's points change their name for good,
// in order, without 0 and the end.
func (c *Config) cuts(tr *following) []int {
	points, names := tr.Points, tr.names
	if len(names) < 2 || c.ChangeOdds <= 1 {
		return nil
	}
	ordered := slices.Clone(names)
	slices.SortFunc(ordered, func(a, b tally) int { // a fixed order, so that ties fall the same way
		if a.taxon < b.taxon {
			return -1
		}
		return 1
	})
	total := make([]float64, len(ordered))
	from := make([][]int, len(points)) // from[i][k]: the name before, where point i bears name k
	for i, p := range points {
		weight, change := 1.0, math.Log(c.ChangeOdds)
		if i > 0 {
			gap := max(0, p.Time-points[i-1].Time).Seconds()
			weight = 1 - math.Exp(-gap/slipLasts)
			if tr.frames[i] > tr.frames[i-1]+1 { // it was looked for in between, and not seen
				change /= 1 + gap/slipLasts
			}
		}
		best := 0
		for k := range total {
			if total[k] < total[best] {
				best = k
			}
		}
		from[i] = make([]int, len(ordered))
		next := make([]float64, len(ordered))
		for k, name := range ordered {
			from[i][k] = k
			next[k] = total[k]
			if i > 0 && tr.begins[i] && total[best]+change < total[k] {
				from[i][k], next[k] = best, total[best]+change
			}
			one := scoreboard{{name.taxon, 1}}
			next[k] -= weight * math.Log(c.TaxonDoubt+(1-c.TaxonDoubt)*agreement(one, p.Detection))
		}
		total = next
	}
	state := 0
	for k := range total {
		if total[k] < total[state] {
			state = k
		}
	}
	var out []int
	for i := len(points) - 1; i > 0; i-- {
		if before := from[i][state]; before != state {
			out = append(out, i)
			state = before
		}
	}
	slices.Reverse(out)
	return out
}

// slipLasts is how many seconds a detector's wrong name for an animal persists:
// the time in which it turns to another side.
const slipLasts = 1.0

// split cuts a finished track where it changes its name for good.
func (c *Config) split(tr *following) []*following {
	cuts := append(c.cuts(tr), len(tr.Points))
	if len(cuts) == 1 {
		return []*following{tr}
	}
	var out []*following
	start := 0
	for _, end := range cuts {
		part := &following{frames: tr.frames[start:end:end], begins: tr.begins[start:end:end]}
		part.Points = tr.Points[start:end:end]
		for _, p := range part.Points {
			part.names.add(p.Detection)
		}
		out = append(out, part)
		start = end
	}
	return out
}
