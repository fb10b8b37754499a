package desk

import (
	"context"
	"fmt"
	"slices"

	"requin/count"
	"requin/review"
	"requin/survey"
	"requin/uncertainty"
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
	return counted(ctx, s, d, 0)
}

// CountedAt is Counted with certificates at a limit.
func CountedAt(ctx context.Context, s *survey.Survey, d survey.Deployment, limit float64) (count.Result, error) {
	return counted(ctx, s, d, limit)
}

func counted(ctx context.Context, s *survey.Survey, d survey.Deployment, limit float64) (count.Result, error) {
	if d.Count == nil {
		return count.Result{}, fmt.Errorf("%s is not counted yet: requin count %[1]s", d.OpCode)
	}
	if d.Verdict == 0 {
		run, err := s.Run(ctx, d.Count.Run)
		if err == nil && run.Result == nil {
			err = fmt.Errorf("%s: its run %s holds no count: requin count %[1]s --again", d.OpCode, run.ID)
		}
		if err != nil {
			return count.Result{}, err
		}
		return *run.Result, nil
	}
	kept, ok, err := s.ReviewedOf(ctx, d.Count.Run)
	if err != nil {
		return count.Result{}, err
	}
	switch {
	case limit == 0 && ok:
		limit = kept.Limit
	case limit == 0:
		limit = uncertainty.Limit
	}
	if ok && kept.LastVerdict == d.Verdict && kept.Rule == review.Rule && kept.Limit == limit {
		return kept.Result, nil
	}
	open, err := Open(ctx, s, d)
	if err != nil {
		return count.Result{}, err
	}
	out, err := open.Count(limit)
	if err != nil || s.ReadOnly() {
		return out, err
	}
	last := open.Log[len(open.Log)-1].ID
	return out, s.PutReviewed(ctx, d.Count.Run, survey.Reviewed{LastVerdict: last, Rule: review.Rule, Limit: limit, Result: out})
}

// Count is the count as the log leaves it, with certificates at a limit.
func (d *Desk) Count(limit float64) (count.Result, error) {
	basis, err := d.Basis(limit)
	if err != nil {
		return count.Result{}, err
	}
	out, err := basis.Count(d.Log)
	if err != nil {
		return out, fmt.Errorf("%s: %w", d.Deployment.OpCode, err)
	}
	return out, nil
}
