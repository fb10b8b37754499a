package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"requin/dataset"
	"requin/nn"
	"requin/taxon"
	"requin/weights"
)

// NoFold holds nothing back: all that is not the test set is trained on, and thresholds
// are not chosen.
const NoFold = -2

// Job is one training.
type Job struct {
	Folder   string            // for checkpoints, the page and what comes of it
	Dataset  string            // the dataset's folder
	Manifest *dataset.Manifest // and what it holds
	Fold     int               // that is held out, from 0; NoFold: none
	Recipe   Recipe
	Init     string   // file of weights to begin with; "": from nothing
	Devices  []string // "cpu", "cuda:0" ...
	Threads  int      // of one operation on the CPU; 0: one for each core
	Cache    string   // folder for decoded pictures; "": none
	Memory   int      // MB for decoded pictures
}

// Key stands for all that decides what comes out: the same key gives the same weights
// on the same kind of processor and number of threads.
func (j Job) Key() (string, error) {
	init := ""
	if j.Init != "" {
		file, err := os.ReadFile(j.Init)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(file)
		init = hex.EncodeToString(sum[:])
	}
	text, err := json.Marshal(map[string]any{"version": 1, "dataset": j.Manifest.Hash(), "fold": j.Fold, "recipe": j.Recipe, "init": init})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// classes are the names that the network learns, and for each taxon of the dataset the
// number of its class, -1 for none.
func (j Job) classes() (names []string, of []int, err error) {
	of = make([]int, len(j.Manifest.Taxa))
	for i, t := range j.Manifest.Taxa {
		of[i] = -1
		if j.Recipe.Taxa == StudiedTaxa && t.Role == taxon.Context {
			continue
		}
		of[i] = len(names)
		names = append(names, t.Name)
	}
	if len(names) == 0 {
		return nil, nil, errors.New("the dataset has no taxon to learn: with taxa: studied, one at least must be studied")
	}
	return names, of, nil
}

// sides are the pictures that are learned from and those that are held out.
func (j Job) sides() (learn, held []int, err error) {
	folds := max(j.Manifest.Settings.Folds, 1)
	switch {
	case j.Fold == NoFold:
		learn = j.Manifest.Training(NoFold)
	case j.Fold < 0 || j.Fold >= folds:
		return nil, nil, fmt.Errorf("there is no fold %d: the dataset has %d, from 0", j.Fold, folds)
	case j.Manifest.Settings.Folds == 0:
		return nil, nil, errors.New("the dataset has no folds, so none can be held out: build it with --folds 5, or train on all of it with --fold none")
	default:
		learn, held = j.Manifest.Training(j.Fold), j.Manifest.HeldOut(j.Fold)
	}
	boxes := 0
	for _, i := range learn {
		boxes += len(j.Manifest.Pictures[i].Boxes)
	}
	if boxes == 0 {
		return nil, nil, errors.New("the pictures to be learned from hold no box: there is nothing to learn")
	}
	return learn, held, nil
}

// loading is how pictures are given to a network.
func (j Job) loading(pixels nn.Pixels) dataset.Loading {
	r := j.Recipe
	return dataset.Loading{
		W: r.W, H: r.H, Batch: r.DeviceBatch, Letterbox: pixels.Letterbox, Fill: pixels.Fill, Channels: pixels.Channels, Mean: pixels.Mean, Std: pixels.Std,
		Shuffle: true, Augment: r.Augment, Seed: r.Seed, Ahead: 2 * len(j.Devices), Memory: j.Memory, Cache: j.Cache,
	}
}

// plan is how many steps there are and when what happens.
type plan struct {
	steps    int // in all
	parts    int // batches of a device in one step
	epoch    int // batches of a device in one epoch
	validate int // steps between two validations; 0: none but the last
	log      int // steps between two points of the curve
	calm     int // first step without mosaic
}

// mostPoints bounds the curve.
const mostPoints = 2000

func (j Job) plan(pictures int) plan {
	r := j.Recipe
	p := plan{parts: r.Batch / r.DeviceBatch, epoch: max(1, pictures/r.DeviceBatch), steps: r.Iterations}
	perEpoch := float64(p.epoch) / float64(p.parts) // steps
	if p.steps == 0 {
		p.steps = max(1, int(math.Round(r.Epochs*perEpoch)))
	}
	if r.Validate > 0 {
		p.validate = max(1, int(math.Round(r.Validate*perEpoch)))
	}
	p.log = max(1, min(10, p.steps/20), p.steps/mostPoints)
	p.calm = p.steps - int(math.Round(r.Calm*float64(p.steps)))
	return p
}

// begin is the weights that a training begins with, and words on where they come from.
func (j Job) begin(network nn.Network, params []nn.Param) (w nn.Weights, folded bool, about string, err error) {
	w = nn.Begin(params, j.Recipe.Seed)
	if j.Init == "" {
		about = fmt.Sprintf("nothing: drawn with the seed %d", j.Recipe.Seed)
		if j.Recipe.BeginsWith != "" {
			about += fmt.Sprintf(" (the recipe is meant to begin with %s weights, and no file was named)", j.Recipe.BeginsWith)
		}
		return w, false, about, nil
	}
	have, folded, report, err := weights.Fit(j.Init, network, params)
	if err != nil {
		return nil, false, "", fmt.Errorf("%s: %w", j.Init, err)
	}
	for name, v := range have {
		w[name] = v
	}
	return w, folded, fmt.Sprintf("%s: %s", filepath.Base(j.Init), report), nil
}
