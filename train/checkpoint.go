package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"requin/disk"
	"requin/nn"
	"requin/weights"
)

// The files of a training's folder, beside those that come of it.
const (
	lastFile = "last.safetensors" // all that going on needs
	bestFile = "best.safetensors" // the weights of the best validation
	PageFile = "report.html"
)

// The parts of lastFile, before the names of parameters.
const (
	modelPart, optimiserPart, averagePart = "model/", "optimiser/", "average/"
)

// stateKey is the name under which a checkpoint's metadata holds the state, as JSON.
const stateKey = "requin.state"

// save writes a checkpoint: whole, in place of the last.
func (t *trainer) save() error {
	all := nn.Weights{}
	add := func(part string, get func() (nn.Weights, error)) error {
		w, err := get()
		for name, v := range w {
			all[part+name] = v
		}
		return err
	}
	err := errors.Join(add(modelPart, t.models[0].Weights), add(optimiserPart, t.optimiser.State))
	if t.average != nil {
		err = errors.Join(err, add(averagePart, t.average.Weights))
	}
	if err != nil {
		return err
	}
	return t.write(lastFile, all, t.state)
}

// saveBest keeps the weights that a validation liked best.
func (t *trainer) saveBest(w nn.Weights) error { return t.write(bestFile, w, t.state.Best) }

func (t *trainer) write(name string, w nn.Weights, about any) error {
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(t.Folder, name), func(out io.Writer) error {
		return weights.Write(out, weights.File{Weights: w, Metadata: map[string]string{stateKey: string(text)}})
	})
}

// load reads a checkpoint's file; fs.ErrNotExist where there is none.
func load(path string, about any) (nn.Weights, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	file, err := weights.ReadSafetensors(f, info.Size())
	if err == nil {
		err = json.Unmarshal([]byte(file.Metadata[stateKey]), about)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; it is damaged: begin anew with --restart", path, err)
	}
	return file.Weights, nil
}

// resume goes back to the last checkpoint; false where there is none.
func (t *trainer) resume(key string) (bool, error) {
	path := filepath.Join(t.Folder, lastFile)
	var s state
	all, err := load(path, &s)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.Key != key {
		return false, fmt.Errorf("%s holds a training with another recipe, dataset, fold or first weights: name another folder with --out, or begin anew with --restart", t.Folder)
	}
	part := func(prefix string) nn.Weights {
		w := nn.Weights{}
		for name, v := range all {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				w[rest] = v
			}
		}
		return w
	}
	for _, m := range t.models {
		err = errors.Join(err, m.Load(part(modelPart)))
	}
	err = errors.Join(err, t.optimiser.Load(part(optimiserPart)))
	if t.average != nil {
		err = errors.Join(err, t.average.Load(part(averagePart)))
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w: begin anew with --restart", path, err)
	}
	s.Resumed++
	t.state, t.before = s, s.Elapsed
	return true, nil
}

// Forget removes the checkpoints of a folder, so that a training begins anew.
func Forget(folder string) error {
	var errs []error
	for _, name := range []string{lastFile, bestFile} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
