package detect

import (
	"fmt"
	"math"

	"requin/frame"
	"requin/onnx"
)

// Pixels says how a picture becomes a network's input: it is scaled into the input's
// size as Letterbox says, and each value v of 0 to 255 becomes (v - Mean) / Std,
// channel by channel in the order of Channels.
type Pixels struct {
	Channels  string     `json:"channels"` // "rgb" or "bgr"
	Mean      [3]float32 `json:"mean"`
	Std       [3]float32 `json:"std"`
	Letterbox string     `json:"letterbox"` // "top-left", "centre" or "stretch"; the first two keep the aspect
	Fill      uint8      `json:"fill"`      // what surrounds a picture that keeps its aspect, 0 to 255
}

const (
	topLeft = "top-left"
	centre  = "centre"
	stretch = "stretch"
)

func (p Pixels) check() error {
	if p.Channels != "rgb" && p.Channels != "bgr" {
		return fmt.Errorf("channels %q: rgb and bgr are known", p.Channels)
	}
	if p.Letterbox != topLeft && p.Letterbox != centre && p.Letterbox != stretch {
		return fmt.Errorf("letterbox %q: top-left, centre and stretch are known", p.Letterbox)
	}
	for i := range 3 {
		if p.Std[i] == 0 || math.IsNaN(float64(p.Std[i])) || math.IsNaN(float64(p.Mean[i])) {
			return fmt.Errorf("mean %v, std %v: a std of 0 or a number that is none", p.Mean, p.Std)
		}
	}
	return nil
}

// layout is the form of a network's input tensor.
type layout struct {
	w, h  int  // 0 where the file leaves it open
	rank  int  // 4, or 3 without the batch
	last  bool // channels last: height, width, channel
	bytes bool // uint8: the pixels as they are, without mean and std
}

// placement is where on the network's input the picture lies: the pixel (x, y) of
// the input is ((x-left)·sx, (y-top)·sy) of the full picture.
//
// Worked example: 1920×1080 into 416×416, centred: the picture is 416×234, left 0, top 91,
// sx = 1920/416, sy = 1080/234; input pixel (208, 208) is (960, 540).
type placement struct {
	left, top int
	w, h      int // of the picture on the input
	sx, sy    float64

	inputW, inputH int
	fullW, fullH   int
}

func (p placement) full(b frame.Box) frame.Box {
	left, top := float64(p.left), float64(p.top)
	return frame.Box{X0: (b.X0 - left) * p.sx, Y0: (b.Y0 - top) * p.sy, X1: (b.X1 - left) * p.sx, Y1: (b.Y1 - top) * p.sy}
}

// canvas turns frames into input tensors, in memory that it uses again.
type canvas struct {
	layout
	pixels  Pixels
	free    bool // the input takes the size of the picture, at most w×h
	table   [3][256]float32
	floats  []float32
	bytes8  []uint8
	resizer frame.Resizer
	last    placement // what lies on the canvas; the fill around it is drawn once
}

func newCanvas(l layout, free bool, p Pixels) *canvas {
	c := &canvas{layout: l, free: free, pixels: p}
	for channel := range 3 {
		for v := range 256 {
			c.table[channel][v] = (float32(v) - p.Mean[channel]) / p.Std[channel]
		}
	}
	return c
}

// size is what a picture of fw×fh should be scaled to, and the input's size then.
func (c *canvas) size(fw, fh int) (w, h, inputW, inputH int) {
	if c.pixels.Letterbox == stretch && !c.free {
		return c.w, c.h, c.w, c.h
	}
	w, h = frame.Fit(fw, fh, c.w, c.h)
	if c.free {
		w, h = min(w, fw), min(h, fh) // nothing is gained by scaling it up
		return w, h, w, h
	}
	return w, h, c.w, c.h
}

// draw lays a frame on the canvas. The tensor is valid until the next one.
func (c *canvas) draw(f *frame.Frame) (onnx.Tensor, placement, error) {
	if f == nil || f.W <= 0 || f.H <= 0 || len(f.Pix) != 3*f.W*f.H {
		return onnx.Tensor{}, placement{}, fmt.Errorf("a frame without its pixels: 3 bytes for each of its width × height are wanted")
	}
	fullW, fullH := f.FullW, f.FullH
	if fullW <= 0 || fullH <= 0 {
		fullW, fullH = f.W, f.H
	}
	w, h, inW, inH := c.size(fullW, fullH)
	pix := f.Pix
	switch {
	case f.W == w && f.H == h:
	case c.pixels.Letterbox != stretch && within(f.W, w) && within(f.H, h) && f.W <= c.w && f.H <= c.h:
		// Scaled by someone who rounds otherwise: taken as it is.
		if w, h = f.W, f.H; c.free {
			inW, inH = w, h
		}
	case c.free && f.W <= c.w && f.H <= c.h:
		w, h, inW, inH = f.W, f.H, f.W, f.H
	default:
		pix = c.resizer.Resize(f.Pix, f.W, f.H, w, h)
	}
	p := placement{
		w: w, h: h, sx: float64(fullW) / float64(w), sy: float64(fullH) / float64(h),
		inputW: inW, inputH: inH, fullW: fullW, fullH: fullH,
	}
	if c.pixels.Letterbox == centre {
		p.left, p.top = (inW-w)/2, (inH-h)/2
	}
	return c.paint(pix, p), p, nil
}

func within(a, b int) bool { return a-b <= 1 && b-a <= 1 }

// paint writes pix at p into the input tensor.
func (c *canvas) paint(pix []byte, p placement) onnx.Tensor {
	w, h, fresh := p.inputW, p.inputH, p != c.last
	if n := 3 * w * h; len(c.floats)+len(c.bytes8) != n {
		fresh = true
		if c.bytes {
			c.bytes8 = make([]uint8, n)
		} else {
			c.floats = make([]float32, n)
		}
	}
	if fresh {
		c.fill(w * h)
		c.last = p
	}
	pixel, channel := 1, w*h // steps in the tensor
	if c.layout.last {
		pixel, channel = 3, 1
	}
	for k := range 3 {
		from := k // of the packed RGB
		if c.pixels.Channels == "bgr" {
			from = 2 - k
		}
		table := &c.table[k]
		for y := range p.h {
			row := pix[3*y*p.w : 3*(y+1)*p.w]
			to := k*channel + ((p.top+y)*w+p.left)*pixel
			if c.bytes {
				for i := from; i < len(row); i += 3 {
					c.bytes8[to] = row[i]
					to += pixel
				}
				continue
			}
			for i := from; i < len(row); i += 3 {
				c.floats[to] = table[row[i]]
				to += pixel
			}
		}
	}
	shape := []int64{1, 3, int64(h), int64(w)}
	if c.layout.last {
		shape = []int64{1, int64(h), int64(w), 3}
	}
	return onnx.Tensor{Shape: shape[4-c.rank:], F32: c.floats, U8: c.bytes8}
}

// fill paints all of the canvas, of n pixels.
func (c *canvas) fill(n int) {
	for i := range c.bytes8 {
		c.bytes8[i] = c.pixels.Fill
	}
	for i := range c.floats {
		channel := i / n
		if c.layout.last {
			channel = i % 3
		}
		c.floats[i] = c.table[channel][c.pixels.Fill]
	}
}
