package nn

import (
	"cmp"
	"math"
	"slices"

	"requin/frame"
)

// simOTA says which cells learn which truth. The cells whose centre lies in the
// truth's box, or nearer than 2.5 cells to its centre (to each side), are its
// candidates. It takes those that cost least,
//
//	cost = cross entropy of the classes + 3·(-ln IoU) + 100,000 unless in both,
//
// and it takes more of them the better they already are: as many as the sum of its
// ten greatest IoUs, rounded down, at least one. A cell that several truths take
// learns the one of which it costs least. Of equals the first wins, so that the
// result depends on nothing but the input.
//
// Worked example: an input of 32×32 with cells of stride 8 alone, whose centres are
// at 4, 12, 20, 28. Truth A is the box 6 6 26 26, its centre (16, 16). All 16 cells
// are nearer than 20 to it; those at 12 and 20 lie in the box as well, call them a b
// over c d. What they predict:
//
//	cell   IoU   classes   cost
//	a      0.8   0.5       0.5 + 3·0.223 = 1.17
//	b      0.7   1.5       1.5 + 3·0.357 = 2.57
//	c      0.4   0.2       0.2 + 3·0.916 = 2.95
//	d      0.1   0.2       0.2 + 3·2.303 = 7.11
//	rest   0     0.2       100,000 and more
//
// The IoUs add up to 2.0: A takes two cells, a and b. Truth B takes b too, at a cost
// of 1.0: b learns B, and A keeps a.
//
// As in the published code, but that a truth chooses among its own candidates only,
// not those of others, and a contested cell goes to one of the truths that chose it.
// Ge et al. 2021, arXiv:2107.08430, section 2.
type simOTA struct {
	grids []grid
	box   func(cell int) frame.Box      // as predicted
	cost  func(cell, class int) float64 // cross entropy of the classes, if class is true
}

// grid is the cells of one stride, numbered row by row from first on.
type grid struct{ stride, w, h, first int }

// centre is a cell's, in pixels of the input.
func (g grid) centre(column, row int) (x, y float64) {
	return (float64(column) + 0.5) * float64(g.stride), (float64(row) + 0.5) * float64(g.stride)
}

const (
	simOTARadius  = 2.5 // cells
	simOTATop     = 10  // IoUs that say how many cells a truth takes
	simOTABox     = 3.0 // weight of -ln IoU
	simOTAOutside = 1e5
)

// match is a cell that learns a truth.
type match struct {
	cell, truth int
	iou         float64 // of what it predicts
}

// bid is a candidate: a cell that a truth may take.
type bid struct {
	cell   int
	inside bool // in the box and near its centre
	iou    float64
	cost   float64
}

// assign gives the matches, by cell. Truths to be ignored take none.
func (s simOTA) assign(truth []Truth) []match {
	type claim struct {
		match
		cost float64
	}
	claims := map[int]claim{}
	for t, box := range truth {
		if box.Ignore {
			continue
		}
		for _, c := range s.choose(box) {
			if before, taken := claims[c.cell]; !taken || c.cost < before.cost {
				claims[c.cell] = claim{match{c.cell, t, c.iou}, c.cost}
			}
		}
	}
	matches := make([]match, 0, len(claims))
	for _, c := range claims {
		matches = append(matches, c.match)
	}
	slices.SortFunc(matches, func(a, b match) int { return cmp.Compare(a.cell, b.cell) })
	return matches
}

// choose is the cells that a truth takes.
func (s simOTA) choose(t Truth) []bid {
	all := s.candidates(t.Box)
	k := min(howMany(all), len(all))
	inside := 0
	for _, c := range all {
		if c.inside {
			inside++
		}
	}
	if inside >= k { // those outside cost too much anyway
		all = slices.DeleteFunc(all, func(c bid) bool { return !c.inside })
	}
	for i := range all {
		all[i].cost = s.price(all[i], t.Class)
	}
	slices.SortFunc(all, func(a, b bid) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.cell, b.cell))
	})
	return all[:k]
}

// price is what a candidate costs; one that answers nonsense costs without end.
func (s simOTA) price(c bid, class int) float64 {
	cost := s.cost(c.cell, class) - simOTABox*math.Log(c.iou+1e-8)
	if !c.inside {
		cost += simOTAOutside
	}
	if math.IsNaN(cost) {
		return math.Inf(1)
	}
	return cost
}

// candidates are the cells that lie in a box or near its centre, by number.
func (s simOTA) candidates(b frame.Box) []bid {
	var found []bid
	cx, cy := b.Center()
	for _, g := range s.grids {
		r := simOTARadius * float64(g.stride)
		near := frame.Box{X0: cx - r, Y0: cy - r, X1: cx + r, Y1: cy + r}
		left, right := g.between(min(b.X0, near.X0), max(b.X1, near.X1), g.w)
		top, bottom := g.between(min(b.Y0, near.Y0), max(b.Y1, near.Y1), g.h)
		for row := top; row < bottom; row++ {
			for column := left; column < right; column++ {
				x, y := g.centre(column, row)
				in, close := inside(b, x, y), inside(near, x, y)
				if !in && !close {
					continue
				}
				cell := g.first + row*g.w + column
				iou := frame.IoU(s.box(cell), b)
				if !(iou >= 0) { // a prediction that is no number
					iou = 0
				}
				found = append(found, bid{cell: cell, inside: in && close, iou: iou})
			}
		}
	}
	return found
}

// between is the columns (or rows), of n, that may have a centre from one
// coordinate to another.
func (g grid) between(from, to float64, n int) (first, end int) {
	bound := func(v float64) int { return int(min(max(v, 0), float64(n))) }
	s := float64(g.stride)
	return bound(math.Floor(from / s)), bound(math.Ceil(to / s))
}

func inside(b frame.Box, x, y float64) bool {
	return x > b.X0 && x < b.X1 && y > b.Y0 && y < b.Y1
}

// howMany is how many cells a truth takes.
func howMany(all []bid) int {
	var top [simOTATop]float64 // greatest first
	for _, c := range all {
		v := c.iou
		for i := range top {
			if v > top[i] {
				v, top[i] = top[i], v
			}
		}
	}
	var sum float64
	for _, v := range top {
		sum += v
	}
	return max(1, int(sum))
}
