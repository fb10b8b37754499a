package video

import (
	"encoding/binary"
	"io"
	"slices"
)

// An MPEG transport stream (ISO/IEC 13818-1; MTS files of camcorders) has no
// index. ffmpeg seeks in it by time and lands between key frames, where the
// decoder complains of pictures that nobody asked for. So Requin hands over the
// bytes itself, from the key frame on, with the tables that name the streams before them.

// streamed tells whether the bytes of a file can be handed over from any key frame on.
func (f *File) streamed() bool {
	return f.Container == "mpegts" && len(f.packets) > 0 && f.packets[0].Pos >= 0
}

// transportTables copies from the first megabytes of a transport stream the
// packets that hold its programme tables (PAT and PMT). It returns nothing
// where there are none: a programme stream needs none.
func transportTables(r io.ReaderAt) []byte {
	head, _ := io.ReadAll(io.NewSectionReader(r, 0, 4<<20))
	size, sync := packetShape(head)
	if size == 0 {
		return nil
	}
	var out []byte
	var wanted []uint16
	for ; len(head) >= size; head = head[size:] {
		p := head[sync:size]
		pid := binary.BigEndian.Uint16(p[1:]) & 0x1fff
		starts := p[1]&0x40 != 0
		switch {
		case p[0] != 0x47:
			return out
		case pid == 0 && starts && wanted == nil:
			wanted = programmes(p)
			out = append(out, head[:size]...)
		case starts && slices.Contains(wanted, pid):
			out = append(out, head[:size]...)
			wanted = slices.DeleteFunc(wanted, func(w uint16) bool { return w == pid })
			if len(wanted) == 0 {
				return out
			}
		}
	}
	return out
}

// packetShape finds the length of the stream's packets and the place of the sync byte in
// them: 188, 192 with a time before each (AVCHD), or 204 with check bytes after.
func packetShape(head []byte) (size, sync int) {
	for _, shape := range [][2]int{{188, 0}, {192, 4}, {204, 0}} {
		fits := len(head) >= shape[0]
		for i := shape[1]; i < min(len(head), 8*shape[0]); i += shape[0] {
			fits = fits && head[i] == 0x47
		}
		if fits {
			return shape[0], shape[1]
		}
	}
	return 0, 0
}

// programmes lists the packet identifiers of the PMTs that a PAT names.
func programmes(p []byte) []uint16 {
	at := 4
	if p[3]&0x20 != 0 { // an adaptation field comes first
		at += 1 + int(p[4])
	}
	if at >= len(p) {
		return nil
	}
	at += 1 + int(p[at]) // the pointer to the section
	if at+8 > len(p) || p[at] != 0 {
		return nil
	}
	length := int(binary.BigEndian.Uint16(p[at+1:]) & 0xfff)
	entries := p[at+8 : max(at+8, min(len(p), at+3+length-4))]
	var out []uint16
	for ; len(entries) >= 4; entries = entries[4:] {
		if binary.BigEndian.Uint16(entries) != 0 {
			out = append(out, binary.BigEndian.Uint16(entries[2:])&0x1fff)
		}
	}
	return out
}
