package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/image/draw"

	"requin/count"
	"requin/frame"
	"requin/record"
	"requin/report"
	"requin/scan"
	"requin/survey"
	"requin/video"
)

// write puts the results into the folder, run.json last: where it is, the rest is whole and of the same run.
func (c *counting) write(ctx context.Context, folder *survey.Folder, res results) error {
	record, err := c.record(ctx, res)
	if err != nil {
		return err
	}
	p := pages{app: c.app, name: c.rec.name, record: record, settings: c.settings(), opened: c.opened, warnings: c.opened.Warnings, counts: res.counts}
	page, err := p.report(ctx)
	if err != nil {
		return err
	}
	if err := folder.Retract(); err != nil {
		return err
	}
	run := p.run()
	files := []resultFile{
		{"maxn.csv", func(w io.Writer) error { return report.MaxN(w, run, res.counts) }},
		{"intervals.csv", func(w io.Writer) error { return report.Intervals(w, run, res.counts) }},
		{"tracks.csv", func(w io.Writer) error { return report.Tracks(w, run, res.tracks) }},
		{"detections.csv", func(w io.Writer) error { return report.Detections(w, run, res.tracks) }},
		{"report.html", func(w io.Writer) error { return report.Write(w, page) }},
	}
	if res.between != nil {
		files = append(files, resultFile{survey.BetweenFile, func(w io.Writer) error { return report.Between(w, run, res.counts.Every, *res.between) }})
	}
	return writeAll(ctx, folder, append(files, resultFile{survey.RunFile, func(w io.Writer) error { return writeRecord(w, record) }}))
}

// resultFile is one file of a count's folder.
type resultFile struct {
	name  string
	write func(io.Writer) error
}

// writeAll writes files in their order, each whole or not at all.
func writeAll(ctx context.Context, folder *survey.Folder, files []resultFile) error {
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := folder.Write(f.name, f.write); err != nil {
			return err
		}
	}
	return nil
}

// pages is a deployment's count as its folder shows it.
type pages struct {
	*app
	name     string
	record   record.Record
	settings scan.Settings
	opened   *scan.Deployment // nil: the video is not at hand, so there are no pictures
	warnings []string
	counts   count.Result
}

// chapters are the files' names, in order.
func (p pages) chapters() (out []string) {
	for _, in := range p.record.Inputs {
		if in.Role == "video" {
			out = append(out, filepath.Base(in.Path))
		}
	}
	return out
}

// run is what the tables say of where they come from.
func (p pages) run() report.Run {
	return report.Run{Deployment: p.name, Chapters: p.chapters(), Start: count.Seconds(p.settings.Period.From)}
}

// report gathers what the page shows.
func (p pages) report(ctx context.Context) (report.Report, error) {
	r := report.Report{Deployment: p.name, Chapters: p.chapters(), Counts: p.counts, Warnings: p.warnings, Provenance: p.provenance()}
	if o, ok := p.record.Outcome.(scan.Outcome); ok {
		r.Between = o.Between
	}
	if p.opened == nil {
		return r, nil
	}
	pictures := map[time.Duration][]byte{}
	for _, t := range p.counts.Taxa {
		if t.Evidence == nil {
			continue
		}
		at := t.Evidence.Instant()
		if at.Chapter < 0 { // of a frame that a person spoke of only the time is known
			near, ok := p.opened.Dive.Nearest(at.Time)
			if !ok {
				continue
			}
			at = near
		}
		picture, ok := pictures[at.Time]
		if !ok {
			img, err := p.opened.Dive.Still(ctx, at)
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if err != nil {
				p.logf("Warning: no evidence picture of %s: %v", t.Name, err)
				continue
			}
			if picture, err = encode(img); err != nil {
				return r, err
			}
			pictures[at.Time] = picture
		}
		file := p.opened.Dive.Files[at.Chapter]
		r.Evidence = append(r.Evidence, report.Evidence{Taxon: t.Name, JPEG: picture, W: file.W, H: file.H})
	}
	return r, nil
}

// provenance is what the report says of where its numbers come from. It holds
// no time of day: the same count gives the same page.
func (p pages) provenance() []report.Section {
	files := report.Section{Title: "Video"}
	n := 0
	for _, in := range p.record.Inputs {
		if in.Role != "video" {
			continue
		}
		what := fmt.Sprintf("%d bytes", in.Bytes)
		if p.opened != nil && n < len(p.opened.Dive.Files) {
			f := p.opened.Dive.Files[n]
			what = fmt.Sprintf("%s in %s, %d×%d %s, %.2f pictures/s, %s, %d bytes, read as %s", f.Codec, f.Container, f.W, f.H, f.Scan(), f.Rate(), f.Duration.Round(time.Millisecond), f.Size, p.mode(filepath.Base(f.Path)))
		}
		files.Rows = append(files.Rows, [2]string{filepath.Base(in.Path), what}, [2]string{"SHA-256", in.SHA256})
		n++
	}
	card := p.settings.Detector
	model := report.Section{Title: "Model", Rows: [][2]string{
		{"File", card.File}, {"SHA-256", card.SHA256}, {"Family", card.Family},
		{"Input", fmt.Sprintf("%d×%d pixels", card.Width, card.Height)},
	}}
	for _, t := range p.settings.Taxa.Studied() {
		if len(p.settings.Taxa.Studied()) <= zeroRows {
			model.Rows = append(model.Rows, [2]string{"Threshold, " + t.Name, strconv.FormatFloat(t.Threshold, 'g', 4, 64)})
		}
	}
	tracker, _ := json.Marshal(p.settings.Tracker) // a struct of numbers
	settings := report.Section{Title: "Settings", Rows: [][2]string{
		{"Sampling interval", p.settings.Every.Duration().String()}, {"Period", frame.Period(p.settings.Period).String()},
		{"Interval", p.settings.Interval.Duration().String()}, {"Tracker", string(tracker)},
	}}
	if b := p.settings.Between; b != nil {
		settings.Rows = append(settings.Rows, [2]string{"Between samples", fmt.Sprintf("every %v in %v of the period, in stretches of %v, seed %d", b.Every.Duration(), b.Looked.Duration(), b.Stretch.Duration(), b.Seed)})
	}
	out := []report.Section{files, model, settings, {Title: "Software", Rows: [][2]string{{"Requin", p.record.Requin}, {"ONNX Runtime", card.Runtime}}}}
	for _, t := range p.counts.Taxa {
		if r := t.Review; r != nil {
			out = append(out, report.Section{Title: "Review of " + t.Name, Rows: [][2]string{
				{"Readers", strings.Join(r.By, ", ")}, {"Frames looked at whole", humanize.Comma(int64(r.Looked)) + " of " + humanize.Comma(int64(r.Frames))},
				{"MaxN by the machine", count.Number(r.Machine)}, {"Chance of a higher MaxN", count.Decimal(r.Risk, 4)}, {"Last verdict", r.At.UTC().Format(time.RFC3339)}, {"SHA-256 of the verdicts", r.Log},
			}})
		}
	}
	return out
}

// mode says how the pictures of a file were had; "" where no record says so.
func (p pages) mode(name string) video.Mode {
	if o, ok := p.record.Outcome.(scan.Outcome); ok {
		return o.How[name]
	}
	return ""
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
