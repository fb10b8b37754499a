package cli

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"requin/count"
	"requin/record"
	"requin/scan"
	"requin/video"
)

// settings are all settings of the count, those left at their default too.
func (c *counting) settings() scan.Settings {
	var between *scan.Between
	if c.opt.between > 0 {
		between = scan.NewBetween(time.Duration(c.opt.between), time.Duration(c.opt.betweenMinutes*float64(time.Minute)), c.opt.every())
	}
	return scan.Settings{
		Between: between, Detector: c.detector.Card(), Device: c.opt.device, Every: count.Seconds(c.opt.every()), Hash: !c.opt.noHash, Interval: count.Seconds(c.opt.interval),
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
	if b := c.settings().Between; b != nil {
		r.Seeds = map[string]uint64{"between": b.Seed}
	}
	r.Outcome = scan.Outcome{
		Between: res.between, Counts: res.counts, Detections: detections(res), Gaps: res.gaps, How: c.opened.Modes(), Scan: c.opened.Scans(), Tracks: len(res.tracks), Warnings: append([]string{}, c.opened.Warnings...),
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
