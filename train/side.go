package train

import (
	"errors"
	"fmt"

	"requin/dataset"
	"requin/eval"
)

// Side is the part of a dataset that a trained model, or any other detector, is tried on.
type Side struct {
	Name     string // "fold 0", "test", "all"
	Fold     int    // that the model's training on this dataset held out; NoFold where it held out none, or learned nothing of it
	Pictures []int  // of the manifest
	Fresh    bool   // the model's thresholds and calibration were learned on other pictures
}

// ErrLearned is a side from whose pictures a model has learned: what it finds there says nothing.
var ErrLearned = errors.New("has learned from")

// SideOf is the side of a dataset that a model is tried on; card is the model's, nil where it has none. asked is a fold, or
// dataset.Test. Where nobody asks (nil) a model that was trained on the dataset is tried on what its
// training held out, and any other on the test set, or all of a dataset that has none. No model is ever tried on pictures
// that it learned from: that is ErrLearned. A side without a picture is an error, too.
func SideOf(m *dataset.Manifest, card *Card, asked *int) (Side, error) {
	s := Side{Fold: NoFold}
	learned := card != nil && card.DatasetSum == m.Hash()
	if learned {
		s.Fold = card.Fold
	}
	switch {
	case asked != nil && *asked == dataset.Test:
		s.Name, s.Pictures, s.Fresh = "test", m.HeldOut(dataset.Test), true
	case asked != nil && learned && s.Fold == NoFold:
		return s, fmt.Errorf("%w all pictures of %s, fold %d too: try it with --test, or on another dataset with --dataset", ErrLearned, m.Name, *asked)
	case asked != nil && learned && s.Fold != *asked:
		return s, fmt.Errorf("%w the pictures of fold %d: what it finds there says nothing; try it on fold %d or with --test", ErrLearned, *asked, s.Fold)
	case asked != nil:
		s.Name, s.Pictures, s.Fresh = fmt.Sprintf("fold %d", *asked), m.HeldOut(*asked), !learned
	case learned && s.Fold == NoFold:
		s.Name, s.Pictures = "test", m.HeldOut(dataset.Test)
		if len(s.Pictures) == 0 {
			return s, fmt.Errorf("%w all pictures of %s, and that has no test set: try it on another dataset with --dataset", ErrLearned, m.Name)
		}
	case learned:
		s.Name, s.Pictures = fmt.Sprintf("fold %d", s.Fold), m.HeldOut(s.Fold)
	default:
		s.Name, s.Pictures, s.Fresh = "test", m.HeldOut(dataset.Test), true
		if len(s.Pictures) == 0 {
			s.Name, s.Pictures = "all", m.Training(dataset.Test)
		}
	}
	if len(s.Pictures) == 0 {
		return s, fmt.Errorf("the dataset %s has no pictures of its %s", m.Name, s.Name)
	}
	return s, nil
}

// Truth is what is true of a picture.
func Truth(p dataset.Picture) []eval.Truth {
	list := make([]eval.Truth, len(p.Boxes))
	for i, b := range p.Boxes {
		list[i] = eval.Truth{Box: b.Box, Taxon: b.Taxon, Ignore: b.Ignore != "", Crowd: b.Ignore == dataset.Crowd}
	}
	return list
}
