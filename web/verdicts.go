package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"requin/desk"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/review"
	"requin/survey"
)

// verdictJSON is a verdict as the page sends it.
type verdictJSON struct {
	OpCode string      `json:"opcode"` // of reconcile
	Kind   string      `json:"kind"`
	Track  string      `json:"track"`
	With   string      `json:"with"`
	BoxID  string      `json:"box_id"`
	Frame  *int        `json:"frame"`
	Taxon  string      `json:"taxon"`
	Taxa   []string    `json:"taxa"`
	Box    *review.Box `json:"box"`
	N      *int        `json:"n"`
	Blind  bool        `json:"blind"` // of count: the boxes were hidden
	Again  bool        `json:"again"` // of count: of a frame that was looked at before
	Note   string      `json:"note"`
	Text   string      `json:"text"` // of note
	Seq    *int64      `json:"seq"`
	SeenS  float64     `json:"seen_s"`
	Nonce  string      `json:"nonce"`
}

// parseVerdict reads a verdict as the page sends it.
func parseVerdict(r io.Reader) (v verdictJSON, err error) {
	if err := decode(r, &v); err != nil {
		return v, err
	}
	switch review.Kind(v.Kind) {
	case review.Undo, review.Redo, review.Draw:
		return v, failf(http.StatusBadRequest, "%s has a request of its own", v.Kind)
	}
	return v, nil
}

// said is the verdict in review's words.
func (k *seat) said(v verdictJSON) (review.Said, error) {
	out := review.Said{Track: v.Track, With: v.With, Taxon: v.Taxon, Taxa: v.Taxa, Box: v.Box, N: v.N, Blind: v.Blind, Again: v.Again, Note: v.Note, SeenS: v.SeenS, Nonce: v.Nonce}
	if v.BoxID != "" {
		if v.Track != "" {
			return out, failf(http.StatusBadRequest, "give track or box_id, not both")
		}
		out.Track = v.BoxID
	}
	if review.Kind(v.Kind) == review.Note && v.Text != "" {
		out.Note = v.Text
	}
	if v.Frame != nil {
		at, err := k.time(*v.Frame)
		if err != nil {
			return out, err
		}
		out.Time = &at
	}
	return out, nil
}

// answered is what a verdict's request is answered with.
type answered struct {
	Seq        int64          `json:"seq"`
	Deployment deploymentJSON `json:"deployment"`
}

func (s *Server) verdict(w http.ResponseWriter, r *http.Request, who *session) error {
	if err := isJSON(r); err != nil {
		return err
	}
	v, err := parseVerdict(http.MaxBytesReader(w, r.Body, mostBody)) // before the desk is held: a slow line holds up nobody else
	if err != nil {
		return err
	}
	return s.onDesk(w, r, who, r.PathValue("op"), func(k *seat) (review.Kind, review.Said, int64, error) {
		said, err := k.said(v)
		return review.Kind(v.Kind), said, seqOf(v.Seq), err
	})
}

// seqOf is the last verdict that a person had seen; -1: they do not say.
func seqOf(seq *int64) int64 {
	if seq == nil {
		return -1
	}
	return *seq
}

// reconcile keeps what two people agreed on.
func (s *Server) reconcile(w http.ResponseWriter, r *http.Request, who *session) error {
	if s.Blind {
		return failf(http.StatusForbidden, "who reviews blind does not see what is to be reconciled: start requin review without --blind")
	}
	var v verdictJSON
	if err := read(w, r, &v); err != nil {
		return err
	}
	return s.onDesk(w, r, who, v.OpCode, func(k *seat) (review.Kind, review.Said, int64, error) {
		kind := review.Kind(v.Kind)
		if !slices.Contains(settling, kind) {
			return "", review.Said{}, 0, failf(http.StatusBadRequest, "%q cannot be reconciled: accept, reject, absent, relabel, unsure, count, add, merge and apart can", v.Kind)
		}
		said, err := k.said(v)
		said.Reconciled = true
		return kind, said, seqOf(v.Seq), err
	})
}

// onDesk keeps a verdict on a deployment, and answers with the deployment as it is then.
func (s *Server) onDesk(w http.ResponseWriter, r *http.Request, who *session, opcode string, what func(k *seat) (review.Kind, review.Said, int64, error)) error {
	k, err := s.desks.at(r.Context(), opcode)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(r.Context()); err != nil {
		return err
	}
	kind, said, seen, err := what(k)
	if err != nil {
		return err
	}
	said.Alone = s.whose(who) != ""
	v, err := k.say(r.Context(), s.whose(who), review.Verdict{Kind: kind, By: who.name, Said: said}, seen)
	if err != nil {
		return err
	}
	s.events.own(event{Kind: "verdict", OpCode: k.opcode, Seq: v.ID, By: v.By})
	out, err := s.describe(k, who)
	if err != nil {
		return err
	}
	return give(w, answered{v.ID, out})
}

// mostTries is how often a verdict is drafted anew because another came first.
const mostTries = 20

// say keeps a verdict. What it rests on is worked out anew where another process kept one meanwhile. The desk is held.
func (k *seat) say(ctx context.Context, whose string, v review.Verdict, seen int64) (review.Verdict, error) {
	for range mostTries {
		if again, ok := k.twice(v.By, v.Said.Nonce); ok {
			return again, nil
		}
		if other := k.conflict(v, whose, seen); other != nil {
			return v, failf(http.StatusConflict, "%s %s meanwhile: look again", other.By, other.Text())
		}
		draft, err := k.view(whose).state.Draft(v)
		if err != nil {
			return v, failf(http.StatusBadRequest, "%v", err)
		}
		draft.At = time.Now().UTC()
		kept, err := k.keep(ctx, draft)
		if !errors.Is(err, survey.ErrLater) {
			return kept, err
		}
		if err := k.refresh(ctx); err != nil {
			return v, err
		}
	}
	return v, failf(http.StatusServiceUnavailable, "others keep verdicts faster than this one can be: try again")
}

// twice is the verdict that a person sent before under the same nonce: whoever did not hear the answer sends it again.
func (k *seat) twice(by, nonce string) (review.Verdict, bool) {
	i := slices.IndexFunc(k.Log, func(v review.Verdict) bool { return nonce != "" && v.By == by && v.Said.Nonce == nonce })
	if i < 0 {
		return review.Verdict{}, false
	}
	return k.Log[i], true
}

// keep puts a verdict into the log. The desk is held.
func (k *seat) keep(ctx context.Context, v review.Verdict) (review.Verdict, error) {
	row, err := desk.Kept(k.opcode, v)
	if err != nil {
		return v, err
	}
	if v.ID, err = k.survey.AppendVerdictAfter(ctx, row, k.last()); err != nil {
		return v, err
	}
	k.take(v)
	return v, nil
}

// conflict is a verdict that somebody else gave on the same thing after the last one that this person had seen.
func (k *seat) conflict(v review.Verdict, whose string, seen int64) *review.Verdict {
	if seen < 0 || whose != "" {
		return nil
	}
	for i, o := range k.Log {
		if o.ID <= seen || o.By == v.By || o.Kind == review.Undo || o.Kind == review.Redo {
			continue
		}
		mine, theirs := []string{v.Said.Track, v.Said.With}, []string{o.Said.Track, o.Said.With}
		sameTrack := slices.ContainsFunc(mine, func(id string) bool { return id != "" && slices.Contains(theirs, id) })
		sameCount := v.Kind == review.Count && o.Kind == review.Count && v.Said.Taxon == o.Said.Taxon && v.Said.Time != nil && o.Said.Time != nil && *v.Said.Time == *o.Said.Time
		if sameTrack || sameCount {
			return &k.Log[i]
		}
	}
	return nil
}

func (s *Server) undo(w http.ResponseWriter, r *http.Request, who *session) error {
	return s.goBack(w, r, who, review.Undo)
}

func (s *Server) redo(w http.ResponseWriter, r *http.Request, who *session) error {
	return s.goBack(w, r, who, review.Redo)
}

// goBack takes back the person's last verdict, or puts the one in force again that was taken back last.
func (s *Server) goBack(w http.ResponseWriter, r *http.Request, who *session, kind review.Kind) error {
	var body struct {
		Seq   *int64  `json:"seq"`
		SeenS float64 `json:"seen_s"`
		Nonce string  `json:"nonce"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	v, err := k.turn(r.Context(), review.Verdict{Kind: kind, By: who.name, Run: k.Machine.Run, Said: review.Said{Nonce: body.Nonce, SeenS: body.SeenS}})
	if err != nil {
		return err
	}
	s.events.own(event{Kind: "verdict", OpCode: k.opcode, Seq: v.ID, By: v.By})
	out, err := s.describe(k, who)
	if err != nil {
		return err
	}
	return give(w, answered{v.ID, out})
}

// turn keeps an undo or redo of what comes next. The desk is held.
func (k *seat) turn(ctx context.Context, v review.Verdict) (review.Verdict, error) {
	for range mostTries {
		if err := k.refresh(ctx); err != nil {
			return v, err
		}
		if again, ok := k.twice(v.By, v.Said.Nonce); ok {
			return again, nil
		}
		undo, redo := review.Back(k.Log, v.By)
		if v.Said.Of = undo; v.Kind == review.Redo {
			v.Said.Of = redo
		}
		if v.Said.Of == 0 {
			return v, failf(http.StatusConflict, "there is nothing of yours to %s", v.Kind)
		}
		if len(v.Said.Nonce) > 100 {
			return v, failf(http.StatusBadRequest, "a nonce has at most 100 bytes")
		}
		v.At = time.Now().UTC()
		kept, err := k.keep(ctx, v)
		if !errors.Is(err, survey.ErrLater) {
			return kept, err
		}
	}
	return v, failf(http.StatusServiceUnavailable, "others keep verdicts faster than this one can be: try again")
}

type logJSON struct {
	ID     int64       `json:"id"`
	Kind   review.Kind `json:"kind"`
	By     string      `json:"by"`
	At     time.Time   `json:"at"`
	Before review.Was  `json:"before"`
	After  review.Said `json:"after"`
	Undone bool        `json:"undone"`
	Text   string      `json:"text"`
}

func (s *Server) log(w http.ResponseWriter, r *http.Request, who *session) error {
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(r.Context()); err != nil {
		return err
	}
	whose := s.whose(who)
	gone := review.Undone(k.Log)
	out := []logJSON{}
	for _, v := range review.Seen(k.Log, whose, whose != "") {
		v.Said.Animal, v.Said.Other = nil, nil // long, and of use to the machine alone
		out = append(out, logJSON{v.ID, v.Kind, v.By, v.At, v.Was, v.Said, gone[v.ID], v.Text()})
	}
	return give(w, out)
}

// keyframes keeps a track that was drawn by key frames.
func (s *Server) keyframes(w http.ResponseWriter, r *http.Request, who *session) error {
	var body struct {
		ID    string `json:"id"`
		Taxon string `json:"taxon"`
		Keys  []struct {
			Frame   int         `json:"frame"`
			Box     *review.Box `json:"box"`
			Outside bool        `json:"outside"`
		} `json:"keys"`
		Seq   *int64  `json:"seq"`
		SeenS float64 `json:"seen_s"`
		Nonce string  `json:"nonce"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	return s.onDesk(w, r, who, r.PathValue("op"), func(k *seat) (review.Kind, review.Said, int64, error) {
		out := review.Said{Track: body.ID, Taxon: body.Taxon, SeenS: body.SeenS, Nonce: body.Nonce}
		for _, key := range body.Keys {
			at, err := k.time(key.Frame)
			if err != nil {
				return "", out, 0, err
			}
			x := review.Key{Time: at, Outside: key.Outside}
			if key.Box != nil {
				x.Box = *key.Box
			} else if !key.Outside {
				return "", out, 0, failf(http.StatusBadRequest, "the key frame at frame %s has no box", strconv.Itoa(key.Frame))
			}
			out.Keys = append(out.Keys, x)
		}
		return review.Draw, out, seqOf(body.Seq), nil
	})
}

// isJSON refuses what a form of another site's page could send.
func isJSON(r *http.Request) error {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return failf(http.StatusUnsupportedMediaType, "send JSON, with Content-Type: application/json")
	}
	return nil
}
