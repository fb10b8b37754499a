package torch

import (
	"cmp"
	"slices"
	"unsafe"

	"requin/nn"
)

func (e *eager) RoIAlign(features []nn.Tensor, regions nn.Tensor, r nn.RoIAlign) nn.Tensor {
	if len(features) == 0 || len(features) != len(r.Strides) || len(regions.Shape()) != 2 || regions.Shape()[1] != 5 {
		nn.Fail("regions %v of %d levels with %d strides: use R × 5, and a stride for each level", regions.Shape(), len(features), len(r.Strides))
	}
	ids := make([]int64, len(features))
	for i, f := range features {
		ids[i] = e.id(f)
	}
	rows := sortedRegions(e.Values(regions), r)
	var runs []int64 // level, picture, how many
	boxes := make([]float32, 0, 4*len(rows))
	order := make([]int64, 0, len(rows))
	for i, row := range rows {
		if row.picture < 0 || row.picture >= features[0].Shape()[0] {
			nn.Fail("a region of picture %d, of %d", row.picture, features[0].Shape()[0])
		}
		if i == 0 || row.level != rows[i-1].level || row.picture != rows[i-1].picture {
			runs = append(runs, int64(row.level), int64(row.picture), 0)
		}
		runs[len(runs)-1]++
		stride := float32(r.Strides[row.level])
		for _, v := range row.box {
			boxes = append(boxes, v/stride)
		}
		order = append(order, int64(row.index))
	}
	return e.make(func(into *made) string {
		return e.m.lib.RoIAlign(e.m.handle, &ids[0], int64(len(ids)), unsafe.SliceData(runs), int64(len(runs)/3), unsafe.SliceData(boxes),
			unsafe.SliceData(order), int64(len(order)), int64(r.Size), int64(r.Samples), into)
	})
}

// region is one row of regions, and where it is taken out of.
type region struct {
	index, level, picture int
	box                   [4]float32 // x0, y0, x1, y1 in pixels of the input
}

// sortedRegions are regions by level and picture, so that each of these is worked on
// at once.
func sortedRegions(values []float32, r nn.RoIAlign) []region {
	rows := make([]region, len(values)/5)
	for i := range rows {
		v := values[5*i:]
		rows[i] = region{
			index: i, picture: int(v[0]), box: [4]float32(v[1:5]),
			level: r.Level(float64(v[3])-float64(v[1]), float64(v[4])-float64(v[2])),
		}
	}
	slices.SortStableFunc(rows, func(a, b region) int { return cmp.Or(a.level-b.level, a.picture-b.picture) })
	return rows
}

func (e *eager) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	scores, moves := make([][]float32, len(objectness)), make([][]float32, len(deltas))
	shapes := make([][]int, len(objectness))
	for i := range objectness {
		scores[i], moves[i], shapes[i] = e.Values(objectness[i]), e.Values(deltas[i]), objectness[i].Shape()
	}
	rows := nn.Proposals(scores, moves, shapes, p)
	return e.Constant(rows, len(rows)/5, 5)
}

func (e *eager) Suppress(regions, scores, deltas nn.Tensor, s nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	rows := e.Values(regions)
	for i := 0; i < len(rows) && !e.unfolding; i += 5 {
		if rows[i] != 0 {
			nn.Fail("a second stage answers one picture at a time")
		}
	}
	b, l, c := nn.Suppression(rows, e.Values(scores), e.Values(deltas), s)
	return e.Constant(b, len(l), 4), e.Constant(l, len(l)), e.Constant(c, len(c))
}
