package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/count"
	"requin/desk"
	"requin/report"
	"requin/survey"
	"requin/taxon"
)

func (a *app) listCommand() *cobra.Command {
	var folder string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the survey's deployments: what they hold, what is counted, what is missing",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error { return a.list(c.Context(), s, asJSON) })
		},
	}
	surveyFlag(c, &folder)
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines on stdout (docs/formats/survey-json.md)")
	return c
}

func (a *app) list(ctx context.Context, s *survey.Survey, asJSON bool) error {
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return err
	}
	missing, err := s.Missing(ctx)
	if err != nil {
		return err
	}
	entries, err := desk.Glance(ctx, s, deployments)
	if err != nil {
		return err
	}
	if asJSON {
		err = a.listJSON(s.Name(), entries, missing)
	} else {
		err = a.listTable(s, entries, missing)
	}
	return errors.Join(err, a.tellUnread(entries))
}

// tellUnread says on stderr which deployments' counts cannot be read, and why; nil where all can.
func (a *app) tellUnread(entries []desk.Entry) error {
	unread := desk.Unread(entries)
	if len(unread) == 0 {
		return nil
	}
	for _, e := range entries {
		if e.Err != nil {
			a.logf("Warning: the count of %s, or its review, cannot be read: %v", e.OpCode, e.Err)
		}
	}
	return fmt.Errorf("the counts of %d deployments cannot be read (%s): the others are here", len(unread), brief(unread))
}

func (a *app) listTable(s *survey.Survey, entries []desk.Entry, missing []string) error {
	fmt.Fprintf(a.stdout, "%s: %d deployments\n", s.Name(), len(entries))
	if len(entries) == 0 {
		a.logf("There is nothing in it yet: requin add VIDEOS, or requin import TRUTH")
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "  DEPLOYMENT\tSITE\tDATE\tVIDEO\tPERIOD\tTRUTH\tCOUNTED")
	gone := 0
	for _, d := range entries {
		video := videoText(d.Deployment.Deployment)
		switch n, named := missingOf(d.Chapters, missing); {
		case n > 0:
			video += fmt.Sprintf(" (%d missing)", n)
			gone += n
		case named > 0:
			video += " (known by name)"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.OpCode, dash(d.Site), dash(strings.Replace(d.DateTime, "T", " ", 1)),
			video, periodText(d.Periods), truthText(d.Deployment), countText(d))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	totals := surveyOf(s.Name(), entries).Totals()
	fmt.Fprintf(a.stdout, "%d of %d deployments counted; counts: %s\n", totals.Counted, totals.Deployments, totals.Tally())
	if said := totals.Certificates.Sentence(); said != "" {
		fmt.Fprintln(a.stdout, said)
	}
	if n := totals.Counts[count.Machine]; n > 0 {
		a.logf("Nobody looked at %s of the counts: they are the machine's alone (requin review)", humanize.Comma(int64(n)))
	}
	if gone > 0 {
		a.logf("%d video files are not where they were: plug in their disk, or requin relink FOLDER to look for them", gone)
	}
	return nil
}

// missingOf counts the files that are gone, and those that a table only named: nobody ever added them.
func missingOf(chapters []annotate.Chapter, missing []string) (gone, named int) {
	for _, c := range chapters {
		switch {
		case !slices.Contains(missing, c.Path):
		case c.SHA256 == "":
			named++
		default:
			gone++
		}
	}
	return gone, named
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// videoText says how much of video there is: "1:02:03.0 in 2 chapters", and which of it cannot be read.
func videoText(d annotate.Deployment) string {
	text := clockText(filmed(d))
	if filmed(d) == 0 && len(unreadChapters(d)) > 0 {
		text = "unknown length"
	}
	switch n := len(desk.LeftChapters(d)); {
	case n == 0:
		return "-"
	case n > 1:
		text = fmt.Sprintf("%s in %d chapters", text, n)
	}
	if unread := unreadChapters(d); len(unread) > 0 {
		text += ", " + strings.Join(unread, " and ") + " cannot be read"
	}
	return text
}

// unreadChapters are the files of a deployment, by the camera that is counted, that cannot be read.
func unreadChapters(d annotate.Deployment) (names []string) {
	for _, c := range desk.LeftChapters(d) {
		if c.Extra[unreadable] != "" {
			names = append(names, path.Base(c.Path))
		}
	}
	return names
}

// filmed is how long a deployment's video is, by the camera that is counted, as far as that is known.
func filmed(d annotate.Deployment) (length time.Duration) {
	for _, c := range desk.LeftChapters(d) {
		if end, known := c.End(); known && c.Extra[unreadable] == "" {
			length = max(length, end)
		}
	}
	return length
}

func periodText(periods []annotate.Period) string {
	var out []string
	for _, p := range periods {
		to := "end"
		if !p.Open {
			to = clockText(p.To)
		}
		out = append(out, clockText(p.From)+".."+to)
	}
	return dash(strings.Join(out, ", "))
}

func truthText(d survey.Deployment) string {
	var out []string
	if d.Marks > 0 {
		out = append(out, fmt.Sprintf("%d boxes", d.Marks))
	}
	if d.Sightings > 0 {
		out = append(out, fmt.Sprintf("%d sightings", d.Sightings))
	}
	return dash(strings.Join(out, ", "))
}

// countText says what a deployment's count came to, each number with its status.
func countText(e desk.Entry) string {
	switch {
	case e.Err != nil:
		return "its count or review cannot be read"
	case e.Result == nil:
		return "no"
	}
	text := report.Standings(*e.Result)
	if e.Count.Unreadable > 0 {
		text += fmt.Sprintf(" (%v not analysed)", e.Count.Unreadable.Round(time.Second))
	}
	return text
}

func (a *app) printTaxa(list taxon.List, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(a.stdout)
		for _, t := range list {
			if err := out.Encode(t); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		a.logf("The survey has no list of taxa: requin taxa FILE.yaml (docs/getting-started.md)")
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "TAXON\tCOMMON NAME\tROLE\tCAAB\tAphiaID\tALSO CALLED")
	for _, x := range list {
		aphia := ""
		if x.AphiaID > 0 {
			aphia = fmt.Sprint(x.AphiaID)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", x.Name, dash(x.Common), x.Role, dash(x.CAAB), dash(aphia), dash(strings.Join(x.Classes, ", ")))
	}
	return t.Flush()
}

func (a *app) relinkCommand() *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use:   "relink FOLDER [FOLDER ...]",
		Short: "Find videos that were moved or renamed, by their SHA-256",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name the folders to look in: requin relink /media/backup")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), folder, func(s *survey.Survey) error { return a.relink(c.Context(), s, args) })
		},
	}
	surveyFlag(c, &folder)
	return c
}

func (a *app) relink(ctx context.Context, s *survey.Survey, folders []string) error {
	var absolute []string
	for _, f := range folders {
		path, err := filepath.Abs(f)
		if err != nil {
			return err
		}
		absolute = append(absolute, path)
	}
	m := newMeter(a.stderr, "", megabytes)
	result, err := s.Relink(ctx, absolute, func(path string, done, of int64) {
		m.what = "SHA-256 of " + filepath.Base(path)
		m.update(done, of)
	})
	m.clear()
	if err != nil {
		return err
	}
	for _, old := range slices.Sorted(maps.Keys(result.Found)) {
		fmt.Fprintf(a.stdout, "found    %s → %s\n", old, result.Found[old])
		if copies := result.Copies[old]; len(copies) > 1 {
			a.logf("There are %d copies of it (%s): the first was taken", len(copies), strings.Join(copies, ", "))
		}
	}
	for _, path := range result.Missing {
		fmt.Fprintf(a.stdout, "missing  %s\n", path)
	}
	switch {
	case len(result.Missing) > 0:
		return fmt.Errorf("%d video files were not found: name other folders, or plug in their disk", len(result.Missing))
	case len(result.Found) == 0:
		a.logf("No video was missing")
	}
	return nil
}
