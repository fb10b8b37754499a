package dataset

import (
	"bytes"
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

// still is a picture of packed RGB, 8 bits, as it is shown, and how it came.
type still struct {
	w, h   int
	pix    []byte
	ext    string            // of the format that the file's bytes are in
	plain  bool              // the bytes can be copied: a JPEG or PNG that every reader takes for these pixels
	turned frame.Orientation // of the stored pixels, for being shown
}

// readStill decodes a picture's file. Grey, 16 bits, CMYK and a palette become RGB of 8
// bits; what is transparent becomes black; what a note in the file (EXIF) asks to be turned for viewing is turned,
// as Requin's video package, viewers, OpenCV and the tools that people draw boxes with do. What is stored then carries no such note.
func readStill(path string) (*still, []byte, error) {
	file, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := decodeStill(file)
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

func decodeStill(file []byte) (*still, error) {
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
	s := &still{turned: frame.ReadOrientation(file)}
	s.w, s.h = s.turned.Size(img.Bounds().Dx(), img.Bounds().Dy())
	s.pix = s.turned.Turn(packed(img), img.Bounds().Dx(), img.Bounds().Dy())
	switch {
	case s.turned != frame.Upright:
	case format == "jpeg" && config.ColorModel != color.CMYKModel:
		s.ext, s.plain = "jpg", true
	case format == "png" && slices.Contains([]color.Model{color.RGBAModel, color.GrayModel}, config.ColorModel):
		s.ext, s.plain = "png", true // RGBAModel is RGB without transparency
	}
	return s, nil
}

// drawnAs is how the boxes of a picture are to be turned that were drawn on pixels of a stated size (0×0: nobody stated it). They are of the
// picture as it is shown, unless the stated size is the stored one, and not the shown one: then they were drawn on stored pixels.
func (s *still) drawnAs(statedW, statedH int) frame.Orientation {
	if w, h := s.turned.Size(s.w, s.h); statedW == w && statedH == h && (w != s.w || h != s.h) {
		return s.turned
	}
	return frame.Upright
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
