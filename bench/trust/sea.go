package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"requin/detect"
	"requin/eval"
	"requin/frame"
)

// sea is a kind of deployments of an hour: who comes, and what a detector sees of it. No part of the model of uncertainty was made from it.
type sea struct {
	rate   float64 // visits an hour, the mean
	stay   float64 // seconds of a visit, the median
	school float64 // animals of an arrival, the mean
	recall float64 // chance that the detector finds a visit
	blind  float64 // share of the arrivals of which nothing is ever found: far, turned away
	drift  float64 // by how much recall falls within the hour, as a share: turbidity
	varies float64 // standard deviation of the recall's log odds from deployment to deployment
	sites  float64 // standard deviation of the log odds from site to site
	rates  float64 // shape of the gamma distribution of the rate from deployment to deployment; 0: all the same
}

const (
	hour = 3600
	name = "shark"
)

// watch makes deployments of one site.
func (s sea) watch(n int, seed uint64) (list []eval.Watched) {
	shift := rand.New(rand.NewPCG(seed, 0x517e)).NormFloat64() * s.sites
	for i := range n {
		w := s.one(rand.New(rand.NewPCG(seed, uint64(i))), shift)
		w.Name, w.Site = fmt.Sprint("d", i), fmt.Sprint("site ", seed)
		list = append(list, w)
	}
	return list
}

// one makes a deployment, at a site where the log odds of being found are shifted by so much.
func (s sea) one(r *rand.Rand, shift float64) eval.Watched {
	w := eval.Watched{Every: time.Second, Frames: make([]eval.WatchedFrame, hour)}
	for t := range w.Frames {
		w.Frames[t].Time = time.Duration(t) * time.Second
	}
	shift += r.NormFloat64() * s.varies
	rate := s.rate
	if s.rates > 0 {
		rate *= gamma(r, s.rates) / s.rates
	}
	lane := 0
	for range poisson(r, rate/math.Max(s.school, 1)) {
		from := r.Float64() * hour
		never := r.Float64() < s.blind
		size := 1
		if s.school > 1 {
			size = 1 + poisson(r, s.school-1)
		}
		for range size {
			recall := s.recall
			if recall > 0 && recall < 1 {
				recall = 1 / (1 + math.Exp(-math.Log(recall/(1-recall))-shift))
			}
			recall *= 1 - s.drift*from/hour
			lane++
			length := math.Max(1, s.stay*math.Exp(0.5*r.NormFloat64()))
			s.visit(r, &w, lane, from+r.Float64()*3, length, !never && r.Float64() < recall)
		}
	}
	for range poisson(r, 2) { // what looks like one for some seconds
		lane++
		from, stay := r.IntN(hour), 1+int(r.ExpFloat64()*8)
		for t := from; t < min(hour, from+stay); t++ {
			see(r, &w, t, lane, -1.2+r.NormFloat64())
		}
	}
	if r.IntN(3) == 0 { // a stone that looks like one now and then, as long as the camera runs
		lane++
		for t := range hour {
			if r.IntN(40) == 0 {
				see(r, &w, t, lane, -2+r.NormFloat64())
			}
		}
	}
	return w
}

// visit puts an animal into the frames, and detections of it if it is found: for some seconds at a time.
func (s sea) visit(r *rand.Rand, w *eval.Watched, lane int, from, length float64, found bool) {
	first, last := int(math.Ceil(from)), int(math.Ceil(from+length))
	mood := r.NormFloat64()
	seen := false
	sure := first + r.IntN(max(1, last-first))
	for t := first; t < last && t < hour; t++ {
		w.Frames[t].Truth = append(w.Frames[t].Truth, eval.Animal{Truth: eval.Truth{Box: box(lane), Taxon: name}, ID: fmt.Sprint(lane)})
		mood = 0.8*mood + 0.6*r.NormFloat64()
		if found && (mood > -0.5 || t == sure && !seen) {
			seen = true
			see(r, w, t, lane, 0.8+mood)
		}
	}
}

// box is where an animal is: each in a place of its own.
func box(lane int) frame.Box {
	x, y := float64(lane%40)*100, float64(lane/40)*60
	return frame.Box{X0: x, Y0: y, X1: x + 80, Y1: y + 40}
}

func see(r *rand.Rand, w *eval.Watched, t, lane int, odds float64) {
	score := 1 / (1 + math.Exp(-odds))
	b := box(lane)
	b.X0, b.X1 = b.X0+r.NormFloat64(), b.X1+r.NormFloat64()
	w.Frames[t].Found = append(w.Frames[t].Found, detect.Detection{Box: b, Taxon: name, Score: float32(math.Max(score, 0.11))})
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// gamma draws from the gamma distribution with a shape and the rate 1 (Marsaglia & Tsang 2000).
func gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := math.Pow(1+c*x, 3)
		if v > 0 && math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
