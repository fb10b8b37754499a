package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"requin/method"
	"requin/survey"
)

const declareLong = `Declare what no program can measure, once for the survey: its licence, who paid for
it, where its data and code are, how people annotated. Answers and reports say that it was
declared. An empty VALUE takes a declaration back; without arguments, what was declared
is listed.`

func (a *app) declareCommand() *cobra.Command {
	var folder, by string
	var asJSON bool
	c := &cobra.Command{
		Use:   "declare [NAME VALUE]",
		Short: "Declare what no program can measure: licence, funding, where the data are",
		Long:  declareLong + "\n\nNames: " + declarable(),
		Example: `  requin declare licence "CC BY 4.0"
  requin declare "data link" https://doi.org/10.5281/zenodo.1234567
  requin declare "annotation technique" "Two observers drew boxes in BIIGLE; a third checked them."`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return usagef(`give a name and a value: requin declare licence "CC BY 4.0"`)
			}
			if len(args) == 2 && !slices.Contains(method.Declarable, args[0]) {
				return usagef("nothing is declared by the name %q; names are: %s", args[0], declarable())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error {
				if len(args) == 2 {
					if by == "" {
						if who, err := user.Current(); err == nil {
							by = who.Username
						}
					}
					return s.Declare(c.Context(), survey.Declaration{Name: args[0], Value: args[1], By: by, At: time.Now().UTC()})
				}
				return a.listDeclarations(c.Context(), s, asJSON)
			})
		},
	}
	surveyFlag(c, &folder)
	c.Flags().StringVar(&by, "by", "", "`who` declares it (default: who is logged in)")
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines on stdout")
	return c
}

func declarable() string { return strings.Join(method.Declarable, ", ") }

func (a *app) listDeclarations(ctx context.Context, s *survey.Survey, asJSON bool) error {
	list, err := s.Declarations(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	for _, d := range list {
		if asJSON {
			err = json.NewEncoder(a.stdout).Encode(map[string]any{"name": d.Name, "value": d.Value, "by": d.By, "at": d.At})
		} else {
			_, err = fmt.Fprintf(t, "%s\t%s\t%s, %s\n", d.Name, d.Value, d.By, d.At.Format(time.DateOnly))
		}
		if err != nil {
			return err
		}
	}
	return t.Flush()
}
