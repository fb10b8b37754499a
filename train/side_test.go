package train

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"requin/dataset"
	"requin/eval"
	"requin/frame"
)

// split is a dataset of one picture a deployment: two folds, and a test set where test is true. Its hash is "".
func split(test bool) *dataset.Manifest {
	m := &dataset.Manifest{Name: "reef", Settings: dataset.Settings{Folds: 2}}
	for i, name := range []string{"A", "B", "C"} {
		fold := []int{0, 1, dataset.Test}[i]
		if fold == dataset.Test && !test {
			continue
		}
		m.Deployments = append(m.Deployments, dataset.Deployment{Name: name, Fold: fold})
		m.Pictures = append(m.Pictures, dataset.Picture{Deployment: name})
	}
	return m
}

func TestSideOf(t *testing.T) {
	fold := func(n int) *int { return &n }
	learned := func(fold int) *Card { return &Card{Fold: fold} } // of the dataset whose hash is ""
	other := &Card{DatasetSum: "another", Fold: 1}
	for _, x := range []struct {
		about   string
		card    *Card
		test    bool // the dataset has a test set
		asked   *int
		want    Side
		learned bool // ErrLearned
		wrong   string
	}{
		{"any detector", nil, true, nil, Side{"test", NoFold, []int{2}, true}, false, ""},
		{"any detector, no test set", nil, false, nil, Side{"all", NoFold, []int{0, 1}, true}, false, ""},
		{"any detector on a fold", nil, true, fold(1), Side{"fold 1", NoFold, []int{1}, true}, false, ""},
		{"any detector on no test set", nil, false, fold(dataset.Test), Side{}, false, "the dataset reef has no pictures of its test"},
		{"trained elsewhere", other, true, nil, Side{"test", NoFold, []int{2}, true}, false, ""},
		{"trained elsewhere, on a fold", other, true, fold(0), Side{"fold 0", NoFold, []int{0}, true}, false, ""},
		{"trained with a fold held out", learned(1), true, nil, Side{"fold 1", 1, []int{1}, false}, false, ""},
		{"on that fold", learned(1), true, fold(1), Side{"fold 1", 1, []int{1}, false}, false, ""},
		{"on the test set", learned(1), true, fold(dataset.Test), Side{"test", 1, []int{2}, true}, false, ""},
		{"on a fold it learned from", learned(1), true, fold(0), Side{}, true, "the pictures of fold 0: what it finds there says nothing; try it on fold 1 or with --test"},
		{"learned from all", learned(NoFold), true, nil, Side{"test", NoFold, []int{2}, false}, false, ""},
		{"learned from all, on a fold", learned(NoFold), true, fold(0), Side{}, true, "all pictures of reef, fold 0 too"},
		{"learned from all, no test set", learned(NoFold), false, nil, Side{}, true, "has no test set: try it on another dataset"},
	} {
		got, err := SideOf(split(x.test), x.card, x.asked)
		if x.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), x.wrong) || errors.Is(err, ErrLearned) != x.learned {
				t.Errorf("%s: %v, want an error with %q", x.about, err, x.wrong)
			}
			continue
		}
		if err != nil || got.Name != x.want.Name || got.Fold != x.want.Fold || got.Fresh != x.want.Fresh || !slices.Equal(got.Pictures, x.want.Pictures) {
			t.Errorf("%s: %+v, %v; want %+v", x.about, got, err, x.want)
		}
	}
}

func TestTruth(t *testing.T) {
	box := frame.Box{X1: 10, Y1: 5}
	got := Truth(dataset.Picture{Boxes: []dataset.Box{{Taxon: "shark", Box: box}, {Taxon: "ray", Ignore: dataset.Small}, {Taxon: "fish", Ignore: dataset.Crowd}}})
	want := []eval.Truth{{Taxon: "shark", Box: box}, {Taxon: "ray", Ignore: true}, {Taxon: "fish", Ignore: true, Crowd: true}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
