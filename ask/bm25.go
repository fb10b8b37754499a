package ask

import "math"

// Okapi BM25's constants, as Robertson and Zaragoza (2009, Foundations and Trends in Information
// Retrieval 3:333) recommend them.
const (
	k1 = 1.2
	b  = 0.75
)

// term is one term of a query.
type term struct {
	weight float64
	count  func(words []word) int // how many times it is in a passage
}

// rank scores texts by BM25: rare terms and terms that come often in a short text count most. A text
// without any of the terms has 0.
func rank(texts [][]word, query []term) []float64 {
	scores := make([]float64, len(texts))
	if len(texts) == 0 {
		return scores
	}
	mean := 0.0
	for _, t := range texts {
		mean += float64(len(t)) / float64(len(texts))
	}
	counts := make([]int, len(texts))
	for _, q := range query {
		having := 0
		for i, t := range texts {
			if counts[i] = q.count(t); counts[i] > 0 {
				having++
			}
		}
		rare := math.Log(1 + (float64(len(texts)-having)+0.5)/(float64(having)+0.5))
		for i, t := range texts {
			tf := float64(counts[i])
			scores[i] += q.weight * rare * tf * (k1 + 1) / (tf + k1*(1-b+b*float64(len(t))/max(mean, 1)))
		}
	}
	return scores
}
