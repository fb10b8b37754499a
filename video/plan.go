package video

import (
	"context"
	"path/filepath"
	"time"

	"requin/frame"
)

// Mode is how the pictures of a segment are had.
type Mode string

const (
	// KeyPackets: Requin reads the bytes of the wanted key frames alone and hands them to the decoder.
	KeyPackets Mode = "wanted key frames"
	// KeyFrames: ffmpeg reads the file and decodes key frames only.
	KeyFrames Mode = "key frames"
	// AllFrames: every picture is decoded, the wanted ones are kept.
	AllFrames Mode = "all frames"
	// Images: files of a folder.
	Images Mode = "images"
)

// segmentLength is about how much of a deployment is read in one go, and hence
// how much is done again after an interruption.
const segmentLength = 2 * time.Minute

// pick is one wanted picture.
type pick struct {
	cell   int64
	packet int // index into the file's packets
}

// Segment is a part of one chapter that is read in one go. Segments depend on
// the files and the sampling alone, so that work that was interrupted and work
// that was not read the same pictures in the same way.
type Segment struct {
	Chapter  int
	Mode     Mode
	From, To time.Duration // of the deployment
	sampling frame.Sampling
	picks    []pick
	exact    bool // the picks and nothing in their stead
}

// Expected is how many pictures the segment should give.
func (s Segment) Expected() int { return len(s.picks) }

// Plan says which pictures of a deployment are looked at.
type Plan struct {
	Segments []Segment
	Gaps     []frame.Gap // known before anything is decoded: missing bytes, pauses
	Expected int         // pictures in all segments
}

// Plan chooses the first picture of each sampling cell in the period: among key frames
// where they lie at most one interval apart, among all pictures otherwise.
func (d *Deployment) Plan(ctx context.Context, s frame.Sampling) (*Plan, error) {
	return d.plan(ctx, s, segmentLength)
}

// plan cuts the deployment into segments of about the given length.
func (d *Deployment) plan(ctx context.Context, s frame.Sampling, length time.Duration) (*Plan, error) {
	if err := d.Index(ctx); err != nil {
		return nil, err
	}
	plan := &Plan{}
	next := s.Cell(s.Period.From) // cells before it are done
	for chapter, f := range d.Files {
		mode := f.mode(s.Every)
		var picks []pick
		for i, p := range f.packets {
			at := d.Time(chapter, p.PTS)
			if p.Missing || (mode != AllFrames && !p.Key) || !s.Period.Contains(at) {
				continue
			}
			if cell := s.Cell(at); cell >= next {
				picks = append(picks, pick{cell, i})
				next = cell + 1
			}
		}
		plan.Expected += len(picks)
		plan.Segments = append(plan.Segments, d.cut(chapter, mode, s, picks, length)...)
		plan.Gaps = append(plan.Gaps, d.knownGaps(chapter, s)...)
	}
	return plan, nil
}

// mode chooses how a file is read at an interval.
func (f *File) mode(every time.Duration) Mode {
	if f.Container == "images" {
		return Images
	}
	if f.untimed() || f.Fields != "" {
		return AllFrames
	}
	last := time.Duration(-1)
	for _, p := range f.packets {
		if !p.Key || p.Missing {
			continue
		}
		at := f.at(p.PTS)
		if at-max(last, 0) > every+time.Microsecond {
			return AllFrames
		}
		last = at
	}
	end := f.Duration
	if t, cutOff := f.Truncated(); cutOff {
		end = t
	}
	switch {
	case last < 0 || end-last > every+time.Microsecond:
		return AllFrames
	case f.byPackets():
		return KeyPackets
	}
	return KeyFrames
}

// byPackets tells whether single key frames can be handed to a decoder, and become the pictures that they are in the file.
func (f *File) byPackets() bool {
	return !f.untimed() && f.Fields == "" && f.config != nil && matroskaCodec(f.Codec) != "" && f.packets[0].Pos >= 0 && f.standalone()
}

// cut divides the picks of a chapter into segments of about the given length. Where
// everything is decoded a segment starts right after a key frame, so that little is decoded twice.
func (d *Deployment) cut(chapter int, mode Mode, s frame.Sampling, picks []pick, length time.Duration) []Segment {
	var out []Segment
	f := d.Files[chapter]
	at := func(i int) time.Duration { return d.Time(chapter, f.packets[picks[i].packet].PTS) }
	start := 0
	for i := range picks {
		if i == start || at(i)-at(start) < length {
			continue
		}
		if mode == AllFrames && !f.keyBetween(picks[i-1].packet, picks[i].packet) {
			continue
		}
		out = append(out, Segment{Chapter: chapter, Mode: mode, From: at(start), To: at(i), sampling: s, picks: picks[start:i]})
		start = i
	}
	if start < len(picks) {
		end := min(d.Offsets[chapter]+f.Duration, s.Start(picks[len(picks)-1].cell+1))
		out = append(out, Segment{Chapter: chapter, Mode: mode, From: at(start), To: max(end, at(len(picks)-1)), sampling: s, picks: picks[start:]})
	}
	return out
}

// keyBetween tells whether a key frame lies after packet a, up to and including packet b.
func (f *File) keyBetween(a, b int) bool {
	for i := b; i > a; i-- {
		if f.packets[i].Key {
			return true
		}
	}
	return false
}

// knownGaps lists what a chapter's index alone shows to be missing: bytes beyond the end
// of the file, and times at which the camera recorded nothing.
func (d *Deployment) knownGaps(chapter int, s frame.Sampling) []frame.Gap {
	f := d.Files[chapter]
	var gaps []frame.Gap
	add := func(from, to time.Duration, reason string) {
		from = max(from, s.Period.From)
		if s.Period.To > 0 {
			to = min(to, s.Period.To)
		}
		if to > from {
			gaps = append(gaps, frame.Gap{From: from, To: to, Reason: reason})
		}
	}
	usual := f.usualStep()
	prev := time.Duration(-1)
	for _, p := range f.packets {
		at := d.Time(chapter, p.PTS)
		if p.Missing {
			add(at, d.Offsets[chapter]+f.Duration, "the file is cut off: "+filepath.Base(f.Path)+" ends before its last picture")
			return gaps
		}
		if prev >= 0 && at-prev > s.Every+2*usual {
			add(prev+usual, at, "no picture was recorded")
		}
		prev = at
	}
	if end := d.Offsets[chapter] + f.Duration; prev >= 0 && end-prev > s.Every+2*usual {
		add(prev+usual, end, "the file promises more than it holds: "+filepath.Base(f.Path)+" ends early")
	}
	return gaps
}

// usualStep is the mean time between pictures.
func (f *File) usualStep() time.Duration {
	n := len(f.packets)
	if n < 2 {
		return f.Duration
	}
	return f.Base.Seconds(f.packets[n-1].PTS-f.packets[0].PTS) / time.Duration(n-1)
}
