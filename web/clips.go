package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"requin/survey"
	"requin/video"
)

// What is kept of clips on the disk, and how long one may be.
const (
	clipBytes   = 2 << 30
	longestClip = 60
	usualClip   = 8
)

// madeAs is the version of how pictures and clips are made: those that were kept of another are made anew.
const madeAs = 2

// clips makes short videos and keeps them in the survey's cache.
type clips struct {
	life context.Context // ends with the server
	dir  string
	once singleflight.Group
	one  chan struct{} // one is made at a time: an encoder takes all cores
	mu   sync.Mutex    // of the folder
}

func newClips(life context.Context, s *survey.Survey) *clips {
	dir := filepath.Join(s.Folder(), survey.CacheFolder, "clips")
	if s.ReadOnly() {
		dir = filepath.Join(os.TempDir(), "requin-clips")
	}
	return &clips{life: life, dir: dir, one: make(chan struct{}, 1)}
}

// clip serves a piece of the video.
func (s *Server) clip(w http.ResponseWriter, r *http.Request, who *session) error {
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	at, length, err := parseClip(r)
	if err != nil {
		return err
	}
	dive, err := k.video(r.Context())
	if err != nil {
		return failf(http.StatusNotFound, "%v", err)
	}
	path, first, err := s.clips.make(r.Context(), dive, max(0, at-length/2), length)
	if err != nil {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		return failf(http.StatusNotFound, "%v", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	w.Header().Set("X-Requin-From", strconv.FormatFloat(first.Seconds(), 'f', 9, 64))
	w.Header().Set("ETag", `"`+strings.TrimSuffix(filepath.Base(path), ".mp4")+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// parseClip reads which piece is wanted. Places are whole seconds, so that there are not too many.
func parseClip(r *http.Request) (at, length time.Duration, err error) {
	q := r.URL.Query()
	t, err := strconv.ParseFloat(q.Get("at"), 64)
	if err != nil || !(t >= 0 && t < 1e6) {
		return 0, 0, failf(http.StatusBadRequest, "at=%q: give seconds from the start of the deployment", q.Get("at"))
	}
	l := float64(usualClip)
	if text := q.Get("length"); text != "" {
		if l, err = strconv.ParseFloat(text, 64); err != nil || !(l >= 1 && l <= longestClip) {
			return 0, 0, failf(http.StatusBadRequest, "length=%q: give seconds from 1 to %d", text, longestClip)
		}
	}
	return time.Duration(math.Round(t)) * time.Second, time.Duration(math.Round(l)) * time.Second, nil
}

// make gives the file of a piece and the time of its first picture.
func (c *clips) make(ctx context.Context, dive *video.Deployment, from, length time.Duration) (path string, first time.Duration, err error) {
	at, ok := dive.Nearest(from)
	if !ok {
		return "", 0, fmt.Errorf("the video has no picture at %v", from)
	}
	f := dive.Files[at.Chapter]
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d|%s|%d|%d|%d|%d", madeAs, f.Path, f.Size, f.ModTime.UnixNano(), from, length)))
	name := hex.EncodeToString(sum[:12])
	type made struct {
		path  string
		first time.Duration
	}
	done := c.once.DoChan(name, func() (any, error) {
		if path, first, ok := c.find(name); ok {
			return made{path, first}, nil
		}
		c.one <- struct{}{}
		defer func() { <-c.one }()
		if err := os.MkdirAll(c.dir, 0o777); err != nil {
			return nil, err
		}
		slow, cancel := context.WithTimeout(c.life, 2*time.Minute)
		defer cancel()
		tmp := filepath.Join(c.dir, name+".part")
		first, err := dive.Clip(slow, tmp, from, length)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(c.dir, fmt.Sprintf("%s-%d.mp4", name, first))
		if err := os.Rename(tmp, path); err != nil {
			return nil, err
		}
		c.bound()
		return made{path, first}, nil
	})
	select {
	case x := <-done:
		if x.Err != nil {
			return "", 0, x.Err
		}
		return x.Val.(made).path, x.Val.(made).first, nil
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
}

// find looks for a clip that was made before.
func (c *clips) find(name string) (path string, first time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries, _ := os.ReadDir(c.dir) // none where there is no folder yet
	for _, e := range entries {
		number, ours := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".mp4"), name+"-")
		if ns, err := strconv.ParseInt(number, 10, 64); ours && err == nil {
			path, now := filepath.Join(c.dir, e.Name()), time.Now()
			_ = os.Chtimes(path, now, now) // it is used: it goes last
			return path, time.Duration(ns), true
		}
	}
	return "", 0, false
}

// bound removes the clips that were used least recently, where there are too many.
func (c *clips) bound() {
	c.mu.Lock()
	defer c.mu.Unlock()
	type file struct {
		path string
		size int64
		used time.Time
	}
	var all []file
	sum := int64(0)
	entries, _ := os.ReadDir(c.dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, file{filepath.Join(c.dir, e.Name()), info.Size(), info.ModTime()})
			sum += info.Size()
		}
	}
	slices.SortFunc(all, func(a, b file) int { return cmp.Compare(a.used.UnixNano(), b.used.UnixNano()) })
	for _, f := range all {
		if sum <= clipBytes {
			return
		}
		if os.Remove(f.path) == nil {
			sum -= f.size
		}
	}
}
