package ask

import (
	"slices"

	"requin/paper"
)

// How much a sentence counts for where it stands.
const (
	inMethods  = 1.15
	asOthers   = 0.5  // it speaks of the work of others, too
	fromTitle  = 0.6  // a heading or title says little
	alsoQuoted = 0.75 // of the best score: what is quoted beside the best
	mostQuoted = 3
)

// Find answers a question in the words of the passages, which are of one source and in order.
func Find(q Question, passages []Passage) Answer {
	var best []Passage
	for _, i := range q.ranked(passages, true) {
		best = append(best, passages[i])
	}
	return q.Quoting(best)
}

// Best are the passages that a question is most about, whether they answer it or not, in their order: what a language model is
// given to choose from.
func Best(q Question, passages []Passage, most int) []Passage {
	chosen := q.ranked(passages, false)
	chosen = chosen[:min(len(chosen), most)]
	slices.Sort(chosen)
	var out []Passage
	for _, i := range chosen {
		out = append(out, passages[i])
	}
	return out
}

// ranked gives indices of passages, best first: all that answer the question and are about as good as the best, or, where
// answering is not asked for, all that have anything to do with it.
func (q Question) ranked(passages []Passage, answering bool) []int {
	texts := make([][]word, len(passages))
	for i, p := range passages {
		texts[i] = wordsOf(p.Text())
	}
	if q.Number == 0 {
		return q.rankedFreely(passages, texts, answering)
	}
	if answering && q.Learned && !aboutLearning(texts) {
		return nil
	}
	scores := rank(texts, q.terms())
	var out []int
	for i := range passages {
		if answering {
			scores[i] *= q.weight(passages[i], texts, i)
		}
		if scores[i] > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return order(scores[b], scores[a]) })
	if !answering || len(out) == 0 {
		return out
	}
	end := 1
	for end < min(len(out), mostQuoted) && scores[out[end]] >= alsoQuoted*scores[out[0]] {
		end++
	}
	return out[:end]
}

// oneIn so many sentences of a text about a model that learns speaks of learning.
const oneIn = 200

func aboutLearning(texts [][]word) bool {
	met := 0
	for _, t := range texts {
		if theBook().Learning.met(t) {
			met++
		}
	}
	return met > 0 && met*oneIn >= len(texts)
}

func order(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// terms are all cues of a question; those that an answer must have count most.
func (q Question) terms() []term {
	var out []term
	for _, list := range []struct {
		cues   cues
		weight float64
	}{{q.Has, 2}, {q.With, 1}, {q.Near, 0.5}, {q.More, 1}} {
		for _, c := range list.cues {
			out = append(out, term{list.weight, c.count})
		}
	}
	return out
}

// weight is 0 where a passage does not answer the question.
func (q Question) weight(p Passage, texts [][]word, i int) float64 {
	book, words := theBook(), texts[i]
	ours := book.Ours.met(words)
	switch {
	case p.Heading, p.Section == paper.Thanks && !q.Later, p.Section == paper.References: // unnumbered sections after the thanks look like a part of them
		return 0
	case book.Never.met(words), !q.Later && book.Future.met(words), q.Not.met(words):
		return 0
	case !q.Has.met(words), len(q.With) > 0 && !q.With.met(words), len(q.Near) > 0 && !q.near(texts, i):
		return 0
	case q.Doubt.met(words) && !q.Sure.met(words):
		return 0
	}
	weight := 1.0
	if p.Section == paper.Methods {
		weight *= inMethods
	}
	if !q.Anywhere {
		others := book.Others.met(words)
		switch before := p.Section == paper.Introduction || p.Section == paper.Related; {
		case before && (others || !ours):
			return 0
		case before, others:
			weight *= asOthers
		}
	}
	if i == 0 {
		weight *= fromTitle
	}
	return weight
}

// near tells whether one of the cues of Near is in a passage or beside it.
func (q Question) near(texts [][]word, i int) bool {
	for j := max(0, i-1); j <= min(len(texts)-1, i+1); j++ {
		if q.Near.met(texts[j]) {
			return true
		}
	}
	return false
}
