package cli

import (
	"fmt"
	"path/filepath"

	"requin/eval"
	"requin/frame"
	"requin/report"
)

const (
	mistakesShown = 12
	mistakeSide   = 720 // pixels of the longer side of a picture on the page
)

// picture puts the worst mistakes on the page.
func (e *evaluation) picture(m tested, trials []eval.Trial) error {
	studied, _ := m.manifest.Roles()
	of := func(trial, image int) int { return m.sides[trial].Pictures[image] }
	var resizer frame.Resizer
	for _, x := range eval.Worst(trials, studied, e.rating, mistakesShown, of) {
		picture := of(x.Trial, x.Image)
		f, err := m.manifest.Frame(m.dir, picture)
		if err != nil {
			return err
		}
		small, err := report.Thumbnail(&resizer, f, mistakeSide)
		if err != nil {
			return err
		}
		p := m.manifest.Pictures[picture]
		e.page.Mistakes = append(e.page.Mistakes, report.Mistake{Said: saidOf(x), Judged: report.Judged{
			JPEG: small, W: f.W, H: f.H, Name: p.Deployment + ", " + filepath.Base(p.File), Truth: x.Judged.Truth, Partial: x.Judged.Partial, Found: x.Judged.Found, IoU: e.rating.IoU, Worst: &x.Box,
		}})
	}
	return nil
}

// saidOf is the line under a mistake.
func saidOf(m eval.Mistake) string {
	if m.Missed {
		return fmt.Sprintf("Missed: %s, %.0f×%.0f pixels", m.Taxon, m.Box.W(), m.Box.H())
	}
	return fmt.Sprintf("False alarm: %s, score %.2f", m.Taxon, m.Score)
}
