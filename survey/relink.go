package survey

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Relinked is what a search for videos came to. Paths of chapters are as stored
// before, those of files found as stored now.
type Relinked struct {
	Found   map[string]string   // chapters that were not where they should be, and where they are
	Missing []string            // chapters that are in none of the folders, or whose hash is not known
	Copies  map[string][]string // found several times over: the first of these was taken
	Unread  []string            // folders and files that could not be read, and why
}

// videoFile is a chapter and where it is kept.
type videoFile struct {
	deployment   int64
	position     int
	path, sha256 string
	size         int64
}

// Missing gives the chapters whose file is not there, or has another size than it had.
func (s *Survey) Missing(ctx context.Context) ([]string, error) {
	lost, err := s.lost(ctx)
	var out []string
	for _, c := range lost {
		out = append(out, c.path)
	}
	return out, err
}

// lost gives the chapters whose file is not where it should be.
func (s *Survey) lost(ctx context.Context) (out []videoFile, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT deployment, position, path, sha256, size
			FROM chapters ORDER BY deployment, position`, nil, func(rows *sql.Rows) error {
			var c videoFile
			if err := rows.Scan(&c.deployment, &c.position, &c.path, &c.sha256, &c.size); err != nil {
				return err
			}
			if info, err := os.Stat(s.Path(c.path)); err != nil || c.size != 0 && !info.IsDir() && info.Size() != c.size {
				out = append(out, c)
			}
			return nil
		})
	})
	return out, err
}

// Relink looks for the videos that are not where they should be in some folders and all folders in
// them, and keeps where they are. A file is known by its SHA-256, which is computed only of files
// that have the size of one that is looked for; progress, which may be nil, is told of the bytes
// done of the file being read. What still is where it was is left alone.
func (s *Survey) Relink(ctx context.Context, folders []string, progress func(path string, done, of int64)) (Relinked, error) {
	lost, err := s.lost(ctx)
	if err != nil {
		return Relinked{}, err
	}
	out := Relinked{Found: map[string]string{}, Copies: map[string][]string{}}
	sizes := map[int64]bool{}
	for _, c := range lost {
		if c.sha256 != "" {
			sizes[c.size] = true
		}
	}
	var candidates []string
	if len(sizes) > 0 {
		if candidates, err = s.candidates(ctx, folders, sizes, &out); err != nil {
			return Relinked{}, err
		}
	}
	byHash := map[string][]string{}
	for _, path := range candidates {
		sum, err := hashVideo(ctx, path, progress)
		if ctx.Err() != nil {
			return Relinked{}, ctx.Err()
		}
		if err != nil {
			out.Unread = append(out.Unread, err.Error())
			continue
		}
		byHash[sum] = append(byHash[sum], path)
	}
	for i, c := range lost {
		at := byHash[c.sha256]
		if len(at) == 0 {
			out.Missing = append(out.Missing, c.path)
			continue
		}
		lost[i].path = s.Stored(at[0])
		out.Found[c.path] = lost[i].path
		if len(at) > 1 {
			for _, path := range at {
				out.Copies[c.path] = append(out.Copies[c.path], s.Stored(path))
			}
		}
	}
	if len(out.Found) == 0 {
		return out, nil
	}
	found := slices.DeleteFunc(lost, func(c videoFile) bool { return len(byHash[c.sha256]) == 0 })
	return out, s.write(ctx, func(tx *sql.Tx) error { return moveChapters(ctx, tx, found) })
}

// moveChapters keeps new paths of chapters that still are of the same video.
func moveChapters(ctx context.Context, tx *sql.Tx, chapters []videoFile) error {
	for _, c := range chapters {
		_, err := tx.ExecContext(ctx, "UPDATE chapters SET path = ?, base = ? WHERE deployment = ? AND position = ? AND sha256 = ?",
			c.path, base(c.path), c.deployment, c.position, c.sha256)
		if err != nil {
			return err
		}
	}
	return nil
}

// candidates are the files of certain sizes in some folders, by name.
func (s *Survey) candidates(ctx context.Context, folders []string, sizes map[int64]bool, out *Relinked) ([]string, error) {
	found := map[string]bool{}
	for _, folder := range folders {
		root, err := filepath.Abs(folder)
		if err == nil {
			_, err = os.Stat(root)
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be searched (%w): check the name and that the disk is plugged in", folder, err)
		}
		if real, err := filepath.EvalSymlinks(root); err == nil && real != s.resolved {
			root = real // a link would not be followed otherwise
		}
		err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				out.Unread = append(out.Unread, err.Error())
				return nil
			}
			if !entry.Type().IsRegular() || strings.HasPrefix(path, filepath.Join(s.folder, dbFile)) {
				return nil
			}
			info, err := entry.Info()
			if err != nil {
				out.Unread = append(out.Unread, err.Error())
			} else if sizes[info.Size()] {
				found[path] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Keys(found), natural), nil
}

// hashVideo is the SHA-256 of a file, in hexadecimal digits.
func hashVideo(ctx context.Context, path string, progress func(path string, done, of int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	sum, done, buffer := sha256.New(), int64(0), make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buffer)
		_, _ = sum.Write(buffer[:n]) // never fails (hash.Hash)
		if done += int64(n); progress != nil {
			progress(path, done, info.Size())
		}
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
