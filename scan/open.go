package scan

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/video"
)

// Deployment is one deployment whose files are open, on its way to a count.
type Deployment struct {
	Dive     *video.Deployment
	Plan     *video.Plan // which pictures are looked at; nil before Choose
	Warnings []string    // what of the files could not be read, for people

	lost []frame.Gap // chapters that could not be read: of unknown length
}

// Open probes the chapters of a deployment, given in their order, and joins them. rate is of images a second, where the one
// path is a folder of images; else it is 0/0.
//
// What cannot be read is left out at the end, with a warning: a camera whose battery died leaves its last chapter unfinished. Anywhere else it
// is an error (see Unreadable).
func Open(ctx context.Context, paths []string, rate frame.Rational) (*Deployment, error) {
	d := &Deployment{}
	if early := video.TooEarly(paths); early != "" {
		d.Warnings = append(d.Warnings, early)
	}
	var files []*video.File
	unread := make([]error, len(paths))
	for i, path := range paths {
		f, err := video.Probe(ctx, path, rate)
		if err == nil {
			err = f.Index(ctx)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if unread[i] = err; err == nil {
			files = append(files, f)
		}
	}
	d.Dive = video.Join(files...)
	counts, what := Unreadable(paths, func(i int) bool { return unread[i] != nil })
	for i, err := range unread {
		switch {
		case err == nil:
		case !counts && len(paths) == 1:
			return nil, err
		case !counts:
			return nil, fmt.Errorf("%w; %s", err, what)
		default:
			d.Warnings = append(d.Warnings, fmt.Sprintf("The last chapter could not be read, so the count ends before it: %v", err))
			end := d.Dive.Duration()
			d.lost = append(d.lost, frame.Gap{From: end, To: end, Reason: "the last chapter could not be read: " + filepath.Base(paths[i])})
		}
	}
	return d, nil
}

// Unreadable says what it means for a count that some of a deployment's chapters, given in their order, cannot be read. It is told
// alike wherever it comes up: when they are added, listed and counted. At the end the count ends before them (counts is
// true). Anywhere else the deployment is not counted: nobody knows how long such a chapter was, and hence when those after it were filmed.
// what is "" where all can be read.
func Unreadable(paths []string, unread func(i int) bool) (counts bool, what string) {
	first, last := -1, -1 // that cannot be read; that can
	for i := range paths {
		switch {
		case !unread(i):
			last = i
		case first < 0:
			first = i
		}
	}
	switch {
	case first < 0:
		return true, ""
	case last < 0:
		return false, "nothing of the deployment can be read, so it cannot be counted: copy it again from the card"
	case last < first:
		return true, "the count ends before it, and its time counts as not analysed"
	}
	var after []string
	for i := first + 1; i < len(paths); i++ {
		if !unread(i) {
			after = append(after, filepath.Base(paths[i]))
		}
	}
	return false, fmt.Sprintf("without it the times of the chapters after it (%s) are not known, so the deployment cannot be counted: copy it again from the card, or count the others by themselves",
		strings.Join(after, ", "))
}

// Counted makes sure that the files are those that a count was made of, so that a picture of a moment is the one that was
// counted. sha256 is what is known of the files, in order; it may be empty.
func (d *Deployment) Counted(videos []Input, sha256 []string) error {
	for i, v := range videos {
		if i >= len(d.Dive.Files) {
			break // it cannot be read now: nor can a picture of it
		}
		f := d.Dive.Files[i]
		other := v.Bytes > 0 && v.Bytes != f.Size && f.Container != "images"
		if i < len(sha256) && len(sha256[i]) == 64 && len(v.SHA256) == 64 {
			other = other || !strings.EqualFold(v.SHA256, sha256[i])
		}
		if other {
			return fmt.Errorf("%s is not the file that was counted (%s): bring that one back, or count the deployment again", f.Path, filepath.Base(v.Path))
		}
	}
	return nil
}

// Choose plans which pictures are looked at. That there is none is an error.
func (d *Deployment) Choose(ctx context.Context, sampling frame.Sampling) error {
	plan, err := d.Dive.Plan(ctx, sampling)
	if err != nil {
		return err
	}
	switch {
	case plan.Expected == 0 && len(plan.Gaps) > 0:
		return fmt.Errorf("none of its pictures can be read (%s)", plan.Gaps[0].Reason)
	case plan.Expected == 0:
		return fmt.Errorf("no picture lies in the period %v; the video is %v long: give another --period", sampling.Period, d.Dive.Duration().Round(time.Millisecond))
	}
	d.Plan = plan
	return nil
}

// Scan looks at the chosen pictures, those that the job's journal does not hold. It gives all of them, and every gap of the deployment:
// what is not in the files, what could not be decoded, chapters that could not be read. A file that
// changed meanwhile is an error: it was not read whole.
func (d *Deployment) Scan(ctx context.Context, j Job) (Part, error) {
	j.Dive, j.Segments = d.Dive, d.Plan.Segments
	found, err := j.Run(ctx)
	if err != nil {
		return Part{}, err
	}
	for _, f := range d.Dive.Files {
		if err := f.Unchanged(); err != nil {
			return Part{}, err
		}
	}
	found.Gaps = frame.MergeGaps(slices.Concat(d.Plan.Gaps, explained(found.Gaps, d.Plan.Gaps), d.lost))
	return found, nil
}

// explained gives gaps that run into one whose cause is known from the index the
// same reason: a decoder stumbles over the end of a file that is cut off.
func explained(gaps, known []frame.Gap) []frame.Gap {
	out := slices.Clone(gaps)
	for i, g := range out {
		for _, k := range known {
			if g.From <= k.To && k.From <= g.To {
				out[i].Reason = k.Reason
			}
		}
	}
	return out
}

// Detectors are so many of a detector, to look at pictures side by side: small networks gain more by that
// than by sharing out one picture.
func Detectors(d *detect.Detector, n int) []Detector {
	out := []Detector{d}
	for len(out) < n {
		out = append(out, d.Twin())
	}
	return out
}

// Modes says how the pictures of each file are had, by its name.
func (d *Deployment) Modes() map[string]video.Mode {
	out := map[string]video.Mode{}
	for _, s := range d.Plan.Segments {
		out[filepath.Base(d.Dive.Files[s.Chapter].Path)] = s.Mode
	}
	return out
}

// Scans says of each file that is not progressive how its pictures are scanned and what is made of them, by its name.
func (d *Deployment) Scans() map[string]string {
	out := map[string]string{}
	for _, f := range d.Dive.Files {
		if f.Fields != "" {
			out[filepath.Base(f.Path)] = f.Scan()
		}
	}
	return out
}

// Chapters are the files' names, in order.
func (d *Deployment) Chapters() []string {
	var names []string
	for _, f := range d.Dive.Files {
		names = append(names, filepath.Base(f.Path))
	}
	return names
}
