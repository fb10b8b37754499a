package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"requin/record"
	"requin/survey"
	"requin/taxon"
	"requin/video"
)

// input notes a file that the numbers will rest on, before anything is done with it.
func input(role, path string) (record.Input, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return record.Input{}, fmt.Errorf("--%s %s: there is no such file; check the name and that the disk is plugged in", role, path)
	case err != nil:
		return record.Input{}, fmt.Errorf("--%s %s cannot be read: %w", role, path, err)
	case info.IsDir():
		return record.Input{}, fmt.Errorf("--%s %s is a folder: name the file in it", role, path)
	}
	return record.Input{Role: role, Path: path, Bytes: info.Size(), Modified: written(info.ModTime())}, nil
}

func written(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// readTaxa reads a taxa file.
func readTaxa(path string) (taxon.List, record.Input, error) {
	in, err := input("taxa", path)
	if err != nil {
		return nil, in, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, in, fmt.Errorf("--taxa %s cannot be read: %w", path, err)
	}
	sum := sha256.Sum256(text)
	in.SHA256 = hex.EncodeToString(sum[:])
	list, err := taxon.ParseFile(bytes.NewReader(text))
	if err != nil {
		return nil, in, fmt.Errorf("--taxa %s: %w; docs/getting-started.md shows how the file is written", path, err)
	}
	return list, in, nil
}

// sameVideo refuses to write over the finished results of another video. Cameras
// give every card's files the same names, so that this is one forgotten --out away.
func (c *counting) sameVideo(folder *survey.Folder) error {
	text, err := os.ReadFile(folder.File(survey.RunFile))
	if err != nil || c.opt.replace {
		return nil // nothing is finished there
	}
	var earlier record.Record
	if json.Unmarshal(text, &earlier) != nil {
		return nil // nothing that a reader could rely on
	}
	i := slices.IndexFunc(earlier.Inputs, func(in record.Input) bool { return in.Role == "video" })
	first := c.opened.Dive.Files[0]
	if i < 0 || earlier.Inputs[i].Bytes == first.Size {
		return nil
	}
	return fmt.Errorf("%s holds the results of another video (%s of %d bytes; this one has %d): name another folder with --out, or delete that one if it is no longer wanted",
		c.out, earlier.Inputs[i].Path, earlier.Inputs[i].Bytes, first.Size)
}

// hashing is the computation of the videos' SHA-256 beside the scan.
type hashing struct {
	cancel context.CancelFunc
	ended  chan struct{}
	sums   []string
	err    error
}

// hash starts to compute the files' SHA-256. A hash that an earlier run computed of the same file is taken over.
func (c *counting) hash(ctx context.Context, journal *survey.Journal) *hashing {
	ctx, cancel := context.WithCancel(ctx)
	h := &hashing{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(h.ended)
		for i, f := range c.opened.Dive.Files {
			sum := record.NotRecorded
			if !c.opt.noHash {
				if sum, h.err = hashFile(ctx, journal, fmt.Sprintf("sha256-%03d", i), f); h.err != nil {
					return
				}
			}
			h.sums = append(h.sums, sum)
		}
	}()
	return h
}

// wait gives the hashes once they are all there.
func (h *hashing) wait(say func(format string, args ...any)) ([]string, error) {
	select {
	case <-h.ended:
	case <-time.After(2 * time.Second):
		say("Waiting for the videos' SHA-256, which takes every byte (--no-hash does without) ...")
		<-h.ended
	}
	return h.sums, h.err
}

// stop ends the computation; nothing of it is left when stop returns.
func (h *hashing) stop() {
	h.cancel()
	<-h.ended
}

func hashFile(ctx context.Context, journal *survey.Journal, name string, f *video.File) (sum string, err error) {
	if ok, err := journal.Load(name, &sum); ok || err != nil {
		return sum, err
	}
	if images := f.Images(); len(images) > 0 {
		sum, err = record.HashFiles(ctx, images)
	} else {
		sum, err = record.HashFile(ctx, f.Path)
	}
	if badSector(err) { // no reason not to count; the pictures that lie there become gaps
		return record.NotRecorded + ": the disk does not give every byte", nil
	}
	if err != nil {
		return "", err
	}
	return sum, journal.Save(name, sum)
}

// badSector tells a byte that the disk does not give from a disk that is gone, or full.
func badSector(err error) bool {
	var p *os.PathError
	return errors.As(err, &p) && p.Op == "read"
}

// unseenAndDropped says what of the model and the taxa does not meet.
func (a *app) unseenAndDropped(dropped, unseen []string) {
	if len(dropped) > 0 {
		a.logf("No taxon means these classes of the model, so they are not counted: %s", strings.Join(dropped, ", "))
	}
	if len(unseen) > 0 {
		a.logf("Warning: the model has no class for %s: a zero says nothing about them", strings.Join(unseen, ", "))
	}
}
