package review

import (
	"math"
	"slices"
)

// Pair says how far two people agree on the tracks of a taxon that both judged.
type Pair struct {
	A, B         string
	Taxon        string
	N            int     // tracks that both judged, and that the machine or either of them named so
	Percent      float64 // of N on which they agree, 0 to 100
	Kappa        float64 // Cohen's; NaN where it is not defined: N is 0, or both always said the same one thing
	MaxNA, MaxNB int     // most animals that each confirmed in one frame
}

// Disagreement is a track of which two people said different things.
type Disagreement struct {
	Track        string
	Frame        int // its first
	Taxon        string
	A, B         string // the people
	SaidA, SaidB string // a taxon, "rejected" or "unsure"
}

// judgement is what was said of a track: its taxon, rejected or unsure; false where nothing was.
func judgement(t *Track) (string, bool) {
	switch t.Standing {
	case Accepted:
		return t.Taxon, true
	case Rejected, Uncertain:
		return string(t.Standing), true
	}
	return "", false
}

// Agreement compares what each two people said of the machine's tracks, each by their own verdicts alone, taxon by taxon. A
// track that one of them did not judge is not compared.
func Agreement(m Machine, log []Verdict, taxa []string) (pairs []Pair, differ []Disagreement) {
	people := People(log)
	slices.Sort(people)
	var states []*State
	for _, who := range people {
		states = append(states, Replay(m, Seen(log, who, true)))
	}
	for i := range people {
		for j := i + 1; j < len(people); j++ {
			for _, taxon := range taxa {
				var a, b []string
				for _, t := range states[i].tracks {
					o, there := states[j].byID[t.ID]
					if !there || t.Drawn || o.Drawn {
						continue
					}
					x, okX := judgement(t)
					y, okY := judgement(o)
					if !okX || !okY || t.Machine != taxon && x != taxon && y != taxon {
						continue
					}
					a, b = append(a, x), append(b, y)
					if x != y && t.Machine == taxon {
						differ = append(differ, Disagreement{t.ID, t.Points[0].Frame, taxon, people[i], people[j], x, y})
					}
				}
				p := Pair{A: people[i], B: people[j], Taxon: taxon, N: len(a), MaxNA: most(states[i].Confirmed(taxon)), MaxNB: most(states[j].Confirmed(taxon))}
				p.Percent, p.Kappa = Kappa(a, b)
				if p.N > 0 || p.MaxNA > 0 || p.MaxNB > 0 {
					pairs = append(pairs, p)
				}
			}
		}
	}
	return pairs, differ
}

func most(n []int) int {
	if len(n) == 0 {
		return 0
	}
	return slices.Max(n)
}

// Kappa compares two people's judgements of the same things: the percentage on which they agree, and Cohen's
// kappa (po - pe) / (1 - pe), where po is the share on which they agree and pe that on which they would if each
// gave their judgements as often, but by chance (Cohen 1960, Educational and Psychological Measurement 20:37-46).
// Both are NaN of nothing, and kappa is where pe is 1.
//
// Worked example: yes yes no no and yes no no no: po = 3/4, pe = 1/2·1/4 + 1/2·3/4 = 1/2, kappa = 1/2.
func Kappa(a, b []string) (percent, kappa float64) {
	n := float64(len(a))
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	same := 0.0
	countA, countB := map[string]float64{}, map[string]float64{}
	var names []string
	for i := range a {
		if a[i] == b[i] {
			same++
		}
		countA[a[i]]++
		countB[b[i]]++
		if countA[a[i]] == 1 {
			names = append(names, a[i])
		}
	}
	chance := 0.0
	for _, name := range names {
		chance += countA[name] * countB[name]
	}
	po, pe := same/n, chance/(n*n)
	if chance == n*n {
		return 100 * po, math.NaN()
	}
	return 100 * po, (po - pe) / (1 - pe)
}
