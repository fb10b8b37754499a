package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"requin/survey"
)

// mostDesks is how many deployments are held in memory.
const mostDesks = 8

// desks are the deployments under review.
type desks struct {
	survey *survey.Survey
	only   []string
	risk   float64

	mu   sync.Mutex
	open map[string]*slot
}

// slot holds a desk, or that it is being opened.
type slot struct {
	run   string
	used  time.Time
	ready chan struct{}
	desk  *seat
	err   error
}

func newDesks(s *survey.Survey, only []string, risk float64) *desks {
	return &desks{survey: s, only: only, risk: risk, open: map[string]*slot{}}
}

// list are the deployments that are served.
func (t *desks) list(ctx context.Context) ([]survey.Deployment, error) {
	all, err := t.survey.Deployments(ctx)
	if err != nil || len(t.only) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(d survey.Deployment) bool { return !slices.Contains(t.only, d.OpCode) }), nil
}

// at gives the desk of a deployment, of its latest count.
func (t *desks) at(ctx context.Context, opcode string) (*seat, error) {
	all, err := t.list(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(d survey.Deployment) bool { return d.OpCode == opcode })
	if i < 0 {
		return nil, failf(http.StatusNotFound, "there is no deployment %q here", opcode)
	}
	return t.of(ctx, all[i])
}

// of gives the desk of a deployment that was read just now.
func (t *desks) of(ctx context.Context, d survey.Deployment) (*seat, error) {
	if d.Count == nil {
		return nil, failf(http.StatusConflict, "%s is not counted yet: requin count %[1]s", d.OpCode)
	}
	t.mu.Lock()
	x := t.open[d.OpCode]
	if x == nil || x.run != d.Count.Run {
		x = &slot{run: d.Count.Run, ready: make(chan struct{})}
		t.open[d.OpCode] = x
		go t.fill(context.WithoutCancel(ctx), x, d)
	}
	x.used = time.Now()
	t.mu.Unlock()
	select {
	case <-x.ready:
		return x.desk, x.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fill opens a desk, and forgets the one that was used least recently.
func (t *desks) fill(ctx context.Context, x *slot, d survey.Deployment) {
	x.desk, x.err = open(ctx, t.survey, d, t.risk)
	if x.err != nil {
		x.err = fmt.Errorf("%s cannot be opened: %w", d.OpCode, x.err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	close(x.ready)
	if x.err != nil { // the next one to ask tries again
		if t.open[d.OpCode] == x {
			delete(t.open, d.OpCode)
		}
		return
	}
	for len(t.open) > mostDesks {
		oldest := ""
		for op, o := range t.open {
			if o != x && (oldest == "" || o.used.Before(t.open[oldest].used)) {
				oldest = op
			}
		}
		delete(t.open, oldest)
	}
}
