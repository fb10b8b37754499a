// Package eval's noun is an agreement: how well what was found agrees with what
// is true. It owns the measures (of detections, tracks and counts), their definitions and how they
// are pooled. It makes neither truth nor findings and reads no file.
package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"requin/frame"
	"requin/track"
)

// Seen is one animal in one frame: the unit that tracking is judged by.
type Seen struct {
	Time time.Duration // names the frame
	ID   int           // the animal's, the same over all its frames
	Box  frame.Box     // pixels of the full picture
}

// SeenIn gives the points of tracks. To judge one taxon, give its tracks only.
func SeenIn(tracks []track.Track) []Seen {
	var out []Seen
	for _, t := range tracks {
		for _, p := range t.Points {
			out = append(out, Seen{p.Time, t.ID, p.Box})
		}
	}
	return out
}

// levels is the number of overlaps (IoU) that HOTA is averaged over: 0.05, 0.10 ... 0.95.
const levels = 19

// matchIoU is the least overlap at which a found box is a true one, for MOTA and IDF1.
const matchIoU = 0.5

// slack is the rounding error allowed to an overlap that lies just at a level.
const slack = 1e-9

// MOTScore is the counts that the measures of tracking are made of. Counts of
// several videos are pooled by adding (Pool); the measures are ratios of counts
// and NaN where there is nothing to divide by.
type MOTScore struct {
	Truth int // true boxes
	Found int // found boxes

	// CLEAR MOT, at IoU 0.5.
	Matches  int // true boxes that were found
	Switches int // times a true animal was found under another ID than the time before

	// Identity, at IoU 0.5.
	IDMatches int // boxes that agree under the best one-to-one pairing of true and found IDs

	// HOTA, at each of the 19 levels.
	Hits  [levels]int     // true positives
	Assoc [levels]float64 // sum over the true positives of their association accuracy
}

// Misses is the true boxes that were not found.
func (s MOTScore) Misses() int { return s.Truth - s.Matches }

// FalseAlarms is the found boxes that are not true.
func (s MOTScore) FalseAlarms() int { return s.Found - s.Matches }

// MOTA is the multiple object tracking accuracy,
//
//	1 − (misses + false alarms + switches) / true boxes,
//
// at most 1, below 0 where more is wrong than there is (Bernardin & Stiefelhagen
// 2008, EURASIP JIVP 246309). It mostly judges detection.
func (s MOTScore) MOTA() float64 {
	return 1 - ratio(float64(s.Misses()+s.FalseAlarms()+s.Switches), float64(s.Truth))
}

// IDF1 is the share of boxes under the right identity,
//
//	2·IDTP / (true boxes + found boxes),
//
// where IDTP counts the boxes that agree when each true ID is paired with at
// most one found ID for the whole video, in the best way there is (Ristani et
// al. 2016, ECCV workshops, arXiv 1609.01775).
func (s MOTScore) IDF1() float64 {
	return ratio(2*float64(s.IDMatches), float64(s.Truth+s.Found))
}

// HOTA is the higher order tracking accuracy: the mean over the 19 levels of
// √(DetA·AssA) (Luiten et al. 2021, IJCV 129:548).
func (s MOTScore) HOTA() float64 {
	return s.mean(func(i int) float64 { return math.Sqrt(s.detA(i) * s.assA(i)) })
}

// DetA is HOTA's detection accuracy, the mean over the levels of TP/(TP+FN+FP).
func (s MOTScore) DetA() float64 { return s.mean(s.detA) }

// AssA is HOTA's association accuracy: the mean over the levels of the mean
// over the true positives c of TPA/(TPA+FNA+FPA), where TPA(c) counts the true
// positives with both the true and the found ID of c, FNA(c) the other true
// boxes of that true ID and FPA(c) the other found boxes of that found ID. A
// level without true positives gives 0.
func (s MOTScore) AssA() float64 { return s.mean(s.assA) }

func (s MOTScore) detA(level int) float64 {
	tp := s.Hits[level]
	return ratio(float64(tp), float64(s.Truth+s.Found-tp))
}

func (s MOTScore) assA(level int) float64 {
	return s.Assoc[level] / math.Max(1, float64(s.Hits[level]))
}

func (s MOTScore) mean(of func(level int) float64) float64 {
	if s.Truth+s.Found == 0 {
		return math.NaN()
	}
	var sum float64
	for i := range levels {
		sum += of(i)
	}
	return sum / levels
}

// ratio is a/b, NaN where b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// Pool adds up the counts of several videos, so that each weighs by its boxes.
func Pool(scores ...MOTScore) MOTScore {
	var sum MOTScore
	for _, s := range scores {
		sum.Truth += s.Truth
		sum.Found += s.Found
		sum.Matches += s.Matches
		sum.Switches += s.Switches
		sum.IDMatches += s.IDMatches
		for i := range levels {
			sum.Hits[i] += s.Hits[i]
			sum.Assoc[i] += s.Assoc[i]
		}
	}
	return sum
}

// MOT compares found tracks with true ones of one video. The order of the boxes does
// not matter. Within a frame an ID may be used once; twice is an error.
//
// Worked example: one animal in 10 frames, found in all, under ID 1 in the first
// 5 and under ID 2 in the rest, boxes exact. MOTA = 1 − 1/10 (one switch). IDF1 =
// 2·5/(10+10) = 0.5. HOTA: DetA 1; each true positive has TPA 5, FNA 5, FPA 0,
// so AssA = 0.5 and HOTA = √0.5 = 0.707.
func MOT(truth, found []Seen) (MOTScore, error) {
	frames, err := pairUp(truth, found)
	if err != nil {
		return MOTScore{}, err
	}
	s := MOTScore{Truth: len(truth), Found: len(found)}
	s.clear(frames)
	s.identity(frames)
	s.higherOrder(frames)
	return s, nil
}

// instant is the boxes of one frame and how they overlap.
type instant struct {
	truth, found []Seen      // by ID
	iou          [][]float64 // [truth][found]
}

// pairUp sorts the boxes into frames, in time order.
func pairUp(truth, found []Seen) ([]instant, error) {
	at := map[time.Duration]*instant{}
	for side, all := range [][]Seen{truth, found} {
		for _, s := range all {
			f := at[s.Time]
			if f == nil {
				f = &instant{}
				at[s.Time] = f
			}
			if side == 0 {
				f.truth = append(f.truth, s)
			} else {
				f.found = append(f.found, s)
			}
		}
	}
	times := make([]time.Duration, 0, len(at))
	for t := range at {
		times = append(times, t)
	}
	slices.Sort(times)
	frames := make([]instant, 0, len(times))
	for _, t := range times {
		f := at[t]
		if err := cmp.Or(sortIDs("true", f.truth), sortIDs("found", f.found)); err != nil {
			return nil, err
		}
		f.iou = make([][]float64, len(f.truth))
		for i, a := range f.truth {
			f.iou[i] = make([]float64, len(f.found))
			for j, b := range f.found {
				f.iou[i][j] = frame.IoU(a.Box, b.Box)
			}
		}
		frames = append(frames, *f)
	}
	return frames, nil
}

func sortIDs(what string, seen []Seen) error {
	slices.SortFunc(seen, func(a, b Seen) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(seen); i++ {
		if seen[i].ID == seen[i-1].ID {
			return fmt.Errorf("%s ID %d has two boxes at %v: give each animal its own ID", what, seen[i].ID, seen[i].Time)
		}
	}
	return nil
}
