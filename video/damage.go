package video

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"requin/frame"
)

// ffmpegLog reads what ffmpeg says while it works: the time stamp of each
// picture (filter showinfo) and its complaints, in the order in which they come.
type ffmpegLog struct {
	mu     sync.Mutex
	more   *sync.Cond
	events []event
	stamps []int64
	ended  bool
}

// event is a picture, or a complaint if text is not empty.
type event struct {
	pts  int64
	text string
}

func newLog(r io.Reader) *ffmpegLog {
	l := &ffmpegLog{}
	l.more = sync.NewCond(&l.mu)
	go l.read(r)
	return l
}

func (l *ffmpegLog) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		if strings.HasPrefix(line, "[info] Stream mapping:") {
			l.restart()
		}
		if e, ok := parseLog(line); ok {
			l.mu.Lock()
			if e.text == "" {
				l.stamps = append(l.stamps, e.pts)
			}
			if len(l.events) < 1<<20 { // a damaged hour complains 100,000 times; more adds nothing
				l.events = append(l.events, e)
			}
			l.more.Broadcast()
			l.mu.Unlock()
		}
		if err != nil {
			l.mu.Lock()
			l.ended = true
			l.more.Broadcast()
			l.mu.Unlock()
			return
		}
	}
}

// restart forgets the complaints of the first look that ffmpeg takes at a file
// before it decodes in earnest: it repeats them where they belong.
func (l *ffmpegLog) restart() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = nil
}

// stamp waits for the time stamp of the nth picture; false if ffmpeg ended before it.
func (l *ffmpegLog) stamp(n int) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.stamps) <= n && !l.ended {
		l.more.Wait()
	}
	if len(l.stamps) <= n {
		return 0, false
	}
	return l.stamps[n], true
}

func (l *ffmpegLog) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ended {
		l.more.Wait()
	}
}

func (l *ffmpegLog) damaged() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.text != "" {
			return true
		}
	}
	return false
}

// parseLog reads one line of ffmpeg's log, as written with -v level+info.
//
//	[Parsed_showinfo_1 @ 0x5581] [info] n:   3 pts:  46080 pts_time:3 ...
//	[h264 @ 0x5592] [error] error while decoding MB 53 20, bytestream -7
//	[warning] pipe:0: corrupt decoded frame in stream 0
func parseLog(line string) (event, bool) {
	line = strings.TrimSpace(line)
	if strings.Contains(line, "Parsed_showinfo") {
		_, rest, ok := strings.Cut(line, " pts:")
		if !ok || !strings.Contains(line, "] n:") {
			return event{}, false
		}
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			return event{}, false
		}
		pts, err := strconv.ParseInt(fields[0], 10, 64)
		return event{pts: pts}, err == nil
	}
	if strings.Contains(line, "corrupt decoded frame") {
		return event{text: "a picture was decoded with errors"}, true
	}
	for _, level := range []string{"[error] ", "[fatal] "} {
		if _, text, ok := strings.Cut(line, level); ok {
			return event{text: withoutAddress(line, text)}, true
		}
	}
	return event{}, false
}

// withoutAddress names the decoder and its complaint, without what differs from run to run.
func withoutAddress(line, text string) string {
	if who, _, ok := strings.Cut(line, " @ "); ok && strings.HasPrefix(who, "[") {
		return who[1:] + ": " + text
	}
	return text
}

// filters is the chain that keeps the wanted pictures, turns them upright,
// scales them and tells their time stamps.
func (r *Reader) filters() string {
	chain := "showinfo=checksum=0," + r.file.picture(r.w, r.h)
	if r.seg.Mode != KeyPackets {
		chain = r.selection() + "," + chain
	}
	return chain
}

// picture is the chain that turns a picture upright and scales it to w×h.
func (f *File) picture(w, h int) string {
	chain := ""
	switch f.Rotation {
	case 90:
		chain = "transpose=clock,"
	case 180:
		chain = "hflip,vflip,"
	case 270:
		chain = "transpose=cclock,"
	}
	return chain + fmt.Sprintf("scale=%d:%d:flags=bilinear+accurate_rnd+full_chroma_int,format=rgb24", w, h)
}

// selection keeps the first picture of each sampling cell of the deployment's clock.
func (r *Reader) selection() string {
	shift := (r.dive.Offsets[r.seg.Chapter] - r.file.Base.Seconds(r.file.Start) + time.Microsecond).Seconds()
	every := r.seg.sampling.Every.Seconds()
	cell := func(t string) string { return fmt.Sprintf("floor((%s+%.9f)/%.9f)", t, shift, every) }
	return fmt.Sprintf("select='isnan(prev_selected_t)+gt(%s,%s)'", cell("t"), cell("prev_selected_t"))
}

// nativeInput has ffmpeg read the file itself, from half a picture before the
// first pick to a little after the last.
func (r *Reader) nativeInput() []string {
	var args []string
	if r.seg.Mode == KeyFrames {
		args = append(args, "-discard", "nokey", "-skip_frame", "nokey")
	}
	first := r.seg.picks[0].packet
	last := r.seg.picks[len(r.seg.picks)-1].packet
	from := r.file.Base.Seconds(r.file.packets[first].PTS)
	if first > 0 {
		from -= min(r.file.usualStep()/2, (from-r.file.Base.Seconds(r.file.packets[first-1].PTS))/2)
		args = append(args, "-seek_timestamp", "1", "-ss", seconds(from))
	}
	length := r.file.Base.Seconds(r.file.packets[last].PTS) - from + time.Second
	return append(args, "-t", seconds(length), "-i", fileURL(r.file.Path), "-map", fmt.Sprintf("0:%d", r.file.Stream))
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 9, 64) }

// locate finds out which times ffmpeg's complaints belong to.
func (r *Reader) locate() error {
	if r.seg.Mode == KeyPackets {
		all := make([]int, len(r.seg.picks))
		for i := range all {
			all[i] = i
		}
		return r.bisect(all)
	}
	return r.listen()
}

// bisect decodes halves of the picks, and halves of those, until each damaged
// one stands alone: each key frame is decoded by itself, so half of a sound
// set is sound.
func (r *Reader) bisect(picks []int) error {
	run, err := r.startThreads(picks, threads(), "showinfo=checksum=0", "-f", "null", "-")
	if err != nil {
		return err
	}
	defer run.stop()
	damaged, err := run.end(r.ctx)
	if err != nil {
		return err
	}
	if !damaged && len(run.log.stamps) == len(picks) {
		return nil
	}
	if len(picks) == 1 {
		r.gap(r.cellSpan(picks[0], run.log.complaint()))
		return nil
	}
	half := len(picks) / 2
	if err := r.bisect(picks[:half]); err != nil {
		return err
	}
	return r.bisect(picks[half:])
}

// complaint is the first thing that ffmpeg complained of.
func (l *ffmpegLog) complaint() string {
	for _, e := range l.events {
		if e.text != "" {
			return "damaged video: " + e.text
		}
	}
	return "damaged video: no picture could be decoded"
}

// listen decodes a damaged segment once more, with one thread and every
// picture announced, so that each complaint falls between two known times.
func (r *Reader) listen() error {
	run, err := r.startThreads(nil, "1", "showinfo=checksum=0", "-f", "null", "-")
	if err != nil {
		return err
	}
	defer run.stop()
	_, _ = io.Copy(io.Discard, run.stdout)
	run.log.wait()
	run.stop()
	if err := r.ctx.Err(); err != nil {
		return err
	}
	reason := ""
	from := r.seg.From
	for _, e := range run.log.events {
		switch {
		case e.text != "" && reason == "":
			reason = "damaged video: " + e.text
		case e.text == "":
			if reason != "" {
				r.damage(from, r.soundAgain(e.pts), reason)
				reason = ""
			}
			from = r.dive.Time(r.seg.Chapter, e.pts) + 1
		}
	}
	if reason != "" {
		r.damage(from, r.seg.To, reason)
	}
	return nil
}

// damage notes a gap, cut to the segment.
func (r *Reader) damage(from, to time.Duration, reason string) {
	from, to = max(from, r.seg.From), min(to, r.seg.To)
	if to > from {
		r.gap(frame.Gap{From: from, To: to, Reason: reason})
	}
}

// soundAgain is the time of the first key frame that does not build on the
// damaged picture, which is shown at pts or a few pictures before or after it (they are decoded out of order).
func (r *Reader) soundAgain(pts int64) time.Duration {
	const reorder = 4 // pictures by which decoding may run ahead of showing
	shown := 0
	for _, p := range r.file.packets {
		if p.PTS <= pts {
			continue
		}
		if shown++; p.Key && (shown > reorder || r.seg.Mode == KeyFrames) {
			return r.dive.Time(r.seg.Chapter, p.PTS)
		}
	}
	return r.seg.To
}
