package dataset

import (
	"bytes"
	"image"
	"testing"
)

// Whatever bytes a picture's file holds: no crash, and what is read has the pixels it says.
func FuzzDecodeStill(f *testing.F) {
	plain := jpegOf(f, scene(16, 12, 1))
	f.Add(plain, 0, 0)
	f.Add(exif(plain, 6), 12, 16)
	f.Add(exif(plain, 3), 0, 0)
	f.Add(pngOf(f, scene(16, 12, 2)), 16, 12)
	f.Add(cmyk, 0, 0)
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II\x2a\x00\xff\xff\xff\xff"), 1, 2)
	f.Fuzz(func(t *testing.T, file []byte, w, h int) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && c.Width*c.Height > 1<<20 {
			return // large ones are read too, but not a thousand times a second
		}
		s, err := decodeStill(file)
		if err != nil {
			return
		}
		if s.w <= 0 || s.h <= 0 || len(s.pix) != 3*s.w*s.h {
			t.Fatalf("%d×%d with %d bytes", s.w, s.h, len(s.pix))
		}
		_ = look(s.pix, s.w, s.h)
	})
}
