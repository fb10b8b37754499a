package dataset

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/draw"
)

// WriteSheet writes a PNG of the first n pictures of an epoch as a trainer gets them, in rows of columns, with
// their boxes: examples in yellow, what is to be ignored in grey. It is for people, to see what augmentation does.
func (l *Loader) WriteSheet(ctx context.Context, w io.Writer, epoch, n, columns int) error {
	n = min(n, len(l.pictures))
	if n < 1 || columns < 1 {
		return fmt.Errorf("a sheet of %d pictures in %d columns: at least one of each", n, columns)
	}
	const rim = 4
	rows := (n + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(l.o.W+rim)+rim, rows*(l.o.H+rim)+rim))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	done := 0
	for b, err := range l.Batches(ctx, epoch, 0) {
		if err != nil {
			return err
		}
		for i := 0; i < b.N && done < n; i++ {
			at := image.Pt(rim+done%columns*(l.o.W+rim), rim+done/columns*(l.o.H+rim))
			picture := l.picture(b, i)
			for _, label := range b.Labels[i] {
				c := color.RGBA{255, 210, 62, 255}
				if label.Ignore {
					c = color.RGBA{170, 170, 170, 255}
				}
				outline(picture, label.X0, label.Y0, label.X1, label.Y1, c, 1)
			}
			draw.Draw(sheet, picture.Rect.Add(at), picture, image.Point{}, draw.Src)
			done++
		}
		if done == n {
			break
		}
	}
	return png.Encode(w, sheet)
}

// picture is one of a batch's as people see it.
func (l *Loader) picture(b *Batch, i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, b.W, b.H))
	plane := b.W * b.H
	values := b.Images[3*i*plane : 3*(i+1)*plane]
	for c := range 3 {
		to := c
		if l.o.Channels == "bgr" {
			to = 2 - c
		}
		for p, v := range values[c*plane : (c+1)*plane] {
			img.Pix[4*p+to] = byte(min(max(math.Round(float64(v*l.o.Std[c]+l.o.Mean[c])), 0), 255))
			img.Pix[4*p+3] = 255
		}
	}
	return img
}

// outline draws the edge of a box, so many pixels wide.
func outline(img *image.RGBA, x0, y0, x1, y1 float64, c color.RGBA, wide int) {
	r := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1))).Intersect(img.Rect)
	ink := image.NewUniform(c)
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+wide)}, {image.Pt(r.Min.X, r.Max.Y-wide), r.Max},
		{r.Min, image.Pt(r.Min.X+wide, r.Max.Y)}, {image.Pt(r.Max.X-wide, r.Min.Y), r.Max},
	} {
		draw.Draw(img, side.Intersect(r), ink, image.Point{}, draw.Src)
	}
}
