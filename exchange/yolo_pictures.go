package exchange

import (
	"fmt"
	_ "image/gif" // for frame.ShownSize
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"requin/frame"
)

// size is a picture's width and height: as the caller knows it, else as the picture's file says.
func (in Input) size(name string) (w, h int, err error) {
	if in.Size != nil {
		if w, h, err = in.Size(name); err == nil {
			return checkedSize(name, w, h)
		}
	}
	file, openErr := in.FS.Open(name)
	if openErr != nil {
		if err == nil {
			err = openErr
		}
		return 0, 0, err
	}
	defer file.Close() // only read from
	if w, h, err = PictureSize(file); err != nil {
		return 0, 0, fmt.Errorf("%s: the picture cannot be read: %w", name, err)
	}
	return checkedSize(name, w, h)
}

// PictureSize is the width and height in pixels that a picture is shown with, turned as its file says: JPEG, PNG, GIF, BMP, TIFF or WebP.
func PictureSize(r io.Reader) (w, h int, err error) {
	w, h, _, err = frame.ShownSize(r)
	return w, h, err
}

func checkedSize(name string, w, h int) (int, int, error) {
	if w < 1 || h < 1 || w > farthest/2 || h > farthest/2 {
		return 0, 0, fmt.Errorf("%s is %d by %d pixels: no picture is", name, w, h)
	}
	return w, h, nil
}
