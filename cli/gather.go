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
}

// gather turns the names on the command line into deployments.
//
//   - One folder: of images, one deployment; of videos, one for each recording, GoPro chapters joined.
//   - Files: one deployment, its chapters in the order given (GoPro chapters in
//     their own order); with separate, each recording by itself.
//   - The first chapter of a GoPro recording brings the chapters beside it along, unless alone is set.
func (a *app) gather(args []string, separate, alone bool) ([]recording, error) {
	seen := map[string]bool{}
	for _, p := range args {
		if clean := filepath.Clean(p); seen[clean] {
			return nil, usagef("%s is named twice", p)
		} else {
			seen[clean] = true
		}
		// Not left to the probe: a mistyped last name would pass for an unreadable last chapter.
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: there is no such file; check the name and that the card or disk is plugged in", p)
		}
	}
	if len(args) == 1 {
		if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
			return gatherFolder(args[0])
		}
		if !alone {
			args = a.withSiblings(args[0])
		}
	}
	groups, err := video.Recordings(args)
	if err != nil {
		return nil, err
	}
	if separate || len(groups) == 1 {
		return named(groups)
	}
	for _, g := range groups {
		if info, err := os.Stat(g[0]); err == nil && info.IsDir() {
			return nil, usagef("%s is a folder: count one folder at a time, or add --separate", g[0])
		}
		if len(g) > 1 {
			return nil, usagef("these are chapters of %d recordings (%s, %s ...): add --separate to count each by itself, or name one recording's files",
				len(groups), groups[0][0], groups[1][0])
		}
	}
	a.logf("One deployment of %d files, in this order: %s (--separate counts each by itself)", len(args), strings.Join(args, ", "))
	return named([][]string{args})
}

// withSiblings adds the later chapters that lie beside the first one of a GoPro recording.
func (a *app) withSiblings(path string) []string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return []string{path} // the probe will say what is wrong
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	a.warnLaterChapter(path, names)
	more := video.Siblings(path, names)
	if len(more) > 0 {
		a.logf("%s is the first chapter of a recording; %s follow (--alone counts it by itself)", path, strings.Join(more, ", "))
	}
	return append([]string{path}, more...)
}

// warnLaterChapter says so where the one file that was named goes on with another: its times are not those of the deployment.
func (a *app) warnLaterChapter(path string, names []string) {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.EqualFold(filepath.Ext(n), filepath.Ext(path)) })
	groups, err := video.Recordings(names)
	if err != nil {
		return // of some recording here a chapter is missing: not what was asked for
	}
	for _, g := range groups {
		if slices.Index(g, filepath.Clean(path)) > 0 {
			a.logf("%s is a later chapter of the recording that begins with %s: its times count from its own start (name that one to count all)", path, g[0])
		}
	}
}

func gatherFolder(dir string) ([]recording, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var videos []string
	images := 0
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || !e.Type().IsRegular():
		case video.IsVideoName(name):
			videos = append(videos, filepath.Join(dir, name))
		case video.IsImageName(name):
			images++
		}
	}
	switch {
	case len(videos) > 0 && images > 0:
		return nil, usagef("%s holds %d videos and %d images: name the videos, or move the images to a folder of their own", dir, len(videos), images)
	case images > 0:
		if dir, err = filepath.Abs(dir); err != nil { // "." has a name too
			return nil, err
		}
		return named([][]string{{dir}})
	case len(videos) == 0:
		return nil, fmt.Errorf("%s: no video and no image lies in this folder (folders in it are not searched)", dir)
	}
	groups, err := video.Recordings(videos)
	if err != nil {
		return nil, err
	}
	return named(groups)
}

// named names each deployment after its first file, or after its folder of images.
func named(groups [][]string) ([]recording, error) {
	var out []recording
	taken := map[string]string{}
	for _, g := range groups {
		path, err := filepath.Abs(g[0])
		if err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			name = strings.TrimSuffix(name, filepath.Ext(name))
		}
		if name == "" || name == string(filepath.Separator) {
			name = "deployment"
		}
		if other, ok := taken[name]; ok {
			return nil, usagef("%s and %s would both be called %s: count them one by one, each with an --out of its own", other, g[0], name)
		}
		taken[name] = g[0]
		out = append(out, recording{name, g})
	}
	return out, nil
}
