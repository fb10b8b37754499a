package survey

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Find gives the survey that a folder is, or lies in: dir itself or the nearest folder above it that holds one.
func Find(dir string) (folder string, ok bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for {
		if info, err := os.Stat(filepath.Join(dir, dbFile)); err == nil && info.Mode().IsRegular() {
			return dir, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
}

// Path is where a file lies that the survey keeps under a stored path.
func (s *Survey) Path(stored string) string {
	if stored == "" || isAbs(stored) {
		return stored
	}
	return filepath.Join(s.folder, filepath.FromSlash(stored))
}

// Stored is how the survey keeps the path of a file: relative to its folder, with
// "/", where the file lies in it, so that a copy of the folder finds it too; absolute elsewhere. A
// relative path starts from the working directory.
func (s *Survey) Stored(path string) string {
	if path == "" || isAbs(path) && !filepath.IsAbs(path) {
		return path // another system's
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if rel, ok := inside(s.folder, abs); ok {
		return rel
	}
	if real, err := resolve(abs); err == nil {
		if rel, ok := inside(s.resolved, real); ok {
			return rel
		}
	}
	return abs
}

// resolve follows the links of a path, as far as it is there.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil || !os.IsNotExist(err) || filepath.Dir(path) == path {
		return real, err
	}
	dir, err := resolve(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}

func inside(folder, path string) (string, bool) {
	rel, err := filepath.Rel(folder, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// isAbs tells whether a path is absolute on this system or on Windows: a survey may come from there.
func isAbs(path string) bool {
	drive := len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/') && (path[0]|0x20 >= 'a' && path[0]|0x20 <= 'z')
	return filepath.IsAbs(path) || drive || strings.HasPrefix(path, `\\`)
}

// parts splits a path of any system into its folders and its file name, folded: systems differ in
// case and in how they write accents.
func parts(path string) []string {
	path = norm.NFC.String(strings.ToLower(norm.NFC.String(strings.ReplaceAll(path, `\`, "/"))))
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// base is the folded file name of a path.
func base(path string) string {
	p := parts(path)
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1]
}
