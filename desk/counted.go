package desk

import (
	"context"
	"fmt"
	"slices"

	"requin/count"
	"requin/record"
	"requin/review"
	"requin/scan"
	"requin/survey"
)

// Chosen are the deployments of a survey; those that are named, where any is.
func Chosen(ctx context.Context, s *survey.Survey, only []string) ([]survey.Deployment, error) {
	all, err := s.Deployments(ctx)
	if err != nil || len(only) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(d survey.Deployment) bool { return !slices.Contains(only, d.OpCode) }), nil
}

// Counted is the best count there is of a deployment: as the verdicts on it leave it, or as the machine counted where
// nobody gave one. What was kept is taken where it is of the log as it is; otherwise it is worked out anew, and
// kept. Certificates are at the limit that the last review was held at.
func Counted(ctx context.Context, s *survey.Survey, d survey.Deployment) (count.Result, error) {
	out, _, err := CountedAt(ctx, s, d, 0)
	return out, err
}

// CountedAt is Counted with certificates at a limit, which it gives back; 0: at that of the last review.
func CountedAt(ctx context.Context, s *survey.Survey, d survey.Deployment, limit float64) (count.Result, float64, error) {
	if d.Count == nil || d.Verdict == 0 {
		return (&Settled{survey: s}).Counted(ctx, d, limit)
	}
	settled, err := Settle(ctx, s, limit, []string{d.OpCode})
	if err != nil {
		return count.Result{}, limit, err
	}
	return settled.Counted(ctx, d, limit)
}

// Counted is the best count there is of a deployment, with certificates at a limit, which it gives back, as CountedAt does.
func (a *Settled) Counted(ctx context.Context, d survey.Deployment, limit float64) (count.Result, float64, error) {
	if d.Count == nil {
		return count.Result{}, limit, fmt.Errorf("%s is not counted yet: requin count %[1]s", d.OpCode)
	}
	if d.Verdict == 0 {
		result, err := a.survey.RunResult(ctx, d.Count.Run)
		if err == nil && result == nil {
			err = noCount(d.OpCode, d.Count.Run)
		}
		if err != nil {
			return count.Result{}, limit, err
		}
		return *result, limit, nil
	}
	kept, ok, err := a.survey.ReviewedOf(ctx, d.Count.Run)
	if err != nil {
		return count.Result{}, limit, err
	}
	terms := a.Terms(d.OpCode, limitOf(kept, ok, limit))
	if ok {
		switch current, err := isCurrent(ctx, a.survey, d, kept, terms); {
		case err != nil:
			return count.Result{}, terms.Limit, err
		case current:
			return kept.Result, terms.Limit, nil
		}
	}
	open, err := Open(ctx, a.survey, d)
	if err != nil {
		return count.Result{}, terms.Limit, err
	}
	out, err := open.Keep(ctx, a.survey, terms)
	return out.Result, terms.Limit, err
}

// pooledNow names what a count of the deployment would rest on by now, besides its log.
func pooledNow(ctx context.Context, s *survey.Survey, d survey.Deployment) (string, error) {
	run, err := s.Run(ctx, d.Count.Run)
	if err != nil {
		return "", err
	}
	var made scan.Made
	if len(run.Record) > 0 {
		if made, err = scan.ReadRecord(run.Record); err != nil {
			return "", fmt.Errorf("%s: %w", d.OpCode, err)
		}
	}
	ours, err := own(ctx, s, made)
	if err != nil {
		return "", err
	}
	others, err := heard(ctx, s, d.OpCode, record.ModelOf(run.Record))
	return restsOn(others, d.Place(), ours), err
}

func noCount(opcode, run string) error {
	return fmt.Errorf("%s: its run %s holds no count: requin count %[1]s --again", opcode, run)
}

// Keep works out the count as the log leaves it, and keeps it beside the run, where the survey can be written to.
func (d *Desk) Keep(ctx context.Context, s *survey.Survey, t Terms) (review.Outcome, error) {
	out, err := d.Count(t)
	if err != nil || s.ReadOnly() || len(d.Log) == 0 {
		return out, err
	}
	return out, s.PutReviewed(ctx, d.Run.ID, survey.Reviewed{LastVerdict: d.Log[len(d.Log)-1].ID, Rule: review.Rule, Limit: t.Limit, Pooled: restsOn(d.Others, d.Deployment.Place(), d.Own), Model: d.Model,
		SurveyLimit: t.Survey, Finest: t.Finest, Withheld: t.Withheld, Result: out.Result})
}

// Count is the count as the log leaves it.
func (d *Desk) Count(t Terms) (review.Outcome, error) {
	basis, err := d.Basis(t)
	if err != nil {
		return review.Outcome{}, err
	}
	out, err := basis.Count(d.Log)
	if err != nil {
		return out, fmt.Errorf("%s: %w", d.Deployment.OpCode, err)
	}
	return out, nil
}
