package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"requin/disk"
)

// The names in a survey's folder.
const (
	dbFile = "requin.db" // where it is, there is a survey
	dbHead = ".requin.db."

	RunsFolder     = "runs"     // the folders of counts and trainings
	DatasetsFolder = "datasets" // frozen datasets
	ModelsFolder   = "models"   // detectors
	CacheFolder    = "cache"    // clips and the like: may be deleted
)

// Survey is an open survey: the folder of one study and its database. Several
// goroutines may use it, and several processes may have it open; they write one after
// the other. Paths that it keeps and gives are as Stored has them; Path makes them
// absolute.
type Survey struct {
	folder   string // absolute
	resolved string // the same with its links followed
	db       *sql.DB
	writing  chan struct{} // holds one token while this process writes
	readOnly bool
	copied   string // a folder with a copy of the database, where it could not be read in place
	warnings []string
	name     string
}

// Init makes a survey in a folder, which is made if need be and may hold other
// files. An empty name is the folder's. It refuses a folder that is a survey
// already and one that lies inside another survey.
func Init(ctx context.Context, folder, name string) (*Survey, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	switch outer, ok := Find(folder); {
	case ok && outer == folder:
		return nil, alreadySurvey(folder)
	case ok:
		return nil, fmt.Errorf("%s lies inside the survey %s: make a survey elsewhere, or work in that one", folder, outer)
	}
	if name = strings.TrimSpace(name); name == "" {
		name = filepath.Base(folder)
	}
	for _, sub := range []string{"", RunsFolder, DatasetsFolder, ModelsFolder} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o777); err != nil {
			return nil, fmt.Errorf("a survey cannot be made in %s (%w): name another folder", folder, err)
		}
	}
	if err := create(ctx, folder, name); err != nil {
		return nil, err
	}
	return Open(ctx, folder)
}

func alreadySurvey(folder string) error {
	return fmt.Errorf("%s is a survey already: nothing was changed", folder)
}

// create makes the database under another name and renames it when it is whole,
// so that a folder never holds half a survey.
func create(ctx context.Context, folder, name string) (err error) {
	tmp := filepath.Join(folder, dbHead+uuid.NewString()+".tmp")
	defer func() {
		for _, end := range []string{"", "-journal", "-wal", "-shm"} {
			_ = os.Remove(tmp + end) // gone already where all went well
		}
		err = explainDatabase(folder, err)
	}()
	db, err := connect(tmp, "mode=rwc")
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrate(ctx, db, migrations()); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO survey (id, uuid, name, created, made_by) VALUES (1, ?, ?, ?, ?)",
		uuid.NewString(), name, moment(time.Now()), madeBy()); err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	final := filepath.Join(folder, dbFile)
	switch err := os.Link(tmp, final); { // unlike a rename, it never replaces another's
	case errors.Is(err, fs.ErrExist):
		return alreadySurvey(folder)
	case err != nil: // a disk without links
		if err := os.Rename(tmp, final); err != nil {
			return err
		}
	}
	disk.SyncFolder(folder)
	return nil
}

// madeBy is the version of this program, as far as it knows it.
func madeBy() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// Open opens the survey of a folder, and brings its database up to date. It
// refuses one that a newer Requin has made or brought up to date, and what is no
// survey. One that may not be written to is opened for reading. Close it.
func Open(ctx context.Context, folder string) (*Survey, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(filepath.Join(folder, dbFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no survey (it holds no %s): make one with requin init", folder, dbFile)
	} else if err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: move it aside", filepath.Join(folder, dbFile))
	}
	s := &Survey{folder: folder, resolved: folder, writing: make(chan struct{}, 1)}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		s.resolved = real
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(explainDatabase(folder, err), s.Close())
	}
	return s, nil
}

// open connects, migrates and reads what the survey says of itself.
func (s *Survey) open(ctx context.Context) error {
	if !writable(s.folder) {
		if err := s.openReadOnly(ctx); err != nil {
			return err
		}
	} else if err := s.openWritable(ctx); err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, "SELECT name FROM survey").Scan(&s.name)
}

// Close lets go of the survey. Where no other process has it open, all of it is
// in requin.db then, and a plain copy of the folder is whole.
func (s *Survey) Close() error {
	var errs []error
	if s.db != nil {
		if !s.readOnly {
			// Where another process is reading this does less, and the last one to close does the rest.
			_, _ = s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		}
		errs = append(errs, s.db.Close())
	}
	if s.copied != "" {
		errs = append(errs, os.RemoveAll(s.copied))
	}
	return errors.Join(errs...)
}

// Folder is where the survey lies, as an absolute path.
func (s *Survey) Folder() string { return s.folder }

// Name is the survey's name.
func (s *Survey) Name() string { return s.name }

// ReadOnly tells that nothing can be written to the survey.
func (s *Survey) ReadOnly() bool { return s.readOnly }

// Warnings says, for people, what is different from usual about where the survey lies.
func (s *Survey) Warnings() []string { return s.warnings }

// write runs work in one transaction: all of it is kept, or nothing. work must not write to the survey otherwise.
func (s *Survey) write(ctx context.Context, work func(tx *sql.Tx) error) error {
	if s.readOnly {
		return fmt.Errorf("the survey %s is on a disk or in a folder that cannot be written to: copy it to another place and work there", s.folder)
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.transaction(ctx, nil, work)
}

// read runs work on one unchanging state of the survey.
func (s *Survey) read(ctx context.Context, work func(tx *sql.Tx) error) error {
	return s.transaction(ctx, &sql.TxOptions{ReadOnly: true}, work)
}

func (s *Survey) transaction(ctx context.Context, opt *sql.TxOptions, work func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, opt)
	if err == nil {
		defer tx.Rollback() // does nothing after a commit
		if err = work(tx); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // whatever it broke off
	}
	return explainDatabase(s.folder, err)
}
