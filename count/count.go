// Package count's noun is a count: tracks in, MaxN and its kin out. It owns what
// is counted (studied taxa, within a period, at the frames that were looked at),
// and what the count rests on (frames, gaps, the evidence of each MaxN). It does
// not find animals (detect), does not follow them (track) and draws nothing
// (report).
//
// The flow:
//
//	result, err := count.Of(count.Input{
//		Tracks: tracks, Frames: lookedAt, Gaps: gaps, Taxa: taxa,
//		Period: period, Every: time.Second, Duration: duration,
//	})
//	for _, t := range result.Taxa {
//		fmt.Println(t.Name, t.MaxN) // null, not 0, where no frame was looked at
//	}
//
// What can be relied on:
//   - every studied taxon has an entry, with zeros where it was not seen;
//   - only detections count, each at its own frame: nothing is interpolated;
//   - the order of the tracks changes nothing;
//   - MaxN is the highest of the counts, hence of the MaxN of the intervals;
//   - of the same tracks, fewer frames never give a higher MaxN. Tracks that are made anew of fewer frames may: a sighting that its
//     neighbours do not support does not count (track.Config.SupportS), and where they were not looked at nobody asks them;
//   - MaxN is the count in one frame, and Evidence holds just the animals that are counted there;
//   - time that was not looked at is in Effort.Gaps, also where the period reaches
//     past the end of the video.
//
// docs/science/counting.md has the definitions, a worked example and the sources.
package count

import (
	"fmt"
	"time"

	"requin/frame"
	"requin/taxon"
	"requin/track"
	"requin/uncertainty"
)

// DefaultInterval is the length of an interval where Input says nothing: 5 minutes.
const DefaultInterval = 5 * time.Minute

// Input is all that a count rests on.
type Input struct {
	Tracks   []track.Track        // in any order; a point outside the period is not counted
	Frames   []frame.Instant      // looked at, in time order; not those in a gap
	Gaps     []frame.Gap          // in any order, may overlap and reach out of the period
	Taxa     taxon.List           // the studied ones are counted
	Period   frame.Period         // what part of the deployment counts
	Every    time.Duration        // the sampling interval
	Interval time.Duration        // for MaxN per interval; 0 = DefaultInterval
	Duration time.Duration        // of the deployment's video; 0 where not known
	Stated   []Stated             // what people counted in frames; in any order
	Outlook  *uncertainty.Outlook // how far MaxN may be trusted; nil: nothing is said of that
}

// Stated is a number of animals that a person counted in one of the frames. Where it is more than the
// tracks there show, it stands.
type Stated struct {
	Time  time.Duration // of the frame
	Taxon string
	N     int
}

// Result is what was counted in one deployment.
type Result struct {
	Duration  Seconds     `json:"duration_s"`  // of the deployment's video
	Every     Seconds     `json:"every_s"`     // the sampling interval
	Period    Span        `json:"period"`      // with its end written out
	Effort    Effort      `json:"effort"`      // within the period
	Interval  Seconds     `json:"interval_s"`  // length of an interval; the last may be shorter
	Intervals []Interval  `json:"intervals"`   // from the start of the period
	Taxa      []Taxon     `json:"taxa"`        // studied, in the order of the survey's list
	Uncounted []Uncounted `json:"not_counted"` // tracks of other taxa, by name
}

// Effort says how much of the period was looked at.
type Effort struct {
	Frames      int     `json:"frames"`                // looked at
	Analysed    Seconds `json:"analysed_s"`            // the period less NotAnalysed
	NotAnalysed Seconds `json:"not_analysed_s"`        // the gaps together
	Fraction    float64 `json:"not_analysed_fraction"` // 0 to 1; 1 for a period without length
	Gaps        []Gap   `json:"gaps"`                  // in time order, none overlaps another
}

// Complete tells whether all of the period was looked at.
func (e Effort) Complete() bool { return len(e.Gaps) == 0 && e.Fraction == 0 }

// Interval is one stretch of the period and how much of it was looked at.
type Interval struct {
	Span
	Frames      int     `json:"frames"`
	NotAnalysed Seconds `json:"not_analysed_s"`
}

// Taxon is the counts of one studied taxon.
type Taxon struct {
	Name        string                `json:"taxon"`
	Common      string                `json:"common,omitempty"`
	CAAB        string                `json:"caab,omitempty"`
	AphiaID     int                   `json:"aphia_id,omitempty"`
	Threshold   float64               `json:"threshold,omitempty"` // the survey's own; 0 = the model's
	MaxN        *int                  `json:"maxn"`                // null: no frame was looked at
	TMaxN       *Moment               `json:"tmaxn"`               // the earliest; null: never seen
	TFS         *Moment               `json:"tfs"`                 // time first seen; null: never seen
	MeanCount   *float64              `json:"mean_count"`          // over all Effort.Frames, those without the animal too
	Tracks      int                   `json:"tracks"`              // seen within the period; not a number of animals
	Frames      int                   `json:"frames_seen"`         // frames with at least one
	PerInterval []*int                `json:"maxn_per_interval"`   // one for each of Result.Intervals; null: no frame was looked at
	Counts      []Step                `json:"counts"`              // the count at the first frame, and at each frame where it changes
	Rises       []Step                `json:"cumulative_maxn"`     // each time the highest count so far rises, from the first sighting
	Evidence    *Evidence             `json:"evidence"`            // null: never seen
	Uncertainty *uncertainty.Interval `json:"uncertainty"`         // null: there is none, for the reason in NoInterval
	NoInterval  string                `json:"no_interval,omitempty"`
	Review      *Review               `json:"review,omitempty"` // what people made of it; nil: nobody looked, and the count is the machine's
}

// Step is a count and the frame from which it holds.
type Step struct {
	Moment
	N int `json:"n"`
}

// Evidence is the frame of MaxN and who was counted in it: MaxN individuals, by track; fewer where a
// person counted without drawing boxes.
type Evidence struct {
	Moment
	Individuals []Individual `json:"individuals"`
}

// Individual is one animal counted in a frame. Its detection may bear another
// name than its track, which is the one that counts.
type Individual struct {
	Track int       `json:"track"`
	Box   frame.Box `json:"box"` // pixels of the full picture
	Taxon string    `json:"taxon"`
	Score float32   `json:"score"`
}

// Uncounted is a taxon that was seen within the period but is not studied.
type Uncounted struct {
	Taxon  string `json:"taxon"`
	Tracks int    `json:"tracks"`
}

// Of counts. It refuses input that contradicts itself: frames out of order, a
// point within the period at a frame that was not looked at, a track with two
// points in one frame, two tracks of one number.
func Of(in Input) (Result, error) {
	if in.Interval == 0 {
		in.Interval = DefaultInterval
	}
	if err := in.validate(); err != nil {
		return Result{}, err
	}
	span := in.span()
	var looked []frame.Instant
	for _, f := range in.Frames {
		if in.Period.Contains(f.Time) {
			looked = append(looked, f)
		}
	}
	seen, err := sightings(in, looked)
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Duration:  Seconds(in.Duration),
		Every:     Seconds(in.Every),
		Period:    span,
		Effort:    effort(in, span, len(looked)),
		Interval:  Seconds(in.Interval),
		Uncounted: uncounted(in),
	}
	r.Intervals = intervals(span, in.Interval, looked, r.Effort.Gaps)
	r.Taxa = []Taxon{}
	for _, t := range in.Taxa.Studied() {
		counts := countTaxon(t, seen[t.Name], in.stated(t.Name), looked, r)
		if in.Outlook != nil {
			counts.Uncertainty, counts.NoInterval = in.Outlook.Assess(t, looked, in.Every.Seconds())
		}
		r.Taxa = append(r.Taxa, counts)
	}
	return r, nil
}

func (in Input) validate() error {
	if in.Every <= 0 {
		return fmt.Errorf("sampling interval %v: give a time over 0, for example 1s", in.Every)
	}
	if in.Interval < in.Every {
		return fmt.Errorf("MaxN per interval of %v: give at least the sampling interval, %v", in.Interval, in.Every)
	}
	if p := in.Period; p.From < 0 || p.To != 0 && p.To <= p.From {
		return fmt.Errorf("period %v ends before it starts", p)
	}
	for i := 1; i < len(in.Frames); i++ {
		if in.Frames[i].Time < in.Frames[i-1].Time {
			return fmt.Errorf("the frame at %v comes after the one at %v: give the frames in time order",
				in.Frames[i].Time, in.Frames[i-1].Time)
		}
	}
	names := map[string]bool{}
	for _, t := range in.Taxa.Studied() {
		if names[t.Name] {
			return fmt.Errorf("taxon %q is listed twice: give each once", t.Name)
		}
		names[t.Name] = true
	}
	return nil
}

// span writes the period's end out. A period that is open at its end lasts as
// long as anything is known of the deployment.
func (in Input) span() Span {
	to := in.Period.To
	if to == 0 {
		to = max(in.end(), in.Period.From)
	}
	return in.spanOf(in.Period.From, to)
}

// end is how far the video reaches. Where its duration is not known, or said
// too short, the frames and gaps tell.
func (in Input) end() time.Duration {
	end := in.Duration
	if n := len(in.Frames); n > 0 {
		end = max(end, in.Frames[n-1].Time)
	}
	for _, g := range in.Gaps {
		end = max(end, g.To)
	}
	return end
}

func (in Input) spanOf(from, to time.Duration) Span {
	zero := in.Period.From
	return Span{
		From: Seconds(from), To: Seconds(to),
		PeriodFrom: Seconds(from - zero), PeriodTo: Seconds(to - zero),
	}
}
