package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"requin/count"
	"requin/uncertainty"
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
	fmt.Fprint(t, "  TAXON\tMaxN\t95 %\tAT\tFIRST SEEN\tMEAN COUNT\n")
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
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", x.Name, maxn, uncertainty.Range(x.Uncertainty), clock(x.TMaxN), clock(x.TFS), mean)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if zeros > zeroRows {
		fmt.Fprintf(c.stdout, "  %d other studied taxa: 0\n", zeros)
	}
	for _, note := range res.counts.IntervalNotes() {
		fmt.Fprintf(c.stdout, "  %s\n", note)
	}
	e := res.counts.Effort
	fmt.Fprintf(c.stdout, "  %d frames looked at, one every %v; %v analysed\n", e.Frames, c.opt.every(), e.Analysed.Duration().Round(time.Second))
	printGaps(c.stdout, e.Gaps)
	c.printBetween(res)
	_, err := fmt.Fprintf(c.stdout, "  %s\n", filepath.Join(c.out, "report.html"))
	return err
}

// gapRows is how many gaps are listed in the table; the report has them all.
const gapRows = 20

// printGaps lists what was not looked at. Where every second of a minute is broken in a way of its own, people
// want to know of the minute.
func printGaps(w io.Writer, gaps []count.Gap) {
	rows := 0
	for i := 0; i < len(gaps); rows++ {
		g, others := gaps[i], 0
		for i++; i < len(gaps) && gaps[i].Kind == g.Kind && gaps[i].From == g.To; i++ {
			g.To = gaps[i].To
			if gaps[i].Reason != g.Reason {
				others++
			}
		}
		what := "NOT ANALYSED"
		if g.Kind == count.NotFilmed {
			what = "NOT FILMED"
		}
		switch {
		case others == 1:
			g.Reason += "; and another reason"
		case others > 1:
			g.Reason += fmt.Sprintf("; and %d other reasons", others)
		}
		if rows < gapRows {
			fmt.Fprintf(w, "  %s %s to %s: %s\n", what, clockText(g.From.Duration()), clockText(g.To.Duration()), g.Reason)
		}
	}
	if rows > gapRows {
		fmt.Fprintf(w, "  ... and %d more such times: see the report\n", rows-gapRows)
	}
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
	for i, f := range c.opened.Dive.Files {
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
		"deployment", jsonSchema, c.rec.name, c.out, files, file{filepath.Base(c.opt.model), c.opt.inputs[0].SHA256},
		r.Duration, r.Every, r.Period, effort.Frames, effort.Analysed, effort.NotAnalysed,
		r.Interval, r.Intervals, r.Effort.Complete() && len(c.opened.Warnings) == 0, append([]string{}, c.opened.Warnings...),
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
	if res.between == nil {
		return nil
	}
	return out.Encode(struct {
		Type       string `json:"type"`
		Deployment string `json:"deployment"`
		count.Between
	}{"between", c.rec.name, *res.between})
}
