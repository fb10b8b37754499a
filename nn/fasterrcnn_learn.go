package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Learn computes four terms: "objectness", the mean cross-entropy of the anchors that
// were sampled; "proposal boxes", the smooth L1 of those that show a truth, divided by
// the number of all that were sampled; "classes" and "boxes", the same of the second
// stage. Means are over all pictures of the batch.
func (n *fasterRCNN) Learn(o Eager, b Batch) (Lesson, error) {
	s := b.Images.Shape()
	h, w := s[2], s[3]
	truth := make([]examples, len(b.Truth))
	for i, t := range b.Truth {
		var err error
		if truth[i], err = learnable(t, len(n.design.Classes), w, h); err != nil {
			return Lesson{}, fmt.Errorf("picture %d of the batch: %w", i, err)
		}
	}
	if len(truth) != s[0] {
		return Lesson{}, fmt.Errorf("truth of %d pictures for %d", len(truth), s[0])
	}
	features := n.backbone.features(o, b.Images)
	objectness, deltas := n.first(o, features)
	first := answers{shapes: make([][]int, len(objectness))}
	for l := range objectness {
		first.shapes[l] = objectness[l].Shape()
		first.objectness = append(first.objectness, o.Values(objectness[l]))
		first.deltas = append(first.deltas, o.Values(deltas[l]))
	}
	lesson := Lesson{}
	terms, objectnessBack, deltasBack := n.learnFirst(first, truth, b.Rand)
	lesson.Terms = terms
	for l := range objectness {
		lesson.Backs = append(lesson.Backs, Back{objectness[l], objectnessBack[l]}, Back{deltas[l], deltasBack[l]})
	}

	proposed := Proposals(first.objectness, first.deltas, first.shapes, n.proposing(n.regions.Train, w, h))
	targets := n.targets(proposed, truth, w, h, b.Rand)
	regions := make([]float32, 0, 5*len(targets))
	for _, t := range targets {
		regions = append(regions, t.region[:]...)
	}
	logits, boxes := n.second(o, features, o.Constant(regions, len(targets), 5))
	terms, logitsBack, boxesBack := n.learnSecond(o.Values(logits), o.Values(boxes), targets)
	lesson.Terms = append(lesson.Terms, terms...)
	lesson.Backs = append(lesson.Backs, Back{logits, logitsBack}, Back{boxes, boxesBack})
	return lesson, nil
}

// answers are the first stage's, copied out, level by level.
type answers struct {
	objectness, deltas [][]float32 // N × A × H × W, N × 4·A × H × W
	shapes             [][]int     // of the objectness
}

// place is where the numbers of one anchor lie.
type place struct {
	level, objectness int
	deltas            [4]int
}

// place finds an anchor of a picture; anchors are counted through all levels, in a
// level as Anchors.Boxes has them.
func (a answers) place(picture, anchor int) place {
	for l, s := range a.shapes {
		cells := s[2] * s[3]
		if all := s[1] * cells; anchor >= all {
			anchor -= all
			continue
		}
		kind, cell := anchor%s[1], anchor/s[1]
		p := place{level: l, objectness: (picture*s[1]+kind)*cells + cell}
		for k := range p.deltas {
			p.deltas[k] = (picture*4*s[1]+4*kind+k)*cells + cell
		}
		return p
	}
	panic("nn: no such anchor")
}

// learnFirst gives the first stage's terms and their gradients at its answers.
func (n *fasterRCNN) learnFirst(a answers, truth []examples, r *rand.Rand) (terms []Term, objectness, deltas [][]float32) {
	var anchors []float32
	for l, s := range a.shapes {
		anchors = append(anchors, n.anchors[l].Boxes(s[2], s[3])...)
		objectness = append(objectness, make([]float32, len(a.objectness[l])))
		deltas = append(deltas, make([]float32, len(a.deltas[l])))
	}
	stage := n.regions.First
	matches, samples, all := make([][]int, len(truth)), make([][]int, len(truth)), 0
	for picture, e := range truth {
		matches[picture] = stage.match(anchors, e, true)
		samples[picture] = stage.sample(matches[picture], r)
		all += len(samples[picture])
	}
	var sure, off float64
	for picture, list := range samples {
		for _, i := range list {
			p, of := a.place(picture, i), matches[picture][i]
			loss, slope := binary(a.objectness[p.level][p.objectness], of >= 0)
			sure += loss
			objectness[p.level][p.objectness] = float32(slope / float64(all))
			if of < 0 {
				continue
			}
			for k, want := range stage.deltas().encode(boxAt(anchors, i), truth[picture].boxes[of]) {
				loss, slope := smooth(float64(a.deltas[p.level][p.deltas[k]])-want, stage.Beta)
				off += loss
				deltas[p.level][p.deltas[k]] = float32(slope * stage.BoxWeight / float64(all))
			}
		}
	}
	each := 1 / float64(max(1, all))
	return []Term{{"objectness", sure * each}, {"proposal boxes", off * each * stage.BoxWeight}}, objectness, deltas
}

// target is a region that the second stage learns from.
type target struct {
	region [5]float32 // picture, x0, y0, x1, y1
	class  int        // 0 is background; unknown: nothing is learned from it
	deltas [4]float64 // of the truth; not for background
}

// unknown is the class of a region that only stands there so that there is one.
const unknown = -1

// targets draws the regions that the second stage learns from, out of the proposals
// and the true boxes themselves, which are there before the first stage has learned
// to propose them. A batch without any has one: its first picture as a whole, as background unless that is ignored.
func (n *fasterRCNN) targets(proposed []float32, truth []examples, w, h int, r *rand.Rand) []target {
	var out []target
	stage := n.regions.Second
	add := func(picture, of int, box []float32) {
		t := target{region: [5]float32{float32(picture), box[0], box[1], box[2], box[3]}}
		if of >= 0 {
			e := truth[picture]
			t.class = 1 + e.classes[of]
			t.deltas = stage.deltas().encode(boxAt(box, 0), e.boxes[of])
		}
		out = append(out, t)
	}
	for picture, e := range truth {
		var boxes []float32
		for ; len(proposed) > 0 && int(proposed[0]) == picture; proposed = proposed[5:] {
			boxes = append(boxes, proposed[1:5]...)
		}
		for _, t := range e.boxes {
			boxes = append(boxes, float32(t.X0), float32(t.Y0), float32(t.X1), float32(t.Y1))
		}
		matches := stage.match(boxes, e, false)
		for _, i := range stage.sample(matches, r) {
			add(picture, matches[i], boxes[4*i:4*i+4])
		}
	}
	if len(out) == 0 {
		whole := []float32{0, 0, float32(w), float32(h)}
		add(0, background, whole)
		if stage.hidden(boxAt(whole, 0), truth[0].ignored) {
			out[0].class = unknown
		}
	}
	return out
}

// learnSecond gives the second stage's terms and their gradients at its answers.
func (n *fasterRCNN) learnSecond(logits, boxes []float32, targets []target) (terms []Term, logitsBack, boxesBack []float32) {
	stage, columns := n.regions.Second, 1+len(n.design.Classes)
	logitsBack, boxesBack = make([]float32, len(logits)), make([]float32, len(boxes))
	each := 1 / float64(len(targets))
	var wrong, off float64
	for i, t := range targets {
		if t.class == unknown {
			continue
		}
		row := logits[i*columns : (i+1)*columns]
		wrong += categorical(row, t.class, each, logitsBack[i*columns:])
		if t.class == 0 {
			continue
		}
		at := (i*columns + t.class) * 4
		for k, want := range t.deltas {
			loss, slope := smooth(float64(boxes[at+k])-want, stage.Beta)
			off += loss
			boxesBack[at+k] = float32(slope * stage.BoxWeight * each)
		}
	}
	return []Term{{"classes", wrong * each}, {"boxes", off * each * stage.BoxWeight}}, logitsBack, boxesBack
}

// binary is the cross-entropy of a sigmoid, and its slope at the number before it.
func binary(x float32, yes bool) (loss, slope float64) {
	z := float64(x)
	slope = 1 / (1 + math.Exp(-z))
	loss = max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
	if yes {
		return loss - z, slope - 1
	}
	return loss, slope
}

// categorical is the cross-entropy of a softmax; its slopes, times each, go into back.
func categorical(row []float32, class int, each float64, back []float32) (loss float64) {
	most, sum := math.Inf(-1), 0.0
	for _, x := range row {
		most = max(most, float64(x))
	}
	for _, x := range row {
		sum += math.Exp(float64(x) - most)
	}
	for c, x := range row {
		slope := math.Exp(float64(x)-most) / sum
		if c == class {
			slope--
		}
		back[c] = float32(slope * each)
	}
	return most + math.Log(sum) - float64(row[class])
}

// smooth is the smooth L1 loss (Girshick 2015): x²/2β within β of 0, |x| - β/2 outside.
func smooth(x, beta float64) (loss, slope float64) {
	if math.Abs(x) < beta {
		return x * x / (2 * beta), x / beta
	}
	return math.Abs(x) - beta/2, math.Copysign(1, x)
}
