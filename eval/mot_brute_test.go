package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/frame"
)

// This file works the measures out a second time, straight from the papers'
// definitions and without the assignment solver: matchings by trying them all,
// and HOTA's sets by walking over the boxes. Slow, and only for small cases.

// pairing is for each row its column or -1.
type pairing []int

// pairings calls do with every way to pair rows with columns.
func pairings(rows, cols int, do func(pairing)) {
	p := make(pairing, rows)
	var fill func(row int, used uint)
	fill = func(row int, used uint) {
		if row == rows {
			do(p)
			return
		}
		p[row] = -1
		fill(row+1, used)
		for j := range cols {
			if used&(1<<j) == 0 {
				p[row] = j
				fill(row+1, used|1<<j)
			}
		}
	}
	fill(0, 0)
}

// best gives the pairing of the greatest sum.
func best(rows, cols int, value func(i, j int) float64) pairing {
	var out pairing
	top := math.Inf(-1)
	pairings(rows, cols, func(p pairing) {
		sum := 0.0
		for i, j := range p {
			if j >= 0 {
				sum += value(i, j)
			}
		}
		if sum > top {
			top, out = sum, slices.Clone(p)
		}
	})
	return out
}

func in(all []Seen, n int) []Seen {
	var out []Seen
	for _, s := range all {
		if int(s.Time.Seconds()) == n {
			out = append(out, s)
		}
	}
	return out
}

func countID(all []Seen, id int) (n float64) {
	for _, s := range all {
		if s.ID == id {
			n++
		}
	}
	return n
}

func idsOf(all []Seen) []int {
	var out []int
	for _, s := range all {
		if !slices.Contains(out, s.ID) {
			out = append(out, s.ID)
		}
	}
	return out
}

// bruteIDF1 tries every pairing of IDs and counts 2·IDTP/(2·IDTP+IDFN+IDFP).
func bruteIDF1(truth, found []Seen) float64 {
	trueIDs, foundIDs := idsOf(truth), idsOf(found)
	least := math.Inf(1)
	var idf1 float64
	pairings(len(trueIDs), len(foundIDs), func(p pairing) {
		tp := 0.0
		for _, a := range truth {
			for _, b := range found {
				i, j := slices.Index(trueIDs, a.ID), slices.Index(foundIDs, b.ID)
				if p[i] == j && a.Time == b.Time && frame.IoU(a.Box, b.Box) >= 0.5 {
					tp++
				}
			}
		}
		fn, fp := float64(len(truth))-tp, float64(len(found))-tp
		if fn+fp < least {
			least, idf1 = fn+fp, 2*tp/(2*tp+fn+fp)
		}
	})
	return idf1
}

// bruteMOTA goes frame by frame: what was paired a frame ago stays so while it
// overlaps, the rest is paired anew.
func bruteMOTA(truth, found []Seen, frames int) float64 {
	wrong := 0
	ever := map[int]int{}
	before := map[int]int{}
	for n := range frames {
		ts, fs := in(truth, n), in(found, n)
		now := map[int]int{}
		for _, a := range ts {
			for _, b := range fs {
				if id, ok := before[a.ID]; ok && id == b.ID && frame.IoU(a.Box, b.Box) >= 0.5 {
					now[a.ID] = b.ID
				}
			}
		}
		ts = slices.DeleteFunc(ts, func(s Seen) bool { _, ok := now[s.ID]; return ok })
		fs = slices.DeleteFunc(fs, func(s Seen) bool {
			for _, id := range now {
				if id == s.ID {
					return true
				}
			}
			return false
		})
		for i, j := range best(len(ts), len(fs), func(i, j int) float64 {
			if o := frame.IoU(ts[i].Box, fs[j].Box); o >= 0.5 {
				return o
			}
			return -1
		}) {
			if j >= 0 {
				now[ts[i].ID] = fs[j].ID
			}
		}
		for a, b := range now {
			if id, ok := ever[a]; ok && id != b {
				wrong++
			}
			ever[a] = b
		}
		wrong += len(in(truth, n)) + len(in(found, n)) - 2*len(now)
		before = now
	}
	return 1 - float64(wrong)/float64(len(truth))
}

// bruteHOTA sums over every true positive its own TPA, FNA and FPA.
func bruteHOTA(truth, found []Seen, frames int) float64 {
	soft := map[[2]int]float64{}
	for n := range frames {
		ts, fs := in(truth, n), in(found, n)
		for _, a := range ts {
			for _, b := range fs {
				o, sum := frame.IoU(a.Box, b.Box), 0.0
				for _, c := range fs {
					sum += frame.IoU(a.Box, c.Box)
				}
				for _, c := range ts {
					sum += frame.IoU(c.Box, b.Box)
				}
				if o > 0 {
					soft[[2]int{a.ID, b.ID}] += o / (sum - o)
				}
			}
		}
	}
	type match struct {
		truth, found int
		iou          float64
	}
	var matches []match
	for n := range frames {
		ts, fs := in(truth, n), in(found, n)
		for i, j := range best(len(ts), len(fs), func(i, j int) float64 {
			c := soft[[2]int{ts[i].ID, fs[j].ID}]
			return frame.IoU(ts[i].Box, fs[j].Box) * c / (countID(truth, ts[i].ID) + countID(found, fs[j].ID) - c)
		}) {
			if j >= 0 {
				matches = append(matches, match{ts[i].ID, fs[j].ID, frame.IoU(ts[i].Box, fs[j].Box)})
			}
		}
	}
	var hota float64
	for level := 1; level <= 19; level++ {
		var hits []match
		for _, m := range matches {
			if m.iou >= float64(level)*0.05 {
				hits = append(hits, m)
			}
		}
		var sum float64
		for _, c := range hits {
			tpa := 0.0
			for _, k := range hits {
				if k.truth == c.truth && k.found == c.found {
					tpa++
				}
			}
			fna, fpa := countID(truth, c.truth)-tpa, countID(found, c.found)-tpa
			sum += tpa / (tpa + fna + fpa)
		}
		tp := float64(len(hits))
		// √(DetA·AssA) with AssA a mean over the TP: √(Σ A(c) / (TP+FN+FP)).
		hota += math.Sqrt(sum/(float64(len(truth)+len(found))-tp)) / 19
	}
	return hota
}

func TestAgainstDefinitions(t *testing.T) {
	for seed := range uint64(150) {
		truth, found := random(rand.New(rand.NewPCG(seed, 3)), 0, 0)
		s := mot(t, truth, found)
		for _, m := range []struct {
			name      string
			got, want float64
		}{
			{"IDF1", s.IDF1(), bruteIDF1(truth, found)},
			{"MOTA", s.MOTA(), bruteMOTA(truth, found, 5)},
			{"HOTA", s.HOTA(), bruteHOTA(truth, found, 5)},
		} {
			if math.Abs(m.got-m.want) > 1e-9 {
				t.Errorf("seed %d: %s %v, by definition %v", seed, m.name, m.got, m.want)
			}
		}
	}
}
