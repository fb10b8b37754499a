package nn

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"requin/frame"
)

// What a box may be an example of, beside the index of a truth.
const (
	background = -1
	neither    = -2
)

// examples are the truth of one picture, as a stage learns from it.
type examples struct {
	boxes   []frame.Box
	classes []int
	ignored []frame.Box
}

// learnable clips truth to the input, of w × h pixels. A box of less than a pixel is
// ignored: nothing of it is to be seen.
func learnable(truth []Truth, classes, w, h int) (e examples, err error) {
	for _, t := range truth {
		if !t.Finite() || !t.Ignore && (t.Class < 0 || t.Class >= classes) {
			return e, fmt.Errorf("a truth of class %d at %v: there are %d classes", t.Class, t.Box, classes)
		}
		box := t.Clip(float64(w), float64(h))
		switch {
		case box.Area() == 0:
		case t.Ignore || box.W() < 1 || box.H() < 1:
			e.ignored = append(e.ignored, box)
		default:
			e.boxes, e.classes = append(e.boxes, box), append(e.classes, t.Class)
		}
	}
	return e, nil
}

// match says of each box (four numbers each) what it is an example of: the truth that
// it overlaps most, if their IoU is at least Foreground; background, if under
// Background; else neither. Background that lies, by Background of its area or more,
// in an ignored box is neither.
//
// With always each truth has at least one example: the box that overlaps it most,
// however little; of several the one whose centre is nearest. (Ren et al. 2015,
// section 3.1.2. torchvision takes all of several, which makes a box much smaller
// than the anchors an example for every anchor that covers it.) Where one box is that
// of two truths, it is the one's that it overlaps more.
//
// Worked example, Foreground 0.7, Background 0.3, one truth 0 0 10 10:
//
//	box          IoU
//	0 0 10 12    100/120 = 0.83   example of the truth
//	0 0 10 20    100/200 = 0.5    neither
//	5 5 15 15    25/175  = 0.14   background
func (s Stage) match(boxes []float32, e examples, always bool) []int {
	out := make([]int, len(boxes)/4)
	best := make([]struct {
		box           int
		iou, distance float64
	}, len(e.boxes))
	for i := range out {
		box := boxAt(boxes, i)
		of, most := background, 0.0
		for t, truth := range e.boxes {
			iou := frame.IoU(box, truth)
			if iou > most {
				of, most = t, iou
			}
			if b := &best[t]; iou > 0 && iou > b.iou-1e-9 {
				if d := distance(box, truth); iou > b.iou+1e-9 || d < b.distance {
					b.box, b.iou, b.distance = i, iou, d
				}
			}
		}
		switch {
		case most >= s.Foreground:
			out[i] = of
		case most >= s.Background || s.hidden(box, e.ignored):
			out[i] = neither
		default:
			out[i] = background
		}
	}
	if !always {
		return out
	}
	order := make([]int, len(best))
	for t := range order {
		order[t] = t
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(best[a].iou, best[b].iou) })
	for _, t := range order { // the greater IoU last, so that it stays
		if best[t].iou > 0 {
			out[best[t].box] = t
		}
	}
	return out
}

// hidden tells whether a box lies in an ignored one.
func (s Stage) hidden(box frame.Box, ignored []frame.Box) bool {
	return slices.ContainsFunc(ignored, func(i frame.Box) bool {
		both := frame.Box{X0: max(box.X0, i.X0), Y0: max(box.Y0, i.Y0), X1: min(box.X1, i.X1), Y1: min(box.Y1, i.Y1)}
		return both.Area() > 0 && both.Area() >= s.Background*box.Area()
	})
}

func distance(a, b frame.Box) float64 {
	ax, ay := a.Center()
	bx, by := b.Center()
	return math.Hypot(ax-bx, ay-by)
}

func boxAt(boxes []float32, i int) frame.Box {
	b := boxes[4*i : 4*i+4]
	return frame.Box{X0: float64(b[0]), Y0: float64(b[1]), X1: float64(b[2]), Y1: float64(b[3])}
}

// sample draws which boxes are learned from: of those that show a truth at most the
// share Positive of Samples, the rest of Samples background. Every box is as likely
// as another of its kind. Nobody has to annotate background: all is that shows no truth.
//
// Worked example: Samples 8, Positive 0.5, 2 boxes that show a truth, 100 of
// background: both of the first and 6 of the second.
func (s Stage) sample(matches []int, r *rand.Rand) []int {
	var shown, rest []int
	for i, m := range matches {
		switch {
		case m >= 0:
			shown = append(shown, i)
		case m == background:
			rest = append(rest, i)
		}
	}
	shown = draw(shown, int(float64(s.Samples)*s.Positive), r)
	return append(shown, draw(rest, s.Samples-len(shown), r)...)
}

// draw takes n of a list, or all there are, without putting back.
func draw(list []int, n int, r *rand.Rand) []int {
	n = min(n, len(list))
	for i := range n {
		k := i + r.IntN(len(list)-i)
		list[i], list[k] = list[k], list[i]
	}
	return list[:n]
}

// encode writes a box as deltas from another: what decode reads back.
func (d Deltas) encode(from, box frame.Box) [4]float64 {
	fx, fy := from.Center()
	x, y := box.Center()
	return [4]float64{
		(x - fx) / from.W() * d.Weights[0], (y - fy) / from.H() * d.Weights[1],
		math.Log(box.W()/from.W()) * d.Weights[2], math.Log(box.H()/from.H()) * d.Weights[3],
	}
}
