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
	"requin/frame"
	"requin/record"
	"requin/report"
	"requin/track"
	"requin/video"
)

// settings are all settings of the count, those left at their default too.
func (c *counting) settings() map[string]any {
	return map[string]any{
		"every_s":    count.Seconds(c.opt.every()),
		"period":     c.opt.sampling.Period.String(),
		"interval_s": count.Seconds(c.opt.interval),
		"taxa":       c.opt.taxa,
		"detector":   c.detector.Card(),
		"device":     c.opt.device,
		"threads":    c.opt.threads,
		"tracker":    c.opt.track,
		"rate":       c.opt.rate, // of a folder of images; 0/0 where nobody said
		"hash":       !c.opt.noHash,
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
	r.Settings, r.Defaults = c.settings(), countDefaults()
	for i, f := range c.dive.Files {
		r.Inputs = append(r.Inputs, record.Input{Role: "video", Path: f.Path, Bytes: f.Size, Modified: written(f.ModTime), SHA256: res.hashes[i]})
	}
	r.Inputs = append(r.Inputs, c.opt.inputs...)
	r.Outcome = map[string]any{
		"counts": res.counts, "gaps": gapsOf(res.gaps), "warnings": append([]string{}, c.warnings...),
		"detections": detections(res), "tracks": len(res.tracks), "how": c.modes(),
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

// countDefaults are the settings of one who types no flags; taxa and detector are the model's.
func countDefaults() map[string]any {
	f := defaultFlags()
	return map[string]any{"every_s": count.Seconds(f.every), "period": frame.Period{}.String(), "interval_s": count.Seconds(f.interval), "device": f.device,
		"threads": f.threads, "tracker": track.Default(), "rate": frame.Rational{}, "hash": true}
}

// gapSeconds is a gap as it is written to JSON.
type gapSeconds struct {
	From   count.Seconds `json:"from_s"`
	To     count.Seconds `json:"to_s"`
	Reason string        `json:"reason"`
}

func gapsOf(gaps []frame.Gap) []gapSeconds {
	out := []gapSeconds{}
	for _, g := range gaps {
		out = append(out, gapSeconds{count.Seconds(g.From), count.Seconds(g.To), g.Reason})
	}
	return out
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

// modes says how the pictures of each file were had.
func (c *counting) modes() map[string]video.Mode {
	out := map[string]video.Mode{}
	for _, s := range c.plan.Segments {
		out[filepath.Base(c.dive.Files[s.Chapter].Path)] = s.Mode
	}
	return out
}

// provenance is what the report says of where its numbers come from. It holds
// no time of day: the same count gives the same page.
func (c *counting) provenance(res results) []report.Section {
	files := report.Section{Title: "Video"}
	for i, f := range c.dive.Files {
		files.Rows = append(files.Rows,
			[2]string{filepath.Base(f.Path), fmt.Sprintf("%s in %s, %d×%d, %.2f pictures/s, %s, %d bytes, read as %s", f.Codec, f.Container, f.W, f.H, f.Rate(), f.Duration.Round(time.Millisecond), f.Size, c.modes()[filepath.Base(f.Path)])},
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
