package count_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

var names = []string{"a", "b", "c"} // c is context

// random makes a deployment of at most two minutes with gaps and up to ten tracks.
func random(r *rand.Rand) count.Input {
	in := count.Input{
		Taxa:  taxon.List{{Name: "a"}, {Name: "b", Role: taxon.Studied}, {Name: "c", Role: taxon.Context}},
		Every: time.Second, Interval: time.Duration(1+r.IntN(40)) * time.Second,
		Duration: time.Duration(1+r.IntN(120)) * time.Second,
	}
	if r.IntN(2) == 0 {
		in.Period.From = time.Duration(r.IntN(40)) * time.Second
		in.Period.To = in.Period.From + time.Duration(1+r.IntN(120))*time.Second
	}
	for range r.IntN(3) {
		from := time.Duration(r.IntN(120)) * time.Second
		in.Gaps = append(in.Gaps, frame.Gap{From: from, To: from + time.Duration(r.IntN(20))*time.Second, Reason: "damaged"})
	}
	for t := time.Duration(0); t < in.Duration; t += in.Every {
		at := t + time.Duration(r.IntN(900))*time.Millisecond
		if !slices.ContainsFunc(in.Gaps, func(g frame.Gap) bool { return at >= g.From && at < g.To }) {
			in.Frames = append(in.Frames, frame.Instant{Time: at, PTS: at.Milliseconds(), Base: frame.Rational{Num: 1, Den: 1000}})
		}
	}
	for id := range r.IntN(10) {
		t := track.Track{ID: id + 1, Taxon: names[r.IntN(3)]}
		for _, f := range in.Frames {
			if r.IntN(4) == 0 {
				d := detect.Detection{Box: frame.Box{X1: r.Float64(), Y1: 1}, Taxon: names[r.IntN(3)], Score: r.Float32()}
				t.Points = append(t.Points, track.Point{Instant: f, Detection: d})
			}
		}
		in.Tracks = append(in.Tracks, t)
	}
	return in
}

// inFrame counts in the plainest way there is.
func inFrame(in count.Input, name string, f frame.Instant) int {
	n := 0
	for _, t := range in.Tracks {
		for _, p := range t.Points {
			if t.Taxon == name && p.Instant == f {
				n++
			}
		}
	}
	return n
}

func TestProperties(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := random(r)
		got := mustCount(t, in)
		checkOrder(t, seed, r, in, got)
		checkFewer(t, seed, r, in, got)
		if e := got.Effort; e.Analysed < 0 || e.Analysed+e.NotAnalysed != got.Period.Length() {
			t.Fatalf("seed %d: effort %+v of %v", seed, e, got.Period)
		}
		for _, tx := range got.Taxa {
			checkTaxon(t, seed, in, got, tx)
		}
	}
}

func checkTaxon(t *testing.T, seed uint64, in count.Input, r count.Result, tx count.Taxon) {
	t.Helper()
	highest, sum, frames := 0, 0, 0
	var first, top *frame.Instant
	for _, f := range in.Frames {
		if !in.Period.Contains(f.Time) {
			continue
		}
		n := inFrame(in, tx.Name, f)
		frames++
		sum += n
		if n > 0 && first == nil {
			first = &f
		}
		if n > highest {
			highest, top = n, &f
		}
		if got := stepAt(tx.Counts, f.Time); got != n {
			t.Fatalf("seed %d, %s: the series says %d at %v, there are %d", seed, tx.Name, got, f.Time, n)
		}
	}
	if frames == 0 {
		if tx.MaxN != nil || tx.MeanCount != nil {
			t.Fatalf("seed %d, %s: MaxN %v with no frame", seed, tx.Name, tx.MaxN)
		}
		return
	}
	if *tx.MaxN != highest || *tx.MeanCount != float64(sum)/float64(frames) || r.Effort.Frames != frames {
		t.Fatalf("seed %d, %s: MaxN %d, want %d; MeanCount %v, want %d/%d", seed, tx.Name, *tx.MaxN, highest, *tx.MeanCount, sum, frames)
	}
	if !same(tx.TFS, first) || !same(tx.TMaxN, top) {
		t.Fatalf("seed %d, %s: first seen %v, want %v; tMaxN %v, want %v", seed, tx.Name, tx.TFS, first, tx.TMaxN, top)
	}
	if highest > 0 && (len(tx.Evidence.Individuals) != highest || tx.Evidence.Instant() != *top) {
		t.Fatalf("seed %d, %s: evidence %+v for MaxN %d", seed, tx.Name, tx.Evidence, highest)
	}
	inIntervals, intervalFrames := 0, 0
	for i, n := range tx.PerInterval {
		intervalFrames += r.Intervals[i].Frames
		if (n == nil) != (r.Intervals[i].Frames == 0) {
			t.Fatalf("seed %d, %s: interval %d has MaxN %v of %d frames", seed, tx.Name, i, n, r.Intervals[i].Frames)
		}
		if n != nil {
			inIntervals = max(inIntervals, *n)
		}
	}
	if inIntervals != highest || intervalFrames != frames {
		t.Fatalf("seed %d, %s: the intervals' highest is %d of %d frames, MaxN %d of %d", seed, tx.Name, inIntervals, intervalFrames, highest, frames)
	}
	for i := 1; i < len(tx.Rises); i++ {
		if tx.Rises[i].N <= tx.Rises[i-1].N || tx.Rises[i].Time <= tx.Rises[i-1].Time {
			t.Fatalf("seed %d, %s: cumulative MaxN %+v", seed, tx.Name, tx.Rises)
		}
	}
	if highest > 0 && tx.Rises[len(tx.Rises)-1].N != highest {
		t.Fatalf("seed %d, %s: cumulative MaxN ends at %+v, MaxN %d", seed, tx.Name, tx.Rises, highest)
	}
}

func same(m *count.Moment, f *frame.Instant) bool {
	if m == nil || f == nil {
		return m == nil && f == nil
	}
	return m.Instant() == *f
}

// stepAt reads a step series at a frame.
func stepAt(steps []count.Step, at time.Duration) int {
	n := -1
	for _, s := range steps {
		if s.Time.Duration() <= at {
			n = s.N
		}
	}
	return n
}

func checkOrder(t *testing.T, seed uint64, r *rand.Rand, in count.Input, want count.Result) {
	t.Helper()
	in.Tracks, in.Gaps = slices.Clone(in.Tracks), slices.Clone(in.Gaps)
	r.Shuffle(len(in.Tracks), func(i, j int) { in.Tracks[i], in.Tracks[j] = in.Tracks[j], in.Tracks[i] })
	slices.Reverse(in.Gaps)
	if got := mustCount(t, in); !reflect.DeepEqual(got, want) {
		t.Fatalf("seed %d: another order of tracks and gaps gives another result", seed)
	}
}

// checkFewer removes one looked-at frame, and what was seen in it.
func checkFewer(t *testing.T, seed uint64, r *rand.Rand, in count.Input, all count.Result) {
	t.Helper()
	if len(in.Frames) == 0 {
		return
	}
	i := r.IntN(len(in.Frames))
	gone := in.Frames[i]
	in.Frames = slices.Delete(slices.Clone(in.Frames), i, i+1)
	in.Tracks = slices.Clone(in.Tracks)
	for k := range in.Tracks {
		in.Tracks[k].Points = slices.DeleteFunc(slices.Clone(in.Tracks[k].Points), func(p track.Point) bool { return p.Instant == gone })
	}
	for k, tx := range mustCount(t, in).Taxa {
		if tx.MaxN != nil && *tx.MaxN > *all.Taxa[k].MaxN {
			t.Fatalf("seed %d: without the frame at %v MaxN of %s rose to %d", seed, gone.Time, tx.Name, *tx.MaxN)
		}
	}
}
