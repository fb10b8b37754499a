package eval

import (
	"math"

	"requin/uncertainty"
)

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
		return seconds
	case MeanCount:
		return "individuals per frame"
	}
	return individuals
}

// The units of counts and of times.
const individuals, seconds = "individuals", "s"

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
	Low, High   Agreement   // ends of the 95 % intervals
	By          []string    // how each interval was made, in the order of Statistics
	Deployments int         // that the pairs are of
	Mix         Mix         // of several taxa together: what R is made of
	Held        Held        // of the MaxN that have an interval
	Corrections []Tried     // of MaxN; empty where the counts are too few
	Model       *TriedModel // of MaxN: people's counts by a Poisson or negative binomial regression; nil where the counts are too few
}

// Statistic is one measure of an agreement with its 95 % interval, and how that was made; NaN and "": there is none.
type Statistic struct {
	Name             string
	Value, Low, High float64
	By               string
}

// Statistics are all measures of an agreement, in a fixed order.
func (a Agreed) Statistics() []Statistic {
	values, lows, highs := a.measures(), a.Low.measures(), a.High.measures()
	out := make([]Statistic, len(values))
	for i, name := range measureNames {
		out[i] = Statistic{name, *values[i], *lows[i], *highs[i], ""}
		if i < len(a.By) {
			out[i].By = a.By[i]
		}
	}
	return out
}

// Statistic is one of them by its name; NaN of a name that none has.
func (a Agreed) Statistic(name string) Statistic {
	for _, s := range a.Statistics() {
		if s.Name == name {
			return s
		}
	}
	no := math.NaN()
	return Statistic{name, no, no, no, ""}
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
func inOrder[T any, K comparable](list []T, key func(T) K) [][]T {
	var out [][]T
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
	j := Judging{Close: Close(a.Measure), Counts: Unit(a.Measure) == individuals, Times: Unit(a.Measure) == seconds}
	a.Agreement = Agree(pairs, j)
	a.Low, a.High, a.By = Intervals(pairs, j, rounds, seed)
	a.Deployments = len(inOrder(pairs, func(p Pair) string { return p.Deployment }))
	if taxon == "" {
		a.Mix = mixed(list)
	}
	a.Held = held(list)
	if a.Measure == MaxN && taxon != "" {
		if tried, err := TryCorrections(pairs); err == nil && len(tried) > 1 { // an error: nothing to offer
			a.Corrections = tried
		}
		a.Model = TryModel(pairs)
	}
	return a
}

// Held is how often the intervals of MaxN hold what people counted.
type Held struct {
	N     int     // MaxN with an interval
	In    int     // whose interval holds people's number
	Share Share   // of those that do, by deployments
	Zeros int     // of N, where people saw none and the interval is just 0: there it is easy
	Width float64 // mean of how many numbers an interval holds, less one
}

func held(list []Compared) (h Held) {
	var of []Compared
	for _, c := range list {
		u := c.Uncertainty
		if u == nil {
			continue
		}
		of = append(of, c)
		h.N++
		h.Width += float64(u.High - u.Low)
		if c.held() {
			h.In++
			if c.People == 0 && u.High == 0 {
				h.Zeros++
			}
		}
	}
	h.Width /= float64(max(h.N, 1))
	h.Share = ClusteredShare(parts(inOrder(of, func(c Compared) string { return c.Deployment }), Compared.held))
	return h
}

// held tells whether the interval holds people's number.
func (c Compared) held() bool {
	return float64(c.Uncertainty.Low) <= c.People && c.People <= float64(c.Uncertainty.High)
}
