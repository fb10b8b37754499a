package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"requin/annotate"
	"requin/dataset"
	"requin/desk"
	"requin/disk"
	"requin/record"
	"requin/survey"
)

// datasetFlags are the flags of requin dataset as they were typed.
type datasetFlags struct {
	survey           string
	settings         dataset.Settings
	every            duration
	sources, opcodes []string
	proposals, json  bool
	page, sheet      string
	width, height    int
}

func (a *app) datasetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "dataset",
		Short: "Freeze truth into a dataset for training, and check it",
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command dataset %s: say dataset build or dataset check", args[0])
			}
			return nil
		},
	}
	c.AddCommand(a.datasetBuild(), a.datasetCheck())
	return c
}

const buildLong = `Freeze the survey's truth into a dataset: pictures, boxes, folds and a test set,
with the hash of every picture and label (docs/formats/dataset.md). Truth is what was
imported, and what people confirmed in requin review (--source review: that alone).
A frame of a review that nobody looked at whole is partial: only its boxes are
learned, nothing in it is background.

Folds are drawn by deployment, never by frame, and balanced by taxon; the test
deployments are the same for all folds. A studied taxon with fewer test boxes than the
floor is trained on but not scored. Boxes with a score under 1 were proposed by
a machine and are left out, unless --proposals.

The same truth, settings and seed give the same dataset. Stopped, the same
command goes on.`

func (a *app) datasetBuild() *cobra.Command {
	f := datasetFlags{settings: dataset.DefaultSettings(), every: duration(time.Second)}
	c := &cobra.Command{
		Use:   "build NAME",
		Short: "Freeze the survey's truth into a dataset",
		Long:  buildLong,
		Example: `  requin dataset build sharks-2026 --folds 5 --test-share 0.2
  requin dataset build clips --frames interval --every 1s --test BRUV_07 --test BRUV_09`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != filepath.Base(args[0]) || strings.HasPrefix(args[0], ".") {
				return usagef("give the dataset one name: requin dataset build sharks-2026")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			f.settings.Name, f.settings.Every = args[0], time.Duration(f.every).Seconds()
			return a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error { return a.buildDataset(c.Context(), s, f) })
		},
	}
	surveyFlag(c, &f.survey)
	fl, s := c.Flags(), &f.settings
	fl.StringVar(&s.Frames, "frames", s.Frames, "annotated (every frame that people marked) or interval (one in each --every of it)")
	fl.Var(&f.every, "every", "interval of --frames interval")
	fl.IntVar(&s.Folds, "folds", s.Folds, "`number` of folds; 0: none")
	fl.StringArrayVar(&s.Test, "test", nil, "`deployment` of the test set; repeatable")
	fl.Float64Var(&s.TestShare, "test-share", s.TestShare, "or the `share` of deployments that is drawn for it")
	fl.IntVar(&s.Floor, "floor", s.Floor, "`boxes` that a studied taxon must have to be scored")
	fl.Float64Var(&s.MinBox, "min-box", s.MinBox, "`pixels` of a box's shorter side under which it is ignored")
	fl.IntVar(&s.MaxFrames, "max-frames", s.MaxFrames, "most `pictures` of one deployment; 0: all")
	fl.IntVar(&s.LongSide, "long-side", s.LongSide, "scale larger pictures down to this long side in `pixels`; 0: as filmed")
	fl.StringVar(&s.Format, "format", s.Format, "jpeg or png, for frames of videos")
	fl.IntVar(&s.Quality, "quality", s.Quality, "of JPEG, 1 to 100")
	fl.StringVar(&s.Unknown, "unknown", s.Unknown, "labels that no taxon of the survey claims: error, or context to take each as a context taxon")
	fl.Uint64Var(&s.Seed, "seed", s.Seed, "the same `number` draws the same folds")
	fl.StringArrayVar(&f.sources, "source", nil, "only truth that was imported from this `file`, or review; repeatable")
	fl.StringArrayVar(&f.opcodes, "opcode", nil, "only this `deployment`; repeatable")
	fl.BoolVar(&f.proposals, "proposals", false, "take a machine's boxes for truth, too")
	fl.BoolVar(&f.json, "json", false, "a JSON line on stdout")
	return c
}

// buildDataset freezes the truth.
func (a *app) buildDataset(ctx context.Context, s *survey.Survey, f datasetFlags) error {
	taxa, err := s.Taxa(ctx)
	if err != nil {
		return err
	}
	if len(taxa) == 0 && f.settings.Unknown == "error" {
		return fmt.Errorf("the survey has no list of taxa: requin taxa FILE.yaml, or take every label as a context taxon with --unknown context")
	}
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return err
	}
	left := 0 // marks that a machine proposed
	records, reviewed, err := desk.Truth(ctx, s, desk.Wanted{OpCodes: f.opcodes, Sources: f.sources, Undecided: true})
	if err != nil {
		return err
	}
	if !f.proposals {
		records = annotate.Drawn(records, &left)
	}
	run, energy := begin(ctx, record.Dataset), record.MeterAlong()
	defer energy()
	dir := filepath.Join(s.Folder(), survey.DatasetsFolder, f.settings.Name)
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	files := func(m annotate.Media) ([]string, error) { return s.FilesOf(deployments, m) }
	m := newMeter(a.stderr, f.settings.Name, func(n int64) string { return fmt.Sprintf("%d pictures", n) })
	built, err := dataset.Build(ctx, dir, dataset.Source{Records: records, Taxa: taxa, Files: files, Alone: desk.Alone}, f.settings, func(done, of int) { m.update(int64(done), int64(of)) })
	m.clear()
	if err != nil {
		return err
	}
	if left > 0 {
		a.logf("%d boxes have a score under 1: a machine proposed them, so they are no truth and were left out (--proposals takes them)", left)
	}
	a.sayReviewed(reviewed)
	for _, w := range built.Warnings {
		a.logf("Warning: %s", w)
	}
	settings, err := json.Marshal(built.Settings)
	if err != nil {
		return err
	}
	if err := s.PutDataset(ctx, survey.Dataset{Name: built.Name, Path: s.Stored(dir), Manifest: built.Hash(), Created: time.Now().UTC(), Settings: settings}); err != nil {
		return err
	}
	run.Settings, run.Defaults, run.Seeds = built.Settings, dataset.DefaultSettings(), map[string]uint64{"dataset": built.Settings.Seed}
	run.Inputs, run.Outcome = videosOf(deployments, built), frozen(built, left)
	if err := keepRecord(ctx, s, run, energy(), "", dir); err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(a.stdout).Encode(map[string]any{
			"schema": "requin.dataset-built/1", "name": built.Name, "folder": dir, "sha256": built.Hash(), "pictures": len(built.Pictures),
			"partial": partialIn(built), "deployments": built.Deployments, "taxa": built.Taxa, "gaps": built.Gaps, "dropped": len(built.Dropped), "proposals_left_out": left,
		})
	}
	if err := built.WriteTable(a.stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\nsha256 %s\n", dir, built.Hash())
	return err
}

// videosOf are the videos of the deployments that are in a dataset, for the record.
func videosOf(deployments []survey.Deployment, m *dataset.Manifest) []record.Input {
	out := []record.Input{}
	for _, d := range deployments {
		if slices.ContainsFunc(m.Deployments, func(in dataset.Deployment) bool { return in.Name == d.OpCode }) {
			for _, c := range d.Chapters {
				out = append(out, record.Input{Role: "video", Path: c.Path, Bytes: c.Size, SHA256: cmp.Or(c.SHA256, record.NotRecorded)})
			}
		}
	}
	return out
}

// frozen is what a dataset came to, for the record.
func frozen(m *dataset.Manifest, proposals int) map[string]any {
	sides, rows := m.Table()
	boxes := map[string]int{}
	for _, p := range m.Pictures {
		for _, b := range p.Boxes {
			if b.Ignore == "" {
				boxes[b.Taxon]++
			}
		}
	}
	folds := map[string]int{}
	for _, d := range m.Deployments {
		folds[d.Name] = d.Fold
	}
	return map[string]any{"name": m.Name, "sha256": m.Hash(), "pictures": len(m.Pictures), "partial": partialIn(m), "boxes": boxes, "deployments": len(m.Deployments), "fold_of": folds, "sides": sides, "table": rows,
		"taxa": m.Taxa, "gaps": len(m.Gaps), "dropped": len(m.Dropped), "proposals_left_out": proposals}
}

// partialIn is how many pictures of a dataset are partial.
func partialIn(m *dataset.Manifest) int {
	return m.Partial(slices.Concat(m.Training(dataset.Test), m.HeldOut(dataset.Test)))
}

func (a *app) datasetCheck() *cobra.Command {
	f := datasetFlags{width: 640, height: 384}
	checks := dataset.DefaultChecks()
	c := &cobra.Command{
		Use:   "check NAME|FOLDER",
		Short: "Look for leaks, wrong boxes and altered pictures in a dataset",
		Long: `Look for what makes a measurement with a dataset wrong: pictures of one scene on both
sides of a fold or test split, impossible boxes, unknown taxa, too few
examples, altered files. Exit code 1 if something grave is found.`,
		Example: "  requin dataset check sharks-2026 --page check.html --sheet what-a-trainer-sees.png",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one dataset: requin dataset check sharks-2026")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			dir := args[0]
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				err := a.inSurvey(c.Context(), f.survey, func(s *survey.Survey) error {
					dir = filepath.Join(s.Folder(), survey.DatasetsFolder, args[0])
					return nil
				})
				if err != nil {
					return fmt.Errorf("%s is no folder, and %w", args[0], err)
				}
			}
			return a.checkDataset(c.Context(), dir, f, checks)
		},
	}
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVar(&f.page, "page", "", "write an HTML page with the pictures of what was found to this `file`")
	fl.StringVar(&f.sheet, "sheet", "", "write a PNG of 16 pictures as a trainer gets them, augmented, to this `file`")
	fl.IntVar(&checks.Distance, "distance", checks.Distance, "`bits` of 64 in which look-alikes may differ")
	fl.BoolVar(&checks.Files, "files", checks.Files, "compute the hash of every picture")
	fl.BoolVar(&f.json, "json", false, "JSON lines on stdout")
	return c
}

func (a *app) checkDataset(ctx context.Context, dir string, f datasetFlags, checks dataset.Checks) error {
	m, err := dataset.Load(dir)
	if err != nil {
		return err
	}
	found, err := dataset.Check(ctx, dir, m, checks)
	if err != nil {
		return err
	}
	if f.page != "" {
		if err := disk.WriteFile(f.page, func(w io.Writer) error { return found.WritePage(w, dir) }); err != nil {
			return err
		}
	}
	if f.sheet != "" {
		if err := writeSheet(ctx, dir, m, f); err != nil {
			return err
		}
	}
	out := json.NewEncoder(a.stdout)
	for _, x := range found.Findings {
		if f.json {
			err = out.Encode(x)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%-5s  %s: %s\n", x.Severity, x.Kind, x.Message)
		}
		if err != nil {
			return err
		}
	}
	if found.Worst() == dataset.Grave {
		return fmt.Errorf("%s: something grave was found; numbers measured with it cannot be trusted", dir)
	}
	return nil
}

// writeSheet shows what a trainer sees.
func writeSheet(ctx context.Context, dir string, m *dataset.Manifest, f datasetFlags) error {
	pictures := make([]int, len(m.Pictures))
	for i := range pictures {
		pictures[i] = i
	}
	loader, err := dataset.NewLoader(dir, m, pictures, dataset.DefaultLoading(f.width, f.height))
	if err != nil {
		return err
	}
	return disk.WriteFile(f.sheet, func(w io.Writer) error { return loader.WriteSheet(ctx, w, 0, 16, 4) })
}
