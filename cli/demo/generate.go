//go:build ignore

// Generate draws the clip and writes the detector that "requin demo" counts:
//
//	go run cli/demo/generate.go
//
// The clip is a drawing, not a simulation of the sea: dark sharks and yellow
// fish cross a blue picture, and truth.csv holds what was drawn. The detector is a network whose
// weights were set by hand: it finds dark and yellow blobs and nothing else.
package main

import (
	"encoding/csv"
	"fmt"
	"image/color"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"requin/onnx"
)

const (
	width, height = 640, 360
	fps, seconds  = 10, 75
)

// animal swims a straight line from one time to another, in pixels of its centre.
type animal struct {
	taxon          string
	from, to       float64 // seconds
	x0, y0, x1, y1 float64
	length         float64
}

// scene is drawn so that at most three sharks and two fish are in the picture.
var scene = []animal{
	{"shark", 5, 30, -60, 120, 700, 150, 96},
	{"shark", 14, 40, 700, 260, -60, 230, 110},
	{"shark", 17, 29, -60, 300, 180, 322, 84},
	{"shark", 47, 60, 700, 90, -60, 140, 90},
	{"yellow fish", 3, 20, 700, 40, -30, 60, 44},
	{"yellow fish", 24, 44, -30, 60, 680, 50, 44},
	{"yellow fish", 31, 50, 690, 140, -30, 120, 48},
	{"yellow fish", 62, 70, -30, 200, 300, 210, 40},
}

func main() {
	dir := filepath.Join("cli", "demo")
	if err := drawClip(dir); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "blobs.onnx"), detector(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func drawClip(dir string) error {
	cmd := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", width, height),
		"-r", strconv.Itoa(fps), "-i", "pipe:0", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", strconv.Itoa(fps), "-keyint_min", strconv.Itoa(fps),
		"-sc_threshold", "0", "-crf", "30", "-preset", "slow", "-bf", "0", "-metadata", "comment=drawn by Requin: no real animal",
		"-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", filepath.Join(dir, "clip.mp4"))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	truth, err := os.Create(filepath.Join(dir, "truth.csv"))
	if err != nil {
		return err
	}
	defer truth.Close()
	rows := csv.NewWriter(truth)
	_ = rows.Write([]string{"time_s", "taxon", "x0", "y0", "x1", "y1"})
	rng := rand.New(rand.NewPCG(1, 2))
	grain := make([]float64, width*height)
	for i := range grain {
		grain[i] = rng.Float64() - 0.5
	}
	for n := range fps * seconds {
		t := float64(n) / fps
		pix := water(t, grain)
		for _, a := range scene {
			if x, y, ok := a.at(t); ok {
				a.draw(pix, x, y, t)
				if box, visible := a.box(x, y); visible && n%fps == 0 {
					_ = rows.Write([]string{strconv.FormatFloat(t, 'f', 1, 64), a.taxon, box[0], box[1], box[2], box[3]})
				}
			}
		}
		if _, err := pipe.Write(pix); err != nil {
			return err
		}
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return err
	}
	if err := pipe.Close(); err != nil {
		return err
	}
	return cmd.Wait()
}

// water is the empty picture: light from above, a pale sea bed, moving light.
func water(t float64, grain []float64) []byte {
	pix := make([]byte, 3*width*height)
	for y := range height {
		depth := float64(y) / height
		for x := range width {
			r, g, b := 0.20-0.10*depth, 0.52-0.18*depth, 0.66-0.14*depth
			if bed := 0.86 + 0.02*math.Sin(float64(x)/70); depth > bed {
				r, g, b = 0.45, 0.55, 0.52
			}
			light := 0.02 * math.Sin(float64(x)/23+t*0.8) * math.Sin(float64(y)/17-t*0.5) * (1 - depth)
			shade := light + 0.03*grain[y*width+x]
			set(pix, x, y, r+shade, g+shade, b+shade)
		}
	}
	return pix
}

func set(pix []byte, x, y int, r, g, b float64) {
	c := color.RGBA{to8(r), to8(g), to8(b), 255}
	i := 3 * (y*width + x)
	pix[i], pix[i+1], pix[i+2] = c.R, c.G, c.B
}

func to8(v float64) uint8 { return uint8(math.Round(255 * math.Min(math.Max(v, 0), 1))) }

func (a animal) at(t float64) (x, y float64, ok bool) {
	if t < a.from || t > a.to {
		return 0, 0, false
	}
	s := (t - a.from) / (a.to - a.from)
	return a.x0 + s*(a.x1-a.x0), a.y0 + s*(a.y1-a.y0) + 6*math.Sin(t), true
}

// half is half the animal's size along and across.
func (a animal) half() (along, across float64) {
	if a.taxon == "shark" {
		return a.length / 2, a.length / 9
	}
	return a.length / 2, a.length / 5
}

func (a animal) draw(pix []byte, cx, cy, t float64) {
	along, across := a.half()
	heading := 1.0
	if a.x1 < a.x0 {
		heading = -1
	}
	for y := max(0, int(cy-2*across)); y < min(height, int(cy+2*across)+1); y++ {
		for x := max(0, int(cx-along)-1); x < min(width, int(cx+along)+2); x++ {
			u := heading * (float64(x) - cx) / along // -1 tail … 1 snout
			bend := 0.25 * math.Sin(4*t+2*u) * math.Max(0, -u)
			v := (float64(y)-cy)/across - bend
			body := v*v < (1-u*u)*math.Min(1, 0.35+0.65*(u+1))
			tail := u < -0.75 && math.Abs(v) < 4*(-0.75-u)+0.15
			fin := a.taxon == "shark" && u > -0.1 && u < 0.25 && v < 0 && -v < 1.9*(1-(u+0.1)/0.35)
			switch {
			case !body && !tail && !fin:
			case a.taxon == "shark" && v > 0.25:
				set(pix, x, y, 0.22, 0.28, 0.30)
			case a.taxon == "shark":
				set(pix, x, y, 0.10, 0.14, 0.17)
			default:
				set(pix, x, y, 0.88, 0.76, 0.16)
			}
		}
	}
}

// box is what is visible of the animal; an animal shows once its centre is in the picture.
func (a animal) box(x, y float64) ([4]string, bool) {
	along, across := a.half()
	if x < 0 || x >= width || y < 0 || y >= height {
		return [4]string{}, false
	}
	var out [4]string
	for i, v := range []float64{math.Max(0, x-along), math.Max(0, y-1.5*across), math.Min(width, x+along), math.Min(height, y+1.5*across)} {
		out[i] = strconv.FormatFloat(v, 'f', 1, 64)
	}
	return out, true
}

// The detector's input and its grid: masks at a quarter of the size, windows of
// windowW×windowH mask cells every second cell.
const (
	inW, inH         = 320, 192
	windowW, windowH = 19, 9
	gridW, gridH     = inW / 8, inH / 8
	cells            = gridW*gridH + (inW/16)*(inH/16) + (inW/32)*(inH/32) // as a YOLOv8 head has
)

// detector is a network in the output form of YOLOv8. For each class a mask says where its colour is; for
// each window of the mask its mass, centre and spread give score and box.
func detector() []byte {
	g := onnx.Graph{Name: "blobs", Metadata: map[string]string{
		"requin.family": "ultralytics", "names": "{0: 'shark', 1: 'yellow fish'}", "task": "detect", "imgsz": fmt.Sprintf("[%d, %d]", inH, inW),
		"description": "Finds dark and yellow blobs in the drawn clip of requin demo. Weights set by hand; of no use on real video.",
	}}
	f := func(name string, shape []int64, values ...float32) string {
		g.Constant(name, onnx.Tensor{Shape: shape, F32: values})
		return name
	}
	node := func(op, out string, attributes onnx.Attributes, in ...string) string {
		g.Node(op, in, []string{out}, attributes)
		return out
	}
	g.Input("images", onnx.Float32, 1, 3, inH, inW)
	// Colour: dark means a low mean of the three, yellow much red and little blue.
	const gain = 60
	colours := f("colours", []int64{2, 3, 1, 1}, -gain/3., -gain/3., -gain/3., gain, 0, -gain)
	offsets := f("offsets", []int64{2}, 0.27*gain, -0.30*gain)
	mask := node("Sigmoid", "mask", nil, node("Conv", "colour", nil, "images", colours, offsets))
	mask = node("AveragePool", "small", onnx.Attributes{"kernel_shape": []int64{4, 4}, "strides": []int64{4, 4}}, mask)
	g.Constant("classes_first", onnx.Tensor{Shape: []int64{4}, I64: []int64{2, 1, inH / 4, inW / 4}})
	mask = node("Reshape", "per_class", nil, mask, "classes_first")
	// Moments of each window about its middle, in mask cells.
	var kernel []float32
	for _, moment := range []func(x, y float64) float64{
		func(x, y float64) float64 { return 1 }, func(x, y float64) float64 { return x }, func(x, y float64) float64 { return y },
		func(x, y float64) float64 { return x * x }, func(x, y float64) float64 { return y * y },
	} {
		for y := range windowH {
			for x := range windowW {
				kernel = append(kernel, float32(moment(float64(x-windowW/2), float64(y-windowH/2))))
			}
		}
	}
	f("kernel", []int64{5, 1, windowH, windowW}, kernel...)
	moments := node("Conv", "moments", onnx.Attributes{"strides": []int64{2, 2}, "pads": []int64{windowH / 2, windowW / 2, windowH / 2, windowW / 2}}, mask, "kernel")
	g.Node("Split", []string{moments}, []string{"m0", "m1x", "m1y", "m2x", "m2y"}, onnx.Attributes{"axis": 1})
	mass := node("Add", "mass", nil, "m0", f("tiny", []int64{1}, 1e-3))
	x, y := node("Div", "mean_x", nil, "m1x", mass), node("Div", "mean_y", nil, "m1y", mass)
	spread := func(axis, mean string) string { // full width of an ellipse is four times its standard deviation
		square := node("Div", "square_"+axis, nil, "m2"+axis, mass)
		variance := node("Sub", "variance_"+axis, nil, square, node("Mul", "mean2_"+axis, nil, mean, mean))
		return node("Sqrt", "sigma_"+axis, nil, node("Max", "positive_"+axis, nil, variance, "tiny"))
	}
	sx, sy := spread("x", x), spread("y", y)
	// Score: enough mass, in the middle of the window, and flat: two animals one
	// above the other are no animal.
	off := node("Add", "off", nil, node("Mul", "x2", nil, x, x), node("Mul", "y2", nil, y, y))
	off = node("Add", "off_or_tall", nil, off, node("Mul", "tall", nil, "variance_y", f("one", []int64{1}, 1)))
	middle := node("Exp", "middle", nil, node("Mul", "off_scaled", nil, off, f("sharpness", []int64{1}, -0.15)))
	enough := node("Sigmoid", "enough", nil, node("Sub", "over", nil, "m0", f("least", []int64{1}, 3)))
	score := node("Mul", "score", nil, middle, enough)
	// One box for each cell: that of the class with the higher score.
	g.Constant("flat", onnx.Tensor{Shape: []int64{3}, I64: []int64{1, 2, gridW * gridH}})
	flat := func(v string) string { return node("Reshape", v+"_flat", nil, v, "flat") }
	scores := flat(score)
	best := node("ReduceMax", "best", onnx.Attributes{"axes": []int64{1}, "keepdims": 1}, scores)
	isBest := node("Cast", "is_best", onnx.Attributes{"to": 1}, node("GreaterOrEqual", "ge", nil, scores, best))
	pick := func(v string) string {
		return node("ReduceSum", v+"_best", onnx.Attributes{"keepdims": 1}, node("Mul", v+"_masked", nil, flat(v), isBest), "class_axis")
	}
	g.Constant("class_axis", onnx.Tensor{Shape: []int64{1}, I64: []int64{1}})
	var centreX, centreY []float32
	for j := range gridH {
		for i := range gridW {
			centreX = append(centreX, float32(8*i)+2)
			centreY = append(centreY, float32(8*j)+2)
		}
	}
	f("four", []int64{1}, 4)
	f("sixteen", []int64{1}, 16)
	f("cx", []int64{1, 1, gridW * gridH}, centreX...)
	f("cy", []int64{1, 1, gridW * gridH}, centreY...)
	centre := func(v, cell string) string {
		return node("Add", v+"_centre", nil, cell, node("Mul", v+"_pixels", nil, pick(v), "four"))
	}
	size := func(v string) string { return node("Mul", v+"_size", nil, pick(v), "sixteen") }
	rows := node("Concat", "rows", onnx.Attributes{"axis": 1}, centre(x, "cx"), centre(y, "cy"), size(sx), size(sy), scores)
	rest := cells - gridW*gridH // the coarser levels of the head find nothing
	f("nothing", []int64{1, 6, int64(rest)}, make([]float32, 6*rest)...)
	node("Concat", "output0", onnx.Attributes{"axis": 2}, rows, "nothing")
	g.Output("output0", onnx.Float32, 1, 6, cells)
	return g.Bytes()
}
