package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"

	"requin/eval"
	"requin/uncertainty"
)

// tally is what came of a cell.
type tally struct {
	counts, certified, right, high, low int // of taxa in deployments
	looks, certifiedLooks               []float64
	first, last                         []float64 // looks at the first and the last deployment of each survey
	inside                              int       // 95 % intervals, before anybody looked, that hold the truth
	wrong                               []string  // what each certificate was that is wrong
}

const (
	surveySize = 10 // deployments
	learnFrom  = 20 // that detectability is measured on
	rounds     = 6  // times that the reader comes by each deployment that is not certified
	budget     = 12 // looks at a deployment before the reader, of several each, goes on to the next
	few        = 12 // surveys after which a cell is left in which fewer than one count in 20 is certified
)

// play reviews surveys of a cell until so many certificates are there, or so many surveys were had.
func (c cell) play(ctx context.Context, much amount) (tally, error) {
	var t tally
	terms := eval.Terms{Taxon: name, Detectability: uncertainty.Prior(), Probability: func(p float64) float64 { return p }, Limit: uncertainty.Limit, Samples: much.samples}
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
	for k := 0; k < much.surveys && t.certified < much.certificates && !(k >= few && 20*t.certified < t.counts); k++ {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		if err := c.survey(&t, terms, c.seed()+uint64(k)); err != nil {
			return t, err
		}
	}
	return t, nil
}

// seed is that of a cell's first survey: each cell has surveys of its own.
func (c cell) seed() uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.begins())) // never fails
	return uint64(h.Sum32()) << 16
}

// deployment is one that is reviewed: each taxon by itself, all of them in the same looks.
type deployment struct {
	taxa  []*eval.Sitting
	now   []uncertainty.Posterior
	looks int // frames looked at, each time
}

// look looks at the frame that is asked for first of the taxon of which least is certain; far from the end at three at a time. It tells whether
// there was any left to look at.
func (d *deployment) look(c cell, limit float64) bool {
	open := slices.Clone(d.now)
	for i, p := range open {
		if len(p.Next) == 0 || p.Confirmed == 0 && d.looks > 10 && p.Ahead > 2*rounds*budget {
			open[i] = uncertainty.Posterior{Certified: true} // it will not be certified
		}
	}
	at := uncertainty.Riskiest(open)
	if open[at].Certified {
		return false
	}
	asked := open[at].Next
	if open[at].Risk < 2*limit {
		asked = asked[:1]
	}
	for _, n := range asked {
		if n.Again {
			d.taxa[at].Look(n)
			d.looks++
			continue
		}
		for _, s := range d.taxa {
			before := s.Looks
			s.Look(n)
			for range c.readers - 1 { // who look by themselves, until two agree
				s.Look(uncertainty.Suggestion{Frame: n.Frame, Again: true})
			}
			if s == d.taxa[0] {
				d.looks += s.Looks - before
			}
		}
	}
	return true
}

// survey reviews one survey: some looks at each deployment in turn, round after round at those that are not certified. What counts is what
// each is at the end, by all that is known then.
func (c cell) survey(t *tally, terms eval.Terms, seed uint64) error {
	taxa := max(c.taxa, 1)
	list := make([]deployment, surveySize)
	for x := range taxa {
		for i, w := range c.sea.watch(surveySize, seed+uint64(x)<<40) {
			s, err := w.Sit(terms, c.eyes, c.reader, (seed+uint64(x)<<40)*100+uint64(i))
			if err != nil {
				return err
			}
			list[i].taxa = append(list[i].taxa, s)
			if p := s.Posterior(nil); p.Low <= s.Truth() && s.Truth() <= p.High {
				t.inside++
			}
		}
	}
	others := func(i, x int) (evidence []uncertainty.Evidence) {
		for k, d := range list {
			if k != i && d.now != nil && !c.alone {
				evidence = append(evidence, d.now[x].Evidence)
			}
		}
		return evidence
	}
	assess := func(i int) {
		now := make([]uncertainty.Posterior, taxa)
		for x, s := range list[i].taxa {
			now[x] = s.Posterior(others(i, x))
		}
		list[i].now = now
	}
	times := rounds
	if !terms.Detectability.Enough(terms.Elsewhere) {
		times = 1 // no certificate can come of it
	}
	for range times {
		for i := range list {
			d := &list[i]
			for until := d.looks + budget*max(c.readers, 1); d.looks < until; {
				if assess(i); !d.look(c, terms.Limit) {
					break
				}
			}
		}
	}
	for i := range list {
		assess(i)
		t.take(c, seed, i, &list[i])
	}
	return nil
}

// take takes in what came of a deployment.
func (t *tally) take(c cell, seed uint64, i int, d *deployment) {
	t.looks = append(t.looks, float64(d.looks))
	switch i {
	case 0:
		t.first = append(t.first, float64(d.looks))
	case surveySize - 1:
		t.last = append(t.last, float64(d.looks))
	}
	for x, s := range d.taxa {
		p := d.now[x]
		t.counts++
		if !p.Certified {
			continue
		}
		t.certified++
		t.certifiedLooks = append(t.certifiedLooks, float64(d.looks))
		switch truth := s.Truth(); {
		case truth == p.Confirmed:
			t.right++
			continue
		case truth > p.Confirmed:
			t.low++
		default:
			t.high++
		}
		t.wrong = append(t.wrong, fmt.Sprintf("survey %d, deployment %d: certified %d, true %d, risk %.3f, %d looks,%s", seed, i, p.Confirmed, s.Truth(), p.Risk, d.looks, s.Story()))
	}
}
