package track

import (
	"cmp"
	"slices"
	"time"

	"requin/frame"
)

// settle makes of the tracks as they were followed those that count: each ends at a strong detection, bears the name that the
// scores of its points speak for, lies on no other of its name, and is seen at neighbouring moments too. list is not changed.
//
// Why after following and not before: only the track knows an animal's name, and only time tells a flicker from an animal.
func (t *Tracker) settle(list []*following) []*following {
	out := make([]*following, len(list))
	for i, tr := range list {
		settled := *tr
		out[i] = &settled
		if t.cfg.StrongEnds {
			last := slices.Index(reversed(tr.begins), true)
			settled.keep(func(i int) bool { return i < len(tr.begins)-last })
		}
		settled.name()
	}
	if t.cfg.OneTaxon > 0 {
		oneEach(out, t.cfg.OneTaxon)
	}
	if t.cfg.SupportS > 0 {
		for _, tr := range out {
			t.supported(tr)
		}
	}
	return slices.DeleteFunc(out, func(tr *following) bool { return len(tr.Points) == 0 })
}

func reversed(list []bool) []bool {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// name gives the track the taxon that its points' scores speak for together.
func (tr *following) name() {
	tr.Scores = tr.names.means(len(tr.Points))
	tr.Taxon = tr.Scores[0].Taxon
}

// keep leaves the points that are not wanted out. The name stays.
func (tr *following) keep(wanted func(i int) bool) {
	var points []Point
	var frames []int
	var begins []bool
	var names scoreboard
	for i, p := range tr.Points {
		if wanted(i) {
			points, frames, begins = append(points, p), append(frames, tr.frames[i]), append(begins, tr.begins[i])
			names.add(p.Detection)
		}
	}
	tr.Points, tr.frames, tr.begins, tr.names = points, frames, begins, names
}

// oneEach suppresses once more, now that the tracks have names: of two points of one taxon in a frame that overlap by more than
// most, the one of the track with more score in all stays. It is greedy, as suppression within a frame is, but goes by the whole track,
// so that of two boxes on one animal the same one stays from frame to frame.
//
// Worked example, most 0.6: a shark is followed as A through 30 frames. In 5 of them a second box on it, which the detector named
// otherwise at first, became the track B of the same name. B has no point left and is gone. Where a second shark swims
// past A and lies on it for 2 frames of 20, it lacks those 2.
func oneEach(list []*following, most float64) {
	total := make(map[*following]float64, len(list))
	for _, tr := range list {
		total[tr] = tr.names.of(tr.Taxon)
	}
	type place struct {
		taxon string
		frame int
	}
	taken := map[place][]frame.Box{}
	for _, tr := range slices.SortedStableFunc(slices.Values(list), func(a, b *following) int { return cmp.Compare(total[b], total[a]) }) {
		tr.keep(func(i int) bool {
			return !slices.ContainsFunc(taken[place{tr.Taxon, tr.frames[i]}], func(b frame.Box) bool { return frame.IoU(b, tr.Points[i].Box) > most })
		})
		for i, p := range tr.Points {
			at := place{tr.Taxon, tr.frames[i]}
			taken[at] = append(taken[at], p.Box)
		}
	}
}

// supported leaves the points that neighbouring moments do not support out. A detector's errors are many and short, and MaxN is
// the greatest of all counts: without this, the more frames are looked at, the higher the error that it picks.
//
// Worked example, 1.1 s and a share of two thirds: at 10 frames/s there are 11 frames within 0.55 s of a point, so it takes a track with
// points in 8 of them; at 5 frames/s 4 of 5; at 2 frames/s 2 of 3; at 1 frame/s the frame itself is the only one.
func (t *Tracker) supported(tr *following) {
	reach := time.Duration(t.cfg.SupportS / 2 * float64(time.Second))
	seen := make([]time.Duration, len(tr.frames))
	for i, number := range tr.frames {
		seen[i] = t.looked[number-1]
	}
	good := make([]bool, len(seen))
	for i, now := range seen {
		here, all := moments(seen, now-reach, now+reach), moments(t.looked, now-reach, now+reach)
		good[i] = float64(here) >= t.cfg.SupportShare*float64(all)-1e-9
	}
	tr.keep(func(i int) bool { return good[i] })
}

// moments is how many different times of a rising list lie from one time to another, both included. Frames of one time are one moment.
func moments(times []time.Duration, from, to time.Duration) (n int) {
	first, _ := slices.BinarySearch(times, from)
	for i := first; i < len(times) && times[i] <= to; i++ {
		if i == first || times[i] != times[i-1] {
			n++
		}
	}
	return n
}
