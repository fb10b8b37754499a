package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"requin/uncertainty"
)

// Reviewed is what came of a review by somebody who answers from truth.
type Reviewed struct {
	Name      string
	Truth     int // MaxN
	MaxN      int // as certified, or as found when all was looked at
	Certified bool
	Looked    int // frames
	Frames    int // that there are

	Usual
}

// Usual is what there is to look at in the usual ways, and what comes of it.
type Usual struct {
	Machine        int // most candidates' points at or over the threshold in one frame
	EveryDetection int // frames with a detection at or over the threshold: to look at each of them is the usual way
	EveryTrack     int // tracks of such detections: to look at each of them is SharkTrack's way
	Confirmed      int // MaxN of those tracks of which a person who does not err says that they are animals
}

// Right tells whether the MaxN is the true one.
func (r Reviewed) Right() bool { return r.MaxN == r.Truth }

// Eyes are how readily somebody errs who answers from truth; the zero value never does.
type Eyes struct {
	Overlooks float64 // chance that an animal without a box is overlooked in a look
	Misnames  float64 // chance that an animal is named otherwise, or a box that is none is taken for one
}

// Sitting is a review of one taxon in one stretch of video, by somebody who answers from truth as far as their eyes go.
type Sitting struct {
	Looks int // times that a frame was looked at
	f     *followed
	d     uncertainty.Observations
	limit float64
	eyes  Eyes
	rng   *rand.Rand
}

// Sit begins a review. reader is what is known of the person's errors.
func (w Watched) Sit(t Terms, eyes Eyes, reader uncertainty.Reader, seed uint64) (*Sitting, error) {
	f, err := w.follow(t.Taxon, uncertainty.Least, t.Probability)
	if err != nil {
		return nil, err
	}
	s := &Sitting{f: f, d: f.doubt(w, t, seed), limit: t.Limit, eyes: eyes, rng: rand.New(rand.NewPCG(seed, 0xe7e5))}
	s.d.Reader = reader
	return s, nil
}

// Posterior is what is known by now. survey is what the survey's other deployments tell.
func (s *Sitting) Posterior(survey []uncertainty.Evidence) uncertainty.Posterior {
	s.d.Survey, s.d.Ask = survey, 3
	return s.d.Posterior(s.limit)
}

// Look looks at a frame, all of it: each candidate that has a point in it is said to be an animal or none, and animals that no
// candidate has are counted. A further look at a frame is had without knowing of the first, until two agree.
func (s *Sitting) Look(n uncertainty.Suggestion) {
	l := uncertainty.Look{Frame: n.Frame, N: s.answer(n.Frame)}
	if !n.Again {
		s.d.Looks = append(s.d.Looks, l)
		return
	}
	i := slices.IndexFunc(s.d.Looks, func(l uncertainty.Look) bool { return l.Frame == n.Frame })
	said := []int{s.d.Looks[i].N}
	for {
		if slices.Contains(said, l.N) {
			s.d.Looks[i].N = l.N
			s.d.Looks[i].Again++
			return
		}
		said = append(said, l.N)
		l.N = s.answer(n.Frame)
	}
}

// answer says of a frame what is true of it.
func (s *Sitting) answer(frame int) (animals int) {
	s.Looks++
	errs := func(chance float64) bool { return chance > 0 && s.rng.Float64() < chance }
	matched := map[int]bool{}
	for _, v := range s.f.visits {
		i, there := slices.BinarySearch(v.frames, frame)
		switch {
		case !there:
		case v.matched[i] >= 0:
			matched[v.matched[i]] = true
		case !errs(s.eyes.Overlooks) && !errs(s.eyes.Misnames):
			animals++
		}
	}
	for i := range s.d.Candidates {
		c := &s.d.Candidates[i]
		if _, here := slices.BinarySearch(c.Frames, frame); !here {
			continue
		}
		if is := matched[i] != errs(s.eyes.Misnames); is {
			animals++
			if c.Said == uncertainty.Unsaid {
				c.Said = uncertainty.Animal
			}
		} else if c.Said == uncertainty.Unsaid {
			c.Said, c.Denied = uncertainty.NoAnimal, []int{frame}
		}
	}
	return animals
}

// Truth is the MaxN that is true.
func (s *Sitting) Truth() int {
	most := 0
	in := make([]int, s.f.frames)
	for _, v := range s.f.visits {
		for _, at := range v.frames {
			in[at]++
			most = max(most, in[at])
		}
	}
	return most
}

// Review plays a review of a taxon: the frame that is suggested first is looked at until the taxon is certified, or nothing is left
// to look at.
func (w Watched) Review(t Terms, seed uint64) (Reviewed, error) {
	out := Reviewed{Name: w.Name, Truth: w.MaxN(t.Taxon), Frames: len(w.Frames)}
	s, err := w.Sit(t, Eyes{}, uncertainty.Reader{}, seed)
	if err != nil {
		return out, err
	}
	if out.Usual, err = w.Usual(t); err != nil {
		return out, err
	}
	for {
		now := s.Posterior(nil)
		out.MaxN, out.Looked, out.Certified = now.Confirmed, now.Looked, now.Certified
		if now.Certified || len(now.Next) == 0 {
			return out, nil
		}
		s.Look(now.Next[0])
	}
}

// Usual counts what there is to look at in the usual ways: at what the detector gives a score at or over the threshold.
func (w Watched) Usual(t Terms) (u Usual, err error) {
	f, err := w.follow(t.Taxon, t.Threshold, t.Probability)
	if err != nil {
		return u, err
	}
	in := make([]int, len(w.Frames))
	for _, s := range f.candidates {
		for _, at := range s.Frames {
			in[at]++
		}
	}
	for _, n := range in {
		u.Machine = max(u.Machine, n)
		if n > 0 {
			u.EveryDetection++
		}
	}
	u.EveryTrack = len(f.candidates)
	there := make([]int, len(w.Frames))
	for _, v := range f.visits {
		for i, at := range v.frames {
			if v.matched[i] >= 0 {
				there[at]++
				u.Confirmed = max(u.Confirmed, there[at])
			}
		}
	}
	return u, nil
}

// Story says for people what is true, and what the looks made of it.
func (s *Sitting) Story() string {
	var b strings.Builder
	for _, v := range s.f.visits {
		fmt.Fprintf(&b, " %d-%d:%v", v.frames[0], v.frames[len(v.frames)-1], !v.missed())
	}
	b.WriteString(" looks")
	for _, l := range s.d.Looks {
		fmt.Fprintf(&b, " %d:%d", l.Frame, l.N)
	}
	return b.String()
}
