package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"requin/review"
	"requin/survey"
)

// Verdicts are those on a deployment whose ID is greater than after, in the order in which they were given.
func Verdicts(ctx context.Context, s *survey.Survey, opcode string, after int64) ([]review.Verdict, error) {
	kept, err := s.VerdictsAfter(ctx, opcode, after)
	if err != nil {
		return nil, err
	}
	out := make([]review.Verdict, 0, len(kept))
	for _, v := range kept {
		r, err := Read(v)
		if err != nil {
			return nil, fmt.Errorf("verdict %d of %s: %w", v.ID, opcode, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Read is a verdict as it was kept.
func Read(v survey.Verdict) (review.Verdict, error) {
	r := review.Verdict{ID: v.ID, Kind: review.Kind(v.Kind), By: v.By, At: v.At, Run: v.Run}
	var err error
	if r.Said, err = review.ParseSaid(v.After); err != nil {
		return r, err
	}
	if len(v.Before) > 0 {
		err = json.Unmarshal(v.Before, &r.Was)
	}
	return r, err
}

// Kept is a verdict as it is kept.
func Kept(opcode string, v review.Verdict) (survey.Verdict, error) {
	out := survey.Verdict{OpCode: opcode, Run: v.Run, Kind: string(v.Kind), By: v.By, At: v.At}
	if number, ok := strings.CutPrefix(v.Said.Track, "t"); ok {
		out.Track, _ = strconv.Atoi(number)
	}
	switch {
	case v.Said.Time != nil:
		out.Time = v.Said.Time.Duration()
	case len(v.Said.Animal) > 0:
		out.Time = v.Said.Animal[0].Time.Duration()
	}
	var err error
	if out.After, err = json.Marshal(v.Said); err != nil {
		return out, err
	}
	out.Before, err = json.Marshal(v.Was)
	return out, err
}

// Logs are all verdicts, by deployment; only those of some deployments where names are given.
func Logs(ctx context.Context, s *survey.Survey, only []string) (out []review.Log, err error) {
	all, err := Chosen(ctx, s, only)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		log, err := Verdicts(ctx, s, d.OpCode, 0)
		if err != nil {
			return nil, err
		}
		if len(log) > 0 {
			out = append(out, review.Log{OpCode: d.OpCode, Log: log})
		}
	}
	return out, nil
}
