package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Formats are all formats, in the order in which they are listed.
func Formats() []Format {
	return []Format{
		COCO(), VOC(), YOLO(), CVATVideo(), CVATImages(), LabelStudio(),
		VIAME(), KW18(), DIVE(), MOT(), MegaDetector(), BIIGLE(), SharkTrack(),
		EventMeasure(), EMObs(), GlobalArchive(), CheckEM(), CamtrapDP(), OBIS(),
		BoxesCSV(),
	}
}

// Named is the format of a name.
func Named(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if strings.EqualFold(f.Name, name) {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q: name one of %s", name, strings.Join(names, ", "))
}

// errNoSet says that a folder is no set of files of one format.
var errNoSet = errors.New("nothing in the folder is of a format that Requin knows: name one file in it, or its format with --format (requin formats lists them)")

// mostSniffed is how many files of a folder are looked into to tell its format.
const mostSniffed = 50

// Guess tells which format an input is of: the one surest of it. A folder is judged by the files in it; only
// formats of several files come into question (Files lists the others).
func Guess(in Input) (Format, error) {
	if info, err := fs.Stat(in.FS, in.Name); in.Name != "." && !(err != nil && anyBegins(in)) && !(err == nil && info.IsDir()) {
		f, sure, err := sniffFile(in.FS, in.Name)
		if err != nil {
			return Format{}, err
		}
		if info, err := fs.Stat(in.FS, in.Name); sure == 0 && err == nil && info.Size() == 0 {
			return Format{}, fmt.Errorf("%s is empty, which says something in some formats only: name its format with --format (requin formats lists them)", in.Name)
		}
		if sure == 0 {
			return Format{}, fmt.Errorf("%s is of no format that Requin knows: name its format with --format (requin formats lists them)", in.Name)
		}
		return f, nil
	}
	var best Format
	surest, looked := 0.0, 0
	err := eachFile(in.FS, func(name string) error {
		switch {
		case in.Name != "." && !strings.HasPrefix(name, in.Name):
			return nil
		case looked == mostSniffed || surest == 1:
			return fs.SkipAll
		}
		looked++
		f, sure, err := sniffFile(in.FS, name)
		if err == nil && f.Many && sure > surest {
			best, surest = f, sure
		}
		return err
	})
	if err != nil {
		return Format{}, err
	}
	if surest == 0 {
		return Format{}, errNoSet
	}
	return best, nil
}

// sniffFile gives the format that is surest of a file, and how sure.
func sniffFile(in fs.FS, name string) (Format, float64, error) {
	file, err := in.Open(name)
	if err != nil {
		return Format{}, 0, err
	}
	defer file.Close()
	head, err := headOf(file)
	if err != nil {
		return Format{}, 0, fmt.Errorf("%s: %w", name, err)
	}
	var best Format
	surest := 0.0
	for _, f := range Formats() {
		if sure := f.Sniff(name, head); f.Read != nil && sure > surest {
			best, surest = f, sure
		}
	}
	return best, surest, nil
}

// anyBegins tells whether the input's name is how files in the folder begin: of one of several sets.
func anyBegins(in Input) bool {
	entries, err := fs.ReadDir(in.FS, path.Dir(in.Name))
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(path.Join(path.Dir(in.Name), e.Name()), in.Name) })
}

// Files lists the files of a folder that are each of a format of one file (COCO, VIAME, EMObs ...), in
// order of their names: what a folder holds that is no set of files of one format.
func Files(in Input) ([]string, error) {
	var out []string
	err := eachFile(in.FS, func(name string) error {
		f, sure, err := sniffFile(in.FS, name)
		if err == nil && !f.Many && sure >= 0.5 {
			out = append(out, name)
		}
		return err
	})
	return out, err
}

// eachFile visits the files of a folder and the folders in it, in order of their names, that may be truth: none that is
// hidden, and no pictures. fs.SkipAll from do ends it.
func eachFile(in fs.FS, do func(name string) error) error {
	return fs.WalkDir(in, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(path.Base(name), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || isPicture(name):
			return nil
		}
		return do(name)
	})
}
