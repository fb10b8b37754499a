package count

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// sighting is one individual at one of the looked-at frames.
type sighting struct {
	frame int // index into the frames looked at within the period
	track int
	point track.Point
}

// sightings gives the points within the period by the taxon of their track, each
// taxon's sorted by frame and track, so that the order of the input is forgotten.
func sightings(in Input, looked []frame.Instant) (map[string][]sighting, error) {
	index := make(map[frame.Instant]int, len(looked))
	for i, f := range looked {
		if _, twice := index[f]; twice {
			return nil, fmt.Errorf("the frame at %v (chapter %d, pts %d) is listed twice: give each frame once", f.Time, f.Chapter, f.PTS)
		}
		index[f] = i
	}
	ids := make(map[int]bool, len(in.Tracks))
	out := map[string][]sighting{}
	for _, t := range in.Tracks {
		if ids[t.ID] {
			return nil, fmt.Errorf("there are two tracks %d: number each once", t.ID)
		}
		ids[t.ID] = true
		for _, p := range t.Points {
			if !in.Period.Contains(p.Time) {
				continue
			}
			i, ok := index[p.Instant]
			if !ok {
				return nil, fmt.Errorf("track %d has a point at %v (chapter %d, pts %d), where no frame was looked at: give every frame the tracks were made from",
					t.ID, p.Time, p.Chapter, p.PTS)
			}
			out[t.Taxon] = append(out[t.Taxon], sighting{frame: i, track: t.ID, point: p})
		}
	}
	for _, s := range out {
		slices.SortFunc(s, func(a, b sighting) int {
			return cmp.Or(cmp.Compare(a.frame, b.frame), cmp.Compare(a.track, b.track))
		})
		for i := 1; i < len(s); i++ {
			if s[i].frame == s[i-1].frame && s[i].track == s[i-1].track {
				return nil, fmt.Errorf("track %d has two points in the frame at %v: a track is one animal", s[i].track, s[i].point.Time)
			}
		}
	}
	return out, nil
}

// stated are the numbers that people counted of a taxon, by the time of the frame.
func (in Input) stated(taxon string) map[time.Duration]int {
	out := map[time.Duration]int{}
	for _, s := range in.Stated {
		if s.Taxon == taxon {
			out[s.Time] = max(out[s.Time], s.N)
		}
	}
	return out
}

// countTaxon counts one taxon. seen are its sightings, sorted by frame; stated what people counted; r has
// the period and its intervals.
func countTaxon(t taxon.Taxon, seen []sighting, stated map[time.Duration]int, looked []frame.Instant, r Result) Taxon {
	out := Taxon{
		Name: t.Name, Common: t.Common, CAAB: t.CAAB, AphiaID: t.AphiaID, Threshold: t.Threshold,
		PerInterval: make([]*int, len(r.Intervals)), Counts: []Step{}, Rises: []Step{},
	}
	if len(looked) == 0 {
		return out // nothing is known, which is not zero
	}
	out.MaxN = new(int)
	tracks := map[int]bool{}
	sum := 0
	for i, f := range looked {
		var here []sighting
		here, seen = cutFrame(seen, i)
		n := max(len(here), stated[f.Time])
		sum += n
		now := moment(f, r.Period.From)
		if len(out.Counts) == 0 || out.Counts[len(out.Counts)-1].N != n {
			out.Counts = append(out.Counts, Step{Moment: now, N: n})
		}
		if k := intervalOf(f.Time, r.Period, r.Interval.Duration(), len(r.Intervals)); k >= 0 {
			if out.PerInterval[k] == nil {
				out.PerInterval[k] = new(int)
			}
			*out.PerInterval[k] = max(*out.PerInterval[k], n)
		}
		if n == 0 {
			continue
		}
		out.Frames++
		for _, s := range here {
			tracks[s.track] = true
		}
		if out.TFS == nil {
			out.TFS = &now
		}
		if n > *out.MaxN {
			*out.MaxN = n
			out.TMaxN = &now
			out.Rises = append(out.Rises, Step{Moment: now, N: n})
			out.Evidence = evidence(now, here)
		}
	}
	out.Tracks = len(tracks)
	mean := float64(sum) / float64(len(looked))
	out.MeanCount = &mean
	return out
}

// cutFrame splits off the sightings of frame i, which come first.
func cutFrame(seen []sighting, i int) (here, rest []sighting) {
	n := 0
	for n < len(seen) && seen[n].frame == i {
		n++
	}
	return seen[:n], seen[n:]
}

func evidence(at Moment, here []sighting) *Evidence {
	e := &Evidence{Moment: at}
	for _, s := range here {
		d := s.point.Detection
		e.Individuals = append(e.Individuals, Individual{Track: s.track, Box: d.Box, Taxon: d.Taxon, Score: d.Score})
	}
	return e
}
