package video

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"time"

	"requin/frame"
)

// Picture decodes the picture of an instant, upright, scaled to what size says of w×h pixels (nil: as large as it is shown).
// It is the one answer to "the picture at this time": read as a count reads it, and known by the time stamp that the decoder gives
// it, wherever a seek may land. Where that very picture cannot be had (it is damaged, cut off, or the file is another
// one than the instant was taken from) there is an error and no picture. Index comes first; a call takes 0.2 to 1 s.
func (d *Deployment) Picture(ctx context.Context, at frame.Instant, size func(w, h int) (int, int)) (*frame.Frame, error) {
	plan, err := d.PlanExact(ctx, []frame.Instant{at})
	if err != nil {
		return nil, err
	}
	f := d.Files[at.Chapter]
	lost := func(reason string) error {
		return fmt.Errorf("%s: the picture at %v cannot be shown: %s", f.Path, at.Time, reason)
	}
	if len(plan.Segments) == 0 {
		return nil, lost(plan.Gaps[0].Reason)
	}
	reader := d.Read(ctx, plan.Segments[0], size)
	var out *frame.Frame
	for picture, err := range reader.Frames() {
		if err != nil {
			return nil, err
		}
		out = picture // the segment holds no other that could overwrite it
	}
	for _, g := range reader.Gaps() {
		if g.From <= at.Time && at.Time < g.To {
			return nil, lost(g.Reason)
		}
	}
	if out == nil || out.Instant.PTS != at.PTS {
		return nil, lost("the decoder gave another one")
	}
	return out, nil
}

// Still is Picture as an image.
func (d *Deployment) Still(ctx context.Context, at frame.Instant) (*image.RGBA, error) {
	picture, err := d.Picture(ctx, at, nil)
	if err != nil {
		return nil, err
	}
	return fromRGB(picture.Pix, picture.W, picture.H), nil
}

// JPEG is Picture as a JPEG of at most most pixels width, its aspect kept. It is never larger than the picture is.
func (d *Deployment) JPEG(ctx context.Context, at frame.Instant, most int) ([]byte, error) {
	picture, err := d.Picture(ctx, at, func(w, h int) (int, int) { return frame.Fit(w, h, min(most, w), h) })
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, fromRGB(picture.Pix, picture.W, picture.H), &jpeg.Options{Quality: 88})
	return out.Bytes(), err
}

// packet is the packet that an instant names.
func (d *Deployment) packet(at frame.Instant) (int, error) {
	if at.Chapter < 0 || at.Chapter >= len(d.Files) {
		return 0, fmt.Errorf("there is no chapter %d: the deployment has %d", at.Chapter, len(d.Files))
	}
	f := d.Files[at.Chapter]
	i, ok := slices.BinarySearchFunc(f.packets, at.PTS, func(p Packet, pts int64) int { return cmp.Compare(p.PTS, pts) })
	if !ok || at.Base != f.Base {
		return 0, fmt.Errorf("%s: has no picture with the time stamp %d of %v s: it is another file than the time was taken from", f.Path, at.PTS, at.Base)
	}
	if off := (d.Time(at.Chapter, at.PTS) - at.Time).Abs(); off > time.Millisecond {
		return 0, fmt.Errorf("%s: its picture with the time stamp %d is at %v of the deployment, not at %v: the chapters are others than those that the time was taken from",
			f.Path, at.PTS, d.Time(at.Chapter, at.PTS), at.Time)
	}
	return i, nil
}

// fromRGB makes an image of packed RGB.
func fromRGB(pix []byte, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, j := 0, 0; j+2 < len(pix); i, j = i+4, j+3 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = pix[j], pix[j+1], pix[j+2], 255
	}
	return img
}
