// Package scan's noun is a deployment on its way from files to detections. It
// owns the flow: decoding and detecting side by side, segment by segment, each
// finished segment put into a journal, so that a scan that was interrupted goes
// on where it stopped and ends with the same result. It decodes nothing itself
// (video), finds nothing itself (detect) and knows no folder (survey).
//
// The flow:
//
//	job := scan.Job{Dive: dive, Segments: plan.Segments, Detector: d, Journal: j, FitW: w, FitH: h}
//	found, err := job.Run(ctx)
//	tracks := track ... over found.Frames
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

// Detector finds animals in a picture. It is used by one goroutine at a time.
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

// Progress tells how far a scan is.
type Progress struct {
	Done, Total int // pictures looked at or found unreadable, of all that are wanted
	Resumed     int // of Done, those taken from the journal
}

// Job is one deployment to scan.
type Job struct {
	Dive       *video.Deployment
	Segments   []video.Segment
	Detector   Detector
	Journal    Journal
	FitW, FitH int            // the size that the detector wants pictures to fit into
	Progress   func(Progress) // may be nil; called after each picture
}

// buffered is how many pictures may wait between decoder and detector: enough
// that neither waits for the other's hiccups, few enough for small memory.
const buffered = 8

// item is a picture on its way to the detector, or the end of a segment.
type item struct {
	frame *frame.Frame
	end   bool
	gaps  []frame.Gap
	err   error
}

// Run scans what the journal does not hold yet and returns all of it, in order
// of time. Frames that lie in a gap are left out. When ctx is cancelled it
// returns ctx's error; finished segments stay in the journal. Nothing that it started,
// no goroutine and no ffmpeg, outlives it.
func (j Job) Run(ctx context.Context) (Part, error) {
	ctx, cancel := context.WithCancel(ctx)
	var decoding sync.WaitGroup
	defer decoding.Wait()
	defer cancel()
	parts := make([]Part, len(j.Segments))
	var todo []int
	var at Progress
	for i, s := range j.Segments {
		at.Total += s.Expected()
		var p Part
		ok, err := j.Journal.Load(segmentName(i), &p)
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
	free := make(chan *frame.Frame, buffered+2) // one with the decoder, one with the detector
	for range cap(free) {
		free <- &frame.Frame{}
	}
	decoding.Go(func() { j.decode(ctx, todo, items, free) })
	for _, i := range todo {
		part, err := j.detect(ctx, i, items, free, &at)
		if err != nil {
			return Part{}, err
		}
		if err := j.Journal.Save(segmentName(i), part); err != nil {
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

// decode sends the pictures of each segment, and its end, ahead of the detector.
func (j Job) decode(ctx context.Context, todo []int, items chan<- item, free <-chan *frame.Frame) {
	send := func(it item) bool {
		select {
		case items <- it:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for _, i := range todo {
		r := j.Dive.Read(ctx, j.Segments[i], j.FitW, j.FitH)
		for f, err := range r.Frames() {
			if err != nil {
				send(item{err: err})
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
			if !send(item{frame: own}) {
				return
			}
		}
		if !send(item{end: true, gaps: r.Gaps()}) {
			return
		}
	}
}

// detect looks at the pictures of segment i until its end.
func (j Job) detect(ctx context.Context, i int, items <-chan item, free chan<- *frame.Frame, at *Progress) (Part, error) {
	part := Part{Frames: []detect.Frame{}, Gaps: []frame.Gap{}}
	before := at.Done
	for {
		var it item
		select {
		case it = <-items:
		case <-ctx.Done():
			return Part{}, ctx.Err()
		}
		switch {
		case it.err != nil:
			return Part{}, it.err
		case it.end:
			part.Gaps = append(part.Gaps, it.gaps...)
			part.Frames = slices.DeleteFunc(part.Frames, func(f detect.Frame) bool { return inGap(f.Time, it.gaps) })
			at.Done = before + j.Segments[i].Expected()
			j.report(*at)
			return part, nil
		}
		found, err := j.Detector.Detect(it.frame)
		if err != nil {
			return Part{}, fmt.Errorf("the picture at %v: %w", it.frame.Time, err)
		}
		if found == nil {
			found = []detect.Detection{} // looked at, nothing found
		}
		part.Frames = append(part.Frames, detect.Frame{Instant: it.frame.Instant, Detections: found})
		free <- it.frame
		at.Done++
		j.report(*at)
	}
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
