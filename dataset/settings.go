package dataset

import (
	"errors"
	"fmt"
	"math"
)

// Which frames are taken.
const (
	Annotated = "annotated" // every frame with a mark or a Look
	Interval  = "interval"  // one in every Every seconds of what was annotated
)

// Settings say how truth becomes a dataset. Each is written into the manifest.
type Settings struct {
	Name      string   `yaml:"name" json:"name"`
	Frames    string   `yaml:"frames" json:"frames"`             // Annotated or Interval
	Every     float64  `yaml:"every_s" json:"every_s"`           // of Interval, seconds
	MinBox    float64  `yaml:"min_box_px" json:"min_box_px"`     // a box whose shorter side is less, in pixels of the stored picture, is ignored as Small
	MaxFrames int      `yaml:"max_frames" json:"max_frames"`     // of one deployment, chosen by the seed; 0: all
	Folds     int      `yaml:"folds" json:"folds"`               // 0: none, all that is not tested is trained on
	Test      []string `yaml:"test" json:"test"`                 // deployments of the test set, by name
	TestShare float64  `yaml:"test_share" json:"test_share"`     // or a share of them, drawn; 0 to 0.9
	Floor     int      `yaml:"floor" json:"floor"`               // boxes a studied taxon must have among those tested to be scored
	LongSide  int      `yaml:"long_side_px" json:"long_side_px"` // larger pictures are stored scaled down to it; 0: as filmed
	Format    string   `yaml:"format" json:"format"`             // "jpeg" or "png", of pictures that cannot be copied as they are
	Quality   int      `yaml:"quality" json:"quality"`           // of JPEG, 1 to 100
	Unknown   string   `yaml:"unknown" json:"unknown"`           // labels that no taxon claims: "error", or "context" to take each as a taxon of its own
	Seed      uint64   `yaml:"seed" json:"seed"`
}

// DefaultSettings are those of the study the defaults follow, where it states any:
// one frame a second, five folds.
func DefaultSettings() Settings {
	return Settings{Name: "dataset", Frames: Annotated, Every: 1, MinBox: 4, Folds: 5, Test: []string{}, Floor: 20, Format: "jpeg", Quality: 92, Unknown: "error", Seed: 1}
}

// mostFolds bounds the number of folds.
const mostFolds = 100

// maxSide bounds the sides of a picture, in pixels.
const maxSide = 1 << 15

func (s Settings) check() error {
	switch {
	case s.Name == "":
		return errors.New("the dataset has no name")
	case s.Frames != Annotated && s.Frames != Interval:
		return fmt.Errorf("frames %q: %q and %q are known", s.Frames, Annotated, Interval)
	case s.Frames == Interval && !(s.Every >= 0.001 && s.Every <= 1e6):
		return fmt.Errorf("a frame every %g s: from 0.001 up", s.Every)
	case !(s.MinBox >= 0) || math.IsInf(s.MinBox, 0):
		return fmt.Errorf("least box of %g pixels: 0 or more", s.MinBox)
	case s.MaxFrames < 0:
		return fmt.Errorf("at most %d frames: 0 (all) or more", s.MaxFrames)
	case s.Folds < 0 || s.Folds == 1 || s.Folds > mostFolds:
		return fmt.Errorf("%d folds: 0 for none, or 2 to %d", s.Folds, mostFolds)
	case !(s.TestShare >= 0 && s.TestShare <= 0.9):
		return fmt.Errorf("a test share of %g: from 0 to 0.9", s.TestShare)
	case s.TestShare > 0 && len(s.Test) > 0:
		return errors.New("test deployments by name and a share of them: give one of both")
	case s.Floor < 0:
		return fmt.Errorf("a floor of %d boxes: 0 or more", s.Floor)
	case s.LongSide < 0 || s.LongSide > 0 && s.LongSide < 32 || s.LongSide > maxSide:
		return fmt.Errorf("a long side of %d pixels: 0 (as filmed), or from 32 to %d", s.LongSide, maxSide)
	case s.Format != "jpeg" && s.Format != "png":
		return fmt.Errorf("pictures as %q: jpeg and png are known", s.Format)
	case s.Format == "jpeg" && (s.Quality < 1 || s.Quality > 100):
		return fmt.Errorf("JPEG quality %d: from 1 to 100", s.Quality)
	case s.Unknown != "error" && s.Unknown != "context":
		return fmt.Errorf("unknown labels %q: error and context are known", s.Unknown)
	}
	return nil
}
