package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"requin/frame"
)

// The MP4/MOV sample-table reader (ISO/IEC 14496-12). It reads the headers of
// the top-level boxes and the moov box, nothing else: 15 KB of a 7 GB file tell
// every time stamp, key frame, byte range, edit and whether the end is missing.

// Errors that decide what is tried next.
var (
	errNotMP4     = errors.New("not an MP4 or MOV file")
	errFragmented = errors.New("a fragmented MP4 keeps its index in pieces")
	errComplex    = errors.New("an edit list with more than one edit")
	errNoMoov     = errors.New("it has no index (moov box): the camera did not close the file, or is still writing it." +
		" Copy it again from the card; if the card's copy is the same, repair it first (GoPro: put the card back and press the shutter when it shows SOS)")
	errNoVideo = errors.New("it has no video stream")
)

const maxMoov = 1 << 30 // bytes; a moov of 10 hours at 60 frames/s is 30 MB

// box is one MP4 box: its type and where its content lies.
type box struct {
	kind    string
	content []byte
}

// topBox is a box of the file itself, whose content stays on disk.
type topBox struct {
	kind       string
	start, end int64 // of the content; end may lie beyond the end of the file
}

// mp4Track is one trak box, with the tables still encoded.
type mp4Track struct {
	index            int // position among the trak boxes: ffmpeg's stream index
	handler, codec   string
	width, height    int // as stored
	rotation         int // degrees clockwise to show it upright
	sarNum, sarDen   int64
	config           []byte // avcC, hvcC, av1C or vpcC, for a decoder
	descriptions     int
	encrypted        bool
	timescale        int64
	edits            []edit
	stts, ctts, stss []byte
	stsz, stsc, stco []byte
	co64, stz2       bool
	hasStss          bool
}

// edit is one entry of an edit list: media from mediaTime (ticks of the track,
// -1 for a pause) shown for duration (ticks of the movie).
type edit struct{ duration, mediaTime int64 }

// readMP4 reads the file's index. It never reads media data.
func readMP4(r io.ReaderAt, size int64) (*File, error) {
	moov, err := findMoov(r, size)
	if err != nil {
		return nil, err
	}
	var tracks []*mp4Track
	movieScale := int64(0)
	fragmented := false
	err = eachBox(moov, func(b box) error {
		switch b.kind {
		case "mvhd":
			movieScale = headerScale(b.content)
		case "mvex":
			fragmented = true
		case "trak":
			t := &mp4Track{index: len(tracks)}
			tracks = append(tracks, t)
			return t.readTrak(b.content, 0)
		case "cmov":
			return errNotMP4 // a compressed index: QuickTime 3, left to ffprobe
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := mainVideo(tracks)
	if t == nil {
		if fragmented {
			return nil, errFragmented
		}
		return nil, errNoVideo
	}
	if t.encrypted {
		return nil, errors.New("its video is encrypted: Requin needs the camera's own file")
	}
	if fragmented && sampleCount(t) == 0 {
		return nil, errFragmented
	}
	return t.file(size, movieScale)
}

// findMoov walks the boxes of the file and returns the content of moov.
func findMoov(r io.ReaderAt, size int64) ([]byte, error) {
	for at := int64(0); at < size; {
		b, err := readTop(r, at, size)
		if err != nil {
			if at == 0 {
				return nil, errNotMP4
			}
			return nil, errNoMoov // rubbish after whole boxes: the end was never written
		}
		if at == 0 && !isFirstBox(b.kind) {
			return nil, errNotMP4
		}
		switch b.kind {
		case "moof":
			return nil, errFragmented
		case "moov":
			if b.end > size {
				return nil, fmt.Errorf("its index is cut off %d bytes before its end: copy the file again from the card", b.end-size)
			}
			if b.end-b.start > maxMoov {
				return nil, fmt.Errorf("its index claims %d bytes, which is more than any camera writes", b.end-b.start)
			}
			buf := make([]byte, b.end-b.start)
			if _, err := r.ReadAt(buf, b.start); err != nil {
				return nil, err
			}
			return buf, nil
		}
		at = b.end
	}
	return nil, errNoMoov
}

func isFirstBox(kind string) bool {
	switch kind {
	case "ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "uuid", "styp":
		return true
	}
	return false
}

func readTop(r io.ReaderAt, at, size int64) (topBox, error) {
	var h [16]byte
	n, err := r.ReadAt(h[:], at)
	if n < 8 {
		return topBox{}, fmt.Errorf("box header at %d: %w", at, err)
	}
	b := topBox{kind: string(h[4:8]), start: at + 8}
	switch length := int64(binary.BigEndian.Uint32(h[:4])); length {
	case 0:
		b.end = size
	case 1:
		long := binary.BigEndian.Uint64(h[8:16])
		b.start = at + 16
		if n < 16 || long < 16 || long > math.MaxInt64/2 {
			return topBox{}, fmt.Errorf("box at %d has an impossible length", at)
		}
		b.end = at + int64(long)
	default:
		if length < 8 {
			return topBox{}, fmt.Errorf("box at %d has an impossible length", at)
		}
		b.end = at + length
	}
	return b, nil
}

// eachBox calls f for each box in buf; a box that claims more than there is ends the walk with an error.
func eachBox(buf []byte, f func(box) error) error {
	for len(buf) >= 8 {
		length, head := uint64(binary.BigEndian.Uint32(buf)), uint64(8)
		if length == 1 && len(buf) >= 16 {
			length, head = binary.BigEndian.Uint64(buf[8:]), 16
		} else if length == 0 {
			length = uint64(len(buf))
		}
		if length < head || length > uint64(len(buf)) {
			return fmt.Errorf("its index is damaged: box %q claims %d of %d bytes", buf[4:8], length, len(buf))
		}
		if err := f(box{string(buf[4:8]), buf[head:length]}); err != nil {
			return err
		}
		buf = buf[length:]
	}
	return nil
}

// mainVideo picks the stream that shows the sea: the video track with the most
// pictures; a camera's thumbnail or preview track has fewer or smaller ones.
func mainVideo(tracks []*mp4Track) *mp4Track {
	var best *mp4Track
	weight := func(t *mp4Track) float64 {
		return float64(min(sampleCount(t), 1000)+1) * float64(t.width) * float64(t.height)
	}
	for _, t := range tracks {
		if t.handler != "vide" || t.codec == "" {
			continue
		}
		if best == nil || weight(t) > weight(best) {
			best = t
		}
	}
	return best
}

// headerScale reads the timescale of an mvhd or mdhd box.
func headerScale(b []byte) int64 {
	switch {
	case len(b) >= 24 && b[0] == 1:
		return int64(binary.BigEndian.Uint32(b[20:]))
	case len(b) >= 16 && b[0] == 0:
		return int64(binary.BigEndian.Uint32(b[12:]))
	}
	return 0
}

// readTrak reads what a trak box holds; depth is how deep in it buf lies (mdia, minf, stbl).
func (t *mp4Track) readTrak(buf []byte, depth int) error {
	if depth > 3 {
		return errors.New("its index is damaged: boxes lie in boxes without end")
	}
	return eachBox(buf, func(b box) error {
		c := b.content
		switch b.kind {
		case "mdia", "minf", "stbl", "edts":
			return t.readTrak(c, depth+1)
		case "tkhd":
			t.rotation = tkhdRotation(c)
		case "mdhd":
			t.timescale = headerScale(c)
		case "hdlr":
			if len(c) >= 12 && t.handler == "" {
				t.handler = string(c[8:12])
			}
		case "elst":
			t.edits = readEdits(c)
		case "stsd":
			t.readDescription(c)
		case "stts":
			t.stts = tail(c, 8)
		case "ctts":
			t.ctts = tail(c, 8)
		case "stss":
			t.stss, t.hasStss = tail(c, 8), true
		case "stsz":
			t.stsz = tail(c, 4)
		case "stz2":
			t.stsz, t.stz2 = tail(c, 4), true
		case "stsc":
			t.stsc = tail(c, 8)
		case "stco":
			t.stco = tail(c, 8)
		case "co64":
			t.stco, t.co64 = tail(c, 8), true
		}
		return nil
	})
}

func tail(b []byte, n int) []byte {
	if len(b) < n {
		return nil
	}
	return b[n:]
}

// tkhdRotation reads the display matrix: multiples of 90 degrees, as cameras write.
func tkhdRotation(c []byte) int {
	at := 40
	if len(c) > 0 && c[0] == 1 {
		at = 52
	}
	if len(c) < at+20 {
		return 0
	}
	a := int32(binary.BigEndian.Uint32(c[at:]))
	b := int32(binary.BigEndian.Uint32(c[at+4:]))
	degrees := math.Atan2(float64(b), float64(a)) * 180 / math.Pi
	return (int(math.Round(degrees/90))*90 + 360) % 360
}

func readEdits(c []byte) []edit {
	if len(c) < 8 {
		return nil
	}
	wide := c[0] == 1
	step := 12
	if wide {
		step = 20
	}
	var edits []edit
	for e := c[8:]; len(e) >= step; e = e[step:] {
		if wide {
			edits = append(edits, edit{int64(binary.BigEndian.Uint64(e)), int64(binary.BigEndian.Uint64(e[8:]))})
		} else {
			edits = append(edits, edit{int64(binary.BigEndian.Uint32(e)), int64(int32(binary.BigEndian.Uint32(e[4:])))})
		}
	}
	return edits
}

// readDescription reads the first sample description: codec, size, decoder configuration.
func (t *mp4Track) readDescription(c []byte) {
	if len(c) < 8 {
		return
	}
	t.descriptions = int(binary.BigEndian.Uint32(c[4:]))
	first := true
	_ = eachBox(c[8:], func(b box) error {
		if !first {
			return nil
		}
		first = false
		if t.codec = codecOf(b.kind); b.kind == "encv" {
			t.encrypted = true
		}
		if len(b.content) < 78 {
			return nil
		}
		t.width = int(binary.BigEndian.Uint16(b.content[24:]))
		t.height = int(binary.BigEndian.Uint16(b.content[26:]))
		return eachBox(b.content[78:], func(x box) error {
			switch x.kind {
			case "avcC", "hvcC", "av1C", "vpcC":
				t.config = x.content
			case "pasp":
				if len(x.content) >= 8 {
					t.sarNum = int64(binary.BigEndian.Uint32(x.content))
					t.sarDen = int64(binary.BigEndian.Uint32(x.content[4:]))
				}
			}
			return nil
		})
	})
}

func codecOf(fourcc string) string {
	switch fourcc {
	case "avc1", "avc3":
		return "h264"
	case "hvc1", "hev1", "dvh1", "dvhe":
		return "hevc"
	case "vp09":
		return "vp9"
	case "av01":
		return "av1"
	case "mp4v":
		return "mpeg4"
	}
	return fourcc
}

func sampleCount(t *mp4Track) int {
	if len(t.stsz) < 8 {
		return 0
	}
	return int(binary.BigEndian.Uint32(t.stsz[4:]))
}

// file turns the tables into packets with presentation times.
func (t *mp4Track) file(size, movieScale int64) (*File, error) {
	if t.timescale <= 0 {
		return nil, errors.New("its index is damaged: the video track has no time scale")
	}
	packets, err := t.packets(size)
	if err != nil {
		return nil, err
	}
	if len(packets) == 0 {
		return nil, errors.New("its index lists no pictures: nothing was recorded")
	}
	f := &File{
		Container: "mp4", Codec: t.codec, Stream: t.index, Base: frame.Rational{Num: 1, Den: t.timescale},
		codedW: t.width, codedH: t.height, Rotation: t.rotation, config: t.config,
	}
	if t.descriptions != 1 {
		f.config = nil // the decoder's configuration changes midway: let ffmpeg read the file itself
	}
	f.show(t.sarNum, t.sarDen)
	if err := applyEdits(packets, t.edits, t.timescale, movieScale); err != nil {
		return nil, err
	}
	visible := packets[:0]
	for _, p := range packets {
		if p.hidden {
			f.Hidden++
			continue
		}
		visible = append(visible, p)
	}
	if len(visible) == 0 {
		return nil, errors.New("its edit list hides every picture")
	}
	f.sortPackets(visible)
	f.Start = visible[0].PTS // chapters that were cut by software begin with a pause of a few pictures
	f.setPackets(visible)
	return f, nil
}

// packets walks the sample tables: sizes, chunk offsets, decode times, composition offsets, key frames.
func (t *mp4Track) packets(fileSize int64) ([]Packet, error) {
	n := sampleCount(t)
	sizeOf, err := t.sizes(n, fileSize)
	if err != nil {
		return nil, err
	}
	packets := make([]Packet, n)
	if err := t.place(packets, sizeOf, fileSize); err != nil {
		return nil, err
	}
	t.time(packets)
	if !t.hasStss {
		for i := range packets {
			packets[i].Key = true
		}
	}
	for s := t.stss; len(s) >= 4; s = s[4:] {
		if k := int64(binary.BigEndian.Uint32(s)) - 1; k >= 0 && k < int64(n) {
			packets[k].Key = true
		}
	}
	return packets, nil
}

// sizes returns the size of each sample; it refuses counts that the box does not hold.
func (t *mp4Track) sizes(n int, fileSize int64) (func(i int) int64, error) {
	if len(t.stsz) < 8 {
		return nil, errors.New("its index is damaged: there is no table of sizes")
	}
	table := t.stsz[8:]
	if t.stz2 {
		bits := int(t.stsz[3])
		if bits != 4 && bits != 8 && bits != 16 || len(table) < (n*bits+7)/8 {
			return nil, errors.New("its index is damaged: the table of sizes is short")
		}
		return func(i int) int64 {
			switch bits {
			case 16:
				return int64(binary.BigEndian.Uint16(table[2*i:]))
			case 8:
				return int64(table[i])
			}
			return int64(table[i/2]>>(4*(1-i%2))) & 15
		}, nil
	}
	if same := int64(binary.BigEndian.Uint32(t.stsz)); same != 0 {
		if int64(n) > min(fileSize, fileSize/same+1<<20) {
			return nil, errors.New("its index is damaged: it lists more pictures than the file could hold")
		}
		return func(int) int64 { return same }, nil
	}
	if len(table)/4 < n {
		return nil, errors.New("its index is damaged: the table of sizes is short")
	}
	return func(i int) int64 { return int64(binary.BigEndian.Uint32(table[4*i:])) }, nil
}

// place gives each sample its byte range, from the chunk tables.
func (t *mp4Track) place(packets []Packet, sizeOf func(int) int64, fileSize int64) error {
	width := 4
	if t.co64 {
		width = 8
	}
	chunks := len(t.stco) / width
	i, runs := 0, t.stsc
	for chunk, perChunk := 0, 0; chunk < chunks && i < len(packets); chunk++ {
		for len(runs) >= 12 && int64(binary.BigEndian.Uint32(runs)) <= int64(chunk)+1 {
			perChunk = int(binary.BigEndian.Uint32(runs[4:]))
			runs = runs[12:]
		}
		at := int64(binary.BigEndian.Uint32(t.stco[chunk*width:]))
		if t.co64 {
			at = int64(binary.BigEndian.Uint64(t.stco[chunk*width:]) & math.MaxInt64)
		}
		for k := 0; k < perChunk && i < len(packets); k++ {
			p := &packets[i]
			p.Pos, p.Size = at, sizeOf(i)
			p.Missing = at > fileSize || at+p.Size > fileSize
			at += p.Size
			i++
		}
	}
	if i < len(packets) {
		return errors.New("its index is damaged: it does not say where all pictures lie")
	}
	return nil
}

// time gives each sample its presentation time and duration, before edits.
func (t *mp4Track) time(packets []Packet) {
	dts, i := int64(0), 0
	for s := t.stts; len(s) >= 8 && i < len(packets); s = s[8:] {
		count, delta := binary.BigEndian.Uint32(s), int64(binary.BigEndian.Uint32(s[4:]))
		if delta > math.MaxInt32 {
			delta = 1 // a negative step, as broken muxers write: ffmpeg reads it as 1
		}
		for ; count > 0 && i < len(packets); count-- {
			packets[i].PTS, packets[i].Duration = dts, delta
			dts += delta
			i++
		}
	}
	for ; i < len(packets); i++ { // a short table: no time passes
		packets[i].PTS = dts
	}
	i = 0
	for s := t.ctts; len(s) >= 8 && i < len(packets); s = s[8:] {
		offset := int64(int32(binary.BigEndian.Uint32(s[4:])))
		for count := binary.BigEndian.Uint32(s); count > 0 && i < len(packets); count-- {
			packets[i].PTS += offset
			i++
		}
	}
}

// applyEdits shifts times to what is shown and marks what the edit list hides.
// Understood are leading pauses and one edit, as cameras and ffmpeg write them.
func applyEdits(packets []Packet, edits []edit, timescale, movieScale int64) error {
	pause, shown := int64(0), 0
	var cut edit
	for _, e := range edits {
		switch {
		case e.mediaTime < 0 && shown == 0 && movieScale > 0:
			pause += rescale(e.duration, timescale, movieScale)
		case e.mediaTime >= 0:
			cut = e
			shown++
		}
	}
	if shown > 1 {
		return errComplex
	}
	if shown == 0 {
		for i := range packets {
			packets[i].PTS += pause
		}
		return nil
	}
	end := int64(math.MaxInt64)
	if movieScale > 0 && cut.duration > 0 {
		// The movie's ticks are coarser than the track's: a picture that starts
		// less than one of them before the end is rounding, not content.
		end = cut.mediaTime + rescale(cut.duration, timescale, movieScale)
	}
	first := int64(math.MaxInt64)
	for i := range packets {
		p := &packets[i]
		p.hidden = p.PTS < cut.mediaTime || p.PTS >= end
		if !p.hidden {
			first = min(first, p.PTS)
		}
	}
	// A cut within a picture: like ffmpeg, whose time stamps these must equal,
	// start the clock with the first whole one.
	if first == math.MaxInt64 {
		first = cut.mediaTime
	}
	for i := range packets {
		packets[i].PTS += pause - first
	}
	return nil
}

// rescale converts ticks of 1/from to ticks of 1/to, rounded to the nearest.
func rescale(v, to, from int64) int64 {
	return int64(math.Round(float64(v) * float64(to) / float64(from)))
}
