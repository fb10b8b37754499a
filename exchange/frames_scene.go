package exchange

import (
	"fmt"
	"iter"

	"requin/annotate"
)

// longestGap is how many frames between two key frames are drawn at most.
const longestGap = 1_000_000

// scene is what a writer has met: the media and tracks that marks refer to.
type scene struct {
	media  map[string]annotate.Media
	tracks map[[2]string]annotate.Track
}

func newScene() *scene {
	return &scene{map[string]annotate.Media{}, map[[2]string]annotate.Track{}}
}

// see keeps a medium or a track.
func (s *scene) see(r annotate.Record) {
	switch r := r.(type) {
	case annotate.Media:
		s.media[r.Name] = r
	case annotate.Track:
		s.tracks[[2]string{r.Media, r.ID}] = r
	}
}

// names are those of a mark, or of its track where it has none.
func (s *scene) names(m annotate.Mark) []annotate.Name {
	if len(m.Names) == 0 && m.Track != "" {
		return s.tracks[[2]string{m.Media, m.Track}].Names
	}
	return m.Names
}

// frame is the number of a mark's frame, from its time where only that is known; false where nothing tells it.
func (s *scene) frame(m annotate.Mark) (int, bool) {
	if m.Frame >= 0 {
		return m.Frame, true
	}
	if rate := s.media[m.Media].Rate; m.Time >= 0 && rated(rate) {
		return frameAt(m.Time, rate), true
	}
	return 0, false
}

// drawn draws the marks between a track's key frames, for formats that have a line
// for every frame, and leaves out those that say that the animal is out of the
// picture, which such a format says by having no line. It holds the latest mark of each track.
func drawn(records annotate.Records) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		last := map[[2]string]annotate.Mark{}
		for r, err := range records {
			m, ok := r.(annotate.Mark)
			if err != nil || !ok || m.Track == "" {
				if !yield(r, err) || err != nil {
					return
				}
				continue
			}
			key := [2]string{m.Media, m.Track}
			from, known := last[key]
			last[key] = m
			if known && !from.Still && !from.Outside && from.Frame >= 0 && m.Frame-from.Frame > longestGap {
				yield(nil, fmt.Errorf("%s: the next mark is %d frames on: more than %d are not drawn in", markPlace(from), m.Frame-from.Frame, longestGap))
				return
			}
			if known {
				for between := range inBetween(from, m) {
					if !yield(between, nil) {
						return
					}
				}
			}
			if !m.Outside && !yield(m, nil) {
				return
			}
		}
	}
}

// inBetween gives the boxes of the frames between two marks of a track.
func inBetween(from, to annotate.Mark) iter.Seq[annotate.Mark] {
	return func(yield func(annotate.Mark) bool) {
		pair := []annotate.Mark{from, to}
		for n := from.Frame + 1; from.Frame >= 0 && n < to.Frame; n++ {
			box, ok := annotate.Between(pair, n)
			if !ok {
				return
			}
			m := annotate.Mark{Media: from.Media, Track: from.Track, Frame: n, Time: annotate.None, Shape: annotate.BoxShape(box), Names: from.Names, Still: true}
			if status := from.Extra[annotate.StatusKey]; status != "" {
				m.Extra = annotate.Extra{annotate.StatusKey: status}
			}
			if !yield(m) {
				return
			}
		}
	}
}

// timedVideo is the first video with marks whose time is known, or else the first video; "" where there is none.
func timedVideo(records annotate.Records) (string, error) {
	videos, first := map[string]bool{}, ""
	for r, err := range records {
		if err != nil {
			return "", err
		}
		switch r := r.(type) {
		case annotate.Media:
			videos[r.Name] = r.Video
			if r.Video && first == "" {
				first = r.Name
			}
		case annotate.Mark:
			if r.Time >= 0 && videos[r.Media] {
				return r.Media, nil
			}
		}
	}
	return first, nil
}
