package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/exchange"
	"requin/frame"
	"requin/survey"
)

// addFlags are the flags of requin add as they were typed.
type addFlags struct {
	survey, opcode, names, metadata, period string
	alone, dryRun                           bool
	about                                   annotate.Deployment // what the flags say of a deployment
	latitude, longitude, depth, visibility  float64
}

const addLong = `Add deployments to the survey: video files, folders, or whole camera cards.

Folders are searched, GoPro chapters (GX010042.MP4, GX020042.MP4 ...) are joined
into one deployment. Deleted files and low-resolution copies are left out; what
may not be read is named, and the rest is added (exit code 3). A deployment is called after its folder where every folder
holds one recording (BRUV_07/GX010042.MP4), otherwise after its first file;
--names says which, --opcode names a single one. The videos stay where they are.

What is known of the deployments comes from a table with the columns of
GlobalArchive (--metadata; opcode, latitude_dd, longitude_dd, date_time, site ...) or,
for a single one, from flags. Adding again changes what is stated and
leaves the rest.`

func (a *app) addCommand() *cobra.Command {
	var f addFlags
	c := &cobra.Command{
		Use:   "add VIDEO|FOLDER ...",
		Short: "Add deployments to the survey: videos, camera cards, metadata",
		Long:  addLong,
		Example: `  requin add /media/card/DCIM --metadata campaign_Metadata.csv
  requin add GX010042.MP4 --opcode BRUV_07 --site Abore --depth 12.5 --period 2m30s..62m30s
  requin add --metadata campaign_Metadata.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && f.metadata == "" && f.opcode == "" {
				return usagef("name videos or folders, or a table with --metadata: requin add /media/card/DCIM")
			}
			if err := f.understand(c); err != nil {
				return err
			}
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error { return a.add(c.Context(), s, args, f) })
		},
	}
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVar(&f.opcode, "opcode", "", "what the one deployment is called")
	fl.StringVar(&f.names, "names", "auto", "call deployments after their `folder` or file: auto, folder, file")
	fl.StringVar(&f.metadata, "metadata", "", "table (CSV `file`) of the deployments in GlobalArchive's columns")
	fl.StringVar(&f.period, "period", "", "part that counts, `from..to` after the start, e.g. 2m30s..62m30s")
	fl.BoolVar(&f.alone, "separate", false, "each file is a deployment: join no chapters")
	fl.BoolVarP(&f.dryRun, "dry-run", "n", false, "only say what would be added")
	fl.Float64Var(&f.latitude, "latitude", 0, "decimal `degrees`, south negative")
	fl.Float64Var(&f.longitude, "longitude", 0, "decimal `degrees`, west negative")
	fl.Float64Var(&f.depth, "depth", 0, "`metres`")
	fl.Float64Var(&f.visibility, "visibility", 0, "`metres`")
	fl.StringVar(&f.about.DateTime, "date", "", "`when` it was dropped: 2026-05-01T08:18:54+08:00, or as exact as is known")
	fl.StringVar(&f.about.Campaign, "campaign", "", "CampaignID: `YYYY-MM_Name_stereo-BRUVs`")
	fl.StringVar(&f.about.Site, "site", "", "site")
	fl.StringVar(&f.about.Location, "location", "", "location")
	fl.StringVar(&f.about.Status, "status", "", "Fished or No-take")
	fl.StringVar(&f.about.ObserverCount, "observer", "", "who counts")
	return c
}

// understand turns the flags into what they say of a deployment.
func (f *addFlags) understand(c *cobra.Command) error {
	for _, number := range []struct {
		flag     string
		value    *float64
		into     **float64
		min, max float64
	}{
		{"latitude", &f.latitude, &f.about.Latitude, -90, 90},
		{"longitude", &f.longitude, &f.about.Longitude, -180, 180},
		{"depth", &f.depth, &f.about.Depth, 0, 12000},
		{"visibility", &f.visibility, &f.about.Visibility, 0, 200},
	} {
		if !c.Flags().Changed(number.flag) {
			continue
		}
		if !(*number.value >= number.min && *number.value <= number.max) {
			return usagef("--%s %g: give a number from %g to %g", number.flag, *number.value, number.min, number.max)
		}
		*number.into = number.value
	}
	if !slices.Contains([]string{"auto", "folder", "file"}, f.names) {
		return usagef("--names %q: say auto, folder or file", f.names)
	}
	if f.about.DateTime != "" && !isDate(f.about.DateTime) {
		return usagef("--date %q: write it as 2026-05-01, 2026-05-01T08:18:54 or 2026-05-01T08:18:54+08:00", f.about.DateTime)
	}
	if f.period == "" {
		return nil
	}
	p, err := frame.ParsePeriod(f.period)
	if err != nil {
		return usageError{err}
	}
	f.about.Periods = []annotate.Period{{Name: "1", From: p.From, To: p.To, Open: p.To == 0}}
	return nil
}

// isDate tells whether a text is ISO 8601 as Deployment.DateTime is.
func isDate(s string) bool {
	for _, layout := range []string{"2006", "2006-01", time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.RFC3339} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// add puts videos and what is known of them into the survey.
func (a *app) add(ctx context.Context, s *survey.Survey, args []string, f addFlags) error {
	table, err := readMetadata(f.metadata)
	if err != nil {
		return err
	}
	recordings, lost, err := a.findRecordings(ctx, args, s.Folder(), f.alone)
	if err != nil {
		return err
	}
	if err := nameRecordings(recordings, f); err != nil {
		return err
	}
	recordings, faults, err := a.sound(recordings)
	if err != nil {
		return err
	}
	about := f.about
	about.OpCode = ""
	if len(recordings) > 1 && (about.Latitude != nil || about.Longitude != nil || about.DateTime != "" || about.Depth != nil) {
		return usagef("these are %d deployments: place, date and depth differ between them; give them in a table with --metadata", len(recordings))
	}
	if len(args) == 0 && f.opcode != "" { // flags alone: about a deployment that is there, or one without video
		recordings = []recording{{name: f.opcode}}
	}
	bad := faults + len(lost)
	if f.dryRun {
		return errors.Join(a.printPlanned(recordings, table), notTaken(bad))
	}
	added, table, err := a.put(ctx, s, recordings, table, about)
	bad += len(recordings) - len(added)
	if err != nil {
		return err
	}
	for _, d := range table {
		if _, err := s.PutDeployment(ctx, d); err != nil {
			return err
		}
	}
	if len(table) > 0 {
		a.logf("%d deployments of %s are without video here: %s", len(table), f.metadata, few(table))
	}
	for _, d := range added {
		bad += len(slices.DeleteFunc(slices.Clone(d.Chapters), func(c annotate.Chapter) bool { return c.Extra[unreadable] == "" }))
	}
	return errors.Join(a.printAdded(added), notTaken(bad))
}

// put keeps the recordings as deployments, with what the table and the flags say of them. rest are the rows of the table that are of others.
// A video that is there already, as a copy in another folder is, does not keep the others from being added.
func (a *app) put(ctx context.Context, s *survey.Survey, recordings []recording, table []annotate.Deployment, about annotate.Deployment) (added, rest []annotate.Deployment, err error) {
	known, err := knownChapters(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for _, rec := range recordings {
		d := about
		d.OpCode = rec.name
		if i := slices.IndexFunc(table, func(d annotate.Deployment) bool { return d.OpCode == rec.name }); i >= 0 {
			d = withFlags(table[i], about)
			table = slices.Delete(table, i, i+1)
		}
		if d.Chapters, err = a.chapters(ctx, s, rec, known); err != nil {
			return nil, nil, err
		}
		_, err := s.PutDeployment(ctx, d)
		if errors.Is(err, survey.ErrSameVideo) && len(recordings) > 1 {
			a.logf("Warning: %s is not added: %v", rec.name, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		added = append(added, d)
	}
	return added, table, nil
}

// sound are the recordings whose chapters are all there. The others are named and left out; where there are no others, the first one's
// fault is the error.
func (a *app) sound(recordings []recording) (out []recording, faults int, err error) {
	for _, rec := range recordings {
		if rec.fault == nil {
			out = append(out, rec)
			continue
		}
		if err = cmp.Or(err, rec.fault); len(recordings) > 1 {
			a.logf("Warning: %s is not added: %v", rec.name, rec.fault)
		}
		faults++
	}
	if len(out) > 0 {
		err = nil
	}
	return out, faults, err
}

// notTaken is what a command ends with that took what it could, and could not read n files or folders, or not tell which recording they are of.
func notTaken(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("done, but not with %d of the files and folders, %w: the warnings above say which", n, errLeft)
}

// few names some deployments.
func few(list []annotate.Deployment) string {
	var names []string
	for i, d := range list {
		if i == 8 {
			return strings.Join(names, ", ") + " ..."
		}
		names = append(names, d.OpCode)
	}
	return strings.Join(names, ", ")
}

// withFlags is a row of the table, with what the flags say over it.
func withFlags(row, flags annotate.Deployment) annotate.Deployment {
	if len(row.Periods) == 0 {
		row.Periods = flags.Periods
	}
	for _, text := range []struct{ into, from *string }{
		{&row.Campaign, &flags.Campaign}, {&row.DateTime, &flags.DateTime}, {&row.Site, &flags.Site},
		{&row.Location, &flags.Location}, {&row.Status, &flags.Status}, {&row.ObserverCount, &flags.ObserverCount},
	} {
		if *text.from != "" {
			*text.into = *text.from
		}
	}
	for _, number := range []struct{ into, from **float64 }{
		{&row.Latitude, &flags.Latitude}, {&row.Longitude, &flags.Longitude}, {&row.Depth, &flags.Depth}, {&row.Visibility, &flags.Visibility},
	} {
		if *number.from != nil {
			*number.into = *number.from
		}
	}
	return row
}

func readMetadata(path string) ([]annotate.Deployment, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--metadata %s: there is no such file; check the name", path)
	} else if err != nil {
		return nil, fmt.Errorf("--metadata: %w", err)
	}
	defer file.Close()
	var out []annotate.Deployment
	for d, err := range exchange.ReadMetadata(filepath.Base(path), file) {
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (a *app) printPlanned(recordings []recording, table []annotate.Deployment) error {
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "DEPLOYMENT\tFILES\tIN THE TABLE")
	for _, rec := range recordings {
		listed := "no"
		if slices.ContainsFunc(table, func(d annotate.Deployment) bool { return d.OpCode == rec.name }) {
			listed = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", rec.name, strings.Join(rec.paths, ", "), listed)
	}
	return t.Flush()
}

func (a *app) printAdded(added []annotate.Deployment) error {
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	for _, d := range added {
		var size int64
		for _, c := range d.Chapters {
			size += c.Size
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", d.OpCode, videoText(d), megabytes(size), periodText(d.Periods))
	}
	return t.Flush()
}
