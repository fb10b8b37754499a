package review

import (
	"slices"
	"time"

	"requin/uncertainty"
)

// Looking is a frame that was looked at twice, independently.
type Looking struct {
	At            time.Duration // of the frame
	First, Second int           // the numbers of the taxon
	By, Again     string        // who looked first, and who then; the same person or another
	Right         *int          // the number that was settled on where the two differ; nil: not settled, or they do not differ
}

// Reading is how well people read the frames, of one taxon. Its zero value is that nothing was measured.
type Reading struct {
	Looks   []Looking
	Missed  float64 // chance that an animal in a frame is overlooked in a look
	Added   float64 // animals that a look adds, as a mean: of another taxon, or none at all
	Animals int     // that Missed rests on: seen in one look at least
	Frames  int     // that were looked at twice
	Open    int     // of them, the ones with a difference that nobody settled
}

// SecondLooks gives, by taxon, the frames of one or several deployments that were looked at twice, and what they tell of the readers. A pair is
//
//   - a look and a second one without boxes (a count that is Blind and Again), by the same person or another;
//   - two people's looks of which the later was made without sight of the other's verdicts (Alone), or is a count with the boxes hidden (Blind).
//
// The numbers are those of the time of the look: what was changed since changes no pair.
//
// In a look each of the N animals of the frame is overlooked with a chance m, and animals that are not there are added by Poisson's law, a of
// them as a mean. The two numbers are repeated counts of a binomial mixture (Royle 2004, Biometrics 60:108-115), here with the additions, and
// with no shape prescribed for how many animals frames hold (Laird 1978, JASA 73:805-811). What is most likely is found by the EM
// algorithm (Dempster, Laird & Rubin 1977, JRSS B 39:1-38). So what both overlooked is allowed for, and so is one overlooked and
// one added in a single look. Where two numbers differ N is what was settled; numbers alone cannot tell an animal that one added from
// one that the other overlooked, so until then the larger is taken to be right, which makes a MaxN look less certain, not more.
//
// Worked example: 20 frames (1, 1), one (1, 2) of which 2 is right, one (1, 0) of which 0 is right: of 44 times that an animal was there to
// be seen it was overlooked once, and one was added in 44 looks: Missed and Added are 0.023.
func SecondLooks(logs ...[]Verdict) map[string]Reading {
	out := map[string]Reading{}
	for _, log := range logs {
		for taxon, looks := range lookedTwice(log) {
			r := out[taxon]
			r.Looks = append(r.Looks, looks...)
			out[taxon] = r
		}
	}
	for taxon, r := range out {
		out[taxon] = r.measured()
	}
	return out
}

// place is a taxon in a frame.
type place struct {
	taxon string
	at    time.Duration
}

// glance is one person's first look at a place.
type glance struct {
	by    string
	n     int
	blind bool // without sight of what others said, or of any box
}

// lookedTwice are the pairs of one deployment's log, by taxon, in the order of the second looks.
func lookedTwice(log []Verdict) map[string][]Looking {
	out := map[string][]Looking{}
	firsts := map[place][]glance{}
	pair := func(p place, l Looking) { out[p.taxon] = append(out[p.taxon], l) }
	see := func(p place, g glance) {
		if slices.ContainsFunc(firsts[p], func(o glance) bool { return o.by == g.by }) {
			return
		}
		if g.blind {
			for _, o := range firsts[p] {
				pair(p, Looking{At: p.at, First: o.n, Second: g.n, By: o.by, Again: g.by})
			}
		}
		firsts[p] = append(firsts[p], g)
	}
	for _, v := range InForce(log) {
		if v.Said.Time == nil {
			continue
		}
		at := v.Said.Time.Duration()
		switch {
		case v.Kind == Looked:
			for _, taxon := range v.Said.Taxa {
				n := len(v.Said.Saw[taxon])
				if counted, ok := v.Said.Numbers[taxon]; ok {
					n = max(n, counted)
				}
				see(place{taxon, at}, glance{v.By, n, v.Said.Alone})
			}
		case v.Kind != Count || v.Said.N == nil:
		case v.Said.Again && v.Said.Blind && v.Was.N != nil:
			pair(place{v.Said.Taxon, at}, Looking{At: at, First: *v.Was.N, Second: *v.Said.N, By: v.Was.By, Again: v.By})
		case v.Said.Again || v.Said.Reconciled:
			settleLooks(out[v.Said.Taxon], at, *v.Said.N)
		case v.Said.Blind:
			see(place{v.Said.Taxon, at}, glance{v.By, *v.Said.N, true})
		}
	}
	return out
}

// settleLooks notes which number of a frame is right.
func settleLooks(looks []Looking, at time.Duration, n int) {
	for i := range looks {
		if looks[i].At == at && looks[i].First != looks[i].Second {
			looks[i].Right = &n
		}
	}
}

// Reread is what a reading tells of the readers, to be pooled over a survey.
func (r Reading) Reread() uncertainty.Reread {
	seen := 2 * float64(r.Animals)
	return uncertainty.Reread{Seen: seen, Overlooked: r.Missed * seen, Added: r.Added * 2 * float64(r.Frames)}
}

// agreeing is how many further looks at a frame agree with the first.
func (r Reading) agreeing(at time.Duration) (n int) {
	for _, l := range r.Looks {
		if l.At == at && l.First == l.Second {
			n++
		}
	}
	return n
}
