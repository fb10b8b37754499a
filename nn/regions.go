package nn

import (
	"cmp"
	"math"
	"slices"
)

// This file is what happens to boxes between the stages of Faster R-CNN. The sums are
// in float32 and in the order that ONNX's TopK and NonMaxSuppression leave things in,
// so that a file can do the same: of equal scores the lower index comes first, a box
// is suppressed where its IoU with a better one is above (not at) the threshold.

// Proposing says how regions of interest are picked out of the first stage's
// answers.
type Proposing struct {
	Anchors []Anchors // of each level
	W, H    int       // of the input; proposals are clipped to it
	Before  int       // most of a level that enter suppression
	Keep    int       // most of a picture that leave it, all levels together
	IoU     float64   // above which the weaker of two of a level is suppressed
	Least   float64   // pixels; a box with a smaller side is dropped, after clipping and before suppression
	Decode  Deltas
}

// Anchors are the anchor boxes of one level: at each cell (column, row), centred on
// ((column + 0.5)·Stride, (row + 0.5)·Stride), one of each Size.
type Anchors struct {
	Stride int
	Sizes  [][2]float64 // width, height in pixels of the input
}

// Boxes are the anchors of a level of rows × columns cells, each x0, y0, x1, y1, row
// by row, in a row column by column, at a cell in the order of Sizes: anchor a of
// cell (x, y) is number (y·columns + x)·len(Sizes) + a.
func (a Anchors) Boxes(rows, columns int) []float32 {
	out := make([]float32, 0, rows*columns*len(a.Sizes)*4)
	for y := range rows {
		for x := range columns {
			cx, cy := (float64(x)+0.5)*float64(a.Stride), (float64(y)+0.5)*float64(a.Stride)
			for _, s := range a.Sizes {
				out = append(out, float32(cx-s[0]/2), float32(cy-s[1]/2), float32(cx+s[0]/2), float32(cy+s[1]/2))
			}
		}
	}
	return out
}

// Deltas says how a box is written relative to another: (x - xa)/wa·Weights[0],
// (y - ya)/ha·Weights[1], ln(w/wa)·Weights[2], ln(h/ha)·Weights[3] (centres and
// sizes; Ren et al. 2015). ln of a size is at most MaxLog when read back.
type Deltas struct {
	Weights [4]float64
	MaxLog  float64
}

// decode reads four deltas back: x0, y0, x1, y1.
//
// Worked example, weights 1: of the anchor 0 0 10 20 the deltas 0.5 0 ln 2 0 are a box
// centred on (5 + 0.5·10, 10), of 20 × 20: 0 0 20 20.
func (d Deltas) decode(from, deltas []float32) [4]float32 {
	w, h := from[2]-from[0], from[3]-from[1]
	x, y := from[0]+w*0.5, from[1]+h*0.5
	dx, dy := deltas[0]/float32(d.Weights[0]), deltas[1]/float32(d.Weights[1])
	dw := min(deltas[2]/float32(d.Weights[2]), float32(d.MaxLog))
	dh := min(deltas[3]/float32(d.Weights[3]), float32(d.MaxLog))
	x, y = x+dx*w, y+dy*h
	w, h = w*float32(math.Exp(float64(dw))), h*float32(math.Exp(float64(dh)))
	return [4]float32{x - w*0.5, y - h*0.5, x + w*0.5, y + h*0.5}
}

// Suppressing says how the second stage's answers become detections.
type Suppressing struct {
	Decode  Deltas
	W, H    int     // of the input; boxes are clipped to it
	Classes int     // without the background, which is column 0 of the scores
	Low     float64 // a score has to be above it
	IoU     float64 // above which the weaker of two of one class is suppressed
	Keep    int     // most detections of a picture
}

// candidate is a box on its way through suppression.
type candidate struct {
	box   [4]float32
	score float32
	class int
}

// Proposals picks regions of interest out of the first stage's answers, picture by
// picture. Of each level, objectness is N × A × H × W (raw: the greater, the surer;
// shapes holds that shape), deltas N × 4·A × H × W, the four of an anchor beside one
// another; A is len(Anchors[level].Sizes).
//
// Of each level the Before best are decoded, clipped to the input, dropped where a
// side is smaller than Least, and suppressed (level by level: what belongs to
// different levels does not suppress one another). Of what is left in all levels the
// Keep best go out, best first; equals stay in the order of levels and anchors
// (Anchors.Boxes). NaN is never picked.
//
// The result is R × 5: index of the picture, x0, y0, x1, y1 in pixels of the input.
func Proposals(objectness, deltas [][]float32, shapes [][]int, p Proposing) []float32 {
	var out []float32
	anchors := make([][]float32, len(shapes))
	for l, s := range shapes {
		anchors[l] = p.Anchors[l].Boxes(s[2], s[3])
	}
	for picture := range shapes[0][0] {
		var all []candidate
		for l, s := range shapes {
			size := s[1] * s[2] * s[3]
			all = append(all, p.level(anchors[l], objectness[l][picture*size:][:size], deltas[l][picture*size*4:][:size*4], s)...)
		}
		slices.SortStableFunc(all, bestFirst)
		for _, c := range all[:min(len(all), p.Keep)] {
			out = append(out, float32(picture), c.box[0], c.box[1], c.box[2], c.box[3])
		}
	}
	return out
}

// level picks the proposals of one level of one picture.
func (p Proposing) level(anchors, objectness, deltas []float32, shape []int) []candidate {
	a, cells := shape[1], shape[2]*shape[3]
	order := make([]int, 0, len(objectness)) // numbers of anchors, as Boxes counts them
	score := func(i int) float32 { return objectness[i%a*cells+i/a] }
	for i := range objectness {
		if s := score(i); s == s {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(score(j), score(i)), i-j) })
	var list []candidate
	for _, i := range order[:min(len(order), p.Before)] {
		var d [4]float32
		for k := range d {
			d[k] = deltas[(i%a*4+k)*cells+i/a]
		}
		box := clipped(p.Decode.decode(anchors[4*i:4*i+4], d[:]), p.W, p.H)
		if least := float32(p.Least); box[2]-box[0] >= least && box[3]-box[1] >= least {
			list = append(list, candidate{box: box, score: score(i)})
		}
	}
	return suppressed(list, p.IoU, p.Keep)
}

// Suppression turns the second stage's answers for the regions of one picture into
// detections. regions is R × 5 as Proposals gives them, scores R × (1 + Classes)
// probabilities, the background first, deltas R × 4·(1 + Classes), the four of a
// class beside one another, those of the background unused.
//
// Each region gives a box for each class whose score is above Low: decoded with that
// class's deltas and clipped to the input. Boxes of one class suppress one another.
// The Keep best go out, best first; equals in the order of classes, then of regions.
// boxes is M × 4 (x0, y0, x1, y1 in pixels of the input), labels are 1 for the first
// class, confidence is the score.
func Suppression(regions, scores, deltas []float32, s Suppressing) (boxes, labels, confidence []float32) {
	columns := 1 + s.Classes
	var all []candidate
	for class := 1; class < columns; class++ {
		var list []candidate
		for r := range len(regions) / 5 {
			if score := scores[r*columns+class]; score > float32(s.Low) {
				box := s.Decode.decode(regions[5*r+1:5*r+5], deltas[(r*columns+class)*4:])
				list = append(list, candidate{clipped(box, s.W, s.H), score, class})
			}
		}
		slices.SortStableFunc(list, bestFirst)
		all = append(all, suppressed(list, s.IoU, s.Keep)...)
	}
	slices.SortStableFunc(all, bestFirst)
	for _, c := range all[:min(len(all), s.Keep)] {
		boxes = append(boxes, c.box[:]...)
		labels = append(labels, float32(c.class))
		confidence = append(confidence, c.score)
	}
	return boxes, labels, confidence
}

func bestFirst(a, b candidate) int { return cmp.Compare(b.score, a.score) }

// suppressed keeps, of boxes that come best first, those that no better one which is
// kept overlaps by more than iou; at most most of them.
func suppressed(list []candidate, iou float64, most int) []candidate {
	var kept []candidate
	for _, c := range list {
		if len(kept) == most {
			break
		}
		if !slices.ContainsFunc(kept, func(k candidate) bool { return overlap(k.box, c.box) > float32(iou) }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// overlap is the intersection over union.
func overlap(a, b [4]float32) float32 {
	w := min(a[2], b[2]) - max(a[0], b[0])
	h := min(a[3], b[3]) - max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	both := w * h
	return both / ((a[2]-a[0])*(a[3]-a[1]) + (b[2]-b[0])*(b[3]-b[1]) - both)
}

func clipped(b [4]float32, w, h int) [4]float32 {
	x, y := float32(w), float32(h)
	return [4]float32{min(max(b[0], 0), x), min(max(b[1], 0), y), min(max(b[2], 0), x), min(max(b[3], 0), y)}
}
