package report

import (
	_ "embed" // the page and its style
	"fmt"
	"io"

	"requin/eval"
	"requin/page"
	"requin/plot"
)

// Evaluation is all that is shown of how good detectors and counts are.
type Evaluation struct {
	Title   string // what is evaluated
	Dataset string // that detectors were tried on; "": none was
	Sum     string // its SHA-256
	Rating  eval.Rating
	Models  []Model
	// Counts are by machine against people; empty where there are none.
	Counts          []eval.Agreed
	People, Machine string // whose counts, in words
	Rounds          int    // of the bootstrap
	Seed            uint64
	Notes           []string // what else a reader must know, a sentence each
	Mistakes        []Mistake
	Provenance      []Section
}

// Model is how one model did.
type Model struct {
	eval.Assessment
	About      string // a sentence: what was tried on what
	Thresholds string // where they are from, in words
}

// Mistake is a picture with one of the worst mistakes.
type Mistake struct {
	Judged
	Said string // what is wrong with it
}

//go:embed eval.html
var evalText string

//go:embed eval.css
var evalStyle string

// WriteEvaluation writes it as one HTML file in UTF-8 that needs nothing else. It fails
// where a picture is no JPEG, or w does; the same Evaluation gives the same bytes.
func WriteEvaluation(w io.Writer, e Evaluation) error {
	page, _, err := e.Draw()
	if err != nil {
		return err
	}
	return page(w)
}

// Draw draws the evaluation once: page writes it as one HTML file in UTF-8 that needs nothing else, and
// figures are the same drawings as files of FiguresFolder. It fails where a picture is no JPEG; the same Evaluation gives the same bytes.
func (e Evaluation) Draw() (page func(io.Writer) error, figures []EvaluationTable, err error) {
	f := newFigures(evalStyle)
	v, err := lookEvaluation(e, f)
	if err != nil {
		return nil, nil, err
	}
	return func(w io.Writer) error { return writeEvaluation(w, v) }, f.files(), nil
}

func writeEvaluation(w io.Writer, v evalView) error {
	top := page.Top{Title: v.Title + ": evaluation", Styles: []string{plot.CSS, JudgedCSS, evalStyle}}
	return page.Write(w, top, evalText+JudgedKey+takeText, v)
}

// Differences compares every model with the first, on the folds that both have.
func (e Evaluation) Differences() []ModelDifferences {
	var out []ModelDifferences
	for i, m := range e.Models {
		if i > 0 {
			out = append(out, ModelDifferences{e.Models[0].Model, m.Model, eval.Differences(e.Models[0].Assessment, m.Assessment)})
		}
	}
	return out
}

// ModelDifferences are those of model B from model A.
type ModelDifferences struct {
	A, B string
	List []eval.Difference
}

// decimals writes a number, "–" where it is none.
func decimals(v float64, n int) string {
	if v != v {
		return "–"
	}
	return fmt.Sprintf("%.*f", n, v)
}

// spread is mean ± standard deviation, "–" where there is none.
func spread(s eval.Summary) string {
	switch {
	case s.N == 0:
		return "–"
	case s.N == 1:
		return decimals(s.Mean, 3)
	}
	return decimals(s.Mean, 3) + " ± " + decimals(s.SD, 3)
}
