package web

import (
	"cmp"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/review"
	"requin/survey"
)

type lessonJSON struct {
	OpCode string  `json:"opcode"`
	Frame  int     `json:"frame"`
	Reason string  `json:"reason"`
	Score  float64 `json:"score"`
}

// suggestTime is how long deployments are read for suggestions; those that are open come first.
const suggestTime = 5 * time.Second

// suggest gives frames that are worth annotating next.
func (s *Server) suggest(w http.ResponseWriter, r *http.Request, who *session) error {
	n := 20
	if text := r.URL.Query().Get("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > 200 {
			return failf(http.StatusBadRequest, "n=%q: give a number from 1 to 200", text)
		}
	}
	all, err := s.desks.list(r.Context())
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d survey.Deployment) bool { return d.Count == nil })
	slices.SortStableFunc(all, func(a, b survey.Deployment) int { return s.desks.ready(b.OpCode) - s.desks.ready(a.OpCode) })
	out := []lessonJSON{}
	until := time.Now().Add(suggestTime)
	for i, d := range all {
		if i > 0 && time.Now().After(until) {
			break
		}
		k, err := s.desks.of(r.Context(), d)
		if err != nil {
			return err
		}
		k.mu.Lock()
		v := k.view(s.whose(who))
		chance := k.chances(v)
		for _, l := range v.state.Teach(n, func(t *review.Track) float64 { return chance[t] }) {
			out = append(out, lessonJSON{k.opcode, l.Frame, l.Reason, l.Score})
		}
		k.mu.Unlock()
	}
	slices.SortStableFunc(out, func(a, b lessonJSON) int { return cmp.Compare(b.Score, a.Score) })
	return give(w, out[:min(n, len(out))])
}

// ready is 1 for a deployment that is open.
func (t *desks) ready(opcode string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[opcode] != nil {
		return 1
	}
	return 0
}

// dataset builds a dataset from what people confirmed.
func (s *Server) dataset(w http.ResponseWriter, r *http.Request, who *session) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	if body.Name == "" || len(body.Name) > 100 || body.Name != filepath.Base(body.Name) || strings.HasPrefix(body.Name, ".") || strings.ContainsAny(body.Name, `/\:*?"<>|`) || strings.ContainsFunc(body.Name, func(c rune) bool { return c < ' ' }) {
		return failf(http.StatusBadRequest, "%q cannot be the name of a dataset: give one name such as sharks-2026", body.Name)
	}
	if s.Dataset == nil {
		return failf(http.StatusNotImplemented, "datasets cannot be built here: requin dataset build %s", body.Name)
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil { // it may take long
		return err
	}
	message, err := s.Dataset(r.Context(), body.Name)
	if err != nil {
		return failf(http.StatusConflict, "%v", err)
	}
	return give(w, map[string]string{"message": message})
}
