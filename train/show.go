package train

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"requin/disk"
	"requin/eval"
	"requin/frame"
	"requin/report"
)

const (
	shownPictures = 12
	shownSide     = 560  // pixels of the longer side of a picture on the page
	shownScore    = 0.25 // detections that score less would hide the picture
)

// show writes the page, with pictures of the latest look.
func (t *trainer) show(state State, reason string) error {
	design := t.network.Design()
	fold := fmt.Sprintf("fold %d of %d held out", t.Fold, t.Manifest.Settings.Folds)
	if t.Fold == NoFold {
		fold = "nothing held out"
	}
	p := Page{
		Network: fmt.Sprintf("%s at %d×%d", design.Network, design.W, design.H), Dataset: t.Manifest.Name, Fold: fold, Device: t.Devices[0],
		State: state, Reason: reason, Written: time.Now().Format("2006-01-02 15:04:05"), Step: t.state.Step, Steps: t.plan.steps, Elapsed: t.state.Elapsed, Left: t.left(),
		Curve: t.state.Curve, Best: t.state.Best, Pictures: t.pictures, Recipe: t.Recipe.YAML(),
		Facts: []Facts{{"Training", [][2]string{
			{"Dataset", fmt.Sprintf("%s, manifest SHA-256 %s", t.Manifest.Name, t.Manifest.Hash())}, {"Held-out pictures", fmt.Sprint(len(t.held))},
			{"Began with", t.state.Begun}, {"Seed", fmt.Sprint(t.Recipe.Seed)}, {"Resumed", fmt.Sprintf("%d times", t.state.Resumed)},
			{"Parameters", fmt.Sprint(learned(t.params))},
		}}},
	}
	if t.watch.Facts != nil {
		p.Facts = append(p.Facts, Facts{"Machine", t.watch.Facts()})
	}
	return disk.WriteFile(filepath.Join(t.Folder, PageFile), func(w io.Writer) error { return WritePage(w, p) })
}

// illustrate takes some of a look's pictures for the page: the same ones each time,
// those with animals first.
func (t *trainer) illustrate(l look) error {
	var with, without []int
	for n, image := range l.images {
		if len(image.Truth) > 0 {
			with = append(with, n)
		} else {
			without = append(without, n)
		}
	}
	chosen := pick(with, shownPictures, t.Recipe.Seed)
	chosen = append(chosen, pick(without, shownPictures-len(chosen), t.Recipe.Seed)...)
	t.pictures = nil
	var resizer frame.Resizer
	for _, n := range chosen {
		f, err := t.Manifest.Frame(t.Dataset, l.pictures[n])
		if err != nil {
			return err
		}
		small, err := report.Thumbnail(&resizer, f, shownSide)
		if err != nil {
			return err
		}
		found := slices.DeleteFunc(slices.Clone(l.images[n].Found), func(d eval.Found) bool { return d.Score < shownScore })
		source := t.Manifest.Pictures[l.pictures[n]]
		t.pictures = append(t.pictures, report.Judged{JPEG: small, W: f.W, H: f.H, Name: source.Deployment + ", " + filepath.Base(source.File), Truth: l.images[n].Truth, Partial: l.images[n].Partial, Found: found})
	}
	return nil
}
