package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/frame"
)

// What two people may contradict each other in.
const (
	OverTrack  = "track"  // one takes it for an animal and the other for none, or for one of another taxon
	OverHere   = "here"   // one confirmed it in a frame in which the other says that it is not
	OverSame   = "same"   // one merged two tracks that the other set apart
	OverNumber = "number" // they looked at all of a frame, and end with different numbers
)

// Dispute is what two people contradict each other in, and nobody settled.
type Dispute struct {
	Over         string
	Taxa         []string // whose numbers hang on it
	Frames       []int    // that it concerns, rising; at least one
	Track, With  string   // of a track; With of OverSame
	A, B         string   // the people
	SaidA, SaidB string   // a taxon, "rejected", "here", "not here", "one animal", "two animals" or a number
}

// Text is a dispute as a sentence: "t3 at 00:12.0: anna says shark, ben says rejected".
func (d Dispute) Text(frames []frame.Instant) string {
	what := d.Track
	switch d.Over {
	case OverSame:
		what += " and " + d.With
	case OverNumber:
		what = strings.Join(d.Taxa, ", ")
	}
	return fmt.Sprintf("%s at %s: %s says %s, %s says %s", what, clock(frames[d.Frames[0]].Time), d.A, d.SaidA, d.B, d.SaidB)
}

// Disputes are what each two people contradict each other in, and nobody settled: accepted and rejected tracks, different taxa, "not
// here" and confirmed there, one animal and two, and different numbers of a taxon in a frame that both looked at whole. Each is
// judged by their own verdicts alone, with what was settled (Said.Reconciled), so that what is settled is no dispute. To be
// unsure contradicts nobody. taxa are those that are counted.
func Disputes(m Machine, log []Verdict, taxa []string) []Dispute {
	return Compare(m, log, taxa).Disputes
}

// Compared is what several people say beside one another.
type Compared struct {
	Disputes []Dispute
	// Most is, by taxon and frame, the largest number that any of those has who looked at all of a frame, where two did at least. Together they
	// have no more animals there: of one that both drew, both boxes are in the log.
	Most map[string]map[int]int
}

// Compare compares what people say, each by their own verdicts alone (Disputes).
func Compare(m Machine, log []Verdict, taxa []string) (out Compared) {
	people := People(log)
	if len(people) < 2 {
		return out
	}
	slices.Sort(people)
	var all []reader
	for _, who := range people {
		all = append(all, reader{who, own(log, who, true), alone(m, log, who, true)})
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			found := slices.Concat(overTracks(a, b), overHere(a, b), overHere(b, a), overSame(a, b))
			found = append(found, overNumbers(a, b, taxa, found)...)
			for _, d := range found {
				d.Taxa = slices.DeleteFunc(d.Taxa, func(t string) bool { return !slices.Contains(taxa, t) })
				if len(d.Taxa) > 0 && len(d.Frames) > 0 {
					out.Disputes = append(out.Disputes, d)
				}
			}
		}
	}
	out.Most = map[string]map[int]int{}
	for _, taxon := range taxa {
		out.Most[taxon] = mostOf(all, taxon)
	}
	return out
}

// mostOf is the largest number of a taxon in each frame that two people at least looked at all of.
func mostOf(all []reader, taxon string) map[int]int {
	most, by := map[int]int{}, map[int]int{}
	for _, r := range all {
		frames, numbers := r.state.Looks(taxon)
		for k, i := range frames {
			most[i] = max(most[i], numbers[k])
			by[i]++
		}
	}
	for i, n := range by {
		if n < 2 {
			delete(most, i)
		}
	}
	return most
}

// reader is a person with what they said, and the deployment as that leaves it.
type reader struct {
	name  string
	log   []Verdict
	state *State
}

// overTracks are the machine's tracks of which one says an animal, and the other none or one of another taxon.
func overTracks(a, b reader) (out []Dispute) {
	for _, t := range a.state.tracks {
		o, there := b.state.byID[t.ID]
		if !there || t.Drawn || o.Drawn || t.Standing == Uncertain || o.Standing == Uncertain {
			continue
		}
		x, okX := judgement(t)
		y, okY := judgement(o)
		if !okX || !okY || x == y {
			continue
		}
		d := Dispute{Over: OverTrack, Track: t.ID, A: a.name, B: b.name, SaidA: x, SaidB: y}
		for _, k := range []*Track{t, o} {
			if k.Standing == Accepted {
				d.Taxa = append(d.Taxa, k.Taxon)
			}
			for _, p := range k.Points {
				d.Frames = append(d.Frames, p.Frame)
			}
		}
		slices.Sort(d.Frames)
		d.Frames = slices.Compact(d.Frames)
		out = append(out, d)
	}
	return out
}

// overHere are the boxes that a denies and b confirmed: in a frame in which b had the animal before their eyes as they accepted it.
func overHere(a, b reader) (out []Dispute) {
	for _, t := range a.state.tracks {
		o, there := b.state.byID[t.ID]
		if !there || o.Standing != Accepted || t.Standing == Rejected {
			continue
		}
		for _, p := range t.Denied {
			if _, here := o.at(p.Frame); here && b.accepted(o, p.Frame) {
				out = append(out, Dispute{Over: OverHere, Taxa: []string{o.Taxon}, Frames: []int{p.Frame}, Track: t.ID, A: a.name, B: b.name, SaidA: "not here", SaidB: "here"})
			}
		}
	}
	return out
}

// accepted tells whether what a person accepted a track by had it in a frame.
func (r reader) accepted(t *Track, i int) bool {
	at := r.state.Frames[i].Time
	for _, v := range slices.Backward(r.log) {
		switch v.Kind {
		case Accept, Relabel, Merge:
			if v.Said.Track != t.ID || !r.state.known(v, t.ID) {
				continue
			}
			return v.Run != r.state.machine.Run || slices.ContainsFunc(v.Said.Animal, func(s Sight) bool { return s.Time.Duration() == at })
		}
	}
	return true
}

// overSame are pairs of tracks that one merged and the other set apart. The last thing that each said of a pair holds, or what was settled.
func overSame(a, b reader) (out []Dispute) {
	mine, theirs := a.pairs(), b.pairs()
	for _, v := range mine {
		for _, o := range theirs {
			if v.Kind == o.Kind || !samePair(v, o) {
				continue
			}
			d := Dispute{Over: OverSame, Taxa: []string{v.Was.Taxon}, Track: v.Said.Track, With: v.Said.With, A: a.name, B: b.name, SaidA: oneOrTwo(v), SaidB: oneOrTwo(o)}
			for _, s := range v.Said.Animal { // where both are; else where the first is
				if i, ok := a.state.FrameAt(s.Time.Duration()); ok && slices.ContainsFunc(v.Said.Other, func(x Sight) bool { return x.Time == s.Time }) {
					d.Frames = append(d.Frames, i)
				}
			}
			if len(d.Frames) == 0 {
				for _, s := range slices.Concat(v.Said.Animal, v.Said.Other) {
					if i, ok := a.state.FrameAt(s.Time.Duration()); ok {
						d.Frames = append(d.Frames, i)
					}
				}
				slices.Sort(d.Frames)
				d.Frames = slices.Compact(d.Frames)
			}
			out = append(out, d)
		}
	}
	return out
}

func oneOrTwo(v Verdict) string {
	if v.Kind == Merge {
		return "one animal"
	}
	return "two animals"
}

// pairs are a person's last words on each pair of tracks.
func (r reader) pairs() (out []Verdict) {
	for _, v := range r.log {
		if v.Kind != Merge && v.Kind != Apart {
			continue
		}
		i := slices.IndexFunc(out, func(o Verdict) bool { return samePair(v, o) })
		switch {
		case i < 0:
			out = append(out, v)
		case v.Said.Reconciled || !out[i].Said.Reconciled:
			out[i] = v
		}
	}
	return out
}

// samePair tells whether two verdicts speak of the same two animals: by name on the same tracks, else by where they lay.
func samePair(v, o Verdict) bool {
	if v.Run == o.Run {
		return v.Said.Track == o.Said.Track && v.Said.With == o.Said.With || v.Said.Track == o.Said.With && v.Said.With == o.Said.Track
	}
	return sameSights(v.Said.Animal, o.Said.Animal) && sameSights(v.Said.Other, o.Said.Other) ||
		sameSights(v.Said.Animal, o.Said.Other) && sameSights(v.Said.Other, o.Said.Animal)
}

// sameSights tells whether sightings are of one animal: they overlap at half of the times that both have.
func sameSights(a, b []Sight) bool {
	met, hits := 0, 0
	for _, x := range a {
		for _, y := range b {
			if x.Time == y.Time {
				met++
				if frame.IoU(x.Box, y.Box) >= sameAnimal {
					hits++
				}
			}
		}
	}
	return hits > 0 && 2*hits >= met
}

// overNumbers are the frames that both looked at whole, or counted in, with different numbers; not those that other disputes concern already.
func overNumbers(a, b reader, taxa []string, others []Dispute) (out []Dispute) {
	for _, taxon := range taxa {
		known := map[int]bool{}
		for _, d := range others {
			for _, i := range d.Frames {
				known[i] = known[i] || slices.Contains(d.Taxa, taxon)
			}
		}
		theirs := map[int]int{}
		frames, numbers := b.state.Looks(taxon)
		for k, i := range frames {
			theirs[i] = numbers[k]
		}
		frames, numbers = a.state.Looks(taxon)
		for k, i := range frames {
			if n, both := theirs[i]; both && n != numbers[k] && !known[i] {
				out = append(out, Dispute{Over: OverNumber, Taxa: []string{taxon}, Frames: []int{i}, A: a.name, B: b.name, SaidA: strconv.Itoa(numbers[k]), SaidB: strconv.Itoa(n)})
			}
		}
	}
	return out
}

// Pooled is a deployment as everybody's verdicts leave it, and what is disputed in it.
func Pooled(m Machine, log []Verdict, taxa []string) (*State, []Dispute) {
	s, found := Replay(m, log), Compare(m, log, taxa)
	s.Contest(found)
	return s, found.Disputes
}

// Contest notes what people say beside one another: a look at a frame that a dispute concerns does not count as one until it is
// settled, a taxon of a dispute is not certified, and no more animals are in a frame than one of those saw who looked at all of it.
func (s *State) Contest(found Compared) {
	s.contested, s.most = map[string]map[int]bool{}, found.Most
	for _, d := range found.Disputes {
		for _, taxon := range d.Taxa {
			if s.contested[taxon] == nil {
				s.contested[taxon] = map[int]bool{}
			}
			for _, i := range d.Frames {
				s.contested[taxon][i] = true
			}
		}
	}
}

// Disputed tells whether something of a taxon is disputed.
func (s *State) Disputed(taxon string) bool { return len(s.contested[taxon]) > 0 }

// Contested tells whether a dispute over a taxon concerns a frame.
func (s *State) Contested(taxon string, i int) bool { return s.contested[taxon][i] }
