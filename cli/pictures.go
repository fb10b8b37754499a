package cli

import (
	"context"
	"fmt"
	"image"
	_ "image/gif" // the kinds of pictures whose size may be asked
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"requin/annotate"
	"requin/frame"
	"requin/survey"
	"requin/video"
)

// pictures finds the pictures and videos that a file of annotations names, whatever
// folders it writes before their names.
type pictures struct {
	root   string
	byBase map[string][]string // paths under root, by their last part in lower case; nil until one is asked for
}

// newPictures looks in a folder and the folders in it, once a picture is asked for: tables of counts name none.
func newPictures(root string) (*pictures, error) {
	if _, err := os.ReadDir(root); err != nil {
		return nil, fmt.Errorf("the pictures' folder cannot be read: %w", err)
	}
	return &pictures{root: root}, nil
}

// list notes what lies there.
func (p *pictures) list() {
	p.byBase = map[string][]string{}
	_ = filepath.WalkDir(p.root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil: // a folder that may not be read has no pictures for us
			return fs.SkipDir
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != p.root:
			return fs.SkipDir
		case d.Type().IsRegular() && (video.IsImageName(name) || video.IsVideoName(name)):
			key := strings.ToLower(d.Name())
			p.byBase[key] = append(p.byBase[key], name)
		}
		return nil
	}) // the function gives no error
}

// find gives the path of the file that shares most of its last parts with a name; false where none has
// that name, or where two share as much.
func (p *pictures) find(name string) (string, bool) {
	if p.byBase == nil {
		p.list()
	}
	name = strings.ReplaceAll(name, "\\", "/")
	best, most, tie := "", -1, false
	for _, candidate := range p.byBase[strings.ToLower(path.Base(name))] {
		switch n := sharedEnd(filepath.ToSlash(candidate), name); {
		case n > most:
			best, most, tie = candidate, n, false
		case n == most:
			tie = true
		}
	}
	return best, best != "" && !tie
}

// sharedEnd counts the last parts that two paths have in common.
func sharedEnd(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && strings.EqualFold(x[len(x)-1-n], y[len(y)-1-n]) {
		n++
	}
	return n
}

// size tells the size in pixels of a picture or video; fs.ErrNotExist where it is not there.
func (p *pictures) size(ctx context.Context) func(name string) (w, h int, err error) {
	return func(name string) (int, int, error) {
		found, ok := p.find(name)
		if !ok {
			return 0, 0, fmt.Errorf("%s does not lie in %s: name its folder with --pictures (%w)", name, p.root, fs.ErrNotExist)
		}
		if video.IsVideoName(found) {
			f, err := video.Probe(ctx, found, frame.Rational{})
			if err != nil {
				return 0, 0, err
			}
			return f.W, f.H, nil
		}
		file, err := os.Open(found)
		if err != nil {
			return 0, 0, err
		}
		defer file.Close()
		config, _, err := image.DecodeConfig(file)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: its size cannot be read: %w", found, err)
		}
		return config.Width, config.Height, nil
	}
}

// pictureFile is the field of a Media that says where its file lies, as the survey stores paths.
const pictureFile = "requin.file"

// placed notes with each picture and video where its file lies.
func (p *pictures) placed(s *survey.Survey, records annotate.Records) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for record, err := range records {
			if m, ok := record.(annotate.Media); ok {
				if file, found := p.find(m.Name); found {
					extra := annotate.Extra{pictureFile: s.Stored(absolute(file))}
					for k, v := range m.Extra {
						extra[k] = v
					}
					m.Extra = extra
					record = m
				}
			}
			if !yield(record, err) {
				return
			}
		}
	}
}
