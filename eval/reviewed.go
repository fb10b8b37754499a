package eval

import (
	"slices"

	"requin/uncertainty"
)

// Reviewed is what came of a review by somebody who answers from truth.
type Reviewed struct {
	Name      string
	Truth     int // MaxN
	MaxN      int // as certified, or as found when all was looked at
	Machine   int // most candidates' points at or over the threshold in one frame
	Certified bool
	Looked    int // frames
	Frames    int // that there are

	EveryDetection int // frames with a detection at or over the threshold: to look at each of them is the usual way
	EveryTrack     int // tracks of such detections: to look at each of them is SharkTrack's way
}

// Right tells whether the MaxN is the true one.
func (r Reviewed) Right() bool { return r.MaxN == r.Truth }

// Review plays a review of a taxon: the frame that is suggested first is looked at, all of it;
// each candidate that has a point in it is said to be an animal or none, and animals that no candidate has are
// added; until the taxon is certified.
func (w Watched) Review(t Terms, seed uint64) (Reviewed, error) {
	out := Reviewed{Name: w.Name, Truth: w.MaxN(t.Taxon), Frames: len(w.Frames)}
	f, err := w.follow(t.Taxon, uncertainty.Least, t.Probability)
	if err != nil {
		return out, err
	}
	if err := out.usual(w, t); err != nil {
		return out, err
	}
	d := f.doubt(w, t, seed)
	for {
		now := d.Posterior(t.Limit)
		out.MaxN, out.Looked, out.Certified = now.Confirmed, now.Looked, now.Certified
		if now.Certified || len(now.Next) == 0 {
			return out, nil
		}
		f.answer(&d, now.Next[0].Frame)
	}
}

// answer says of a frame what is true of it.
func (f *followed) answer(d *uncertainty.Observations, frame int) {
	animals, matched := 0, map[int]bool{}
	for _, v := range f.visits {
		i, there := slices.BinarySearch(v.frames, frame)
		if !there {
			continue
		}
		animals++
		matched[v.matched[i]] = true // -1: no candidate has it here
	}
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if _, here := slices.BinarySearch(c.Frames, frame); !here || c.Said != uncertainty.Unsaid {
			continue
		}
		if c.Said = uncertainty.NoAnimal; matched[i] {
			c.Said = uncertainty.Animal
		}
	}
	d.Looks = append(d.Looks, uncertainty.Look{Frame: frame, N: animals})
}

// usual counts what there is to look at in the usual ways.
func (r *Reviewed) usual(w Watched, t Terms) error {
	f, err := w.follow(t.Taxon, t.Threshold, t.Probability)
	if err != nil {
		return err
	}
	in := make([]int, len(w.Frames))
	for _, s := range f.candidates {
		for _, at := range s.Frames {
			in[at]++
		}
	}
	for _, n := range in {
		r.Machine = max(r.Machine, n)
		if n > 0 {
			r.EveryDetection++
		}
	}
	r.EveryTrack = len(f.candidates)
	return nil
}
