package train

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"requin/dataset"
	"requin/nn"
	"requin/torch"
)

// Recipe is every setting of a training. docs/training.md says what each does and
// where its default comes from.
type Recipe struct {
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about"`

	nn.Design `yaml:",inline"`
	Taxa      string `yaml:"taxa" json:"taxa"` // AllTaxa or StudiedTaxa: which are trained on
	// BeginsWith is what weights the recipe is meant to begin with, in words: "COCO". A
	// file is named when it is used; without one the record says that it began from nothing.
	BeginsWith string `yaml:"begins_with" json:"begins_with"`

	Epochs      float64 `yaml:"epochs" json:"epochs"`             // times that each picture is seen; 0: Iterations says
	Iterations  int     `yaml:"iterations" json:"iterations"`     // steps of the optimiser; 0: Epochs says
	Batch       int     `yaml:"batch" json:"batch"`               // pictures in a step
	DeviceBatch int     `yaml:"device_batch" json:"device_batch"` // pictures that a device takes at once; gradients are added up until Batch is reached
	Devices     int     `yaml:"devices" json:"devices"`           // that the recipe was made for; fewer take turns
	Half        bool    `yaml:"mixed_precision" json:"mixed_precision"`

	Optimiser torch.Optimising `yaml:"optimiser" json:"optimiser"`
	Rate      Rate             `yaml:"learning_rate" json:"learning_rate"`
	Clip      float64          `yaml:"clip_gradient_norm" json:"clip_gradient_norm"` // 0: not
	Average   Averaging        `yaml:"weight_average" json:"weight_average"`

	Augment dataset.Augment `yaml:"augment" json:"augment"`
	Calm    float64         `yaml:"calm" json:"calm"` // share of the training, at its end, without mosaic

	Validate float64 `yaml:"validate_epochs" json:"validate_epochs"` // epochs between two looks at held-out pictures; 0: only at the end
	Patience int     `yaml:"patience" json:"patience"`               // looks without a better AP50 after which training ends early; 0: never
	Folds    int     `yaml:"folds" json:"folds"`                     // that the dataset is meant to have
	Seed     uint64  `yaml:"seed" json:"seed"`
}

// Which taxa of a dataset are trained on.
const (
	AllTaxa     = "all"
	StudiedTaxa = "studied"
)

// Rate is how the learning rate goes with the step; see At.
type Rate struct {
	Base     float64 `yaml:"base" json:"base"`
	Schedule string  `yaml:"schedule" json:"schedule"` // "cosine" or "constant"
	Warmup   int     `yaml:"warmup" json:"warmup"`     // steps
	Final    float64 `yaml:"final" json:"final"`       // share of Base that cosine ends with
}

// Averaging is the running average of weights that is tested and deployed instead of
// the last ones: decay is Decay·(1 - exp(-step/Ramp)), as YOLOX has it. Decay 0: none.
type Averaging struct {
	Decay float64 `yaml:"decay" json:"decay"`
	Ramp  float64 `yaml:"ramp" json:"ramp"`
}

//go:embed recipes/*.yaml
var recipes embed.FS

// Recipes lists the names of those that come with Requin.
func Recipes() (names []string) {
	files, _ := fs.Glob(recipes, "recipes/*.yaml") // the pattern is right
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// ReadRecipe is a recipe by its name, or out of a file; changes ("learning_rate.base=0.004")
// are made to it.
func ReadRecipe(nameOrFile string, changes []string) (Recipe, error) {
	var r io.Reader
	if slices.Contains(Recipes(), nameOrFile) {
		text, err := recipes.ReadFile("recipes/" + nameOrFile + ".yaml")
		if err != nil {
			return Recipe{}, err
		}
		r = bytes.NewReader(text)
	} else {
		f, err := os.Open(nameOrFile)
		if errors.Is(err, fs.ErrNotExist) {
			return Recipe{}, fmt.Errorf("%q is neither a recipe of Requin's (%s) nor a file", nameOrFile, strings.Join(Recipes(), ", "))
		}
		if err != nil {
			return Recipe{}, err
		}
		defer f.Close()
		r = f
	}
	recipe, err := ParseRecipe(r)
	if err != nil {
		return Recipe{}, fmt.Errorf("recipe %s: %w", nameOrFile, err)
	}
	for _, c := range changes {
		if err := recipe.Change(c); err != nil {
			return Recipe{}, err
		}
	}
	return recipe, recipe.Check()
}

// largestRecipe is the size above which a file cannot be meant.
const largestRecipe = 1 << 20

// ParseRecipe reads a recipe. What it leaves out has the value of DefaultRecipe; what is
// not known is an error.
func ParseRecipe(r io.Reader) (Recipe, error) {
	text, err := io.ReadAll(io.LimitReader(r, largestRecipe+1))
	if err != nil {
		return Recipe{}, err
	}
	if len(text) > largestRecipe {
		return Recipe{}, fmt.Errorf("more than %d KB: is it another file?", largestRecipe>>10)
	}
	recipe := DefaultRecipe()
	if err := recipe.overlay(text); err != nil {
		return Recipe{}, err
	}
	return recipe, recipe.Check()
}

// overlay takes over what a YAML text states.
func (r *Recipe) overlay(text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	switch err := decoder.Decode(r); {
	case err == io.EOF:
		return errors.New("the file is empty: see requin train --show laptop for a whole one")
	case err != nil:
		return plainly(err)
	}
	return nil
}

// plainly takes the library's words out of an error.
func plainly(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var lines []string
	for _, line := range wrong.Errors {
		if before, _, ok := strings.Cut(line, " not found in type "); ok {
			line = before + " is not known"
		}
		line, _, _ = strings.Cut(line, " into struct ")
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "; "))
}

// Change makes a change of the form "key=value" or "group.key=value".
func (r *Recipe) Change(change string) error {
	key, value, ok := strings.Cut(change, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q: write a change as learning_rate.base=0.004", change)
	}
	var text strings.Builder
	depth := 0
	for part := range strings.SplitSeq(key, ".") {
		if depth > 0 {
			text.WriteString("\n" + strings.Repeat("  ", depth))
		}
		text.WriteString(part + ":")
		depth++
	}
	text.WriteString(" " + value + "\n")
	if err := r.overlay([]byte(text.String())); err != nil {
		return fmt.Errorf("%q: %w", change, err)
	}
	return nil
}

// YAML is the whole recipe, defaults too.
func (r Recipe) YAML() string {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(r); err != nil { // a struct of numbers and texts
		return err.Error()
	}
	return b.String()
}

// DefaultRecipe is YOLOX-nano for a laptop, the values where a recipe says nothing.
func DefaultRecipe() Recipe {
	return Recipe{
		Name: "unnamed", Design: nn.Design{Network: "yolox-nano", W: 416, H: 416}, Taxa: AllTaxa,
		Epochs: 60, Batch: 8, DeviceBatch: 8, Devices: 1,
		Optimiser: torch.Optimising{Kind: "sgd", Momentum: 0.9, Nesterov: true, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 5e-4},
		Rate:      Rate{Base: 0.0025, Schedule: "cosine", Warmup: 100, Final: 0.05},
		Clip:      35, Average: Averaging{Decay: 0.998, Ramp: 500},
		Augment: dataset.DefaultAugment(), Calm: 0.15, Validate: 5, Folds: 5, Seed: 1,
	}
}

// Check says what in a recipe cannot be meant.
func (r Recipe) Check() error {
	switch {
	case r.Taxa != AllTaxa && r.Taxa != StudiedTaxa:
		return fmt.Errorf("taxa: %q: write %q or %q", r.Taxa, AllTaxa, StudiedTaxa)
	case !(r.Epochs >= 0 && r.Epochs <= 1e6) || r.Iterations < 0 || (r.Epochs > 0) == (r.Iterations > 0):
		return errors.New("give either epochs or iterations, the other 0: they say how long to train")
	case r.Batch < 1 || r.Batch > 1<<12 || r.DeviceBatch < 1 || r.Batch%r.DeviceBatch != 0:
		return fmt.Errorf("batch: %d, device_batch: %d: the first must be a multiple of the second", r.Batch, r.DeviceBatch)
	case r.Devices < 1 || r.Devices > 64:
		return fmt.Errorf("devices: %d: from 1 to 64", r.Devices)
	case !(r.Rate.Base > 0 && r.Rate.Base < 10):
		return fmt.Errorf("learning_rate.base: %g: it must be over 0, for example 0.005", r.Rate.Base)
	case r.Rate.Schedule != "cosine" && r.Rate.Schedule != "constant":
		return fmt.Errorf("learning_rate.schedule: %q: write cosine or constant", r.Rate.Schedule)
	case r.Rate.Warmup < 0 || !(r.Rate.Final >= 0 && r.Rate.Final <= 1):
		return fmt.Errorf("learning_rate: warmup %d must be 0 or more, final %g between 0 and 1", r.Rate.Warmup, r.Rate.Final)
	case !(r.Clip >= 0):
		return fmt.Errorf("clip_gradient_norm: %g: 0 (not) or more", r.Clip)
	case !(r.Average.Decay >= 0 && r.Average.Decay < 1) || r.Average.Decay > 0 && !(r.Average.Ramp > 0):
		return fmt.Errorf("weight_average: decay %g must lie between 0 (none) and 1, ramp %g be over 0", r.Average.Decay, r.Average.Ramp)
	case !(r.Calm >= 0 && r.Calm <= 1):
		return fmt.Errorf("calm: %g: a share from 0 to 1", r.Calm)
	case !(r.Validate >= 0) || r.Patience < 0:
		return fmt.Errorf("validate_epochs: %g, patience: %d: 0 or more", r.Validate, r.Patience)
	case r.Patience > 0 && r.Validate == 0:
		return errors.New("patience needs validate_epochs: without looking, nothing can be seen to get better")
	}
	design := r.Design
	design.Classes = []string{"any"}
	_, err := nn.New(design)
	return err
}
