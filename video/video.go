// Package video's noun is a media file as a camera leaves it. It owns what lies on a card and which recordings it makes,
// probing, joining chapters into a deployment, choosing which pictures are decoded, the
// frames themselves with their true times, the picture at a time, clips, and the record of
// what could not be decoded. It alone starts ffmpeg and ffprobe. It knows no animal.
//
// The flow:
//
//	files  := video.Probe(ctx, path) for each chapter
//	dive   := video.Join(files...)
//	plan   := dive.Plan(sampling)
//	for _, seg := range plan.Segments {
//		r := dive.Read(ctx, seg, size)
//		for f, err := range r.Frames() { ... }
//		gaps := r.Gaps()
//	}
//	picture := dive.Picture(ctx, f.Instant, size) // again, for people to look at
//
// What damage is noticed: bytes that are missing or beyond the end, runs of
// zeros, pictures that never come, and whatever ffmpeg complains of. What is not: other
// data in the place of a part of a picture that decodes without complaint. For H.264 that is
// a single sector in small pictures; ffmpeg's decoder of HEVC takes most of it for a
// picture (of 1080p: 4 KB of noise never noticed, 32 KB in 5 of 6 cases).
package video

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"requin/frame"
)

// Packet is one coded picture: when it is shown and where its bytes lie.
type Packet struct {
	PTS      int64 // ticks of the file's time base, after edits
	Duration int64 // ticks
	Pos      int64 // bytes from the start of the file, outside MP4 of what it is wrapped in; -1: unknown
	Size     int64 // bytes
	Key      bool
	Missing  bool // its bytes lie beyond the end of the file
	hidden   bool // by the edit list
}

// File is one media file, or one folder of images, that was probed.
type File struct {
	Path      string
	Size      int64
	ModTime   time.Time
	Container string // "mp4", ffprobe's name of the format, or "images"
	Codec     string // ffmpeg's name: h264, hevc, vp9, av1, mpeg4 ...
	Stream    int    // index of the video stream among all streams
	Base      frame.Rational
	Start     int64         // PTS at which the deployment clock of this file starts
	Duration  time.Duration // of the video stream as its index states it, whether all of it is there or not
	W, H      int           // of the picture as it is shown: upright, with square pixels
	Rotation  int           // degrees clockwise that the stored picture is turned by to be shown
	Hidden    int           // packets that an edit list hides
	Fields    Fields        // of interlaced pictures, which are deinterlaced; known after Index
	Unmarked  bool          // the pictures show that they are interlaced, the file does not say so

	codedW, codedH int
	openGOP        bool   // pictures are shown before the key frame that they follow in the file
	delay          int    // pictures that a decoder holds back, as ffprobe says
	config         []byte // decoder configuration, where the bytes of a packet can be handed over as they are
	packets        []Packet
	fieldsKnown    bool
	images         []string
	ff             *tools
}

// Packets lists the coded pictures in order of presentation. It is empty where
// the container keeps no index (see Index).
func (f *File) Packets() []Packet { return f.packets }

// Rate is the mean number of pictures a second.
func (f *File) Rate() float64 {
	if f.Duration <= 0 {
		return 0
	}
	return float64(len(f.packets)) / f.Duration.Seconds()
}

// Truncated returns the time at which the file's bytes end, if its index promises more.
func (f *File) Truncated() (time.Duration, bool) {
	for _, p := range f.packets {
		if p.Missing {
			return f.at(p.PTS), true
		}
	}
	return 0, false
}

// at converts a time stamp to time from the start of this file.
func (f *File) at(pts int64) time.Duration { return f.Base.Seconds(pts - f.Start) }

// sortPackets puts packets, given in the order in which they are decoded, into
// the order in which they are shown.
func (f *File) sortPackets(packets []Packet) {
	sorted := true
	key := int64(math.MinInt64)
	for i, p := range packets {
		if p.Key {
			key = p.PTS
		}
		f.openGOP = f.openGOP || p.PTS < key
		sorted = sorted && (i == 0 || packets[i-1].PTS <= p.PTS)
	}
	if !sorted {
		slices.SortStableFunc(packets, func(a, b Packet) int { return cmp.Compare(a.PTS, b.PTS) })
	}
}

// setPackets takes the packets, sorted by PTS, and derives the duration.
func (f *File) setPackets(packets []Packet) {
	f.packets = packets
	if len(packets) == 0 {
		return
	}
	end := packets[len(packets)-1]
	if end.Duration <= 0 && len(packets) > 1 {
		end.Duration = (end.PTS - packets[0].PTS) / int64(len(packets)-1)
	}
	f.Duration = f.at(end.PTS + end.Duration)
}

// show derives the size a viewer sees from the stored size, the shape of the
// pixels and the rotation.
func (f *File) show(sarNum, sarDen int64) {
	f.W, f.H = f.codedW, f.codedH
	if sarNum > 0 && sarDen > 0 && sarNum != sarDen && sarNum < 100*sarDen && sarDen < 100*sarNum {
		f.W = int((int64(f.codedW)*sarNum + sarDen/2) / sarDen)
	}
	if f.Rotation%180 != 0 {
		f.W, f.H = f.H, f.W
	}
}

// Probe reads what a file says of itself without reading its pictures: of an MP4 or MOV the
// index alone, of any other container what ffprobe reads. rate is the number of
// images a second where path is a folder of images, and is not looked at otherwise.
func Probe(ctx context.Context, path string, rate frame.Rational) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: there is no such file; check the name and that the card or disk is plugged in", path)
		}
		return nil, err
	}
	if info.IsDir() {
		return probeImages(path, info, rate)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%s: is empty (0 bytes): the camera recorded nothing, or the copy failed; copy it again from the card", path)
	}
	ff, err := findTools()
	if err != nil {
		return nil, err
	}
	f, err := probeFile(ctx, path, info, ff)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.W <= 0 || f.H <= 0 {
		return nil, fmt.Errorf("%s: its pictures have no size", path)
	}
	f.Path, f.Size, f.ModTime, f.ff = path, info.Size(), info.ModTime(), ff
	return f, nil
}

func probeFile(ctx context.Context, path string, info fs.FileInfo, ff *tools) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := readMP4(r, info.Size())
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, errNotMP4), errors.Is(err, errFragmented), errors.Is(err, errComplex):
		return ff.probe(ctx, path)
	}
	return nil, err
}

// Unchanged returns an error if the file is no longer what was probed: still being written, replaced, or
// gone with the disk it lay on.
func (f *File) Unchanged() error {
	info, err := os.Stat(f.Path)
	if err != nil {
		return fmt.Errorf("%s can no longer be read (%w): plug the card or disk in again and repeat the command; it goes on where it stopped", f.Path, err)
	}
	if f.Container == "images" {
		return nil
	}
	if info.Size() != f.Size || !info.ModTime().Equal(f.ModTime) {
		return fmt.Errorf("%s changed while it was being read: wait until it is written, then repeat the command", f.Path)
	}
	return nil
}

// Name is the file's name without folder and extension.
func (f *File) Name() string {
	name := filepath.Base(f.Path)
	if f.Container == "images" {
		return name
	}
	return name[:len(name)-len(filepath.Ext(name))]
}
