package track

import (
	"math"

	"requin/detect"
	"requin/frame"
)

// cost is how much worse it is to say that a detection is the animal of a track
// than to say that it is another animal: the negative logarithm of the ratio of
// the two likelihoods (the dimensionless score of Blackman & Popoli 1999, Design
// and Analysis of Modern Tracking Systems, ch. 6). Below 0 it is the track's
// animal. +Inf where it cannot be.
//
// Why not the overlap of boxes: at 1 frame/s an animal moves more than its own
// length and every overlap is 0. The ratio has the same parts in a form that
// keeps its meaning at any interval:
//
//   - place: distance from the predicted centre in units of its own
//     uncertainty, which is a share of the box right after a sighting (so a
//     thin box must match closely across, as with overlap) and body
//     lengths after seconds;
//   - shape: ratios of widths and of heights, likewise;
//   - names: agreement of the taxon scores;
//   - and a track whose place is uncertain gains less from a hit than one that
//     was seen just now, so a long-lost track does not steal from a present one.
//
// Worked example: an animal 100 px long was seen once, and one second later a
// box of the same size lies 60 px (0.6 bl) away. Its place is uncertain by
// about 0.65 bl on each axis (variance 0.43), so a hit just there has the density
// (1 + 0.84/4)⁻³/(2π·0.43) ≈ 0.2 per bl², a newcomer there 1/Room = 0.002 per
// bl²: by its place the pair is about 100 times likelier.
//
// m is the motion at the time of the detection, gap the seconds since the
// track's last point at box last.
func (c *Config) cost(m motion, last frame.Box, gap float64, names scoreboard, d detect.Detection) float64 {
	b := d.Box
	if !b.Finite() || !last.Finite() {
		return math.Inf(1)
	}
	cx, cy := b.Center()
	lx, ly := last.Center()
	l := length(b)
	// Speed gate. Half a length is allowed for what is not motion: a body that
	// bends or turns, a box cut by the picture's edge or by another animal.
	reach := (0.5 + c.MaxSpeed*gap) * math.Max(l, length(last))
	if !(math.Hypot(cx-lx, cy-ly) <= reach) {
		return math.Inf(1)
	}
	w, h := sides(b)
	n := c.BoxNoise
	place := surprise(
		cx-m.x.x, m.x.pxx+n*n*w*w,
		cy-m.y.x, m.y.pxx+n*n*h*h)
	shape := surprise(
		math.Log(w)-m.w.log, m.w.p+n*n,
		math.Log(h)-m.h.log, m.h.p+n*n)
	agree := c.TaxonDoubt + (1-c.TaxonDoubt)*agreement(names, d)
	newcomer := math.Log(c.Room*l*l) + math.Log(shapes)
	return place + shape - math.Log(agree) - newcomer
}

// shapes is the room of log-widths and log-heights a newcomer may have: boxes
// of animals in one view differ up to about tenfold in either.
const shapes = math.Ln10 * math.Ln10

// tail is the degrees of freedom of the Student distribution that surprise
// uses. Animals mostly cruise and now and then burst, so large deviations are
// much commoner than a normal distribution has them.
const tail = 4

// surprise is the negative logarithm of the density of a two-dimensional
// Student distribution at (u, v), scales su and sv squared.
func surprise(u, su, v, sv float64) float64 {
	d2 := u*u/su + v*v/sv
	return (tail+2)/2*math.Log1p(d2/tail) + math.Log(2*math.Pi) + math.Log(su*sv)/2
}

// agreement is how far a detection bears a track's names, 0 to 1: the cosine of
// the angle between the two lists of scores by taxon. One name each and the
// same one: 1, whatever the scores. No name in common: 0.
func agreement(names scoreboard, d detect.Detection) float64 {
	var dot, mine, its float64
	for _, n := range named(d) {
		dot += names.of(n.Taxon) * float64(n.Score)
		its += float64(n.Score) * float64(n.Score)
	}
	for _, t := range names {
		mine += t.sum * t.sum
	}
	if !(dot > 0) {
		return 0
	}
	return math.Min(1, dot/math.Sqrt(mine*its))
}
