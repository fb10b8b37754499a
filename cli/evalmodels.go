package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"requin/dataset"
	"requin/record"
	"requin/survey"
	"requin/train"
)

// tested is one model: a file, or the files of a training's folds.
type tested struct {
	name     string
	dir      string // of the dataset
	manifest *dataset.Manifest
	sides    []side
	about    string
}

// side is one file, and the pictures that it is tried on.
type side struct {
	file string
	train.Side
}

// modelName is what a model is called by: its folder or its file.
func modelName(path string) string {
	base := filepath.Base(filepath.Clean(path))
	if base == modelFile {
		base = filepath.Base(filepath.Dir(filepath.Clean(path)))
	}
	return strings.TrimSuffix(base, filepath.Ext(modelFile))
}

// trainedFile is a model file with the card of its training, if it has one.
type trainedFile struct {
	path, name string
	card       *train.Card
	dataset    string // where the training found it
}

// resolve finds the models that the arguments name and the pictures they are tried on.
func (e *evaluation) resolve(args []string) ([]tested, error) {
	var out []tested
	for _, arg := range args {
		path, err := e.find(arg)
		if err != nil {
			return nil, err
		}
		files, err := trainingFiles(path)
		if err != nil {
			return nil, err
		}
		m := tested{name: modelName(arg)}
		if slices.ContainsFunc(out, func(o tested) bool { return o.name == m.name }) {
			m.name = arg
		}
		if m.dir, err = e.datasetOf(arg, files); err != nil {
			return nil, err
		}
		if m.manifest, err = dataset.Load(m.dir); err != nil {
			return nil, err
		}
		if len(out) > 0 && out[0].manifest.Hash() != m.manifest.Hash() {
			return nil, fmt.Errorf("%s and %s are of other datasets (%s and %s): name one for both with --dataset", out[0].name, m.name, out[0].dir, m.dir)
		}
		if err := e.take(&m, files); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// find is where a model lies: as named, or among the survey's.
func (e *evaluation) find(arg string) (string, error) {
	places := []string{arg}
	if e.survey != nil {
		places = append(places, filepath.Join(e.survey.Folder(), arg), filepath.Join(e.survey.Folder(), survey.ModelsFolder, arg))
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: there is no such model or folder of a training (looked in %s)", arg, strings.Join(places, ", "))
}

// trainingFiles are the model files of a path: itself, the one in its folder, or those of its folds.
func trainingFiles(path string) ([]trainedFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f, err := withCard(path)
		return []trainedFile{f}, err
	}
	found := []string{filepath.Join(path, modelFile)}
	if _, err := os.Stat(found[0]); err != nil {
		if found, err = filepath.Glob(filepath.Join(path, "*", modelFile)); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no %s, nor do folders in it: name a model's file, or a folder that requin train wrote to its end", path, modelFile)
	}
	var out []trainedFile
	for _, file := range found {
		f, err := withCard(file)
		if err != nil {
			return nil, err
		}
		if f.card == nil && len(found) > 1 {
			return nil, fmt.Errorf("%s has no %s beside it: name the files one by one", file, cardJSON)
		}
		out = append(out, f)
	}
	unfinished, err := filepath.Glob(filepath.Join(path, "fold-*"))
	if err == nil && len(found) > 1 && len(unfinished) > len(found) {
		return nil, fmt.Errorf("%s: %d of %d folds are not trained to their end: run the same requin train again", path, len(unfinished)-len(found), len(unfinished))
	}
	return out, err
}

// withCard reads the card that lies beside a model file, if it is of that file.
func withCard(path string) (trainedFile, error) {
	f := trainedFile{path: path, name: modelName(path)}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), cardJSON))
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	} else if err != nil {
		return f, err
	}
	var card train.Card
	if err := json.Unmarshal(text, &card); err != nil {
		return f, fmt.Errorf("%s is no card of a model: %w", filepath.Join(filepath.Dir(path), cardJSON), err)
	}
	if card.File != filepath.Base(path) {
		return f, nil
	}
	f.card = &card
	run, err := os.ReadFile(filepath.Join(filepath.Dir(path), survey.RunFile))
	if err != nil {
		return f, nil // the card is enough; where the dataset lay must then be said
	}
	var r record.Record
	if json.Unmarshal(run, &r) == nil {
		for _, in := range r.Inputs {
			if in.Role == "dataset" {
				f.dataset = in.Path
				if !filepath.IsAbs(in.Path) {
					f.dataset = filepath.Join(r.Directory, in.Path)
				}
			}
		}
	}
	return f, nil
}

// datasetOf is the folder of the dataset that a model is tried on.
func (e *evaluation) datasetOf(arg string, files []trainedFile) (string, error) {
	inSurvey := func(name string) string {
		if e.survey == nil {
			return ""
		}
		return filepath.Join(e.survey.Folder(), survey.DatasetsFolder, name)
	}
	is := func(dir string) bool {
		info, err := os.Stat(dir)
		return dir != "" && err == nil && info.IsDir()
	}
	if e.dataset != "" {
		for _, dir := range []string{e.dataset, inSurvey(e.dataset)} {
			if is(dir) {
				return dir, nil
			}
		}
		return "", fmt.Errorf("--dataset %s: it is neither a folder nor a dataset of the survey here", e.dataset)
	}
	card := files[0].card
	if card == nil {
		return "", usagef("%s: say which dataset it is tried on with --dataset", arg)
	}
	for _, f := range files[1:] {
		if f.card.DatasetSum != card.DatasetSum {
			return "", fmt.Errorf("%s: its folds are of other datasets (%s, %s): name one with --dataset", arg, card.Dataset, f.card.Dataset)
		}
	}
	for _, dir := range []string{inSurvey(card.Dataset), files[0].dataset} {
		if is(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s was trained on the dataset %s, which is not where it was (%s): say with --dataset where it is", arg, card.Dataset, cmp.Or(files[0].dataset, "not recorded"))
}

// asked is the part of the dataset that the flags ask for; nil where they ask for none.
func (e *evaluation) asked(m *dataset.Manifest) (*int, error) {
	asked := dataset.Test
	switch {
	case e.test:
		return &asked, nil
	case e.fold == "":
		return nil, nil
	}
	asked, err := strconv.Atoi(e.fold)
	if err != nil || asked < 0 || asked >= max(1, m.Settings.Folds) {
		return nil, usagef("--fold %q: the dataset %s has %d, numbered from 0", e.fold, m.Name, m.Settings.Folds)
	}
	return &asked, nil
}

// take chooses the pictures of each file.
func (e *evaluation) take(m *tested, files []trainedFile) error {
	asked, err := e.asked(m.manifest)
	if err != nil {
		return err
	}
	for _, f := range files {
		s := side{file: f.path}
		s.Side, err = train.SideOf(m.manifest, f.card, asked)
		switch {
		case errors.Is(err, train.ErrLearned) && asked != nil && len(files) > 1:
			continue // another of the files held it out
		case errors.Is(err, train.ErrLearned):
			return fmt.Errorf("%s %w", f.path, err)
		case err != nil:
			return err
		case len(files) > 1 && e.test:
			s.Name = fmt.Sprintf("test, fold %d's model", s.Fold)
		case len(files) > 1 && asked == nil && s.Fresh:
			s.Name = fmt.Sprintf("%s, model of %s", s.Name, f.name)
		}
		m.sides = append(m.sides, s)
	}
	if len(m.sides) == 0 {
		return fmt.Errorf("%s: none of its models held out fold %s", m.name, e.fold)
	}
	m.about = m.words()
	return nil
}

// words says in a sentence what is tried on what.
func (m *tested) words() string {
	n := 0
	for _, s := range m.sides {
		n += len(s.Pictures)
	}
	if len(m.sides) == 1 {
		what := "the pictures of its " + m.sides[0].Name
		switch {
		case m.sides[0].Name == "all":
			what = "all pictures"
		case m.sides[0].Name == "test":
			what = "the test set"
		case m.sides[0].Fold != train.NoFold && !m.sides[0].Fresh:
			what = "the pictures that its training held out (" + m.sides[0].Name + ")"
		}
		return fmt.Sprintf("One model, tried on %s of the dataset %s: %d pictures.", what, m.manifest.Name, n)
	}
	if m.sides[0].Fresh {
		return fmt.Sprintf("%d models, each tried on the same pictures of the dataset %s: %d pictures in all.", len(m.sides), m.manifest.Name, n)
	}
	return fmt.Sprintf("%d models, one for each fold of the dataset %s, each tried on the pictures that its fold held out: %d pictures in all.", len(m.sides), m.manifest.Name, n)
}
