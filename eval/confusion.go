package eval

import (
	"cmp"
	"slices"

	"requin/frame"
)

// Confusion counts what the animals of each taxon were taken for. The last row and the
// last column are the background. Taxa that are not listed are neither.
type Confusion struct {
	Taxa []string
	// Counts[true][found] is how many boxes of a taxon were found under a name:
	// Counts[true][len(Taxa)] were missed, Counts[len(Taxa)][found] are detections that
	// no animal answers for. A row adds up to the boxes of a taxon, a column to its
	// detections (but those that lie on its ignored boxes), and the diagonal is what
	// precision and recall count as right.
	Counts [][]int
	// Double is, of the detections that no animal answers for, how many lie on one that
	// another detection found: a second name or a second box for it. By name.
	Double []int
}

// Confuse matches the detections with at least the threshold of their taxon with the
// truth, in two rounds: first within each taxon as Match does, so that the diagonal
// agrees with precision and recall; then the detections left over with the boxes left
// over, whatever their names, the greatest overlap first, from IoU iou on.
//
// Worked example: a ray and a shark, found as "shark" (on the ray), "shark" (on the
// shark) and "ray" (on nothing). Row ray: 1 found as shark. Row shark: 1 as shark. Row
// background: 1 as ray.
func Confuse(images []Image, taxa []string, iou float64, threshold func(taxon string) float64) Confusion {
	c := Confusion{Taxa: taxa, Counts: make([][]int, len(taxa)+1), Double: make([]int, len(taxa))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(taxa)+1)
	}
	of := map[string]int{}
	for i, t := range taxa {
		of[t] = i
	}
	for _, i := range images {
		kept := Image{Partial: i.Partial}
		for _, t := range i.Truth {
			if _, listed := of[t.Taxon]; listed {
				kept.Truth = append(kept.Truth, t)
			}
		}
		for _, f := range i.Found {
			if _, listed := of[f.Taxon]; listed && f.Score >= threshold(f.Taxon) {
				kept.Found = append(kept.Found, f)
			}
		}
		c.add(kept, of, iou)
	}
	return c
}

func (c *Confusion) add(i Image, of map[string]int, iou float64) {
	background := len(c.Taxa)
	j := Judge(i, iou)
	type pair struct {
		truth, found int
		overlap      float64
	}
	var pairs []pair
	named := make([]bool, len(i.Found)) // has its place in the counts
	for f, d := range i.Found {
		if j.Right[f] {
			c.Counts[of[d.Taxon]][of[d.Taxon]]++
		}
		named[f] = !j.Wrong[f]
		for t, b := range i.Truth {
			if o := frame.IoU(d.Box, b.Box); j.Wrong[f] && wanted(b) && !j.Found[t] && d.Taxon != b.Taxon && o >= min(iou, surest) {
				pairs = append(pairs, pair{t, f, o})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.overlap, a.overlap), cmp.Compare(i.Found[b.found].Score, i.Found[a.found].Score))
	})
	for _, p := range pairs {
		if !j.Found[p.truth] && !named[p.found] {
			j.Found[p.truth], named[p.found] = true, true
			c.Counts[of[i.Truth[p.truth].Taxon]][of[i.Found[p.found].Taxon]]++
		}
	}
	for t, b := range i.Truth {
		if wanted(b) && !j.Found[t] {
			c.Counts[of[b.Taxon]][background]++
		}
	}
	for f, d := range i.Found {
		if named[f] {
			continue
		}
		c.Counts[background][of[d.Taxon]]++
		if slices.ContainsFunc(i.Truth, func(b Truth) bool { return wanted(b) && frame.IoU(d.Box, b.Box) >= min(iou, surest) }) {
			c.Double[of[d.Taxon]]++
		}
	}
}

// wanted tells whether a box is to be found.
func wanted(t Truth) bool { return !t.Ignore && !t.Crowd }

// Class is how many of a taxon's animals of one class were found.
type Class struct {
	Name         string
	Truth, Found int
}

// Recall is the share that was found; NaN where there are none.
func (c Class) Recall() float64 { return ratio(float64(c.Found), float64(c.Truth)) }

// RecallBy sorts a taxon's true boxes into classes and counts how many of each were
// found by a detection with at least the threshold: by size, distance, turbidity. Only
// recall can be told so: a detection that is wrong has no distance. of names the class
// of a box of a picture (both by index); the empty name leaves it out. Classes come in
// the order of names; those that nothing fell into are there, with 0.
func RecallBy(images []Image, taxon string, iou, threshold float64, names []string, of func(image, truth int) string) []Class {
	out := make([]Class, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	for n, i := range images {
		kept := Image{Truth: i.Truth, Partial: i.Partial}
		for _, f := range i.Found {
			if f.Taxon == taxon && f.Score >= threshold {
				kept.Found = append(kept.Found, f)
			}
		}
		j := Judge(kept, iou)
		for t, b := range i.Truth {
			if b.Taxon != taxon || !wanted(b) {
				continue
			}
			if at := slices.Index(names, of(n, t)); at >= 0 {
				out[at].Truth++
				if j.Found[t] {
					out[at].Found++
				}
			}
		}
	}
	return out
}

// Size is a class of size, as COCO has them: an area in pixels of the picture.
type Size struct {
	Name string
	Rules
}

// Sizes are COCO's: small up to 32² pixels, medium up to 96², large above. A box just at
// a bound is in both.
func Sizes() []Size {
	const small, medium = 32 * 32, 96 * 96
	return []Size{{"small", Rules{Most: 100, MaxArea: small}}, {"medium", Rules{Most: 100, MinArea: small, MaxArea: medium}}, {"large", Rules{Most: 100, MinArea: medium}}}
}
