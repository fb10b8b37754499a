// Command trust measures how far a MaxN may be trusted, and whether certificates hold.
//
//	go run ./bench/trust [--certificates 300] [--only PART] [--out FILE]
//
// plays the reviews of a grid of made-up surveys of hour-long deployments, one frame a second (grid.go): detectors from blind to good,
// visits from 2 s to 10 min, schools, drift, detectability measured elsewhere or not at all, readers who err. Of each cell it
// writes a row: how many certificates there are, how many of them are right, and how many looks they took. Cells that FILE has are not
// played again: so it goes on where it stopped.
//
//	go run ./bench/trust --work [--surveys 60]
//
// compares the looks of a review with those of the usual ways: at each frame with a detection, at each track, at all.
//
//	go run ./bench/trust --model model.onnx --out FOLDER [--deployments 240] [--size 512x288]
//
// measures the same on simulated deployments of a minute that a model looks at, of several turbidities and abundances. They are rendered at
// one frame a second and looked at once; what was found and what is true is kept in FOLDER, so that it goes on where it
// stopped. --recall 0.5 throws away so much of what was found, whole visits and single frames, in measuring detectability
// as well as in the test: a bad detector.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	model := flag.String("model", "", "detector; without it the grid of made-up surveys is played")
	out := flag.String("out", "", "folder that keeps what was seen, or done")
	n := flag.Int("deployments", 240, "of them a third measures detectability, unless the model's own is used, and the others are the test")
	size := flag.String("size", "512x288", "of the pictures")
	length := flag.Duration("duration", time.Minute, "of a deployment")
	keep := flag.Float64("recall", 1, "share of what was found that is kept")
	own := flag.Bool("own", false, "use the detectability in the model's file, which was measured while it was trained")
	certificates := flag.Int("certificates", 300, "of a cell of the grid")
	surveys := flag.Int("surveys", 60, "of ten deployments, at most, of a cell of the grid")
	samples := flag.Int("samples", 0, "draws; 0: as many as it takes")
	workers := flag.Int("workers", 2, "cells at a time")
	works := flag.Bool("work", false, "compare the looks of a review with those of the usual ways")
	wrong := flag.Bool("wrong", false, "say of each certificate that is wrong what it was")
	only := flag.String("only", "", "cells whose group or name holds this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *model != "":
		err = rendered(ctx, *model, *out, *n, *size, *length, *keep, *own)
	case *works:
		err = work(ctx, *surveys)
	default:
		cells := slices.DeleteFunc(grid(), func(c cell) bool { return !strings.Contains(c.group+": "+c.name, *only) })
		err = playGrid(ctx, cells, *out, *wrong, *workers, amount{*certificates, *surveys, *samples})
	}
	if err != nil {
		log.Fatal(err)
	}
}
