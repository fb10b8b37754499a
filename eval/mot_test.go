package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/frame"
	"requin/track"
)

// seen is a box of an animal in frame n at place x. Boxes are 10 wide, so two
// places d apart overlap by (10−d)/(10+d): 0 → 1, 2 → 2/3, 5 → 1/3.
func seen(n, id int, x float64) Seen {
	return Seen{time.Duration(n) * time.Second, id, frame.Box{X0: x, Y0: 0, X1: x + 10, Y1: 10}}
}

// line is an animal in frames from to to-1 at place x.
func line(id, from, to int, x float64) []Seen {
	var out []Seen
	for n := from; n < to; n++ {
		out = append(out, seen(n, id, x))
	}
	return out
}

func join(parts ...[]Seen) []Seen { return slices.Concat(parts...) }

// TestByHand: cases small enough to work out on paper. The working is beside each.
func TestByHand(t *testing.T) {
	two := join(line(1, 0, 10, 0), line(2, 0, 10, 100))
	for _, c := range []struct {
		name                   string
		truth, found           []Seen
		mota, idf1, deta, assa float64
		hota                   float64
		switches               int
	}{
		{"perfect, other IDs", two, join(line(7, 0, 10, 100), line(9, 0, 10, 0)), 1, 1, 1, 1, 1, 0},
		// 1 of 10 missed. MOTA 1−1/10. IDF1 2·9/(10+9). DetA 9/10. AssA: each of 9: 9/10.
		{"one miss", line(1, 0, 10, 0), line(1, 0, 9, 0), 0.9, 18. / 19, 0.9, 0.9, 0.9, 0},
		// One box too many under its own ID. MOTA 1−1/10. IDF1 2·10/(10+11). DetA 10/11. AssA 1.
		{"one false alarm", line(1, 0, 10, 0), join(line(1, 0, 10, 0), line(2, 3, 4, 100)), 0.9, 20. / 21, 10. / 11, 1, math.Sqrt(10. / 11), 0},
		// Split 5 + 5. MOTA 1−1/10. IDF1 2·5/20. AssA: each 5/(5+5+0).
		{"split in halves", line(1, 0, 10, 0), join(line(1, 0, 5, 0), line(2, 5, 10, 0)), 0.9, 0.5, 1, 0.5, math.Sqrt(0.5), 1},
		// Split 8 + 2. IDF1 2·8/20. AssA: (8·8/10 + 2·2/10)/10 = 0.68.
		{"split 8 and 2", line(1, 0, 10, 0), join(line(1, 0, 8, 0), line(2, 8, 10, 0)), 0.9, 0.8, 1, 0.68, math.Sqrt(0.68), 1},
		// Two animals swap IDs after 6 of 10 frames. MOTA 1−2/20. IDF1: 6+6 of 20. AssA: the pair (1,1) has
		// TPA 6, FNA 4, FPA 4: 6/14; the pair (1,2) 4/16. (12·6/14 + 8·4/16)/20.
		{"swap", two, join(line(1, 0, 6, 0), line(2, 6, 10, 0), line(2, 0, 6, 100), line(1, 6, 10, 100)),
			0.9, 0.6, 1, (12*6./14 + 8*4./16) / 20, math.Sqrt((12*6./14 + 8*4./16) / 20), 2},
		// Merged: two animals, one after the other, under one ID. No true animal changes its ID: MOTA 1.
		// IDF1 2·5/20. AssA: TPA 5, FNA 0, FPA 5: 0.5.
		{"merged", join(line(1, 0, 5, 0), line(2, 5, 10, 100)), join(line(1, 0, 5, 0), line(1, 5, 10, 100)), 1, 0.5, 1, 0.5, math.Sqrt(0.5), 0},
		// A gap of 2 within a track, the same ID after it: MOTA 1−2/10, no switch. IDF1 16/18. DetA 0.8, AssA 8/10.
		{"gap", line(1, 0, 10, 0), join(line(1, 0, 4, 0), line(1, 6, 10, 0)), 0.8, 16. / 18, 0.8, 0.8, 0.8, 0},
		// Places 2 off: IoU 2/3. Over 0.5, so MOTA and IDF1 1. HOTA: 13 of 19 levels (0.05 to 0.65) have all, 6 have nothing.
		{"boxes off by a fifth", line(1, 0, 10, 0), line(1, 0, 10, 2), 1, 1, 13. / 19, 13. / 19, 13. / 19, 0},
		// Places 5 off: IoU 1/3. Nothing at 0.5: MOTA 1−20/10. HOTA: levels 0.05 to 0.30, 6 of 19.
		{"boxes off by half", line(1, 0, 10, 0), line(1, 0, 10, 5), -1, 0, 6. / 19, 6. / 19, 6. / 19, 0},
		{"nothing found", line(1, 0, 10, 0), nil, 0, 0, 0, 0, 0, 0},
		{"nothing there", nil, line(1, 0, 10, 0), math.NaN(), 0, 0, 0, 0, 0},
		{"neither", nil, nil, math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), 0},
	} {
		s, err := MOT(c.truth, c.found)
		if err != nil {
			t.Fatal(c.name, err)
		}
		for _, m := range []struct {
			name      string
			got, want float64
		}{{"MOTA", s.MOTA(), c.mota}, {"IDF1", s.IDF1(), c.idf1}, {"DetA", s.DetA(), c.deta}, {"AssA", s.AssA(), c.assa}, {"HOTA", s.HOTA(), c.hota}} {
			if !(math.Abs(m.got-m.want) < 1e-12) && !(math.IsNaN(m.got) && math.IsNaN(m.want)) {
				t.Errorf("%s: %s is %v, want %v", c.name, m.name, m.got, m.want)
			}
		}
		if s.Switches != c.switches {
			t.Errorf("%s: %d switches, want %d", c.name, s.Switches, c.switches)
		}
	}
}

// TestKeepsMatch: CLEAR MOT keeps a pair of the frame before while it overlaps
// enough, though another box has come to fit better.
func TestKeepsMatch(t *testing.T) {
	truth := line(1, 0, 3, 0)
	found := join([]Seen{seen(0, 1, 0)}, line(1, 1, 3, 2), line(2, 1, 3, 0))
	s, err := MOT(truth, found)
	if err != nil || s.Switches != 0 || s.Matches != 3 || s.FalseAlarms() != 2 {
		t.Errorf("want 3 matches, 0 switches, 2 false alarms: %+v %v", s, err)
	}
}

func TestSameIDTwice(t *testing.T) {
	twice := []Seen{seen(1, 4, 0), seen(1, 4, 50)}
	if _, err := MOT(twice, nil); err == nil || !strings.Contains(err.Error(), "true ID 4 has two boxes at 1s") {
		t.Errorf("true: %v", err)
	}
	if _, err := MOT(nil, twice); err == nil || !strings.Contains(err.Error(), "found ID 4 has two boxes") {
		t.Errorf("found: %v", err)
	}
}

// TestPool: a pool of videos is the video that has them one after the other,
// with IDs of their own.
func TestPool(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	truth1, found1 := random(rng, 0, 0)
	truth2, found2 := random(rng, 100, 10)
	a, b, whole := mot(t, truth1, found1), mot(t, truth2, found2), mot(t, join(truth1, truth2), join(found1, found2))
	pool := Pool(a, b)
	for _, v := range [][2]float64{{pool.MOTA(), whole.MOTA()}, {pool.IDF1(), whole.IDF1()}, {pool.HOTA(), whole.HOTA()}, {pool.AssA(), whole.AssA()}} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Errorf("pooled %v, as one %v", v[0], v[1])
		}
	}
}

func TestSeenIn(t *testing.T) {
	p := track.Point{Instant: frame.Instant{Time: time.Second}}
	p.Box = frame.Box{X1: 3, Y1: 4}
	got := SeenIn([]track.Track{{ID: 5, Points: []track.Point{p}}})
	if want := []Seen{{time.Second, 5, p.Box}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func mot(t *testing.T, truth, found []Seen) MOTScore {
	t.Helper()
	s, err := MOT(truth, found)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// random makes up to 3 true animals and found ones near them over 5 frames.
func random(rng *rand.Rand, firstFrame, firstID int) (truth, found []Seen) {
	for n := range 5 {
		for id := range 3 {
			x := float64(id)*6 + 2*rng.NormFloat64()
			if rng.IntN(5) > 0 {
				truth = append(truth, seen(firstFrame+n, firstID+id, x))
			}
			if rng.IntN(5) > 0 {
				name := id
				if n > 2 {
					name = (id + 1) % 3
				}
				found = append(found, seen(firstFrame+n, firstID+name, x+2*rng.NormFloat64()))
			}
		}
	}
	return truth, found
}
