package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"requin/dataset"
	"requin/nn"
	"requin/report"
	"requin/torch"
)

// state is where a training is. With the weights, the optimiser's memory and the
// average it is all that the rest depends on.
type state struct {
	Key     string        `json:"key"`
	Step    int           `json:"step"` // taken
	Next    position      `json:"next"` // batch
	Curve   Curve         `json:"curve"`
	Best    *Validation   `json:"best"`
	Waited  int           `json:"waited"` // validations since Best
	Elapsed time.Duration `json:"elapsed_ns"`
	Begun   string        `json:"begun"` // with which weights, in words
	Resumed int           `json:"resumed"`
	Window  window        `json:"window"`
}

// position is where in the stream of batches a training is.
type position struct {
	Epoch int `json:"epoch"`
	Batch int `json:"batch"` // its number in the epoch
}

// window gathers the steps since the last point of the curve.
type window struct {
	Steps    int           `json:"steps"`
	Terms    []nn.Term     `json:"terms"`
	Norm     float64       `json:"norm"`
	Pictures int           `json:"pictures"`
	Took     time.Duration `json:"took_ns"`
}

// trainer is a training under way.
type trainer struct {
	Job
	watch   Watch
	plan    plan
	network nn.Network
	params  []nn.Param
	class   []int // of each taxon of the dataset; -1: not learned
	held    []int // pictures

	models    []*torch.Model // one a device
	optimiser *torch.Optimiser
	average   *torch.Average // nil: none
	mosaic    *dataset.Loader
	calm      *dataset.Loader
	state     state
	at        position        // of the next batch: a step that is broken off has moved it, but not the state
	pictures  []report.Judged // for the page
	latest    *look           // at the held-out pictures, by this process; nil: none yet
	latestAt  int             // step that it is of
	resumed   time.Time       // when this run began
	before    time.Duration
}

// advance is the one loop: steps, and between them points, validations, checkpoints.
func (t *trainer) advance(ctx context.Context) (ended string, err error) {
	t.at = t.state.Next
	next, stop := iter.Pull2(t.batches(ctx))
	defer stop()
	saved := time.Now()
	for {
		if t.due() {
			if err := t.validate(ctx); err != nil {
				return "", err
			}
			saved = time.Time{}
		}
		if time.Since(saved) > checkpointEvery {
			if err := errors.Join(t.save(), t.show(StateRunning, "")); err != nil {
				return "", err
			}
			saved = time.Now()
		}
		switch {
		case t.state.Step >= t.plan.steps:
			return fmt.Sprintf("all %d steps were taken", t.plan.steps), nil
		case t.Recipe.Patience > 0 && t.state.Waited >= t.Recipe.Patience:
			return fmt.Sprintf("AP50 did not get better in %d validations", t.state.Waited), nil
		}
		began := time.Now()
		lesson, norm, pictures, err := t.step(next)
		if err != nil {
			return "", err
		}
		t.state.Step, t.state.Next = t.state.Step+1, t.at
		t.note(lesson, norm, pictures, time.Since(began))
		if err := t.sound(lesson, norm); err != nil {
			return "", err
		}
	}
}

// due tells whether the weights of this step are to be validated, and were not yet.
func (t *trainer) due() bool {
	step, done := t.state.Step, t.state.Curve.Validations
	if n := len(done); n > 0 && done[n-1].Step == step {
		return false
	}
	return step == t.plan.steps || step > 0 && t.plan.validate > 0 && step%t.plan.validate == 0
}

// checkpointEvery is how much work an end without warning may cost.
const checkpointEvery = time.Minute

// batches gives batches without end, from where the state says on. A batch that is not
// full is left out: normalisation over very few pictures is noise.
func (t *trainer) batches(ctx context.Context) iter.Seq2[*dataset.Batch, error] {
	return func(yield func(*dataset.Batch, error) bool) {
		for {
			loader := t.mosaic
			if t.at.Epoch*t.plan.epoch >= t.plan.calm*t.plan.parts { // of whole epochs, so that one goes on as it began
				loader = t.calm
			}
			for b, err := range loader.Batches(ctx, t.at.Epoch, t.at.Batch) {
				if err != nil {
					yield(nil, err)
					return
				}
				if b.N < t.Recipe.DeviceBatch && b.Number > 0 {
					continue
				}
				t.at.Batch = b.Number + 1
				if !yield(b, nil) {
					return
				}
			}
			t.at = position{Epoch: t.at.Epoch + 1}
		}
	}
}

// step takes one step of the optimiser: its batches go to the devices in turns, the
// gradients are added up.
func (t *trainer) step(next func() (*dataset.Batch, error, bool)) (sum nn.Lesson, norm float64, pictures int, err error) {
	done := float64(t.state.Step) / float64(t.plan.steps)
	lessons := make([]nn.Lesson, t.plan.parts)
	for part := 0; part < t.plan.parts; part += len(t.models) {
		var all sync.WaitGroup
		errs := make([]error, len(t.models))
		for d := range min(len(t.models), t.plan.parts-part) {
			b, err, ok := next()
			if err != nil || !ok {
				all.Wait()
				return sum, 0, 0, err
			}
			pictures += b.N
			in, truth := t.lesson(b)
			how := torch.Step{Rand: t.random(part + d), Done: done, Scale: 1 / float64(t.plan.parts), Half: t.Recipe.Half}
			if len(t.models) == 1 {
				lessons[part], errs[0] = t.models[0].Learn(t.network, in, truth, how)
				continue
			}
			in.Values = append([]float32(nil), in.Values...) // the loader's memory is used again
			all.Go(func() { lessons[part+d], errs[d] = t.models[d].Learn(t.network, in, truth, how) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				return sum, 0, 0, err
			}
		}
	}
	if norm, err = t.follow(); err != nil {
		return sum, 0, 0, err
	}
	return mean(lessons), norm, pictures, nil
}

// follow lets the weights follow the gradients.
func (t *trainer) follow() (norm float64, err error) {
	first := t.models[0]
	for _, m := range t.models[1:] {
		if err := first.AddGradients(m); err != nil {
			return 0, err
		}
	}
	if norm, err = first.Clip(t.Recipe.Clip); err != nil {
		return 0, err
	}
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, nil // sound says what that means; the weights stay as they are
	}
	if err := t.optimiser.Step(t.Recipe.Rate.At(t.state.Step, t.plan.steps)); err != nil {
		return 0, err
	}
	for _, m := range t.models[1:] {
		if err := m.CopyFrom(first); err != nil {
			return 0, err
		}
	}
	if t.average == nil {
		return norm, nil
	}
	return norm, t.average.Update(t.Recipe.Average.At(t.state.Step + 1))
}

// random is the source of chance of one batch of the coming step.
func (t *trainer) random(part int) *rand.Rand {
	return rand.New(rand.NewPCG(t.Recipe.Seed, uint64(t.state.Step)<<16|uint64(part)))
}

// lesson is a batch as the network learns from it: boxes of taxa that are not learned
// are background, but in a picture that is partial, of which nothing beside its boxes is learned.
func (t *trainer) lesson(b *dataset.Batch) (torch.Input, [][]nn.Truth) {
	truth := make([][]nn.Truth, b.N)
	for i, labels := range b.Labels[:b.N] {
		for _, l := range labels {
			if l.Class == dataset.AnyClass {
				truth[i] = append(truth[i], nn.Truth{Box: l.Box, Ignore: true})
			} else if c := t.class[l.Class]; c >= 0 {
				truth[i] = append(truth[i], nn.Truth{Box: l.Box, Class: c, Ignore: l.Ignore})
			}
		}
	}
	return torch.Input{Values: b.Images, N: b.N, H: b.H, W: b.W}, truth
}

// mean is the lessons' terms, averaged.
func mean(lessons []nn.Lesson) (sum nn.Lesson) {
	for i, l := range lessons {
		for k, term := range l.Terms {
			if i == 0 {
				sum.Terms = append(sum.Terms, nn.Term{Name: term.Name})
			}
			sum.Terms[k].Value += term.Value / float64(len(lessons))
		}
	}
	return sum
}

// note adds a step to the curve.
func (t *trainer) note(lesson nn.Lesson, norm float64, pictures int, took time.Duration) {
	w := &t.state.Window
	if w.Steps == 0 {
		w.Terms = make([]nn.Term, len(lesson.Terms))
	}
	for i, term := range lesson.Terms {
		w.Terms[i].Name = term.Name
		w.Terms[i].Value += term.Value
	}
	w.Steps, w.Norm, w.Pictures, w.Took = w.Steps+1, w.Norm+norm, w.Pictures+pictures, w.Took+took
	t.state.Elapsed = t.before + time.Since(t.resumed)
	if t.state.Step%t.plan.log == 0 || t.state.Step == t.plan.steps {
		n := float64(w.Steps)
		for i := range w.Terms {
			w.Terms[i].Value /= n
		}
		t.state.Curve.Points = append(t.state.Curve.Points, Point{
			Step: t.state.Step, Epoch: float64(t.state.Step*t.plan.parts) / float64(t.plan.epoch), Rate: t.Recipe.Rate.At(t.state.Step-1, t.plan.steps),
			Terms: w.Terms, Norm: w.Norm / n, PicturesS: float64(w.Pictures) / w.Took.Seconds(), Elapsed: t.state.Elapsed,
		})
		*w = window{}
	}
	t.watch.step(t)
}
