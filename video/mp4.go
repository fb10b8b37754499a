package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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
