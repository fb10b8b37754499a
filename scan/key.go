package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"requin/video"
)

// JournalKey is everything that the detections in a journal depend on: the program's version and ffmpeg's, the files as the disk
// shows them, which pictures are looked at, and the detector. Thresholds are not in it: they may change without looking at the video again.
func (d *Deployment) JournalKey(ctx context.Context, version string, s Settings) any {
	type file struct {
		Name     string
		Size     int64
		Modified time.Time
		Images   string       `json:",omitempty"`
		Fields   video.Fields `json:",omitempty"`
	}
	var files []file
	for _, f := range d.Dive.Files {
		files = append(files, file{f.Name(), f.Size, f.ModTime.UTC(), listing(f.Images()), f.Fields})
	}
	ffmpeg, _ := video.Version(ctx) // a failure shows where pictures are read
	card := s.Detector
	var classes [][]string
	for _, t := range card.Taxa {
		classes = append(classes, append([]string{t.Name}, t.Classes...))
	}
	card.Taxa, card.Threads, card.File = nil, 0, ""
	return map[string]any{
		"requin": version, "ffmpeg": ffmpeg, "files": files,
		"sampling": s.Sampling(), "detector": card, "classes": classes,
	}
}

// listing stands for the state of a folder's images: a folder's own time does
// not tell that one of them was written anew.
func listing(images []string) string {
	if len(images) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, path := range images {
		size, modified := int64(-1), ""
		if info, err := os.Stat(path); err == nil {
			size, modified = info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)
		}
		fmt.Fprintf(sum, "%q %d %s\n", filepath.Base(path), size, modified)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
