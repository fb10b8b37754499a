package eval

import "slices"

// Wrong is of what kinds the detections of a taxon are that are wrong, and under what other names its animals were found. A
// count suffers from each in its own way: a duplicate makes two of one, a misnaming moves one to another taxon.
type Wrong struct {
	Duplicates int // lie on an animal that another detection found: a second box, or a second name, for it
	Misnamed   int // found an animal of another taxon, that nothing else found
	Nothing    int // lie on no animal
	Renamed    int // animals of the taxon that were found under another name
}

// wrongOf reads it out of a confusion.
//
// Worked example: a shark found twice as shark, and a ray found as shark. Shark has 1 duplicate and 1 misnamed; ray has 1
// renamed.
func (c Confusion) wrongOf(taxon string) (w Wrong) {
	at := slices.Index(c.Taxa, taxon)
	if at < 0 {
		return w
	}
	background := len(c.Taxa)
	for i := range c.Taxa {
		if i != at {
			w.Misnamed += c.Counts[i][at]
			w.Renamed += c.Counts[at][i]
		}
	}
	w.Duplicates = c.Double[at]
	w.Nothing = c.Counts[background][at] - c.Double[at]
	return w
}

// Plus adds up two trials.
func (w Wrong) Plus(o Wrong) Wrong {
	return Wrong{w.Duplicates + o.Duplicates, w.Misnamed + o.Misnamed, w.Nothing + o.Nothing, w.Renamed + o.Renamed}
}

// Spread is where precision, recall and F at the threshold lie if other deployments like these had been tried: shares
// with their intervals.
type Spread struct {
	Precision, Recall Share
	// Jaccard is the share of right ones among all animals and detections, right/(found + truth − right), which F = 2J/(1 + J)
	// is made of: so its interval gives that of F.
	Jaccard Share
}

// F are the ends of F's interval.
func (s Spread) F() (low, high float64) {
	f := func(j float64) float64 { return 2 * j / (1 + j) }
	return f(s.Jaccard.Low), f(s.Jaccard.High)
}

// spreadOf counts by deployment.
func spreadOf(t Trial, taxon string, iou, threshold float64) Spread {
	var precision, recall, jaccard []Part
	for _, images := range t.deployments() {
		p := PrecisionRecall(images, taxon, iou)
		hits, wrong, _ := p.Counts(threshold)
		right, found, truth := float64(hits), float64(hits+wrong), float64(p.Truth)
		precision, recall, jaccard = append(precision, Part{right, found}), append(recall, Part{right, truth}), append(jaccard, Part{right, found + truth - right})
	}
	return Spread{ClusteredShare(precision), ClusteredShare(recall), ClusteredShare(jaccard)}
}

// deployments are the images of each, in the order of the first. Images without a deployment's name are of one.
func (t Trial) deployments() (out [][]Image) {
	places := make([]int, len(t.Images))
	for i := range places {
		places[i] = i
	}
	for _, group := range inOrder(places, func(i int) string {
		if i < len(t.Groups) {
			return t.Groups[i]
		}
		return ""
	}) {
		var images []Image
		for _, i := range group {
			images = append(images, t.Images[i])
		}
		out = append(out, images)
	}
	return out
}
