package eval

import (
	"requin/uncertainty"
)

// Terms are what a taxon's MaxN is assessed by.
type Terms struct {
	Taxon         string
	Detectability uncertainty.Detectability
	Probability   func(score float64) float64 // that a detection is right
	Limit         float64                     // what is left to chance: uncertainty.Limit
	Threshold     float64                     // of the usual count, to compare with
	Samples       int                         // 0: as usual
	Elsewhere     bool                        // detectability was measured at other sites
}

// Foretell assesses the MaxN of a taxon in a stretch of video as a count would that has no truth.
func (w Watched) Foretell(t Terms, seed uint64) (uncertainty.Posterior, error) {
	f, err := w.follow(t.Taxon, uncertainty.Least, t.Probability)
	if err != nil {
		return uncertainty.Posterior{}, err
	}
	d := f.doubt(w, t, seed)
	return d.Posterior(t.Limit), nil
}

// doubt is what is known before anybody looked.
func (f *followed) doubt(w Watched, t Terms, seed uint64) uncertainty.Observations {
	d := uncertainty.Observations{Frames: len(w.Frames), Every: w.Every.Seconds(), Detectability: t.Detectability, Elsewhere: t.Elsewhere, Seed: seed, Samples: t.Samples}
	for _, s := range f.candidates {
		s.Real = t.Detectability.Real(s.Traits)
		d.Candidates = append(d.Candidates, s.Candidate)
	}
	return d
}

// Foretold is an assessment and the MaxN that was true.
type Foretold struct {
	Name  string
	Truth int
	uncertainty.Posterior
}

// Coverage is how often intervals hold the truth.
type Coverage struct {
	N      int     // foretold
	Inside int     // of them, within the interval
	Under  int     // the truth was under it
	Over   int     // the truth was over it
	Width  float64 // the mean of how many numbers an interval holds less one: 0 where it is a single number
	Exact  float64 // share in which the estimate is the truth
	Claim  float64 // the mean chance that the assessments themselves give their intervals
}

// Share is Inside of N; NaN where there are none.
func (c Coverage) Share() float64 { return float64(c.Inside) / float64(c.N) }

// Covered counts how often intervals hold the truth.
func Covered(list []Foretold) Coverage {
	c := Coverage{N: len(list)}
	for _, f := range list {
		switch {
		case f.Truth < f.Low:
			c.Under++
		case f.Truth > f.High:
			c.Over++
		default:
			c.Inside++
		}
		c.Width += float64(f.High-f.Low) / float64(len(list))
		if f.Estimate == f.Truth {
			c.Exact += 1 / float64(len(list))
		}
		c.Claim += (f.More(f.Low-1) - f.More(f.High)) / float64(len(list))
	}
	return c
}

// Open leaves those of which there is something to foretell: where something of the taxon was
// found that may be an animal, or one was there. Where nothing was found and nothing was there,
// any interval holds the truth.
func Open(list []Foretold) (open []Foretold) {
	for _, f := range list {
		if f.Truth > 0 || f.More(0) > 0.05 {
			open = append(open, f)
		}
	}
	return open
}
