package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"slices"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/scan"
	"requin/taxon"
	"requin/track"
)

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
		}{{10, 60, 1}, {10, 60, 0.2}, {60, 20, 0.1}} {
			s.between(of.minutes, of.deployments, of.busy)
		}
	}
}

func (s set) between(minutes, deployments int, busy float64) {
	var sparse, dense, estimate, width, held, differs, right int
	for i := range deployments {
		all := s.deployment(time.Duration(minutes)*time.Minute, busy, rand.New(rand.NewPCG(uint64(i), uint64(minutes))))
		tenth, err := s.looked(all, time.Duration(minutes)*time.Minute/10)
		if err != nil {
			log.Fatal(err)
		}
		whole, err := s.looked(all, time.Duration(minutes)*time.Minute)
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
	const step = 200 * time.Millisecond
	for at := time.Duration(0); at < length; {
		sc := s.scenes[r.IntN(len(s.scenes))].every(step)
		frames := s.frames(sc, detect.OneAnimal)
		with := r.Float64() < busy
		for _, f := range frames {
			if at >= length {
				break
			}
			f.Instant = frame.Instant{Time: at, PTS: int64(at / step), Base: frame.Rational{Num: 1, Den: 5}}
			if !with {
				f.Detections = []detect.Detection{}
			}
			out = append(out, f)
			at += step
		}
	}
	return out
}

// looked is what the look between samples says of a deployment.
func (s set) looked(all []detect.Frame, part time.Duration) (count.Shortfall, error) {
	const every, denser = time.Second, 200 * time.Millisecond
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
