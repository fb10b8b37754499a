package survey

import (
	"context"
	"errors"
	"testing"

	"requin/annotate"
)

// TestAppendVerdictAfter: who did not see the last verdict keeps none.
func TestAppendVerdictAfter(t *testing.T) {
	ctx := context.Background()
	s, err := Init(ctx, t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, op := range []string{"a", "b"} {
		if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: op}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.AppendVerdictAfter(ctx, Verdict{OpCode: "a", Kind: "accept"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendVerdictAfter(ctx, Verdict{OpCode: "a", Kind: "reject"}, 0); !errors.Is(err, ErrLater) {
		t.Errorf("a verdict that had not seen the first: %v", err)
	}
	if _, err := s.AppendVerdictAfter(ctx, Verdict{OpCode: "b", Kind: "accept"}, 0); err != nil {
		t.Errorf("another deployment: %v", err)
	}
	if _, err := s.AppendVerdictAfter(ctx, Verdict{OpCode: "a", Kind: "reject"}, first); err != nil {
		t.Error(err)
	}
	if later, err := s.VerdictsAfter(ctx, "a", first); err != nil || len(later) != 1 || later[0].Kind != "reject" {
		t.Errorf("after the first: %v %v", later, err)
	}
}
