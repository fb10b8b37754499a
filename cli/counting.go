package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"time"

	"golang.org/x/image/draw"

	"requin/count"
	"requin/frame"
	"requin/method"
	"requin/report"
	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/track"
	"requin/video"
)

// key is everything that the journalled detections depend on.
func (c *counting) key(ctx context.Context) any {
	type file struct {
		Name     string
		Size     int64
		Modified time.Time
	}
	var files []file
	for _, f := range c.dive.Files {
		files = append(files, file{f.Name(), f.Size, f.ModTime.UTC()})
	}
	ffmpeg, _ := video.Version(ctx) // a failure shows where pictures are read
	card := c.detector.Card()
	var classes [][]string
	for _, t := range card.Taxa { // a threshold may change without looking at the video again
		classes = append(classes, append([]string{t.Name}, t.Classes...))
	}
	card.Taxa, card.Threads, card.File = nil, 0, ""
	return map[string]any{
		"requin": method.Version(), "ffmpeg": ffmpeg, "files": files,
		"sampling": c.opt.sampling, "detector": card, "classes": classes,
	}
}

// scan finds animals in every wanted picture; the videos' hashes are computed meanwhile.
func (c *counting) scan(ctx context.Context, journal *survey.Journal) (scan.Part, int, error) {
	hashing, stop := context.WithCancel(ctx)
	defer stop()
	c.hash(hashing, journal)
	bar := newProgress(c.stderr, c.rec.name, c.opt.every)
	w, h := c.detector.Input()
	job := scan.Job{
		Dive: c.dive, Segments: c.plan.Segments, Detector: c.detector, Journal: journal,
		FitW: w, FitH: h, Progress: bar.update,
	}
	found, err := job.Run(ctx)
	if err != nil {
		return found, 0, err
	}
	bar.done()
	for _, f := range c.dive.Files { // a video that grew meanwhile was not read whole
		if err := f.Unchanged(); err != nil {
			return found, 0, err
		}
	}
	done := c.hashes
	sums, err := done() // before the context ends
	c.hashes = func() ([]string, error) { return sums, err }
	return found, bar.last.Resumed, nil
}

// hash starts to compute the files' SHA-256; c.hashes waits for them. A hash
// that an earlier run computed of the same file is taken over.
func (c *counting) hash(ctx context.Context, journal *survey.Journal) {
	sums := make([]string, len(c.dive.Files))
	end := make(chan error, 1)
	go func() {
		for i, f := range c.dive.Files {
			sums[i] = method.NotRecorded
			if c.opt.noHash {
				continue
			}
			name := fmt.Sprintf("sha256-%03d", i)
			if ok, err := journal.Load(name, &sums[i]); ok || err != nil {
				if err != nil {
					end <- err
					return
				}
				continue
			}
			var err error
			if f.Container == "images" {
				sums[i], err = method.HashFiles(ctx, f.Images())
			} else {
				sums[i], err = method.HashFile(ctx, f.Path)
			}
			if err == nil {
				err = journal.Save(name, sums[i])
			}
			if err != nil && unreadableByte(err) {
				sums[i], err = method.NotRecorded+": the disk does not give every byte", nil
			}
			if err != nil {
				end <- err
				return
			}
		}
		end <- nil
	}()
	c.hashes = func() ([]string, error) { return sums, <-end }
}

// unreadableByte tells a bad sector, which is no reason not to count, from a disk that is gone.
func unreadableByte(err error) bool {
	var p *os.PathError
	return errors.As(err, &p) && p.Op == "read"
}

// tally follows the animals and counts them.
func (c *counting) tally(found scan.Part) (results, error) {
	res := results{frames: found.Frames}
	res.gaps = frame.MergeGaps(append(append([]frame.Gap(nil), c.plan.Gaps...), found.Gaps...))
	var err error
	if res.tracks, err = track.Follow(c.opt.track, c.threshold, found.Stream()); err != nil {
		return res, err
	}
	res.counts, err = count.Of(count.Input{
		Tracks: res.tracks, Frames: instants(found.Frames), Gaps: res.gaps, Taxa: c.opt.taxa,
		Period: c.opt.sampling.Period, Every: c.opt.every, Interval: c.opt.interval, Duration: c.dive.Duration(),
	})
	return res, err
}

// write puts the results into the folder, run.json last: where it is, the rest is whole.
func (c *counting) write(ctx context.Context, folder *survey.Folder, res results, resumed int) error {
	run := report.Run{Deployment: c.rec.name, Chapters: c.chapters(), Start: count.Seconds(c.opt.sampling.Period.From)}
	page, err := c.report(ctx, res)
	if err != nil {
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
		{survey.RunFile, func(w io.Writer) error { return c.record(ctx, w, res, resumed) }},
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
		Deployment: c.rec.name, Chapters: c.chapters(), Counts: res.counts,
		Warnings: c.warnings, Provenance: c.provenance(res),
	}
	pictures := map[time.Duration][]byte{}
	for _, t := range res.counts.Taxa {
		if t.Evidence == nil {
			continue
		}
		at := t.Evidence.Instant()
		picture, ok := pictures[at.Time]
		if !ok {
			img, err := c.dive.Still(ctx, at)
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
		file := c.dive.Files[at.Chapter]
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

// readTaxa reads a taxa file.
func readTaxa(path string) (taxon.List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the taxa file cannot be read: %w", err)
	}
	defer f.Close()
	list, err := taxon.ParseFile(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}
