package track_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/detect"
	"requin/eval"
	"requin/frame"
	"requin/track"
)

func half(string) float32 { return 0.5 }

// association is the default without what settles tracks for a count: what is measured here is who is joined with whom.
func association() track.Config {
	c := track.Default()
	c.OneTaxon, c.StrongEnds, c.SupportS, c.SupportShare = 0, false, 0, 0
	return c
}

func follow(cfg track.Config, frames []detect.Frame) []eval.Seen {
	t := track.New(cfg, half)
	for _, f := range frames {
		t.Update(f)
	}
	return eval.SeenIn(t.Finish())
}

// greedy is what the tracker is held against: the strong detections of each
// frame go, best overlap first, to the track they overlap most with (IoU at
// least 0.3, last seen within 5 s); the rest begin tracks.
func greedy(frames []detect.Frame) []eval.Seen {
	type last struct {
		at  time.Duration
		box frame.Box
	}
	var tracks []last
	var out []eval.Seen
	for _, f := range frames {
		type pair struct {
			track, det int
			iou        float64
		}
		var pairs []pair
		for i, tr := range tracks {
			for j, d := range f.Detections {
				if iou := frame.IoU(tr.box, d.Box); iou >= 0.3 && d.Score >= 0.5 && f.Time-tr.at <= 5*time.Second {
					pairs = append(pairs, pair{i, j, iou})
				}
			}
		}
		slices.SortStableFunc(pairs, func(a, b pair) int {
			if a.iou > b.iou {
				return -1
			}
			return 1
		})
		of, used := map[int]int{}, map[int]bool{}
		for _, p := range pairs {
			if _, ok := of[p.det]; !ok && !used[p.track] {
				of[p.det], used[p.track] = p.track, true
			}
		}
		for j, d := range f.Detections {
			if d.Score < 0.5 {
				continue
			}
			i, ok := of[j]
			if !ok {
				i = len(tracks)
				tracks = append(tracks, last{})
			}
			tracks[i] = last{f.Time, d.Box}
			out = append(out, eval.Seen{Time: f.Time, ID: i + 1, Box: d.Box})
		}
	}
	return out
}

func score(t testing.TB, truth, found []eval.Seen) eval.MOTScore {
	t.Helper()
	s, err := eval.MOT(truth, found)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// table gathers rows of a Markdown table.
type table struct{ strings.Builder }

func (tb *table) row(name string, rate int, input string, ours, naive eval.MOTScore) {
	if tb.Len() == 0 {
		tb.WriteString("\n| footage | frames/s | detections | boxes | IDF1 | MOTA | HOTA | switches | greedy: IDF1 | MOTA | HOTA | switches |\n")
		tb.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	}
	fmt.Fprintf(tb, "| %s | %d | %s | %d |", name, rate, input, ours.Truth)
	for _, s := range []eval.MOTScore{ours, naive} {
		fmt.Fprintf(tb, " %.3f | %.3f | %.3f | %d |", s.IDF1(), s.MOTA(), s.HOTA(), s.Switches)
	}
	tb.WriteString("\n")
}

// inputs is what the tracker is fed: the truth, and what a fair detector makes of it.
var inputs = []string{"perfect", "degraded"}

// both tracks a scene in both ways.
func both(t testing.TB, s scene, input string) (ours, naive eval.MOTScore) {
	rng := rand.New(rand.NewPCG(7, uint64(len(s.truth))))
	frames := s.frames(rng)
	if input == "degraded" {
		frames = degrade(frames, 0.2, 0.2, rng)
	}
	return score(t, s.truth, follow(association(), frames)), score(t, s.truth, greedy(frames))
}

// TestDeepFish measures the tracker on real fish with true tracks. Its output
// is the table of docs/science/tracking.md:
//
//	go test ./track -run 'TestDeepFish|TestCircling' -v
func TestDeepFish(t *testing.T) {
	clips := deepfish(t)
	var out table
	for _, input := range inputs {
		for _, rate := range []int{10, 5, 1} {
			var ours, naive []eval.MOTScore
			for _, clip := range clips {
				s := clip.every(time.Second / time.Duration(rate))
				o, n := both(t, s, input)
				ours, naive = append(ours, o), append(naive, n)
				if len(s.truth) > 0 {
					out.row(s.name, rate, input, o, n)
				}
			}
			o, n := eval.Pool(ours...), eval.Pool(naive...)
			out.row("**all**", rate, input, o, n)
			floor := map[string]float64{"perfect": 0.9, "degraded": 0.6}[input]
			if o.IDF1() < floor {
				t.Errorf("%s at %d frames/s: IDF1 %.3f is under %.2f", input, rate, o.IDF1(), floor)
			}
			if o.IDF1() < n.IDF1() {
				t.Errorf("%s at %d frames/s: IDF1 %.3f, greedy overlap does better: %.3f", input, rate, o.IDF1(), n.IDF1())
			}
		}
	}
	t.Log(out.String())
}

// TestCircling measures the tracker on made sharks that cross each other, at the
// sampling intervals of surveys, all with the same settings.
func TestCircling(t *testing.T) {
	var out table
	for _, input := range inputs {
		for _, animals := range []int{3, 8} {
			for _, rate := range []int{25, 5, 1} {
				var ours, naive []eval.MOTScore
				for seed := range uint64(4) {
					o, n := both(t, circling(animals, seed).every(time.Second/time.Duration(rate)), input)
					ours, naive = append(ours, o), append(naive, n)
				}
				o, n := eval.Pool(ours...), eval.Pool(naive...)
				out.row(fmt.Sprintf("%d sharks circling", animals), rate, input, o, n)
				if input == "perfect" && rate >= 5 && o.IDF1() < 0.7 {
					t.Errorf("%d sharks at %d frames/s: IDF1 %.3f is under 0.7", animals, rate, o.IDF1())
				}
				if o.IDF1() < n.IDF1() {
					t.Errorf("%d sharks, %s at %d frames/s: IDF1 %.3f, greedy overlap does better: %.3f", animals, input, rate, o.IDF1(), n.IDF1())
				}
			}
		}
	}
	t.Log(out.String())
}
