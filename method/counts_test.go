package method

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/record"
	"requin/review"
	"requin/survey"
	"requin/uncertainty"
)

func TestCountSentences(t *testing.T) {
	n := 7
	counts := []Counted{
		{OpCode: "B1", Taxon: "shark", MaxN: &n, Status: count.Certified, Review: &count.Review{Limit: 0.05, By: []string{"anna"}}},
		{OpCode: "B2", Taxon: "shark", MaxN: &n, Status: count.Machine},
		{OpCode: "B|3", Taxon: "shark", Status: count.Machine},
	}
	text := CountSentences(counts)
	want := "Of 3 counts of MaxN, 1 is certified: the chance that MaxN among the sampled frames is higher is under 0.05; 2 are the machine's alone, which nobody looked at. The readers were anna."
	if text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	counts[0].Review.Assumed = true
	if text := CountSentences(counts); !strings.Contains(text, "nobody looked at. For 1 of them the share of animals that the detector misses was assumed, not measured. The readers") {
		t.Errorf("of an assumed detectability: %s", text)
	}
	if CountSentences(nil) != "" {
		t.Error("a sentence of no counts")
	}
	if table := CountTable(counts); !strings.Contains(table, `| B\|3 | shark | not analysed |`) || !strings.Contains(table, "| B1 | shark | 7 |") {
		t.Error(table)
	}
}

// What was kept of a review follows from the log; who changes it is found out.
func TestVerifyDerivesReviewedCounts(t *testing.T) {
	s := counted(t)
	ctx := t.Context()
	at, n := count.Seconds(5e9), 7
	said, err := json.Marshal(review.Said{Taxon: "shark", Time: &at, N: &n})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendVerdict(ctx, survey.Verdict{OpCode: "D1", Kind: string(review.Count), By: "anna", At: time.Unix(9, 0), After: said}); err != nil {
		t.Fatal(err)
	}
	book, err := ReadBook(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if c := book.Counts[0]; len(book.Counts) != 1 || *c.MaxN != 7 || c.Status != count.Reviewed || *c.Review.Machine != 2 {
		t.Errorf("%+v", book.Counts)
	}
	verify := func() Verified {
		t.Helper()
		v, err := Verify(ctx, s, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := verify(); v.Checked["reviewed count"] != 1 || len(v.Findings) > 0 {
		t.Fatalf("%+v", v)
	}
	kept, ok, err := s.ReviewedOf(ctx, "r1")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	eight := 8
	kept.Result.Taxa[0].MaxN, kept.Model = &eight, record.ModelOf(nil)
	if err := s.PutReviewed(ctx, "r1", kept); err != nil {
		t.Fatal(err)
	}
	v := verify()
	if len(v.Findings) != 1 || v.Findings[0].Severity != Altered || !strings.Contains(v.Findings[0].What, "follows MaxN 7, reviewed; kept was 8") {
		t.Errorf("%+v", v.Findings)
	}
}

// What a review tells of the survey's other deployments is held against the verdicts, too.
func TestVerifyHoldsEvidenceAgainstTheLog(t *testing.T) {
	s := counted(t)
	ctx := t.Context()
	at, n := count.Seconds(5e9), 3
	said, err := json.Marshal(review.Said{Taxon: "shark", Time: &at, N: &n})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendVerdict(ctx, survey.Verdict{OpCode: "D1", Kind: string(review.Count), By: "anna", At: time.Unix(9, 0), After: said}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBook(ctx, s); err != nil { // keeps it
		t.Fatal(err)
	}
	findings := func() []Finding {
		t.Helper()
		v, err := Verify(ctx, s, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		return v.Findings
	}
	if list := findings(); len(list) > 0 {
		t.Fatalf("%+v", list)
	}
	kept, _, err := s.ReviewedOf(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	was := *kept.Result.Taxa[0].Review.Evidence
	for name, change := range map[string]func(e *uncertainty.Evidence){
		"more were found": func(e *uncertainty.Evidence) { e.Found += 10 },
		"none was missed": func(e *uncertainty.Evidence) { e.Met = 5 },
	} {
		e := was
		change(&e)
		kept.Result.Taxa[0].Review.Evidence, kept.Model = &e, record.ModelOf(nil)
		if err := s.PutReviewed(ctx, "r1", kept); err != nil {
			t.Fatal(err)
		}
		if list := findings(); !slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == Altered && f.Where == "run_evidence" && f.Name == "D1" }) {
			t.Errorf("%s: %+v", name, list)
		}
	}
	kept.Result.Taxa[0].Review.Evidence = &was
	kept.Model = "another"
	if err := s.PutReviewed(ctx, "r1", kept); err != nil {
		t.Fatal(err)
	}
	if list := findings(); len(list) != 1 || !strings.Contains(list[0].What, "of shark nothing is kept") {
		t.Errorf("nothing is kept: %+v", list)
	}
}
