package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"requin/eval"
	"requin/record"
	"requin/report"
	"requin/survey"
)

// The files of an evaluation's folder, beside its tables.
const (
	evalPage = "report.html"
	evalJSON = "eval.json"
)

// write puts the results into the folder, run.json last.
func (e *evaluation) write(ctx context.Context) error {
	e.page.Provenance = append(e.page.Provenance, e.made())
	if err := e.folder.Retract(); err != nil {
		return err
	}
	page, figures, err := e.page.Draw()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(e.folder.File(report.FiguresFolder)); err != nil {
		return err
	}
	if len(figures) > 0 {
		err = os.Mkdir(e.folder.File(report.FiguresFolder), 0o755)
	}
	if err != nil {
		return err
	}
	tables := append(e.page.Tables(), figures...)
	for _, name := range report.EvaluationFiles() { // of an earlier evaluation, that had counts or another model beside it
		if err := os.Remove(e.folder.File(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	tables = append(tables,
		report.EvaluationTable{Name: evalJSON, Write: e.page.JSON},
		report.EvaluationTable{Name: evalPage, Write: page},
		report.EvaluationTable{Name: survey.RunFile, Write: func(w io.Writer) error { return writeRecord(w, e.record(ctx)) }})
	for _, t := range tables {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.folder.Write(t.Name, t.Write); err != nil {
			return err
		}
	}
	return nil
}

// made says how the numbers were made. It holds no time of day: the same evaluation
// gives the same page.
func (e *evaluation) made() report.Section {
	rows := [][2]string{{"Requin", record.Version()}, {"IoU", fmt.Sprint(e.iou)}, {"Threshold", e.settings()["threshold"].(string)}, {"Too few", fmt.Sprintf("fewer than %d boxes", e.least)}}
	if v := e.library["onnxruntime"]; v != "" {
		rows = append(rows, [2]string{"ONNX Runtime", v}, [2]string{"Weakest detections", fmt.Sprintf("score %g", evalLow)})
	}
	for _, in := range e.inputs {
		if strings.HasSuffix(in.Role, "counts") {
			rows = append(rows, [2]string{in.Role, in.Path}, [2]string{"SHA-256", in.SHA256})
		}
	}
	return report.Section{Title: "How it was made", Rows: rows}
}

func (e *evaluation) settings() map[string]any {
	threshold := "the models' own"
	if e.threshold != "" {
		threshold = e.threshold
	}
	return map[string]any{"iou": e.iou, "threshold": threshold, "least": e.least, "rounds": e.rounds, "seed": e.seed, "low": evalLow, "test": e.test, "fold": e.fold, "counts": e.counts,
		"clip_under_s": eval.ClipUnder.Seconds()}
}

// record is what run.json says.
func (e *evaluation) record(ctx context.Context) record.Record {
	r := record.Record{Schema: record.Schema, Command: append([]string{"requin"}, os.Args[1:]...), Directory: record.NotRecorded, Requin: record.Version(),
		Libraries: e.library, Machine: record.ThisMachine(ctx), Inputs: e.inputs, Settings: e.settings(),
		Outcome: map[string]any{"models": len(e.page.Models), "comparisons_of_counts": len(e.page.Counts), "notes": append([]string{}, e.page.Notes...)}}
	if dir, err := os.Getwd(); err == nil {
		r.Directory = dir
	}
	now := time.Now()
	r.Times = record.Times{Started: e.started.UTC(), Finished: now.UTC(), WallS: now.Sub(e.started).Seconds(), Resumed: e.resumed}
	return r
}

// print writes the tables to stdout, or eval.json.
func (e *evaluation) print() error {
	page := e.folder.File(evalPage)
	if e.open && !openPage(page) {
		e.logf("Open %s in a browser.", page)
	}
	if e.json {
		var compact any
		text, err := os.ReadFile(e.folder.File(evalJSON))
		if err == nil {
			err = json.Unmarshal(text, &compact)
		}
		if err != nil {
			return err
		}
		return json.NewEncoder(e.stdout).Encode(compact)
	}
	if err := e.printDetection(); err != nil {
		return err
	}
	if err := e.printCounts(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, page)
	return err
}

func (e *evaluation) printDetection() error {
	if len(e.page.Models) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(e.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "MODEL\tTAXON\tFOLD\tBOXES\tPRECISION\tRECALL\tF\tAP50\tAP")
	for _, m := range e.page.Models {
		for _, x := range m.Taxa {
			for i, s := range x.Scores {
				fmt.Fprintf(t, "%s\t%s\t%s\t%d\t", m.Model, x.Taxon, m.Trials[i], s.Truth)
				switch {
				case x.Unknown[i]:
					fmt.Fprintln(t, "unknown to the model")
				case s.TooFew:
					fmt.Fprintln(t, "too few")
				default:
					fmt.Fprintf(t, "%.3f\t%.3f\t%.3f\t%.3f\t%.3f\n", s.Precision, s.Recall, s.F, s.AP50, s.AP)
				}
			}
			if f := x.Folds; f.Folds > 1 {
				fmt.Fprintf(t, "%s\t%s\t%d folds\t%d\t%s\t%s\t%s\t%s\t%s\n", m.Model, x.Taxon, f.Folds, f.Truth, meanText(f.Precision), meanText(f.Recall), meanText(f.F), meanText(f.AP50), meanText(f.AP))
			}
		}
	}
	for _, d := range e.page.Differences() {
		for _, x := range d.List {
			if x.Measure == "F" && x.Over.N > 0 {
				fmt.Fprintf(t, "%s less %s\t%s\t%d folds\t\t\t\t%s\n", d.B, d.A, x.Taxon, x.Over.N, meanText(x.Over))
			}
		}
	}
	return t.Flush()
}

func meanText(s eval.Summary) string {
	if s.N < 2 {
		return fmt.Sprintf("%.3f", s.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", s.Mean, s.SD)
}

func (e *evaluation) printCounts() error {
	if len(e.page.Counts) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(e.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "COUNTS\tAMONG\tTAXON\tN\tR\tSLOPE\tBIAS\tMAE\tEXACT\tCLOSE")
	for _, a := range e.page.Counts {
		taxon := a.Taxon
		if taxon == "" {
			taxon = "all taxa"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Measure, a.Among, taxon, a.N, correlation(a), plain(a.Slope), plain(a.Bias), plain(a.MAE), plain(a.Exact), plain(a.Within))
	}
	return t.Flush()
}

// correlation is R with its 95 % interval; over several taxa it says that it is pooled, and what it is within them.
func correlation(a eval.Agreed) string {
	if m := a.Mix; a.Taxon == "" && m.Taxa > 1 {
		return fmt.Sprintf("%s pooled, %s within taxa", plain(a.R), plain(m.Within))
	}
	if r := a.Statistic("r"); r.By != "" {
		return fmt.Sprintf("%s (%s to %s)", plain(a.R), plain(r.Low), plain(r.High))
	}
	return plain(a.R)
}

// plain writes a number with two decimals, - where it is none.
func plain(v float64) string {
	if v != v {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}
