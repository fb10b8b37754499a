// Package desk's noun is a deployment under review: its latest count out of the survey, the verdicts on it, and the
// number that leaves. It owns how a review's parts come together, and that what follows from the log is kept
// beside the run and never older than the log; and the truth of a survey, imported and confirmed. It decides nothing of its own: review says what a log comes to,
// uncertainty how sure that is, survey what was kept.
//
//	result, err := desk.Counted(ctx, s, deployment)   // the best count there is: machine, reviewed, certified or disputed
//
//	d, err := desk.Open(ctx, s, deployment)           // all that a review needs
//	outcome, err := d.Count(desk.Terms{Limit: limit})
//
//	truth, tally, err := desk.Truth(ctx, s, desk.Wanted{})   // what people stated, all of it
package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/review"
	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/track"
	"requin/uncertainty"
)

// Desk is a deployment under review.
type Desk struct {
	Deployment survey.Deployment
	Run        survey.Run // its latest count; without Detections, which Machine is made of
	Made       scan.Made  // how that count was made, and what came of it
	Measured   uncertainty.Measurements
	Taxa       taxon.List // the survey's; those of the count where the survey has none
	Machine    review.Machine
	Log        []review.Verdict // everybody's
	Model      string           // that counted, as its record names it
	Own        bool             // Measured is of this survey's video
	Others     Others           // what the survey's other deployments tell
}

// Open reads a deployment, its latest count and the verdicts on it.
func Open(ctx context.Context, s *survey.Survey, d survey.Deployment) (*Desk, error) {
	if d.Count == nil {
		return nil, fmt.Errorf("%s is not counted yet: requin count %[1]s", d.OpCode)
	}
	out := &Desk{Deployment: d}
	var err error
	if out.Run, err = s.Run(ctx, d.Count.Run); err != nil {
		return nil, err
	}
	if len(out.Run.Record) > 0 {
		if out.Made, err = scan.ReadRecord(out.Run.Record); err != nil {
			return nil, fmt.Errorf("%s: %w", d.OpCode, err)
		}
	}
	if out.Measured, err = out.Made.Settings.Measured(); err != nil {
		return nil, fmt.Errorf("%s: %w", d.OpCode, err)
	}
	if out.Taxa, err = s.Taxa(ctx); err != nil {
		return nil, err
	}
	if len(out.Taxa) == 0 {
		out.Taxa = out.Made.Settings.Taxa
	}
	if out.Log, err = Verdicts(ctx, s, d.OpCode, 0); err != nil {
		return nil, err
	}
	out.Model = record.ModelOf(out.Run.Record)
	if out.Others, err = heard(ctx, s, d.OpCode, out.Model); err != nil {
		return nil, err
	}
	if out.Own, err = own(ctx, s, out.Made); err != nil {
		return nil, err
	}
	return out, out.propose()
}

// propose makes candidates of all detections.
func (d *Desk) propose() error {
	var frames []detect.Frame
	if d.Run.Detections != nil {
		for f, err := range d.Run.Detections {
			if err != nil {
				return err
			}
			frames = append(frames, f)
		}
	}
	d.Run.Detections = nil
	tracks, err := uncertainty.Propose(func(yield func(detect.Frame, error) bool) {
		for _, f := range frames {
			if !yield(f, nil) {
				return
			}
		}
	}, uncertainty.Least)
	if err != nil {
		return err
	}
	instants := make([]frame.Instant, len(frames))
	for i, f := range frames {
		instants[i] = f.Instant
	}
	d.Machine = review.Machine{Run: d.Run.ID + "/" + fingerprint(tracks), Tracks: tracks, Frames: review.WithFrames(instants, d.Log, d.Period())}
	return nil
}

// fingerprint names tracks: another version of the tracker may make others of the same detections.
func fingerprint(tracks []track.Track) string {
	sum := sha256.New()
	for _, t := range tracks {
		fmt.Fprintln(sum, t.ID, t.Taxon)
		for _, p := range t.Points {
			fmt.Fprintln(sum, p.Time, p.Box)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

// Period is what of the deployment counts.
func (d *Desk) Period() frame.Period {
	if d.Run.Result == nil {
		return frame.Period{}
	}
	return frame.Period{From: d.Run.Result.Period.From.Duration(), To: d.Run.Result.Period.To.Duration()}
}

// Every is the sampling interval.
func (d *Desk) Every() time.Duration {
	if d.Run.Result != nil && d.Run.Result.Every > 0 {
		return d.Run.Result.Every.Duration()
	}
	return time.Second
}

// Studied are the taxa that are counted, by name.
func (d *Desk) Studied() []string {
	var out []string
	if d.Run.Result != nil {
		for _, t := range d.Run.Result.Taxa {
			out = append(out, t.Name)
		}
	}
	return out
}

// Basis is what the reviewed count rests on besides the log.
func (d *Desk) Basis(t Terms) (review.Basis, error) {
	if d.Run.Result == nil {
		return review.Basis{}, noCount(d.Deployment.OpCode, d.Run.ID)
	}
	was := *d.Run.Result
	in := count.Input{Gaps: d.Made.Outcome.Gaps, Taxa: d.counting(), Period: d.Period(), Every: d.Every(), Interval: was.Interval.Duration(), Duration: was.Duration.Duration()}
	return review.Basis{
		Machine: d.Machine, Counted: was, Tracks: d.Run.Tracks, Input: in, Limit: t.Limit, Measured: d.Measured,
		SurveyLimit: t.Survey, Finest: t.Finest, Withheld: t.Withheld,
		Site: d.Deployment.Place(), Own: d.Own, Survey: d.Others,
	}, nil
}

// counting are the taxa that are counted, and those of the survey besides that people may have named.
func (d *Desk) counting() taxon.List {
	out := slices.Clone(d.Made.Settings.Taxa.Studied())
	for _, t := range d.Taxa.Studied() {
		if _, ok := d.Made.Settings.Taxa.Find(t.Name); !ok {
			out = append(out, t)
		}
	}
	return out
}

// LeftChapters are the chapters of the camera that is counted, in order.
func LeftChapters(d annotate.Deployment) []annotate.Chapter {
	return slices.DeleteFunc(slices.Clone(d.Chapters), func(ch annotate.Chapter) bool { return ch.Camera != 0 })
}
