package cli

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"requin/count"
	"requin/survey"
)

//go:embed demo/clip.mp4 demo/blobs.onnx demo/truth.csv
var demoFiles embed.FS

// quickDemo counts a drawn clip with a hand-made detector: everything but real animals.
func (a *app) quickDemo(ctx context.Context, dir string, open bool) error {
	folder, err := survey.OpenFolder(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, name := range []string{"clip.mp4", "blobs.onnx", "truth.csv"} {
		content, err := demoFiles.ReadFile("demo/" + name)
		if err != nil {
			return err
		}
		if err := folder.Keep(name, content); err != nil {
			return err
		}
	}
	f := defaultFlags()
	f.model, f.out = folder.File("blobs.onnx"), folder.File("result")
	opt, err := f.understand()
	if err != nil {
		return err
	}
	opt.replace = true // the clip of an earlier version of Requin
	a.logf("The clip is a drawing and the detector is made by hand: this shows the way from a video to MaxN, not how well a model does.")
	var last count.Result
	opt.done = func(_ *counting, res results) error { last = res.counts; return nil }
	if err := a.count(ctx, []string{folder.File("clip.mp4")}, opt); err != nil {
		return err
	}
	if err := a.compareDrawn(last); err != nil {
		return err
	}
	page := filepath.Join(f.out, "report.html")
	if open && !openPage(page) {
		a.logf("Open %s in a browser.", page)
	}
	return nil
}

// compareDrawn prints MaxN as counted beside MaxN as drawn.
func (a *app) compareDrawn(r count.Result) error {
	truth, err := demoTruth()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\n  TAXON\tMaxN COUNTED\tMaxN DRAWN")
	wrong := 0
	for _, x := range r.Taxa {
		counted := "-"
		if x.MaxN != nil {
			counted = strconv.Itoa(*x.MaxN)
		}
		if counted != strconv.Itoa(truth[x.Name]) {
			wrong++
		}
		fmt.Fprintf(t, "  %s\t%s\t%d\n", x.Name, counted, truth[x.Name])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d counts differ from what was drawn: please report it, with the output of requin doctor", wrong, len(r.Taxa))
	}
	return nil
}

// demoTruth is the MaxN of each taxon as it was drawn.
func demoTruth() (map[string]int, error) {
	content, err := demoFiles.ReadFile("demo/truth.csv")
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(bytes.NewReader(content))
	together := map[[2]string]int{} // time and taxon
	maxn := map[string]int{}
	for n := 0; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			return maxn, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		k := [2]string{row[0], row[1]}
		together[k]++
		maxn[row[1]] = max(maxn[row[1]], together[k])
	}
}
