package track

import (
	"cmp"
	"math"
	"slices"
	"time"

	"requin/detect"
)

// Tracker joins detections to tracks, frame by frame. It is not safe for use
// by several goroutines at once.
type Tracker struct {
	cfg       Config
	threshold func(taxon string) float32
	clock     time.Duration // since the first frame, never backwards
	latest    time.Duration // the last frame's own time
	started   bool
	frames    int             // seen so far
	looked    []time.Duration // clock at each of them
	settles   bool            // a threshold was given
	all       []*following    // by ID
	alive     []*following    // those that may go on, by ID
}

// following is a track in the making. Times are of Tracker.clock.
type following struct {
	Track
	motion motion        // at the time moved
	moved  time.Duration // the last point's time
	strong time.Duration // the last strong point's time
	names  scoreboard
	frames []int  // number of the frame of each point
	begins []bool // whether each point is strong enough to begin a track
}

// New gives a tracker that has seen nothing. threshold says for a taxon's name
// the least score, 0 to 1, of a detection that counts by itself and may begin a
// track (a score just at it does). nil is for what is not to be counted: true
// boxes, and everything that might be an animal. There every detection begins a
// track, and all of them stay (Config's OneTaxon, StrongEnds and Support are of what
// counts). cfg must be valid (Config.Validate).
func New(cfg Config, threshold func(taxon string) float32) *Tracker {
	settles := threshold != nil
	if !settles {
		threshold = func(string) float32 { return 0 }
	}
	return &Tracker{cfg: cfg, threshold: threshold, settles: settles}
}

// Update takes the next frame: its detections continue tracks or begin new
// ones. Every frame that was looked at may be given, those without detections
// too (they change nothing: time passes by the frames' own times). The
// Detections slice is not kept.
//
// Association goes in two stages (Zhang et al. 2022, ByteTrack): first the
// detections at or over their threshold choose among all tracks that go on,
// then the weaker ones among the tracks left over. What is left of the first
// begins tracks, what is left of the second is forgotten.
//
// Frames are expected in time order. For one that is not later than the frame
// before, no time is taken to have passed: its detections are tracked like any
// others, nothing is lost, and points are in the order in which the frames came.
func (t *Tracker) Update(f detect.Frame) {
	if t.started && f.Time > t.latest {
		t.clock += f.Time - t.latest
	}
	t.latest, t.started = f.Time, true
	t.frames++
	t.looked = append(t.looked, t.clock)
	t.endLost()

	seen := t.sightings(f.Detections)
	strong := 0
	for strong < len(seen) && seen[strong].strong {
		strong++
	}
	moved := make([]motion, len(t.alive))
	for i, tr := range t.alive {
		moved[i] = t.cfg.after(tr.motion, (t.clock - tr.moved).Seconds())
	}
	free := make([]int, len(t.alive)) // indexes into alive and moved
	for i := range free {
		free[i] = i
	}
	free, fresh := t.associate(f, seen[:strong], free, moved, 0)
	t.associate(f, seen[strong:], free, moved, -math.Log(t.cfg.LowOdds))
	for _, s := range fresh {
		t.begin(f, s)
	}
}

// associate continues those of the free tracks that the sightings fit at a cost
// below limit, and gives back the tracks and sightings that are left.
func (t *Tracker) associate(f detect.Frame, seen []sighting, free []int, moved []motion, limit float64) (left []int, fresh []sighting) {
	pairs := Assign(len(free), len(seen), limit, func(i, j int) float64 {
		tr := t.alive[free[i]]
		return t.cfg.cost(moved[free[i]], tr.Last().Box, (t.clock - tr.moved).Seconds(), tr.names, seen[j].Detection)
	})
	taken := make([]bool, len(seen))
	for i, j := range pairs {
		if j < 0 {
			left = append(left, free[i])
			continue
		}
		taken[j] = true
		tr := t.alive[free[i]]
		tr.motion = t.cfg.seen(moved[free[i]], seen[j].Box)
		t.point(tr, f, seen[j])
	}
	for j, s := range seen {
		if !taken[j] {
			fresh = append(fresh, s)
		}
	}
	return left, fresh
}

func (t *Tracker) begin(f detect.Frame, s sighting) {
	tr := &following{motion: t.cfg.begin(s.Box)}
	tr.ID = len(t.all) + 1
	t.point(tr, f, s)
	t.all = append(t.all, tr)
	t.alive = append(t.alive, tr)
}

func (t *Tracker) point(tr *following, f detect.Frame, s sighting) {
	tr.Points = append(tr.Points, Point{f.Instant, s.Detection})
	tr.frames = append(tr.frames, t.frames)
	tr.begins = append(tr.begins, s.strong)
	tr.names.add(s.Detection)
	tr.moved = t.clock
	if s.strong {
		tr.strong = t.clock
	}
}

// endLost takes leave of the tracks without a strong detection for too long. Weak ones
// alone do not keep a track: a rock that was once taken for a shark and is
// seen weakly ever after would be counted for the whole hour.
func (t *Tracker) endLost() {
	kept := t.alive[:0]
	for _, tr := range t.alive {
		if (t.clock - tr.strong).Seconds() <= t.cfg.MaxGapS {
			kept = append(kept, tr)
		}
	}
	clear(t.alive[len(kept):])
	t.alive = kept
}

// Finish gives all tracks, by ID, each cut where it changes its name for good.
// The tracker may go on being used; the tracks given are what had been seen
// until then.
func (t *Tracker) Finish() []Track {
	var parts []*following
	for _, tr := range t.all {
		parts = append(parts, t.cfg.split(tr)...)
	}
	if t.settles {
		parts = t.settle(parts)
	} else {
		for _, tr := range parts {
			tr.name()
		}
	}
	slices.SortStableFunc(parts, func(a, b *following) int { return cmp.Compare(a.frames[0], b.frames[0]) })
	out := make([]Track, len(parts))
	for i, tr := range parts {
		out[i] = tr.Track
		out[i].ID, out[i].Points = i+1, tr.Points[:len(tr.Points):len(tr.Points)]
	}
	return out
}
