package cli

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"requin/eval"
	"requin/frame"
	"requin/report"
)

// mistake is a false alarm or a missed animal in a picture.
type mistake struct {
	picture int // of the manifest
	image   eval.Image
	said    string
	box     frame.Box
	grave   float64 // the score of a false alarm, the area of a missed animal
}

const (
	mistakesShown = 12
	mistakeSide   = 720 // pixels of the longer side of a picture on the page
)

// worst finds the false alarms of the highest scores and the largest missed animals of
// studied taxa, half and half, each picture once.
func worst(m tested, trials []eval.Trial, studied []string, r eval.Rating) []mistake {
	var alarms, missed []mistake
	for k, t := range trials {
		for n, image := range t.Images {
			kept := eval.Image{Truth: image.Truth}
			for _, f := range image.Found {
				least := t.Thresholds[f.Taxon]
				if !math.IsNaN(r.Threshold) {
					least = r.Threshold
				}
				if f.Score >= least {
					kept.Found = append(kept.Found, f)
				}
			}
			j := eval.Judge(kept, r.IoU)
			base := mistake{picture: m.sides[k].pictures[n], image: kept}
			for i, f := range kept.Found {
				if j.Wrong[i] && slices.Contains(studied, f.Taxon) {
					x := base
					x.box, x.grave, x.said = f.Box, f.Score, fmt.Sprintf("False alarm: %s, score %.2f", f.Taxon, f.Score)
					alarms = append(alarms, x)
				}
			}
			for i, b := range image.Truth {
				if !j.Found[i] && !b.Ignore && !b.Crowd && slices.Contains(studied, b.Taxon) && !slices.Contains(t.Unknown, b.Taxon) {
					x := base
					x.box, x.grave, x.said = b.Box, b.Area(), fmt.Sprintf("Missed: %s, %.0f×%.0f pixels", b.Taxon, b.W(), b.H())
					missed = append(missed, x)
				}
			}
		}
	}
	seen := map[int]bool{}
	take := func(list []mistake, most int) (out []mistake) {
		slices.SortStableFunc(list, func(a, b mistake) int { return cmp.Compare(b.grave, a.grave) })
		for _, x := range list {
			if len(out) < most && !seen[x.picture] {
				seen[x.picture] = true
				out = append(out, x)
			}
		}
		return out
	}
	out := take(alarms, mistakesShown/2)
	return append(out, take(missed, mistakesShown-len(out))...)
}

// picture puts the mistakes on the page.
func (e *evaluation) picture(m tested, mistakes []mistake) error {
	var resizer frame.Resizer
	for _, x := range mistakes {
		f, err := m.manifest.Frame(m.dir, x.picture)
		if err != nil {
			return err
		}
		small, err := report.Thumbnail(&resizer, f, mistakeSide)
		if err != nil {
			return err
		}
		p := m.manifest.Pictures[x.picture]
		e.page.Mistakes = append(e.page.Mistakes, report.Mistake{Said: x.said, Judged: report.Judged{
			JPEG: small, W: f.W, H: f.H, Name: p.Deployment + ", " + filepath.Base(p.File), Truth: x.image.Truth, Found: x.image.Found, IoU: e.rating.IoU, Worst: &x.box,
		}})
	}
	return nil
}
