package desk

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/review"
	"requin/survey"
)

// ReviewSource is the name by which what people confirmed in review is asked for, as an import is by its own.
const ReviewSource = "review"

// fromReview is the origin of the marks that a review confirmed.
const fromReview = "requin review"

// Alone tells a mark that says nothing of the rest of its frame: it was confirmed in review, and unless there is a Look at the
// frame, nobody looked at all of it. What people drew elsewhere is taken to be all that is in its frame.
func Alone(m annotate.Mark) bool { return m.Origin.From == fromReview }

// Tally is how much truth came out of review.
type Tally struct {
	Boxes   int // that people confirmed
	Frames  int // in which there is such a box, or which were looked at whole
	Partial int // of these, the ones that nobody looked at whole: other animals in them may have no box
}

// confirmed is what people said of the frames of one chapter. Its tracks, marks and looks name no media yet.
type confirmed struct {
	opcode  string
	chapter annotate.Chapter
	tracks  []annotate.Track
	marks   []annotate.Mark
	looks   []annotate.Look
}

// reviewed is what people confirmed in each deployment that somebody gave a verdict on, chapter by chapter.
func reviewed(ctx context.Context, s *survey.Survey, only []string, undecided bool) (out []*confirmed, sum Tally, err error) {
	chosen, err := Chosen(ctx, s, only)
	if err != nil {
		return nil, sum, err
	}
	for _, d := range chosen {
		if d.Count == nil || d.Verdict == 0 {
			continue
		}
		open, err := Open(ctx, s, d)
		if err != nil {
			return nil, sum, err
		}
		list, n := open.confirmed(undecided)
		out = append(out, list...)
		sum.Boxes, sum.Frames, sum.Partial = sum.Boxes+n.Boxes, sum.Frames+n.Frames, sum.Partial+n.Partial
	}
	return out, sum, nil
}

// confirmed is what people confirmed, by chapter; those with nothing are left out. undecided: and the boxes that nobody decided
// about, in frames that were looked at whole. In any other frame all but what was confirmed is unknown anyway.
func (d *Desk) confirmed(undecided bool) (out []*confirmed, sum Tally) {
	chapters := LeftChapters(d.Deployment.Deployment)
	all := make([]*confirmed, len(chapters))
	for i, ch := range chapters {
		all[i] = &confirmed{opcode: d.Deployment.OpCode, chapter: ch}
	}
	state, _ := review.Pooled(d.Machine, d.Log, d.Studied())
	whole, taken := d.whole(state), make([]bool, len(state.Frames))
	for _, t := range state.Tracks() {
		of := map[int]bool{} // chapters that know the track
		for _, p := range t.Points {
			n := chapterAt(chapters, state.Frames[p.Frame])
			decided := t.Standing == review.Accepted
			switch {
			case n < 0 || t.Standing == review.Rejected:
			case decided:
				if !of[n] {
					of[n] = true
					all[n].tracks = append(all[n].tracks, annotate.Track{ID: t.ID, Names: []annotate.Name{{Label: t.Taxon}}, Origin: originOf(t)})
				}
				taken[p.Frame] = true
				sum.Boxes++
				all[n].marks = append(all[n].marks, mark(t, p, state.Frames[p.Frame].Time-chapters[n].Offset))
			case undecided && whole[p.Frame]:
				if _, known := d.Taxa.Find(t.Taxon); known {
					m := mark(t, p, state.Frames[p.Frame].Time-chapters[n].Offset)
					m.Track, m.Difficult = "", true
					all[n].marks = append(all[n].marks, m)
				}
			}
		}
	}
	for i, f := range state.Frames {
		n := chapterAt(chapters, f)
		if n < 0 || !whole[i] && !taken[i] {
			continue
		}
		sum.Frames++
		if !whole[i] {
			sum.Partial++
			continue
		}
		all[n].looks = append(all[n].looks, annotate.Look{Frame: -1, Time: f.Time - chapters[n].Offset})
	}
	return slices.DeleteFunc(all, func(c *confirmed) bool { return len(c.marks)+len(c.looks) == 0 }), sum
}

func originOf(t *review.Track) annotate.Origin {
	return annotate.Origin{By: t.By, At: t.At, From: fromReview}
}

// mark is one box of a track, at a time from the start of its chapter.
func mark(t *review.Track, p review.Point, at time.Duration) annotate.Mark {
	return annotate.Mark{ID: t.ID + "-" + strconv.Itoa(p.Frame), Track: t.ID, Frame: -1, Time: at, Shape: annotate.BoxShape(p.Box), Still: true,
		Names: []annotate.Name{{Label: t.Taxon}}, Origin: originOf(t)}
}

// whole tells of each frame whether a person looked at all of it: for every studied taxon somebody said so, or counted it there,
// nobody contradicts them, and no more animals were counted than have boxes. That a frame's boxes are all decided is not enough: the detector may have
// missed an animal, which then has no box to decide about.
func (d *Desk) whole(s *review.State) []bool {
	studied := d.Taxa.Studied()
	out := make([]bool, len(s.Frames))
	seen := make([]int, len(s.Frames))
	for _, t := range studied {
		boxes := make([]int, len(s.Frames))
		for _, k := range s.Tracks() {
			for _, p := range k.Points {
				if k.Taxon == t.Name && k.Standing == review.Accepted {
					boxes[p.Frame]++
				}
			}
		}
		animals, here := s.Confirmed(t.Name), map[int]bool{}
		counted, _ := s.Looks(t.Name)
		for _, i := range counted {
			here[i] = true
		}
		for i := range s.Looked(t.Name) {
			here[i] = true
		}
		for i := range here {
			if animals[i] <= boxes[i] && !s.Contested(t.Name, i) {
				seen[i]++
			}
		}
	}
	for i, n := range seen {
		out[i] = n > 0 && n == len(studied)
	}
	return out
}

// chapterAt is the chapter that a frame lies in, by index; -1: none. Of a frame that people spoke of and no count looked at
// only the time is known.
func chapterAt(chapters []annotate.Chapter, f frame.Instant) int {
	if f.Chapter >= 0 && f.Chapter < len(chapters) {
		return f.Chapter
	}
	at := -1
	for i, ch := range chapters {
		if ch.Offset <= f.Time {
			at = i
		}
	}
	return at
}

// media is the chapter as a media, under a name that is not taken.
func (c *confirmed) media(taken map[string]bool) annotate.Media {
	parts := strings.Split(strings.ReplaceAll(c.chapter.Path, `\`, "/"), "/")
	ch := c.chapter
	m := annotate.Media{Deployment: c.opcode, Video: true, W: ch.W, H: ch.H, Rate: ch.Rate, Frames: ch.Frames}
	for n := 1; n <= len(parts); n++ { // two cards of one dive may hold files of one name
		if m.Name = c.opcode + "/" + path.Join(parts[len(parts)-n:]...); !taken[m.Name] {
			return m
		}
	}
	for taken[m.Name] {
		m.Name = ReviewSource + "/" + m.Name
	}
	return m
}

// as gives the records under a media's name, frames by their number in its rate.
func (c *confirmed) as(m annotate.Media, yield func(annotate.Record, error) bool) bool {
	number := c.numbers(m.Rate)
	for _, t := range c.tracks {
		t.Media = m.Name
		if !yield(t, nil) {
			return false
		}
	}
	for _, k := range c.marks {
		k.Media, k.Frame = m.Name, number(k.Time)
		if !yield(k, nil) {
			return false
		}
	}
	for _, l := range c.looks {
		l.Media, l.Frame = m.Name, number(l.Time)
		if !yield(l, nil) {
			return false
		}
	}
	return true
}

// numbers gives the number of the frame at a time: in the film, or where people annotated it at another rate in
// that, if it has a frame there; -1 where only the time tells.
func (c *confirmed) numbers(rate frame.Rational) func(at time.Duration) int {
	film := c.chapter.Rate
	if rate.Num <= 0 || rate.Den <= 0 || film.Num <= 0 {
		return func(at time.Duration) int { return numberAt(film, at) }
	}
	half := frame.Rational{Num: film.Den, Den: film.Num}.Seconds(1)/2 + time.Microsecond
	return func(at time.Duration) int {
		n := numberAt(rate, at)
		if off := (frame.Rational{Num: rate.Den, Den: rate.Num}).Seconds(int64(n)) - at; off.Abs() > half {
			return -1
		}
		return n
	}
}

// numberAt is the number of the frame nearest to a time; -1 where the rate is not known.
func numberAt(rate frame.Rational, at time.Duration) int {
	if rate.Num <= 0 || rate.Den <= 0 {
		return -1
	}
	return int(at.Seconds()*float64(rate.Num)/float64(rate.Den) + 0.5)
}
