package video

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"runtime"

	"strconv"
	"strings"
	"time"

	"requin/frame"
)

// tools are the two programs of the ffmpeg project, found once.
type tools struct{ ffmpeg, ffprobe string }

// errNoTools says how to get ffmpeg.
var errNoTools = errors.New("ffmpeg and ffprobe are needed to read video and were not found: install them (Debian: apt install ffmpeg; macOS: brew install ffmpeg)")

func findTools() (*tools, error) {
	ffmpeg, err1 := exec.LookPath("ffmpeg")
	ffprobe, err2 := exec.LookPath("ffprobe")
	if err1 != nil || err2 != nil {
		return nil, errNoTools
	}
	return &tools{ffmpeg, ffprobe}, nil
}

// Version tells which ffmpeg decodes, in ffmpeg's own words.
func Version(ctx context.Context) (string, error) {
	ff, err := findTools()
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, ff.ffmpeg, "-version").Output()
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w", ff.ffmpeg, err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	first, _, _ = strings.Cut(strings.TrimPrefix(first, "ffmpeg version "), " Copyright")
	return first, nil
}

// fileURL keeps ffmpeg from taking a name with a colon for a protocol.
func fileURL(path string) string { return "file:" + path }

type probeOutput struct {
	Streams []probeStream `json:"streams"`
	Format  struct {
		Name     string `json:"format_name"`
		Duration string `json:"duration"`
	} `json:"format"`
}

type probeStream struct {
	Index       int               `json:"index"`
	Type        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	W           int               `json:"width"`
	H           int               `json:"height"`
	Delay       int               `json:"has_b_frames"`
	SAR         string            `json:"sample_aspect_ratio"`
	Base        string            `json:"time_base"`
	StartPTS    *int64            `json:"start_pts"`
	DurationTS  int64             `json:"duration_ts"`
	Disposition map[string]int    `json:"disposition"`
	Tags        map[string]string `json:"tags"`
	SideData    []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// probe asks ffprobe about a container that has no sample tables of its own.
func (ff *tools) probe(ctx context.Context, path string) (*File, error) {
	cmd := exec.CommandContext(ctx, ff.ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", "-i", fileURL(path))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("is not a video that can be read (%s)", lastLine(stderr.String(), path))
	}
	var p probeOutput
	if err := json.Unmarshal(out, &p); err != nil {
		return nil, fmt.Errorf("ffprobe's answer cannot be read: %w", err)
	}
	s := bestStream(p.Streams)
	if s == nil {
		return nil, errNoVideo
	}
	if isImageFormat(p.Format.Name) {
		return nil, errors.New("is a single image; name the folder that holds the images, with --rate")
	}
	base, err := parseRational(s.Base)
	if err != nil {
		return nil, fmt.Errorf("ffprobe names no time base: %w", err)
	}
	f := &File{Container: p.Format.Name, Codec: s.Codec, Stream: s.Index, Base: base, codedW: s.W, codedH: s.H, delay: s.Delay}
	for _, d := range s.SideData {
		if d.Rotation != 0 {
			f.Rotation = (int(-d.Rotation) + 720) % 360
		}
	}
	if s.StartPTS != nil {
		f.Start = *s.StartPTS
	}
	sar, err := parseRational(strings.ReplaceAll(s.SAR, ":", "/"))
	if err != nil {
		sar = frame.Rational{Num: 1, Den: 1} // not stated: square pixels
	}
	f.show(sar.Num, sar.Den)
	f.Duration = base.Seconds(s.DurationTS)
	if f.Duration <= 0 {
		if seconds, err := strconv.ParseFloat(p.Format.Duration, 64); err == nil {
			f.Duration = durationOf(seconds)
			if strings.HasPrefix(f.Container, "matroska") { // it states when it ends, not how long it is
				f.Duration -= max(f.Base.Seconds(f.Start), 0)
			}
		}
	}
	return f, nil
}

// isImageFormat tells ffprobe's still-image demuxers from those of video.
func isImageFormat(name string) bool {
	return name == "image2" || strings.HasSuffix(name, "_pipe")
}

func bestStream(streams []probeStream) *probeStream {
	var best *probeStream
	for i := range streams {
		s := &streams[i]
		if s.Type != "video" || s.Disposition["attached_pic"] == 1 || s.W <= 0 || s.H <= 0 {
			continue
		}
		if best == nil || s.W*s.H > best.W*best.H {
			best = s
		}
	}
	return best
}

func parseRational(s string) (frame.Rational, error) {
	num, den, ok := strings.Cut(s, "/")
	n, err1 := strconv.ParseInt(num, 10, 64)
	d, err2 := strconv.ParseInt(den, 10, 64)
	if !ok || err1 != nil || err2 != nil || n <= 0 || d <= 0 {
		return frame.Rational{}, fmt.Errorf("%q is not a ratio", s)
	}
	return frame.Rational{Num: n, Den: d}, nil
}

// Index makes sure that the packets of the file are known, and how its pictures are scanned. Of an MP4 the packets were read with the
// probe; other containers are read through once, without decoding.
func (f *File) Index(ctx context.Context) error {
	if f.packets == nil && f.Container != "images" {
		if err := f.list(ctx); err != nil {
			return err
		}
	}
	return f.lookAtFields(ctx)
}

// list reads the packets through ffprobe.
func (f *File) list(ctx context.Context) error {
	packets, hidden, err := f.ff.listPackets(ctx, f.Path, f.Stream, f.demuxing()...)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	if len(packets) == 0 {
		return fmt.Errorf("%s: its video stream holds no pictures", f.Path)
	}
	f.Hidden = hidden
	if f.untimed() { // the decoder's times: a picture is shown when it comes out, delay pictures later
		for i := range packets {
			packets[i].PTS += int64(f.delay)
		}
	}
	f.sortPackets(packets)
	f.Start = packets[0].PTS
	declared := f.Duration
	f.setPackets(packets)
	if declared > f.Duration && f.Container != "mp4" {
		f.Duration = declared // the container promises more than it holds: the rest is a gap
	}
	return nil
}

// untimed tells whether the container orders pictures as they are decoded and says nothing of when they are
// shown. Such files, where pictures are shown in another order, are decoded whole: which
// time belongs to a key frame is not known before.
func (f *File) untimed() bool { return f.Container == "avi" && f.delay > 0 }

// demuxing is what ffmpeg and ffprobe are both told of how to read the file: they must give a picture the same time. A programme
// stream states the times of some pictures alone; the others follow from the order in which they are decoded. Of AVI see untimed.
func (f *File) demuxing() []string {
	if f.Container == "mpeg" || f.Container == "mpegts" {
		return []string{"-fflags", "+genpts"}
	}
	return nil
}

// listPackets reads the stream's packets with ffprobe, in the order in which they are decoded, and counts those that an edit list hides.
func (ff *tools) listPackets(ctx context.Context, path string, stream int, demuxing ...string) (packets []Packet, hidden int, err error) {
	args := append([]string{"-v", "error"}, demuxing...)
	args = append(args, "-select_streams", strconv.Itoa(stream),
		"-show_entries", "packet=pts,dts,duration,size,pos,flags", "-of", "csv=p=0:nk=0", "-i", fileURL(path))
	cmd := exec.CommandContext(ctx, ff.ffprobe, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	packets, hidden = parsePackets(out)
	err = cmd.Wait()
	if endedFromOutside(err) {
		return nil, 0, errors.New("ffprobe was ended from outside: is there enough memory?")
	}
	if err != nil && len(packets) == 0 {
		return nil, 0, fmt.Errorf("its packets cannot be listed (%s)", lastLine(stderr.String(), path))
	}
	return packets, hidden, nil
}

// parsePackets reads lines of key=value fields as ffprobe writes them, and counts those that an edit list hides.
func parsePackets(r io.Reader) (packets []Packet, hidden int) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		p, timed := Packet{Pos: -1}, false
		var dts int64
		var hasDTS bool
		for _, field := range strings.Split(lines.Text(), ",") {
			key, value, _ := strings.Cut(field, "=")
			n, err := strconv.ParseInt(value, 10, 64)
			switch {
			case key == "flags":
				p.Key = strings.Contains(value, "K")
				p.hidden = strings.Contains(value, "D")
			case err != nil:
			case key == "pts":
				p.PTS, timed = n, true
			case key == "dts":
				dts, hasDTS = n, true
			case key == "duration":
				p.Duration = n
			case key == "size":
				p.Size = max(n, 0)
			case key == "pos":
				p.Pos = max(n, -1)
			}
		}
		if !timed && hasDTS { // AVI; see untimed
			p.PTS, timed = dts, true
		}
		switch {
		case p.hidden:
			hidden++
		case timed:
			packets = append(packets, p)
		}
	}
	_, _ = io.Copy(io.Discard, r)
	return packets, hidden
}

// lastLine is the last thing a program said, without the name of the file.
func lastLine(s, path string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	last = strings.TrimPrefix(last, fileURL(path)+": ")
	if last == "" {
		return "no reason given"
	}
	return last
}

// maxThreads bounds the threads that decode one video. Each holds pictures of its
// own, 25 MB in 4K with 10 bits.
const maxThreads = 8

// threads is how many threads ffmpeg may decode with.
func threads() string { return strconv.Itoa(min(runtime.NumCPU(), maxThreads)) }

func durationOf(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * 1e9))
}
