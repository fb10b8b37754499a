package method

import (
	"fmt"
	"slices"
	"strings"

	"requin/ask"
	"requin/survey"
)

// Gap says of one of the 28 questions who has answered it, or who owes the answer.
type Gap struct {
	Number   int      `json:"number"`
	Name     string   `json:"name"`
	Question string   `json:"question"`
	Answered bool     `json:"answered"`
	By       []string `json:"by"`   // measured, configured, declared
	Owed     string   `json:"owed"` // what is to be done; "" where it is answered
}

// Gaps goes through the 28 questions: what the records answer, and what a person still owes.
func Gaps(records []Kept, declared []survey.Declaration) []Gap {
	var out []Gap
	for _, q := range ask.Questions() {
		g := Gap{Number: q.Number, Name: q.Name, Question: q.Text, By: []string{}}
		for _, f := range facts(q.Number, records, declared) {
			if !slices.Contains(g.By, f.State) {
				g.By = append(g.By, f.State)
			}
		}
		slices.Sort(g.By)
		a := answers()[q.Number]
		switch g.Answered = len(g.By) > 0; {
		case g.Answered:
		case len(a.declared) > 0:
			g.Owed = fmt.Sprintf("requin declare %q \"...\"", a.declared[0])
		default:
			g.Owed = "a record of requin " + strings.Join(kindsOf(a.rules), ", requin ")
		}
		out = append(out, g)
	}
	return out
}

func kindsOf(rules []rule) []string {
	var out []string
	for _, r := range rules {
		for _, k := range r.kinds {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// GapList is the list of gaps as a table of Markdown.
func GapList(gaps []Gap) string {
	var b strings.Builder
	b.WriteString("| | question | answered by | still owed |\n|---|---|---|---|\n")
	for _, g := range gaps {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", g.Number, g.Question, strings.Join(g.By, ", "), g.Owed)
	}
	return b.String()
}
