package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"requin/video"
)

// Progress is told after each frame how many of a deployment are done; it may be nil.
type Progress func(done, frames int)

// Write renders the deployment into its own folder, OpCode, under folder: the camera's files,
// each whole or not there. Beside each lies a small file that says what it was made from; a file that was made
// from the same is kept, so that an interrupted survey goes on where it stopped.
func (d *Deployment) Write(ctx context.Context, folder string, progress Progress) error {
	dir := filepath.Join(folder, d.OpCode)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the videos cannot be written to %s: %w", dir, err)
	}
	done := 0
	tell := func(n int) {
		done += n
		if progress != nil {
			progress(done, d.Frames)
		}
	}
	for _, c := range d.Chapters {
		if err := ctx.Err(); err != nil {
			return err
		}
		path, key := filepath.Join(dir, c.Name), d.key(c)
		if whole(path, key) {
			tell(c.Frames)
			continue
		}
		if err := os.Remove(keyPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := d.writeChapter(ctx, path, c, tell); err != nil {
			return err
		}
		if err := os.WriteFile(keyPath(path), key, 0o644); err != nil {
			return fmt.Errorf("%s cannot be written: %w", keyPath(path), err)
		}
	}
	return nil
}

// keyPath is the file beside a chapter that says what it was made from.
func keyPath(path string) string { return path + ".simulate.json" }

// key is all that a chapter's pictures depend on.
func (d *Deployment) key(c Chapter) []byte {
	text, err := json.MarshalIndent(map[string]any{
		"synthetic": Notice, "version": Version, "seed": strconv.FormatUint(d.Seed, 10), "opcode": d.OpCode, "kind": d.Kind, "width": d.W, "height": d.H, "rate": d.Rate.String(),
		"frames": d.Frames, "first": c.First, "chapter_frames": c.Frames, "settle": d.Settle.String(), "depth": d.Depth, "turbidity": d.Turbidity, "habitat": d.Habitat, "abundance": d.Abundance,
	}, "", "  ")
	if err != nil {
		panic(err) // numbers, texts and a map of them
	}
	return append(text, '\n')
}

// whole tells whether a chapter was finished before from the same key.
func whole(path string, key []byte) bool {
	have, err := os.ReadFile(keyPath(path))
	if err != nil || string(have) != string(key) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// writeChapter renders frames by several goroutines and encodes them in order.
func (d *Deployment) writeChapter(ctx context.Context, path string, c Chapter, tell func(int)) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w, err := video.Create(ctx, path, video.EncodeOptions{W: d.W, H: d.H, Rate: d.Rate, Note: streamNote, Metadata: map[string]string{
		"title": Notice, "comment": fmt.Sprintf("%s; seed %d; version %s; deployment %s", Notice, d.Seed, Version, d.OpCode), "description": Notice, "artist": "Requin simulate"}})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.Abort()
		}
	}()
	for pix, err := range d.pictures(ctx, c) {
		if err != nil {
			return err
		}
		if err := w.Write(pix); err != nil {
			return err
		}
		tell(1)
	}
	return w.Close()
}

// pictures renders a chapter's frames, in order, by as many goroutines as there are cores. A
// picture belongs to the stream and is overwritten later. An error is the last thing it gives.
func (d *Deployment) pictures(ctx context.Context, c Chapter) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		s := d.made()
		workers := runtime.GOMAXPROCS(0)
		ordered := make(chan chan []byte, workers) // a place for each frame, in order
		jobs := make(chan func(*canvas))
		free := make(chan []byte, 2*workers+2)
		for range cap(free) {
			free <- make([]byte, 3*d.W*d.H)
		}
		var group sync.WaitGroup
		defer group.Wait()
		defer stop()
		for range workers {
			group.Go(func() {
				own := s.canvas()
				for job := range jobs {
					job(own)
				}
			})
		}
		group.Go(func() {
			defer close(jobs)
			defer close(ordered)
			for n := c.First; n < c.First+c.Frames; n++ {
				var pix []byte
				out := make(chan []byte, 1)
				select {
				case pix = <-free:
				case <-ctx.Done():
					return
				}
				select {
				case ordered <- out:
				case <-ctx.Done():
					return
				}
				jobs <- func(own *canvas) {
					d.keep(n, s.draw(own, n, pix, nil))
					out <- pix
				}
			}
		})
		for out := range ordered {
			pix := <-out
			if ctx.Err() != nil {
				break
			}
			if !yield(pix, nil) {
				return
			}
			free <- pix
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}
