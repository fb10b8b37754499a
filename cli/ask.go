package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"requin/ask"
	"requin/disk"
	"requin/paper"
	"requin/report"
)

// askSchema names the version of the answers that --json and --out write (docs/ask.md).
const askSchema = "requin.answer/1"

// errUnread ends a command that did its work although some paper could not be read.
var errUnread = errors.New("some papers could not be read")

// askFlags are the flags of requin ask as they were typed.
type askFlags struct {
	papers          []string
	out             string
	all, list, json bool
}

const askLong = `Ask what a paper says of its methods: which hardware, how the data were split, where
the code is.

An answer is quoted, letter for letter, with its page. Where the text does not say, the
answer is "I don't know"; where the file holds no text, it is unreadable. The 28 questions
that a methods section must answer are known best (--list); others are taken for
the nearest of them, or answered by the sentences that share their words.

Exit codes: 0 asked and answered, also where nobody knows; 1 failed; 2 the command line is
wrong; 3 some papers could not be read.`

func (a *app) askCommand() *cobra.Command {
	var f askFlags
	c := &cobra.Command{
		Use:   `ask "QUESTION"|NUMBER`,
		Short: "Ask papers about their methods; answers are quoted with their page",
		Long:  askLong,
		Example: `  requin ask "Which hardware was used to train the model?" --pdf paper.pdf
  requin ask 20 --pdf a.pdf --pdf b.pdf --json
  requin ask --all --pdf a.pdf --pdf b.pdf --out table.csv
  requin ask --list`,
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return a.listQuestions(f.json)
			}
			questions, err := f.questions(args)
			if err != nil {
				return err
			}
			return a.askPapers(c.Context(), questions, f)
		},
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.papers, "pdf", nil, "PDF or text `file` to ask; repeatable, and patterns such as 'papers/*.pdf' are understood")
	fl.BoolVar(&f.all, "all", false, "ask all 28 questions")
	fl.BoolVar(&f.list, "list", false, "list the 28 questions and ask none")
	fl.StringVarP(&f.out, "out", "o", "", "write the answers to this `file`: .csv a table, .json all of them with their evidence")
	fl.BoolVar(&f.json, "json", false, "answers as JSON lines on stdout (docs/ask.md)")
	return c
}

// asked is a question and how it was understood.
type asked struct {
	ask.Question
	how ask.Understanding
}

// questions are those that the command line asks.
func (f askFlags) questions(args []string) ([]asked, error) {
	switch {
	case f.all && len(args) > 0:
		return nil, usagef("--all asks the 28 questions: leave out %q, or --all", args[0])
	case !f.all && len(args) != 1:
		return nil, usagef(`ask one question, in quotes: requin ask "Which hardware was used to train the model?"; or --all, or --list`)
	case f.out != "" && filepath.Ext(f.out) != ".csv" && filepath.Ext(f.out) != ".json":
		return nil, usagef("--out %s: name a file that ends in .csv or .json", f.out)
	}
	var out []asked
	if f.all {
		for _, q := range ask.Questions() {
			out = append(out, asked{q, ask.AsListed})
		}
		return out, nil
	}
	q, how := ask.Understand(args[0])
	return append(out, asked{q, how}), nil
}

func (a *app) listQuestions(asJSON bool) error {
	for _, q := range ask.Questions() {
		var err error
		if asJSON {
			err = json.NewEncoder(a.stdout).Encode(map[string]any{"number": q.Number, "name": q.Name, "question": q.Text})
		} else {
			_, err = fmt.Fprintf(a.stdout, "%2d  %s\n", q.Number, q.Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sourced is the answer of one source.
type sourced struct {
	Schema string `json:"schema"`
	Source string `json:"source"`
	SHA256 string `json:"sha256,omitempty"`
	Asked  string `json:"understood_as"`
	ask.Answer
}

// askPapers asks each paper each question.
func (a *app) askPapers(ctx context.Context, questions []asked, f askFlags) error {
	files, err := f.files()
	if err != nil {
		return err
	}
	reader := paper.NewReader(paper.DefaultLimits())
	defer reader.Close()
	var answers []sourced
	unread := 0
	for i, file := range files {
		if len(files) > 1 {
			a.logf("%s (%d of %d)", file, i+1, len(files))
		}
		p, err := reader.Read(ctx, file)
		unreadable := new(paper.Unreadable)
		switch {
		case errors.As(err, &unreadable):
			unread++
		case err != nil:
			return err
		}
		for _, q := range questions {
			answer, err := askPaper(q, p, unreadable.Why)
			if err != nil {
				return err
			}
			s := sourced{Schema: askSchema, Source: filepath.Base(file), Asked: string(q.how), Answer: answer}
			if p != nil {
				s.SHA256 = p.SHA256
			}
			answers = append(answers, s)
		}
	}
	if err := a.giveAnswers(answers, f); err != nil {
		return err
	}
	if unread > 0 {
		return fmt.Errorf("%d of %d: %w", unread, len(files), errUnread)
	}
	return nil
}

// askPaper asks a paper one question; p is nil where it could not be read.
func askPaper(q asked, p *paper.Paper, why string) (ask.Answer, error) {
	if p == nil {
		return q.Closed(why), nil
	}
	answer, refused := q.Refused(q.how)
	if !refused {
		answer = ask.Find(q.Question, ask.Passages(p))
	}
	if n := len(p.Silent); n > 0 {
		answer.Notes = append(answer.Notes, fmt.Sprintf("%d of %d pages hold no text (%v) and were not asked", n, len(p.Pages), p.Silent))
	}
	return answer, answer.Check(p)
}

// files are the papers that the flags name, patterns written out.
func (f askFlags) files() ([]string, error) {
	var out []string
	for _, name := range f.papers {
		found, err := filepath.Glob(name)
		if _, there := os.Stat(name); there == nil || err != nil || len(found) == 0 {
			found = []string{name}
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, usagef("name a paper: --pdf paper.pdf")
	}
	return out, nil
}

// giveAnswers prints or writes the answers.
func (a *app) giveAnswers(answers []sourced, f askFlags) error {
	if f.out != "" {
		write := writeAnswerTable
		if filepath.Ext(f.out) == ".json" {
			write = func(w io.Writer, answers []sourced) error {
				out := json.NewEncoder(w)
				out.SetIndent("", "  ")
				return out.Encode(answers)
			}
		}
		if err := disk.WriteFile(f.out, func(w io.Writer) error { return write(w, answers) }); err != nil {
			return err
		}
		if !f.json {
			found := 0
			for _, s := range answers {
				if s.Status == ask.Found {
					found++
				}
			}
			_, err := fmt.Fprintf(a.stdout, "%s: %d answers, %d found\n", f.out, len(answers), found)
			return err
		}
	}
	out := json.NewEncoder(a.stdout)
	for _, s := range answers {
		var err error
		if f.json {
			err = out.Encode(s)
		} else {
			err = s.print(a.stdout)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// print writes an answer for people.
func (s sourced) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", s.Source, s.Status)
	if s.Asked == string(ask.AsNear) {
		fmt.Fprintf(&b, "  Taken for question %d, %s.\n", s.Number, s.Name)
	}
	if s.Status == ask.Found && s.PhrasedBy == "" && len(s.Evidence) > 0 {
		for _, q := range s.Evidence {
			fmt.Fprintf(&b, "  “%s” (%s)\n", q.Text, q.Place())
		}
	} else {
		fmt.Fprintf(&b, "  %s\n", s.Text)
		for _, q := range s.Evidence {
			fmt.Fprintf(&b, "    “%s” (%s)\n", q.Text, q.Place())
		}
	}
	for _, n := range s.Notes {
		if s.Status != ask.Unreadable { // its text says it
			fmt.Fprintf(&b, "  Note: %s\n", n)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAnswerTable writes a row for each source and question.
func writeAnswerTable(w io.Writer, answers []sourced) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"source", "sha256", "number", "name", "question", "status", "answer", "quote", "place", "references", "notes"}); err != nil {
		return err
	}
	for _, s := range answers {
		quote, place := "", ""
		var references []string
		if len(s.Evidence) > 0 {
			quote, place = s.Evidence[0].Text, s.Evidence[0].Place()
		}
		for _, r := range s.References {
			references = append(references, r.String())
		}
		row := []string{s.Source, s.SHA256, strconv.Itoa(s.Number), s.Name, s.Question, string(s.Status), s.Text, quote, place, strings.Join(references, "; "), strings.Join(s.Notes, "; ")}
		for i := range row {
			row[i] = report.Cell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
