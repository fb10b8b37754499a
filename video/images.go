package video

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // whose size may be asked
	_ "image/jpeg" // the formats that frames are saved in
	_ "image/png"
	"io/fs"
	"os"
	"sort"
	"strings"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"requin/frame"
)

// maxPixels bounds the pictures that are decoded in this process: 200 megapixels.
const maxPixels = 200 << 20

// probeImages makes a video of a folder of images: image i is shown at i/rate seconds.
func probeImages(dir string, info fs.FileInfo, rate frame.Rational) (*File, error) {
	card, err := ReadCard(dir, false, nil)
	if err != nil {
		return nil, err
	}
	f := &File{Path: dir, ModTime: info.ModTime(), Container: "images", Codec: "images", images: card.Images}
	for _, name := range f.images {
		if i, err := os.Stat(name); err == nil {
			f.Size += i.Size()
		}
	}
	if len(f.images) == 0 {
		return nil, fmt.Errorf("%s: is a folder without images or videos", dir)
	}
	if rate.Num <= 0 || rate.Den <= 0 {
		return nil, fmt.Errorf("%s: is a folder of %d images; say how many were taken a second, for example --rate 1", dir, len(f.images))
	}
	sort.Slice(f.images, func(i, j int) bool { return naturalLess(f.images[i], f.images[j]) })
	f.Base = frame.Rational{Num: rate.Den, Den: rate.Num}
	packets := make([]Packet, len(f.images))
	for i := range packets {
		packets[i] = Packet{PTS: int64(i), Duration: 1, Key: true}
	}
	f.setPackets(packets)
	for _, name := range f.images { // the first that can be read gives the size
		if f.W, f.H, err = ImageSize(name); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s: none of its %d images can be read: %w", dir, len(f.images), err)
}

// Images lists the files behind a folder of images, in order of time.
func (f *File) Images() []string { return f.images }

// ImageSize is how large an image file is shown.
func ImageSize(name string) (w, h int, err error) {
	r, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	if w, h, _, err = frame.ShownSize(r); err != nil {
		return 0, 0, err
	}
	if w <= 0 || h <= 0 || w*h > maxPixels {
		return 0, 0, fmt.Errorf("%s: %d×%d pixels", name, w, h)
	}
	return w, h, nil
}

// still is a decoded image file.
type still struct {
	image.Image                   // as it is stored
	turned      frame.Orientation // for being shown
}

// readImage decodes one image file.
func readImage(name string) (still, error) {
	if _, _, err := ImageSize(name); err != nil {
		return still{}, err
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return still{}, err
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	return still{img, frame.ReadOrientation(file)}, err
}

// size is how large it is shown.
func (s still) size() (w, h int) { return s.turned.Size(s.Bounds().Dx(), s.Bounds().Dy()) }

// rgb is the image as it is shown, scaled to w×h packed RGB.
func (s still) rgb(w, h int) []byte {
	sw, sh := w, h
	if s.turned >= 5 {
		sw, sh = h, w
	}
	pix := make([]byte, 3*w*h)
	scaleRGB(s.Image, sw, sh, pix)
	return s.turned.Turn(pix, sw, sh)
}

// scaleRGB scales an image to w×h packed RGB in pix.
func scaleRGB(img image.Image, w, h int, pix []byte) {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if img.Bounds().Dx() == w && img.Bounds().Dy() == h {
		draw.Draw(dst, dst.Bounds(), img, img.Bounds().Min, draw.Src)
	} else {
		draw.BiLinear.Scale(dst, dst.Bounds(), img, img.Bounds(), draw.Src, nil)
	}
	for i, j := 0, 0; j+2 < len(pix) && i+3 < len(dst.Pix); i, j = i+4, j+3 {
		pix[j], pix[j+1], pix[j+2] = dst.Pix[i], dst.Pix[i+1], dst.Pix[i+2]
	}
}

// naturalLess orders names as people do: img2 before img10.
func naturalLess(a, b string) bool {
	for a != "" && b != "" {
		if isDigit(a[0]) && isDigit(b[0]) {
			na, nb := digits(a), digits(b)
			ta, tb := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if ta != tb {
				if len(ta) != len(tb) {
					return len(ta) < len(tb)
				}
				return ta < tb
			}
			if na != nb {
				return na < nb
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return a[0] < b[0]
		}
		a, b = a[1:], b[1:]
	}
	return len(a) < len(b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
