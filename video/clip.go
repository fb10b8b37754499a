package video

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"requin/frame"
)

// clipHeight is the height in pixels of a clip that has to be encoded.
const clipHeight = 720

// Plays tells whether a browser plays the deployment's video as it is: then clips are cut out of it, otherwise
// they are encoded anew, smaller.
func (d *Deployment) Plays() bool {
	return !slices.ContainsFunc(d.Files, func(f *File) bool { return !f.plays() })
}

func (f *File) plays() bool {
	return f.Codec == "h264" && f.Rotation == 0 && !f.untimed() && !f.streamed()
}

// Clip writes a piece of the deployment around a time as an MP4 in H.264 without sound, whole or not at all, and tells
// the time of its first picture, from the start of the deployment. A piece that is cut out of H.264 begins at the key frame at or
// before from, so that no picture is encoded again. It ends where its chapter does. Index comes first.
func (d *Deployment) Clip(ctx context.Context, path string, from, length time.Duration) (first time.Duration, err error) {
	at, ok := d.Nearest(from)
	if !ok {
		return 0, fmt.Errorf("the video has no picture at %v", from)
	}
	f := d.Files[at.Chapter]
	if f.Container == "images" {
		return 0, fmt.Errorf("%s is a folder of images: it has no clips", f.Path)
	}
	i, _ := slices.BinarySearchFunc(f.packets, at.PTS, func(p Packet, pts int64) int { return int(p.PTS - pts) })
	if f.plays() {
		for i > 0 && !f.packets[i].Key {
			i--
		}
	}
	start := f.packets[i].PTS
	first = d.Time(at.Chapter, start)
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return 0, err
	}
	_ = tmp.Close()
	defer os.Remove(tmp.Name()) // gone already where all went well
	cmd := exec.CommandContext(ctx, f.ff.ffmpeg, f.clipArguments(start, length+from-first, tmp.Name())...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("%s: no clip can be made at %v (%s)", f.Path, from, lastLine(stderr.String(), f.Path))
	}
	return first, os.Rename(tmp.Name(), path)
}

// clipArguments are ffmpeg's for a clip from a picture on.
func (f *File) clipArguments(start int64, length time.Duration, path string) []string {
	args := []string{"-hide_banner", "-nostdin", "-v", "error", "-y", "-noautorotate"}
	seek := f.Base.Seconds(start)
	if f.plays() {
		seek += time.Microsecond // the seek lands on the key frame at or before it
	} else {
		seek -= f.usualStep() / 2
	}
	if start > f.Start {
		args = append(args, "-seek_timestamp", "1", "-ss", seconds(seek))
	}
	args = append(args, "-i", fileURL(f.Path), "-map", fmt.Sprintf("0:%d", f.Stream), "-an", "-sn", "-dn", "-t", seconds(length), "-map_metadata", "-1")
	if f.plays() {
		args = append(args, "-c:v", "copy")
	} else {
		w, h := frame.Fit(f.W, f.H, f.W, min(clipHeight, f.H))
		args = append(args, "-vf", f.picture(max(w&^1, 2), max(h&^1, 2))+",format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-g", "15")
	}
	return append(args, "-avoid_negative_ts", "make_zero", "-movflags", "+faststart", "-f", "mp4", fileURL(path))
}
