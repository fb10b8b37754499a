package nn

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"requin/frame"
)

// dream is an eager interpreter whose layers answer noise: what is computed from
// their values can be tested without a library. The n-th operation of a run answers
// the same each time, save where nudge adds to one number of it.
type dream struct {
	describer
	made  int
	nudge struct {
		operation, number int
		by                float32
	}
}

type dreamt struct {
	shaped
	operation int
	values    []float32
}

func (o *dream) answer(shape []int) Tensor {
	o.made++
	return &dreamt{shaped: shape, operation: o.made}
}

func (o *dream) Conv(name string, x Tensor, c Conv) Tensor {
	return o.answer(o.describer.Conv(name, x, c).Shape())
}

func (o *dream) Linear(name string, x Tensor, l Linear) Tensor {
	return o.answer(o.describer.Linear(name, x, l).Shape())
}

func (o *dream) Constant(values []float32, shape ...int) Tensor {
	return &dreamt{shaped: shape, values: values}
}

func (o *dream) Values(x Tensor) []float32 {
	d := x.(*dreamt)
	if d.values == nil {
		n := 1
		for _, side := range d.shaped {
			n *= side
		}
		rng := rand.New(rand.NewPCG(11, uint64(d.operation)))
		d.values = make([]float32, n)
		for i := range d.values {
			d.values[i] = float32(rng.NormFloat64())
		}
		if o.nudge.by != 0 && o.nudge.operation == d.operation {
			d.values[o.nudge.number] += o.nudge.by
		}
	}
	return slices.Clone(d.values)
}

func twoPictures() [][]Truth {
	return [][]Truth{
		{
			{Box: frame.Box{X0: 10, Y0: 12, X1: 80, Y1: 70}, Class: 1},
			{Box: frame.Box{X0: 60, Y0: 30, X1: 100, Y1: 60}, Class: 0},
			{Box: frame.Box{X0: 0, Y0: 60, X1: 60, Y1: 96}, Ignore: true},
		},
		{{Box: frame.Box{X0: 30, Y0: 20, X1: 75, Y1: 55}, Class: 2}},
	}
}

func teach(t *testing.T, n Network, o *dream, truth [][]Truth, seed uint64) Lesson {
	t.Helper()
	o.describer = describer{names: map[string]bool{}}
	o.made = 0
	images := shaped{len(truth), 3, n.Design().H, n.Design().W}
	lesson, err := n.Learn(o, Batch{Images: images, Truth: truth, Rand: rand.New(rand.NewPCG(seed, 1))})
	if err != nil {
		t.Fatal(err)
	}
	return lesson
}

func small(t *testing.T, network string) Network {
	return detector(t, Design{Network: network, W: 128, H: 96, Regions: &Regions{
		Train: Proposed{60, 20}, First: Stage{Samples: 12}, Second: Stage{Samples: 12},
	}}, 3)
}

// Each term against its own numeric gradient, through all of Learn: at every number
// that has one and at some that have none. What is sampled stays as it is, because
// the draws are the same.
func TestGradients(t *testing.T) {
	for _, network := range []string{fasterNASNetMobile, fasterResNet50} {
		n := small(t, network)
		o := &dream{}
		lesson := teach(t, n, o, twoPictures(), 1)
		second := len(lesson.Backs) - 2
		checked := map[string]int{}
		for b, back := range lesson.Backs {
			of := back.Of.(*dreamt)
			if len(back.Gradient) != len(of.values) {
				t.Fatalf("a gradient of %d numbers for %d", len(back.Gradient), len(of.values))
			}
			// The even ones of each stage are scores, the odd ones deltas; each has a term.
			term := b % 2
			if b >= second {
				term += 2
			}
			for i, g := range back.Gradient {
				if g == 0 && i%997 != 0 {
					continue
				}
				const h = 1e-2
				at := func(by float32) float64 {
					o.nudge.operation, o.nudge.number, o.nudge.by = of.operation, i, by
					l := teach(t, n, o, twoPictures(), 1)
					o.nudge.by = 0
					return l.Terms[term].Value
				}
				want := (at(h) - at(-h)) / (2 * h)
				if math.Abs(want-float64(g)) > 1e-6+2e-2*math.Abs(want) {
					t.Errorf("%s, %s, number %d: gradient %g, numerically %g", network, lesson.Terms[term].Name, i, g, want)
				}
				if g != 0 {
					checked[lesson.Terms[term].Name]++
				}
			}
		}
		for _, term := range lesson.Terms {
			if checked[term.Name] < 4 || !(term.Value > 0) {
				t.Errorf("%s: %s is %g, checked at %d numbers", network, term.Name, term.Value, checked[term.Name])
			}
		}
		t.Logf("%s: %v checked, %v", network, checked, lesson.Terms)
	}
}

// The same draws give the same lesson, others another; without truth all that is
// learned is background.
func TestLearn(t *testing.T) {
	n := small(t, fasterResNet50)
	a, b, c := teach(t, n, &dream{}, twoPictures(), 1), teach(t, n, &dream{}, twoPictures(), 1), teach(t, n, &dream{}, twoPictures(), 2)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same draw gives two lessons")
	}
	if reflect.DeepEqual(a.Terms, c.Terms) {
		t.Error("another draw gives the same lesson")
	}
	names := []string{"objectness", "proposal boxes", "classes", "boxes"}
	for i, term := range a.Terms {
		if term.Name != names[i] {
			t.Errorf("term %d is %s", i, term.Name)
		}
	}
	empty := teach(t, n, &dream{}, [][]Truth{nil, nil}, 1)
	if empty.Terms[0].Value <= 0 || empty.Terms[1].Value != 0 || empty.Terms[2].Value <= 0 || empty.Terms[3].Value != 0 {
		t.Errorf("nothing to see: %v", empty.Terms)
	}
	for _, truth := range [][][]Truth{{{{Class: 3}}}, {nil, nil}} {
		_, err := n.Learn(&dream{describer: describer{names: map[string]bool{}}}, Batch{Images: shaped{1, 3, 96, 128}, Truth: truth, Rand: rand.New(rand.NewPCG(1, 1))})
		if err == nil {
			t.Errorf("%v passes", truth)
		}
	}
}

// Worked by hand. ln(1 + e^-2) = 0.1269; softmax of (0, ln 3) is (¼, ¾); smooth L1
// with β 1 of 0.5 is 0.125, of -3 it is 2.5.
func TestLossesByHand(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: %g, not %g", what, got, want)
		}
	}
	loss, slope := binary(2, true)
	near("yes at 2", loss, 0.1269)
	near("its slope", slope, 1/(1+math.Exp(-2))-1)
	loss, slope = binary(2, false)
	near("no at 2", loss, 2.1269)
	near("its slope", slope, 1/(1+math.Exp(-2)))
	loss, _ = binary(-1000, true)
	near("far off", loss, 1000)
	back := make([]float32, 2)
	near("softmax", categorical([]float32{0, float32(math.Log(3))}, 0, 0.5, back), math.Log(4))
	near("its slope", float64(back[0]), -0.375)
	near("its slope", float64(back[1]), 0.375)
	near("far off", categorical([]float32{1000, -1000}, 1, 1, back), 2000)
	loss, slope = smooth(0.5, 1)
	near("within", loss, 0.125)
	near("its slope", slope, 0.5)
	loss, slope = smooth(-3, 1)
	near("outside", loss, 2.5)
	near("its slope", slope, -1)
}

// A true box is always among what the second stage learns from, with deltas of 0;
// the first of an untrained network's proposals are background.
func TestTargets(t *testing.T) {
	n := small(t, fasterResNet50).(*fasterRCNN)
	truth := []examples{{}, {boxes: []frame.Box{{X0: 10, Y0: 20, X1: 50, Y1: 60}}, classes: []int{2}}}
	proposed := []float32{0, 1, 2, 30, 40, 1, 100, 20, 120, 60, 1, 10, 20, 50, 70}
	got := n.targets(proposed, truth, 128, 96, rand.New(rand.NewPCG(1, 1)))
	var classes []int
	for _, g := range got {
		classes = append(classes, g.class)
		if g.class == 0 && g.deltas != [4]float64{} {
			t.Errorf("%+v", g)
		}
		switch g.region {
		case [5]float32{1, 10, 20, 50, 60}: // the true box
			if g.class != 3 || g.deltas != [4]float64{} {
				t.Errorf("%+v", g)
			}
		case [5]float32{1, 10, 20, 50, 70}: // IoU 0.8; 5 of 50 up: 10·(-0.1); 5·ln(40/50)
			if g.class != 3 || math.Abs(g.deltas[1]+1) > 1e-6 || math.Abs(g.deltas[3]-5*math.Log(0.8)) > 1e-6 || g.deltas[0] != 0 {
				t.Errorf("%+v", g)
			}
		}
	}
	if slices.Sort(classes); !slices.Equal(classes, []int{0, 0, 3, 3}) {
		t.Errorf("classes %v", classes)
	}
	none := n.targets(nil, []examples{{}}, 128, 96, rand.New(rand.NewPCG(1, 1)))
	if len(none) != 1 || none[0] != (target{region: [5]float32{0, 0, 0, 128, 96}}) {
		t.Errorf("without proposals or truth: %+v", none)
	}
}

// A partial picture is one that is ignored as a whole, with the animals that are known in it: an anchor or proposal on an animal
// that has no box teaches nothing.
func TestPartialPicture(t *testing.T) {
	n := small(t, fasterResNet50).(*fasterRCNN)
	known := Truth{Box: frame.Box{X0: 10, Y0: 12, X1: 80, Y1: 70}, Class: 1}
	all := Truth{Box: frame.Box{X1: 128, Y1: 96}, Ignore: true}
	first := func(boxes []Truth, seen float32) ([]Term, [][]float32, [][]float32) {
		e, err := learnable(boxes, 3, 128, 96)
		if err != nil {
			t.Fatal(err)
		}
		a := answers{}
		for l, g := range n.anchors {
			side := []int{24, 12, 6, 3, 2}[l]
			shape := []int{1, len(g.Boxes(1, 1)) / 4, side * 3 / 4, side}
			size := shape[1] * shape[2] * shape[3]
			a.shapes = append(a.shapes, shape)
			objectness := make([]float32, size)
			for i := range objectness {
				if column := i % side; column > side*3/4 { // right of the known animal
					objectness[i] = seen
				}
			}
			a.objectness, a.deltas = append(a.objectness, objectness), append(a.deltas, make([]float32, 4*size))
		}
		return n.learnFirst(a, []examples{e}, rand.New(rand.NewPCG(1, 2)))
	}
	terms, objectness, deltas := first([]Truth{all, known}, 0)
	again, sameObjectness, sameDeltas := first([]Truth{all, known}, 9)
	if !reflect.DeepEqual(terms, again) || !reflect.DeepEqual(objectness, sameObjectness) || !reflect.DeepEqual(deltas, sameDeltas) {
		t.Errorf("an animal without a box changes the lesson: %v, then %v", terms, again)
	}
	if !(terms[0].Value > 0) {
		t.Errorf("nothing is learned of the known one: %v", terms)
	}
	before, _, _ := first([]Truth{known}, 0)
	if after, _, _ := first([]Truth{known}, 9); !(after[0].Value > before[0].Value+0.1) {
		t.Errorf("in a picture that is known as a whole it is background: %v, then %v", before, after)
	}

	e, _ := learnable([]Truth{all, known}, 3, 128, 96)
	proposed := []float32{0, 90, 20, 120, 60, 0, 12, 12, 80, 70} // the first on an animal that has no box
	for _, g := range n.targets(proposed, []examples{e}, 128, 96, rand.New(rand.NewPCG(1, 1))) {
		if g.class != 2 {
			t.Errorf("a region teaches class %d: %v", g.class, g.region)
		}
	}
	// Where the augmentation left nothing of the known animal, the picture is no background either.
	none := n.targets(nil, []examples{{ignored: e.ignored}}, 128, 96, rand.New(rand.NewPCG(1, 1)))
	taught, logits, boxes := n.learnSecond(make([]float32, 4), make([]float32, 16), none)
	if len(none) != 1 || taught[0].Value != 0 || taught[1].Value != 0 || slices.Max(logits) != 0 || slices.Min(logits) != 0 || slices.Max(boxes) != 0 {
		t.Errorf("%+v teach %v", none, taught)
	}
}
