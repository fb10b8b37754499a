package exchange

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"requin/annotate"
	"requin/realdata"
)

// memoryCounts is a Folder in memory, and the fs.FS that reads it back.
type memoryCounts struct {
	files map[string]*bytes.Buffer
	open  int
}

func (m *memoryCounts) Create(name string) (io.WriteCloser, error) {
	if m.files == nil {
		m.files = map[string]*bytes.Buffer{}
	}
	m.files[name] = &bytes.Buffer{}
	m.open++
	return memoryFileCounts{m.files[name], m}, nil
}

type memoryFileCounts struct {
	*bytes.Buffer
	m *memoryCounts
}

func (f memoryFileCounts) Close() error { f.m.open--; return nil }

// realSetsCounts are the real sets: a folder, or a prefix in a zip file.
func realSetsCounts(t testing.TB) map[string]Input {
	t.Helper()
	out := map[string]Input{}
	root := realdata.Path(t, "eventmeasure")
	for _, dir := range []string{"bruvs_with_zeros", "bruvs_with_zeros_3species", "swc_2023-03", "tasman_fracture_2021-03"} {
		out[dir] = Input{FS: os.DirFS(path.Join(root, dir)), Name: "."}
	}
	z, err := zip.OpenReader(path.Join(root, "large_exmouth", "examples.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	out["exmouth"] = Input{FS: z, Name: "examples/2024-05_Exmouth-Gulf_stereo-BRUVs"}
	out["dovs"] = Input{FS: z, Name: "examples/2014-08_small subset_stereoDOVs"}
	return out
}

// sumsCounts are the numbers by which a reading is held against another program's.
type sumsCounts struct {
	deployments, chapters, periods, points, number, lengths, threeD, lengthNumber int
}

// What is read of every real set, against the numbers of testdata/checkem.py (awk for the DOVs).
func TestEventMeasureReal(t *testing.T) {
	want := map[string]sumsCounts{
		"bruvs_with_zeros":          {6, 0, 6, 556, 556, 122, 19, 141},
		"bruvs_with_zeros_3species": {6, 0, 6, 32, 32, 12, 1, 13},
		"swc_2023-03":               {32, 324, 32, 17425, 19112, 2283, 145, 5217},
		"tasman_fracture_2021-03":   {113, 859, 142, 3684, 25906, 2367, 5, 4908},
		"exmouth":                   {328, 1708, 217, 114713, 114800, 7636, 1188, 15783},
		"dovs":                      {7, 0, 6, 0, 0, 1030, 545, 2773}, // the metadata has a deployment for each of 6 periods
	}
	for name, in := range realSetsCounts(t) {
		t.Run(name, func(t *testing.T) {
			var got sumsCounts
			for record, err := range EventMeasure().Read(in) {
				if err != nil {
					t.Fatal(err)
				}
				switch r := record.(type) {
				case annotate.Deployment:
					got.deployments++
					got.chapters += len(r.Chapters)
					got.periods += len(r.Periods)
				case annotate.Sighting:
					got.points++
					got.number += r.Number
				case annotate.Length:
					got.lengthNumber += r.Number
					if emFile(r) == emLengths {
						got.lengths++
					} else {
						got.threeD++
					}
				}
			}
			if got != want[name] {
				t.Errorf("%s: %+v, want %+v", name, got, want[name])
			}
		})
	}
}

// What is read and written again has the same cells.
func TestEventMeasureCells(t *testing.T) {
	for name, in := range realSetsCounts(t) {
		t.Run(name, func(t *testing.T) {
			out := &memoryCounts{}
			records, err := readCounts(EventMeasure().Read(in))
			if err != nil {
				t.Fatal(err)
			}
			losses, err := EventMeasure().Write(out, streamCounts(records), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(losses.List()) > 0 {
				t.Errorf("lost: %s", losses)
			}
			if out.open != 0 {
				t.Errorf("%d files were left open", out.open)
			}
			set, err := emSetOf(in)
			if err != nil {
				t.Fatal(err)
			}
			for kind, file := range set.files {
				if kind == emMeta {
					continue
				}
				original, err := fs.ReadFile(in.FS, file)
				if err != nil {
					t.Fatal(err)
				}
				again := out.files[path.Base(file)]
				if again == nil {
					if bytes.Count(original, []byte("\n")) > 1 {
						t.Errorf("%s was not written", file)
					}
					continue
				}
				sameCellsCounts(t, file, original, again.Bytes())
			}
		})
	}
}

// streamCounts is a stream of what was read.
func streamCounts(records []annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// sameCellsCounts holds two tables against each other, cell by cell by the names of the columns: as
// numbers where they are, else as texts without the spaces around them.
func sameCellsCounts(t *testing.T, name string, want, got []byte) {
	t.Helper()
	a, b := rowsCounts(want), rowsCounts(got)
	if len(a) != len(b) {
		t.Errorf("%s: %d lines, want %d", name, len(b), len(a))
		return
	}
	at := map[string]int{}
	for i, column := range b[0] {
		at[column] = i
	}
	bad := 0
	for i := range a {
		for j, column := range a[0] {
			k, ok := at[column]
			if !ok {
				t.Fatalf("%s: column %s is gone", name, column)
			}
			x, y := strings.TrimSpace(a[i][j]), strings.TrimSpace(b[i][k])
			if x == y {
				continue
			}
			u, errU := strconv.ParseFloat(x, 64)
			v, errV := strconv.ParseFloat(y, 64)
			if errU == nil && errV == nil && u == v {
				continue
			}
			if bad++; bad < 5 {
				t.Errorf("%s, line %d, column %s: %q, want %q", name, i+1, column, y, x)
			}
		}
	}
	if bad > 0 {
		t.Errorf("%s: %d cells differ", name, bad)
	}
}

func rowsCounts(text []byte) [][]string {
	var rows [][]string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		rows = append(rows, strings.Split(lines.Text(), "\t"))
	}
	return rows
}

// fs is what was written, to be read.
func (m *memoryCounts) fs() fs.FS {
	files := fstest.MapFS{}
	for name, b := range m.files {
		files[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return files
}
