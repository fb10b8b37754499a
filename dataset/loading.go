package dataset

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"

	"requin/frame"
)

// Loading says how pictures become what a trainer eats.
type Loading struct {
	W         int        `yaml:"w" json:"w"` // pixels of the network's input
	H         int        `yaml:"h" json:"h"`
	Batch     int        `yaml:"batch" json:"batch"`         // pictures in a batch; the last of an epoch may hold fewer
	Letterbox string     `yaml:"letterbox" json:"letterbox"` // where the picture lies on the input, its aspect kept: "centre" or "top-left"
	Fill      uint8      `yaml:"fill" json:"fill"`           // the grey around it
	Channels  string     `yaml:"channels" json:"channels"`   // "rgb" or "bgr"
	Mean      [3]float32 `yaml:"mean" json:"mean"`           // a value v of 0 to 255 becomes (v - Mean) / Std, in the order of Channels
	Std       [3]float32 `yaml:"std" json:"std"`
	Shuffle   bool       `yaml:"shuffle" json:"shuffle"` // another order in each epoch
	Augment   Augment    `yaml:"augment" json:"augment"` // the zero value changes nothing: for validation
	Seed      uint64     `yaml:"seed" json:"seed"`
	// How fast, but not what comes:
	Workers int    `yaml:"workers" json:"-"`      // goroutines that make pictures; 0: one a processor
	Ahead   int    `yaml:"ahead" json:"-"`        // batches made before they are asked for
	Memory  int    `yaml:"memory_mb" json:"-"`    // for decoded pictures at the input's size, until it is full
	Cache   string `yaml:"cache_folder" json:"-"` // the same on disk, 3 bytes a pixel; "": none. It may be removed at any time
}

// DefaultLoading is for training at w×h: values of 0 to 1, RGB, the defaults of augmentation.
func DefaultLoading(w, h int) Loading {
	return Loading{W: w, H: h, Batch: 8, Letterbox: "centre", Fill: 114, Channels: "rgb", Std: [3]float32{255, 255, 255},
		Shuffle: true, Augment: DefaultAugment(), Seed: 1, Ahead: 2, Memory: 512}
}

// Plain is the same without augmentation and in the order of the manifest: for validation.
func (o Loading) Plain() Loading {
	o.Shuffle, o.Augment = false, Augment{}
	return o
}

func (o Loading) check() error {
	switch {
	case o.W < 1 || o.H < 1 || o.W > 1<<13 || o.H > 1<<13:
		return fmt.Errorf("an input of %d×%d pixels: from 1 to %d", o.W, o.H, 1<<13)
	case o.Batch < 1 || o.Batch > 1<<12:
		return fmt.Errorf("batches of %d pictures: from 1 to %d", o.Batch, 1<<12)
	case o.Letterbox != "centre" && o.Letterbox != "top-left":
		return fmt.Errorf("letterbox %q: centre and top-left are known", o.Letterbox)
	case o.Channels != "rgb" && o.Channels != "bgr":
		return fmt.Errorf("channels %q: rgb and bgr are known", o.Channels)
	case o.Workers < 0 || o.Ahead < 0 || o.Memory < 0:
		return fmt.Errorf("%d workers, %d batches ahead, %d MB: 0 or more", o.Workers, o.Ahead, o.Memory)
	}
	for k := range 3 {
		if o.Std[k] == 0 || math.IsNaN(float64(o.Std[k]+o.Mean[k])) || math.IsInf(float64(o.Std[k]+o.Mean[k]), 0) {
			return fmt.Errorf("mean %v, std %v: a std of 0 or a number that is none", o.Mean, o.Std)
		}
	}
	return o.Augment.check()
}

// Label is one box of a picture of a batch, in pixels of the network's input.
type Label struct {
	frame.Box
	Class  int  // index into Manifest.Taxa; AnyClass
	Ignore bool // neither an example nor background
}

// AnyClass is the class of what is to be ignored whatever it is: of all of a picture that is partial.
const AnyClass = -1

// Batch is what a trainer takes a step on. It is valid until the next one is asked for.
type Batch struct {
	Epoch    int
	Number   int // in the epoch, from 0
	N, H, W  int
	Images   []float32 // N×3×H×W: pictures, channels, rows, columns
	Labels   [][]Label // by picture; those of a box that is out of the picture are gone
	Pictures []int     // indices into Manifest.Pictures; of a mosaic the first of four
}

// Loader makes batches of some of the pictures of a dataset.
type Loader struct {
	o        Loading
	m        *Manifest
	pictures []int
	labels   [][]Label // by picture of the manifest, in its pixels
	store    *store
	table    [3][256]float32
}

// NewLoader prepares batches of pictures (indices into m.Pictures, as Training and HeldOut give them) of the dataset in dir.
func NewLoader(dir string, m *Manifest, pictures []int, o Loading) (*Loader, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(pictures) == 0 {
		return nil, errors.New("there are no pictures to load: is the fold one of the dataset's?")
	}
	l := &Loader{o: o, m: m, pictures: pictures, labels: make([][]Label, len(m.Pictures)), store: newStore(dir, o)}
	number := m.numbers()
	for _, i := range pictures {
		if i < 0 || i >= len(m.Pictures) {
			return nil, fmt.Errorf("there is no picture %d", i)
		}
		p := m.Pictures[i]
		if p.Partial {
			l.labels[i] = append(l.labels[i], Label{Box: frame.Box{X1: float64(p.W), Y1: float64(p.H)}, Class: AnyClass, Ignore: true})
		}
		for _, b := range p.Boxes {
			class, ok := number[b.Taxon]
			if !ok || !b.Finite() || b.Area() <= 0 {
				return nil, fmt.Errorf("%s: the box %v of %q is of no known taxon or has no area: check the dataset", p.File, b.Box, b.Taxon)
			}
			l.labels[i] = append(l.labels[i], Label{Box: b.Box, Class: class, Ignore: b.Ignore != ""})
		}
	}
	for k := range 3 {
		for v := range 256 {
			l.table[k][v] = (float32(v) - o.Mean[k]) / o.Std[k]
		}
	}
	return l, nil
}

// With is the same loader with other augmentation, as for the last epochs of a training. What is
// decoded is kept once for both.
func (l *Loader) With(a Augment) (*Loader, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	other := *l
	other.o.Augment = a
	return &other, nil
}

// Len is the number of batches in an epoch.
func (l *Loader) Len() int { return (len(l.pictures) + l.o.Batch - 1) / l.o.Batch }

// Batches gives the batches of an epoch from one on (0: all), so that an epoch can be
// resumed. Which pictures come, and what is done to each, depends on the seed, the epoch and the picture
// alone: neither on the number of workers nor on where it was begun. Pictures are made ahead by other goroutines, which
// have ended when the loop ends, however it ends. After an error nothing comes.
func (l *Loader) Batches(ctx context.Context, epoch, from int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		line := l.start(ctx, epoch, max(from, 0))
		defer line.wait.Wait()
		defer cancel()
		for p := range line.ready {
			select {
			case <-p.done:
			case <-ctx.Done():
			}
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if err := p.failed(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(p.batch, nil) {
				return
			}
			line.free <- p.batch
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// line is the goroutines of one epoch: one gives out the work in order, workers do it.
type line struct {
	ready chan *pending // in order
	free  chan *Batch
	wait  sync.WaitGroup
}

// pending is a batch that is being made.
type pending struct {
	batch *Batch
	done  chan struct{}
	errs  []error
	mu    sync.Mutex
	left  int
}

func (p *pending) failed() error {
	for _, err := range p.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pending) finish(slot int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs[slot] = err
	if p.left--; p.left == 0 {
		close(p.done)
	}
}

func (l *Loader) start(ctx context.Context, epoch, from int) *line {
	type task struct {
		p    *pending
		slot int
	}
	x := &line{ready: make(chan *pending, l.o.Ahead), free: make(chan *Batch, l.o.Ahead+2)}
	for range cap(x.free) {
		x.free <- &Batch{}
	}
	tasks := make(chan task)
	workers := l.o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		x.wait.Add(1)
		go func() {
			defer x.wait.Done()
			maker := newMaker(l, epoch)
			for t := range tasks {
				t.p.finish(t.slot, maker.make(t.p.batch, t.slot))
			}
		}()
	}
	x.wait.Add(1)
	go func() {
		defer x.wait.Done()
		defer close(x.ready)
		defer close(tasks)
		order := l.order(epoch)
		for n := from; n < l.Len(); n++ {
			var b *Batch
			select {
			case b = <-x.free:
			case <-ctx.Done():
				return
			}
			l.lay(b, epoch, n, order)
			p := &pending{batch: b, done: make(chan struct{}), errs: make([]error, b.N), left: b.N}
			select {
			case x.ready <- p:
			case <-ctx.Done():
				return
			}
			for slot := range b.N {
				select {
				case tasks <- task{p, slot}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return x
}

// lay prepares a batch's memory, which is used again.
func (l *Loader) lay(b *Batch, epoch, n int, order []int) {
	b.Epoch, b.Number, b.H, b.W = epoch, n, l.o.H, l.o.W
	b.Pictures = append(b.Pictures[:0], order[n*l.o.Batch:min((n+1)*l.o.Batch, len(order))]...)
	b.N = len(b.Pictures)
	if need := l.o.Batch * 3 * l.o.H * l.o.W; cap(b.Images) < need {
		b.Images = make([]float32, need)
	}
	b.Images = b.Images[:b.N*3*l.o.H*l.o.W]
	for len(b.Labels) < l.o.Batch {
		b.Labels = append(b.Labels, nil)
	}
	b.Labels = b.Labels[:b.N]
}

// order is the pictures of an epoch.
func (l *Loader) order(epoch int) []int {
	order := append([]int(nil), l.pictures...)
	if l.o.Shuffle {
		r := l.random(epoch, -1)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return order
}

// random is the source of chance of one picture in one epoch.
func (l *Loader) random(epoch, picture int) *rand.Rand {
	return rand.New(rand.NewPCG(lot(l.o.Seed, fmt.Sprint(epoch)), lot(l.o.Seed, fmt.Sprint(epoch), fmt.Sprint(picture))))
}

// path is where a picture lies.
func (m *Manifest) path(dir string, i int) string {
	return filepath.Join(dir, filepath.FromSlash(m.Pictures[i].File))
}
