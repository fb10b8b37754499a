package survey

import (
	"reflect"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
)

func TestReviewed(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: "10"}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRun(ctx, version1Run()); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.ReviewedOf(ctx, "run-1"); ok || err != nil {
		t.Fatalf("nobody reviewed it: %v, %v", ok, err)
	}
	n := 7
	want := Reviewed{LastVerdict: 3, Rule: 1, Limit: 0.05, Result: count.Result{Taxa: []count.Taxon{{Name: "Triaenodon obesus", MaxN: &n,
		Review: &count.Review{Status: count.Certified, Machine: &n, Risk: 0.01, Looked: 14, Frames: 3600, By: []string{"É"}, At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}}}}}
	for range 2 { // the second in place of the first
		if err := s.PutReviewed(ctx, "run-1", want); err != nil {
			t.Fatal(err)
		}
		got, ok, err := s.ReviewedOf(ctx, "run-1")
		if err != nil || !ok || !reflect.DeepEqual(got.Result.Taxa[0].Review, want.Result.Taxa[0].Review) || got.LastVerdict != want.LastVerdict || got.Limit != want.Limit {
			t.Fatalf("%+v, %v, %v", got, ok, err)
		}
		want.LastVerdict++
	}
	if err := s.PutReviewed(ctx, "no such run", want); err == nil {
		t.Error("kept of a run that is not there")
	}
	if _, err := s.AppendVerdict(ctx, Verdict{OpCode: "10", Kind: "accept"}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Deployments(ctx)
	if err != nil || all[0].Verdict != 1 {
		t.Errorf("the last verdict is %d: %v", all[0].Verdict, err)
	}
	if err := s.PutRun(ctx, version1Run()); err != nil { // the run anew: what was made of the old one is not of it
		t.Fatal(err)
	}
	if _, ok, err := s.ReviewedOf(ctx, "run-1"); ok || err != nil {
		t.Errorf("kept of another run: %v, %v", ok, err)
	}
}
