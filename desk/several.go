package desk

import (
	"context"
	"maps"
	"slices"

	"requin/count"
	"requin/review"
	"requin/survey"
	"requin/uncertainty"
)

// Terms are what the certificates of a count are held to.
type Terms struct {
	Limit    float64  // chance of a greater MaxN under which a taxon is certified
	Survey   float64  // chance that any certificate of the survey is wrong; 0: none was asked for
	Finest   float64  // risk down to which certificates are told apart for that
	Withheld []string // taxa of the deployment that are certified by themselves, and for which Survey has no room
}

// Settled is which certificates of a survey stand beside one another.
type Settled struct {
	survey *survey.Survey
	level  float64 // survey.SurveyLimit
	finest float64
	risks  map[string]map[string]float64 // of what is certified by itself, by opcode and taxon
	most   float64                       // the greatest risk of one that stands
}

// Settle works out which certificates of a survey stand, over all its deployments and taxa: first each one's risk, at the limit of its last
// review, then which of them the survey's limit has room for (uncertainty.Several). limit, where it is not 0, is that of the
// deployments that are named, of all where none is. What was kept is taken where it is of the log as it is.
func Settle(ctx context.Context, s *survey.Survey, limit float64, only []string) (*Settled, error) {
	if err := hear(ctx, s); err != nil {
		return nil, err
	}
	out, err := AsKept(ctx, s)
	if err != nil || out.level == 0 {
		return out, err
	}
	all, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.Count == nil || d.Verdict == 0 {
			continue
		}
		at := 0.0
		if len(only) == 0 || slices.Contains(only, d.OpCode) {
			at = limit
		}
		if err := out.fresh(ctx, d, at); err != nil {
			return nil, err
		}
	}
	out.weigh()
	return out, nil
}

// AsKept is Settle out of the risks that were kept, some of which may be of before the last verdicts.
func AsKept(ctx context.Context, s *survey.Survey) (*Settled, error) {
	out := &Settled{survey: s, risks: map[string]map[string]float64{}}
	var err error
	if out.level, err = s.SurveyLimit(ctx); err != nil || out.level == 0 {
		return out, err
	}
	list, of, err := s.Certificates(ctx)
	if err != nil {
		return nil, err
	}
	out.finest = uncertainty.Finest(of, out.level)
	for _, c := range list {
		out.take(c.OpCode, c.Taxon, c.Risk)
	}
	out.weigh()
	return out, nil
}

// fresh takes in the certificates of one deployment as its log leaves them. One that cannot be read has none.
func (a *Settled) fresh(ctx context.Context, d survey.Deployment, limit float64) error {
	kept, ok, err := a.survey.ReviewedOf(ctx, d.Count.Run)
	if err != nil {
		return err
	}
	terms := a.Terms(d.OpCode, limitOf(kept, ok, limit))
	terms.Withheld = kept.Withheld
	delete(a.risks, d.OpCode)
	result := kept.Result
	if current, err := isCurrent(ctx, a.survey, d, kept, terms); err != nil {
		return err
	} else if !ok || !current {
		open, err := Open(ctx, a.survey, d)
		if err != nil {
			return ctx.Err() // whoever asks for it is told; it hides no other
		}
		outcome, err := open.Keep(ctx, a.survey, terms)
		if err != nil {
			return err
		}
		result = outcome.Result
	}
	for _, t := range result.Taxa {
		if t.Review != nil && t.Review.Certificate != nil {
			a.take(d.OpCode, t.Name, *t.Review.Certificate)
		}
	}
	return nil
}

func (a *Settled) take(opcode, taxon string, risk float64) {
	if a.risks[opcode] == nil {
		a.risks[opcode] = map[string]float64{}
	}
	a.risks[opcode][taxon] = risk
}

func (a *Settled) weigh() {
	var all []float64
	for _, risks := range a.risks {
		all = slices.AppendSeq(all, maps.Values(risks))
	}
	a.most = uncertainty.Several(all, a.level)
}

// Level is the chance that any certificate of the survey may be wrong; 0: none was asked for.
func (a *Settled) Level() float64 {
	if a == nil {
		return 0
	}
	return a.level
}

// Terms are those of a deployment's count, at a limit.
func (a *Settled) Terms(opcode string, limit float64) Terms {
	t := Terms{Limit: limit, Survey: a.level, Finest: a.finest}
	for taxon, risk := range a.risks[opcode] {
		if risk > a.most {
			t.Withheld = append(t.Withheld, taxon)
		}
	}
	slices.Sort(t.Withheld)
	return t
}

// Finest is the risk down to which the certificates are told apart.
func (a *Settled) Finest() float64 {
	if a == nil {
		return 0
	}
	return a.finest
}

// Beside tells which certificates stand beside one another, and how many do, where those of some deployments are these, by opcode and
// taxon, and the others as they were settled. Without a survey's limit all stand.
func (a *Settled) Beside(live map[string]map[string]float64) (stands func(opcode, taxon string) bool, n int) {
	now := &Settled{level: a.level, risks: maps.Clone(a.risks)}
	maps.Copy(now.risks, live)
	now.weigh()
	for _, risks := range now.risks {
		for _, r := range risks {
			if r <= now.most {
				n++
			}
		}
	}
	return func(opcode, taxon string) bool {
		r, ok := now.risks[opcode][taxon]
		return a.level == 0 || ok && r <= now.most
	}, n
}

// limitOf is the limit that a count is derived at: the one that is asked for, else that of the last review, else the usual one.
func limitOf(kept survey.Reviewed, ok bool, asked float64) float64 {
	switch {
	case asked != 0:
		return asked
	case ok:
		return kept.Limit
	}
	return uncertainty.Limit
}

// TermsOf are those that a kept count was derived at.
func TermsOf(kept survey.Reviewed) Terms {
	return Terms{Limit: kept.Limit, Survey: kept.SurveyLimit, Finest: kept.Finest, Withheld: kept.Withheld}
}

// Asks tells whether a kept count was derived for the limit over all certificates that is asked for now.
func (a *Settled) Asks(kept survey.Reviewed) bool {
	return kept.SurveyLimit == a.level && kept.Finest == a.finest
}

// Room tells whether the certificates that kept counts withhold are those for which the survey's limit has no room, given the counts as they were
// derived anew, by opcode.
func (a *Settled) Room(derived map[string]count.Result) (wrong []string) {
	anew := &Settled{level: a.level, risks: map[string]map[string]float64{}}
	for opcode, r := range derived {
		for _, t := range r.Taxa {
			if t.Review != nil && t.Review.Certificate != nil {
				anew.take(opcode, t.Name, *t.Review.Certificate)
			}
		}
	}
	anew.weigh()
	for opcode, r := range derived {
		withheld := anew.Terms(opcode, 0).Withheld
		for _, t := range r.Taxa {
			if t.Review != nil && t.Review.Withheld != slices.Contains(withheld, t.Name) {
				wrong = append(wrong, opcode)
				break
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

// isCurrent tells whether what was kept of a deployment is of its log, and of what the survey's other deployments tell, as they are.
func isCurrent(ctx context.Context, s *survey.Survey, d survey.Deployment, kept survey.Reviewed, t Terms) (bool, error) {
	want := survey.Reviewed{LastVerdict: d.Verdict, Rule: review.Rule, Limit: t.Limit, Pooled: kept.Pooled, SurveyLimit: t.Survey, Finest: t.Finest}
	if !kept.SameTerms(want) || !slices.Equal(kept.Withheld, t.Withheld) {
		return false, nil
	}
	now, err := pooledNow(ctx, s, d)
	return err == nil && kept.Pooled == now, err
}
