package ask

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"requin/paper"
)

// sheet is what a paper says, as a person read it.
type sheet struct {
	Paper   string           `yaml:"paper"`
	Made    bool             `yaml:"made"`  // the cues were made on it
	After   bool             `yaml:"after"` // it was set after the cues were mended on the others
	Answers map[int][]string `yaml:"answers"`
}

// tally counts what came of questions. Refused are those that were not answered.
type tally struct{ answered, right, falseRefusals, held, wrongQuote, false_, verbatim, quotes int }

func (t tally) accuracy() float64 {
	return float64(t.right+t.wrongQuote+t.held) / float64(t.answered+t.held+t.false_)
}

// TestPapers asks the papers that were set in type for it, and prints what docs/science/questions.md says. The bounds are under what is
// measured, so that a change that makes it worse is seen.
func TestPapers(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "answers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var sheets []sheet
	if err := yaml.Unmarshal(text, &sheets); err != nil {
		t.Fatal(err)
	}
	reader := paper.NewReader(paper.DefaultLimits())
	defer reader.Close()
	var made, aside, after tally
	answeredBy := map[int][2]int{} // of the papers set after, by question: answered, asked
	hardware := 0
	for _, s := range sheets {
		p, err := reader.Read(t.Context(), filepath.Join("..", "paper", "testdata", s.Paper))
		if err != nil {
			t.Fatal(err)
		}
		into := &aside
		if s.Made {
			into = &made
		}
		if s.After {
			into = &after
		}
		for _, q := range Questions() {
			a := Find(q, Passages(p))
			if err := a.Check(p); err != nil {
				t.Error(err)
			}
			verdict := into.take(a, s.Answers[q.Number])
			if verdict != "" {
				t.Logf("%s, question %d (%s): %s: %s", s.Paper, q.Number, q.Name, verdict, a.Text)
			}
			if q.Number == 20 && verdict == "" {
				hardware++
			}
			if s.After {
				n := answeredBy[q.Number]
				n[1]++
				if len(s.Answers[q.Number]) > 0 {
					n[0]++
				}
				answeredBy[q.Number] = n
			}
		}
	}
	refuse, majority, asked := baselines(answeredBy)
	for _, set := range []struct {
		name string
		tally
	}{{"made on", made}, {"mended on", aside}, {"set after", after}} {
		name, n := set.name, set.tally
		fmt.Printf("%-9s: %d questions; answerability right %.3f; of %d that are answered: quote right %d, another quote %d, false refusals %d; of %d that are not: refused %d, false answers %d; quotes verbatim %d of %d\n",
			name, n.answered+n.held+n.false_, n.accuracy(), n.answered, n.right, n.wrongQuote, n.falseRefusals, n.held+n.false_, n.held, n.false_, n.verbatim, n.quotes)
	}
	fmt.Printf("baselines, set after: always refuse %.3f, always answer %.3f, majority of each question %.3f; question 20 right on %d of %d papers\n", refuse, 1-refuse, majority, hardware, len(sheets))
	if all := made.quotes + aside.quotes + after.quotes; all == 0 || made.verbatim+aside.verbatim+after.verbatim != all {
		t.Error("a quote is not on its page")
	}
	if after.accuracy() <= majority || asked == 0 || hardware != len(sheets) {
		t.Errorf("no better than saying of each question what most papers do: %+v", after)
	}
}

// take counts an answer, and says what is wrong with it.
func (t *tally) take(a Answer, want []string) string {
	t.quotes += len(a.Evidence)
	t.verbatim += len(a.Evidence) // Check has looked
	holds := false
	for _, w := range want {
		holds = holds || a.Status == Found && strings.Contains(a.Text, w)
	}
	switch {
	case len(want) == 0 && a.Status == Found:
		t.false_++
		return "a false answer"
	case len(want) == 0:
		t.held++
	case a.Status != Found:
		t.answered++
		t.falseRefusals++
		return "a false refusal"
	case !holds:
		t.answered++
		t.wrongQuote++
		return "another quote"
	default:
		t.answered++
		t.right++
	}
	return ""
}

// baselines are the answerability of refusing always, and of saying of each question what most papers do.
func baselines(answeredBy map[int][2]int) (refuse, majority float64, all int) {
	refused, most := 0, 0
	for _, n := range answeredBy {
		all += n[1]
		refused += n[1] - n[0]
		most += max(n[0], n[1]-n[0])
	}
	return float64(refused) / float64(all), float64(most) / float64(all), all
}
