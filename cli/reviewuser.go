package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"requin/dataset"
	"requin/desk"
	"requin/disk"
	"requin/review"
	"requin/survey"
	"requin/web"
)

// reviewUserCommand keeps the users who may review over a network.
func (a *app) reviewUserCommand() *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use:   "user add|remove NAME",
		Short: "Let somebody review over a network, or no longer",
		Long: `Let somebody review over a network (requin review --listen), or no longer. The password is asked
for, or read from stdin; the survey keeps its argon2id hash in users.json, which only you may read.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "list" || len(args) == 2 && (args[0] == "add" || args[0] == "remove") {
				return nil
			}
			return usagef("say requin review user add NAME, remove NAME, or list")
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error { return a.reviewUser(s, args) })
		},
	}
	surveyFlag(c, &folder)
	return c
}

func (a *app) reviewUser(s *survey.Survey, args []string) error {
	path := filepath.Join(s.Folder(), web.UsersFile)
	users, err := web.LoadUsers(path)
	if err != nil {
		return err
	}
	switch args[0] {
	case "list":
		for _, name := range users.Names() {
			fmt.Fprintln(a.stdout, name)
		}
		return nil
	case "remove":
		return users.Remove(path, args[1])
	}
	password, err := a.askPassword(args[1])
	if err != nil {
		return err
	}
	if err := users.Put(path, args[1], password); err != nil {
		return err
	}
	a.logf("%s may review: requin review --listen ADDRESS:PORT", args[1])
	return nil
}

// askPassword has a password typed twice, or reads it from stdin.
func (a *app) askPassword(name string) (string, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return passwordFrom(os.Stdin)
	}
	var typed [2]string
	for i, prompt := range []string{"Password of " + name + ": ", "Again: "} {
		fmt.Fprint(a.stderr, prompt)
		text, err := term.ReadPassword(fd)
		fmt.Fprintln(a.stderr)
		if err != nil {
			return "", err
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two are not the same: nothing was changed")
	}
	return typed[0], nil
}

// exportVerdicts writes all verdicts as a table.
func (a *app) exportVerdicts(ctx context.Context, s *survey.Survey, only []string, path string) error {
	logs, err := desk.Logs(ctx, s, only)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return review.WriteTable(w, logs) }
	if path == "-" {
		return write(a.stdout)
	}
	if err := disk.WriteFile(path, write); err != nil {
		return err
	}
	n := 0
	for _, l := range logs {
		n += len(l.Log)
	}
	a.logf("%d verdicts in %s", n, path)
	return nil
}

// datasetOfReview builds a dataset of what was confirmed, as requin dataset build --source review does.
func (a *app) datasetOfReview(ctx context.Context, s *survey.Survey, name string) (string, error) {
	f := datasetFlags{settings: dataset.DefaultSettings(), every: duration(time.Second), sources: []string{desk.ReviewSource}}
	f.settings.Name, f.settings.Every = name, 1
	var said strings.Builder
	b := &app{stdout: &said, stderr: a.stderr}
	if err := b.buildDataset(ctx, s, f); err != nil {
		return "", err
	}
	return strings.TrimSpace(said.String()), nil
}
