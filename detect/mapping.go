package detect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"requin/frame"
	"requin/taxon"
)

// mapping is how a network's classes become taxa.
type mapping struct {
	taxa    taxon.List
	of      []int    // class to index in taxa, -1 where it is dropped
	dropped []string // classes that no taxon claims
	unseen  []string // taxa that no class of the network means: their zeros say nothing
	merged  bool     // some taxon has several classes
}

// mapClasses gives each class of a network its taxon. A taxon's Classes name them,
// by name or by number; one without Classes means the class of its own or its common
// name. Without taxa every class is a taxon of its own, in the role that the file gives it.
func mapClasses(classes []string, taxa taxon.List, roles map[string]taxon.Role) (mapping, error) {
	if len(taxa) == 0 {
		taxa = ownTaxa(classes, roles)
	}
	of, err := taxa.Assign(classes)
	if err != nil {
		return mapping{}, err
	}
	m := mapping{taxa: slices.Clone(taxa), of: of}
	count := make([]int, len(taxa))
	for k, i := range of {
		if i >= 0 {
			count[i]++
		} else if !isNameless(classes[k]) {
			m.dropped = append(m.dropped, classes[k])
		}
	}
	for i, n := range count {
		if n == 0 {
			m.unseen = append(m.unseen, taxa[i].Name)
		}
		m.merged = m.merged || n > 1
	}
	if len(m.unseen) == len(taxa) {
		return mapping{}, fmt.Errorf("none of the taxa means a class of the model; give them the model's classes (classes: [...]): %s", brief(classes))
	}
	return m, nil
}

// ownTaxa makes a taxon of each class: studied, unless the file says that it is context.
func ownTaxa(classes []string, roles map[string]taxon.Role) (taxa taxon.List) {
	seen := map[string]bool{}
	for _, c := range classes {
		if isNameless(c) || seen[taxon.Fold(c)] {
			continue
		}
		seen[taxon.Fold(c)] = true
		role := taxon.Studied
		if roles[c] == taxon.Context {
			role = taxon.Context
		}
		taxa = append(taxa, taxon.Taxon{Name: c, Role: role})
	}
	return taxa
}

// brief lists names, cut where there are many.
func brief(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), isNameless)
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + fmt.Sprintf(" ... (%d)", len(names))
	}
	return strings.Join(names, ", ")
}

// propose turns a candidate into a proposal: its taxa's scores are the best of their
// classes', and the best taxon is its own.
func (m mapping) propose(box frame.Box, scores []float32) (proposal, bool) {
	best := make([]float32, len(m.taxa))
	for k, s := range scores {
		if i := m.of[k]; i >= 0 {
			best[i] = max(best[i], s)
		}
	}
	p := proposal{box: box, taxon: -1}
	for i, s := range best {
		if s > p.score {
			p.taxon, p.score = i, s
		}
		if s >= leastScore {
			p.scores = append(p.scores, taxon.Score{Taxon: m.taxa[i].Name, Score: s})
		}
	}
	if len(p.scores) < 2 {
		p.scores = nil
	}
	slices.SortStableFunc(p.scores, func(a, b taxon.Score) int { return cmp.Compare(b.Score, a.Score) })
	if len(p.scores) > mostScores {
		p.scores = p.scores[:mostScores:mostScores]
	}
	return p, p.taxon >= 0
}

const (
	leastScore = 0.01 // a taxon that scores less is not listed
	mostScores = 5    // nor more than these
)

// defaultThreshold is the least score that counts as a sighting where nobody says
// otherwise.
const defaultThreshold = 0.3

// thresholds gives each taxon its threshold: the one named for it on the command
// line, its own in the taxa file, the one named for all, the model's, or the
// default, the first that is there.
func (m mapping) thresholds(classes []string, named map[string]float32, all float32, metadata map[string]string) error {
	model := map[string]float64{}
	if text := metadata["requin.thresholds"]; text != "" {
		if err := json.Unmarshal([]byte(text), &model); err != nil {
			return fmt.Errorf("its metadata %q is not a JSON object from class to score: %w", "requin.thresholds", err)
		}
	}
	for i := range m.taxa {
		t := &m.taxa[i]
		switch {
		case t.Threshold > 0:
		case all > 0:
			t.Threshold = number(all)
		default:
			t.Threshold = m.modelThreshold(i, classes, model)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		i := slices.IndexFunc(m.taxa, func(t taxon.Taxon) bool { return taxon.Fold(t.Name) == taxon.Fold(name) })
		if i < 0 {
			return fmt.Errorf("a threshold is given for %q, which is none of the taxa: %s", name, brief(m.names()))
		}
		m.taxa[i].Threshold = number(named[name])
	}
	for _, t := range m.taxa {
		if !(t.Threshold > 0 && t.Threshold <= 1) {
			return fmt.Errorf("the threshold of %s is %g: it must be above 0 and at most 1", t.Name, t.Threshold)
		}
	}
	return nil
}

// modelThreshold is the lowest that the model's metadata gives for a taxon or its
// classes.
func (m mapping) modelThreshold(i int, classes []string, model map[string]float64) float64 {
	lowest := 0.0
	for name, value := range model {
		means := taxon.Fold(name) == taxon.Fold(m.taxa[i].Name)
		for k, c := range classes {
			means = means || m.of[k] == i && taxon.Fold(c) == taxon.Fold(name)
		}
		if means && (lowest == 0 || value < lowest) {
			lowest = value
		}
	}
	if lowest == 0 {
		return defaultThreshold
	}
	return lowest
}

func (m mapping) names() (list []string) {
	for _, t := range m.taxa {
		list = append(list, t.Name)
	}
	return list
}

// number widens a threshold as it was written: 0.3, not 0.30000001192.
func number(x float32) float64 {
	wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	return wide
}
