// Command trainstep takes full training steps of YOLOX-nano on one made-up batch:
// forward, SimOTA and the loss, backward, SGD with momentum and weight decay, and the
// running average. Its figures are for beside bench/train_throughput.py's, which reads
// the same weights and batch.
//
//	go run ./bench/trainstep BATCH.safetensors STEPS THREADS
//
// It writes the batch where there is none. The first line printed is the loss of the
// first step, term by term; the last is the number of pictures a second, and the seconds
// that processors worked for each.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"

	"requin/frame"
	"requin/nn"
	"requin/torch"
	"requin/weights"
)

const (
	pictures = 8
	size     = 416
	boxes    = 10 // of each picture
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: trainstep BATCH.safetensors STEPS THREADS")
	}
	steps, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	threads, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	if err := run(os.Args[1], steps, threads); err != nil {
		log.Fatal(err)
	}
}

func run(path string, steps, threads int) error {
	if err := torch.SetThreads(threads); err != nil {
		return err
	}
	network, err := nn.New(nn.Design{Network: "yolox-nano", Classes: []string{"shark", "ray", "fish"}, W: size, H: size})
	if err != nil {
		return err
	}
	about, err := nn.Describe(network)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := write(path, about, len(network.Design().Classes)); err != nil {
			return err
		}
	}
	file, err := weights.Read(path)
	if err != nil {
		return err
	}
	l, err := newLearner(network, about, file)
	if err != nil {
		return err
	}
	defer l.close()
	return l.measure(steps)
}

// write makes the weights to begin with and a batch.
func write(path string, about nn.Description, classes int) error {
	w := nn.Begin(about.Params, 1)
	r := rand.New(rand.NewPCG(1, 1))
	images := make([]float32, pictures*3*size*size)
	for i := range images {
		images[i] = float32(r.IntN(256))
	}
	var truth []float32
	for range pictures * boxes {
		x, y := r.Float32()*300, r.Float32()*300
		truth = append(truth, x, y, x+10+r.Float32()*100, y+10+r.Float32()*100, float32(r.IntN(classes)))
	}
	w["images"] = nn.Weight{Shape: []int{pictures, 3, size, size}, Values: images}
	w["truth"] = nn.Weight{Shape: []int{pictures, boxes, 5}, Values: truth}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := weights.Write(f, weights.File{Weights: w}); err != nil {
		return err
	}
	return f.Close()
}

// learner is all that a step needs.
type learner struct {
	network   nn.Network
	input     torch.Input
	truth     [][]nn.Truth
	model     *torch.Model
	optimiser *torch.Optimiser
	average   *torch.Average
	taken     int
}

func newLearner(network nn.Network, about nn.Description, file nn.Weights) (*learner, error) {
	l := &learner{network: network, input: torch.Input{Values: file["images"].Values, N: pictures, H: size, W: size}}
	for i := range pictures {
		var list []nn.Truth
		for j := range boxes {
			v := file["truth"].Values[(i*boxes+j)*5:]
			box := frame.Box{X0: float64(v[0]), Y0: float64(v[1]), X1: float64(v[2]), Y1: float64(v[3])}
			list = append(list, nn.Truth{Box: box, Class: int(v[4])})
		}
		l.truth = append(l.truth, list)
	}
	var err error
	if l.model, err = torch.NewModel(about.Params, file, "cpu"); err != nil {
		return nil, err
	}
	if l.optimiser, err = torch.NewOptimiser(l.model, torch.Optimising{Kind: "sgd", Momentum: 0.9, Nesterov: true, Decay: 5e-4}); err != nil {
		return nil, err
	}
	l.average, err = torch.NewAverage(l.model)
	return l, err
}

func (l *learner) close() {
	l.average.Close()
	l.optimiser.Close()
	l.model.Close()
}

func (l *learner) step() (nn.Lesson, error) {
	l.taken++
	lesson, err := l.model.Learn(l.network, l.input, l.truth, torch.Step{Rand: rand.New(rand.NewPCG(1, uint64(l.taken))), Done: 1, Scale: 1})
	if err != nil {
		return lesson, err
	}
	if err := l.optimiser.Step(1e-3); err != nil {
		return lesson, err
	}
	return lesson, l.average.Update(0.9998)
}

func (l *learner) measure(steps int) error {
	show := func(what string, lesson nn.Lesson) {
		fmt.Print(what)
		for _, t := range lesson.Terms {
			fmt.Printf(" %.6f", t.Value)
		}
		fmt.Println()
	}
	lesson, err := l.step()
	if err != nil {
		return err
	}
	show("loss", lesson)
	if _, err := l.step(); err != nil { // the first steps set memory up
		return err
	}
	start, used := time.Now(), processor()
	for range steps {
		if lesson, err = l.step(); err != nil {
			return err
		}
	}
	took := time.Since(start)
	used = processor() - used
	show("last", lesson)
	n := float64(steps * pictures)
	fmt.Printf("%.3f %.4f\n", n/took.Seconds(), used.Seconds()/n)
	return nil
}

// processor is the time that processors have spent on this process.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
