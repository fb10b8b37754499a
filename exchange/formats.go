package exchange

import (
	"fmt"
	"io/fs"
	"path"
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

// mostSniffed is how many files of a folder are looked into to tell its format.
const mostSniffed = 50

// Guess tells which format an input is of: the one surest of it. A folder is judged by the files in it.
func Guess(in Input) (Format, error) {
	if in.Name != "." {
		f, sure, err := sniffFile(in.FS, in.Name)
		if err != nil {
			return Format{}, err
		}
		if sure == 0 {
			return Format{}, fmt.Errorf("%s is of no format that Requin knows: name its format with --format (requin formats lists them)", in.Name)
		}
		return f, nil
	}
	var best Format
	surest, looked := 0.0, 0
	err := fs.WalkDir(in.FS, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(path.Base(name), ".") && name != ".":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || isPicture(name):
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
		return Format{}, fmt.Errorf("nothing in the folder is of a format of several files that Requin knows: name one file in it, or its format with --format (requin formats lists them)")
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
