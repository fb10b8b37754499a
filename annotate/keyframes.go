package annotate

import (
	"sort"

	"requin/frame"
)

// Between gives a track's box at a frame from its marks, which are those of one
// track in the order of their frames. At a mark it is the mark's box; between two
// it is drawn on the straight line from one to the other, corner by corner (as
// CVAT, DIVE and BIIGLE do); false before the first, after the last, while the
// animal is outside, after a mark that is Still, and where a shape has no place.
func Between(marks []Mark, number int) (frame.Box, bool) {
	after := sort.Search(len(marks), func(i int) bool { return marks[i].Frame > number })
	if after == 0 {
		return frame.Box{}, false
	}
	from := marks[after-1]
	box, ok := from.Shape.Bounds()
	switch {
	case !ok || from.Outside:
		return frame.Box{}, false
	case from.Frame == number:
		return box, true
	case from.Still || after == len(marks):
		return frame.Box{}, false
	}
	to := marks[after]
	end, ok := to.Shape.Bounds()
	if !ok {
		return frame.Box{}, false
	}
	if to.Outside { // it was last seen where it was last drawn: nothing tells where it went
		end = box
	}
	share := float64(number-from.Frame) / float64(to.Frame-from.Frame)
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	return frame.Box{X0: mix(box.X0, end.X0), Y0: mix(box.Y0, end.Y0), X1: mix(box.X1, end.X1), Y1: mix(box.Y1, end.Y1)}, true
}
