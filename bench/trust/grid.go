package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"requin/eval"
	"requin/uncertainty"
)

// cell is a kind of deployments, what the detector was measured on, and who reviews.
type cell struct {
	group    string
	name     string
	sea      sea
	measured *sea // the site where detectability was measured; nil: on deployments like these
	sites    int  // where it was measured, of the same kind; 0: this one
	assumed  bool // it was not measured
	eyes     eval.Eyes
	reader   uncertainty.Reader
	alone    bool // each deployment by itself: nothing is pooled over the survey
}

func grid() (list []cell) {
	base := sea{rate: 3, stay: 60, recall: 0.9, varies: 0.5}
	add := func(group, name string, change func(*cell)) {
		c := cell{group: group, name: name, sea: base}
		change(&c)
		list = append(list, c)
	}
	for _, recall := range []float64{0, 0.3, 0.5, 0.9} {
		for _, stay := range []float64{2, 10, 60, 600} {
			for _, rate := range []float64{0, 1, 3, 15} {
				add("measured", fmt.Sprintf("recall %.1f, %g s, %g an hour", recall, stay, rate), func(c *cell) { c.sea.recall, c.sea.stay, c.sea.rate = recall, stay, rate })
			}
		}
	}
	for _, recall := range []float64{0, 0.3, 0.5, 0.9} {
		named := func(what string) string { return fmt.Sprintf("recall %.1f, %s", recall, what) }
		for _, rate := range []float64{3, 15} {
			at := fmt.Sprintf(", %g an hour", rate)
			add("some never found", named("a fifth never found"+at), func(c *cell) { c.sea.recall, c.sea.blind, c.sea.rate = recall, 0.2, rate })
			add("schools", named("schools of 4"+at), func(c *cell) { c.sea.recall, c.sea.school, c.sea.rate = recall, 4, rate })
			add("schools", named("schools of 4, a fifth never found"+at), func(c *cell) { c.sea.recall, c.sea.school, c.sea.blind, c.sea.rate = recall, 4, 0.2, rate })
			add("drift", named("falling by 70 % in the hour"+at), func(c *cell) { c.sea.recall, c.sea.drift, c.sea.rate = recall, 0.7, rate })
			add("rates differ", named("rates differ"+at), func(c *cell) { c.sea.recall, c.sea.rates, c.sea.rate = recall, 0.5, rate })
			add("each alone", named("nothing pooled"+at), func(c *cell) { c.sea.recall, c.alone, c.sea.rate = recall, true, rate })
		}
	}
	for _, wrong := range [][2]float64{{0.9, 0.5}, {0.9, 0}, {0.3, 0.9}} {
		for _, rate := range []float64{1, 15} {
			add("measured elsewhere", fmt.Sprintf("one other site %.1f, this %.1f, %g an hour", wrong[0], wrong[1], rate), func(c *cell) {
				other := base
				other.recall, c.measured = wrong[0], &other
				c.sea.recall, c.sea.rate = wrong[1], rate
			})
		}
	}
	for _, recall := range []float64{0.5, 0.8, 0.9} {
		for _, rate := range []float64{1, 3, 15} {
			add("measured elsewhere", fmt.Sprintf("8 other sites about %.1f, %g an hour", recall, rate), func(c *cell) {
				c.sites, c.sea.sites, c.sea.recall, c.sea.rate = 8, 0.8, recall, rate
			})
		}
	}
	for _, rate := range []float64{0, 3, 15} {
		add("assumed", fmt.Sprintf("recall 0.9, assumed, %g an hour", rate), func(c *cell) { c.assumed, c.sea.rate = true, rate })
		add("assumed", fmt.Sprintf("no class or blind, assumed, %g an hour", rate), func(c *cell) { c.assumed, c.sea.recall, c.sea.rate = true, 0, rate })
	}
	for _, recall := range []float64{0, 0.5, 0.9} {
		for _, rate := range []float64{3, 15} {
			add("reader errs", fmt.Sprintf("recall %.1f, reader misses 5 %%, misnames 3 %%, %g an hour", recall, rate), func(c *cell) {
				c.sea.recall, c.sea.rate = recall, rate
				c.eyes, c.reader = eval.Eyes{Overlooks: 0.05, Misnames: 0.03}, uncertainty.Reader{Missed: 0.08, Added: 0.03, Animals: 200}
			})
		}
	}
	return list
}

// tally is what came of a cell.
type tally struct {
	deployments, certified, right, high, low int
	looks, certifiedLooks                    []float64
	first, last                              []float64 // looks at the first and the last deployment of each survey
	inside                                   int       // 95 % intervals, before anybody looked, that hold the truth
	claimed                                  float64   // what certificates themselves leave to chance
}

const (
	surveySize = 10 // deployments
	learnFrom  = 20 // that detectability is measured on
	rounds     = 6  // times that the reader comes by each deployment that is not certified
	budget     = 12 // looks at a deployment before the reader goes on to the next
)

// play reviews surveys of a cell until so many certificates are there, or so many surveys were had.
func (c cell) play(ctx context.Context, certificates, surveys, samples int) (tally, error) {
	var t tally
	terms := eval.Terms{Taxon: name, Detectability: uncertainty.Prior(), Probability: func(p float64) float64 { return p }, Limit: uncertainty.Limit, Samples: samples}
	if !c.assumed {
		where := c.sea
		if c.measured != nil {
			where = *c.measured
		}
		if where.rate < 3 {
			where.rate = 3
		}
		learned := where.watch(learnFrom, 7)
		if c.sites > 0 {
			learned = nil
			for k := range c.sites {
				learned = append(learned, where.watch(4, uint64(20+k))...)
			}
		}
		terms.Elsewhere = c.measured != nil || c.sites > 0
		var err error
		if terms.Detectability, err = eval.MeasureDetectability(learned, name, uncertainty.Least, terms.Probability); err != nil {
			return t, err
		}
	}
	for k := 0; k < surveys && t.certified < certificates; k++ {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		if err := c.survey(&t, terms, uint64(1000+k)); err != nil {
			return t, err
		}
	}
	return t, nil
}

// survey reviews one survey: some looks at each deployment in turn, round after round at those that are not certified. What counts is what
// each is at the end, by all that is known then.
func (c cell) survey(t *tally, terms eval.Terms, seed uint64) error {
	watched := c.sea.watch(surveySize, seed)
	sittings := make([]*eval.Sitting, surveySize)
	evidence := make([]uncertainty.Evidence, surveySize)
	heard := make([]bool, surveySize)
	now := make([]uncertainty.Posterior, surveySize)
	others := func(i int) (list []uncertainty.Evidence) {
		for k, e := range evidence {
			if k != i && heard[k] && !c.alone {
				list = append(list, e)
			}
		}
		return list
	}
	for i := range watched {
		s, err := watched[i].Sit(terms, c.eyes, c.reader, seed*100+uint64(i))
		if err != nil {
			return err
		}
		sittings[i] = s
		if p := s.Posterior(nil); p.Low <= s.Truth() && s.Truth() <= p.High {
			t.inside++
		}
	}
	times := rounds
	if !terms.Detectability.Enough(terms.Elsewhere) {
		times = 1 // no certificate can come of it
	}
	for range times {
		for i, s := range sittings {
			for until := s.Looks + budget; s.Looks < until; {
				now[i] = s.Posterior(others(i))
				evidence[i], heard[i] = now[i].Evidence, true
				if now[i].Certified || len(now[i].Next) == 0 || now[i].Confirmed == 0 && s.Looks > 10 && now[i].Ahead > 2*rounds*budget {
					break
				}
				s.Look(now[i].Next[0])
				if now[i].Risk > 4*terms.Limit { // far from the end three at a time do
					for _, n := range now[i].Next[1:] {
						s.Look(n)
					}
				}
			}
		}
	}
	for i, s := range sittings {
		p := s.Posterior(others(i))
		t.deployments++
		t.looks = append(t.looks, float64(s.Looks))
		switch i {
		case 0:
			t.first = append(t.first, float64(s.Looks))
		case surveySize - 1:
			t.last = append(t.last, float64(s.Looks))
		}
		if !p.Certified {
			continue
		}
		t.certified++
		t.claimed += p.Risk
		t.certifiedLooks = append(t.certifiedLooks, float64(s.Looks))
		switch truth := s.Truth(); {
		case truth == p.Confirmed:
			t.right++
		case truth > p.Confirmed:
			t.low++
		default:
			t.high++
		}
	}
	return nil
}

// run plays all cells, two at a time.
func playAll(ctx context.Context, cells []cell, certificates, surveys, samples, workers int, done func(cell, tally)) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	queue := make(chan cell)
	for range workers {
		wg.Go(func() {
			for c := range queue {
				t, err := c.play(ctx, certificates, surveys, samples)
				mu.Lock()
				if err != nil {
					failed = err
				} else {
					done(c, t)
				}
				mu.Unlock()
			}
		})
	}
	for _, c := range cells {
		queue <- c
	}
	close(queue)
	wg.Wait()
	return failed
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// wilson is the lower end of the 95 % interval of a share (Wilson 1927).
func wilson(right, n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	const z = 1.959964
	p, m := float64(right)/float64(n), float64(n)
	return (p + z*z/(2*m) - z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))) / (1 + z*z/m)
}
