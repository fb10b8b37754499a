// Package report's noun is a report: one self-contained HTML file of a
// deployment's counts, and the CSV tables beside it. It owns how results are
// shown: tables, plots, evidence pictures. It counts nothing (count) and opens no
// file: it writes to an io.Writer, and pictures are handed to it.
//
//	err := report.Write(w, report.Report{
//		Deployment: "Cocos_07", Chapters: []string{"GX010042.MP4"},
//		Counts: result, Evidence: pictures, Provenance: sections,
//	})
//
// What can be relied on:
//   - the file needs nothing else: no script, no font, no network, and its
//     Content-Security-Policy forbids them;
//   - the same Report gives the same bytes: no clock, no random number;
//   - every text is escaped, whatever a name holds;
//   - the boxes on an evidence picture are those that were counted: they are taken
//     from the count itself, and drawn over the picture, which stays as it is.
package report

import (
	"bytes"
	_ "embed" // the page and its style
	"fmt"
	"image/jpeg"
	"io"

	"requin/count"
	"requin/page"
	"requin/plot"
)

// Report is all that is shown of one deployment.
type Report struct {
	Deployment string         // its name: an opcode, or the video's name
	Chapters   []string       // file names, in order; count.Moment.Chapter is an index into it
	Counts     count.Result   // the numbers, the gaps and which individuals each MaxN is made of
	Evidence   []Evidence     // pictures, at most one for each taxon; a missing one is said to be missing
	Between    *count.Between // what a denser look tells; nil: there was none
	Warnings   []string       // what else a reader must know, one sentence each
	Provenance []Section      // files, hashes, model, settings, versions
}

// Evidence is the picture of the frame of a taxon's MaxN.
type Evidence struct {
	Taxon  string             // as in Counts.Taxa
	JPEG   []byte             // the picture, possibly scaled down
	W, H   int                // the size that boxes are in pixels of; 0 = the JPEG's own
	Others []count.Individual // seen in the same frame but not counted for this taxon; drawn dashed
}

// Section is a titled list of facts.
type Section struct {
	Title string
	Rows  [][2]string // what, and its value
}

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

// Write writes the report as one HTML file in UTF-8. It fails if an evidence
// picture is not a JPEG or is of no taxon in Counts, or if w does; then what was
// written is not a report.
func Write(w io.Writer, r Report) error {
	v, err := look(r)
	if err != nil {
		return err
	}
	return page.Write(w, page.Top{Title: r.Deployment + ": MaxN", Styles: []string{plot.CSS, styleText}}, hatchText+pageText+takeText, v)
}

// evidenceOf finds the picture of each taxon and checks it.
func evidenceOf(r Report) (map[string]Evidence, error) {
	counted := map[string]bool{}
	for _, t := range r.Counts.Taxa {
		counted[t.Name] = true
	}
	out := map[string]Evidence{}
	for _, e := range r.Evidence {
		if _, twice := out[e.Taxon]; twice || !counted[e.Taxon] {
			return nil, fmt.Errorf("evidence picture of %q: give one for each counted taxon, and for no other", e.Taxon)
		}
		head, err := jpeg.DecodeConfig(bytes.NewReader(e.JPEG))
		if err != nil {
			return nil, fmt.Errorf("evidence picture of %q is not a readable JPEG: %w", e.Taxon, err)
		}
		if e.W <= 0 || e.H <= 0 {
			e.W, e.H = head.Width, head.Height
		}
		out[e.Taxon] = e
	}
	return out, nil
}
