package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"requin/frame"
)

// EncodeOptions say what a video is to be like.
type EncodeOptions struct {
	W, H int            // pixels, even
	Rate frame.Rational // frames a second
	// GOP is how many frames lie between key frames; 0: half a second's, as action cameras do. Groups are closed.
	GOP int
	// Quality is x264's constant rate factor, 1 (best) to 51; 0: 21.
	Quality int
	// Metadata goes into the container: title, comment, description, creation_time and other names.
	Metadata map[string]string
	// Note is written into the H.264 stream itself with every key frame, as a message that decoders leave alone (SEI user data).
	Note string
}

// noteID marks the messages in the stream as Requin's (ITU-T H.264 D.1.7 asks for a UUID).
const noteID = "5d1ea1f0-7a3c-4b6e-9c52-726571756e21"

func (o EncodeOptions) check() error {
	switch {
	case o.W < 2 || o.H < 2 || o.W%2 != 0 || o.H%2 != 0 || o.W > 16384 || o.H > 16384:
		return fmt.Errorf("a video of %dx%d cannot be written: width and height must be even, from 2 to 16384", o.W, o.H)
	case o.Rate.Num <= 0 || o.Rate.Den <= 0:
		return fmt.Errorf("a video of %v frames a second cannot be written", o.Rate)
	case o.GOP < 0 || o.Quality < 0 || o.Quality > 51:
		return fmt.Errorf("key frames every %d frames at quality %d: the first must not be negative, the second lies between 0 and 51", o.GOP, o.Quality)
	case strings.ContainsAny(o.Note, ":=,\n"):
		return fmt.Errorf("the note %q must hold no colon, comma, equals sign or line break", o.Note)
	}
	for name, value := range o.Metadata {
		if name == "" || strings.ContainsAny(name, "=\n") || strings.Contains(value, "\x00") {
			return fmt.Errorf("metadata %q=%q cannot be written", name, value)
		}
	}
	return nil
}

// Writer encodes pictures into a video file.
type Writer struct {
	ctx    context.Context
	path   string // where it is to be
	tmp    string // where it is while it is written
	size   int
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr *strings.Builder
	frames int
	err    error
	done   bool
}

// Create begins a video in H.264 (4:2:0, BT.709) without sound, in an MP4 file that takes its
// name once it is whole: until Close it lies beside it under another. If ctx ends, so does ffmpeg, and Close
// removes what there was.
func Create(ctx context.Context, path string, o EncodeOptions) (*Writer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ff, err := findTools()
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp.mp4")
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	_ = tmp.Chmod(0o644) // others may read it, where the disk knows such things
	_ = tmp.Close()
	w := &Writer{ctx: ctx, path: path, tmp: tmp.Name(), size: 3 * o.W * o.H, stderr: &strings.Builder{}}
	w.cmd = exec.CommandContext(ctx, ff.ffmpeg, o.arguments(w.tmp)...)
	w.cmd.Stderr = w.stderr
	if w.stdin, err = w.cmd.StdinPipe(); err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		_ = os.Remove(w.tmp)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("ffmpeg does not start: %w", err)
	}
	return w, nil
}

// arguments are ffmpeg's. The same pictures give the same file: one encoding thread's worth of
// decisions, no version of ffmpeg in the container.
func (o EncodeOptions) arguments(path string) []string {
	rate := fmt.Sprintf("%d/%d", o.Rate.Num, o.Rate.Den)
	gop := o.GOP
	if gop == 0 {
		gop = max(1, int(math.Round(float64(o.Rate.Num)/float64(o.Rate.Den)/2)))
	}
	quality := o.Quality
	if quality == 0 {
		quality = 21
	}
	args := []string{"-hide_banner", "-nostdin", "-v", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", o.W, o.H), "-r", rate, "-i", "pipe:0",
		"-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p", "-an", "-c:v", "libx264", "-preset", "veryfast", "-threads", "1",
		"-profile:v", "high", "-crf", strconv.Itoa(quality), "-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0", "-flags", "+cgop", "-bf", "2",
		"-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-video_track_timescale", strconv.FormatInt(timescale(o.Rate), 10), "-fflags", "+bitexact"}
	if o.Note != "" {
		args = append(args, "-bsf:v", "h264_metadata=sei_user_data="+noteID+"+"+escapeFilter(o.Note))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Metadata)) {
		args = append(args, "-metadata", name+"="+o.Metadata[name])
	}
	return append(args, "-movflags", "+use_metadata_tags", "-f", "mp4", fileURL(path))
}

// timescale is a number of ticks a second in which every frame falls on a tick.
func timescale(rate frame.Rational) int64 {
	scale := rate.Num
	for scale < 10000 {
		scale *= 10
	}
	return scale
}

func escapeFilter(s string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) }

// Write adds a picture, W×H pixels of packed RGB.
func (w *Writer) Write(pix []byte) error {
	switch {
	case w.err != nil:
		return w.err
	case w.done:
		return errors.New("the video is closed")
	case w.ctx.Err() != nil:
		w.err = w.ctx.Err()
		return w.err
	case len(pix) != w.size:
		return fmt.Errorf("a picture of %d bytes instead of %d", len(pix), w.size)
	}
	if _, err := w.stdin.Write(pix); err != nil {
		w.err = fmt.Errorf("ffmpeg took no more pictures: %w", err)
		if why := w.Close(); why != nil { // ffmpeg's own reason is the better one
			w.err = why
		}
		return w.err
	}
	w.frames++
	return nil
}

// Close finishes the file and gives it its name. After an error, or without a picture, there is no file.
func (w *Writer) Close() (err error) {
	if w.done {
		return w.err // a Write that failed has closed it
	}
	w.done = true
	_ = w.stdin.Close()
	exit := w.cmd.Wait()
	defer func() {
		if err != nil {
			_ = os.Remove(w.tmp)
			w.err = err
		}
	}()
	switch {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case exit != nil:
		return w.explain(exit)
	case w.err != nil:
		return w.err
	case w.frames == 0:
		return fmt.Errorf("%s would hold no picture: nothing was written", w.path)
	}
	if err := syncFile(w.tmp); err != nil {
		return fmt.Errorf("%s cannot be written: %w", w.path, err)
	}
	return os.Rename(w.tmp, w.path)
}

// Abort ends the writing and leaves no file.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	_ = w.cmd.Process.Kill()
	_ = w.stdin.Close()
	_ = w.cmd.Wait()
	_ = os.Remove(w.tmp)
}

// explain says what to do where ffmpeg gave up.
func (w *Writer) explain(exit error) error {
	said := w.stderr.String()
	switch {
	case strings.Contains(said, "Unknown encoder"):
		return errors.New("this ffmpeg cannot write H.264: it lacks libx264; install a full one (Debian: apt install ffmpeg; macOS: brew install ffmpeg)")
	case strings.Contains(said, "No space left"):
		return fmt.Errorf("%s cannot be written: the disk is full; free some space and repeat the command", w.path)
	}
	return fmt.Errorf("%s cannot be written: ffmpeg says %q (%w)", w.path, lastLine(said, w.tmp), exit)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
