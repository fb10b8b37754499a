// Package disk's noun is a file that is whole or not there at all. It owns how files
// and folders come to their names (written beside, then renamed), what is left of
// killed writers, and what people are told where a disk refuses. What is in the files
// is others' matter.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile writes a file whole or not at all: into a temporary file beside it,
// to the disk, then renamed. On failure what was there before is untouched.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	return writeFile(path, true, 0o644, write) // others may read it, where the disk knows such things; exFAT does not
}

// WriteSecret is WriteFile for what only its owner may read.
func WriteSecret(path string, write func(io.Writer) error) error {
	return writeFile(path, true, 0o600, write)
}

// WriteLoose is WriteFile for what can be made again: it is whole, but a power cut
// may still take it. It does not wait for the disk.
func WriteLoose(path string, write func(io.Writer) error) error {
	return writeFile(path, false, 0o644, write)
}

func writeFile(path string, lasting bool, mode fs.FileMode, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+temporary)
	if err != nil {
		return Explain(path, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
			err = Explain(path, err)
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	_ = tmp.Chmod(mode)
	if lasting {
		if err := tmp.Sync(); err != nil {
			return err
		}
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	if lasting {
		SyncFolder(filepath.Dir(path))
	}
	return nil
}

// temporary ends the names of files that are being written: os.CreateTemp puts a number for the star.
const temporary = ".*.tmp"

// Sweep removes what a killed process left half written in a folder that is ours.
func Sweep(folder string) {
	entries, _ := os.ReadDir(folder) // what cannot be read now will be noticed where it is needed
	for _, e := range entries {
		if ok, _ := filepath.Match(".*"+temporary, e.Name()); ok && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(folder, e.Name())) // in nobody's way if it stays
		}
	}
}

// SyncFolder makes a new name in a folder last through a power cut, where the
// file system lets a folder be synced; elsewhere it does so in its own time.
func SyncFolder(folder string) {
	if d, err := os.Open(folder); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Explain says what to do where the disk refuses.
func Explain(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%s cannot be written: the disk is full; free some space and repeat the command, it goes on where it stopped (%w)", path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s cannot be written: the folder is read-only; name another with --out (%w)", path, err)
	}
	return fmt.Errorf("%s cannot be written: %w", path, err)
}

// WriteFolder writes a folder of files whole or not at all: into a temporary
// folder beside it, then renamed. It refuses a folder that is there and not empty.
func WriteFolder(path string, write func(dir string) error) (err error) {
	if entries, err := os.ReadDir(path); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is there already and not empty: name another folder, or delete it", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Explain(path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return Explain(path, err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+temporary)) // a killed process's
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+temporary)
	if err != nil {
		return Explain(path, err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(tmp)
			err = Explain(path, err)
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	_ = os.Chmod(tmp, 0o755) // as for files
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	SyncFolder(filepath.Dir(path))
	return nil
}
