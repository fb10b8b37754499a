package dataset

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"requin/annotate"
	"requin/frame"
)

// timeline holds the marks of a video by the pictures they lie in. A picture's key is
// its time in microseconds, which also stands for the frame number where tracks are drawn between key
// frames: on a straight line in time, which in video of an even rate is the line in frames.
type timeline struct {
	clip   *clip
	c      *chosen
	n      *names
	seen   map[int]frame.Instant      // of the pictures that something was stated of
	looks  map[int]bool               // everything in it was marked
	drawn  map[int]bool               // a mark lies in it
	known  map[int]bool               // a mark lies in it that speaks for all of the picture
	spoilt map[int]bool               // a mark in it has no box
	loose  map[int][]annotate.Mark    // without a track
	tracks map[string][]annotate.Mark // in order of time
}

// find is the picture of a mark or look: by its time, or by its number where no rate is
// stated that would tell the time.
func (l *timeline) find(number int, at time.Duration, timed bool) (int, bool) {
	instant, ok := frame.Instant{}, false
	if timed {
		instant, ok = l.clip.dive.Nearest(at)
	} else {
		for chapter, f := range l.clip.dive.Files {
			packets := f.Packets()
			if number >= 0 && number < len(packets) {
				pts := packets[number].PTS
				instant, ok = frame.Instant{Time: l.clip.dive.Time(chapter, pts), Chapter: chapter, PTS: pts, Base: f.Base}, true
				break
			}
			number -= len(packets)
		}
	}
	if !ok {
		return 0, false
	}
	key := int(instant.Time / time.Microsecond)
	l.seen[key] = instant
	return key, true
}

// place finds the picture of each mark and look; those without one become gaps.
func (l *timeline) place() {
	m := l.clip.m
	for _, look := range m.looks {
		at, timed := look.At(m.Rate)
		if key, ok := l.find(look.Frame, at, timed); ok {
			l.looks[key] = true
		} else {
			l.c.lose(m, at, 0, l.nowhere(look.Frame, timed))
		}
	}
	for _, mark := range m.marks {
		at, timed := mark.At(m.Rate)
		key, ok := l.find(mark.Frame, at, timed)
		if !ok {
			l.c.lose(m, at, 1, l.nowhere(mark.Frame, timed))
			continue
		}
		mark.Frame = key
		if !mark.Outside {
			l.drawn[key] = true
			l.known[key] = l.known[key] || m.alone == nil || !m.alone(mark)
			if _, why := boxOf(mark); why != "" {
				l.spoilt[key] = true
				l.c.drop(m, l.seen[key].Time, m.label(mark), why)
				continue
			}
		}
		if mark.Track == "" {
			l.loose[key] = append(l.loose[key], mark)
		} else {
			l.tracks[mark.Track] = append(l.tracks[mark.Track], mark)
		}
	}
	for _, id := range l.trackIDs() {
		marks := l.tracks[id]
		slices.SortStableFunc(marks, func(a, b annotate.Mark) int { return cmp.Compare(a.Frame, b.Frame) })
		for i := range len(marks) - 1 {
			if marks[i].Frame == marks[i+1].Frame && !marks[i].Outside {
				l.c.drop(m, l.seen[marks[i].Frame].Time, m.label(marks[i]), fmt.Sprintf("track %s has two boxes in this picture: the later one is taken", id))
			}
		}
	}
}

func (l *timeline) nowhere(number int, timed bool) string {
	if timed {
		return fmt.Sprintf("the video has no picture at this time: it lasts %v", l.clip.dive.Duration())
	}
	return fmt.Sprintf("the video has no picture number %d", number)
}

// annotated are the keys of all pictures with a mark or a look, in order.
func (l *timeline) annotated() []int {
	var keys []int
	for key := range l.seen {
		if l.looks[key] || l.drawn[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// every chooses one picture in each interval of what was annotated: the first that a person
// looked at in full, else the first with a mark (that speaks for all of the picture, if there is one), else the one at the interval's start if a track
// spans it. A picture that nobody stated anything of is never taken: where nothing is marked, nothing says
// that there was no animal, and it would be trained on as background.
func (l *timeline) every(d time.Duration) []int {
	s := frame.Sampling{Every: d}
	best := map[int64]int{}
	for _, key := range l.annotated() {
		cell := s.Cell(l.seen[key].Time)
		if first, ok := best[cell]; !ok || l.says(key) > l.says(first) {
			best[cell] = key
		}
	}
	for _, id := range l.trackIDs() {
		marks := l.tracks[id]
		from, to := l.seen[marks[0].Frame].Time, l.seen[marks[len(marks)-1].Frame].Time
		for cell := s.Cell(from); cell <= s.Cell(to); cell++ {
			if _, ok := best[cell]; ok {
				continue
			}
			at, ok := l.clip.dive.Nearest(s.Start(cell))
			if !ok {
				continue // no picture was recorded
			}
			key := int(at.Time / time.Microsecond)
			if _, ok := annotate.Between(marks, key); ok {
				l.seen[key], best[cell] = at, key
			}
		}
	}
	var keys []int
	for _, key := range best {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// says is how much was stated of a picture.
func (l *timeline) says(key int) int {
	switch {
	case l.looks[key]:
		return 2
	case l.known[key]:
		return 1
	}
	return 0
}

func (l *timeline) trackIDs() []string {
	var ids []string
	for id := range l.tracks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// shot is a picture with all that is in it: marks, and every track that passes through it.
func (l *timeline) shot(key int) *shot {
	m := l.clip.m
	out := &shot{m: m, at: l.seen[key], whole: l.looks[key], clip: l.clip}
	for _, mark := range l.loose[key] {
		if mark.Outside {
			continue
		}
		box, _ := boxOf(mark)
		out.take(mark, box, l.n)
	}
	for _, id := range l.trackIDs() {
		marks := l.tracks[id]
		box, ok := annotate.Between(marks, key)
		if !ok || box.Area() == 0 {
			continue
		}
		after, _ := slices.BinarySearchFunc(marks, key+1, func(a annotate.Mark, key int) int { return cmp.Compare(a.Frame, key) })
		from := marks[after-1]
		from.Between = from.Between || from.Frame != key
		out.take(from, box, l.n)
	}
	return out
}
