package exchange

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Part is one thing that is read by itself: a file, or a set of files of one format.
type Part struct {
	Input
	Format Format
}

// Parts are what an input holds: itself, of the named format, or of the one that it looks like where none is
// named; or each file of a folder that is no set of files of one format, in order of their names.
func Parts(in Input, format string) ([]Part, error) {
	f, err := chosen(in, format)
	if err == nil && (f.Many || in.Name != ".") {
		return []Part{{in, f}}, nil
	}
	if in.Name != "." {
		return nil, err
	}
	files, listing := Files(in)
	if len(files) == 0 {
		return nil, cmp.Or(listing, err, errNoSet)
	}
	var parts []Part
	for _, file := range files {
		in.Name = file
		f, err := chosen(in, format)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		parts = append(parts, Part{in, f})
	}
	return parts, nil
}

// chosen is the format of a name, which must be one that is read; "": the one that an input looks like.
func chosen(in Input, name string) (Format, error) {
	if name == "" {
		return Guess(in)
	}
	f, err := Named(name)
	if err == nil && f.Read == nil {
		err = fmt.Errorf("%s can be written, but not read", f.Title)
	}
	return f, err
}

// Inside goes into the one folder that a folder or zip holds, where it holds nothing else that is not hidden.
func Inside(in fs.FS) fs.FS {
	for {
		entries, err := fs.ReadDir(in, ".")
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") || e.Name() == "__MACOSX" })
		if err != nil || len(entries) != 1 || !entries[0].IsDir() {
			return in
		}
		inner, err := fs.Sub(in, entries[0].Name())
		if err != nil {
			return in
		}
		in = inner
	}
}
