package video

import (
	"context"
	"time"

	"requin/frame"
)

// Deployment is one drop of one station: its chapters joined in order. The
// clock of the deployment is the sum of the durations of the earlier chapters' video streams
// plus the presentation time in the chapter.
type Deployment struct {
	Files   []*File
	Offsets []time.Duration // at which each file starts
}

// Join makes one deployment of files in their given order.
func Join(files ...*File) *Deployment {
	d := &Deployment{Files: files}
	var at time.Duration
	for _, f := range files {
		d.Offsets = append(d.Offsets, at)
		at += f.Duration
	}
	return d
}

// Duration is how long the deployment was filmed, as the files' indexes state it.
func (d *Deployment) Duration() time.Duration {
	if len(d.Files) == 0 {
		return 0
	}
	last := len(d.Files) - 1
	return d.Offsets[last] + d.Files[last].Duration
}

// Index reads the index of each file and sets the clock by them.
func (d *Deployment) Index(ctx context.Context) error {
	for _, f := range d.Files {
		if err := f.Index(ctx); err != nil {
			return err
		}
	}
	d.Offsets = Join(d.Files...).Offsets
	return nil
}

// Time converts a time stamp of a chapter to time of the deployment.
func (d *Deployment) Time(chapter int, pts int64) time.Duration {
	return d.Offsets[chapter] + d.Files[chapter].at(pts)
}

// instant names a picture of a chapter.
func (d *Deployment) instant(chapter int, pts int64) frame.Instant {
	return frame.Instant{Time: d.Time(chapter, pts), Chapter: chapter, PTS: pts, Base: d.Files[chapter].Base}
}
