package video

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"time"

	"requin/frame"
)

// locate finds out which times ffmpeg's complaints belong to.
func (r *Reader) locate() error {
	if r.seg.Mode != KeyPackets {
		return r.listen()
	}
	var fed []int
	for i := range r.seg.picks {
		if r.lost[i] == "" {
			fed = append(fed, i)
		}
	}
	if len(fed) == 0 {
		return nil
	}
	return r.bisect(fed)
}

// bisect decodes halves of the picks, and halves of those, until each damaged
// one stands alone: each key frame is decoded by itself, so half of a sound
// set is sound.
func (r *Reader) bisect(picks []int) error {
	run, err := r.start(picks, threads(), announce, "-f", "null", "-")
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

// listen decodes a damaged segment once more, with one thread and every
// picture announced, so that each complaint falls between two known times, and
// pictures that never come are noticed. The picture before a complaint is
// counted to the damage: its last bytes lie beside it.
func (r *Reader) listen() error {
	filters := announceLead + announce
	if end := r.end(); end < len(r.file.packets) {
		filters += fmt.Sprintf(",trim=end_pts=%d", r.file.packets[end].PTS)
	}
	run, err := r.start(nil, "1", filters, "-f", "null", "-")
	if err != nil {
		return err
	}
	defer run.stop()
	if _, err := run.end(r.ctx); err != nil {
		return err
	}
	reason := ""
	from := r.seg.From
	shown := map[int64]bool{}
	for _, e := range run.log.events {
		switch {
		case e.text != "" && reason == "":
			reason = "damaged video: " + e.text
		case e.text == "" && e.pts != noPTS:
			shown[e.pts] = true
			if reason != "" {
				r.damage(from, r.soundAgain(e.pts), reason)
				reason = ""
			}
			from = r.dive.Time(r.seg.Chapter, e.pts)
			if r.seg.Mode == KeyFrames {
				from++ // its bytes lie far from those of the next
			}
		}
	}
	if reason != "" {
		r.damage(from, r.seg.To, reason)
	}
	r.unshown(shown)
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
	packets := r.file.packets
	i, _ := slices.BinarySearchFunc(packets, pts+1, func(p Packet, pts int64) int { return int(p.PTS - pts) })
	lag := 0
	if r.seg.Mode == KeyFrames {
		lag = 4 // the decoder holds back pictures, as if those that it skips were to come (measured: 3)
	} else {
		i += reorder
	}
	for ; i < len(packets); i++ {
		if !packets[i].Key {
			continue
		}
		if lag--; lag < 0 {
			return r.dive.Time(r.seg.Chapter, packets[i].PTS)
		}
	}
	return r.seg.To
}

// coded are the packets of the file that are decoded for the segment: from first to before end.
func (r *Reader) coded() (first, end int) {
	first, _ = r.begin()
	end = r.seg.picks[len(r.seg.picks)-1].packet + 1
	for end < len(r.file.packets) && r.dive.Time(r.seg.Chapter, r.file.packets[end].PTS) < r.seg.To {
		end++
	}
	return first, end
}

// unshown notes the damage of pictures that were decoded without a word but
// never shown. One picture missing by itself proves nothing (the second field of a
// frame is one), unless it is a key frame.
func (r *Reader) unshown(shown map[int64]bool) {
	if r.file.untimed() {
		return
	}
	packets := r.file.packets
	first, end := r.coded()
	before := false
	for i := first; i < end; i++ {
		p := packets[i]
		if r.seg.Mode == KeyFrames && !p.Key {
			continue
		}
		missing := !shown[p.PTS] && !p.Missing
		if missing && (p.Key || before) {
			r.spoilt(i, "damaged video: pictures could not be decoded")
		}
		before = missing
	}
}

// spoilt notes that packet i of the file is damaged, and with it what builds on
// it: pictures that follow it in the file, though some of them are shown before, up to the next key frame.
func (r *Reader) spoilt(i int, reason string) {
	packets := r.file.packets
	from, to := i, i+1
	if r.seg.Mode != KeyFrames {
		for j := max(0, i-reorder); j < i; j++ {
			if packets[j].Pos > packets[i].Pos {
				from = j
				break
			}
		}
	}
	for to < len(packets) && !packets[to].Key {
		to++
	}
	end := r.seg.To
	if to < len(packets) {
		end = r.dive.Time(r.seg.Chapter, packets[to].PTS)
	}
	r.damage(r.dive.Time(r.seg.Chapter, packets[from].PTS), end, reason)
}

// blankReason is said of packets that hold a run of zeros: sectors of a card
// that were never written, or were lost. No H.264 or HEVC picture holds them (zeros are
// escaped), and HEVC decoders make up a picture from them without complaint.
const blankReason = "damaged video: a part of the file holds zeros"

// blank tells whether a coded picture holds a run of zeros, other than a little padding at its end.
func blank(b []byte) bool {
	const run, padding = 16, 64
	i := bytes.Index(b, make([]byte, run))
	return i >= 0 && (len(b)-i > padding || len(bytes.Trim(b[i:], "\x00")) > 0)
}

// escaped tells whether the file's codec escapes zeros.
func (f *File) escaped() bool { return f.Codec == "h264" || f.Codec == "hevc" }

// blanks looks for zeros in the packets that ffmpeg read by itself. Transport
// streams need no look: zeros break their packets, of which ffmpeg complains.
func (r *Reader) blanks() {
	if r.piped() || !r.file.escaped() || r.file.packets[0].Pos < 0 {
		return
	}
	file, err := os.Open(r.file.Path)
	if err != nil {
		return // Unchanged will say so
	}
	defer file.Close()
	var buf []byte
	first, end := r.coded()
	for i := first; i < end && r.ctx.Err() == nil; i++ {
		p := r.file.packets[i]
		if p.Pos < 0 || r.seg.Mode == KeyFrames && !p.Key {
			continue
		}
		if int64(cap(buf)) < p.Size {
			buf = make([]byte, p.Size)
		}
		if n, _ := file.ReadAt(buf[:p.Size], p.Pos); blank(buf[:n]) {
			r.spoilt(i, blankReason)
		}
	}
}
