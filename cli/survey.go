package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"requin/survey"
	"requin/taxon"
)

// surveyFlag names the survey that a command works in.
func surveyFlag(c *cobra.Command, into *string) {
	c.Flags().StringVar(into, "survey", "", "`folder` of the survey (default: this folder or the nearest above it that is one)")
}

// errNoSurvey says that there is no survey here and none was named.
var errNoSurvey = errors.New("this folder belongs to no survey: make one with requin init FOLDER, go into it, or name it with --survey")

// inSurvey opens the survey that was named, or the one this folder lies in.
func (a *app) inSurvey(ctx context.Context, named string, do func(*survey.Survey) error) (err error) {
	folder := named
	if named == "" {
		here, err := os.Getwd()
		if err != nil {
			return err
		}
		found, ok := survey.Find(here)
		if !ok {
			return errNoSurvey
		}
		folder = found
	}
	s, err := survey.Open(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, w := range s.Warnings() {
		a.logf("Warning: %s", w)
	}
	return do(s)
}

func (a *app) initCommand() *cobra.Command {
	var name, taxa string
	c := &cobra.Command{
		Use:   "init FOLDER",
		Short: "Make a survey: the folder that holds everything of one study",
		Long: `Make a survey: a folder with a database of deployments, truth, counts, datasets
and models. The videos stay where they are; the survey keeps their paths and
SHA-256, and finds them again when they move (requin relink).`,
		Example: `  requin init reef-2026 --name "Reef sharks 2026" --taxa taxa.yaml
  cd reef-2026 && requin add /media/card`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one folder for the survey: requin init reef-2026")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			folder, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			var list taxon.List
			if taxa != "" { // read first: a wrong file leaves no half-made survey
				if list, _, err = readTaxa(taxa); err != nil {
					return err
				}
			}
			if name == "" {
				name = filepath.Base(folder)
			}
			s, err := survey.Init(c.Context(), folder, name)
			if err != nil {
				return err
			}
			if len(list) > 0 {
				err = s.SetTaxa(c.Context(), list)
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			a.logf("Made the survey %q. Next: requin add VIDEOS --survey %s", name, args[0])
			_, err = fmt.Fprintln(a.stdout, folder)
			return err
		},
	}
	c.Flags().StringVar(&name, "name", "", "what the survey is called (default: the folder's name)")
	c.Flags().StringVar(&taxa, "taxa", "", "YAML `file` of the taxa, studied and context (docs/getting-started.md)")
	return c
}

// taxaCommand shows or sets the taxa of a survey.
func (a *app) taxaCommand() *cobra.Command {
	var folder string
	var asJSON bool
	c := &cobra.Command{
		Use:   "taxa [FILE]",
		Short: "Show the survey's taxa, or set them from a YAML file",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error {
				if len(args) == 1 {
					list, _, err := readTaxa(args[0])
					if err != nil {
						return err
					}
					if err := s.SetTaxa(c.Context(), list); err != nil {
						return err
					}
				}
				list, err := s.Taxa(c.Context())
				if err != nil {
					return err
				}
				return a.printTaxa(list, asJSON)
			})
		},
	}
	surveyFlag(c, &folder)
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines on stdout")
	return c
}
