package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"slices"

	_ "golang.org/x/image/bmp" // the formats that pictures are kept in
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"

	"requin/frame"
)

const (
	maxPixels = 200 << 20 // that are decoded in one picture
	maxFile   = 1 << 30   // bytes of one picture's file
)

// still is a picture of packed RGB, 8 bits, and how it came.
type still struct {
	w, h  int
	pix   []byte
	ext   string // of the format that the file's bytes are in
	plain bool   // the bytes can be copied: a JPEG or PNG that every reader takes for these pixels
}

// readStill decodes a picture's file. Grey, 16 bits, CMYK and a palette become RGB of 8
// bits; what is transparent becomes black.
//
// Boxes are in stored pixels, as ffmpeg, OpenCV's decoders and Requin's video package see
// them: a note in the file (EXIF) that it be turned for viewing is not followed. There is one exception: where
// the truth states a size (statedW×statedH) and it is the turned one, the boxes were drawn on
// the turned picture, and it is turned. Either way what is stored carries no such note.
func readStill(path string, statedW, statedH int) (*still, []byte, error) {
	file, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := decodeStill(file, statedW, statedH)
	return s, file, err
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(file) == 0:
		return nil, damaged("the file is empty (0 bytes)")
	case len(file) > maxFile:
		return nil, damaged(fmt.Sprintf("the file holds more than %d MB", maxFile>>20))
	}
	return file, nil
}

// damaged is a fault of the picture, not of this computer.
type damaged string

func (d damaged) Error() string { return string(d) }

func decodeStill(file []byte, statedW, statedH int) (*still, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if errors.Is(err, image.ErrFormat) {
		return nil, damaged("is no picture of a kind that can be read (JPEG, PNG, BMP, TIFF)")
	}
	if err != nil {
		return nil, damaged("cannot be decoded: " + err.Error())
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels {
		return nil, damaged(fmt.Sprintf("has %d×%d pixels", config.Width, config.Height))
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, damaged("cannot be decoded: " + err.Error())
	}
	s := &still{w: img.Bounds().Dx(), h: img.Bounds().Dy(), pix: packed(img)}
	note := orientation(file)
	switch {
	case note >= 5 && statedW == s.h && statedH == s.w && statedW != statedH:
		s.turn(note)
	case note <= 1 && format == "jpeg" && config.ColorModel != color.CMYKModel:
		s.ext, s.plain = "jpg", true
	case note <= 1 && format == "png" && slices.Contains([]color.Model{color.RGBAModel, color.GrayModel}, config.ColorModel):
		s.ext, s.plain = "png", true // RGBAModel is RGB without transparency
	}
	return s, nil
}

// packed is an image as packed RGB.
func packed(img image.Image) []byte {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	rgba, ok := img.(*image.RGBA)
	if !ok || rgba.Rect.Min != (image.Point{}) || rgba.Stride != 4*w {
		rgba = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(rgba, rgba.Rect, img, b.Min, draw.Src)
	}
	pix := make([]byte, 3*w*h)
	for i, j := 0, 0; j+2 < len(pix); i, j = i+4, j+3 {
		pix[j], pix[j+1], pix[j+2] = rgba.Pix[i], rgba.Pix[i+1], rgba.Pix[i+2] // premultiplied: transparent is black
	}
	return pix
}

// unpacked is packed RGB as an image.
func unpacked(pix []byte, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, j := 0, 0; j+2 < len(pix); i, j = i+4, j+3 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = pix[j], pix[j+1], pix[j+2], 255
	}
	return img
}

// scaled is packed RGB in another size, by the same arithmetic as a detector scales a frame: what is
// trained on is what will be seen.
func scaled(pix []byte, w, h, toW, toH int) []byte {
	if w == toW && h == toH {
		return pix
	}
	return new(frame.Resizer).Resize(pix, w, h, toW, toH)
}

// stored is the size that a picture of w×h is stored in, at most long on its longer side (0: as it is).
func stored(w, h, long int) (int, int) {
	if most := max(w, h); long > 0 && most > long {
		k := float64(long) / float64(most)
		return max(1, int(math.Round(float64(w)*k))), max(1, int(math.Round(float64(h)*k)))
	}
	return w, h
}

// encode writes packed RGB in the format of the settings.
func encode(pix []byte, w, h int, s Settings) (file []byte, ext string, err error) {
	var out bytes.Buffer
	if s.Format == "png" {
		err = png.Encode(&out, unpacked(pix, w, h))
		return out.Bytes(), "png", err
	}
	err = jpeg.Encode(&out, unpacked(pix, w, h), &jpeg.Options{Quality: s.Quality})
	return out.Bytes(), "jpg", err
}

// turn turns the picture as an EXIF orientation of 5 to 8 asks: 6 is a quarter clockwise, 8
// anticlockwise, 5 and 7 the same mirrored.
func (s *still) turn(note int) {
	w, h := s.h, s.w
	pix := make([]byte, len(s.pix))
	for y := range h {
		for x := range w {
			fx, fy := y, x
			if note == 7 || note == 8 {
				fx = s.w - 1 - y
			}
			if note == 6 || note == 7 {
				fy = s.h - 1 - x
			}
			copy(pix[3*(y*w+x):], s.pix[3*(fy*s.w+fx):][:3])
		}
	}
	s.w, s.h, s.pix = w, h, pix
}

// orientation is the EXIF orientation (1 to 8) of a JPEG, 0 where it states none. EXIF 2.32, TIFF 6.0:
// tag 0x0112 of the first directory in the APP1 segment.
func orientation(file []byte) int {
	if len(file) < 4 || file[0] != 0xff || file[1] != 0xd8 {
		return 0
	}
	for b := file[2:]; len(b) >= 4 && b[0] == 0xff && b[1] != 0xda; {
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size < 2 || size+2 > len(b) {
			return 0
		}
		if body, ok := bytes.CutPrefix(b[4:2+size], []byte("Exif\x00\x00")); ok && b[1] == 0xe1 {
			return tiffOrientation(body)
		}
		b = b[2+size:]
	}
	return 0
}

func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := order.Uint32(b[4:])
	if int64(at)+2 > int64(len(b)) {
		return 0
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
