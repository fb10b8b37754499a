package video

import (
	"encoding/binary"
	"io"
)

// A Matroska stream (RFC 9559) of one video track, as small as a demuxer takes:
// it carries chosen packets of an MP4 to ffmpeg over a pipe, so that the bytes between them are never
// read from the disk. Each packet bears its number as its time stamp: it comes
// back with the decoded picture and says which packet that was.

// stampMS is the milliseconds from one packet's stamp to the next. Closer ones
// collide in the coarser clock that ffmpeg gives its output.
const stampMS = 1000

// matroskaCodec names a codec as Matroska does; "" where packets and
// configuration cannot be handed over unchanged.
func matroskaCodec(codec string) string {
	switch codec {
	case "h264":
		return "V_MPEG4/ISO/AVC"
	case "hevc":
		return "V_MPEGH/ISO/HEVC"
	case "av1":
		return "V_AV1"
	case "vp9":
		return "V_VP9"
	}
	return ""
}

// element is an EBML element: identifier, length in 8 bytes, content.
func element(id uint32, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := appendID(make([]byte, 0, n+12), id)
	out = binary.BigEndian.AppendUint64(out, uint64(n)|1<<56)
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func appendID(b []byte, id uint32) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		if id>>shift != 0 {
			b = append(b, byte(id>>shift))
		}
	}
	return b
}

func number(id uint32, v uint64) []byte {
	return element(id, binary.BigEndian.AppendUint64(nil, v))
}

// standAlone relabels the units of an HEVC key frame in place, so that a decoder
// takes it for the beginning of a sequence (CRA to BLA, ITU-T H.265 7.4.2.2): it
// counts pictures in few bits, and where the counts of key frames far apart have
// wrapped it would hold pictures back or leave them out. lengthSize is the size of the length before each unit.
func standAlone(packet []byte, lengthSize int) {
	const cra, bla = 21, 18
	for len(packet) > lengthSize {
		length := unitLength(packet, lengthSize)
		if unit := packet[lengthSize:]; unit[0]>>1&63 == cra {
			unit[0] = unit[0]&0x81 | bla<<1
		}
		if length <= 0 || length > int64(len(packet)-lengthSize) {
			return
		}
		packet = packet[int64(lengthSize)+length:]
	}
}

// unitLength reads the length before a unit.
func unitLength(b []byte, lengthSize int) int64 {
	var wide [4]byte
	copy(wide[4-lengthSize:], b[:lengthSize])
	return int64(binary.BigEndian.Uint32(wide[:]))
}

// writeMatroskaHeader begins the stream. The segment's length is left unknown, as in live streams.
func writeMatroskaHeader(w io.Writer, codec string, config []byte, width, height int) error {
	const unknown = 0x01FFFFFFFFFFFFFF
	head := element(0x1A45DFA3, element(0x4282, []byte("matroska")), number(0x4287, 4), number(0x4285, 2))
	head = appendID(head, 0x18538067)
	head = binary.BigEndian.AppendUint64(head, unknown)
	head = append(head, element(0x1549A966, number(0x2AD7B1, 1_000_000), element(0x4D80, []byte("requin")), element(0x5741, []byte("requin")))...)
	entry := [][]byte{number(0xD7, 1), number(0x73C5, 1), number(0x83, 1), element(0x86, []byte(matroskaCodec(codec)))}
	if codec != "vp9" { // VP9 needs no configuration
		entry = append(entry, element(0x63A2, config))
	}
	entry = append(entry, element(0xE0, number(0xB0, uint64(width)), number(0xBA, uint64(height))))
	head = append(head, element(0x1654AE6B, element(0xAE, entry...))...)
	_, err := w.Write(head)
	return err
}

// writeMatroskaPacket writes packet i, a key frame, as a cluster of its own.
func writeMatroskaPacket(w io.Writer, i int, data []byte) error {
	stamp := number(0xE7, uint64(i)*stampMS)
	head := appendID(nil, 0x1F43B675)
	blockHead := appendID(nil, 0xA3)
	blockHead = binary.BigEndian.AppendUint64(blockHead, uint64(len(data)+4)|1<<56)
	blockHead = append(blockHead, 0x81, 0, 0, 0x80) // track 1, at the cluster's time, a key frame
	head = binary.BigEndian.AppendUint64(head, uint64(len(stamp)+len(blockHead)+len(data))|1<<56)
	head = append(append(head, stamp...), blockHead...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
