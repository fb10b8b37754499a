package video

import (
	"cmp"
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
	edited := f.Hidden > 0 && f.Container != "mp4" // packets between others, which a copy would show
	return f.Codec == "h264" && f.Rotation == 0 && f.Fields == "" && !f.untimed() && !f.streamed() && !edited
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
	i, err := d.packet(at)
	if err != nil {
		return 0, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return 0, err
	}
	_ = tmp.Close()
	defer os.Remove(tmp.Name()) // gone already where all went well
	end, _ := slices.BinarySearchFunc(f.packets, from+length, func(p Packet, t time.Duration) int { return cmp.Compare(d.Time(at.Chapter, p.PTS), t) })
	start, done := f.keyBefore(i), false
	if f.plays() && f.packets[start].Key {
		if done, err = f.cutOut(ctx, start, end, tmp.Name()); err != nil {
			return 0, err
		}
	}
	pts := f.packets[start].PTS
	if !done {
		if pts, err = d.encode(ctx, at.Chapter, i, max(end, i+1), tmp.Name()); err != nil {
			return 0, err
		}
	}
	return d.Time(at.Chapter, pts), os.Rename(tmp.Name(), path)
}

// cutOut copies the packets from a key frame on into a file, up to before end. It tells whether the first picture of that file is the
// key frame: where a seek landed elsewhere it is not, and the file is worth nothing.
func (f *File) cutOut(ctx context.Context, key, end int, path string) (bool, error) {
	start := f.Base.Seconds(f.packets[key].PTS)
	stop := start + f.Duration
	if end < len(f.packets) {
		stop = f.Base.Seconds(f.packets[end].PTS)
	}
	cmd := exec.CommandContext(ctx, f.ff.ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-copyts", "-noautorotate",
		"-seek_timestamp", "1", "-ss", seconds(start+time.Microsecond), // the seek lands on the key frame at or before it
		"-i", fileURL(f.Path), "-map", fmt.Sprintf("0:%d", f.Stream), "-an", "-sn", "-dn", "-c:v", "copy", "-to", seconds(stop),
		"-map_metadata", "-1", "-output_ts_offset", seconds(-start), "-avoid_negative_ts", "disabled", "-movflags", "+faststart", "-f", "mp4", fileURL(path))
	if err := cmd.Run(); err != nil {
		return false, ctx.Err() // it may be encoded yet, and then says what is wrong
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	made, err := readMP4(file, info.Size())
	return err == nil && made.packets[0].Key && made.Base.Seconds(made.packets[0].PTS).Abs() <= time.Millisecond, nil
}

// encode writes the pictures from a packet on, up to before end, into a file, and gives the time stamp of the first of them.
func (d *Deployment) encode(ctx context.Context, chapter, first, end int, path string) (pts int64, err error) {
	f := d.Files[chapter]
	w, h := frame.Fit(f.W, f.H, f.W, min(clipHeight, f.H))
	seg := Segment{Chapter: chapter, Mode: AllFrames, picks: []pick{{packet: first}}}
	r := d.Read(ctx, seg, nil)
	run, err := r.start(nil, threads(), fmt.Sprintf("%s,%s,%s,format=yuv420p,setpts=PTS-STARTPTS",
		f.between(first, end), announce, f.picture(max(w&^1, 2), max(h&^1, 2))),
		"-y", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-g", "15", "-enc_time_base", "1/90000", "-video_track_timescale", "90000",
		"-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", fileURL(path))
	if err != nil {
		return 0, err
	}
	defer run.stop()
	if _, err := run.end(ctx); err != nil {
		return 0, err
	}
	pts, ok := run.log.stamp(0)
	if !ok || pts == noPTS {
		return 0, fmt.Errorf("%s: no clip can be made at %v (%s)", f.Path, d.Time(chapter, f.packets[first].PTS), run.log.complaint())
	}
	return pts, nil
}
