package cli

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/record"
	"requin/scan"
	"requin/survey"
	"requin/video"
)

// What a survey keeps of the files of a deployment.

// knownChapters are the files that the survey has, by their paths.
func knownChapters(ctx context.Context, s *survey.Survey) (map[string]annotate.Chapter, error) {
	known := map[string]annotate.Chapter{}
	deployments, err := s.Deployments(ctx)
	for _, d := range deployments {
		for _, c := range d.Chapters {
			known[c.Path] = c
		}
	}
	return known, err
}

// chapters probes and hashes the files of a recording. What the survey knows of a
// file of the same path and size is taken over.
func (a *app) chapters(ctx context.Context, s *survey.Survey, rec recording, known map[string]annotate.Chapter) ([]annotate.Chapter, error) {
	var out []annotate.Chapter
	var offset time.Duration
	for _, path := range rec.paths {
		c, err := a.chapter(ctx, s, path, known)
		if err != nil {
			return nil, err
		}
		c.Offset = offset
		if c.Extra[unreadable] != "" {
			offset = annotate.None // nobody knows how long it was
		} else if offset != annotate.None {
			offset += c.Duration
		}
		out = append(out, c)
	}
	_, what := scan.Unreadable(rec.paths, func(i int) bool { return out[i].Extra[unreadable] != "" })
	for _, c := range out {
		if why := c.Extra[unreadable]; why != "" {
			a.logf("Warning: %s; it is kept in the survey, but %s", why, what)
		}
	}
	if early := video.TooEarly(rec.paths); early != "" {
		a.logf("Warning: %s", early)
	}
	return out, nil
}

// unreadable is the field of a chapter that says why nothing of it is known.
const unreadable = "requin.unreadable"

func (a *app) chapter(ctx context.Context, s *survey.Survey, path string, known map[string]annotate.Chapter) (annotate.Chapter, error) {
	info, err := os.Stat(path)
	if err != nil {
		return annotate.Chapter{}, err
	}
	c := annotate.Chapter{Path: s.Stored(path), Size: info.Size()}
	if k, ok := known[c.Path]; ok && k.Size == c.Size && k.SHA256 != "" && k.Extra[unreadable] == "" {
		return k, nil
	}
	m := newMeter(a.stderr, "SHA-256 of "+filepath.Base(path), megabytes)
	c.SHA256, err = record.HashFileProgress(ctx, path, func(done int64) { m.update(done, c.Size) })
	m.clear()
	if err != nil && !badSector(err) && !errors.Is(err, fs.ErrPermission) {
		return c, err
	}
	f, err := video.Probe(ctx, path, frame.Rational{})
	if err == nil {
		err = f.Index(ctx)
	}
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	if err != nil {
		c.Extra = annotate.Extra{unreadable: err.Error()}
		return c, nil
	}
	c.Duration, c.Frames, c.W, c.H, c.Codec = f.Duration, len(f.Packets()), f.W, f.H, f.Codec
	if f.Duration > 0 {
		c.Rate = nearestRate(f.Rate())
	}
	return c, nil
}

// nearestRate is the rate a camera means: a whole number, or one of NTSC's.
func nearestRate(r float64) frame.Rational {
	whole := int64(r + 0.5)
	if whole > 0 && math.Abs(r-float64(whole)) < 0.002*r {
		if ntsc := float64(whole) * 1000 / 1001; math.Abs(r-ntsc) < math.Abs(r-float64(whole)) {
			return frame.Rational{Num: whole * 1000, Den: 1001}
		}
		return frame.Rational{Num: whole, Den: 1}
	}
	return reduced(int64(r*1000+0.5), 1000)
}
