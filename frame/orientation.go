package frame

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
)

// Orientation says how the stored pixels of a picture are turned to be shown (EXIF 2.32, tag 0x0112), 1 to 8:
//
//	1 as stored     3 by half            6 a quarter clockwise       8 a quarter anticlockwise
//	2 mirrored      4 mirrored, by half  5 as 6, then mirrored       7 as 8, then mirrored
//
// Boxes, sizes and pictures are always of what is shown; a viewer, a browser, OpenCV and the tools that people draw boxes with turn pictures alike.
type Orientation int

// Upright is the orientation of a picture that is shown as it is stored.
const Upright Orientation = 1

// Size is that of the picture as it is shown, of one that is stored in w×h.
func (o Orientation) Size(w, h int) (int, int) {
	if o >= 5 {
		return h, w
	}
	return w, h
}

// stored is the place in the stored picture of w×h of a pixel that is shown at x, y.
func (o Orientation) stored(x, y, w, h int) (int, int) {
	if o >= 5 {
		x, y = y, x
	}
	if o == 2 || o == 3 || o == 7 || o == 8 {
		x = w - 1 - x
	}
	if o == 3 || o == 4 || o == 6 || o == 7 {
		y = h - 1 - y
	}
	return x, y
}

// Turn gives packed RGB of a stored picture of w×h as it is shown; see Size.
func (o Orientation) Turn(pix []byte, w, h int) []byte {
	if o <= Upright || o > 8 {
		return pix
	}
	out := make([]byte, len(pix))
	sw, sh := o.Size(w, h)
	for y := range sh {
		for x := range sw {
			fx, fy := o.stored(x, y, w, h)
			copy(out[3*(y*sw+x):3*(y*sw+x)+3], pix[3*(fy*w+fx):])
		}
	}
	return out
}

// Box gives a box that was drawn on the stored pixels of a picture of w×h on the picture as it is shown.
func (o Orientation) Box(b Box, w, h float64) Box {
	if o == 2 || o == 3 || o == 7 || o == 8 {
		b.X0, b.X1 = w-b.X1, w-b.X0
	}
	if o == 3 || o == 4 || o == 6 || o == 7 {
		b.Y0, b.Y1 = h-b.Y1, h-b.Y0
	}
	if o >= 5 {
		b = Box{X0: b.Y0, Y0: b.X0, X1: b.Y1, Y1: b.X1}
	}
	return b
}

// ShownSize reads how large a picture is shown, and how it is turned for that, from the beginning of its file. The
// formats are those that the program knows (package image).
func ShownSize(r io.Reader) (w, h int, o Orientation, err error) {
	const most = 1 << 20 // where a size and an orientation lie, but for TIFF, which keeps them anywhere
	file, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return 0, 0, 0, err
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if len(file) == most && (err != nil || format == "tiff") {
		rest, failed := io.ReadAll(r)
		if failed != nil {
			return 0, 0, 0, failed
		}
		file = append(file, rest...)
		config, _, err = image.DecodeConfig(bytes.NewReader(file))
	}
	if err != nil {
		return 0, 0, 0, err
	}
	o = ReadOrientation(file)
	w, h = o.Size(config.Width, config.Height)
	return w, h, o, nil
}

// ReadOrientation finds the orientation in the file of a picture (JPEG, PNG, TIFF, WebP); Upright where it states none, or the bytes end before.
func ReadOrientation(file []byte) Orientation {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		return jpegOrientation(file[2:])
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return chunkOrientation(file[8:], binary.BigEndian, "eXIf", 4, 0)
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		return chunkOrientation(file[12:], binary.LittleEndian, "EXIF", 0, 4)
	case bytes.HasPrefix(file, []byte("II*\x00")), bytes.HasPrefix(file, []byte("MM\x00*")):
		return tiffOrientation(file)
	}
	return Upright
}

// jpegOrientation looks for the APP1 segment of EXIF before the picture begins.
func jpegOrientation(b []byte) Orientation {
	for len(b) >= 4 && b[0] == 0xff && b[1] != 0xda {
		if b[1] == 0xff { // a fill byte
			b = b[1:]
			continue
		}
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size < 2 || size+2 > len(b) {
			return Upright
		}
		if body, ok := bytes.CutPrefix(b[4:2+size], exifMark); ok && b[1] == 0xe1 {
			return tiffOrientation(body)
		}
		b = b[2+size:]
	}
	return Upright
}

var exifMark = []byte("Exif\x00\x00")

// chunkOrientation looks for the chunk of EXIF in a PNG (length first, a checksum of 4 bytes behind) or a WebP (name first, even lengths).
func chunkOrientation(b []byte, order binary.ByteOrder, name string, nameAt, lengthAt int) Orientation {
	png := nameAt == 4
	for len(b) >= 8 {
		size := int64(order.Uint32(b[lengthAt:]))
		end := 8 + size
		if string(b[nameAt:nameAt+4]) == name && end <= int64(len(b)) {
			return tiffOrientation(bytes.TrimPrefix(b[8:end], exifMark))
		}
		if png {
			end += 4
		} else {
			end += size & 1
		}
		if end > int64(len(b)) {
			return Upright
		}
		b = b[end:]
	}
	return Upright
}

// tiffOrientation reads tag 0x0112 of the first directory of a TIFF 6.0.
func tiffOrientation(b []byte) Orientation {
	if len(b) < 8 {
		return Upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return Upright
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return Upright
		}
		if order.Uint16(entries) == 0x0112 {
			v := int64(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) == 4 { // some write a LONG
				v = int64(order.Uint32(entries[8:]))
			}
			if v >= 1 && v <= 8 {
				return Orientation(v)
			}
			return Upright
		}
		entries = entries[12:]
	}
	return Upright
}
