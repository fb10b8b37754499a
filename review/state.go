package review

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/track"
)

// Machine is what a count found in a deployment.
type Machine struct {
	Run    string          // names these tracks: verdicts given on the same Run find them by number
	Frames []frame.Instant // rising; those of WithFrames
	Tracks []track.Track   // candidates; a point whose time is none of Frames' is left out
}

// Standing is what is held of a track.
type Standing string

// The standings of a track.
const (
	Open      Standing = "open" // nobody said anything
	Accepted  Standing = "accepted"
	Rejected  Standing = "rejected"
	Uncertain Standing = "unsure"
)

// Point is where a track is in a frame.
type Point struct {
	Frame int // index into the deployment's frames
	Box   frame.Box
	Score float64 // 0 to 1; 1 where a person drew it
}

// Track is one animal, or what the machine took for one, as the log leaves it.
type Track struct {
	ID       string
	Machine  string // the taxon that the machine named; "" of a person's own
	Taxon    string
	Standing Standing
	By       string    // whose verdict stands; "" where nobody gave one
	At       time.Time // when it was given
	Flagged  bool
	Note     string // of the flag
	Points   []Point
	Keys     []Key   // where it was drawn by key frames
	Drawn    bool    // a person's own
	Single   bool    // one box that a person added outside any track
	Denied   []Point // boxes of it that a person said are not the animal (Absent), rising; they are no longer among Points

	reconciled bool
	refused    []int // frames at which it was rejected whole
}

// at is the track's point in a frame.
func (t *Track) at(i int) (int, bool) {
	return slices.BinarySearchFunc(t.Points, i, func(p Point, i int) int { return p.Frame - i })
}

// In tells where the track is in a frame.
func (t *Track) In(i int) (Point, bool) {
	n, ok := t.at(i)
	if !ok {
		return Point{}, false
	}
	return t.Points[n], true
}

// Remark is what was said of a frame.
type Remark struct {
	Frame int
	Kind  Kind // looked, count, flag or note
	By    string
	Taxon string // of looked and count
	N     int    // of count
	Note  string

	settled bool // N is right, whatever boxes there were when that was said
	agreed  bool // two people agreed on it
}

// State is a deployment as the log leaves it. It is not for several goroutines at once.
type State struct {
	Frames []frame.Instant

	machine Machine
	index   map[time.Duration]int // of Frames
	tracks  []*Track              // by first sighting of the machine's, then in the order in which they came
	byID    map[string]*Track
	looked  map[string]map[int]string // taxon, frame → who
	counted map[string]map[int]Remark // taxon, frame
	seconds map[string]map[int]Second // taxon, frame: second looks with another number, not settled
	flags   map[int]Remark
	notes   []Remark
	apart   map[pairing]bool // tracks of which a person said that they are two animals
	paired  []Verdict        // merge and apart

	contested map[string]map[int]bool    // taxon, frame: what is disputed (Contest)
	most      map[string]map[int]int     // taxon, frame: as many at most, where several people looked (Contest)
	saw       map[string]map[int]*sawAll // taxon, frame: what stood confirmed as they looked; of one person's own verdicts alone
}

// WithFrames are the frames that a count looked at and those in the period that people spoke of,
// in time order. Of the latter only the time is known.
func WithFrames(looked []frame.Instant, log []Verdict, period frame.Period) []frame.Instant {
	have := map[time.Duration]bool{}
	for _, f := range looked {
		have[f.Time] = true
	}
	out := slices.Clone(looked)
	take := func(at time.Duration) {
		if !have[at] && period.Contains(at) {
			have[at] = true
			out = append(out, frame.Instant{Time: at, Chapter: -1})
		}
	}
	for _, v := range InForce(log) {
		if v.Said.Time != nil && v.Kind != Split {
			take(v.Said.Time.Duration())
		}
		if v.Kind == Accept || v.Kind == Relabel {
			for _, a := range v.Said.Animal {
				take(a.Time.Duration())
			}
		}
	}
	slices.SortStableFunc(out, func(a, b frame.Instant) int { return int(min(max(a.Time-b.Time, -1), 1)) })
	return out
}

// Begin is the state without any verdict.
func Begin(m Machine) *State {
	s := &State{Frames: m.Frames, machine: m, index: make(map[time.Duration]int, len(m.Frames)), byID: map[string]*Track{},
		looked: map[string]map[int]string{}, counted: map[string]map[int]Remark{}, seconds: map[string]map[int]Second{}, flags: map[int]Remark{}, apart: map[pairing]bool{}}
	for i, f := range m.Frames {
		s.index[f.Time] = i
	}
	for _, t := range m.Tracks {
		out := &Track{ID: "t" + strconv.Itoa(t.ID), Machine: t.Taxon, Taxon: t.Taxon, Standing: Open}
		for _, p := range t.Points {
			if i, ok := s.index[p.Time]; ok {
				out.Points = append(out.Points, Point{i, p.Box, float64(p.Score)})
			}
		}
		if len(out.Points) > 0 {
			s.put(out)
		}
	}
	return s
}

// Replay is the state as a log leaves it.
func Replay(m Machine, log []Verdict) *State {
	s := Begin(m)
	for _, v := range ruled(InForce(log)) {
		s.Apply(v)
	}
	return s
}

// put takes a track in.
func (s *State) put(t *Track) {
	s.tracks = append(s.tracks, t)
	s.byID[t.ID] = t
}

// drop takes a track out.
func (s *State) drop(t *Track) {
	s.tracks = slices.DeleteFunc(s.tracks, func(o *Track) bool { return o == t })
	for id, o := range s.byID {
		if o == t {
			delete(s.byID, id)
		}
	}
	for p := range s.apart {
		if p.a == t || p.b == t {
			delete(s.apart, p)
		}
	}
}

// Tracks are all tracks, those rejected too.
func (s *State) Tracks() []*Track { return s.tracks }

// Track is a track by its id.
func (s *State) Track(id string) (*Track, bool) {
	t, ok := s.byID[id]
	return t, ok
}

// In are the tracks that are in a frame.
func (s *State) In(i int) []*Track {
	return slices.DeleteFunc(slices.Clone(s.tracks), func(t *Track) bool { _, ok := t.at(i); return !ok })
}

// FrameAt is the index of the frame at a time.
func (s *State) FrameAt(at time.Duration) (int, bool) {
	i, ok := s.index[at]
	return i, ok
}

// Remarks are what was said of frames, in the order of the frames.
func (s *State) Remarks() []Remark {
	out := slices.Clone(s.notes)
	for _, r := range s.flags {
		out = append(out, r)
	}
	for taxon, frames := range s.looked {
		for i, who := range frames {
			out = append(out, Remark{Frame: i, Kind: Looked, By: who, Taxon: taxon})
		}
	}
	for _, frames := range s.counted {
		for _, r := range frames {
			out = append(out, r)
		}
	}
	sort.SliceStable(out, func(a, b int) bool {
		x, y := out[a], out[b]
		if x.Frame != y.Frame {
			return x.Frame < y.Frame
		}
		return string(x.Kind)+x.Taxon < string(y.Kind)+y.Taxon
	})
	return out
}

// Looks are the frames that a person looked at whole for a taxon, rising, with the number of its animals in each: the
// larger of the boxes that are confirmed there and what was counted, or what two people agreed on. A frame in which an animal of the
// taxon is unsure is not among them, unless it was counted; nor is one that a dispute concerns (Contest).
func (s *State) Looks(taxon string) (frames, numbers []int) {
	boxes := s.Confirmed(taxon)
	unsure := map[int]bool{}
	for _, t := range s.tracks {
		if t.Taxon == taxon && t.Standing == Uncertain {
			for _, p := range t.Points {
				unsure[p.Frame] = true
			}
		}
	}
	for i := range s.looked[taxon] {
		if _, ok := s.counted[taxon][i]; !ok && !unsure[i] {
			frames = append(frames, i)
		}
	}
	for i := range s.counted[taxon] {
		frames = append(frames, i)
	}
	frames = slices.DeleteFunc(frames, func(i int) bool { return s.Contested(taxon, i) })
	slices.Sort(frames)
	for _, i := range frames {
		numbers = append(numbers, boxes[i])
	}
	return frames, numbers
}

// Confirmed is the number of animals of a taxon that people confirmed in each frame: boxes of accepted
// tracks, or what was counted there where that is more, or what two people agreed on.
func (s *State) Confirmed(taxon string) []int {
	out := make([]int, len(s.Frames))
	for _, t := range s.tracks {
		if t.Taxon == taxon && t.Standing == Accepted {
			for _, p := range t.Points {
				out[p.Frame]++
			}
		}
	}
	for i := range s.saw[taxon] {
		out[i] = max(out[i], s.agreedTo(taxon, i))
	}
	for i, r := range s.counted[taxon] {
		out[i] = max(out[i], r.N)
	}
	for i := range s.most[taxon] {
		out[i] = min(out[i], s.atMost(taxon, i))
	}
	for i, r := range s.counted[taxon] {
		if r.settled {
			out[i] = r.N
		}
	}
	return out
}

// atMost is how many animals of a taxon there are in a frame at most, whatever boxes people drew: as many as they agreed on, or as any of
// several saw who looked at all of it.
func (s *State) atMost(taxon string, i int) int {
	if r, ok := s.counted[taxon][i]; ok && r.settled {
		return r.N
	}
	if n, ok := s.most[taxon][i]; ok {
		return n
	}
	return math.MaxInt
}

// Accepted are the confirmed animals as tracks, numbered from 1.
func (s *State) Accepted() []track.Track {
	var out []track.Track
	for _, t := range s.tracks {
		if t.Standing == Accepted {
			out = append(out, s.track(t, len(out)+1))
		}
	}
	return out
}

// track is a track under a number, named as people or the machine named it.
func (s *State) track(t *Track, id int) track.Track {
	out := track.Track{ID: id, Taxon: t.Taxon}
	for _, p := range t.Points {
		out.Points = append(out.Points, track.Point{Instant: s.Frames[p.Frame],
			Detection: detect.Detection{Box: p.Box, Taxon: t.Taxon, Score: float32(p.Score)}})
	}
	return out
}

// Looked are the frames of which a person said that all of it was looked at for a taxon, and who.
func (s *State) Looked(taxon string) map[int]string { return s.looked[taxon] }
