package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"requin/count"
	"requin/method"
	"requin/report"
	"requin/video"
)

// jsonSchema names the version of the lines that --json writes (docs/formats/count-json.md).
const jsonSchema = "requin.count/1"

// print writes the deployment's counts to stdout: a table, or JSON lines.
func (c *counting) print(res results) error {
	if c.opt.json {
		return c.printJSON(res)
	}
	return c.printTable(res)
}

// zeroRows is how many taxa that were not seen get a row of their own in the table.
const zeroRows = 12

func (c *counting) printTable(res results) error {
	fmt.Fprintf(c.stdout, "%s\n", c.rec.name)
	t := tabwriter.NewWriter(c.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "  TAXON\tMaxN\tAT\tFIRST SEEN\tMEAN COUNT")
	zeros := 0
	for _, x := range res.counts.Taxa {
		if x.TFS == nil {
			zeros++
		}
	}
	for _, x := range res.counts.Taxa {
		if x.TFS == nil && zeros > zeroRows {
			continue
		}
		maxn, mean := "not analysed", "-"
		if x.MaxN != nil {
			maxn = strconv.Itoa(*x.MaxN)
		}
		if x.MeanCount != nil {
			mean = fmt.Sprintf("%.3f", *x.MeanCount)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", x.Name, maxn, clock(x.TMaxN), clock(x.TFS), mean)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if zeros > zeroRows {
		fmt.Fprintf(c.stdout, "  %d other studied taxa: 0\n", zeros)
	}
	e := res.counts.Effort
	fmt.Fprintf(c.stdout, "  %d frames looked at, one every %v; %v analysed\n", e.Frames, c.opt.every, e.Analysed.Duration().Round(time.Second))
	for _, g := range e.Gaps {
		fmt.Fprintf(c.stdout, "  NOT ANALYSED %s to %s: %s\n", clockText(g.From.Duration()), clockText(g.To.Duration()), g.Reason)
	}
	_, err := fmt.Fprintf(c.stdout, "  %s\n", filepath.Join(c.out, "report.html"))
	return err
}

// clock is a moment as people read it: hours, minutes, seconds of the deployment.
func clock(m *count.Moment) string {
	if m == nil {
		return "-"
	}
	return clockText(m.Time.Duration())
}

func clockText(d time.Duration) string {
	d = d.Round(100 * time.Millisecond)
	text := fmt.Sprintf("%02d:%04.1f", int(d.Minutes())%60, (d % time.Minute).Seconds())
	if d >= time.Hour {
		text = strconv.Itoa(int(d.Hours())) + ":" + text
	}
	return text
}

// printJSON writes one line for the deployment, one for each taxon and one for each gap.
func (c *counting) printJSON(res results) error {
	out := json.NewEncoder(c.stdout)
	r := res.counts
	type file struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	}
	var files []file
	for i, f := range c.dive.Files {
		files = append(files, file{filepath.Base(f.Path), res.hashes[i]})
	}
	effort := r.Effort
	effort.Gaps = nil // they have lines of their own
	head := struct {
		Type       string           `json:"type"`
		Schema     string           `json:"schema"`
		Deployment string           `json:"deployment"`
		Folder     string           `json:"folder"`
		Files      []file           `json:"files"`
		Model      file             `json:"model"`
		Duration   count.Seconds    `json:"duration_s"`
		Every      count.Seconds    `json:"every_s"`
		Period     count.Span       `json:"period"`
		Frames     int              `json:"frames"`
		Analysed   count.Seconds    `json:"analysed_s"`
		Missing    count.Seconds    `json:"not_analysed_s"`
		Interval   count.Seconds    `json:"interval_s"`
		Intervals  []count.Interval `json:"intervals"`
		Complete   bool             `json:"complete"`
		Warnings   []string         `json:"warnings"`
	}{
		"deployment", jsonSchema, c.rec.name, c.out, files, file{filepath.Base(c.opt.model), c.modelHash},
		r.Duration, r.Every, r.Period, effort.Frames, effort.Analysed, effort.NotAnalysed,
		r.Interval, r.Intervals, r.Effort.Complete() && len(c.warnings) == 0, append([]string{}, c.warnings...),
	}
	if err := out.Encode(head); err != nil {
		return err
	}
	for _, t := range r.Taxa {
		line := struct {
			Type       string `json:"type"`
			Deployment string `json:"deployment"`
			count.Taxon
		}{"count", c.rec.name, t}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	for _, g := range r.Effort.Gaps {
		line := struct {
			Type       string `json:"type"`
			Deployment string `json:"deployment"`
			count.Gap
		}{"gap", c.rec.name, g}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// settings are all settings of the count, those left at their default too.
func (c *counting) settings() map[string]any {
	return map[string]any{
		"every_s":    count.Seconds(c.opt.every),
		"period":     c.opt.sampling.Period.String(),
		"interval_s": count.Seconds(c.opt.interval),
		"taxa":       c.opt.taxa,
		"detector":   c.detector.Card(),
		"device":     c.opt.device,
		"threads":    c.opt.threads,
		"tracker":    c.opt.track,
	}
}

// record writes run.json.
func (c *counting) record(ctx context.Context, w io.Writer, res results, resumed int) error {
	ffmpeg, err := video.Version(ctx)
	if err != nil {
		return err
	}
	card := c.detector.Card()
	r := method.Record{
		Schema: method.Schema, Command: append([]string{"requin"}, os.Args[1:]...), Requin: method.Version(),
		Libraries: map[string]string{"ffmpeg": ffmpeg, "onnxruntime": card.Runtime},
		Machine:   method.ThisMachine(ctx), Settings: c.settings(),
	}
	for i, f := range c.dive.Files {
		r.Inputs = append(r.Inputs, method.Input{Role: "video", Path: f.Path, Bytes: f.Size, Modified: f.ModTime.UTC().Format(time.RFC3339Nano), SHA256: res.hashes[i]})
	}
	for _, in := range []struct{ role, path, sum string }{{"model", c.opt.model, c.modelHash}, {"taxa", c.opt.countFlags.taxa, ""}} {
		if in.path == "" {
			continue
		}
		info, err := os.Stat(in.path)
		if err != nil {
			return err
		}
		if in.sum == "" {
			if in.sum, err = method.HashFile(ctx, in.path); err != nil {
				return err
			}
		}
		r.Inputs = append(r.Inputs, method.Input{Role: in.role, Path: in.path, Bytes: info.Size(), Modified: info.ModTime().UTC().Format(time.RFC3339Nano), SHA256: in.sum})
	}
	r.Outcome = map[string]any{"counts": res.counts, "gaps": res.gaps, "warnings": append([]string{}, c.warnings...), "detections": detections(res), "tracks": len(res.tracks), "how": c.modes()}
	now := time.Now()
	r.Times = method.Times{Started: c.started.UTC(), Finished: now.UTC(), WallS: now.Sub(c.started).Seconds(), Resumed: resumed}
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
		{"File", filepath.Base(c.opt.model)}, {"SHA-256", c.modelHash}, {"Family", card.Family},
		{"Input", fmt.Sprintf("%d×%d pixels", w, h)},
	}}
	for _, t := range c.opt.taxa.Studied() {
		if len(c.opt.taxa.Studied()) <= zeroRows {
			model.Rows = append(model.Rows, [2]string{"Threshold, " + t.Name, strconv.FormatFloat(t.Threshold, 'g', 4, 64)})
		}
	}
	tracker, _ := json.Marshal(c.opt.track) // a struct of numbers
	settings := report.Section{Title: "Settings", Rows: [][2]string{
		{"Sampling interval", c.opt.every.String()}, {"Period", c.opt.sampling.Period.String()},
		{"Interval", c.opt.interval.String()}, {"Tracker", string(tracker)},
	}}
	return []report.Section{files, model, settings, {Title: "Software", Rows: [][2]string{{"Requin", method.Version()}, {"ONNX Runtime", card.Runtime}}}}
}
