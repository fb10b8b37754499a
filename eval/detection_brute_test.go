package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/frame"
)

// bruteAP is pycocotools' result worked out a second time, by definition: detections
// are picked one by one, each looks at every box, and each recall at every prefix.
func bruteAP(images []Image, taxon string, iou float64, r Rules) float64 {
	type outcome struct {
		score float64
		right bool
	}
	var all []outcome
	truth := 0
	for _, i := range images {
		var boxes []Truth
		var found []Found
		for _, b := range i.Truth {
			if b.Taxon == taxon {
				b.Ignore = b.Ignore || b.Crowd || b.Area() < r.MinArea || r.MaxArea > 0 && b.Area() > r.MaxArea
				if !b.Ignore {
					truth++
				}
				boxes = append(boxes, b)
			}
		}
		for _, f := range i.Found {
			if f.Taxon == taxon {
				found = append(found, f)
			}
		}
		taken := map[int]bool{}
		for n := 0; len(found) > 0 && (r.Most == 0 || n < r.Most); n++ {
			first := 0
			for j := range found {
				if found[j].Score > found[first].Score {
					first = j
				}
			}
			f := found[first]
			found = slices.Delete(found, first, first+1)
			best := -1
			better := func(a, b int) bool { // box a before box b
				if boxes[a].Ignore != boxes[b].Ignore {
					return !boxes[a].Ignore
				}
				oa, ob := bruteOverlap(f, boxes[a]), bruteOverlap(f, boxes[b])
				return oa > ob || oa == ob && a > b
			}
			for j := range boxes {
				free := !taken[j] || boxes[j].Crowd
				if free && bruteOverlap(f, boxes[j]) >= math.Min(iou, 1-1e-10) && (best < 0 || better(j, best)) {
					best = j
				}
			}
			switch {
			case best >= 0:
				taken[best] = true
				if !boxes[best].Ignore {
					all = append(all, outcome{f.Score, true})
				}
			case f.Area() >= r.MinArea && (r.MaxArea == 0 || f.Area() <= r.MaxArea):
				all = append(all, outcome{f.Score, false})
			}
		}
	}
	if truth == 0 {
		return math.NaN()
	}
	for i := range all { // insertion: stable
		for j := i; j > 0 && all[j].score > all[j-1].score; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
	sum := 0.0
	for k := 0; k <= 100; k++ {
		most, right := 0.0, 0
		for n, o := range all {
			if o.right {
				right++
			}
			if float64(right)/float64(truth) >= float64(k)*0.01 {
				most = math.Max(most, float64(right)/float64(n+1))
			}
		}
		sum += most
	}
	return sum / 101
}

// bruteOverlap counts lattice points: boxes of the random sets have whole corners.
func bruteOverlap(f Found, b Truth) float64 {
	common, ofFound, ofTruth := 0, 0, 0
	in := func(b frame.Box, x, y float64) bool { return x >= b.X0 && x < b.X1 && y >= b.Y0 && y < b.Y1 }
	for x := range 40 {
		for y := range 40 {
			a, c := in(f.Box, float64(x), float64(y)), in(b.Box, float64(x), float64(y))
			if a {
				ofFound++
			}
			if c {
				ofTruth++
			}
			if a && c {
				common++
			}
		}
	}
	all := ofFound + ofTruth - common
	if b.Crowd {
		all = ofFound
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(all)
}

// randomSet is pictures of up to two taxa with what makes matching hard: equal
// scores, equal and shifted boxes, crowds, ignored boxes, empty pictures.
func randomSet(r *rand.Rand) []Image {
	images := make([]Image, r.IntN(6))
	box := func() frame.Box {
		x, y := float64(r.IntN(24)), float64(r.IntN(24))
		return frame.Box{X0: x, Y0: y, X1: x + float64(1+r.IntN(14)), Y1: y + float64(1+r.IntN(14))}
	}
	taxa := []string{"shark", "shark", "ray"}
	for i := range images {
		for range r.IntN(6) {
			images[i].Truth = append(images[i].Truth, Truth{box(), taxa[r.IntN(3)], r.IntN(6) == 0, r.IntN(6) == 0})
		}
		for range r.IntN(9) {
			b := box()
			if n := len(images[i].Truth); n > 0 && r.IntN(3) > 0 {
				b = images[i].Truth[r.IntN(n)].Box
				dx, dy := float64(r.IntN(3)), float64(r.IntN(3))
				b = frame.Box{X0: b.X0 + dx, Y0: b.Y0 + dy, X1: b.X1 + dx, Y1: b.Y1 + dy}
			}
			images[i].Found = append(images[i].Found, Found{b, taxa[r.IntN(3)], float64(r.IntN(8)) / 8})
		}
	}
	return images
}

func TestAPAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rules := []Rules{{}, {Most: 3}, {MinArea: 20, MaxArea: 80}, {MinArea: 60}, {Most: 100}}
	scored := 0
	for n := range 1500 {
		images, rule := randomSet(r), rules[n%len(rules)]
		levels := append(COCOLevels(), 0.1, 1)
		for k, p := range Match(images, "shark", levels, rule) {
			got, want := p.AP(), bruteAP(images, "shark", levels[k], rule)
			if math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
				t.Fatalf("set %d, IoU %v, %+v: AP %v, by brute force %v\n%+v", n, levels[k], rule, got, want, images)
			}
			if want > 0 && want < 1 {
				scored++
			}
		}
	}
	if scored < 2000 {
		t.Errorf("only %d sets told anything", scored)
	}
}
