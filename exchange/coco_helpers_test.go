package exchange

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"

	"requin/annotate"
)

// folderBoxes is a folder in memory that is written to and read from.
type folderBoxes fstest.MapFS

type fileBoxes struct {
	bytes.Buffer
	folder folderBoxes
	name   string
}

func (f *fileBoxes) Close() error {
	f.folder[f.name] = &fstest.MapFile{Data: f.Bytes()}
	return nil
}

func (d folderBoxes) Create(name string) (io.WriteCloser, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrInvalid}
	}
	if d[name] != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return &fileBoxes{folder: d, name: name}, nil
}

// allBoxes is a stream's records and what ended it. It checks that nothing comes after an error.
func allBoxes(t testing.TB, records annotate.Records) ([]annotate.Record, error) {
	t.Helper()
	var out []annotate.Record
	var failure error
	for r, err := range records {
		if failure != nil {
			t.Fatalf("%v came after the error %v", r, failure)
		}
		if failure = err; err == nil {
			out = append(out, r)
		}
	}
	return out, failure
}

// sortedBoxes puts records into an order that does not depend on the file's.
func sortedBoxes(records []annotate.Record) []annotate.Record {
	keys := map[string][]annotate.Record{}
	for _, r := range records {
		text, _ := json.Marshal(r)
		key := reflect.TypeOf(r).Name() + string(text)
		keys[key] = append(keys[key], r)
	}
	var out []annotate.Record
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		out = append(out, keys[key]...)
	}
	return out
}

func equalBoxes(t testing.TB, got, want []annotate.Record) {
	t.Helper()
	got, want = sortedBoxes(got), sortedBoxes(want)
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("record %d of %d:\n%+v\nwant\n%+v", i, len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
}

func sliceBoxes(records []annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// againBoxes writes records in a format and gives what reading that gives, with the losses.
// Pictures of the folder from, where there is one, lie beside what was written.
func againBoxes(t testing.TB, f Format, in Input, records annotate.Records) ([]annotate.Record, *Losses, folderBoxes) {
	t.Helper()
	out := folderBoxes{}
	opt := Options{Name: "out.json", Version: "test"}
	losses, err := f.Write(out, records, opt)
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	if f.Many {
		opt.Name = "."
	}
	both := in
	both.FS, both.Name = overBoxes{fstest.MapFS(out), in.FS}, opt.Name
	again, err := allBoxes(t, f.Read(both))
	if err != nil {
		for name, file := range out {
			t.Logf("%s:\n%s", name, file.Data)
		}
		t.Fatalf("reading what was written: %v", err)
	}
	return again, losses, out
}

// overBoxes shows the files of the first folder and the pictures of the second.
type overBoxes struct{ first, pictures fs.FS }

func (o overBoxes) Open(name string) (fs.File, error) {
	f, err := o.first.Open(name)
	if err == nil {
		return f, nil
	}
	if o.pictures == nil || !isPicture(name) {
		return nil, err
	}
	return o.pictures.Open(name)
}

func (o overBoxes) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.first, name)
	if o.pictures == nil {
		return entries, err
	}
	more, moreErr := fs.ReadDir(o.pictures, name)
	if err != nil && moreErr != nil {
		return nil, err
	}
	for _, e := range more {
		have := slices.ContainsFunc(entries, func(h fs.DirEntry) bool { return h.Name() == e.Name() })
		if !have && (e.IsDir() || isPicture(e.Name())) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return bytes.Compare([]byte(a.Name()), []byte(b.Name())) })
	return entries, nil
}

func (o overBoxes) Stat(name string) (fs.FileInfo, error) {
	if info, err := fs.Stat(o.first, name); err == nil || o.pictures == nil {
		return info, err
	}
	info, err := fs.Stat(o.pictures, name)
	if err == nil && !info.IsDir() && !isPicture(name) {
		return nil, fs.ErrNotExist
	}
	return info, err
}

// roundTripBoxes reads a file of a format, writes it, reads it again and wants the same without a loss.
func roundTripBoxes(t testing.TB, f Format, in Input) []annotate.Record {
	t.Helper()
	records, err := allBoxes(t, f.Read(in))
	if err != nil {
		t.Fatal(err)
	}
	again, losses, _ := againBoxes(t, f, in, f.Read(in))
	equalBoxes(t, again, records)
	if text := losses.String(); text != "" {
		t.Errorf("lost on the way into its own format: %s", text)
	}
	return records
}

// ofBoxes picks the records of one type.
func ofBoxes[T annotate.Record](records []annotate.Record) (out []T) {
	for _, r := range records {
		if one, ok := r.(T); ok {
			out = append(out, one)
		}
	}
	return out
}

func dirBoxes(path string) fs.FS { return os.DirFS(path) }

func textBoxes(name, text string) Input {
	return Input{FS: fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, Name: name}
}
