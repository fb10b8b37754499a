package count

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"requin/frame"
)

// process is made-up visits of an hour: groups arrive at random (Poisson), each animal stays for an exponential time by itself: M/G/∞.
type process struct {
	name         string
	groups, stay float64 // groups an hour; mean stay of an animal, s
	size         float64 // mean size of a group, geometric; 1: each by itself
	flicker      float64 // chance that a frame shows one animal more than there is
}

// frames are the counts of an hour, at 5 frames a second.
func (p process) frames(r *rand.Rand) []int {
	n := make([]int, 5*3600)
	for at := r.ExpFloat64() / p.groups * 3600; at < 3600; at += r.ExpFloat64() / p.groups * 3600 {
		size := 1
		for p.size > 1 && r.Float64() < 1-1/p.size {
			size++
		}
		for range size {
			until := at + r.ExpFloat64()*p.stay
			for i := int(math.Ceil(at * 5)); i < len(n) && float64(i) < until*5; i++ {
				n[i]++
			}
		}
	}
	for i := range n {
		if p.flicker > 0 && r.Float64() < p.flicker {
			n[i]++
		}
	}
	return n
}

// counted is the count of one taxon in 5 frames a second, of which one of so many is looked at, by stretches of so many seconds.
func counted(counts []int, of, stretch int) (Result, []frame.Instant) {
	const tick = 200 * time.Millisecond
	r := Result{Every: Seconds(of) * Seconds(tick), Interval: Seconds(stretch) * Seconds(time.Second)}
	t := Taxon{Name: "shark", MaxN: new(int)}
	var looked []frame.Instant
	for from := 0; from < len(counts); from += 5 * stretch {
		to := min(from+5*stretch, len(counts))
		iv, most := Interval{Span: Span{From: Seconds(from) * Seconds(tick), To: Seconds(to) * Seconds(tick)}}, 0
		for i := from; i < to; i += of {
			iv.Frames++
			looked = append(looked, frame.Instant{Time: time.Duration(i) * tick})
			t.Counts = append(t.Counts, Step{moment(looked[len(looked)-1], 0), counts[i]})
			most = max(most, counts[i])
		}
		r.Intervals, t.PerInterval = append(r.Intervals, iv), append(t.PerInterval, &most)
		r.Effort.Frames += iv.Frames
		*t.MaxN = max(*t.MaxN, most)
	}
	r.Taxa = []Taxon{t}
	return r, looked
}

// compared is what is said of frames from looks of 6 minutes in all, and what a look at all of them finds.
func compared(counts []int, stretch int, seed uint64) (Shortfall, int) {
	sparse, samples := counted(counts, 5, stretch)
	dense, all := counted(counts, 1, stretch)
	b := Compare(sparse, dense, samples, all, ChooseStretches(sparse, 360/stretch, seed), Seconds(200*time.Millisecond))
	return b.Taxa[0], *dense.Taxa[0].MaxN
}

// The interval holds the MaxN at 5 frames a second in 95 of 100 hours or more, whatever the visits are like.
func TestBetweenCovers(t *testing.T) {
	const hours = 120
	for _, p := range []process{
		{"few, long", 3, 60, 1, 0}, {"few, short", 3, 2, 1, 0}, {"passing", 10, 0.7, 1, 0}, {"some", 20, 20, 1, 0}, {"many, short", 200, 3, 1, 0}, {"many", 100, 30, 1, 0},
		{"crowd", 400, 60, 1, 0}, {"darting crowd", 2000, 1, 1, 0}, {"schools", 10, 10, 5, 0}, {"darting schools", 10, 0.6, 5, 0}, {"rare", 0.5, 5, 1, 0}, {"flickers", 20, 20, 1, 0.001}, {"none", 0.001, 1, 1, 0},
	} {
		held, width, sparse, estimate, truth := 0, 0, 0, 0, 0
		for i := range hours {
			frames := p.frames(rand.New(rand.NewPCG(7, uint64(i))))
			s, dense := compared(frames, 10, uint64(i))
			if s.Low <= dense && dense <= s.High {
				held++
			}
			width += s.High - s.Low
			sparse, estimate, truth = sparse+s.MaxN, estimate+s.Estimate, truth+dense
		}
		share := func(n int) string { return fmt.Sprintf("%.2f", float64(n)/hours) }
		t.Logf("%-16s MaxN at 1 s %s, at 200 ms %s, estimated %s, interval holds it %.3f, width %s", p.name, share(sparse), share(truth), share(estimate), float64(held)/hours, share(width))
		if float64(held)/hours < 0.95 {
			t.Errorf("%s: the interval holds MaxN in %d of %d hours", p.name, held, hours)
		}
	}
}
