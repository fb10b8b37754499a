// Package scan takes a deployment end to end: its files, what is detected in them, the tracks of animals, the count. It
// owns the flow, the settings that a count follows from, and how a count is derived anew from what was kept of it. It
// decodes nothing itself (video), finds nothing itself (detect), follows and counts nothing itself (track, count), and
// knows no folder (survey).
//
// The flow:
//
//	d, err := scan.Open(ctx, paths, settings.Rate)               // the chapters, joined
//	err = d.Choose(ctx, settings.Sampling())                     // which pictures are looked at
//	found, err := d.Scan(ctx, scan.Job{Detectors: ..., Journal: ...})
//	tracks, counts, err := scan.Derive(settings, found.Frames, found.Gaps, d.Dive.Duration())
//
// Decoding and detecting run side by side, segment by segment, and each finished segment is put into a journal, so that a
// scan that was interrupted goes on where it stopped and ends with the same result.
package scan

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/video"
)

// Detector finds animals in a picture. Each is used by one goroutine at a time.
type Detector interface {
	Detect(*frame.Frame) ([]detect.Detection, error)
}

// Journal keeps finished segments where an interruption cannot reach them.
type Journal interface {
	// Load reads what was kept under a name; false if there is nothing.
	Load(name string, into any) (bool, error)
	// Save keeps a value under a name; when it returns nil, the value is safe.
	Save(name string, value any) error
}

// segmentName is what segment i is kept under.
func segmentName(i int) string { return fmt.Sprintf("segment-%06d", i) }

// Part is what was found in one segment: the frames that were looked at, those
// without detections too, and what could not be looked at.
type Part struct {
	Frames []detect.Frame `json:"frames"`
	Gaps   []frame.Gap    `json:"gaps"`
}

// Kept gives all that a finished scan put into a journal.
func Kept(j Journal) (all Part, err error) {
	for i := 0; ; i++ {
		var p Part
		if ok, err := j.Load(segmentName(i), &p); !ok || err != nil {
			return all, err
		}
		all.Frames = append(all.Frames, p.Frames...)
		all.Gaps = append(all.Gaps, p.Gaps...)
	}
}

// Progress tells how far a scan is.
type Progress struct {
	Done, Total int // pictures looked at or found unreadable, of all that are wanted
	Resumed     int // of Done, those taken from the journal
}

// Job is the work of looking at the pictures of a deployment.
type Job struct {
	Dive      *video.Deployment // set by Deployment.Scan, as the segments are
	Segments  []video.Segment
	Detectors []Detector // all alike; as many pictures are looked at side by side
	Journal   Journal
	Name      func(segment int) string  // that a segment is kept under in the journal; nil: segmentName
	Size      func(w, h int) (int, int) // what the detectors want a picture of w×h scaled to; nil: as it is
	Progress  func(Progress)            // may be nil; called after each picture
}

// buffered is how many pictures may wait between decoder and detector: enough
// that neither waits for the other's hiccups, few enough for small memory.
const buffered = 8

// item is a picture on its way to a detector: the index-th of its segment.
type item struct {
	segment, index int
	frame          *frame.Frame
}

// news is what comes of a picture, or the end of a segment of so many pictures.
type news struct {
	segment, index int
	found          detect.Frame
	end            bool
	pictures       int
	gaps           []frame.Gap
	err            error
}

// Run scans what the journal does not hold yet and returns all of it, in order
// of time. Frames that lie in a gap are left out. When ctx is cancelled it
// returns ctx's error; finished segments stay in the journal. Nothing that it started,
// no goroutine and no ffmpeg, outlives it.
func (j Job) Run(ctx context.Context) (Part, error) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer working.Wait()
	defer cancel()
	if j.Name == nil {
		j.Name = segmentName
	}
	parts := make([]Part, len(j.Segments))
	var todo []int
	var at Progress
	for i, s := range j.Segments {
		at.Total += s.Expected()
		var p Part
		ok, err := j.Journal.Load(j.Name(i), &p)
		if err != nil {
			return Part{}, err
		}
		if !ok || !p.answers(s) {
			todo = append(todo, i)
			continue
		}
		parts[i] = p
		at.Done += s.Expected()
	}
	at.Resumed = at.Done
	j.report(at)
	items := make(chan item, buffered)
	results := make(chan news, buffered)
	free := make(chan *frame.Frame, buffered+1+len(j.Detectors)) // one with the decoder, one with each detector
	for range cap(free) {
		free <- &frame.Frame{}
	}
	working.Go(func() {
		defer close(items)
		j.decode(ctx, todo, items, results, free)
	})
	for _, d := range j.Detectors {
		working.Go(func() { look(ctx, d, items, results, free) })
	}
	waiting := map[int]*collected{}
	for _, i := range todo {
		part, err := j.collect(ctx, i, waiting, results, &at)
		if err != nil {
			return Part{}, err
		}
		if err := j.Journal.Save(j.Name(i), part); err != nil {
			return Part{}, err
		}
		parts[i] = part
	}
	var all Part
	for _, p := range parts {
		all.Frames = append(all.Frames, p.Frames...)
		all.Gaps = append(all.Gaps, p.Gaps...)
	}
	return all, ctx.Err()
}

// decode sends the pictures of each segment to the detectors, ahead of them, and its end to the collector.
func (j Job) decode(ctx context.Context, todo []int, items chan<- item, results chan<- news, free <-chan *frame.Frame) {
	for _, i := range todo {
		r := j.Dive.Read(ctx, j.Segments[i], j.Size)
		n := 0
		for f, err := range r.Frames() {
			if err != nil {
				send(ctx, results, news{segment: i, err: err})
				return
			}
			var own *frame.Frame
			select {
			case own = <-free:
			case <-ctx.Done():
				return
			}
			pix := append(own.Pix[:0], f.Pix...)
			*own = *f
			own.Pix = pix
			if !send(ctx, items, item{i, n, own}) {
				return
			}
			n++
		}
		if !send(ctx, results, news{segment: i, end: true, pictures: n, gaps: r.Gaps()}) {
			return
		}
	}
}

// send is false if ctx ended first.
func send[T any](ctx context.Context, to chan<- T, v T) bool {
	select {
	case to <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// look has one detector look at pictures as they come.
func look(ctx context.Context, d Detector, items <-chan item, results chan<- news, free chan<- *frame.Frame) {
	for it := range items {
		if ctx.Err() != nil {
			return
		}
		found, err := d.Detect(it.frame)
		if err != nil {
			send(ctx, results, news{segment: it.segment, err: fmt.Errorf("the picture at %v: %w", it.frame.Time, err)})
			return
		}
		if found == nil {
			found = []detect.Detection{} // looked at, nothing found
		}
		n := news{segment: it.segment, index: it.index, found: detect.Frame{Instant: it.frame.Instant, Detections: found}}
		free <- it.frame
		if !send(ctx, results, n) {
			return
		}
	}
}

// collected is what has come of a segment so far, in any order.
type collected struct {
	frames map[int]detect.Frame
	end    *news
	err    error
}

// collect waits until segment i is whole and puts it in order. What comes of
// later segments meanwhile is kept in waiting, their failures too: the work
// on i is not lost to them, since every picture of i was taken up before theirs.
func (j Job) collect(ctx context.Context, i int, waiting map[int]*collected, results <-chan news, at *Progress) (Part, error) {
	of := func(segment int) *collected {
		if waiting[segment] == nil {
			waiting[segment] = &collected{frames: map[int]detect.Frame{}}
		}
		return waiting[segment]
	}
	for c := of(i); c.end == nil || len(c.frames) < c.end.pictures; {
		if c.err != nil {
			return Part{}, c.err
		}
		var n news
		select {
		case n = <-results:
		case <-ctx.Done():
			return Part{}, ctx.Err()
		}
		switch {
		case n.err != nil:
			of(n.segment).err = n.err
			continue
		case n.end:
			of(n.segment).end = &n
			// What did not come is done too: it lies in a gap.
			at.Done += j.Segments[n.segment].Expected() - n.pictures
		default:
			of(n.segment).frames[n.index] = n.found
			at.Done++
		}
		j.report(*at)
	}
	c := waiting[i]
	delete(waiting, i)
	part := Part{Frames: []detect.Frame{}, Gaps: append([]frame.Gap{}, c.end.gaps...)}
	for k := range c.end.pictures {
		if f := c.frames[k]; !inGap(f.Time, part.Gaps) {
			part.Frames = append(part.Frames, f)
		}
	}
	return part, nil
}

// answers tells whether a part that was kept can be of the segment: a journal is read from a
// disk, and an empty answer must not pass for an empty sea.
func (p Part) answers(s video.Segment) bool {
	if len(p.Frames) > s.Expected() || len(p.Frames) == 0 && len(p.Gaps) == 0 && s.Expected() > 0 {
		return false
	}
	const slack = time.Millisecond
	for i, f := range p.Frames {
		if f.Chapter != s.Chapter || f.Time < s.From-slack || f.Time > s.To+slack ||
			i > 0 && f.Time <= p.Frames[i-1].Time || inGap(f.Time, p.Gaps) {
			return false
		}
	}
	return true
}

// report passes progress on.
func (j Job) report(p Progress) {
	if j.Progress != nil {
		j.Progress(p)
	}
}

func inGap(t time.Duration, gaps []frame.Gap) bool {
	return slices.ContainsFunc(gaps, func(g frame.Gap) bool { return g.From <= t && t < g.To })
}

// Stream gives the frames one by one, as a tracker takes them.
func (p Part) Stream() iter.Seq2[detect.Frame, error] {
	return func(yield func(detect.Frame, error) bool) {
		for _, f := range p.Frames {
			if !yield(f, nil) {
				return
			}
		}
	}
}
