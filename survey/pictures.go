package survey

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"requin/annotate"
)

// Pictures finds the pictures and videos that a file of annotations names, whatever
// folders it writes before their names.
type Pictures struct {
	root   string
	is     func(name string) bool
	byBase map[string][]string // paths under root, by their folded file names; nil until one is asked for
}

// NewPictures looks in a folder and the folders in it, once a picture is asked for: tables of counts name none. is
// tells by its name whether a file is a picture or video.
func NewPictures(root string, is func(name string) bool) (*Pictures, error) {
	if _, err := os.ReadDir(root); err != nil {
		return nil, fmt.Errorf("the pictures' folder cannot be read: %w", err)
	}
	return &Pictures{root: root, is: is}, nil
}

// Root is the folder in which it looks.
func (p *Pictures) Root() string { return p.root }

// list notes what lies there.
func (p *Pictures) list() {
	p.byBase = map[string][]string{}
	_ = filepath.WalkDir(p.root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil: // a folder that may not be read has no pictures for us
			return fs.SkipDir
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != p.root:
			return fs.SkipDir
		case d.Type().IsRegular() && p.is(name):
			key := base(d.Name())
			p.byBase[key] = append(p.byBase[key], name)
		}
		return nil
	}) // the function gives no error
}

// Find gives the path of the file that shares most of its last parts with a name; false where none has
// that file name, or where two share as much.
func (p *Pictures) Find(name string) (string, bool) {
	if p.byBase == nil {
		p.list()
	}
	want := parts(name)
	best, most, tie := "", -1, false
	for _, candidate := range p.byBase[base(name)] {
		switch n := sameEnd(want, parts(candidate)); {
		case n > most:
			best, most, tie = candidate, n, false
		case n == most:
			tie = true
		}
	}
	return best, best != "" && !tie
}

// pictureFile is the field of a Media that says where its file lies, as Stored has it.
const pictureFile = "requin.file"

// Placed notes with each picture and video where its file lies, for FilesOf.
func (s *Survey) Placed(records annotate.Records, in *Pictures) annotate.Records {
	return annotate.ChangedMedia(records, func(m annotate.Media) annotate.Media {
		if file, found := in.Find(m.Name); found {
			extra := annotate.Extra{pictureFile: s.Stored(file)}
			for k, v := range m.Extra {
				extra[k] = v
			}
			m.Extra = extra
		}
		return m
	})
}

// FilesOf are the files of a picture or video out of the survey's records: the chapter of its deployment, of those given, else
// where it was when it was imported (Placed). It does not look whether they are there.
func (s *Survey) FilesOf(deployments []Deployment, m annotate.Media) ([]string, error) {
	if m.Video {
		most, path := 0, ""
		for _, d := range deployments {
			for _, c := range d.Chapters {
				// Two cards of one deployment may hold files of one name: the folders decide.
				if n := sameEnd(parts(c.Path), parts(m.Name)); d.OpCode == m.Deployment && n > most {
					most, path = n, c.Path
				}
			}
		}
		if most > 0 {
			return []string{s.Path(path)}, nil
		}
	}
	if file := m.Extra[pictureFile]; file != "" {
		return []string{s.Path(file)}, nil
	}
	if m.Video {
		return nil, fmt.Errorf("the survey does not have the video %s: requin add it, and name it with --video when you import", m.Name)
	}
	return nil, fmt.Errorf("nobody said where the picture %s lies: import its annotations again with --pictures FOLDER --replace", m.Name)
}
