// Package track's noun is a track: the detections of one animal over time. It
// owns the joining of detections across frames, in seconds of video, whatever
// the sampling interval. It does not detect (detect), does not judge (review)
// and does not count (count).
//
// The flow:
//
//	tracker := track.New(track.Default(), threshold) // threshold: a taxon's name → its least score
//	for frame, err := range frames {                 // in time order, empty frames too
//		if err != nil {
//			return err
//		}
//		tracker.Update(frame) // knows how many seconds went by, hence gaps and skipped frames
//	}
//	tracks := tracker.Finish()
//
// or, the same in one call, tracks, err := track.Follow(track.Default(), threshold, frames).
//
// What can be relied on:
//   - every detection at or over its taxon's threshold is in exactly one track while it is followed
//     (near-identical boxes under several names are one animal: Config.SameAnimal);
//   - what then counts of a track is settled when all frames were seen: from its first to its last detection
//     at or over the threshold (Config.StrongEnds), where no better track of its name lies on it
//     (Config.OneTaxon), and where neighbouring moments support it (Config.SupportS). A track's points are its sightings that
//     count, so the picture of a MaxN shows the animals that are counted, and no others. What is left out is still
//     among the detections, and in the tracks of a tracker without thresholds;
//   - at sampling intervals of more than half of SupportS one sighting is enough, and nothing is dropped for
//     being seen only once;
//   - a track has at most one point in a frame;
//   - nothing is dropped for being still or small;
//   - a detection under its threshold never begins or ends a track, it only continues one,
//     and then counts as seen;
//   - the same frames give the same tracks, also when the detections within a
//     frame come in another order.
//
// docs/science/tracking.md has the model, its sources and how well it does.
package track

import (
	"cmp"
	"iter"
	"slices"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// Point is one sighting of a track: a detection and when it was made.
type Point struct {
	frame.Instant
	detect.Detection
}

// Track is one animal for as long as it is followed. An animal that is lost for
// longer than Config.MaxGapS and comes back is a new track: MaxN, a count
// within single frames, is the same either way.
type Track struct {
	ID     int           `json:"id"`     // from 1, in the order of first sighting
	Taxon  string        `json:"taxon"`  // the one with the most summed score over the points it was named by; a tie goes to the earlier name
	Scores []taxon.Score `json:"scores"` // mean score per such point, best first: Scores[0].Taxon is Taxon. They are the points before doubles and unsupported ones were left out
	Points []Point       `json:"points"` // in the order of the frames; at least one
}

// First is the earliest sighting.
func (t Track) First() Point { return t.Points[0] }

// Last is the latest sighting.
func (t Track) Last() Point { return t.Points[len(t.Points)-1] }

// Follow runs a Tracker over a whole stream. It stops at the first error and
// gives it back with no tracks.
func Follow(cfg Config, threshold func(taxon string) float32, frames iter.Seq2[detect.Frame, error]) ([]Track, error) {
	t := New(cfg, threshold)
	for f, err := range frames {
		if err != nil {
			return nil, err
		}
		t.Update(f)
	}
	return t.Finish(), nil
}

// named gives every taxon a detection speaks of with its score, each once.
func named(d detect.Detection) []taxon.Score {
	if len(d.Scores) == 0 {
		return []taxon.Score{{Taxon: d.Taxon, Score: d.Score}}
	}
	return d.Scores
}

// scoreboard is the summed scores by taxon, in the order in which the names
// came up. (A map would sum them in a random order, and so round differently
// from run to run.)
type scoreboard []tally

type tally struct {
	taxon string
	sum   float64
}

func (s scoreboard) of(taxon string) float64 {
	for _, t := range s {
		if t.taxon == taxon {
			return t.sum
		}
	}
	return 0
}

func (s *scoreboard) add(d detect.Detection) {
next:
	for _, n := range named(d) {
		for i := range *s {
			if (*s)[i].taxon == n.Taxon {
				(*s)[i].sum += float64(n.Score)
				continue next
			}
		}
		*s = append(*s, tally{n.Taxon, float64(n.Score)})
	}
}

// means gives the sums divided by n, best first, ties by name.
func (s scoreboard) means(n int) []taxon.Score {
	sorted := slices.SortedFunc(slices.Values(s), func(a, b tally) int {
		return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(a.taxon, b.taxon))
	})
	out := make([]taxon.Score, len(sorted))
	for i, t := range sorted {
		out[i] = taxon.Score{Taxon: t.taxon, Score: float32(t.sum / float64(n))}
	}
	return out
}
