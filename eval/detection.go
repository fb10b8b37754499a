package eval

import "math"

// PR is how the detections of one taxon agree with its truth, at one IoU: what
// precision and recall at every score follow from.
type PR struct {
	Truth  int       // boxes to be found; ignored ones are not among them
	Scores []float64 // of the detections that are right or wrong, best first
	Right  []bool    // of each, which
}

// PrecisionRecall matches the detections of a taxon with its truth as COCO does:
// best score first, each with the unmatched box it overlaps most (Match). All
// detections count, however many a picture has.
func PrecisionRecall(images []Image, taxon string, iou float64) PR {
	return Match(images, taxon, []float64{iou}, Rules{})[0]
}

// Clear is a threshold that parts the same detections as the score of one of them does, half way to the next weaker: rounding
// in another program does not push the detection under it.
func (p PR) Clear(score float64) float64 {
	for _, s := range p.Scores {
		if s < score {
			return (s + score) / 2
		}
	}
	return score / 2
}

// Counts is how many detections with at least that score are right and wrong, and
// how many true boxes they miss.
func (p PR) Counts(threshold float64) (right, wrong, missed int) {
	for i, s := range p.Scores {
		if !(s >= threshold) {
			break
		}
		if p.Right[i] {
			right++
		} else {
			wrong++
		}
	}
	return right, wrong, p.Truth - right
}

// At is precision, recall and F of the detections with at least that score. All are
// NaN without truth; precision is 0 where nothing is found, as COCO has it.
//
//	precision = right / found    recall = right / truth    F = 2·right / (found + truth)
func (p PR) At(threshold float64) (precision, recall, f float64) {
	if p.Truth == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	right, wrong, _ := p.Counts(threshold)
	return p.measures(right, right+wrong)
}

func (p PR) measures(right, found int) (precision, recall, f float64) {
	if found > 0 {
		precision = float64(right) / float64(found)
	}
	return precision, float64(right) / float64(p.Truth), 2 * float64(right) / float64(found+p.Truth)
}

// BestF is the threshold with the greatest F = 2PR/(P+R), and that F; of equals the
// highest. It is the score of a detection. Without truth both are NaN; where nothing
// is right F is 0 and the threshold 1.
func (p PR) BestF() (threshold, f float64) {
	if p.Truth == 0 {
		return math.NaN(), math.NaN()
	}
	threshold = 1
	for _, point := range p.Curve() {
		if point.F > f {
			threshold, f = point.Threshold, point.F
		}
	}
	return threshold, f
}

// Point is precision, recall and F of the detections with at least a score.
type Point struct{ Threshold, Precision, Recall, F float64 }

// Curve gives the point at each score that a detection has, highest first. Recall
// never falls along it. Empty without truth.
func (p PR) Curve() []Point {
	if p.Truth == 0 {
		return nil
	}
	var out []Point
	right := 0
	for i, s := range p.Scores {
		if p.Right[i] {
			right++
		}
		if i+1 < len(p.Scores) && p.Scores[i+1] == s {
			continue // a threshold takes all of a score, or none
		}
		point := Point{Threshold: s}
		point.Precision, point.Recall, point.F = p.measures(right, i+1)
		out = append(out, point)
	}
	return out
}

// recalls is how many recalls AP is averaged over: 0, 0.01 ... 1.
const recalls = 101

// AP is COCO's average precision: the mean over the recalls 0, 0.01 ... 1 of the
// greatest precision at that recall or a higher one, 0 where it is never reached. NaN
// without truth. Detections of equal score are counted one after the other.
//
// Worked example: 2 true boxes; detections right, wrong, right. Precision goes 1, 1/2,
// 2/3 and recall 1/2, 1/2, 1: the 51 recalls up to 0.5 have 1, the other 50 have 2/3,
// AP = (51 + 50·2/3) / 101 = 0.8350.
func (p PR) AP() float64 {
	if p.Truth == 0 {
		return math.NaN()
	}
	precision, recall := make([]float64, len(p.Scores)), make([]float64, len(p.Scores))
	hits := 0
	for i, right := range p.Right {
		if right {
			hits++
		}
		precision[i], recall[i], _ = p.measures(hits, i+1)
	}
	for i := len(precision) - 1; i > 0; i-- {
		precision[i-1] = max(precision[i-1], precision[i])
	}
	var sum float64
	at := 0
	for r := range recalls {
		for at < len(recall) && recall[at] < float64(r)*0.01 {
			at++
		}
		if at == len(recall) {
			break
		}
		sum += precision[at]
	}
	return sum / recalls
}

// COCO is the mean of AP over IoU 0.50, 0.55 ... 0.95, of the 100 best detections of
// each picture, as COCO's evaluation has it. NaN without truth.
func COCO(images []Image, taxon string) float64 {
	return MeanAP(Match(images, taxon, COCOLevels(), Rules{Most: 100}))
}

// MeanAP is the mean of AP over several IoUs.
func MeanAP(at []PR) float64 {
	var sum float64
	for _, p := range at {
		sum += p.AP()
	}
	return ratio(sum, float64(len(at)))
}

// COCOLevels is the IoUs that COCO averages over, to the last digit.
func COCOLevels() []float64 {
	from, to, n := 0.5, 0.95, 10
	step := (to - from) / float64(n-1)
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(float64(i)*step) + from
	}
	out[n-1] = to
	return out
}
