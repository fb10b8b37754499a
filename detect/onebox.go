package detect

import (
	"cmp"
	"slices"

	"requin/frame"
	"requin/taxon"
)

// OneBox makes one detection of the boxes that are on one animal under several names. Suppression goes taxon by taxon, so a detector
// that is in doubt gives a shark two boxes with two names, which would be counted as two animals. Of two boxes of different
// taxa that overlap by more than most (intersection over union) the better stays, and takes in the other's scores: the doubt is kept, in
// Scores. Better is the one that reaches its taxon's threshold, then the one that scores more. Two taxa that mayOverlap are two animals
// however they lie; nil: none may. most 0 joins none. The rest comes best scored first; list is not changed.
//
// Worked example, most 0.6: shark 0.8 and fish 0.5 overlap by 0.7. One shark of 0.8 stays, its scores shark 0.8 and fish 0.5. Where
// only fish reaches its threshold, the fish of 0.5 stays, with the same scores; its track's name is found from the scores of all its points.
func OneBox(list []Detection, most float64, threshold func(taxon string) float32, mayOverlap func(a, b string) bool) []Detection {
	if most <= 0 || len(list) < 2 {
		return list
	}
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Detection) int {
		strongA, strongB := a.Score >= threshold(a.Taxon), b.Score >= threshold(b.Taxon)
		if strongA != strongB {
			if strongA {
				return -1
			}
			return 1
		}
		return compare(a, b)
	})
	kept := make([]Detection, 0, len(sorted))
next:
	for _, d := range sorted {
		for i := range kept {
			k := &kept[i]
			if k.Taxon != d.Taxon && frame.IoU(k.Box, d.Box) > most && (mayOverlap == nil || !mayOverlap(k.Taxon, d.Taxon)) {
				k.Scores = pooled(k.named(), d.named())
				continue next
			}
		}
		kept = append(kept, d)
	}
	slices.SortStableFunc(kept, compare)
	return kept
}

// compare sorts detections, best score first, ties by place and name, so that one input has one answer.
func compare(a, b Detection) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Taxon, b.Taxon),
		cmp.Compare(a.Box.X0, b.Box.X0), cmp.Compare(a.Box.Y0, b.Box.Y0),
		cmp.Compare(a.Box.X1, b.Box.X1), cmp.Compare(a.Box.Y1, b.Box.Y1))
}

// named gives every taxon that a detection speaks of with its score, each once.
func (d Detection) named() []taxon.Score {
	if len(d.Scores) == 0 {
		return []taxon.Score{{Taxon: d.Taxon, Score: d.Score}}
	}
	return d.Scores
}

// pooled is the higher score of either list for every taxon, best first, at most mostScores. Neither list is changed.
func pooled(a, b []taxon.Score) []taxon.Score {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(o taxon.Score) bool { return o.Taxon == s.Taxon })
		if i < 0 {
			out = append(out, s)
		} else {
			out[i].Score = max(out[i].Score, s.Score)
		}
	}
	slices.SortFunc(out, func(x, y taxon.Score) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Taxon, y.Taxon))
	})
	return out[:min(len(out), mostScores):min(len(out), mostScores)]
}
