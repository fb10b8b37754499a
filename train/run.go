package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"requin/dataset"
	"requin/nn"
	"requin/torch"
)

// Watch is told how a training goes. Any of its functions may be nil.
type Watch struct {
	Note      func(text string)             // once, for a person
	Step      func(Progress)                // after each step
	Looked    func(done, of int)            // after each held-out picture
	Validated func(v Validation, best bool) // after a validation
	Facts     func() [][2]string            // rows for the page's table of the run
}

// Progress is where a training is.
type Progress struct {
	Step, Steps int
	Epoch       float64
	Rate        float64
	Terms       []nn.Term // of the last point of the curve
	PicturesS   float64
	Elapsed     time.Duration
	Left        time.Duration // at the speed so far, without validations; 0: not known
	Best        *Validation
}

// Run trains, or goes on where the folder's checkpoint is. When ctx ends it saves a
// checkpoint and gives ctx's error.
func Run(ctx context.Context, job Job, watch Watch) (*Trained, error) {
	info, err := torch.Load()
	if err != nil {
		return nil, err
	}
	if job.Threads == 0 {
		job.Threads = runtime.NumCPU()
	}
	job.Devices = job.share()
	if err := os.MkdirAll(job.Folder, 0o777); err != nil {
		return nil, err
	}
	t, err := prepare(job, watch)
	if err != nil {
		return nil, err
	}
	defer t.close()
	t.resumed = time.Now()
	ended, err := t.advance(ctx)
	if err != nil {
		return nil, t.fail(ctx, err)
	}
	return t.finish(ctx, ended, info)
}

// prepare brings a training to where it begins or goes on.
func prepare(job Job, watch Watch) (_ *trainer, err error) {
	t := &trainer{Job: job, watch: watch}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	design := job.Recipe.Design
	if design.Classes, t.class, err = job.classes(); err != nil {
		return nil, err
	}
	if t.network, err = nn.New(design); err != nil {
		return nil, err
	}
	about, err := nn.Describe(t.network)
	if err != nil {
		return nil, err
	}
	t.params = about.Params
	learn, held, err := job.sides()
	if err != nil {
		return nil, err
	}
	t.held, t.plan = held, job.plan(len(learn))
	loading := job.loading(t.network.Pixels())
	if t.mosaic, err = dataset.NewLoader(job.Dataset, job.Manifest, learn, loading); err != nil {
		return nil, err
	}
	calm := loading.Augment
	calm.Mosaic = 0
	if t.calm, err = t.mosaic.With(calm); err != nil {
		return nil, err
	}
	w, folded, begun, err := job.begin(t.network, t.params)
	if err != nil {
		return nil, err
	}
	if err := t.machines(w); err != nil {
		return nil, err
	}
	key, err := job.Key()
	if err != nil {
		return nil, err
	}
	going, err := t.resume(key)
	switch {
	case err != nil:
		return nil, err
	case going:
		t.watch.note(fmt.Sprintf("going on at step %d of %d", t.state.Step, t.plan.steps))
		return t, nil
	}
	t.state.Key, t.state.Begun = key, begun
	t.watch.note("begins with " + begun)
	return t, t.unfold(folded, loading)
}

// share lets a processor be several devices, of fewer threads each, where a step has
// several parts: threads that each compute their own part need not wait for one another
// at every layer, which on two cores that do other things too costs half the speed.
func (j Job) share() []string {
	if !slices.Equal(j.Devices, []string{cpu}) {
		return j.Devices
	}
	return slices.Repeat(j.Devices, min(j.Threads, j.Recipe.Batch/j.Recipe.DeviceBatch))
}

const cpu = "cpu"

// threads gives the processor's threads to so many who compute side by side.
func (j Job) threads(sides int) error { return torch.SetThreads(max(1, j.Threads/sides)) }

// machines puts the weights on the devices.
func (t *trainer) machines(w nn.Weights) (err error) {
	if len(t.Devices) == 0 {
		return errors.New("no device to train on")
	}
	if err := t.threads(len(t.Devices)); err != nil {
		return err
	}
	for _, device := range t.Devices {
		m, err := torch.NewModel(t.params, w, device)
		if err != nil {
			return err
		}
		t.models = append(t.models, m)
	}
	if t.optimiser, err = torch.NewOptimiser(t.models[0], t.Recipe.Optimiser); err != nil {
		return err
	}
	if t.Recipe.Average.Decay > 0 {
		t.average, err = torch.NewAverage(t.models[0])
	}
	return err
}

// unfold gives weights that came with their normalisation folded in the statistics of
// the dataset's own pictures.
func (t *trainer) unfold(folded bool, loading dataset.Loading) error {
	if !folded {
		return nil
	}
	const pictures = 32
	loading.Augment, loading.Batch = dataset.Augment{}, pictures
	learn, _, err := t.sides()
	if err != nil {
		return err
	}
	loader, err := dataset.NewLoader(t.Dataset, t.Manifest, learn, loading)
	if err != nil {
		return err
	}
	for b, err := range loader.Batches(context.Background(), 0, 0) {
		if err != nil {
			return err
		}
		if err := t.models[0].Unfold(t.network, torch.Input{Values: b.Images, N: b.N, H: b.H, W: b.W}); err != nil {
			return err
		}
		break
	}
	for _, m := range t.models[1:] {
		if err := m.CopyFrom(t.models[0]); err != nil {
			return err
		}
	}
	if t.average == nil {
		return nil
	}
	return t.average.Update(0)
}

// fail keeps what there is when a training does not come to its end.
func (t *trainer) fail(ctx context.Context, err error) error {
	var diverged *Diverged
	switch {
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), t.save(), t.show(StateStopped, "The same command goes on where it stopped."))
	case errors.As(err, &diverged):
		return errors.Join(err, t.show(StateDiverged, diverged.Error()))
	}
	return err
}

// finish turns the best weights into what is deployed.
func (t *trainer) finish(ctx context.Context, ended string, info torch.Info) (*Trained, error) {
	about, err := nn.Describe(t.network)
	if err != nil {
		return nil, err
	}
	out := &Trained{
		Network: t.network, About: about, Step: t.state.Step, Ended: ended, Begun: t.state.Begun, Curve: t.state.Curve, Validation: t.state.Best,
		Elapsed: t.state.Elapsed, Resumed: t.state.Resumed, Held: len(t.held), Torch: info, Devices: t.Devices, job: t.Job, params: t.params,
	}
	learn, _, err := t.sides()
	if err != nil {
		return nil, err
	}
	out.Learned = len(learn)
	out.samples = pick(slices.Concat(t.held, learn), 4, t.Recipe.Seed)
	if out.Validation == nil {
		out.Weights, err = t.current()
		return out, errors.Join(err, t.show(StateFinished, sentence(ended)))
	}
	out.Step = out.Validation.Step
	var best Validation
	if out.Weights, err = load(filepath.Join(t.Folder, bestFile), &best); errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is gone from %s: begin anew with --restart", bestFile, t.Folder)
	}
	if err != nil {
		return nil, err
	}
	l := t.latest
	if l == nil || t.latestAt != out.Step { // the best are not those looked at last, or another process looked
		seen, err := t.see(ctx, out.Weights, t.held)
		if err != nil {
			return nil, err
		}
		l = &seen
	}
	if err := out.choose(*l, t.network.Design().Classes); err != nil {
		return nil, err
	}
	if err := out.measureDetectability(t.watched(*l)); err != nil {
		return nil, err
	}
	if err := t.illustrate(*l); err != nil {
		return nil, err
	}
	return out, t.show(StateFinished, sentence(ended))
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// pick draws some of a list, the same for the same seed, in the list's order.
func pick(list []int, n int, seed uint64) []int {
	order := rand.New(rand.NewPCG(seed, uint64(len(list)))).Perm(len(list))
	order = order[:min(n, len(order))]
	slices.Sort(order)
	out := make([]int, len(order))
	for i, k := range order {
		out[i] = list[k]
	}
	return out
}

func (t *trainer) close() {
	if t.optimiser != nil {
		t.optimiser.Close()
	}
	if t.average != nil {
		t.average.Close()
	}
	for _, m := range t.models {
		m.Close()
	}
}

func (w Watch) note(text string) {
	if w.Note != nil {
		w.Note(text)
	}
}

func (w Watch) looked(done, of int) {
	if w.Looked != nil {
		w.Looked(done, of)
	}
}

func (w Watch) validated(v Validation, best bool) {
	if w.Validated != nil {
		w.Validated(v, best)
	}
}

// left is how long the rest takes at the speed of late, without validations; 0: not known.
func (t *trainer) left() time.Duration {
	n := len(t.state.Curve.Points)
	if n == 0 || t.state.Curve.Points[n-1].PicturesS == 0 {
		return 0
	}
	return time.Duration(float64((t.plan.steps-t.state.Step)*t.Recipe.Batch) / t.state.Curve.Points[n-1].PicturesS * float64(time.Second))
}

func learned(params []nn.Param) (n int) {
	for _, p := range params {
		if !p.State {
			n += p.Count()
		}
	}
	return n
}

func (w Watch) step(t *trainer) {
	if w.Step == nil {
		return
	}
	p := Progress{Step: t.state.Step, Steps: t.plan.steps, Epoch: float64(t.state.Step*t.plan.parts) / float64(t.plan.epoch), Elapsed: t.state.Elapsed, Best: t.state.Best}
	p.Rate = t.Recipe.Rate.At(t.state.Step-1, t.plan.steps)
	if n := len(t.state.Curve.Points); n > 0 {
		last := t.state.Curve.Points[n-1]
		p.Terms, p.PicturesS, p.Left = last.Terms, last.PicturesS, t.left()
	}
	w.Step(p)
}
