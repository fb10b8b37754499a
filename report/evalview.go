package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/eval"
)

// evalView is the evaluation as the page shows it: texts, and drawings.
type evalView struct {
	Evaluation
	Facts       []string
	Headline    []headlineRow
	HasCounts   bool
	ModelViews  []modelView
	Boxplots    []evalChart
	Differences []differencesView
	CountViews  []countsView
	Corrections []correctionView
	Pictures    []mistakeView
	Threshold   string
}

// headlineRow is what one looks for first of a taxon.
type headlineRow struct {
	shownTaxon
	Cells []string // of each model F, AP50, AP
	R     string   // of MaxN, on the longest that there is
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
	Sizes       []sizesRow
	Reliability []evalChart
	Unsure      []sizesRow
	Calibration []calibrationRow
	Many        bool // several folds
}

type evalChart struct {
	Title string
	Plot  template.HTML
	Note  string
}

// taxonRows are the folds of one taxon, and their mean.
type taxonRows struct {
	shownTaxon
	Rows []foldRow
	Mean foldRow
	Many bool
}

type foldRow struct {
	Fold, Boxes, Said string // Said in place of the numbers where it is not scored
	Cells             []string
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
	Cells []string
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
	Rows        []countsRow
	Held        []string // how often intervals hold people's number, a sentence a taxon
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
}

type mistakeView struct {
	JudgedView
	Said string
}

func lookEvaluation(e Evaluation) (evalView, error) {
	v := evalView{Evaluation: e, HasCounts: len(e.Counts) > 0, Threshold: "each model's own, of each taxon"}
	if t := e.Rating.Threshold; t == t {
		v.Threshold = decimals(t, 3)
	}
	if len(e.Models) > 0 {
		v.Facts = append(v.Facts, "dataset "+e.Dataset, fmt.Sprintf("IoU %g", e.Rating.IoU), "score threshold: "+v.Threshold)
	}
	if v.HasCounts {
		v.Facts = append(v.Facts, fmt.Sprintf("95 %% intervals by %d rounds of bootstrap over deployments, seed %d", e.Rounds, e.Seed))
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
	for _, m := range e.Mistakes {
		shown, err := m.View()
		if err != nil {
			return v, err
		}
		v.Pictures = append(v.Pictures, mistakeView{shown, m.Said})
	}
	return v, nil
}

// headline is F and AP of each model, and R of MaxN, by taxon.
func (v *evalView) headline() {
	var order []string
	rows := map[string]*headlineRow{}
	row := func(taxon string) *headlineRow {
		if rows[taxon] == nil {
			order = append(order, taxon)
			rows[taxon] = &headlineRow{shownTaxon: nameOf(taxon), R: "–"}
			for range v.Models {
				rows[taxon].Cells = append(rows[taxon].Cells, "–", "–", "–")
			}
		}
		return rows[taxon]
	}
	for i, m := range v.Models {
		for _, t := range m.Taxa {
			copy(row(t.Taxon).Cells[3*i:], []string{spread(t.Folds.F), spread(t.Folds.AP50), spread(t.Folds.AP)})
		}
	}
	for _, a := range v.Counts {
		if a.Measure == eval.MaxN {
			taxon := a.Taxon
			if taxon == "" {
				taxon = together
			}
			r := row(taxon)
			if r.R != "–" {
				r.R += "; "
			} else {
				r.R = ""
			}
			r.R += fmt.Sprintf("%s (%s, n = %d)", decimals(a.R, 2), a.Among, a.N)
		}
	}
	for _, taxon := range order {
		v.Headline = append(v.Headline, *rows[taxon])
	}
}

// together is what all taxa are called.
const together = "all taxa"

func viewModel(m Model, id int, r eval.Rating) modelView {
	v := modelView{ID: id, Model: m.Model, About: m.About, Thresholds: m.Thresholds, Many: len(m.Trials) > 1, Confusion: viewConfusion(m.Confusion)}
	for k, t := range m.Taxa {
		rows := taxonRows{shownTaxon: nameOf(t.Taxon), Many: v.Many}
		for i, s := range t.Scores {
			row := foldRow{Fold: m.Trials[i], Boxes: strconv.Itoa(s.Truth)}
			switch {
			case t.Unknown[i]:
				row.Said = "the model does not know this taxon"
			case s.TooFew:
				row.Said = fmt.Sprintf("too few to be scored (fewer than %d)", max(r.Least, 1))
			default:
				row.Cells = []string{decimals(s.Threshold, 3), decimals(s.Precision, 3), decimals(s.Recall, 3), decimals(s.F, 3)}
				if v.Many {
					row.Cells = append(row.Cells, decimals(t.Others[i].F, 3))
				}
				row.Cells = append(row.Cells, decimals(s.BestF, 3), decimals(s.AP50, 3), decimals(s.AP, 3))
			}
			rows.Rows = append(rows.Rows, row)
		}
		f := t.Folds
		rows.Mean = foldRow{Fold: "mean ± SD", Boxes: strconv.Itoa(f.Truth), Cells: []string{"", spread(f.Precision), spread(f.Recall), spread(f.F), spread(t.OthersF), spread(f.BestF), spread(f.AP50), spread(f.AP)}}
		v.Taxa = append(v.Taxa, rows)
		v.Curves = append(v.Curves, curveChart(m, t, id, k)...)
		v.Reliability = append(v.Reliability, reliabilityChart(t, id, k)...)
		sizes := sizesRow{shownTaxon: nameOf(t.Taxon)}
		for _, s := range t.Sizes {
			sizes.Cells = append(sizes.Cells, strconv.Itoa(s.Truth), decimals(s.Recall(), 3), spread(s.Over))
		}
		v.Sizes = append(v.Sizes, sizes)
		if u := t.Unsure; len(u.Thresholds) > 0 {
			v.Unsure = append(v.Unsure, sizesRow{nameOf(t.Taxon), []string{strconv.Itoa(u.Taken), share(u.ErrorBefore()), strconv.Itoa(u.Sure), share(u.ErrorAfter()),
				strconv.Itoa(u.Unsure), strconv.Itoa(u.UnsureRight), strconv.Itoa(u.LostRight)}})
		}
		learned := t.Learned
		if learned == "" {
			learned = "nothing: no other fold or deployment holds enough"
		}
		v.Calibration = append(v.Calibration, calibrationRow{nameOf(t.Taxon), []string{strconv.Itoa(t.Detections), decimals(t.ECEBefore, 3), decimals(t.ECEAfter, 3), decimals(t.BrierBefore, 3), decimals(t.BrierAfter, 3)}, learned})
	}
	return v
}

func viewConfusion(c eval.Confusion) confusionView {
	v := confusionView{Names: append(append([]string{}, c.Taxa...), "missed")}
	doubles := 0
	for i, counts := range c.Counts {
		row := confusionRow{Name: "nothing"}
		if i < len(c.Taxa) {
			row.Name = c.Taxa[i]
		}
		for _, n := range counts {
			row.Sum += n
		}
		for k, n := range counts {
			if i == len(c.Taxa) && k == len(c.Taxa) {
				continue
			}
			cell := confusionCell{N: n}
			if row.Sum > 0 && i < len(c.Taxa) {
				share := float64(n) / float64(row.Sum)
				cell.Class = fmt.Sprintf("share%d", int(share*10))
				cell.Tip = percent(share) + " of " + row.Name
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	for _, n := range c.Double {
		doubles += n
	}
	if doubles > 0 {
		v.Notes = fmt.Sprintf("Of the detections of nothing, %d lie on an animal that another detection found: a second box or a second name for it.", doubles)
	}
	return v
}

func viewDifferences(d ModelDifferences) differencesView {
	v := differencesView{A: d.A, B: d.B}
	for _, x := range d.List {
		v.Rows = append(v.Rows, differenceRow{nameOf(x.Taxon), x.Measure, []string{strconv.Itoa(x.Over.N), spread(eval.Summarise(x.A)), spread(eval.Summarise(x.B)), signed(x.Over)}})
	}
	return v
}

// signed is a mean difference with its sign, ± its standard deviation.
func signed(s eval.Summary) string {
	if s.N == 0 {
		return "–"
	}
	text := fmt.Sprintf("%+.3f", s.Mean)
	if s.N > 1 {
		text += " ± " + decimals(s.SD, 3)
	}
	return strings.Replace(text, "-", "−", 1)
}

// leastDrawn is how many pairs a chart is drawn of.
const leastDrawn = 3

// taxaDrawn is of how many taxa a measure has charts: of those first that were seen most.
const taxaDrawn = 24

// drawn tells of which comparisons charts are drawn.
func (v *evalView) drawn() []bool {
	out := make([]bool, len(v.Counts))
	places := map[[2]string][]int{} // of single taxa, by measure and what is compared
	for i, a := range v.Counts {
		if out[i] = a.Taxon == "" && a.N >= leastDrawn; a.Taxon != "" && a.N >= leastDrawn {
			key := [2]string{a.Measure, a.Among}
			places[key] = append(places[key], i)
		}
	}
	for _, list := range places {
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Compare(v.Counts[b].N-v.Counts[b].Zeros, v.Counts[a].N-v.Counts[a].Zeros)
		})
		for _, i := range list[:min(len(list), taxaDrawn)] {
			out[i] = true
		}
	}
	return out
}

// minus writes the sign as print has it.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// counts makes a table and charts of each measure.
func (v *evalView) counts() {
	drawn := v.drawn()
	for i, a := range v.Counts {
		n := len(v.CountViews)
		title := a.Measure + ", " + a.Among
		if n == 0 || v.CountViews[n-1].Title != title {
			v.CountViews = append(v.CountViews, countsView{Title: title, Unit: eval.Unit(a.Measure), Close: closeWords(a.Measure)})
			n++
		}
		view := &v.CountViews[n-1]
		taxon := a.Taxon
		if taxon == "" {
			taxon = together
		}
		row := countsRow{shownTaxon: nameOf(taxon), N: strconv.Itoa(a.N), Zeros: strconv.Itoa(a.Zeros)}
		for _, s := range statistics(a) {
			switch s.Name {
			case "r", "r2", "slope", "bias", "mae", "exact", "within_close":
				row.Cells = append(row.Cells, interval(s))
			}
		}
		if h := a.Held; h.N > 0 {
			view.Held = append(view.Held, fmt.Sprintf("%s: %d of %d (%s)%s; mean width %.2f.", taxon, h.In, h.N, percent(float64(h.In)/float64(h.N)), easyZeros(h), h.Width))
		}
		view.Rows = append(view.Rows, row)
		if drawn[i] {
			charts := []evalChart{regressionChart(a, i), blandAltmanChart(a, i)}
			if len(view.Charts) == 0 || a.Measure == eval.MaxN {
				view.Charts = append(view.Charts, charts...)
			} else {
				view.More = append(view.More, charts...)
			}
		}
		if len(a.Corrections) > 0 {
			v.Corrections = append(v.Corrections, viewCorrection(a))
		}
	}
}

// easyZeros says how many intervals hold a 0 that was easy.
func easyZeros(h eval.Held) string {
	if h.Zeros == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them 0 where the interval is 0", h.Zeros)
}

func closeWords(measure string) string {
	switch measure {
	case eval.TMaxN, eval.TFS:
		return "within a minute"
	case eval.MeanCount:
		return "within 0.1"
	}
	return "within one"
}

func interval(s statistic) intervalCell {
	c := intervalCell{Value: strings.Replace(decimals(s.Value, 2), "-", "−", 1)}
	if s.Low == s.Low && s.High == s.High {
		c.Interval = minus(decimals(s.Low, 2) + " to " + decimals(s.High, 2))
	}
	return c
}

func viewCorrection(a eval.Agreed) correctionView {
	v := correctionView{shownTaxon: nameOf(a.Taxon), Among: a.Among}
	best := eval.BestCorrection(a.Corrections)
	for _, c := range a.Corrections {
		row := [4]string{"none", decimals(c.MAE, 2), decimals(c.RMSE, 2), "as counted"}
		if c.Degree > 0 {
			row[0], row[3] = strconv.Itoa(c.Degree), formula(c.Correction)
		}
		v.Rows = append(v.Rows, row)
	}
	v.Best = "None is better than the count as it is."
	if best.Degree > 0 {
		v.Best = fmt.Sprintf("Of degree %d the least is left: %s, for counts from %g to %g.", best.Degree, formula(best.Correction), best.Correction.Least, best.Correction.Most)
	}
	return v
}

// formula writes a polynomial of the count x.
func formula(c eval.Correction) string {
	var b strings.Builder
	for i, k := range c.Coefficients {
		sign := " + "
		if k < 0 {
			sign, k = " − ", -k
		}
		if i == 0 {
			sign = strings.TrimSpace(strings.Replace(sign, "+", "", 1))
		}
		b.WriteString(sign + strconv.FormatFloat(k, 'g', 3, 64) + []string{"", "·x", "·x²", "·x³"}[i])
	}
	return b.String()
}

// share is a share in percent, a dash where there is nothing it is of.
func share(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return decimals(100*v, 1) + " %"
}
