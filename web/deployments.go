package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/count"
	"requin/desk"
	"requin/review"
	"requin/survey"
	"requin/taxon"
	"requin/uncertainty"
)

// whose is whose verdicts a person sees: "" for everybody's.
func (s *Server) whose(who *session) string {
	if s.Blind {
		return who.name
	}
	return ""
}

// surveyID tells surveys apart that have one name: a page must not send to one what was said of another.
func surveyID(folder string) string {
	sum := sha256.Sum256([]byte(folder))
	return hex.EncodeToString(sum[:8])
}

func (s *Server) me(w http.ResponseWriter, r *http.Request, who *session) error {
	users := []string{who.name}
	if s.Users != nil {
		users = s.Users.Names()
	}
	limit, err := s.Survey.SurveyLimit(r.Context())
	if err != nil {
		return err
	}
	return give(w, map[string]any{
		"survey_id": surveyID(s.Survey.Folder()), "name": who.name, "csrf": who.csrf, "blind": s.Blind, "users": users, "risk": s.Risk, "goal": uncertainty.Share * s.Risk, "survey_limit": limit, "version": s.Version, "survey": s.Survey.Name(),
	})
}

type taxonJSON struct {
	Name     string   `json:"name"`
	Common   string   `json:"common"`
	Synonyms []string `json:"synonyms"`
	Studied  bool     `json:"studied"`
	Key      int      `json:"key"` // 1 to 9; 0: none
}

func (s *Server) taxa(w http.ResponseWriter, r *http.Request, who *session) error {
	list, err := s.Survey.Taxa(r.Context())
	if err != nil {
		return err
	}
	if len(list) == 0 {
		if list, err = s.countedTaxa(r.Context()); err != nil {
			return err
		}
	}
	out := []taxonJSON{}
	for i, t := range slices.SortedStableFunc(slices.Values(list), func(a, b taxon.Taxon) int { return role(a) - role(b) }) {
		x := taxonJSON{Name: t.Name, Common: t.Common, Synonyms: []string{}, Studied: t.Role != taxon.Context}
		for _, c := range t.Classes {
			if _, err := strconv.Atoi(c); err != nil && taxon.Fold(c) != taxon.Fold(t.Name) {
				x.Synonyms = append(x.Synonyms, c)
			}
		}
		if i < 9 {
			x.Key = i + 1
		}
		out = append(out, x)
	}
	return give(w, out)
}

// role orders what is studied first.
func role(t taxon.Taxon) int {
	if t.Role == taxon.Context {
		return 1
	}
	return 0
}

// countedTaxa are the taxa of the latest counts, where the survey has no list.
func (s *Server) countedTaxa(ctx context.Context) (taxon.List, error) {
	all, err := s.desks.list(ctx)
	if err != nil {
		return nil, err
	}
	var out taxon.List
	for _, d := range all {
		if d.Count == nil {
			continue
		}
		k, err := s.desks.of(ctx, d)
		if err != nil {
			return nil, err
		}
		for _, t := range k.Taxa {
			if _, ok := out.Find(t.Name); !ok {
				out = append(out, t)
			}
		}
		break // counts of one survey share their taxa as a rule; reading all would take long
	}
	return out, nil
}

// TaxonState is what is known of a taxon in a deployment.
type TaxonState struct {
	Taxon      string  `json:"taxon"`
	Machine    *int    `json:"machine"`   // MaxN as it was counted; null: no frame was looked at
	Confirmed  int     `json:"confirmed"` // most in a frame that a person looked at
	Risk       float64 `json:"risk"`      // chance that a frame nobody looked at holds more
	Certified  bool    `json:"certified"`
	Estimate   *int    `json:"estimate"` // it and the interval: null where no frame was looked at
	Low        *int    `json:"low"`
	High       *int    `json:"high"`
	Ahead      string  `json:"ahead,omitempty"` // how many looks the certificate takes, in words
	Statement  string  `json:"statement"`
	Looked     int     `json:"looked"`
	Calibrated bool    `json:"calibrated"` // the model's scores were measured; otherwise they are taken as they are
	Measured   bool    `json:"measured"`   // how much the model misses was measured; otherwise it is assumed
	Assumed    bool    `json:"assumed"`    // interval and risk rest on an assumed detectability: it was not measured, and not all was looked at
	Basis      string  `json:"basis"`      // both of it in words, and which classes it was combined from
	Status     string  `json:"status"`     // machine, reviewed, certified or disputed; "" where it is not known yet
	Twice      int     `json:"twice"`      // pairs of confirmed animals that lie on one another, of which nobody said whether they are one

	Withheld bool    `json:"withheld,omitempty"` // certified by itself, but the survey's limit has no room for it
	Gain     float64 `json:"gain,omitempty"`     // by how much the next look lowers the risk, as a mean, where the survey has a limit

	told func(t uncertainty.Told, certified bool) string // the statement, beside other certificates

	Observers []count.Observer `json:"observers,omitempty"` // in a list: what each reader makes of it alone
	Agreement []count.Concord  `json:"agreement,omitempty"` // in a list: how far each two agree
}

// states is what is known of each studied taxon. The desk is held.
func (k *seat) states(v *view) []TaxonState {
	out := []TaxonState{}
	k.assessAll(v)
	for _, name := range k.Studied() {
		a := k.alone(v, name)
		b := k.Grounds(name)
		x := TaxonState{Taxon: name, Confirmed: a.Confirmed, Risk: a.Risk, Certified: a.Certified, Looked: a.Looked,
			Calibrated: b.Calibrated(), Measured: b.Measured(), Assumed: a.Assumed(b), Basis: a.Basis(b), Statement: k.statement(v, name, a)}
		if u := b.Interval(a); x.Looked+len(k.Machine.Frames) > 0 {
			x.Estimate, x.Low, x.High = &u.Estimate, &u.Low, &u.High
		}
		x.Ahead = a.Lookahead()
		if k.settled.Level() > 0 {
			x.Gain, x.told = a.Gain(), toldBeside(b, a, k.told(v, name))
		}
		for _, c := range k.Run.Result.Taxa {
			if c.Name == name {
				x.Machine = c.MaxN
			}
		}
		out = append(out, x)
	}
	return out
}

// toldBeside is the statement of a taxon with what is said of all certificates of the survey.
func toldBeside(g uncertainty.Grounds, a uncertainty.Posterior, own uncertainty.Told) func(uncertainty.Told, bool) string {
	return func(t uncertainty.Told, certified bool) string {
		own, a := own, a
		own.Survey, own.Certificates, own.Withheld, a.Certified = t.Survey, t.Certificates, t.Withheld, certified
		return a.Statement(g, own)
	}
}

// stateOf is the state of a deployment of which something is counted.
func stateOf(taxa []TaxonState) string {
	switch {
	case slices.ContainsFunc(taxa, func(t TaxonState) bool { return t.Status == string(count.Disputed) }):
		return "disputed"
	case len(taxa) == 0 || slices.ContainsFunc(taxa, func(t TaxonState) bool { return !t.Certified }):
		return "open"
	}
	return "certified"
}

// DeploymentState is a deployment in a list.
type DeploymentState struct {
	OpCode     string        `json:"opcode"`
	State      string        `json:"state"`  // not counted, open, disputed or certified
	Frames     int           `json:"frames"` // looked at by the machine
	Looked     int           `json:"looked"` // looked at whole by people, for any taxon
	Duration   float64       `json:"duration_s"`
	Unreadable float64       `json:"unreadable_s"`
	Taxa       []TaxonState  `json:"taxa"`
	Reviewers  []string      `json:"reviewers"`
	Flags      int           `json:"flags"`
	Disputes   []DisputeJSON `json:"disputes"`        // what two readers contradict each other in, unsettled
	Error      string        `json:"error,omitempty"` // why it cannot be reviewed
	Pending    bool          `json:"pending,omitempty"`
}

// summary is the deployment in a list, as the verdicts of some leave it.
func (k *seat) summary(ctx context.Context, whose string) (DeploymentState, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return DeploymentState{}, err
	}
	v := k.view(whose)
	out := DeploymentState{OpCode: k.opcode, Frames: len(k.Machine.Frames), Unreadable: k.Run.Unreadable.Seconds(), Taxa: k.states(v),
		Looked: len(k.looked(v)), Reviewers: append([]string{}, review.People(review.Seen(k.Log, whose, whose != ""))...)}
	k.standing(v, out.Taxa)
	if out.Disputes = k.disputes(v); whose == "" {
		k.compare(out.Taxa)
	}
	if k.Run.Result != nil {
		out.Duration = k.Run.Result.Duration.Duration().Seconds()
	}
	out.State = stateOf(out.Taxa)
	for _, t := range v.state.Tracks() {
		if t.Flagged {
			out.Flags++
		}
	}
	for _, r := range v.state.Remarks() {
		if r.Kind == review.Flag {
			out.Flags++
		}
	}
	return out, nil
}

// looked are the frames that were looked at whole for any studied taxon. The desk is held.
func (k *seat) looked(v *view) []int {
	out := []int{}
	for _, name := range k.Studied() {
		frames, _ := v.state.Looks(name)
		out = append(out, frames...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// patience is how long a list of deployments waits for those that are being read.
const patience = 2 * time.Second

func (s *Server) deployments(w http.ResponseWriter, r *http.Request, who *session) error {
	all, err := s.desks.list(r.Context())
	if err != nil {
		return err
	}
	out := make([]DeploymentState, 0, len(all))
	until := time.Now().Add(patience)
	for _, d := range all {
		out = append(out, s.listed(r.Context(), d, s.whose(who), until))
	}
	settled, err := desk.AsKept(r.Context(), s.Survey)
	if err != nil {
		return err
	}
	out = beside(settled, out)
	byGain(settled, out)
	return give(w, out)
}

// listed is a deployment in a list. What is not there in time is pending: it is worked on, and announced.
func (s *Server) listed(ctx context.Context, d survey.Deployment, whose string, until time.Time) DeploymentState {
	none := DeploymentState{OpCode: d.OpCode, State: "not counted", Taxa: []TaxonState{}, Reviewers: []string{}, Disputes: []DisputeJSON{}}
	if d.Count == nil {
		return none
	}
	none.State, none.Unreadable = "open", d.Count.Unreadable.Seconds()
	done := s.summaries.ask(ctx, s, d, whose)
	select {
	case <-done.ready:
	case <-time.After(max(time.Until(until), 0)):
		none.Pending = true
		for _, name := range sortedKeys(d.Count.MaxN) {
			n := d.Count.MaxN[name]
			none.Taxa = append(none.Taxa, TaxonState{Taxon: name, Machine: &n, Risk: 1, Statement: "being worked out"})
		}
		return none
	}
	if done.err != nil {
		none.Error = done.err.Error()
		return none
	}
	return done.state
}

// Status is what is known of each deployment, by everybody's verdicts.
func Status(ctx context.Context, sv *survey.Survey, only []string, risk float64) ([]DeploymentState, error) {
	t := newDesks(sv, only, risk)
	all, err := t.list(ctx)
	if err != nil {
		return nil, err
	}
	var out []DeploymentState
	for _, d := range all {
		if d.Count == nil {
			out = append(out, DeploymentState{OpCode: d.OpCode, State: "not counted", Taxa: []TaxonState{}, Reviewers: []string{}, Disputes: []DisputeJSON{}})
			continue
		}
		k, err := t.of(ctx, d)
		if err != nil {
			return nil, err
		}
		one, err := k.summary(ctx, "")
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	settled, err := desk.AsKept(ctx, sv)
	return beside(settled, out), err
}

// sortedKeys are a map's, sorted.
func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
