package count

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"requin/frame"
)

var (
	betweenHours = flag.Int("hours", 60, "of each kind of visits, in the test of the look between samples")
	betweenSeed  = flag.Uint64("visits", 7, "seed of those visits")
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
	hours := *betweenHours
	for _, p := range []process{
		{"few, long", 3, 60, 1, 0}, {"few, short", 3, 2, 1, 0}, {"passing", 10, 0.7, 1, 0}, {"some", 20, 20, 1, 0}, {"many, short", 200, 3, 1, 0}, {"many", 100, 30, 1, 0},
		{"crowd", 400, 60, 1, 0}, {"darting crowd", 2000, 1, 1, 0}, {"schools", 10, 10, 5, 0}, {"darting schools", 10, 0.6, 5, 0}, {"rare", 0.5, 5, 1, 0}, {"flickers", 20, 20, 1, 0.001}, {"none", 0.001, 1, 1, 0},
	} {
		held, width, sparse, estimate, truth := 0, 0, 0, 0, 0
		for i := range hours {
			frames := p.frames(rand.New(rand.NewPCG(*betweenSeed, uint64(i))))
			s, dense := compared(frames, 10, uint64(i))
			if s.Low <= dense && dense <= s.High {
				held++
			}
			width += s.High - s.Low
			sparse, estimate, truth = sparse+s.MaxN, estimate+s.Estimate, truth+dense
		}
		share := func(n int) string { return fmt.Sprintf("%.2f", float64(n)/float64(hours)) }
		t.Logf("%-16s MaxN at 1 s %s, at 200 ms %s, estimated %s, interval holds it %.3f, width %s", p.name, share(sparse), share(truth), share(estimate), float64(held)/float64(hours), share(width))
		if float64(held)/float64(hours) < 0.95 {
			t.Errorf("%s: the interval holds MaxN in %d of %d hours", p.name, held, hours)
		}
	}
}

// Half of the stretches are the busiest, the others lie all over the period; the same seed draws the same.
func TestChooseStretches(t *testing.T) {
	counts := make([]int, 5*3600)
	for i := range 600 { // two minutes of one animal, and ten seconds of two within them
		counts[5*1000+i] = 1
	}
	for i := range 50 {
		counts[5*1040+i] = 2
	}
	r, _ := counted(counts, 5, 10)
	looks := ChooseStretches(r, 36, 1)
	if len(looks) != 36 {
		t.Fatalf("%d stretches", len(looks))
	}
	busy, levels, last := 0, [3]int{}, -1
	for i, l := range looks {
		if l.index <= last {
			t.Errorf("stretch %d follows %d", l.index, last)
		}
		last = l.index
		if l.Why == Busy {
			busy++
			levels[*r.Taxa[0].PerInterval[l.index]]++
		}
		// One of 18 equal parts of the 342 others: none is further than two parts from the next.
		if i > 0 && l.index-looks[i-1].index > 2*342/18+18 {
			t.Errorf("nothing from stretch %d to %d", looks[i-1].index, l.index)
		}
	}
	if busy != 18 || levels != [3]int{6, 11, 1} {
		t.Errorf("%d of the busiest, by MaxN %v; want 18: the one with two, all 11 with one, 6 others", busy, levels)
	}
	same := func(a, b []Look) bool {
		return slices.EqualFunc(a, b, func(a, b Look) bool { return a.index == b.index && a.Why == b.Why })
	}
	if !same(looks, ChooseStretches(r, 36, 1)) || same(looks, ChooseStretches(r, 36, 2)) {
		t.Error("the seed does not decide")
	}
	if all := ChooseStretches(r, 1000, 1); len(all) != 360 || all[7].Why != All {
		t.Errorf("%d of 360 stretches, where more are asked for", len(all))
	}
}

// Where all of the period is looked at, nothing is estimated: what is there is said.
func TestBetweenOfAll(t *testing.T) {
	counts := make([]int, 5*100)
	counts[5*30+2], counts[5*31], counts[5*50+2], counts[5*50+3] = 1, 1, 3, 3 // 3 between two samples
	s, dense := compared(counts, 10, 1)
	if s.MaxN != 1 || dense != 3 || s.Seen != 3 || s.Low != 3 || s.Estimate != 3 || s.High != 3 || s.SeenAt.Time.Duration() != 50400*time.Millisecond {
		t.Errorf("%+v at %v", s, s.SeenAt)
	}
	// One stretch shows the animal at 1 s, and no more between.
	if m := s.Mean; m != (Average{Stretches: 1, Of: 1}) {
		t.Errorf("%+v", m)
	}
}

// An animal that comes just before a stretch and is still there at its first sample belongs to it.
func TestBetweenBefore(t *testing.T) {
	counts := make([]int, 5*100)
	for i := 5*40 - 3; i <= 5*40; i++ {
		counts[i] = 2
	}
	counts[5*40] = 1
	sparse, samples := counted(counts, 5, 10)
	dense, all := counted(counts, 1, 10)
	for _, l := range Compare(sparse, dense, samples, all, ChooseStretches(sparse, 2, 1), 1).Looked {
		if l.Why == Busy && (l.index != 4 || l.Frames != 54) {
			t.Errorf("stretch %d with %d frames", l.index, l.Frames)
		}
	}
	if s := Compare(sparse, dense, samples, all, ChooseStretches(sparse, 2, 1), 1).Taxa[0]; s.Seen != 2 {
		t.Errorf("%+v", s)
	}
}

// Of a video without pictures between its samples nothing is said.
func TestBetweenNothing(t *testing.T) {
	sparse, samples := counted(make([]int, 500), 5, 10)
	if b := Compare(sparse, sparse, samples, samples, ChooseStretches(sparse, 3, 1), 1); b.None == "" || len(b.Taxa) != 0 {
		t.Errorf("%+v", b)
	}
}

// The points of a beta distribution have its mean and variance.
func TestBeta(t *testing.T) {
	for _, c := range [][2]float64{{0.5, 0.5}, {0.5, 4.5}, {0.5, 360}, {3.5, 33.5}, {18.5, 18.5}, {40.5, 0.5}, {200.5, 300.5}} {
		mean, square := 0.0, 0.0
		for _, p := range beta(c[0], c[1]) {
			mean, square = mean+p.weight*p.value, square+p.weight*p.value*p.value
		}
		a, b := c[0], c[1]
		want, sd := a/(a+b), math.Sqrt(a*b/(a+b)/(a+b)/(a+b+1))
		if math.Abs(mean-want) > 0.02*sd || math.Abs(math.Sqrt(square-mean*mean)-sd) > 0.03*sd {
			t.Errorf("beta(%v, %v): mean %v, sd %v; want %v, %v", a, b, mean, math.Sqrt(square-mean*mean), want, sd)
		}
	}
}

// Hidden groups are like those that show: of 10 stretches 4 show two or more, and one shows three.
func TestGroups(t *testing.T) {
	var g groups
	g.add(0, 50)
	g.add(1, 6)
	g.add(2, 3)
	g.add(3, 1)
	for k, want := range map[int]float64{1: 1, 2: 4.5 / 15, 3: 1.5 / 15, 4: 0.5 / 15, 5: 0.05 / 15} {
		if got := g.atLeast(k); math.Abs(got-want) > 1e-12 {
			t.Errorf("%d or more: %v, want %v", k, got, want)
		}
	}
	if got := groups(nil).atLeast(2); math.Abs(got-0.1) > 1e-12 {
		t.Errorf("where none shows: %v", got)
	}
}

// The chance is that of the formula, worked out by hand: no excess in any of 10 looks at stretches with one animal, and 5 such stretches not looked at. M is 1
// if none of the five exceeds it: q and p are beta(½, 10½) each, so the chance is E (1 − (1−q) p)⁵.
func TestBetweenFormula(t *testing.T) {
	s := Shortfall{MaxN: 1}
	for range 10 {
		s.Sparse, s.Dense = append(s.Sparse, 1), append(s.Dense, 1)
	}
	b := beliefs{q: beta(0.5, 10.5), p: beta(0.5, 10.5), r: beta(0.5, 4.5), hidden: beta(0.5, 4.5)}
	moment := func(k int) float64 { // E xᵏ of beta(½, 10½)
		m := 1.0
		for i := range k {
			m *= (0.5 + float64(i)) / (11 + float64(i))
		}
		return m
	}
	left := func(k int) float64 { // E (1−q)ᵏ
		m := 1.0
		for i := range k {
			m *= (10.5 + float64(i)) / (11 + float64(i))
		}
		return m
	}
	want, choose := 0.0, []float64{1, -5, 10, -10, 5, -1}
	for k, c := range choose {
		want += c * left(k) * moment(k)
	}
	if got := b.atMost(1, []int{0, 5}); math.Abs(got-want) > 0.002 {
		t.Errorf("%v, want %v", got, want)
	}
	if s = s.estimate([]int{0, 5}); s.Low != 1 || s.Estimate != 1 || s.High != 2 {
		t.Errorf("%+v", s)
	}
}
