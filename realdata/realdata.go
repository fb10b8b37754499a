// Package realdata's noun is footage that others made, for tests alone. It owns
// where that lies; none of it is part of Requin.
package realdata

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Path is a file or folder of the real data, in $REQUIN_DATA or, without it, in
// ../shared/data beside the repository. Where it is not there the test is
// skipped, by name.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	root := os.Getenv("REQUIN_DATA")
	if root == "" {
		_, here, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(here), "..", "..", "shared", "data")
	}
	full := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("no %s: set REQUIN_DATA to the folder of real data", filepath.Join(elem...))
	}
	return full
}
