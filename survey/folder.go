// Package survey's noun is the folder that holds a study. It owns what lies
// where on the disk, and that nothing in it is ever half written. So far that is
// the folder of one count: its results, and the journal from which an
// interrupted count goes on.
package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// Folder is the folder of one count, held by this process alone.
type Folder struct {
	Path string
	lock *flock.Flock
}

// The names in a count's folder.
const (
	RunFile = "run.json"
	work    = ".requin" // the journal; its presence marks the folder as Requin's
	keyFile = "key.json"
)

// OpenFolder makes the folder if need be and takes hold of it. It refuses a folder that holds other things, and one
// that another Requin works in.
func OpenFolder(path string) (*Folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	marker := filepath.Join(path, work)
	if _, err := os.Stat(marker); err != nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s holds files that are not Requin's: name another folder with --out", path)
	}
	if err := os.MkdirAll(marker, 0o777); err != nil {
		return nil, fmt.Errorf("the folder for the results cannot be made (%w): name another with --out", err)
	}
	lock := flock.New(filepath.Join(marker, "lock"))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("another requin is working in %s: wait for it, or name another folder with --out", path)
	}
	return &Folder{Path: path, lock: lock}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.lock.Close() }

// File is the path of a file in the folder.
func (f *Folder) File(name string) string { return filepath.Join(f.Path, name) }

// Begin prepares the journal for work that depends on key alone: what was
// journalled under the same key is kept, anything else is thrown away.
// fresh tells that there was other work, which was thrown away.
func (f *Folder) Begin(key any) (journal *Journal, fresh bool, err error) {
	want, err := json.MarshalIndent(key, "", "  ")
	if err != nil {
		return nil, false, err
	}
	have, err := os.ReadFile(f.File(filepath.Join(work, keyFile)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	j := &Journal{dir: filepath.Join(f.Path, work)}
	if string(have) == string(want) {
		return j, false, nil
	}
	if err := j.clear(); err != nil {
		return nil, false, err
	}
	return j, len(have) > 0, WriteFile(filepath.Join(j.dir, keyFile), func(w io.Writer) error {
		_, err := w.Write(want)
		return err
	})
}

// Write puts a result file into the folder, whole or not at all.
func (f *Folder) Write(name string, write func(io.Writer) error) error {
	return WriteFile(f.File(name), write)
}

// Journal keeps finished pieces of work, one file each.
type Journal struct{ dir string }

// Load reads what Save kept under a name; false if there is nothing whole.
func (j *Journal) Load(name string, into any) (bool, error) {
	b, err := os.ReadFile(filepath.Join(j.dir, name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return false, nil // damaged from outside: the work is done again
	}
	return true, nil
}

// Save keeps a value under a name; when it returns nil, the value is safe.
func (j *Journal) Save(name string, v any) error {
	return WriteFile(filepath.Join(j.dir, name+".json"), func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

func (j *Journal) clear() error {
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") {
			if err := os.Remove(filepath.Join(j.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteFile writes a file whole or not at all: into a temporary file beside it,
// to the disk, then renamed. On failure what was there before is untouched.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return explain(path, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
			err = explain(path, err)
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// explain says what to do where the disk refuses.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%s cannot be written: the disk is full; free some space and repeat the command, it goes on where it stopped (%w)", path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s cannot be written: the folder is read-only; name another with --out (%w)", path, err)
	}
	return fmt.Errorf("%s cannot be written: %w", path, err)
}

// Keep puts a file with this content into the folder, unless it is there
// already: an input that is written anew would look changed.
func (f *Folder) Keep(name string, content []byte) error {
	if have, err := os.ReadFile(f.File(name)); err == nil && bytes.Equal(have, content) {
		return nil
	}
	return f.Write(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
