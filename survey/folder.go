// Package survey's noun is the folder that holds a study. It owns what lies
// where on the disk, that nothing in it is ever half written, the database
// of what people and runs stated, and which of its videos, pictures and deployments a file
// that is imported means. It alone knows SQL.
//
// A Survey is the folder of a whole study (docs/formats/survey-folder.md):
//
//	s, err := survey.Init(ctx, "reef-2026", "Reef 2026") // or survey.Open
//	defer s.Close()
//	_, err = s.PutDeployment(ctx, deployment)             // its videos, hashed
//	_, err = s.Import(ctx, source, records, options)      // what a file states, all or nothing
//	for record, err := range s.Records(ctx, filter) { }   // and back
//	err = s.PutRun(ctx, run)                              // what a count came to
//
// A Folder is the folder of one count: its results, and the journal from which an
// interrupted count goes on.
//
//	folder, err := survey.OpenFolder("dive.requin") // held by this process alone
//	journal, fresh, err := folder.Begin(key)        // what was done under the same key
//	... work, journal.Load and journal.Save ...
//	err = folder.Retract()                          // from here on the old results are not whole
//	err = folder.Write("maxn.csv", ...)             // each file whole or not at all
//	err = folder.Write(survey.RunFile, ...)         // last: now they are
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
	"syscall"

	"github.com/gofrs/flock"

	"requin/disk"
)

// Folder is the folder of one count, held by this process alone.
type Folder struct {
	Path string
	lock *flock.Flock
}

// The names in a count's folder.
const (
	RunFile = "run.json" // written last: where it is, the other files are whole and of one run
	// ReviewFile says what people made of the count; where it is, the tables and the page are of that. Written last, too.
	ReviewFile = "review.json"
	// BetweenFile is there only where the count looked between samples.
	BetweenFile = "between.csv"
	work        = ".requin" // the journal; its presence marks the folder as Requin's
	keyFile     = "key.json"
)

// OpenFolder makes the folder if need be and takes hold of it. It refuses a folder that holds other things, and one
// that another Requin works in.
func OpenFolder(path string) (*Folder, error) {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("the results cannot go to %s, where a file is in the way: name another folder with --out", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, refused(path, err)
	}
	marker := filepath.Join(path, work)
	if _, err := os.Stat(marker); err != nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s holds files that are not Requin's: name another folder with --out", path)
	}
	if err := os.MkdirAll(marker, 0o777); err != nil {
		return nil, refused(path, err)
	}
	lock := flock.New(filepath.Join(marker, "lock"), flock.SetPermissions(0o666))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, refused(path, err)
	case !ok:
		_ = lock.Close()
		return nil, fmt.Errorf("another requin is working in %s: wait for it, or name another folder with --out", path)
	}
	disk.Sweep(path)
	disk.Sweep(marker)
	return &Folder{Path: path, lock: lock}, nil
}

// refused says what to do where the results cannot lie in a folder.
func refused(path string, err error) error {
	return fmt.Errorf("the results cannot be written to %s (%w): name another folder with --out", path, err)
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
	return j, len(have) > 0, disk.WriteFile(filepath.Join(j.dir, keyFile), func(w io.Writer) error {
		_, err := w.Write(want)
		return err
	})
}

// ReadJournal gives the journal of a count's folder to read, of whatever key.
func ReadJournal(folder string) *Journal { return &Journal{dir: filepath.Join(folder, work)} }

// Retract takes back the mark that the results are whole. It comes before the first of them is
// written anew, so that no reader ever sees new tables under an old record.
func (f *Folder) Retract() error {
	for _, name := range []string{RunFile, ReviewFile, BetweenFile} {
		err := os.Remove(f.File(name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return disk.Explain(f.File(name), err)
		}
	}
	disk.SyncFolder(f.Path)
	return nil
}

// Write puts a result file into the folder, whole or not at all.
func (f *Folder) Write(name string, write func(io.Writer) error) error {
	return disk.WriteFile(f.File(name), write)
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
