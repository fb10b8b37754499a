package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Range is what a value is drawn from, least and most.
type Range [2]float64

func (g Range) draw(r *rand.Rand) float64 { return g[0] + (g[1]-g[0])*r.Float64() }

// Augment says how pictures are changed for training. Each change happens with its probability P, by
// an amount drawn from its range. Lengths are in pixels of the network's input. What each means and where its
// numbers come from: docs/science/datasets.md.
type Augment struct {
	Mosaic     float64 `yaml:"mosaic" json:"mosaic"`               // probability of four pictures in one
	MosaicSize Range   `yaml:"mosaic_size" json:"mosaic_size"`     // factor of each of the four, of the fitted picture
	Flip       float64 `yaml:"flip" json:"flip"`                   // probability of left and right exchanged
	Scale      Range   `yaml:"scale" json:"scale"`                 // factor, drawn evenly in its logarithm; [0, 0]: 1
	Shift      float64 `yaml:"shift" json:"shift"`                 // at most, in parts of the input, to each side
	MinVisible float64 `yaml:"min_visible" json:"min_visible"`     // share of a box that must be left in the picture; less is ignored
	MinSide    float64 `yaml:"min_side_px" json:"min_side_px"`     // a box that has become smaller is ignored
	Water      Water   `yaml:"water" json:"water"`                 // more water above the scene and before it
	Snow       Snow    `yaml:"snow" json:"snow"`                   // particles
	Defocus    Effect  `yaml:"defocus" json:"defocus"`             // standard deviation, pixels
	Motion     Effect  `yaml:"motion" json:"motion"`               // length of the camera's movement, pixels
	Brightness Effect  `yaml:"brightness" json:"brightness"`       // factor
	Contrast   Effect  `yaml:"contrast" json:"contrast"`           // factor, about the picture's mean
	White      Effect  `yaml:"white_balance" json:"white_balance"` // factor of red and of blue, each
	Noise      Effect  `yaml:"noise" json:"noise"`                 // standard deviation, of 255
	JPEG       Effect  `yaml:"jpeg" json:"jpeg"`                   // quality, 1 to 100
}

// Effect is a change of one amount.
type Effect struct {
	P     float64 `yaml:"p" json:"p"`
	Range Range   `yaml:"range" json:"range"`
}

// Water adds water of a Jerlov type to a picture.
type Water struct {
	P        float64  `yaml:"p" json:"p"`
	Types    []string `yaml:"types" json:"types"`           // of I, IA, IB, II, III, 1C, 3C, 5C, 7C, 9C; drawn among
	Column   Range    `yaml:"column_m" json:"column_m"`     // metres more between the surface and the scene: red goes first
	Path     Range    `yaml:"path_m" json:"path_m"`         // metres more between the camera and the far end of the scene
	Near     float64  `yaml:"near" json:"near"`             // the same for its near end, in parts of that
	Veil     Range    `yaml:"veil" json:"veil"`             // brightness of the open water, linear, 0 to 1
	Exposure Range    `yaml:"exposure" json:"exposure"`     // how far the camera makes up for the light lost, 0 to 1
	Scatter  Range    `yaml:"scatter_px" json:"scatter_px"` // forward scatter where nothing but veil is left: standard deviation
}

// Snow adds particles that drift before the camera ("marine snow").
type Snow struct {
	P       float64 `yaml:"p" json:"p"`
	Density Range   `yaml:"density" json:"density"` // particles in 100×100 pixels
	Radius  Range   `yaml:"radius_px" json:"radius_px"`
	Opacity Range   `yaml:"opacity" json:"opacity"` // 0 to 1
}

// DefaultAugment is for training a detector on baited video.
func DefaultAugment() Augment {
	return Augment{
		Mosaic: 0.3, MosaicSize: Range{0.45, 0.9}, Flip: 0.5, Scale: Range{0.6, 1.6}, Shift: 0.1, MinVisible: 0.3, MinSide: 2,
		Water: Water{P: 0.5, Types: []string{"I", "IA", "IB", "II", "III", "1C", "3C", "5C"},
			Column: Range{0, 6}, Path: Range{0, 6}, Near: 0.3, Veil: Range{0.08, 0.4}, Exposure: Range{0.6, 1}, Scatter: Range{0, 1.2}},
		Snow:       Snow{P: 0.2, Density: Range{0.5, 6}, Radius: Range{0.4, 1.6}, Opacity: Range{0.1, 0.5}},
		Defocus:    Effect{0.1, Range{0.4, 1.2}},
		Motion:     Effect{0.1, Range{2, 6}},
		Brightness: Effect{0.5, Range{0.75, 1.3}},
		Contrast:   Effect{0.5, Range{0.75, 1.25}},
		White:      Effect{0.3, Range{0.85, 1.15}},
		Noise:      Effect{0.2, Range{1, 6}},
		JPEG:       Effect{0.1, Range{40, 90}},
	}
}

func (a Augment) check() error {
	for name, p := range map[string]float64{"mosaic": a.Mosaic, "flip": a.Flip, "min_visible": a.MinVisible, "water": a.Water.P, "snow": a.Snow.P,
		"defocus": a.Defocus.P, "motion": a.Motion.P, "brightness": a.Brightness.P, "contrast": a.Contrast.P,
		"white_balance": a.White.P, "noise": a.Noise.P, "jpeg": a.JPEG.P, "near": a.Water.Near, "shift": a.Shift} {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("augmentation: %s is %g, and must lie between 0 and 1", name, p)
		}
	}
	for _, c := range []struct {
		name        string
		on          bool
		g           Range
		least, most float64
	}{
		{"mosaic_size", a.Mosaic > 0, a.MosaicSize, 0.1, 4}, {"scale", a.Scale != Range{}, a.Scale, 0.1, 10},
		{"column_m", true, a.Water.Column, 0, 100}, {"path_m", true, a.Water.Path, 0, 100}, {"veil", true, a.Water.Veil, 0, 1},
		{"exposure", true, a.Water.Exposure, 0, 1}, {"scatter_px", true, a.Water.Scatter, 0, 20},
		{"density", true, a.Snow.Density, 0, 1000}, {"radius_px", a.Snow.P > 0, a.Snow.Radius, 0.1, 50}, {"opacity", true, a.Snow.Opacity, 0, 1},
		{"defocus", true, a.Defocus.Range, 0, 20}, {"motion", true, a.Motion.Range, 0, 100}, {"brightness", true, a.Brightness.Range, 0, 10},
		{"contrast", true, a.Contrast.Range, 0, 10}, {"white_balance", true, a.White.Range, 0, 10}, {"noise", true, a.Noise.Range, 0, 128},
		{"jpeg", a.JPEG.P > 0, a.JPEG.Range, 1, 100},
	} {
		if c.on && !(c.g[0] >= c.least && c.g[0] <= c.g[1] && c.g[1] <= c.most) {
			return fmt.Errorf("augmentation: %s is drawn from %g to %g, and must lie between %g and %g", c.name, c.g[0], c.g[1], c.least, c.most)
		}
	}
	if !(a.MinSide >= 0) || math.IsInf(a.MinSide, 0) {
		return fmt.Errorf("augmentation: min_side_px is %g, and must be 0 or more", a.MinSide)
	}
	if a.Water.P > 0 && len(a.Water.Types) == 0 {
		return fmt.Errorf("augmentation: no type of water is named")
	}
	for _, name := range a.Water.Types {
		if _, ok := jerlov(name); !ok {
			return fmt.Errorf("augmentation: water of type %q: I, IA, IB, II, III, 1C, 3C, 5C, 7C and 9C are known", name)
		}
	}
	return nil
}

// change changes the light of a tile, in the order in which it reaches the disk: the water, the particles before
// the lens, the lens and its movement, the sensor, the camera's processing, its compression.
func (a Augment) change(t *tile, r *rand.Rand) {
	happens := func(p float64) bool { return r.Float64() < p }
	veil := [3]float64{0.3, 0.5, 0.5}
	if happens(a.Water.P) {
		veil = a.Water.add(t, r)
	}
	if happens(a.Snow.P) {
		a.Snow.add(t, veil, r)
	}
	if happens(a.Defocus.P) {
		t.blur(a.Defocus.Range.draw(r))
	}
	if happens(a.Motion.P) {
		t.smear(a.Motion.Range.draw(r), r.Float64()*math.Pi)
	}
	gain, lift := [3]float64{1, 1, 1}, 0.0
	if happens(a.White.P) {
		gain[0], gain[2] = a.White.Range.draw(r), a.White.Range.draw(r)
	}
	if happens(a.Brightness.P) {
		k := a.Brightness.Range.draw(r)
		gain = [3]float64{gain[0] * k, gain[1] * k, gain[2] * k}
	}
	if happens(a.Contrast.P) {
		k := a.Contrast.Range.draw(r)
		lift = t.mean() * (1 - k)
		gain = [3]float64{gain[0] * k, gain[1] * k, gain[2] * k}
	}
	t.tone(gain, lift)
	if happens(a.Noise.P) {
		t.noise(a.Noise.Range.draw(r), r)
	}
	if happens(a.JPEG.P) {
		t.compress(int(math.Round(a.JPEG.Range.draw(r))))
	}
}
