package report

import (
	"fmt"
	"strconv"

	"requin/eval"
	"requin/plot"
)

// evalView is the evaluation as the page shows it: texts, and drawings.
type evalView struct {
	Evaluation
	Facts       []string
	Headline    []headlineRow // of detection
	HeadlineR   []headlineRow // of counts
	HasCounts   bool
	ModelViews  []modelView
	Boxplots    []evalChart
	Differences []differencesView
	CountViews  []countsView
	Corrections []correctionView
	Pictures    []mistakeView
	Threshold   string
}

// headlineRow is what one looks for first of a taxon: of one model F, AP50, AP and kinds of mistakes, or how MaxN goes with people's.
type headlineRow struct {
	shownTaxon
	Model string
	Cells []intervalCell
}

// shownTaxon is a taxon's name, in italics where it is a species'.
type shownTaxon struct {
	Taxon string
	Latin bool
}

func nameOf(taxon string) shownTaxon { return shownTaxon{taxon, Latin(taxon)} }

type modelView struct {
	ID          int
	Model       string
	About       string
	Thresholds  string
	Taxa        []taxonRows
	Curves      []evalChart
	Confusion   confusionView
	Naming      string // agreement on the names of animals that were found; "": there are no two names
	Sizes       []sizesRow
	Reliability []evalChart
	Unsure      []sizesRow
	Calibration []calibrationRow
	Many        bool // several folds
}

// evalChart is a chart with what stands over and under it.
type evalChart struct {
	Title string
	Note  string
	shownFigure
	chart plot.Chart
	name  string // of its files
}

// draw makes figures of charts.
func draw(f *figures, list []evalChart) (err error) {
	for i, c := range list {
		if list[i].shownFigure, err = f.add(c.name, c.chart.Draw(), c.chart.Data()); err != nil {
			return err
		}
	}
	return nil
}

// taxonRows are the folds of one taxon, and their mean.
type taxonRows struct {
	shownTaxon
	Rows []foldRow
	Mean foldRow
	Many bool
}

type foldRow struct {
	Fold        intervalCell // with the score from which detections count
	Boxes, Said string       // Said in place of the numbers where it is not scored
	Cells       []intervalCell
}

type confusionView struct {
	Names []string
	Rows  []confusionRow
	Notes string
}

type confusionRow struct {
	Name  string
	Cells []confusionCell
	Sum   int
}

type confusionCell struct {
	N     int
	Class string // the share of its row, in tenths, and whether it is right
	Tip   string
}

type sizesRow struct {
	shownTaxon
	Cells []intervalCell
}

type calibrationRow struct {
	shownTaxon
	Cells   []string
	Learned string
}

type differencesView struct {
	A, B string
	Rows []differenceRow
}

type differenceRow struct {
	shownTaxon
	Measure string
	Cells   []string
}

type countsView struct {
	Title, Unit string
	Close       string
	Counts      bool        // of animals: then there are kappas
	Rows        []countsRow // how well the two agree
	Apart       []countsRow // by how much they differ
	Pooled      []string    // what a number over several taxa is made of
	Held        []string    // how often intervals hold people's number, a sentence a taxon
	Charts      []evalChart
	More        []evalChart // folded: single taxa of the lesser measures
}

type countsRow struct {
	shownTaxon
	N, Zeros string
	Cells    []intervalCell
}

// intervalCell is a number with its 95 % interval.
type intervalCell struct{ Value, Interval string }

type correctionView struct {
	shownTaxon
	Among string
	Rows  [][4]string // degree, MAE, RMSE, formula
	Best  string
	Model string // what the regression of counts says of their spread; "": there is none
}

type mistakeView struct {
	JudgedView
	Said string
}

func lookEvaluation(e Evaluation, f *figures) (evalView, error) {
	v := evalView{Evaluation: e, HasCounts: len(e.Counts) > 0, Threshold: "each model's own, of each taxon"}
	if t := e.Rating.Threshold; t == t {
		v.Threshold = decimals(t, 3)
	}
	if len(e.Models) > 0 {
		v.Facts = append(v.Facts, "dataset "+e.Dataset, fmt.Sprintf("IoU %g", e.Rating.IoU), "score threshold: "+v.Threshold)
	}
	if v.HasCounts {
		v.Facts = append(v.Facts, fmt.Sprintf("95 %% intervals; where by bootstrap, %d rounds, seed %d", e.Rounds, e.Seed))
	}
	v.headline()
	for i, m := range e.Models {
		v.ModelViews = append(v.ModelViews, viewModel(m, i+1, e.Rating))
	}
	v.Boxplots = boxPlots(e.Models)
	for _, d := range e.Differences() {
		v.Differences = append(v.Differences, viewDifferences(d))
	}
	v.counts()
	if err := v.draw(f); err != nil {
		return v, err
	}
	for _, m := range e.Mistakes {
		shown, err := m.View()
		if err != nil {
			return v, err
		}
		v.Pictures = append(v.Pictures, mistakeView{shown, m.Said})
	}
	return v, nil
}

// draw makes the figures of all charts.
func (v *evalView) draw(f *figures) error {
	lists := [][]evalChart{v.Boxplots}
	for _, m := range v.ModelViews {
		lists = append(lists, m.Curves, m.Reliability)
	}
	for _, c := range v.CountViews {
		lists = append(lists, c.Charts, c.More)
	}
	for _, list := range lists {
		if err := draw(f, list); err != nil {
			return err
		}
	}
	return nil
}

// headline is what one looks for first.
func (v *evalView) headline() {
	if len(v.Models) > 0 {
		for k, first := range v.Models[0].Taxa {
			for _, m := range v.Models {
				t := first
				if k < len(m.Taxa) {
					t = m.Taxa[k]
				}
				row := headlineRow{shownTaxon: nameOf(t.Taxon), Model: m.Model, Cells: []intervalCell{spreadCell(t.Folds.F), spreadCell(t.Folds.AP50), spreadCell(t.Folds.AP)}}
				if t.Folds.Folds > 0 {
					w := wrongOf(t)
					row.Cells = append(row.Cells, plainCells(strconv.Itoa(w.Duplicates), strconv.Itoa(w.Misnamed), strconv.Itoa(w.Nothing), strconv.Itoa(w.Renamed))...)
				} else {
					row.Cells = append(row.Cells, plainCells("–", "–", "–", "–")...)
				}
				v.Headline = append(v.Headline, row)
			}
		}
	}
	for _, a := range v.Counts {
		if a.Measure == eval.MaxN {
			taxon := a.Taxon
			if taxon == "" {
				taxon = together
			}
			v.HeadlineR = append(v.HeadlineR, headlineRow{shownTaxon: nameOf(taxon), Cells: []intervalCell{{Value: headlineR(a)}, statisticCell(a.Statistic("bias"))}})
		}
	}
}

// headlineR is a correlation with its interval; over several taxa it says that it is pooled, and what it is within them.
func headlineR(a eval.Agreed) string {
	n := fmt.Sprintf("%s, n = %d", a.Among, a.N)
	if m := a.Mix; a.Taxon == "" && m.Taxa > 1 {
		return fmt.Sprintf("%s within taxa%s; %s pooled over %d taxa (%s)", minus(decimals(m.Within, 2)), span(m.Low, m.High), minus(decimals(a.R, 2)), m.Taxa, n)
	}
	return fmt.Sprintf("%s (%s)", minus(ranged(a, "r")), n)
}

// together is what all taxa are called.
const together = "all taxa"
