package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var unit = Deltas{Weights: [4]float64{1, 1, 1, 1}, MaxLog: math.Log(1000.0 / 16)}

// One anchor size at stride 8 on two rows and three columns: centres 4, 12, 20 and
// 4, 12; a width of 6 and a height of 4 reach 3 and 2 to each side.
func TestAnchorsByHand(t *testing.T) {
	got := Anchors{Stride: 8, Sizes: [][2]float64{{6, 4}, {2, 2}}}.Boxes(2, 3)
	if len(got) != 2*3*2*4 {
		t.Fatalf("%d numbers", len(got))
	}
	for i, want := range map[int][]float32{
		0:                 {1, 2, 7, 6},
		1:                 {3, 3, 5, 5},
		2:                 {9, 2, 15, 6},
		(1*3 + 2) * 2:     {17, 10, 23, 14},
		(1*3+2)*2 + 1:     {19, 11, 21, 13},
		(0*3+2)*2 + 0 + 0: {17, 2, 23, 6},
	} {
		if !slices.Equal(got[4*i:4*i+4], want) {
			t.Errorf("anchor %d: %v, not %v", i, got[4*i:4*i+4], want)
		}
	}
}

func TestDecodeByHand(t *testing.T) {
	for _, c := range []struct {
		with         Deltas
		from, deltas []float32
		want         [4]float64
	}{
		{unit, []float32{0, 0, 10, 20}, []float32{0.5, 0, float32(math.Ln2), 0}, [4]float64{0, 0, 20, 20}},
		{Deltas{[4]float64{10, 10, 5, 5}, 9}, []float32{0, 0, 10, 20}, []float32{5, 0, float32(5 * math.Ln2), 0}, [4]float64{0, 0, 20, 20}},
		{Deltas{[4]float64{1, 1, 1, 1}, math.Ln2}, []float32{0, 0, 10, 10}, []float32{0, 0, 50, 0}, [4]float64{-5, 0, 15, 10}},
	} {
		got := c.with.decode(c.from, c.deltas)
		for k, want := range c.want {
			if math.Abs(float64(got[k])-want) > 1e-5 {
				t.Errorf("%v of %v: %v, not %v", c.deltas, c.from, got, c.want)
				break
			}
		}
	}
}

// Four anchors of 8×8 side by side at stride 4 on a picture of 16×8; neighbours
// overlap by 4 of 8 columns: IoU 1/3. The deltas are 0.
//
//	anchor      0         1         2          3
//	box         0..6      2..10     6..14      10..16 (clipped)
//	objectness  1         3         3          NaN
//
// Above 0.3 (0 and 1: 4/10, 1 and 2: 4/12) 1 suppresses 0 and 2; NaN is nothing.
func TestProposalsByHand(t *testing.T) {
	nan := float32(math.NaN())
	p := Proposing{
		Anchors: []Anchors{{Stride: 4, Sizes: [][2]float64{{8, 8}}}},
		W:       16, H: 8, Before: 10, Keep: 10, IoU: 0.3, Decode: unit,
	}
	objectness, deltas, shapes := [][]float32{{1, 3, 3, nan}}, [][]float32{make([]float32, 16)}, [][]int{{1, 1, 1, 4}}
	check := func(what string, want ...float32) {
		t.Helper()
		if got := Proposals(objectness, deltas, shapes, p); !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	check("suppressed", 0, 2, 0, 10, 6)
	p.IoU = 1. / 3
	check("at the threshold two stay", 0, 2, 0, 10, 6, 0, 6, 0, 14, 6)
	p.IoU = 1
	check("equals in the order of anchors", 0, 2, 0, 10, 6, 0, 6, 0, 14, 6, 0, 0, 0, 6, 6)
	p.Before = 2
	check("the best two enter", 0, 2, 0, 10, 6, 0, 6, 0, 14, 6)
	p.Before, p.Keep = 10, 1
	check("one leaves", 0, 2, 0, 10, 6)
	p.Keep, p.Least = 10, 7
	check("too low after clipping")

	// The second picture, and a second level that is surer: both are kept, for
	// levels do not suppress one another, and Keep is of all levels together.
	p.Least, p.Keep, p.IoU = 0, 3, 0.3
	p.Anchors = append(p.Anchors, Anchors{Stride: 8, Sizes: [][2]float64{{4, 4}, {16, 8}}})
	objectness = [][]float32{{1, 3, 3, nan, nan, nan, 5, nan}, {9, nan, nan, 2, 4, nan, nan, nan}}
	deltas = [][]float32{make([]float32, 32), make([]float32, 64)}
	deltas[1][(1*8+0)*2] = 1 // second picture, first size, first cell: moved right by its width
	shapes = [][]int{{2, 1, 1, 4}, {2, 2, 1, 2}}
	check("two pictures, two levels",
		0, 2, 2, 6, 6, 0, 2, 0, 10, 6, 0, 4, 0, 16, 8,
		1, 6, 0, 14, 6, 1, 6, 2, 10, 6)
}

// Two classes, three regions; low 0.2.
//
//	region      scores (background, 1, 2)
//	0 0 10 10   0.1 0.5 0.4
//	1 0 11 10   0.1 0.6 0.3      IoU with the first 90/110
//	0 0 20 10   0.6 0.2 0.2      not above low
//
// In class 1 the second suppresses the first; in class 2 the first suppresses the second.
func TestSuppressionByHand(t *testing.T) {
	regions := []float32{0, 0, 0, 10, 10, 0, 1, 0, 11, 10, 0, 0, 0, 20, 10}
	scores := []float32{0.1, 0.5, 0.4, 0.1, 0.6, 0.3, 0.6, 0.2, 0.2}
	deltas := make([]float32, 3*12)
	deltas[8] = 0.5 // region 0, class 2: 5 to the right
	s := Suppressing{Decode: unit, W: 12, H: 10, Classes: 2, Low: 0.2, IoU: 0.4, Keep: 9}
	boxes, labels, confidence := Suppression(regions, scores, deltas, s)
	if !slices.Equal(boxes, []float32{1, 0, 11, 10, 5, 0, 12, 10}) || !slices.Equal(labels, []float32{1, 2}) || !slices.Equal(confidence, []float32{0.6, 0.4}) {
		t.Errorf("%v %v %v", boxes, labels, confidence)
	}
	s.Keep = 1
	if _, labels, _ = Suppression(regions, scores, deltas, s); !slices.Equal(labels, []float32{1}) {
		t.Errorf("the best one: %v", labels)
	}
	scores = []float32{0, 0.5, 0.5, 0, 0.5, 0.5, 1, 0, 0}
	s.Keep, s.IoU = 9, 1
	boxes, labels, _ = Suppression(regions, scores, make([]float32, 36), s)
	if !slices.Equal(labels, []float32{1, 1, 2, 2}) || !slices.Equal(boxes[:8], []float32{0, 0, 10, 10, 1, 0, 11, 10}) {
		t.Errorf("equals: %v %v", boxes, labels)
	}
	if boxes, _, _ := Suppression(nil, nil, nil, s); len(boxes) != 0 {
		t.Error("detections of nothing")
	}
}

// What holds of any proposals: inside the picture, no two of one level above the
// IoU, best first, and no more than asked for; and none is left out that nothing
// better overlaps.
func TestProposalsProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		p := Proposing{
			Anchors: []Anchors{{Stride: 8, Sizes: [][2]float64{{20, 20}, {30, 10}, {1, 40}}}},
			W:       70, H: 50, Before: 1000, Keep: 1000, IoU: rng.Float64(), Least: 1, Decode: unit,
		}
		n := 3 * 6 * 9
		objectness, deltas := make([]float32, n), make([]float32, 4*n)
		for i := range objectness {
			objectness[i] = float32(rng.IntN(20)) // with equals
		}
		for i := range deltas {
			deltas[i] = float32(rng.NormFloat64())
		}
		shape := [][]int{{1, 3, 6, 9}}
		all := func(p Proposing) (list [][4]float32) {
			got := Proposals([][]float32{objectness}, [][]float32{deltas}, shape, p)
			for i := 0; i < len(got); i += 5 {
				list = append(list, [4]float32(got[i+1:i+5]))
			}
			return list
		}
		kept := all(p)
		unsuppressed := p
		unsuppressed.IoU = 1
		var want [][4]float32
		for _, b := range all(unsuppressed) {
			if b[0] < 0 || b[1] < 0 || b[2] > 70 || b[3] > 50 || b[2]-b[0] < 1 || b[3]-b[1] < 1 {
				t.Fatalf("%v", b)
			}
			free := true
			for _, k := range want {
				free = free && overlap(k, b) <= float32(p.IoU)
			}
			if free {
				want = append(want, b)
			}
		}
		if !slices.Equal(kept, want) {
			t.Fatalf("%d kept, %d wanted", len(kept), len(want))
		}
		p.Keep = 7
		if few := all(p); !slices.Equal(few, want[:min(7, len(want))]) {
			t.Fatalf("the best 7: %v", few)
		}
	}
}
