package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// event is one thing that others are told.
type event struct {
	Kind   string // verdict, presence or assessed
	OpCode string
	Seq    int64
	By     string
}

func (e event) data() any {
	switch e.Kind {
	case "presence":
		return map[string]any{"opcode": e.OpCode, "name": e.By}
	case "assessed":
		return map[string]any{"opcode": e.OpCode}
	}
	return map[string]any{"opcode": e.OpCode, "seq": e.Seq, "by": e.By}
}

// hub passes events on, and knows who has which deployment open.
type hub struct {
	mu   sync.Mutex
	ears map[chan event]string // name
	last map[string]int64      // verdict, by deployment
	at   map[string]presence   // by name
	told map[int64]bool        // verdicts of this server that watch has yet to read
	read int64                 // the last verdict that watch has read
}

type presence struct {
	opcode string
	since  time.Time // from when they have it open
	seen   time.Time
}

// lapse is how long a presence lasts that is not repeated.
const lapse = time.Minute

func newHub() *hub {
	return &hub{ears: map[chan event]string{}, last: map[string]int64{}, at: map[string]presence{}, told: map[int64]bool{}}
}

// tell passes an event on. Who does not keep up is left behind: their page reads everything again.
func (h *hub) tell(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pass(e)
}

// own passes on a verdict that this server kept, unless watch has read it already.
func (h *hub) own(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Seq > h.read {
		h.told[e.Seq] = true
		h.pass(e)
	}
}

// found passes on a verdict that was read from the survey, unless it is this server's.
func (h *hub) found(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.read = e.Seq
	if !h.told[e.Seq] {
		h.pass(e)
	}
	delete(h.told, e.Seq)
}

func (h *hub) pass(e event) {
	if e.Kind == "verdict" {
		h.last[e.OpCode] = max(h.last[e.OpCode], e.Seq)
	}
	for ear := range h.ears {
		select {
		case ear <- e:
		default:
			delete(h.ears, ear)
			close(ear)
		}
	}
}

// lastOf is the last verdict of a deployment that was heard of.
func (h *hub) lastOf(opcode string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[opcode]
}

// here notes which deployment a person has open; "" for none. It tells whether that is news.
func (h *hub) here(name, opcode string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	old, ok := h.at[name]
	now := time.Now()
	if opcode == "" {
		delete(h.at, name)
		return ok
	}
	p := presence{opcode, now, now}
	if ok && old.opcode == opcode && now.Sub(old.seen) < lapse {
		p.since = old.since
	}
	h.at[name] = p
	return !ok || old.opcode != opcode
}

// holder is who else has had a deployment open, and for longest; "" for nobody.
func (h *hub) holder(opcode, me string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := ""
	for who, p := range h.at {
		if who != me && p.opcode == opcode && time.Since(p.seen) < lapse && (name == "" || p.since.Before(h.at[name].since)) {
			name = who
		}
	}
	if mine, ok := h.at[me]; name != "" && ok && mine.opcode == opcode && mine.since.Before(h.at[name].since) {
		return ""
	}
	return name
}

// subscribe gives a person's events.
func (h *hub) subscribe(name string) chan event {
	h.mu.Lock()
	defer h.mu.Unlock()
	ear := make(chan event, 64)
	h.ears[ear] = name
	return ear
}

// leave ends a subscription. It tells whether it was the person's last.
func (h *hub) leave(ear chan event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, ok := h.ears[ear]
	if !ok {
		return false
	}
	delete(h.ears, ear)
	for _, other := range h.ears {
		if other == name {
			return false
		}
	}
	return true
}

// listen sends events as they come, until the page is closed.
func (s *Server) listen(w http.ResponseWriter, r *http.Request, who *session) error {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	ear := s.events.subscribe(who.name)
	defer func() {
		if s.events.leave(ear) && s.events.here(who.name, "") {
			s.events.tell(event{Kind: "presence", By: who.name})
		}
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "retry: 2000\n\n")
	if err := out.Flush(); err != nil {
		return nil
	}
	beat := time.NewTicker(15 * time.Second) // so that a connection that broke is noticed
	defer beat.Stop()
	for {
		text := ": still here\n\n"
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
		case e, ok := <-ear:
			if !ok {
				return nil
			}
			if e.Kind == "verdict" && s.Blind && e.By != who.name {
				continue
			}
			data, err := json.Marshal(e.data())
			if err != nil {
				return err
			}
			text = fmt.Sprintf("event: %s\ndata: %s\n\n", e.Kind, data)
		}
		_ = out.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := fmt.Fprint(w, text); err != nil {
			return nil
		}
		if err := out.Flush(); err != nil {
			return nil
		}
	}
}

// present notes which deployment a person has open.
func (s *Server) present(w http.ResponseWriter, r *http.Request, who *session) error {
	var body struct {
		OpCode string `json:"opcode"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	if body.OpCode != "" {
		if _, err := s.desks.at(r.Context(), body.OpCode); err != nil {
			return err
		}
	}
	if s.events.here(who.name, body.OpCode) {
		s.events.tell(event{Kind: "presence", OpCode: body.OpCode, By: who.name})
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// watch passes on the verdicts that other processes keep in the survey.
func (s *Server) watch(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	known := int64(0)
	for {
		later, err := s.Survey.VerdictsAfter(ctx, "", known)
		if err != nil && ctx.Err() == nil {
			s.Logf("the verdicts of others cannot be read: %v", err)
		}
		for _, v := range later {
			s.events.found(event{Kind: "verdict", OpCode: v.OpCode, Seq: v.ID, By: v.By})
			known = v.ID
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}
