package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/scan"
	"requin/taxon"
	"requin/track"
)

// How often the made-up deployments are looked at.
const every, denser = time.Second, 200 * time.Millisecond

// betweenTable is how well the look between samples foretells the MaxN of all frames at 200 ms: deployments are put together of scenes drawn with replacement,
// so much of them of scenes and the rest of water without animals, and counted as requin count --between 200ms does.
func betweenTable(sets []set) {
	fmt.Print("\nMaxN at 1 s, at 200 ms over all of the period, and estimated from a tenth of it; how often the 95 % interval holds that at 200 ms\n\n")
	fmt.Println("| detections | minutes, share with scenes | deployments | MaxN at 1 s | at 200 ms | estimated | MaxN at 1 s is not that at 200 ms | estimate is | interval holds it | mean width |\n|---|---|---|---|---|---|---|---|---|---|")
	for _, s := range sets {
		if !s.scenes[0].Boxed || s.stills {
			continue
		}
		for _, of := range []struct {
			minutes, deployments int
			busy                 float64
		}{{10, 40, 1}, {10, 40, 0.2}, {60, 15, 0.1}} {
			if name, perfect := strings.CutSuffix(s.name, ", perfect"); perfect { // every box is true: their numbers are the counts
				boxes := s
				boxes.name = name + ", true boxes counted"
				boxes.between(boxes.counts, of.minutes, 5*of.deployments, of.busy)
			}
			s.between(s.looked, of.minutes, of.deployments, of.busy)
		}
	}
}

// between prints a row. looked is what the look between samples says of a deployment, where so much of it is looked at.
func (s set) between(looked func([]detect.Frame, time.Duration) (count.Shortfall, error), minutes, deployments int, busy float64) {
	var sparse, dense, estimate, width, held, differs, right int
	for i := range deployments {
		all := s.deployment(time.Duration(minutes)*time.Minute, busy, rand.New(rand.NewPCG(uint64(i), uint64(minutes))))
		tenth, err := looked(all, time.Duration(minutes)*time.Minute/10)
		if err != nil {
			log.Fatal(err)
		}
		whole, err := looked(all, time.Duration(minutes)*time.Minute)
		if err != nil {
			log.Fatal(err)
		}
		sparse, dense, estimate, width = sparse+tenth.MaxN, dense+whole.Seen, estimate+tenth.Estimate, width+tenth.High-tenth.Low
		if tenth.Low <= whole.Seen && whole.Seen <= tenth.High {
			held++
		}
		if tenth.MaxN != whole.Seen {
			differs++
		}
		if tenth.Estimate == whole.Seen {
			right++
		}
	}
	share := func(n int) string { return fmt.Sprintf("%.2f", float64(n)/float64(deployments)) }
	fmt.Printf("| %s | %d, %.0f %% | %d | %s | %s | %s | %s | %s | %s | %s |\n", s.name, minutes, 100*busy, deployments, share(sparse), share(dense), share(estimate), share(differs), share(right), share(held), share(width))
}

// deployment strings scenes and empty water together; frames are 200 ms apart.
func (s set) deployment(length time.Duration, busy float64, r *rand.Rand) (out []detect.Frame) {
	for at := time.Duration(0); at < length; {
		sc := s.scenes[r.IntN(len(s.scenes))].every(denser)
		frames := s.frames(sc, detect.OneAnimal)
		with := r.Float64() < busy
		for _, f := range frames {
			if at >= length {
				break
			}
			f.Instant = frame.Instant{Time: at, PTS: int64(at / denser), Base: frame.Rational{Num: 1, Den: 5}}
			if !with {
				f.Detections = []detect.Detection{}
			}
			out = append(out, f)
			at += denser
		}
	}
	return out
}

// counts is looked, of the numbers of boxes as they are: nothing is followed.
func (s set) counts(all []detect.Frame, part time.Duration) (count.Shortfall, error) {
	b := scan.NewBetween(denser, part, every)
	in := count.Input{Taxa: taxon.List{{Name: s.taxon, Role: taxon.Studied}}, Interval: b.Stretch.Duration(), Duration: time.Duration(len(all)) * denser}
	var samples []frame.Instant
	for i, f := range all {
		in.Frames = append(in.Frames, f.Instant)
		in.Stated = append(in.Stated, count.Stated{Time: f.Time, Taxon: s.taxon, N: len(f.Detections)})
		if i%int(every/denser) == 0 {
			samples = append(samples, f.Instant)
		}
	}
	in.Every = denser
	dense, err := count.Of(in)
	if err != nil {
		return count.Shortfall{}, err
	}
	frames := in.Frames
	in.Every, in.Frames = every, samples
	sparse, err := count.Of(in)
	if err != nil {
		return count.Shortfall{}, err
	}
	n := max(1, int(part/b.Stretch.Duration()))
	return count.Compare(sparse, dense, samples, frames, count.ChooseStretches(sparse, n, b.Seed), b.Every).Taxa[0], nil
}

// looked is what the look between samples says of a deployment, as requin count --between does it.
func (s set) looked(all []detect.Frame, part time.Duration) (count.Shortfall, error) {
	settings := scan.Settings{Every: count.Seconds(every), Between: scan.NewBetween(denser, part, every), Tracker: track.Default(),
		Taxa: taxon.List{{Name: s.taxon, Role: taxon.Studied, Threshold: float64(s.threshold(s.taxon))}}}
	var samples []detect.Frame
	for i, f := range all {
		if i%int(every/denser) == 0 {
			samples = append(samples, f)
		}
	}
	b, err := scan.DeriveBetween(settings, scan.Part{Frames: samples}, scan.Part{Frames: slices.Clone(all)}, time.Duration(len(all))*denser)
	if err != nil {
		return count.Shortfall{}, err
	}
	return b.Taxa[0], nil
}
