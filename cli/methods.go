package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"requin/method"
	"requin/survey"
)

const methodsLong = `Write down how the survey's numbers came about, out of its records: a paragraph for a
paper, and a list of the 28 questions of a methods section with what the records answer and
what a person still owes. No sentence says what no record holds, and every number is one of
a record.

With --out a folder is written that can be published: methods.md, gaps.md, the records,
model cards (Hugging Face), CITATION.cff, and ro-crate-metadata.json (RO-Crate 1.2).`

func (a *app) methodsCommand() *cobra.Command {
	var folder, run, out string
	var asJSON bool
	c := &cobra.Command{
		Use:     "methods",
		Short:   "Write the methods paragraph, the list of gaps, model cards and an RO-Crate",
		Long:    methodsLong,
		Example: "  requin methods\n  requin methods --run 3f9ac2 --out reef-methods",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error { return a.methods(c.Context(), s, run, out, asJSON) })
		},
	}
	surveyFlag(c, &folder)
	fl := c.Flags()
	fl.StringVar(&run, "run", "", "of the `run` of this id and those that it rests on (default: the last of each kind)")
	fl.StringVarP(&out, "out", "o", "", "new `folder` to write all of it to")
	fl.BoolVar(&asJSON, "json", false, "JSON on stdout")
	return c
}

func (a *app) methods(ctx context.Context, s *survey.Survey, run, out string, asJSON bool) error {
	book, err := method.ReadBook(ctx, s)
	if err != nil {
		return err
	}
	records := book.Latest()
	if run != "" {
		if records, err = book.RestsOn(run); err != nil {
			return err
		}
	}
	paragraph, gaps := book.Paragraph(records), method.Gaps(records, book.Declared)
	if asJSON {
		err = json.NewEncoder(a.stdout).Encode(map[string]any{"schema": "requin.methods/1", "survey": book.Survey, "paragraph": paragraph, "counts": book.Counts, "gaps": gaps, "ledger_head": book.Head})
	} else {
		if paragraph == "" {
			paragraph = "Nothing is recorded yet."
		}
		if len(book.Counts) > 0 {
			paragraph += "\n\n" + method.CountTable(book.Counts)
		}
		_, err = fmt.Fprintf(a.stdout, "%s\n\n%s", paragraph, method.GapList(gaps))
	}
	if err != nil || out == "" {
		return err
	}
	cards := map[string]string{}
	for _, m := range book.Models {
		if text, err := os.ReadFile(filepath.Join(filepath.Dir(s.Path(m.Path)), cardFile)); err == nil {
			cards[m.Name] = string(text)
		}
	}
	notes, err := book.WriteCrate(ctx, out, records, cards, time.Now())
	for _, n := range notes {
		a.logf("Note: %s", n)
	}
	return err
}
