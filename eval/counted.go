package eval

import "requin/uncertainty"

// Compared is one number of one taxon by people and by machine.
type Compared struct {
	Measure string // MaxN, MeanCount, TMaxN, TFS or PerFrame
	Among   string // AmongDeployments, AmongClips or AmongFrames
	Taxon   string
	Pair
	Uncertainty *uncertainty.Interval // of a MaxN whose detector's sight was measured; nil elsewhere
}

// The measures of counts.
const (
	MaxN      = "MaxN"
	MeanCount = "MeanCount"
	TMaxN     = "tMaxN"
	TFS       = "TFS"
	PerFrame  = "count in a frame"
)

// Unit is what a measure counts in.
func Unit(measure string) string {
	switch measure {
	case TMaxN, TFS:
		return "s"
	case MeanCount:
		return "individuals per frame"
	}
	return "individuals"
}

// Close is how far two numbers may be apart that agree but for little: one individual,
// a tenth of one on the mean of all frames, a minute.
func Close(measure string) float64 {
	switch measure {
	case TMaxN, TFS:
		return 60
	case MeanCount:
		return 0.1
	}
	return 1
}

// Agreed is how one measure agrees for one taxon, or for all.
type Agreed struct {
	Measure, Among string
	Taxon          string // "": all taxa together
	Pairs          []Compared
	Agreement
	Low, High   Agreement // ends of the 95 % intervals
	Held        Held      // of the MaxN that have an interval
	Corrections []Tried   // of MaxN; empty where the counts are too few
}

// CompareCounts tells how numbers agree: by measure and by what is compared, in the order
// in which they first come, all taxa together and then each. Intervals come of so many
// rounds of a bootstrap over deployments.
func CompareCounts(list []Compared, rounds int, seed uint64) []Agreed {
	var out []Agreed
	for _, group := range inOrder(list, func(c Compared) [2]string { return [2]string{c.Measure, c.Among} }) {
		taxa := inOrder(group, func(c Compared) string { return c.Taxon })
		if len(taxa) > 1 {
			out = append(out, agreed(group, "", rounds, seed))
		}
		for _, one := range taxa {
			out = append(out, agreed(one, one[0].Taxon, rounds, seed))
		}
	}
	return out
}

// inOrder groups by a key, in the order of the first of each.
func inOrder[K comparable](list []Compared, key func(Compared) K) [][]Compared {
	var out [][]Compared
	at := map[K]int{}
	for _, c := range list {
		k := key(c)
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

func agreed(list []Compared, taxon string, rounds int, seed uint64) Agreed {
	a := Agreed{Measure: list[0].Measure, Among: list[0].Among, Taxon: taxon, Pairs: list}
	pairs := make([]Pair, len(list))
	for i, c := range list {
		pairs[i] = c.Pair
	}
	within := Close(a.Measure)
	a.Agreement = Agree(pairs, within)
	a.Low, a.High = Intervals(pairs, within, rounds, seed)
	a.Held = held(list)
	if a.Measure == MaxN && taxon != "" {
		if tried, err := TryCorrections(pairs); err == nil && len(tried) > 1 { // an error: nothing to offer
			a.Corrections = tried
		}
	}
	return a
}

// Held is how often the intervals of MaxN hold what people counted.
type Held struct {
	N     int     // MaxN with an interval
	In    int     // whose interval holds people's number
	Zeros int     // of N, where people saw none and the interval is just 0: there it is easy
	Width float64 // mean of how many numbers an interval holds, less one
}

func held(list []Compared) (h Held) {
	for _, c := range list {
		u := c.Uncertainty
		if u == nil {
			continue
		}
		h.N++
		h.Width += float64(u.High - u.Low)
		if float64(u.Low) <= c.People && c.People <= float64(u.High) {
			h.In++
			if c.People == 0 && u.High == 0 {
				h.Zeros++
			}
		}
	}
	h.Width /= float64(max(h.N, 1))
	return h
}
