package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/video"
)

// shot is one frame that is to be taken, with its boxes in pixels of the size that they were drawn in.
type shot struct {
	m     *medium
	at    frame.Instant // of video; else zero
	whole bool
	known bool // a mark of it speaks for all of the frame
	boxes []Box
	clip  *clip // of video
}

// take puts a mark's box into the frame.
func (s *shot) take(mark annotate.Mark, box frame.Box, n *names) {
	s.known = s.known || s.m.alone == nil || !s.m.alone(mark)
	s.boxes = append(s.boxes, s.m.box(mark, box, n))
}

// partial tells whether other animals may be in the frame than have boxes.
func (s *shot) partial() bool { return !s.whole && !s.known && len(s.boxes) > 0 }

func (s *shot) seconds() float64 { return s.at.Time.Seconds() }

// clip is a video that was indexed.
type clip struct {
	m    *medium
	dive *video.Deployment
}

// chosen is what is to be taken, and what is already known to be missing.
type chosen struct {
	shots    []*shot // by deployment, media and time
	clips    []*clip
	gaps     []Gap
	dropped  []Dropped
	warnings []string
	left     map[string]int // frames of a deployment over the most
}

// choose says which frames of the media are taken.
func choose(ctx context.Context, list []*medium, n *names, s Settings) (*chosen, error) {
	c := &chosen{left: map[string]int{}}
	for _, m := range list {
		switch {
		case len(m.marks)+len(m.looks) == 0:
		case m.Failure != "":
			c.lose(m, 0, len(m.marks), m.Failure)
		case !m.Video:
			c.picture(m, n)
		default:
			if err := c.video(ctx, m, n, s); err != nil {
				return nil, err
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	c.limit(s)
	return c, nil
}

func (c *chosen) lose(m *medium, at time.Duration, boxes int, reason string) {
	c.gaps = append(c.gaps, Gap{Deployment: m.deployment, Media: m.Name, Time: at.Seconds(), Boxes: boxes, Reason: reason})
}

func (c *chosen) drop(m *medium, at time.Duration, label, reason string) {
	c.dropped = append(c.dropped, Dropped{Deployment: m.deployment, Media: m.Name, Time: at.Seconds(), Label: label, Reason: reason})
}

// picture takes a still.
func (c *chosen) picture(m *medium, n *names) {
	shot := &shot{m: m, whole: len(m.looks) > 0}
	for _, mark := range m.marks {
		if mark.Outside {
			continue
		}
		box, why := boxOf(mark)
		if why != "" {
			c.drop(m, 0, m.label(mark), why)
			return
		}
		shot.take(mark, box, n)
	}
	c.shots = append(c.shots, shot)
}

// boxOf is the box around a mark, or why there is none. A frame that holds such a mark is
// left out: the animal is there, and without its box it would be taken for background.
func boxOf(mark annotate.Mark) (frame.Box, string) {
	box, ok := mark.Shape.Bounds()
	switch {
	case !ok:
		return box, "the mark has no place, so the frame is left out: draw a box around the animal"
	case !box.Finite():
		return box, "the box is not made of numbers, so the frame is left out"
	case box.Area() == 0:
		return box, "the box has no area (a point or a line), so the frame is left out: draw a box around the animal"
	}
	return box, ""
}

// box is a mark as a box of its taxon.
func (m *medium) box(mark annotate.Mark, at frame.Box, n *names) Box {
	name, _ := n.of(m.label(mark)) // settle has seen to unknown ones
	b := Box{Taxon: name, Box: at, Occluded: mark.Occluded, Truncated: mark.Truncated, Between: mark.Between, Track: mark.Track}
	switch {
	case mark.Difficult:
		b.Ignore = Difficult
	case mark.Crowd:
		b.Ignore = Crowd
	}
	return b
}

// video finds the pictures that the marks of a video lie in, and chooses among them.
func (c *chosen) video(ctx context.Context, m *medium, n *names, s Settings) error {
	dive, err := index(ctx, m)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, none := video.Version(ctx); none != nil {
			return none
		}
		reason := err.Error()
		for _, path := range m.files { // where it lies is nobody else's business
			reason = strings.ReplaceAll(reason, path, filepath.Base(path))
		}
		c.lose(m, 0, len(m.marks), reason)
		return nil
	}
	k := &clip{m: m, dive: dive}
	line := timeline{clip: k, c: c, n: n, seen: map[int]frame.Instant{}, looks: map[int]bool{}, loose: map[int][]annotate.Mark{},
		tracks: map[string][]annotate.Mark{}, drawn: map[int]bool{}, known: map[int]bool{}, spoilt: map[int]bool{}}
	line.place()
	keys := line.annotated()
	if s.Frames == Interval {
		keys = line.every(time.Duration(math.Round(s.Every * float64(time.Second))))
	}
	for _, key := range keys {
		if !line.spoilt[key] {
			c.shots = append(c.shots, line.shot(key))
		}
	}
	c.clips = append(c.clips, k)
	return nil
}

// index probes the files of a video and reads their indexes.
func index(ctx context.Context, m *medium) (*video.Deployment, error) {
	var files []*video.File
	for _, path := range m.files {
		f, err := video.Probe(ctx, path, m.Rate)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	dive := video.Join(files...)
	return dive, dive.Index(ctx)
}

// limit keeps the most frames of each deployment, chosen by the seed.
func (c *chosen) limit(s Settings) {
	if s.MaxFrames == 0 {
		return
	}
	byDeployment := map[string][]*shot{}
	for _, shot := range c.shots {
		byDeployment[shot.m.deployment] = append(byDeployment[shot.m.deployment], shot)
	}
	out := map[*shot]bool{}
	for name, shots := range byDeployment {
		if len(shots) <= s.MaxFrames {
			continue
		}
		slices.SortFunc(shots, func(a, b *shot) int {
			return cmp.Compare(lot(s.Seed, a.m.Name, fmt.Sprint(a.at.Time)), lot(s.Seed, b.m.Name, fmt.Sprint(b.at.Time)))
		})
		for _, shot := range shots[s.MaxFrames:] {
			out[shot] = true
			c.left[name]++
		}
	}
	c.shots = slices.DeleteFunc(c.shots, func(s *shot) bool { return out[s] })
}

// lot draws a number by lot: the same for the same seed and names, on every machine and
// whatever else takes part.
func lot(seed uint64, names ...string) uint64 {
	h := sha256.New()
	fmt.Fprintf(h, "%d", seed)
	for _, name := range names {
		fmt.Fprintf(h, "\x00%s", name)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}
