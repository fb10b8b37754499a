package video

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os/exec"
	"time"

	"requin/frame"
)

// Still decodes one picture of the deployment, upright and at the size it is
// shown in. It is for pictures that people look at: each call seeks, which takes 0.2 to 1 s.
func (d *Deployment) Still(ctx context.Context, at frame.Instant) (*image.RGBA, error) {
	f, err := d.chapter(at)
	if err != nil {
		return nil, err
	}
	if f.Container == "images" {
		img, err := readImage(f.images[at.PTS])
		if err != nil {
			return nil, err
		}
		w, h := img.Bounds().Dx(), img.Bounds().Dy()
		return fromRGB(rgbOf(img, w, h), w, h), nil
	}
	out, err := f.one(ctx, at, f.W, f.H, "-f", "rawvideo")
	if err != nil {
		return nil, err
	}
	if len(out) != 3*f.W*f.H {
		return nil, fmt.Errorf("%s: the picture at %v cannot be decoded", f.Path, at.Time)
	}
	return fromRGB(out, f.W, f.H), nil
}

// JPEG is Still as a JPEG of at most w pixels width, its aspect kept. It is never larger than the picture is.
func (d *Deployment) JPEG(ctx context.Context, at frame.Instant, w int) ([]byte, error) {
	f, err := d.chapter(at)
	if err != nil {
		return nil, err
	}
	if f.Container == "images" {
		img, err := readImage(f.images[at.PTS])
		if err != nil {
			return nil, err
		}
		tw, th := frame.Fit(img.Bounds().Dx(), img.Bounds().Dy(), min(w, img.Bounds().Dx()), img.Bounds().Dy())
		var out bytes.Buffer
		err = jpeg.Encode(&out, fromRGB(rgbOf(img, tw, th), tw, th), &jpeg.Options{Quality: 88})
		return out.Bytes(), err
	}
	tw, th := frame.Fit(f.W, f.H, min(w, f.W), f.H)
	out, err := f.one(ctx, at, tw, th, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2pipe")
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: the picture at %v cannot be decoded", f.Path, at.Time)
	}
	return out, nil
}

// chapter is the file that a picture lies in.
func (d *Deployment) chapter(at frame.Instant) (*File, error) {
	if at.Chapter < 0 || at.Chapter >= len(d.Files) {
		return nil, fmt.Errorf("there is no chapter %d", at.Chapter)
	}
	f := d.Files[at.Chapter]
	if f.Container == "images" && (at.PTS < 0 || at.PTS >= int64(len(f.images))) {
		return nil, fmt.Errorf("there is no image %d", at.PTS)
	}
	return f, nil
}

// one has ffmpeg decode one picture, scaled to w×h.
func (f *File) one(ctx context.Context, at frame.Instant, w, h int, output ...string) ([]byte, error) {
	args := []string{"-hide_banner", "-nostdin", "-v", "error", "-copyts", "-noautorotate"}
	if from := f.Base.Seconds(at.PTS) - f.usualStep()/2; at.PTS > f.Start {
		args = append(args, "-seek_timestamp", "1", "-ss", seconds(max(from, f.Base.Seconds(f.Start)-time.Second)))
	}
	args = append(args, "-i", fileURL(f.Path), "-map", fmt.Sprintf("0:%d", f.Stream), "-an", "-sn", "-dn",
		"-vf", fmt.Sprintf("select='gte(pts,%d)',%s", at.PTS, f.picture(w, h)), "-frames:v", "1", "-fps_mode", "passthrough")
	cmd := exec.CommandContext(ctx, f.ff.ffmpeg, append(append(args, output...), "pipe:1")...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the picture at %v cannot be decoded (%s)", f.Path, at.Time, lastLine(stderr.String(), f.Path))
	}
	return out.Bytes(), nil
}

// rgbOf is an image as packed RGB.
func rgbOf(img image.Image, w, h int) []byte {
	pix := make([]byte, 3*w*h)
	scaleRGB(img, w, h, pix)
	return pix
}

// fromRGB makes an image of packed RGB.
func fromRGB(pix []byte, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, j := 0, 0; j+2 < len(pix); i, j = i+4, j+3 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = pix[j], pix[j+1], pix[j+2], 255
	}
	return img
}
