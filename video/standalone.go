package video

import (
	"os"
)

// standalone tells whether the key frames of the file can be decoded each by
// itself. H.264 has key frames that start a group of pictures but are no IDR
// pictures ("open GOP"): a decoder that is handed one without what came before it shows
// nothing. Eight key frames spread over the file are looked at.
func (f *File) standalone() bool {
	if f.Codec != "h264" {
		return true
	}
	if len(f.config) < 5 {
		return false
	}
	lengthSize := int(f.config[4]&3) + 1 // avcC, ISO/IEC 14496-15
	file, err := os.Open(f.Path)
	if err != nil {
		return false
	}
	defer file.Close()
	var keys []Packet
	for _, p := range f.packets {
		if p.Key && !p.Missing {
			keys = append(keys, p)
		}
	}
	const looks = 8
	buf := make([]byte, 64<<10)
	for i := range looks {
		p := keys[i*(len(keys)-1)/(looks-1)]
		n, _ := file.ReadAt(buf[:min(int64(len(buf)), p.Size)], p.Pos)
		if kind := firstSlice(buf[:n], lengthSize); kind != 5 && kind != 0 {
			return false
		}
	}
	return true
}

// firstSlice is the type of the first slice unit (1 to 5) in a packet of
// length-prefixed units; 0 if there is none in the bytes given.
func firstSlice(b []byte, lengthSize int) int {
	for len(b) > lengthSize {
		length := unitLength(b, lengthSize)
		if kind := int(b[lengthSize] & 31); kind >= 1 && kind <= 5 {
			return kind
		}
		if length <= 0 || length > int64(len(b)-lengthSize) {
			return 0
		}
		b = b[lengthSize+int(length):]
	}
	return 0
}
