package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/frame"
)

const testClasses = 3

// randomMaps is answers to n pictures of 64×64.
func randomMaps[F number](r *rand.Rand, n int) []yoloxValues[F] {
	var maps []yoloxValues[F]
	draw := func(n int) []F {
		v := make([]F, n)
		for i := range v {
			v[i] = F(r.NormFloat64())
		}
		return v
	}
	for _, g := range yoloxGrids(64, 64) {
		cells := n * g.w * g.h
		maps = append(maps, yoloxValues[F]{draw(4 * cells), draw(cells), draw(testClasses * cells)})
	}
	return maps
}

func randomTruth(r *rand.Rand, boxes int) []Truth {
	var all []Truth
	for range boxes {
		x, y := r.Float64()*50, r.Float64()*50
		b := truth(x, y, x+4+r.Float64()*40, y+4+r.Float64()*40)
		b.Class = r.IntN(testClasses)
		all = append(all, b)
	}
	return all
}

// Every value of small maps is moved a little: each term, alone, must change as its
// gradient says, what is assigned being the same.
func TestYOLOXGradients(t *testing.T) {
	for term, name := range termNames() {
		t.Run(name, func(t *testing.T) { checkGradient(t, term) })
	}
}

func checkGradient(t *testing.T, term int) {
	r := rand.New(rand.NewPCG(7, 7))
	values := randomMaps[float64](r, 1)
	p := &yoloxPicture[float64]{grids: yoloxGrids(64, 64), values: values, classes: testClasses, truth: randomTruth(r, 8)}
	p.truth[7].Ignore = true
	p.assign()
	if len(p.matches) < 5 || !slices.Contains(p.skip, true) {
		t.Fatalf("%d matches", len(p.matches))
	}
	var only [terms]float64
	only[term] = 2
	const by, step = 0.25, 1e-5
	grads, unused := zerosOf(values), zerosOf(values)
	p.learn(grads, by, only)
	moved := 0
	for g := range values {
		for k, part := range values[g].all() {
			for i, v := range part {
				at := func(d float64) float64 {
					part[i] = v + d
					return p.learn(unused, by, only)[term]
				}
				numeric := by * (at(step) - at(-step)) / (2 * step)
				part[i] = v
				analytic := grads[g].all()[k][i]
				if math.Abs(numeric-analytic) > 1e-7*(1+math.Abs(numeric)) {
					t.Fatalf("grid %d, map %d, value %d: %v, differences say %v", g, k, i, analytic, numeric)
				}
				if analytic != 0 {
					moved++
				}
			}
		}
	}
	if moved < 10 {
		t.Errorf("only %d values matter to the term", moved)
	}
}

func (v yoloxValues[F]) all() [3][]F { return [3][]F{v.box, v.object, v.class} }

func zerosOf[F number](values []yoloxValues[F]) (zeros []yoloxValues[F]) {
	for _, v := range values {
		zeros = append(zeros, v.zeros())
	}
	return zeros
}

// Box losses by themselves: boxes that overlap in every way, and not at all.
func TestBoxLossGradient(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	met := 0
	for range 2000 {
		raw := [4]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		x, y := 20+10*r.NormFloat64(), 20+10*r.NormFloat64()
		b := frame.Box{X0: x, Y0: y, X1: x + 1 + 20*r.Float64(), Y1: y + 1 + 20*r.Float64()}
		loss, grad := boxLoss(raw, 2, 1, 8, b)
		if loss < 1 {
			met++
		}
		_, written := writingLoss(raw, 2, 1, 8, b)
		for j := range raw {
			at := func(d float64) (float64, float64) {
				moved := raw
				moved[j] += d
				l, _ := boxLoss(moved, 2, 1, 8, b)
				w, _ := writingLoss(moved, 2, 1, 8, b)
				return l, w
			}
			lowLoss, lowWritten := at(-1e-6)
			highLoss, highWritten := at(1e-6)
			if d := (highLoss - lowLoss) / 2e-6; math.Abs(d-grad[j]) > 1e-5 {
				t.Fatalf("%v %v: number %d: %v, differences say %v", raw, b, j, grad[j], d)
			}
			if d := (highWritten - lowWritten) / 2e-6; math.Abs(d-written[j]) > 1e-5 {
				t.Fatalf("%v %v: number %d: %v, differences say %v", raw, b, j, written[j], d)
			}
		}
	}
	if met < 200 {
		t.Errorf("only %d of the boxes meet", met)
	}
}

// One box predicted exactly: IoU and l1 are 0, a class at logit 0 costs ln 2.
func TestYOLOXLossByHand(t *testing.T) {
	grids := yoloxGrids(32, 32)
	p := &yoloxPicture[float64]{grids: grids, classes: 2, truth: []Truth{truth(8, 16, 24, 24)}}
	for _, g := range grids {
		n := g.w * g.h
		p.values = append(p.values, yoloxValues[float64]{make([]float64, 4*n), make([]float64, n), make([]float64, 2*n)})
	}
	// Cell 9 is column 1, row 2 of stride 8: centre (16, 20) is 1 cell right of its
	// corner and half below, 2 cells wide, 1 high.
	p.values[0].box[9], p.values[0].box[16+9], p.values[0].box[32+9] = 1, 0.5, math.Log(2)
	p.matches = []match{{cell: 9, truth: 0, iou: 1}}
	sums := p.learn(zerosOf(p.values), 1, termWeights(1))
	want := [terms]float64{0, 21 * math.Ln2, 2 * math.Ln2, 0}
	for i := range want {
		if math.Abs(sums[i]-want[i]) > 1e-7 {
			t.Errorf("%s is %v, not %v", termNames()[i], sums[i], want[i])
		}
	}
	if got := p.box(9); frame.IoU(got, p.truth[0].Box) < 1-1e-12 {
		t.Errorf("predicts %v", got)
	}
}

func TestYOLOXClassCost(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	values := randomMaps[float64](r, 1)
	values[0].class[2], values[0].object[2] = 900, 900 // surely the class, so not another
	values[0].object[3] = -900                         // surely nothing
	p := &yoloxPicture[float64]{grids: yoloxGrids(64, 64), values: values, classes: testClasses}
	costs := newClassCosts(p, 84)
	log := func(v float64) float64 { return max(-100, math.Log(v)) }
	for cell := range 84 {
		g, i := p.place(cell)
		size := p.grids[g].w * p.grids[g].h
		for class := range testClasses {
			var want float64
			for j := range testClasses {
				v := math.Sqrt(sigmoid(values[g].class[j*size+i]) * sigmoid(values[g].object[i]))
				if j == class {
					want -= log(v)
				} else {
					want -= log(1 - v)
				}
			}
			if got := costs.of(cell, class); math.Abs(got-want) > 0.01+1e-9*want && cell < 4 || cell >= 4 && math.Abs(got-want) > 1e-9*(1+want) {
				t.Errorf("cell %d, class %d: %v, not %v", cell, class, got, want)
			}
		}
	}
}

// drawing interprets a network by shapes, and its values are drawn.
type drawing struct {
	*describer
	r *rand.Rand
}

func (d drawing) Values(x Tensor) []float32 {
	n := 1
	for _, l := range x.Shape() {
		n *= l
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(d.r.NormFloat64() - 3)
	}
	return v
}

func (d drawing) Constant(_ []float32, shape ...int) Tensor { return shaped(shape) }

func learn(t testing.TB, w, h int, classes int, boxes [][]Truth, done float64) Lesson {
	t.Helper()
	n, err := New(Design{Network: "yolox-nano", Classes: manyClasses(classes), W: w, H: h})
	if err != nil {
		t.Fatal(err)
	}
	o := drawing{&describer{names: map[string]bool{}}, rand.New(rand.NewPCG(1, 1))}
	lesson, err := n.Learn(o, Batch{Images: shaped{len(boxes), 3, h, w}, Truth: boxes, Done: done})
	if err != nil {
		t.Fatal(err)
	}
	return lesson
}

func TestYOLOXLearn(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	boxes := [][]Truth{randomTruth(r, 5), nil, randomTruth(r, 3)}
	early, late := learn(t, 96, 64, 3, boxes, 0.9), learn(t, 96, 64, 3, boxes, 0.95)
	if !reflect.DeepEqual(late, learn(t, 96, 64, 3, boxes, 0.95)) {
		t.Error("twice the same gives different lessons")
	}
	var terms []string
	for i, term := range late.Terms {
		terms = append(terms, term.Name)
		if !(term.Value > 0) {
			t.Errorf("%s is %v", term.Name, term.Value)
		}
		if want := early.Terms[i].Value; i < 3 && want != term.Value {
			t.Errorf("%s was %v", term.Name, want)
		}
	}
	if strings.Join(terms, " ") != "iou objectness class l1" || early.Terms[3].Value != 0 {
		t.Errorf("terms %v, then %v", early.Terms, late.Terms)
	}
	if len(late.Backs) != 9 {
		t.Fatalf("%d gradients", len(late.Backs))
	}
	for _, b := range late.Backs {
		if n := len((drawing{r: r}).Values(b.Of)); n != len(b.Gradient) {
			t.Errorf("%d numbers of a gradient at %v", len(b.Gradient), b.Of.Shape())
		}
	}
}

// Pictures do not mix: what two teach is what each teaches, over the number of cells
// that learn of both.
func TestYOLOXBatchIsItsPictures(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	grids := yoloxGrids(64, 64)
	values := randomMaps[float64](r, 2)
	boxes := [][]Truth{randomTruth(r, 4), randomTruth(r, 2)}
	both := zerosOf(values)
	sums := yoloxLearn(grids, testClasses, boxes, values, both, termWeights(1))

	var want [terms]float64
	positives := 0
	for i := range boxes {
		p := &yoloxPicture[float64]{grids: grids, classes: testClasses, truth: boxes[i]}
		for _, v := range values {
			p.values = append(p.values, v.of(i, 2))
		}
		p.assign()
		positives += len(p.matches)
		for k, v := range p.learn(zerosOf(p.values), 1, termWeights(1)) {
			want[k] += v
		}
	}
	for k := range want {
		if math.Abs(sums[k]-want[k]/float64(positives)) > 1e-9 {
			t.Errorf("%s: %v, not %v", termNames()[k], sums[k], want[k]/float64(positives))
		}
	}
}

func TestYOLOXBackground(t *testing.T) {
	lesson := learn(t, 64, 64, 3, [][]Truth{nil, {}}, 1)
	for _, term := range lesson.Terms {
		if (term.Value != 0) != (term.Name == "objectness") {
			t.Errorf("without boxes %s is %v", term.Name, term.Value)
		}
	}
	for i, b := range lesson.Backs {
		for _, v := range b.Gradient {
			if i%3 == 1 && !(v > 0) || i%3 != 1 && v != 0 {
				t.Fatalf("gradient %d holds %v", i, v)
			}
		}
	}
}

func TestYOLOXIgnored(t *testing.T) {
	all := truth(0, 0, 64, 64)
	all.Ignore = true
	all.Class = 99 // of no matter
	for _, term := range learn(t, 64, 64, 3, [][]Truth{{all}}, 1).Terms {
		if term.Value != 0 {
			t.Errorf("all is ignored, and %s is %v", term.Name, term.Value)
		}
	}
	// An animal in it is learned all the same.
	lesson := learn(t, 64, 64, 3, [][]Truth{{all, truth(10, 10, 40, 40)}}, 1)
	for _, term := range lesson.Terms {
		if !(term.Value > 0) {
			t.Errorf("%s is %v", term.Name, term.Value)
		}
	}
	// The left half is ignored: cells whose centre is there, and those right of it that
	// predict something most of which is there.
	p := &yoloxPicture[float64]{grids: yoloxGrids(64, 64), classes: 1, values: randomMaps[float64](rand.New(rand.NewPCG(1, 1)), 1)}
	for g := range p.values {
		clear(p.values[g].box)
	}
	p.values[0].box[6], p.values[0].box[64+6] = -5, 1 // column 6 predicts at column 1
	half := truth(0, 0, 32, 64)
	half.Ignore = true
	p.truth = []Truth{half}
	p.assign()
	for cell := range 64 {
		if want := cell%8 < 4 || cell == 6; p.skip[cell] != want {
			t.Errorf("cell %d: ignored %v", cell, p.skip[cell])
		}
	}
}

// A partial picture is one that is ignored as a whole, with the animals that are known in it. Whatever the network answers where
// an animal without a box may be, the loss and its gradient are the same; that of the known animal is what it is.
func TestYOLOXPartial(t *testing.T) {
	all := truth(0, 0, 64, 64)
	all.Ignore = true
	known := truth(8, 8, 24, 24)
	lesson := func(boxes []Truth, seen float64) ([terms]float64, []yoloxValues[float64]) {
		values := randomMaps[float64](rand.New(rand.NewPCG(2, 3)), 1)
		for g, grid := range yoloxGrids(64, 64) { // a shark that nobody marked, in the lower right quarter
			for i := range grid.w * grid.h {
				if x, y := grid.centre(i%grid.w, i/grid.w); x > 36 && y > 36 {
					values[g].object[i] += seen
				}
			}
		}
		grads := zerosOf(values)
		return yoloxLearn(yoloxGrids(64, 64), testClasses, [][]Truth{boxes}, values, grads, termWeights(1)), grads
	}
	sums, grads := lesson([]Truth{all, known}, 0)
	again, same := lesson([]Truth{all, known}, 9)
	if sums != again || !reflect.DeepEqual(grads, same) {
		t.Errorf("an animal without a box changes the lesson: %v, then %v", sums, again)
	}
	if !(sums[termIoU] > 0 && sums[termObject] > 0 && sums[termClass] > 0) {
		t.Errorf("nothing is learned of the known one: %v", sums)
	}
	before, _ := lesson([]Truth{known}, 0)
	after, _ := lesson([]Truth{known}, 9)
	if !(after[termObject] > before[termObject]+1) {
		t.Errorf("in a picture that is known as a whole it is background: %v, then %v", before, after)
	}
}

func TestYOLOXLearnRefuses(t *testing.T) {
	n, _ := New(Design{Network: "yolox-nano", Classes: []string{"shark"}, W: 64, H: 64})
	o := drawing{&describer{names: map[string]bool{}}, rand.New(rand.NewPCG(1, 1))}
	bad := truth(1, 1, 9, 9)
	bad.Class = 1
	for _, c := range []struct {
		truth [][]Truth
		w     int
		want  string
	}{
		{[][]Truth{{bad}}, 64, "class 1 of 1"},
		{[][]Truth{{truth(1, 1, 1, 9)}}, 64, "is none"},
		{[][]Truth{{truth(1, 1, math.NaN(), 9)}}, 64, "is none"},
		{[][]Truth{{}, {}}, 64, "2 pictures for a batch of 1"},
		{[][]Truth{{}}, 80, "multiples of 32"},
	} {
		if _, err := n.Learn(o, Batch{Images: shaped{1, 3, 64, c.w}, Truth: c.truth}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.truth, err, c.want)
		}
	}
}

// The share of a step that is spent in Go: 8 pictures of 416×416.
func BenchmarkYOLOXLearn(b *testing.B) {
	for _, c := range []struct{ boxes, classes int }{{5, 3}, {30, 3}, {30, 27}, {30, 80}} {
		b.Run(fmt.Sprintf("%dboxes/%dclasses", c.boxes, c.classes), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			truths := make([][]Truth, 8)
			for i := range truths {
				for range c.boxes {
					x, y := r.Float64()*350, r.Float64()*350
					t := truth(x, y, x+20+r.Float64()*100, y+20+r.Float64()*100)
					t.Class = r.IntN(c.classes)
					truths[i] = append(truths[i], t)
				}
			}
			grids := yoloxGrids(416, 416)
			o := drawing{r: r}
			var values []yoloxValues[float32]
			for _, g := range grids {
				values = append(values, yoloxValues[float32]{
					o.Values(shaped{8, 4, g.h, g.w}), o.Values(shaped{8, 1, g.h, g.w}), o.Values(shaped{8, c.classes, g.h, g.w})})
			}
			b.ReportAllocs()
			for b.Loop() {
				yoloxLearn(grids, c.classes, truths, values, zerosOf(values), termWeights(1))
			}
		})
	}
}
