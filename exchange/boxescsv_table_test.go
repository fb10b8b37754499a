package exchange

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"requin/annotate"
	"requin/realdata"
)

// memoryTables is a folder in memory.
type memoryTables map[string]*bytes.Buffer

type closerTables struct{ io.Writer }

func (closerTables) Close() error { return nil }

func (m memoryTables) Create(name string) (io.WriteCloser, error) {
	if m[name] != nil {
		return nil, fmt.Errorf("%s is written twice", name)
	}
	m[name] = &bytes.Buffer{}
	return closerTables{m[name]}, nil
}

func (m memoryTables) files() fstest.MapFS {
	files := fstest.MapFS{}
	for name, b := range m {
		files[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return files
}

// recordsTables is a stream of the records given.
func recordsTables(records ...annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// readTables reads all, and fails where something comes after an error.
func readTables(t testing.TB, f Format, in Input) ([]annotate.Record, error) {
	t.Helper()
	var out []annotate.Record
	var failure error
	for r, err := range f.Read(in) {
		if failure != nil {
			t.Fatalf("%v after the error %v", r, failure)
		}
		if err != nil {
			failure = err
			continue
		}
		out = append(out, r)
	}
	return out, failure
}

// sortedTables puts records into an order of their own.
func sortedTables(records []annotate.Record) []annotate.Record {
	keys := map[int]string{}
	order := make([]int, len(records))
	for i, r := range records {
		keys[i], order[i] = fmt.Sprintf("%T %+v", r, r), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	out := make([]annotate.Record, len(records))
	for i, n := range order {
		out[i] = records[n]
	}
	return out
}

// sameTables compares two streams whatever their order.
func sameTables(t testing.TB, want, got []annotate.Record) {
	t.Helper()
	want, got = sortedTables(want), sortedTables(got)
	for i := range min(len(want), len(got)) {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Fatalf("record %d:\n got %#v\nwant %#v", i, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
}

// againTables writes records and reads them again.
func againTables(t testing.TB, f Format, records []annotate.Record, in Input) ([]annotate.Record, *Losses, memoryTables) {
	t.Helper()
	out := memoryTables{}
	losses, err := f.Write(out, recordsTables(records...), Options{Name: "out", Version: "test"})
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	in.FS, in.Name = out.files(), "out"
	if f.Many {
		in.Name = "."
	}
	got, err := readTables(t, f, in)
	if err != nil {
		for name, b := range out {
			t.Logf("%s:\n%.2000s", name, b)
		}
		t.Fatalf("reading what was written: %v", err)
	}
	return got, losses, out
}

// roundTables reads a real file, writes it, reads it again and compares; nothing may be lost.
func roundTables(t *testing.T, f Format, in Input) []annotate.Record {
	t.Helper()
	records, err := readTables(t, f, in)
	if err != nil {
		t.Fatal(err)
	}
	again, losses, _ := againTables(t, f, records, in)
	sameTables(t, records, again)
	if losses.String() != "" {
		t.Errorf("lost:\n%s", losses)
	}
	return records
}

// realTables is a real file as an input.
func realTables(t testing.TB, elem ...string) Input {
	full := realdata.Path(t, elem...)
	return Input{FS: os.DirFS(filepath.Dir(full)), Name: filepath.Base(full)}
}

// textTables is an input of one file of this text.
func textTables(text string) Input {
	return Input{FS: fstest.MapFS{"in.csv": &fstest.MapFile{Data: []byte(text)}}, Name: "in.csv"}
}

// countTables counts records by type.
func countTables(records []annotate.Record) map[string]int {
	n := map[string]int{}
	for _, r := range records {
		n[strings.TrimPrefix(fmt.Sprintf("%T", r), "annotate.")]++
	}
	return n
}

// fuzzTables is what holds for every reader: it ends, and what it reads without an error is read again as it was after writing.
func fuzzTables(t *testing.T, f Format, in Input) {
	records, err := readTables(t, f, in)
	if err != nil {
		return
	}
	again, _, out := againTables(t, f, records, in)
	defer func() {
		if t.Failed() {
			for name, b := range out {
				t.Logf("%s:\n%q", name, b)
			}
		}
	}()
	sameTables(t, records, again)
}

// lossesTables are the kinds of losses.
func lossesTables(l *Losses) string {
	var out []string
	for _, loss := range l.List() {
		out = append(out, loss.What)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
