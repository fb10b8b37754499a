package desk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/survey"
)

// One deployment that cannot be read hides no other, and one without a count has neither a number nor an error.
func TestGlance(t *testing.T) {
	ctx, s := t.Context(), study(t)
	result, err := Counted(ctx, s, deployment(t, s))
	if err != nil {
		t.Fatal(err)
	}
	for _, opcode := range []string{"B2", "B3"} {
		if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: opcode}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutRun(ctx, survey.Run{ID: "r2", Kind: survey.CountRun, OpCode: "B2", Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Result: &result}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendVerdict(ctx, survey.Verdict{OpCode: "B2", Run: "r2", Kind: "count", After: json.RawMessage(`{"time_s": "noon"}`), By: "anna", At: time.Unix(3, 0)}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Deployments(ctx)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := Glance(ctx, s, all)
	if err != nil || len(entries) != 3 {
		t.Fatal(len(entries), err)
	}
	if e := entries[0]; e.OpCode != "B1" || e.Err != nil || e.Result == nil || e.Result.Taxa[0].Status() != count.Machine {
		t.Errorf("B1: %+v", e)
	}
	if e := entries[1]; e.Result != nil || e.Err == nil || !strings.Contains(e.Err.Error(), "B2") {
		t.Errorf("B2, whose review cannot be read: %v, %v", e.Result, e.Err)
	}
	if e := entries[2]; e.Result != nil || e.Err != nil {
		t.Errorf("B3, which is not counted: %v, %v", e.Result, e.Err)
	}
	if got := Unread(entries); len(got) != 1 || got[0] != "B2" {
		t.Errorf("%v cannot be read", got)
	}
}
