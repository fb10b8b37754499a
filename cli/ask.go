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
	"requin/method"
	"requin/paper"
	"requin/report"
	"requin/survey"
)

// askSchema names the version of the answers that --json and --out write (docs/ask.md).
const askSchema = "requin.answer/1"

// errUnread ends a command that did its work although some paper could not be read.
var errUnread = errors.New("some papers could not be read")

// askFlags are the flags of requin ask as they were typed.
type askFlags struct {
	papers                []string
	survey, run, out      string
	llm, llmModel         string
	all, list, runs, json bool
	model                 *method.LanguageModel // nil: none was named
}

const askLong = `Ask what a survey's own records, or papers, say of their methods: which hardware, how the
data were split, where the code is.

An answer is quoted, letter for letter, with its page, or with the run and the field of its
record. Without --pdf the survey is asked: the last run of each kind, or with --run one
run and those that it rests on. Where the text does not say, the
answer is "I don't know"; where the file holds no text, it is unreadable. The 28 questions
that a methods section must answer are known best (--list); others are taken for
the nearest of them, or answered by the sentences that share their words.

With --llm a language model of your own (Ollama, llama.cpp, vLLM) chooses and phrases. It is
sent the question and the passages, and nothing is sent without it. Each quote that it gives
is looked for in the source, letter for letter; where one is not there, the extractive
answer stands. A key for it is read from $REQUIN_LLM_KEY.

Exit codes: 0 asked and answered, also where nobody knows; 1 failed; 2 the command line is
wrong; 3 some papers could not be read.`

func (a *app) askCommand() *cobra.Command {
	var f askFlags
	c := &cobra.Command{
		Use:   `ask "QUESTION"|NUMBER`,
		Short: "Ask papers, or the survey's records, about methods; answers come with their evidence",
		Long:  askLong,
		Example: `  requin ask "Which hardware was used to train the model?"      (in a survey)
  requin ask "Which hardware was used to train the model?" --pdf paper.pdf
  requin ask 24 --run 3f9ac2
  requin ask 20 --pdf a.pdf --pdf b.pdf --json
  requin ask --all --pdf a.pdf --pdf b.pdf --out table.csv
  requin ask --list`,
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return a.listQuestions(f.json)
			}
			if f.run != "" && len(f.papers) > 0 {
				return usagef("--run and --pdf: ask the survey's records or papers, one at a time")
			}
			questions, err := f.questions(args)
			if err != nil {
				return err
			}
			if f.llm != "" || f.llmModel != "" {
				if f.model, err = method.NewLanguageModel(f.llm, f.llmModel, os.Getenv("REQUIN_LLM_KEY")); err != nil {
					return usageError{err}
				}
			}
			if len(f.papers) == 0 || f.runs {
				return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error { return a.askSurvey(c.Context(), s, questions, f) })
			}
			return a.askPapers(c.Context(), questions, f)
		},
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.papers, "pdf", nil, "PDF or text `file` to ask; repeatable, and patterns such as 'papers/*.pdf' are understood")
	surveyFlag(c, &f.survey)
	fl.StringVar(&f.run, "run", "", "ask the `run` of this id, which may be shortened, and those that it rests on")
	fl.BoolVar(&f.runs, "runs", false, "list the runs that have records and ask none")
	fl.StringVar(&f.llm, "llm", "", "`address` of a language model of your own, e.g. http://localhost:11434/v1")
	fl.StringVar(&f.llmModel, "llm-model", "", "its `name`, e.g. llama3.1:8b")
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
	case f.runs:
		return nil, nil
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
			answer, err := askPaper(ctx, q, p, unreadable.Why, f.model)
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
func askPaper(ctx context.Context, q asked, p *paper.Paper, why string, model *method.LanguageModel) (ask.Answer, error) {
	if p == nil {
		return q.Closed(why), nil
	}
	answer, refused := q.Refused(q.how)
	if !refused {
		passages := ask.Passages(p)
		answer = ask.Find(q.Question, passages)
		if model != nil {
			var err error
			if answer, err = model.Phrase(ctx, q.Question, answer, ask.Context(q.Question, passages)); err != nil {
				return answer, err
			}
		}
	}
	if n := len(p.Silent); n > 0 {
		answer.Notes = append(answer.Notes, fmt.Sprintf("%d of %d pages hold no text (%v) and were not asked", n, len(p.Pages), p.Silent))
	}
	return answer, answer.Check(p)
}

// askSurvey asks the records of a survey.
func (a *app) askSurvey(ctx context.Context, s *survey.Survey, questions []asked, f askFlags) error {
	book, err := method.ReadBook(ctx, s)
	if err != nil {
		return err
	}
	if f.runs {
		for _, k := range book.Records {
			if _, err := fmt.Fprintf(a.stdout, "%s  %-8s  %s\n", k.ID, k.Kind, k.OpCode); err != nil {
				return err
			}
		}
		return nil
	}
	records := book.Latest()
	if f.run != "" {
		if records, err = book.RestsOn(f.run); err != nil {
			return err
		}
	}
	var answers []sourced
	for _, q := range questions {
		answer := method.Answer(q.Question, q.how, records, book.Declared)
		if f.model != nil && answer.Status == ask.Found {
			if answer, err = f.model.Phrase(ctx, q.Question, answer, method.Passages(answer)); err != nil {
				return err
			}
		}
		if err := method.Check(answer, records, book.Declared); err != nil {
			return err
		}
		answers = append(answers, sourced{Schema: askSchema, Source: book.Survey, Asked: string(q.how), Answer: answer})
	}
	return a.giveAnswers(answers, f)
}

// answerOfSurvey answers one question out of a survey's latest records, as --json has it.
func answerOfSurvey(ctx context.Context, s *survey.Survey, question string) (sourced, error) {
	book, err := method.ReadBook(ctx, s)
	if err != nil {
		return sourced{}, err
	}
	q, how := ask.Understand(question)
	records := book.Latest()
	answer := method.Answer(q, how, records, book.Declared)
	if err := method.Check(answer, records, book.Declared); err != nil {
		return sourced{}, err
	}
	return sourced{Schema: askSchema, Source: book.Survey, Asked: string(how), Answer: answer}, nil
}

// files are the papers that the flags name, patterns written out.
func (f askFlags) files() ([]string, error) {
	var out []string
	for _, name := range f.papers {
		found, err := filepath.Glob(name)
		if _, there := os.Stat(name); there == nil || err != nil || len(found) == 0 {
			found = []string{name}
		}
		for _, file := range found { // before the first is asked
			if _, err := os.Stat(file); err != nil {
				return nil, fmt.Errorf("--pdf %s: there is no such file; check the name", file)
			}
		}
		out = append(out, found...)
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
	if ofPaper := len(s.Evidence) > 0 && s.Evidence[0].Page > 0; ofPaper && s.PhrasedBy == "" {
		for _, q := range s.Evidence {
			fmt.Fprintf(&b, "  “%s” (%s)\n", q.Text, q.Place())
		}
	} else {
		fmt.Fprintf(&b, "  %s\n", s.Text)
		for _, q := range s.Evidence {
			if ofPaper {
				fmt.Fprintf(&b, "    “%s” (%s)\n", q.Text, q.Place())
			} else {
				fmt.Fprintf(&b, "    %s = %s (run %s, %s)\n", q.Field, q.Text, q.Source, q.State)
			}
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
