package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// run is a running ffmpeg.
type run struct {
	cmd    *exec.Cmd
	stdout io.ReadCloser
	log    *ffmpegLog
	fed    chan error // the feeding goroutine's end; nil where ffmpeg reads the file itself
	ended  bool
}

// start runs ffmpeg over the segment with a filter chain. Unless only is nil, only
// those picks are handed over.
func (r *Reader) start(only []int, threads, filters string, output ...string) (*run, error) {
	args := []string{"-hide_banner", "-nostdin", "-nostats", "-v", "repeat+level+info", "-threads", threads, "-copyts", "-noautorotate"}
	args = append(args, r.input()...)
	args = append(args, "-an", "-sn", "-dn", "-vf", filters, "-fps_mode", "passthrough")
	cmd := exec.CommandContext(r.ctx, r.file.ff.ffmpeg, append(args, output...)...)
	var stdin io.WriteCloser
	var err error
	if r.piped() {
		if stdin, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		if r.ctx.Err() != nil {
			return nil, r.ctx.Err()
		}
		return nil, fmt.Errorf("ffmpeg does not start: %w", err)
	}
	out := &run{cmd: cmd, stdout: stdout}
	var hear *int64
	if r.seg.Mode != KeyPackets {
		_, hear = r.begin()
	}
	out.log = newLog(stderr, hear)
	if stdin != nil {
		out.fed = make(chan error, 1)
		go func() { out.fed <- r.feed(stdin, only) }()
	}
	return out, nil
}

// wait waits for everything that belongs to ffmpeg, once it ends.
func (x *run) wait() (feedErr, exitErr error) {
	x.ended = true
	_, _ = io.Copy(io.Discard, x.stdout)
	x.log.wait()
	if x.fed != nil {
		feedErr = <-x.fed
	}
	return feedErr, x.cmd.Wait()
}

// stop ends ffmpeg if it still runs.
func (x *run) stop() {
	if x.ended {
		return
	}
	_ = x.cmd.Process.Kill()
	_, _ = x.wait()
}

// end lets ffmpeg finish and tells whether it complained of damage. It returns an error where
// the fault lies with this computer, not with the video.
func (x *run) end(ctx context.Context) (damaged bool, err error) {
	feedErr, exitErr := x.wait()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if errors.Is(feedErr, os.ErrNotExist) || errors.Is(feedErr, os.ErrPermission) {
		return false, feedErr
	}
	if x.killed(exitErr) {
		select { // Ctrl-C reaches ffmpeg too, and may reach it first
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		return false, errors.New("ffmpeg was ended from outside: is there enough memory? Repeat the command; it goes on where it stopped")
	}
	if x.log.undecodable() {
		return false, errors.New("this ffmpeg has no decoder for the video: install a complete ffmpeg")
	}
	return x.log.damaged() || exitErr != nil || feedErr != nil, nil
}

// killed tells whether somebody ended ffmpeg.
func (x *run) killed(exitErr error) bool {
	return exitErr != nil && x.log.signalled() || endedFromOutside(exitErr)
}

// endedFromOutside tells whether somebody ended a program. That ffmpeg crashed over damaged video is another matter.
func endedFromOutside(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) &&
		slices.Contains([]string{"signal: killed", "signal: terminated", "signal: interrupt", "signal: hangup"}, exit.String())
}
