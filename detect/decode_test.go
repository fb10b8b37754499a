package detect

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"requin/frame"
)

// want is one candidate worked out by hand.
type want struct {
	box    frame.Box
	scores []float32
}

func box(x0, y0, x1, y1 float64) frame.Box { return frame.Box{X0: x0, Y0: y0, X1: x1, Y1: y1} }

func check(t *testing.T, got *candidates, wants ...want) {
	t.Helper()
	if err := got.err(); err != nil {
		t.Fatal(err)
	}
	if len(got.boxes) != len(wants) {
		t.Fatalf("%d candidates %v, want %d", len(got.boxes), got.boxes, len(wants))
	}
	for i, w := range wants {
		g := got.boxes[i]
		for _, d := range []float64{g.X0 - w.box.X0, g.Y0 - w.box.Y0, g.X1 - w.box.X1, g.Y1 - w.box.Y1} {
			if math.Abs(d) > 1e-3 {
				t.Errorf("candidate %d: box %v, want %v", i, g, w.box)
				break
			}
		}
		scores := got.scores[i*got.classes : (i+1)*got.classes]
		for k, s := range w.scores {
			if math.Abs(float64(scores[k]-s)) > 1e-5 {
				t.Errorf("candidate %d: scores %v, want %v", i, scores, w.scores)
				break
			}
		}
	}
}

func ln(x float64) float32 { return float32(math.Log(x)) }

// The worked examples of the decoders' comments, and their neighbours.
func TestDecodeYOLOX(t *testing.T) {
	raw := make([]float32, 84*7) // 64×64, two classes
	copy(raw[(64+5)*7:], []float32{0.5, 0.25, ln(2), 0, 0.5, 0.8, 0.1})
	copy(raw[83*7:], []float32{0, 0, 0, 0, 1, 0, 1}) // the last cell of stride 32: column 1, row 1
	got := &candidates{classes: 2, low: 0.1}
	if err := decodeYOLOX(raw, 64, 64, false, got); err != nil {
		t.Fatal(err)
	}
	check(t, got, want{box(8, 12, 40, 28), []float32{0.4, 0.05}}, want{box(16, 16, 48, 48), []float32{0, 1}})
	got = &candidates{classes: 2, low: 0.1}
	copy(raw[(64+5)*7:], []float32{24, 20, 32, 16, 0.5, 0.8, 0.1})
	raw[83*7+4] = 0
	if err := decodeYOLOX(raw, 64, 64, true, got); err != nil {
		t.Fatal(err)
	}
	check(t, got, want{box(8, 12, 40, 28), []float32{0.4, 0.05}})
	// A wide input with stride 64: 128×64 has 128+32+8+2 cells, the last at (64, 0) of stride 64.
	raw = make([]float32, 170*6)
	copy(raw[169*6:], []float32{0.5, 0.5, 0, 0, 1, 1})
	got = &candidates{classes: 1, low: 0.1}
	if err := decodeYOLOX(raw, 128, 64, false, got); err != nil {
		t.Fatal(err)
	}
	check(t, got, want{box(64, 0, 128, 64), []float32{1}})
	if err := decodeYOLOX(raw[6:], 128, 64, false, got); err == nil {
		t.Error("169 rows were read as a grid")
	}
}

func TestDecodeUltralytics(t *testing.T) {
	got := &candidates{classes: 2, low: 0.1}
	decodeV5([]float32{100, 60, 40, 20, 0.5, 0.8, 0.1, 1, 1, 1, 1, 0.05, 1, 1}, got)
	check(t, got, want{box(80, 50, 120, 70), []float32{0.4, 0.05}})
	got = &candidates{classes: 1, low: 0.1}
	decodeV8([]float32{100, 10, 60, 10, 40, 4, 20, 4, 0.8, 0.3}, 2, got)
	check(t, got, want{box(80, 50, 120, 70), []float32{0.8}}, want{box(8, 8, 12, 12), []float32{0.3}})
	got = &candidates{classes: 3, low: 0.1}
	decodeEndToEnd([]float32{80, 50, 120, 70, 0.9, 2, 0, 0, 0, 0, 0, 0}, got)
	check(t, got, want{box(80, 50, 120, 70), []float32{0, 0, 0.9}})
	got = &candidates{classes: 1, low: 0.1}
	decodeRTDETR([]float32{0.5, 0.25, 0.1, 0.1, 0.7}, 640, 640, got)
	check(t, got, want{box(288, 128, 352, 192), []float32{0.7}})
}

func TestDecodeDETR(t *testing.T) {
	logits, boxes := []float32{ln(3), 0, 0}, []float32{0.5, 0.5, 0.2, 0.4}
	got := &candidates{classes: 2, low: 0.1}
	decodeDETR(logits, boxes, 3, 100, 50, true, got)
	check(t, got, want{box(40, 15, 60, 35), []float32{0.6, 0.2}})
	got = &candidates{classes: 3, low: 0.1}
	decodeDETR(logits, boxes, 3, 100, 50, false, got)
	check(t, got, want{box(40, 15, 60, 35), []float32{0.75, 0.5, 0.5}})
}

func TestDecodeRegions(t *testing.T) {
	got := &candidates{classes: 2, low: 0.1}
	decodeTorchvision([]float32{8, 12, 40, 28, 0, 0, 9, 9}, []float32{1, 1}, []float32{0.9, 0.05}, got)
	check(t, got, want{box(8, 12, 40, 28), []float32{0, 0.9}})
	got = &candidates{classes: 2, low: 0.1}
	decodeTensorFlow([]float32{0.1, 0.2, 0.5, 0.4, 0, 0, 1, 1}, []float32{1, 1}, []float32{0.7, 0.6}, 1, 200, 100, got)
	check(t, got, want{box(40, 10, 80, 50), []float32{0, 0.7}})
}

func TestDecodeNanoDet(t *testing.T) {
	g := level{8, 4, 2}
	scores, distances := make([]float32, 8), make([]float32, 8*32)
	scores[4+2] = 0.6
	got := &candidates{classes: 1, low: 0.1}
	decodeNanoDet(scores, distances, 1, 32, g, 0.5, got)
	check(t, got, want{box(-8, -16, 48, 40), []float32{0.6}})
	// Bins 1, 2, 3 and 0 of the four sides, surely: 8, 16, 24 and 0 pixels.
	for side, bin := range []int{1, 2, 3, 0} {
		distances[6*32+side*bins+bin] = 100
	}
	got = &candidates{classes: 1, low: 0.1}
	decodeNanoDet(scores, distances, 1, 32, g, 0, got) // Plus: the point is (16, 8)
	check(t, got, want{box(8, -8, 40, 8), []float32{0.6}})
}

func TestDecodeFastestDet(t *testing.T) {
	const n = 22 * 22
	raw := make([]float32, 6*n)
	i := 5*22 + 11
	raw[i], raw[5*n+i] = 0.5, 0.5
	got := &candidates{classes: 1, low: 0.1}
	decodeFastestDet(raw, 22, 22, 352, 352, got)
	check(t, got, want{box(88, -8, 264, 168), []float32{0.5}})
	raw[n+i], raw[2*n+i], raw[3*n+i], raw[4*n+i] = float32(math.Atanh(0.5)), float32(math.Atanh(-0.5)), -ln(10), -ln(21)
	got = &candidates{classes: 1, low: 0.1}
	decodeFastestDet(raw, 22, 22, 352, 352, got) // centre (184, 72), size 352/11 and 352/22
	check(t, got, want{box(168, 64, 200, 80), []float32{0.5}})
}

// Numbers that are none are dropped; nothing but such is an error, and so is a score
// or class that cannot be.
func TestBadNumbers(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	rows := func(list ...[]float32) (all []float32) {
		for _, r := range list {
			all = append(all, r...)
		}
		return all
	}
	good := []float32{10, 10, 4, 4, 0.9, 0.9}
	for _, c := range []struct {
		name string
		raw  []float32
		keep int
		err  string
	}{
		{"one NaN box", rows([]float32{nan, 10, 4, 4, 0.9, 0.9}, good), 1, ""},
		{"infinite size", rows([]float32{10, 10, inf, 4, 0.9, 0.9}, good), 1, ""},
		{"NaN objectness", rows([]float32{10, 10, 4, 4, nan, 0.9}, good), 1, ""},
		{"NaN class", rows([]float32{10, 10, 4, 4, 0.9, nan}, good), 1, ""},
		{"all NaN", rows([]float32{nan, nan, nan, nan, nan, nan}, []float32{nan, nan, nan, nan, nan, nan}), 0, "nothing but NaN"},
		{"a logit for a score", rows([]float32{10, 10, 4, 4, 7.5, 1}, good), 0, "no probability"},
		{"a negative score", rows([]float32{10, 10, 4, 4, -2, 1}, good), 0, "no probability"},
		{"a rounding error above 1", rows([]float32{10, 10, 4, 4, 1.0001, 1}), 1, ""},
		{"none", nil, 0, ""},
	} {
		got := &candidates{classes: 1, low: 0.1}
		decodeV5(c.raw, got)
		err := got.err()
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
		if c.err == "" && len(got.boxes) != c.keep {
			t.Errorf("%s: %d kept, want %d", c.name, len(got.boxes), c.keep)
		}
		for _, s := range got.scores {
			if s < 0 || s > 1 {
				t.Errorf("%s: score %g", c.name, s)
			}
		}
	}
	for class, bad := range map[float32]bool{0: false, 2: false, 3: true, -1: true} {
		got := &candidates{classes: 3, low: 0.1}
		decodeEndToEnd([]float32{0, 0, 9, 9, 0.9, class}, got)
		if (got.err() != nil) != bad {
			t.Errorf("class %g: %v", class, got.err())
		}
	}
	got := &candidates{classes: 3, low: 0.1}
	decodeEndToEnd([]float32{0, 0, 9, 9, 0.9, nan, 0, 0, 9, 9, 0.9, inf}, got)
	if len(got.boxes) != 0 || got.err() == nil {
		t.Errorf("classes that are no numbers: kept %v, %v", got.boxes, got.err())
	}
}

// No answer, however shaped, is read past its end.
func FuzzDecoders(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63, 0, 0, 0, 63}, uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, classes, side uint8) {
		raw := make([]float32, len(b)/4)
		for i := range raw {
			raw[i] = math.Float32frombits(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24)
		}
		into := &candidates{classes: int(classes%8) + 1, low: 0.1}
		decodeV5(raw, into)
		decodeEndToEnd(raw, into)
		decodeRTDETR(raw, 64, 64, into)
		decodeYOLOX(raw, 32, int(side%4)*32+32, false, into)
		n := len(raw) / (4 + into.classes)
		decodeV8(raw[:n*(4+into.classes)], n, into)
		for i, box := range into.boxes {
			if !box.Finite() {
				t.Errorf("box %v", box)
			}
			for _, s := range into.scores[i*into.classes : (i+1)*into.classes] {
				if !(s >= 0 && s <= 1) {
					t.Errorf("score %g", s)
				}
			}
		}
		_ = fmt.Sprint(into.err())
	})
}
