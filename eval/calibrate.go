package eval

import (
	"errors"
	"fmt"
	"math"

	"requin/uncertainty"
)

// Calibrate learns what the scores of a taxon's detections are worth, on pictures that were not trained on.
// It fails where those hold no truth or nothing was found: there is nothing to learn from.
func Calibrate(images []Image, taxon string, iou float64) (uncertainty.Calibration, error) {
	c, err := PrecisionRecall(images, taxon, iou).Calibrate()
	if err != nil {
		return uncertainty.Calibration{}, fmt.Errorf("calibrating scores of %s: %w", taxon, err)
	}
	return c, nil
}

// Calibrate learns the probability of being right from the detections of p.
func (p PR) Calibrate() (uncertainty.Calibration, error) {
	if p.Truth == 0 {
		return uncertainty.Calibration{}, errors.New("the pictures hold no true box: validate on some that do")
	}
	if len(p.Scores) == 0 {
		return uncertainty.Calibration{}, errors.New("nothing was found: lower the least score, or train longer")
	}
	return uncertainty.Calibrate(p.Scores, p.Right), nil
}

// Bin is the detections whose probability lies from From (inclusive) to To
// (exclusive, but for 1): one bar of a reliability diagram.
type Bin struct {
	From, To    float64
	N           int
	Probability float64 // their mean; NaN where N is 0
	Right       float64 // share that is right; NaN where N is 0
}

// Reliability sorts detections into bins of equal width by what their score says is
// the probability of being right: probability is Calibration.Probability, or nil for
// the score itself.
func (p PR) Reliability(probability func(score float64) float64, bins int) []Bin {
	if probability == nil {
		probability = uncertainty.Calibration{}.Probability
	}
	out := make([]Bin, bins)
	for i, s := range p.Scores {
		v := probability(s)
		b := &out[max(0, min(int(v*float64(bins)), bins-1))]
		b.N++
		b.Probability += v
		if p.Right[i] {
			b.Right++
		}
	}
	for i := range out {
		b := &out[i]
		b.From, b.To = float64(i)/float64(bins), float64(i+1)/float64(bins)
		b.Probability, b.Right = ratio(b.Probability, float64(b.N)), ratio(b.Right, float64(b.N))
	}
	return out
}

// ECE is the expected calibration error: the mean over detections of how far, in their
// bin, the probability is from the share that is right (Naeini et al. 2015; Guo et al.
// 2017, eq. 3). NaN without detections. On the detections that a calibration was
// learned from it is too good: measure it on others.
//
//	ECE = Σ n/N · |mean probability − share right|
func ECE(bins []Bin) float64 {
	var sum float64
	n := 0
	for _, b := range bins {
		if b.N > 0 {
			sum += float64(b.N) * math.Abs(b.Probability-b.Right)
			n += b.N
		}
	}
	return ratio(sum, float64(n))
}

// Brier is the mean squared distance of the probability from what is so, 1 or 0
// (Brier 1950); probability as Reliability has it. NaN without detections.
func (p PR) Brier(probability func(score float64) float64) float64 {
	if probability == nil {
		probability = uncertainty.Calibration{}.Probability
	}
	var sum float64
	for i, s := range p.Scores {
		v := probability(s)
		if p.Right[i] {
			v = 1 - v
		}
		sum += v * v
	}
	return ratio(sum, float64(len(p.Scores)))
}
