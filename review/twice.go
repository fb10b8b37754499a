package review

import (
	"cmp"
	"slices"

	"requin/frame"
)

// Twice is two accepted tracks of one taxon that lie on one another: "the same animal?"
type Twice struct {
	A, B   string  // their ids, the one that was first of State.Tracks first
	Taxon  string  // of both
	Frame  int     // where they overlap most, the earliest of those
	IoU    float64 // their overlap there
	Frames int     // in how many they overlap by more than asked
}

// AskTwice is the overlap (IoU) of two accepted boxes over which a person is asked whether they are one animal. A count takes
// them for one by itself from 0.6 (track.Config.OneTaxon); a person, who can tell, is asked earlier. docs/benchmarks.md has how often two animals lie so.
const AskTwice = 0.45

// CountedTwice lists the pairs of accepted tracks of one taxon that overlap by more than most in some frame, by the frame at which they
// overlap most. Each pair is asked about once, however many frames it shares. The answer is a verdict like any other: merge,
// apart, or reject of one of them. What a person set apart is not asked about again.
//
// Worked example: t3 and t7, both accepted as Triaenodon obesus, overlap by 0.5 in frame 10 and by 0.8 in frame 11. The
// pair is t3, t7, frame 11, 0.8, 2 frames. If t7 is relabelled or rejected there is none.
func (s *State) CountedTwice(most float64) []Twice {
	type lying struct {
		track *Track
		box   frame.Box
	}
	pairs := map[pairing]*Twice{}
	here := make([][]lying, len(s.Frames))
	for _, t := range s.tracks {
		if t.Standing != Accepted {
			continue
		}
		for _, p := range t.Points {
			for _, o := range here[p.Frame] {
				if o.track.Taxon != t.Taxon {
					continue
				}
				overlap := frame.IoU(o.box, p.Box)
				if !(overlap > most) || s.areApart(o.track, t) {
					continue
				}
				pair := pairs[pairing{o.track, t}]
				if pair == nil {
					pair = &Twice{A: o.track.ID, B: t.ID, Taxon: t.Taxon}
					pairs[pairing{o.track, t}] = pair
				}
				pair.Frames++
				if overlap > pair.IoU {
					pair.IoU, pair.Frame = overlap, p.Frame
				}
			}
			here[p.Frame] = append(here[p.Frame], lying{t, p.Box})
		}
	}
	var out []Twice
	for _, p := range pairs {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Twice) int {
		return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	return out
}
