package detect

import (
	"cmp"
	"slices"

	"requin/frame"
	"requin/taxon"
)

// proposal is a candidate once its classes are taxa.
type proposal struct {
	box    frame.Box // pixels of the full picture, not clipped yet
	taxon  int
	score  float32
	scores []taxon.Score
}

// busiest bounds suppression, which compares all pairs: no more boxes than this, the
// best scored ones, enter it. A frame with a thousand fish stays below.
const busiest = 3000

// order sorts proposals, best score first. Ties are settled by where the boxes lie,
// so that one input has one answer.
func order(a, b proposal) int {
	return cmp.Or(
		cmp.Compare(b.score, a.score),
		cmp.Compare(a.box.X0, b.box.X0), cmp.Compare(a.box.Y0, b.box.Y0),
		cmp.Compare(a.box.X1, b.box.X1), cmp.Compare(a.box.Y1, b.box.Y1),
		cmp.Compare(a.taxon, b.taxon),
	)
}

// suppress removes each proposal that overlaps a better scored one of its taxon by
// more than most (intersection over union); most 0 removes none. The rest comes best
// first. It is greedy non-maximum suppression, taxon by taxon.
//
// Worked example, most 0.5: A 0.9 and B 0.8 overlap by 0.6, B and C 0.7 by 0.6, A
// and C by 0.3, all of one taxon. A stays, B goes; C stays, since B is no longer
// there to remove it.
func suppress(list []proposal, most float64) []proposal {
	slices.SortFunc(list, order)
	if len(list) > busiest {
		list = list[:busiest]
	}
	if most <= 0 {
		return list
	}
	var kept []proposal
next:
	for _, p := range list {
		for _, better := range kept {
			if better.taxon == p.taxon && frame.IoU(better.box, p.box) > most {
				continue next
			}
		}
		kept = append(kept, p)
	}
	return kept
}

// clip cuts the kept proposals to the picture and drops those of which less than a
// pixel is left either way.
func clip(list []proposal, taxa taxon.List, w, h int) []Detection {
	out := make([]Detection, 0, len(list))
	for _, p := range list {
		box := p.box.Clip(float64(w), float64(h))
		if box.W() < 1 || box.H() < 1 {
			continue
		}
		out = append(out, Detection{Box: box, Taxon: taxa[p.taxon].Name, Score: p.score, Scores: p.scores})
	}
	return out
}
