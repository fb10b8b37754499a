package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/frame"
	"requin/review"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// manyCounted is a survey of so many deployments of an hour that are counted at one frame a second, of which every third was reviewed and
// what people made of it is kept.
func manyCounted(t testing.TB, deployments, taxa int) (folder string) {
	t.Helper()
	ctx := t.Context()
	folder = filepath.Join(t.TempDir(), "many")
	s, err := survey.Init(ctx, folder, "Many")
	if err != nil {
		t.Fatal(err)
	}
	in := count.Input{Every: time.Second, Duration: time.Hour}
	for i := range taxa {
		in.Taxa = append(in.Taxa, taxon.Taxon{Name: fmt.Sprintf("Genus species%c", 'a'+i), Role: taxon.Studied})
	}
	for i := range 3600 {
		in.Frames = append(in.Frames, frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i)})
	}
	for id := range 60 {
		tr := track.Track{ID: id + 1, Taxon: in.Taxa[id%min(5, taxa)].Name}
		for i := range 30 {
			tr.Points = append(tr.Points, track.Point{Instant: in.Frames[50*id+i]})
			tr.Points[i].Taxon = tr.Taxon
		}
		in.Tracks = append(in.Tracks, tr)
	}
	result, err := count.Of(in)
	if err == nil {
		err = s.SetTaxa(ctx, in.Taxa)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range deployments {
		opcode, run := fmt.Sprintf("B%03d", i+1), fmt.Sprintf("r%d", i+1)
		if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: opcode}); err != nil {
			t.Fatal(err)
		}
		if err := s.PutRun(ctx, survey.Run{ID: run, Kind: survey.CountRun, OpCode: opcode, Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Result: &result, Tracks: nil}); err != nil {
			t.Fatal(err)
		}
		if i%3 != 0 {
			continue
		}
		id, err := s.AppendVerdict(ctx, survey.Verdict{OpCode: opcode, Run: run, Kind: "note", After: json.RawMessage(`{}`), By: "anna", At: time.Unix(3, 0)})
		if err != nil {
			t.Fatal(err)
		}
		kept := result
		kept.Taxa = append([]count.Taxon(nil), result.Taxa...)
		seven := 7
		kept.Taxa[0].MaxN = &seven
		kept.Taxa[0].Review = &count.Review{Status: count.Certified, Machine: result.Taxa[0].MaxN, Low: &seven, High: &seven, Limit: 0.05, Looked: 14, Frames: 3600, By: []string{"anna"}, At: time.Unix(3, 0)}
		if err := s.PutReviewed(ctx, run, survey.Reviewed{LastVerdict: id, Rule: review.Rule, Limit: 0.05, Result: kept}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// spoken is what a command says.
func spoken(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Main(args, &out, &err)
	return code, out.String(), err.String()
}

// A review that cannot be read is said, on stderr, in its line and on the page; the others are listed, and the exit code tells.
func TestListAndReportOfAReviewThatCannotBeRead(t *testing.T) {
	folder := manyCounted(t, 4, 3)
	s, err := survey.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.AppendVerdict(t.Context(), survey.Verdict{OpCode: "B002", Run: "r2", Kind: "count", After: json.RawMessage(`{"time_s": "noon"}`), By: "ben", At: time.Unix(4, 0)})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := spoken(t, "list", "--survey", folder)
	for _, want := range []string{"G. speciesa 7 certified; G. speciesb 1 machine; G. speciesc 1 machine", "B002        -     -     -      -       -      its count or review cannot be read", "3 of 4 deployments counted; counts: 2 certified, 7 machine"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("list lacks %q:\n%s", want, stdout)
		}
	}
	if code != exitFailed || !strings.Contains(stderr, "the count of B002, or its review, cannot be read: verdict") || strings.Count(stdout, "\n") != 8 {
		t.Errorf("list ends with %d and says\n%s%s", code, stdout, stderr)
	}
	code, stdout, _ = spoken(t, "list", "--survey", folder, "--json")
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); code != exitFailed || len(lines) != 4 || !strings.Contains(lines[1], `"maxn":null,"not_analysed_s":0.000,"taxa":null,"error":"`) || !strings.Contains(lines[0], `"maxn":{"Genus speciesa":7,`) {
		t.Errorf("list --json ends with %d and gives\n%s", code, stdout)
	}
	code, _, stderr = spoken(t, "report", "--survey", folder)
	page, err := os.ReadFile(filepath.Join(folder, "report", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if code != exitFailed || !strings.Contains(stderr, "B002") || !strings.Contains(string(page), "not counted: its count or its review cannot be read") || !strings.Contains(string(page), "B004") {
		t.Errorf("report ends with %d and says %s", code, stderr)
	}
}

// A line of a large survey stays readable: of 40 deployments and 26 taxa none is longer than a wide terminal.
func TestListStaysReadable(t *testing.T) {
	_, stdout, _ := spoken(t, "list", "--survey", manyCounted(t, 40, 26))
	for line := range strings.Lines(stdout) {
		if len(line) > 200 {
			t.Errorf("%d letters: %s", len(line), line)
		}
	}
	if !strings.Contains(stdout, "21 at 0 machine") {
		t.Errorf("the zeros are not tallied:\n%s", stdout)
	}
}

// BenchmarkList is of 120 deployments and 26 taxa, a third of them reviewed.
func BenchmarkList(b *testing.B) {
	folder := manyCounted(b, 120, 26)
	for b.Loop() {
		if code, _, stderr := spoken(b, "list", "--survey", folder); code != exitDone {
			b.Fatal(stderr)
		}
	}
}
