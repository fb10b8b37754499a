package main

import (
	"context"
	"fmt"

	"requin/eval"
	"requin/uncertainty"
)

// secondsALook is what a look at a frame is taken to last, whichever way it is chosen: nobody measured it here. The page itself takes 0.13 s of it.
const secondsALook = 8

// threshold is from which score on the usual ways look at what a detector finds.
const threshold = 0.25

// work compares, in looks and minutes an hour of video, a review up to the certificate with the usual ways: a look at each frame with a detection,
// a look at each track (SharkTrack's way), watching.
func work(ctx context.Context, surveys int) error {
	fmt.Println("| recall 0.9, visits of a minute | looks to the certificate, mean | minutes | right | frames with a detection | minutes | tracks | minutes | MaxN right by tracks | watching, frames at 1 a second | minutes |\n|---|---|---|---|---|---|---|---|---|---|---|")
	for _, rate := range []float64{0, 1, 3, 15} {
		c := cell{group: "work", name: fmt.Sprintf("%g visits an hour", rate), sea: sea{rate: rate, stay: 60, recall: 0.9, varies: 0.5}}
		t, err := c.play(ctx, amount{certificates: 1 << 30, surveys: surveys})
		if err != nil {
			return err
		}
		var detections, tracks, right, n float64
		for k := range surveys {
			for _, w := range c.sea.watch(surveySize, c.seed()+uint64(k)) {
				u, err := w.Usual(eval.Terms{Taxon: name, Threshold: threshold, Detectability: uncertainty.Prior(), Probability: func(p float64) float64 { return p }})
				if err != nil {
					return err
				}
				n++
				detections, tracks = detections+float64(u.EveryDetection), tracks+float64(u.EveryTrack)
				if u.Confirmed == w.MaxN(name) {
					right++
				}
			}
		}
		looks := 0.0
		for _, l := range t.looks {
			looks += l / float64(len(t.looks))
		}
		minutes := func(looks float64) float64 { return looks * secondsALook / 60 }
		fmt.Printf("| %s, %.0f hours, %.0f %% certified | %.0f | %.1f | %.3f | %.0f | %.1f | %.0f | %.1f | %.3f | %d | %d |\n", c.name, n, 100*float64(t.certified)/n, looks, minutes(looks), float64(t.right)/float64(t.certified),
			detections/n, minutes(detections/n), tracks/n, minutes(tracks/n), right/n, hour, hour/60)
	}
	return nil
}
