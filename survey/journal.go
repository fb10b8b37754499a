package survey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"requin/disk"
)

// Journal keeps finished pieces of work, one file each. A file carries the hash
// of what it holds: after a power cut a disk may give back less than it was
// given, or something else, and that must not be taken for work that was done.
type Journal struct{ dir string }

// entry is a file of the journal.
type entry struct {
	SHA256 string          `json:"sha256"` // of Value as it stands in the file
	Value  json.RawMessage `json:"value"`
}

func hash(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:])
}

// Load reads what Save kept under a name; false if there is nothing, or if it is damaged: then
// the work is to be done again, and into may hold anything.
func (j *Journal) Load(name string, into any) (bool, error) {
	b, err := os.ReadFile(filepath.Join(j.dir, name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return read(b, into), nil
}

// read takes the value out of a journal file.
func read(b []byte, into any) bool {
	var e entry
	if err := json.Unmarshal(b, &e); err != nil || hash(e.Value) != e.SHA256 {
		return false
	}
	return json.Unmarshal(e.Value, into) == nil
}

// Save keeps a value under a name; when it returns nil, the value is safe.
func (j *Journal) Save(name string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	file, err := json.Marshal(entry{hash(value), value})
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(j.dir, name+".json"), func(w io.Writer) error {
		_, err := w.Write(append(file, '\n'))
		return err
	})
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
