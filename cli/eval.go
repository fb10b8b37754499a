package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"requin/eval"
	"requin/record"
	"requin/report"
	"requin/survey"
)

// evalFlags are the flags of requin eval as they were typed.
type evalFlags struct {
	survey, dataset, fold, people, machine, counts string
	out, threshold                                 string
	test, json, open                               bool
	iou                                            float64
	least, rounds, threads                         int
	seed                                           uint64
}

const evalLong = `Hold detectors and counts against truth.

A training with folds (a folder of requin train --folds all): each model is tried on
the pictures that its fold held out. Any other detector: on a dataset, all of it, its
test set (--test) or one fold (--fold). Several: side by side, paired by fold.

Counts: in a survey, those that it holds (requin count) against what people counted:
the machine's, or with --counts reviewed as the reviews left them.
With --people and --machine, two files: EventMeasure, CheckEM, GlobalArchive, or any
CSV with columns for deployment, taxon and MaxN, Requin's maxn.csv too.

The report, report.html, eval.json and tables (docs/formats/eval-folder.md) go to a
folder. Stopped, the same command goes on where it stopped.`

func (a *app) evalCommand() *cobra.Command {
	f := evalFlags{iou: 0.5, least: 10, rounds: 2000, seed: 1}
	c := &cobra.Command{
		Use:   "eval [MODEL|TRAINING ...]",
		Short: "Hold detectors and counts against truth: the tables of a paper",
		Long:  evalLong,
		Example: `  requin eval models/sharks-laptop                        (a training: each fold)
  requin eval yolo.onnx --dataset sharks-2026 --test      (any detector)
  requin eval models/all models/studied                   (side by side)
  requin eval                                             (in a survey: its counts)
  requin eval --people truth.csv --machine counts.csv     (two files)`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.eval(c.Context(), args, f)
		},
	}
	f.add(c)
	return c
}

// add puts the flags on a command.
func (f *evalFlags) add(c *cobra.Command) {
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVarP(&f.dataset, "dataset", "d", "", "dataset of the survey by `name`, or its folder (default: the one the training was on)")
	fl.StringVar(&f.fold, "fold", "", "try on this fold (`number`) of the dataset")
	fl.BoolVar(&f.test, "test", false, "try on the test set of the dataset")
	fl.StringVar(&f.people, "people", "", "`file` or folder with people's counts")
	fl.StringVar(&f.counts, "counts", countsMachine, "of a survey: machine, or reviewed (as people left them)")
	fl.StringVar(&f.machine, "machine", "", "`file` or folder with the machine's counts")
	f.addRating(c)
	fl.StringVarP(&f.out, "out", "o", "", "`folder` for the report (default: runs/eval-NAME in the survey, NAME.eval elsewhere)")
	fl.IntVar(&f.threads, "threads", 0, "`number` of threads for the detector (default: one for each core, at most 8)")
	fl.BoolVar(&f.json, "json", false, "eval.json on stdout")
	fl.BoolVar(&f.open, "open", false, "open the report in a browser")
}

// addRating puts on those flags that say how is judged.
func (f *evalFlags) addRating(c *cobra.Command) {
	fl := c.Flags()
	fl.Float64Var(&f.iou, "iou", f.iou, "`overlap` (IoU) from which a detection is right")
	fl.StringVar(&f.threshold, "threshold", "", "least `score` of a detection (default: the model's own, of each taxon)")
	fl.IntVar(&f.least, "least", f.least, "`boxes` under which a taxon is not scored but has too few")
	fl.IntVar(&f.rounds, "rounds", f.rounds, "`rounds` of the bootstrap")
	fl.Uint64Var(&f.seed, "bootstrap-seed", f.seed, "`seed` of the bootstrap: the same gives the same intervals")
}

// rating is what the flags say of how is judged.
func (f evalFlags) rating() (eval.Rating, error) {
	r := eval.Rating{IoU: f.iou, Threshold: math.NaN(), Least: f.least}
	if f.threshold != "" {
		v, err := strconv.ParseFloat(f.threshold, 64)
		if err != nil || !(v > 0 && v <= 1) {
			return r, usagef("--threshold %q: give a score over 0 and at most 1, for example 0.4", f.threshold)
		}
		r.Threshold = v
	}
	switch {
	case !(f.iou > 0 && f.iou <= 1):
		return r, usagef("--iou %v: give an overlap over 0 and at most 1, for example 0.5", f.iou)
	case f.least < 0 || f.rounds < 0 || f.threads < 0:
		return r, usagef("--least %d, --rounds %d, --threads %d: 0 or more", f.least, f.rounds, f.threads)
	case f.test && f.fold != "":
		return r, usagef("--test and --fold: give one of both")
	case f.counts != "" && f.counts != countsMachine && f.counts != countsReviewed:
		return r, usagef("--counts %q: say machine or reviewed", f.counts)
	case (f.people == "") != (f.machine == ""):
		return r, usagef("--people and --machine: give both files")
	}
	return r, nil
}

// evaluation is one evaluation on its way to its folder.
type evaluation struct {
	*app
	evalFlags
	survey  *survey.Survey // nil outside one
	started time.Time
	rating  eval.Rating
	page    report.Evaluation
	inputs  []record.Input
	resumed int               // pictures that an earlier run looked at
	library map[string]string // versions
	folder  *survey.Folder
	journal *survey.Journal
}

// eval evaluates what the arguments name.
func (a *app) eval(ctx context.Context, args []string, f evalFlags) error {
	rating, err := f.rating()
	if err != nil {
		return err
	}
	e := &evaluation{app: a, evalFlags: f, started: time.Now(), rating: rating, library: map[string]string{}}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, in := survey.Find(here); f.survey == "" && !in {
		if len(args) == 0 && f.people == "" {
			return usagef("name a model, or two files of counts with --people and --machine, or go into a survey whose counts are to be evaluated")
		}
		return e.run(ctx, args)
	}
	return a.inSurvey(ctx, f.survey, func(s *survey.Survey) error {
		e.survey = s
		return e.run(ctx, args)
	})
}

// run gathers what there is to evaluate, tries the detectors and writes the folder.
func (e *evaluation) run(ctx context.Context, args []string) (err error) {
	models, err := e.resolve(args)
	if err != nil {
		return err
	}
	var pairs []eval.Compared
	if e.people != "" {
		pairs, err = e.fileCounts(ctx)
	} else if e.survey != nil {
		pairs, err = e.surveyCounts(ctx, len(args) > 0)
	}
	if err != nil {
		return err
	}
	e.page.Title = e.title(args)
	if e.folder, err = survey.OpenFolder(e.place()); err != nil {
		return err
	}
	defer e.folder.Close()
	if len(models) > 0 {
		if err := e.tryModels(ctx, models); err != nil {
			return err
		}
	}
	e.page.Rating, e.page.Rounds, e.page.Seed = e.rating, e.rounds, e.seed
	if len(pairs) > 0 {
		e.page.Counts = eval.CompareCounts(pairs, e.rounds, e.seed)
	}
	if err := e.write(ctx); err != nil {
		return err
	}
	if e.survey != nil && !e.survey.ReadOnly() {
		if err := keepRunFile(ctx, e.survey, record.Eval, "", e.folder.Path); err != nil {
			return err
		}
	}
	return e.print()
}

// title names the evaluation by what is evaluated.
func (e *evaluation) title(args []string) string {
	var names []string
	for _, arg := range args {
		names = append(names, modelName(arg))
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, " and ")
	case e.people != "":
		return strings.TrimSuffix(filepath.Base(e.machine), filepath.Ext(e.machine))
	case e.survey != nil:
		return e.survey.Name() + ", counts"
	}
	return "counts"
}

// place is the folder that it goes to.
func (e *evaluation) place() string {
	name := strings.TrimSuffix(fileName(strings.ReplaceAll(e.page.Title, " and ", "-and-")), ".requin")
	switch {
	case e.out != "":
		return e.out
	case e.survey != nil && e.people == "":
		if name == strings.TrimSuffix(fileName(e.survey.Name()+", counts"), ".requin") {
			name = "counts"
		}
		return filepath.Join(e.survey.Folder(), survey.RunsFolder, "eval-"+name)
	}
	return name + ".eval"
}

// note puts a sentence on the page, and on stderr.
func (e *evaluation) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.page.Notes = append(e.page.Notes, text)
	e.logf("Note: %s", text)
}
