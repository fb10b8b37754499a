package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"requin/dataset"
	"requin/disk"
	"requin/models"
	"requin/record"
	"requin/survey"
	"requin/torch"
	"requin/train"
)

// trainFlags are the flags of requin train as they were typed.
type trainFlags struct {
	survey, dataset, recipe, show string
	fold, folds                   string
	init, name, out, device       string
	changes, notes                []string
	threads, memory               int
	restart, json                 bool
	whole                         bool // each fold has a folder of its own in out, be it one
}

const trainLong = `Train a detector on a frozen dataset (requin dataset build), and write it as one
ONNX file that requin count, or anyone, runs.

Of each fold the pictures of other deployments are learned from, and its own are
held out: on them the best weights, a threshold for each taxon (best F) and the
calibration of scores are chosen. --folds all trains one model a fold, and says
how the folds differ.

The folder of a training holds model.onnx, card.md (what it is, how good, how
fast), report.html (curves and pictures, renewed as it goes), run.json (where it
comes from) and the checkpoints. Stopped or killed, the same command goes on
where it stopped, and on a processor comes to the same weights.

A recipe is a YAML file with every setting: --show laptop prints one. Training needs
libtorch; everything else runs without it (requin doctor).`

func (a *app) trainCommand() *cobra.Command {
	f := trainFlags{recipe: "laptop", device: "auto", fold: "0", memory: 2048}
	c := &cobra.Command{
		Use:   "train --dataset NAME|FOLDER",
		Short: "Train a detector on a dataset",
		Long:  trainLong,
		Example: `  requin train --dataset sharks-2026 --fold 0
  requin train --dataset sharks-2026 --recipe laptop --init yolox_nano.onnx --folds all
  requin train --dataset sharks-2026 --set epochs=20 --set learning_rate.base=0.002
  requin train --show villon-2024`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.show != "" {
				recipe, err := train.ReadRecipe(f.show, f.changes)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(a.stdout, recipe.YAML())
				return err
			}
			if c.Flags().Changed("fold") && f.folds != "" {
				return usagef("--fold and --folds: give one of both")
			}
			return a.train(c.Context(), f)
		},
	}
	f.add(c)
	fl := c.Flags()
	fl.StringVar(&f.show, "show", "", "print the whole `recipe` and do nothing else")
	fl.BoolVar(&f.json, "json", false, "a JSON line for each model on stdout (docs/formats/model-card.md)")
	return c
}

// add puts on a command those flags that say how is trained.
func (f *trainFlags) add(c *cobra.Command) {
	surveyFlag(c, &f.survey)
	fl := c.Flags()
	fl.StringVarP(&f.dataset, "dataset", "d", "", "dataset of the survey by `name`, or its folder")
	fl.StringVarP(&f.recipe, "recipe", "r", f.recipe, "recipe: "+strings.Join(train.Recipes(), ", ")+", or a YAML `file`")
	fl.StringArrayVar(&f.changes, "set", nil, "`key=value` changed in the recipe: epochs=20, learning_rate.base=0.002; repeatable")
	fl.StringVar(&f.fold, "fold", f.fold, "`number` of the fold that is held out, from 0; none: all is learned from")
	fl.StringVar(&f.folds, "folds", f.folds, "`all`: one model for each fold; or numbers, 0,2,3")
	fl.StringVar(&f.init, "init", "", "begin with the weights in this `file`: .onnx, .safetensors or .pth; starter: those of the model that comes with Requin")
	fl.StringVar(&f.name, "name", "", "what the model is called (default: dataset-recipe)")
	fl.StringVarP(&f.out, "out", "o", "", "`folder` for the training (default: models/NAME/fold-N in the survey, or NAME/fold-N here)")
	fl.StringVar(&f.device, "device", f.device, "cpu, cuda (all graphics processors), cuda:0,cuda:1, or auto; `devices`")
	fl.IntVar(&f.threads, "threads", 0, "`number` of threads on the processor (default: one for each core)")
	fl.IntVar(&f.memory, "memory", f.memory, "`MB` for decoded pictures")
	fl.StringArrayVar(&f.notes, "note", nil, "`text` for the model's card: what it is not good for, whom the pictures are from; repeatable")
	fl.BoolVar(&f.restart, "restart", false, "throw away what an earlier run of this training has done")
}

// train trains one model a fold.
func (a *app) train(ctx context.Context, f trainFlags) error {
	if f.dataset == "" {
		return usagef("name a dataset: requin train --dataset sharks-2026 (requin dataset build makes one)")
	}
	if f.threads < 0 || f.memory < 0 {
		return usagef("--threads %d, --memory %d: 0 or more", f.threads, f.memory)
	}
	recipe, err := train.ReadRecipe(f.recipe, f.changes)
	if err != nil {
		return usageError{err}
	}
	if info, err := os.Stat(f.dataset); err == nil && info.IsDir() && f.survey == "" {
		return a.trainOn(ctx, nil, f.dataset, recipe, f)
	}
	return a.inSurvey(ctx, f.survey, func(s *survey.Survey) error {
		return a.trainOn(ctx, s, filepath.Join(s.Folder(), survey.DatasetsFolder, f.dataset), recipe, f)
	})
}

// trainOn trains on the dataset in a folder; s is nil outside a survey.
func (a *app) trainOn(ctx context.Context, s *survey.Survey, dir string, recipe train.Recipe, f trainFlags) error {
	m, err := dataset.Load(dir)
	if err != nil {
		return err
	}
	folds, err := f.which(m)
	if err != nil {
		return err
	}
	name := f.name
	if name == "" {
		name = m.Name + "-" + recipe.Name
	}
	top := f.out
	switch {
	case top == "" && s != nil:
		top = filepath.Join(s.Folder(), survey.ModelsFolder, name)
	case top == "":
		top = name
	}
	var init record.Input
	if f.init == starterInit {
		if f.init, err = keepStarter(top); err != nil {
			return err
		}
	}
	if f.init != "" {
		if init, err = input("init", f.init); err == nil {
			init.SHA256, err = record.HashFile(ctx, f.init)
		}
		if err != nil {
			return err
		}
		init.Role = "weights"
	}
	info, err := torch.Load()
	if err != nil {
		return err
	}
	devices, err := devicesOf(f.device, info)
	if err != nil {
		return err
	}
	if len(devices) > recipe.Batch/recipe.DeviceBatch {
		devices = devices[:recipe.Batch/recipe.DeviceBatch] // the others would have nothing to do
	}
	var cards []train.Card
	for _, fold := range folds {
		t := &training{app: a, survey: s, flags: f, name: name, folder: top, init: init, job: train.Job{
			Dataset: dir, Manifest: m, Fold: fold, Recipe: recipe, Init: f.init, Devices: devices, Threads: f.threads, Memory: f.memory,
		}}
		if f.out == "" || f.whole || len(folds) > 1 {
			t.folder = filepath.Join(top, foldName(fold))
		}
		if len(folds) > 1 || s != nil {
			t.name = name + "-" + foldName(fold)
		}
		card, err := t.run(ctx)
		if err != nil {
			return err
		}
		cards = append(cards, card)
	}
	return a.printFolds(cards, f.json)
}

// which folds are held out in turn.
func (f trainFlags) which(m *dataset.Manifest) ([]int, error) {
	switch {
	case f.folds == "all":
		if m.Settings.Folds == 0 {
			return nil, fmt.Errorf("the dataset %s has no folds: build it with --folds 5, or train on all of it with --fold none", m.Name)
		}
		all := make([]int, m.Settings.Folds)
		for i := range all {
			all[i] = i
		}
		return all, nil
	case f.folds == "" && f.fold == "none":
		return []int{train.NoFold}, nil
	}
	text := f.folds
	if text == "" {
		text = f.fold
	}
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n >= max(m.Settings.Folds, 1) {
			return nil, usagef("fold %q: the dataset %s has %d, numbered from 0; or say none", part, m.Name, m.Settings.Folds)
		}
		list = append(list, n)
	}
	return list, nil
}

func foldName(fold int) string {
	if fold == train.NoFold {
		return "all"
	}
	return fmt.Sprintf("fold-%d", fold)
}

// devicesOf are the devices that --device names.
func devicesOf(flag string, info torch.Info) ([]string, error) {
	var cuda []string
	for i := range info.CUDA {
		cuda = append(cuda, fmt.Sprintf("cuda:%d", i))
	}
	switch {
	case flag == "cpu", flag == "auto" && len(cuda) == 0:
		return []string{"cpu"}, nil
	case flag == "auto":
		return cuda, nil
	case flag == "cuda" && len(cuda) > 0:
		return cuda, nil
	case !strings.HasPrefix(flag, "cuda"):
		return nil, usagef("--device %q: say auto, cpu, cuda, or cuda:0,cuda:1", flag)
	case len(cuda) == 0:
		return nil, errors.New("libtorch sees no graphics processor here: train with --device cpu, or build the shim against a libtorch with CUDA (TORCH_DIR=... make torch)")
	}
	var list []string
	for part := range strings.SplitSeq(flag, ",") {
		n, err := strconv.Atoi(strings.TrimPrefix(part, "cuda:"))
		if err != nil || n < 0 || n >= len(cuda) {
			return nil, usagef("--device %q: this machine has %s", flag, strings.Join(cuda, ", "))
		}
		list = append(list, cuda[n])
	}
	return list, nil
}

// starterInit names the starter model's weights where a file would be named.
const starterInit = "starter"

// keepStarter puts the starter model beside the training that begins with it.
func keepStarter(folder string) (path string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, models.StarterName)
	return path, disk.WriteFile(path, func(w io.Writer) error { _, err := w.Write(models.Starter()); return err })
}
