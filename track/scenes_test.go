package track_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/detect"
	"requin/eval"
	"requin/exchange"
	"requin/frame"
	"requin/realdata"
)

// scene is a video with true tracks: the material of the measurements.
type scene struct {
	name  string
	times []time.Duration // every frame that was looked at, also those without animals
	truth []eval.Seen
}

// every keeps the first frame of each cell of the given length.
func (s scene) every(d time.Duration) scene {
	plan := frame.Sampling{Every: d}
	out := scene{name: s.name}
	cell := int64(-1)
	for _, t := range s.times {
		if c := plan.Cell(t); c != cell {
			out.times = append(out.times, t)
			cell = c
		}
	}
	for _, b := range s.truth {
		if _, ok := slices.BinarySearch(out.times, b.Time); ok {
			out.truth = append(out.truth, b)
		}
	}
	return out
}

// frames gives the true boxes as detections of one taxon at score 0.9, without
// identities, shuffled within each frame.
func (s scene) frames(rng *rand.Rand) []detect.Frame {
	at := map[time.Duration][]detect.Detection{}
	for _, b := range s.truth {
		at[b.Time] = append(at[b.Time], detect.Detection{Box: b.Box, Taxon: "fish", Score: 0.9})
	}
	out := make([]detect.Frame, len(s.times))
	for i, t := range s.times {
		ds := at[t]
		rng.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		out[i] = detect.Frame{Instant: frame.Instant{Time: t}, Detections: ds}
	}
	return out
}

// degrade makes detections of perfect ones as a fair detector would: a share
// drop of them missed, another 20 % under the threshold of 0.5, corners off
// by 5 % of the box's sides (standard deviation), and on average alarms false
// ones in a frame, mostly weak.
func degrade(frames []detect.Frame, drop, alarms float64, rng *rand.Rand) []detect.Frame {
	var all []frame.Box
	for _, f := range frames {
		for _, d := range f.Detections {
			all = append(all, d.Box)
		}
	}
	out := make([]detect.Frame, len(frames))
	for i, f := range frames {
		out[i].Instant = f.Instant
		for _, d := range f.Detections {
			if rng.Float64() < drop {
				continue
			}
			w, h := d.Box.W(), d.Box.H()
			d.Box.X0 += 0.05 * w * rng.NormFloat64()
			d.Box.X1 += 0.05 * w * rng.NormFloat64()
			d.Box.Y0 += 0.05 * h * rng.NormFloat64()
			d.Box.Y1 += 0.05 * h * rng.NormFloat64()
			d.Score = 0.5 + 0.45*rng.Float32()
			if rng.Float64() < 0.2 {
				d.Score = 0.15 + 0.3*rng.Float32()
			}
			out[i].Detections = append(out[i].Detections, d)
		}
		for rng.Float64() < alarms/(1+alarms) && len(all) > 0 { // geometric, mean alarms
			b := all[rng.IntN(len(all))] // the size of an animal, somewhere
			dx, dy := 360*rng.Float64()-b.X0, 360*rng.Float64()-b.Y0
			d := detect.Detection{Taxon: "fish", Score: 0.1 + 0.4*rng.Float32(),
				Box: frame.Box{X0: b.X0 + dx, Y0: b.Y0 + dy, X1: b.X1 + dx, Y1: b.Y1 + dy}}
			if rng.Float64() < 0.1 {
				d.Score = 0.55
			}
			out[i].Detections = append(out[i].Detections, d)
		}
	}
	return out
}

// deepfish reads the five clips with true tracks (DeepFish, Saleh et al. 2020; the
// sixth has no fish and is read too). They are assembled at an assumed 10 frames/s.
func deepfish(t testing.TB) []scene {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(realdata.Path(t, "deepfish", "clips"), "*.gt.txt"))
	if len(names) == 0 {
		t.Fatal("no truth in deepfish/clips")
	}
	var out []scene
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		boxes, err := exchange.ReadMOT(file)
		file.Close()
		if err != nil {
			t.Fatal(name, err)
		}
		frames, err := os.ReadFile(strings.TrimSuffix(name, ".gt.txt") + ".frames.csv")
		if err != nil {
			t.Fatal(err)
		}
		s := scene{name: strings.TrimSuffix(filepath.Base(name), ".gt.txt")}
		for i := range strings.Count(strings.TrimSpace(string(frames)), "\n") {
			s.times = append(s.times, time.Duration(i)*time.Second/10)
		}
		for _, b := range boxes {
			s.truth = append(s.truth, eval.Seen{Time: time.Duration(b.Frame-1) * time.Second / 10, ID: b.ID, Box: b.Box})
		}
		out = append(out, s)
	}
	return out
}

// circling is animals that circle a bait at 25 frames/s for a minute: each on
// its own circle (radius 1 to 3 body lengths) with its own sense, size and speed
// (0.3 to 1.5 body lengths/s, wavering by a third of it). They come nearer and go farther, so boxes grow and shrink; they
// turn, so boxes change shape; and who is hidden behind another (overlap over
// half of the box) is not in the truth for that moment.
func circling(animals int, seed uint64) scene {
	rng := rand.New(rand.NewPCG(seed, uint64(animals)))
	s := scene{name: fmt.Sprintf("%d circling, seed %d", animals, seed)}
	type shark struct {
		length, speed, radius, phase, sense, wobble, height float64
	}
	sharks := make([]shark, animals)
	for i := range sharks {
		length := 1 + rng.Float64()/2
		sharks[i] = shark{
			length: length, speed: 0.4 + 0.7*rng.Float64(), radius: length * (1 + 2*rng.Float64()),
			phase: 2 * math.Pi * rng.Float64(), sense: float64(2*rng.IntN(2) - 1),
			wobble: 2 * math.Pi * rng.Float64(), height: rng.NormFloat64() * 0.5,
		}
	}
	const fps, focal, camera = 25, 900.0, 8.0 // the bait hangs 8 m off, the picture is 1280 wide
	for n := range 60 * fps {
		now := time.Duration(n) * time.Second / fps
		s.times = append(s.times, now)
		type view struct {
			id    int
			depth float64
			box   frame.Box
		}
		var views []view
		for i := range sharks {
			k := &sharks[i]
			pace := k.speed * (1 + 0.5*math.Sin(now.Seconds()/3+k.wobble))
			k.phase += k.sense * pace * k.length / k.radius / fps
			x, depth := k.radius*math.Cos(k.phase), camera+k.radius*math.Sin(k.phase)
			y := k.height + 0.3*math.Sin(now.Seconds()/4+k.wobble)
			across := math.Abs(math.Sin(k.phase)) // share of the body seen from the side
			w := focal / depth * k.length * math.Hypot(across, 0.25)
			h := focal / depth * k.length * 0.25
			cx, cy := 640+focal*x/depth, 360+focal*y/depth
			views = append(views, view{i + 1, depth, frame.Box{X0: cx - w/2, Y0: cy - h/2, X1: cx + w/2, Y1: cy + h/2}})
		}
		for _, v := range views {
			hidden := slices.ContainsFunc(views, func(o view) bool {
				cut := frame.Box{X0: math.Max(v.box.X0, o.box.X0), Y0: math.Max(v.box.Y0, o.box.Y0),
					X1: math.Min(v.box.X1, o.box.X1), Y1: math.Min(v.box.Y1, o.box.Y1)}
				return o.depth < v.depth && cut.Area() > v.box.Area()/2
			})
			if !hidden {
				s.truth = append(s.truth, eval.Seen{Time: now, ID: v.id, Box: v.box})
			}
		}
	}
	return s
}
