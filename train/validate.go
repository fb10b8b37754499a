package train

import (
	"context"
	"errors"
	"slices"
	"time"

	"requin/detect"
	"requin/eval"
	"requin/nn"
	"requin/onnx"
	"requin/taxon"
	"requin/torch"
)

// leastScore is that of the weakest detections which enter the curves of precision and recall.
const leastScore = 0.01

// runner runs a network on torch for detect, so that what is tested are detections as
// requin count would make them: the same letterbox, decoding and suppression.
type runner struct {
	model   *torch.Model
	network nn.Network
	version string
}

func (r runner) Run(in []onnx.Tensor) ([]onnx.Tensor, error) {
	shape := in[0].Shape
	results, err := r.model.Deploy(r.network, torch.Input{Values: in[0].F32, N: int(shape[0]), H: int(shape[2]), W: int(shape[3])})
	if err != nil {
		return nil, err
	}
	out := make([]onnx.Tensor, len(results))
	for i, x := range results {
		out[i] = onnx.Tensor{F32: x.Values}
		for _, d := range x.Shape {
			out[i].Shape = append(out[i].Shape, int64(d))
		}
	}
	return out, nil
}

func (r runner) Version() string { return "libtorch " + r.version }
func (r runner) Close() error    { return nil }

// describe says of a network what its file will say.
func describe(network nn.Network, metadata map[string]string) (*onnx.Info, error) {
	about, err := nn.Describe(network)
	if err != nil {
		return nil, err
	}
	design := network.Design()
	value := func(name string, shape []int) onnx.Value {
		v := onnx.Value{Name: name, Type: onnx.Float32, Dims: []onnx.Dim{}}
		for _, d := range shape {
			v.Dims = append(v.Dims, onnx.Dim{Size: int64(d)})
		}
		return v
	}
	info := &onnx.Info{Metadata: metadata, Inputs: []onnx.Value{value("images", []int{1, 3, design.H, design.W})}}
	for _, o := range about.Outputs {
		info.Outputs = append(info.Outputs, value(o.Name, o.Value.Shape()))
	}
	return info, nil
}

// look is what a network finds in held-out pictures, and what is true of them.
type look struct {
	pictures []int // of the manifest
	images   []eval.Image
	found    [][]detect.Detection
}

// see looks at pictures with weights.
func (t *trainer) see(ctx context.Context, w nn.Weights, pictures []int) (l look, err error) {
	if err := t.threads(1); err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, t.threads(len(t.Devices))) }()
	model, err := torch.NewModel(t.params, w, t.Devices[0])
	if err != nil {
		return l, err
	}
	defer model.Close()
	info, err := describe(t.network, metadata(t.network))
	if err != nil {
		return l, err
	}
	detector, err := detect.New(info, runner{model, t.network, ""}, detect.Options{Low: leastScore})
	if err != nil {
		return l, err
	}
	for n, i := range pictures {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		f, err := t.Manifest.Frame(t.Dataset, i)
		if err != nil {
			return l, err
		}
		found, err := detector.Detect(f)
		if err != nil {
			return l, err
		}
		l.pictures = append(l.pictures, i)
		l.found = append(l.found, found)
		l.images = append(l.images, eval.Image{Truth: t.truth(i), Found: detections(found), Partial: t.Manifest.Pictures[i].Partial})
		t.watch.looked(n+1, len(pictures))
	}
	return l, nil
}

// truth is what is true of a picture, of the taxa that are learned.
func (t *trainer) truth(picture int) []eval.Truth {
	of := map[string]int{}
	for i, x := range t.Manifest.Taxa {
		of[x.Name] = t.class[i]
	}
	return slices.DeleteFunc(Truth(t.Manifest.Pictures[picture]), func(b eval.Truth) bool { return of[b.Taxon] < 0 })
}

func detections(found []detect.Detection) (list []eval.Found) {
	for _, d := range found {
		list = append(list, eval.Found{Box: d.Box, Taxon: d.Taxon, Score: float64(d.Score)})
	}
	return list
}

// matchIoU is the overlap from which a detection is right, as in the study that Requin follows.
const matchIoU = 0.5

// score holds a look against truth, taxon by taxon.
func (t *trainer) score(l look) Validation {
	v := Validation{Step: t.state.Step, Pictures: len(l.pictures), Partial: t.Manifest.Partial(l.pictures)}
	studied, all := mean2{}, mean2{}
	for i, x := range t.Manifest.Taxa {
		if t.class[i] < 0 {
			continue
		}
		s := scoreTaxon(l.images, x.Name)
		s.Studied = x.Role != taxon.Context
		if s.Truth > 0 {
			all.add(s)
			if s.Studied {
				studied.add(s)
			}
		}
		v.Taxa = append(v.Taxa, s)
	}
	if studied.n == 0 {
		studied = all
	}
	v.AP50, v.AP = studied.of()
	return v
}

// scoreTaxon holds pictures against truth, of one taxon.
func scoreTaxon(images []eval.Image, name string) TaxonScore {
	s := TaxonScore{Taxon: name}
	for _, image := range images {
		for _, truth := range image.Truth {
			if truth.Taxon == name && !truth.Ignore && !truth.Crowd {
				s.Truth++
			}
		}
	}
	if s.Truth > 0 {
		pr := eval.PrecisionRecall(images, name, matchIoU)
		s.AP50, s.AP = pr.AP(), eval.COCO(images, name)
		best, f := pr.BestF()
		s.Threshold, s.F = pr.Clear(best), f
		s.Precision, s.Recall, _ = pr.At(s.Threshold)
	}
	return s
}

// mean2 is a mean of AP50 and AP.
type mean2 struct{ n, ap50, ap float64 }

func (m *mean2) add(s TaxonScore) { m.n, m.ap50, m.ap = m.n+1, m.ap50+s.AP50, m.ap+s.AP }

func (m *mean2) of() (ap50, ap float64) {
	if m.n == 0 {
		return 0, 0
	}
	return m.ap50 / m.n, m.ap / m.n
}

// current is the weights that are tested and deployed: the average, or the last.
func (t *trainer) current() (nn.Weights, error) {
	if t.average != nil {
		return t.average.Weights()
	}
	return t.models[0].Weights()
}

// validate looks at the held-out pictures, and keeps the weights if they are the best yet.
func (t *trainer) validate(ctx context.Context) error {
	if len(t.held) == 0 {
		return t.show(StateRunning, "")
	}
	began := time.Now()
	w, err := t.current()
	if err != nil {
		return err
	}
	l, err := t.see(ctx, w, t.held)
	if err != nil {
		return err
	}
	t.latest, t.latestAt = &l, t.state.Step
	v := t.score(l)
	v.Took = time.Since(began)
	t.state.Curve.Validations = append(t.state.Curve.Validations, v)
	t.state.Waited++
	if t.state.Best == nil || v.AP50 > t.state.Best.AP50 {
		t.state.Best, t.state.Waited = &v, 0
		if err := t.saveBest(w); err != nil {
			return err
		}
	}
	t.watch.validated(v, t.state.Best.Step == v.Step)
	if err := t.illustrate(l); err != nil {
		return err
	}
	return t.show(StateRunning, "")
}
