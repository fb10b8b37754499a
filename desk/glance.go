package desk

import (
	"context"

	"requin/count"
	"requin/survey"
)

// Entry is a deployment among many: its best count, or why there is none to show.
type Entry struct {
	survey.Deployment
	Result *count.Result // the best count; nil: never counted, or Err
	Err    error         // its count, or what people said of it, cannot be read
}

// Glance gives the best count of each deployment. One that cannot be read hides no other: its entry says so. The error is
// that ctx is done.
func Glance(ctx context.Context, s *survey.Survey, deployments []survey.Deployment) ([]Entry, error) {
	var out []Entry
	settled, err := Settle(ctx, s, 0, nil)
	if err != nil {
		return nil, err
	}
	for _, d := range deployments {
		e := Entry{Deployment: d}
		if d.Count != nil {
			switch result, _, err := settled.Counted(ctx, d, 0); {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
				e.Err = err
			default:
				e.Result = &result
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// Unread are the opcodes of those that cannot be read.
func Unread(entries []Entry) (out []string) {
	for _, e := range entries {
		if e.Err != nil {
			out = append(out, e.OpCode)
		}
	}
	return out
}
