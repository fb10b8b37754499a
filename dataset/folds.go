package dataset

import (
	"cmp"
	"fmt"
	"slices"

	"requin/taxon"
)

// This file splits deployments into a test set and folds. A deployment is never split: frames of one video
// look alike, and a model tested on the neighbours of what it has seen is judged too well.
//
// The method is the iterative stratification of Sechidis, Tsoumakas & Vlahavas (2011, ECML PKDD,
// LNCS 6913:145), which gives out the rarest label first, while there still is a choice; here
// what is given out are whole deployments with the numbers of their boxes, and the most numerous first.
// Exchanges follow as long as they help, since a deployment given out for one taxon brings others along.
//
// Worked example: two folds; deployments A (6 sharks), B (4 sharks), C (2 sharks, 1 ray), D (1 ray). Each
// fold wants 6 sharks and 1 ray. The ray is rarest: of C and D, which hold one ray each, C is
// larger and goes to fold 0, D to fold 1, which now wants the ray no more. Of the sharks A goes to fold 1 (wants
// 6, the other 4), and B to fold 0. Both folds hold 6 sharks and 1 ray.

// pile is what one deployment weighs: its boxes by taxon, and last its pictures.
type pile struct {
	name   string
	counts []float64
}

// split gives each pile a bin, so that bin b holds about shares[b] of each count. It depends on the piles and
// the seed alone, not on their order.
func split(piles []pile, shares []float64, seed uint64) []int {
	if len(piles) == 0 {
		return nil
	}
	kinds := len(piles[0].counts)
	total := make([]float64, kinds)
	for _, p := range piles {
		for k, c := range p.counts {
			total[k] += c
		}
	}
	d := &division{piles: piles, total: total, shares: shares, bin: make([]int, len(piles)), held: make([][]float64, len(shares)),
		left: make([]int, kinds), heft: make([]float64, len(piles)), lots: make([]uint64, len(piles))}
	for b := range shares {
		d.held[b] = make([]float64, kinds)
	}
	for i, p := range piles {
		d.bin[i], d.lots[i] = -1, lot(seed, p.name)
		for k, c := range p.counts {
			if c > 0 {
				d.left[k]++
				d.heft[i] += c / total[k]
			}
		}
	}
	d.deal()
	d.exchange()
	d.fill()
	return d.bin
}

type division struct {
	piles  []pile
	total  []float64 // of each kind
	shares []float64
	bin    []int       // of each pile; -1: none yet
	held   [][]float64 // by bin and kind
	left   []int       // piles of each kind that are not given out yet
	heft   []float64   // of each pile: all it holds, each kind in parts of its whole
	lots   []uint64    // of each pile
}

// deal gives out the piles, the rarest kind first and of it the largest.
func (d *division) deal() {
	for range d.piles {
		kind := d.rarest()
		best := -1
		for i, p := range d.piles {
			if d.bin[i] >= 0 || kind >= 0 && p.counts[kind] == 0 {
				continue
			}
			if best < 0 || d.larger(i, best, kind) {
				best = i
			}
		}
		to := d.neediest(kind, d.lots[best])
		for k, c := range d.piles[best].counts {
			if c > 0 {
				d.left[k]--
			}
		}
		d.put(best, to)
	}
}

// larger orders piles by the number of a kind, then by all they hold, then by lot.
func (d *division) larger(a, b, kind int) bool {
	order := cmp.Or(cmp.Compare(d.heft[a], d.heft[b]), cmp.Compare(d.lots[a], d.lots[b]))
	if kind >= 0 {
		order = cmp.Or(cmp.Compare(d.piles[a].counts[kind], d.piles[b].counts[kind]), order)
	}
	return order > 0
}

// rarest is the kind in the fewest piles that are not given out yet; -1 where those hold nothing.
func (d *division) rarest() int {
	best := -1
	for k, n := range d.left {
		if n > 0 && (best < 0 || n < d.left[best]) {
			best = k
		}
	}
	return best
}

// neediest is the bin that lacks most of a kind; among equals the one that lacks most of everything, then by lot.
func (d *division) neediest(kind int, lot uint64) int {
	lack := func(b, k int) float64 { return (d.shares[b]*d.total[k] - d.held[b][k]) / max(d.total[k], 1) }
	all := func(b int) float64 {
		sum := 0.0
		for k := range d.total {
			sum += lack(b, k)
		}
		return sum
	}
	best := 0
	for b := 1; b < len(d.shares); b++ {
		order := cmp.Compare(all(b), all(best))
		if kind >= 0 {
			order = cmp.Or(cmp.Compare(lack(b, kind), lack(best, kind)), order)
		}
		turn := func(b int) uint64 { return (lot + uint64(b)*0x9e3779b97f4a7c15) }
		if cmp.Or(order, cmp.Compare(turn(b), turn(best))) > 0 {
			best = b
		}
	}
	return best
}

func (d *division) put(i, b int) {
	if old := d.bin[i]; old >= 0 {
		for k, c := range d.piles[i].counts {
			d.held[old][k] -= c
		}
	}
	d.bin[i] = b
	for k, c := range d.piles[i].counts {
		d.held[b][k] += c
	}
}

// imbalance is the sum over the kinds of the squared distance of a bin from its share, each kind in parts of its whole.
func (d *division) imbalance(b int) float64 {
	sum := 0.0
	for k, total := range d.total {
		if total > 0 {
			off := d.held[b][k]/total - d.shares[b]
			sum += off * off
		}
	}
	return sum
}

// exchange moves piles, or swaps two, as long as the balance gets better.
func (d *division) exchange() {
	const rounds, mostSwapped = 20, 400 // swaps take the square of their number; with many piles moves do
	order := make([]int, len(d.piles))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(d.lots[a], d.lots[b]) })
	for range rounds {
		better := false
		for n, i := range order {
			for b := range d.shares {
				better = d.try(i, b, -1) || better
			}
			if len(order) > mostSwapped {
				continue
			}
			for _, j := range order[n+1:] {
				better = d.try(i, d.bin[j], j) || better
			}
		}
		if !better {
			return
		}
	}
}

// try moves pile i to bin b, and pile j (-1: none) to where i was, and takes it back unless it helps.
func (d *division) try(i, b, j int) bool {
	const least = 1e-9
	from := d.bin[i]
	if from == b {
		return false
	}
	was := d.imbalance(from) + d.imbalance(b)
	d.put(i, b)
	if j >= 0 {
		d.put(j, from)
	}
	if d.imbalance(from)+d.imbalance(b) < was-least {
		return true
	}
	d.put(i, from)
	if j >= 0 {
		d.put(j, b)
	}
	return false
}

// fill gives a bin that is left empty the lightest pile of the bin with the most piles.
func (d *division) fill() {
	size := make([]int, len(d.shares))
	for _, b := range d.bin {
		size[b]++
	}
	for b := range size {
		most := slices.Index(size, slices.Max(size))
		if size[b] > 0 || size[most] < 2 {
			continue
		}
		lightest := -1
		for i := range d.piles {
			if d.bin[i] == most && (lightest < 0 || d.larger(lightest, i, -1)) {
				lightest = i
			}
		}
		d.put(lightest, b)
		size[b]++
		size[most]--
	}
}

// divide gives each deployment of the manifest its fold and counts what each holds.
func (m *Manifest) divide(left map[string]int) error {
	piles := m.piles()
	for _, p := range piles {
		m.Deployments = append(m.Deployments, Deployment{Name: p.name, LeftOut: left[p.name]})
	}
	s := m.Settings
	for _, name := range s.Test {
		i := slices.IndexFunc(m.Deployments, func(d Deployment) bool { return d.Name == name })
		if i < 0 {
			return fmt.Errorf("the test deployment %q has no picture: is its name as in the survey?", name)
		}
		m.Deployments[i].Fold = Test
	}
	if s.TestShare > 0 {
		for i, b := range split(piles, []float64{s.TestShare, 1 - s.TestShare}, s.Seed) {
			if b == 0 {
				m.Deployments[i].Fold = Test
			}
		}
	}
	var rest []pile
	var of []int
	for i, d := range m.Deployments {
		if d.Fold != Test {
			rest, of = append(rest, piles[i]), append(of, i)
		}
	}
	if len(rest) < max(s.Folds, 1) {
		return fmt.Errorf("%d deployments that are not for testing are too few for %d folds: a deployment is never split; "+
			"take fewer folds, or name the deployment of each picture", len(rest), s.Folds)
	}
	shares := make([]float64, max(s.Folds, 1))
	for b := range shares {
		shares[b] = 1 / float64(len(shares))
	}
	for i, b := range split(rest, shares, s.Seed) {
		m.Deployments[of[i]].Fold = b
	}
	m.count()
	return nil
}

// piles are the deployments of the pictures, by name.
func (m *Manifest) piles() []pile {
	number := m.numbers()
	byName := map[string]int{}
	var piles []pile
	for _, p := range m.Pictures {
		i, ok := byName[p.Deployment]
		if !ok {
			i = len(piles)
			byName[p.Deployment] = i
			piles = append(piles, pile{p.Deployment, make([]float64, len(m.Taxa)+1)})
		}
		piles[i].counts[len(m.Taxa)]++
		for _, b := range p.Boxes {
			if b.Ignore == "" {
				piles[i].counts[number[b.Taxon]]++
			}
		}
	}
	slices.SortFunc(piles, func(a, b pile) int { return cmp.Compare(a.name, b.name) })
	return piles
}

// numbers are the class numbers of the taxa.
func (m *Manifest) numbers() map[string]int {
	number := make(map[string]int, len(m.Taxa))
	for i, t := range m.Taxa {
		number[t.Name] = i
	}
	return number
}

// count fills in the numbers of pictures and boxes, and which taxa are too few to be scored.
func (m *Manifest) count() {
	for i := range m.Taxa {
		m.Taxa[i].Folds = make([]int, m.Settings.Folds)
	}
	for i, p := range m.piles() {
		d := &m.Deployments[i]
		d.Pictures = int(p.counts[len(m.Taxa)])
		for k := range m.Taxa {
			n := int(p.counts[k])
			if n == 0 {
				continue
			}
			t := &m.Taxa[k]
			d.Boxes += n
			t.Boxes += n
			t.Deployments++
			switch {
			case d.Fold == Test:
				t.Test += n
			case d.Fold < len(t.Folds):
				t.Folds[d.Fold] += n
			}
		}
	}
	for i := range m.Taxa {
		t := &m.Taxa[i]
		studied := t.Role != taxon.Context
		t.TooFew = studied && len(t.Folds) > 0 && t.Boxes-t.Test < m.Settings.Floor
		t.TooFewTest = studied && m.hasTest() && t.Test < m.Settings.Floor
	}
}

func (m *Manifest) hasTest() bool {
	return slices.ContainsFunc(m.Deployments, func(d Deployment) bool { return d.Fold == Test })
}
