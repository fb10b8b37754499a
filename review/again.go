package review

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"
)

// Share is of how many looked frames one is shown a second time, unless told otherwise.
const Share = 20

// Rest is how many other frames a person looks at between a look and the second one at the same frame.
const Rest = 5

// Chosen tells whether a frame is one of those that are looked at twice: one in share, by the run and the time of the frame alone, so that
// no person chooses and the same frames are chosen whoever looks.
func Chosen(run string, at time.Duration, share int) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(run))                                       // never fails
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(at))) // never fails
	// The low bits of FNV of near times lie near one another: they are mixed (the finaliser of SplitMix64, Steele, Lea & Flood 2014).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x^x>>31)%uint64(share) == 0
}

// Due are the frames that a person is to look at a second time now, without boxes and without what was said: those chosen (Chosen) of the
// frames that they looked at whole for one of the taxa, with Rest other looks of theirs since, and no second one yet. The longest ago is first.
func (s *State) Due(log []Verdict, who string, taxa []string, share int) (out []int) {
	var looks []int
	again := map[int]bool{}
	for _, v := range InForce(log) {
		i, ok := s.frameOf(v)
		switch {
		case !ok || v.By != who:
		case v.Kind == Count && v.Said.Again:
			again[i] = true
		case v.Kind == Looked && slices.ContainsFunc(taxa, func(t string) bool { return slices.Contains(v.Said.Taxa, t) }):
			if !slices.Contains(looks, i) {
				looks = append(looks, i)
			}
		}
	}
	for k, i := range looks {
		if len(looks)-1-k >= Rest && !again[i] && Chosen(s.machine.Run, s.Frames[i].Time, share) {
			out = append(out, i)
		}
	}
	return out
}

// Second is a second look at a frame that gave another number than the first, and nobody said yet which is right.
type Second struct {
	Frame         int
	Taxon         string
	First, Second int
	By            string
}

// Seconds are those of all taxa, by frame.
func (s *State) Seconds() (out []Second) {
	for _, frames := range s.seconds {
		for _, x := range frames {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Second) int {
		if a.Frame != b.Frame {
			return a.Frame - b.Frame
		}
		if a.Taxon < b.Taxon {
			return -1
		}
		return 1
	})
	return out
}

// again takes in a second look: it never replaces the first number by itself.
func (s *State) again(i int, v Verdict) {
	taxon := v.Said.Taxon
	if v.Was.N == nil || *v.Was.N == *v.Said.N {
		delete(s.seconds[taxon], i)
		return
	}
	if s.seconds[taxon] == nil {
		s.seconds[taxon] = map[int]Second{}
	}
	s.seconds[taxon][i] = Second{i, taxon, *v.Was.N, *v.Said.N, v.By}
}

// lookedAt tells whether somebody looked at all of a frame for a taxon, or counted it there.
func (s *State) lookedAt(taxon string, i int) bool {
	_, looked := s.looked[taxon][i]
	_, counted := s.counted[taxon][i]
	return looked || counted
}
