package video

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ffmpegLog reads what ffmpeg says while it works: the time stamp of each
// picture (filter showinfo) and its complaints, in the order in which they come.
type ffmpegLog struct {
	mu     sync.Mutex
	more   *sync.Cond
	events []event
	stamps []int64
	hear   *int64 // complaints count from the announcement of the picture with this time stamp on; nil: all do
	signal bool   // somebody told ffmpeg to stop
	ended  bool
}

// event is a picture, or a complaint if text is not empty.
type event struct {
	pts  int64
	text string
	lead bool // the picture is announced before any is left out
}

func newLog(r io.Reader, hear *int64) *ffmpegLog {
	l := &ffmpegLog{hear: hear}
	l.more = sync.NewCond(&l.mu)
	go l.read(r)
	return l
}

func (l *ffmpegLog) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		switch {
		case strings.HasPrefix(line, "[info] Stream mapping:"):
			l.restart()
		case strings.HasPrefix(line, "[info] Exiting normally, received signal"):
			l.mu.Lock()
			l.signal = true
			l.mu.Unlock()
		}
		if e, ok := parseLog(line); ok {
			l.note(e)
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

// note keeps an event.
func (l *ffmpegLog) note(e event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.lead:
		if l.hear != nil && e.pts >= *l.hear {
			l.hear = nil
		}
		return
	case e.text != "" && l.hear != nil:
		return
	case e.text == "":
		l.stamps = append(l.stamps, e.pts)
	}
	if len(l.events) < 1<<20 { // a damaged hour complains 100,000 times; more adds nothing
		l.events = append(l.events, e)
	}
	l.more.Broadcast()
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

// signalled tells whether somebody told ffmpeg to stop.
func (l *ffmpegLog) signalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signal
}

// undecodable tells whether ffmpeg lacks the decoder: no fault of the video.
func (l *ffmpegLog) undecodable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.events, func(e event) bool { return strings.Contains(e.text, "no decoder found for") })
}

// parseLog reads one line of ffmpeg's log, as written with -v level+info.
//
//	[Parsed_showinfo_1 @ 0x5581] [info] n:   3 pts:  46080 pts_time:3 ...
//	[h264 @ 0x5592] [error] error while decoding MB 53 20, bytestream -7
//	[warning] pipe:0: corrupt decoded frame in stream 0
func parseLog(line string) (event, bool) {
	who, level, text := splitLog(strings.TrimSpace(line))
	switch level {
	case "info":
		if strings.HasPrefix(text, "concealing") { // parts of a picture never came, and were made up
			return event{text: who + ": " + text}, true
		}
		fields, ok := strings.CutPrefix(text, "n:")
		lead := who == "showinfo@lead"
		if !ok || !lead && !strings.HasPrefix(who, "Parsed_showinfo") {
			return event{}, false
		}
		_, rest, _ := strings.Cut(fields, " pts:")
		first, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		pts, err := strconv.ParseInt(first, 10, 64)
		return event{pts: pts, lead: lead}, err == nil
	case "warning":
		if strings.Contains(text, "corrupt decoded frame") {
			return event{text: "a picture was decoded with errors"}, true
		}
		if strings.Contains(text, "corrupt input packet") {
			return event{text: "a part of the file is corrupt"}, true
		}
	case "error", "fatal", "panic":
		if strings.Contains(text, "to muxer") {
			return event{}, false // ffmpeg about its own output, not about the video
		}
		if text == "" {
			text = "unknown"
		}
		if who != "" && who != "NULL" { // NULL: a parser, which has no name
			text = who + ": " + text
		}
		return event{text: text}, true
	}
	return event{}, false
}

// splitLog parts a line into who speaks (a decoder, without the address that
// differs from run to run), the level and the text.
func splitLog(line string) (who, level, text string) {
	for strings.HasPrefix(line, "[") {
		name, rest, ok := strings.Cut(line[1:], "]")
		if !ok {
			return "", "", ""
		}
		rest = strings.TrimPrefix(rest, " ")
		short, _, isContext := strings.Cut(name, " @ ")
		if !isContext {
			return who, name, strings.TrimSpace(rest)
		}
		who, line = short, rest
	}
	return "", "", ""
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
