package eval

import (
	"math"
	"slices"
)

// Scoring says how a taxon's detections are judged.
type Scoring struct {
	IoU       float64 // 0: 0.5
	Threshold float64 // of the score; NaN: that of the best F on these pictures, which flatters
	Least     int     // true boxes under which a taxon is not scored but said to have too few
}

// Score is one taxon's row in the table of a test.
type Score struct {
	Taxon    string
	Truth    int  // boxes to be found
	Pictures int  // with at least one of them
	TooFew   bool // then all that follows is NaN

	Threshold, Precision, Recall, F float64
	BestThreshold, BestF            float64 // on these pictures
	AP50                            float64 // at IoU 0.5
	AP                              float64 // COCO's
}

// ScoreTaxon judges a taxon's detections. A taxon without truth always has too few.
func ScoreTaxon(images []Image, taxon string, s Scoring) Score {
	if s.IoU == 0 {
		s.IoU = 0.5
	}
	out := Score{Taxon: taxon}
	for _, i := range images {
		n := 0
		for _, t := range i.Truth {
			if t.Taxon == taxon && wanted(t) {
				n++
			}
		}
		out.Truth += n
		if n > 0 {
			out.Pictures++
		}
	}
	if out.Truth == 0 || out.Truth < s.Least {
		no := math.NaN()
		out.TooFew = true
		out.Threshold, out.Precision, out.Recall, out.F, out.BestThreshold, out.BestF, out.AP50, out.AP = no, no, no, no, no, no, no, no
		return out
	}
	p := PrecisionRecall(images, taxon, s.IoU)
	out.BestThreshold, out.BestF = p.BestF()
	out.Threshold = s.Threshold
	if math.IsNaN(s.Threshold) {
		out.Threshold = out.BestThreshold
	}
	out.Precision, out.Recall, out.F = p.At(out.Threshold)
	at := Match(images, taxon, COCOLevels(), Rules{Most: 100})
	out.AP50, out.AP = at[0].AP(), MeanAP(at)
	return out
}

// Summary is how a number is spread, over folds as a rule.
type Summary struct {
	N        int     // numbers there are; NaN is none
	Mean, SD float64 // SD with n − 1; NaN where there are too few
	// The five numbers of a box plot: quartiles, and the last numbers within one and a
	// half times the distance between them from them (Tukey 1977). Quartiles lie between
	// neighbours linearly (type 7 of Hyndman & Fan 1996, the default of R and NumPy).
	Least, Lower, Mid, Upper, Most float64
	Outside                        []float64 // beyond
}

// Summarise summarises numbers.
func Summarise(list []float64) Summary {
	list = slices.DeleteFunc(slices.Clone(list), math.IsNaN)
	slices.Sort(list)
	s := Summary{N: len(list)}
	s.Mean, s.SD = meanSD(list)
	s.Lower, s.Mid, s.Upper = quantile(list, 0.25), quantile(list, 0.5), quantile(list, 0.75)
	s.Least, s.Most = math.NaN(), math.NaN()
	reach := 1.5 * (s.Upper - s.Lower)
	for _, v := range list {
		if v < s.Lower-reach || v > s.Upper+reach {
			s.Outside = append(s.Outside, v)
			continue
		}
		if math.IsNaN(s.Least) {
			s.Least = v
		}
		s.Most = v
	}
	return s
}

// meanSD is the mean and the standard deviation with n − 1 (NaN below two numbers).
func meanSD(list []float64) (mean, sd float64) {
	n := float64(len(list))
	var sum, squares float64
	for _, v := range list {
		sum += v
	}
	mean = ratio(sum, n)
	for _, v := range list {
		squares += (v - mean) * (v - mean)
	}
	if n < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(squares / (n - 1))
}

// quantile is that of sorted numbers, linear between neighbours; NaN of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// Folds is how one taxon did over the folds.
type Folds struct {
	Taxon  string
	Truth  int // over all folds
	Folds  int // scored
	TooFew int // not scored

	Precision, Recall, F, BestF, AP50, AP Summary
}

// OverFolds sums up the scores of one taxon on each fold. Folds with too few of it are
// left out of means, and counted.
func OverFolds(scores []Score) Folds {
	var out Folds
	pick := func(of func(Score) float64) Summary {
		var list []float64
		for _, s := range scores {
			list = append(list, of(s))
		}
		return Summarise(list)
	}
	for _, s := range scores {
		out.Taxon = s.Taxon
		out.Truth += s.Truth
		if s.TooFew {
			out.TooFew++
		} else {
			out.Folds++
		}
	}
	out.Precision, out.Recall = pick(func(s Score) float64 { return s.Precision }), pick(func(s Score) float64 { return s.Recall })
	out.F, out.BestF = pick(func(s Score) float64 { return s.F }), pick(func(s Score) float64 { return s.BestF })
	out.AP50, out.AP = pick(func(s Score) float64 { return s.AP50 }), pick(func(s Score) float64 { return s.AP })
	return out
}
