package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"requin/count"
	"requin/record"
	"requin/report"
	"requin/scan"
	"requin/video"
)

// settings are all settings of the count, those left at their default too.
func (c *counting) settings() scan.Settings {
	return scan.Settings{
		Detector: c.detector.Card(), Device: c.opt.device, Every: count.Seconds(c.opt.every()), Hash: !c.opt.noHash, Interval: count.Seconds(c.opt.interval),
		Period: scan.Period(c.opt.sampling.Period), Rate: c.opt.rate, Taxa: c.opt.taxa, Threads: c.opt.threads, Tracker: c.opt.track, Version: scan.SettingsVersion,
	}
}

// record is what run.json says.
func (c *counting) record(ctx context.Context, res results) (record.Record, error) {
	ffmpeg, err := video.Version(ctx)
	if err != nil {
		return record.Record{}, err
	}
	r := begin(ctx, record.Count)
	r.Libraries = map[string]string{"ffmpeg": ffmpeg, "onnxruntime": c.detector.Card().Runtime}
	r.Settings, r.Defaults = c.settings(), scan.Default()
	for i, f := range c.opened.Dive.Files {
		r.Inputs = append(r.Inputs, record.Input{Role: "video", Path: f.Path, Bytes: f.Size, Modified: written(f.ModTime), SHA256: res.hashes[i]})
	}
	r.Inputs = append(r.Inputs, c.opt.inputs...)
	r.Outcome = scan.Outcome{
		Counts: res.counts, Detections: detections(res), Gaps: res.gaps, How: c.opened.Modes(), Tracks: len(res.tracks), Warnings: append([]string{}, c.opened.Warnings...),
	}
	now := time.Now()
	r.Times = record.Times{Started: c.started.UTC(), Finished: now.UTC(), WallS: now.Sub(c.started).Seconds(), Resumed: res.resumed}
	energy := c.energy()
	if res.resumed > 0 {
		energy = record.Energy{Status: record.NotMeasured, Why: "the count was interrupted, and what it took before is not known"}
	}
	r.Energy = &energy
	return r, nil
}

func writeRecord(w io.Writer, r record.Record) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

func detections(res results) int {
	n := 0
	for _, f := range res.frames {
		n += len(f.Detections)
	}
	return n
}

// provenance is what the report says of where its numbers come from. It holds
// no time of day: the same count gives the same page.
func (c *counting) provenance(res results) []report.Section {
	files := report.Section{Title: "Video"}
	for i, f := range c.opened.Dive.Files {
		files.Rows = append(files.Rows,
			[2]string{filepath.Base(f.Path), fmt.Sprintf("%s in %s, %d×%d, %.2f pictures/s, %s, %d bytes, read as %s", f.Codec, f.Container, f.W, f.H, f.Rate(), f.Duration.Round(time.Millisecond), f.Size, c.opened.Modes()[filepath.Base(f.Path)])},
			[2]string{"SHA-256", res.hashes[i]})
	}
	card := c.detector.Card()
	w, h := c.detector.Input()
	model := report.Section{Title: "Model", Rows: [][2]string{
		{"File", filepath.Base(c.opt.model)}, {"SHA-256", c.opt.inputs[0].SHA256}, {"Family", card.Family},
		{"Input", fmt.Sprintf("%d×%d pixels", w, h)},
	}}
	for _, t := range c.opt.taxa.Studied() {
		if len(c.opt.taxa.Studied()) <= zeroRows {
			model.Rows = append(model.Rows, [2]string{"Threshold, " + t.Name, strconv.FormatFloat(t.Threshold, 'g', 4, 64)})
		}
	}
	tracker, _ := json.Marshal(c.opt.track) // a struct of numbers
	settings := report.Section{Title: "Settings", Rows: [][2]string{
		{"Sampling interval", c.opt.every().String()}, {"Period", c.opt.sampling.Period.String()},
		{"Interval", c.opt.interval.String()}, {"Tracker", string(tracker)},
	}}
	return []report.Section{files, model, settings, {Title: "Software", Rows: [][2]string{{"Requin", record.Version()}, {"ONNX Runtime", card.Runtime}}}}
}
