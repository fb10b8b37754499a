// Package uncertainty says how far a MaxN may be trusted. It owns what a model's scores are worth (Calibration), how
// well a detector sees a taxon (Detectability), and what follows of them: candidates, the posterior of a MaxN, its
// interval, the certificate and the frame to look at next. It does not count (count), hears no verdict (review) and
// measures nothing itself (eval does, on held-out video).
//
// The flow:
//
//	measured, err := uncertainty.ReadMeasurements(detector.Card())
//	grounds := measured.Of(taxon).At(site, own) // measured or assumed, here or elsewhere: the one rule
//	proposed, err := uncertainty.Propose(frames, uncertainty.Least)
//	d := uncertainty.Observations{Frames: len(frames), Every: 1, Detectability: grounds.Detectability, Elsewhere: grounds.Elsewhere}
//	d.Candidates = grounds.Candidates(uncertainty.Trails(proposed, taxon.Name, at))
//	d.Looks = []uncertainty.Look{{Frame: 812, N: 2}} // what people saw
//	d.Survey = evidence                              // what the looks at the survey's other deployments tell
//	p := d.Posterior(uncertainty.Limit)
//	fmt.Println(p.Statement(grounds, uncertainty.Told{Every: time.Second, Readers: 1}), p.Next)
//
// How the numbers are derived and what they assume: docs/science/uncertainty.md.
package uncertainty

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Said is what a person said of a candidate.
type Said int8

// What a person may have said.
const (
	NoAnimal Said = -1 // it is none, or one of another taxon
	Unsaid   Said = 0
	Animal   Said = 1 // it is an animal of the taxon
)

// Candidate is a track of one taxon as chance has it.
type Candidate struct {
	ID     int
	Real   float64 // chance that it is an animal of the taxon, before anybody said so (Detectability.Real)
	Traits Traits  // by which that is told
	Said   Said
	Drawn  bool  // by a person, or taken for another taxon by the machine, which had missed it so
	Frames []int // of its points: indices into the frames that were looked at by the machine, rising; at least one
	Denied []int // frames in which a person said that it is not there; of one that is no animal, where that was said
}

// Look is a frame that a person looked at, all of it: N animals of the taxon are in it. Again is how many further looks at it, without
// knowing of the first, agree.
type Look struct{ Frame, N, Again int }

// Observations is what is known, and what is not, of one taxon's MaxN in one deployment:
// what the machine found, how well it sees, and what a person has looked at since.
// MaxN is that over the frames that the machine looked at; time that could not be
// looked at is another matter (Effort).
type Observations struct {
	Frames        int     // that the machine looked at, within the period
	Every         float64 // the sampling interval, seconds
	Candidates    []Candidate
	Looks         []Look // in any order; of one frame given twice the later counts
	Detectability Detectability
	Elsewhere     bool       // detectability was measured at other sites than this
	Reader        Reader     // its zero value: as second looks tell
	Reread        Reread     // the deployment's second looks
	Survey        []Evidence // of the survey's other deployments (Posterior.Evidence)
	Seed          uint64     // the same seed gives the same answer
	Samples       int        // draws; 0: as many as it takes to tell the risk from the limit
	Ask           int        // frames to suggest; 0: as usual
	Finest        float64    // the risk is told from those of a survey's other certificates down to this one; 0: not asked (Several)
}

// Posterior is what can be said of the MaxN.
type Posterior struct {
	Chance    []float64 // that MaxN is 0, 1, 2 ...; they add up to 1
	Estimate  int       // the middle: MaxN is at most this with a chance of one half or more
	Low, High int       // the interval: MaxN lies in it with a chance of 1 - limit
	Confirmed int       // the largest count in a frame that a person looked at; 0 where there is none
	Looked    int       // frames that a person looked at
	Frames    int       // that the machine looked at
	Limit     float64   // what was left to chance
	Risk      float64   // chance that MaxN is not Confirmed: More(Confirmed), and Fewer
	Fewer     float64   // chance that it is less, because people misnamed animals
	Error     float64   // standard error of Risk, from the number of draws
	Draws     int
	Reader    Reader       // how readily people err, as it was measured or is assumed
	Certified bool         // somebody looked, and Risk is under Share of the limit by more than its error, on a detectability that was measured well enough, or all was looked at
	Next      []Suggestion // the frames to look at, the best first; none where it is certified, unless risks are to be told apart (Finest)
	Ahead     int          // about how many further looks, evenly spread, make the certificate, if they find nothing new; at most
	Evidence  Evidence     // what this deployment tells of the others of its survey
}

// More is the chance that MaxN is greater than n.
func (a Posterior) More(n int) float64 {
	sum := 0.0
	for k := max(n+1, 0); k < len(a.Chance); k++ {
		sum += a.Chance[k]
	}
	return math.Min(1, sum)
}

// Suggestion is a frame to look at.
type Suggestion struct {
	Frame int
	Gain  float64 // by how much the risk falls, as a mean, if nothing but this frame is looked at
	Open  int     // candidates in it that nobody spoke of
	Audit bool    // drawn at random: the person says what is there without being led by boxes
	Again bool    // looked at before: a further look, without knowing of the first, is what is lacking
}

// Posterior weighs it all, by drawing what may be true some thousand times:
//
//	a deployment's own shift of the candidates' log odds, as far as what was said of them tells;
//	which candidates are animals; whether those were there between and around their detections;
//	the recall here, and how many arrivals left no candidate, when and for how long, of which no look met any;
//	where the animals are that looks met and that no candidate has.
//
// Each draw has a count for each frame, hence a MaxN. limit is what is left to chance, 0.05
// for "at least 95 %". Where the risk is near the limit more is drawn. How the numbers are derived and what they
// assume: docs/science/uncertainty.md.
func (d Observations) Posterior(limit float64) Posterior {
	s := newSampler(d)
	a := Posterior{Looked: len(s.looks), Frames: d.Frames, Limit: limit, Confirmed: s.confirmed, Reader: s.reader}
	fewer, again := s.reader.fewer(s.looks, s.confirmed)
	var most []int        // of each draw, its MaxN
	var settles [][]int32 // of each draw in which more than the confirmed is left, the frames that would show it
	first, last := d.Samples, d.Samples
	if d.Samples <= 0 {
		first, last = fewestSamples, mostDraws(limit, d.Finest)
	}
	for n := first; ; n = min(2*n, last) {
		for len(most) < n {
			m, left, at := s.draw()
			most = append(most, m)
			if left > s.confirmed {
				settles = append(settles, at)
			}
		}
		draws := float64(len(most))
		p := (float64(len(settles)) + 0.5) / (draws + 1)
		a.Error = math.Sqrt(p * (1 - p) / draws)
		a.Risk = math.Min(1, float64(len(settles))/draws+fewer)
		if a.Draws = n; n >= last || a.told(d.Finest) {
			break
		}
	}
	a.Fewer = fewer
	a.Chance = make([]float64, slices.Max(most)+1)
	for _, m := range most {
		a.Chance[m] += 1 / float64(a.Draws)
	}
	a.Estimate, a.Low, a.High = middle(a.Chance, limit)
	a.Evidence = s.evidence(d.Seed)
	a.Evidence.Reread = d.Reread
	all := a.Looked >= s.frames
	a.Certified = a.Looked > 0 && a.Risk+2*a.Error < Share*limit && (d.Detectability.Enough(d.Elsewhere) || all)
	if all {
		a.Error, a.Certified = 0, a.Risk < limit
	}
	switch {
	case a.Certified && (d.Finest <= 0 || a.Risk == 0):
	case fewer > Share*limit/2 && again >= 0:
		a.Next = []Suggestion{{Frame: again, Gain: fewer, Open: int(s.open[again]), Again: true}}
	default:
		a.Next = s.suggest(settles, a.Draws, cmp.Or(d.Ask, mostSuggested))
	}
	switch {
	case a.Certified:
	case d.Detectability.Enough(d.Elsewhere):
		a.Ahead = s.ahead(a.Evidence, limit)
	default: // no certificate before everything was looked at
		a.Ahead = s.frames - a.Looked
	}
	return a
}

// Share is of the limit what the drawn risk of a certificate may take up. The rest is for what the model itself may have wrong: in the worst kinds of
// surveys of bench/trust half again as many certificates are wrong as the draws say.
const Share = 0.5

// ahead is about how many further looks, evenly spread, would make it unlikely enough that any arrival is left of which nothing
// was found: as many as it takes where MaxN is 0, more than it takes where it is not.
func (s *sampler) ahead(e Evidence, limit float64) int {
	e.Found = math.Round(e.Found)
	risk := func(n int) float64 {
		with := e
		with.Covered = math.Max(e.Covered, s.hidden.coverage(float64(n)/float64(s.frames)))
		return s.belief.cells(with).mean(func(recall, shape, rate float64) float64 {
			return 1 - math.Pow(rate/(rate+(1-recall)*(1-with.Covered)), shape)
		})
	}
	return 1 + sort.Search(max(0, s.frames-len(s.looks)-1), func(k int) bool { return risk(len(s.looks)+k+1) < Share*limit })
}

// middle is the median of chances, and the shortest run of numbers around the likeliest that
// holds 1 - limit. A number at an end is in it where more than half of its chance is needed:
// with whole numbers no interval holds just so much, and this one does on the average
// (the mid-P rule: Lancaster 1961, JASA 56:223; Agresti & Gottard 2005, Stat. Sci. 20:367).
func middle(chance []float64, limit float64) (median, low, high int) {
	sum := 0.0
	for n, p := range chance {
		if sum += p; sum >= 0.5 {
			median = n
			break
		}
	}
	for n, p := range chance {
		if p > chance[low] {
			low = n
		}
	}
	high = low
	for have := chance[low]; ; {
		next, at := 0.0, -1
		if low > 0 {
			next, at = chance[low-1], low-1
		}
		if high+1 < len(chance) && chance[high+1] > next {
			next, at = chance[high+1], high+1
		}
		if at < 0 || have+next/2 >= 1-limit {
			return median, low, high
		}
		have += next
		low, high = min(low, at), max(high, at)
	}
}

// mostSuggested is how many frames are suggested at a time.
const mostSuggested = 12

// suggest orders frames by how many draws each would settle: looking at it would show all
// that there is. The next one is for the draws that those before it leave unsettled. Where no frame stands out, one is
// drawn at random (audit).
func (s *sampler) suggest(settles [][]int32, draws, most int) []Suggestion {
	var out []Suggestion
	gain := make([]int, s.frames)
	taken := slices.Clone(s.order)
	for len(out) < most && len(taken) < s.frames {
		clear(gain)
		spread := 0.0
		for _, at := range settles {
			for _, t := range at {
				gain[t]++
			}
			spread += float64(len(at))
		}
		usual := spread / float64(s.frames-len(taken))
		next := Suggestion{Frame: s.most(gain, taken, false)}
		if !standsOut(float64(gain[next.Frame]), usual) {
			if next.Frame = s.most(gain, taken, true); next.Frame < 0 || float64(gain[next.Frame]) <= stands*usual {
				next.Frame, next.Audit = s.audit(taken), true
			}
		}
		if next.Gain = float64(gain[next.Frame]) / float64(draws); next.Audit {
			next.Gain = usual / float64(draws)
		}
		next.Open = int(s.open[next.Frame])
		out = append(out, next)
		at, _ := slices.BinarySearch(taken, next.Frame)
		taken = slices.Insert(taken, at, next.Frame)
		settles = slices.DeleteFunc(settles, func(at []int32) bool { return slices.Contains(at, int32(next.Frame)) })
	}
	return out
}

// most is the frame that settles most draws, of those that nobody looked at and, where that is asked for, in which a candidate is that nobody spoke
// of; -1: there is none. Of two that settle as many it is the one in which more was detected, which shows more.
func (s *sampler) most(gain, taken []int, open bool) int {
	best := -1
	for t := range gain {
		if s.free(taken, t) && (!open || s.open[t] > 0) &&
			(best < 0 || cmp.Or(cmp.Compare(gain[t], gain[best]), cmp.Compare(s.points[t], s.points[best])) > 0) {
			best = t
		}
	}
	return best
}

// stands is how many times as many draws as frames do as a rule one has to settle to be asked for before one at random.
const stands = 3

// standsOut tells whether a frame settles so many more draws than frames do as a rule that it stands out: stands times as
// many, and more than the most of some thousand frames is by luck.
func standsOut(gain, usual float64) bool {
	return gain >= stands*usual && gain > usual+5*math.Sqrt(usual)+5
}

func (s *sampler) free(taken []int, t int) bool {
	_, have := slices.BinarySearch(taken, t)
	return !have
}

// audit draws a frame at random from the middle half of the longest stretch that nobody looked at: so drawn, looks lie evenly.
func (s *sampler) audit(taken []int) int {
	from, to, last := 0, -1, -1
	for _, t := range append(slices.Clone(taken), s.frames) {
		if t-last-1 > to-from {
			from, to = last+1, t
		}
		last = t
	}
	n := to - from
	return from + n/4 + s.pick.IntN(max(1, n-2*(n/4)))
}
