package detect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"requin/onnx"
)

// family is a kind of detector: what pixels it wants and how its output is read.
type family struct {
	name   string
	pixels Pixels
	w, h   int     // where neither the file nor the user says
	nms    float64 // 0: its boxes come suppressed
	free   bool    // where the file leaves the size open, the picture keeps its own
	square int     // an open size must be a multiple of this
	fit    func(*plan) error
}

// families are those that Requin reads. The pixels are what each family's own
// exporter and demonstration use.
func families() []family {
	plain := Pixels{Channels: "rgb", Std: [3]float32{255, 255, 255}, Letterbox: centre, Fill: 114}
	imageNet := Pixels{Channels: "rgb", Mean: [3]float32{123.675, 116.28, 103.53}, Std: [3]float32{58.395, 57.12, 57.375}, Letterbox: stretch}
	caffe := Pixels{Channels: "bgr", Mean: [3]float32{103.53, 116.28, 123.675}, Std: [3]float32{57.375, 57.12, 58.395}, Letterbox: centre}
	raw := Pixels{Channels: "rgb", Std: [3]float32{1, 1, 1}, Letterbox: stretch}
	with := func(p Pixels, channels, letterbox string, fill uint8) Pixels {
		p.Channels, p.Letterbox, p.Fill = channels, letterbox, fill
		return p
	}
	return []family{
		{name: "yolox", pixels: with(raw, "bgr", topLeft, 114), w: 640, h: 640, nms: 0.45, square: 32, fit: fitYOLOX},
		{name: "ultralytics", pixels: plain, w: 640, h: 640, nms: 0.45, square: 32, fit: fitUltralytics},
		{name: "rt-detr", pixels: with(plain, "rgb", stretch, 0), w: 640, h: 640, fit: fitRTDETR},
		{name: "detr", pixels: imageNet, w: 1333, h: 800, free: true, fit: fitDETR},
		{name: "rf-detr", pixels: imageNet, w: 560, h: 560, fit: fitRFDETR},
		{name: "torchvision", pixels: with(plain, "rgb", topLeft, 0), w: 1333, h: 800, free: true, fit: fitTorchvision},
		{name: "tensorflow", pixels: raw, w: 1333, h: 800, free: true, fit: fitTensorFlow},
		{name: "nanodet", pixels: caffe, w: 416, h: 416, nms: 0.6, square: 32, fit: fitNanoDet},
		{name: "fastestdet", pixels: with(plain, "bgr", stretch, 0), w: 352, h: 352, nms: 0.45, square: 32, fit: fitFastestDet},
	}
}

// plan is all that is known of a model before it runs.
type plan struct {
	layout
	info        *onnx.Info
	family      family
	familyFrom  string
	head        string // the form of its output, for people
	pixels      Pixels
	openSize    bool     // the file leaves width and height open
	free        bool     // the picture keeps its own size
	named       []string // by the metadata
	namedUnder  string
	classes     []string
	classesFrom string
	// outputs are the ones that decode reads, in its order.
	outputs []int
	decode  func(outputs []onnx.Tensor, w, h int, into *candidates) error
}

// read finds out what a model is from what its file says. What the file leaves open
// is taken from opt; where that is silent too, the family's default.
func read(info *onnx.Info, opt Options) (*plan, error) {
	p := &plan{info: info}
	var err error
	if p.named, p.namedUnder, err = metadataNames(info.Metadata); err != nil {
		return nil, err
	}
	if task := info.Metadata["task"]; task != "" && task != "detect" {
		return nil, fmt.Errorf("it is made for the task %q; export a model of the task detect", task)
	}
	if err := p.input(opt); err != nil {
		return nil, err
	}
	if err := p.choose(opt); err != nil {
		return nil, err
	}
	if p.w == 0 {
		p.w = p.family.w
	}
	if p.h == 0 {
		p.h = p.family.h
	}
	p.free = p.openSize && p.family.free
	if n := p.family.square; n > 0 && (p.w%n != 0 || p.h%n != 0) {
		return nil, fmt.Errorf("a %s model wants a width and height that are multiples of %d, not %d×%d", p.family.name, n, p.w, p.h)
	}
	if err := p.family.fit(p); err != nil {
		return nil, fmt.Errorf("it does not fit the family %s (%s): %w; its outputs are %s", p.family.name, p.familyFrom, err, values(info.Outputs))
	}
	p.pixels = p.family.pixels
	if text := info.Metadata["requin.normalisation"]; text != "" {
		if err := json.Unmarshal([]byte(text), &p.pixels); err != nil {
			return nil, fmt.Errorf("its metadata %q is no JSON of channels, mean, std, letterbox and fill: %w", "requin.normalisation", err)
		}
	}
	return p, p.pixels.check()
}

// input reads the form of the input.
func (p *plan) input(opt Options) error {
	if len(p.info.Inputs) != 1 {
		return fmt.Errorf("it wants %d inputs (%s); export a detector that takes one picture and nothing else", len(p.info.Inputs), values(p.info.Inputs))
	}
	in := p.info.Inputs[0]
	if in.Type != onnx.Float32 && in.Type != onnx.Uint8 {
		return fmt.Errorf("its input is %s; export it with an input of float32 or uint8", in)
	}
	p.bytes = in.Type == onnx.Uint8
	dims := in.Shape()
	p.rank = len(dims)
	if p.rank == 4 {
		if dims[0] > 1 {
			return fmt.Errorf("its input is %s, a batch of %d; export it with a batch of 1", in, dims[0])
		}
		dims = dims[1:]
	}
	if len(dims) != 3 {
		return fmt.Errorf("its input is %s; a detector takes a picture, of 4 dimensions (1,3,height,width or 1,height,width,3) or 3", in)
	}
	switch {
	case dims[0] == 3:
		p.h, p.w = open(dims[1]), open(dims[2])
	case dims[2] == 3:
		p.last, p.h, p.w = true, open(dims[0]), open(dims[1])
	case dims[0] == -1 && dims[2] == -1:
		p.last = p.bytes || p.has("detection_boxes")
		p.h, p.w = open(dims[1]), 0
	case dims[0] == -1:
		p.h, p.w = open(dims[1]), open(dims[2])
	default:
		return fmt.Errorf("its input is %s, not a picture of 3 channels", in)
	}
	if (opt.Width > 0) != (opt.Height > 0) || opt.Width < 0 || opt.Height < 0 {
		return fmt.Errorf("an input size of %d×%d: give both width and height", opt.Width, opt.Height)
	}
	if opt.Width > 0 && (p.w != 0 && p.w != opt.Width || p.h != 0 && p.h != opt.Height) {
		return fmt.Errorf("its input is %s: it cannot be run at %d×%d", in, opt.Width, opt.Height)
	}
	p.openSize = p.w == 0 && p.h == 0
	if opt.Width > 0 {
		p.w, p.h = opt.Width, opt.Height
	} else if p.openSize {
		w, h := metadataSize(p.info.Metadata)
		p.w, p.h = cmp.Or(p.w, w), cmp.Or(p.h, h)
	}
	if p.w > mostSide || p.h > mostSide {
		return fmt.Errorf("an input of %d×%d is larger than any that can be meant (%d)", p.w, p.h, mostSide)
	}
	return nil
}

const mostSide = 8192

func open(d int64) int {
	if d < 0 {
		return 0
	}
	return int(min(d, math.MaxInt32))
}

// metadataSize is the input size by requin.input (width×height, "640x384") or
// Ultralytics' imgsz ([height, width] or one number), 0 if there is none.
func metadataSize(metadata map[string]string) (w, h int) {
	digits := func(s string) (list []int) {
		for _, d := range regexp.MustCompile(`\d+`).FindAllString(s, -1) {
			n, _ := strconv.Atoi(d)
			list = append(list, n)
		}
		return list
	}
	if n := digits(metadata["requin.input"]); len(n) == 2 {
		return n[0], n[1]
	}
	switch n := digits(metadata["imgsz"]); len(n) {
	case 1:
		return n[0], n[0]
	case 2:
		return n[1], n[0]
	}
	return 0, 0
}

// choose settles the family: named by the user, by the file, or read off its outputs.
func (p *plan) choose(opt Options) error {
	name, from := opt.Family, "named by the user"
	if name == "" {
		name, from = p.info.Metadata["requin.family"], "metadata requin.family"
	}
	if name == "" {
		var err error
		if name, err = p.guess(); err != nil {
			return err
		}
		from = "read off its outputs"
	}
	for _, f := range families() {
		if f.name == strings.ToLower(name) {
			p.family, p.familyFrom = f, from
			return nil
		}
	}
	return fmt.Errorf("no family is called %q: use one of %s", name, familyNames())
}

func familyNames() string {
	var list []string
	for _, f := range families() {
		list = append(list, f.name)
	}
	return strings.Join(list, ", ")
}

// values lists inputs or outputs for a message.
func values(list []onnx.Value) string {
	var s []string
	for _, v := range list {
		s = append(s, v.String())
	}
	return strings.Join(s, "; ")
}

// output is the index of the output of a name, ":0" and a path before it aside; -1
// if there is none.
func (p *plan) output(name string) int {
	return slices.IndexFunc(p.info.Outputs, func(v onnx.Value) bool {
		got, _, _ := strings.Cut(v.Name, ":")
		return got[strings.LastIndexByte(got, '/')+1:] == name
	})
}

func (p *plan) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return p.output(n) < 0 })
}
