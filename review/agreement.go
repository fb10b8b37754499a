package review

import (
	"math"
	"slices"

	"requin/count"
)

// Pair says how far two people agree on the tracks of a taxon that both judged, and how many animals each saw.
type Pair struct {
	A, B         string
	Taxon        string
	Concord          // of tracks that both judged, and that the machine or either of them named so
	MaxNA, MaxNB int // most animals that each confirmed in one frame
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

// Agreement compares what each two people said of the machine's tracks, each by their own verdicts alone and before anything was settled
// between them, taxon by taxon. A track that one of them did not judge is not compared.
func Agreement(m Machine, log []Verdict, taxa []string) (pairs []Pair) {
	people := People(log)
	slices.Sort(people)
	var states []*State
	for _, who := range people {
		states = append(states, alone(m, log, who, false))
	}
	for i := range people {
		for j := i + 1; j < len(people); j++ {
			for _, taxon := range taxa {
				a, b := judged(states[i], states[j], taxon)
				p := Pair{A: people[i], B: people[j], Taxon: taxon, Concord: Concordance(a, b, taxon), MaxNA: most(states[i].Confirmed(taxon)), MaxNB: most(states[j].Confirmed(taxon))}
				if p.N > 0 || p.MaxNA > 0 || p.MaxNB > 0 {
					pairs = append(pairs, p)
				}
			}
		}
	}
	return pairs
}

// judged are two people's judgements of the machine's tracks that both judged, and that the machine or either of them named so.
func judged(one, other *State, taxon string) (a, b []string) {
	for _, t := range one.tracks {
		o, there := other.byID[t.ID]
		if !there || t.Drawn || o.Drawn {
			continue
		}
		x, okX := judgement(t)
		y, okY := judgement(o)
		if okX && okY && (t.Machine == taxon || x == taxon || y == taxon) {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b
}

// Observers are what each person by their own verdicts alone, before anything was settled with others, makes of a taxon's MaxN:
// of those who spoke of it, by name.
func Observers(m Machine, log []Verdict, taxon string) (out []count.Observer) {
	people := People(log)
	slices.Sort(people)
	for _, who := range people {
		own := own(log, who, false)
		if !spokenOf(own)[taxon] {
			continue
		}
		s := alone(m, log, who, false)
		o := count.Observer{Name: who}
		looks, _ := s.Looks(taxon)
		o.Looked = len(looks)
		for i, n := range s.Confirmed(taxon) {
			if n > o.MaxN {
				at := count.Seconds(s.Frames[i].Time)
				o.MaxN, o.TMaxN = n, &at
			}
		}
		out = append(out, o)
	}
	return out
}

func most(n []int) int {
	if len(n) == 0 {
		return 0
	}
	return slices.Max(n)
}

// own is what one person said; settled: and what was settled between people, whoever of them said so.
func own(log []Verdict, who string, settled bool) []Verdict {
	force := InForce(log)
	return slices.DeleteFunc(force, func(v Verdict) bool {
		if v.Said.Reconciled {
			return !settled
		}
		return v.By != who
	})
}

// alone is a deployment as one person's own verdicts leave it. What others had confirmed in a frame when this person said that it is all
// there, they agreed to in that frame (Said.Saw), and did not reject.
func alone(m Machine, log []Verdict, who string, settled bool) *State {
	s := Begin(m)
	s.saw = map[string]map[int]*sawAll{}
	for _, v := range ruled(own(log, who, settled)) {
		s.Apply(v)
	}
	return s
}

// sawAll is what stood in a frame that somebody looked at.
type sawAll struct {
	animals []sawn // that were confirmed
	number  int    // that was counted, or agreed on
}

// sawn is an animal that stood confirmed.
type sawn struct {
	id    string
	known bool // id names a track of these
}

// endorse notes what stood in a frame as a person looked at it.
func (s *State) endorse(taxon string, i int, v Verdict) {
	if s.saw == nil {
		return
	}
	if s.saw[taxon] == nil {
		s.saw[taxon] = map[int]*sawAll{}
	}
	all := &sawAll{number: v.Said.Numbers[taxon]}
	for _, id := range v.Said.Saw[taxon] {
		all.animals = append(all.animals, sawn{id, s.known(v, id)})
	}
	s.saw[taxon][i] = all
}

// endorsed tells whether a person confirmed a track in a frame by a look, though another person had accepted it.
func (s *State) endorsed(t *Track, i int) bool {
	all := s.saw[t.Taxon][i]
	return all != nil && slices.Contains(all.animals, sawn{t.ID, true})
}

// agreedTo is how many animals a person agreed to in a frame; those that they themselves denied elsewhere are not among them.
func (s *State) agreedTo(taxon string, i int) int {
	all, n := s.saw[taxon][i], 0
	for _, x := range all.animals {
		t, ok := s.byID[x.id]
		if ok && x.known {
			_, here := t.at(i)
			if !here || t.Standing == Rejected || t.Standing == Accepted && t.Taxon != taxon {
				continue
			}
		}
		n++
	}
	return max(n, all.number)
}

// Stated is the pair's agreement as a count states it.
func (p Pair) Stated() count.Concord {
	known := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	return count.Concord{A: p.A, B: p.B, N: p.N, Percent: known(p.Percent), Kappa: known(p.Kappa), Low: known(p.Low), High: known(p.High),
		Prevalence: known(p.Prevalence), Bias: known(p.Bias), PABAK: known(p.PABAK), TooFew: p.N < FewItems}
}
