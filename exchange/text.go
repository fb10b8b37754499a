package exchange

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8Text reads text in the encodings met in the field as UTF-8 without a byte order
// mark: UTF-8, UTF-16 with or without a mark, and Windows-1252, which holds Latin-1:
// every byte that is no UTF-8 is taken for that. Line ends are left as they are.
func utf8Text(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 64<<10)
	head, _ := in.Peek(4096) // a failure comes up again where the text is read
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[3] == 0:
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0:
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	}
	return transform.NewReader(in, &lenient{})
}

// lenient passes valid UTF-8 through and decodes every byte that is not as Windows-1252.
type lenient struct{ transform.NopResetter }

func (*lenient) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if b := src[nSrc]; b < utf8.RuneSelf {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = b
			nDst, nSrc = nDst+1, nSrc+1
			continue
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && size == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r = charmap.Windows1252.DecodeByte(src[nSrc])
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// headOf is up to the first 4096 bytes of a file: as UTF-8 where it is text, as they are where it is not.
func headOf(r io.Reader) ([]byte, error) {
	raw := make([]byte, 4096)
	n, err := io.ReadFull(r, raw)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	raw = raw[:n]
	text, err := io.ReadAll(utf8Text(bytes.NewReader(raw)))
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return raw, nil
	}
	return text, nil
}
