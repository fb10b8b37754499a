package video

import (
	"bufio"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ffmpegLog reads what ffmpeg says while it works: the time stamp of each
// picture (filter metadata) and its complaints, in the order in which they come.
//
// Decoders run in threads of their own and say some things in pieces, between which
// a filter may speak: its words then stand, without its name, behind the piece.
type ffmpegLog struct {
	mu     sync.Mutex
	more   *sync.Cond
	events []event
	stamps []int64
	now    shown  // the picture that is being announced
	first  int64  // number that ffmpeg gave the first of the stamps
	next   int64  // and will give the next
	torn   bool   // an announcement was lost: which picture has which stamp cannot be told
	hear   *int64 // complaints count from the announcement of the picture with this time stamp on; nil: all do
	signal bool   // somebody told ffmpeg to stop
	ended  bool
}

// How pictures are announced: each of the two filter chains has ffmpeg say a picture's
// time stamp and then its key, in lines that come whole.
const (
	leadKey = "requin.lead"
	pickKey = "requin.pick"
	// announceLead announces pictures before any is left out.
	announceLead = "metadata=add:key=" + leadKey + ":value=1,metadata=print:key=" + leadKey + ","
	// announce announces those that are wanted.
	announce = "metadata=add:key=" + pickKey + ":value=1,metadata=print:key=" + pickKey
)

// noPTS is the time stamp of a picture that has none.
const noPTS = math.MinInt64

// shown is a picture as a filter shows it: its number among those that the filter saw, and its time stamp.
type shown struct{ number, pts int64 }

// announced finds what a filter says at the end of a line: a picture, or a key. rest is the line without
// it. Where no part of ffmpeg speaks under its name there is none: a file may say such things of itself.
//
//	[Parsed_metadata_1 @ 0x5581] [info] frame:3    pts:46080   pts_time:3
//	[Parsed_metadata_1 @ 0x5581] [info] requin.pick=1
//	[h264 @ 0x5592] [warning] Late SEIframe:4    pts:61440   pts_time:4
func announced(line string) (rest string, picture *shown, key string) {
	line = strings.TrimSpace(line)
	if who, level, _ := splitLog(line); who == "" || level == "" {
		return line, nil, ""
	}
	for _, key := range []string{leadKey, pickKey} {
		if rest, ok := strings.CutSuffix(line, key+"=1"); ok {
			return rest, nil, key
		}
	}
	found := announcement.FindStringSubmatch(line)
	if found == nil {
		return line, nil, ""
	}
	picture = &shown{pts: noPTS}
	var err error
	if picture.number, err = strconv.ParseInt(found[1], 10, 64); err != nil {
		return line, nil, ""
	}
	if pts, err := strconv.ParseInt(found[2], 10, 64); err == nil {
		picture.pts = pts
	}
	return strings.TrimSuffix(line, found[0]), picture, ""
}

var announcement = regexp.MustCompile(`frame:(\d+) +pts:(-?\d+|NOPTS) +pts_time:\S+$`)

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
		rest, picture, key := announced(line)
		if picture != nil {
			l.now = *picture
		}
		if key != "" {
			l.announce(key)
		}
		if e, ok := parseLog(rest); ok {
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

// announce notes the picture whose time stamp came last.
func (l *ffmpegLog) announce(key string) {
	if key == pickKey {
		l.mu.Lock()
		if len(l.stamps) == 0 {
			l.first = l.now.number
		}
		// It counts anew where the pictures change their size.
		if len(l.stamps) > 0 && l.now.number != l.next && l.now.number != l.first {
			l.torn = true
		}
		l.next = l.now.number + 1
		l.mu.Unlock()
	}
	l.note(event{pts: l.now.pts, lead: key == leadKey})
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

// stamp waits for the time stamp of the nth picture; false if ffmpeg ended before it, or it cannot be told.
func (l *ffmpegLog) stamp(n int) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.stamps) <= n && !l.ended {
		l.more.Wait()
	}
	if len(l.stamps) <= n || l.torn {
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

// parseLog finds the complaint in one line of ffmpeg's log, as written with -v level+info.
//
//	[h264 @ 0x5592] [error] error while decoding MB 53 20, bytestream -7
//	[warning] pipe:0: corrupt decoded frame in stream 0
func parseLog(line string) (event, bool) {
	who, level, text := splitLog(strings.TrimSpace(line))
	switch level {
	case "info":
		if strings.HasPrefix(text, "concealing") { // parts of a picture never came, and were made up
			return event{text: who + ": " + text}, true
		}
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
