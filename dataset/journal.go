package dataset

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"requin/disk"
)

const journalName = "building.jsonl"

// journal notes which pictures are done while a dataset is being built: a line that names what is being
// built, then one for each picture. A line cut short by a crash does not count, nor does one
// whose picture is not what it says.
type journal struct {
	path string
	lock *flock.Flock
	mu   sync.Mutex
	file *os.File
	rows []result
}

type journalHead struct {
	Inputs string `json:"inputs"`
	Shots  int    `json:"shots"`
}

// finished is the dataset that a folder already holds, if it is the one that was asked for.
func finished(ctx context.Context, dir, inputs string) (*Manifest, error) {
	if _, err := os.Stat(filepath.Join(dir, manifestName)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	m, err := Load(dir)
	if err != nil {
		return nil, err
	}
	if m.Inputs != inputs {
		return nil, fmt.Errorf("%s holds another dataset, made of other truth or settings, and a dataset never changes: name another folder", dir)
	}
	return m, Verify(ctx, dir, m)
}

// openJournal opens the journal of a folder, which must be new, empty, or hold unfinished work on the same dataset.
func openJournal(dir, inputs string, shots int) (*journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, disk.Explain(dir, err)
	}
	j := &journal{path: filepath.Join(dir, journalName)}
	_, err := os.Stat(j.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		if len(entries) > 0 {
			return nil, fmt.Errorf("%s is not empty, and holds no unfinished dataset: name a new folder", dir)
		}
	}
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
		return nil, disk.Explain(j.path, err)
	}
	j.lock = flock.New(j.path)
	if ok, err := j.lock.TryLock(); err != nil || !ok {
		j.file.Close()
		return nil, fmt.Errorf("%s: a dataset is being built there by another command: wait for it, or name another folder", dir)
	}
	if err := j.read(inputs, shots); err != nil {
		j.close()
		return nil, fmt.Errorf("%s %w", dir, err)
	}
	return j, nil
}

func (j *journal) read(inputs string, shots int) error {
	lines := bufio.NewScanner(j.file)
	lines.Buffer(nil, 1<<20)
	var head journalHead
	whole := lines.Scan() && json.Unmarshal(lines.Bytes(), &head) == nil
	switch {
	case !whole: // new, or stopped at its first line
		if err := j.file.Truncate(0); err != nil {
			return err
		}
		return j.write(journalHead{inputs, shots})
	case head.Inputs != inputs || head.Shots != shots:
		return errors.New("holds the unfinished work on another dataset, of other truth or settings: name another folder, or remove it")
	}
	for lines.Scan() {
		var r result
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.Shot >= 0 && r.Shot < shots && filepath.IsLocal(filepath.FromSlash(r.File)) {
			j.rows = append(j.rows, r)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	_, err := j.file.WriteString("\n") // ends a line that was cut short
	return err
}

// finished are the pictures of an earlier run that are whole.
func (j *journal) finished(dir string) []result {
	var out []result
	for _, r := range j.rows {
		if sum, err := fileSum(filepath.Join(dir, filepath.FromSlash(r.File))); err == nil && sum == r.SHA256 {
			out = append(out, r)
		}
	}
	return out
}

func (j *journal) note(r result) error { return j.write(r) }

func (j *journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return disk.Explain(j.path, err)
	}
	return nil
}

func (j *journal) close() {
	_ = j.file.Close()
	_ = j.lock.Unlock()
}

func (j *journal) remove() error {
	j.close()
	return os.Remove(j.path)
}

// fileSum is the SHA-256 of a file.
func fileSum(path string) (string, error) {
	file, err := readFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:]), nil
}

// whole writes content.
func whole(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// sweep removes from the images what the manifest does not name: half-written files of a killed run.
func sweep(dir string, m *Manifest) error {
	known := map[string]bool{}
	for _, p := range m.Pictures {
		known[filepath.FromSlash(p.File)] = true
	}
	root := filepath.Join(dir, imagesName)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rel, err := filepath.Rel(dir, path); err != nil || known[rel] {
			return err
		}
		return os.Remove(path)
	})
}
