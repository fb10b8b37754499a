package nn_test

import (
	"fmt"
	"image"
	_ "image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/eval"
	"requin/frame"
	"requin/nn"
	"requin/onnx"
	"requin/realdata"
	"requin/torch"
)

// aquarium are the classes of the real pictures.
var aquarium = []string{"fish", "jellyfish", "penguin", "puffin", "shark", "starfish", "stingray"}

// sample is a picture as a network wants it, and what it shows.
type sample struct {
	values []float32
	truth  []nn.Truth
}

// Each backbone, from nothing, on 12 real photographs of an aquarium scaled down to
// thumbnails: after some dozen steps it finds again what it was shown. Only that it
// learns is shown here, not that it would find anything elsewhere.
func TestFasterRCNNLearns(t *testing.T) {
	if os.Getenv("REQUIN_VERIFY") == "" {
		t.Skip("minutes: set REQUIN_VERIFY=1")
	}
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
	info, err := torch.Load()
	if err != nil {
		t.Skip(err)
	}
	t.Logf("libtorch %s, %d threads", info.Version, info.Threads)
	for _, c := range []struct {
		design nn.Design
		steps  int
		rate   float64
	}{
		{nn.Design{Network: "faster-rcnn-resnet-50-fpn", W: 192, H: 160, Regions: small(16, 7, 8, 16, 32, 64, 128)}, 200, 3e-4},
		{nn.Design{Network: "faster-rcnn-nasnet-a-mobile", W: 192, H: 160, Regions: small(16, 7, 32, 64, 128)}, 200, 1e-3},
		{nn.Design{Network: "faster-rcnn-nasnet-a-large", W: 128, H: 128, Regions: small(8, 5, 32, 64, 96)}, 100, 3e-4},
	} {
		t.Run(c.design.Network, func(t *testing.T) { learns(t, c.design, c.steps, c.rate) })
	}
}

// small are settings for pictures of thumbnail size.
func small(samples, cells int, sizes ...float64) *nn.Regions {
	return &nn.Regions{
		AnchorSizes: sizes, Second: nn.Stage{Samples: samples}, Size: cells,
		Train: nn.Proposed{Before: 500, Keep: 100}, Deploy: nn.Proposed{Before: 300, Keep: 30},
	}
}

func learns(t *testing.T, d nn.Design, steps int, rate float64) {
	d.Classes = aquarium
	network, err := nn.New(d)
	check(t, err)
	about, err := nn.Describe(network)
	check(t, err)
	model, err := torch.NewModel(about.Params, nn.Begin(about.Params, 1), "cpu")
	check(t, err)
	defer model.Close()
	optimiser, err := torch.NewOptimiser(model, torch.Optimising{Kind: "adamw", Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 1e-4})
	check(t, err)
	defer optimiser.Close()
	pictures := photographs(t, network, 12)
	before, _ := found(t, model, network, pictures)
	var losses []float64
	var order []int
	start := time.Now()
	for step := range steps {
		const batch = 2
		rng := rand.New(rand.NewPCG(1, uint64(step)))
		if len(order) < batch {
			order = rng.Perm(len(pictures))
		}
		var values []float32
		var truth [][]nn.Truth
		for _, i := range order[:batch] {
			values, truth = append(values, pictures[i].values...), append(truth, pictures[i].truth)
		}
		order = order[batch:]
		lesson, err := model.Learn(network, torch.Input{Values: values, N: batch, H: d.H, W: d.W}, truth, torch.Step{Rand: rng, Scale: 1})
		check(t, err)
		_, err = model.Clip(10)
		check(t, err)
		at := float64(step) / float64(steps)
		check(t, optimiser.Step(rate*min(1, float64(step+1)/20)*(0.5+0.5*math.Cos(math.Pi*at))))
		if losses = append(losses, lesson.Loss()); step%20 == 19 || step == 0 {
			t.Logf("step %d, %s: %.3f %v", step+1, time.Since(start).Round(time.Second), mean(losses[max(0, step-19):]), lesson.Terms)
		}
	}
	took := time.Since(start)
	ap, recall := found(t, model, network, pictures)
	sameInFile(t, model, network, pictures[:2])
	first, last := mean(losses[:10]), mean(losses[len(losses)-20:])
	t.Logf("%d steps of 2 pictures, %.2f s each: loss %.3f to %.3f, AP50 %.3f to %.3f, recall %.3f of the training pictures", steps, took.Seconds()/float64(steps), first, last, before, ap, recall)
	if !(last < first/2) || !(ap > 0.4) || !(recall > 0.5) {
		t.Error("it does not learn what it is shown")
	}
}

// found runs the network as it would be deployed: the mean AP50 of the classes that
// the pictures hold, and the share of their boxes that is found at all.
func found(t *testing.T, m *torch.Model, n nn.Network, pictures []sample) (ap, recall float64) {
	var images []eval.Image
	for _, p := range pictures {
		d := n.Design()
		out, err := m.Deploy(n, torch.Input{Values: p.values, N: 1, H: d.H, W: d.W})
		check(t, err)
		var image eval.Image
		for _, b := range p.truth {
			image.Truth = append(image.Truth, eval.Truth{Box: b.Box, Taxon: aquarium[b.Class]})
		}
		for i, score := range out[2].Values {
			b := out[0].Values[4*i:]
			image.Found = append(image.Found, eval.Found{
				Box:   frame.Box{X0: float64(b[0]), Y0: float64(b[1]), X1: float64(b[2]), Y1: float64(b[3])},
				Taxon: aquarium[int(out[1].Values[i])-1], Score: float64(score),
			})
		}
		images = append(images, image)
	}
	var aps []float64
	var right, truth int
	for _, class := range aquarium {
		if pr := eval.PrecisionRecall(images, class, 0.5); pr.Truth > 0 {
			aps = append(aps, pr.AP())
			r, _, _ := pr.Counts(0)
			right, truth = right+r, truth+pr.Truth
		}
	}
	return mean(aps), float64(right) / float64(truth)
}

// sameInFile holds what a network answers against what its file does: boxes to 0.01 of
// a pixel, scores to 1e-4.
func sameInFile(t *testing.T, m *torch.Model, n nn.Network, pictures []sample) {
	t.Helper()
	weights, err := m.Weights()
	check(t, err)
	file, err := onnx.Write(n, weights, nil)
	check(t, err)
	session, err := onnx.OpenBytes(file, onnx.Options{Device: "cpu"})
	check(t, err)
	defer session.Close()
	d := n.Design()
	for _, p := range pictures {
		want, err := m.Deploy(n, torch.Input{Values: p.values, N: 1, H: d.H, W: d.W})
		check(t, err)
		got, err := session.Run([]onnx.Tensor{{Shape: []int64{1, 3, int64(d.H), int64(d.W)}, F32: p.values}})
		check(t, err)
		if len(want[2].Values) == 0 || len(got[2].F32) != len(want[2].Values) {
			t.Errorf("%d detections, in the file %d", len(want[2].Values), len(got[2].F32))
			continue
		}
		var box, score float64
		for i, s := range got[2].F32 {
			score = max(score, math.Abs(float64(s-want[2].Values[i])))
			for k := range 4 {
				box = max(box, math.Abs(float64(got[0].F32[4*i+k]-want[0].Values[4*i+k])))
			}
			if got[1].I64[i] != int64(want[1].Values[i]) {
				t.Errorf("detection %d is of class %d, in the file of %d", i, int(want[1].Values[i]), got[1].I64[i])
			}
		}
		t.Logf("%d detections: boxes differ by %.2g pixels at most, scores by %.2g", len(got[2].F32), box, score)
		if box > 0.01 || score > 1e-4 {
			t.Error("the file answers otherwise")
		}
	}
}

// photographs are n of those that show large animals alone, evenly through the list of
// names.
func photographs(t *testing.T, network nn.Network, n int) []sample {
	dir := realdata.Path(t, "aquarium")
	names, err := filepath.Glob(filepath.Join(dir, "images", "*.jpg"))
	check(t, err)
	slices.Sort(names)
	var large [][]nn.Truth
	large, names = largest(t, dir, names)
	var out []sample
	for i := range n {
		k := i * len(names) / n
		out = append(out, photograph(t, network, names[k], large[k]))
	}
	return out
}

// largest are the pictures all of whose boxes are at least 0.15 of it wide and high, and
// what they show, in parts of the picture.
func largest(t *testing.T, dir string, names []string) (truth [][]nn.Truth, large []string) {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, "labels", strings.TrimSuffix(filepath.Base(name), ".jpg")+".txt"))
		check(t, err)
		var boxes []nn.Truth
		least := 1.0
		for line := range strings.Lines(string(text)) {
			var class int
			var x, y, w, h float64
			_, err := fmt.Sscan(line, &class, &x, &y, &w, &h)
			check(t, err)
			boxes = append(boxes, nn.Truth{Class: class, Box: frame.Box{X0: x - w/2, Y0: y - h/2, X1: x + w/2, Y1: y + h/2}})
			least = min(least, w, h)
		}
		if len(boxes) > 0 && least >= 0.15 {
			truth, large = append(truth, boxes), append(large, name)
		}
	}
	return truth, large
}

// photograph is one picture scaled into the input, top left. truth is in parts of it.
func photograph(t *testing.T, network nn.Network, name string, truth []nn.Truth) (s sample) {
	file, err := os.Open(name)
	check(t, err)
	defer file.Close()
	picture, _, err := image.Decode(file)
	check(t, err)
	full := picture.Bounds().Size()
	pix := make([]byte, 0, 3*full.X*full.Y)
	for y := range full.Y {
		for x := range full.X {
			r, g, b, _ := picture.At(picture.Bounds().Min.X+x, picture.Bounds().Min.Y+y).RGBA()
			pix = append(pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	d, p := network.Design(), network.Pixels()
	w, h := frame.Fit(full.X, full.Y, d.W, d.H)
	var resizer frame.Resizer
	pix = resizer.Resize(pix, full.X, full.Y, w, h)
	s.values = make([]float32, 3*d.W*d.H)
	for c := range 3 {
		for i := range d.W * d.H {
			v := float32(p.Fill)
			if x, y := i%d.W, i/d.W; x < w && y < h {
				v = float32(pix[3*(y*w+x)+c])
			}
			s.values[c*d.W*d.H+i] = (v - p.Mean[c]) / p.Std[c]
		}
	}
	for _, b := range truth {
		b.X0, b.Y0, b.X1, b.Y1 = b.X0*float64(w), b.Y0*float64(h), b.X1*float64(w), b.Y1*float64(h)
		s.truth = append(s.truth, b)
	}
	return s
}

func mean(list []float64) float64 {
	var sum float64
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
