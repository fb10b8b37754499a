package cli

import (
	"context"
	"maps"
	"slices"

	"requin/record"
	"requin/survey"
	"requin/web"
)

// sitting is one start of the review server, from which a record comes where verdicts were given.
type sitting struct {
	survey *survey.Survey
	record record.Record
	energy func() record.Energy
	last   int64 // verdict that was there before
}

func newSitting(ctx context.Context, s *survey.Survey, c web.Config, address string) (*sitting, error) {
	verdicts, err := s.Verdicts(ctx, "")
	if err != nil {
		return nil, err
	}
	out := &sitting{survey: s, record: begin(ctx, record.Review), energy: record.MeterAlong()}
	if n := len(verdicts); n > 0 {
		out.last = verdicts[n-1].ID
	}
	users := []string{c.Name}
	if c.Users != nil {
		users = c.Users.Names()
	}
	limit, err := s.SurveyLimit(ctx)
	if err != nil {
		return nil, err
	}
	out.record.Settings = map[string]any{"risk": c.Risk, "survey_limit": limit, "blind": c.Blind, "deployments": append([]string{}, c.Only...), "address": address, "users": users, "tls": c.Secure}
	out.record.Defaults = map[string]any{"risk": 0.05, "survey_limit": 0.0, "blind": false, "deployments": []string{}, "address": usualAddress, "tls": false}
	return out, nil
}

// keep appends the record to the survey: who gave which verdicts, of how many kinds.
func (t *sitting) keep(ctx context.Context) error {
	energy := t.energy()
	verdicts, err := t.survey.Verdicts(ctx, "")
	if err != nil {
		return err
	}
	kinds, people, deployments := map[string]int{}, map[string]int{}, map[string]int{}
	first, last := int64(0), int64(0)
	for _, v := range verdicts {
		if v.ID <= t.last {
			continue
		}
		if first == 0 {
			first = v.ID
		}
		last = v.ID
		kinds[v.Kind]++
		people[v.By]++
		deployments[v.OpCode]++
	}
	if first == 0 {
		return nil
	}
	t.record.Outcome = map[string]any{"first_verdict": first, "last_verdict": last, "kinds": kinds, "verdicts_by": people,
		"deployments": slices.Sorted(maps.Keys(deployments))}
	return keepRecord(ctx, t.survey, t.record, energy, "", "")
}
