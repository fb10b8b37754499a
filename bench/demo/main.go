// Command demo measures how much the demo's figures are the luck of one draw: it runs requin demo with several seeds and prints mean and
// range of each figure of the README's table.
//
//	go build -o bin/requin . && go run ./bench/demo --out FOLDER [--seeds 3] [--requin bin/requin]
//
// A run takes ten minutes on two quiet cores. Stopped, the same command goes on where it stopped; runs that are done are not run again.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"requin/disk"
)

func main() {
	out := flag.String("out", "", "folder for the demos")
	seeds := flag.Int("seeds", 3, "how many: 1, 2 ...")
	program := flag.String("requin", filepath.Join("bin", "requin"), "the program")
	flag.Parse()
	if *out == "" {
		log.Fatal("say where the demos go: --out FOLDER")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var runs []figures
	for seed := 1; seed <= *seeds; seed++ {
		folder := filepath.Join(*out, fmt.Sprintf("seed-%d", seed))
		if err := run(ctx, *program, folder, seed); err != nil {
			log.Fatal(err)
		}
		f, err := read(folder)
		if err != nil {
			log.Fatal(err)
		}
		runs = append(runs, f)
	}
	table(os.Stdout, runs)
}

// run runs the demo, unless it is done.
func run(ctx context.Context, program, folder string, seed int) error {
	done := folder + ".done"
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	said, err := os.OpenFile(folder+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer said.Close()
	log.Printf("the demo of seed %d: %s", seed, said.Name())
	c := exec.CommandContext(ctx, program, "demo", "--open=false", "--seed", strconv.Itoa(seed), "--out", folder)
	c.Stdout, c.Stderr = said, said
	if err := c.Run(); err != nil {
		return fmt.Errorf("the demo of seed %d: %w; see %s", seed, err, said.Name())
	}
	return disk.WriteFile(done, func(io.Writer) error { return nil })
}

// value is a statistic; nil where it has none: R of counts that are all alike.
type value struct{ Value *float64 }

// figures are those of one demo, by taxon; "" is all of them together.
type figures struct {
	taxa            []string
	f, ap, r, exact map[string]*float64
	hold, of        int // 95 % intervals
}

// read takes the figures out of a demo's two evaluations (docs/formats/eval-folder.md).
func read(folder string) (figures, error) {
	out := figures{f: map[string]*float64{}, ap: map[string]*float64{}, r: map[string]*float64{}, exact: map[string]*float64{}}
	var detectors struct {
		Models []struct {
			Taxa []struct {
				Taxon string
				Over  map[string]struct{ Mean *float64 } `json:"over_folds"`
			}
		}
	}
	if err := load(filepath.Join(folder, "clips", "eval", "eval.json"), &detectors); err != nil {
		return out, err
	}
	for _, m := range detectors.Models {
		for _, t := range m.Taxa {
			out.taxa = append(out.taxa, t.Taxon)
			out.f[t.Taxon], out.ap[t.Taxon] = t.Over["f"].Mean, t.Over["ap50"].Mean
		}
	}
	slices.Sort(out.taxa)
	var counts struct {
		Counts []struct {
			Measure   string
			Taxon     *string
			N         int
			R         value
			Exact     value
			Intervals *struct{ N, Hold int }
		}
	}
	if err := load(filepath.Join(folder, "stations", "eval-counts", "eval.json"), &counts); err != nil {
		return out, err
	}
	for _, c := range counts.Counts {
		if c.Measure != "MaxN" {
			continue
		}
		name := ""
		if c.Taxon != nil {
			name = *c.Taxon
		}
		out.r[name], out.exact[name] = c.R.Value, c.Exact.Value
		if c.Taxon == nil && c.Intervals != nil {
			out.hold, out.of = c.Intervals.Hold, c.Intervals.N
		}
	}
	if len(out.taxa) == 0 || out.of == 0 {
		return out, fmt.Errorf("%s holds no evaluation of detectors and counts", folder)
	}
	return out, nil
}

func load(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// table prints each figure: of each run, their mean, and the range.
func table(w io.Writer, runs []figures) {
	fmt.Fprint(w, "| |")
	for i := range runs {
		fmt.Fprintf(w, " seed %d |", i+1)
	}
	fmt.Fprintf(w, " mean, range |\n|---|%s\n", strings.Repeat("---|", len(runs)+1))
	row := func(name string, of func(figures) *float64) {
		fmt.Fprintf(w, "| %s |", name)
		var all []float64
		for _, r := range runs {
			v := of(r)
			if v == nil {
				fmt.Fprint(w, " none |")
				continue
			}
			all = append(all, *v)
			fmt.Fprintf(w, " %.2f |", *v)
		}
		if len(all) == 0 {
			fmt.Fprintln(w, " none |")
			return
		}
		sum := 0.0
		for _, v := range all {
			sum += v
		}
		fmt.Fprintf(w, " %.2f, %.2f to %.2f |\n", sum/float64(len(all)), slices.Min(all), slices.Max(all))
	}
	for _, taxon := range runs[0].taxa {
		row("F, "+taxon, func(f figures) *float64 { return f.f[taxon] })
	}
	for _, taxon := range runs[0].taxa {
		row("AP50, "+taxon, func(f figures) *float64 { return f.ap[taxon] })
	}
	for _, taxon := range append(slices.Clone(runs[0].taxa), "") {
		name := taxon
		if name == "" {
			name = "all together"
		}
		row("R of MaxN, "+name, func(f figures) *float64 { return f.r[taxon] })
		row("MaxN exact, "+name, func(f figures) *float64 { return f.exact[taxon] })
	}
	hold, of := 0, 0
	fmt.Fprint(w, "| 95 % intervals that hold MaxN |")
	for _, r := range runs {
		hold, of = hold+r.hold, of+r.of
		fmt.Fprintf(w, " %d of %d |", r.hold, r.of)
	}
	fmt.Fprintf(w, " %d of %d |\n", hold, of)
}
