// Package ask's noun is a question to a text, and its answer with evidence. It owns the 28 questions that a
// methods section must answer, what a sentence needs to answer each, how sentences are ranked,
// and when to say "I don't know". It reads no files (paper), knows no runs (method) and calls nobody. Pure.
//
// The flow:
//
//	q, how := ask.Understand("Which GPU did they train on?")    // question 20, or one of its own
//	answer := ask.Find(q, ask.Passages(p))                       // p is a *paper.Paper
//	fmt.Println(answer.Status, answer.Text, answer.Evidence)
//
// What can be relied on: each quote of evidence is, letter for letter, on the page it names; an answer has fewer
// than 400 words; nothing is found where no sentence has what an answer needs.
package ask

import (
	"fmt"
	"slices"
	"strings"

	"requin/paper"
)

// Status says what came of a question.
type Status string

// The states of an answer.
const (
	Found      Status = "found"
	NotFound   Status = "not found"  // the text does not say, as far as can be told
	Unreadable Status = "unreadable" // the text could not be read, so nothing is known
)

// DontKnow is the text of an answer that was not found.
const DontKnow = "I don't know."

// MostWords of an answer: it has fewer.
const MostWords = 400

// Answer is what a text says to a question.
type Answer struct {
	Number     int         `json:"number"` // of the question among the 28; 0: a question of its own
	Name       string      `json:"name,omitempty"`
	Question   string      `json:"question"` // as it was asked
	Status     Status      `json:"status"`
	Text       string      `json:"answer"`
	Evidence   []Quote     `json:"evidence"`
	References []Reference `json:"references"` // that hold the answer
	Notes      []string    `json:"notes,omitempty"`
	PhrasedBy  string      `json:"phrased_by,omitempty"` // the language model that chose or phrased it; "": nobody, it is quoted
}

// Quote is a piece of a source, letter for letter.
type Quote struct {
	Source string `json:"source"`          // name of a file, or id of a run
	SHA256 string `json:"sha256"`          // of the source
	Page   int    `json:"page,omitempty"`  // of a paper
	Field  string `json:"field,omitempty"` // of a record
	State  string `json:"state,omitempty"` // of a record's field: measured, configured, declared
	Text   string `json:"quote"`
}

// Reference is a place that holds an answer.
type Reference struct {
	Source string `json:"source"`
	SHA256 string `json:"sha256"`
	Page   int    `json:"page,omitempty"`
	Field  string `json:"field,omitempty"`
}

// Passage is what can be quoted: a sentence of a paper, or a field of a record.
type Passage struct {
	Quotes  []Quote // its parts; more than one where it runs over pages
	Section paper.Section
	Heading bool
}

// Text is the whole passage.
func (p Passage) Text() string {
	var parts []string
	for _, q := range p.Quotes {
		parts = append(parts, q.Text)
	}
	return strings.Join(parts, " ")
}

// Passages are the sentences of a paper.
func Passages(p *paper.Paper) []Passage {
	out := make([]Passage, 0, len(p.Sentences))
	for _, s := range p.Sentences {
		passage := Passage{Section: s.Section, Heading: s.Heading}
		for _, part := range s.Parts {
			passage.Quotes = append(passage.Quotes, Quote{Source: p.Name, SHA256: p.SHA256, Page: part.Page, Text: part.Text})
		}
		out = append(out, passage)
	}
	return out
}

// About is an answer that nothing is known of yet.
func (q Question) About() Answer {
	return Answer{Number: q.Number, Name: q.Name, Question: q.Text, Status: NotFound, Text: DontKnow, Evidence: []Quote{}, References: []Reference{}}
}

// Closed is the answer where the source could not be read.
func (q Question) Closed(why string) Answer {
	a := q.About()
	a.Status, a.Text, a.Notes = Unreadable, "Unreadable: "+why, []string{why}
	return a
}

// Quoting is the answer that passages give in their own words.
func (q Question) Quoting(passages []Passage) Answer {
	a := q.About()
	var text []string
	words := 0
	for i, p := range passages {
		n := len(strings.Fields(p.Text()))
		if words+n >= MostWords && i > 0 {
			break
		}
		words += n
		text = append(text, p.Text())
		a.cite(p.Quotes...)
	}
	if len(text) == 0 {
		return a
	}
	a.Status, a.Text = Found, shorten(strings.Join(text, " "), MostWords-1)
	return a
}

// Refused is the answer to a question that was not understood: an honest refusal, with what can be done. ok is false
// where it was.
func (q Question) Refused(how Understanding) (a Answer, refused bool) {
	a = q.About()
	switch how {
	case Foreign:
		a.Notes = []string{"the question is not in English, the only language that is understood: ask it in English, or by its number (requin ask --list)"}
	case Empty:
		a.Notes = []string{"there is nothing in the question to look for: name what you want to know, or a number from 1 to 28 (requin ask --list)"}
	default:
		return a, false
	}
	return a, true
}

// Check makes sure that each quote is, letter for letter, on the page of the paper that it names.
func (a Answer) Check(p *paper.Paper) error {
	for _, q := range a.Evidence {
		if q.SHA256 != p.SHA256 || !p.Holds(q.Page, q.Text) {
			return fmt.Errorf("question %d: page %d of %s does not hold %q", a.Number, q.Page, p.Name, q.Text)
		}
	}
	return nil
}

// cite adds evidence, and the places it is from.
func (a *Answer) cite(quotes ...Quote) {
	for _, q := range quotes {
		a.Evidence = append(a.Evidence, q)
		r := Reference{q.Source, q.SHA256, q.Page, q.Field}
		if !slices.Contains(a.References, r) {
			a.References = append(a.References, r)
		}
	}
}

// shorten cuts a text after so many words.
func shorten(s string, most int) string {
	words := strings.Fields(s)
	if len(words) <= most {
		return s
	}
	return strings.Join(words[:most-1], " ") + " ..."
}

// String is a place as people write it.
func (r Reference) String() string {
	switch {
	case r.Page > 0:
		return fmt.Sprintf("%s, p. %d", r.Source, r.Page)
	case r.Field != "":
		return r.Source + ", " + r.Field
	}
	return r.Source
}

// Place is where in its source a quote stands.
func (q Quote) Place() string {
	switch {
	case q.Page > 0:
		return fmt.Sprintf("p. %d", q.Page)
	case q.State != "":
		return q.Field + ", " + q.State
	}
	return q.Field
}
