package video

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Interlaced video (AVCHD, HDV, DV, DVD): every picture holds two moments, one in its odd and one in its even lines, half a
// picture's time apart. What moves has a comb at its edges, unless the picture is deinterlaced: of each the first
// moment is kept, and its missing lines are taken from around it and, where nothing moves, from the picture before and after (ffmpeg's bwdif).
// So a picture follows from three coded ones, whoever asks for it: that is why interlaced files are never read by key frames alone.

// Fields is which of the two moments of a picture comes first; "" where pictures are of one moment (progressive).
type Fields string

const (
	TopFirst    Fields = "top field first"
	BottomFirst Fields = "bottom field first"
)

// Scan says how the file's pictures are scanned and read, in words: "progressive", "interlaced (top field first), deinterlaced with bwdif".
func (f *File) Scan() string {
	switch {
	case f.Fields == "":
		return "progressive"
	case f.Unmarked:
		return fmt.Sprintf("interlaced (%s, by its pictures: the file does not say so), deinterlaced with bwdif", f.Fields)
	}
	return fmt.Sprintf("interlaced (%s), deinterlaced with bwdif", f.Fields)
}

// looked is what some pictures of a file say of how they are scanned.
type looked struct {
	top, bottom int   // marked as interlaced, by the field that comes first
	step        int64 // ticks from one picture to the next
	combs       combs
}

// combs is what pictures show, whatever they are marked as.
type combs struct {
	top, bottom   int // a comb, by the field that seems to come first
	progressive   int // none, where something moves
	indeterminate int // too little moves
}

// order is that of the fields, where nearly all pictures show the same one and none another or no comb; "" elsewhere.
func (c combs) order() Fields {
	all := c.top + c.bottom + c.progressive + c.indeterminate
	switch {
	case all == 0 || c.progressive > 0: // combs in some pictures alone are something else: a net, a grating
	case c.bottom == 0 && 4*c.top >= 3*all:
		return TopFirst
	case c.top == 0 && 4*c.bottom >= 3*all:
		return BottomFirst
	}
	return ""
}

// mayInterlace tells whether the file's pictures may be interlaced, by its codec and height.
func (f *File) mayInterlace() bool {
	never := []string{"hevc", "vp8", "vp9", "av1", "theora", "images"} // of HEVC each field is a picture by itself
	const highest = 1152                                               // lines; what has more was never filmed so
	return f.ff != nil && f.codedH <= highest && !slices.Contains(never, f.Codec)
}

// lookAtFields finds out whether the pictures are interlaced, from a few of them at the beginning and in the middle.
func (f *File) lookAtFields(ctx context.Context) error {
	if f.fieldsKnown || !f.mayInterlace() {
		return nil
	}
	places := []time.Duration{0}
	if f.Duration > 4*time.Second {
		places = append(places, f.Duration/2)
	}
	seen, err := f.ff.look(ctx, f, places, 16)
	if err != nil {
		return err
	}
	switch {
	case seen.top > seen.bottom:
		f.Fields = TopFirst
	case seen.bottom > 0:
		f.Fields = BottomFirst
	case seen.combs.order() != "":
		if f.Fields, err = f.combed(ctx, seen.combs.order()); err != nil {
			return err
		}
		f.Unmarked = f.Fields != ""
	}
	f.fieldsKnown = true
	if f.Fields != "" && f.Codec == "h264" {
		declared := f.Duration
		f.setPackets(firstFields(f.packets, seen.step))
		f.Duration = max(f.Duration, declared)
	}
	return nil
}

// combed looks longer where some pictures show combs that the file says nothing of: what moves up or down evenly looks alike for a while. It gives the
// order of the fields if it is the same throughout.
func (f *File) combed(ctx context.Context, order Fields) (Fields, error) {
	const least, whole = 3 * time.Second, 10 * time.Second
	places, pictures := []time.Duration{0}, 500
	if f.Duration > whole {
		places, pictures = []time.Duration{f.Duration / 6, f.Duration / 2, f.Duration * 5 / 6}, 64
	}
	if f.Duration < least-50*time.Millisecond {
		return "", nil
	}
	seen, err := f.ff.look(ctx, f, places, pictures)
	if err != nil || seen.combs.order() != order {
		return "", err
	}
	return order, nil
}

// look has ffmpeg decode some pictures in each of some places. That it cannot decode them says nothing here: whoever reads them will be told.
func (ff *tools) look(ctx context.Context, f *File, places []time.Duration, pictures int) (looked, error) {
	args := []string{"-hide_banner", "-nostdin", "-nostats", "-v", "info"}
	var graph, outputs []string
	for i, at := range places {
		args = append(args, "-threads", threads())
		if at > 0 {
			args = append(args, "-ss", seconds(at))
		}
		args = append(args, "-i", fileURL(f.Path))
		graph = append(graph, fmt.Sprintf("[%d:%d]showinfo=checksum=0,idet[o%d]", i, f.Stream, i))
		outputs = append(outputs, "-map", fmt.Sprintf("[o%d]", i), "-frames:v", strconv.Itoa(pictures), "-fps_mode", "passthrough", "-f", "null", "-")
	}
	args = append(append(args, "-copyts", "-filter_complex", strings.Join(graph, ";")), outputs...)
	cmd := exec.CommandContext(ctx, ff.ffmpeg, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run()
	return parseLook(said.String()), ctx.Err()
}

var (
	lookPicture = regexp.MustCompile(`Parsed_showinfo_(\d+) @ .* n: *\d+ +pts: *(-?\d+|NOPTS) .* i:([TBP]) `)
	lookCombs   = regexp.MustCompile(`Multi frame detection: *TFF: *(\d+) +BFF: *(\d+) +Progressive: *(\d+) +Undetermined: *(\d+)`)
)

// parseLook reads what the filters showinfo and idet say.
//
//	[Parsed_showinfo_0 @ 0x55] n:   0 pts: 126000 pts_time:1.4     pos:      564 fmt:yuv420p sar:0/1 s:64x64 i:T iskey:1 type:I
//	[Parsed_idet_1 @ 0x55] Multi frame detection: TFF:    17 BFF:     0 Progressive:     0 Undetermined:     0
func parseLook(said string) looked {
	var out looked
	last := map[string]int64{}
	var steps []int64
	for _, m := range lookPicture.FindAllStringSubmatch(said, -1) {
		switch m[3] {
		case "T":
			out.top++
		case "B":
			out.bottom++
		}
		if pts, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			if before, ok := last[m[1]]; ok && pts > before {
				steps = append(steps, pts-before)
			}
			last[m[1]] = pts
		}
	}
	if len(steps) > 0 {
		slices.Sort(steps)
		out.step = steps[len(steps)/2]
	}
	for _, m := range lookCombs.FindAllStringSubmatch(said, -1) {
		for i, into := range []*int{&out.combs.top, &out.combs.bottom, &out.combs.progressive, &out.combs.indeterminate} {
			n, _ := strconv.Atoi(m[i+1]) // digits, as matched
			*into += n
		}
	}
	return out
}

// firstFields leaves out the second fields of pictures whose fields are coded apart (H.264, PAFF), each a packet by itself: they come less
// than a picture's time after the first, and no picture comes of them alone.
func firstFields(packets []Packet, step int64) []Packet {
	if step <= 0 {
		return packets
	}
	var out []Packet
	for _, p := range packets {
		if n := len(out); n > 0 && p.PTS-out[n-1].PTS < step*3/4 {
			continue
		}
		p.Duration = max(p.Duration, step)
		out = append(out, p)
	}
	return out
}

// deinterlace is the filter that makes a picture of one moment of each that is interlaced. The pictures keep their time stamps, in the file's time base.
func (f *File) deinterlace() string {
	parity, which := "auto", "interlaced"
	if f.Unmarked {
		which = "all"
		parity = map[Fields]string{TopFirst: "tff", BottomFirst: "bff"}[f.Fields]
	}
	return fmt.Sprintf("bwdif=mode=send_frame:parity=%s:deint=%s,settb=%d/%d", parity, which, f.Base.Num, f.Base.Den)
}

// between is the chain of filters that lets the pictures pass from packet first on, to before packet end, deinterlaced where they
// are interlaced.
func (f *File) between(first, end int) string {
	trim := func(first, end int) string {
		text := fmt.Sprintf("trim=start_pts=%d", f.packets[max(first, 0)].PTS)
		if end < len(f.packets) {
			text += fmt.Sprintf(":end_pts=%d", f.packets[end].PTS)
		}
		return text
	}
	if f.Fields == "" {
		return trim(first, end)
	}
	return strings.Join([]string{trim(first-1, end+1), f.deinterlace(), trim(first, end)}, ",")
}
