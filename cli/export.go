package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/desk"
	"requin/disk"
	"requin/exchange"
	"requin/record"
	"requin/survey"
)

// exportFlags are the flags of requin export as they were typed.
type exportFlags struct {
	survey, what     string
	opcodes, sources []string
	strict           bool
}

const exportLong = `Export truth, or Requin's counts, in another program's format (requin formats lists
them). Formats of several files are written as a folder. What the format
cannot hold is listed, never dropped in silence.

--what truth   what people stated (the default): boxes, tracks, sightings and counts as
               imported, and the boxes they confirmed in requin review
--what maxn    MaxN out of people's sightings (EventMeasure points), by CheckEM's rule
--what counts  the best count there is of each deployment: certified or reviewed where
               people looked, else the machine's; its tracks as boxes, and MaxN
--what machine the machine's counts, whatever people said since`

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export FORMAT FILE|FOLDER",
		Short: "Export truth or counts in another program's format",
		Long:  exportLong,
		Example: `  requin export coco truth.json
  requin export globalarchive for-globalarchive/ --what counts
  requin export viame BRUV_07.csv --opcode BRUV_07 --what counts`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("name a format and where to write it: requin export coco truth.json (requin formats lists the formats)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			format, err := exchange.Named(args[0])
			if err != nil {
				return usageError{err}
			}
			if format.Write == nil {
				return usagef("%s can be read, but not written", format.Title)
			}
			if !slices.Contains([]string{"truth", "maxn", "counts", "machine"}, f.what) {
				return usagef("--what %q: say truth, maxn, counts or machine", f.what)
			}
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error {
				return a.export(c.Context(), s, format, args[1], f)
			})
		},
	}
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVar(&f.what, "what", "truth", "truth, maxn, counts or machine")
	fl.StringArrayVar(&f.opcodes, "opcode", nil, "only this `deployment`; repeatable")
	fl.StringArrayVar(&f.sources, "source", nil, "only what was imported from this `file`, or review; repeatable")
	fl.BoolVar(&f.strict, "strict", false, "write nothing if the format cannot hold everything")
	return c
}

func (a *app) export(ctx context.Context, s *survey.Survey, format exchange.Format, path string, f exportFlags) error {
	var records annotate.Records
	var reviewed desk.Tally
	var err error
	switch f.what {
	case "truth":
		if records, reviewed, err = desk.Truth(ctx, s, desk.Wanted{OpCodes: f.opcodes, Sources: f.sources}); err != nil {
			return err
		}
	case "maxn":
		summed, err := maxnRecords(s.Records(ctx, survey.Filter{OpCodes: f.opcodes, Sources: f.sources}))
		if err != nil {
			return err
		}
		records = summed
	case "counts", "machine":
		how := desk.Exporting{OpCodes: f.opcodes, Machine: f.what == "machine", Sightings: wantsSightings(format), By: "Requin " + record.Version()}
		tally := newStatuses()
		counted, err := desk.Records(ctx, s, how, tally.take)
		if err != nil {
			return err
		}
		tally.say(a)
		records = counted
	}
	if format.Many {
		records = within(records)
	}
	write := func(out exchange.Folder, name string) error {
		losses, err := format.Write(out, records, exchange.Options{Name: name, Version: record.Version()})
		if err != nil {
			return err
		}
		list := losses.List()
		for _, l := range list {
			a.logf("%s cannot hold %s: left out %d times, first %s", format.Title, l.What, l.Count, l.Example)
		}
		if len(list) > 0 && f.strict {
			return fmt.Errorf("%s cannot hold everything: nothing was written (--strict)", format.Title)
		}
		return nil
	}
	if format.Many {
		err = disk.WriteFolder(path, func(dir string) error { return write(diskFolder(dir), filepath.Base(path)) })
	} else {
		err = disk.WriteFile(path, func(w io.Writer) error { return write(oneFile{w}, filepath.Base(path)) })
	}
	if err != nil {
		return err
	}
	a.sayReviewed(reviewed)
	_, err = fmt.Fprintln(a.stdout, path)
	return err
}

// sayReviewed says how much truth came out of review, and what of it is not the whole.
func (a *app) sayReviewed(t desk.Tally) {
	if t.Frames == 0 {
		return
	}
	said := fmt.Sprintf("Of review: %d boxes that people confirmed, in %d frames", t.Boxes, t.Frames)
	if t.Partial > 0 {
		said += fmt.Sprintf("; %d of these nobody looked at whole: other animals in them may have no box", t.Partial)
	}
	a.logf("%s", said)
}

// wantsSightings tells the formats that keep animals as sightings, not as boxes.
func wantsSightings(f exchange.Format) bool { return f.Name == "eventmeasure" || f.Name == "checkem" }

// diskFolder is a folder on the disk that a format of several files is written to.
type diskFolder string

// Create makes a file, and the folders in its name.
func (d diskFolder) Create(name string) (io.WriteCloser, error) {
	local, err := filepath.Localize(name)
	if err != nil {
		return nil, fmt.Errorf("the name %q leads out of the folder that is written: rename it", name)
	}
	path := filepath.Join(string(d), local)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// oneFile is the one file of a format that has no more.
type oneFile struct{ w io.Writer }

// Create gives the file; its name is the caller's.
func (o oneFile) Create(string) (io.WriteCloser, error) { return nopCloser{o.w}, nil }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// maxnRecords are the deployments, and MaxN out of people's sightings in place of these.
func maxnRecords(records annotate.Records) (annotate.Records, error) {
	counts, err := annotate.MaxN(records, annotate.MaxNRule{Unstated: true})
	if err != nil {
		return nil, err
	}
	if len(counts) == 0 {
		return nil, errors.New("there are no sightings to make MaxN of: requin import campaign_Points.txt")
	}
	return func(yield func(annotate.Record, error) bool) {
		for record, err := range records {
			switch record.(type) {
			case annotate.Deployment, annotate.Label:
			default:
				if err == nil {
					continue
				}
			}
			if !yield(record, err) {
				return
			}
		}
		for _, c := range counts {
			if !yield(c, nil) {
				return
			}
		}
	}, nil
}

// within gives pictures and videos names that can lie in a folder: without what leads out of it.
func within(records annotate.Records) annotate.Records {
	return annotate.ChangedMedia(records, func(m annotate.Media) annotate.Media {
		m.Name = strings.ReplaceAll(m.Name, "\\", "/")
		if len(m.Name) > 1 && m.Name[1] == ':' { // C:/films
			m.Name = m.Name[2:]
		}
		for strings.HasPrefix(m.Name, "/") || strings.HasPrefix(m.Name, "../") {
			m.Name = strings.TrimPrefix(strings.TrimPrefix(m.Name, "/"), "../")
		}
		return m
	})
}
