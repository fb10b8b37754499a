package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"requin/taxon"
)

// The example of folds.go: rays first, then sharks where they are wanted.
func TestSplitWorked(t *testing.T) {
	piles := []pile{{"A", []float64{6, 0}}, {"B", []float64{4, 0}}, {"C", []float64{2, 1}}, {"D", []float64{0, 1}}}
	bins := split(piles, []float64{0.5, 0.5}, 1)
	if bins[1] != bins[2] || bins[0] != bins[3] || bins[0] == bins[1] {
		t.Errorf("bins of A, B, C, D: %v, want A with D and B with C", bins)
	}
}

func randomPiles(r *rand.Rand, n, kinds int) []pile {
	piles := make([]pile, n)
	for i := range piles {
		piles[i] = pile{fmt.Sprintf("d%03d", i), make([]float64, kinds+1)}
		for k := range kinds {
			if r.Float64() < 1/float64(k+1) { // each kind rarer than the one before
				piles[i].counts[k] = float64(r.IntN(50))
			}
		}
		piles[i].counts[kinds] = float64(1 + r.IntN(60))
	}
	return piles
}

// off is the mean distance of the bins' shares from those wanted.
func off(piles []pile, bins []int, shares []float64) float64 {
	sum, n := 0.0, 0.0
	for k := range piles[0].counts {
		held, total := make([]float64, len(shares)), 0.0
		for i, p := range piles {
			held[bins[i]] += p.counts[k]
			total += p.counts[k]
		}
		for b := range shares {
			if total > 0 {
				sum += math.Abs(held[b]/total - shares[b])
				n++
			}
		}
	}
	return sum / n
}

// Every pile is in one bin, no bin is empty, the order of the piles and the run play no part, and the balance is
// better than that of any of a hundred random splits.
func TestSplitProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 20 {
		piles := randomPiles(r, 10+r.IntN(60), 1+r.IntN(8))
		shares := []float64{0.2, 0.2, 0.2, 0.2, 0.2}
		if trial%3 == 0 {
			shares = []float64{0.2, 0.8}
		}
		bins := split(piles, shares, uint64(trial))
		for b := range shares {
			if !slices.Contains(bins, b) {
				t.Errorf("trial %d: bin %d is empty", trial, b)
			}
		}
		mixed := slices.Clone(piles)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		again := split(mixed, shares, uint64(trial))
		for i, p := range mixed {
			if j := slices.IndexFunc(piles, func(q pile) bool { return q.name == p.name }); bins[j] != again[i] {
				t.Fatalf("trial %d: %s is in bin %d or %d, as the piles are ordered", trial, p.name, bins[j], again[i])
			}
		}
		ours, best := off(piles, bins, shares), math.Inf(1)
		for range 100 {
			random := make([]int, len(piles))
			for i := range random {
				random[i] = r.IntN(len(shares))
				if len(shares) == 2 {
					random[i] = min(1, r.IntN(5))
				}
			}
			best = min(best, off(piles, random, shares))
		}
		if ours >= best {
			t.Errorf("trial %d: off by %.4f, the best of a hundred random splits by %.4f", trial, ours, best)
		}
	}
}

// sample is a manifest of deployments with pictures of given boxes: "shark shark ray".
func sample(s Settings, taxa []string, deployments map[string][]string) *Manifest {
	m := &Manifest{Schema: Schema, Name: "sample", Settings: s}
	for _, name := range taxa {
		role := taxon.Studied
		if after, ok := strings.CutPrefix(name, "~"); ok {
			name, role = after, taxon.Context
		}
		m.Taxa = append(m.Taxa, Taxon{Taxon: taxon.Taxon{Name: name, Role: role}})
	}
	var names []string
	for name := range deployments {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for i, boxes := range deployments[name] {
			p := Picture{File: fmt.Sprintf("images/%s/%d.jpg", name, i), Deployment: name, W: 100, H: 100, FullW: 100, FullH: 100}
			for k, taxon := range strings.Fields(boxes) {
				at := float64(10 * k)
				p.Boxes = append(p.Boxes, boxAt(taxon, at, at, at+10, at+20))
			}
			p.Labels = LabelHash(p.Boxes)
			m.Pictures = append(m.Pictures, p)
		}
	}
	return m
}

func boxAt(taxon string, x0, y0, x1, y1 float64) Box {
	b := Box{Taxon: taxon}
	b.X0, b.Y0, b.X1, b.Y1 = x0, y0, x1, y1
	return b
}

func TestDivide(t *testing.T) {
	s := DefaultSettings()
	s.Folds, s.Floor, s.Test = 2, 2, []string{"hour"}
	deployments := map[string][]string{"a": {"shark shark", ""}, "b": {"shark", "shark ray"}, "hour": {"shark shark shark"}}
	m := sample(s, []string{"shark", "ray", "~grouper"}, deployments)
	if err := m.divide(map[string]int{"a": 7}); err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := m.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	fold := m.foldOf()
	if fold["hour"] != Test || fold["a"] == fold["b"] || fold["a"] < 0 || m.Deployments[0].LeftOut != 7 {
		t.Errorf("folds %v, %+v", fold, m.Deployments)
	}
	shark, ray, grouper := m.Taxa[0], m.Taxa[1], m.Taxa[2]
	if shark.TooFew || shark.TooFewTest || !ray.TooFew || !ray.TooFewTest || grouper.TooFew || shark.Test != 3 || shark.Boxes != 7 || shark.Deployments != 3 {
		t.Errorf("%+v\n%+v\n%+v", shark, ray, grouper)
	}
	for fold := range 2 {
		train, held, test := m.Training(fold), m.HeldOut(fold), m.HeldOut(Test)
		if len(train) != 2 || len(held) != 2 || len(test) != 1 || m.Pictures[train[0]].Deployment == m.Pictures[held[0]].Deployment {
			t.Errorf("fold %d: train %v, held out %v, test %v", fold, train, held, test)
		}
	}
	if !strings.Contains(table.String(), "         1  studied, too few to be scored\n") || !strings.Contains(table.String(), "\npictures            2         2         1         5\n") {
		t.Errorf("the table:\n%s", &table)
	}
	for _, c := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.Folds = 3 }, "too few for 3 folds"},
		{func(s *Settings) { s.Test = []string{"x"} }, `"x" has no picture`},
	} {
		changed := s
		c.change(&changed)
		if err := sample(changed, []string{"shark", "ray"}, deployments).divide(nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
