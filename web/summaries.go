package web

import (
	"context"
	"sync"

	"requin/survey"
)

// summaries are deployments as lists show them, kept while nothing changes: to work one out, its detections are read and weighed.
type summaries struct {
	mu    sync.Mutex
	byKey map[summaryKey]*summary
	one   chan struct{} // one is worked out at a time
}

type summaryKey struct {
	opcode, run, whose string
	last               int64 // verdict
}

type summary struct {
	ready chan struct{}
	state DeploymentState
	err   error
}

func newSummaries() *summaries {
	return &summaries{byKey: map[summaryKey]*summary{}, one: make(chan struct{}, 1)}
}

// mostSummaries bounds what is kept.
const mostSummaries = 10_000

// ask gives a summary, which may not be ready yet.
func (t *summaries) ask(ctx context.Context, s *Server, d survey.Deployment, whose string) *summary {
	key := summaryKey{d.OpCode, d.Count.Run, whose, s.events.lastOf(d.OpCode)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.byKey[key]; x != nil {
		return x
	}
	if len(t.byKey) >= mostSummaries {
		clear(t.byKey)
	}
	for k := range t.byKey { // what it takes the place of
		if k.opcode == key.opcode && k.whose == key.whose {
			delete(t.byKey, k)
		}
	}
	x := &summary{ready: make(chan struct{})}
	t.byKey[key] = x
	go t.work(context.WithoutCancel(ctx), s, d, key, x)
	return x
}

// work works a summary out.
func (t *summaries) work(ctx context.Context, s *Server, d survey.Deployment, key summaryKey, x *summary) {
	t.one <- struct{}{}
	defer func() { <-t.one }()
	k, err := s.desks.of(ctx, d)
	if err == nil {
		x.state, err = k.summary(ctx, key.whose)
	}
	x.err = err
	close(x.ready)
	if err != nil { // the next one to ask tries again
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.byKey[key] == x {
			delete(t.byKey, key)
		}
	}
	s.events.tell(event{Kind: "assessed", OpCode: d.OpCode})
}
