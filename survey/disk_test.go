package survey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
)

// closed is the folder of a survey with these records that nobody has open.
func closed(t testing.TB, records ...annotate.Record) string {
	t.Helper()
	s := fresh(t)
	feed(t, s, "first", records...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.Folder()
}

func TestCloseLeavesOneFile(t *testing.T) {
	folder := closed(t, made{rand.New(rand.NewPCG(1, 1))}.records()...)
	if got := files(t, folder); !slices.Equal(got, []string{"requin.db"}) {
		t.Errorf("left: %v", got)
	}
	for _, sub := range []string{RunsFolder, DatasetsFolder, ModelsFolder} {
		if info, err := os.Stat(filepath.Join(folder, sub)); err != nil || !info.IsDir() {
			t.Error(sub, err)
		}
	}
}

// Databases that are no survey's, of a newer Requin, or damaged are refused, with what to do, and left as they are.
func TestOpenRefuses(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(closed(t, made{rand.New(rand.NewPCG(3, 1))}.records()...), dbFile))
	if err != nil {
		t.Fatal(err)
	}
	sqlIn := func(query string) func(string) {
		return func(path string) {
			db, err := connect(path, "mode=rwc")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(query); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	content := func(b []byte) func(string) { return func(path string) { put(t, path, string(b)) } }
	zeroed := slices.Clone(whole)
	clear(zeroed[100:8192])
	for name, c := range map[string]struct {
		make func(path string)
		want []string
	}{
		"nothing":      {func(string) {}, []string{"is no survey", "requin init"}},
		"a text":       {content([]byte(strings.Repeat("this is no database\n", 99))), []string{"is not a database", "move it aside"}},
		"empty":        {content(nil), []string{"holds no survey", "move it aside"}},
		"another's":    {sqlIn("CREATE TABLE survey (id INTEGER)"), []string{"holds no survey"}},
		"cut":          {content(whole[:len(whole)/2]), []string{"is damaged", "last good copy"}},
		"zeros inside": {content(zeroed), []string{"is damaged", "last good copy"}},
		"a folder":     {func(path string) { _ = os.Mkdir(path, 0o777) }, []string{"is no file"}},
		"newer": {func(path string) {
			put(t, path, string(whole))
			sqlIn("INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, 1 FROM goose_db_version")(path)
		}, []string{"newer Requin", "version 8", "up to 7", "install"}},
	} {
		folder := filepath.Join(t.TempDir(), "s")
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, dbFile)
		c.make(path)
		before, _ := os.ReadFile(path)
		s, err := Open(t.Context(), folder)
		if err == nil {
			t.Errorf("%s was opened", name)
			_ = s.Close()
			continue
		}
		says(t, err, c.want...)
		after, _ := os.ReadFile(path)
		if string(before) != string(after) {
			t.Errorf("%s was changed", name)
		}
	}
}

// Damage that shows only when it is read is an error then, never a short answer.
func TestDamageInside(t *testing.T) {
	folder := closed(t)
	path := filepath.Join(folder, dbFile)
	s := reopen(t, folder)
	must[Imported](t)(s.Import(t.Context(), Source{Name: "p"}, points(2000), ImportOptions{}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := len(whole) / 4096 / 2 * 4096
	for i := range 4096 * 4 {
		whole[at+i] = 0xa5
	}
	put(t, path, string(whole))
	s = reopen(t, folder)
	var last error
	for _, err := range s.Records(t.Context(), Filter{}) {
		last = err
	}
	says(t, last, "is damaged", "last good copy")
}

// A database of version 1, as the first Requin that had surveys left it, opens, and says what it said.
func TestOpenVersion1(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "v1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	db, err := connect(filepath.Join(folder, dbFile), "mode=rwc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(script)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := reopen(t, folder)
	if s.Name() != "Récif 2026" {
		t.Errorf("name %q", s.Name())
	}
	compare(t, collect(t, s.Records(t.Context(), Filter{})), version1())
	r := must[Run](t)(s.Run(t.Context(), "run-1"))
	sameRun(t, r, version1Run())
	if got := must[[]Verdict](t)(s.Verdicts(t.Context(), "10")); len(got) != 1 || got[0].Kind != "reject" {
		t.Errorf("verdicts %+v", got)
	}
	if got := must[[]Deployment](t)(s.Deployments(t.Context())); len(got) != 2 || got[1].Count == nil || got[1].Count.MaxN["Triaenodon obesus"] != 1 {
		t.Errorf("deployments %+v", got)
	}
}

// Steps that a database lacks are applied once, whole or not at all, whoever comes first.
func TestMigrate(t *testing.T) {
	steps := fstest.MapFS{} // those that there are, and one more
	known, err := fs.Glob(migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range known {
		steps[name] = &fstest.MapFile{Data: must[[]byte](t)(fs.ReadFile(migrations(), name))}
	}
	step := func(more int, name string) string { return fmt.Sprintf("%05d_%s.sql", len(known)+more, name) }
	steps[step(1, "more")] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE survey ADD COLUMN more TEXT;\nUPDATE survey SET more = name;\n")}
	path := filepath.Join(closed(t), dbFile)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := connect(path, "mode=rw")
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := migrate(t.Context(), db, steps); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	check := func(want string) {
		t.Helper()
		db, err := connect(path, "mode=rw")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var more string
		if err := db.QueryRow("SELECT more FROM survey").Scan(&more); err != nil || more != want {
			t.Errorf("%q, %v", more, err)
		}
	}
	check("study")
	steps[step(2, "broken")] = &fstest.MapFile{Data: []byte("-- +goose Up\nUPDATE survey SET more = 'half';\nUPDATE nothing SET x = 1;\n")}
	db2, err := connect(path, "mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	says(t, migrate(t.Context(), db2, steps), "cannot be brought up to date")
	if err := db2.Close(); err != nil {
		t.Fatal(err)
	}
	check("study")
	// This Requin does not know the steps after its own.
	_, err = Open(t.Context(), filepath.Dir(path))
	says(t, err, "newer Requin")
}

// Without shared memory SQLite cannot keep its log; the survey works all the same and says so.
func TestWithoutSharedMemory(t *testing.T) {
	want := made{rand.New(rand.NewPCG(5, 5))}.records()
	folder := closed(t, want...)
	if err := os.Mkdir(filepath.Join(folder, dbFile+"-shm"), 0o777); err != nil { // nothing can be mapped there
		t.Fatal(err)
	}
	s := reopen(t, folder)
	if w := s.Warnings(); len(w) != 1 || !strings.Contains(w[0], "shared memory") {
		t.Errorf("warnings %q", w)
	}
	compare(t, collect(t, s.Records(t.Context(), Filter{})), want)
	feed(t, s, "second", annotate.Sighting{OpCode: "B"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, dbFile+"-shm")); err != nil {
		t.Fatal(err)
	}
	if got := must[[]SourceInfo](t)(reopen(t, folder).Sources(t.Context())); len(got) != 2 {
		t.Errorf("sources %+v", got)
	}
}

// A survey that cannot be written to opens for reading, also where its last writer left a log.
func TestReadOnly(t *testing.T) {
	want := made{rand.New(rand.NewPCG(6, 6))}.records()
	folder := closed(t, want...)
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(folder, dbFile)
		if err := os.Chmod(path, 0o444); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(path, 0o644)
		readsOnly(t, folder, want)
	})
	t.Run("disk", func(t *testing.T) { readsOnly(t, burned(t, folder), want) })
	t.Run("disk with a log", func(t *testing.T) {
		s := reopen(t, folder)
		more := annotate.Sighting{OpCode: "2", Number: 99}
		feed(t, s, "second", more)
		copied := filepath.Join(t.TempDir(), "copy") // while it is open
		if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(copied, dbFile+"-wal")); err != nil || info.Size() == 0 {
			t.Fatal("the copy has no log", err)
		}
		ro := reopen(t, burned(t, copied))
		n := 0
		for r, err := range ro.Records(t.Context(), Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := r.(annotate.Sighting); ok && s.Number == 99 {
				n++
			}
		}
		if n != 1 || !ro.ReadOnly() {
			t.Errorf("what only the log holds came %d times", n)
		}
		temporary := ro.copied
		if err := ro.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(temporary); err == nil || temporary == "" {
			t.Errorf("the copy %q was left", temporary)
		}
	})
	t.Run("disk with an older version", func(t *testing.T) {
		old := t.TempDir()
		db, err := connect(filepath.Join(old, dbFile), "mode=rwc")
		if err != nil {
			t.Fatal(err)
		}
		script, err := os.ReadFile(filepath.Join("testdata", "v1.sql"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(script)); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		readsOnly(t, burned(t, old), version1())
	})
}

func readsOnly(t *testing.T, folder string, want []annotate.Record) {
	t.Helper()
	before := files(t, folder)
	s := reopen(t, folder)
	if w := s.Warnings(); !s.ReadOnly() || len(w) != 1 || !strings.Contains(w[0], "open for reading") {
		t.Errorf("read-only %v, warnings %q", s.ReadOnly(), w)
	}
	compare(t, collect(t, s.Records(t.Context(), Filter{})), want)
	_, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "new"})
	says(t, err, "cannot be written to", "copy it to another place", folder)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after := files(t, folder); !slices.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
}

// burned is a folder that cannot be written to, by anybody where the test may arrange that.
func burned(t *testing.T, folder string) string {
	t.Helper()
	if os.Getuid() != 0 {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(folder, 0o777) })
		return folder
	}
	if runtime.GOOS != "linux" {
		t.Skip("root writes everywhere")
	}
	at := t.TempDir()
	if out, err := exec.Command("mount", "--bind", folder, at).CombinedOutput(); err != nil {
		t.Skipf("nothing may be mounted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", at).Run() })
	if out, err := exec.Command("mount", "-o", "remount,ro,bind", at).CombinedOutput(); err != nil {
		t.Skipf("nothing may be mounted here: %s", out)
	}
	return at
}

// Two that have the survey open write one after the other, and read while the other writes.
func TestAtOnce(t *testing.T) {
	s := fresh(t)
	other := reopen(t, s.Folder())
	each := rounds(20)
	var group sync.WaitGroup
	for i, who := range []*Survey{s, s, other, other} {
		group.Go(func() {
			for k := range each {
				name := fmt.Sprintf("%d-%d", i, k)
				if _, err := who.PutDeployment(t.Context(), annotate.Deployment{OpCode: name}); err != nil {
					t.Error(err)
				}
				if _, err := who.Import(t.Context(), Source{Name: name}, stream(annotate.Sighting{OpCode: name}, annotate.Mark{Media: name}), ImportOptions{}); err != nil {
					t.Error(err)
				}
				marks, sightings := 0, 0
				for r, err := range who.Records(t.Context(), Filter{}) {
					if err != nil {
						t.Error(err)
					}
					switch r.(type) {
					case annotate.Mark:
						marks++
					case annotate.Sighting:
						sightings++
					}
				}
				if marks != sightings || marks == 0 {
					t.Errorf("half an import was seen: %d marks, %d sightings", marks, sightings)
				}
			}
		})
	}
	group.Wait()
	if got := must[[]Deployment](t)(s.Deployments(t.Context())); len(got) != 4*each {
		t.Errorf("%d deployments, want %d", len(got), 4*each)
	}
}

// Reading goes on while an import of another process holds the survey, and what is not finished is not seen.
func TestReadWhileImporting(t *testing.T) {
	s := fresh(t)
	other := reopen(t, s.Folder())
	_, err := s.Import(t.Context(), Source{Name: "a"}, func(yield func(annotate.Record, error) bool) {
		for r := range points(500) {
			if !yield(r, nil) {
				return
			}
		}
		for _, who := range []*Survey{s, other} {
			if got := collect(t, who.Records(t.Context(), Filter{})); len(got) != 0 {
				t.Errorf("%d records of an unfinished import", len(got))
			}
		}
	}, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := must[[]Deployment](t)(other.Deployments(t.Context())); len(d) != 100 {
		t.Errorf("%d deployments", len(d))
	}
}

// Who waits for a writer of another process can stop waiting.
func TestWaitingEnds(t *testing.T) {
	s := fresh(t)
	other := reopen(t, s.Folder())
	release, held := make(chan bool), make(chan bool)
	go func() {
		_, _ = s.Import(t.Context(), Source{Name: "a"}, func(yield func(annotate.Record, error) bool) {
			close(held)
			<-release
		}, ImportOptions{})
		close(release)
	}()
	<-held
	for _, who := range []*Survey{s, other} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		if _, err := who.PutDeployment(ctx, annotate.Deployment{OpCode: "b"}); err == nil || !errors.Is(err, ctx.Err()) {
			t.Errorf("waited %v: %v", time.Since(start), err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("waited %v", took)
		}
		cancel()
	}
	release <- true
	<-release
}
