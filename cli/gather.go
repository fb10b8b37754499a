package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"requin/video"
)

// recording is what one deployment is read from: its chapters in order, or one folder of images.
type recording struct {
	name  string
	paths []string
	fault error // why it cannot be counted; nil: it can
}

// gather turns the names on the command line into deployments.
//
//   - One folder: of images, one deployment; of videos, one for each recording, GoPro chapters joined.
//   - Files: one deployment, its chapters in the order given (GoPro chapters in
//     their own order); with separate, each recording by itself.
//   - The first chapter of a GoPro recording brings the chapters beside it along, unless alone is set.
//
// lost is what of a folder could not be read.
func (a *app) gather(args []string, separate, alone bool) (out []recording, lost []video.Left, err error) {
	seen := map[string]bool{}
	for _, p := range args {
		if clean := filepath.Clean(p); seen[clean] {
			return nil, nil, usagef("%s is named twice", p)
		} else {
			seen[clean] = true
		}
		// Not left to the probe: a mistyped last name would pass for an unreadable last chapter.
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("%s: there is no such file; check the name and that the card or disk is plugged in", p)
		}
	}
	if len(args) == 1 {
		if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
			return a.gatherFolder(args[0])
		}
		if !alone {
			args = a.withSiblings(args[0])
		}
	}
	groups, left := video.Recordings(args)
	lost = a.leave(left)
	if len(groups) == 1 && groups[0].Fault != nil {
		return nil, nil, groups[0].Fault
	}
	if separate || len(groups) == 1 {
		out, err = named(groups)
		return out, lost, err
	}
	for _, g := range groups {
		if info, err := os.Stat(g.Paths[0]); err == nil && info.IsDir() {
			return nil, nil, usagef("%s is a folder: count one folder at a time, or add --separate", g.Paths[0])
		}
		if len(g.Paths) > 1 {
			return nil, nil, usagef("these are chapters of %d recordings (%s, %s ...): add --separate to count each by itself, or name one recording's files",
				len(groups), groups[0].Paths[0], groups[1].Paths[0])
		}
	}
	var files []string
	for _, g := range groups {
		files = append(files, g.Paths...)
	}
	a.logf("One deployment of %d files, in this order: %s (--separate counts each by itself)", len(files), strings.Join(files, ", "))
	out, err = named([]video.Recording{{Paths: files}})
	return out, lost, err
}

// withSiblings adds the later chapters that lie beside the first one of a GoPro recording.
func (a *app) withSiblings(path string) []string {
	beside, err := video.ReadCard(filepath.Dir(path), false, nil)
	if err != nil {
		return []string{path} // the probe will say what is wrong
	}
	a.warnLaterChapter(path, beside.Videos)
	more := video.Siblings(path, beside.Videos)
	if len(more) > 0 {
		a.logf("%s is the first chapter of a recording; %s follow (--alone counts it by itself)", path, strings.Join(more, ", "))
	}
	return append([]string{path}, more...)
}

// warnLaterChapter says so where the one file that was named goes on with another: its times are not those of the deployment.
func (a *app) warnLaterChapter(path string, names []string) {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.EqualFold(filepath.Ext(n), filepath.Ext(path)) })
	groups, _ := video.Recordings(names) // what is left out there is not what was asked for
	for _, g := range groups {
		if g.Fault == nil && slices.Index(g.Paths, filepath.Clean(path)) > 0 {
			a.logf("%s is a later chapter of the recording that begins with %s: its times count from its own start (name that one to count all)", path, g.Paths[0])
		}
	}
}

func (a *app) gatherFolder(dir string) (out []recording, lost []video.Left, err error) {
	card, err := video.ReadCard(dir, false, nil)
	if err != nil {
		return nil, nil, err
	}
	groups, left := video.Recordings(card.Videos)
	lost = a.leave(append(card.Left, left...))
	switch images := len(card.Images); {
	case len(groups) > 0 && images > 0:
		return nil, nil, usagef("%s holds %d videos and %d images: name the videos, or move the images to a folder of their own", dir, len(card.Videos), images)
	case images > 0:
		if dir, err = filepath.Abs(dir); err != nil { // "." has a name too
			return nil, nil, err
		}
		groups = []video.Recording{{Paths: []string{dir}}}
	case len(groups) == 0:
		return nil, nil, fmt.Errorf("%s: no video and no image lies in this folder (folders in it are not searched)", dir)
	case len(groups) == 1 && groups[0].Fault != nil:
		return nil, nil, groups[0].Fault
	}
	a.sayCopies(groups)
	out, err = named(groups)
	return out, lost, err
}

// leave says what of a card is left out, and gives what of it may be wanted and could not be read.
func (a *app) leave(left []video.Left) (lost []video.Left) {
	const most = 8 // a card has a low-resolution copy of every recording
	for i, l := range left {
		switch {
		case l.Lost:
			lost = append(lost, l)
			a.logf("Warning: %v", l)
		case i < most:
			a.logf("Left out: %v", l)
		case i == most:
			a.logf("Left out: %d more", len(left)-most)
		}
	}
	return lost
}

// sayCopies says so where a low-resolution copy is taken, because there is nothing better.
func (a *app) sayCopies(recordings []video.Recording) {
	for _, r := range recordings {
		for _, path := range r.Paths {
			if video.IsCopy(path) {
				a.logf("Warning: %s is a low-resolution copy by its name, and its original is not there: small animals cannot be seen in it", path)
			}
		}
	}
}

// named names each deployment after its first file, or after its folder of images. Files that differ by their extensions alone keep these.
func named(groups []video.Recording) ([]recording, error) {
	alike := map[string]int{}
	bare := func(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) }
	for _, g := range groups {
		alike[bare(g.Paths[0])]++
	}
	var out []recording
	taken := map[string]string{}
	for _, g := range groups {
		first := g.Paths[0]
		path, err := filepath.Abs(first)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		if info, err := os.Stat(path); (err != nil || !info.IsDir()) && alike[bare(first)] == 1 {
			name = bare(name)
		}
		if name == "" || name == string(filepath.Separator) {
			name = "deployment"
		}
		if other, ok := taken[name]; ok {
			return nil, usagef("%s and %s would both be called %s: count them one by one, each with an --out of its own", other, first, name)
		}
		taken[name] = first
		out = append(out, recording{name, g.Paths, g.Fault})
	}
	return out, nil
}
