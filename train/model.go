package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"requin/dataset"
	"requin/detect"
	"requin/eval"
	"requin/nn"
	"requin/onnx"
	"requin/torch"
	"requin/uncertainty"
)

// Trained is what a training came to.
type Trained struct {
	Network       nn.Network
	About         nn.Description
	Weights       nn.Weights // of the best validation, else the last
	Step          int        // that they are of
	Ended         string     // why the training ended
	Begun         string     // with which weights it began
	Curve         Curve
	Validation    *Validation // of Weights; nil where nothing was held out
	Thresholds    map[string]float64
	Calibration   map[string]uncertainty.Calibration   // of taxa that the held-out pictures hold enough of
	Detectability map[string]uncertainty.Detectability // of those, where the held-out pictures are video
	Elapsed       time.Duration
	Resumed       int // times
	Learned       int // pictures learned from
	Held          int // pictures held out
	Torch         torch.Info
	Devices       []string

	job     Job
	params  []nn.Param
	samples []int // pictures to compare the file on
}

// metadata is what a network's file says of how it is to be used.
func metadata(network nn.Network) map[string]string {
	design, pixels := network.Design(), network.Pixels()
	m := map[string]string{
		"requin.family":  network.Family(),
		"requin.network": design.Network,
		"requin.classes": text(design.Classes),
		"requin.input":   fmt.Sprintf("%dx%d", design.W, design.H),
		"requin.normalisation": text(detect.Pixels{Channels: pixels.Channels, Mean: pixels.Mean, Std: pixels.Std,
			Letterbox: pixels.Letterbox, Fill: pixels.Fill}),
	}
	if network.Family() == "yolox" {
		m["requin.decoded"] = "false"
	}
	return m
}

// text is a value as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // numbers and texts
		return err.Error()
	}
	return string(b)
}

// leastToChoose is how many boxes in truth it takes to choose a threshold, or to calibrate.
const leastToChoose = 10

// choose picks thresholds and calibrates on what the held-out pictures show. Partial ones are left out: of what a model finds there
// that is no animal next to nothing is known to be wrong, and every score would be taken for surer than it is.
func (t *Trained) choose(l look, classes []string) error {
	t.Thresholds, t.Calibration = map[string]float64{}, map[string]uncertainty.Calibration{}
	images := slices.DeleteFunc(slices.Clone(l.images), func(i eval.Image) bool { return i.Partial })
	for _, s := range t.Validation.Taxa {
		if len(images) < len(l.images) {
			s = scoreTaxon(images, s.Taxon)
		}
		if s.Truth < leastToChoose || s.F == 0 {
			continue
		}
		t.Thresholds[s.Taxon] = math.Max(leastScore, s.Threshold)
		c, err := eval.Calibrate(images, s.Taxon, matchIoU)
		if err != nil {
			return fmt.Errorf("calibrating the scores of %s: %w", s.Taxon, err)
		}
		t.Calibration[s.Taxon] = c
	}
	return nil
}

// Model is the file that is deployed. extra is put into its metadata beside what the
// training knows: the hash of the run's record, a licence.
func (t *Trained) Model(extra map[string]string) ([]byte, error) {
	m := metadata(t.Network)
	m[detect.TrainedOn] = t.job.Manifest.Hash()
	m["requin.recipe"] = t.job.Recipe.Name
	if len(t.Thresholds) > 0 {
		m["requin.thresholds"] = text(t.Thresholds)
		m[uncertainty.CalibrationKey] = text(t.Calibration)
	}
	if len(t.Detectability) > 0 {
		m[uncertainty.DetectabilityKey] = text(t.Detectability)
	}
	roles := map[string]string{}
	for _, x := range t.job.Manifest.Taxa {
		roles[x.Name] = string(x.Role)
	}
	m["requin.roles"] = text(roles)
	maps.Copy(m, extra)
	return onnx.Write(t.Network, t.Weights, m)
}

// Agreement is how the file answers beside the trainer.
type Agreement struct {
	Pictures int     `json:"pictures"`
	Within   float64 `json:"p999_difference"`    // 99.9 % of all numbers answered differ by no more: |a - b| / max(1, the greatest |b| of that output)
	Largest  float64 `json:"largest_difference"` // nor any by more than this
	MS       float64 `json:"ms_per_picture"`     // of the file in ONNX Runtime, the median
	Threads  int     `json:"threads"`
}

// mostDifference is how far 99.9 % of the numbers that the file answers may be from the
// trainer's. Of the tens of thousands that a picture gets a few may be further off: sums
// of 32 bits taken in another order, with normalisation folded in or not, differ by some
// 1e-4 where a network is most sensitive. Wrong is what differs by farMore.
const mostDifference, farMore = 1e-4, 1e-2

// Compare runs the file in ONNX Runtime beside the trainer's forward pass on pictures of
// the dataset, and fails where they differ by more than mostDifference.
func (t *Trained) Compare(ctx context.Context, file []byte, threads int) (a Agreement, err error) {
	session, err := onnx.OpenBytes(file, onnx.Options{Threads: threads})
	if err != nil {
		return a, err
	}
	defer session.Close()
	model, err := torch.NewModel(t.params, t.Weights, t.Devices[0])
	if err != nil {
		return a, err
	}
	defer model.Close()
	loading := t.job.loading(t.Network.Pixels()).Plain()
	loading.Batch = 1
	loader, err := dataset.NewLoader(t.job.Dataset, t.job.Manifest, t.samples, loading)
	if err != nil {
		return a, err
	}
	a.Threads = threads
	var took []time.Duration
	var all []float64
	for b, err := range loader.Batches(ctx, 0, 0) {
		if err != nil {
			return a, err
		}
		in := onnx.Tensor{Shape: []int64{1, 3, int64(b.H), int64(b.W)}, F32: b.Images}
		began := time.Now()
		have, err := session.Run([]onnx.Tensor{in})
		if err != nil {
			return a, err
		}
		took = append(took, time.Since(began))
		want, err := model.Deploy(t.Network, torch.Input{Values: b.Images, N: 1, H: b.H, W: b.W})
		if err != nil {
			return a, err
		}
		if all, err = differences(all, have, want); err != nil {
			return a, err
		}
		a.Pictures++
	}
	slices.Sort(took)
	slices.Sort(all)
	if len(took) == 0 || len(all) == 0 {
		return a, errors.New("the model's file was not compared with the network that was trained: nothing was answered")
	}
	a.MS = took[len(took)/2].Seconds() * 1000
	a.Within, a.Largest = all[(len(all)-1)*999/1000], all[len(all)-1]
	if !(a.Within <= mostDifference && a.Largest <= farMore) {
		return a, fmt.Errorf("the model's file answers otherwise than the network that was trained: 99.9 %% of its numbers on %d pictures differ by up to %.2g (%g is allowed), and the worst by %.2g (%g)",
			a.Pictures, a.Within, mostDifference, a.Largest, farMore)
	}
	return a, nil
}

// differences adds how far the numbers of one picture are apart, beside how large they get.
func differences(all []float64, have []onnx.Tensor, want []torch.Result) ([]float64, error) {
	if len(have) != len(want) {
		return nil, fmt.Errorf("the file gives %d outputs, the trainer %d", len(have), len(want))
	}
	for i, w := range want {
		got := have[i].F32
		for _, v := range have[i].I64 {
			got = append(got, float32(v))
		}
		if len(got) != len(w.Values) {
			return nil, fmt.Errorf("the file answers %s with %d numbers, the trainer with %d", w.Name, len(got), len(w.Values))
		}
		scale := 1.0
		for _, v := range w.Values {
			scale = math.Max(scale, math.Abs(float64(v)))
		}
		for k, v := range w.Values {
			all = append(all, math.Abs(float64(got[k]-v))/scale)
		}
	}
	return all, nil
}
