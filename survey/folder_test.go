package survey

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"requin/disk"
)

// files lists everything in a folder, folders in it too.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(folder, path)
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func says(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	other, file := filepath.Join(dir, "photos"), filepath.Join(dir, "dive.mp4")
	put(t, filepath.Join(other, "cat.jpg"), "x")
	put(t, file, "x")
	for _, c := range []struct{ path, want string }{
		{other, "not Requin's"}, {file, "a file is in the way"}, {filepath.Join(file, "deeper"), "a file is in the way"},
	} {
		_, err := OpenFolder(c.path)
		says(t, err, c.want, "--out", c.path)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"dive.mp4", "photos/cat.jpg"}) {
		t.Errorf("a refused folder was changed: %v", got)
	}
	// An empty folder, one that is not there and one of ours will do.
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, filepath.Join(dir, "a", "b"), empty} {
		f, err := OpenFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolderIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	first := open(t, path)
	_, err := OpenFolder(path)
	says(t, err, "another requin is working in", "--out")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestBegin(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "out"))
	begin := func(key any) (*Journal, bool) {
		t.Helper()
		j, fresh, err := f.Begin(key)
		if err != nil {
			t.Fatal(err)
		}
		return j, fresh
	}
	has := func(j *Journal) bool {
		t.Helper()
		var n int
		ok, err := j.Load("work", &n)
		if err != nil {
			t.Fatal(err)
		}
		return ok && n == 7
	}
	key := map[string]any{"every": 1, "model": "abc"}
	j, fresh := begin(key)
	if fresh || has(j) {
		t.Error("a new folder holds no earlier work")
	}
	if err := j.Save("work", 7); err != nil {
		t.Fatal(err)
	}
	if j, fresh = begin(key); fresh || !has(j) {
		t.Error("work under the same key is gone")
	}
	if j, fresh = begin(map[string]any{"every": 2, "model": "abc"}); !fresh || has(j) {
		t.Error("work under another key is still there, or nobody is told")
	}
	if j, fresh = begin(key); !fresh || has(j) {
		t.Error("what was thrown away came back")
	}
}

// A key file that was damaged fits no key: the work is done again.
func TestBeginDamagedKey(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "out"))
	j, _, err := f.Begin("key")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Save("work", 7); err != nil {
		t.Fatal(err)
	}
	put(t, f.File(filepath.Join(work, keyFile)), "\x00\x00\x00")
	if _, fresh, err := f.Begin("key"); err != nil || !fresh {
		t.Errorf("fresh %v, %v", fresh, err)
	}
	var n int
	if ok, err := j.Load("work", &n); ok || err != nil {
		t.Errorf("loaded %v, %v", ok, err)
	}
}

func TestWriteIsWholeOrNot(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "out"))
	words := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	if err := f.Write("maxn.csv", words("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		err  error
		want string
	}{
		{broken, "broken"}, {syscall.ENOSPC, "free some space and repeat the command"}, {syscall.EROFS, "--out"},
	} {
		err := f.Write("maxn.csv", func(w io.Writer) error {
			if _, err := io.WriteString(w, "half of the ne"); err != nil {
				t.Fatal(err)
			}
			return &os.PathError{Op: "write", Path: "maxn.csv", Err: c.err}
		})
		says(t, err, c.want, f.File("maxn.csv"))
		if !errors.Is(err, c.err) {
			t.Errorf("%v hides its cause", err)
		}
	}
	if got := files(t, f.Path); !slices.Equal(got, []string{".requin/lock", "maxn.csv"}) {
		t.Errorf("left behind: %v", got)
	}
	if got, err := os.ReadFile(f.File("maxn.csv")); err != nil || string(got) != "old" {
		t.Errorf("the old file holds %q, %v", got, err)
	}
	if err := f.Write("maxn.csv", words("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.File("maxn.csv")); err != nil || string(got) != "new" {
		t.Errorf("the new file holds %q, %v", got, err)
	}
	err := disk.WriteFile(filepath.Join(f.Path, "gone", "x"), words("x"))
	says(t, err, "cannot be written")
}

// What a kill leaves half written is gone the next time, and nothing else is.
func TestLeftoversAreSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out [1]*?")
	put(t, filepath.Join(path, work, "segment-000000.json"), "x")
	for _, name := range []string{".maxn.csv.123.tmp", ".requin/.segment-000001.json.9.tmp", "notes.tmp", ".hidden"} {
		put(t, filepath.Join(path, filepath.FromSlash(name)), "x")
	}
	f := open(t, path)
	want := []string{".hidden", ".requin/lock", ".requin/segment-000000.json", "notes.tmp"}
	if got := files(t, f.Path); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRetract(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "out"))
	if err := f.Retract(); err != nil {
		t.Errorf("nothing to take back is no error: %v", err)
	}
	put(t, f.File(RunFile), "{}")
	put(t, f.File("maxn.csv"), "x")
	if err := f.Retract(); err != nil {
		t.Fatal(err)
	}
	if got := files(t, f.Path); !slices.Equal(got, []string{".requin/lock", "maxn.csv"}) {
		t.Errorf("got %v", got)
	}
}

func TestKeep(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "out"))
	times := map[string]bool{}
	for range 2 {
		if err := f.Keep("clip.mp4", []byte("clip")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(f.File("clip.mp4"))
		if err != nil {
			t.Fatal(err)
		}
		times[info.ModTime().String()] = true
	}
	if len(times) != 1 {
		t.Error("a file that was there already was written anew")
	}
	if err := f.Keep("clip.mp4", []byte("other")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.File("clip.mp4")); err != nil || string(got) != "other" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A folder appears whole or not at all, never over another, and what a killed process left goes.
func TestWriteFolder(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "deep", "archive")
	if err := os.MkdirAll(filepath.Join(root, "deep", ".archive.123.tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	fails := errors.New("it fails")
	half := func(err error) func(string) error {
		return func(dir string) error {
			if e := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("a"), 0o666); e != nil {
				return e
			}
			return err
		}
	}
	if err := disk.WriteFolder(path, half(fails)); !errors.Is(err, fails) {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v %v", left, err)
	}
	if err := disk.WriteFolder(path, half(nil)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(path, "a.csv")); err != nil || string(got) != "a" {
		t.Fatalf("%q %v", got, err)
	}
	if err := disk.WriteFolder(path, half(nil)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Fatal(err)
	}
	empty := filepath.Join(root, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := disk.WriteFolder(empty, half(nil)); err != nil {
		t.Fatal(err)
	}
}
