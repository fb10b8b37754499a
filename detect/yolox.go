package detect

import (
	"math"

	"requin/frame"
)

// decodeYOLOX reads a YOLOX head: rows of cx, cy, w, h, objectness and the classes,
// for the cells of strides 8, 16, 32 (and 64), row by row. A score is objectness
// times class. Where the head is not decoded, which is how YOLOX is exported unless
// --decode_in_inference is given, the centre is counted in cells from the cell's
// corner and the size is the logarithm of cells:
//
//	x = (cx + column)·stride   width = exp(w)·stride
//
// Worked example: 64×64 input, so 8×8 + 4×4 + 2×2 = 84 rows. Row 64+5 is cell column
// 1, row 1 of stride 16. Values 0.5, 0.25, ln 2, 0 give the centre (1.5·16, 1.25·16)
// = (24, 20), size (2·16, 1·16) = (32, 16), the box 8 12 40 28.
//
// Ge et al. 2021, arXiv:2107.08430.
func decodeYOLOX(raw []float32, w, h int, decoded bool, into *candidates) error {
	width := 5 + into.classes
	grids, err := grid(w, h, len(raw)/width)
	if err != nil {
		return err
	}
	i := 0
	for _, g := range grids {
		s := float64(g.stride)
		for y := range g.h {
			for x := range g.w {
				row := raw[i : i+width]
				i += width
				if into.skip(row[4]) {
					continue
				}
				box := sized(row[0], row[1], row[2], row[3])
				if !decoded {
					cx, cy := (float64(row[0])+float64(x))*s, (float64(row[1])+float64(y))*s
					halfW, halfH := math.Exp(float64(row[2]))*s/2, math.Exp(float64(row[3]))*s/2
					box = frame.Box{X0: cx - halfW, Y0: cy - halfH, X1: cx + halfW, Y1: cy + halfH}
				}
				into.add(box, row[5:], row[4])
			}
		}
	}
	return nil
}
