package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"requin/method"
	"requin/survey"
)

// errMissing ends a verification that could not look at everything.
var errMissing = errors.New("missing, so nothing can be said of them")

const verifyLong = `Hold a survey against what was recorded of it: every row of its database against the
ledger of hashes, videos, models and datasets against their SHA-256, records of runs
against those in their folders, and every count against what follows from its detections.

What was altered is named, with where and what. The last line is the head of the
ledger: a paper that states it shows that nothing before it was changed.

Exit codes: 0 all is as it was recorded; 1 something was altered; 3 files are missing.`

func (a *app) verifyCommand() *cobra.Command {
	var folder string
	var skip, asJSON bool
	c := &cobra.Command{
		Use:     "verify",
		Short:   "Check that nothing in the survey was altered, and derive its counts anew",
		Long:    verifyLong,
		Example: "  requin verify\n  requin verify --no-videos --json",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error { return a.verify(c.Context(), s, skip, asJSON) })
		},
	}
	surveyFlag(c, &folder)
	c.Flags().BoolVar(&skip, "no-videos", false, "do not compute the videos' SHA-256 (it reads every byte)")
	c.Flags().BoolVar(&asJSON, "json", false, "JSON on stdout")
	return c
}

func (a *app) verify(ctx context.Context, s *survey.Survey, skip, asJSON bool) error {
	m, file := newMeter(a.stderr, "verify", byteText), ""
	v, err := method.Verify(ctx, s, skip, func(what string, done, of int64) {
		if what != file {
			m.clear()
			m, file = newMeter(a.stderr, what, byteText), what
		}
		m.update(done, of)
	})
	m.clear()
	if err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		err = out.Encode(struct {
			Schema string `json:"schema"`
			method.Verified
		}{"requin.verified/1", v})
	} else {
		err = a.printVerified(v)
	}
	if err != nil {
		return err
	}
	switch altered, missing := v.Worst(); {
	case altered > 0:
		return fmt.Errorf("%d things are not what was recorded: numbers that rest on them cannot be trusted", altered)
	case missing > 0:
		return fmt.Errorf("%d files are %w", missing, errMissing)
	}
	return nil
}

func byteText(n int64) string { return fmt.Sprintf("%d MB", n>>20) }

func (a *app) printVerified(v method.Verified) error {
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%-8s %s %s, %s: %s\n", strings.ToUpper(string(f.Severity)), f.Kind, f.Name, f.Where, f.What)
	}
	var checked []string
	for _, kind := range []string{"video", "model", "dataset", "run", "count", "reviewed count"} {
		checked = append(checked, fmt.Sprintf("%d %ss", v.Checked[kind], kind))
	}
	if n := v.Checked[method.LookBetween]; n > 0 { // seldom asked for
		checked = append(checked, fmt.Sprintf("%d looks between samples", n))
	}
	fmt.Fprintf(&b, "Checked: %s, %d lines of the ledger\n", strings.Join(checked, ", "), v.Lines)
	if altered, missing := v.Worst(); altered+missing == 0 {
		fmt.Fprintf(&b, "All is as it was recorded.\n")
	}
	fmt.Fprintf(&b, "Ledger head %s\n", v.Head)
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}
