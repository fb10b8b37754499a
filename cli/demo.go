package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"requin/dataset"
	"requin/eval"
	"requin/survey"
	"requin/uncertainty"
)

const demoLong = `Show the whole way on a small simulated survey, in ten minutes on two cores: render
clips and whole stations of three reef sharks and the fish about them, freeze the
clips into a dataset, train a detector for each of three folds, evaluate them,
count the stations, which no model has seen, and compare MaxN with the truth.

Each step is a command that you could type, and is shown as one. Stopped, the same
command goes on where it stopped. With --survey it does the same on a survey of your
own that holds boxes: a fifth of its deployments are held out and counted. --seed
draws other clips, stations, folds and trainings: one run is one draw.

What is simulated is geometry and light, not footage: its figures say nothing of
how well sharks are counted in the sea. --quick only counts a drawn clip of a minute,
with a detector made by hand, and needs no training library.`

// demoCommand shows the whole way, from video to evaluated counts.
func (a *app) demoCommand() *cobra.Command {
	d := demo{app: a}
	var quick bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Simulate, train, evaluate, count and compare, in ten minutes",
		Long:  demoLong,
		Example: `  requin demo
  requin demo --survey reef-2026
  requin demo --quick`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case quick && d.survey != "":
				return usagef("--quick and --survey: give one of both")
			case quick && c.Flags().Changed("seed"):
				return usagef("--quick and --seed: give one of both; the drawn clip is always the same")
			case d.seed < 1 || d.seed > demoSeeds:
				return usagef("--seed %d: give a number from 1 to %d", d.seed, uint64(demoSeeds))
			case quick:
				if !c.Flags().Changed("out") {
					d.out += ".requin"
				}
				return a.quickDemo(c.Context(), d.out, d.open)
			}
			return d.run(c.Context())
		},
	}
	fl := c.Flags()
	fl.StringVarP(&d.out, "out", "o", "requin-demo", "`folder` for the simulated surveys")
	fl.StringVar(&d.survey, "survey", "", "`folder` of a survey of your own, instead of a simulated one")
	fl.Uint64Var(&d.seed, "seed", 1, "another `number` draws another demo: clips, stations, folds and training")
	fl.BoolVar(&d.open, "open", true, "open the report in a browser where there is one")
	fl.BoolVar(&quick, "quick", false, "only count a drawn clip, in a few seconds")
	return c
}

// demo is the whole way, on simulated surveys or on the user's own.
type demo struct {
	*app
	out, survey string
	seed        uint64
	open        bool
	began       time.Time
	step        int
}

// The demo's survey: small pictures and one frame a second, so that there is time to train.
const (
	demoSize     = "384x216"
	demoClips    = 32
	demoStations = 6
	demoFolds    = 3
)

// The demo of seed s draws its clips with s and its stations with 1000 s, so that no station is drawn as a clip is. demoSeeds is the
// greatest: the stations of it still have a seed that the simulator tells from others.
const demoSeeds = 1_000_000

func (d *demo) run(ctx context.Context) error {
	d.began = time.Now()
	clips, stations := d.survey, d.survey
	seed := strconv.FormatUint(d.seed, 10)
	build := []string{"dataset", "build", "demo", "--folds", strconv.Itoa(demoFolds), "--seed", seed}
	if d.survey == "" {
		d.logf("What follows is synthetic: rendered by Requin, not footage. It shows the way, not how well sharks are counted in the sea.")
		clips, stations = filepath.Join(d.out, "clips"), filepath.Join(d.out, "stations")
		if err := d.do(ctx, "Render short clips with sharks about, to learn from", "simulate", clips, "--kind", "clips", "--deployments", strconv.Itoa(demoClips),
			"--duration", "20s", "--size", demoSize, "--rate", "1", "--sharks", "1..3", "--seed", seed); err != nil {
			return err
		}
		if err := d.do(ctx, "Render whole stations, from the descent on; no model sees them before they are counted", "simulate", stations, "--deployments", strconv.Itoa(demoStations),
			"--duration", "90s", "--settle", "10s", "--size", demoSize, "--rate", "1", "--seed", strconv.FormatUint(1000*d.seed, 10)); err != nil {
			return err
		}
	} else {
		build = append(build, "--test-share", "0.2")
	}
	if err := d.do(ctx, "Freeze the boxes into a dataset with folds by deployment", append(build, "--survey", clips)...); err != nil {
		return err
	}
	if err := d.do(ctx, "Train a detector for each fold, on the others", "train", "--survey", clips, "--dataset", "demo", "--recipe", "demo", "--init", starterInit, "--folds", "all", "--set", "seed="+seed, "--name", "demo"); err != nil {
		return err
	}
	models := filepath.Join(clips, survey.ModelsFolder, "demo")
	report := filepath.Join(clips, "eval")
	if err := d.do(ctx, "Evaluate each detector on the pictures that its fold held out", "eval", models, "--survey", clips, "--out", report); err != nil {
		return err
	}
	held, err := d.held(ctx, clips)
	if err != nil {
		return err
	}
	model := filepath.Join(models, foldName(0), modelFile)
	if err := d.do(ctx, "Count the stations with the first fold's detector", append([]string{"count", "--survey", stations, "--model", model}, held...)...); err != nil && !errors.Is(err, errUnreadable) {
		return err
	}
	counts := filepath.Join(stations, "eval-counts")
	if err := d.do(ctx, "Compare the counts with the truth", "eval", "--survey", stations, "--out", counts); err != nil {
		return err
	}
	if err := d.compare(ctx, stations, held); err != nil {
		return err
	}
	if err := d.do(ctx, "See what is still to be looked at before a person may vouch for each MaxN", "review", "--survey", stations, "--status"); err != nil {
		return err
	}
	d.logf("\n%s in all. Detectors: %s. Counts: %s", time.Since(d.began).Round(time.Second), filepath.Join(report, "report.html"), filepath.Join(counts, "report.html"))
	if d.open {
		openPage(filepath.Join(counts, "report.html"))
		openPage(filepath.Join(report, "report.html"))
	}
	return d.review(ctx, stations)
}

// review serves the review page until it is stopped, where somebody is there to look at it.
func (d *demo) review(ctx context.Context, stations string) error {
	if out, is := d.stderr.(*os.File); !d.open || !is || !term.IsTerminal(int(out.Fd())) {
		d.logf("Review them: requin review --survey %s", stations)
		return nil
	}
	err := d.do(ctx, "Review: the page leads to the frames that matter; Ctrl-C ends the demo", "review", "--survey", stations)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// do shows a command and runs it.
func (d *demo) do(ctx context.Context, why string, args ...string) error {
	d.step++
	shown := make([]string, len(args))
	for i, arg := range args {
		if shown[i] = arg; strings.ContainsAny(arg, " '\"") {
			shown[i] = strconv.Quote(arg)
		}
	}
	d.logf("\n%d. %s (%s since the start)\n   $ requin %s", d.step, why, time.Since(d.began).Round(time.Second), strings.Join(shown, " "))
	root := d.root()
	root.SetArgs(args)
	root.SetOut(d.stdout)
	root.SetErr(d.stderr)
	return root.ExecuteContext(ctx)
}

// held are the deployments of the user's survey that are counted: those the dataset's test set holds out. Of
// a simulated survey of stations it is all, which needs no names.
func (d *demo) held(ctx context.Context, folder string) (names []string, err error) {
	if d.survey == "" {
		return nil, nil
	}
	m, err := dataset.Load(filepath.Join(folder, survey.DatasetsFolder, "demo"))
	if err != nil {
		return nil, err
	}
	for _, x := range m.Deployments {
		if x.Fold < 0 {
			names = append(names, x.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no deployment is held out of the dataset demo: it takes at least 5 with boxes; %s has %d", folder, len(m.Deployments))
	}
	return names, nil
}

// compare prints MaxN as counted beside MaxN in truth, deployment by deployment.
func (d *demo) compare(ctx context.Context, folder string, held []string) error {
	return d.inSurvey(ctx, folder, func(s *survey.Survey) error {
		e := &evaluation{app: d.app, survey: s}
		pairs, err := e.surveyCounts(ctx, false)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(d.stdout, 2, 8, 2, ' ', 0)
		fmt.Fprintln(t, "\n  DEPLOYMENT\tTAXON\tMaxN COUNTED\t95 %\tTRUE MaxN")
		for _, p := range pairs {
			if p.Measure == eval.MaxN && (held == nil || slices.Contains(held, p.Deployment)) {
				fmt.Fprintf(t, "  %s\t%s\t%g\t%s\t%g\n", p.Deployment, p.Taxon, p.Machine, uncertainty.Range(p.Uncertainty), p.People)
			}
		}
		return t.Flush()
	})
}
