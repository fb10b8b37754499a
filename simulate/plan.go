package simulate

import (
	"fmt"
	"math"
	"sync"
	"time"

	"requin/frame"
	"requin/taxon"
)

// Chapter is one of the files that the camera splits a deployment into.
type Chapter struct {
	Name   string // as a GoPro names it: GX010001.MP4, then GX020001.MP4
	First  int    // number of its first frame in the deployment
	Frames int
}

// Deployment is one drop of one station, as it was planned: nothing is drawn until it
// is asked for. It can be used by several goroutines at a time.
type Deployment struct {
	OpCode    string
	Seed      uint64
	Kind      Kind
	W, H      int
	Rate      frame.Rational
	Frames    int
	Chapters  []Chapter
	Settle    time.Duration // the period runs from here to the end
	Depth     float64       // metres
	Turbidity float64       // 0 to 1
	Habitat   Habitat
	Abundance map[string]int // individuals that are about, by taxon; not all need ever be seen
	Latitude  float64        // fictional, as is all of where and when
	Longitude float64
	DateTime  string
	TruthStep int

	scene *scene
	lock  sync.Mutex
	once  sync.Once
	found map[int][]finding // by frame: what drawing it told of who is seen
}

// usual is how many of a context species are about at a station.
var usual = map[int]Range{giantTrevally: {0, 6}, bluestripe: {0, 14}, malabar: {0, 1}, cobiaFish: {0, 1}, remora: {0, 1}, moonWrasse: {1, 4}, chromis: {0, 16}, pinkWhipray: {0, 1}}

// Plan lays out a survey. The same options give the same plan.
func Plan(o Options) ([]*Deployment, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	kinds := o.Habitats
	if len(kinds) == 0 {
		kinds = habitats
	}
	var out []*Deployment
	for i := range o.Deployments {
		seed := mixBits(o.Seed*1000003 + uint64(i))
		r := draws(seed, "plan")
		d := &Deployment{
			OpCode: fmt.Sprintf("SIM%03d", i+1), Seed: seed, Kind: o.Kind, W: o.W, H: o.H, Rate: o.Rate, Settle: o.Settle, TruthStep: o.TruthStep,
			Depth:     math.Round(10*between(r, o.Depth.Min, o.Depth.Max)) / 10,
			Turbidity: between(r, o.Turbidity.Min, o.Turbidity.Max),
			Habitat:   kinds[r.IntN(len(kinds))],
			Latitude:  math.Round(1e5*between(r, -18.6, -18.2)) / 1e5,
			Longitude: math.Round(1e5*between(r, 147.2, 147.8)) / 1e5,
			DateTime:  time.Date(2001, 5, 1+i/6, 8+i%6, r.IntN(60), r.IntN(60), 0, time.UTC).Format("2006-01-02T15:04:05"),
			Abundance: map[string]int{}, found: map[int][]finding{},
		}
		factor := between(r, o.Context.Min, o.Context.Max)
		for kind, s := range bestiary() {
			count := o.Sharks
			if s.taxon.Role == taxon.Context {
				count = Range{usual[kind].Min * factor, usual[kind].Max * factor}
			}
			d.Abundance[s.taxon.Name] = int(math.Floor(between(r, count.Min, count.Max+0.999)))
		}
		d.split(i+1, o)
		out = append(out, d)
	}
	return out, nil
}

// split cuts the deployment into the camera's files.
func (d *Deployment) split(number int, o Options) {
	d.Frames = max(1, d.frameAt(o.Duration))
	each := max(1, d.frameAt(o.Chapter))
	for first := 0; first < d.Frames; first += each {
		d.Chapters = append(d.Chapters, Chapter{Name: fmt.Sprintf("GX%02d%04d.MP4", len(d.Chapters)+1, number), First: first, Frames: min(each, d.Frames-first)})
	}
}

// frameAt is the number of the first frame at or after a time.
func (d *Deployment) frameAt(t time.Duration) int {
	n := int(math.Floor(t.Seconds() * float64(d.Rate.Num) / float64(d.Rate.Den)))
	for n > 0 && d.Time(n-1) >= t {
		n--
	}
	for d.Time(n) < t {
		n++
	}
	return n
}

// Time is when a frame is taken, from the start of the deployment.
func (d *Deployment) Time(number int) time.Duration {
	return frame.Rational{Num: d.Rate.Den, Den: d.Rate.Num}.Seconds(int64(number))
}

// Duration is how long the deployment is filmed.
func (d *Deployment) Duration() time.Duration { return d.Time(d.Frames) }

// Period is the part that counts.
func (d *Deployment) Period() frame.Period { return frame.Period{From: d.Settle, To: d.Duration()} }
