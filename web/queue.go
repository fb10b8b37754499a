package web

import (
	"net/http"
	"slices"
	"strconv"

	"requin/review"
	"requin/uncertainty"
)

// Next is a frame to look at.
type Next struct {
	Frame  int      `json:"frame"` // -1: none
	Taxon  string   `json:"taxon"`
	Tracks []string `json:"tracks"` // of the taxon, in that frame
	Reason string   `json:"reason"`
	Risk   float64  `json:"risk"` // of the taxon
	Done   bool     `json:"done"` // the taxon is certified

	// The number of each studied taxon is asked before any box is shown: of a frame that was drawn so as to find out what the machine
	// misses (Audit), or of one that this person looked at before (Again).
	Audit bool `json:"audit"`
	Again bool `json:"again"`
}

// isAudit tells whether a suggested frame is one to look at with the boxes hidden.
func isAudit(s uncertainty.Suggestion) bool { return s.Audit }

// asked is what a request for frames asks.
type asked struct {
	taxon  string
	after  int
	byTime bool
	back   bool
	n      int
}

func parseAsked(r *http.Request, frames int) (asked, error) {
	q := r.URL.Query()
	a := asked{taxon: q.Get("taxon"), after: -1, byTime: q.Get("by") == "time", back: q.Get("back") == "1", n: 8}
	if text := q.Get("after"); text != "" {
		i, err := strconv.Atoi(text)
		if err != nil || i < -1 || i >= frames {
			return a, failf(http.StatusBadRequest, "after=%q: give a frame from 0 to %d", text, frames-1)
		}
		a.after = i
	}
	if text := q.Get("n"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 64 {
			return a, failf(http.StatusBadRequest, "n=%q: give a number from 1 to 64", text)
		}
		a.n = n
	}
	return a, nil
}

// ask answers a question about a desk's frames.
func (s *Server) ask(r *http.Request, who *session, answer func(k *seat, v *view, a asked) error) error {
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	a, err := parseAsked(r, len(k.Machine.Frames))
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(r.Context()); err != nil {
		return err
	}
	v := k.view(s.whose(who))
	if a.taxon == "" {
		a.taxon = k.riskiest(v)
	} else if !slices.Contains(k.Studied(), a.taxon) {
		return failf(http.StatusBadRequest, "%q is not studied in this deployment", a.taxon)
	}
	return answer(k, v, a)
}

// riskiest is the studied taxon that is to be looked at next: the one of which least is certain; where the survey has a limit, whose next look
// buys most. The desk is held.
func (k *seat) riskiest(v *view) string {
	var list []uncertainty.Posterior
	for _, t := range k.Studied() {
		list = append(list, k.assess(v, t))
	}
	next := uncertainty.Riskiest
	if k.settled.Level() > 0 {
		next = uncertainty.MostGained
	}
	if i := next(list); i >= 0 {
		return k.Studied()[i]
	}
	return ""
}

func (s *Server) next(w http.ResponseWriter, r *http.Request, who *session) error {
	return s.ask(r, who, func(k *seat, v *view, a asked) error {
		var n Next
		switch {
		case a.byTime:
			n = k.inTime(v, a)
		case a.back:
			n = k.before(v, a, who.name)
		default:
			n = k.none(v, a.taxon)
			if list := s.queued(k, v, a, who); len(list) > 0 {
				n = list[0]
			}
		}
		s.prefetch(k, n.Frame)
		return give(w, n)
	})
}

func (s *Server) queue(w http.ResponseWriter, r *http.Request, who *session) error {
	return s.ask(r, who, func(k *seat, v *view, a asked) error {
		list := s.queued(k, v, a, who)
		if len(list) > a.n {
			list = list[:a.n]
		}
		var frames []int
		for _, n := range list {
			frames = append(frames, n.Frame)
		}
		s.prefetch(k, frames...)
		return give(w, append([]Next{}, list...))
	})
}

// none says that there is no frame to look at.
func (k *seat) none(v *view, taxon string) Next {
	a := k.assess(v, taxon)
	n := Next{Frame: -1, Taxon: taxon, Tracks: []string{}, Risk: a.Risk, Done: a.Certified, Reason: "no frame is left that could hold more"}
	switch {
	case a.Certified:
		n.Reason = k.statement(v, taxon, a)
	case len(a.Next) == 0 && k.barred(v, taxon):
		n.Reason = "nothing is left to look at, but two readers contradict each other: that is to be settled first"
	}
	return n
}

// show is a frame to look at, and what of the taxon is in it.
func (k *seat) show(v *view, taxon string, i int, reason string) Next {
	a := k.assess(v, taxon)
	n := Next{Frame: i, Taxon: taxon, Tracks: []string{}, Risk: a.Risk, Done: a.Certified, Reason: reason}
	for _, t := range v.state.In(i) {
		if t.Taxon == taxon && t.Standing != review.Rejected {
			n.Tracks = append(n.Tracks, t.ID)
		}
	}
	return n
}

// again are the frames that a person is to look at a second time now. The desk is held.
func (k *seat) again(v *view, q asked, name string, share int) (out []Next) {
	if share <= 0 {
		return nil
	}
	for _, i := range v.state.Due(k.Log, name, k.Studied(), share) {
		if i != q.after {
			n := k.show(v, q.taxon, i, "a second look at a frame that you have seen: it tells how well the frames are read")
			n.Tracks, n.Done, n.Again = []string{}, false, true
			out = append(out, n)
		}
	}
	return out
}

// queued are first the frames that are due for a second look, then those that count suggests. Those that were looked at, and do not count as such because an animal in them is
// unsure, come later, and last those in which two readers contradict each other.
func (s *Server) queued(k *seat, v *view, q asked, who *session) []Next {
	a := k.assess(v, q.taxon)
	looked := v.state.Looked(q.taxon)
	out := k.again(v, q, who.name, s.Share)
	var last []Next
	for _, sug := range a.Next {
		switch _, seen := looked[sug.Frame]; {
		case sug.Frame == q.after:
		case seen && v.state.Contested(q.taxon, sug.Frame): // led to below, with who said what
		case seen:
			last = append(last, k.show(v, q.taxon, sug.Frame, "an animal here is unsure: decide, or count the frame"))
		default:
			n := k.show(v, q.taxon, sug.Frame, a.Why(sug))
			n.Audit = isAudit(sug)
			out = append(out, n)
		}
	}
	return append(append(out, last...), k.contested(v, q)...)
}

// inTime is the next frame, or the one before, in which something of the taxon may be.
func (k *seat) inTime(v *view, q asked) Next {
	has := map[int]bool{}
	for _, t := range v.state.Tracks() {
		if t.Taxon == q.taxon && t.Standing != review.Rejected {
			for _, p := range t.Points {
				has[p.Frame] = true
			}
		}
	}
	step, i := 1, q.after
	if q.back {
		step = -1
		if i < 0 {
			i = len(k.Machine.Frames)
		}
	}
	for i += step; i >= 0 && i < len(k.Machine.Frames); i += step {
		if has[i] {
			return k.show(v, q.taxon, i, "in time")
		}
	}
	n := k.none(v, q.taxon)
	n.Reason = "nothing of it lies beyond"
	return n
}

// before is the frame that the person dealt with before this one.
func (k *seat) before(v *view, q asked, name string) Next {
	var trail []int
	for _, x := range review.InForce(k.Log) {
		if x.By != name || x.Said.Time == nil {
			continue
		}
		if i, ok := v.state.FrameAt(x.Said.Time.Duration()); ok && (len(trail) == 0 || trail[len(trail)-1] != i) {
			trail = append(trail, i)
		}
	}
	at := len(trail)
	for n := len(trail) - 1; n >= 0; n-- {
		if trail[n] == q.after {
			at = n
			break
		}
	}
	if at == 0 {
		n := k.none(v, q.taxon)
		n.Reason = "this is where you began"
		return n
	}
	return k.show(v, q.taxon, trail[at-1], "you were here before")
}
