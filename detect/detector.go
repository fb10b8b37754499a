package detect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"requin/frame"
	"requin/onnx"
	"requin/taxon"
)

// Options say what the file of a model does not, or what shall differ from it.
type Options struct {
	Family        string     // "": read off the file
	Width, Height int        // of the input; 0: read off the file. Needed where it leaves them open and the default will not do
	Device        string     // "cpu" or "cuda"
	Threads       int        // 0: as many as there are cores, at most 8
	Taxa          taxon.List // nil: each class of the model is a taxon of its own, studied
	// Low is the least score of a detection, default 0.1 or the lowest threshold if
	// that is less. It lies under the threshold, because what is weak by itself may
	// continue a track.
	Low        float32
	Threshold  float32            // of every taxon that the taxa file gives none; 0: the model's, else 0.3
	Thresholds map[string]float32 // by taxon, above all others
	NMS        float64            // overlap (IoU) above which the weaker of two boxes of one taxon goes; 0: the family's, below 0: none
	// OneBox is the overlap (IoU) above which two boxes of different taxa are one animal
	// under two names, unless the taxa may overlap; 0: OneAnimal, or none where NMS is
	// below 0; below 0: none.
	OneBox float64
}

// Card says what a detector is and how it is run, for the record of a run.
type Card struct {
	File        string            `json:"file"` // its name, without the folder
	SHA256      string            `json:"sha256"`
	External    []onnx.External   `json:"external,omitempty"` // files of weights beside it
	Family      string            `json:"family"`
	FamilyFrom  string            `json:"family_from"` // how the family was found
	Head        string            `json:"head"`        // the form of its output
	Classes     []string          `json:"classes"`
	ClassesFrom string            `json:"classes_from"`      // how their names were found
	Dropped     []string          `json:"dropped,omitempty"` // classes that no taxon means
	Unseen      []string          `json:"unseen,omitempty"`  // taxa that no class means: the model cannot see them
	Taxa        taxon.List        `json:"taxa"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	OpenSize    bool              `json:"open_size,omitempty"` // width and height are the most; the input takes the picture's own size
	Pixels      Pixels            `json:"pixels"`
	Low         float64           `json:"low"`
	NMS         float64           `json:"nms"`                   // 0: none
	OneBox      float64           `json:"one_box_iou,omitempty"` // see Options; 0, as in records without it: none
	Producer    string            `json:"producer,omitempty"`
	Opset       int64             `json:"opset"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Runtime     string            `json:"runtime"` // version of ONNX Runtime
	Device      string            `json:"device"`
	Threads     int               `json:"threads,omitempty"` // 0: as many as cores, at most 8
}

// Detector finds animals in frames. It belongs to one goroutine at a time.
type Detector struct {
	plan    *plan
	mapping mapping
	card    Card
	runner  Runner
	canvas  *canvas
	found   candidates
}

// Runner runs a network once: an onnx.Session does, and so does what trains one. Inputs
// and outputs are in the order of the Info that comes with it.
type Runner interface {
	Run(inputs []onnx.Tensor) ([]onnx.Tensor, error)
	Version() string // what stands in the card as its runtime
	Close() error
}

// Open makes the detector in an ONNX file ready. Where the file is ambiguous the
// error says which setting settles it.
func Open(path string, opt Options) (*Detector, error) {
	info, err := onnx.Read(path)
	if err != nil {
		return nil, err
	}
	return load(path, info, opt, func(o onnx.Options) (*onnx.Session, error) { return onnx.Open(path, info, o) })
}

// OpenBytes is Open for a file that lies in memory.
func OpenBytes(name string, file []byte, opt Options) (*Detector, error) {
	info, err := onnx.ReadInfo(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return load(name, info, opt, func(o onnx.Options) (*onnx.Session, error) { return onnx.OpenBytes(file, o) })
}

func load(path string, info *onnx.Info, opt Options, open func(onnx.Options) (*onnx.Session, error)) (*Detector, error) {
	d, err := prepare(info, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	session, err := open(onnx.Options{Device: opt.Device, Threads: opt.Threads})
	if err != nil {
		return nil, err
	}
	d.runner, d.card.File, d.card.Runtime = session, filepath.Base(path), session.Version()
	return d, nil
}

// New makes a detector of a network that somebody else runs, and which Info describes
// as its file would.
func New(info *onnx.Info, r Runner, opt Options) (*Detector, error) {
	d, err := prepare(info, opt)
	if err != nil {
		return nil, err
	}
	d.runner, d.card.Runtime = r, r.Version()
	return d, nil
}

// prepare makes all of a detector but the part that runs it.
func prepare(info *onnx.Info, opt Options) (*Detector, error) {
	for _, x := range []float32{opt.Low, opt.Threshold} {
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("a score of %g: scores lie between 0 and 1", x)
		}
	}
	p, err := read(info, opt)
	if err != nil {
		return nil, err
	}
	roles := map[string]taxon.Role{}
	if text := info.Metadata["requin.roles"]; text != "" {
		if err := json.Unmarshal([]byte(text), &roles); err != nil {
			return nil, fmt.Errorf("its metadata %q is not a JSON object from class to studied or context: %w", "requin.roles", err)
		}
	}
	m, err := mapClasses(p.classes, opt.Taxa, roles)
	if err != nil {
		return nil, err
	}
	if err := m.thresholds(p.classes, opt.Thresholds, opt.Threshold, info.Metadata); err != nil {
		return nil, err
	}
	low := opt.Low
	if low == 0 {
		low = 0.1
	}
	for _, t := range m.taxa {
		low = min(low, float32(t.Threshold))
	}
	d := &Detector{plan: p, mapping: m, canvas: newCanvas(p.layout, p.free, p.pixels)}
	d.found = candidates{classes: len(p.classes), low: low}
	d.card = Card{
		SHA256: info.SHA256, External: info.External, Family: p.family.name, FamilyFrom: p.familyFrom, Head: p.head,
		Classes: p.classes, ClassesFrom: p.classesFrom, Dropped: m.dropped, Unseen: m.unseen, Taxa: m.taxa,
		Width: p.w, Height: p.h, OpenSize: p.free, Pixels: p.pixels, Low: number(low), NMS: overlap(opt.NMS, p.family.nms, m.merged), OneBox: oneBox(opt),
		Producer: info.Producer, Opset: info.Opset, Metadata: info.Metadata, Device: opt.Device, Threads: opt.Threads,
	}
	if d.card.Device == "" {
		d.card.Device = "cpu"
	}
	return d, nil
}

// overlap settles the greatest overlap that two boxes of one taxon may have. A
// family whose boxes come suppressed needs none, unless several of its classes are
// one taxon: then one animal may have come as two.
func overlap(asked, family float64, merged bool) float64 {
	switch {
	case asked > 0:
		return asked
	case asked < 0:
		return 0
	case family == 0 && merged:
		return 0.45
	}
	return family
}

// OneAnimal is the overlap (IoU) above which boxes of two taxa are one animal, where nobody
// says otherwise. docs/benchmarks.md has what it was chosen by.
const OneAnimal = 0.5

func oneBox(opt Options) float64 {
	switch {
	case opt.OneBox > 0:
		return opt.OneBox
	case opt.OneBox < 0 || opt.NMS < 0:
		return 0
	}
	return OneAnimal
}

// Input is the size that a picture is scaled into, its aspect kept.
func (d *Detector) Input() (w, h int) { return d.plan.w, d.plan.h }

// Size is what a picture of w×h should be scaled to before Detect, which then has no
// scaling to do: for most families the largest size of the same aspect within Input,
// for those that stretch the picture Input itself.
func (d *Detector) Size(w, h int) (int, int) {
	w, h, _, _ = d.canvas.size(max(w, 1), max(h, 1))
	return w, h
}

// Taxa are the taxa in the order of report, each with the threshold in force.
func (d *Detector) Taxa() taxon.List { return d.mapping.taxa }

// Card is what is put on record.
func (d *Detector) Card() Card { return d.card }

// Twin is a detector on the same network, for one more goroutine. It is closed
// with d.
func (d *Detector) Twin() *Detector {
	twin := *d
	twin.canvas = newCanvas(d.plan.layout, d.plan.free, d.plan.pixels)
	twin.found = candidates{classes: d.found.classes, low: d.found.low}
	return &twin
}

// Close frees the network.
func (d *Detector) Close() error { return d.runner.Close() }

// Detect finds what a frame shows: boxes in pixels of the full picture, clipped to
// it, best score first; none is an empty list. A frame of any size is taken.
func (d *Detector) Detect(f *frame.Frame) ([]Detection, error) {
	input, place, err := d.canvas.draw(f)
	if err != nil {
		return nil, err
	}
	all, err := d.runner.Run([]onnx.Tensor{input})
	if err != nil {
		return nil, fmt.Errorf("running the model: %w", err)
	}
	return d.judge(all, place)
}

// judge turns what the network answered into detections: decode, map classes to
// taxa, suppress, clip, one box for an animal.
func (d *Detector) judge(all []onnx.Tensor, p placement) ([]Detection, error) {
	outputs := make([]onnx.Tensor, len(d.plan.outputs))
	for i, k := range d.plan.outputs {
		outputs[i] = all[k]
	}
	d.found.reset()
	if err := errors.Join(d.plan.decode(outputs, p.inputW, p.inputH, &d.found), d.found.err()); err != nil {
		return nil, fmt.Errorf("reading the model's answer as %s: %w", d.plan.family.name, err)
	}
	var list []proposal
	for i, box := range d.found.boxes {
		one, ok := d.mapping.propose(p.full(box), d.found.scores[i*d.found.classes:(i+1)*d.found.classes])
		if ok && one.score >= d.found.low {
			list = append(list, one)
		}
	}
	found := clip(suppress(list, d.card.NMS), d.mapping.taxa, p.fullW, p.fullH)
	return OneBox(found, d.card.OneBox, d.mapping.taxa.Threshold, d.mapping.taxa.MayOverlap), nil
}
