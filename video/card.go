package video

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Card is what lies in a folder: a camera's card, a disk, or part of one.
type Card struct {
	Videos []string // by their names; links to files are files
	Images []string
	Left   []Left // folders of deleted files, what may not be read, links that lead nowhere
}

// ReadCard lists a folder; deep: and the folders in it. What is hidden or of the system is passed over, and so is what skip says of a path
// (nil: nothing). A folder that may not be read is Left, and the rest is taken: an error is of the folder itself. Links are followed, each folder is
// read once.
func ReadCard(folder string, deep bool, skip func(path string) bool) (*Card, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	w := walk{card: &Card{}, deep: deep, skip: skip}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	w.seen = []os.FileInfo{info}
	w.folder(folder, entries)
	return w.card, nil
}

type walk struct {
	card *Card
	deep bool
	skip func(path string) bool
	seen []os.FileInfo // folders
}

func (w *walk) leave(path, why string, lost bool) {
	w.card.Left = append(w.card.Left, Left{Path: path, Why: why, Lost: lost})
}

// folder takes what lies in a folder.
func (w *walk) folder(dir string, entries []os.DirEntry) {
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."): // hidden; "._GX010042.MP4" is a Mac's shadow of a file
		case w.skip != nil && w.skip(path):
		case e.Type().IsRegular():
			w.file(path)
		case e.IsDir():
			w.enter(path)
		default:
			w.follow(path)
		}
	}
}

// file takes a file by its name.
func (w *walk) file(path string) {
	switch {
	case IsVideoName(path):
		w.card.Videos = append(w.card.Videos, path)
	case IsImageName(path):
		w.card.Images = append(w.card.Images, path)
	}
}

// follow takes what a link leads to.
func (w *walk) follow(path string) {
	info, err := os.Stat(path)
	wanted := IsVideoName(path) || IsImageName(path)
	switch {
	case err != nil && (wanted || w.deep && filepath.Ext(path) == ""): // without an extension it may have led to a folder
		w.leave(path, "is a link to what cannot be read ("+cause(err)+")", wanted)
	case err != nil:
	case info.IsDir():
		w.enter(path)
	case info.Mode().IsRegular():
		w.file(path)
	case wanted:
		w.leave(path, "is not a regular file", true)
	}
}

// enter takes what lies in a folder in the folder.
func (w *walk) enter(path string) {
	if !w.deep {
		return
	}
	if why := setAside(filepath.Base(path)); why != "" {
		w.leave(path, why, false)
		return
	}
	info, err := os.Stat(path)
	if err == nil {
		if slices.ContainsFunc(w.seen, func(s os.FileInfo) bool { return os.SameFile(s, info) }) {
			return // a link into what is searched already
		}
		w.seen = append(w.seen, info)
	}
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		w.leave(path, "may not be read ("+cause(err)+"), so whatever lies in it is not taken", true)
	case err != nil:
		w.leave(path, "cannot be read to its end ("+cause(err)+"), so not all that lies in it is taken", true)
	}
	w.folder(path, entries)
}

// setAside says of a folder why what lies in it is no recording, by the name that a system gives it; "" where it may be one.
func setAside(name string) string {
	switch strings.ToLower(name) {
	case "$recycle.bin", "recycler", "recycled", "#recycle", "@recycle", "network trash folder":
		return "holds deleted files"
	case "system volume information", "@eadir", "@__thumb", "#snapshot", "@recently-snapshot", "__macosx", "temporary items":
		return "belongs to the system of a computer or disk"
	}
	return ""
}
