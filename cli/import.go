package cli

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/exchange"
	"requin/record"
	"requin/survey"
)

// importFlags are the flags of requin import as they were typed.
type importFlags struct {
	survey, format, by, opcode, from, pictures, rate, video, set string
	gap                                                          int
	replace, json                                                bool
}

const importLong = `Import truth: boxes, tracks, counts and metadata that people made with other
programs. What kind of file it is is found out by looking into it; --format says so
otherwise (requin formats lists all).

A file goes in whole or not at all. Videos are matched to deployments by their
file names; pictures, and videos that the survey does not have, belong to the
deployment that --opcode names, or that a pattern finds in each one's name:
--opcode-from '^(.*)_f\d+' takes what is in the brackets. Photographs that only bear
the camera's numbers are told apart by these: --opcode-from '(IMG_\d+)'
--opcode-gap 5 makes one deployment of those whose numbers follow one another by
at most 5.`

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import FILE|FOLDER|ZIP ...",
		Short: "Import truth from other programs' files: boxes, tracks, counts, metadata",
		Long:  importLong,
		Example: `  requin import campaign_Points.txt campaign_Period.txt
  requin import annotations.xml --by "Ana Lopez"
  requin import labels/ --format yolo --pictures images/ --opcode-from '^([A-Z0-9]+)_'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a file or folder: requin import annotations.json")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error {
				for _, path := range args {
					if err := a.importPath(c.Context(), s, path, f); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "", "`format` of the file, where it cannot be found out")
	fl.StringVar(&f.by, "by", "", "`who` made the annotations (default: as the file says, else nobody)")
	fl.StringVar(&f.opcode, "opcode", "", "deployment that all of it belongs to")
	fl.StringVar(&f.from, "opcode-from", "", "`pattern` (regular expression with one pair of brackets) that finds the deployment in the name of a picture or video")
	fl.IntVar(&f.gap, "opcode-gap", 0, "with --opcode-from, whose brackets then hold the number of a picture, too: pictures that follow one another by at most `n` are one deployment, called after its first")
	fl.StringVar(&f.video, "video", "", "`name` of the survey's video that the file is about (default: the one it names or is called after)")
	fl.StringVar(&f.pictures, "pictures", "", "`folder` in which the pictures lie (default: beside the file)")
	fl.StringVar(&f.set, "set", "", "of a folder or zip with several sets of exports, the one whose files begin with this `text`")
	fl.StringVar(&f.rate, "rate", "", "frames a second (`number`) in which the file counts, where it does not say")
	fl.BoolVar(&f.replace, "replace", false, "put it in the place of an earlier import of the same file")
	fl.BoolVar(&f.json, "json", false, "JSON lines on stdout")
	return c
}

// opened is something that truth is read from.
type opened struct {
	fs     fs.FS
	name   string // the file in it, "." for all of it
	folder string // where pictures may lie beside it
	sha256 string
	close  func() error
}

// openSource makes a file, a folder or a zip readable, and hashes it.
func openSource(ctx context.Context, path string) (*opened, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file or folder; check the name", path)
	} else if err != nil {
		return nil, err
	}
	o := &opened{fs: exchange.Inside(os.DirFS(path)), name: ".", folder: path, close: func() error { return nil }}
	if info.IsDir() {
		var files []string
		err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, name)
			}
			return err
		})
		if err == nil {
			o.sha256, err = record.HashFiles(ctx, files)
		}
		return o, err
	}
	if o.sha256, err = record.HashFile(ctx, path); err != nil {
		return nil, err
	}
	o.folder = filepath.Dir(path)
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		z, err := zip.OpenReader(path)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be opened as a zip file (%w): download it again", path, err)
		}
		o.fs, o.close = exchange.Inside(z), z.Close
		return o, nil
	}
	o.fs, o.name = os.DirFS(o.folder), filepath.Base(path)
	return o, nil
}

func (a *app) importPath(ctx context.Context, s *survey.Survey, path string, f importFlags) (err error) {
	src, err := openSource(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if f.pictures != "" {
		src.folder = f.pictures
	}
	name := s.Stored(absolute(path))
	if f.set != "" {
		name += "/" + f.set
		if src.name == "." {
			src.name = f.set
		}
	}
	pictures, err := survey.NewPictures(src.folder, isMedia)
	if err != nil {
		return err
	}
	in := exchange.Input{FS: src.fs, Name: src.name, Size: sizes(ctx, pictures)}
	if in.Rate, err = parseRate(f.rate); err != nil {
		return err
	}
	parts, err := exchange.Parts(in, f.format)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, part := range parts {
		one := source{path, name, src.sha256, part}
		if part.Name != src.name { // a file in a folder
			one.path, one.name = path+"/"+part.Name, name+"/"+part.Name
			if one.sha256, err = hashOf(in.FS, part.Name); err != nil {
				return err
			}
		}
		if err := a.importOne(ctx, s, one, pictures, f); err != nil {
			return err
		}
	}
	return nil
}

// source is one thing that is imported: how people and the survey call it, its hash, and how it is read.
type source struct {
	path, name, sha256 string
	exchange.Part
}

// hashOf is the SHA-256 of a file.
func hashOf(in fs.FS, name string) (string, error) {
	file, err := in.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// importOne imports one file, or one set of files of a format.
func (a *app) importOne(ctx context.Context, s *survey.Survey, src source, pictures *survey.Pictures, f importFlags) error {
	records := src.Format.Read(src.Input)
	opcode, err := f.deployment(records)
	if err != nil {
		return err
	}
	videos, err := s.VideoNames(ctx)
	if err != nil {
		return err
	}
	if f.video != "" && !videos.Force(f.video) {
		return usagef("--video %s: the survey has no video of that name; requin list --json shows them", f.video)
	}
	records = s.Placed(videos.Matched(annotate.Credited(records, f.by)), pictures)
	done, err := s.Import(ctx, survey.Source{Name: src.name, SHA256: src.sha256, Format: src.Format.Name, By: f.by, At: time.Now().UTC()},
		records, survey.ImportOptions{Deployment: opcode, Replace: f.replace})
	if err != nil {
		return err
	}
	return a.printImported(src.path, src.Format, done, f.json)
}

// deployment tells which deployment a picture or video belongs to, by the flags; nil where they say nothing.
func (f importFlags) deployment(records annotate.Records) (func(annotate.Media) (string, bool), error) {
	switch {
	case f.opcode != "" && f.from != "":
		return nil, usagef("--opcode and --opcode-from exclude each other: give one")
	case f.gap < 0:
		return nil, usagef("--opcode-gap %d: give the most by which numbers may follow one another, 1 or more", f.gap)
	case f.gap > 0 && f.from == "":
		return nil, usagef("--opcode-gap needs --opcode-from, which finds the number in a name: --opcode-from '(IMG_\\d+)'")
	case f.opcode != "":
		return func(annotate.Media) (string, bool) { return f.opcode, true }, nil
	case f.from == "":
		return nil, nil
	}
	naming, err := survey.NewNaming(f.from, f.gap)
	if err != nil {
		return nil, usagef("--opcode-from %w", err)
	}
	of, err := naming.Deployment(records)
	if errors.Is(err, survey.ErrNoNumber) {
		return nil, usagef("--opcode-gap: of what --opcode-from found, %w: put its digits into the brackets, as in '(IMG_\\d+)'", err)
	}
	return of, err
}

// absolute is the absolute path where one can be had.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// importSchema names the version of the lines that import --json writes.
const importSchema = "requin.import/1"

func (a *app) printImported(path string, format exchange.Format, done survey.Imported, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(struct {
			Schema string          `json:"schema"`
			Path   string          `json:"path"`
			Format string          `json:"format"`
			Done   survey.Imported `json:"imported"`
		}{importSchema, path, format.Name, done})
	}
	if done.Already {
		_, err := fmt.Fprintf(a.stdout, "%s: imported before, nothing to do (--replace reads it again)\n", path)
		return err
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, some string
	}{
		{done.Deployments, "deployment", "deployments"}, {done.Labels, "class", "classes"}, {done.Media, "picture or video", "pictures and videos"},
		{done.Tracks, "track", "tracks"}, {done.Marks, "box or shape", "boxes and shapes"}, {done.Sightings, "sighting", "sightings"},
		{done.Lengths, "length", "lengths"}, {done.Counts, "count", "counts"},
	} {
		if p.n == 1 {
			parts = append(parts, "1 "+p.one)
		} else if p.n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.some))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing is in it"}
	}
	if n := len(done.Unplaced); n > 0 {
		a.logf("Warning: %d pictures or videos belong to no deployment (%s ...): say which with --opcode or --opcode-from, and --replace", n, done.Unplaced[0])
	}
	_, err := fmt.Fprintf(a.stdout, "%s (%s): %s\n", path, format.Title, strings.Join(parts, ", "))
	return err
}

// formatsCommand lists the formats.
func (a *app) formatsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "formats", Short: "List the formats that Requin reads and writes", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
			fmt.Fprintln(t, "FORMAT\tREADS\tWRITES\tWHAT IT IS")
			yes := map[bool]string{true: "yes", false: "-"}
			for _, f := range exchange.Formats() {
				writes := yes[f.Write != nil]
				if f.Write != nil && f.Many {
					writes = "a folder"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", f.Name, yes[f.Read != nil], writes, f.Title)
			}
			return t.Flush()
		},
	}
}
