package video

import (
	"encoding/binary"
	"errors"
	"math"

	"requin/frame"
)

// The sample tables of a track: sizes, places, times, key frames, edits.

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
