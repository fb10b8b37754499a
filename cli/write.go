package cli

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"time"

	"golang.org/x/image/draw"

	"requin/count"
	"requin/report"
	"requin/survey"
)

// write puts the results into the folder, run.json last: where it is, the rest is whole and of the same run.
func (c *counting) write(ctx context.Context, folder *survey.Folder, res results) error {
	run := report.Run{Deployment: c.rec.name, Chapters: c.opened.Chapters(), Start: count.Seconds(c.opt.sampling.Period.From)}
	page, err := c.report(ctx, res)
	if err != nil {
		return err
	}
	record, err := c.record(ctx, res)
	if err != nil {
		return err
	}
	if err := folder.Retract(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"maxn.csv", func(w io.Writer) error { return report.MaxN(w, run, res.counts) }},
		{"intervals.csv", func(w io.Writer) error { return report.Intervals(w, run, res.counts) }},
		{"tracks.csv", func(w io.Writer) error { return report.Tracks(w, run, res.tracks) }},
		{"detections.csv", func(w io.Writer) error { return report.Detections(w, run, res.tracks) }},
		{"report.html", func(w io.Writer) error { return report.Write(w, page) }},
		{survey.RunFile, func(w io.Writer) error { return writeRecord(w, record) }},
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := folder.Write(f.name, f.write); err != nil {
			return err
		}
	}
	return nil
}

// report gathers what the page shows.
func (c *counting) report(ctx context.Context, res results) (report.Report, error) {
	r := report.Report{
		Deployment: c.rec.name, Chapters: c.opened.Chapters(), Counts: res.counts,
		Warnings: c.opened.Warnings, Provenance: c.provenance(res),
	}
	pictures := map[time.Duration][]byte{}
	for _, t := range res.counts.Taxa {
		if t.Evidence == nil {
			continue
		}
		at := t.Evidence.Instant()
		picture, ok := pictures[at.Time]
		if !ok {
			img, err := c.opened.Dive.Still(ctx, at)
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if err != nil {
				c.logf("Warning: no evidence picture of %s: %v", t.Name, err)
				continue
			}
			if picture, err = encode(img); err != nil {
				return r, err
			}
			pictures[at.Time] = picture
		}
		file := c.opened.Dive.Files[at.Chapter]
		r.Evidence = append(r.Evidence, report.Evidence{Taxon: t.Name, JPEG: picture, W: file.W, H: file.H})
	}
	return r, nil
}

// maxEvidence is the width in pixels over which evidence pictures are scaled down.
const maxEvidence = 1920

func encode(img *image.RGBA) ([]byte, error) {
	if w, h := img.Bounds().Dx(), img.Bounds().Dy(); w > maxEvidence {
		small := image.NewRGBA(image.Rect(0, 0, maxEvidence, max(1, h*maxEvidence/w)))
		draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
		img = small
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85})
	return b.Bytes(), err
}
