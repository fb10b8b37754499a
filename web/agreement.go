package web

import (
	"context"
	"net/http"

	"requin/count"
	"requin/review"
	"requin/survey"
)

// Agreement is how far people agree.
type Agreement struct {
	Pairs         []PairJSON         `json:"pairs"`
	Disagreements []DisagreementJSON `json:"disagreements"`
}

// PairJSON is review.Pair in a deployment.
type PairJSON struct {
	OpCode string `json:"opcode"`
	Taxon  string `json:"taxon"`
	count.Concord
	MaxNA int `json:"maxn_a"`
	MaxNB int `json:"maxn_b"`
}

// DisagreementJSON is a dispute in a deployment.
type DisagreementJSON struct {
	OpCode string `json:"opcode"`
	DisputeJSON
}

// AgreementOf compares the reviewers of each deployment.
func AgreementOf(ctx context.Context, sv *survey.Survey, only []string, risk float64) (Agreement, error) {
	return newDesks(sv, only, risk).agreement(ctx)
}

func (t *desks) agreement(ctx context.Context) (Agreement, error) {
	out := Agreement{Pairs: []PairJSON{}, Disagreements: []DisagreementJSON{}}
	all, err := t.list(ctx)
	if err != nil {
		return out, err
	}
	for _, d := range all {
		kept, err := t.survey.Verdicts(ctx, d.OpCode)
		if err != nil {
			return out, err
		}
		people := map[string]int{}
		for _, v := range kept {
			people[v.By]++
		}
		if d.Count == nil || len(people) < 2 {
			continue
		}
		k, err := t.of(ctx, d)
		if err != nil {
			return out, err
		}
		if err := k.agree(ctx, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// agree adds a deployment's reviewers.
func (k *seat) agree(ctx context.Context, out *Agreement) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return err
	}
	for _, p := range review.Agreement(k.Machine, k.Log, k.Studied()) {
		out.Pairs = append(out.Pairs, PairJSON{k.opcode, p.Taxon, p.Stated(), p.MaxNA, p.MaxNB})
	}
	for _, d := range k.disputes(k.view("")) {
		out.Disagreements = append(out.Disagreements, DisagreementJSON{k.opcode, d})
	}
	return nil
}

func (s *Server) agreement(w http.ResponseWriter, r *http.Request, who *session) error {
	if s.Blind {
		return failf(http.StatusForbidden, "who reviews blind does not see how others judged: requin review --agreement tells")
	}
	out, err := s.desks.agreement(r.Context())
	if err != nil {
		return err
	}
	return give(w, out)
}
