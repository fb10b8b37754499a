package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"requin/annotate"
	"requin/frame"
)

// Format is one way of writing truth down: a file, or a folder of files. A format
// that cannot be written, or not be read, has a nil function there.
type Format struct {
	Name  string // as it is typed: "coco"
	Title string // as its makers call it
	// Sniff tells how surely a file is of this format, 0 (no) to 1, from its name and up to its first 4096
	// bytes as UTF-8 text (binary formats: as they are).
	Sniff func(name string, head []byte) float64
	Read  func(in Input) annotate.Records
	// Write gives what could not be written; on an error what was written is of no use.
	Write func(out Folder, records annotate.Records, opt Options) (*Losses, error)
	Many  bool // written as a folder of files: Write's names are in it; otherwise Write creates one file, Options.Name
}

// Input is what a reader reads: one file, with what lies beside it where the format
// spreads over several (YOLO's names, EventMeasure's exports).
type Input struct {
	FS   fs.FS  // the folder; readers open nothing else
	Name string // the file in it that was named; "." for the whole folder
	// Size gives a picture's width and height in pixels where the format counts in shares of it (YOLO,
	// MegaDetector) and does not say; nil where nobody can.
	Size func(name string) (w, h int, err error)
	// Rate is the rate in which frames are counted, where the format does not say; zero if unknown.
	Rate frame.Rational
}

// open opens the named file.
func (in Input) open() (io.ReadCloser, error) {
	f, err := in.FS.Open(in.Name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s is a folder: name the file in it", in.Name), f.Close())
	}
	return f, nil
}

// Options is what a writer may be told.
type Options struct {
	Name    string // of the file, for a format of one file
	Version string // of Requin, for formats that name their writer
}

// Folder is where a writer puts its files; "/" between folders in a name. Each
// file is closed by the writer before it returns without an error.
type Folder interface {
	Create(name string) (io.WriteCloser, error)
}

// errEnough ends reading where the one who ranges over the records has seen enough.
var errEnough = errors.New("enough")

// writeText writes a small file.
func writeText(out Folder, name, text string) error {
	file, err := out.Create(name)
	if err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	_, err = file.Write([]byte(text))
	return errors.Join(err, file.Close())
}
