package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"requin/count"
	"requin/desk"
	"requin/disk"
	"requin/record"
	"requin/report"
	"requin/survey"
)

// The files of a survey's report; the page is written last.
const (
	surveyPage     = "index.html"
	surveyCounts   = "counts.csv"
	surveyMatrix   = "maxn-matrix.csv"
	surveyStatuses = "status-matrix.csv"
	reportFolder   = "report"          // in the survey
	reportSchema   = "requin.report/1" // docs/formats/survey-json.md
)

type glanceFlags struct {
	survey, out string
	open, json  bool
}

func (a *app) reportCommand() *cobra.Command {
	var f glanceFlags
	c := &cobra.Command{
		Use:   "report [DEPLOYMENT ...]",
		Short: "Write one page and one table over all deployments of the survey",
		Long: `Write a survey at a glance, into the survey's folder report/ or where --out says:

  index.html         the page: totals, MaxN by deployment and taxon, map of the sites,
                     each taxon over the deployments, what was analysed and what was
                     not, what people looked at and what is still open
  counts.csv         a row for each deployment and studied taxon, zeros too
  maxn-matrix.csv    deployments by taxa, for R
  status-matrix.csv  how far each number of that matrix may be trusted

Each number is the best there is: certified or reviewed where people looked, else the
machine's, and says which. Deployments that are named stand alone.`,
		Example: "  requin report\n  requin report BRUV_01 BRUV_02 --out two-stations",
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error { return a.surveyReport(c.Context(), s, args, f) })
		},
	}
	surveyFlag(c, &f.survey)
	c.Flags().StringVar(&f.out, "out", "", "`folder` to write to (default: report in the survey's folder)")
	c.Flags().BoolVar(&f.open, "open", false, "open the page in the browser")
	c.Flags().BoolVar(&f.json, "json", false, "one JSON object on stdout (docs/formats/survey-json.md)")
	return c
}

func (a *app) surveyReport(ctx context.Context, s *survey.Survey, names []string, f glanceFlags) error {
	chosen, err := chooseDeployments(ctx, s, names)
	if err != nil {
		return err
	}
	entries, err := desk.Glance(ctx, s, chosen)
	if err != nil {
		return err
	}
	folder := f.out
	if folder == "" {
		folder = filepath.Join(s.Folder(), reportFolder)
	}
	page, err := wholeSurvey(ctx, s, entries, folder)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		page.Warnings = append(page.Warnings, fmt.Sprintf("This page is of chosen deployments alone (%d), not of the whole survey.", len(entries)))
	}
	if err := writeSurvey(ctx, folder, page); err != nil {
		return err
	}
	tally := newStatuses()
	for _, e := range entries {
		if e.Result != nil {
			tally.take(e.OpCode, *e.Result)
		}
	}
	tally.say(a)
	index := filepath.Join(folder, surveyPage)
	if f.open && !openPage(index) {
		a.logf("Open %s in a browser.", index)
	}
	if f.json {
		err = a.surveyReportJSON(page, folder)
	} else {
		_, err = fmt.Fprintln(a.stdout, index)
	}
	if err != nil {
		return err
	}
	return a.tellUnread(entries)
}

// writeSurvey writes the files, each whole or not at all.
func writeSurvey(ctx context.Context, folder string, page report.Survey) error {
	if err := oursToWrite(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return disk.Explain(folder, err)
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer, report.Survey) error
	}{
		{surveyCounts, report.SurveyCounts}, {surveyMatrix, report.SurveyMatrix}, {surveyStatuses, report.SurveyStatuses}, {surveyPage, report.WriteSurvey},
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := disk.WriteFile(filepath.Join(folder, file.name), func(w io.Writer) error { return file.write(w, page) }); err != nil {
			return err
		}
	}
	return nil
}

// oursToWrite refuses a folder with a page that is somebody else's, and one in which other things lie.
func oursToWrite(folder string) error {
	page, err := os.ReadFile(filepath.Join(folder, surveyPage))
	switch {
	case err == nil && bytes.Contains(page, []byte(report.SurveyMark)):
		return nil
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return disk.Explain(folder, err)
	default:
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return disk.Explain(folder, err)
		}
		other := slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
			return strings.HasPrefix(e.Name(), ".") || slices.Contains([]string{surveyCounts, surveyMatrix, surveyStatuses}, e.Name()) // of a report that was broken off
		})
		if len(other) == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s holds files that are not of a survey report: name another folder with --out", folder)
}

func (a *app) surveyReportJSON(page report.Survey, folder string) error {
	models := []string{}
	for _, d := range page.Detectors() {
		models = append(models, d.SHA256)
	}
	return json.NewEncoder(a.stdout).Encode(struct {
		Schema string `json:"schema"`
		Survey string `json:"survey"`
		report.Totals
		Models []string          `json:"models_sha256"`
		Files  map[string]string `json:"files"`
	}{reportSchema, page.Name, page.Totals(), models, map[string]string{
		"page": filepath.Join(folder, surveyPage), "counts": filepath.Join(folder, surveyCounts),
		"matrix": filepath.Join(folder, surveyMatrix), "statuses": filepath.Join(folder, surveyStatuses),
	}})
}

// surveyOf is what the deployments of a survey come to, as a report shows it; what only the page needs is not in it.
func surveyOf(name string, entries []desk.Entry) report.Survey {
	out := report.Survey{Name: name}
	for _, e := range entries {
		d := report.Deployment{
			Campaign: e.Campaign, OpCode: e.OpCode, Site: e.Site, Location: e.Location, DateTime: e.DateTime,
			Latitude: e.Latitude, Longitude: e.Longitude, Depth: e.Depth, Filmed: count.Seconds(filmed(e.Deployment.Deployment)), Counts: e.Result,
		}
		if e.Count != nil {
			d.Run = e.Count.Run
		}
		switch reason := notCounted(e.Deployment.Deployment); {
		case e.Result != nil:
		case e.Err != nil:
			d.Why = "its count or its review cannot be read: " + e.Err.Error()
		case reason != "":
			d.Why = reason
		default:
			d.Why = "not yet: requin count " + e.OpCode
		}
		out.Deployments = append(out.Deployments, d)
	}
	return out
}

// wholeSurvey gathers all that the page shows. folder is where it will lie.
func wholeSurvey(ctx context.Context, s *survey.Survey, entries []desk.Entry, folder string) (report.Survey, error) {
	out := surveyOf(s.Name(), entries)
	var err error
	if out.Taxa, err = s.Taxa(ctx); err != nil {
		return out, err
	}
	for i, e := range entries {
		if unread := unreadChapters(e.Deployment.Deployment); len(unread) > 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s: %s cannot be read.", e.OpCode, strings.Join(unread, " and ")))
		}
		if e.Count == nil {
			continue
		}
		d := &out.Deployments[i]
		if d.Model, err = detectorOf(ctx, s, e.Count.Run); err != nil {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s: %v; its detector is not known.", e.OpCode, err))
		}
		if d.Details, err = addressOf(filepath.Join(s.Path(e.Count.Folder), "report.html"), folder); err != nil {
			return out, err
		}
		if e.Result != nil && e.SuccessfulCount != nil && !*e.SuccessfulCount {
			out.Warnings = append(out.Warnings, e.OpCode+" is counted although its metadata say that the count was not successful.")
		}
	}
	rows := [][2]string{{"Survey", s.Name()}, {"Requin", record.Version()}}
	if last := latest(entries); last != "" {
		rows = append(rows, [2]string{"Latest count", last})
	}
	out.Provenance = []report.Section{{Title: "Survey", Rows: rows}}
	return out, nil
}

// latest is when the last of the counts was finished.
func latest(entries []desk.Entry) (out string) {
	for _, e := range entries {
		if e.Count != nil {
			out = max(out, e.Count.Finished.UTC().Format("2006-01-02 15:04 UTC"))
		}
	}
	return out
}

// detectorOf is the model's file that a run's record names.
func detectorOf(ctx context.Context, s *survey.Survey, run string) (report.Detector, error) {
	text, err := s.RunRecord(ctx, run)
	if err != nil || len(text) == 0 {
		return report.Detector{}, err
	}
	var r record.Record
	if err := json.Unmarshal(text, &r); err != nil {
		return report.Detector{}, fmt.Errorf("the record of the count cannot be read: %w", err)
	}
	for _, in := range r.Inputs {
		if in.Role == "model" {
			return report.Detector{File: filepath.Base(in.Path), SHA256: in.SHA256}, nil
		}
	}
	return report.Detector{}, nil
}

// addressOf is a file's address as a page in a folder links to it; "" where there is no such file.
func addressOf(file, folder string) (string, error) {
	if _, err := os.Stat(file); err != nil {
		return "", nil // moved or deleted: the page says so by having no link
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	path, err := filepath.Rel(from, file)
	if err != nil {
		return "", nil // on another disk, as Windows has them
	}
	return (&url.URL{Path: filepath.ToSlash(path)}).String(), nil
}
