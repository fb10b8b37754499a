package simulate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/taxon"
)

// What a careful person could see, on a good screen with the video stopped: an animal
// counts in a frame where all of these hold. They are in pixels of the rendered size.
const (
	seenPixels   = 30   // of which it covers half or more
	seenSide     = 8    // pixels on the longer side of its box
	seenContrast = 0.10 // mean contrast in luminance against what lies behind it, before the camera's grain
	seenShare    = 0.08 // of what is in the picture of it, nothing hiding it
)

func (f finding) seen() bool {
	side := max(f.box.W(), f.box.H())
	return f.pixels >= seenPixels && side >= seenSide && f.contrast >= seenContrast && f.share >= seenShare
}

// look gives who is seen in a frame of truth. It is drawn for if it was not drawn before.
func (d *Deployment) look(c *canvas, number int) []finding {
	d.lock.Lock()
	f, ok := d.found[number]
	d.lock.Unlock()
	if ok {
		return f
	}
	return d.keep(number, d.made().draw(c, number, nil, nil))
}

// keep remembers what a frame shows, if it is one of truth.
func (d *Deployment) keep(number int, f []finding) []finding {
	if !d.isTruth(number) {
		return nil
	}
	f = slices.DeleteFunc(f, func(f finding) bool { return !f.seen() })
	d.lock.Lock()
	d.found[number] = f
	d.lock.Unlock()
	return f
}

// onGrid tells whether a frame is one that a count at one frame a second looks at: the first of
// a second of the video's time, within the period.
func (d *Deployment) onGrid(number int) bool {
	plan := frame.Sampling{Every: time.Second, Period: d.Period()}
	t := d.Time(number)
	if !plan.Period.Contains(t) {
		return false
	}
	before := d.Time(number - 1)
	return number == 0 || !plan.Period.Contains(before) || plan.Cell(before) < plan.Cell(t)
}

// isTruth tells whether a frame has truth: each TruthStep-th, and those of the 1 s grid.
func (d *Deployment) isTruth(number int) bool {
	return number%d.TruthStep == 0 || d.onGrid(number)
}

// Truth gives what is to be seen: the deployment with its period, the labels, the camera's files, a
// track for each individual in each file, a mark in each frame of truth in which a person could see it, a look for each
// such frame, and for every taxon its MaxN, zeros too: once over the frames of the 1 s grid (as a
// count at one frame a second would find), and once over all frames of truth (Metric MaxNEveryFrame).
//
// Frames that were not rendered before are worked out, without their pixels.
func (d *Deployment) Truth(ctx context.Context) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range d.preamble() {
			if !yield(r, nil) {
				return
			}
		}
		s := d.made()
		w := &witness{d: d, s: s, c: s.canvas(), yield: yield, most: map[string][2]best{}}
		chapter := -1
		for n := range d.Frames {
			if !d.isTruth(n) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if chapter < 0 || n >= d.Chapters[chapter].First+d.Chapters[chapter].Frames {
				chapter++
				w.media, w.first = d.Chapters[chapter], d.Chapters[chapter].First
				w.named = map[int]bool{}
				if !yield(d.media(w.media), nil) {
					return
				}
			}
			if !w.frame(n) {
				return
			}
		}
		for _, r := range d.counts(s, w.most) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// MaxNEveryFrame is the metric of a MaxN over all frames of truth, not only those of the 1 s grid.
const MaxNEveryFrame = "MaxN, every frame"

// preamble is what is known without looking.
func (d *Deployment) preamble() []annotate.Record {
	depth, lat, lon, yes := d.Depth, d.Latitude, d.Longitude, true
	visible := d.made().reach
	r := annotate.Deployment{
		OpCode: d.OpCode, Campaign: "2001-05_Simulated_BRUVs", Latitude: &lat, Longitude: &lon, DateTime: d.DateTime, Site: d.site(), Location: "fictional",
		Status: "Fished", Depth: &depth, SuccessfulCount: &yes, Visibility: &visible,
		Periods: []annotate.Period{{Name: "MaxN", From: d.Settle, To: d.Duration()}},
		Extra:   annotate.Extra{"simulate.synthetic": Notice, "simulate.seed": strconv.FormatUint(d.Seed, 10), "simulate.version": Version, "simulate.habitat": string(d.Habitat), "simulate.turbidity": fmt.Sprintf("%.2f", d.Turbidity)},
	}
	for _, c := range d.Chapters {
		from := d.Time(c.First)
		r.Chapters = append(r.Chapters, annotate.Chapter{Path: d.path(c), Offset: from, Duration: d.Time(c.First+c.Frames) - from, Frames: c.Frames, Rate: d.Rate, W: d.W, H: d.H, Codec: "h264"})
	}
	out := []annotate.Record{r}
	for _, t := range Taxa() {
		out = append(out, annotate.Label{Name: t.Name, ID: t.CAAB, Extra: annotate.Extra{"simulate.role": string(t.Role), "simulate.common": t.Common}})
	}
	return out
}

// site names where it lies: each deployment has a bottom and a water of its own, which its seed draws.
func (d *Deployment) site() string { return fmt.Sprintf("fictional %06x", d.Seed>>40) }

// path is where a chapter lies in the survey: a folder for each deployment.
func (d *Deployment) path(c Chapter) string { return d.OpCode + "/" + c.Name }

func (d *Deployment) media(c Chapter) annotate.Media {
	return annotate.Media{Name: d.path(c), Deployment: d.OpCode, Video: true, W: d.W, H: d.H, Rate: d.Rate, Frames: c.Frames,
		Extra: annotate.Extra{"simulate.synthetic": Notice, "simulate.seed": strconv.FormatUint(d.Seed, 10), "simulate.version": Version}}
}

// best is a MaxN and when it was reached first.
type best struct {
	n  int
	at time.Duration
}

// witness turns what frames show into records, frame by frame.
type witness struct {
	d     *Deployment
	s     *scene
	c     *canvas
	yield func(annotate.Record, error) bool
	media Chapter
	first int
	named map[int]bool          // animals that have a track in this file
	last  map[int]annotate.Mark // of the animals that were seen in the last frame of truth
	most  map[string][2]best    // by taxon: on the 1 s grid, over all frames
}

// frame gives the records of one frame; false to stop.
func (w *witness) frame(n int) bool {
	d, at := w.d, w.d.Time(n)
	in := n - w.first
	look := annotate.Look{Media: d.path(w.media), Frame: in, Time: d.Time(in)}
	numbers := map[string]int{}
	next := map[int]annotate.Mark{}
	for _, f := range d.look(w.c, n) {
		a := &w.s.animals[f.animal]
		kind := &w.s.kinds[a.kind]
		numbers[kind.taxon.Name]++
		if !w.named[f.animal] {
			w.named[f.animal] = true
			if !w.yield(d.track(w.media, a, kind), nil) {
				return false
			}
		}
		m := annotate.Mark{Media: look.Media, Track: strconv.Itoa(a.id), Frame: in, Time: look.Time, Shape: annotate.BoxShape(f.box),
			Names: []annotate.Name{{Label: kind.taxon.Name}}, Occluded: f.share < 0.9, Truncated: f.cut, Visibility: f.share, Origin: annotate.Origin{By: "simulate"},
			Extra: annotate.Extra{"simulate.contrast": fmt.Sprintf("%.3f", f.contrast), "simulate.distance": fmt.Sprintf("%.2f", f.distance), "simulate.pixels": strconv.Itoa(f.pixels),
				"simulate.whole": fmt.Sprintf("%.1f,%.1f,%.1f,%.1f", f.whole.X0, f.whole.Y0, f.whole.X1, f.whole.Y1)}}
		if !w.yield(m, nil) {
			return false
		}
		next[f.animal] = m
	}
	for i := range w.s.animals { // in order, for the same records each time
		m, was := w.last[i]
		if _, still := next[i]; was && !still && m.Media == look.Media {
			m.Frame, m.Time, m.Outside, m.Occluded, m.Truncated, m.Visibility, m.Extra = in, look.Time, true, false, false, 0, nil
			if !w.yield(m, nil) {
				return false
			}
		}
	}
	w.last = next
	if d.Period().Contains(at) {
		w.tally(numbers, at, d.onGrid(n))
	}
	return w.yield(look, nil)
}

func (w *witness) tally(numbers map[string]int, at time.Duration, grid bool) {
	for name, n := range numbers {
		m := w.most[name]
		if grid && n > m[0].n {
			m[0] = best{n, at}
		}
		if n > m[1].n {
			m[1] = best{n, at}
		}
		w.most[name] = m
	}
}

func (d *Deployment) track(c Chapter, a *animal, k *species) annotate.Track {
	return annotate.Track{Media: d.path(c), ID: strconv.Itoa(a.id), Names: []annotate.Name{{Label: k.taxon.Name}}, Origin: annotate.Origin{By: "simulate"},
		Extra: annotate.Extra{"simulate.individual": fmt.Sprintf("%s/%d", d.OpCode, a.id), "simulate.length": fmt.Sprintf("%.0f mm", 1000*a.length)}}
}

// counts gives MaxN for every taxon; context taxa too, marked as such.
func (d *Deployment) counts(s *scene, most map[string][2]best) []annotate.Record {
	var out []annotate.Record
	for _, k := range s.kinds {
		for i, metric := range []string{"", MaxNEveryFrame} {
			m := most[k.taxon.Name][i]
			at := m.at
			if m.n == 0 {
				at = annotate.None
			}
			role := k.taxon.Role
			if role == "" {
				role = taxon.Studied
			}
			out = append(out, annotate.Count{Campaign: "2001-05_Simulated_BRUVs", OpCode: d.OpCode, Species: k.names, Label: k.taxon.Name, Metric: metric, Value: float64(m.n), Time: at,
				Origin: annotate.Origin{By: "simulate"}, Extra: annotate.Extra{"simulate.role": string(role)}})
		}
	}
	return out
}
