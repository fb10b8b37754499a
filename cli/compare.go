package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"requin/survey"
	"requin/train"
)

const compareLong = `Train the same recipe twice on a dataset, once on its studied taxa alone and once on
all of them, context too, and hold both against truth side by side: the comparison
of Villon et al. 2024, which asks whether animals that are not counted help to
recognise those that are.

It is requin train --set taxa=studied, requin train --set taxa=all, then requin eval of
both. Stopped, the same command goes on where it stopped; what is trained already is
not trained again.`

// compareCommand trains with and without the context taxa, and evaluates both.
func (a *app) compareCommand() *cobra.Command {
	f := trainFlags{recipe: "laptop", device: "auto", fold: "0", folds: "all", memory: 2048}
	e := evalFlags{iou: 0.5, least: 10, rounds: 2000, seed: 1}
	c := &cobra.Command{
		Use:   "compare --dataset NAME|FOLDER",
		Short: "Train on the studied taxa alone and on all, and compare",
		Long:  compareLong,
		Example: `  requin compare --dataset sharks-2026 --folds all
  requin compare --dataset sharks-2026 --recipe villon-2024 --init faster_rcnn.safetensors`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("fold") {
				f.folds = ""
			}
			return a.compareTaxa(c.Context(), f, e)
		},
	}
	f.add(c)
	e.addRating(c)
	c.Flags().BoolVar(&e.json, "json", false, "eval.json on stdout")
	c.Flags().BoolVar(&e.open, "open", false, "open the report in a browser")
	return c
}

// compareTaxa trains on either set of taxa, then evaluates.
func (a *app) compareTaxa(ctx context.Context, f trainFlags, e evalFlags) error {
	if f.dataset == "" {
		return usagef("name a dataset: requin compare --dataset sharks-2026 (requin dataset build makes one)")
	}
	if _, err := e.rating(); err != nil {
		return err
	}
	recipe, err := train.ReadRecipe(f.recipe, f.changes)
	if err != nil {
		return usageError{err}
	}
	name := f.name
	if name == "" {
		name = filepath.Base(filepath.Clean(f.dataset)) + "-" + recipe.Name
	}
	top := f.out
	if top == "" {
		if top, err = modelsFolder(f); err != nil {
			return err
		}
	}
	quiet := *a
	quiet.stdout = a.stderr // what is printed on stdout is the comparison
	var trained []string
	for _, taxa := range []string{train.StudiedTaxa, train.AllTaxa} {
		one := f
		one.changes = append(append([]string{}, f.changes...), "taxa="+taxa)
		one.name, one.out, one.whole = name+"-"+taxa, filepath.Join(top, name+"-"+taxa), true
		if err := quiet.train(ctx, one); err != nil {
			return err
		}
		trained = append(trained, one.out)
	}
	e.survey, e.dataset, e.threads = f.survey, f.dataset, f.threads
	if e.out = filepath.Join(top, name+"-comparison"); f.out == "" && filepath.Base(top) == survey.ModelsFolder {
		e.out = filepath.Join(filepath.Dir(top), survey.RunsFolder, "compare-"+name)
	}
	return a.eval(ctx, trained, e)
}

// modelsFolder is where trainings go where nobody says: the survey's models, or here.
func modelsFolder(f trainFlags) (string, error) {
	folder := f.survey
	if info, err := os.Stat(f.dataset); err == nil && info.IsDir() && folder == "" {
		return ".", nil // as requin train has it
	}
	if folder == "" {
		here, err := os.Getwd()
		if err != nil {
			return "", err
		}
		found, ok := survey.Find(here)
		if !ok {
			return "", errNoSurvey
		}
		folder = found
	}
	return filepath.Join(folder, survey.ModelsFolder), nil
}
