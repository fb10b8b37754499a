package web

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"requin/count"
	"requin/desk"
	"requin/frame"
	"requin/review"
	"requin/scan"
	"requin/survey"
	"requin/uncertainty"
	"requin/video"
)

// seat is a desk that people sit at: a deployment under review, with the views that they have of it, and its video.
type seat struct {
	*desk.Desk // mu is of its Log, too
	survey     *survey.Survey
	risk       float64
	opcode     string

	mu      sync.Mutex       // of all that follows
	views   map[string]*view // by whose verdicts are seen; "": everybody's
	heardAt time.Time        // when Others was read
	settled *desk.Settled    // the certificates of the survey's other deployments, as they were then

	opening sync.Mutex
	dive    *video.Deployment // nil: not opened yet
	failed  error             // why it cannot be opened; it is tried again after a while
	tried   time.Time
}

// view is a deployment as the verdicts of some leave it.
type view struct {
	whose    string
	state    *review.State
	assessed map[string]assessed // by taxon
	disputes []review.Dispute    // as of the verdict upTo; blind, a person has none
	upTo     int64
	twice    map[string]review.Reading // frames looked at twice, by taxon; as of the verdict twiceTo
	twiceTo  int64
}

// assessed is an assessment and what it is of.
type assessed struct {
	of uncertainty.Observations
	uncertainty.Posterior
}

// open reads a deployment, its latest count and its verdicts.
func open(ctx context.Context, s *survey.Survey, d survey.Deployment, risk float64) (*seat, error) {
	read, err := desk.Open(ctx, s, d)
	if err != nil {
		return nil, err
	}
	return &seat{Desk: read, survey: s, risk: risk, opcode: d.OpCode, views: map[string]*view{}}, nil
}

// refresh takes in what others said meanwhile. The desk is held.
func (k *seat) refresh(ctx context.Context) error {
	later, err := desk.Verdicts(ctx, k.survey, k.opcode, k.last())
	if err != nil {
		return err
	}
	for _, v := range later {
		k.take(v)
	}
	if time.Since(k.heardAt) > hearEvery {
		k.heardAt = time.Now()
		if k.settled, err = desk.AsKept(ctx, k.survey); err != nil {
			return err
		}
		return k.Hear(ctx, k.survey)
	}
	return nil
}

// hearEvery is how often what the survey's other deployments tell is read anew.
const hearEvery = 15 * time.Second

// last is the ID of the last verdict. The desk is held.
func (k *seat) last() int64 {
	if len(k.Log) == 0 {
		return 0
	}
	return k.Log[len(k.Log)-1].ID
}

// take lets a verdict take effect where it is seen. The desk is held.
func (k *seat) take(v review.Verdict) {
	k.Log = append(k.Log, v)
	for whose, seen := range k.views {
		switch {
		case whose != "" && whose != v.By:
		case v.Kind == review.Undo || v.Kind == review.Redo || v.Said.Reconciled:
			seen.state = review.Replay(k.Machine, review.Seen(k.Log, whose, whose != ""))
		default:
			seen.state.Apply(v)
		}
	}
}

// view is the deployment as the verdicts of some leave it; whose "": everybody's. The desk is held.
func (k *seat) view(whose string) *view {
	v := k.views[whose]
	if v == nil {
		v = &view{whose, review.Replay(k.Machine, review.Seen(k.Log, whose, whose != "")), map[string]assessed{}, nil, -1, nil, -1}
		k.views[whose] = v
	}
	if whose == "" && v.upTo != k.last() {
		found := review.Compare(k.Machine, k.Log, k.Studied())
		v.state.Contest(found)
		v.disputes, v.upTo = found.Disputes, k.last()
	}
	return v
}

// reading are the looks at a taxon that were had twice. The desk is held.
func (k *seat) reading(v *view, name string) review.Reading {
	if v.twiceTo != k.last() {
		v.twice, v.twiceTo = review.SecondLooks(review.Seen(k.Log, v.whose, v.whose != "")), k.last()
	}
	return v.twice[name]
}

// barred tells whether a dispute stands against the certificate of a taxon. It does for who reviews blind, too, who learns no more than that
// there is one. The desk is held.
func (k *seat) barred(v *view, name string) bool {
	if v.whose != "" && len(review.People(k.Log)) > 1 {
		v = k.view("")
	}
	return v.state.Disputed(name)
}

// observations are what is known of a taxon. The desk is held.
func (k *seat) observations(v *view, name string) uncertainty.Observations {
	d := v.state.Observations(name, k.Grounds(name), k.Every(), k.reading(v, name), k.Others[name])
	d.Finest = k.settled.Finest()
	return d
}

// assess says what is known of a taxon; one that is disputed is not certified, nor is one for which the survey's limit has no room. The desk is
// held.
func (k *seat) assess(v *view, name string) uncertainty.Posterior {
	a := k.alone(v, name)
	if a.Certified && k.settled.Level() > 0 {
		k.assessAll(v)
		stands, _ := k.settled.Beside(map[string]map[string]float64{k.opcode: k.certificates(v)})
		a.Certified = stands(k.opcode, name) || !k.spoken(v)[name]
	}
	if a.Certified {
		a.Next = nil
	}
	return a
}

// certificates are the risks of the taxa that are certified by themselves. The desk is held.
func (k *seat) certificates(v *view) map[string]float64 {
	out, spoken := map[string]float64{}, k.spoken(v)
	for _, name := range k.Studied() {
		if a := k.alone(v, name); a.Certified && spoken[name] {
			out[name] = a.Risk
		}
	}
	return out
}

// spoken are the studied taxa that somebody spoke of: of others no certificate is stated. The desk is held.
func (k *seat) spoken(v *view) map[string]bool {
	out, no := map[string]bool{}, func(string) bool { return false }
	for name, status := range review.Statuses(review.Seen(k.Log, v.whose, v.whose != ""), k.Studied(), no, no) {
		out[name] = status != count.Machine
	}
	return out
}

// alone is assess of a taxon by itself. It is worked out anew only where what it rests on has changed. The desk is held.
func (k *seat) alone(v *view, name string) uncertainty.Posterior {
	d := k.observations(v, name)
	now, ok := v.assessed[name]
	if !ok || !reflect.DeepEqual(now.of, d) {
		now = assessed{d, d.Posterior(k.risk)}
		v.assessed[name] = now
	}
	now.Certified = now.Certified && !k.barred(v, name)
	return now.Posterior
}

// assessAll works out what is known of all studied taxa, several at a time: each may take a good part of a second. The desk is held.
func (k *seat) assessAll(v *view) {
	var work sync.WaitGroup
	names := k.Studied()
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

// statement is what may be published of a taxon, as the verdicts of some leave it. The desk is held.
func (k *seat) statement(v *view, taxon string, a uncertainty.Posterior) string {
	t := k.told(v, taxon)
	if level := k.settled.Level(); level > 0 {
		_, n := k.settled.Beside(map[string]map[string]float64{k.opcode: k.certificates(v)})
		t.Survey, t.Certificates, t.Withheld = level, n, !a.Certified && k.alone(v, taxon).Certified
	}
	return a.Statement(k.Grounds(taxon), t)
}

func (k *seat) told(v *view, taxon string) uncertainty.Told {
	return uncertainty.Told{Every: k.Every(), Readers: len(review.Readers(review.Seen(k.Log, v.whose, v.whose != ""), taxon)), Unread: k.Run.Unreadable}
}

// video opens the deployment's video.
func (k *seat) video(ctx context.Context) (*video.Deployment, error) {
	k.opening.Lock()
	defer k.opening.Unlock()
	if k.dive != nil || k.failed != nil && time.Since(k.tried) < 10*time.Second {
		return k.dive, k.failed
	}
	k.dive, k.failed, k.tried = nil, nil, time.Now()
	var paths, sums []string
	for _, ch := range desk.LeftChapters(k.Deployment.Deployment) {
		paths, sums = append(paths, k.survey.Path(ch.Path)), append(sums, ch.SHA256)
	}
	if len(paths) == 0 {
		k.failed = fmt.Errorf("%s has no video", k.opcode)
		return nil, k.failed
	}
	opened, err := scan.Open(ctx, paths, k.Made.Settings.Rate)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		k.failed = fmt.Errorf("the video cannot be shown: %w; if it was moved, find it with requin relink", err)
		return nil, k.failed
	}
	if err := opened.Counted(k.Made.Videos(), sums); err != nil {
		k.failed = fmt.Errorf("the video cannot be shown: %w", err)
		return nil, k.failed
	}
	k.dive = opened.Dive
	return k.dive, nil
}

// instant is the i-th frame as the video knows it.
func (k *seat) instant(dive *video.Deployment, i int) (frame.Instant, error) {
	at := k.Machine.Frames[i]
	if at.Chapter >= 0 {
		return at, nil
	}
	near, ok := dive.Nearest(at.Time)
	if !ok {
		return at, failf(404, "the video has no picture at %v", at.Time)
	}
	return near, nil
}
