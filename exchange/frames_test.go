package exchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"requin/annotate"
	"requin/realdata"
)

// folderTracks is a Folder in memory.
type folderTracks map[string]*fileTracks

type fileTracks struct {
	bytes.Buffer
	closed bool
}

func (f *fileTracks) Close() error { f.closed = true; return nil }

func (f folderTracks) Create(name string) (io.WriteCloser, error) {
	if f[name] != nil {
		return nil, fmt.Errorf("%s was created twice", name)
	}
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%s is no path inside a folder", name)
	}
	f[name] = &fileTracks{}
	return f[name], nil
}

// fs is what was written, to be read.
func (f folderTracks) fs(t testing.TB) fs.FS {
	out := fstest.MapFS{}
	for name, file := range f {
		if !file.closed {
			t.Errorf("%s was not closed", name)
		}
		out[name] = &fstest.MapFile{Data: file.Bytes()}
	}
	return out
}

// collectTracks reads a stream; what came before an error is no result.
func collectTracks(records annotate.Records) ([]annotate.Record, error) {
	var out []annotate.Record
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// streamTracks is collectTracks backwards.
func streamTracks(records ...annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// sortedTracks puts records into an order that does not depend on the file's.
func sortedTracks(records []annotate.Record) []annotate.Record {
	keys := make([]string, len(records))
	order := make([]int, len(records))
	for i, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		keys[i], order[i] = fmt.Sprintf("%T %s", r, text), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	out := make([]annotate.Record, len(records))
	for i, o := range order {
		out[i] = records[o]
	}
	return out
}

// sameTracks fails where two streams differ in more than their order.
func sameTracks(t testing.TB, got, want []annotate.Record) {
	t.Helper()
	got, want = sortedTracks(got), sortedTracks(want)
	for i := range want {
		if i < len(got) && !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("record %d of %d is\n%#v\nwant\n%#v", i, len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
}

// backTracks writes records and reads what was written: every file for a format of many.
func backTracks(t testing.TB, f Format, records annotate.Records, name string, in Input) (back []annotate.Record, out folderTracks, losses *Losses) {
	t.Helper()
	out = folderTracks{}
	losses, err := f.Write(out, records, Options{Name: name, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	in.FS = out.fs(t)
	for file := range out {
		if base := path.Base(file); base == "seqinfo.ini" || base == "labels.txt" || base == "overview.csv" && out["output.csv"] != nil {
			continue // read with the file beside it
		}
		in.Name = file
		more, err := collectTracks(f.Read(in))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%.3000s", err, out[file].String())
		}
		back = append(back, more...)
	}
	return back, out, losses
}

// roundTracks reads a real file, writes it without loss, and reads it again: equal. It gives the records.
func roundTracks(t *testing.T, f Format, file string, in Input) []annotate.Record {
	t.Helper()
	file = realdata.Path(t, filepath.FromSlash(file))
	in.FS, in.Name = os.DirFS(filepath.Dir(file)), filepath.Base(file)
	if d := filepath.Base(filepath.Dir(file)); d == "gt" {
		in.FS, in.Name = os.DirFS(filepath.Dir(filepath.Dir(file))), "gt/"+in.Name
	}
	head, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if s := f.Sniff(in.Name, head[:min(4096, len(head))]); s < 0.5 && len(head) > 0 {
		t.Errorf("sniffed as %s with %v", f.Name, s)
	}
	records := f.Read(in)
	want, err := collectTracks(records)
	if err != nil {
		t.Fatal(err)
	}
	again, err := collectTracks(records)
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("ranged over again the stream is another, %v", err)
	}
	orderTracks(t, want)
	back, _, losses := backTracks(t, f, records, in.Name, in)
	sameTracks(t, back, want)
	for _, l := range losses.List() {
		t.Errorf("lost: %s, %d times, %s", l.What, l.Count, l.Example)
	}
	return want
}

// orderTracks fails where a mark refers to what did not come before it, or a name is given twice.
func orderTracks(t testing.TB, records []annotate.Record) {
	t.Helper()
	media, tracks := map[string]bool{}, map[[2]string]bool{}
	for _, r := range records {
		switch r := r.(type) {
		case annotate.Media:
			if media[r.Name] || r.Name == "" {
				t.Fatalf("the medium %q comes twice or has no name", r.Name)
			}
			media[r.Name] = true
		case annotate.Track:
			key := [2]string{r.Media, r.ID}
			if tracks[key] || !media[r.Media] || r.ID == "" {
				t.Fatalf("the track %v comes twice, before its medium, or has no id", key)
			}
			tracks[key] = true
		case annotate.Mark:
			if !media[r.Media] || r.Track != "" && !tracks[[2]string{r.Media, r.Track}] {
				t.Fatalf("the mark %+v comes before its medium or track", r)
			}
			if r.Frame < 0 && r.Time < 0 && r.Frame != -1 {
				t.Fatalf("the mark %+v has no place in time", r)
			}
		}
	}
}

// countTracks counts the records of each kind.
func countTracks(records []annotate.Record) (media, tracks, marks int) {
	for _, r := range records {
		switch r.(type) {
		case annotate.Media:
			media++
		case annotate.Track:
			tracks++
		case annotate.Mark:
			marks++
		}
	}
	return media, tracks, marks
}

// fuzzTracks is what holds for any bytes: a reader ends, gives nothing after an error, and what it reads
// without one can be written, read and is the same.
func fuzzTracks(t *testing.T, f Format, name string, data []byte) {
	in := Input{FS: fstest.MapFS{name: &fstest.MapFile{Data: data}}, Name: name}
	failed := false
	for _, err := range f.Read(in) {
		if failed {
			t.Fatal("something came after an error")
		}
		failed = err != nil
	}
	if failed {
		return
	}
	want, err := collectTracks(f.Read(in))
	if err != nil {
		t.Fatal(err)
	}
	orderTracks(t, want)
	back, _, losses := backTracks(t, f, f.Read(in), name, Input{})
	if s := losses.String(); s != "" {
		t.Logf("lost: %s", s)
	}
	sameTracks(t, back, want)
	f.Sniff(name, data[:min(len(data), 4096)])
}

// readTracks reads text as a file of a format.
func readTracks(f Format, name, text string) ([]annotate.Record, error) {
	return collectTracks(f.Read(Input{FS: fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, Name: name}))
}

// refusedTracks holds errors of malformed files to what they should say.
func refusedTracks(t *testing.T, f Format, name string, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		got, err := readTracks(f, name, text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%.80q: %d records, error %v, want %q and the file's name", text, len(got), err, want)
		}
	}
}

// fsTracks is a folder of one file.
func fsTracks(name, text string) fs.FS {
	return fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
}
