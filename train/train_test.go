package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/dataset"
	"requin/detect"
	"requin/eval"
	"requin/frame"
	"requin/nn"
	"requin/onnx"
	"requin/taxon"
	"requin/torch"
)

// needTorch skips where there is no libtorch.
func needTorch(t *testing.T) {
	t.Helper()
	if _, err := torch.Load(); err != nil {
		t.Skip(err)
	}
}

// needRuntime skips where there is no ONNX Runtime.
func needRuntime(t *testing.T) {
	t.Helper()
	if _, err := onnx.Library(); err != nil {
		t.Skip(err)
	}
}

// drawn makes a dataset of 2 folds: grey pictures with a light square (a "shark") and a
// dark one (a "ray", context) at known places.
func drawn(t *testing.T, pictures int) (dir string, m *dataset.Manifest) {
	t.Helper()
	source, r := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	var list []annotate.Record
	for n := range pictures {
		img := image.NewRGBA(image.Rect(0, 0, 96, 96))
		for i := range img.Pix {
			img.Pix[i] = uint8(100 + r.IntN(20))
		}
		name := fmt.Sprintf("%03d.png", n)
		list = append(list, annotate.Media{Name: name, Deployment: fmt.Sprintf("D%d", n%6), W: 96, H: 96}, annotate.Look{Media: name})
		for k, label := range []string{"shark", "ray"} {
			x, y, side := r.IntN(60), k*48+r.IntN(16), 18+r.IntN(14)
			for py := y; py < min(96, y+side); py++ {
				for px := x; px < min(96, x+side); px++ {
					img.Set(px, py, color.Gray{uint8(230 - 210*k)})
				}
			}
			list = append(list, annotate.Mark{Media: name, Names: []annotate.Name{{Label: label}},
				Shape: annotate.BoxShape(frame.Box{X0: float64(x), Y0: float64(y), X1: float64(min(96, x+side)), Y1: float64(min(96, y+side))})})
		}
		f, err := os.Create(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	settings := dataset.DefaultSettings()
	settings.Folds, settings.Name = 2, "drawn"
	dir = filepath.Join(t.TempDir(), "drawn")
	m, err := dataset.Build(context.Background(), dir, dataset.Source{
		Records: func(yield func(annotate.Record, error) bool) {
			for _, r := range list {
				if !yield(r, nil) {
					return
				}
			}
		},
		Taxa:  taxon.List{{Name: "shark", Role: taxon.Studied}, {Name: "ray", Role: taxon.Context}},
		Files: func(m annotate.Media) ([]string, error) { return []string{filepath.Join(source, m.Name)}, nil },
	}, settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// tiny is a recipe of few steps on small pictures, of two parts a step.
func tiny(t *testing.T, changes ...string) Recipe {
	t.Helper()
	r, err := ReadRecipe("laptop", append([]string{"width=96", "height=96", "epochs=0", "iterations=8", "batch=4", "device_batch=2",
		"validate_epochs=0.4", "learning_rate.warmup=2"}, changes...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func job(t *testing.T, recipe Recipe) Job {
	t.Helper()
	dir, m := drawn(t, 24)
	return Job{Folder: t.TempDir(), Dataset: dir, Manifest: m, Recipe: recipe, Devices: []string{"cpu"}, Threads: 2, Memory: 64}
}

// A training that is cancelled again and again comes to the same weights, curve and thresholds as one that is not.
func TestResume(t *testing.T) {
	needTorch(t)
	kinds := []string{"sgd"}
	if verify() {
		kinds = append(kinds, "adamw")
	}
	for _, kind := range kinds {
		whole := job(t, tiny(t, "iterations=5", "optimiser.kind="+kind))
		want, err := Run(context.Background(), whole, Watch{})
		if err != nil {
			t.Fatal(err)
		}
		broken := whole
		broken.Folder = t.TempDir()
		var got *Trained
		for stop := 2; got == nil; stop += 2 {
			ctx, cancel := context.WithCancel(context.Background())
			got, err = Run(ctx, broken, Watch{Step: func(p Progress) {
				if p.Step == stop {
					cancel()
				}
			}})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if got.Resumed == 0 {
			t.Fatal("it was never interrupted")
		}
		same(t, kind, got, want)
	}
}

// same holds two trainings beside each other, their times aside.
func same(t *testing.T, what string, got, want *Trained) {
	t.Helper()
	if !reflect.DeepEqual(got.Weights, want.Weights) {
		t.Errorf("%s: the weights differ", what)
	}
	if !reflect.DeepEqual(got.Thresholds, want.Thresholds) || got.Step != want.Step {
		t.Errorf("%s: thresholds %v at step %d, want %v at %d", what, got.Thresholds, got.Step, want.Thresholds, want.Step)
	}
	timeless := func(c Curve) (c2 Curve) {
		for _, p := range c.Points {
			p.PicturesS, p.Elapsed = 0, 0
			c2.Points = append(c2.Points, p)
		}
		for _, v := range c.Validations {
			v.Took = 0
			c2.Validations = append(c2.Validations, v)
		}
		return c2
	}
	if a, b := timeless(got.Curve), timeless(want.Curve); !reflect.DeepEqual(a, b) {
		t.Errorf("%s: the curves differ:\n%+v\n%+v", what, a, b)
	}
}

// verify tells whether the slow checks are wanted.
func verify() bool { return os.Getenv("REQUIN_VERIFY") == "1" }

// childJob names a job, as JSON, that the test's own program runs when it is started again.
const childJob = "REQUIN_TEST_TRAINING"

func TestMain(m *testing.M) {
	if text := os.Getenv(childJob); text != "" {
		var j Job
		err := json.Unmarshal([]byte(text), &j)
		if err == nil {
			j.Manifest, err = dataset.Load(j.Dataset)
		}
		if err == nil {
			_, err = Run(context.Background(), j, Watch{})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Killed without warning at any time, a training goes on to the same weights.
func TestKill(t *testing.T) {
	needTorch(t)
	if !verify() {
		t.Skip("takes minutes: REQUIN_VERIFY=1")
	}
	whole := job(t, tiny(t, "iterations=24"))
	want, err := Run(context.Background(), whole, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	broken := whole
	broken.Folder = t.TempDir()
	child := broken
	child.Manifest = nil // it is read from its folder
	text, err := json.Marshal(child)
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childJob+"="+string(text))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(1500+rand.IntN(2500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		killed++
	}
	got, err := Run(context.Background(), broken, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("killed %d times", killed)
	same(t, "killed", got, want)
}

// The file says all that a detector needs and answers as the trainer does; with REQUIN_VERIFY=1 it is trained until
// it finds what was drawn.
func TestModel(t *testing.T) {
	needTorch(t)
	needRuntime(t)
	steps := "iterations=3"
	if verify() {
		steps = "iterations=200"
	}
	j := job(t, tiny(t, steps, "batch=8", "device_batch=8", "validate_epochs=0", "augment.mosaic=0", "augment.water.p=0", "augment.snow.p=0",
		"augment.scale=[0, 0]", "augment.shift=0", "weight_average.ramp=20", "weight_average.decay=0.95", "learning_rate.base=0.02"))
	trained, err := Run(context.Background(), j, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	if verify() && trained.Validation.AP50 < 0.5 {
		t.Errorf("AP50 %.3f: it did not learn to see a light square", trained.Validation.AP50)
	}
	file, err := trained.Model(map[string]string{"requin.run": "abc"})
	if err != nil {
		t.Fatal(err)
	}
	agreement, err := trained.Compare(context.Background(), file, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("AP50 %.3f, %+v", trained.Validation.AP50, agreement)
	d, err := detect.OpenBytes("model.onnx", file, detect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	shark, ok := d.Taxa().Find("shark")
	want, chosen := trained.Thresholds["shark"]
	if !chosen {
		want = 0.3
	}
	if !ok || math.Abs(shark.Threshold-want) > 1e-6 {
		t.Errorf("threshold %v of shark, want %v", shark.Threshold, want)
	}
	f, err := j.Manifest.Frame(j.Dataset, j.Manifest.HeldOut(0)[0])
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.Detect(f)
	if err != nil {
		t.Fatal(err)
	}
	var best float64
	for _, b := range j.Manifest.Pictures[j.Manifest.HeldOut(0)[0]].Boxes {
		for _, x := range found {
			if x.Taxon == b.Taxon {
				best = max(best, frame.IoU(x.Box, b.Box))
			}
		}
	}
	if verify() && best < 0.5 {
		t.Errorf("the file finds nothing that was drawn: %+v", found)
	}
	if _, err := os.Stat(filepath.Join(j.Folder, PageFile)); err != nil {
		t.Error(err)
	}
}

// A weight that is altered in the file is noticed.
func TestCompareNotices(t *testing.T) {
	needTorch(t)
	needRuntime(t)
	j := job(t, tiny(t, "iterations=1"))
	trained, err := Run(context.Background(), j, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	other := *trained
	other.Weights = nn.Weights{}
	for name, w := range trained.Weights {
		other.Weights[name] = w
	}
	w := other.Weights["head.reg_preds.0.bias"]
	w.Values = append([]float32(nil), w.Values...)
	w.Values[0] += 0.01
	other.Weights["head.reg_preds.0.bias"] = w
	file, err := other.Model(nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := trained.Compare(context.Background(), file, 1); err == nil {
		t.Errorf("it was not noticed: %+v", a)
	}
}

// With taxa: studied the context taxon is background; the studied one keeps its class.
func TestStudiedOnly(t *testing.T) {
	j := job(t, tiny(t, "taxa=studied"))
	names, of, err := j.classes()
	if err != nil || !reflect.DeepEqual(names, []string{"shark"}) || !reflect.DeepEqual(of, []int{0, -1}) {
		t.Errorf("%v, %v, %v", names, of, err)
	}
}

// A partial picture is ignored as a whole and its boxes are learned, whichever taxa are learned.
func TestPartialLesson(t *testing.T) {
	tr := &trainer{class: []int{0, -1}}
	b := &dataset.Batch{N: 1, Labels: [][]dataset.Label{{
		{Box: frame.Box{X1: 96, Y1: 54}, Class: dataset.AnyClass, Ignore: true},
		{Box: frame.Box{X1: 10, Y1: 10}, Class: 0}, {Box: frame.Box{X0: 50, X1: 60, Y1: 10}, Class: 1},
	}}}
	_, truth := tr.lesson(b)
	want := [][]nn.Truth{{{Box: frame.Box{X1: 96, Y1: 54}, Ignore: true}, {Box: frame.Box{X1: 10, Y1: 10}}}}
	if !reflect.DeepEqual(truth, want) {
		t.Errorf("%+v, want %+v", truth, want)
	}
}

// Thresholds and calibration come from pictures that are known as a whole.
func TestChooseLeavesOutPartial(t *testing.T) {
	image := func(partial bool, score, stray float64) eval.Image {
		b := frame.Box{X1: 20, Y1: 20}
		return eval.Image{Partial: partial, Truth: []eval.Truth{{Box: b, Taxon: "shark"}},
			Found: []eval.Found{{Box: b, Taxon: "shark", Score: score}, {Box: frame.Box{X0: 60, X1: 80, Y1: 20}, Taxon: "shark", Score: stray}}}
	}
	var whole, both look
	for range 12 {
		whole.images = append(whole.images, image(false, 0.8, 0.4))
	}
	both.images = append(slices.Clone(whole.images), whole.images...)
	for i := range 12 {
		both.images[i] = image(true, 0.3, 0.9)
	}
	choose := func(l look) *Trained {
		x := &Trained{Validation: &Validation{Taxa: []TaxonScore{scoreTaxon(l.images, "shark")}}}
		if err := x.choose(l, []string{"shark"}); err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b := choose(whole), choose(both)
	if len(a.Thresholds) != 1 || !reflect.DeepEqual(a.Thresholds, b.Thresholds) || !reflect.DeepEqual(a.Calibration, b.Calibration) {
		t.Errorf("%v, %v; without the partial ones %v, %v", b.Thresholds, b.Calibration, a.Thresholds, a.Calibration)
	}
	if c := choose(look{images: both.images[:12]}); len(c.Thresholds) > 0 {
		t.Errorf("of partial pictures alone: %v", c.Thresholds)
	}
}

func TestRunErrors(t *testing.T) {
	needTorch(t)
	j := job(t, tiny(t))
	_, err := Run(context.Background(), j, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Job)
		want   string
	}{
		"another recipe in its folder": {func(j *Job) { j.Recipe.Seed++ }, "another folder with --out"},
		"no such fold":                 {func(j *Job) { j.Fold = 2 }, "the dataset has 2"},
		"no such file":                 {func(j *Job) { j.Init = "nowhere.onnx" }, "nowhere.onnx"},
		"another network's weights":    {func(j *Job) { j.Init = foreign(t) }, "another network"},
		"no such device":               {func(j *Job) { j.Devices = []string{"cuda:7"} }, "cuda"},
	} {
		j := j
		c.change(&j)
		if _, err := Run(context.Background(), j, Watch{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error with %q", name, err, c.want)
		}
	}
	if err := os.Truncate(filepath.Join(j.Folder, lastFile), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), j, Watch{}); err == nil || !strings.Contains(err.Error(), "--restart") {
		t.Errorf("a checkpoint that is cut off: %v", err)
	}
	if err := Forget(j.Folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(j.Folder, lastFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it was not forgotten")
	}
}

// foreign is a file of weights that no network of Requin's has.
func foreign(t *testing.T) string {
	t.Helper()
	var g onnx.Graph
	g.Input("x", onnx.Float32, 1, 3)
	g.Constant("two", onnx.Tensor{Shape: []int64{1}, F32: []float32{2}})
	g.Node("Mul", []string{"x", "two"}, []string{"y"}, nil)
	g.Output("y", onnx.Float32, 1, 3)
	path := filepath.Join(t.TempDir(), "double.onnx")
	if err := os.WriteFile(path, g.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSound(t *testing.T) {
	tr := &trainer{}
	ok := nn.Lesson{Terms: []nn.Term{{Name: "iou", Value: 1}}}
	if err := tr.sound(ok, 3); err != nil {
		t.Error(err)
	}
	var diverged *Diverged
	for _, c := range []struct {
		loss, norm float64
		want       string
	}{{math.NaN(), 1, "iou"}, {math.Inf(1), 1, "iou"}, {1, math.NaN(), "norm"}} {
		err := tr.sound(nn.Lesson{Terms: []nn.Term{{Name: "iou", Value: c.loss}}}, c.norm)
		if !errors.As(err, &diverged) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "learning rate") {
			t.Errorf("loss %g, norm %g: %v", c.loss, c.norm, err)
		}
	}
	tr.state.Step = 4
	for step, loss := range []float64{5, 1, 2, 30} {
		tr.state.Curve.Points = append(tr.state.Curve.Points, Point{Step: step + 1, Terms: []nn.Term{{Name: "iou", Value: loss}}})
	}
	if err := tr.sound(ok, 1); !errors.As(err, &diverged) {
		t.Errorf("a loss that ran away: %v", err)
	}
}

// A learning rate that is far too high is noticed, and the page says so.
func TestDiverges(t *testing.T) {
	needTorch(t)
	j := job(t, tiny(t, "iterations=200", "validate_epochs=0", "learning_rate.base=9", "learning_rate.warmup=0", "clip_gradient_norm=0", "optimiser.momentum=0.99"))
	_, err := Run(context.Background(), j, Watch{})
	var diverged *Diverged
	if !errors.As(err, &diverged) {
		t.Fatalf("%v", err)
	}
	page, err := os.ReadFile(filepath.Join(j.Folder, PageFile))
	if err != nil || !strings.Contains(string(page), "Diverged") {
		t.Errorf("the page does not say so: %v", err)
	}
}

func TestPlan(t *testing.T) {
	j := Job{Recipe: Recipe{Epochs: 3, Batch: 8, DeviceBatch: 4, Validate: 1, Calm: 0.5}}
	p := j.plan(43) // 10 full batches of a device in an epoch, 5 steps
	if p.steps != 15 || p.parts != 2 || p.epoch != 10 || p.validate != 5 || p.calm != 7 {
		t.Errorf("%+v", p)
	}
}
