package scan

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
)

// Between asks for a look at some stretches of the period at a denser interval: what is missed between samples. It
// changes neither detections nor count at the sampling interval.
type Between struct {
	Every   count.Seconds `json:"every_s"`   // the denser interval
	Looked  count.Seconds `json:"looked_s"`  // how much of the period is looked at so, together
	Seed    uint64        `json:"seed"`      // of the stretches that are drawn
	Stretch count.Seconds `json:"stretch_s"` // length of one
}

// The usual look between samples: six minutes, which of an hour is a tenth and costs half as much again as the count; in stretches of ten seconds, so
// that many moments of the hour are among them.
const (
	BetweenLooked  = 6 * time.Minute
	betweenStretch = 10 * time.Second
	betweenSeed    = 1
)

// NewBetween asks for a denser look at so much of the period of a count that looks once in each every.
func NewBetween(denser, looked, every time.Duration) *Between {
	return &Between{Every: count.Seconds(denser), Looked: count.Seconds(looked), Seed: betweenSeed, Stretch: count.Seconds(max(betweenStretch, every))}
}

// looks is how many stretches are asked for.
func (b Between) looks() int {
	return max(1, int(math.Round(b.Looked.Duration().Seconds()/b.Stretch.Duration().Seconds())))
}

// windows are what is looked at: the stretches, each from the last sample before it on, and as much around as the tracker asks neighbouring moments for.
// Those that touch are one.
func (s Settings) windows(looks []count.Look) (out []frame.Period) {
	around := time.Duration(s.Tracker.SupportS / 2 * float64(time.Second))
	for _, l := range looks {
		w := frame.Period{From: max((l.From-s.Every).Duration()-around, s.Period.From), To: l.To.Duration() + around}
		if s.Period.To > 0 {
			w.To = min(w.To, s.Period.To)
		}
		if n := len(out) - 1; n >= 0 && w.From <= out[n].To {
			out[n].To = w.To
			continue
		}
		out = append(out, w)
	}
	return out
}

// KeptBetween is what a denser look found, as a journal keeps it whole.
type KeptBetween struct {
	Between Between        `json:"between"`
	Windows []frame.Period `json:"windows"`
	Part    Part           `json:"part"`
}

// betweenName is what it is kept under.
const betweenName = "between"

// ReadBetween reads it out of a journal; false where there is none.
func ReadBetween(j Journal) (k KeptBetween, ok bool, err error) {
	ok, err = j.Load(betweenName, &k)
	return k, ok, err
}

// LookBetween looks at some stretches of a deployment that was scanned, more densely, as the settings ask, and says what was missed between samples. It looks only at
// what the job's journal does not hold.
func (d *Deployment) LookBetween(ctx context.Context, s Settings, found Part, j Job) (count.Between, error) {
	sparse, err := s.stretches(found.Frames, found.Gaps, d.Dive.Duration())
	if err != nil {
		return count.Between{}, err
	}
	kept := KeptBetween{Between: *s.Between, Windows: s.windows(count.ChooseStretches(sparse, s.Between.looks(), s.Between.Seed))}
	j.Dive, j.Segments = d.Dive, nil
	for _, w := range kept.Windows {
		plan, err := d.Dive.Plan(ctx, frame.Sampling{Every: s.Between.Every.Duration(), Period: w})
		if err != nil {
			return count.Between{}, err
		}
		j.Segments = append(j.Segments, plan.Segments...)
	}
	j.Name = func(i int) string {
		return fmt.Sprintf("%s-%d-%d-%d", betweenName, s.Between.Every, j.Segments[i].From, j.Segments[i].To)
	}
	if kept.Part, err = j.Run(ctx); err != nil {
		return count.Between{}, err
	}
	for _, f := range d.Dive.Files {
		if err := f.Unchanged(); err != nil {
			return count.Between{}, err
		}
	}
	if err := j.Journal.Save(betweenName, kept); err != nil {
		return count.Between{}, err
	}
	return DeriveBetween(s, found, kept.Part, d.Dive.Duration())
}

// DeriveBetween compares what was found at the sampling interval with what was found there and at the denser one. The same input gives the same result.
func DeriveBetween(s Settings, found, denser Part, duration time.Duration) (count.Between, error) {
	sparse, err := s.stretches(found.Frames, found.Gaps, duration)
	if err != nil {
		return count.Between{}, err
	}
	all := united(found, denser)
	dense, err := s.stretches(all.Frames, found.Gaps, duration)
	if err != nil {
		return count.Between{}, err
	}
	looks := count.ChooseStretches(sparse, s.Between.looks(), s.Between.Seed)
	return count.Compare(sparse, dense, found.within(s.Period), all.within(s.Period), looks, s.Between.Every), nil
}

// AgainBetween derives anew what a look between samples came to, of what the samples show, and of the record of the denser look: its frames where kept holds
// those of this look, else the MaxN of each stretch.
func AgainBetween(s Settings, found Part, duration time.Duration, recorded count.Between, kept *KeptBetween) (count.Between, error) {
	sparse, err := s.stretches(found.Frames, found.Gaps, duration)
	if err != nil {
		return count.Between{}, err
	}
	looks := count.ChooseStretches(sparse, s.Between.looks(), s.Between.Seed)
	if kept != nil && kept.Between == *s.Between && reflect.DeepEqual(kept.Windows, s.windows(looks)) {
		return DeriveBetween(s, found, kept.Part, duration)
	}
	return recorded.Again(sparse, looks)
}

// stretches counts by stretches: as Derive does, with them as intervals, and without what is said of how far it may be trusted.
func (s Settings) stretches(frames []detect.Frame, gaps []frame.Gap, duration time.Duration) (count.Result, error) {
	s.Interval = s.Between.Stretch
	tracks, err := s.follow(frames)
	if err != nil {
		return count.Result{}, err
	}
	return count.Of(s.input(tracks, frames, gaps, duration))
}

// united are the frames of both, each once, in order of time; what lay in a gap of the first stays there.
func united(a, b Part) Part {
	out := Part{Frames: slices.Clone(a.Frames)}
	had := map[frame.Instant]bool{}
	for _, f := range a.Frames {
		had[f.Instant] = true
	}
	for _, f := range b.Frames {
		if !had[f.Instant] && !inGap(f.Time, a.Gaps) {
			had[f.Instant] = true
			out.Frames = append(out.Frames, f)
		}
	}
	slices.SortStableFunc(out.Frames, func(a, b detect.Frame) int { return int(min(max(a.Time-b.Time, -1), 1)) })
	return out
}

// within are the moments of the frames in a period.
func (p Part) within(period Period) []frame.Instant {
	return slices.DeleteFunc(p.instants(), func(i frame.Instant) bool { return !frame.Period(period).Contains(i.Time) })
}
