package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/count"
	"requin/frame"
	"requin/taxon"
	"requin/track"
	"requin/uncertainty"
)

// Rule names the version of how a count follows from a log: what was derived by another is derived anew.
const Rule = 6

// Basis is what a reviewed count rests on, besides the log of verdicts.
type Basis struct {
	Machine Machine       // the candidates, and the frames that were looked at
	Counted count.Result  // as the machine counted
	Tracks  []track.Track // that it counted
	Input   count.Input   // what that was counted from, with the taxa besides that people may have named; its tracks and frames are not used
	Limit   float64       // chance of a greater MaxN under which a taxon is certified

	SurveyLimit float64  // chance that any certificate of the survey is wrong, where that was asked for; 0: it was not
	Finest      float64  // risk down to which certificates are told apart for that (uncertainty.Finest)
	Withheld    []string // taxa that SurveyLimit has no room for (uncertainty.Several): certified by themselves, they are not

	Measured uncertainty.Measurements          // what is known of how well the detector sees, and what its scores are worth
	Site     string                            // where the deployment is; "": not known
	Own      bool                              // Measured is of the same survey's video
	Survey   map[string][]uncertainty.Evidence // by taxon, what the survey's other deployments tell
}

// Grounds are what the assessment of a taxon rests on.
func (b Basis) Grounds(taxon string) uncertainty.Grounds {
	return b.Measured.Named(taxon).At(b.Site, b.Own)
}

// Outcome is a count as a log leaves it.
type Outcome struct {
	count.Result
	Tracks    []track.Track  // those that were counted, and those of taxa that are not studied; each number once
	Confirmed map[int]Author // by number those that people confirmed or drew; of the others nobody spoke
}

// Author is who confirmed or drew a track, and when.
type Author struct {
	By string
	At time.Time
}

// Count is the count as a log leaves it: of each taxon that somebody spoke of, MaxN and its kin out of what people confirmed
// and, until it is certified, of what the machine counted and nobody spoke of; with its status. A taxon that nobody spoke
// of stays as the machine counted it. The log has to be everybody's.
//
//	certified  a frame's animals are the boxes that people confirmed, or what they counted there: nothing else can change MaxN
//	reviewed   those, and what the machine counted of animals that nobody spoke of, outside of frames that were looked at whole
//	disputed   as reviewed; two readers contradict each other and nobody settled it
//
// It depends on the basis and the log alone, and is refused only where count.Of refuses.
func (b Basis) Count(log []Verdict) (Outcome, error) {
	spoken := spokenOf(log)
	m := b.Machine
	m.Frames = WithFrames(m.Frames, log, b.Input.Period)
	s, disputes := Pooled(m, log, names(b.Input.Taxa.Studied()))
	twice := SecondLooks(log)
	known, alone := map[string]uncertainty.Posterior{}, map[string]bool{}
	in := b.Input
	in.Frames, in.Stated, in.Outlook = s.Frames, nil, nil
	for _, t := range b.Input.Taxa.Studied() {
		if spoken[t.Name] {
			a := b.assess(s, t.Name, twice[t.Name])
			_, counted := b.was(t.Name) // the machine looked for it
			alone[t.Name] = counted && a.Certified
			a.Certified = a.Certified && !slices.Contains(b.Withheld, t.Name)
			known[t.Name] = a
			in.Stated = append(in.Stated, s.stated(t.Name)...)
		}
	}
	out := Outcome{Result: b.Counted, Confirmed: map[int]Author{}}
	out.Tracks = s.outcome(b, spoken, known, out.Confirmed)
	in.Tracks = out.Tracks
	if len(known) == 0 {
		return out, nil
	}
	// The machine's tracks lie at frames that all are there; a taxon that nobody spoke of is taken from its own count all the same.
	result, err := count.Of(in)
	if err != nil {
		return Outcome{}, fmt.Errorf("the reviewed count: %w", err)
	}
	result.Uncounted = b.Counted.Uncounted
	status := Statuses(log, studied(result), s.Disputed, func(taxon string) bool {
		return alone[taxon] && known[taxon].Certified
	})
	var taxa []count.Taxon
	for _, now := range result.Taxa {
		was, counted := b.was(now.Name)
		switch {
		case !spoken[now.Name] && counted:
			now = was
		case !spoken[now.Name]:
			continue
		default:
			now.Uncertainty, now.NoInterval = was.Uncertainty, was.NoInterval
			now.Review = b.review(known[now.Name], now, was, len(s.Frames), log)
			if b.SurveyLimit > 0 && alone[now.Name] {
				risk := round(known[now.Name].Risk)
				now.Review.Certificate, now.Review.Withheld = &risk, !known[now.Name].Certified
			}
			heard(now.Review, m, log, now.Name, disputes)
			now.Review.Status = status[now.Name]
		}
		taxa = append(taxa, now)
	}
	result.Taxa = taxa
	out.Result = result
	return out, nil
}

// outcome are the tracks that are left: of taxa that somebody spoke of as the log has them, of others as the machine
// counted them. The machine's candidates bear their numbers, and so do its tracks where these are free. confirmed
// takes up the numbers of those that people confirmed or drew.
func (s *State) outcome(b Basis, spoken map[string]bool, known map[string]uncertainty.Posterior, confirmed map[int]Author) (out []track.Track) {
	used := map[int]bool{}
	free := 1
	for _, t := range slices.Concat(s.machine.Tracks, b.Tracks) {
		free = max(free, t.ID+1)
	}
	take := func(t track.Track) {
		if t.ID == 0 || used[t.ID] {
			t.ID = free
			free++
		}
		used[t.ID] = true
		out = append(out, t)
	}
	for _, taxon := range slices.Sorted(maps.Keys(spoken)) {
		tracks, authors := s.confirmed(taxon)
		for i, t := range tracks {
			take(t)
			confirmed[out[len(out)-1].ID] = authors[i]
		}
		if known[taxon].Certified {
			continue
		}
		for _, t := range s.unspoken(taxon, b.Tracks) {
			take(t)
		}
	}
	for _, t := range b.Tracks {
		if !spoken[t.Taxon] {
			take(t)
		}
	}
	return out
}

// was is a taxon as the machine counted it; false where it did not look for it.
func (b Basis) was(name string) (count.Taxon, bool) {
	for _, t := range b.Counted.Taxa {
		if t.Name == name {
			return t, true
		}
	}
	return count.Taxon{}, false
}

// assess is what is known of a taxon's MaxN.
func (b Basis) assess(s *State, taxon string, twice Reading) uncertainty.Posterior {
	d := s.Observations(taxon, b.Grounds(taxon), b.Input.Every, twice, b.Survey[taxon])
	d.Finest = b.Finest
	p := d.Posterior(b.Limit)
	p.Certified = p.Certified && !s.Disputed(taxon)
	return p
}

// Seed begins the draws of every assessment: the same log gives the same answer.
const Seed = 1

// review is what people made of a taxon's count.
func (b Basis) review(a uncertainty.Posterior, now, was count.Taxon, frames int, log []Verdict) *count.Review {
	g := b.Grounds(now.Name)
	evidence := a.Evidence
	r := &count.Review{Evidence: &evidence, Pooled: len(b.Survey[now.Name]), Machine: was.MaxN, Assumed: a.Assumed(g), Basis: a.Basis(g), Limit: b.Limit, SurveyLimit: b.SurveyLimit, Looked: a.Looked, Frames: frames, Log: LogHash(log)}
	if u := g.Interval(a); u != nil {
		r.Low, r.High = &u.Low, &u.High
	}
	switch {
	case a.Certified:
		r.Risk = round(a.Risk)
	case now.MaxN != nil:
		r.Risk = round(a.More(*now.MaxN))
	}
	r.By = Readers(log, now.Name)
	for _, v := range log {
		if v.At.After(r.At) {
			r.At = v.At
		}
	}
	return r
}

// Readers are those whose verdicts in force speak of a taxon, in the order of their first.
func Readers(log []Verdict, taxon string) (list []string) {
	for _, v := range InForce(log) {
		if slices.Contains(v.taxa(), taxon) && !slices.Contains(list, v.By) {
			list = append(list, v.By)
		}
	}
	return list
}

// heard completes a review with what each reader says: their own numbers, how far they agree, and in what not.
func heard(r *count.Review, m Machine, log []Verdict, taxon string, disputes []Dispute) {
	r.Observers = Observers(m, log, taxon)
	for _, p := range Agreement(m, log, []string{taxon}) {
		r.Agreement = append(r.Agreement, p.Stated())
	}
	for _, d := range disputes {
		if slices.Contains(d.Taxa, taxon) {
			r.Disputes = append(r.Disputes, d.Text(m.Frames))
		}
	}
}

// names are those of taxa.
func names(list taxon.List) (out []string) {
	for _, t := range list {
		out = append(out, t.Name)
	}
	return out
}

// studied are the names of the taxa that were counted.
func studied(r count.Result) []string {
	var out []string
	for _, t := range r.Taxa {
		out = append(out, t.Name)
	}
	return out
}

// taxa are those whose number a verdict speaks of. Flags and notes speak of none.
func (v Verdict) taxa() []string {
	switch v.Kind {
	case Flag, Unflag, Note, Undo, Redo:
		return nil
	}
	return append(slices.Clone(v.Said.Taxa), v.Said.Taxon, v.Was.Taxon, v.Was.Gone)
}

// spokenOf are the taxa that verdicts in force speak of.
func spokenOf(log []Verdict) map[string]bool {
	out := map[string]bool{}
	for _, v := range InForce(log) {
		for _, t := range v.taxa() {
			out[t] = true
		}
	}
	delete(out, "")
	return out
}

// stated are the frames in which people counted a taxon, and how many they counted.
func (s *State) stated(taxon string) (out []count.Stated) {
	for i, r := range s.counted[taxon] {
		out = append(out, count.Stated{Time: s.Frames[i].Time, Taxon: taxon, N: r.N})
	}
	return out
}

// confirmed are the tracks of a taxon that people confirmed. The machine's candidates bear their numbers, people's own 0.
func (s *State) confirmed(taxon string) (out []track.Track, authors []Author) {
	boxes := make([]int, len(s.Frames))
	for _, t := range s.tracks {
		if t.Taxon != taxon || t.Standing != Accepted {
			continue
		}
		k := *t // without the boxes that are more than there are animals in a frame
		k.Points = slices.DeleteFunc(slices.Clone(t.Points), func(p Point) bool {
			boxes[p.Frame]++
			return boxes[p.Frame] > s.atMost(taxon, p.Frame)
		})
		if len(k.Points) > 0 {
			number, _ := strconv.Atoi(strings.TrimPrefix(t.ID, "t")) // 0: no track of the machine's
			out, authors = append(out, s.track(&k, number)), append(authors, Author{t.By, t.At})
		}
	}
	return out, authors
}

// unspoken are the machine's tracks of a taxon, without the points of animals that somebody spoke of and of frames that were looked at
// whole. A point is of the animal whose track lies nearest there.
func (s *State) unspoken(taxon string, counted []track.Track) (out []track.Track) {
	looks, _ := s.Looks(taxon)
	here := make([][]*Track, len(s.Frames))
	for _, t := range s.tracks {
		for _, p := range t.Points {
			here[p.Frame] = append(here[p.Frame], t)
		}
	}
	denied := map[int][]Point{}
	for _, t := range s.tracks {
		for _, p := range t.Denied {
			denied[p.Frame] = append(denied[p.Frame], p)
		}
	}
	open := func(p track.Point) bool {
		i, ok := s.FrameAt(p.Time)
		if !ok {
			return true
		}
		if _, whole := slices.BinarySearch(looks, i); whole {
			return false
		}
		nearest, most := (*Track)(nil), sameAnimal
		none := false // a person said that the nearest box is none
		for _, t := range here[i] {
			q, _ := t.In(i)
			if overlap := frame.IoU(q.Box, p.Box); overlap >= most {
				nearest, most = t, overlap
			}
		}
		for _, q := range denied[i] {
			if overlap := frame.IoU(q.Box, p.Box); overlap >= sameAnimal && (nearest == nil || overlap > most) {
				none, most = true, overlap
			}
		}
		return !none && (nearest == nil || nearest.Standing == Open || nearest.Standing == Uncertain)
	}
	for _, t := range counted {
		if t.Taxon != taxon {
			continue
		}
		t.Points = slices.DeleteFunc(slices.Clone(t.Points), func(p track.Point) bool { return !open(p) })
		if len(t.Points) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// LogHash is the SHA-256 of a log, over its verdicts in the order of their IDs, one JSON object a line.
func LogHash(log []Verdict) string {
	sum := sha256.New()
	out := json.NewEncoder(sum)
	for _, v := range sorted(log) {
		_ = out.Encode(struct { // of plain data, into a hash: neither fails
			ID   int64     `json:"id"`
			Kind Kind      `json:"kind"`
			By   string    `json:"by"`
			At   time.Time `json:"at"`
			Run  string    `json:"run"`
			Said Said      `json:"said"`
			Was  Was       `json:"was"`
		}{v.ID, v.Kind, v.By, v.At.UTC(), v.Run, v.Said, v.Was})
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// round is a risk to a millionth: more digits of it are sums of draws.
func round(risk float64) float64 { return math.Round(1e6*risk) / 1e6 }
