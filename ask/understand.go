package ask

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Understanding says how a question was taken.
type Understanding string

// The ways in which a question can be taken.
const (
	AsListed Understanding = "listed"           // one of the 28, by its number or its words
	AsNear   Understanding = "nearest"          // it means about what one of the 28 asks
	AsFree   Understanding = "free"             // sentences are ranked by its own words
	Foreign  Understanding = "another language" // only English is understood
	Empty    Understanding = "nothing asked"
)

// Understand takes a question in the user's words, or the number of one of the 28.
func Understand(text string) (Question, Understanding) {
	text = strings.Join(strings.Fields(text), " ")
	words := wordsOf(text)
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(theBook().Questions) {
		return theBook().Questions[n-1], AsListed
	}
	for _, q := range theBook().Questions {
		if strings.EqualFold(strings.Trim(text, " ?."), strings.Trim(q.Text, " ?.")) || strings.EqualFold(strings.Trim(text, " ?."), q.Name) {
			q.Text = text
			return q, AsListed
		}
	}
	own := Question{Text: text}
	for _, w := range words {
		if s := stem(w.low); !function[w.low] && w.low != anyURL && !slices.Contains(own.free, s) {
			own.free = append(own.free, s)
		}
	}
	switch {
	case foreign(words):
		own.free = nil
		return own, Foreign
	case len(own.free) == 0:
		return own, Empty
	}
	if near, ok := nearest(words); ok {
		near.Text = text
		return near, AsNear
	}
	return own, AsFree
}

// nearest is the question of the 28 whose words the user used. Longer runs of words say more than single ones, and
// words that few questions know more than common ones.
func nearest(words []word) (Question, bool) {
	all := theBook().Questions
	shared := map[string]int{}
	for _, q := range all {
		for _, c := range q.Asked {
			shared[c.text]++
		}
	}
	best, at := 0.0, -1
	covered := 0
	for i, q := range all {
		score, words2 := 0.0, 0
		for _, c := range q.Asked {
			if n := c.count(words); n > 0 {
				score += math.Pow(float64(len(c.words)), 1.5) / float64(shared[c.text])
				words2 += n * len(c.words)
			}
		}
		if score > best {
			best, at, covered = score, i, words2
		}
	}
	subject := 0
	for _, w := range words {
		if !function[w.low] && !ordinary[w.low] {
			subject++
		}
	}
	if at < 0 || float64(covered) < leastCovered*float64(subject) {
		return Question{}, false
	}
	return all[at], true
}

// leastCovered of the words of a question must be known ones, that it is taken for one of the 28.
const leastCovered = 0.33

// ordinary are words that questions about methods share.
var ordinary = setOf(`model models train trained training data dataset network deep learning run done perform performed applied was were used set sets
	file files image images video videos detector machine main list name available found`)

// tongues are function words of languages in which people may ask, but which are not understood.
var tongues = setOf(`le la les un une des du est sont quel quelle quels quelles comment pourquoi où sur avec dans pour et ou qui que quoi combien utilisé utilisée
	a-t-on été
	der die das ein eine ist sind welche welcher welches wie warum wo auf mit und oder wer wurde wurden womit
	el los las uno una es son cuál cuáles cómo dónde por qué con para y fue fueron
	o os um uma é são qual quais como onde foi
	il lo gli è sono quale quali come dove perché`)

var english = setOf(`the is are was were which what how when where who why did does do of for and with that this to from by in on any there it has have had can be`)

// foreign tells whether a question is in another language than English.
func foreign(words []word) bool {
	ours, theirs := 0, 0
	for _, w := range words {
		if english[w.low] {
			ours++
		}
		if tongues[w.low] {
			theirs++
		}
		for _, r := range w.low {
			if r > 0x24f && r != '’' { // not a Latin letter
				theirs += 2
				break
			}
		}
	}
	return theirs > ours && (theirs > 1 || ours == 0)
}

// leastShare of what a free question is about must be in a sentence that answers it, rare words counting most.
const leastShare = 0.7

// rankedFreely ranks by the words of the question alone.
func (q Question) rankedFreely(passages []Passage, texts [][]word, answering bool) []int {
	counters := make([]func([]word) int, len(q.free))
	rare := make([]float64, len(q.free))
	total := 0.0
	for i, s := range q.free {
		counters[i] = func(words []word) int {
			n := 0
			for _, w := range words {
				if stem(w.low) == s {
					n++
				}
			}
			return n
		}
		having := 0.0
		for _, t := range texts {
			if counters[i](t) > 0 {
				having++
			}
		}
		rare[i] = math.Log(1 + (float64(len(texts))-having+0.5)/(having+0.5))
		total += rare[i]
	}
	var query []term
	for _, c := range counters {
		query = append(query, term{1, c})
	}
	scores := rank(texts, query)
	var out []int
	for i, t := range texts {
		share := 0.0
		for j, c := range counters {
			if c(t) > 0 {
				share += rare[j] / total
			}
		}
		if scores[i] > 0 && (!answering || share >= leastShare && !passages[i].Heading && !theBook().Never.met(t)) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return order(scores[b], scores[a]) })
	if answering {
		return out[:min(len(out), 2)]
	}
	return out
}
