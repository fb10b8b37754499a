package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/review"
	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/track"
	"requin/uncertainty"
	"requin/video"
)

// desk is one deployment under review: what the machine found, and what was said of it.
type desk struct {
	survey *survey.Survey
	risk   float64
	opcode string
	d      survey.Deployment
	run    survey.Run
	made   settings
	taxa   taxon.List
	m      review.Machine

	mu    sync.Mutex // of all that follows
	log   []review.Verdict
	views map[string]*view // by whose verdicts are seen; "": everybody's

	opening sync.Mutex
	dive    *video.Deployment // nil: not opened yet
	failed  error             // why it cannot be opened; it is tried again after a while
	tried   time.Time
}

// view is a deployment as the verdicts of some leave it.
type view struct {
	state    *review.State
	assessed map[string]assessed // by taxon
}

// assessed is an assessment and what it is of.
type assessed struct {
	of uncertainty.Observations
	uncertainty.Posterior
}

// open reads a deployment, its latest count and its verdicts.
func open(ctx context.Context, s *survey.Survey, d survey.Deployment, risk float64) (*desk, error) {
	k := &desk{survey: s, risk: risk, opcode: d.OpCode, d: d, views: map[string]*view{}}
	var err error
	if k.run, err = s.Run(ctx, d.Count.Run); err != nil {
		return nil, err
	}
	if k.made, err = readSettings(k.run.Record); err != nil {
		return nil, fmt.Errorf("%s: %w", d.OpCode, err)
	}
	if k.taxa, err = taxaOf(ctx, s, k.made); err != nil {
		return nil, err
	}
	var frames []detect.Frame
	if k.run.Detections != nil {
		for f, err := range k.run.Detections {
			if err != nil {
				return nil, err
			}
			frames = append(frames, f)
		}
	}
	k.run.Detections = nil
	if k.log, err = k.verdictsAfter(ctx, 0); err != nil {
		return nil, err
	}
	return k, k.propose(frames)
}

// propose makes candidates of all detections.
func (k *desk) propose(frames []detect.Frame) (err error) {
	k.m.Tracks, err = uncertainty.Propose(func(yield func(detect.Frame, error) bool) {
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
	k.m.Frames = review.WithFrames(instants, k.log, k.period())
	k.m.Run = k.run.ID + "/" + fingerprint(k.m.Tracks)
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

// period is what of the deployment counts.
func (k *desk) period() frame.Period {
	if k.run.Result == nil {
		return frame.Period{}
	}
	return frame.Period{From: k.run.Result.Period.From.Duration(), To: k.run.Result.Period.To.Duration()}
}

// every is the sampling interval.
func (k *desk) every() time.Duration {
	if k.run.Result != nil && k.run.Result.Every > 0 {
		return k.run.Result.Every.Duration()
	}
	return time.Second
}

// studied are the taxa that are counted, by name.
func (k *desk) studied() []string {
	var out []string
	if k.run.Result != nil {
		for _, t := range k.run.Result.Taxa {
			out = append(out, t.Name)
		}
	}
	return out
}

// verdictsAfter reads what was said since.
func (k *desk) verdictsAfter(ctx context.Context, after int64) ([]review.Verdict, error) {
	kept, err := k.survey.VerdictsAfter(ctx, k.opcode, after)
	if err != nil {
		return nil, err
	}
	out := make([]review.Verdict, 0, len(kept))
	for _, v := range kept {
		r, err := fromSurvey(v)
		if err != nil {
			return nil, fmt.Errorf("verdict %d of %s: %w", v.ID, k.opcode, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// fromSurvey is a verdict as it was kept.
func fromSurvey(v survey.Verdict) (review.Verdict, error) {
	r := review.Verdict{ID: v.ID, Kind: review.Kind(v.Kind), By: v.By, At: v.At, Run: v.Run}
	var err error
	if r.Said, err = review.ParseSaid(v.After); err != nil {
		return r, err
	}
	if len(v.Before) > 0 {
		err = json.Unmarshal(v.Before, &r.Was)
	}
	return r, err
}

// toSurvey is a verdict as it is kept.
func (k *desk) toSurvey(v review.Verdict) (survey.Verdict, error) {
	out := survey.Verdict{OpCode: k.opcode, Run: v.Run, Kind: string(v.Kind), By: v.By, At: v.At}
	if number, ok := strings.CutPrefix(v.Said.Track, "t"); ok {
		out.Track, _ = strconv.Atoi(number)
	}
	switch {
	case v.Said.Time != nil:
		out.Time = v.Said.Time.Duration()
	case len(v.Said.Animal) > 0:
		out.Time = v.Said.Animal[0].Time.Duration()
	}
	var err error
	if out.After, err = json.Marshal(v.Said); err != nil {
		return out, err
	}
	out.Before, err = json.Marshal(v.Was)
	return out, err
}

// refresh takes in what others said meanwhile. The desk is held.
func (k *desk) refresh(ctx context.Context) error {
	later, err := k.verdictsAfter(ctx, k.last())
	if err != nil {
		return err
	}
	for _, v := range later {
		k.take(v)
	}
	return nil
}

// last is the ID of the last verdict. The desk is held.
func (k *desk) last() int64 {
	if len(k.log) == 0 {
		return 0
	}
	return k.log[len(k.log)-1].ID
}

// take lets a verdict take effect where it is seen. The desk is held.
func (k *desk) take(v review.Verdict) {
	k.log = append(k.log, v)
	for whose, seen := range k.views {
		switch {
		case whose != "" && whose != v.By:
		case v.Kind == review.Undo || v.Kind == review.Redo:
			seen.state = review.Replay(k.m, review.Seen(k.log, whose, whose != ""))
		default:
			seen.state.Apply(v)
		}
	}
}

// view is the deployment as the verdicts of some leave it; whose "": everybody's. The desk is held.
func (k *desk) view(whose string) *view {
	v := k.views[whose]
	if v == nil {
		v = &view{review.Replay(k.m, review.Seen(k.log, whose, whose != "")), map[string]assessed{}}
		k.views[whose] = v
	}
	return v
}

// observations are what is known of a taxon. The desk is held.
func (k *desk) observations(v *view, name string) uncertainty.Observations {
	return v.state.Observations(name, k.made.measured.Named(name), k.every())
}

// assess says what is known of a taxon. It is worked out anew only where what it rests on has changed. The desk is held.
func (k *desk) assess(v *view, name string) uncertainty.Posterior {
	d := k.observations(v, name)
	if old, ok := v.assessed[name]; ok && reflect.DeepEqual(old.of, d) {
		return old.Posterior
	}
	now := assessed{d, d.Posterior(k.risk)}
	v.assessed[name] = now
	return now.Posterior
}

// assessAll works out what is known of all studied taxa, several at a time: each may take a good part of a second. The desk is held.
func (k *desk) assessAll(v *view) {
	var work sync.WaitGroup
	names := k.studied()
	out := make([]*assessed, len(names))
	for i, name := range names {
		d := k.observations(v, name)
		if old, ok := v.assessed[name]; !ok || !reflect.DeepEqual(old.of, d) {
			work.Go(func() { out[i] = &assessed{d, d.Posterior(k.risk)} })
		}
	}
	work.Wait()
	for i, name := range names {
		if out[i] != nil {
			v.assessed[name] = *out[i]
		}
	}
}

// video opens the deployment's video.
func (k *desk) video(ctx context.Context) (*video.Deployment, error) {
	k.opening.Lock()
	defer k.opening.Unlock()
	if k.dive != nil || k.failed != nil && time.Since(k.tried) < 10*time.Second {
		return k.dive, k.failed
	}
	k.dive, k.failed, k.tried = nil, nil, time.Now()
	var paths, sums []string
	for _, ch := range k.d.Chapters {
		if ch.Camera == 0 {
			paths, sums = append(paths, k.survey.Path(ch.Path)), append(sums, ch.SHA256)
		}
	}
	if len(paths) == 0 {
		k.failed = fmt.Errorf("%s has no video", k.opcode)
		return nil, k.failed
	}
	opened, err := scan.Open(ctx, paths, k.made.Rate)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		k.failed = fmt.Errorf("the video cannot be shown: %w; if it was moved, find it with requin relink", err)
		return nil, k.failed
	}
	if err := opened.Counted(k.made.videos, sums); err != nil {
		k.failed = fmt.Errorf("the video cannot be shown: %w", err)
		return nil, k.failed
	}
	k.dive = opened.Dive
	return k.dive, nil
}

// instant is the i-th frame as the video knows it.
func (k *desk) instant(dive *video.Deployment, i int) (frame.Instant, error) {
	at := k.m.Frames[i]
	if at.Chapter >= 0 {
		return at, nil
	}
	near, ok := dive.Nearest(at.Time)
	if !ok {
		return at, failf(404, "the video has no picture at %v", at.Time)
	}
	return near, nil
}
