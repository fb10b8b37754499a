package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/frame"
)

// predicting is an assignment on one grid of stride 8 where the cells predict what a
// test says.
func predicting(w, h int, box func(cell int) frame.Box, cost func(cell, class int) float64) simOTA {
	return simOTA{grids: []grid{{stride: 8, w: w / 8, h: h / 8}}, box: box, cost: cost}
}

func free(int, int) float64 { return 0 }

func nothing(int) frame.Box { return frame.Box{} }

func truth(x0, y0, x1, y1 float64) Truth {
	return Truth{Box: frame.Box{X0: x0, Y0: y0, X1: x1, Y1: y1}}
}

func cells(matches []match, truth int) (of []int) {
	for _, m := range matches {
		if m.truth == truth {
			of = append(of, m.cell)
		}
	}
	return of
}

// The example in simOTA's comment.
func TestSimOTAExample(t *testing.T) {
	a := truth(6, 6, 26, 26)
	ious := map[int]float64{5: 0.8, 6: 0.7, 9: 0.4, 10: 0.1}
	classes := map[int]float64{5: 0.5, 6: 1.5, 9: 0.2, 10: 0.2}
	s := predicting(32, 32,
		func(cell int) frame.Box { // as wide as A, cut to the share that gives the IoU
			return frame.Box{X0: 6, Y0: 6, X1: 26, Y1: 6 + 20*ious[cell]}
		},
		func(cell, class int) float64 { return classes[cell] })
	got := s.assign([]Truth{a})
	if !slices.Equal(cells(got, 0), []int{5, 6}) {
		t.Fatalf("A takes %v", got)
	}
	if math.Abs(got[0].iou-0.8) > 1e-9 || math.Abs(got[1].iou-0.7) > 1e-9 {
		t.Errorf("IoUs %v", got)
	}
	prices := map[int]float64{5: 1.17, 6: 2.57, 9: 2.95, 10: 7.11}
	for _, c := range s.candidates(a.Box) {
		if want, ok := prices[c.cell]; ok != c.inside || ok && math.Abs(s.price(c, 0)-want) > 0.005 {
			t.Errorf("cell %d costs %v", c.cell, s.price(c, 0))
		}
	}
	// B lies on cell b; class 1 is all that it costs there.
	s.cost = func(cell, class int) float64 {
		if class == 1 {
			return -20
		}
		return classes[cell]
	}
	b := truth(17, 9, 23, 15)
	b.Class = 1
	got = s.assign([]Truth{a, b})
	if !slices.Equal(cells(got, 0), []int{5}) || !slices.Equal(cells(got, 1), []int{6}) {
		t.Errorf("with B: %v", got)
	}
}

func TestSimOTATies(t *testing.T) {
	// All predictions are the truth itself: ten IoUs of 1, all costs equal, 16 cells
	// inside. The first ten of them learn it.
	a := truth(0, 0, 32, 32)
	got := predicting(64, 64, func(int) frame.Box { return a.Box }, free).assign([]Truth{a})
	want := []int{0, 1, 2, 3, 8, 9, 10, 11, 16, 17}
	if !slices.Equal(cells(got, 0), want) {
		t.Errorf("%v", got)
	}
}

func TestSimOTADuplicates(t *testing.T) {
	a := truth(0, 0, 32, 32)
	got := predicting(64, 64, func(int) frame.Box { return a.Box }, free).assign([]Truth{a, a})
	if len(cells(got, 0)) != 10 || len(cells(got, 1)) != 0 {
		t.Errorf("of two that are the same the first learns: %v", got)
	}
}

func TestSimOTAMoreTruthsThanCells(t *testing.T) {
	var all []Truth
	for i := range 30 {
		all = append(all, truth(float64(i%4), 1, float64(i%4)+9, 14))
	}
	got := predicting(16, 16, nothing, free).assign(all)
	if len(got) == 0 || len(got) > 4 {
		t.Fatalf("%d matches on 4 cells", len(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].cell >= got[i].cell {
			t.Errorf("cells are not in order: %v", got)
		}
	}
}

func TestSimOTATinyBox(t *testing.T) {
	// No centre lies in it; the cells near it are all there are.
	a := truth(14, 14, 15, 15)
	got := predicting(64, 64, func(cell int) frame.Box {
		if cell == 9 {
			return frame.Box{X0: 12, Y0: 12, X1: 16, Y1: 16}
		}
		return frame.Box{}
	}, free).assign([]Truth{a})
	if !slices.Equal(cells(got, 0), []int{9}) {
		t.Errorf("%v", got)
	}
}

func TestSimOTAOutside(t *testing.T) {
	s := predicting(64, 64, nothing, free)
	if got := s.assign([]Truth{truth(-20, -20, 9, 9)}); !slices.Equal(cells(got, 0), []int{0}) {
		t.Errorf("partly outside: %v", got) // only the corner's centre, (4, 4), is in it
	}
	if got := s.assign([]Truth{truth(-90, -90, -60, -60), truth(100, 100, 200, 200)}); len(got) != 0 {
		t.Errorf("far outside: %v", got)
	}
	if got := s.assign([]Truth{truth(-1e9, -1e9, 1e9, 1e9)}); len(got) != 1 {
		t.Errorf("larger than all: %v", got)
	}
	ignored := truth(0, 0, 32, 32)
	ignored.Ignore = true
	if got := s.assign([]Truth{ignored}); len(got) != 0 {
		t.Errorf("ignored: %v", got)
	}
}

func TestSimOTANonsense(t *testing.T) {
	nan := math.NaN()
	s := predicting(64, 64,
		func(cell int) frame.Box { return frame.Box{X0: nan, Y0: nan, X1: math.Inf(1), Y1: nan} },
		func(cell, class int) float64 { return nan })
	if got := s.assign([]Truth{truth(10, 10, 30, 30)}); len(got) != 1 || got[0].iou != 0 {
		t.Errorf("%v", got)
	}
}

// The plain way: every cost of every cell, sorted.
func TestSimOTAAgainstThePlainWay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s := simOTA{grids: yoloxGrids(96, 64)}
		boxes, costs := map[int]frame.Box{}, map[[2]int]float64{}
		n := 12*8 + 6*4 + 3*2
		for c := range n {
			x, y := r.Float64()*96, r.Float64()*64
			boxes[c] = frame.Box{X0: x - r.Float64()*30, Y0: y - r.Float64()*30, X1: x + r.Float64()*30, Y1: y + r.Float64()*30}
			for class := range 3 {
				costs[[2]int{c, class}] = 10 * r.Float64()
			}
		}
		s.box = func(cell int) frame.Box { return boxes[cell] }
		s.cost = func(cell, class int) float64 { return costs[[2]int{cell, class}] }
		var all []Truth
		for range r.IntN(12) {
			x, y := r.Float64()*110-10, r.Float64()*80-10
			b := truth(x, y, x+1+r.Float64()*60, y+1+r.Float64()*40)
			b.Class = r.IntN(3)
			all = append(all, b)
		}
		if got, want := s.assign(all), plainly(s, all); !slices.Equal(got, want) {
			t.Fatalf("%v\n%v", got, want)
		}
	}
}

func plainly(s simOTA, all []Truth) []match {
	last := s.grids[len(s.grids)-1]
	n := last.first + last.w*last.h
	bestOf, bestCost := make([]int, n), make([]float64, n)
	for c := range n {
		bestOf[c] = -1
	}
	for t, b := range all {
		type one struct {
			cell      int
			cost, iou float64
		}
		var list []one
		for _, g := range s.grids {
			for i := range g.w * g.h {
				x, y := g.centre(i%g.w, i/g.w)
				cx, cy := b.Center()
				in := x > b.X0 && x < b.X1 && y > b.Y0 && y < b.Y1
				near := math.Abs(x-cx) < 2.5*float64(g.stride) && math.Abs(y-cy) < 2.5*float64(g.stride)
				if !in && !near {
					continue
				}
				iou := frame.IoU(s.box(g.first+i), b.Box)
				cost := s.cost(g.first+i, b.Class) - 3*math.Log(iou+1e-8)
				if !(in && near) {
					cost += 1e5
				}
				list = append(list, one{g.first + i, cost, iou})
			}
		}
		slices.SortStableFunc(list, func(a, b one) int {
			switch {
			case a.iou > b.iou:
				return -1
			case a.iou < b.iou:
				return 1
			}
			return 0
		})
		var sum float64
		for _, l := range list[:min(10, len(list))] {
			sum += l.iou
		}
		slices.SortFunc(list, func(a, b one) int {
			switch {
			case a.cost < b.cost || a.cost == b.cost && a.cell < b.cell:
				return -1
			}
			return 1
		})
		for _, l := range list[:min(max(1, int(sum)), len(list))] {
			if bestOf[l.cell] < 0 || l.cost < bestCost[l.cell] {
				bestOf[l.cell], bestCost[l.cell] = t, l.cost
			}
		}
	}
	matches := []match{}
	for c, t := range bestOf {
		if t >= 0 {
			iou := frame.IoU(s.box(c), all[t].Box)
			matches = append(matches, match{c, t, iou})
		}
	}
	return matches
}
