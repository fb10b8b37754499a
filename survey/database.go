package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// patience is how long a command waits for another one that is writing, in milliseconds.
const patience = "10000"

// connect opens a database file. Every connection checks foreign keys, writes to the disk
// before it says so, and waits for other writers.
func connect(path, how string) (*sql.DB, error) {
	return connectBare(path, how+"&_pragma=foreign_keys(1)&_pragma=synchronous(full)&_pragma=cache_size(-8000)")
}

func connectBare(path, how string) (*sql.DB, error) {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive of Windows
	}
	uri := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: how + "&_pragma=busy_timeout(" + patience + ")&_txlock=immediate"}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(4)
	return db, nil
}

// openWritable opens the database where it lies and brings it up to date. What is no survey's, or a
// newer Requin's, is left exactly as it is.
func (s *Survey) openWritable(ctx context.Context) error {
	path := filepath.Join(s.folder, dbFile)
	var err error
	if s.db, err = connect(path, "mode=rw"); err != nil {
		return err
	}
	if _, err := pending(ctx, s.db, migrations()); err != nil && !lacksLog(err) {
		return err
	}
	if err := s.chooseJournal(ctx, path); err != nil {
		return err
	}
	old, err := pending(ctx, s.db, migrations())
	if err != nil || !old {
		return err
	}
	return migrate(ctx, s.db, migrations())
}

// lacksLog tells whether an error is what comes of a disk on which SQLite cannot keep its log.
func lacksLog(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM:
		return true
	}
	return false
}

// writeAhead has SQLite keep a write-ahead log, and tells whether it works.
func (s *Survey) writeAhead(ctx context.Context) (bool, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	var mode string
	err = conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
	if err == nil && mode == "wal" {
		// Nobody is waited for: that another one is writing is proof enough.
		_, err = conn.ExecContext(ctx, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK")
		_, _ = conn.ExecContext(ctx, "PRAGMA busy_timeout = "+patience)
	}
	switch {
	case code(err) == sqlite3.SQLITE_BUSY:
		return true, nil
	case err == nil:
		return mode == "wal", nil
	case lacksLog(err):
		return false, ctx.Err()
	}
	return false, err
}

// chooseJournal has SQLite keep a write-ahead log, so that nobody waits for a
// writer to read. The log needs memory that processes share, which disks on a
// network and some file systems do not offer; there the older rollback journal does.
func (s *Survey) chooseJournal(ctx context.Context, path string) error {
	why := "lies on a network disk"
	if !networked(s.folder) {
		if ok, err := s.writeAhead(ctx); ok || err != nil {
			return err
		}
		why = "lies on a disk without shared memory"
	}
	if err := s.db.Close(); err != nil {
		return err
	}
	// Alone, a connection can do without shared memory and turn the log off, if it is on. That has to be said
	// before anything is read, as some of connect's settings do.
	alone, err := connectBare(path, "mode=rw&_pragma=locking_mode(exclusive)")
	if err != nil {
		return err
	}
	alone.SetMaxOpenConns(1)
	var mode string
	err = alone.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err = errors.Join(err, alone.Close()); err != nil {
		return err
	}
	s.warnings = append(s.warnings, fmt.Sprintf("the survey %s %s: one Requin at a time can work in it; copy it to a disk of this computer to be faster", s.folder, why))
	s.db, err = connect(path, "mode=rw")
	return err
}

// openReadOnly opens a database that cannot be written to. What of it is not in
// the one file, or not up to date, is read from a copy in the temporary folder.
func (s *Survey) openReadOnly(ctx context.Context) error {
	s.readOnly = true
	s.warnings = append(s.warnings, fmt.Sprintf("the survey %s cannot be written to: it is open for reading", s.folder))
	path := filepath.Join(s.folder, dbFile)
	whole := true
	for _, end := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + end); err == nil && info.Size() > 0 {
			whole = false
		}
	}
	var err error
	if whole {
		if s.db, err = connect(path, "mode=ro&immutable=1"); err != nil {
			return err
		}
		old, err := pending(ctx, s.db, migrations())
		if err != nil || !old {
			return err
		}
		if err := s.db.Close(); err != nil {
			return err
		}
	}
	if s.copied, err = os.MkdirTemp("", "requin-survey-"); err != nil {
		return err
	}
	for _, end := range []string{"", "-wal", "-journal"} {
		if err := copyFile(filepath.Join(s.copied, dbFile+end), path+end); err != nil && !(end != "" && os.IsNotExist(err)) {
			return err
		}
	}
	if s.db, err = connect(filepath.Join(s.copied, dbFile), "mode=rw"); err != nil {
		return err
	}
	if _, err := pending(ctx, s.db, migrations()); err != nil {
		return err
	}
	return migrate(ctx, s.db, migrations())
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// writable tells whether the database in a folder can be written to. The database itself is not
// opened to find out: closing it again would undo the locks that this process may have on it.
func writable(folder string) bool {
	if info, err := os.Stat(filepath.Join(folder, dbFile)); err != nil || info.Mode().Perm()&0o222 == 0 {
		return false
	}
	f, err := os.CreateTemp(folder, dbHead+"*.tmp")
	if err != nil {
		return os.IsExist(err)
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return true
}

// code is SQLite's number for an error, 0 where it is none of SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff // the rest says more exactly what SQLite was doing
	}
	return 0
}

// explainDatabase says what to do where SQLite fails.
func explainDatabase(folder string, err error) error {
	path := filepath.Join(folder, dbFile)
	var what string
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		what = "is not a database, or is damaged: move it aside and put a copy of the survey's own in its place"
	case sqlite3.SQLITE_CORRUPT:
		what = "is damaged: keep a copy of it as it is, then put your last good copy in its place, or save what can be read with the sqlite3 program's .recover"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		what = "is being written by another Requin: wait until it is done and repeat the command"
	case sqlite3.SQLITE_FULL:
		what = "cannot be written: the disk is full; nothing was changed, free some space and repeat the command"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		what = "cannot be written to: check the folder's permissions, or copy the survey to another place"
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL:
		what = "cannot be read or written on this disk: check that it is still plugged in, or copy the survey to another place"
	default:
		return err
	}
	return fmt.Errorf("%s %s (%w)", path, what, err)
}
