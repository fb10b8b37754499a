package video

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
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

// The names a GoPro gives its chapters: GX010042.MP4 is chapter 1 of recording
// 42 (GX: HEVC, GH: H.264, GL: low resolution copy); before the Hero 6 the
// first was GOPR0042.MP4 and the next GP010042.MP4.
var (
	goproNew   = regexp.MustCompile(`(?i)^(G[XHL])([0-9]{2})([0-9]{4})$`)
	goproFirst = regexp.MustCompile(`(?i)^(GOPR)([0-9]{4})$`)
	goproNext  = regexp.MustCompile(`(?i)^(GP)([0-9]{2})([0-9]{4})$`)
)

// chapterName reads a GoPro name: the recording it belongs to and which part it is, from 1.
func chapterName(path string) (recording string, part int, ok bool) {
	name := filepath.Base(path)
	name = strings.TrimSuffix(name, filepath.Ext(name))
	folder := filepath.Dir(path)
	if m := goproNew.FindStringSubmatch(name); m != nil {
		part, _ = strconv.Atoi(m[2]) // two digits, as matched
		return filepath.Join(folder, strings.ToUpper(m[1])+m[3]), part, true
	}
	if m := goproFirst.FindStringSubmatch(name); m != nil {
		return filepath.Join(folder, "GOPR"+m[2]), 1, true
	}
	if m := goproNext.FindStringSubmatch(name); m != nil {
		part, _ = strconv.Atoi(m[2])
		return filepath.Join(folder, "GOPR"+m[3]), part + 1, true
	}
	return "", 0, false
}

// Recordings groups file names into recordings, each in the order of its chapters: GoPro chapters by
// their names, any other file by itself. A chapter missing between others is an
// error, since everything after it would be timed wrong.
func Recordings(paths []string) ([][]string, error) {
	type chapter struct {
		path string
		part int
	}
	groups := map[string][]chapter{}
	var order []string
	for _, p := range paths {
		key, part, ok := chapterName(p)
		if !ok {
			key, part = p, 1
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], chapter{p, part})
	}
	var out [][]string
	for _, key := range order {
		g := groups[key]
		sort.SliceStable(g, func(i, j int) bool { return g[i].part < g[j].part })
		var names []string
		for i, c := range g {
			if i > 0 && c.part == g[i-1].part {
				return nil, fmt.Errorf("%s and %s are the same chapter: name only one", g[i-1].path, c.path)
			}
			if i > 0 && c.part != g[i-1].part+1 {
				return nil, fmt.Errorf("chapter %d is missing between %s and %s: copy it from the card, or count the parts before and after it by themselves",
					g[i-1].part+1, g[i-1].path, c.path)
			}
			names = append(names, c.path)
		}
		out = append(out, names)
	}
	return out, nil
}

// IsVideoName tells by its extension whether a file is likely a video.
func IsVideoName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mp4", ".mov", ".mkv", ".avi", ".mts", ".m2ts", ".ts", ".m4v", ".webm", ".mpg", ".mpeg", ".wmv", ".360":
		return true
	}
	return false
}

// Siblings lists the later chapters of the same GoPro recording that lie beside a first chapter.
func Siblings(path string, names []string) []string {
	key, part, ok := chapterName(path)
	if !ok || part > 1 {
		return nil
	}
	var out []string
	for _, n := range names {
		if k, p, ok := chapterName(n); ok && k == key && p > 1 && strings.EqualFold(filepath.Ext(n), filepath.Ext(path)) {
			out = append(out, n)
		}
	}
	return out
}
